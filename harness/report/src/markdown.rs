//! `report.md`: the page people read and publish. It stands on its own: what was judged, at which
//! level and with which dialects, what came of it, what was not judged and why, and how costs were
//! measured.

mod cost;
mod matrix;
mod scaling;
pub(crate) mod text;

use std::collections::BTreeMap;
use std::fmt::Write;

use contract::clause::{families, family_of};
use judge::row::{CaseRow, Class, StaleRow, TrialOutcome};
use strum::VariantArray;

use self::text::{cell, code, fenced, quantity};
use super::difference::{Extent, block};
use crate::ClauseOutcome;
use crate::model::{ClauseRow, Report};
use crate::risks::Risk;
use crate::unjudged::{Unjudged, unjudged};

/// Trials shown in full a section; a page with more of them is cut by the sites that show it.
const SHOWN_IN_FULL: usize = 100;

/// The page.
pub fn render(report: &Report) -> String {
    let report = &report.for_people();
    let mut page = String::new();
    title(&mut page, report);
    counts(&mut page, report);
    clauses(&mut page, &report.clauses);
    trials(&mut page, "Failures", &report.with_outcome(TrialOutcome::Failed));
    trials(
        &mut page,
        "Errors of the suite, the adapter or the machine",
        &report.with_outcome(TrialOutcome::Error),
    );
    stale(&mut page, &report.stale);
    known_failures(&mut page, &report.with_outcome(TrialOutcome::Expected));
    risks(&mut page, report);
    not_judged(&mut page, report);
    cost::section(&mut page, &report.bench);
    scaling::section(&mut page, &report.scaling);
    matrix::section(&mut page, report);
    run(&mut page, report);
    page
}

/// Appends formatted text and a line end.
macro_rules! put {
    ($page:expr) => { $page.push('\n') };
    ($page:expr, $($arguments:tt)*) => {
        // Writing to a String cannot fail.
        let _ = writeln!($page, $($arguments)*);
    };
}
use put;

fn title(page: &mut String, report: &Report) {
    let subject = &report.subject;
    let dialects = list("dialects", &subject.dialects);
    put!(
        page,
        "# {} {} ({dialects}), {} level",
        cell(&subject.name),
        cell(&subject.version),
        subject.level.name()
    );
    put!(page);
    put!(page, "**{}**", cell(&report.verdict_sentence()));
    put!(page);
    let capabilities = list("capabilities", &subject.capabilities);
    put!(page, "Used from {}. It declares {capabilities}.", cell(&subject.language));
    put!(page);
    if !subject.lacks.is_empty() {
        put!(
            page,
            "Lacks, as it says: {}. Signatures from a seed do without.",
            codes(&subject.lacks)
        );
        put!(page);
    }
    if !subject.works_undeclared.is_empty() {
        put!(page, "Works, not declared: {}.", codes(&subject.works_undeclared));
        put!(page);
    }
    for hint in &subject.behaves_as {
        put!(
            page,
            "Behaves as dialect {}, not declared: of {} failed trials that were put again, {} pass under \
             it, among them {}.",
            code(&hint.dialect),
            hint.tried,
            hint.trials,
            code(&hint.example)
        );
        put!(page);
    }
}

fn list(noun: &str, words: &[String]) -> String {
    if words.is_empty() { format!("no {noun}") } else { format!("{noun} {}", codes(words)) }
}

fn codes(words: &[String]) -> String {
    words.iter().map(|word| code(word)).collect::<Vec<_>>().join(", ")
}

fn counts(page: &mut String, report: &Report) {
    let counts = &report.counts;
    // Where nothing ran, nothing failed either, and a zero there would read like a good sign.
    let of_run = |count: usize| if counts.ran == 0 { "–".to_owned() } else { count.to_string() };
    put!(page, "| planned | ran | passed | failed | known failures | gated | skipped | errors |");
    put!(page, "|--:|--:|--:|--:|--:|--:|--:|--:|");
    put!(
        page,
        "| {} | {} | {} | {} | {} | {} | {} | {} |",
        counts.planned,
        counts.ran,
        of_run(counts.passed),
        of_run(counts.failed),
        of_run(counts.expected),
        counts.gated,
        counts.skipped,
        counts.errors
    );
    put!(page);
}

