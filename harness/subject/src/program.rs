//! A subject that is a program speaking the protocol. The handshake decides what it is asked from then
//! on: a binder at contract level is given signatures and host values, a library at wire level what the
//! suite lowers them to.

use std::path::Path;

use contract::{FunctionType, HostValue, Token};

use crate::protocol::Launch;
use crate::protocol::client::Contract;
use crate::protocol::conversation::Conversation;
use crate::recording::Tape;
use crate::wire::Wire;
use crate::{
    BenchReply, BenchRequest, BindRaceReply, BindRaceRequest, BindReply, BindRequest, BoundId,
    CallReply, Counters, Level, OpenReply, OpenedId, Pull, RaceReply, RaceRequest, RaiseReply,
    RaiseRequest, ReadReply, ReadRequest, Ready, ReleaseReply, RepeatReply, RepeatRequest,
    StartRequest, Subject, SubjectFault, UnloadDuringReply, UnloadDuringRequest, UnloadReply,
};

/// A binder in a process of its own, reached by the protocol.
pub struct Program {
    launch: Launch,
    /// What is at the other end, once it said `ready`.
    subject: Option<Box<dyn Subject>>,
}

impl Program {
    /// A program that is started when the session starts it.
    pub fn new(launch: Launch) -> Program {
        Program { launch, subject: None }
    }

    fn started(&mut self) -> Result<&mut dyn Subject, SubjectFault> {
        match &mut self.subject {
            Some(subject) => Ok(&mut **subject),
            None => Err(SubjectFault::Gone),
        }
    }

    fn open(&self, request: &StartRequest) -> Result<Box<dyn Subject>, SubjectFault> {
        let mut conversation = Conversation::start(&self.launch, &request.page)?;
        let ready = match conversation.hello(request) {
            Ok(ready) => ready,
            Err(fault) => {
                conversation.abandon();
                return Err(fault);
            }
        };
        Ok(match ready.level {
            Level::Contract => Box::new(Contract::new(conversation, ready)),
            Level::Wire => Box::new(Wire::new(conversation, ready)),
        })
    }
}

/// Methods of [`Subject`] that the program's subject answers, once it is there.
macro_rules! pass_on {
    ($($method:ident($($argument:ident: $of:ty),*) -> $gives:ty;)*) => {
        $(fn $method(&mut self, $($argument: $of),*) -> Result<$gives, SubjectFault> {
            self.started()?.$method($($argument),*)
        })*
    };
}

impl Subject for Program {
    fn in_process(&self) -> bool {
        false
    }

    fn tape(&self) -> Option<Tape> {
        self.launch.tape.clone()
    }

    fn start(&mut self, request: &StartRequest) -> Result<Ready, SubjectFault> {
        self.subject = None;
        let started = self.open(request).and_then(|mut subject| {
            let ready = subject.start(request)?;
            self.subject = Some(subject);
            Ok(ready)
        });
        started.map_err(|fault| match fault {
            SubjectFault::Adapter(message) => SubjectFault::NotStarted(message),
            // That the run ends says nothing of the subject.
            SubjectFault::NotStarted(_) | SubjectFault::Interrupted { .. } => fault,
            fault => {
                let words = shell_words::join(&self.launch.words);
                SubjectFault::NotStarted(format!("`{words}`: {fault}"))
            }
        })
    }

    fn resident(&mut self) -> Option<u64> {
        self.subject.as_mut()?.resident()
    }

    pass_on! {
        read(request: &ReadRequest) -> ReadReply;
        bind(request: &BindRequest) -> BindReply;
        call(function: BoundId, arguments: &[HostValue]) -> CallReply;
        next(stream: Token) -> Pull;
        close(stream: Token) -> ();
        raise(request: &RaiseRequest<'_>) -> RaiseReply;
        rehearse(request: &RepeatRequest<'_>) -> ();
        repeat(request: &RepeatRequest<'_>) -> RepeatReply;
        bench(request: &BenchRequest<'_>) -> BenchReply;
        bench_at_once(request: &BenchRequest<'_>, callers: usize) -> BenchReply;
        race(request: &RaceRequest<'_>) -> RaceReply;
        bind_race(request: &BindRaceRequest<'_>) -> BindRaceReply;
        errno(set: Option<i32>) -> i32;
        collect() -> ();
        open_library(library: &Path) -> OpenReply;
        let_go(library: OpenedId) -> ();
        unload(library: OpenedId) -> UnloadReply;
        unload_during(request: &UnloadDuringRequest<'_>) -> UnloadDuringReply;
        make(of: &FunctionType, answers: &[HostValue], plain: bool) -> Token;
        heard(kept: Token) -> Vec<Vec<HostValue>>;
        release(kept: Token) -> ReleaseReply;
        forget() -> ();
        stop() -> ();
        counters() -> Option<Counters>;
    }
}
