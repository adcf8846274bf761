//! Cases made ready to be repeated by the subject itself, and what must come of that.

use std::ops::RangeInclusive;
use std::sync::Arc;

use contract::Declarations;
use contract::{HostValue, Token};
use corpus::case::{Case, Expect, Given, Step};
use corpus::model;
use subject::{Outcome, RepeatReply, RepeatRequest, Script, ScriptArgument, ScriptStep, Tally};

use super::callbacks;
use super::calls;
use crate::blame;
use crate::describe;
use crate::session::{Route, Session, Stop};
use crate::verdict::Judgement;

/// The cases as scripts, on the paths their signatures ask for.
pub(super) fn scripts(cases: &[Arc<Case>], session: &mut Session) -> Result<Vec<Script>, Stop> {
    cases.iter().map(|case| script(case.steps(), Route::BySignature, session)).collect()
}

/// The steps of a case as a script, by a way into the library.
pub(super) fn script(steps: &[Step], route: Route, session: &mut Session) -> Result<Script, Stop> {
    let keeper = |name: &str| steps.iter().position(|step| step.keep.as_deref() == Some(name));
    let steps = steps
        .iter()
        .map(|step| {
            let function = session.bind(&step.function, route)?.function;
            let arguments = step
                .arguments
                .iter()
                .map(|given| match given {
                    Given::Value(value) => ScriptArgument::Value(value.clone()),
                    Given::Kept(name) => match keeper(name) {
                        Some(step) => ScriptArgument::Result(step),
                        None => ScriptArgument::Value(HostValue::Nil),
                    },
                })
                .collect();
            Ok(ScriptStep { function, arguments, take: step.take })
        })
        .collect::<Result<_, Stop>>()?;
    Ok(Script { steps })
}

/// Native events one run of a case makes, at least and at most: calls and what they oblige.
pub(super) fn events(case: &Case, declarations: &Declarations) -> RangeInclusive<u64> {
    let made = case.steps().iter().filter(|step| !step.is_refused());
    let each =
        made.map(|step| (model::obliged(step, declarations).events(), callbacks::events(step)));
    let (least, most) = each.fold((0, 0), |(least, most), (events, (fewest, greatest))| {
        (least + 1 + events.start() + fewest, most + 1 + events.end() + greatest)
    });
    least..=most
}

/// Judges every distinct reply of every step, and that each step was answered as often as it was run.
pub(super) fn judge(
    cases: &[Arc<Case>],
    request: &RepeatRequest<'_>,
    reply: &RepeatReply,
    declarations: &Declarations,
    judgement: &mut Judgement,
) {
    judgement.equal("N-2", "scripts answered", &cases.len(), &reply.scripts.len());
    for (number, (case, tallies)) in cases.iter().zip(&reply.scripts).enumerate() {
        let runs = request.runs(number);
        let due = case.steps().len();
        judgement.equal(
            "N-2",
            format_args!("steps answered of {}", case.name()),
            &due,
            &tallies.len(),
        );
        for (step, tally) in case.steps().iter().zip(tallies) {
            let times = (runs, request.threads);
            judge_step(case, step, tally, tallies, times, declarations, judgement);
        }
    }
}

fn judge_step(
    case: &Case,
    step: &Step,
    tally: &Tally,
    all: &[Tally],
    (runs, threads): (u64, usize),
    declarations: &Declarations,
    judgement: &mut Judgement,
) {
    let clause = if threads > 1 { "N-1" } else { "N-2" };
    let call = describe::call(&step.function.symbol, &step.arguments);
    let answers: u64 = tally.replies.iter().map(|(_, times)| times).sum();
    judgement.equal("N-2", format_args!("answers to {call}"), &runs, &answers);
    let arguments = step.values();
    // A handle's token is the step that first gave it, so a kept one is what that step answered.
    let kept = |name: &str| {
        let keeper = case.steps().iter().position(|s| s.keep.as_deref() == Some(name))?;
        match all.get(keeper)?.replies.first()?.0.outcome {
            Outcome::Value(HostValue::Handle(token)) => Some::<Token>(token),
            _ => None,
        }
    };
    let cited = judgement.cited.clone();
    for (reply, _) in &tally.replies {
        // Wrong each time is wrong once; wrong now and then is the repeating's.
        let once = || blame::reply(step, &reply.outcome, &cited, declarations);
        let blame = || if tally.replies.len() > 1 { Some(clause) } else { once() };
        calls::judge_reply(step, reply, &kept, declarations, blame, judgement);
        if matches!(step.expect, Expect::Returns(_)) {
            calls::judge_arrays(step, &arguments, reply, judgement);
        }
    }
}
