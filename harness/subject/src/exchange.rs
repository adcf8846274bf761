//! What a subject is asked and what it answers, as data.

use std::fmt;
use std::path::PathBuf;

use contract::visible::{is_visible, visible};
use contract::{Dialect, HostValue, Level, Path, RefusalCode, Scalar, Token};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::capability::Capability;
use crate::numbers::Small;

/// The library to open, and where the suite keeps its evidence.
#[derive(Clone, Debug)]
pub struct StartRequest {
    /// The fixture library.
    pub library: PathBuf,
    /// The declarations of the named types of the corpus, as EDN (T-8).
    pub declarations: String,
    /// Those that are read by who has certain capabilities, after them and in this order.
    pub held: Vec<HeldDeclarations>,
    /// The file of the evidence page, for a subject that runs in a process of its own.
    pub page: PathBuf,
}

/// Declarations of types that not every binder has a word for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Held")]
pub struct HeldDeclarations {
    /// They are read by who declares all of these.
    pub needs: Vec<Capability>,
    /// The declarations, as EDN (T-8).
    pub declarations: String,
}

impl StartRequest {
    /// The declarations that a subject reads which declares these capabilities.
    pub fn declared(&self, capabilities: &[Capability]) -> String {
        [&*self.declarations, &*self.held(capabilities)].join("\n")
    }

    /// Those among them that not every binder reads.
    pub(crate) fn held(&self, capabilities: &[Capability]) -> String {
        let read =
            |held: &&HeldDeclarations| held.needs.iter().all(|one| capabilities.contains(one));
        let held = self.held.iter().filter(read).map(|held| &*held.declarations);
        held.collect::<Vec<_>>().join("\n")
    }
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
    /// Scalars that it has no type for, or not in every place: signatures made from a seed do without them.
    pub lacks: Vec<Scalar>,
}

/// Characters of a word by which a subject says what it is.
const WORD_CHARACTERS: usize = 100;

/// What every subject has: one integer and one float at least.
const PLAIN: [Scalar; 2] = [Scalar::I64, Scalar::F64];

impl Ready {
    /// Refuses words that a report cannot print, because every page, title and test view is headed by them,
    /// habits that exclude each other, and the lack of what stands in for all else.
    ///
    /// # Errors
    /// Which word it is, and what is wrong with it.
    pub(crate) fn printable(self) -> Result<Ready, String> {
        for (what, word) in
            [("name", &self.name), ("version", &self.version), ("language", &self.language)]
        {
            let length = word.chars().count();
            if length > WORD_CHARACTERS {
                let begins: String = word.chars().take(20).collect();
                return Err(format!(
                    "its `{what}` has {length} characters, and a report prints {WORD_CHARACTERS} at \
                     the most: `{}…`",
                    visible(&begins)
                ));
            }
            if let Some(hidden) = word.chars().find(|character| !is_visible(*character)) {
                return Err(format!(
                    "its `{what}` has {} in it, which nobody can see: `{}`",
                    hidden.escape_unicode(),
                    word.escape_debug()
                ));
            }
        }
        if self.name.trim().is_empty() {
            return Err("its `name` is empty, and a report is headed by it".to_owned());
        }
        let habits = self.capabilities.iter().filter(|one| Capability::HABITS.contains(one));
        if habits.count() > 1 {
            return Err("it declares more than one thing that it does with lone surrogates".into());
        }
        if let Some(lacked) = self.lacks.iter().find(|one| PLAIN.contains(one)) {
            let lacked = lacked.name();
            return Err(format!("it lacks `{lacked}`, which stands in for what others lack"));
        }
        Ok(self)
    }
}

/// A signature to read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct ReadRequest {
    /// The signature, as EDN.
    pub signature: String,
    /// Declarations read before it, beyond those of `hello`, as EDN.
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct BindRequest {
    /// The native symbol.
    pub symbol: String,
    /// The signature, as EDN.
    pub signature: String,
    /// Index of the argument the function consumes (C-14).
    #[serde(default)]
    #[schemars(with = "Option<Small>")]
    pub consumes: Option<usize>,
    /// Serve it on the general path whatever the signature says (P-5). Only asked of who declares
    /// `force-path`.
    #[serde(default)]
    pub force_general: bool,
    /// Make its calls with the binder's other engine. Only asked of who declares `engines`.
    #[serde(default)]
    pub other_engine: bool,
    /// The library that has the symbol, where it is not that of `hello`. Only asked of who declares
    /// `libraries`.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub library: Option<PathBuf>,
    /// Keep what its calls leave in `errno` (M-4), and have it hold when they are entered what the host has set (M-5). Only
    /// asked of who declares `errno`; a request that does not has no such field.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub errno: bool,
    /// The library object that has the symbol, as `opened` named it. Only asked of who declares `unload`.
    #[serde(default)]
    pub opened: Option<OpenedId>,
}

