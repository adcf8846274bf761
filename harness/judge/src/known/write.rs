//! A list written anew from what failed. What still holds is kept with its reason; what is new has none,
//! and a list without reasons is refused until somebody fills them in.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::apply::{Happened, happened};
use super::{Awaited, Entry, Known, Names, Place, name_of};
use crate::row::{CaseRow, Class};

/// The head of a written list.
const HEAD: &str = "\
# Known failures, as docs/known-failures.md describes them. `conform check --write-expected` writes this
# file anew and keeps reasons, but no comments. Each entry says who is at fault, the binder or the adapter,
# and why.
";

/// A list, and how it came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The file's text.
    pub text: String,
    /// Entries that were there before.
    pub kept: usize,
    /// Entries whose fault and reason have to be filled in; one may be a pattern for many trials.
    pub new: usize,
    /// Entries that are gone.
    pub removed: usize,
}

impl Known {
    /// The list that says what these rows came to. Entries of trials that did not run, of other hosts
    /// and of other versions stay as they are.
    pub fn rewritten(&self, trials: &[String], rows: &[CaseRow], place: Place<'_>) -> Written {
        let rows: BTreeMap<String, &CaseRow> = rows.iter().map(|row| (name_of(row), row)).collect();
        let mut entries: Vec<Entry> = Vec::new();
        let (mut kept, mut removed) = (0, 0);
        let mut covered: BTreeSet<String> = BTreeSet::new();
        for entry in &self.entries {
            let mut remains = vec![entry.clone()];
            if entry.applies(place) {
                remains = self::remains(entry, trials, &rows);
                let named = remains.iter().flat_map(|entry| Known::named(entry, trials));
                covered.extend(named.map(str::to_owned));
            }
            removed += usize::from(remains.is_empty());
            kept += remains.len();
            entries.extend(remains);
        }
        let failed = rows.iter().filter(|(name, _)| !covered.contains(*name));
        let failed = failed.filter_map(|(name, row)| match happened(row) {
            Happened::Failed(class) => Some((name.as_str(), class)),
            _ => None,
        });
        let of_new = |entry: Entry| {
            let mut failed =
                Known::named(&entry, trials).into_iter().filter_map(|name| rows.get(name));
            (failed.next().map_or_else(String::new, |row| seen(row)), entry)
        };
        let mut added: Vec<(String, Entry)> =
            grouped(failed.collect(), trials, &entries).into_iter().map(of_new).collect();
        // What breaks the same clauses is likely to have one reason.
        added.sort_by(|(one, _), (other, _)| one.cmp(other));
        let new = added.len();
        let kept_ones = entries.into_iter().map(|entry| (String::new(), entry));
        let all: Vec<(String, Entry)> = kept_ones.chain(added).collect();
        Written { text: text(&self.subject, &all), kept, new, removed }
    }
}

/// Characters of what was expected, and of what was observed, that a list shows.
const SHOWN: usize = 80;

/// What was seen of a trial, as a comment for who fills in why: the clauses that it breaks, what was expected and what was
/// observed.
fn seen(row: &CaseRow) -> String {
    let shown = |text: &Option<String>| {
        let text = text.as_deref().unwrap_or_default();
        let mut line: String =
            text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN).collect();
        if text.chars().nth(SHOWN).is_some() {
            line.push('…');
        }
        line
    };
    let clauses = row.broken.join(", ");
    format!("  # {clauses}: expected {}; observed {}\n", shown(&row.expected), shown(&row.observed))
}

/// Names of trials that are likely to fail for one reason, the widest first: of a suite, of a suite under
/// one arm, of a case under every arm. A trial is `arm::suite::case`.
const WIDTHS: [fn([&str; 3]) -> String; 3] = [
    |[_, suite, _]| format!("*::{suite}::*"),
    |[arm, suite, _]| format!("{arm}::{suite}::*"),
    |[_, suite, case]| format!("*::{suite}::{case}"),
];

