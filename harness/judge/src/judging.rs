//! One trial put to a session's subject, and the row its verdict becomes.

use std::time::Instant;

use corpus::generated;

use crate::arm;
use crate::plan::Trial;
use crate::row::{CaseRow, RiskRow};
use crate::session::Session;
use crate::verdict::{Difference, Verdict};

/// Puts a trial to the session's subject.
pub fn judge(trial: &Trial, session: &mut Session) -> CaseRow {
    let clock = Instant::now();
    let verdict = arm::judge(trial.arm, &trial.cases, session);
    served(trial, &verdict, session, clock)
}

/// The row of a verdict that a session's subject brought about since the clock was started.
pub fn served(trial: &Trial, verdict: &Verdict, session: &Session, clock: Instant) -> CaseRow {
    let path = session.path_of(&trial.cases[0]).map(|path| path.name().to_owned());
    let ms = clock.elapsed().as_secs_f64() * 1000.0;
    CaseRow { path, repro: repro(trial, Some(session.seed)), ..row(trial, verdict, ms) }
}

/// The row of a verdict; the path that served it, and the seed that was drawn from, are not known here.
pub fn row(trial: &Trial, verdict: &Verdict, ms: f64) -> CaseRow {
    let mut row = CaseRow {
        id: trial.cases[0].name(),
        arm: trial.arm.about().name.to_owned(),
        clauses: trial.clauses(),
        outcome: verdict.outcome(),
        repro: repro(trial, None),
        ms: (ms * 1000.0).round() / 1000.0,
        ..CaseRow::default()
    };
    match verdict {
        Verdict::Passed { risks, .. } => row.risks = risks.iter().map(risk).collect(),
        Verdict::Failed(failure) => {
            let text = |lines: Vec<String>| (!lines.is_empty()).then(|| lines.join("\n"));
            row.expected = text(failure.differences.iter().map(expected).collect());
            row.observed = text(failure.differences.iter().map(|d| d.observed.clone()).collect());
            row.calls = text(failure.calls.clone());
            row.arrived = text(failure.arrived.clone());
            row.class = Some(failure.class());
            row.broken = failure.broken();
            if row.broken.is_empty() {
                row.broken.clone_from(&row.clauses);
            }
        }
        Verdict::Gated(reason, text) | Verdict::Skipped(reason, text) => {
            row.reason = Some(*reason);
            row.observed = Some(text.clone());
        }
        Verdict::Error(text) => row.observed = Some(text.clone()),
    }
    row
}

fn risk(Difference { what, clause, expected, observed, .. }: &Difference) -> RiskRow {
    RiskRow {
        clause: clause.unwrap_or_default().to_owned(),
        what: what.clone(),
        expected: expected.clone(),
        observed: observed.clone(),
    }
}

/// The command that repeats a trial. A made signature is only there by its seed, and what an arm draws is the
/// same again only from the seed it was drawn from.
pub(crate) fn repro(trial: &Trial, drawn_from: Option<u64>) -> String {
    let about = trial.arm.about();
    let seed = match (generated::seed_of(&trial.cases[0]), drawn_from) {
        (Some(seed), _) => format!("--arm {} --seed {seed} ", about.name),
        (None, Some(seed)) if about.draws => format!("--seed {seed} "),
        _ => String::new(),
    };
    format!("conform check {seed}--filter {}", trial.name())
}

/// What was expected, and of what, where the call beside it does not say so already.
fn expected(difference: &Difference) -> String {
    let Difference { what, clause, expected, .. } = difference;
    match clause {
        Some(clause) => format!("{expected}  ({what}, {clause})"),
        None if what.starts_with("result of ") => expected.clone(),
        None => format!("{expected}  ({what})"),
    }
}
