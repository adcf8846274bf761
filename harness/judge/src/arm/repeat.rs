//! What the arms that repeat have in common: many runs of cases, judged by every distinct reply and by
//! what the evidence page counted.

use std::sync::Arc;

use corpus::case::Case;
use subject::RepeatRequest;

use super::script;
use crate::row::Class;
use crate::session::{Session, Stop};
use crate::verdict::Judgement;

/// Runs the cases in turn, `rounds` on each of `threads` threads.
pub(super) fn run(
    cases: &[Arc<Case>],
    rounds: u64,
    threads: usize,
    session: &mut Session,
) -> Result<Judgement, Stop> {
    let mut judgement = Judgement::default();
    let scripts = script::scripts(cases, session)?;
    let request = RepeatRequest { scripts: &scripts, rounds, threads };
    let (before, first) = (session.evidence.ledger(), session.evidence.next());
    let reply = session.subject.repeat(&request)?;
    let (after, next) = (session.evidence.ledger(), session.evidence.next());
    script::judge(cases, &request, &reply, &mut judgement);
    let expected: u64 = cases
        .iter()
        .enumerate()
        .map(|(number, case)| {
            script::events(case, &session.corpus.declarations) * request.runs(number)
        })
        .sum();
    let observed = next - first;
    // Calls that are missing or too many are how the fixtures came to hold more.
    let class = if after.live_blocks > before.live_blocks { Class::Leak } else { Class::Fail };
    let describe = || (expected.to_string(), observed.to_string());
    let what = "native calls and what they oblige";
    judgement.check_as(class, "N-2", what, expected == observed, describe);
    judgement.held("N-3", "live blocks afterwards", before.live_blocks, after.live_blocks);
    judgement.held("N-3", "live bytes afterwards", before.live_bytes, after.live_bytes);
    let faults = [
        ("N-3", "frees of unknown memory", before.unknown_frees, after.unknown_frees),
        ("N-3", "repeated frees", before.repeated_frees, after.repeated_frees),
        ("N-3", "frees with a wrong length", before.length_mismatches, after.length_mismatches),
        (
            "N-1",
            "arguments that arrived beside another call's",
            before.mismatches,
            after.mismatches,
        ),
    ];
    for (clause, what, before, after) in faults {
        judgement.equal(clause, what, &0, &(after - before));
    }
    Ok(judgement)
}
