//! A general FFI library as a subject, at wire level: the suite reads the contract signature, lowers host
//! values to C values and memory, has the library make the call, and raises what it left.
//!
//! `plan` is what is known of a linked function, `lower` and `raise` lead from host values to bytes and
//! back, `scalars` holds what both say of one scalar; `calls` makes the calls, over a `line`, which can
//! note them. Of what it plain `script` makes scripts that the library runs by itself, for `repeat` and
//! for `clock`. Written apart from the reference
//! binder, over plain bytes: of it only the contract's reading, layouts and lowering are used.

mod calls;
mod clock;
mod kept;
mod line;
mod lower;
mod plan;
mod raise;
mod repeat;
mod scalars;
mod script;

use std::collections::HashMap;

use contract::{
    Answer, Declarations, FunctionType, HostValue, Lowering, Refusal, Release, Signature, Token,
};

use self::clock::Clocked;
use self::kept::Made;
use self::line::Line;
use self::plan::Plan;
use self::repeat::Rehearsed;
use crate::protocol::carriers::CarrierType;
use crate::protocol::conversation::{Conversation, shown};
use crate::protocol::convert;
use crate::protocol::messages::Request;
use crate::{
    BenchReply, BenchRequest, BindReply, BindRequest, BoundId, CallReply, Capability, Dialect,
    NormalForms, Own, Pull, ReadReply, ReadRequest, Ready, ReleaseReply, RepeatReply,
    RepeatRequest, ScriptArgument, ScriptStep, SignatureRefusal, StartRequest, Subject,
    SubjectFault, loops,
};

pub use self::lower::{Lowered, Lowerer, NotTaken};
pub use self::plan::{ERROR_BYTES, Unlowered, outs};

/// A library at wire level, at the other end of a conversation.
pub(crate) struct Wire {
    line: Line,
    ready: Ready,
    declarations: Declarations,
    plans: Vec<Plan>,
    tokens: Tokens,
    /// The function objects that are made and not released.
    made: Vec<Made>,
    /// `bc_copy`, once it is linked.
    copier: Option<BoundId>,
    /// The scripts that were made ready last.
    rehearsed: Vec<Rehearsed>,
    /// The rows that were made ready for the clock last.
    clocked: Option<Clocked>,
}

/// What a library may declare at this level: the rest is about what the suite does itself.
const CAPABILITIES: [Capability; 18] = [
    Capability::Loops,
    Capability::Threads,
    Capability::Libraries,
    Capability::Collect,
    Capability::NoCollector,
    Capability::Callbacks,
    Capability::CallbackTypes,
    Capability::ByValue,
    Capability::Unions,
    Capability::Packed,
    Capability::Complex,
    Capability::LongDouble,
    Capability::Int128,
    Capability::Variadics,
    Capability::ForeignThreads,
    Capability::KeptCallbacks,
    Capability::Errno,
    Capability::SetErrno,
];
/// Dialects likewise.
const DIALECTS: [Dialect; 1] = [Dialect::CanonicalNan];

/// Handles and streams by the tokens the suite gave them.
#[derive(Debug, Default)]
struct Tokens {
    /// Addresses by token.
    handles: Vec<u64>,
    /// Tokens of the handles alive, by type and address (C-14).
    alive: HashMap<(String, u64), Token>,
    streams: Vec<Stream>,
}

/// A stream that a call returned.
#[derive(Clone, Copy, Debug)]
struct Stream {
    /// Index of the plan of the function that returned it.
    plan: usize,
    iterator: u64,
    consumed: bool,
}

/// What linking a symbol came to.
enum Linked {
    Bound(BoundId),
    Not(BindReply),
}

impl Wire {
    /// What a conversation is about once the program said `ready`.
    pub(crate) fn new(conversation: Conversation, ready: Ready) -> Wire {
        let declarations = Declarations::new();
        Wire {
            line: Line::new(conversation),
            ready,
            declarations,
            plans: Vec::new(),
            tokens: Tokens::default(),
            made: Vec::new(),
            copier: None,
            rehearsed: Vec::new(),
            clocked: None,
        }
    }
}

