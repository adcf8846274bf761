//! The suite's own proof: faulty binders, and which arms caught them.

use maud::{Markup, html};

use super::frame::{to_anchor, wide};
use super::outcome::Look;
use crate::model::{MutantOutcome, MutantRow, Report};

pub(super) fn section(report: &Report) -> Markup {
    let mutants = &report.mutants;
    if mutants.is_empty() {
        return html! {};
    }
    html! {
        section #proof aria-labelledby="proof-is" {
            h2 #proof-is {
                "Faulty binders"
                span.count { (mutants.len() - report.surviving_mutants()) " of " (mutants.len()) " caught" }
            }
            p {
                "The suite's own proof: each of these binders breaks one rule on purpose, and is caught only by a trial "
                "that fails as the fault does and blames a clause that it breaks. A number is how many trials of an arm "
                "caught it, one in brackets how many failed without; 0 is none, and nothing means that the arm was not "
                "put to it."
            }
            (wide("Which arms caught which faulty binders", &matrix(mutants)))
            (unbroken(report))
        }
    }
}

fn matrix(mutants: &[MutantRow]) -> Markup {
    let mut arms: Vec<&str> = Vec::new();
    for arm in mutants.iter().flat_map(|mutant| &mutant.arms) {
        if !arms.contains(&&*arm.arm) {
            arms.push(&arm.arm);
        }
    }
    html! {
        table.matrix {
            thead {
                tr {
                    th scope="col" { "binder" } th scope="col" { "outcome" }
                    @for arm in &arms { th.number scope="col" { (arm) } }
                    th scope="col" { "clauses" } th scope="col" { "breaks" } th scope="col" { "caught by" }
                }
            }
            @for (family, mutants) in by_family(mutants) {
                tbody {
                    tr { th.family colspan=(arms.len() + 5) scope="rowgroup" { (family) } }
                    @for mutant in mutants { (row(mutant, &arms)) }
                }
            }
        }
    }
}

fn by_family(mutants: &[MutantRow]) -> Vec<(&str, Vec<&MutantRow>)> {
    let mut families: Vec<(&str, Vec<&MutantRow>)> = Vec::new();
    for mutant in mutants {
        match families.iter_mut().find(|(family, _)| *family == mutant.family) {
            Some((_, of)) => of.push(mutant),
            None => families.push((&mutant.family, vec![mutant])),
        }
    }
    families
}

fn row(mutant: &MutantRow, arms: &[&str]) -> Markup {
    let look = match mutant.outcome {
        MutantOutcome::Caught => Look { class: "good", sign: "✓", word: "caught" },
        MutantOutcome::Survived => Look { class: "bad", sign: "✗", word: "survived" },
        MutantOutcome::Misjudged => Look { class: "warn", sign: "!", word: "misjudged" },
    };
    let own = [mutant.clause.clone()];
    let clauses = if mutant.clauses.is_empty() { &own[..] } else { &mutant.clauses };
    html! {
        tr {
            th scope="row" { code { (mutant.name) } }
            td { (super::badge(look)) }
            @for arm in arms {
                @match mutant.arms.iter().find(|row| row.arm == *arm) {
                    None => { td {} }
                    Some(row) if row.caught > 0 => { td.number.caught { (row.caught) } }
                    Some(row) if row.failed > 0 => { td.number { "(" (row.failed) ")" } }
                    Some(_) => { td.number { "0" } }
                }
            }
            td { @for (index, clause) in clauses.iter().enumerate() {
                @if index > 0 { " " } a href=(to_anchor(clause)) { (clause) }
            } }
            td { (mutant.breaks) }
            td { @if let Some(trial) = &mutant.caught_by { code { (trial) } } @else { "–" } }
        }
    }
}

fn unbroken(report: &Report) -> Markup {
    if report.unbroken.is_empty() {
        return html! {};
    }
    let table = html! {
        table {
            thead { tr { th scope="col" { "clause" } th scope="col" { "proof" } } }
            tbody {
                @for row in &report.unbroken {
                    tr { th scope="row" { a href=(to_anchor(&row.clause)) { (row.clause) } } td { (row.proof) } }
                }
            }
        }
    };
    html! {
        h3 { "Clauses that none of them breaks, and how they are proved" }
        (wide("Clauses that no faulty binder breaks", &table))
    }
}
