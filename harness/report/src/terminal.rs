//! The summary people see when a run ends: 80 columns, the same text in a terminal and in a pipe.
//!
//! What matters most stands last, beside the prompt: failures first, then counts, clauses and costs,
//! then the verdict and where the report is.

use std::env;
use std::fmt::Write;
use std::io::{self, IsTerminal};
use std::path::Path;

use judge::row::{CaseRow, TrialOutcome};
use measure::{BenchRow, BenchVerdict};

use super::difference::{Extent, block};
use crate::foreign::whole;
use crate::markdown::text::{count, quantity};
use crate::model::{MutantOutcome, Report};
use crate::risks::Risk;
use crate::unjudged::{Unjudged, unjudged};
use crate::{ClauseOutcome, Verdict};

const COLUMNS: usize = 80;
/// Trials of a kind shown in full; the report has the rest.
const SHOWN_IN_FULL: usize = 20;
/// Reasons why trials were not judged.
const REASONS: usize = 5;
/// Lines of an expected or observed text.
const LINES_OF_A_TEXT: usize = 12;

/// Whether the summary is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Escape sequences of ANSI terminals.
    Ansi,
    /// Plain text.
    None,
}

impl Colour {
    /// Coloured if standard output is a terminal that shows colours and `NO_COLOR` is not set.
    pub fn of_stdout() -> Colour {
        let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        let plain = is_set("NO_COLOR") || is_dumb || !io::stdout().is_terminal();
        if plain { Colour::None } else { Colour::Ansi }
    }

    fn paint(self, style: &str, text: &str) -> String {
        match self {
            Colour::Ansi => format!("\x1b[{style}m{text}\x1b[0m"),
            Colour::None => text.to_owned(),
        }
    }
}

// What ANSI terminals call the styles.
const GOOD: &str = "1;32";
const BAD: &str = "1;31";
const DOUBTFUL: &str = "33";
const FAINT: &str = "2";