impl Wire {
    /// Whether scripts can be left to the library: what takes structs by value or variable arguments is called one
    /// by one, and so is what takes a function, unless an object that answers always the same can stand for it.
    fn loops(&self, request: &RepeatRequest<'_>) -> bool {
        let mut steps = request.scripts.iter().flat_map(|script| &script.steps);
        let keeps = request.stand_ins && self.declares(Capability::KeptCallbacks);
        let takes = |argument: &ScriptArgument| match argument {
            ScriptArgument::Value(HostValue::Function(answers)) => {
                !(keeps && Answer::is_one(answers))
            }
            _ => false,
        };
        let one_by_one = |step: &ScriptStep| {
            self.plans.get(step.function.0).is_some_and(|plan| plan.signature.one_by_one())
        };
        self.declares(Capability::Loops)
            && !steps.any(|step| one_by_one(step) || step.arguments.iter().any(takes))
    }

    fn declares(&self, capability: Capability) -> bool {
        self.ready.capabilities.contains(&capability)
    }
}

/// A signature's refusal by the suite's own reader.
fn refusal(refusal: Refusal) -> SignatureRefusal {
    SignatureRefusal {
        code: Some(refusal.code),
        offset: Some(refusal.position.offset),
        message: refusal.to_string(),
        form: Some(refusal.form),
    }
}

impl Subject for Wire {
    fn in_process(&self) -> bool {
        false
    }

    /// The program was started when the handshake was made.
    fn start(&mut self, request: &StartRequest) -> Result<Ready, SubjectFault> {
        let strange = |what: &str, name: &str| {
            SubjectFault::NotStarted(format!(
                "it declares the {what} `{name}`, which means nothing at wire level: leave it out"
            ))
        };
        let capability = |one: &&Capability| !CAPABILITIES.contains(one);
        if let Some(capability) = self.ready.capabilities.iter().find(capability) {
            return Err(strange("capability", capability.name()));
        }
        if self.declares(Capability::Threads) && !self.declares(Capability::Loops) {
            let threads = "it declares `threads` and not `loops`, which threads are asked for in";
            return Err(SubjectFault::NotStarted(threads.into()));
        }
        if let Some(dialect) = self.ready.dialects.iter().find(|one| !DIALECTS.contains(one)) {
            return Err(strange("dialect", dialect.name()));
        }
        self.declarations = Declarations::read(&request.declared(&self.ready.capabilities))
            .map_err(|refusal| SubjectFault::NotStarted(refusal.to_string()))?;
        Ok(self.ready.clone())
    }

    /// By the suite's own reader, because the library knows no signatures. No trial rests on it.
    fn read(&mut self, request: &ReadRequest) -> Result<ReadReply, SubjectFault> {
        let mut declarations = self.declarations.clone();
        let read = declarations
            .extend(&request.declarations)
            .and_then(|()| Signature::read(&request.signature, &declarations));
        Ok(match read {
            Ok(signature) => ReadReply::Accepted(Some(NormalForms {
                signature: signature.normalised(),
                types: Vec::new(),
            })),
            Err(refused) => ReadReply::Refused(refusal(refused)),
        })
    }

