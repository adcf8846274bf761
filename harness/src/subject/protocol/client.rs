//! A subject that is a program speaking the protocol: every request a line, every reply judged by
//! whether the protocol allows it. A program that does what it does not allow is ended.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::channel::Channel;
use super::convert::{self, OtherAnswer};
use super::messages::{Decimal, Reply, Request, RequestLine, Small, VERSION};
use super::process::{Broken, LINE_BYTES, Launch};
use crate::recording::Tape;
use crate::subject::{
    BenchReply, BenchRequest, BindReply, BindRequest, BoundId, CallReply, Capability, Counters,
    Facts, Level, Pull, RaceReply, RaceRequest, ReadReply, ReadRequest, Ready, RepeatReply,
    RepeatRequest, Script, StartRequest, Subject, SubjectFault,
};
use crate::value::{HostValue, Token};

/// A binder in a process of its own, reached by the protocol.
#[derive(Debug)]
pub struct Program {
    launch: Launch,
    process: Option<Channel>,
    /// The id of the last request.
    id: u64,
    /// Whether it declares that it counts.
    counts: bool,
    /// Symbols by the numbers the subject gave, for faults to name.
    symbols: Vec<(BoundId, String)>,
}

/// A line that is not the reply that was due.
enum Wrong {
    Garbage(String),
    Answers(u64),
}

/// Characters of a line that a fault shows.
const SHOWN: usize = 160;

impl Program {
    /// A program that is started when the session starts it.
    pub fn new(launch: Launch) -> Program {
        Program { launch, process: None, id: 0, counts: false, symbols: Vec::new() }
    }

    /// Asks, and gives what `convert` makes of the reply. `what` says for people what is asked.
    fn ask<T>(
        &mut self,
        request: Request,
        what: &str,
        limit: Duration,
        convert: impl FnOnce(Reply) -> Result<T, OtherAnswer>,
    ) -> Result<T, SubjectFault> {
        let process = self.process.as_mut().ok_or(SubjectFault::Gone)?;
        self.id += 1;
        let id = self.id;
        let serves = matches!(request, Request::Read { .. } | Request::Bind { .. });
        let mut line = serde_json::to_vec(&RequestLine { id: Small::new(id), request })
            .map_err(|error| SubjectFault::Adapter(error.to_string()))?;
        line.push(b'\n');
        let answered = process.exchange(&line, limit);
        let what = format!("during {what}, request {id}");
        let line = match answered {
            Ok(line) => line,
            Err(broken) => return Err(self.broken(broken, limit, what)),
        };
        let reply = match read(&line, id) {
            Ok(reply) => reply,
            Err(wrong) => return Err(self.wrong(wrong, &line, what)),
        };
        if let Some(more) = self.unasked() {
            let wrong = match read(&more, id + 1) {
                Err(Wrong::Answers(other)) if other <= id => Wrong::Answers(other),
                _ => Wrong::Garbage("nobody asked for it".into()),
            };
            return Err(self.wrong(wrong, &more, what));
        }
        let reply = match reply {
            Reply::AdapterError { message } => return Err(SubjectFault::Adapter(message)),
            // To read and to bind, it is an answer like any other.
            Reply::Unsupported { message } if !serves => {
                return Err(SubjectFault::Unsupported { request: what, message });
            }
            reply => reply,
        };
        convert(reply).map_err(|OtherAnswer| {
            let facts = self.facts(what);
            SubjectFault::OtherAnswer { line: shown(&line), facts }
        })
    }

    /// The line begun after the reply.
    fn unasked(&self) -> Option<Vec<u8>> {
        let heard = self.process.as_ref()?.heard();
        heard.split_inclusive(|&byte| byte == b'\n').next().map(<[u8]>::to_vec)
    }

    /// The facts of a loss, taken as the process is ended.
    fn facts(&mut self, request: String) -> Box<Facts> {
        let stderr = self.process.take().map(|mut process| process.stderr());
        Box::new(Facts { request, stderr: stderr.unwrap_or_default(), ..Facts::default() })
    }

