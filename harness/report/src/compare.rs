//! Reports side by side: what each binder came to by family of clauses, and what its calls cost.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use contract::clause::families;
use judge::row::TrialOutcome;
use measure::{BenchRow, BenchVerdict};

use crate::colour::{Colour, FAINT};
use crate::columns::{self, COLUMNS, GAP, push, push_wrapped};
use crate::html::Look;
use crate::markdown::text::{one_line, quantity};
use crate::model::{ClauseOutcome, Report};
use crate::unjudged::unjudged;

/// What stands in a cell that nothing was judged or measured for.
const NOTHING: &str = "·";
/// The shapes that every binder is asked about first: one of each kind of value.
const COMMON: [&str; 7] =
    ["scalar-i64", "enum-echo", "handle-cycle", "slice-3", "struct-echo", "string-len", "owned-16"];
/// Reasons why trials were not judged, of each binder.
const REASONS: usize = 3;

/// Reports and what each is called.
type Named<'r> = [(&'r str, Report)];

/// For a terminal of 80 columns, and for a pipe: a sign a family, costs in as many tables as their shapes need.
pub fn text(reports: &[(String, Report)], colour: Colour) -> String {
    let reports = &for_people(reports);
    let mut out = String::new();
    let put = |out: &mut String, heads: &[&str], rows: &[Vec<String>], left: usize| {
        let mut lines = columns::table(heads, rows, |index| index < left).into_iter();
        push(out, &colour.paint(FAINT, &lines.next().unwrap_or_default()));
        lines.for_each(|line| push(out, &line));
    };
    let letters = letters(reports);
    let rows: Vec<Vec<String>> = reports
        .iter()
        .map(|(name, report)| {
            let signs = letters.iter().map(|letter| report.family(letter).map_or(NOTHING, sign));
            let names = [one_line(name), report.subject.level.name().to_owned(), signs.collect()];
            names.into_iter().chain(counts(report).map(|count| count.to_string())).collect()
        })
        .collect();
    let families = letters.concat();
    put(&mut out, &[&["binder", "level", &*families], &COUNTS[..]].concat(), &rows, 3);
    let shown = [
        ClauseOutcome::Passed,
        ClauseOutcome::Failed,
        ClauseOutcome::Expected,
        ClauseOutcome::Error,
        ClauseOutcome::Undecided,
    ];
    let legend = shown.map(Look::from).map(|look| format!("{} {}", look.sign, look.word));
    push_wrapped(&mut out, "", &format!("{}, {NOTHING} not judged", legend.join(", ")));
    for Costs { what, shapes, rows } in costs(reports) {
        let mut from = 0;
        while from < shapes.len() {
            let fit = fitting(&rows, &shapes, from);
            let heads: Vec<&str> =
                std::iter::once(what).chain(shapes[from..fit].to_vec()).collect();
            let part = |(name, cells): &(&str, Vec<String>)| -> Vec<String> {
                std::iter::once(one_line(name)).chain(cells[from..fit].to_vec()).collect()
            };
            push(&mut out, "");
            put(&mut out, &heads, &rows.iter().map(part).collect::<Vec<_>>(), 1);
            from = fit;
        }
    }
    for (name, report) in reports {
        push(&mut out, &format!("\n{}", one_line(name)));
        push_wrapped(&mut out, "", &report.verdict_sentence());
        let failed = failed_by_clause(report);
        if !failed.is_empty() {
            push_wrapped(&mut out, "", &format!("Failed by clause: {failed}"));
        }
        reasons(report).iter().for_each(|reason| push_wrapped(&mut out, "", reason));
    }
    out
}

/// As Markdown: a table of verdicts, then the tables of costs where any was measured.
///
/// A family's cell counts the clauses of it that failed, `known` stands for none but known ones, `ok` for none at
/// all; the last column counts the trials that break each clause. A ratio is a warm call's cost above the floor of its own run; one that is not conclusive has a `?`. Cold is the first
/// row of calls.
pub fn markdown(reports: &[(String, Report)]) -> String {
    let reports = &for_people(reports);
    let mut text = table(&verdicts(reports));
    for Costs { what, shapes, rows } in costs(reports) {
        let tables = shapes.chunks(COMMON.len()).zip((0..).step_by(COMMON.len()));
        for (shapes, from) in tables {
            let heads = std::iter::once(what).chain(shapes.iter().copied()).map(str::to_owned);
            let rows = rows.iter().map(|(name, cells)| {
                let cells = cells[from..from + shapes.len()].iter().cloned();
                std::iter::once((*name).to_owned()).chain(cells).collect()
            });
            text.push('\n');
            text.push_str(&table(
                &std::iter::once(heads.collect()).chain(rows).collect::<Vec<_>>(),
            ));
        }
    }
    text.push('\n');
    for (name, report) in reports {
        text.push_str(&format!("{name}: {}\n", report.verdict_sentence()));
        for reason in reasons(report) {
            text.push_str(&format!("  {reason}\n"));
        }
    }
    text
}

