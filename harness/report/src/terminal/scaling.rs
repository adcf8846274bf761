//! How costs grow: a row a series.

use measure::ScalingRow;

use crate::colour::{Colour, FAINT};
use crate::columns::{self, push, push_wrapped};
use crate::html::short;
use crate::markdown::text::quantity;
use crate::scaling::{INSTRUCTIONS, NS, Series, all, step};

pub(super) fn table(out: &mut String, rows: &[ScalingRow], colour: Colour) {
    if rows.is_empty() {
        return;
    }
    let cells: Vec<[String; 7]> = all(rows).iter().map(cells).collect();
    let heads = ["series", "from", "to", "ratio", "each ns", "each instr", "doubtful"];
    let mut lines = columns::table(&heads, &cells, |index| index == 0).into_iter();
    push(out, &colour.paint(FAINT, &lines.next().unwrap_or_default()));
    lines.for_each(|line| push(out, &line));
    push_wrapped(
        out,
        "",
        "ratio: of the first and the last point to the bare call; each: what one argument, element or caller more \
         takes above it. Each point is in the report.",
    );
    push(out, "");
}

fn cells(series: &Series<'_>) -> [String; 7] {
    let none = || "–".to_owned();
    let at = |point: Option<&&ScalingRow>| point.map_or_else(none, |one| short(one.at as f64));
    let mut ratios = series.points.iter().filter_map(|point| point.row.ratio);
    let first = ratios.next();
    let ratio = match (first, ratios.next_back()) {
        (Some(first), Some(last)) => format!("{}–{}", quantity(first), quantity(last)),
        (first, _) => first.map_or_else(none, quantity),
    };
    let doubtful = match series.doubtful() {
        0 => none(),
        doubtful => format!("{doubtful} of {}", series.points.len()),
    };
    [
        columns::shortened(series.name, 16),
        at(series.points.first()),
        at(series.points.last()),
        ratio,
        series.each(NS).map_or_else(none, step),
        series.each(INSTRUCTIONS).map_or_else(none, step),
        doubtful,
    ]
}
