//! Reports side by side: what each binder came to by family of clauses, and what its calls cost, in tables that
//! read the same in a terminal and as Markdown.

use contract::clause::{families, family_of};
use measure::BenchVerdict;

use crate::model::{ClauseOutcome, Report};
use crate::unjudged::unjudged;

/// What stands in a cell that nothing was judged or measured for.
const NOTHING: &str = "·";

/// The tables of reports that are named so: verdicts, then costs where any was measured.
///
/// A family's cell counts the clauses of it that failed, `known` stands for none but known ones, `ok` for none at
/// all. A ratio is a call's cost above the floor of its own run; one that is not conclusive has a `?`.
pub fn render(reports: &[(String, Report)]) -> String {
    let reports: Vec<(&str, Report)> =
        reports.iter().map(|(name, report)| (&**name, report.for_people())).collect();
    let mut text = table(&verdicts(&reports));
    let costs = costs(&reports);
    if costs.len() > 1 {
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
    let of = report.clauses.iter().filter(|clause| family_of(&clause.id) == letter);
    let outcomes: Vec<ClauseOutcome> = of.map(|clause| clause.outcome).collect();
    let failed = outcomes.iter().filter(|outcome| **outcome == ClauseOutcome::Failed).count();
    if failed > 0 {
        return failed.to_string();
    }
    if outcomes.contains(&ClauseOutcome::Expected) {
        return "known".to_owned();
    }
    if outcomes.contains(&ClauseOutcome::Passed) { "ok".to_owned() } else { NOTHING.to_owned() }
}

/// A row a shape that anybody was measured on, on the path that serves it.
fn costs(reports: &[(&str, Report)]) -> Vec<Vec<String>> {
    let mut shapes: Vec<&str> = Vec::new();
    for row in reports.iter().flat_map(|(_, report)| &report.bench) {
        if !shapes.contains(&&*row.shape) {
            shapes.push(&row.shape);
        }
    }
    let head = ["ratio"].into_iter().chain(reports.iter().map(|(name, _)| *name));
    let mut rows = vec![head.map(str::to_owned).collect()];
    rows.extend(shapes.into_iter().map(|shape| {
        let of = reports.iter().map(|(_, report)| ratio(report, shape));
        [shape.to_owned()].into_iter().chain(of).collect()
    }));
    rows
}

fn ratio(report: &Report, shape: &str) -> String {
    // The first row of a shape is of the path that its signature asks for.
    let row = report.bench.iter().find(|row| row.shape == shape);
    match row.and_then(|row| Some((row.ratio?, row.verdict))) {
        None => NOTHING.to_owned(),
        Some((ratio, BenchVerdict::Measured)) => format!("{ratio:.1}"),
        Some((ratio, _)) => format!("{ratio:.1}?"),
    }
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

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
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
