//! What was judged, what it came to at a glance, and the run that it came of.

use judge::row::TrialOutcome;
use maud::{Markup, html};

use super::frame::{to_anchor, wide};
use super::name_of;
use super::outcome::{Look, look_of_verdict};
use crate::markdown::text::quantity;
use crate::model::Report;

pub(crate) fn title(report: &Report) -> String {
    let subject = &report.subject;
    let verdict = look_of_verdict(report);
    format!("{} {}: {}", subject.name, subject.version, verdict.word)
}

pub(crate) fn heading(report: &Report) -> Markup {
    let subject = &report.subject;
    html! {
        p.kind { "Boundary Conformance report" }
        h1 { (subject.name) " " span.version { (subject.version) } }
        p.facts {
            "Used from " (subject.language) " · judged at " strong { (subject.level.name()) } " level · "
            time datetime=(report.suite.started) { (day(&report.suite.started)) }
        }
    }
}

/// The day of a time.
pub(crate) fn day(started: &str) -> &str {
    started.split('T').next().unwrap_or(started)
}

pub(super) fn section(report: &Report) -> Markup {
    let look = look_of_verdict(report);
    html! {
        section #verdict aria-labelledby="verdict-is" {
            div class={ "verdict " (look.class) } {
                span.sign aria-hidden="true" { (look.sign) }
                div {
                    h2 #verdict-is { (first_upper(look.word)) }
                    p { (report.verdict_sentence()) }
                }
            }
            (tally(report))
            (declared(report))
        }
    }
}

fn first_upper(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// How many trials came to what, as a bar and in numbers.
fn tally(report: &Report) -> Markup {
    let counts = &report.counts;
    let parts = [
        (TrialOutcome::Passed, counts.passed),
        (TrialOutcome::Failed, counts.failed),
        (TrialOutcome::Expected, counts.expected),
        (TrialOutcome::Error, counts.errors),
        (TrialOutcome::Gated, counts.gated),
        (TrialOutcome::Skipped, counts.skipped),
    ];
    let parts = parts.map(|(outcome, count)| (outcome, Look::from(outcome), count));
    html! {
        @if counts.planned > 0 {
            div.bar aria-hidden="true" {
                @for (_, look, count) in parts.iter().filter(|(_, _, count)| *count > 0) {
                    span class=(look.class) style={ "flex-grow:" (count) } { (look.sign) }
                }
            }
        }
        dl.tally {
            div { dt { "planned" } dd { (counts.planned) } }
            div { dt { "ran" } dd { (counts.ran) } }
            @for (outcome, look, count) in parts {
                // Where nothing ran, nothing failed either, and a zero there would read like a good sign.
                @let is_known = counts.ran > 0 || !outcome.ran() || outcome == TrialOutcome::Error;
                div {
                    dt { span class={ "sign " (look.class) } aria-hidden="true" { (look.sign) } " " (look.word) }
                    dd {
                        @if !is_known { "–" }
                        @else if count == 0 { "0" }
                        @else { a href="#trials" data-outcome=(outcome.word()) { (count) } }
                    }
                }
            }
        }
    }
}

/// What the binder says of itself, and what was seen beside.
fn declared(report: &Report) -> Markup {
    let subject = &report.subject;
    let words = |words: &[String]| {
        html! {
            @for (index, word) in words.iter().enumerate() { @if index > 0 { ", " } code { (word) } }
            @if words.is_empty() { "none" }
        }
    };
    html! {
        dl.declared {
            div { dt { "Dialects" } dd { (words(&subject.dialects)) } }
            div { dt { "Capabilities" } dd { (words(&subject.capabilities)) } }
            @if !subject.lacks.is_empty() {
                div { dt { "Lacks, as it says" } dd { (words(&subject.lacks)) } }
            }
            @if !subject.works_undeclared.is_empty() {
                div { dt { "Works, not declared" } dd { (words(&subject.works_undeclared)) } }
            }
            @for hint in &subject.behaves_as {
                div {
                    dt { "Behaves as" }
                    dd {
                        code { (hint.dialect) } ", which it does not declare: of " (hint.tried)
                        " failed trials that were put again, " (hint.trials) " pass under it, among them "
                        @if is_told(report, &hint.example) {
                            a href=(to_anchor(&hint.example)) { code { (hint.example) } }
                        } @else { code { (hint.example) } }
                    }
                }
            }
        }
    }
}

/// Whether a trial has a place of its own on the page.
fn is_told(report: &Report, name: &str) -> bool {
    let failed = |outcome| matches!(outcome, TrialOutcome::Failed | TrialOutcome::Expected);
    report.cases.iter().any(|case| failed(case.outcome) && name_of(case) == name)
}

pub(super) fn run(report: &Report) -> Markup {
    let (suite, host) = (&report.suite, &report.host);
    let table = html! {
        table.facts {
            tbody {
                tr { th scope="row" { "suite" } td { (suite.version) ", corpus " code { (suite.hash) } } }
                tr {
                    th scope="row" { "extent" }
                    td {
                        @if suite.complete { "the whole corpus" } @else { strong { "a part of the corpus" } }
                    }
                }
                @if let Some(reason) = &suite.cut_short {
                    tr { th scope="row" { "cut short" } td { (reason) } }
                }
                tr { th scope="row" { "command" } td { code { (suite.command) } } }
                @if let Some(run) = &suite.replayed {
                    tr { th scope="row" { "replayed" } td { (run) } }
                }
                tr {
                    th scope="row" { "began" }
                    td { (suite.started) ", and took " (quantity(suite.seconds)) " s" }
                }
                tr { th scope="row" { "system" } td { (host.os) " " (host.arch) } }
                tr {
                    th scope="row" { "processor" }
                    td { (host.cpu.as_deref().unwrap_or("not known")) ", " (host.cores) " logical" }
                }
                tr { th scope="row" { "compilers" } td { (host.rustc) ", Zig " (host.zig) } }
            }
        }
    };
    html! {
        section #run aria-labelledby="run-is" {
            h2 #run-is { "The run" }
            (wide("The run", &table))
            p.faint { "Everything on this page is taken from report.json, schema version " (report.schema_version) "." }
        }
    }
}
