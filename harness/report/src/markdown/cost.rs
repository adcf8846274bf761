//! What calls cost above the floor: the tables, and how the figures came about.

use std::fmt::Write;

use measure::{BenchRow, BenchVerdict};

use super::put;
use super::text::{cell, code, count, quantity};

const METHOD: &str = "\
*Floor* is a direct, typed call of the same symbol, together with the free it obliges; *call* is the
same through the binder. Both are nanoseconds a call, medians over the batches, once calls no longer get faster; *first call* is one alone before that, and *first batch* what a call of the
first batch took. *Ratio* is the median of the batches' own ratios at each of three placements of both loops, and of
those the median; in brackets stand the lowest and the highest ratio of any process that counts: where code lies moves
it. At one placement more than half of the processes must agree within 1.5 %, and so must the halves of each one's
time; what does not is measured again, and *inconclusive* where that does not help. Binding is never part of a call. On a shared machine only ratios of one
run can be compared. *not-credible* is a figure of which the suite sees otherwise, by its own clock and by the
native calls it counts; it is not shown.";

pub(super) fn section(page: &mut String, rows: &[BenchRow]) {
    if rows.is_empty() {
        return;
    }
    put!(page, "## Cost");
    put!(page);
    put!(page, "{METHOD}");
    put!(page);
    put!(
        page,
        "| shape | path | floor ns | first call ns | first batch ns | call ns | ratio | batches | counted | |"
    );
    put!(page, "|---|---|--:|--:|--:|--:|--:|--:|--:|---|");
    for row in rows {
        put!(
            page,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {:.0} % | {} |",
            code(&row.shape),
            cell(&row.path),
            figure(row.floor_ns),
            figure(row.cold_ns),
            figure(row.first_ns),
            figure(row.call_ns),
            ratio(row),
            row.samples,
            row.valid_share * 100.0,
            verdict(row)
        );
    }
    put!(page);
    counted(page, rows);
    reasons(page, rows);
}

pub(super) fn figure(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), quantity)
}

fn ratio(row: &BenchRow) -> String {
    match (row.ratio, row.ratio_low, row.ratio_high) {
        (None, _, _) => "–".to_owned(),
        (Some(ratio), Some(low), Some(high)) => {
            format!("{} [{}–{}]", quantity(ratio), quantity(low), quantity(high))
        }
        // A ratio without its range must not look like one that has been confirmed.
        (Some(ratio), _, _) => format!("{} [?]", quantity(ratio)),
    }
}

pub(super) fn verdict(row: &BenchRow) -> String {
    let word = row.verdict;
    if word == BenchVerdict::Measured { word.to_string() } else { format!("**{word}**") }
}

/// Instructions and memory, where any row has them.
fn counted(page: &mut String, rows: &[BenchRow]) {
    let figures = |row: &BenchRow| {
        [
            row.instructions,
            row.floor_instructions,
            row.allocations,
            row.allocated_bytes,
            row.native_allocations,
            row.resident_bytes,
        ]
    };
    let rows: Vec<&BenchRow> =
        rows.iter().filter(|row| figures(row).iter().any(Option::is_some)).collect();
    if rows.is_empty() {
        return;
    }
    put!(page, "Counted for each call, which noise does not touch but for growth:");
    put!(page);
    put!(
        page,
        "| shape | path | instructions | of the floor | heap allocations of the binder | bytes of \
         those | of the fixture | bytes by which the binder's processes grow |"
    );
    put!(page, "|---|---|--:|--:|--:|--:|--:|--:|");
    for row in rows {
        let cells = figures(row).map(count);
        put!(page, "| {} | {} | {} |", code(&row.shape), cell(&row.path), cells.join(" | "));
    }
    put!(page);
}

fn reasons(page: &mut String, rows: &[BenchRow]) {
    let mut any = false;
    for row in rows {
        if let Some(reason) = &row.reason {
            put!(page, "- {} on the {} path: {}", code(&row.shape), cell(&row.path), cell(reason));
            any = true;
        }
    }
    if any {
        put!(page);
    }
}
