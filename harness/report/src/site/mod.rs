//! The public matrix: a static site over reports of many binders. Its pages, data and badges are made from the reports
//! and from nothing else, and from the same reports the same bytes.
//!
//! Deliberately not here: which reports those are, and the folder (`conform publish`).

mod api;
mod badge;
mod binder;
mod clause;
mod costs;
mod history;
mod matrix;
mod scaling;
mod suite;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::html::frame;
use crate::model::Report;
use crate::{ReportError, Verdict, json};

pub use self::api::{BinderPage, read_binder};
pub use self::history::Past;

/// A binder on the site.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name in addresses.
    pub slug: String,
    /// Its report.
    pub report: Report,
    /// Whether the suite that publishes has judged the recording of that run again, and it bore the report out.
    pub judged_again: bool,
    /// Its reports before, the oldest first.
    pub past: Vec<Past>,
}

/// The folder of whole reports in a site.
pub const REPORTS: &str = "reports";
/// The folder of what a site says of its binders, for programs.
pub const BINDERS: &str = "api/binders";

/// A binder's name in addresses: what a file's name, an address and a reader take as it is.
pub fn slug(report: &Report) -> String {
    let mut slug = String::new();
    for character in report.subject.name.chars() {
        if character.is_ascii_alphanumeric() || matches!(character, '.' | '_') {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_matches(['-', '.']);
    if slug.is_empty() { "binder".to_owned() } else { slug.to_owned() }
}

/// Why a report is not published: what it says holds for nothing but itself.
pub fn refusal(report: &Report) -> Option<String> {
    let asked = report.suite.asked.as_ref();
    let not_whole = match report.verdict() {
        Verdict::AsExpected | Verdict::NotConformant | Verdict::Stale => None,
        Verdict::NothingRan
        | Verdict::Spoiled
        | Verdict::CutShort
        | Verdict::Unaccounted
        | Verdict::MutantSurvived => Some(report.verdict_sentence()),
    };
    not_whole
        .or_else(|| {
            let filters = &asked?.filters;
            (!filters.is_empty())
                .then(|| format!("only trials named {} were asked for", filters.join(", ")))
        })
        .or_else(|| {
            let shard = asked?.shard?;
            Some(format!("it is part {shard} of a run: join the parts with `conform merge`"))
        })
        .or_else(|| {
            let is_told = asked.is_some() || report.suite.complete;
            (!is_told).then(|| "nobody says which part of the corpus it is of".to_owned())
        })
}

/// What a report is of, where that is not the whole corpus.
pub(crate) fn part(report: &Report) -> Option<String> {
    let asked = report.suite.asked.as_ref().filter(|_| !report.suite.complete)?;
    let mut said = Vec::new();
    if !asked.arms.is_empty() {
        said.push(format!("{} arms", asked.arms.len()));
    }
    if !asked.without.is_empty() {
        said.push(format!("without {}", asked.without.join(", ")));
    }
    Some(if said.is_empty() { "a part".to_owned() } else { said.join(", ") })
}

/// The files of a site: names below its folder, with `/`, and what they hold.
///
/// # Errors
/// Where a report cannot be rendered: a figure that is not finite.
pub fn files(entries: &[Entry]) -> Result<Vec<(String, String)>, ReportError> {
    let shown: Vec<Entry> = entries
        .iter()
        .map(|entry| Entry { report: entry.report.for_people().in_order(), ..entry.clone() })
        .collect();
    let mut files: Vec<(String, String)> =
        frame::FILES.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    // Sites that would run a generator over the folder leave it as it is.
    files.push((".nojekyll".to_owned(), String::new()));
    files.push(("index.html".to_owned(), matrix::page(&shown)));
    files.push(("costs.html".to_owned(), costs::page(&shown)));
    files.push(("clause/index.html".to_owned(), clause::index(&shown)));
    for clause in contract::clause::all() {
        files.push((format!("clause/{}.html", clause.id), clause::page(clause, &shown)));
    }
    for suite in suites(&shown) {
        files.push((format!("suite/{}.html", file_name(suite)), suite::page(suite, &shown)));
    }
    for (entry, whole) in shown.iter().zip(entries) {
        let slug = &entry.slug;
        files.push((format!("binder/{slug}.html"), binder::page(entry)));
        files.push((format!("badge/{slug}.svg"), badge::svg(&entry.report)));
        files.push((format!("badge/{slug}.json"), badge::endpoint(&entry.report)));
        files.push((format!("{BINDERS}/{slug}.json"), api::binder(whole)));
        files.push((format!("{REPORTS}/{slug}.json"), json::render(&whole.report)?));
    }
    files.push(("api/index.json".to_owned(), api::index(entries)));
    Ok(files)
}

/// The suites that any trial is of.
fn suites(entries: &[Entry]) -> BTreeSet<&str> {
    let cases = entries.iter().flat_map(|entry| &entry.report.cases);
    cases.map(|case| suite_of(&case.id)).collect()
}

/// The suite of a trial's id.
fn suite_of(id: &str) -> &str {
    id.split("::").next().unwrap_or(id)
}

/// A suite's name as that of a file.
fn file_name(suite: &str) -> String {
    suite
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' })
        .collect()
}
