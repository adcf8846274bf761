//! What a subject of the suite is asked and what it answers: the one interface between the suite and
//! a binder, in process or out of it.
//!
//! A subject sees calls, never expectations.

pub mod allocations;
mod capability;
mod event;
pub mod evidence;
mod exchange;
mod fault;
pub mod library;
pub mod loops;
pub mod numbers;
pub mod page;
pub mod program;
pub mod protocol;
pub mod recording;
pub mod resident;
mod script;
pub mod wire;

use std::path::Path as FilePath;
use std::sync::{Mutex, MutexGuard, PoisonError};

use contract::{FunctionType, HostValue, Token};

use crate::recording::Tape;

pub use capability::Capability;
pub use contract::{Dialect, Level, Path, RefusalCode, UnknownDialect};
pub use exchange::{
    BindReply, BindRequest, BoundId, CallReply, Called, Counters, HeldDeclarations, NormalForms,
    OpenReply, OpenedId, Outcome, Pull, RaiseReply, RaiseRequest, ReadReply, ReadRequest, Ready,
    ReleaseReply, SignatureRefusal, StartRequest, UnloadDuringReply, UnloadDuringRequest,
    UnloadReply,
};
pub use fault::{Blame, Facts, SubjectFault};
pub use script::{
    BenchReply, BenchRequest, BindAndCall, BindRaceReply, BindRaceRequest, RaceReply, RaceRequest,
    RepeatReply, RepeatRequest, Script, ScriptArgument, ScriptStep, Tally,
};

/// What is in a mutex, also where a thread died that had it: for what nothing leaves half done.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A binder under judgement. Its methods answer in the order they are called.
///
/// A binder owes [`start`](Subject::start), [`read`](Subject::read), [`bind`](Subject::bind) and
/// [`call`](Subject::call). The rest has defaults that are right for a binder without streams, counters,
/// threads and collector: loops are made of `call` ([`loops`]).
pub trait Subject: Send {
    /// Whether it runs in this process, and so sees this process's environment and allocations.
    fn in_process(&self) -> bool {
        true
    }

    /// Whether what it allocates is counted by this process's allocator.
    fn allocates_here(&self) -> bool {
        self.in_process()
    }

    /// The recording it takes part in, where it does. The evidence of its calls belongs there, too.
    fn tape(&self) -> Option<Tape> {
        None
    }

    /// Opens the library and says what the subject is.
    fn start(&mut self, request: &StartRequest) -> Result<Ready, SubjectFault>;

    /// Reads a signature and loads nothing (S-4).
    fn read(&mut self, request: &ReadRequest) -> Result<ReadReply, SubjectFault>;

    /// Binds one function. Called again for the same signature it may answer the same id.
    fn bind(&mut self, request: &BindRequest) -> Result<BindReply, SubjectFault>;

    /// Calls a bound function once.
    fn call(
        &mut self,
        function: BoundId,
        arguments: &[HostValue],
    ) -> Result<CallReply, SubjectFault>;

    /// Fetches the next item of a stream that a call returned.
    fn next(&mut self, _stream: Token) -> Result<Pull, SubjectFault> {
        Err(SubjectFault::Adapter("it has no streams, and is asked for an item of one".into()))
    }

    /// Stops a stream early. One that has ended, or was stopped, stays as it is.
    fn close(&mut self, _stream: Token) -> Result<(), SubjectFault> {
        Err(SubjectFault::Adapter("it has no streams, and is asked to stop one".into()))
    }

    /// Has a stream read by a reader of the host's own that raises half way, and says what came of it.
    /// Only asked of a subject that declares `raising-readers`.
    fn raise(&mut self, _request: &RaiseRequest<'_>) -> Result<RaiseReply, SubjectFault> {
        Err(SubjectFault::unsupported("`raise`", Capability::RaisingReaders))
    }

    /// Runs scripts once, where it has to see once what it is to [`repeat`](Subject::repeat): those calls are
    /// beside what is judged. By default nothing.
    fn rehearse(&mut self, _request: &RepeatRequest<'_>) -> Result<(), SubjectFault> {
        Ok(())
    }

    /// Runs scripts over and over, on several threads at once where asked. By default on the calling
    /// thread alone, each step by [`call`](Subject::call).
    fn repeat(&mut self, request: &RepeatRequest<'_>) -> Result<RepeatReply, SubjectFault> {
        if request.threads != 1 {
            let threads = "it declares `threads` and repeats on the calling thread alone";
            return Err(SubjectFault::Adapter(threads.into()));
        }
        Ok(RepeatReply { scripts: loops::repeat(&mut Own(self), request, 0)? })
    }

    /// Makes calls in a loop, for the clock. Nothing of it is observed but the checksum. By default by
    /// [`call`](Subject::call), so that what conversions from and to [`HostValue`]s take counts as the
    /// binder's.
    fn bench(&mut self, request: &BenchRequest<'_>) -> Result<BenchReply, SubjectFault> {
        loops::bench(&mut Own(self), request)
    }

    /// As [`bench`](Subject::bench), by several callers at once, each of which makes all the calls on a thread of its own;
    /// what the slowest took. By default there is one.
    fn bench_at_once(
        &mut self,
        _request: &BenchRequest<'_>,
        _callers: usize,
    ) -> Result<BenchReply, SubjectFault> {
        Err(SubjectFault::Adapter("its timed loop has one caller".into()))
    }

