//! What calls cost above the floor: charts, the table behind them, and how the figures came about.

use maud::{Markup, html};
use measure::{BenchRow, BenchVerdict};

use super::chart::{Chart, Dot, Group, Mark, dots};
use super::frame::wide;
use crate::markdown::text::{count, quantity};

pub(super) fn section(rows: &[BenchRow]) -> Markup {
    if rows.is_empty() {
        return html! {};
    }
    html! {
        section #cost aria-labelledby="cost-is" {
            h2 #cost-is { "Cost" }
            (times(rows))
            (instructions(rows))
            (table(rows))
            (reasons(rows))
            (method())
        }
    }
}

/// Rows with a figure, by path in the order in which the paths come, each as a line.
fn by_path(rows: &[BenchRow], dot: impl Fn(&BenchRow) -> Option<Dot>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for row in rows {
        let Some(dot) = dot(row) else { continue };
        let heading = format!("{} path", row.path);
        match groups.iter_mut().find(|group| group.heading == heading) {
            Some(group) => group.dots.push(dot),
            None => groups.push(Group { heading, dots: vec![dot] }),
        }
    }
    groups
}

fn times(rows: &[BenchRow]) -> Markup {
    let groups = by_path(rows, |row| {
        let (floor, call, ratio) = (row.floor_ns?, row.call_ns?, row.ratio?);
        let range =
            row.ratio_low.zip(row.ratio_high).map(|(low, high)| (floor * low, floor * high));
        let is_sure = row.verdict == BenchVerdict::Measured;
        let doubt = if is_sure { "" } else { "?" };
        Some(Dot {
            label: row.shape.clone(),
            to: None,
            floor: Some(floor),
            value: call,
            range,
            mark: if is_sure { Mark::Sure } else { Mark::Doubtful },
            text: format!("{} ns, {}×{doubt}", quantity(call), quantity(ratio)),
        })
    });
    if groups.is_empty() {
        return html! { p { "No figure of time holds; the reasons are below." } };
    }
    let chart = Chart {
        id: "times",
        title: "Nanoseconds a call, and the floor",
        axis: "ns a call",
        line: None,
    };
    html! {
        figure {
            figcaption {
                strong { "Nanoseconds a call." } " The stroke is the floor, a direct typed call of the same symbol; the dot "
                "the call through the binder; the bar what its processes and placements ranged over. A hollow dot is "
                "of a figure that is not conclusive."
            }
            (wide("Chart of nanoseconds a call", &dots(chart, &groups)))
        }
    }
}

fn instructions(rows: &[BenchRow]) -> Markup {
    let groups = by_path(rows, |row| {
        let (floor, call) = (row.floor_instructions?, row.instructions?);
        let allocated = match row.allocations {
            Some(allocations) if allocations > 0.0 => {
                format!(", {} malloc", count(Some(allocations)))
            }
            _ => String::new(),
        };
        Some(Dot {
            label: row.shape.clone(),
            to: None,
            floor: Some(floor),
            value: call,
            range: None,
            mark: Mark::Sure,
            text: format!("{}, floor {}{allocated}", count(Some(call)), count(Some(floor))),
        })
    });
    if groups.is_empty() {
        return html! {};
    }
    let chart = Chart {
        id: "instructions",
        title: "Instructions a call, and of the floor",
        axis: "instructions a call",
        line: None,
    };
    html! {
        figure {
            figcaption {
                strong { "Instructions a call," } " counted, which noise does not touch. The stroke is the floor's; "
                "heap allocations are named where there are any."
            }
            (wide("Chart of instructions a call", &dots(chart, &groups)))
        }
    }
}

fn table(rows: &[BenchRow]) -> Markup {
    let figure = |value: Option<f64>| value.map_or("–".to_owned(), quantity);
    let range = |row: &BenchRow| match (row.ratio_low, row.ratio_high) {
        (Some(low), Some(high)) => format!("{}–{}", quantity(low), quantity(high)),
        _ => "–".to_owned(),
    };
    let table = html! {
        table {
            thead {
                tr {
                    th scope="col" { "shape" } th scope="col" { "path" }
                    @for head in [
                        "floor ns", "first call ns", "first batch ns", "call ns", "ratio", "ratio's range",
                        "instructions", "of the floor", "allocations", "their bytes", "of the fixture", "grows by bytes", "batches",
                        "counted",
                    ] { th.number scope="col" { (head) } }
                    th scope="col" { "verdict" }
                }
            }
            tbody {
                @for row in rows {
                    tr {
                        th scope="row" { code { (row.shape) } } td { (row.path) }
                        @for value in [row.floor_ns, row.cold_ns, row.first_ns, row.call_ns, row.ratio] {
                            td.number { (figure(value)) }
                        }
                        td.number { (range(row)) }
                        @for value in [
                            row.instructions, row.floor_instructions, row.allocations, row.allocated_bytes,
                            row.native_allocations, row.resident_bytes,
                        ] { td.number { (count(value)) } }
                        td.number { (row.samples) }
                        td.number { (format!("{:.0} %", row.valid_share * 100.0)) }
                        td { (verdict(row)) }
                    }
                }
            }
        }
    };
    html! {
        details {
            summary { "The figures as a table" }
            (wide("Figures of cost", &table))
        }
    }
}

/// The word of a figure's verdict, which stands out where there is no figure to rely on.
pub(super) fn verdict(row: &BenchRow) -> Markup {
    html! { @if row.verdict == BenchVerdict::Measured { (row.verdict) } @else { strong { (row.verdict) } } }
}

fn reasons(rows: &[BenchRow]) -> Markup {
    let reasoned: Vec<_> =
        rows.iter().filter_map(|row| Some((row, row.reason.as_ref()?))).collect();
    if reasoned.is_empty() {
        return html! {};
    }
    html! {
        h3 { "Left out, or not to be relied on" }
        ul {
            @for (row, reason) in reasoned {
                li { code { (row.shape) } " on the " (row.path) " path, " (row.verdict) ": " (reason) }
            }
        }
    }
}

fn method() -> Markup {
    html! {
        details {
            summary { "How this was measured" }
            p {
                "Floor and call are medians of nanoseconds over the batches, once calls no longer get faster. The ratio is the median of the batches' own ratios at each of three placements of both loops, "
                "and of those the median; its range has the lowest and the highest of any process that counts, because "
                "where code lies moves it. At one placement more than half of the processes must agree within 1.5 %, and "
                "so must the halves of each one's time; what does not is measured again, and is inconclusive where that "
                "does not help. Binding is never part of a call."
            }
            p {
                "On a shared machine only ratios of one run can be compared, and between machines not even those: counts "
                "can. A figure is not credible, and not shown, where the suite's own clock or its count of native calls "
                "says otherwise."
            }
        }
    }
}
