//! One case made in two ways: the observations of both must be the same.

use super::calls::Observation;
use crate::case::Step;
use crate::describe;
use crate::evidence::{Event, EventKind, Item};
use crate::judge::Judgement;
use crate::subject::Outcome as CallOutcome;
use crate::value::HostValue;

/// Compares what was seen of the same steps made in two ways, which `pair` names: `both paths`.
pub(super) fn judge(
    steps: &[Step],
    [one, other]: [&[Observation]; 2],
    (clause, pair): (Option<&'static str>, &str),
    judgement: &mut Judgement,
) {
    for ((step, one), other) in steps.iter().zip(one).zip(other) {
        let call = describe::call(&step.function.symbol, &step.arguments);
        let describe = || (describe::reply(&one.reply), describe::reply(&other.reply));
        let same = nameless(one) == nameless(other);
        judgement.check(clause, format_args!("{call} on {pair}"), same, describe);
        let describe = || {
            let text = |observed: &Observation| describe::arrived(&observed.events).join("; ");
            (text(one), text(other))
        };
        let same = unplaced(&one.events) == unplaced(&other.events);
        judgement.check(clause, format_args!("arrivals of {call} on {pair}"), same, describe);
    }
}

/// A reply without what differs from run to run: which handle it is.
fn nameless(observed: &Observation) -> (CallOutcome, Vec<(usize, HostValue)>) {
    let outcome = match &observed.reply.outcome {
        CallOutcome::Value(HostValue::Handle(_)) => {
            CallOutcome::Value(HostValue::Text("a handle".into()))
        }
        other => other.clone(),
    };
    (outcome, observed.reply.arrays.clone())
}

/// Events without what differs from run to run, and from library to library: thread, addresses, and the
/// function's number, which is judged where the call is.
fn unplaced(events: &[Event]) -> Vec<(EventKind, Vec<Item>)> {
    let item = |item: &Item| match item {
        Item::Address(_) => Item::Address(1),
        other => other.clone(),
    };
    events.iter().map(|event| (event.kind, event.items.iter().map(item).collect())).collect()
}
