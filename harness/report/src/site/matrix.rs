//! The first page: each binder against each family of clauses.

use contract::clause::families;
use maud::{Markup, html};

use super::{Entry, part};
use crate::ClauseOutcome;
use crate::html::frame::{Assets, Page, wide};
use crate::html::{Look, badge, day, look_of_verdict};

pub(super) fn page(entries: &[Entry]) -> String {
    let links = [
        ("#matrix", "Matrix"),
        ("costs.html", "Costs"),
        ("clause/index.html", "Clauses"),
        ("#data", "Data"),
    ];
    let page =
        Page { title: "Boundary Conformance", assets: Assets::At(""), above: None, links: &links };
    let heading = html! {
        p.kind { "Binders of native code, judged" }
        h1 { "Boundary Conformance" }
        p.facts {
            (entries.len()) " binders against " (contract::clause::all().len()) " clauses of one contract: what calls between "
            "a dynamic language and native code owe."
        }
    };
    page.render(&heading, &html! { (matrix(entries)) (data()) })
}

fn matrix(entries: &[Entry]) -> Markup {
    let families: Vec<_> = families()
        .iter()
        .filter(|family| entries.iter().any(|entry| is_judged(entry, &family.letter)))
        .collect();
    let table = html! {
        table.binders {
            thead {
                tr {
                    th scope="col" { "binder" } th scope="col" { "language" } th scope="col" { "level" }
                    th scope="col" { "verdict" }
                    th.number scope="col" { "ran" } th.number scope="col" { "failed" } th.number scope="col" { "known" }
                    th.number scope="col" { "at risk" } th.number scope="col" { "gated" }
                    @for family in &families {
                        th.cell scope="col" title=(family.title) {
                            a href={ "clause/index.html#family-" (family.letter) } {
                                (family.letter) span.unseen { " " (family.title) }
                            }
                        }
                    }
                    th scope="col" { "judged" }
                }
            }
            tbody { @for entry in entries { (row(entry, families.iter().map(|family| &*family.letter))) } }
        }
    };
    html! {
        section #matrix aria-labelledby="matrix-is" {
            h2 #matrix-is { "Binder by family of clauses" }
            (wide("Binder by family of clauses", &table))
            p.faint {
                "Below a binder's name stand the dialects that it declares. A cell is the worst that a clause of the family came to, with how many came to that. Known failures are "
                "listed with whose fault they are; at risk is what passed though compilers rely on more than an ABI says; "
                "gated is what a binder says that it does not serve."
            }
        }
    }
}

fn is_judged(entry: &Entry, letter: &str) -> bool {
    let came = entry.report.family(letter);
    came.is_some_and(|(outcome, _)| outcome != ClauseOutcome::NotRun)
}

fn row<'f>(entry: &Entry, families: impl Iterator<Item = &'f str>) -> Markup {
    let report = &entry.report;
    let (subject, counts) = (&report.subject, &report.counts);
    let page = format!("binder/{}.html", entry.slug);
    html! {
        tr {
            th scope="row" { a href=(page) { (subject.name) } " " span.version { (subject.version) }
                @if !subject.dialects.is_empty() { br; span.faint.dialects { (subject.dialects.join(", ")) } }
            }
            td { (subject.language) } td { (subject.level.name()) }
            td {
                (badge(look_of_verdict(report)))
                @if let Some(part) = part(report) { br; span.faint { (part) } }
            }
            td.number { (counts.ran) } td.number { (counts.failed) } td.number { (counts.expected) }
            td.number { (report.at_risk().count()) } td.number { (counts.gated) }
            @for letter in families { td.cell { (cell(entry, letter, &page)) } }
            td {
                time datetime=(report.suite.started) { (day(&report.suite.started)) }
                @if entry.judged_again { br; span.faint { "again, from its recording" } }
            }
        }
    }
}

fn cell(entry: &Entry, letter: &str, page: &str) -> Markup {
    let Some((outcome, count)) = entry.report.family(letter) else { return html! {} };
    let look = Look::from(outcome);
    let counted =
        matches!(outcome, ClauseOutcome::Failed | ClauseOutcome::Expected | ClauseOutcome::Error);
    html! {
        a class={ "badge " (look.class) } href={ (page) "#clauses" } title={ (letter) ": " (look.word) } {
            span aria-hidden="true" { (look.sign) @if counted { (count) } }
            span.unseen { (look.word) @if counted { " " (count) } }
        }
    }
}

fn data() -> Markup {
    html! {
        section #data aria-labelledby="data-are" {
            h2 #data-are { "For programs" }
            ul {
                li { a href="api/index.json" { code { "api/index.json" } } " has every binder; "
                    code { "api/binders/NAME.json" } " one with its history." }
                li { code { "reports/NAME.json" } " is its whole report, which " code { "conform report" } ", "
                    code { "diff" } " and " code { "trend" } " read." }
                li { code { "badge/NAME.svg" } " is its badge; " code { "badge/NAME.json" }
                    " the same for services that draw badges." }
            }
        }
    }
}
