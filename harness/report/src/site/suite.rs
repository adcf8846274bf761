//! A page a suite of cases: what came of each case with each binder, the worst of its arms.

use std::collections::{BTreeMap, BTreeSet};

use judge::row::TrialOutcome::{Error, Expected, Failed, Gated, Passed, Skipped};
use judge::row::{CaseRow, TrialOutcome};
use maud::{Markup, html};

use super::{Entry, suite_of};
use crate::html::frame::{Assets, Page, anchor, to_anchor, wide};
use crate::html::{Look, badge, name_of};

/// A case of the suite.
#[derive(Default)]
struct Case<'r> {
    clauses: BTreeSet<&'r str>,
    /// Its worst trial with each binder, by the binder's number.
    worst: BTreeMap<usize, &'r CaseRow>,
}

pub(super) fn page(suite: &str, entries: &[Entry]) -> String {
    let mut cases: BTreeMap<&str, Case<'_>> = BTreeMap::new();
    for (number, entry) in entries.iter().enumerate() {
        for row in entry.report.cases.iter().filter(|row| suite_of(&row.id) == suite) {
            let case = cases.entry(&row.id).or_default();
            case.clauses.extend(row.clauses.iter().map(String::as_str));
            let worst = case.worst.entry(number).or_insert(row);
            if weight(row.outcome) > weight(worst.outcome) {
                *worst = row;
            }
        }
    }
    let mut clauses = cases.values().map(|case| &case.clauses);
    let first = clauses.next().cloned().unwrap_or_default();
    let common = clauses.fold(first, |common, one| &common & one);
    let title = format!("Suite {suite}");
    let page = Page {
        title: &title,
        assets: Assets::At("../"),
        above: Some(("../index.html", "All binders")),
        links: &[],
    };
    let heading = html! {
        p.kind { "Boundary Conformance · suite of cases" }
        h1 { (suite) }
        p.facts {
            (cases.len()) " cases, each with the worst that any arm made of it. "
            @if !common.is_empty() { "All of them cite " (links(common.iter())) "." }
        }
    };
    page.render(&heading, &wide(&title, &table(&cases, &common, entries)))
}

const fn weight(outcome: TrialOutcome) -> u8 {
    match outcome {
        Skipped => 0,
        Gated => 1,
        Passed => 2,
        Expected => 3,
        Error => 4,
        Failed => 5,
    }
}

/// The outcomes that binders are named for, a column each.
const NAMED: [TrialOutcome; 5] = [Failed, Error, Expected, Gated, Skipped];

/// A row a case: how many binders it passed with, and the others by name.
fn table(cases: &BTreeMap<&str, Case<'_>>, common: &BTreeSet<&str>, entries: &[Entry]) -> Markup {
    let came = |outcome| {
        let mut all = cases.values().flat_map(|case| case.worst.values());
        all.any(|row| row.outcome == outcome)
    };
    let columns: Vec<TrialOutcome> = NAMED.into_iter().filter(|outcome| came(*outcome)).collect();
    html! {
        table {
            thead {
                tr {
                    th scope="col" { "case" } th scope="col" { "clauses" }
                    th.number scope="col" { (badge(Look::from(Passed))) }
                    @for outcome in &columns { th scope="col" { (badge(Look::from(*outcome))) } }
                }
            }
            tbody {
                @for (id, case) in cases {
                    tr id=(anchor(id)) {
                        th scope="row" { code { (id.split_once("::").map_or(*id, |(_, name)| name)) } }
                        td { (links(case.clauses.difference(common))) }
                        td.number { (case.with(Passed).count()) }
                        @for outcome in &columns {
                            td {
                                @for (index, (number, row)) in case.with(*outcome).enumerate() {
                                    @if index > 0 { ", " }
                                    (named(&entries[number], row))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

impl<'r> Case<'r> {
    fn with(&self, outcome: TrialOutcome) -> impl Iterator<Item = (usize, &'r CaseRow)> {
        let all = self.worst.iter().map(|(number, row)| (*number, *row));
        all.filter(move |(_, row)| row.outcome == outcome)
    }
}

fn links<'c>(clauses: impl Iterator<Item = &'c &'c str>) -> Markup {
    html! {
        @for (index, clause) in clauses.enumerate() {
            @if index > 0 { " " }
            a href={ "../clause/" (clause) ".html" } { (clause) }
        }
    }
}

/// A binder, which leads to the trial where there is more to read of it.
fn named(entry: &Entry, row: &CaseRow) -> Markup {
    let name = &entry.report.subject.name;
    html! {
        @if matches!(row.outcome, Failed | Expected) {
            a href={ "../binder/" (entry.slug) ".html" (to_anchor(&name_of(row))) } { (name) }
        } @else { (name) }
    }
}
