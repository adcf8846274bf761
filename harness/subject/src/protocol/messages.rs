//! The messages of protocol version 1: one JSON object a line each way (docs/protocol.md).
//!
//! At contract level requests mirror [`Subject`](crate::Subject) one to one; those of wire level alone say so. What a subject
//! sends is read strictly, what it is sent may grow: the harness refuses fields it does not know, subjects ignore them. No
//! number of a message passes 2^53: what may be larger is a string.

use contract::{HostValue, Scalar};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::aggregates::{CValue, ValueType};
use super::carriers::{Block, Carrier, CarrierType, Hex};
use super::scripts::{ClockScript, LoopScript, Ran};
use crate::numbers::{Decimal, Small};
use crate::{
    BenchReply, BindAndCall, BindRequest, BoundId, Capability, Counters, Dialect, HeldDeclarations,
    Level, OpenedId, Path, ReadRequest, Script,
};

/// The version of the protocol this suite speaks.
pub const VERSION: u64 = 1;

/// A line the harness writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RequestLine {
    /// Names the request; its reply echoes it. From 1, one more each time.
    pub id: Small,
    /// What is asked.
    #[serde(flatten)]
    pub request: Request,
}

/// A line the subject writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReplyLine {
    /// The request's id. 0 answers a line whose id cannot be read.
    pub id: Small,
    /// What came of it.
    #[serde(flatten)]
    pub reply: Reply,
}

