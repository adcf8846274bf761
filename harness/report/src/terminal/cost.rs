//! What calls cost: a row a shape where a screen has room for that, a row a path where it has not, and what is
//! wrong with figures in either case.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use measure::{BenchRow, BenchVerdict};

use super::push_more;
use crate::colour::{BAD, Colour, DOUBTFUL, FAINT};
use crate::columns::{self, push, push_wrapped};
use crate::markdown::text::{count, quantity};

/// Shapes that have a row each.
const SHAPES: usize = 12;
/// Reasons why rows have no figure to believe.
const REASONS: usize = 3;

pub(super) fn table(out: &mut String, rows: &[BenchRow], colour: Colour) {
    if rows.is_empty() {
        return;
    }
    let verdicts = |verdict| rows.iter().filter(move |row| row.verdict == verdict);
    if rows.len() <= SHAPES {
        shapes(out, rows, colour);
    } else {
        paths(out, rows, colour);
    }
    // A row that has a figure, or what it lacks beside it, is for the report's page.
    for (verdict, style) in
        [(BenchVerdict::NotCredible, BAD), (BenchVerdict::NotMeasured, DOUBTFUL)]
    {
        reasons(out, verdicts(verdict), verdict, colour, style);
    }
    let doubted = verdicts(BenchVerdict::Inconclusive).count();
    if doubted > 0 {
        let rows = rows.len();
        push(out, &format!("?  inconclusive, {doubted} of {rows} rows: the report says why"));
    }
    push(out, "");
}

/// Why rows have no figure to believe, each reason once, the most frequent first.
fn reasons<'r>(
    out: &mut String,
    rows: impl Iterator<Item = &'r BenchRow>,
    verdict: BenchVerdict,
    colour: Colour,
    style: &str,
) {
    let mut by_reason: BTreeMap<&str, (usize, &BenchRow)> = BTreeMap::new();
    for row in rows {
        let reason = row.reason.as_deref().unwrap_or("no reason was recorded");
        by_reason.entry(reason).or_insert((0, row)).0 += 1;
    }
    let mut reasons: Vec<_> = by_reason.into_iter().collect();
    reasons.sort_by_key(|(_, (count, _))| Reverse(*count));
    for (reason, (count, row)) in reasons.iter().take(REASONS) {
        let rows = if *count == 1 { String::new() } else { format!("{count} rows, as ") };
        let text = format!("{verdict}: {rows}{} {}: {reason}", row.shape, row.path);
        for line in columns::wrapped("", &text) {
            push(out, &colour.paint(style, &line));
        }
    }
    push_more(out, reasons.len(), REASONS, &format!("reasons why figures are {verdict}"));
}

fn shapes(out: &mut String, rows: &[BenchRow], colour: Colour) {
    let heads = ["shape", "path", "call ns", "ratio", "low–high", "instr", "memory"];
    let cells: Vec<[String; 7]> = rows.iter().map(cells).collect();
    let mut lines = columns::table(&heads, &cells, |index| index < 2).into_iter();
    push(out, &colour.paint(FAINT, &lines.next().unwrap_or_default()));
    for (row, line) in rows.iter().zip(lines) {
        let tone = match row.verdict {
            BenchVerdict::Measured => None,
            BenchVerdict::NotCredible => Some(BAD),
            BenchVerdict::Inconclusive | BenchVerdict::NotMeasured => Some(DOUBTFUL),
        };
        push(out, &tone.map_or(line.clone(), |tone| colour.paint(tone, &line)));
    }
}

fn cells(row: &BenchRow) -> [String; 7] {
    let figure = |value: Option<f64>| value.map_or("–".to_owned(), quantity);
    let range = match (row.ratio_low, row.ratio_high) {
        (Some(low), Some(high)) => format!("{}–{}", quantity(low), quantity(high)),
        _ => "–".to_owned(),
    };
    let doubt = if row.verdict == BenchVerdict::Inconclusive { "?" } else { "" };
    let instructions = match (row.instructions, row.floor_instructions) {
        (Some(call), Some(floor)) => format!("{call:.0}/{floor:.0}"),
        (call, _) => figure(call),
    };
    [
        row.shape.clone(),
        // The longest word of a path leaves the shape's name its room.
        columns::shortened(&row.path, 16),
        figure(row.call_ns),
        format!("{}{doubt}", figure(row.ratio)),
        range,
        instructions,
        memory(row),
    ]
}

/// Allocations of a call and their bytes; of a program of its own, by how much it grows.
fn memory(row: &BenchRow) -> String {
    match (row.allocations, row.allocated_bytes, row.resident_bytes) {
        (Some(allocations), Some(bytes), _) if allocations > 0.0 => {
            format!("{}/{} B", count(Some(allocations)), count(Some(bytes)))
        }
        (Some(allocations), _, _) => count(Some(allocations)),
        (None, _, Some(grows)) => format!("+{} B", count(Some(grows))),
        (None, _, None) => "–".to_owned(),
    }
}

/// A row a path, the cheapest first: the shape in the middle of its ratios, and the dearest.
fn paths(out: &mut String, rows: &[BenchRow], colour: Colour) {
    let mut of_paths: BTreeMap<&str, Vec<(f64, &BenchRow)>> = BTreeMap::new();
    for row in rows {
        let with_ratio = of_paths.entry(&row.path).or_default();
        with_ratio.extend(row.ratio.map(|ratio| (ratio, row)));
    }
    let mut paths: Vec<_> = of_paths.into_iter().collect();
    for (_, rows) in &mut paths {
        rows.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    }
    let middle = |rows: &[(f64, &BenchRow)]| rows.get(rows.len() / 2).map(|(ratio, _)| *ratio);
    paths.sort_by(|(_, a), (_, b)| {
        let of = |rows: &[(f64, &BenchRow)]| middle(rows).unwrap_or(f64::INFINITY);
        of(a).total_cmp(&of(b))
    });
    let cells: Vec<[String; 7]> = paths
        .iter()
        .map(|(path, measured)| {
            let all = rows.iter().filter(|row| row.path == *path).count();
            let most = |of: fn(&BenchRow) -> Option<f64>| {
                measured.iter().filter_map(|(_, row)| of(row)).max_by(f64::total_cmp)
            };
            let instructions = |row: &BenchRow| Some(row.instructions? - row.floor_instructions?);
            let (dearest, shape) = measured
                .last()
                .map_or(("–".to_owned(), ""), |(ratio, row)| (quantity(*ratio), &row.shape));
            [
                (*path).to_owned(),
                format!("{} of {all}", measured.len()),
                middle(measured).map_or("–".to_owned(), quantity),
                dearest,
                most(instructions).map_or("–".to_owned(), |count| format!("{count:+.0}")),
                count(most(|row| row.allocations)),
                columns::shortened(shape, 26),
            ]
        })
        .collect();
    let heads = ["path", "shapes", "ratio", "highest", "instr", "alloc", "of"];
    let mut lines = columns::table(&heads, &cells, |index| index == 0 || index == 6).into_iter();
    push(out, &colour.paint(FAINT, &lines.next().unwrap_or_default()));
    lines.for_each(|line| push(out, &line));
    push_wrapped(
        out,
        "",
        "ratio: the middle one of the path's shapes to the bare call; instr and alloc: the most of one, \
         above it. Each shape is in the report.",
    );
}
