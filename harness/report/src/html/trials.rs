//! The trials that need reading: what failed, what is known to fail, what passed at a risk, what was not judged.

use judge::row::{CaseRow, Class, StaleRow, TrialOutcome};
use maud::{Markup, html};

use super::frame::{anchor, to_anchor, wide};
use super::outcome::{Look, badge};
use crate::difference::{Part, parts};
use crate::model::{ProgramRow, Report};
use crate::risks::Risk;
use crate::unjudged::{Unjudged, unjudged};

/// Failures that stand open; the others open where they are touched.
const OPEN: usize = 3;
/// Failures told in full: beyond them a page opens slowly, and nobody reads on.
const TOLD: usize = 2_000;

pub(super) fn failures(report: &Report) -> Markup {
    let failed = report.with_outcome(TrialOutcome::Failed);
    let spoiled = report.with_outcome(TrialOutcome::Error);
    if failed.is_empty() && spoiled.is_empty() {
        return html! {};
    }
    html! {
        section #failures aria-labelledby="failures-are" {
            h2 #failures-are { "Failures" span.count { (failed.len()) } }
            (list(report, &failed))
            @if !spoiled.is_empty() {
                h3 { "Errors of the suite, the adapter or the machine" span.count { (spoiled.len()) } }
                (list(report, &spoiled))
            }
        }
    }
}

fn list(report: &Report, cases: &[&CaseRow]) -> Markup {
    let program = |case: &CaseRow| report.programs.iter().find(|program| program.case == case.id);
    html! {
        @for (index, case) in cases.iter().take(TOLD).enumerate() {
            (failure(case, program(case), index < OPEN))
        }
        @if let Some(rest) = cases.get(TOLD..).filter(|rest| !rest.is_empty()) {
            p { (rest.len()) " more are in report.json, and listed below with all trials." }
        }
    }
}

/// The name of a trial, which is that of its place on the page.
pub(crate) fn name_of(case: &CaseRow) -> String {
    format!("{}::{}", case.arm, case.id)
}

fn failure(case: &CaseRow, program: Option<&ProgramRow>, is_open: bool) -> Markup {
    let name = name_of(case);
    html! {
        details.failure id=(anchor(&name)) open[is_open] {
            summary {
                (badge(Look::from(case.outcome))) " "
                code { (case.id) } " under " code { (case.arm) }
                @if let Some(class) = case.class.filter(|class| *class != Class::Fail) {
                    " " span.class { (class.word()) }
                }
            }
            p {
                (blame(case))
                @if let Some(path) = &case.path { ", on the " (path) " path" }
                "."
            }
            (compared(case))
            dl.repeat {
                dt { "Repeat it" }
                dd { pre tabindex="0" { code { (case.repro) } } }
            }
            @if let Some(program) = program {
                details.program {
                    summary { "The same native calls in C, without the binder" }
                    pre tabindex="0" { code { (program.c) } }
                }
            }
        }
    }
}

fn blame(case: &CaseRow) -> Markup {
    let (broken, verb) = match (case.broken.as_slice(), case.clauses.as_slice()) {
        ([], clauses) => (clauses, if clauses.len() == 1 { "Clause " } else { "Clauses " }),
        (broken, _) => (broken, "Breaks "),
    };
    let others: Vec<&String> =
        case.clauses.iter().filter(|clause| !broken.contains(clause)).collect();
    html! {
        @if broken.is_empty() { "No clause cited" } @else { (verb) (clause_links(broken.iter())) }
        @if !others.is_empty() { " (cites " (clause_links(others.iter().copied())) " too)" }
    }
}

fn clause_links<'c>(clauses: impl Iterator<Item = &'c String>) -> Markup {
    html! {
        @for (index, clause) in clauses.enumerate() {
            @if index > 0 { " " }
            a href=(to_anchor(clause)) { (clause) }
        }
    }
}

/// What was called, expected, observed and arrived; what differs in a line is marked.
fn compared(case: &CaseRow) -> Markup {
    let parts = parts(case);
    let text_of =
        |label: &str| parts.iter().find(|part| part.label == label).map(|part| &*part.text);
    let (expected, observed) = (text_of("expected"), text_of("observed"));
    html! {
        dl.compared {
            @for Part { label, text } in &parts {
                @let other = match *label { "expected" => observed, "observed" => expected, _ => None };
                dt { (label) }
                dd { pre tabindex="0" { (marked(text, other)) } }
            }
        }
    }
}

/// A text, with what each line has otherwise than the same line of the other marked.
fn marked(text: &str, other: Option<&str>) -> Markup {
    let Some(other) = other.filter(|other| other.lines().count() == text.lines().count()) else {
        return html! { (text) };
    };
    html! {
        @for (index, (line, other)) in text.lines().zip(other.lines()).enumerate() {
            @if index > 0 { "\n" }
            @let (before, differs, after) = split(line, other);
            (before) @if !differs.is_empty() { mark { (differs) } } (after)
        }
    }
}

/// A line in three: as the other begins, what differs, as the other ends.
fn split<'l>(line: &'l str, other: &str) -> (&'l str, &'l str, &'l str) {
    let same = |pairs: &mut dyn Iterator<Item = (char, char)>| -> usize {
        pairs.take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum()
    };
    let begins = same(&mut line.chars().zip(other.chars()));
    let (line_rest, other_rest) = (&line[begins..], &other[begins..]);
    let ends = same(&mut line_rest.chars().rev().zip(other_rest.chars().rev()));
    let (differs, after) = line_rest.split_at(line_rest.len() - ends);
    (&line[..begins], differs, after)
}

