//! The timed loop. Arguments are in the header's form before the clock starts; what is timed is `bc_call`
//! and the reading of its result.

use std::time::Instant;

use contract::HostValue;

use super::Calling;
use super::abi::status;
use super::values::Given;
use crate::loops;
use crate::{BenchReply, BenchRequest, BoundId, Outcome, Script, ScriptArgument, SubjectFault};

/// Rows of one step are made ready; only rows of several have to pass results on, and take the loop that
/// does.
pub(super) fn bench(
    mut calling: Calling,
    request: &BenchRequest<'_>,
) -> Result<BenchReply, SubjectFault> {
    let [first, ..] = request.rows else { return loops::bench(&mut calling, request) };
    let [step] = &*first.steps else { return loops::bench(&mut calling, request) };
    let (function, take) = (step.function, step.take);
    let setup = loops::once(&mut calling, request.setup, request.keywords)?;
    let rows: Option<Vec<_>> =
        request.rows.iter().map(|row| arguments(row, function, &setup)).collect();
    let Some(rows) = rows else { return loops::bench(&mut calling, request) };
    let given: Vec<Given<'_>> = rows.iter().map(|row| Given::of(row)).collect();
    let (mut at, mut checksum) = (0, 0_u64);
    let start = Instant::now();
    for _ in 0..request.count {
        let Calling { loaded, answer } = &mut calling;
        let status = loaded.call(answer, function.0 as u64, &given[at]);
        let bits = if status == status::OK { answer.bits() } else { None };
        let bits = match bits {
            Some(bits) => bits,
            None => match calling.outcome(status)? {
                Outcome::Value(HostValue::Stream(token)) => {
                    loops::drained(&mut calling, token, take, request.keywords)?
                }
                outcome => loops::bits(&loops::timed(outcome)?, request.keywords),
            },
        };
        checksum = checksum.wrapping_mul(31).wrapping_add(bits);
        at = if at + 1 == given.len() { 0 } else { at + 1 };
    }
    let elapsed_ns = start.elapsed().as_nanos() as u64;
    Ok(BenchReply { elapsed_ns, checksum })
}

/// The arguments of a row of one step that needs no results but the setup's.
fn arguments(row: &Script, function: BoundId, setup: &[HostValue]) -> Option<Vec<HostValue>> {
    let [step] = &*row.steps else { return None };
    let argument = |argument: &ScriptArgument| match argument {
        ScriptArgument::Value(value) => Some(value.clone()),
        ScriptArgument::Result(step) => setup.get(*step).cloned(),
    };
    if step.function == function { step.arguments.iter().map(argument).collect() } else { None }
}
