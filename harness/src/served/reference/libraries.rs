//! Libraries opened on request: let go of, and closed while what was bound from them is still there.
#![expect(unsafe_code, reason = "opens libraries that the suite names")]

use std::path::Path;
use std::thread;
use std::time::Duration;

use contract::HostValue;
use reference_binder::{Caller, ClosableLibrary, Function};
use subject::loops::Meeting;
use subject::{
    CallReply, OpenReply, OpenedId, SubjectFault, UnloadDuringReply, UnloadDuringRequest,
};

use super::values::{reply, to_binder};
use super::{ReferenceBinder, Tokens, unknown_function};

/// From when all threads call to when they are in the library: a switch of threads, many times over.
const UNDER_WAY: Duration = Duration::from_millis(5);

impl ReferenceBinder {
    pub(super) fn load(&mut self, path: &Path) -> OpenReply {
        // SAFETY: who runs the harness has the suite name the libraries to judge with.
        match unsafe { ClosableLibrary::open(path) } {
            Ok(library) => {
                self.opened.push(Some(library));
                OpenReply::Opened(OpenedId(self.opened.len() - 1))
            }
            Err(error) => OpenReply::Unlinked(error.to_string()),
        }
    }

    /// A library that was opened and not let go of.
    pub(super) fn opened(&self, id: OpenedId) -> Result<&ClosableLibrary, SubjectFault> {
        let unknown = || SubjectFault::Adapter("asked for a library it does not have open".into());
        self.opened.get(id.0).and_then(Option::as_ref).ok_or_else(unknown)
    }

    /// Closes a library while threads call a function of it.
    pub(super) fn unload_while_called(
        &mut self,
        request: &UnloadDuringRequest<'_>,
    ) -> Result<UnloadDuringReply, SubjectFault> {
        let function = self.functions.get(request.function.0).ok_or_else(unknown_function)?;
        let library = self.opened(request.library)?;
        let meeting = Meeting::of(request.threads + 1);
        let tokens = &self.tokens;
        let calls: Vec<_> = thread::scope(|scope| {
            let one = || call(function, request.arguments, tokens, &meeting);
            let threads: Vec<_> = (0..request.threads).map(|_| scope.spawn(one)).collect();
            meeting.wait(1);
            thread::sleep(UNDER_WAY);
            library.close();
            threads.into_iter().map(thread::ScopedJoinHandle::join).collect()
        });
        let panicked = |_| SubjectFault::Adapter("a calling thread panicked".into());
        let calls =
            calls.into_iter().map(|call| call.map_err(panicked)?).collect::<Result<_, _>>()?;
        Ok(UnloadDuringReply { unloaded: true, calls })
    }
}

/// One thread's call, made once all have come.
fn call(
    function: &Function,
    arguments: &[HostValue],
    tokens: &Tokens,
    meeting: &Meeting,
) -> Result<CallReply, SubjectFault> {
    let mut caller = Caller::new();
    let values = arguments
        .iter()
        .map(|argument| to_binder(argument, &mut caller.heap, &|token| tokens.handle(token)))
        .collect::<Result<Vec<_>, _>>();
    // Also where there is nothing to call with: the others wait for all.
    meeting.wait(1);
    let values = values?;
    let result = function.call(&mut caller, &values);
    let mut handles = Tokens::default();
    let raised = caller.take_raised();
    Ok(reply(result, (&values, raised), &caller, &mut |handle| handles.of(handle)))
}
