//! The suite's own proof: which faulty binders were caught, by which arms.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::put;
use super::text::{cell, code};
use crate::model::{MutantOutcome, MutantRow, Report};

/// Appends the section, where faulty binders were run.
pub(super) fn section(page: &mut String, report: &Report) {
    let mutants = &report.mutants;
    if mutants.is_empty() {
        return;
    }
    put!(page, "## Faulty binders");
    put!(page);
    put!(
        page,
        "The suite's own proof: {} of {} binders that each break one rule on purpose were caught, by \
         a trial that failed as the fault does and blamed a clause that it breaks.",
        mutants.len() - report.surviving_mutants(),
        mutants.len()
    );
    put!(page);
    families(page, mutants);
    matrix(page, mutants);
    if !report.unbroken.is_empty() {
        put!(page, "Clauses that none of them breaks, and how they are proved:");
        put!(page);
        put!(page, "| clause | proof |");
        put!(page, "|---|---|");
        for row in &report.unbroken {
            put!(page, "| {} | {} |", cell(&row.clause), cell(&row.proof));
        }
        put!(page);
    }
}

fn families(page: &mut String, mutants: &[MutantRow]) {
    let mut families: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for mutant in mutants {
        let (all, caught) = families.entry(&mutant.family).or_default();
        *all += 1;
        *caught += usize::from(mutant.outcome == MutantOutcome::Caught);
    }
    put!(page, "| family | caught | of |");
    put!(page, "|---|---|---|");
    for (family, (all, caught)) in families {
        put!(page, "| {} | {caught} | {all} |", cell(family));
    }
    put!(page);
}

fn matrix(page: &mut String, mutants: &[MutantRow]) {
    let mut arms: Vec<&str> = Vec::new();
    for arm in mutants.iter().flat_map(|mutant| &mutant.arms) {
        if !arms.contains(&&*arm.arm) {
            arms.push(&arm.arm);
        }
    }
    put!(
        page,
        "A number is how many trials of an arm caught a binder, one in brackets how many failed \
         without; 0 is none, and nothing means that the arm was not put to it."
    );
    put!(page);
    let heads: String = arms.iter().map(|arm| format!(" {} |", cell(arm))).collect();
    put!(page, "| binder | breaks | clauses | as | |{heads} caught by |");
    put!(page, "|---|---|---|---|---|{}---|", "---|".repeat(arms.len()));
    for mutant in mutants {
        let outcome = match mutant.outcome {
            MutantOutcome::Caught => "caught",
            MutantOutcome::Survived => "**survived**",
            MutantOutcome::Misjudged => "**misjudged**",
        };
        let made = |arm: &&str| match mutant.arms.iter().find(|row| row.arm == **arm) {
            None => "  |".to_owned(),
            Some(row) if row.caught > 0 || row.failed == 0 => format!(" {} |", row.caught),
            Some(row) => format!(" ({}) |", row.failed),
        };
        let cells: String = arms.iter().map(made).collect();
        let clauses = if mutant.clauses.is_empty() {
            mutant.clause.clone()
        } else {
            mutant.clauses.join(" ")
        };
        put!(
            page,
            "| {} | {} | {} | {} | {outcome} |{cells} {} |",
            code(&mutant.name),
            cell(&mutant.breaks),
            cell(&clauses),
            mutant.class.map_or("–", |class| class.word()),
            mutant.caught_by.as_deref().map_or("–".to_owned(), code)
        );
    }
    put!(page);
}