    /// Makes the same call once from each of several threads at the same moment, row after row. Only
    /// asked of a subject that declares `threads`.
    fn race(&mut self, _request: &RaceRequest<'_>) -> Result<RaceReply, SubjectFault> {
        Err(SubjectFault::unsupported("`race`", Capability::Threads))
    }

    /// Has several threads bind functions at the same moment, and call each what it was given. Only asked of
    /// a subject that declares `bind-race`.
    fn bind_race(&mut self, _request: &BindRaceRequest<'_>) -> Result<BindRaceReply, SubjectFault> {
        Err(SubjectFault::unsupported("`bind-race`", Capability::BindRace))
    }

    /// What `errno` held when the thread's last call returned of a function bound to keep it (M-4); `set` is what it is to
    /// hold when the next is entered (M-5). Only asked of a subject that declares `errno`, and to set of one that declares
    /// `set-errno`.
    fn errno(&mut self, _set: Option<i32>) -> Result<i32, SubjectFault> {
        Err(SubjectFault::unsupported("`errno`", Capability::Errno))
    }

    /// Runs the host's collector until it finds nothing more. Only asked of a subject that declares
    /// `collect`.
    fn collect(&mut self) -> Result<(), SubjectFault> {
        Err(SubjectFault::unsupported("`collect`", Capability::Collect))
    }

    /// Opens a library as an object of the host's own, whatever else has it open. This and the three methods
    /// after it are only asked of a subject that declares `unload`.
    fn open_library(&mut self, _library: &FilePath) -> Result<OpenReply, SubjectFault> {
        Err(SubjectFault::unsupported("`open`", Capability::Unload))
    }

    /// Lets go of the host's object of an opened library, as a program does that keeps its functions only.
    /// Nothing is unloaded by it (B-2), and the object is not asked for again.
    fn let_go(&mut self, _library: OpenedId) -> Result<(), SubjectFault> {
        Err(SubjectFault::unsupported("`let-go`", Capability::Unload))
    }

    /// Unloads an opened library (B-3). One that is unloaded stays so.
    fn unload(&mut self, _library: OpenedId) -> Result<UnloadReply, SubjectFault> {
        Err(SubjectFault::unsupported("`unload`", Capability::Unload))
    }

    /// Has several threads make the same call once, and unloads its library while they do. Only asked of a
    /// subject that declares `threads`, too.
    fn unload_during(
        &mut self,
        _request: &UnloadDuringRequest<'_>,
    ) -> Result<UnloadDuringReply, SubjectFault> {
        Err(SubjectFault::unsupported("`unload-during`", Capability::Unload))
    }

    /// Makes a function object of the host's, whose calls return these in turn, for the library to keep (K-7). A
    /// `plain` one does nothing but return the first of them, and notes nothing. This and the two methods after it are only
    /// asked of a subject that declares `kept-callbacks`.
    fn make(
        &mut self,
        _of: &FunctionType,
        _answers: &[HostValue],
        _plain: bool,
    ) -> Result<Token, SubjectFault> {
        Err(SubjectFault::unsupported("`make`", Capability::KeptCallbacks))
    }

    /// What a function object was called with since it was made, call by call.
    fn heard(&mut self, _kept: Token) -> Result<Vec<Vec<HostValue>>, SubjectFault> {
        Err(SubjectFault::unsupported("`heard`", Capability::KeptCallbacks))
    }

    /// Releases a function object (K-8).
    fn release(&mut self, _kept: Token) -> Result<ReleaseReply, SubjectFault> {
        Err(SubjectFault::unsupported("`release`", Capability::KeptCallbacks))
    }

    /// Forgets host values the subject keeps for the suite: every token issued so far. Native
    /// resources behind handles are not freed. By default nothing is forgotten, and no token is issued
    /// twice.
    fn forget(&mut self) -> Result<(), SubjectFault> {
        Ok(())
    }

    /// Bytes of memory that it has for itself (N-5): of the heap, where it runs in this process and the
    /// allocator counts them (where only what changes means anything), and otherwise what the system says of
    /// its processes; `None` where it does not say. Asks the allocator or the system, and not the subject.
    fn resident(&mut self) -> Option<u64> {
        let live = || allocations::live().map(|bytes| bytes as u64);
        if self.in_process() { live().or_else(resident::own) } else { None }
    }

    /// Ends the subject, which answers nothing more. Dropping it does the same, without saying how it
    /// went.
    fn stop(&mut self) -> Result<(), SubjectFault> {
        Ok(())
    }

    /// What the subject's own counters say. Only asked of a subject that declares `counters`, and once of
    /// one that does not, to see whether it could.
    fn counters(&mut self) -> Result<Option<Counters>, SubjectFault> {
        Ok(None)
    }
}

/// A subject's own methods, on the thread that owns it.
struct Own<'a, S: ?Sized>(&'a mut S);

impl<S: Subject + ?Sized> loops::Calls for Own<'_, S> {
    fn call(
        &mut self,
        function: BoundId,
        arguments: &[HostValue],
    ) -> Result<CallReply, SubjectFault> {
        self.0.call(function, arguments)
    }

    fn next(&mut self, stream: Token) -> Result<Pull, SubjectFault> {
        self.0.next(stream)
    }

    fn close(&mut self, stream: Token) -> Result<(), SubjectFault> {
        self.0.close(stream)
    }
}
