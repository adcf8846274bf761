//! The conversation with a program that speaks the protocol, at whichever level: every request a line,
//! every reply judged by whether the protocol allows it, and how long it may take. A program that does
//! what the protocol does not allow is ended.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use contract::{HostValue, Token};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::channel::Channel;
use super::convert::{self, OtherAnswer};
use super::messages::{Reply, Request, RequestLine, VERSION};
use super::process::{LINE_BYTES, Launch, Limits};
use crate::numbers::{Decimal, Small};
use crate::recording::Loss;
use crate::{Facts, Ready, ReleaseReply, StartRequest, SubjectFault};

/// A running program and the requests made of it.
#[derive(Debug)]
pub(crate) struct Conversation {
    limits: Limits,
    process: Option<Channel>,
    /// The id of the last request.
    id: u64,
}

/// A line that is not the reply that was due.
enum Wrong {
    Garbage(String),
    Answers(u64),
}

/// Characters of a line that a fault shows.
const SHOWN: usize = 160;

impl Conversation {
    /// Starts the program, with the evidence page named to the library it will load.
    ///
    /// # Errors
    /// [`SubjectFault::NotStarted`].
    pub(crate) fn start(launch: &Launch, page: &Path) -> Result<Conversation, SubjectFault> {
        let words = shell_words::join(&launch.words);
        let process = Channel::start(launch, page).map_err(|error| {
            let is_there = launch.words.first().is_some_and(|program| Path::new(program).is_file());
            let why = if error.kind() == ErrorKind::NotFound && is_there {
                "the file is there, and the interpreter that it names is not".to_owned()
            } else {
                error.to_string()
            };
            SubjectFault::NotStarted(format!("`{words}`: {why}"))
        })?;
        Ok(Conversation { limits: launch.limits, process: Some(process), id: 0 })
    }

    /// The handshake: what the program says it is.
    ///
    /// # Errors
    /// [`SubjectFault::NotStarted`] for another version of the protocol, or what else [`Self::ask`]
    /// gives.
    pub(crate) fn hello(&mut self, request: &StartRequest) -> Result<Ready, SubjectFault> {
        let hello = Request::Hello {
            protocol: Small::new(VERSION),
            suite: env!("CARGO_PKG_VERSION").to_owned(),
            library: request.library.display().to_string(),
            declarations: request.declarations.clone(),
            held: request.held.clone(),
        };
        let (protocol, ready) = self.ask(hello, "`hello`", |reply| match reply {
            Reply::Ready {
                protocol,
                name,
                version,
                language,
                level,
                capabilities,
                dialects,
                lacks,
            } => {
                let ready = Ready { name, version, language, level, capabilities, dialects, lacks };
                Ok((protocol.get(), ready))
            }
            _ => Err(OtherAnswer),
        })?;
        if protocol != VERSION {
            return Err(SubjectFault::NotStarted(format!(
                "it speaks protocol {protocol}, and this suite protocol {VERSION}"
            )));
        }
        ready.printable().map_err(SubjectFault::NotStarted)
    }

    /// What is kept of `errno`, and what it is to hold (M-4, M-5): alike at both levels.
    pub(crate) fn errno(&mut self, set: Option<i32>) -> Result<i32, SubjectFault> {
        self.ask(convert::errno_request(set), "`errno`", convert::errno_reply)
    }

    /// Releases a function object of the host's (K-8): alike at both levels.
    pub(crate) fn release(&mut self, kept: Token) -> Result<ReleaseReply, SubjectFault> {
        let request = Request::Release { kept: Decimal(kept.0) };
        self.ask(request, "`release`", convert::release_reply)
    }

    /// Bytes of memory that the program's processes have for themselves, where the system says.
    pub(crate) fn resident(&mut self) -> Option<u64> {
        self.process.as_mut()?.resident()
    }

    /// Ends the program without a word, as it did not start as it must.
    pub(crate) fn abandon(mut self) {
        self.process = None;
    }

