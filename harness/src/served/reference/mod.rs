//! The reference binder as a subject: `values` converts between the suite's host values and its own, `binds`
//! binds, `script` makes a case ready, `repeat` and `bench` run it over and over.
#![expect(unsafe_code, reason = "binds symbols whose prototypes the manifest vouches for")]

mod bench;
mod binds;
mod libraries;
mod played;
mod race;
mod reader;
mod repeat;
mod script;
mod values;

use std::collections::HashMap;
use std::path::Path as FilePath;
use std::sync::Arc;

use contract::{
    Answer, Argument, ArgumentKind, CallCode, Declarations, FunctionType, Pair, Refusal, Signature,
    Type,
};
use contract::{HostValue, Token};
use reference_binder::errno;
use reference_binder::handle::Handle;
use reference_binder::heap::{HostFunction, Mark, Object};
use reference_binder::{Caller, ClosableLibrary, Function, KeptFunction, Library, Value};
use subject::library::{Asked, Hosting};
use subject::{
    BenchReply, BenchRequest, BindRaceReply, BindRaceRequest, BindReply, BindRequest, BoundId,
    CallReply, Capability, Counters, Dialect, Level, NormalForms, OpenReply, OpenedId, Outcome,
    Pull, RaceReply, RaceRequest, RaiseReply, RaiseRequest, ReadReply, ReadRequest, Ready,
    ReleaseReply, RepeatReply, RepeatRequest, SignatureRefusal, StartRequest, Subject,
    SubjectFault, Tally, UnloadDuringReply, UnloadDuringRequest, UnloadReply, loops,
};

use self::played::{Plain, Played};
use self::repeat::repeat_on;
use self::values::{is_stream, reply, same, to_binder, to_host};

/// The reference binder, in the harness's own process.
#[derive(Debug, Default)]
pub struct ReferenceBinder {
    library: Option<Library>,
    /// Libraries opened on request, until they are let go of.
    opened: Vec<Option<ClosableLibrary>>,
    declarations: Declarations,
    functions: Vec<Function>,
    caller: Caller,
    tokens: Tokens,
    dialects: Vec<Dialect>,
    /// The functions that objects were made of, until those are released.
    kept: HashMap<u64, HostFunction>,
}

impl ReferenceBinder {
    /// The binder with dialects it does not have by itself.
    pub fn with_dialects(dialects: &[Dialect]) -> ReferenceBinder {
        let mut dialects = dialects.to_vec();
        dialects.sort_unstable();
        dialects.dedup();
        ReferenceBinder { dialects, ..ReferenceBinder::default() }
    }

    fn describe_refusal(&self, refusal: Refusal) -> SignatureRefusal {
        binds::described(refusal, self.speaks(Dialect::RawRefusals))
    }

    fn repeated(&self, mut scripts: Vec<Vec<Tally>>) -> RepeatReply {
        if self.speaks(Dialect::RawRefusals) {
            let tallies = scripts.iter_mut().flatten();
            tallies.flat_map(|tally| &mut tally.replies).for_each(|(reply, _)| without_code(reply));
        }
        RepeatReply { scripts }
    }

    /// A function object of this function, which it has until it is released.
    fn keep(&mut self, of: &FunctionType, function: HostFunction) -> Result<Token, SubjectFault> {
        let dialects = binds::dialects(&self.dialects);
        let kept = KeptFunction::new(of, function.clone(), dialects);
        let kept = kept.map_err(|error| SubjectFault::Adapter(error.to_string()))?;
        self.kept.insert(kept.bits(), function);
        Ok(Token(kept.bits()))
    }

    fn speaks(&self, dialect: Dialect) -> bool {
        self.dialects.contains(&dialect)
    }
}

