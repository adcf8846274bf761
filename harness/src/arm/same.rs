//! One case made in two ways: the observations of both must be the same.

use reference_binder::contract::{ArgumentKind, Declarations, Type};

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
    declarations: &Declarations,
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
        let placed = holds_addresses(step, declarations);
        let same = unplaced(&one.events, placed) == unplaced(&other.events, placed);
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
/// function's number, which is judged where the call is. Of memory that may hold addresses, `placed`, only
/// the length is kept: its bytes are judged by the model, which knows where the addresses are.
fn unplaced(events: &[Event], placed: bool) -> Vec<(EventKind, Vec<Item>)> {
    let item = |item: &Item| match item {
        Item::Address(_) => Item::Address(1),
        Item::Memory(_, full) if placed => Item::Memory(Vec::new(), *full),
        other => other.clone(),
    };
    events.iter().map(|event| (event.kind, event.items.iter().map(item).collect())).collect()
}

/// Whether a call's arguments or its return are, or hold, structs: their buffers are addresses and their
/// padding is nobody's.
fn holds_addresses(step: &Step, declarations: &Declarations) -> bool {
    let signature = &step.function.signature;
    let arguments = signature.arguments.iter().any(|argument| match &argument.kind {
        ArgumentKind::Plain(kind) => holds_struct(kind, declarations),
        ArgumentKind::Rest(_) | ArgumentKind::Destructured(_) => false,
    });
    arguments || holds_struct(&signature.returns, declarations)
}

fn holds_struct(kind: &Type, declarations: &Declarations) -> bool {
    match kind {
        Type::Named(name) => declarations.fields(name).is_some(),
        Type::Pointer { of, .. }
        | Type::Slice { of, .. }
        | Type::Array { of, .. }
        | Type::Optional(of)
        | Type::ErrorUnion { of, .. }
        | Type::Owned(of)
        | Type::Borrowed(of) => holds_struct(of, declarations),
        _ => false,
    }
}
