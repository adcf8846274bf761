//! The timed loop. Arguments are in the header's form before the clock starts; what is timed is `bc_call`, and the
//! fetching of a stream's items.

use std::time::Instant;

use contract::HostValue;

use super::Calling;
use super::abi::status;
use super::values::Given;
use crate::loops;
use crate::{BenchReply, BenchRequest, BoundId, Script, ScriptArgument, SubjectFault};

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
    let mut at = 0;
    let start = Instant::now();
    for _ in 0..request.count {
        let Calling { loaded, answer } = &mut calling;
        let status = loaded.call(answer, function.0 as u64, &given[at].values);
        let is_plain = status == status::OK && !answer.is_stream();
        if !is_plain && let HostValue::Stream(token) = loops::timed(calling.outcome(status)?)? {
            loops::drained(&mut calling, token, take, request.keywords)?;
        }
        at = if at + 1 == given.len() { 0 } else { at + 1 };
    }
    let elapsed_ns = start.elapsed().as_nanos() as u64;
    let turns = rows.len().min(usize::try_from(request.count).unwrap_or(usize::MAX));
    let bits = request.rows[..turns]
        .iter()
        .map(|row| loops::row(&mut calling, row, &setup, request.keywords))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(BenchReply { elapsed_ns, checksum: loops::checksum(&bits, request.count) })
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