impl Hosting for ReferenceBinder {
    fn call_asking(
        &mut self,
        function: BoundId,
        arguments: &[HostValue],
        asked: &[(usize, Arc<dyn Asked>)],
    ) -> Result<CallReply, SubjectFault> {
        let ReferenceBinder { functions, caller, tokens, .. } = self;
        let function = functions.get(function.0).ok_or_else(unknown_function)?;
        let mark = caller.heap.mark();
        let mut values = Vec::with_capacity(arguments.len());
        for (index, argument) in arguments.iter().enumerate() {
            let asked = asked.iter().find(|(at, _)| *at == index);
            values.push(match (asked, argument) {
                (Some((_, asked)), _) => caller.heap.keep(Object::Function(Played::asking(asked))),
                (None, HostValue::Same(other)) => same(*other, &values)?,
                (None, HostValue::Kept(token)) => {
                    caller.heap.keep(Object::Kept(KeptFunction::from_bits(token.0)))
                }
                (None, argument) => {
                    to_binder(argument, &mut caller.heap, &|token| tokens.handle(token))?
                }
            });
        }
        let result = played::call(function, caller, &values);
        let raised = caller.take_raised();
        let mut reply = reply(result, (&values, raised), caller, &mut |handle| tokens.of(handle));
        match result {
            Ok(stream) if is_stream(stream, caller) => {
                reply.outcome = Outcome::Value(HostValue::Stream(tokens.keep(stream, mark)));
            }
            _ => caller.heap.release(mark),
        }
        if self.speaks(Dialect::RawRefusals) {
            without_code(&mut reply);
        }
        Ok(reply)
    }

    fn make_asking(
        &mut self,
        of: &FunctionType,
        asked: Arc<dyn Asked>,
    ) -> Result<Token, SubjectFault> {
        self.keep(of, Played::asking(&asked))
    }
}

/// Handles by the tokens they were issued under.
#[derive(Debug, Default)]
struct Tokens {
    handles: Vec<Handle>,
    known: HashMap<Handle, Token>,
    streams: Vec<Value>,
    /// Where the heap was before the first stream, which must outlive its call.
    before_streams: Option<Mark>,
}

impl Tokens {
    fn of(&mut self, handle: Handle) -> Token {
        *self.known.entry(handle).or_insert_with(|| {
            self.handles.push(handle);
            Token(self.handles.len() as u64 - 1)
        })
    }

    fn handle(&self, token: Token) -> Option<Handle> {
        self.handles.get(usize::try_from(token.0).ok()?).copied()
    }

    /// Keeps a stream, made since the mark.
    fn keep(&mut self, stream: Value, mark: Mark) -> Token {
        self.before_streams.get_or_insert(mark);
        self.streams.push(stream);
        Token(self.streams.len() as u64 - 1)
    }

    fn stream(&self, token: Token) -> Result<Value, SubjectFault> {
        let found = usize::try_from(token.0).ok().and_then(|index| self.streams.get(index));
        let unknown = || SubjectFault::Adapter("asked for a stream it never issued".into());
        found.copied().ok_or_else(unknown)
    }
}

impl Subject for ReferenceBinder {
    fn start(&mut self, request: &StartRequest) -> Result<Ready, SubjectFault> {
        let not_started = |message: String| SubjectFault::NotStarted(message);
        self.declarations = Declarations::read(&request.declared(&capabilities()))
            .map_err(|refusal| not_started(refusal.to_string()))?;
        // SAFETY: who runs the harness names this library as the one to judge or to judge with.
        let library = unsafe { Library::open(&request.library) };
        self.library = Some(library.map_err(|error| not_started(error.to_string()))?);
        Ok(Ready {
            name: "reference-binder".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            language: "Rust".into(),
            level: Level::Contract,
            capabilities: capabilities(),
            dialects: self.dialects.clone(),
            lacks: Vec::new(),
        })
    }

    fn read(&mut self, request: &ReadRequest) -> Result<ReadReply, SubjectFault> {
        let mut declarations = self.declarations.clone();
        let read = declarations
            .extend(&request.declarations)
            .and_then(|()| Signature::read(&request.signature, &declarations));
        Ok(match read {
            Ok(signature) => ReadReply::Accepted(Some(normal_forms(&signature))),
            Err(refusal) => ReadReply::Refused(self.describe_refusal(refusal)),
        })
    }

