//! The summary people see when a run ends: 80 columns and about one screen, the same text in a terminal and in a
//! pipe.
//!
//! What matters most stands last, beside the prompt: failures first, then counts, clauses and costs,
//! then the verdict and where the report is. What a screen has no room for is counted, by what it has in common.

use std::path::Path;

use crate::colour::{BAD, GOOD};
use crate::columns::{LABEL, push, push_wrapped, wrapped};
use crate::foreign::whole;
use crate::model::{MutantOutcome, Report};
use crate::risks::Risk;
use crate::unjudged::{Unjudged, unjudged};
use crate::{ClauseOutcome, Verdict};

mod cost;
mod red;
mod scaling;

pub use crate::colour::Colour;

/// Known failures out of date that are shown in full.
const STALE: usize = 2;
/// Faulty binders, dialects and clauses at risk that are named.
const NAMED: usize = 3;
/// Broken clauses that are named.
const CLAUSES: usize = 30;
/// Reasons why trials were not judged.
const REASONS: usize = 4;

/// The summary; `written_to` is the report's page, where it was written.
pub fn render(report: &Report, written_to: Option<&Path>, colour: Colour) -> String {
    let report = &report.for_people();
    let mut out = String::new();
    red::trials(&mut out, report, colour);
    cost::table(&mut out, &report.bench, colour);
    scaling::table(&mut out, &report.scaling, colour);
    survivors(&mut out, report, colour);
    stale(&mut out, report, colour);
    subject(&mut out, report);
    if report.counts.ran > 0 {
        push_wrapped(&mut out, "trials", &counts(report));
        failing_clauses(&mut out, report);
    }
    risks(&mut out, report);
    not_judged(&mut out, report);
    if let Some(run) = &report.suite.replayed {
        push_wrapped(&mut out, "replayed", run);
    }
    verdict(&mut out, report, colour);
    if let Some(path) = written_to {
        // A path is never wrapped, so that it can be copied.
        push(&mut out, &format!("report    {}", whole(&path.display().to_string())));
    }
    out
}

/// A text behind a label in a style.
fn push_labelled(out: &mut String, label: &str, style: &str, text: &str, colour: Colour) {
    for line in wrapped(label, text) {
        // The label of a wrapped text is padded to its columns, or blank, or all there is.
        let (head, rest) = line.split_at(line.len().min(LABEL));
        match head.trim() {
            "" => push(out, &line),
            word => {
                let gap = &head[word.len()..];
                push(out, &format!("{}{gap}{rest}", colour.paint(style, word)));
            }
        }
    }
}

/// How many more there are than were shown.
fn push_more(out: &mut String, all: usize, shown: usize, what: &str) {
    if let Some(more) = all.checked_sub(shown).filter(|more| *more > 0) {
        push_wrapped(out, "", &format!("… and {more} more {what}, in the report"));
    }
}

fn survivors(out: &mut String, report: &Report, colour: Colour) {
    let missed = report.mutants.iter().filter(|mutant| mutant.outcome != MutantOutcome::Caught);
    for mutant in missed.clone().take(NAMED) {
        let word = if mutant.outcome == MutantOutcome::Survived { "SURVIVED" } else { "MISJUDGED" };
        let text = format!("{}, which breaks {}", mutant.name, mutant.clause);
        push_labelled(out, word, BAD, &text, colour);
        if !mutant.breaks.is_empty() {
            push_wrapped(out, "", &mutant.breaks);
        }
    }
    push_more(out, missed.count(), NAMED, "that were not caught");
    if !report.mutants.is_empty() {
        let caught = report.mutants.len() - report.surviving_mutants();
        push_wrapped(
            out,
            "mutants",
            &format!("{caught} of {} faulty binders caught", report.mutants.len()),
        );
    }
}

fn stale(out: &mut String, report: &Report, colour: Colour) {
    for row in report.stale.iter().take(STALE) {
        push_labelled(out, "STALE", BAD, &format!("{} {}", row.at, row.entry), colour);
        push_wrapped(out, "expected", &row.expected);
        push_wrapped(out, "observed", &row.observed);
        push_wrapped(out, "do", &row.action);
        push(out, "");
    }
    if report.stale.len() > STALE {
        push_more(out, report.stale.len(), STALE, "stale known failures");
        push(out, "");
    }
}