/// Names a library that a subject opened on request. No number is given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct OpenedId(#[serde(with = "Small")] pub usize);

/// What opening a library came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenReply {
    /// It is open.
    Opened(OpenedId),
    /// It cannot be had (B-1); the message names its path.
    Unlinked(String),
}

/// What unloading a library came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnloadReply {
    /// It is unloaded, or was before.
    Done,
    /// The binder refuses, with a code or without.
    Refused(Option<String>),
}

/// What releasing a function object came to (K-8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReleaseReply {
    /// It is released.
    Done,
    /// The binder refuses, with a code or without: it was released before.
    Refused(Option<String>),
}

/// A library to unload while calls of it run.
#[derive(Clone, Copy, Debug)]
pub struct UnloadDuringRequest<'a> {
    /// The library.
    pub library: OpenedId,
    /// A function bound from it.
    pub function: BoundId,
    /// Its arguments.
    pub arguments: &'a [HostValue],
    /// Threads that make the call, none of which is the one the subject is otherwise called on.
    pub threads: usize,
}

/// What unloading a library while calls of it run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnloadDuringReply {
    /// Whether it is unloaded, and was not refused to be.
    pub unloaded: bool,
    /// The reply of each thread's call.
    pub calls: Vec<CallReply>,
}

/// Names a bound function of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct BoundId(#[serde(with = "Small")] pub usize);

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

impl fmt::Display for SignatureRefusal {
    /// What follows *refused*.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(f, "with {code}")?,
            None => f.write_str("without a code")?,
        }
        if self.message.is_empty() { Ok(()) } else { write!(f, ": {}", self.message) }
    }
}

/// What a call came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallReply {
    /// The outcome.
    pub outcome: Outcome,
    /// Array arguments after the call, by argument index, where the outcome is a value.
    pub arrays: Vec<(usize, HostValue)>,
    /// Where it was refused, the index of the argument at fault, if the subject says it (C-13).
    pub argument: Option<usize>,
    /// What each function among the arguments was called with, by argument index, where the call was made (K-2).
    pub calls: Vec<Called>,
    /// What the error says that came to who called, where a function raised (K-4).
    pub raised: Option<String>,
}

/// The index of an argument that is a function, and the arguments of each of its calls in order.
pub type Called = (usize, Vec<Vec<HostValue>>);

impl CallReply {
    /// An outcome, without arrays, functions and an argument at fault.
    pub fn of(outcome: Outcome) -> CallReply {
        CallReply { outcome, arrays: Vec::new(), argument: None, calls: Vec::new(), raised: None }
    }
}

/// The outcome of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It returned.
    Value(HostValue),
    /// It was refused with a call code (contract C); `None` is a refusal without one (D-5).
    Refused(Option<String>),
    /// The call was made and its result could not be had, by this code (R-11, K-4).
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

/// A stream to be read by a reader that raises.
#[derive(Clone, Copy, Debug)]
pub struct RaiseRequest<'a> {
    /// The stream.
    pub stream: Token,
    /// The reader raises once it was given so many items, 1 at least.
    pub after: usize,
    /// What it raises says this.
    pub error: &'a str,
}

/// What reading by a reader that raises came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RaiseReply {
    /// The items the reader was given.
    pub items: Vec<HostValue>,
    /// What the error says that came to who called: the reader's own, where it is that; `None` where none came.
    pub error: Option<String>,
}

/// What a subject counts about itself; `bc_counts` of include/boundary_binder.h.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Counters {
    /// Call scopes opened so far (P-1 to P-3).
    #[serde(with = "Small")]
    pub scopes: u64,
    /// Bytes of native memory taken for calls so far.
    #[serde(with = "Small")]
    pub scope_bytes: u64,
    /// Scopes open now.
    #[serde(with = "Small")]
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
            lacks: Vec::new(),
        }
    }
}