    fn bind(&mut self, request: &BindRequest) -> Result<BindReply, SubjectFault> {
        let library = self.library_of(request)?;
        let bound = library.and_then(|library| self.binds().function(&library, request));
        Ok(self.named(bound))
    }

    fn call(
        &mut self,
        function: BoundId,
        arguments: &[HostValue],
    ) -> Result<CallReply, SubjectFault> {
        self.call_asking(function, arguments, &[])
    }

    fn next(&mut self, stream: Token) -> Result<Pull, SubjectFault> {
        let stream = self.tokens.stream(stream)?;
        Ok(match self.caller.next(stream) {
            Ok(Some(item)) => Pull::Item(to_host(item, &self.caller.heap, &mut |_| Token(0))),
            Ok(None) => Pull::End,
            Err(_) if self.speaks(Dialect::RawRefusals) => Pull::Refused(None),
            Err(refusal) => Pull::Refused(Some(refusal.code().as_str().into())),
        })
    }

    fn close(&mut self, stream: Token) -> Result<(), SubjectFault> {
        let stream = self.tokens.stream(stream)?;
        self.caller.close(stream).map_err(|refusal| SubjectFault::Adapter(refusal.to_string()))
    }

    fn raise(&mut self, request: &RaiseRequest<'_>) -> Result<RaiseReply, SubjectFault> {
        let stream = self.tokens.stream(request.stream)?;
        Ok(reader::raise(&mut self.caller, stream, request))
    }

    fn repeat(&mut self, request: &RepeatRequest<'_>) -> Result<RepeatReply, SubjectFault> {
        let functions = &self.functions;
        let each = |thread| repeat_on(functions, request, thread);
        let reply = loops::on_threads(request.threads, each)?;
        Ok(self.repeated(reply.scripts))
    }

    fn bench(&mut self, request: &BenchRequest<'_>) -> Result<BenchReply, SubjectFault> {
        bench::bench(&self.functions, &mut self.caller, &self.tokens, request)
    }

    fn bench_at_once(
        &mut self,
        request: &BenchRequest<'_>,
        callers: usize,
    ) -> Result<BenchReply, SubjectFault> {
        let one = |_| bench::bench(&self.functions, &mut Caller::new(), &self.tokens, request);
        let replies = loops::at_once(callers, one)?.into_iter();
        let replies = replies.collect::<Result<Vec<BenchReply>, _>>()?;
        let slowest = replies.into_iter().max_by_key(|reply| reply.elapsed_ns);
        slowest.ok_or_else(|| SubjectFault::Adapter("asked for calls of nobody".into()))
    }

    fn race(&mut self, request: &RaceRequest<'_>) -> Result<RaceReply, SubjectFault> {
        race::race(&self.functions, &mut self.tokens, request)
    }

    fn bind_race(&mut self, request: &BindRaceRequest<'_>) -> Result<BindRaceReply, SubjectFault> {
        self.bind_at_once(request)
    }

    fn errno(&mut self, set: Option<i32>) -> Result<i32, SubjectFault> {
        let kept = errno::last();
        if let Some(value) = set {
            errno::set(value);
        }
        Ok(kept)
    }

    fn make(
        &mut self,
        of: &FunctionType,
        answers: &[HostValue],
        plain: bool,
    ) -> Result<Token, SubjectFault> {
        self.keep(
            of,
            match answers.first().filter(|_| plain) {
                Some(answer) => Plain::function(answer)?,
                None => Played::function(answers.iter().cloned().map(Answer::Returns).collect()),
            },
        )
    }

    fn heard(&mut self, kept: Token) -> Result<Vec<Vec<HostValue>>, SubjectFault> {
        let unknown = || SubjectFault::Adapter("asked for a function object it never made".into());
        let function = self.kept.get(&kept.0).ok_or_else(unknown)?;
        Ok(function.callable().map(Played::calls).unwrap_or_default())
    }

