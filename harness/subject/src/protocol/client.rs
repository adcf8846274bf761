//! A binder at contract level: each question of the suite is a request, each reply an answer to it.

use std::path::Path;

use contract::{FunctionType, HostValue, Token, Type};

use super::conversation::{Conversation, shown};
use super::convert;
use super::messages::Request;
use crate::numbers::Decimal;
use crate::{
    BenchReply, BenchRequest, BindRaceReply, BindRaceRequest, BindReply, BindRequest, BoundId,
    CallReply, Capability, Counters, OpenReply, OpenedId, Pull, RaceReply, RaceRequest, RaiseReply,
    RaiseRequest, ReadReply, ReadRequest, Ready, ReleaseReply, RepeatReply, RepeatRequest, Script,
    StartRequest, Subject, SubjectFault, UnloadDuringReply, UnloadDuringRequest, UnloadReply,
};

/// A binder that takes contract signatures and host values, at the other end of a conversation.
pub(crate) struct Contract {
    conversation: Conversation,
    ready: Ready,
    /// Symbols by the numbers the subject gave, for faults to name.
    symbols: Vec<(BoundId, String)>,
}

impl Contract {
    /// What a conversation is about once the program said `ready`.
    pub(crate) fn new(conversation: Conversation, ready: Ready) -> Contract {
        Contract { conversation, ready, symbols: Vec::new() }
    }

    fn name(&self, function: BoundId) -> &str {
        let known = self.symbols.iter().rev().find(|(bound, _)| *bound == function);
        known.map_or("a function it never bound", |(_, symbol)| symbol)
    }

    fn names(&self, scripts: &[Script]) -> String {
        let steps = scripts.iter().flat_map(|script| &script.steps);
        let mut names: Vec<&str> = steps.map(|step| self.name(step.function)).collect();
        names.sort_unstable();
        names.dedup();
        format!("`{}`", names.join("`, `"))
    }
}

impl Subject for Contract {
    fn in_process(&self) -> bool {
        false
    }

    /// The program was started when the handshake was made.
    fn start(&mut self, _request: &StartRequest) -> Result<Ready, SubjectFault> {
        if self.ready.capabilities.contains(&Capability::Loops) {
            let loops = "it declares `loops`, which is of wire level: here every binder owes them";
            return Err(SubjectFault::NotStarted(loops.into()));
        }
        Ok(self.ready.clone())
    }

    fn read(&mut self, request: &ReadRequest) -> Result<ReadReply, SubjectFault> {
        let what = format!("`read` of {}", shown(request.signature.as_bytes()));
        self.conversation.ask(Request::Read(request.clone()), &what, convert::read_reply)
    }

    fn bind(&mut self, request: &BindRequest) -> Result<BindReply, SubjectFault> {
        let what = format!("`bind` of `{}`", request.symbol);
        let reply =
            self.conversation.ask(Request::Bind(request.clone()), &what, convert::bind_reply)?;
        if let BindReply::Bound { function, .. } = reply {
            self.symbols.push((function, request.symbol.clone()));
        }
        Ok(reply)
    }

    fn call(
        &mut self,
        function: BoundId,
        arguments: &[HostValue],
    ) -> Result<CallReply, SubjectFault> {
        let what = format!("`call` of `{}`", self.name(function));
        let request = Request::Call { function, arguments: arguments.to_vec() };
        let given: Vec<&HostValue> = arguments.iter().collect();
        self.conversation.ask(request, &what, |reply| convert::call_reply(reply, &given))
    }

    fn next(&mut self, stream: Token) -> Result<Pull, SubjectFault> {
        let request = Request::Next { stream: Decimal(stream.0) };
        self.conversation.ask(request, "`next`", convert::next_reply)
    }

    fn close(&mut self, stream: Token) -> Result<(), SubjectFault> {
        let request = Request::Close { stream: Decimal(stream.0) };
        self.conversation.ask(request, "`close`", convert::done)
    }

    fn raise(&mut self, request: &RaiseRequest<'_>) -> Result<RaiseReply, SubjectFault> {
        let RaiseRequest { stream, after, error } = *request;
        let request = Request::Raise {
            stream: Decimal(stream.0),
            after: after.into(),
            error: error.to_owned(),
        };
        self.conversation.ask(request, "`raise`", convert::raise_reply)
    }

