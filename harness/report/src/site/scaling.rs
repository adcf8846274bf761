//! How costs grow: all binders on one chart a series and machine, as multiples of the floor.

use maud::{Markup, html};

use super::Entry;
use crate::html::frame::{anchor, wide};
use crate::html::plot::{Line, Plot, plot};
use crate::html::scaling::at;
use crate::html::short;
use crate::markdown::text::quantity;
use crate::scaling::{Series, all};

/// The names of the series that any binder was measured with.
pub(super) fn names(entries: &[Entry]) -> Vec<&str> {
    let mut names = Vec::new();
    for row in entries.iter().flat_map(|entry| &entry.report.scaling) {
        if row.row.ratio.is_some() && !names.contains(&&*row.series) {
            names.push(&row.series);
        }
    }
    names
}

/// The charts of a series, one a machine, because ratios of two machines do not compare.
pub(super) fn figure(name: &str, entries: &[Entry]) -> Markup {
    let mut machines: Vec<(&str, Vec<(&Entry, Series<'_>)>)> = Vec::new();
    for entry in entries {
        let series = all(&entry.report.scaling).into_iter().find(|series| series.name == name);
        let Some(series) = series else { continue };
        let machine = entry.report.host.cpu.as_deref().unwrap_or("a processor that is not known");
        match machines.iter_mut().find(|(known, _)| *known == machine) {
            Some((_, of)) => of.push((entry, series)),
            None => machines.push((machine, vec![(entry, series)])),
        }
    }
    html! {
        section id=(anchor(name)) aria-label=(name) {
            h2 { code { (name) } }
            @for (number, (machine, of)) in machines.iter().enumerate() {
                (machine_s(name, number, machine, of))
            }
        }
    }
}

fn machine_s(name: &str, number: usize, machine: &str, of: &[(&Entry, Series<'_>)]) -> Markup {
    let lines: Vec<Line> = of
        .iter()
        .map(|(entry, series)| Line {
            name: entry.report.subject.name.clone(),
            points: series.points.iter().filter_map(|point| at(point, |row| row.ratio)).collect(),
            floor: Vec::new(),
        })
        .filter(|line| !line.points.is_empty())
        .collect();
    let unit = of.first().map_or("argument", |(_, series)| series.unit());
    let (id, across) = (format!("{}-{number}", anchor(name)), format!("{unit}s"));
    let title = format!("{name}: cost of a call, times the floor, by {across}, on {machine}");
    let plotted = Plot {
        id: &id,
        title: &title,
        across: &across,
        up: "times the floor",
        logarithmic: unit == "element",
    };
    html! {
        figure {
            figcaption { (machine) }
            (wide(&title, &plot(plotted, &lines)))
        }
        details {
            summary { "As a table" }
            (wide(&format!("{title}, as a table"), &table(of)))
        }
    }
}

fn table(of: &[(&Entry, Series<'_>)]) -> Markup {
    let mut all: Vec<u64> =
        of.iter().flat_map(|(_, one)| one.points.iter().map(|p| p.at)).collect();
    all.sort_unstable();
    all.dedup();
    let ratio = |series: &Series<'_>, at: u64| {
        let point = series.points.iter().find(|point| point.at == at);
        point.and_then(|point| point.row.ratio).map_or("–".to_owned(), quantity)
    };
    html! {
        table {
            thead {
                tr {
                    th scope="col" { "binder" }
                    @for at in &all { th.number scope="col" { (short(*at as f64)) } }
                    th scope="col" { "above the floor" }
                }
            }
            tbody {
                @for (entry, series) in of {
                    tr {
                        th scope="row" {
                            a href={ "binder/" (entry.slug) ".html#scaling" } { (entry.report.subject.name) }
                        }
                        @for at in &all { td.number { (ratio(series, *at)) } }
                        td { (series.growth().unwrap_or_else(|| "–".to_owned())) }
                    }
                }
            }
        }
    }
}
