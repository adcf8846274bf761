//! What a subject of the suite is asked and what it answers: the one interface between the suite and
//! a binder, in process or out of it.
//!
//! A subject sees calls, never expectations.

pub mod evidence;
mod fault;
pub mod library;
pub mod loops;
pub mod program;
pub mod protocol;
pub mod recording;
mod script;
mod signal;
pub mod wire;

use std::path::PathBuf;

use contract::{HostValue, Token};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::recording::Tape;

pub use contract::{Dialect, Level, Path, RefusalCode, UnknownDialect};
pub use fault::{Blame, Facts, SubjectFault};
pub use script::{
    BenchReply, BenchRequest, RaceReply, RaceRequest, RepeatReply, RepeatRequest, Script,
    ScriptArgument, ScriptStep, Tally,
};

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

    /// Runs scripts over and over, on several threads at once where asked. By default on the calling
    /// thread alone, each step by [`call`](Subject::call).
    fn repeat(&mut self, request: &RepeatRequest<'_>) -> Result<RepeatReply, SubjectFault> {
        if request.threads != 1 {
            let threads = "it declares `threads` and repeats on the calling thread alone";
            return Err(SubjectFault::Adapter(threads.into()));
        }
        Ok(RepeatReply { scripts: loops::repeat(&mut loops::Own(self), request, 0)? })
    }

    /// Makes calls in a loop, for the clock. Nothing of it is observed but the checksum. By default by
    /// [`call`](Subject::call), so that what conversions from and to [`HostValue`]s take counts as the
    /// binder's.
    fn bench(&mut self, request: &BenchRequest<'_>) -> Result<BenchReply, SubjectFault> {
        loops::bench(&mut loops::Own(self), request)
    }

    /// Makes the same call once from each of several threads at the same moment, row after row. Only
    /// asked of a subject that declares `threads`.
    fn race(&mut self, _request: &RaceRequest<'_>) -> Result<RaceReply, SubjectFault> {
        Err(SubjectFault::unsupported("`race`", Capability::Threads))
    }

    /// Runs the host's collector until it finds nothing more. Only asked of a subject that declares
    /// `collect`.
    fn collect(&mut self) -> Result<(), SubjectFault> {
        Err(SubjectFault::unsupported("`collect`", Capability::Collect))
    }

    /// Forgets host values the subject keeps for the suite: every token issued so far. Native
    /// resources behind handles are not freed. By default nothing is forgotten, and no token is issued
    /// twice.
    fn forget(&mut self) -> Result<(), SubjectFault> {
        Ok(())
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

/// The library to open, and where the suite keeps its evidence.
#[derive(Clone, Debug)]
pub struct StartRequest {
    /// The fixture library.
    pub library: PathBuf,
    /// The declarations of every named type of the corpus, as EDN (T-8).
    pub declarations: String,
    /// The file of the evidence page, for a subject that runs in a process of its own.
    pub page: PathBuf,
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

/// What a subject may declare beyond what every binder owes; a closed list.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
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
    /// Its host has a collector that can be run on request.
    Collect,
    /// It has two ways to make a native call, and can be told to take the second.
    Engines,
    /// It can bind functions of another library than that of the start.
    Libraries,
}

/// A signature to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadRequest {
    /// The signature, as EDN text.
    pub signature: String,
    /// Declarations read before it, beyond those of the start, as EDN text.
    pub declarations: String,
}

/// What reading a signature came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadReply {
    /// It is valid; its normal forms, where the subject has them.
    Accepted(Option<NormalForms>),
    /// It was refused.
    Refused(SignatureRefusal),
    /// The subject does not serve such signatures, and says why: nothing is judged of them.
    Unsupported(String),
}

/// A signature as data, in EDN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NormalForms {
    /// The signature (S-1).
    pub signature: String,
    /// The type of each argument of one type, a rest argument's element included, then of the return
    /// (T-9).
    pub types: Vec<String>,
}

/// One function to bind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BindRequest {
    /// The native symbol.
    pub symbol: String,
    /// The signature, as EDN text.
    pub signature: String,
    /// Index of the argument the function consumes (C-14).
    pub consumes: Option<usize>,
    /// Serve it on the general path whatever the signature says (P-5).
    pub force_general: bool,
    /// Make its calls with the subject's other engine. Only asked of who has `engines`.
    pub other_engine: bool,
    /// The library that has the symbol, where it is not that of the start. Only asked of who has
    /// `libraries`.
    pub library: Option<PathBuf>,
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
    /// The subject does not serve this signature, and says why: trials that need it are gated.
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

/// What fetching an item of a stream came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pull {
    /// An item.
    Item(HostValue),
    /// There are no more.
    End,
    /// It was refused with a call code (contract C); `None` is a refusal without one (D-5).
    Refused(Option<String>),
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

impl Ready {
    /// A subject of the contract level without capabilities and dialects.
    pub fn new(name: &str, version: &str, language: &str) -> Ready {
        Ready {
            name: name.to_owned(),
            version: version.to_owned(),
            language: language.to_owned(),
            level: Level::Contract,
            capabilities: Vec::new(),
            dialects: Vec::new(),
        }
    }
}

impl Capability {
    /// Every capability.
    pub const ALL: [Capability; 8] = [
        Capability::ClosedHandles,
        Capability::Counters,
        Capability::Paths,
        Capability::ForcePath,
        Capability::Threads,
        Capability::Collect,
        Capability::Engines,
        Capability::Libraries,
    ];

    /// The name in handshakes and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Capability::ClosedHandles => "closed-handles",
            Capability::Counters => "counters",
            Capability::Paths => "paths",
            Capability::ForcePath => "force-path",
            Capability::Threads => "threads",
            Capability::Collect => "collect",
            Capability::Engines => "engines",
            Capability::Libraries => "libraries",
        }
    }
}
