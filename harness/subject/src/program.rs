//! A subject that is a program speaking the protocol. The handshake decides what it is asked from then
//! on: a binder at contract level is given signatures and host values, a library at wire level what the
//! suite lowers them to.

use contract::{HostValue, Token};

use crate::protocol::Launch;
use crate::protocol::client::Contract;
use crate::protocol::conversation::Conversation;
use crate::recording::Tape;
use crate::wire::Wire;
use crate::{
    BenchReply, BenchRequest, BindReply, BindRequest, BoundId, CallReply, Counters, Level, Pull,
    RaceReply, RaceRequest, ReadReply, ReadRequest, Ready, RepeatReply, RepeatRequest,
    StartRequest, Subject, SubjectFault,
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
            SubjectFault::NotStarted(_) => fault,
            fault => SubjectFault::NotStarted(fault.to_string()),
        })
    }

    fn read(&mut self, request: &ReadRequest) -> Result<ReadReply, SubjectFault> {
        self.started()?.read(request)
    }

    fn bind(&mut self, request: &BindRequest) -> Result<BindReply, SubjectFault> {
        self.started()?.bind(request)
    }

    fn call(
        &mut self,
        function: BoundId,
        arguments: &[HostValue],
    ) -> Result<CallReply, SubjectFault> {
        self.started()?.call(function, arguments)
    }

    fn next(&mut self, stream: Token) -> Result<Pull, SubjectFault> {
        self.started()?.next(stream)
    }

    fn close(&mut self, stream: Token) -> Result<(), SubjectFault> {
        self.started()?.close(stream)
    }

    fn repeat(&mut self, request: &RepeatRequest<'_>) -> Result<RepeatReply, SubjectFault> {
        self.started()?.repeat(request)
    }

    fn bench(&mut self, request: &BenchRequest<'_>) -> Result<BenchReply, SubjectFault> {
        self.started()?.bench(request)
    }

    fn race(&mut self, request: &RaceRequest<'_>) -> Result<RaceReply, SubjectFault> {
        self.started()?.race(request)
    }

    fn collect(&mut self) -> Result<(), SubjectFault> {
        self.started()?.collect()
    }

    fn forget(&mut self) -> Result<(), SubjectFault> {
        self.started()?.forget()
    }

    fn stop(&mut self) -> Result<(), SubjectFault> {
        self.started()?.stop()
    }

    fn counters(&mut self) -> Result<Option<Counters>, SubjectFault> {
        self.started()?.counters()
    }
}
