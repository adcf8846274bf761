//! A page a suite of cases: what came of each case with each binder, the worst of its arms.

use std::collections::{BTreeMap, BTreeSet};

use judge::row::TrialOutcome::{Error, Expected, Failed, Gated, Passed, Skipped};
use judge::row::{CaseRow, TrialOutcome};
use maud::{Markup, html};

use super::{Entry, suite_of};
use crate::html::frame::{Assets, Page, anchor, to_anchor, wide};
use crate::html::{Look, name_of};

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
    let numbers: BTreeSet<usize> =
        cases.values().flat_map(|case| case.worst.keys().copied()).collect();
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
            (cases.len()) " cases; a cell is the worst that any arm made of the case: "
            @for (index, outcome) in [Passed, Failed, Expected, Gated, Skipped, Error].into_iter().enumerate() {
                @if index > 0 { ", " }
                @let look = Look::from(outcome);
                (look.sign) " " (look.word)
            }
            "."
        }
    };
    page.render(&heading, &wide(&title, &table(&cases, &numbers, entries)))
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

fn table(cases: &BTreeMap<&str, Case<'_>>, numbers: &BTreeSet<usize>, entries: &[Entry]) -> Markup {
    html! {
        table.signs {
            thead {
                tr {
                    th scope="col" { "case" } th scope="col" { "clauses" }
                    @for number in numbers { th.cell scope="col" { (entries[*number].report.subject.name) } }
                }
            }
            tbody {
                @for (id, case) in cases {
                    tr id=(anchor(id)) {
                        th scope="row" { code { (id.split_once("::").map_or(*id, |(_, name)| name)) } }
                        td {
                            @for (index, clause) in case.clauses.iter().enumerate() {
                                @if index > 0 { " " }
                                a href={ "../clause/" (clause) ".html" } { (clause) }
                            }
                        }
                        @for number in numbers {
                            (cell(case.worst.get(number), &entries[*number]))
                        }
                    }
                }
            }
        }
    }
}

/// A sign, which leads to the trial where there is more to read of it. A page has thousands of them: those that say
/// nothing new are as short as can be.
fn cell(case: Option<&&CaseRow>, entry: &Entry) -> Markup {
    let Some(row) = case else { return html! { td {} } };
    let look = Look::from(row.outcome);
    html! {
        @if matches!(row.outcome, Failed | Expected) {
            td.cell {
                a class={ "badge " (look.class) } href={ "../binder/" (entry.slug) ".html" (to_anchor(&name_of(row))) } {
                    span aria-hidden="true" { (look.sign) } span.unseen { (look.word) }
                }
            }
        } @else {
            td class=(look.class) { (look.sign) }
        }
    }
}
