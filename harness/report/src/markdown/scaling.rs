//! How costs grow: what a step more costs, and the points.

use std::fmt::Write;

use measure::ScalingRow;

use super::cost::{figure, verdict};
use super::put;
use super::text::{cell, code, count};
use crate::scaling::all;

pub(super) fn section(page: &mut String, rows: &[ScalingRow]) {
    if rows.is_empty() {
        return;
    }
    put!(page, "## How cost grows");
    put!(page);
    put!(
        page,
        "The same call with more arguments, longer slices and more callers at once, above its floor:"
    );
    put!(page);
    let all = all(rows);
    for series in &all {
        let growth = series.growth().unwrap_or_else(|| "no figure".to_owned());
        put!(page, "- {}: {}", code(series.name), cell(&growth));
    }
    put!(page);
    put!(
        page,
        "| series | at | path | floor ns | call ns | ratio | instructions | of the floor | bind ns | first call ns | |"
    );
    put!(page, "|---|--:|---|--:|--:|--:|--:|--:|--:|--:|---|");
    for point in all.iter().flat_map(|series| &series.points) {
        let row = &point.row;
        put!(
            page,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            code(&point.series),
            point.at,
            cell(&row.path),
            figure(row.floor_ns),
            figure(row.call_ns),
            figure(row.ratio),
            count(row.instructions),
            count(row.floor_instructions),
            figure(row.bind_ns),
            figure(row.cold_ns),
            verdict(row)
        );
    }
    put!(page);
}
