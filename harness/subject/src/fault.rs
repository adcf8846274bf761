//! What a subject may do instead of answering: each way its own variant, with the facts.

use std::fmt;
use std::time::Duration;

use crate::capability::Capability;

/// A subject that did not answer as the interface says: never excusable as a refusal.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum SubjectFault {
    /// It could not be started.
    #[error("the subject could not be started: {0}")]
    NotStarted(String),
    /// It answered something the interface does not allow, or was asked something it does not know.
    #[error("the subject's adapter failed: {0}")]
    Adapter(String),
    /// It said that it does not support what it was asked for, and goes on.
    #[error("the subject does not support {request}: {message}")]
    Unsupported {
        /// What it was asked, for people.
        request: String,
        /// What it said.
        message: String,
    },
    /// It said that its host has no such value, of a call that every binder owes.
    #[error("{request} is not served: {message}")]
    NoSuchValue {
        /// What it was asked, for people.
        request: String,
        /// What it said.
        message: String,
    },
    /// A signal ended its process.
    #[error("the subject died of {} {facts}", interrupt::name(*.signal))]
    Crashed {
        /// The signal's number.
        signal: i32,
        /// When, and what it said.
        facts: Box<Facts>,
    },
    /// Its process ended with an exit code other than 0.
    #[error("the subject exited with {code} {facts}")]
    Exited {
        /// The exit code.
        code: i32,
        /// When, and what it said.
        facts: Box<Facts>,
    },
    /// It did not answer, and was killed.
    #[error("the subject did not answer for {limit:?} and was killed {facts}")]
    Hung {
        /// The limit of this kind of request.
        limit: Duration,
        /// When, and what it said.
        facts: Box<Facts>,
    },
    /// It answered after the limit had passed.
    #[error("the subject answered after {took:?}, and the limit is {limit:?} {facts}")]
    Late {
        /// The limit of this kind of request.
        limit: Duration,
        /// How long the answer took.
        took: Duration,
        /// When, and what it said.
        facts: Box<Facts>,
    },
    /// Its processes took more memory than they may, and were killed.
    #[error(
        "the subject took {} MiB of memory, and was killed: the limit is {} MiB {facts}", bytes >> 20, limit_bytes >> 20
    )]
    TooLarge {
        /// Bytes that its processes had for themselves.
        bytes: u64,
        /// The most they may have.
        limit_bytes: u64,
        /// When, and what it said.
        facts: Box<Facts>,
    },
    /// It ended with exit code 0 where an answer was due.
    #[error("the adapter left without an answer {facts}")]
    Left {
        /// When, and what it said.
        facts: Box<Facts>,
    },
    /// It closed its standard output and went on running.
    #[error("the adapter closed its standard output {facts}")]
    ClosedOutput {
        /// When, and what it said.
        facts: Box<Facts>,
    },
    /// It closed its standard input and went on running.
    #[error("the adapter closed its standard input {facts}")]
    ClosedInput {
        /// When, and what it said.
        facts: Box<Facts>,
    },
    /// Its output ended within a line.
    #[error("the adapter's output ended within the line `{line}` {facts}")]
    CutLine {
        /// The line, cut for people.
        line: String,
        /// When, and what it said.
        facts: Box<Facts>,
    },
    /// It wrote a line longer than any answer.
    #[error("the adapter wrote a line of more than {limit_bytes} bytes, `{line}` {facts}")]
    LongLine {
        /// The most a line may have.
        limit_bytes: usize,
        /// How it begins.
        line: String,
        /// When, and what it said.
        facts: Box<Facts>,
    },
    /// It wrote a line that is no reply of the protocol.
    #[error("the adapter wrote `{line}`, which is no reply: {why} {facts}")]
    Garbage {
        /// The line, cut for people.
        line: String,
        /// What is wrong with it.
        why: String,
        /// When, and what it said.
        facts: Box<Facts>,
    },
    /// It answered a request that it had answered before.
    #[error("the adapter answered request {id} twice, the second time with `{line}` {facts}")]
    AnsweredTwice {
        /// The request.
        id: u64,
        /// The second answer, cut for people.
        line: String,
        /// When, and what it said.
        facts: Box<Facts>,
    },
    /// It answered a request that nobody made.
    #[error("the adapter answered request {answered} where {asked} was due, with `{line}` {facts}")]
    OtherId {
        /// The request that was due.
        asked: u64,
        /// The request it answered.
        answered: u64,
        /// The answer, cut for people.
        line: String,
        /// When, and what it said.
        facts: Box<Facts>,
    },
    /// It gave an answer that does not belong to the request.
    #[error("the adapter answered `{line}`, which is no answer to that {facts}")]
    OtherAnswer {
        /// The answer, cut for people.
        line: String,
        /// When, and what it said.
        facts: Box<Facts>,
    },
    /// The system did not let the suite talk to it.
    #[error("the system does not let the suite talk to the subject: {message} {facts}")]
    Unreachable {
        /// What the system said.
        message: String,
        /// When, and what it said.
        facts: Box<Facts>,
    },
    /// A signal ended the run before it answered, and it was killed.
    #[error("{} ended the run early {facts}", interrupt::name(*.signal))]
    Interrupted {
        /// The number of the signal that the suite was sent.
        signal: i32,
        /// When, and what it said.
        facts: Box<Facts>,
    },
    /// It was lost in an earlier request, and is asked again.
    #[error("the subject is gone since an earlier request")]
    Gone,
}