/// What stands for an outcome in the table of clauses, and what it means.
fn shown(outcome: ClauseOutcome) -> (&'static str, &'static str) {
    match outcome {
        ClauseOutcome::Passed => ("✅", "passed"),
        ClauseOutcome::Failed => ("❌", "failed"),
        ClauseOutcome::Expected => ("🔶", "failed as known"),
        ClauseOutcome::Gated => ("⬜", "gated"),
        ClauseOutcome::Error => ("⚠️", "spoiled"),
        ClauseOutcome::Undecided => ("❔", "undecided"),
        ClauseOutcome::NotRun => ("·", "not run"),
    }
}

fn clauses(page: &mut String, rows: &[ClauseRow]) {
    put!(page, "## Clauses");
    put!(page);
    if rows.is_empty() {
        put!(page, "No clause is listed.");
        put!(page);
        return;
    }
    let mut by_family: BTreeMap<&str, Vec<&ClauseRow>> = BTreeMap::new();
    for row in rows {
        by_family.entry(family_of(&row.id)).or_default().push(row);
    }
    let numbers = rows.iter().filter_map(|row| number(&row.id)).max().unwrap_or(1);
    let heads: Vec<String> = (1..=numbers).map(|number| number.to_string()).collect();
    put!(page, "| | {} |", heads.join(" | "));
    put!(page, "|---|{}", ":-:|".repeat(numbers));
    let known = families().iter().map(|family| family.letter.as_str());
    let unknown = by_family.keys().copied().filter(|letter| known.clone().all(|l| l != *letter));
    let letters: Vec<&str> = known.clone().chain(unknown).collect();
    for letter in letters {
        let Some(family) = by_family.get(letter) else { continue };
        let title = families().iter().find(|family| family.letter == letter);
        let title = title.map_or("", |family| family.title.as_str());
        let cells: Vec<&str> = (1..=numbers)
            .map(|n| family.iter().find(|row| number(&row.id) == Some(n)))
            .map(|row| row.map_or(" ", |row| shown(row.outcome).0))
            .collect();
        put!(page, "| **{}** {title} | {} |", cell(letter), cells.join(" | "));
    }
    put!(page);
    let legend: Vec<String> = ClauseOutcome::VARIANTS
        .iter()
        .map(|&outcome| {
            let count = rows.iter().filter(|row| row.outcome == outcome).count();
            let (glyph, meaning) = shown(outcome);
            format!("{glyph} {meaning} {count}")
        })
        .collect();
    put!(page, "{}", legend.join(" · "));
    put!(page);
    clause_list(page, rows);
}

/// The number of a clause, where there is a column for it: no family has more clauses. The list below the table
/// has all.
fn number(id: &str) -> Option<usize> {
    let number = id.split_once('-').and_then(|(_, number)| number.parse().ok());
    number.filter(|number| *number <= 99)
}

fn clause_list(page: &mut String, rows: &[ClauseRow]) {
    put!(page, "<details><summary>Trials by clause</summary>");
    put!(page);
    put!(page, "| clause | trials | ran | passed | outcome |");
    put!(page, "|---|--:|--:|--:|---|");
    for ClauseRow { id, cases, ran, passed, outcome } in rows {
        put!(page, "| {} | {cases} | {ran} | {passed} | {} |", cell(id), shown(*outcome).1);
    }
    put!(page);
    put!(page, "</details>");
    put!(page);
}