fn subject(out: &mut String, report: &Report) {
    let subject = &report.subject;
    let dialects = if subject.dialects.is_empty() {
        "no dialects".to_owned()
    } else {
        format!("dialects {}", subject.dialects.join(" "))
    };
    let text = format!(
        "{} {}, {}, {} level",
        subject.name,
        subject.version,
        dialects,
        subject.level.name()
    );
    push_wrapped(out, "subject", &text);
    if !subject.works_undeclared.is_empty() {
        let text = format!("{}: works, not declared", subject.works_undeclared.join(", "));
        push_wrapped(out, "extra", &text);
    }
    for hint in subject.behaves_as.iter().take(NAMED) {
        let text = format!(
            "behaves as dialect {}, not declared: of {} failed trials tried, {} would pass under it, as {}",
            hint.dialect, hint.tried, hint.trials, hint.example
        );
        push_wrapped(out, "hint", &text);
    }
    push_more(out, subject.behaves_as.len(), NAMED, "dialects");
}

/// The counts that are not zero, except that *failed* is always told.
fn counts(report: &Report) -> String {
    let counts = &report.counts;
    let mut parts = vec![format!("{} passed", counts.passed), format!("{} failed", counts.failed)];
    for (count, word) in [
        (counts.expected, "failed as known"),
        (counts.gated, "gated"),
        (counts.skipped, "skipped"),
        (counts.errors, if counts.errors == 1 { "error" } else { "errors" }),
    ] {
        if count > 0 {
            parts.push(format!("{count} {word}"));
        }
    }
    format!("{} of {} ran: {}", counts.ran, counts.planned, parts.join(", "))
}

fn failing_clauses(out: &mut String, report: &Report) {
    let failing: Vec<&str> = report
        .clauses
        .iter()
        .filter(|clause| clause.outcome == ClauseOutcome::Failed)
        .map(|clause| clause.id.as_str())
        .collect();
    if !failing.is_empty() {
        let named: Vec<&str> = failing.iter().copied().take(CLAUSES).collect();
        let more = match failing.len() - named.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        push_wrapped(out, "broken", &format!("{}{more}", named.join(" ")));
    }
}

/// What compilers rely on and the subject does not do, with one trial that shows it.
fn risks(out: &mut String, report: &Report) {
    let risks = report.risks();
    for Risk { clause, first, risk, count } in risks.iter().take(NAMED) {
        let trials = if *count == 1 { "trial passes" } else { "trials pass" };
        let text = format!(
            "{clause}: {count} {trials} though compilers rely on more, as {}::{}: {} where {} is relied on ({})",
            first.arm, first.id, risk.observed, risk.expected, risk.what
        );
        push_wrapped(out, "risk", &text);
    }
    push_more(out, risks.len(), NAMED, "clauses at risk");
}

/// Why trials were not judged, each reason once.
fn not_judged(out: &mut String, report: &Report) {
    let reasons = unjudged(report);
    for Unjudged { outcome, why, arms, count, .. } in reasons.iter().take(REASONS) {
        let trials = if *count == 1 { "trial" } else { "trials" };
        let arms: Vec<&str> = arms.iter().copied().collect();
        push_wrapped(
            out,
            outcome.word(),
            &format!("{count} {trials}: {why} ({})", arms.join(", ")),
        );
    }
    push_more(out, reasons.len(), REASONS, "reasons");
}

fn verdict(out: &mut String, report: &Report, colour: Colour) {
    let style = if report.verdict() == Verdict::AsExpected { GOOD } else { BAD };
    for line in wrapped("verdict", &report.verdict_sentence()) {
        let (label, text) = line.split_at(LABEL);
        push(out, &format!("{label}{}", colour.paint(style, text)));
    }
}

#[cfg(test)]
mod tests {
    use judge::row::TrialOutcome;

    use super::*;
    use crate::columns::{COLUMNS, width};
    use crate::sample;

    fn shown(report: &Report) -> String {
        render(report, Some(Path::new("reports/latest/report.md")), Colour::None)
    }

    #[test]
    fn one_of_each_outcome() {
        insta::assert_snapshot!("terminal_mixed", shown(&sample::mixed().in_order()));
    }

    #[test]
    fn all_green() {
        insta::assert_snapshot!("terminal_green", shown(&sample::green().in_order()));
    }