fn for_people(reports: &[(String, Report)]) -> Vec<(&str, Report)> {
    reports.iter().map(|(name, report)| (&**name, report.for_people())).collect()
}

/// Why trials of it were not judged.
fn reasons(report: &Report) -> Vec<String> {
    let most = unjudged(report).into_iter().take(REASONS);
    most.map(|one| format!("{} {}: {}", one.count, one.outcome.word(), one_line(one.why))).collect()
}

/// The families of which any report judged something.
fn letters(reports: &Named<'_>) -> Vec<&'static str> {
    let is_judged = |letter: &&str| {
        let word = |(_, report): &(&str, Report)| report.family(letter).map(word);
        reports.iter().filter_map(word).any(|word| word != NOTHING)
    };
    families().iter().map(|family| family.letter.as_str()).filter(is_judged).collect()
}

/// Columns of words, beside the first.
const WORDS: [&str; 3] = ["version", "level", "failed by clause"];
const COUNTS: [&str; 5] = ["ran", "failed", "known", "risk", "gated"];

fn counts(report: &Report) -> [usize; 5] {
    let counts = &report.counts;
    [counts.ran, counts.failed, counts.expected, report.at_risk().count(), counts.gated]
}

fn verdicts(reports: &Named<'_>) -> Vec<Vec<String>> {
    let letters = letters(reports);
    let [version, level, by_clause] = &WORDS;
    let heads = ["binder", version, level].into_iter().chain(COUNTS).chain(letters.iter().copied());
    let heads = heads.chain([*by_clause]);
    let mut rows = vec![heads.map(str::to_owned).collect()];
    rows.extend(reports.iter().map(|(name, report)| {
        let subject = &report.subject;
        let own = [(*name).to_owned(), subject.version.clone(), subject.level.name().to_owned()];
        let of_family = letters
            .iter()
            .map(|letter| report.family(letter).map_or_else(|| NOTHING.to_owned(), word));
        let numbers = counts(report).map(|number| number.to_string());
        own.into_iter().chain(numbers).chain(of_family).chain([failed_by_clause(report)]).collect()
    }));
    rows
}

/// How many trials failed for each clause, most first, and how many did as known. One that breaks several counts for each.
fn failed_by_clause(report: &Report) -> String {
    let counts = |outcome| {
        let mut trials: BTreeMap<&str, usize> = BTreeMap::new();
        for case in report.with_outcome(outcome) {
            for clause in case.failed_for().iter().collect::<BTreeSet<_>>() {
                *trials.entry(clause).or_default() += 1;
            }
        }
        let mut trials: Vec<_> = trials.into_iter().collect();
        trials.sort_by_key(|&(_, count)| Reverse(count));
        let each = trials.into_iter().map(|(clause, count)| format!("{clause} {count}"));
        each.collect::<Vec<_>>().join(", ")
    };
    let known = counts(TrialOutcome::Expected);
    let known = if known.is_empty() { known } else { format!("as known: {known}") };
    let both = [counts(TrialOutcome::Failed), known];
    both.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
}

/// What a family came to, in a word.
fn word((outcome, count): (ClauseOutcome, usize)) -> String {
    match outcome {
        ClauseOutcome::Failed => count.to_string(),
        ClauseOutcome::Expected => "known".to_owned(),
        ClauseOutcome::Passed => "ok".to_owned(),
        ClauseOutcome::Error => "spoiled".to_owned(),
        ClauseOutcome::Undecided => "?".to_owned(),
        ClauseOutcome::Gated | ClauseOutcome::NotRun => NOTHING.to_owned(),
    }
}

/// What a family came to, in a sign.
fn sign((outcome, _): (ClauseOutcome, usize)) -> &'static str {
    match outcome {
        ClauseOutcome::Gated | ClauseOutcome::NotRun => NOTHING,
        outcome => Look::from(outcome).sign,
    }
}

