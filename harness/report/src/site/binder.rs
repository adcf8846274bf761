//! A page a binder: its report, who vouches for it, and its reports before.

use maud::{Markup, html};

use super::{Entry, Past, part};
use crate::html::frame::{Assets, Page, wide};
use crate::html::{body, day, heading, links, title};

pub(super) fn page(entry: &Entry) -> String {
    let report = &entry.report;
    let mut links = links(report);
    links.push(("#history", "History"));
    let title = title(report);
    let page = Page {
        title: &title,
        assets: Assets::At("../"),
        above: Some(("../index.html", "All binders")),
        links: &links,
    };
    let heading = html! {
        (heading(report))
        p.facts { (vouched(entry)) }
    };
    page.render(&heading, &html! { (body(report, Some("../clause/"))) (history(entry)) })
}

/// Who says so.
fn vouched(entry: &Entry) -> Markup {
    let host = &entry.report.host;
    html! {
        @if entry.judged_again {
            "Its recording was judged again where this is published, and bears the verdicts out. "
        } @else {
            "As the machine that ran it reported; no recording came with it. "
        }
        @if !entry.report.bench.is_empty() {
            "Costs are those of that machine, " (host.cpu.as_deref().unwrap_or(&host.arch)) ". "
        }
        @if let Some(part) = part(&entry.report) { "It is of a part of the corpus: " (part) "." }
    }
}

fn history(entry: &Entry) -> Markup {
    let now = Past::of(&entry.report);
    let rows = || std::iter::once(&now).chain(entry.past.iter().rev());
    let table = html! {
        table {
            thead {
                tr {
                    th scope="col" { "version" } th scope="col" { "judged" } th scope="col" { "suite" }
                    th.number scope="col" { "ran" } th.number scope="col" { "failed" } th.number scope="col" { "known" }
                    th.number scope="col" { "gated" } th.number scope="col" { "ratio" }
                    th.number scope="col" { "instructions" } th scope="col" { "verdict" }
                }
            }
            tbody {
                @for past in rows() {
                    tr {
                        th scope="row" { (past.version) }
                        td { time datetime=(past.started) { (day(&past.started)) } }
                        td { (past.suite) " " code { (past.corpus.get(..8).unwrap_or(&past.corpus)) } }
                        td.number { (past.counts.ran) } td.number { (past.counts.failed) }
                        td.number { (past.counts.expected) } td.number { (past.counts.gated) }
                        td.number { (mean(past.ratios.values())) } td.number { (mean(past.instructions.values())) }
                        td { (past.verdict) }
                    }
                }
            }
        }
    };
    html! {
        section #history aria-labelledby="history-is" {
            h2 #history-is { "History" }
            (wide("Reports of this binder, the newest first", &table))
            p.faint {
                "Ratio to the floor and instructions above it are geometric means over the shapes that have them; ratios of "
                "different machines do not compare. The report itself: "
                a href={ "../reports/" (entry.slug) ".json" } { "report.json" } ". Its badge: "
                a href={ "../badge/" (entry.slug) ".svg" } {
                    img src={ "../badge/" (entry.slug) ".svg" } alt="badge" height="20";
                }
            }
        }
    }
}

/// The geometric mean of what is above 0.
fn mean<'v>(values: impl Iterator<Item = &'v f64>) -> String {
    let logs: Vec<f64> = values.filter(|value| **value > 0.0).map(|value| value.ln()).collect();
    if logs.is_empty() {
        return "–".to_owned();
    }
    format!("{:.1}", (logs.iter().sum::<f64>() / logs.len() as f64).exp())
}