    #[test]
    fn in_colour() {
        let mut report = sample::green();
        report.bench.clear();
        let text = render(&report, None, Colour::Ansi);
        insta::assert_snapshot!("terminal_colour", text.replace('\x1b', "^"));
    }

    #[test]
    fn a_run_in_which_nothing_ran_is_a_red_sentence_and_no_zero() {
        let report = sample::nothing_ran();
        let text = render(&report, None, Colour::Ansi);
        assert!(
            text.contains("\x1b[1;31mNothing is proved: not one of 3 planned trials ran."),
            "{text}"
        );
        assert!(!text.contains("0 failed"), "{text}");
        let mut empty = report;
        empty.cases.clear();
        empty.clauses.clear();
        empty.counts = crate::Counts::default();
        let text = render(&empty, None, Colour::Ansi);
        assert!(text.contains("\x1b[1;31mNothing is proved"), "{text}");
        assert!(!text.contains("0 failed"), "{text}");
    }

    /// Lines of a screen that nobody scrolls.
    const SCREEN: usize = 40;

    #[track_caller]
    fn fits_80_columns(text: &str) {
        for line in text.lines() {
            let copied = line.starts_with("repeat ") || line.starts_with("report ");
            assert!(copied || width(line) <= COLUMNS, "{line}");
        }
    }

    #[test]
    fn no_line_is_wider_than_80_columns_but_what_is_to_be_copied() {
        fits_80_columns(&shown(&sample::mixed()));
        let mut report = sample::mixed();
        report.each_text(&mut |text, _| *text = format!("{}語 ", text.repeat(9)).repeat(9));
        fits_80_columns(&shown(&report));
        report.bench = many_shapes();
        fits_80_columns(&shown(&report));
    }

    /// So many rows that a screen has no room for each.
    fn many_shapes() -> Vec<measure::BenchRow> {
        let rows = sample::mixed().bench;
        let of = |number: usize| {
            let mut row = rows[number % rows.len()].clone();
            row.shape = format!("{}-{number}", row.shape);
            row.ratio = row.ratio.map(|ratio| ratio * (number as f64 + 1.0) * 1e5);
            row.ratio_high = row.ratio;
            row
        };
        (0..70).map(of).collect()
    }

    /// Every trial of a thousand failed, for another of many clauses, and says much.
    fn flood() -> Report {
        let mut report = sample::mixed();
        let failure = report.with_outcome(TrialOutcome::Failed)[0].clone();
        let of = |number: usize| {
            let mut row = failure.clone();
            row.id = format!("made::{number}");
            row.broken = vec![format!("R-{}", number % 13)];
            row.clauses.clone_from(&row.broken);
            row.observed = Some("word ".repeat(400));
            row
        };
        report.cases = (0..1000).map(of).collect();
        report.counts = crate::Counts::of(report.cases.iter().map(|case| case.outcome));
        let ids: Vec<String> = (0..13).map(|number| format!("R-{number}")).collect();
        report.clauses = crate::ClauseRow::rows(ids.iter().map(String::as_str), &report.cases);
        (report.stale, report.bench, report.mutants) = (Vec::new(), Vec::new(), Vec::new());
        report
    }

    #[test]
    fn a_flood_of_failures_is_counted_by_clause_on_one_screen() {
        let text = shown(&flood());
        insta::assert_snapshot!("terminal_flood", text);
        fits_80_columns(&text);
        assert!(text.lines().count() <= SCREEN, "{}", text.lines().count());
        assert_eq!(text.lines().last(), Some("report    reports/latest/report.md"));
    }

    #[test]
    fn a_long_table_of_costs_is_a_row_a_path_on_one_screen() {
        let mut report = sample::green();
        report.bench = many_shapes();
        let text = shown(&report);
        insta::assert_snapshot!("terminal_costs", text);
        fits_80_columns(&text);
        assert!(text.lines().count() <= SCREEN, "{}", text.lines().count());
    }

    #[test]
    fn a_run_cut_short_says_so_beside_the_prompt() {
        let mut report = sample::green();
        (report.suite.complete, report.suite.cut_short) = (false, Some("INT came".to_owned()));
        let text = shown(&report);
        let last: Vec<&str> = text.lines().rev().take(4).collect();
        assert!(last.iter().any(|line| line.contains("Not judged in full: INT came")), "{text}");
    }
}
