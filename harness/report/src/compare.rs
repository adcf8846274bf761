//! Reports side by side: what each binder came to by family of clauses, and what its calls cost, in tables that
//! read the same in a terminal and as Markdown.

use contract::clause::families;
use measure::{BenchRow, BenchVerdict};

use crate::markdown::text::one_line;
use crate::model::{ClauseOutcome, Report};
use crate::unjudged::unjudged;

/// What stands in a cell that nothing was judged or measured for.
const NOTHING: &str = "·";
/// The shapes that every binder is asked about first: one of each kind of value.
const COMMON: [&str; 7] =
    ["scalar-i64", "enum-echo", "handle-cycle", "slice-3", "struct-echo", "string-len", "owned-16"];

/// The tables of reports that are named so: verdicts, then costs where any was measured.
///
/// A family's cell counts the clauses of it that failed, `known` stands for none but known ones, `ok` for none at
/// all. A ratio is a warm call's cost above the floor of its own run; one that is not conclusive has a `?`. Cold is the first
/// row of calls.
pub fn render(reports: &[(String, Report)]) -> String {
    let reports: Vec<(&str, Report)> =
        reports.iter().map(|(name, report)| (&**name, report.for_people())).collect();
    let mut text = table(&verdicts(&reports));
    for costs in costs(&reports) {
        text.push('\n');
        text.push_str(&table(&costs));
    }
    text.push('\n');
    for (name, report) in &reports {
        text.push_str(&format!("{name}: {}\n", report.verdict_sentence()));
        for reason in unjudged(report).iter().take(3) {
            text.push_str(&format!(
                "  {} {}: {}\n",
                reason.count,
                reason.outcome.word(),
                one_line(reason.why)
            ));
        }
    }
    text
}

fn verdicts(reports: &[(&str, Report)]) -> Vec<Vec<String>> {
    let letters: Vec<&str> = families()
        .iter()
        .map(|family| family.letter.as_str())
        .filter(|letter| {
            let judged = |(_, report): &(&str, Report)| family(report, letter) != NOTHING;
            reports.iter().any(judged)
        })
        .collect();
    let heads = ["binder", "version", "level", "ran", "failed", "known", "risk", "gated"];
    let mut rows = vec![heads.iter().chain(&letters).map(|&head| head.to_owned()).collect()];
    rows.extend(reports.iter().map(|(name, report)| {
        let counts = &report.counts;
        let (subject, risks) = (&report.subject, report.at_risk().count());
        let numbers = [counts.ran, counts.failed, counts.expected, risks, counts.gated];
        let own = [(*name).to_owned(), subject.version.clone(), subject.level.name().to_owned()];
        let of_family = letters.iter().map(|letter| family(report, letter));
        own.into_iter().chain(numbers.map(|number| number.to_string())).chain(of_family).collect()
    }));
    rows
}

/// What a report says of a family.
fn family(report: &Report, letter: &str) -> String {
    match report.family(letter) {
        Some((ClauseOutcome::Failed, count)) => count.to_string(),
        Some((ClauseOutcome::Expected, _)) => "known".to_owned(),
        Some((ClauseOutcome::Passed, _)) => "ok".to_owned(),
        Some((ClauseOutcome::Error, _)) => "spoiled".to_owned(),
        Some((ClauseOutcome::Undecided, _)) => "?".to_owned(),
        Some((ClauseOutcome::Gated | ClauseOutcome::NotRun, _)) | None => NOTHING.to_owned(),
    }
}

/// A row a binder that was measured, in tables of a few shapes each.
fn costs(reports: &[(&str, Report)]) -> Vec<Vec<Vec<String>>> {
    let measured: Vec<_> = reports.iter().filter(|(_, report)| is_measured(report)).collect();
    let cost = |head: &str, shapes: &[&str], cell: fn(&BenchRow) -> Option<String>| {
        let heads = std::iter::once(head).chain(shapes.iter().copied());
        let rows = measured.iter().map(|(name, report)| {
            // The first row of a shape is of the path that its signature asks for.
            let row = |shape: &&str| report.bench.iter().find(|row| row.shape == *shape);
            let cells = shapes.iter().map(|shape| row(shape).and_then(cell));
            std::iter::once((*name).to_owned())
                .chain(cells.map(|cell| cell.unwrap_or_else(|| NOTHING.to_owned())))
                .collect()
        });
        std::iter::once(heads.map(str::to_owned).collect()).chain(rows).collect::<Vec<_>>()
    };
    if measured.is_empty() {
        return Vec::new();
    }
    let mut others: Vec<&str> = Vec::new();
    for row in measured.iter().flat_map(|(_, report)| &report.bench) {
        if !COMMON.contains(&&*row.shape) && !others.contains(&&*row.shape) {
            others.push(&row.shape);
        }
    }
    let mut tables = vec![cost("ratio", &COMMON, ratio)];
    tables.extend(others.chunks(COMMON.len()).map(|shapes| cost("ratio", shapes, ratio)));
    tables.push(cost("cold, ns", &COMMON, |row| Some(format!("{:.0}", row.cold_ns?))));
    tables
}

fn is_measured(report: &Report) -> bool {
    report.bench.iter().any(|row| row.ratio.is_some())
}

fn ratio(row: &BenchRow) -> Option<String> {
    let mark = if row.verdict == BenchVerdict::Measured { "" } else { "?" };
    Some(format!("{:.1}{mark}", row.ratio?))
}

/// Rows in columns of one width, the first of them the head.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| one_line(cell).replace('|', "\\|")).collect())
        .collect();
    let widths: Vec<usize> = (0..columns)
        .map(|column| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
        .collect();
    let line = |row: &[String]| {
        let padded = row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
            let room = " ".repeat(width - cell.chars().count());
            // Names to the left, numbers to the right.
            if column == 0 { format!("{cell}{room}") } else { format!("{room}{cell}") }
        });
        format!("| {} |\n", padded.collect::<Vec<_>>().join(" | "))
    };
    let rule = widths.iter().enumerate().map(|(column, width)| {
        let dashes = "-".repeat(width + 1);
        if column == 0 { format!("-{dashes}") } else { format!("{dashes}:") }
    });
    let rule = format!("|{}|\n", rule.collect::<Vec<_>>().join("|"));
    let mut lines = cells.iter().map(|row| line(row));
    let head = lines.next().unwrap_or_default();
    [head, rule].into_iter().chain(lines).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn two_reports_side_by_side() {
        let reports =
            [("mixed".to_owned(), sample::mixed()), ("green".to_owned(), sample::green())];
        insta::assert_snapshot!("compare", render(&reports));
    }

    #[test]
    fn every_line_of_a_table_is_as_wide_as_its_head() {
        let mut odd = sample::mixed();
        odd.subject.version = "1 | 2\n3".to_owned();
        let text = render(&[("a | b".to_owned(), odd), ("green".to_owned(), sample::green())]);
        let mut width = None;
        for line in text.lines() {
            if !line.starts_with('|') {
                width = None;
                continue;
            }
            let columns = line.chars().count();
            assert_eq!(*width.get_or_insert(columns), columns, "{line}");
        }
    }
}