    fn release(&mut self, kept: Token) -> Result<ReleaseReply, SubjectFault> {
        let raw = self.speaks(Dialect::RawRefusals);
        let code = |code: CallCode| (!raw).then(|| code.as_str().to_owned());
        self.kept.remove(&kept.0);
        Ok(match KeptFunction::from_bits(kept.0).release() {
            Ok(()) => ReleaseReply::Done,
            Err(refused) => ReleaseReply::Refused(code(refused)),
        })
    }

    fn open_library(&mut self, library: &FilePath) -> Result<OpenReply, SubjectFault> {
        Ok(self.load(library))
    }

    fn let_go(&mut self, library: OpenedId) -> Result<(), SubjectFault> {
        self.opened(library)?;
        self.opened[library.0] = None;
        Ok(())
    }

    fn unload(&mut self, library: OpenedId) -> Result<UnloadReply, SubjectFault> {
        self.opened(library)?.close();
        Ok(UnloadReply::Done)
    }

    fn unload_during(
        &mut self,
        request: &UnloadDuringRequest<'_>,
    ) -> Result<UnloadDuringReply, SubjectFault> {
        let mut reply = self.unload_while_called(request)?;
        if self.speaks(Dialect::RawRefusals) {
            reply.calls.iter_mut().for_each(without_code);
        }
        Ok(reply)
    }

    fn forget(&mut self) -> Result<(), SubjectFault> {
        if let Some(mark) = std::mem::take(&mut self.tokens).before_streams {
            self.caller.heap.release(mark);
        }
        Ok(())
    }

    fn counters(&mut self) -> Result<Option<Counters>, SubjectFault> {
        let counted = self.caller.counters();
        Ok(Some(Counters {
            scopes: counted.entered,
            scope_bytes: counted.bytes,
            open_scopes: counted.open,
        }))
    }
}

fn capabilities() -> Vec<Capability> {
    let mut capabilities = vec![
        Capability::ClosedHandles,
        Capability::Counters,
        Capability::Paths,
        Capability::ForcePath,
        Capability::Threads,
    ];
    // The other engine is libffi, which a machine need not have, and which makes functions for callees.
    if system_libffi::available().is_ok() {
        let with_libffi = [
            Capability::Engines,
            Capability::Callbacks,
            Capability::CallbackTypes,
            Capability::RaisingCallbacks,
            Capability::ForeignThreads,
            Capability::KeptCallbacks,
            Capability::ByValue,
            Capability::Complex,
            Capability::Variadics,
        ];
        capabilities.extend(with_libffi);
        capabilities.extend(super::CLASSIFIED);
    }
    capabilities.extend([
        Capability::Libraries,
        Capability::Unload,
        Capability::OneArray,
        Capability::Views,
        Capability::BindRace,
        Capability::NoCollector,
        Capability::RefusalPlaces,
        Capability::ArgumentPlaces,
        Capability::RaisingReaders,
        Capability::DroppedStreams,
        Capability::SurrogatesRefused,
        Capability::Errno,
        Capability::SetErrno,
        Capability::Cstrings,
        Capability::Lengths,
        Capability::InOut,
    ]);
    capabilities
}

fn without_code(reply: &mut CallReply) {
    if let Outcome::Refused(code) = &mut reply.outcome {
        *code = None;
        reply.argument = None;
    }
}

fn normal_forms(signature: &Signature) -> NormalForms {
    let one = |argument: &Argument| match &argument.kind {
        ArgumentKind::Plain(kind) => Some(kind.normalised()),
        ArgumentKind::Rest(element) => Some(Type::Scalar(*element).normalised()),
        ArgumentKind::Destructured(_) => None,
    };
    let arguments = signature.pairs().filter_map(|pair| match pair {
        Pair::Length(_, length) => Some(Type::Scalar(length.scalar).normalised()),
        Pair::Argument(_, argument) => one(argument),
    });
    let returned = signature.declared_return().normalised();
    let types = arguments.chain([returned]).collect();
    NormalForms { signature: signature.normalised(), types }
}

pub(super) fn unknown_function() -> SubjectFault {
    SubjectFault::Adapter("asked to call a function it never bound".into())
}