    fn broken(&mut self, broken: Broken, limit: Duration, what: String) -> SubjectFault {
        let begun = self.process.as_ref().map(|process| shown(process.heard())).unwrap_or_default();
        let mut facts = self.facts(what);
        match broken {
            Broken::Signal { signal, held_open } => {
                (facts.begun, facts.held_open) = (begun, held_open);
                SubjectFault::Crashed { signal, facts }
            }
            Broken::Exit { code: 0, .. } if !begun.is_empty() => {
                SubjectFault::CutLine { line: begun, facts }
            }
            Broken::Exit { code: 0, held_open } => {
                facts.held_open = held_open;
                SubjectFault::Left { facts }
            }
            Broken::Exit { code, held_open } => {
                (facts.begun, facts.held_open) = (begun, held_open);
                SubjectFault::Exited { code, facts }
            }
            Broken::Hung => {
                facts.begun = begun;
                SubjectFault::Hung { limit, facts }
            }
            Broken::Late { took } => SubjectFault::Late { limit, took, facts },
            Broken::LongLine => {
                SubjectFault::LongLine { limit_bytes: LINE_BYTES, line: begun, facts }
            }
            Broken::ClosedOutput if !begun.is_empty() => {
                SubjectFault::CutLine { line: begun, facts }
            }
            Broken::ClosedOutput => SubjectFault::ClosedOutput { facts },
            Broken::ClosedInput => SubjectFault::ClosedInput { facts },
            Broken::System(error) => {
                SubjectFault::Unreachable { message: error.to_string(), facts }
            }
        }
    }

