//! The contract, clause by clause: what came of each, with its text at hand.

use std::collections::BTreeMap;

use contract::clause::{self, Clause, families, family_of};
use maud::{Markup, PreEscaped, html};
use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use strum::VariantArray;

use super::frame::wide;
use super::outcome::{Look, badge};
use crate::ClauseOutcome;
use crate::model::{ClauseRow, Report};

pub(super) fn section(report: &Report, clauses_at: Option<&str>) -> Markup {
    let rows = &report.clauses;
    if rows.is_empty() {
        return html! {};
    }
    let families = by_family(rows);
    html! {
        section #clauses aria-labelledby="clauses-are" {
            h2 #clauses-are { "Clauses" }
            p { "Each number is a clause of the contract; it leads to the clause's text and to the trials that cite it." }
            table.chips {
                caption.unseen { "Clauses by family" }
                tbody {
                    @for (letter, title, rows) in &families {
                        tr {
                            th scope="row" { span.letter { (letter) } " " (title) }
                            td {
                                ul { @for row in rows { li { (chip(row)) } } }
                            }
                        }
                    }
                }
            }
            ul.legend {
                @for &outcome in ClauseOutcome::VARIANTS {
                    @let count = rows.iter().filter(|row| row.outcome == outcome).count();
                    @if count > 0 { li { (badge(Look::from(outcome))) " " (count) } }
                }
            }
            @for (letter, title, rows) in &families {
                details.family {
                    summary { (letter) ". " (title) span.faint { " · " (rows.len()) " clauses" } }
                    (wide(&format!("Clauses of {letter}"), &texts(rows, clauses_at)))
                }
            }
        }
    }
}

/// Rows by the letter of their family, with its title, in the order of the contract.
fn by_family(rows: &[ClauseRow]) -> Vec<(&str, &str, Vec<&ClauseRow>)> {
    let mut by_letter: BTreeMap<&str, Vec<&ClauseRow>> = BTreeMap::new();
    for row in rows {
        by_letter.entry(family_of(&row.id)).or_default().push(row);
    }
    let known = families().iter().filter_map(|family| {
        let rows = by_letter.remove(family.letter.as_str())?;
        Some((family.letter.as_str(), family.title.as_str(), rows))
    });
    let mut all: Vec<_> = known.collect();
    // Of a suite that knows other clauses.
    all.extend(by_letter.into_iter().map(|(letter, rows)| (letter, "", rows)));
    all
}

fn chip(row: &ClauseRow) -> Markup {
    let look = Look::from(row.outcome);
    let number = row.id.split_once('-').map_or(row.id.as_str(), |(_, number)| number);
    html! {
        a class={ "chip " (look.class) } href={ "#" (row.id) } title={ (row.id) " " (look.word) } {
            span aria-hidden="true" { (number) " " (look.sign) }
            span.unseen { (row.id) " " (look.word) }
        }
    }
}

fn texts(rows: &[&ClauseRow], clauses_at: Option<&str>) -> Markup {
    html! {
        table {
            thead {
                tr {
                    th scope="col" { "clause" } th scope="col" { "outcome" }
                    th.number scope="col" { "passed" } th.number scope="col" { "ran" }
                    th.number scope="col" { "trials" } th scope="col" { "text" }
                }
            }
            tbody {
                @for row in rows {
                    tr id=(row.id) {
                        th scope="row" {
                            @match clauses_at {
                                Some(at) => { a href={ (at) (row.id) ".html" } { (row.id) } }
                                None => (row.id),
                            }
                        }
                        td { (badge(Look::from(row.outcome))) }
                        td.number { (row.passed) } td.number { (row.ran) }
                        td.number { a href="#trials" data-clause=(row.id) { (row.cases) } }
                        td.text {
                            @match clause::find(&row.id) {
                                Some(clause) => (text_of(clause)),
                                None => "This suite has no clause of that id.",
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A clause's text with its code and emphasis; links lead nowhere from here, so their words stay.
pub(crate) fn text_of(clause: &Clause) -> Markup {
    let is_inline = |event: &Event<'_>| {
        let block = |tag: &Tag<'_>| matches!(tag, Tag::Paragraph | Tag::Link { .. });
        let end = |tag: &TagEnd| matches!(tag, TagEnd::Paragraph | TagEnd::Link);
        !matches!(event, Event::Start(tag) if block(tag))
            && !matches!(event, Event::End(tag) if end(tag))
    };
    let mut text = String::new();
    pulldown_cmark::html::push_html(&mut text, Parser::new(&clause.text).filter(is_inline));
    html! {
        (PreEscaped(text))
        @if let Some(capability) = &clause.capability {
            " " span.faint { "Judged of who declares " code { (capability) } "." }
        }
        @if clause.reference_only { " " span.faint { "Judged of the reference binder only." } }
        @if clause.wire { " " span.faint { "Owed at wire level, too." } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_clause_has_a_text_without_links_and_paragraphs() {
        for clause in clause::all() {
            let text = text_of(clause).into_string();
            assert!(!text.is_empty() && !text.contains("<a ") && !text.contains("<p>"), "{text}");
        }
    }
}