    fn bind(&mut self, request: &BindRequest) -> Result<BindReply, SubjectFault> {
        let signature = match Signature::read(&request.signature, &self.declarations) {
            Ok(signature) => signature,
            Err(refused) => return Ok(BindReply::Refused(refusal(refused))),
        };
        if signature.tells() {
            let why = "what family Z asks is no library's of wire level".to_owned();
            return Ok(BindReply::Unsupported(why));
        }
        let lowering = Lowering::of(&signature, &self.declarations);
        let library = request.library.as_ref().map(|path| path.display().to_string());
        let symbol = request.symbol.clone();
        let prototype = plan::prototype(&symbol, &lowering, &self.declarations);
        let outs = plan::outs(&lowering, &self.declarations);
        let (mut prototype, outs) = match (prototype, outs) {
            (Ok(prototype), Ok(outs)) => (prototype, outs),
            (Err(why), _) | (_, Err(why)) => return Ok(BindReply::Unsupported(why.to_string())),
        };
        if let Some(Release::Stream(_)) = lowering.release {
            // An address in a word (L-16), which a loop must not show as a number.
            prototype.returns = CarrierType::Pointer.into();
        }
        prototype.errno = request.errno;
        let returns = prototype.returns.carrier().unwrap_or(CarrierType::Void);
        let mut prototypes = vec![prototype];
        if let Some(release) = &lowering.release {
            prototypes.push(plan::release(&symbol, release));
        }
        if let Some(Release::Stream(_)) = lowering.release {
            prototypes.push(plan::next(&symbol));
        }
        let mut linked = Vec::with_capacity(prototypes.len());
        for prototype in prototypes {
            match self.line.link(prototype, library.as_deref())? {
                Linked::Bound(function) => linked.push(function),
                Linked::Not(reply) => return Ok(reply),
            }
        }
        self.plans.push(Plan {
            outs,
            release: lowering.release.zip(linked.get(1).copied()),
            next: linked.get(2).copied(),
            function: linked[0],
            consumes: request.consumes,
            symbol,
            signature,
            returns,
        });
        Ok(BindReply::Bound { function: BoundId(self.plans.len() - 1), path: None })
    }

    fn call(
        &mut self,
        function: BoundId,
        arguments: &[HostValue],
    ) -> Result<CallReply, SubjectFault> {
        self.make(function, arguments)
    }

    fn next(&mut self, stream: Token) -> Result<Pull, SubjectFault> {
        self.fetch(stream)
    }

    fn close(&mut self, stream: Token) -> Result<(), SubjectFault> {
        self.end(stream)
    }

    fn rehearse(&mut self, request: &RepeatRequest<'_>) -> Result<(), SubjectFault> {
        if self.loops(request) { self.make_ready(request.scripts) } else { Ok(()) }
    }

    fn repeat(&mut self, request: &RepeatRequest<'_>) -> Result<RepeatReply, SubjectFault> {
        if self.loops(request) {
            return self.looped(request);
        }
        Ok(RepeatReply { scripts: loops::repeat(&mut Own(self), request, 0)? })
    }

    fn bench(&mut self, request: &BenchRequest<'_>) -> Result<BenchReply, SubjectFault> {
        if self.declares(Capability::Loops) {
            return self.timed(request);
        }
        loops::bench(&mut Own(self), request)
    }

    fn errno(&mut self, set: Option<i32>) -> Result<i32, SubjectFault> {
        self.line.conversation.errno(set)
    }

    fn make(
        &mut self,
        of: &FunctionType,
        answers: &[HostValue],
        plain: bool,
    ) -> Result<Token, SubjectFault> {
        self.make_address(of, answers, plain)
    }

    fn heard(&mut self, kept: Token) -> Result<Vec<Vec<HostValue>>, SubjectFault> {
        self.hear(kept)
    }

    fn release(&mut self, kept: Token) -> Result<ReleaseReply, SubjectFault> {
        self.made.retain(|made| made.kept != kept);
        self.line.conversation.release(kept)
    }

    fn collect(&mut self) -> Result<(), SubjectFault> {
        self.line.conversation.ask(Request::Collect {}, "`collect`", convert::done)
    }

    fn resident(&mut self) -> Option<u64> {
        self.line.conversation.resident()
    }

    fn forget(&mut self) -> Result<(), SubjectFault> {
        self.tokens = Tokens::default();
        Ok(())
    }

    fn stop(&mut self) -> Result<(), SubjectFault> {
        self.line.conversation.stop()
    }
}

/// What a symbol is called in faults.
fn call_of(symbol: &str) -> String {
    format!("`invoke` of `{}`", shown(symbol.as_bytes()))
}
