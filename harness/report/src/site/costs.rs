//! What calls cost: all binders on one chart a shape, as multiples of the floor.

use maud::{Markup, html};
use measure::{BenchRow, BenchVerdict};

use super::{Entry, scaling};
use crate::html::chart::{Chart, Dot, Group, Mark, dots};
use crate::html::frame::{Assets, Page, to_anchor, wide};
use crate::markdown::text::quantity;

pub(super) fn page(entries: &[Entry]) -> String {
    let mut shapes: Vec<&str> = Vec::new();
    for row in entries.iter().flat_map(|entry| &entry.report.bench) {
        if row.ratio.is_some() && !shapes.contains(&&*row.shape) {
            shapes.push(&row.shape);
        }
    }
    let series = scaling::names(entries);
    let all: Vec<&str> = shapes.iter().chain(&series).copied().collect();
    let anchors: Vec<String> = all.iter().map(|name| to_anchor(name)).collect();
    let links: Vec<(&str, &str)> = anchors.iter().map(String::as_str).zip(all).collect();
    let page = Page {
        title: "Costs",
        assets: Assets::At(""),
        above: Some(("index.html", "All binders")),
        links: &links,
    };
    let heading = html! {
        p.kind { "Boundary Conformance" }
        h1 { "What a call costs" }
        p.facts {
            "Times the floor, which is a direct typed call of the same symbol, measured in between. The bar is what processes "
            "and placements of code ranged over; a hollow dot is not conclusive."
        }
    };
    let body = html! {
        @if shapes.is_empty() { p { "Nothing published here was measured." } }
        @for shape in &shapes { (figure(shape, entries)) }
        @for series in &series { (scaling::figure(series, entries)) }
    };
    page.render(&heading, &body)
}

fn figure(shape: &str, entries: &[Entry]) -> Markup {
    let groups = groups(shape, entries);
    let (id, title) =
        (format!("cost-{shape}"), format!("{shape}: cost of a call, times the floor"));
    let chart =
        Chart { id: &id, title: &title, axis: "times the floor", line: Some((1.0, "floor")) };
    html! {
        section id=(shape) aria-label=(shape) {
            h2 { code { (shape) } }
            figure { (wide(&title, &dots(chart, &groups))) }
            details {
                summary { "As a table" }
                (wide(&format!("{title}, as a table"), &table(shape, entries)))
            }
        }
    }
}

/// The lines of a shape by the machine they were measured on, because ratios of two machines do not compare; the
/// cheapest first.
fn groups(shape: &str, entries: &[Entry]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (entry, row) in rows(shape, entries) {
        let Some(dot) = dot(entry, row) else { continue };
        let machine = entry.report.host.cpu.as_deref().unwrap_or("a processor that is not known");
        match groups.iter_mut().find(|group| group.heading == machine) {
            Some(group) => group.dots.push(dot),
            None => groups.push(Group { heading: machine.to_owned(), dots: vec![dot] }),
        }
    }
    for group in &mut groups {
        group.dots.sort_by(|a, b| a.value.total_cmp(&b.value));
    }
    groups
}

fn rows<'e>(
    shape: &'e str,
    entries: &'e [Entry],
) -> impl Iterator<Item = (&'e Entry, &'e BenchRow)> {
    entries.iter().flat_map(move |entry| {
        let of_shape = entry.report.bench.iter().filter(move |row| row.shape == shape);
        of_shape.map(move |row| (entry, row))
    })
}

/// A binder, and the path where that is not the one its signature asks for.
fn name(entry: &Entry, row: &BenchRow) -> String {
    let first = entry.report.bench.iter().find(|one| one.shape == row.shape);
    let name = &entry.report.subject.name;
    if first.is_some_and(|first| first.path == row.path) {
        name.clone()
    } else {
        format!("{name}, {}", row.path)
    }
}

fn dot(entry: &Entry, row: &BenchRow) -> Option<Dot> {
    let ratio = row.ratio?;
    let is_sure = row.verdict == BenchVerdict::Measured;
    let ns = row.call_ns.map_or(String::new(), |ns| format!(", {} ns", quantity(ns)));
    Some(Dot {
        label: name(entry, row),
        to: Some(format!("binder/{}.html#cost", entry.slug)),
        floor: None,
        value: ratio,
        range: row.ratio_low.zip(row.ratio_high),
        mark: if is_sure { Mark::Sure } else { Mark::Doubtful },
        text: format!("{}×{}{ns}", quantity(ratio), if is_sure { "" } else { "?" }),
    })
}

fn table(shape: &str, entries: &[Entry]) -> Markup {
    let figure = |value: Option<f64>| value.map_or("–".to_owned(), quantity);
    html! {
        table {
            thead {
                tr {
                    th scope="col" { "binder" }
                    @for head in ["floor ns", "first call ns", "first batch ns", "call ns", "ratio", "lowest", "highest"] {
                        th.number scope="col" { (head) }
                    }
                    th scope="col" { "verdict" }
                }
            }
            tbody {
                @for (entry, row) in rows(shape, entries) {
                    tr {
                        th scope="row" { (name(entry, row)) }
                        @for value in [
                            row.floor_ns, row.cold_ns, row.first_ns, row.call_ns, row.ratio, row.ratio_low, row.ratio_high,
                        ] { td.number { (figure(value)) } }
                        td { (row.verdict) @if let Some(reason) = &row.reason { ": " (reason) } }
                    }
                }
            }
        }
    }
}
