//! The arms that have the subject itself run cases over and over, which are judged by every distinct reply
//! and by what the evidence page counted.

use std::sync::Arc;

use contract::{ArgumentKind, Type};
use corpus::case::{Case, Step};
use corpus::model;
use subject::{Capability, RepeatRequest};
use zig_lib::library::Profile;

use super::script;
use super::{About, Arm, Gather, Puts, ledger};
use crate::describe;
use crate::row::Class;
use crate::session::{Session, Stop};

/// An arm that repeats.
pub(super) struct Repeats {
    about: About,
    applies: fn(&Case) -> bool,
    at_stake: Option<&'static str>,
    /// Rounds that each thread makes of the cases, which it runs in turn.
    rounds: fn(&[Arc<Case>]) -> u64,
    /// Threads at once, each of which starts with another case, so that different arguments and results are
    /// in flight together.
    threads: usize,
    /// Times that fixtures hold a call while other threads make theirs, and the host collects where it can.
    holds: u64,
}

/// The leak lane: after any number of runs that give back what they made, the fixtures hold what they
/// held before (N-3). A round trip passes in spite of a leak; this does not.
pub(super) const LEAK: Repeats = Repeats {
    about: About { name: "leak", clauses: &["N-3"], ..About::PLAIN },
    applies: |case| {
        let touches =
            |step: &Step| step.is_refused() || model::touches_memory(&step.function.signature);
        !case.is_large() && case.steps().iter().any(touches)
    },
    at_stake: None,
    // Enough for a block lost now and then to show.
    rounds: |_| 64,
    threads: 1,
    holds: 0,
};

/// Threads: all cases of a function at once from several threads, about 2,000 calls on each (N-1).
pub(super) const THREADS: Repeats = Repeats {
    about: About {
        name: "threads",
        clauses: &["N-1"],
        gathers: Gather::ByShape,
        capability: Some(Capability::Threads),
        puts: Puts::Often,
        loops: true,
        ..About::PLAIN
    },
    applies: |case| calls_something(case) && case.is_apart(),
    at_stake: None,
    rounds: |cases| 2_000 / steps(cases).max().unwrap_or(1),
    threads: 4,
    holds: 0,
};

/// Long calls: while a call is held, first before the fixture reads what it was lent and then once it has
/// written what it returns, others are made, of the same functions too, and are refused, and the host
/// collects. What was lent stays where it is (C-12), and what comes back is each call's own (N-1).
pub(super) const LONG_CALLS: Repeats = Repeats {
    about: About { name: "long-calls", clauses: &["C-12", "N-1"], ..THREADS.about },
    applies: |case| {
        calls_something(case) && case.is_apart() && case.steps().iter().any(has_more_than_registers)
    },
    at_stake: Some("C-12"),
    rounds: |cases| (LONG_CALLS_EACH / steps(cases).max().unwrap_or(1)).max(cases.len() as u64),
    threads: 3,
    holds: 16,
};

/// Calls of each thread between which some are held.
const LONG_CALLS_EACH: u64 = 600;

/// Volume: a hundred thousand calls of a function give a hundred thousand right answers (N-2).
pub(super) const VOLUME: Repeats = Repeats {
    about: About {
        name: "volume",
        clauses: &["N-2"],
        gathers: Gather::ByShape,
        puts: Puts::Often,
        loops: true,
        ..About::PLAIN
    },
    applies: calls_something,
    at_stake: None,
    // Cases are run in turn, so that this many rounds make that many calls.
    rounds: |cases| (100_000 * cases.len() as u64).div_ceil(steps(cases).sum::<u64>().max(1)),
    threads: 1,
    holds: 0,
};

/// The race build: the threads arm under the thread sanitiser, which ends the worker at the first data
/// race in the fixtures' own memory. Only on request, because that build takes a minute.
pub(super) const RACE: Repeats = Repeats {
    about: About { name: "race", build: Profile::Race, on_request: true, ..THREADS.about },
    at_stake: Some("N-1"),
    ..THREADS
};

/// Whether a case calls something that can be called often: a call that is refused is repeated like any other
/// (C-13).
pub(super) fn calls_something(case: &Case) -> bool {
    !case.steps().is_empty() && !case.is_large()
}

/// Whether a step makes a call in which there is more than scalars in registers.
fn has_more_than_registers(step: &Step) -> bool {
    let is_carrier = |of: &Type| match of {
        Type::Scalar(scalar) => scalar.is_carrier(),
        of => *of == Type::Void,
    };
    let signature = &step.function.signature;
    let by_value = signature.arguments.iter().all(|argument| match &argument.kind {
        ArgumentKind::Plain(of) => is_carrier(of),
        ArgumentKind::Destructured(_) => true,
        ArgumentKind::Rest(_) => false,
    });
    !(step.is_refused() || by_value && is_carrier(&signature.returns))
}

fn steps(cases: &[Arc<Case>]) -> impl Iterator<Item = u64> {
    cases.iter().map(|case| case.steps().len() as u64)
}

impl Arm for Repeats {
    fn about(&self) -> About {
        self.about
    }

    fn applies(&self, case: &Case) -> bool {
        (self.applies)(case)
    }

    fn at_stake(&self, _: &Case) -> Option<&'static str> {
        self.at_stake
    }

    fn run(&self, cases: &[Arc<Case>], session: &mut Session) -> Result<(), Stop> {
        let scripts = script::scripts(cases, session)?;
        let (rounds, threads) = ((self.rounds)(cases), self.threads);
        let collect = self.holds > 0 && session.can(Capability::Collect);
        let stand_ins = self.about.loops;
        let request = RepeatRequest { scripts: &scripts, rounds, threads, collect, stand_ins };
        session.subject.rehearse(&request)?;
        let (before, first) = (session.evidence.ledger(), session.evidence.next());
        session.evidence.hold(self.holds);
        let reply = session.subject.repeat(&request);
        session.evidence.hold(0);
        let reply = reply?;
        let (after, next) = (session.evidence.ledger(), session.evidence.next());
        let judgement = &mut session.judgement;
        let what = "long calls under which what they were lent changed";
        judgement.equal("C-12", what, &0, &(after.moved - before.moved));
        let what = "long calls under which what they had returned was written over";
        judgement.equal("N-1", what, &0, &(after.overwritten - before.overwritten));
        script::judge(cases, &request, &reply, &session.corpus.declarations, judgement);
        let (least, most) =
            cases.iter().enumerate().fold((0, 0), |(least, most), (number, case)| {
                let each = script::events(case, &session.corpus.declarations);
                let runs = request.runs(number);
                (least + each.start() * runs, most + each.end() * runs)
            });
        let expected = least..=most;
        let observed = next - first;
        // Calls that are missing or too many are how the fixtures came to hold more.
        let class = if after.live_blocks > before.live_blocks { Class::Leak } else { Class::Fail };
        let describe = || (describe::counts(&expected), observed.to_string());
        let what = "native calls and what they oblige";
        judgement.check_as(class, "N-2", what, expected.contains(&observed), describe);
        ledger::judge_live("N-3", "afterwards", before, after, judgement);
        ledger::judge_frees("", before, after, judgement);
        ledger::judge_room("", before, after, judgement);
        let (clause, what) = if request.threads > 1 {
            (Some("N-1"), "arguments that arrived beside another call's")
        } else {
            (None, "arguments that are not what the call's others say of them")
        };
        judgement.equal(clause, what, &0, &(after.mismatches - before.mismatches));
        if self.holds > 0 && judgement.holds() && after.held == before.held {
            return Err(Stop::Skipped("no call was made while another was held".into()));
        }
        Ok(())
    }
}
