//! `report.html`: the page that people open and publish. One file that asks nobody for anything: its style and its
//! script are in it, and whatever it says can be read without the script.

mod browse;
pub(crate) mod chart;
mod clauses;
mod cost;
pub(crate) mod frame;
mod outcome;
mod overview;
pub(crate) mod plot;
mod proof;
pub(crate) mod scaling;
mod trials;

use maud::{Markup, html};

use self::frame::{Assets, Page};
use crate::model::Report;

pub(crate) use self::chart::short;
pub(crate) use self::clauses::text_of as clause_text;
pub(crate) use self::outcome::{Look, badge, look_of_verdict};
pub(crate) use self::overview::{day, heading, title};
pub(crate) use self::trials::name_of;

/// The page.
pub fn render(report: &Report) -> String {
    let report = &report.for_people();
    let title = title(report);
    let page = Page { title: &title, assets: Assets::Within, above: None, links: &links(report) };
    page.render(&heading(report), &body(report, None))
}

/// Everything a report says, in sections, below the page's heading. `clauses_at` is where a site has its pages of
/// clauses, as this page sees it.
pub(crate) fn body(report: &Report, clauses_at: Option<&str>) -> Markup {
    html! {
        (overview::section(report))
        (clauses::section(report, clauses_at))
        (trials::failures(report))
        (trials::stale(&report.stale))
        (trials::known(report))
        (trials::risks(report))
        (trials::not_judged(report))
        (cost::section(&report.bench))
        (scaling::section(&report.scaling))
        (browse::section(report))
        (proof::section(report))
        (overview::run(report))
    }
}

/// The sections that this report has, in their order.
pub(crate) fn links(report: &Report) -> Vec<(&'static str, &'static str)> {
    use judge::row::TrialOutcome::{Error, Expected, Failed};
    let any = |outcome| report.cases.iter().any(|case| case.outcome == outcome);
    [
        (true, "#verdict", "Verdict"),
        (!report.clauses.is_empty(), "#clauses", "Clauses"),
        (any(Failed) || any(Error), "#failures", "Failures"),
        (!report.stale.is_empty(), "#stale", "Out of date"),
        (any(Expected), "#known", "Known failures"),
        (report.at_risk().next().is_some(), "#risks", "Risks"),
        (report.counts.gated + report.counts.skipped > 0, "#not-judged", "Not judged"),
        (!report.bench.is_empty(), "#cost", "Cost"),
        (!report.scaling.is_empty(), "#scaling", "How cost grows"),
        (!report.cases.is_empty(), "#trials", "All trials"),
        (!report.mutants.is_empty(), "#proof", "Faulty binders"),
        (true, "#run", "The run"),
    ]
    .into_iter()
    .filter_map(|(is_there, to, name)| is_there.then_some((to, name)))
    .collect()
}