/// What is asked, by the word in `do`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Request {
    /// The first request, and only the first. Answered by `ready`.
    Hello {
        /// Version of the protocol.
        protocol: Small,
        /// Version of the suite.
        suite: String,
        /// Path of the fixture library to open.
        library: String,
        /// Declarations of the named types of the corpus, as EDN (T-8).
        declarations: String,
        /// Those that are read by who declares certain capabilities, after them and in this order.
        #[serde(default)]
        held: Vec<HeldDeclarations>,
    },
    /// Reads a signature and loads nothing (S-4). Answered by `accepted`, `refused` or `unsupported`.
    Read(ReadRequest),
    /// Binds a native function. Answered by `bound`, `refused`, `unlinked` or `unsupported`.
    Bind(BindRequest),
    /// Calls a bound function once. Answered by `value`, `refused` or `failed`.
    Call {
        /// The function, as `bound` named it.
        function: BoundId,
        /// The arguments.
        arguments: Vec<HostValue>,
    },
    /// Fetches the next item of a stream that a call returned. Answered by `item`, `end` or
    /// `refused`.
    Next {
        /// The stream's token.
        stream: Decimal,
    },
    /// Stops a stream early; one that has ended, or was stopped, stays as it is. Answered by `done`.
    Close {
        /// The stream's token.
        stream: Decimal,
    },
    /// Has a stream read by a reader of the host's own that raises half way. Only asked of who declares
    /// `raising-readers`. Answered by `raised`.
    Raise {
        /// The stream's token.
        stream: Decimal,
        /// The reader raises once it was given so many items, 1 at least.
        after: Small,
        /// What the error that it raises says.
        error: String,
    },
    /// Runs scripts over and over. Answered by `tallies`.
    Repeat {
        /// The scripts. Thread `t` runs, in its round `r`, script `(r + t) mod n` of the `n`.
        scripts: Vec<Script>,
        /// Scripts each thread runs.
        rounds: Small,
        /// Threads that run at once; 1 is the calling thread alone. More only where `threads` is
        /// declared.
        threads: Small,
        /// Whether a further thread runs the host's collector over and over, from before the first call
        /// until after the last. Only asked of who declares `threads` and `collect`.
        #[serde(default)]
        collect: bool,
    },
    /// Makes the same call once from each of several threads at the same moment, row after row. Only
    /// asked of who declares `threads`. Answered by `raced`.
    Race {
        /// The function, as `bound` named it.
        function: BoundId,
        /// Rows of arguments: each thread makes the call of a row once, and waits for the others before
        /// it does.
        rows: Vec<Vec<HostValue>>,
        /// Threads, none of which is the one that answers requests.
        threads: Small,
    },
    /// Has several threads bind at the same moment, and each call what it was given, row after row. Only
    /// asked of who declares `bind-race`. Answered by `bind-raced`.
    BindRace {
        /// `rows[row][thread]`, all rows as long: each thread takes its own of a row, and waits for the others
        /// before it does.
        rows: Vec<Vec<BindAndCall>>,
    },
    /// Makes calls in a loop on the subject's own clock. Answered by `benched`.
    Bench {
        /// Run once before the clock; `result` counts its steps first.
        setup: Script,
        /// Rows of calls, taken in turn; a row's results are forgotten when it ends.
        rows: Vec<Script>,
        /// Rows to run.
        count: Small,
        /// The number each keyword counts as in the checksum.
        keywords: Vec<(String, Decimal)>,
    },
    /// Opens a library as an object of the host's own, whatever else has it open. This and the three after
    /// it are only asked of who declares `unload`. Answered by `opened` or `unlinked`.
    Open {
        /// Its path.
        library: String,
    },
    /// Lets go of the host's object of an opened library, which nobody asks for again; what was bound from
    /// it is kept. Answered by `done`.
    LetGo {
        /// The library, as `opened` named it.
        opened: OpenedId,
    },
    /// Unloads an opened library (B-3); one that is unloaded stays so. Answered by `done` or `refused`.
    Unload {
        /// The library, as `opened` named it.
        opened: OpenedId,
    },
    /// Has several threads make the same call once, and unloads its library while they do. Only asked of who
    /// declares `threads`, too. Answered by `unloading`.
    UnloadDuring {
        /// The library, as `opened` named it.
        opened: OpenedId,
        /// A function bound from it, as `bound` named it.
        function: BoundId,
        /// The arguments.
        arguments: Vec<HostValue>,
        /// Threads, none of which is the one that answers requests.
        threads: Small,
    },
    /// Makes a function object of the host's, which lives until it is released (K-7, K-8). This and the two after it are only
    /// asked of who declares `kept-callbacks`. Answered by `made`.
    Make {
        /// Its type, `[:fn :kept [A …] R]`, as EDN.
        of: String,
        /// What its calls in turn return; those beyond the last, what the last does. One at least.
        answers: Vec<HostValue>,
        /// Whether it only returns its first answer, and notes nothing; where it is not there, it does.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        plain: bool,
    },
    /// What a function object was called with since it was made. Answered by `heard`, at both levels.
    Heard {
        /// The object, as `made` named it.
        kept: Decimal,
    },
    /// Releases a function object; one that is released is refused. Answered by `done` or `refused`, at both levels.
    Release {
        /// The object, as `made` named it.
        kept: Decimal,
    },
    /// Forgets the tokens issued so far. What is behind handles is not freed. Answered by `done`.
    Forget {},
    /// What `errno` held when the last call returned, on the thread that answers requests, of a function that is bound or
    /// linked with `errno`. Only asked of who declares `errno`. Answered by `errno`.
    Errno {
        /// What it is to hold when the next such function is entered; null to leave it. Only asked of who declares
        /// `set-errno`.
        #[serde(default)]
        set: Option<Small>,
    },
    /// Runs the host's collector until it finds nothing more. Only asked of who declares `collect`.
    /// Answered by `done`.
    Collect {},
    /// What the subject counts about itself. Only asked of who declares `counters`. Answered by
    /// `counters`.
    Counters {},
    /// Wire level: finds a symbol and readies calls of it. Answered by `bound`, `unlinked` or
    /// `unsupported`.
    Link {
        /// The native symbol.
        symbol: String,
        /// The C types of its parameters, in order.
        parameters: Vec<ValueType>,
        /// Of a variadic function, how many of them its prototype names; the others are those of variable arguments,
        /// which C does not promote. Only asked of who declares `variadics`.
        #[serde(default)]
        fixed: Option<Small>,
        /// The C type it returns.
        returns: ValueType,
        /// The library that has the symbol, where it is not that of `hello`. Only asked of who declares
        /// `libraries`.
        #[serde(default)]
        library: Option<String>,
        /// Keep what its calls leave in `errno`. Only asked of who declares `errno`; a request that does not has no such
        /// field.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        errno: bool,
    },
    /// Wire level: calls a linked function once. Answered by `returned`.
    Invoke {
        /// The function, as `bound` named it.
        function: BoundId,
        /// The arguments, in order.
        arguments: Vec<Carrier>,
        /// Memory for the call, filled before it and kept where it is until the next `invoke`.
        #[serde(default)]
        blocks: Vec<Block>,
    },
    /// Wire level: has the library make a C function of one of the host's, which lives until it is released. Only asked of who
    /// declares `kept-callbacks`. Answered by `made`.
    MakeAddress {
        /// The C types of its parameters, in order.
        parameters: Vec<CarrierType>,
        /// The C type it returns.
        returns: CarrierType,
        /// As of `make`, as texts of carriers, null where nothing is returned.
        answers: Vec<Option<String>>,
        /// As of `make`.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        plain: bool,
    },
    /// Wire level: reads memory. Answered by `memory`.
    Peek {
        /// The first byte's address.
        address: Decimal,
        /// Bytes to read, one at least.
        length: Small,
    },
    /// Wire level: runs scripts over and over. Only asked of who declares `loops`. Answered by `looped`.
    Loop {
        /// The scripts. Thread `t` runs, in its round `r`, script `(r + t) mod n` of the `n`.
        scripts: Vec<LoopScript>,
        /// Scripts each thread runs.
        rounds: Small,
        /// Threads that run at once; 1 is the calling thread alone. More only where `threads` is
        /// declared.
        threads: Small,
        /// Whether a further thread runs the host's collector over and over. Only asked of who declares
        /// `threads` and `collect`.
        #[serde(default)]
        collect: bool,
    },
    /// Wire level: makes calls in a loop on the subject's own clock. Only asked of who declares `loops`.
    /// Answered by `benched`.
    Clock {
        /// Rows of calls, taken in turn.
        rows: Vec<ClockScript>,
        /// Rows to run.
        count: Small,
    },
    /// Ends the process, after its answer `done`. So does the end of standard input, without one.
    Stop {},
}

