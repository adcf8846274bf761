//! The same call from several threads at the same moment.

use contract::HostValue;
use reference_binder::heap::Raised;
use reference_binder::refusal::CallRefusal;
use reference_binder::{Caller, Function, Value};
use subject::loops::Meeting;
use subject::{RaceReply, RaceRequest, SubjectFault};

use super::values::{reply, to_binder};
use super::{Tokens, played, unknown_function};

/// What one thread did: the results it has, row by row, and what owns them.
type Raced = (Caller, Vec<Vec<Value>>, Vec<(Result<Value, CallRefusal>, Option<Raised>)>);

pub(super) fn race(
    functions: &[Function],
    tokens: &mut Tokens,
    request: &RaceRequest<'_>,
) -> Result<RaceReply, SubjectFault> {
    let function = functions.get(request.function.0).ok_or_else(unknown_function)?;
    let meeting = Meeting::of(request.threads);
    let known: &Tokens = tokens;
    let threads: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..request.threads)
            .map(|_| scope.spawn(|| race_on(function, known, request, &meeting)))
            .collect();
        threads.into_iter().map(std::thread::ScopedJoinHandle::join).collect()
    });
    let mut rows = vec![Vec::new(); request.rows.len()];
    for thread in threads {
        let (caller, arguments, results) =
            thread.map_err(|_| SubjectFault::Adapter("a racing thread panicked".into()))??;
        for ((row, arguments), (result, raised)) in rows.iter_mut().zip(&arguments).zip(results) {
            let arguments = (&**arguments, raised);
            row.push(reply(result, arguments, &caller, &mut |handle| tokens.of(handle)));
        }
    }
    Ok(RaceReply { rows })
}

fn race_on(
    function: &Function,
    tokens: &Tokens,
    request: &RaceRequest<'_>,
    meeting: &Meeting,
) -> Result<Raced, SubjectFault> {
    let mut caller = Caller::new();
    let mut convert = |row: &Vec<HostValue>| -> Result<Vec<Value>, SubjectFault> {
        let one = |value| to_binder(value, &mut caller.heap, &|token| tokens.handle(token));
        row.iter().map(one).collect()
    };
    let arguments: Result<Vec<_>, _> = request.rows.iter().map(&mut convert).collect();
    let mut results = Vec::with_capacity(request.rows.len());
    for row in 0..request.rows.len() {
        // Also where there is nothing to call with: the others wait for all.
        meeting.wait(row + 1);
        if let Ok(arguments) = &arguments {
            let result = played::call(function, &mut caller, &arguments[row]);
            results.push((result, caller.take_raised()));
        }
    }
    Ok((caller, arguments?, results))
}