    /// Asks, and gives what `convert` makes of the reply. `what` says for people what is asked.
    pub(crate) fn ask<T>(
        &mut self,
        request: Request,
        what: &str,
        convert: impl FnOnce(Reply) -> Result<T, OtherAnswer>,
    ) -> Result<T, SubjectFault> {
        let process = self.process.as_mut().ok_or(SubjectFault::Gone)?;
        self.id += 1;
        let id = self.id;
        let limit = self.limits.of(&request);
        let serves =
            matches!(request, Request::Read { .. } | Request::Bind { .. } | Request::Link { .. });
        let is_plain_call = matches!(&request, Request::Call { arguments, .. }
            if !arguments.iter().any(is_never_lacking));
        let mut line = serde_json::to_vec(&RequestLine { id: Small::new(id), request })
            .map_err(|error| SubjectFault::Adapter(error.to_string()))?;
        line.push(b'\n');
        let answered = process.exchange(&line, limit);
        let what = format!("during {what}, request {id}");
        let line = match answered {
            Ok(line) => line,
            Err(loss) => return Err(self.lost(loss, limit, what)),
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
            Reply::Unsupported { message } if is_plain_call => {
                return Err(SubjectFault::NoSuchValue { request: what, message });
            }
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

    fn lost(&mut self, loss: Loss, limit: Duration, what: String) -> SubjectFault {
        let begun = self.process.as_ref().map(|process| shown(process.heard())).unwrap_or_default();
        let mut facts = self.facts(what);
        match loss {
            Loss::Signal { signal, held_open } => {
                (facts.begun, facts.held_open) = (begun, held_open);
                SubjectFault::Crashed { signal, facts }
            }
            Loss::Exit { code: 0, .. } if !begun.is_empty() => {
                SubjectFault::CutLine { line: begun, facts }
            }
            Loss::Exit { code: 0, held_open } => {
                facts.held_open = held_open;
                SubjectFault::Left { facts }
            }
            Loss::Exit { code, held_open } => {
                (facts.begun, facts.held_open) = (begun, held_open);
                SubjectFault::Exited { code, facts }
            }
            Loss::Hung => {
                facts.begun = begun;
                SubjectFault::Hung { limit, facts }
            }
            Loss::Late { took } => SubjectFault::Late { limit, took, facts },
            Loss::LongLine => {
                SubjectFault::LongLine { limit_bytes: LINE_BYTES, line: begun, facts }
            }
            Loss::Memory { bytes, limit_bytes } => {
                SubjectFault::TooLarge { bytes, limit_bytes, facts }
            }
            Loss::ClosedOutput if !begun.is_empty() => SubjectFault::CutLine { line: begun, facts },
            Loss::ClosedOutput => SubjectFault::ClosedOutput { facts },
            Loss::ClosedInput => SubjectFault::ClosedInput { facts },
            Loss::System { message } => SubjectFault::Unreachable { message, facts },
            Loss::Interrupted { signal } => SubjectFault::Interrupted { signal, facts },
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

    /// Ends the program as the protocol says: `stop`, its input closed, and then it is gone.
    ///
    /// # Errors
    /// As [`Self::ask`], and where it is not gone in time.
    pub(crate) fn stop(&mut self) -> Result<(), SubjectFault> {
        self.ask(Request::Stop {}, "`stop`", convert::done)?;
        let limit = self.limits.stop;
        let Some(process) = &mut self.process else { return Ok(()) };
        match process.leave(limit) {
            Ok(()) => {
                self.process = None;
                Ok(())
            }
            Err(loss) => Err(self.lost(loss, limit, "after `stop`".into())),
        }
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        // A program that does not stop when told to is ended; what it did before counts.
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
    let found: Small = Small::deserialize(found)
        .map_err(|_| Wrong::Garbage("it has no `id`, a whole number".into()))?;
    if found.get() != id {
        return Err(Wrong::Answers(found.get()));
    }
    Reply::deserialize(Json::Object(fields)).map_err(garbage)
}

/// A line for people: what is no text replaced, and cut.
pub(crate) fn shown(line: &[u8]) -> String {
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

/// Whether a value is one that the subject gave, or is only given to who declares that it takes such.
fn is_never_lacking(value: &HostValue) -> bool {
    match value {
        HostValue::Handle(_) | HostValue::Stream(_) | HostValue::Function(_) => true,
        HostValue::Kept(_) | HostValue::Same(_) | HostValue::View(..) | HostValue::Utf16(_) => true,
        HostValue::Vector(items) => items.iter().any(is_never_lacking),
        HostValue::Map(fields) | HostValue::Record(_, fields) => {
            fields.iter().any(|(_, value)| is_never_lacking(value))
        }
        _ => false,
    }
}
