//! One case made in two ways: the observations of both must be the same. What was expected of either was judged where the
//! call was, with what is left open of it, as a NaN's payload is (C-3, R-3).

use contract::HostValue;
use corpus::case::{Arrival, Expect, Expected, Step};
use subject::Outcome as CallOutcome;
use subject::evidence::{Event, EventKind, Item};

use super::calls::Observation;
use crate::arrived;
use crate::describe;
use crate::verdict::Judgement;

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
        let same = nameless(step, one) == nameless(step, other);
        judgement.check(clause, format_args!("{call} on {pair}"), same, describe);
        let describe = || {
            let text = |observed: &Observation| describe::arrived(&observed.events).join("; ");
            (text(one), text(other))
        };
        let same = unplaced(one) == unplaced(other);
        judgement.check(clause, format_args!("arrivals of {call} on {pair}"), same, describe);
    }
}

/// A reply without what was judged, and without what differs from run to run: which handle it is.
fn nameless(step: &Step, observed: &Observation) -> (CallOutcome, Vec<(usize, HostValue)>) {
    let outcome = match (&step.expect, &observed.reply.outcome) {
        (_, CallOutcome::Value(HostValue::Handle(_))) => {
            CallOutcome::Value(HostValue::Text("a handle".into()))
        }
        (Expect::Returns(Expected::Exactly(_)), CallOutcome::Value(_)) => {
            CallOutcome::Value(HostValue::Text("what was expected".into()))
        }
        (_, other) => other.clone(),
    };
    (outcome, observed.reply.arrays.clone())
}

/// Events without what differs from run to run, and from library to library: thread, addresses, and the
/// function's number, which is judged where the call is.
fn unplaced(observed: &Observation) -> Vec<(EventKind, Vec<Item>)> {
    let item = |kind, (place, item): (usize, &Item)| match (kind, item) {
        (_, Item::Address(_)) => Item::Address(1),
        (EventKind::Call, Item::Memory(bytes, full)) => {
            Item::Memory(known(bytes, expected(observed, place)), *full)
        }
        // What stands above them was judged where the call was (L-21).
        (EventKind::Call, Item::Integer(word)) => match expected(observed, place) {
            Some(Arrival::Integer(of, _)) => Item::Integer(arrived::own_bits(*of, *word)),
            _ => Item::Integer(*word),
        },
        (EventKind::Call, Item::Float(bits, size)) => match expected(observed, place) {
            Some(Arrival::Float(_, due)) => Item::Float(*due, *size),
            _ => Item::Float(*bits, *size),
        },
        // A struct that is freed: its buffers' addresses and its padding.
        (_, Item::Memory(_, full)) => Item::Memory(Vec::new(), *full),
        (_, other) => other.clone(),
    };
    let items = |event: &Event| {
        event.items.iter().enumerate().map(|placed| item(event.kind, placed)).collect()
    };
    observed.events.iter().map(|event| (event.kind, items(event))).collect()
}

fn expected(observed: &Observation, place: usize) -> Option<&Arrival> {
    observed.expected.get(place)?.as_ref()
}

/// Bytes of memory, zero where nobody can know them.
fn known(bytes: &[u8], expected: Option<&Arrival>) -> Vec<u8> {
    let Some(Arrival::Memory(octets)) = expected else { return bytes.to_vec() };
    let known = |(place, byte): (usize, &u8)| match octets.get(place) {
        Some(None) => 0,
        _ => *byte,
    };
    bytes.iter().enumerate().map(known).collect()
}