fn trials(page: &mut String, heading: &str, cases: &[&CaseRow]) {
    if cases.is_empty() {
        return;
    }
    put!(page, "## {heading} ({})", cases.len());
    put!(page);
    for case in cases.iter().take(SHOWN_IN_FULL) {
        put!(page, "### {} under {}", code(&case.id), code(&case.arm));
        put!(page);
        let clauses = clauses_of(case);
        match &case.path {
            Some(path) => {
                put!(page, "{clauses}, on the {} path.", cell(path));
            }
            None => {
                put!(page, "{clauses}.");
            }
        }
        put!(page);
        let lines = block(case, Extent { columns: 2000, lines: 40 });
        page.push_str(&fenced("text", &lines.join("\n")));
        put!(page);
        put!(page, "To repeat it:");
        put!(page);
        page.push_str(&fenced("sh", &case.repro));
        put!(page);
    }
    if let Some(rest) = cases.get(SHOWN_IN_FULL..).filter(|rest| !rest.is_empty()) {
        put!(page, "<details><summary>and {} more</summary>", rest.len());
        put!(page);
        for case in rest {
            put!(page, "- {} under {}: {}", code(&case.id), code(&case.arm), clauses_of(case));
        }
        put!(page);
        put!(page, "</details>");
        put!(page);
    }
}

fn clauses_of(case: &CaseRow) -> String {
    if !case.broken.is_empty() {
        return format!("Breaks {}", cell(&case.blamed()));
    }
    match case.clauses.as_slice() {
        [] => "No clause cited".to_owned(),
        [one] => format!("Clause {}", cell(one)),
        several => format!("Clauses {}", cell(&several.join(", "))),
    }
}

fn stale(page: &mut String, rows: &[StaleRow]) {
    if rows.is_empty() {
        return;
    }
    put!(page, "## Known failures out of date ({})", rows.len());
    put!(page);
    put!(page, "| where | trial or pattern | expected | observed | what to do |");
    put!(page, "|---|---|---|---|---|");
    for row in rows {
        let [expected, observed, action] =
            [&row.expected, &row.observed, &row.action].map(|t| cell(t));
        put!(
            page,
            "| {} | {} | {expected} | {observed} | {action} |",
            cell(&row.at),
            code(&row.entry)
        );
    }
    put!(page);
}

fn known_failures(page: &mut String, cases: &[&CaseRow]) {
    if cases.is_empty() {
        return;
    }
    put!(page, "## Known failures ({})", cases.len());
    put!(page);
    put!(page, "| trial | arm | clauses | class | at fault | reason | expected | observed |");
    put!(page, "|---|---|---|---|---|---|---|---|");
    for case in cases {
        put!(
            page,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            code(&case.id),
            cell(&case.arm),
            cell(&case.clauses.join(", ")),
            case.class.map_or("–", Class::word),
            case.known.as_ref().map_or("–".to_owned(), |known| cell(&known.fault)),
            case.known.as_ref().map_or("–".to_owned(), |known| {
                let upstream = known.upstream.as_ref().map(|at| format!(" ({at})"));
                cell(&format!("{}{}", known.reason, upstream.unwrap_or_default()))
            }),
            case.expected.as_deref().map_or("–".to_owned(), cell),
            case.observed.as_deref().map_or("–".to_owned(), cell)
        );
    }
    put!(page);
}

/// What the subject passed with, and compilers rely on more.
fn risks(page: &mut String, report: &Report) {
    let risks = report.risks();
    if risks.is_empty() {
        return;
    }
    put!(page, "## Risks ({})", report.at_risk().count());
    put!(page);
    put!(
        page,
        "No ABI of this target says what follows, and compilers rely on it. These trials passed; with \
         `--strict` they fail."
    );
    put!(page);
    put!(page, "| clause | trials | among them | of what | relied on | observed |");
    put!(page, "|---|--:|---|---|---|---|");
    for Risk { clause, first, risk, count } in risks {
        put!(
            page,
            "| {} | {count} | {} under {} | {} | {} | {} |",
            cell(clause),
            code(&first.id),
            code(&first.arm),
            cell(&risk.what),
            cell(&risk.expected),
            cell(&risk.observed)
        );
    }
    put!(page);
}