/// Figures of one kind: a column a shape, a row a binder that was measured.
struct Costs<'r> {
    what: &'static str,
    shapes: Vec<&'r str>,
    rows: Vec<(&'r str, Vec<String>)>,
}

fn costs<'r>(reports: &'r Named<'r>) -> Vec<Costs<'r>> {
    let measured: Vec<_> = reports.iter().filter(|(_, report)| is_measured(report)).collect();
    if measured.is_empty() {
        return Vec::new();
    }
    let cost = |what, shapes: Vec<&'r str>, cell: fn(&BenchRow) -> Option<String>| {
        let rows = measured.iter().map(|(name, report)| {
            // The first row of a shape is of the path that its signature asks for.
            let row = |shape: &&str| report.bench.iter().find(|row| row.shape == *shape);
            let cells = shapes.iter().map(|shape| row(shape).and_then(cell));
            (*name, cells.map(|cell| cell.unwrap_or_else(|| NOTHING.to_owned())).collect())
        });
        Costs { what, rows: rows.collect(), shapes }
    };
    let mut shapes = COMMON.to_vec();
    for row in measured.iter().flat_map(|(_, report)| &report.bench) {
        if !shapes.contains(&&*row.shape) {
            shapes.push(&row.shape);
        }
    }
    let cold = |row: &BenchRow| Some(format!("{:.0}", row.cold_ns?));
    vec![cost("ratio", shapes, ratio), cost("cold, ns", COMMON.to_vec(), cold)]
}

fn is_measured(report: &Report) -> bool {
    report.bench.iter().any(|row| row.ratio.is_some())
}

fn ratio(row: &BenchRow) -> Option<String> {
    let mark = if row.verdict == BenchVerdict::Measured { "" } else { "?" };
    Some(format!("{}{mark}", quantity(row.ratio?)))
}

/// Up to which shape there is room beside the names; one shape at least.
fn fitting(rows: &[(&str, Vec<String>)], shapes: &[&str], from: usize) -> usize {
    let widest = |cells: &mut dyn Iterator<Item = usize>| cells.max().unwrap_or_default();
    let mut used = widest(&mut rows.iter().map(|(name, _)| columns::width(name)));
    let fit = (from..shapes.len()).take_while(|&shape| {
        let cells = widest(&mut rows.iter().map(|(_, cells)| columns::width(&cells[shape])));
        used += GAP + cells.max(columns::width(shapes[shape]));
        used <= COLUMNS
    });
    fit.last().unwrap_or(from) + 1
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
    // Names to the left, numbers to the right.
    let is_left = |column: usize| column == 0 || WORDS.contains(&&*cells[0][column]);
    let line = |row: &[String]| {
        let padded = row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
            let room = " ".repeat(width - cell.chars().count());
            if is_left(column) { format!("{cell}{room}") } else { format!("{room}{cell}") }
        });
        format!("| {} |\n", padded.collect::<Vec<_>>().join(" | "))
    };
    let rule = widths.iter().enumerate().map(|(column, width)| {
        let dashes = "-".repeat(width + 1);
        if is_left(column) { format!("-{dashes}") } else { format!("{dashes}:") }
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
        insta::assert_snapshot!("compare", markdown(&reports));
        insta::assert_snapshot!("compare-text", text(&reports, Colour::None));
    }

    #[test]
    fn a_line_has_80_columns_whatever_there_is_to_say() {
        let mut wide = sample::mixed();
        let row = wide.bench[0].clone();
        let named =
            |number| BenchRow { shape: format!("shape-{}", "x".repeat(number)), ..row.clone() };
        wide.bench.extend((0..60).map(named));
        let reports = [("n".repeat(30), wide), ("語".repeat(15), sample::green())];
        let text = text(&reports, Colour::None);
        for line in text.lines() {
            assert!(columns::width(line) <= COLUMNS, "{line}");
        }
        // No shape is left out for want of room.
        assert!((0..60).all(|number| text.contains(&format!("shape-{}", "x".repeat(number)))));
    }

    #[test]
    fn every_line_of_a_table_is_as_wide_as_its_head() {
        let mut odd = sample::mixed();
        odd.subject.version = "1 | 2\n3".to_owned();
        let text = markdown(&[("a | b".to_owned(), odd), ("green".to_owned(), sample::green())]);
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