    fn repeat(&mut self, request: &RepeatRequest<'_>) -> Result<RepeatReply, SubjectFault> {
        let what = format!("`repeat` of {}", self.names(request.scripts));
        self.conversation.ask(convert::repeat_request(request), &what, |reply| {
            convert::repeat_reply(reply, request)
        })
    }

    fn bench(&mut self, request: &BenchRequest<'_>) -> Result<BenchReply, SubjectFault> {
        let what = format!("`bench` of {}", self.names(request.rows));
        self.conversation.ask(convert::bench_request(request), &what, convert::bench_reply)
    }

    fn race(&mut self, request: &RaceRequest<'_>) -> Result<RaceReply, SubjectFault> {
        let what = format!("`race` of `{}`", self.name(request.function));
        self.conversation
            .ask(convert::race_request(request), &what, |reply| convert::race_reply(reply, request))
    }

    fn bind_race(&mut self, request: &BindRaceRequest<'_>) -> Result<BindRaceReply, SubjectFault> {
        let first = request.rows.iter().flatten().next();
        let what = format!("`bind-race` of `{}`", first.map_or("", |one| &one.bind.symbol));
        self.conversation.ask(convert::bind_race_request(request), &what, |reply| {
            convert::bind_race_reply(reply, request)
        })
    }

    fn errno(&mut self, set: Option<i32>) -> Result<i32, SubjectFault> {
        self.conversation.errno(set)
    }

    fn collect(&mut self) -> Result<(), SubjectFault> {
        self.conversation.ask(Request::Collect {}, "`collect`", convert::done)
    }

    fn open_library(&mut self, library: &Path) -> Result<OpenReply, SubjectFault> {
        let library = library.display().to_string();
        self.conversation.ask(Request::Open { library }, "`open`", convert::open_reply)
    }

    fn let_go(&mut self, opened: OpenedId) -> Result<(), SubjectFault> {
        self.conversation.ask(Request::LetGo { opened }, "`let-go`", convert::done)
    }

    fn unload(&mut self, opened: OpenedId) -> Result<UnloadReply, SubjectFault> {
        self.conversation.ask(Request::Unload { opened }, "`unload`", convert::unload_reply)
    }

    fn make(
        &mut self,
        of: &FunctionType,
        answers: &[HostValue],
        plain: bool,
    ) -> Result<Token, SubjectFault> {
        let of = Type::Kept(of.clone()).to_string();
        let what = format!("`make` of `{of}`");
        let request = Request::Make { of, answers: answers.to_vec(), plain };
        self.conversation.ask(request, &what, convert::made_reply)
    }

    fn heard(&mut self, kept: Token) -> Result<Vec<Vec<HostValue>>, SubjectFault> {
        let request = Request::Heard { kept: Decimal(kept.0) };
        self.conversation.ask(request, "`heard`", convert::heard_reply)
    }

    fn release(&mut self, kept: Token) -> Result<ReleaseReply, SubjectFault> {
        self.conversation.release(kept)
    }

    fn unload_during(
        &mut self,
        request: &UnloadDuringRequest<'_>,
    ) -> Result<UnloadDuringReply, SubjectFault> {
        let what = format!("`unload-during` calls of `{}`", self.name(request.function));
        self.conversation.ask(convert::unload_during_request(request), &what, |reply| {
            convert::unload_during_reply(reply, request)
        })
    }

    fn resident(&mut self) -> Option<u64> {
        self.conversation.resident()
    }

    fn stop(&mut self) -> Result<(), SubjectFault> {
        self.conversation.stop()
    }

    fn forget(&mut self) -> Result<(), SubjectFault> {
        self.conversation.ask(Request::Forget {}, "`forget`", convert::done)
    }

    fn counters(&mut self) -> Result<Option<Counters>, SubjectFault> {
        let counters =
            self.conversation.ask(Request::Counters {}, "`counters`", convert::counters_reply)?;
        Ok(Some(counters))
    }
}
