//! What a site says to programs: `api/index.json`, and a file a binder. Fields are added, and none changes its meaning,
//! within a `schema_version`.

use std::collections::BTreeMap;
use std::path::Path;

use contract::clause::families;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Entry, Past, part};
use crate::model::{ClauseOutcome, Counts};
use crate::{ReportError, json};

/// The version of the fields below.
const SCHEMA_VERSION: u32 = 1;

/// `api/binders/NAME.json`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BinderPage {
    /// Version of these fields.
    pub schema_version: u32,
    /// The binder's name in addresses.
    pub slug: String,
    /// Its name, as it says.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The language it is used from.
    pub language: String,
    /// `contract` or `wire`.
    pub level: String,
    /// Declared dialects.
    pub dialects: Vec<String>,
    /// What it came to, in a sentence.
    pub verdict: String,
    /// The exit code of a run that comes to that.
    pub exit_code: u8,
    /// How many trials came to what.
    pub counts: Counts,
    /// Trials that passed at a risk.
    pub risks: usize,
    /// What it was judged by, where that is not the whole corpus.
    pub part: Option<String>,
    /// Whether the recording of the run was judged again where it was published.
    pub judged_again: bool,
    /// What each family of clauses came to: its worst clause.
    pub families: BTreeMap<String, FamilyRow>,
    /// When its run began, UTC, RFC 3339.
    pub started: String,
    /// Its page, report and badge, from the site's root.
    pub links: Links,
    /// Its reports before, the oldest first.
    #[serde(default)]
    pub history: Vec<Past>,
}

/// What a family came to.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FamilyRow {
    /// What its worst clause came to.
    pub outcome: ClauseOutcome,
    /// How many of its clauses came to that.
    pub clauses: usize,
}

/// Addresses from the site's root.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Links {
    /// The page.
    pub page: String,
    /// The whole report.
    pub report: String,
    /// The badge.
    pub badge: String,
}

#[derive(Serialize)]
struct Index {
    schema_version: u32,
    binders: Vec<BinderPage>,
}

/// Reads what a site said of a binder.
///
/// # Errors
/// When the file cannot be read, or is not of this version.
pub fn read_binder(path: &Path) -> Result<BinderPage, ReportError> {
    json::read_versioned(path, SCHEMA_VERSION)
}

pub(super) fn binder(entry: &Entry) -> String {
    json::pretty(&page(entry, entry.past.clone()))
}

/// Every binder, less its history.
pub(super) fn index(entries: &[Entry]) -> String {
    let binders = entries.iter().map(|entry| page(entry, Vec::new())).collect();
    json::pretty(&Index { schema_version: SCHEMA_VERSION, binders })
}

fn page(entry: &Entry, history: Vec<Past>) -> BinderPage {
    let Entry { slug, report, judged_again, past: _ } = entry;
    let subject = &report.subject;
    let families = families().iter().filter_map(|family| {
        let (outcome, clauses) = report.family(&family.letter)?;
        Some((family.letter.clone(), FamilyRow { outcome, clauses }))
    });
    BinderPage {
        schema_version: SCHEMA_VERSION,
        slug: slug.clone(),
        name: subject.name.clone(),
        version: subject.version.clone(),
        language: subject.language.clone(),
        level: subject.level.name().to_owned(),
        dialects: subject.dialects.clone(),
        verdict: report.verdict_sentence(),
        exit_code: report.exit_code(),
        counts: report.counts,
        risks: report.at_risk().count(),
        part: part(report),
        judged_again: *judged_again,
        families: families.collect(),
        started: report.suite.started.clone(),
        links: Links {
            page: format!("binder/{slug}.html"),
            report: format!("reports/{slug}.json"),
            badge: format!("badge/{slug}.svg"),
        },
        history,
    }
}
