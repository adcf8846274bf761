//! A page a clause: its text, what came of it with each binder, and the cases that cite it.

use std::collections::BTreeMap;

use contract::clause::{self, Clause, families};
use judge::row::TrialOutcome;
use maud::{Markup, html};

use super::{Entry, file_name, suite_of};
use crate::ClauseOutcome;
use crate::html::frame::{Assets, Page, encoded, to_anchor, wide};
use crate::html::{Look, badge, clause_text, name_of};
use crate::model::ClauseRow;

/// Failed trials that are named a binder.
const NAMED: usize = 3;

/// Every clause, by family.
pub(super) fn index(entries: &[Entry]) -> String {
    let page = Page {
        title: "Clauses",
        assets: Assets::At("../"),
        above: Some(("../index.html", "All binders")),
        links: &[],
    };
    let heading = html! { p.kind { "Boundary Conformance" } h1 { "Clauses" } };
    let body = html! {
        @for family in families() {
            section id={ "family-" (family.letter) } aria-labelledby={ "is-" (family.letter) } {
                h2 id={ "is-" (family.letter) } { (family.letter) ". " (family.title) }
                (wide(&family.title, &of_family(&family.letter, entries)))
            }
        }
    };
    page.render(&heading, &body)
}

fn of_family(letter: &str, entries: &[Entry]) -> Markup {
    let binders = |id: &str, holds: fn(&ClauseRow) -> bool| {
        let rows = entries.iter().flat_map(|entry| &entry.report.clauses);
        rows.filter(|row| row.id == id && holds(row)).count()
    };
    let fails =
        |row: &ClauseRow| matches!(row.outcome, ClauseOutcome::Failed | ClauseOutcome::Expected);
    html! {
        table {
            thead {
                tr {
                    th scope="col" { "clause" } th.number scope="col" { "binders it is judged of" }
                    th.number scope="col" { "that fail it" } th scope="col" { "text" }
                }
            }
            tbody {
                @for clause in clause::all().iter().filter(|clause| clause.family() == letter) {
                    tr {
                        th scope="row" { a href={ (clause.id) ".html" } { (clause.id) } }
                        td.number { (binders(&clause.id, |row| row.ran > 0)) }
                        td.number { (binders(&clause.id, fails)) }
                        td.text { (clause_text(clause)) }
                    }
                }
            }
        }
    }
}

pub(super) fn page(clause: &Clause, entries: &[Entry]) -> String {
    let id = &clause.id;
    let family = families().iter().find(|family| family.letter == clause.family());
    let title = format!("Clause {id}");
    let page = Page {
        title: &title,
        assets: Assets::At("../"),
        above: Some(("index.html", "All clauses")),
        links: &[("#binders", "Binders"), ("#cases", "Cases")],
    };
    let heading = html! {
        p.kind { "Boundary Conformance" @if let Some(family) = family { " · " (family.title) } }
        h1 { (id) }
        p { (clause_text(clause)) }
    };
    page.render(&heading, &html! { (binders(id, entries)) (cases(id, entries)) })
}

fn binders(id: &str, entries: &[Entry]) -> Markup {
    let table = html! {
        table {
            thead {
                tr {
                    th scope="col" { "binder" } th scope="col" { "outcome" } th.number scope="col" { "passed" }
                    th.number scope="col" { "ran" } th.number scope="col" { "trials" } th scope="col" { "failed, among them" }
                }
            }
            tbody {
                @for entry in entries {
                    @if let Some(row) = entry.report.clauses.iter().find(|row| row.id == *id) {
                        tr {
                            th scope="row" {
                                a href={ "../binder/" (entry.slug) ".html#" (id) } { (entry.report.subject.name) }
                            }
                            td { (badge(Look::from(row.outcome))) }
                            td.number { (row.passed) } td.number { (row.ran) } td.number { (row.cases) }
                            td { (failed(id, entry)) }
                        }
                    }
                }
            }
        }
    };
    html! {
        section #binders aria-labelledby="binders-are" {
            h2 #binders-are { "Binders" }
            (wide("What came of the clause", &table))
        }
    }
}

fn failed(id: &str, entry: &Entry) -> Markup {
    let is_it = |outcome| matches!(outcome, TrialOutcome::Failed | TrialOutcome::Expected);
    let of_clause = entry
        .report
        .cases
        .iter()
        .filter(|case| is_it(case.outcome) && case.failed_for().iter().any(|one| one == id));
    html! {
        @for (index, case) in of_clause.take(NAMED).enumerate() {
            @if index > 0 { ", " }
            @let name = name_of(case);
            a href={ "../binder/" (entry.slug) ".html" (to_anchor(&name)) } { code { (name) } }
        }
    }
}

/// The cases that cite it, by suite.
fn cases(id: &str, entries: &[Entry]) -> Markup {
    let mut suites: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for case in entries.iter().flat_map(|entry| &entry.report.cases) {
        if case.clauses.iter().any(|one| one == id) {
            suites.entry(suite_of(&case.id)).or_default().push(&case.id);
        }
    }
    html! {
        section #cases aria-labelledby="cases-are" {
            h2 #cases-are { "Cases that cite it" }
            @if suites.is_empty() { p { "None of the trials published here." } }
            @for (suite, mut ids) in suites {
                @let unique = { ids.sort_unstable(); ids.dedup(); ids };
                details {
                    summary { (suite) span.count { (unique.len()) } }
                    ul {
                        @for id in unique {
                            li {
                                a href={ "../suite/" (file_name(suite)) ".html#" (encoded(id)) } { code { (id) } }
                            }
                        }
                    }
                }
            }
        }
    }
}