    fn wrong(&mut self, wrong: Wrong, line: &[u8], what: String) -> SubjectFault {
        let (asked, line, facts) = (self.id, shown(line), self.facts(what));
        match wrong {
            Wrong::Garbage(why) => SubjectFault::Garbage { line, why, facts },
            // Each request before the last had its answer, or nothing more would have been asked.
            Wrong::Answers(id) if (1..=asked).contains(&id) => {
                SubjectFault::AnsweredTwice { id, line, facts }
            }
            Wrong::Answers(answered) => SubjectFault::OtherId { asked, answered, line, facts },
        }
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

    fn start_process(&mut self, request: &StartRequest) -> Result<Ready, SubjectFault> {
        let words = shell_words::join(&self.launch.words);
        let started = Channel::start(&self.launch, &request.page);
        self.process =
            Some(started.map_err(|error| SubjectFault::NotStarted(format!("`{words}`: {error}")))?);
        (self.id, self.symbols) = (0, Vec::new());
        let hello = Request::Hello {
            protocol: Small::new(VERSION),
            suite: env!("CARGO_PKG_VERSION").to_owned(),
            library: request.library.display().to_string(),
            declarations: request.declarations.clone(),
        };
        let limit = self.launch.limits.start;
        let (protocol, ready) = self.ask(hello, "`hello`", limit, |reply| match reply {
            Reply::Ready { protocol, name, version, language, level, capabilities, dialects } => {
                let ready = Ready { name, version, language, level, capabilities, dialects };
                Ok((protocol.get(), ready))
            }
            _ => Err(OtherAnswer),
        })?;
        if protocol != VERSION {
            return Err(SubjectFault::NotStarted(format!(
                "it speaks protocol {protocol}, and this suite protocol {VERSION}"
            )));
        }
        // The hook for general FFI libraries: the suite does not lower signatures for a subject yet.
        if ready.level == Level::Wire {
            return Err(SubjectFault::NotStarted(
                "it declares the wire level, which this suite does not judge yet".into(),
            ));
        }
        self.counts = ready.capabilities.contains(&Capability::Counters);
        Ok(ready)
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
        self.start_process(request).map_err(|fault| {
            self.process = None;
            match fault {
                SubjectFault::Adapter(message) => SubjectFault::NotStarted(message),
                SubjectFault::NotStarted(_) => fault,
                fault => SubjectFault::NotStarted(fault.to_string()),
            }
        })
    }

    fn read(&mut self, request: &ReadRequest) -> Result<ReadReply, SubjectFault> {
        let what = format!("`read` of {}", shown(request.signature.as_bytes()));
        let limit = self.launch.limits.call;
        self.ask(convert::read_request(request), &what, limit, convert::read_reply)
    }

    fn bind(&mut self, request: &BindRequest) -> Result<BindReply, SubjectFault> {
        let what = format!("`bind` of `{}`", request.symbol);
        let limit = self.launch.limits.call;
        let reply = self.ask(convert::bind_request(request), &what, limit, convert::bind_reply)?;
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
        let limit = self.launch.limits.call;
        let request =
            Request::Call { function: function.0.into(), arguments: convert::values(arguments) };
        let given: Vec<&HostValue> = arguments.iter().collect();
        self.ask(request, &what, limit, |reply| convert::call_reply(reply, &given))
    }

    fn next(&mut self, stream: Token) -> Result<Pull, SubjectFault> {
        let request = Request::Next { stream: Decimal(stream.0) };
        self.ask(request, "`next`", self.launch.limits.call, convert::next_reply)
    }

    fn close(&mut self, stream: Token) -> Result<(), SubjectFault> {
        let request = Request::Close { stream: Decimal(stream.0) };
        self.ask(request, "`close`", self.launch.limits.call, convert::done)
    }

    fn repeat(&mut self, request: &RepeatRequest<'_>) -> Result<RepeatReply, SubjectFault> {
        let what = format!("`repeat` of {}", self.names(request.scripts));
        let limit = self.launch.limits.bench;
        self.ask(convert::repeat_request(request), &what, limit, |reply| {
            convert::repeat_reply(reply, request)
        })
    }

    fn bench(&mut self, request: &BenchRequest<'_>) -> Result<BenchReply, SubjectFault> {
        let what = format!("`bench` of {}", self.names(request.rows));
        let limit = self.launch.limits.bench;
        self.ask(convert::bench_request(request), &what, limit, convert::bench_reply)
    }

    fn race(&mut self, request: &RaceRequest<'_>) -> Result<RaceReply, SubjectFault> {
        let what = format!("`race` of `{}`", self.name(request.function));
        let limit = self.launch.limits.bench;
        self.ask(convert::race_request(request), &what, limit, |reply| {
            convert::race_reply(reply, request)
        })
    }

    fn collect(&mut self) -> Result<(), SubjectFault> {
        self.ask(Request::Collect {}, "`collect`", self.launch.limits.bench, convert::done)
    }

    fn stop(&mut self) -> Result<(), SubjectFault> {
        let limit = self.launch.limits.stop;
        self.ask(Request::Stop {}, "`stop`", limit, convert::done)?;
        let Some(process) = &mut self.process else { return Ok(()) };
        match process.leave(limit) {
            Ok(()) => {
                self.process = None;
                Ok(())
            }
            Err(broken) => Err(self.broken(broken, limit, "after `stop`".into())),
        }
    }

    fn forget(&mut self) -> Result<(), SubjectFault> {
        self.ask(Request::Forget {}, "`forget`", self.launch.limits.call, convert::done)
    }

    fn counters(&mut self) -> Result<Option<Counters>, SubjectFault> {
        if !self.counts {
            return Ok(None);
        }
        let limit = self.launch.limits.call;
        let counters =
            self.ask(Request::Counters {}, "`counters`", limit, convert::counters_reply)?;
        Ok(Some(counters))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // A subject that does not stop when told to is ended; what it did before counts.
        if self.process.is_some() {
            let _ = self.stop();
        }
    }
}

/// The reply in a line, if it is one to this request.
fn read(line: &[u8], id: u64) -> Result<Reply, Wrong> {
    let garbage = |error: serde_json::Error| Wrong::Garbage(error.to_string());
    let mut fields: Map<String, Json> = serde_json::from_slice(line).map_err(garbage)?;
    let found = fields.remove("id").unwrap_or_default();
    let found = Small::deserialize(found)
        .map_err(|_| Wrong::Garbage("it has no `id`, a whole number".into()))?;
    if found.get() != id {
        return Err(Wrong::Answers(found.get()));
    }
    Reply::deserialize(Json::Object(fields)).map_err(garbage)
}

/// A line for people: what is no text replaced, and cut.
fn shown(line: &[u8]) -> String {
    let cut = &line[..line.len().min(SHOWN * 4)];
    let text: String = String::from_utf8_lossy(cut)
        .trim_end()
        .chars()
        .map(|char| if char.is_control() { '\u{fffd}' } else { char })
        .take(SHOWN)
        .collect();
    if cut.len() < line.len() || text.chars().count() == SHOWN {
        format!("{text}…")
    } else {
        text
    }
}
