//! A short page, which a comment on a pull request and the summary of a CI's step have room for: the verdict,
//! what is red, and what calls cost.

use std::fmt::Write;

use judge::row::{CaseRow, TrialOutcome};
use measure::{BenchRow, BenchVerdict};

use crate::markdown::text::{cell, code, quantity};
use crate::model::Report;
use crate::unjudged::unjudged;
use crate::{ClauseOutcome, Verdict};

/// Rows a table: a comment may have 65,536 characters, and nobody reads more.
const SHOWN: usize = 20;

/// The page.
pub(crate) fn render(report: &Report) -> String {
    let report = &report.for_people();
    let (subject, counts) = (&report.subject, &report.counts);
    let mark = if report.verdict() == Verdict::AsExpected { "✅" } else { "❌" };
    let mut page = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        page,
        "### {mark} {} {}, {} level\n\n{}\n",
        cell(&subject.name),
        cell(&subject.version),
        subject.level.name(),
        cell(&report.verdict_sentence())
    );
    let _ = writeln!(
        page,
        "| planned | ran | passed | failed | known | gated | skipped | errors |\n\
         |--:|--:|--:|--:|--:|--:|--:|--:|"
    );
    // Where nothing ran, nothing failed either, and a zero there would read like a good sign.
    let of_run = |count: usize| if counts.ran == 0 { "–".to_owned() } else { count.to_string() };
    let _ = writeln!(
        page,
        "| {} | {} | {} | {} | {} | {} | {} | {} |\n",
        counts.planned,
        counts.ran,
        of_run(counts.passed),
        of_run(counts.failed),
        of_run(counts.expected),
        counts.gated,
        counts.skipped,
        counts.errors
    );
    let failed = report.clauses.iter().filter(|row| row.outcome == ClauseOutcome::Failed);
    let failed: Vec<&str> = failed.map(|row| row.id.as_str()).collect();
    if !failed.is_empty() {
        let _ = writeln!(page, "Broken: {}\n", cell(&failed.join(" ")));
    }
    let red: Vec<&CaseRow> = [TrialOutcome::Failed, TrialOutcome::Error]
        .into_iter()
        .flat_map(|outcome| report.with_outcome(outcome))
        .collect();
    let heads = "| | trial | clauses | expected | observed |\n|---|---|---|---|---|";
    table(&mut page, heads, &red, |case| {
        format!(
            "| {} | {} | {} | {} | {} |",
            case.outcome.word(),
            code(&format!("{}::{}", case.arm, case.id)),
            cell(&case.blamed()),
            case.expected.as_deref().map_or("–".to_owned(), brief),
            case.observed.as_deref().map_or("–".to_owned(), brief)
        )
    });
    let stale: Vec<_> = report.stale.iter().collect();
    let heads = "| known failure out of date | expected | observed | do |\n|---|---|---|---|";
    table(&mut page, heads, &stale, |row| {
        let entry = code(&format!("{} {}", row.at, row.entry));
        let (expected, observed) = (cell(&row.expected), brief(&row.observed));
        format!("| {entry} | {expected} | {observed} | {} |", cell(&row.action))
    });
    let measured: Vec<&BenchRow> = report.bench.iter().filter(|row| row.ratio.is_some()).collect();
    if !measured.is_empty() {
        let _ = writeln!(page, "<details><summary>Cost above the floor</summary>\n");
        let heads = "| shape | path | ratio | instructions | allocations | bytes of those | growth | |\n\
                     |---|---|--:|--:|--:|--:|--:|---|";
        let figure = |value: Option<f64>| value.map_or("–".to_owned(), quantity);
        let _ = writeln!(page, "{heads}");
        for row in measured {
            let doubt = match row.verdict {
                BenchVerdict::Measured => String::new(),
                verdict => verdict.to_string(),
            };
            let _ = writeln!(
                page,
                "| {} | {} | {} [{}–{}] | {} | {} | {} | {} | {doubt} |",
                code(&row.shape),
                cell(&row.path),
                figure(row.ratio),
                figure(row.ratio_low),
                figure(row.ratio_high),
                figure(row.instructions),
                figure(row.allocations),
                figure(row.allocated_bytes),
                figure(row.resident_bytes)
            );
        }
        let _ = writeln!(page, "\n</details>\n");
    }
    for reason in unjudged(report).iter().take(3) {
        let (word, why) = (reason.outcome.word(), cell(reason.why));
        let _ = writeln!(page, "- {} {word}: {why}", reason.count);
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

/// Rows under their heads, where there are any; the rest is counted.
fn table<T>(page: &mut String, heads: &str, rows: &[T], line: impl Fn(&T) -> String) {
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(page, "{heads}");
    for row in rows.iter().take(SHOWN) {
        let _ = writeln!(page, "{}", line(row));
    }
    if let Some(rest) = rows.len().checked_sub(SHOWN).filter(|rest| *rest > 0) {
        let _ = writeln!(page, "\n… and {rest} more, in the report.");
    }
    page.push('\n');
}

/// The beginning of a text.
fn brief(text: &str) -> String {
    const MOST: usize = 160;
    let mut short: String = text.chars().take(MOST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    cell(&short)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_comment_has_room_for_it() {
        let mut report = sample::mixed();
        let mut failure = report.with_outcome(TrialOutcome::Failed)[0].clone();
        failure.observed = Some("<&*".repeat(5_000));
        report.cases = vec![failure; 5_000];
        let page = render(&report);
        assert!(page.chars().count() < 65_536, "{}", page.len());
        assert!(page.contains("… and 4980 more, in the report."), "{page}");
    }
}