/// What came of a request, by the word in `is`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Reply {
    /// The library is open.
    Ready {
        /// Version of the protocol it speaks.
        protocol: Small,
        /// The binder's name.
        name: String,
        /// Its version.
        version: String,
        /// The language it is used from.
        language: String,
        /// The level it is judged at.
        level: Level,
        /// What it declares beyond what every binder owes.
        #[serde(default)]
        capabilities: Vec<Capability>,
        /// Deviations it declares (contract D).
        #[serde(default)]
        dialects: Vec<Dialect>,
        /// Scalars that it has no type for, or not in every place; neither `i64` nor `f64`. Signatures
        /// made from a seed do without them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        lacks: Vec<Scalar>,
    },
    /// The signature is valid.
    Accepted {
        /// Its normal form as EDN (S-1), where the binder has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature: Option<String>,
        /// The normal form of each argument's type, then of the return's (T-9); with `signature` only.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        types: Vec<String>,
    },
    /// The library is open.
    Opened {
        /// Names it in later requests. No number is given twice.
        library: OpenedId,
    },
    /// The calls were made or refused, and the library was unloaded or not.
    Unloading {
        /// Whether it is unloaded; not so where the binder refuses to while calls run.
        unloaded: bool,
        /// The reply of each thread's call.
        calls: Vec<Reply>,
    },
    /// The signature or the call was refused.
    Refused {
        /// The contract's code; null for a refusal without one (D-5).
        #[serde(default)]
        code: Option<String>,
        /// The binder's message.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        message: String,
        /// Of a signature: byte offset of the offending form.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        offset: Option<Small>,
        /// Of a signature: the offending form as written.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        form: Option<String>,
        /// Of a call: the index of the argument at fault.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        argument: Option<Small>,
    },
    /// The function is bound.
    Bound {
        /// Names it in later requests.
        function: BoundId,
        /// The path that serves it (P-4); with the capability `paths` only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        path: Option<Path>,
    },
    /// The library or a symbol could not be had (B-1).
    Unlinked {
        /// Names the path and the symbol.
        message: String,
    },
    /// The binder does not serve this signature: trials that need it are gated.
    Unsupported {
        /// Why.
        message: String,
    },
    /// The call returned.
    Value {
        /// What it returned.
        value: HostValue,
        /// Array arguments after the call, by argument index: all of them, or those that changed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        arrays: Vec<(Small, HostValue)>,
        /// By argument index what a function given was called with, call by call; those that are not named were not
        /// called.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        calls: Vec<(Small, Vec<Vec<HostValue>>)>,
    },
    /// The call was made and its result could not be had (R-11, K-4).
    Failed {
        /// The code.
        code: String,
        /// As of a value.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        calls: Vec<(Small, Vec<Vec<HostValue>>)>,
        /// With `callback-raised`: what the error says that came to who called; as it was given, where that is the
        /// very error the function raised.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    /// Wire level: the call returned.
    Returned {
        /// What it returned, as the text of a carrier, or the members of a struct; null from `void`.
        value: Option<CValue>,
        /// What each block holds after the call, in the order they were given.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        blocks: Vec<Hex>,
        /// For each callback among the arguments, in order: the arguments of each of its calls, as texts of carriers.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        calls: Vec<Vec<Vec<String>>>,
    },
    /// The function object is made.
    Made {
        /// Names it in later requests. No number is given twice.
        kept: Decimal,
        /// Wire level: the address of its C function.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<Decimal>,
    },
    /// What a function object was called with.
    Heard {
        /// The arguments of each of its calls: values, or at wire level the texts of carriers.
        calls: Vec<Vec<Told>>,
    },
    /// Wire level: what the memory holds.
    Memory {
        /// As many bytes as were asked for.
        bytes: Hex,
    },
    /// The stream's next item.
    Item {
        /// The item.
        value: HostValue,
    },
    /// The stream has no more items.
    End {},
    /// The reader raised, or the stream ended before it did.
    Raised {
        /// The items the reader was given.
        items: Vec<HostValue>,
        /// What the error says that came to who had the stream read: as it was given, where that is the very
        /// error the reader raised; null where none came.
        error: Option<String>,
    },
    /// By script and step: each distinct outcome and how often it came.
    Tallies {
        /// `scripts[script][step]`
        scripts: Vec<Vec<Vec<Counted>>>,
    },
    /// Wire level: by script, each distinct outcome and how often it came.
    Looped {
        /// `scripts[script]`
        scripts: Vec<Vec<Ran>>,
    },
    /// The threads are done.
    Raced {
        /// `rows[row][thread]`: replies to the calls, `value`, `refused` or `failed`.
        rows: Vec<Vec<Reply>>,
    },
    /// The threads are done.
    BindRaced {
        /// `rows[row][thread]`
        rows: Vec<Vec<BoundAndCalled>>,
    },
    /// The loop was run.
    Benched(BenchReply),
    /// What the subject counted.
    Counters(Counters),
    /// What was kept of `errno`.
    Errno {
        /// It, as an unsigned number of 32 bits, as it was before anything was set.
        value: Small,
    },
    /// It was done.
    Done {},
    /// The adapter could not do what it was asked. Spoils the trial; the conversation goes on.
    AdapterError {
        /// What went wrong.
        message: String,
    },
}

/// An argument that a function object was called with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Told {
    /// The text of a carrier (wire level).
    Carrier(String),
    /// A value (contract level).
    Value(HostValue),
}

/// What a racing thread's function came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BoundAndCalled {
    /// A reply to the binding: `bound`, `refused`, `unlinked` or `unsupported`.
    pub bound: Box<Reply>,
    /// Where it is bound, a reply to the call: `value`, `refused` or `failed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub called: Option<Box<Reply>>,
}

/// An outcome of a step, and how often it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Counted {
    /// A reply to the call: `value`, `refused` or `failed`. A handle's token is the index of the step
    /// that first gave it within its run of the script.
    pub reply: Box<Reply>,
    /// How often it came.
    pub times: Small,
}