/// New failures as entries that nobody has filled in yet: a pattern where all that it matches, of all the
/// trials there are, failed in one class and no other entry speaks of any; a trial each for the rest.
fn grouped(mut failed: BTreeMap<&str, Class>, trials: &[String], entries: &[Entry]) -> Vec<Entry> {
    let of = |names, outcome| Entry {
        line: 0,
        names,
        outcome: Awaited::Fails(outcome),
        fault: None,
        reason: String::new(),
        upstream: None,
        host: None,
        version: None,
    };
    let mut grouped = Vec::new();
    for width in WIDTHS {
        let patterns: BTreeSet<(String, Class)> = failed
            .iter()
            .filter_map(|(name, class)| {
                let parts = <[&str; 3]>::try_from(name.split("::").collect::<Vec<_>>()).ok()?;
                Some((width(parts), *class))
            })
            .collect();
        for (text, class) in patterns {
            let mut entry = of(Names::Pattern { text: text.clone(), matches: 0 }, class);
            let named = Known::named(&entry, trials);
            let fails = |name: &&str| failed.get(name) == Some(&class);
            let is_free = |name: &&str| !entries.iter().any(|entry| entry.names(name));
            if named.len() > 1 && named.iter().all(|name| fails(name) && is_free(name)) {
                failed.retain(|name, _| !named.contains(name));
                entry.names = Names::Pattern { text, matches: named.len() };
                grouped.push(entry);
            }
        }
    }
    let one = |(name, class): (&str, Class)| of(Names::Trial(name.to_owned()), class);
    grouped.extend(failed.into_iter().map(one));
    grouped
}

/// What remains of an entry: itself, its trials one by one where a pattern says too much, or nothing.
fn remains(entry: &Entry, trials: &[String], rows: &BTreeMap<String, &CaseRow>) -> Vec<Entry> {
    let still = |name: &str| match rows.get(name).map(|row| happened(row)) {
        None | Some(Happened::Nothing) => true,
        Some(Happened::Failed(class)) => entry.outcome.excuses(class),
        Some(Happened::Passed) => matches!(entry.outcome, Awaited::Either { .. }),
        Some(Happened::Gated(_)) => false,
    };
    let named = Known::named(entry, trials);
    match &entry.names {
        // A name that names nothing here may be of another seed.
        Names::Trial(name) => {
            let there = !named.is_empty() || super::apply::is_of_another_seed(name);
            if there && still(name) { vec![entry.clone()] } else { Vec::new() }
        }
        Names::Pattern { text, .. } => {
            let failing: Vec<&str> = named.iter().copied().filter(|name| still(name)).collect();
            if !failing.is_empty() && failing.len() == named.len() {
                let names = Names::Pattern { text: text.clone(), matches: named.len() };
                return vec![Entry { names, ..entry.clone() }];
            }
            let one =
                |name: &&str| Entry { names: Names::Trial((*name).to_owned()), ..entry.clone() };
            failing.iter().map(one).collect()
        }
    }
}

/// The text of a list, each entry below the comment that it has.
fn text(subject: &str, entries: &[(String, Entry)]) -> String {
    let mut out = HEAD.to_owned();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "subject: {}", quoted(subject));
    let _ = writeln!(out, "failures:{}", if entries.is_empty() { " []" } else { "" });
    for (comment, entry) in entries {
        out += comment;
        let _ = match &entry.names {
            Names::Trial(name) => writeln!(out, "  - trial: {name}"),
            Names::Pattern { text, matches } => {
                writeln!(out, "  - pattern: {}\n    matches: {matches}", quoted(text))
            }
        };
        let _ = writeln!(out, "    outcome: {}", entry.outcome.word());
        if let Awaited::Either { runs } = entry.outcome {
            let _ = writeln!(out, "    runs: {runs}");
        }
        let _ = writeln!(out, "    fault: {}", entry.fault.map_or("unknown", Into::into));
        let _ = writeln!(out, "    reason: {}", quoted(&entry.reason));
        let optional =
            [("upstream", &entry.upstream), ("host", &entry.host), ("version", &entry.version)];
        for (field, value) in optional {
            if let Some(value) = value {
                let _ = writeln!(out, "    {field}: {}", quoted(value));
            }
        }
    }
    out
}

/// A text in double quotes: what JSON writes, YAML reads.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