pub(super) fn stale(rows: &[StaleRow]) -> Markup {
    if rows.is_empty() {
        return html! {};
    }
    let table = html! {
        table {
            thead {
                tr {
                    th scope="col" { "where" } th scope="col" { "trial or pattern" } th scope="col" { "expected" }
                    th scope="col" { "observed" } th scope="col" { "what to do" }
                }
            }
            tbody {
                @for row in rows {
                    tr {
                        td { (row.at) } td { code { (row.entry) } } td { (row.expected) } td { (row.observed) }
                        td { (row.action) }
                    }
                }
            }
        }
    };
    html! {
        section #stale aria-labelledby="stale-are" {
            h2 #stale-are { "Known failures out of date" span.count { (rows.len()) } }
            (wide("Known failures out of date", &table))
        }
    }
}

/// Trials that failed as a list says, by its entries.
pub(super) fn known(report: &Report) -> Markup {
    let cases = report.with_outcome(TrialOutcome::Expected);
    if cases.is_empty() {
        return html! {};
    }
    let mut entries: Vec<(&str, Vec<&CaseRow>)> = Vec::new();
    for case in &cases {
        let at = case.known.as_ref().map_or("", |known| known.at.as_str());
        match entries.iter_mut().find(|(known, _)| *known == at) {
            Some((_, of)) => of.push(case),
            None => entries.push((at, vec![case])),
        }
    }
    html! {
        section #known aria-labelledby="known-are" {
            h2 #known-are { "Known failures" span.count { (cases.len()) } }
            p { "Each is listed with whose fault it is; one that passes is out of date, and red." }
            @for (at, cases) in &entries { (known_entry(at, cases)) }
        }
    }
}

fn known_entry(at: &str, cases: &[&CaseRow]) -> Markup {
    let table = html! {
        table {
            thead {
                tr {
                    th scope="col" { "trial" } th scope="col" { "clauses" } th scope="col" { "as" }
                    th scope="col" { "expected" } th scope="col" { "observed" }
                }
            }
            tbody {
                @for case in cases {
                    tr id=(anchor(&name_of(case))) {
                        td { code { (case.id) } " under " code { (case.arm) } }
                        td { (clause_links(case.clauses.iter())) }
                        td { (case.class.map_or("–", Class::word)) }
                        td { (case.expected.as_deref().unwrap_or("–")) }
                        td { (case.observed.as_deref().unwrap_or("–")) }
                    }
                }
            }
        }
    };
    html! {
        details.failure {
            summary {
                @if let Some(known) = cases.first().and_then(|case| case.known.as_ref()) {
                    (known.reason) " " span.faint { "fault of the " (known.fault) " · " (cases.len()) " · " (at) }
                } @else { (cases.len()) " trials without an entry" }
            }
            @let upstream = cases.first().and_then(|case| case.known.as_ref()?.upstream.as_ref());
            @if let Some(upstream) = upstream {
                // A list holds nothing else; a report may be anybody's.
                @let is_link = ["https://", "http://"].iter().any(|scheme| upstream.starts_with(scheme));
                p {
                    "Reported: "
                    @if is_link { a href=(upstream) rel="noreferrer" { (upstream) } } @else { (upstream) }
                }
            }
            (wide(at, &table))
        }
    }
}

pub(super) fn risks(report: &Report) -> Markup {
    let risks = report.risks();
    if risks.is_empty() {
        return html! {};
    }
    let table = html! {
        table {
            thead {
                tr {
                    th scope="col" { "clause" } th.number scope="col" { "trials" } th scope="col" { "among them" }
                    th scope="col" { "of what" } th scope="col" { "relied on" } th scope="col" { "observed" }
                }
            }
            tbody {
                @for Risk { clause, first, risk, count } in risks {
                    tr {
                        td { a href=(to_anchor(clause)) { (clause) } } td.number { (count) }
                        td { code { (first.id) } " under " code { (first.arm) } }
                        td { (risk.what) } td { (risk.expected) } td { (risk.observed) }
                    }
                }
            }
        }
    };
    html! {
        section #risks aria-labelledby="risks-are" {
            h2 #risks-are { "Risks" span.count { (report.at_risk().count()) } }
            p {
                "No ABI of this target says what follows, and compilers rely on it. These trials passed; with "
                code { "--strict" } " they fail."
            }
            (wide("Risks", &table))
        }
    }
}

pub(super) fn not_judged(report: &Report) -> Markup {
    let reasons = unjudged(report);
    if reasons.is_empty() {
        return html! {};
    }
    let table = html! {
        table {
            thead {
                tr {
                    th scope="col" { "outcome" } th.number scope="col" { "trials" } th scope="col" { "reason" }
                    th scope="col" { "arms" } th scope="col" { "among them" }
                }
            }
            tbody {
                @for Unjudged { outcome, why, arms, first, count } in &reasons {
                    tr {
                        td { (badge(Look::from(*outcome))) } td.number { (count) } td { (why) }
                        td { @for (index, arm) in arms.iter().enumerate() { @if index > 0 { ", " } (arm) } }
                        td { code { (first.id) } }
                    }
                }
            }
        }
    };
    html! {
        section #not-judged aria-labelledby="not-judged-is" {
            h2 #not-judged-is {
                "Not judged" span.count { (reasons.iter().map(|reason| reason.count).sum::<usize>()) }
            }
            (wide("Not judged", &table))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_split_where_it_differs() {
        assert_eq!(split("255 / 0xff", "-1 / 0xff"), ("", "255", " / 0xff"));
        assert_eq!(split("aéa", "aéaéa"), ("aéa", "", ""));
        assert_eq!(split("same", "same"), ("same", "", ""));
        assert_eq!(split("", "x"), ("", "", ""));
    }
}
