//! How costs grow: lines over arguments, elements and callers, and the table behind them.

use maud::{Markup, html};
use measure::{BenchRow, BenchVerdict, ScalingRow, series};

use super::chart::{Mark, short};
use super::cost::verdict;
use super::frame::wide;
use super::plot::{At, Line, Plot, plot};
use crate::markdown::text::{count, quantity};
use crate::scaling::{Figure, Series, all};

/// What is drawn of series: the figure, and the floor's.
struct Drawn {
    id: &'static str,
    title: &'static str,
    up: &'static str,
    call: Figure,
    floor: Figure,
    /// Whether it is counted, so that no verdict of a clock says anything of it.
    is_counted: bool,
}

const NS: Drawn = Drawn {
    id: "ns",
    title: "Nanoseconds a call",
    up: "ns a call",
    call: |row| row.call_ns,
    floor: |row| row.floor_ns,
    is_counted: false,
};
const INSTRUCTIONS: Drawn = Drawn {
    id: "instructions",
    title: "Instructions a call",
    up: "instructions a call",
    call: |row| row.instructions,
    floor: |row| row.floor_instructions,
    is_counted: true,
};
const BIND: Drawn = Drawn {
    id: "bind",
    title: "Nanoseconds to bind",
    up: "ns to bind",
    call: |row| row.bind_ns,
    floor: |_| None,
    is_counted: false,
};
const FIRST: Drawn = Drawn {
    id: "first",
    title: "Nanoseconds of the first call",
    up: "ns of the first call",
    call: |row| row.cold_ns,
    floor: |_| None,
    is_counted: false,
};

pub(super) fn section(rows: &[ScalingRow]) -> Markup {
    if rows.is_empty() {
        return html! {};
    }
    let all = all(rows);
    let of = |unit: &str| all.iter().filter(|series| series.unit() == unit).collect::<Vec<_>>();
    let (arguments, elements, callers) = (of("argument"), of("element"), of("caller"));
    html! {
        section #scaling aria-labelledby="scaling-is" {
            h2 #scaling-is { "How cost grows" }
            p {
                "The same call with more arguments, longer slices and more callers at once. A dashed line is the floor of the "
                "line of its colour, a direct typed call of the same symbol; a hollow mark is of a figure that is not conclusive."
            }
            ul {
                @for series in &all {
                    @if let Some(growth) = series.growth() { li { code { (series.name) } ": above the floor " (growth) } }
                }
            }
            (figures(&arguments, "arguments", false, &[NS, INSTRUCTIONS, BIND, FIRST]))
            (figures(&elements, "elements of a slice", true, &[NS, INSTRUCTIONS]))
            (figures(&callers, "callers at once", false, &[NS]))
            (table(&all))
            (reasons(rows))
        }
    }
}

/// A chart of each figure that any of the series has.
fn figures(of: &[&Series<'_>], across: &str, logarithmic: bool, drawn: &[Drawn]) -> Markup {
    html! {
        @for one in drawn {
            @let lines = lines(of, one);
            @if !lines.is_empty() {
                @let (id, title) = (format!("{}-{}", one.id, of[0].unit()), format!("{}, by {across}", one.title));
                figure {
                    figcaption {
                        strong { (title) "." }
                        @if logarithmic { " Both axes are logarithmic." }
                    }
                    (wide(&title, &plot(Plot { id: &id, title: &title, across, up: one.up, logarithmic }, &lines)))
                }
            }
        }
    }
}

fn lines(of: &[&Series<'_>], drawn: &Drawn) -> Vec<Line> {
    let line = |series: &&Series<'_>| {
        let mark = |one: At| if drawn.is_counted { At { mark: Mark::Sure, ..one } } else { one };
        let points = |figure: Figure| {
            series.points.iter().filter_map(|point| at(point, figure)).map(mark).collect()
        };
        let name = series.name.strip_prefix("arity-").unwrap_or(series.name).to_owned();
        Line { name, points: points(drawn.call), floor: points(drawn.floor) }
    };
    of.iter().map(line).filter(|line| line.points.len() > 1).collect()
}

/// A figure of a point, where it has one.
pub(crate) fn at(point: &ScalingRow, figure: Figure) -> Option<At> {
    let is_sure = point.row.verdict == BenchVerdict::Measured;
    let mark = if is_sure { Mark::Sure } else { Mark::Doubtful };
    Some(At { x: point.at as f64, y: figure(&point.row)?, mark })
}

fn table(all: &[Series<'_>]) -> Markup {
    let figure = |value: Option<f64>| value.map_or("–".to_owned(), quantity);
    let bind = |series: &Series<'_>, row: &BenchRow| {
        // Every point of these binds the same function.
        row.bind_ns.filter(|_| !matches!(series.name, "length" | series::THREADS))
    };
    let table = html! {
        table {
            thead {
                tr {
                    th scope="col" { "series" } th.number scope="col" { "at" } th scope="col" { "path" }
                    @for head in [
                        "floor ns", "call ns", "ratio", "instructions", "of the floor", "allocations", "bind ns",
                        "first call ns",
                    ] { th.number scope="col" { (head) } }
                    th scope="col" { "verdict" }
                }
            }
            tbody {
                @for series in all {
                    @for point in &series.points {
                        @let row = &point.row;
                        tr {
                            th scope="row" { code { (series.name) } } td.number { (short(point.at as f64)) } td { (row.path) }
                            @for value in [row.floor_ns, row.call_ns, row.ratio] { td.number { (figure(value)) } }
                            @for value in [row.instructions, row.floor_instructions, row.allocations] {
                                td.number { (count(value)) }
                            }
                            @for value in [bind(series, row), row.cold_ns] { td.number { (figure(value)) } }
                            td { (verdict(row)) }
                        }
                    }
                }
            }
        }
    };
    html! {
        details {
            summary { "The points as a table" }
            (wide("How cost grows, point by point", &table))
        }
    }
}

fn reasons(rows: &[ScalingRow]) -> Markup {
    let reasoned: Vec<_> =
        rows.iter().filter_map(|row| Some((&row.row, row.row.reason.as_ref()?))).collect();
    html! {
        @if !reasoned.is_empty() {
            details {
                summary { (reasoned.len()) " points left out, or not to be relied on" }
                ul {
                    @for (row, reason) in reasoned { li { code { (row.shape) } ", " (row.verdict) ": " (reason) } }
                }
            }
        }
    }
}