/// Gated and skipped trials, by reason.
fn not_judged(page: &mut String, report: &Report) {
    let reasons = unjudged(report);
    if reasons.is_empty() {
        return;
    }
    put!(page, "## Not judged ({})", reasons.iter().map(|reason| reason.count).sum::<usize>());
    put!(page);
    put!(page, "| | trials | reason | arms | among them |");
    put!(page, "|---|--:|---|---|---|");
    for Unjudged { outcome, why, arms, first, count } in reasons {
        let arms: Vec<String> = arms.iter().map(|arm| code(arm)).collect();
        put!(
            page,
            "| {} | {count} | {} | {} | {} under {} |",
            outcome.word(),
            cell(why),
            arms.join(", "),
            code(&first.id),
            code(&first.arm)
        );
    }
    put!(page);
}

fn run(page: &mut String, report: &Report) {
    let (suite, host) = (&report.suite, &report.host);
    put!(page, "## The run");
    put!(page);
    put!(page, "| | |");
    put!(page, "|---|---|");
    put!(page, "| suite | {}, corpus {} |", cell(&suite.version), code(&suite.hash));
    let extent = if suite.complete { "the whole corpus" } else { "**a part of the corpus**" };
    put!(page, "| extent | {extent} |");
    if let Some(reason) = &suite.cut_short {
        put!(page, "| cut short | {} |", cell(reason));
    }
    put!(page, "| command | {} |", code(&suite.command));
    if let Some(run) = &suite.replayed {
        put!(page, "| replayed | {} |", cell(run));
    }
    put!(page, "| began | {}, and took {} s |", cell(&suite.started), quantity(suite.seconds));
    put!(page, "| system | {} {} |", cell(&host.os), cell(&host.arch));
    let cpu = host.cpu.as_deref().unwrap_or("not known");
    put!(page, "| processor | {}, {} logical |", cell(cpu), host.cores);
    put!(page, "| compilers | {}, Zig {} |", cell(&host.rustc), cell(&host.zig));
    put!(page);
    put!(page, "Everything on this page is taken from `report.json` beside it.");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn one_of_each_outcome() {
        insta::assert_snapshot!("markdown_mixed", render(&sample::mixed().in_order()));
    }

    #[test]
    fn all_green() {
        insta::assert_snapshot!("markdown_green", render(&sample::green().in_order()));
    }

    #[test]
    fn where_nothing_ran_no_zero_stands_for_failures() {
        let page = render(&sample::nothing_ran());
        assert!(page.contains("**Nothing is proved: not one of 3 planned trials ran."), "{page}");
        assert!(page.contains("| 3 | 0 | – | – | – | 2 | 1 | 0 |"), "{page}");
    }

    #[test]
    fn every_row_of_a_table_has_as_many_cells_as_its_head() {
        let mut report = sample::mixed();
        for case in &mut report.cases {
            case.observed = Some("a | b\n`c` \\| d".to_owned());
            case.id = "odd::na|me`".to_owned();
        }
        let mut width = None;
        for line in render(&report).lines() {
            if !line.starts_with('|') {
                width = None;
                continue;
            }
            let bars = line.replace("\\\\", "").replace("\\|", "").matches('|').count();
            assert_eq!(*width.get_or_insert(bars), bars, "{line}");
        }
    }

    #[test]
    fn failures_beyond_the_limit_are_listed_and_counted() {
        let mut report = sample::mixed();
        let failure = report.with_outcome(TrialOutcome::Failed)[0].clone();
        report.cases = vec![failure; SHOWN_IN_FULL + 5];
        let page = render(&report);
        assert!(page.contains("## Failures (105)"));
        assert!(page.contains("and 5 more"));
    }
}
