//! What a subject of the suite is asked and what it answers: the one interface between the suite and
//! a binder, in process or out of it.
//!
//! A subject sees calls, never expectations.

use std::path::PathBuf;

use crate::value::{HostValue, Token};
use reference_binder::contract::{Path, RefusalCode};

/// A binder under judgement. Its methods answer in the order they are called.
pub trait Subject: Send {
    /// Opens the library and says what the subject is.
    fn start(&mut self, request: &StartRequest) -> Result<Ready, SubjectFault>;

    /// Binds one function. Called again for the same signature it may answer the same id.
    fn bind(&mut self, request: &BindRequest) -> Result<BindReply, SubjectFault>;

    /// Calls a bound function once.
    fn call(&mut self, function: BoundId, arguments: &[HostValue]) -> Result<CallReply, SubjectFault>;

    /// Calls a bound function `count` times, taking the rows of arguments in turn, from `threads`
    /// threads at once that each make `count` calls and start at different rows. What arrays the
    /// rows hold is made anew for each call.
    fn repeat(&mut self, request: &RepeatRequest<'_>) -> Result<RepeatReply, SubjectFault>;

    /// Forgets host values the subject keeps for the suite: every token issued so far. Native
    /// resources behind them are not freed.
    fn forget(&mut self) -> Result<(), SubjectFault>;

    /// What the subject's own counters say, where it has the `counters` capability.
    fn counters(&mut self) -> Result<Option<Counters>, SubjectFault>;
}

/// The library to open, and where the suite keeps its evidence.
#[derive(Clone, Debug)]
pub struct StartRequest {
    /// The fixture library.
    pub library: PathBuf,
    /// The declarations of every named type of the corpus, as EDN (T-8).
    pub declarations: String,
}

/// The subject's handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// The binder's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The language it is used from.
    pub language: String,
    /// The level it is judged at.
    pub level: Level,
    /// Capabilities it declares.
    pub capabilities: Vec<Capability>,
    /// Dialects it declares (contract D).
    pub dialects: Vec<Dialect>,
}

/// The level a subject is judged at (contract, *Levels*).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// It takes the contract signature and host values.
    Contract,
    /// The suite lowers signature and values for it.
    Wire,
}

/// What a subject may declare beyond what every binder owes; a closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Capability {
    /// Handles know that they were consumed (C-14).
    ClosedHandles,
    /// It counts scopes and native memory (P-1, P-2).
    Counters,
    /// It says which path serves a function (P-4).
    Paths,
    /// It can be told to serve a function on the general path (P-5).
    ForcePath,
    /// It can be called from several threads at once (N-1).
    Threads,
}

/// A declared deviation (contract D).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dialect {
    /// D-1
    Wraps,
    /// D-2
    Truncates,
    /// D-3
    Truthy,
    /// D-4
    Big128,
    /// D-5
    RawRefusals,
    /// D-6
    CanonicalNan,
    /// D-7
    ErrorAsKeyword,
}

/// One function to bind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BindRequest {
    /// The native symbol.
    pub symbol: String,
    /// The signature, as EDN text.
    pub signature: String,
    /// Declarations of named types beyond those of the start, as EDN; usually empty.
    pub declarations: String,
    /// Index of the argument the function consumes (C-14).
    pub consumes: Option<usize>,
    /// Serve it on the general path whatever the signature says (P-5).
    pub force_general: bool,
}

/// Names a bound function of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BoundId(pub usize);

/// What binding came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BindReply {
    /// Bound, on the path said where the subject has paths.
    Bound {
        /// Names the function in later requests.
        function: BoundId,
        /// The path that serves it (P-4).
        path: Option<Path>,
    },
    /// The signature was refused (S-4).
    Refused(SignatureRefusal),
    /// The library or a symbol could not be had (B-1); the message names path and symbol.
    Unlinked(String),
    /// The subject does not serve this signature.
    Unsupported(String),
}

/// A signature's refusal as a subject reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureRefusal {
    /// The code; `None` for a refusal without one (D-5).
    pub code: Option<RefusalCode>,
    /// Byte offset of the offending form in the text.
    pub offset: Option<usize>,
    /// The offending form as written.
    pub form: Option<String>,
    /// The subject's message.
    pub message: String,
}

/// What a call came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallReply {
    /// The outcome.
    pub outcome: Outcome,
    /// Array arguments after the call, by argument index, where the outcome is a value.
    pub arrays: Vec<(usize, HostValue)>,
}

/// The outcome of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It returned.
    Value(HostValue),
    /// It was refused with a call code (contract C); `None` is a refusal without one (D-5).
    Refused(Option<String>),
    /// The call was made and its result could not be had, by this code.
    Failed(String),
}

/// Many calls of one function.
#[derive(Clone, Debug)]
pub struct RepeatRequest<'a> {
    /// The function.
    pub function: BoundId,
    /// Rows of arguments, taken in turn.
    pub rows: &'a [Vec<HostValue>],
    /// Calls each thread makes.
    pub count: u64,
    /// Threads that call at once; 1 is the calling thread alone.
    pub threads: usize,
}

/// What many calls came to: for each row, each distinct outcome and how often it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepeatReply {
    /// As many as there were rows.
    pub rows: Vec<Vec<(CallReply, u64)>>,
}

/// What a subject counts about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Counters {
    /// Call scopes opened so far (P-1 to P-3).
    pub scopes: u64,
    /// Bytes of native memory taken for calls so far.
    pub scope_bytes: u64,
    /// Scopes open now.
    pub open_scopes: u64,
}

/// A subject that did not answer as the interface says: never excusable as a refusal.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum SubjectFault {
    /// It could not be started.
    #[error("the subject could not be started: {0}")]
    NotStarted(String),
    /// It answered something the interface does not allow, or was asked something it does not know.
    #[error("the subject's adapter failed: {0}")]
    Adapter(String),
}

impl RepeatRequest<'_> {
    /// The row a thread's `n`-th call takes.
    pub fn row(&self, thread: usize, n: u64) -> usize {
        let rows = self.rows.len() as u64;
        ((n + thread as u64) % rows) as usize
    }

    /// All calls of all threads.
    pub fn calls(&self) -> u64 {
        self.count * self.threads as u64
    }
}

impl Token {
    /// The next token after this one.
    pub fn next(self) -> Token {
        Token(self.0 + 1)
    }
}