/// What was going on when a process was lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// What it was asked, for people.
    pub request: String,
    /// An answer it began and did not finish.
    pub begun: String,
    /// Whether another process still holds its output.
    pub held_open: bool,
    /// The end of its standard error.
    pub stderr: String,
}

/// Whose fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The binder, or the host it runs on: the trial failed.
    Binder,
    /// The adapter, or the machine: the trial is spoiled.
    Adapter,
}

impl SubjectFault {
    /// The fault of a subject that is asked for what only this capability can do, and has it not.
    pub fn unsupported(request: &str, capability: Capability) -> SubjectFault {
        let message = format!("there is no `{}` here", capability.name());
        SubjectFault::Unsupported { request: request.to_owned(), message }
    }

    /// Whether the subject cannot be asked anything more.
    pub fn is_loss(&self) -> bool {
        !matches!(
            self,
            SubjectFault::NotStarted(_)
                | SubjectFault::Adapter(_)
                | SubjectFault::Unsupported { .. }
                | SubjectFault::NoSuchValue { .. }
        )
    }

    /// Whose fault it is: what ends or holds up a process, and what is declared and not there, is the
    /// binder's; what else it says is the adapter's.
    pub fn blame(&self) -> Blame {
        match self {
            SubjectFault::Unsupported { .. }
            | SubjectFault::NoSuchValue { .. }
            | SubjectFault::Crashed { .. }
            | SubjectFault::Exited { .. }
            | SubjectFault::Hung { .. }
            | SubjectFault::Late { .. }
            | SubjectFault::TooLarge { .. } => Blame::Binder,
            SubjectFault::NotStarted(_)
            | SubjectFault::Adapter(_)
            | SubjectFault::Left { .. }
            | SubjectFault::ClosedOutput { .. }
            | SubjectFault::ClosedInput { .. }
            | SubjectFault::CutLine { .. }
            | SubjectFault::LongLine { .. }
            | SubjectFault::Garbage { .. }
            | SubjectFault::AnsweredTwice { .. }
            | SubjectFault::OtherId { .. }
            | SubjectFault::OtherAnswer { .. }
            | SubjectFault::Unreachable { .. }
            | SubjectFault::Interrupted { .. }
            | SubjectFault::Gone => Blame::Adapter,
        }
    }
}

/// Lines of standard error shown with a fault; the rest is not for a report.
const SHOWN_LINES: usize = 12;
/// Bytes of them.
const SHOWN_BYTES: usize = 2000;

impl fmt::Display for Facts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "({}", self.request)?;
        if !self.begun.is_empty() {
            write!(out, "; it had begun to answer `{}`", self.begun)?;
        }
        if self.held_open {
            write!(out, "; a process it started still holds its output")?;
        }
        write!(out, ")")?;
        let lines: Vec<&str> = self.stderr.trim_end().lines().collect();
        let mut shown = lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n  ");
        if shown.len() > SHOWN_BYTES {
            let mut from = shown.len() - SHOWN_BYTES;
            while !shown.is_char_boundary(from) {
                from += 1;
            }
            shown = format!("… {}", &shown[from..]);
        }
        if shown.trim().is_empty() {
            return Ok(());
        }
        write!(out, "\nits standard error ended:\n  {shown}")
    }
}