/// The summary; `written_to` is the report's page, where it was written.
pub fn render(report: &Report, written_to: Option<&Path>, colour: Colour) -> String {
    let report = &report.for_people();
    let mut out = String::new();
    trials(&mut out, report, TrialOutcome::Failed, colour);
    trials(&mut out, report, TrialOutcome::Error, colour);
    bench(&mut out, &report.bench, colour);
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

fn push(out: &mut String, line: &str) {
    out.push_str(line.trim_end());
    out.push('\n');
}

/// Words on lines of 80 columns behind a label.
pub(crate) fn push_wrapped(out: &mut String, label: &str, text: &str) {
    for line in wrapped(label, text) {
        push(out, &line);
    }
}

fn wrapped(label: &str, text: &str) -> Vec<String> {
    let mut lines = vec![format!("{label:<10}")];
    let mut columns = 10;
    for word in text.split([' ', '\n']) {
        let length = word.chars().count();
        if columns > 10 && columns + length > COLUMNS {
            lines.push(" ".repeat(10));
            columns = 10;
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(word);
            line.push(' ');
        }
        columns += length + 1;
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

fn trials(out: &mut String, report: &Report, outcome: TrialOutcome, colour: Colour) {
    let cases = report.with_outcome(outcome);
    for case in cases.iter().take(SHOWN_IN_FULL) {
        trial(out, case, outcome, colour);
    }
    if cases.len() > SHOWN_IN_FULL {
        let rest = cases.len() - SHOWN_IN_FULL;
        let all = if outcome == TrialOutcome::Error { "errors" } else { "failures" };
        push(out, &format!("… and {rest} more {all}, in the report\n"));
    }
}

fn trial(out: &mut String, case: &CaseRow, outcome: TrialOutcome, colour: Colour) {
    let word = outcome.word().to_uppercase();
    let word = colour.paint(BAD, &format!("{word:<8}"));
    push(out, &format!("{word}  {}::{}", case.arm, case.id));
    let path = case.path.as_ref().map(|path| format!(", {path} path")).unwrap_or_default();
    push_wrapped(out, "clause", &format!("{}{path}", case.blamed()));
    for line in block(case, Extent { columns: COLUMNS, lines: LINES_OF_A_TEXT }) {
        push(out, &line);
    }
    // Never wrapped, so that it can be copied.
    push(out, &format!("{}{}", colour.paint(FAINT, "repeat    "), case.repro));
    push(out, "");
}

fn bench(out: &mut String, rows: &[BenchRow], colour: Colour) {
    if rows.is_empty() {
        return;
    }
    // What no row has is no column, but for time.
    let columns: Vec<&Column> = BENCH
        .iter()
        .filter(|column| column.of_time || rows.iter().any(|row| (column.cell)(row) != NONE))
        .collect();
    let heads: Vec<String> = columns.iter().map(|column| column.head.to_owned()).collect();
    let cells = |row: &BenchRow| columns.iter().map(|column| (column.cell)(row)).collect();
    let table: Vec<Vec<String>> = rows.iter().map(cells).collect();
    let mut widths = vec![0; columns.len()];
    for row in table.iter().chain([&heads]) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    // The shape's name gives way, because the figures cannot.
    let rest: usize = widths[1..].iter().map(|width| width + 2).sum();
    widths[0] = widths[0].min(COLUMNS.saturating_sub(rest).max(8));
    push(out, &colour.paint(FAINT, &aligned(&heads, &widths)));
    for (row, cells) in rows.iter().zip(&table) {
        let line = aligned(cells, &widths);
        let tone = match row.verdict {
            BenchVerdict::Measured => None,
            BenchVerdict::NotCredible => Some(BAD),
            BenchVerdict::Inconclusive | BenchVerdict::NotMeasured => Some(DOUBTFUL),
        };
        push(out, &tone.map_or(line.clone(), |tone| colour.paint(tone, &line)));
        // A row that has a figure, or what it lacks beside it, is for the report's page.
        if matches!(row.verdict, BenchVerdict::NotCredible | BenchVerdict::NotMeasured) {
            let reason = row.reason.as_deref().unwrap_or("no reason was recorded");
            for line in wrapped("", &format!("{}: {reason}", row.verdict)) {
                push(out, &line);
            }
        }
    }
    let doubted = rows.iter().filter(|row| row.verdict == BenchVerdict::Inconclusive).count();
    if doubted > 0 {
        let rows = rows.len();
        push(out, &format!("?  inconclusive, {doubted} of {rows} rows: the report says why"));
    }
    push(out, "");
}

/// A column of the table of costs.
struct Column {
    head: &'static str,
    of_time: bool,
    cell: fn(&BenchRow) -> String,
}

const fn column(head: &'static str, of_time: bool, cell: fn(&BenchRow) -> String) -> Column {
    Column { head, of_time, cell }
}

/// What a figure is that there is none of.
const NONE: &str = "–";

const BENCH: [Column; 8] = [
    column("shape", true, |row| row.shape.clone()),
    column("path", true, |row| row.path.clone()),
    column("call ns", true, |row| figure(row.call_ns)),
    column("ratio", true, |row| {
        let doubt = if row.verdict == BenchVerdict::Inconclusive { "?" } else { "" };
        format!("{}{doubt}", figure(row.ratio))
    }),
    column("low–high", true, |row| match (row.ratio_low, row.ratio_high) {
        (Some(low), Some(high)) => format!("{}–{}", quantity(low), quantity(high)),
        _ => NONE.to_owned(),
    }),
    column("instr", false, |row| match (row.instructions, row.floor_instructions) {
        (Some(call), Some(floor)) => format!("{call:.0}/{floor:.0}"),
        (call, _) => figure(call),
    }),
    column("alloc/B", false, |row| match (row.allocations, row.allocated_bytes) {
        (Some(_), Some(_)) => format!("{}/{}", count(row.allocations), count(row.allocated_bytes)),
        (allocations, _) => count(allocations),
    }),
    column("grows", false, |row| count(row.resident_bytes)),
];

fn figure(value: Option<f64>) -> String {
    value.map_or(NONE.to_owned(), quantity)
}

/// Names flush left, figures flush right.
fn aligned(cells: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (index, (cell, &width)) in cells.iter().zip(widths).enumerate() {
        let gap = if index == 0 { "" } else { "  " };
        let cell = shortened(cell, width);
        // Writing to a String cannot fail.
        let _ = if index < 2 {
            write!(line, "{gap}{cell:<width$}")
        } else {
            write!(line, "{gap}{cell:>width$}")
        };
    }
    line
}

pub(crate) fn shortened(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

fn survivors(out: &mut String, report: &Report, colour: Colour) {
    for mutant in &report.mutants {
        let word = match mutant.outcome {
            MutantOutcome::Caught => continue,
            MutantOutcome::Survived => "SURVIVED",
            MutantOutcome::Misjudged => "MISJUDGED",
        };
        let word = colour.paint(BAD, &format!("{word:<9}"));
        push(out, &format!("{word} {}, which breaks {}", mutant.name, mutant.clause));
        if !mutant.breaks.is_empty() {
            push_wrapped(out, "", &mutant.breaks);
        }
    }
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
    for row in report.stale.iter().take(SHOWN_IN_FULL) {
        push(out, &format!("{}     {} {}", colour.paint(BAD, "STALE"), row.at, row.entry));
        push_wrapped(out, "expected", &row.expected);
        push_wrapped(out, "observed", &row.observed);
        push_wrapped(out, "do", &row.action);
        push(out, "");
    }
    if let Some(rest) = report.stale.len().checked_sub(SHOWN_IN_FULL).filter(|rest| *rest > 0) {
        push(out, &format!("… and {rest} more stale known failures, in the report\n"));
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
    for hint in &subject.behaves_as {
        let text = format!(
            "behaves as dialect {}, not declared: of {} failed trials tried, {} would pass under it, as {}",
            hint.dialect, hint.tried, hint.trials, hint.example
        );
        push_wrapped(out, "hint", &text);
    }
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
        push_wrapped(out, "broken", &failing.join(" "));
    }
}

/// What compilers rely on and the subject does not do, with one trial that shows it.
fn risks(out: &mut String, report: &Report) {
    for Risk { clause, first, risk, count } in report.risks() {
        let trials = if count == 1 { "trial passes" } else { "trials pass" };
        let text = format!(
            "{clause}: {count} {trials} though compilers rely on more, as {}::{}: {} where {} is relied on ({})",
            first.arm, first.id, risk.observed, risk.expected, risk.what
        );
        push_wrapped(out, "risk", &text);
    }
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
    if let Some(rest) = reasons.len().checked_sub(REASONS).filter(|rest| *rest > 0) {
        push_wrapped(out, "", &format!("… and for {rest} more reasons, in the report"));
    }
}

fn verdict(out: &mut String, report: &Report, colour: Colour) {
    let style = if report.verdict() == Verdict::AsExpected { GOOD } else { BAD };
    for line in wrapped("verdict", &report.verdict_sentence()) {
        let (label, text) = line.split_at(10);
        push(out, &format!("{label}{}", colour.paint(style, text)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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

    #[test]
    fn no_line_is_wider_than_80_columns_but_what_is_to_be_copied() {
        let mut report = sample::mixed();
        for case in &mut report.cases {
            case.observed = case.observed.as_ref().map(|text| text.repeat(9));
        }
        report.subject.dialects = ["wraps"; 20].map(str::to_owned).to_vec();
        for line in shown(&report).lines() {
            let copied = line.starts_with("repeat ") || line.starts_with("report ");
            assert!(copied || line.chars().count() <= COLUMNS, "{line}");
        }
    }

    #[test]
    fn a_flood_of_failures_is_cut_and_counted() {
        let mut report = sample::mixed();
        let failure = report.with_outcome(TrialOutcome::Failed)[0].clone();
        report.cases = vec![failure; SHOWN_IN_FULL + 7];
        assert!(shown(&report).contains("… and 7 more failures, in the report"));
    }
}
