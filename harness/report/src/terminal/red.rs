//! The trials that failed or were spoiled: as many in full as a part of a screen has room for, and the others by
//! the clause that they break.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use judge::known::name_of;
use judge::row::{CaseRow, TrialOutcome};

use super::push_labelled;
use crate::colour::{BAD, Colour, FAINT};
use crate::columns::{COLUMNS, LABEL, push, push_wrapped, shortened};
use crate::difference::{Extent, block};
use crate::model::Report;

/// Lines that trials in full take, beside the first.
const LINES: usize = 20;
/// Lines of an expected or observed text: of a trial that is the only one, and of one among others.
const LINES_OF_ONE: usize = 12;
const LINES_AMONG_OTHERS: usize = 3;
/// Clauses of the others that are named.
const CLAUSES: usize = 6;

pub(super) fn trials(out: &mut String, report: &Report, colour: Colour) {
    let mut red = report.with_outcome(TrialOutcome::Failed);
    red.extend(report.with_outcome(TrialOutcome::Error));
    let lines = if red.len() == 1 { LINES_OF_ONE } else { LINES_AMONG_OTHERS };
    let (mut shown, mut room) = (0, LINES);
    for case in &red {
        let text = trial(case, lines, colour);
        let taken = text.lines().count();
        if shown > 0 && taken > room {
            break;
        }
        out.push_str(&text);
        (shown, room) = (shown + 1, room.saturating_sub(taken));
    }
    others(out, &red[shown..], colour);
}

fn trial(case: &CaseRow, lines: usize, colour: Colour) -> String {
    let mut out = String::new();
    let word = case.outcome.word().to_uppercase();
    push_labelled(&mut out, &word, BAD, &name_of(case), colour);
    let path = case.path.as_ref().map(|path| format!(", {path} path")).unwrap_or_default();
    push_wrapped(&mut out, "clause", &format!("{}{path}", case.blamed()));
    for line in block(case, Extent { columns: COLUMNS, lines }) {
        push(&mut out, &line);
    }
    // Never wrapped, so that it can be copied; a line of its own in it could pass for one of ours.
    let repeat = case.repro.replace('\n', "\\u{a}");
    push(&mut out, &format!("{}{repeat}", colour.paint(FAINT, "repeat    ")));
    push(&mut out, "");
    out
}

/// A line a clause, the most often broken first, with the first trial that breaks it. A trial that breaks several
/// stands under its first.
fn others(out: &mut String, others: &[&CaseRow], colour: Colour) {
    let Some(first) = others.first() else { return };
    let mut by_clause: BTreeMap<(TrialOutcome, &str), (usize, &CaseRow)> = BTreeMap::new();
    for case in others {
        let clause = case.failed_for().first().map_or("none", String::as_str);
        by_clause.entry((case.outcome, clause)).or_insert((0, case)).0 += 1;
    }
    let mut rows: Vec<_> = by_clause.into_iter().collect();
    rows.sort_by_key(|((outcome, _), (count, _))| (*outcome, Reverse(*count)));
    let failed = others.iter().filter(|case| case.outcome == TrialOutcome::Failed).count();
    let what = match (failed, others.len() - failed) {
        (more, 0) | (0, more) => format!("{more} more"),
        (failed, spoiled) => format!("{failed} more, and {spoiled} that were spoiled"),
    };
    let text = format!("{what}, by clause; each is in the report, and in `--format terse`");
    push_labelled(out, first.outcome.word().to_uppercase().as_str(), BAD, &text, colour);
    for ((outcome, clause), (count, case)) in rows.iter().take(CLAUSES) {
        let spoiled = if *outcome == TrialOutcome::Error { "spoiled, " } else { "" };
        let line = format!("{clause:<6}{count:>5}  {spoiled}as {}", name_of(case));
        push(out, &format!("{:LABEL$}{}", "", shortened(&line, COLUMNS - LABEL)));
    }
    super::push_more(out, rows.len(), CLAUSES, "clauses");
    push(out, "");
}
