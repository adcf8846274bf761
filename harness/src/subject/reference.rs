//! The reference binder as a subject: host values of the suite to its own and back.
#![expect(unsafe_code, reason = "binds symbols whose prototypes the manifest vouches for")]

use std::collections::HashMap;
use std::hint::black_box;
use std::time::Instant;

use num_bigint::BigInt;
use reference_binder::contract::{Argument, ArgumentKind, Declarations, Refusal, Signature};
use reference_binder::handle::Handle;
use reference_binder::heap::{Array, Object};
use reference_binder::keyword::Keyword;
use reference_binder::library::LibraryError;
use reference_binder::refusal::CallRefusal;
use reference_binder::value::View;
use reference_binder::{BindError, BindOptions, Caller, Function, Library, PathChoice, Value};

use super::{
    BenchReply, BenchRequest, BindReply, BindRequest, BoundId, CallReply, Capability, Counters,
    Level, NormalForms, Outcome, ReadReply, ReadRequest, Ready, RepeatReply, RepeatRequest, Script,
    ScriptArgument, SignatureRefusal, StartRequest, Subject, SubjectFault, Tally,
};
use crate::value::{HostValue, Token};

/// The reference binder, in the harness's own process.
#[derive(Debug, Default)]
pub struct ReferenceBinder {
    library: Option<Library>,
    declarations: Declarations,
    functions: Vec<Function>,
    caller: Caller,
    tokens: Tokens,
}

/// Handles by the tokens they were issued under.
#[derive(Debug, Default)]
struct Tokens {
    handles: Vec<Handle>,
    known: HashMap<Handle, Token>,
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
}

impl Subject for ReferenceBinder {
    fn start(&mut self, request: &StartRequest) -> Result<Ready, SubjectFault> {
        let not_started = |message: String| SubjectFault::NotStarted(message);
        self.declarations = Declarations::read(&request.declarations)
            .map_err(|refusal| not_started(refusal.to_string()))?;
        let library =
            Library::open(&request.library).map_err(|error| not_started(error.to_string()))?;
        self.library = Some(library);
        Ok(Ready {
            name: "reference-binder".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            language: "Rust".into(),
            level: Level::Contract,
            capabilities: vec![
                Capability::ClosedHandles,
                Capability::Counters,
                Capability::Paths,
                Capability::ForcePath,
                Capability::Threads,
            ],
            dialects: Vec::new(),
        })
    }

    fn read(&mut self, request: &ReadRequest) -> Result<ReadReply, SubjectFault> {
        let mut declarations = self.declarations.clone();
        let read = declarations
            .extend(&request.declarations)
            .and_then(|()| Signature::read(&request.signature, &declarations));
        Ok(match read {
            Ok(signature) => ReadReply::Accepted(Some(normal_forms(&signature))),
            Err(refusal) => ReadReply::Refused(describe_refusal(refusal)),
        })
    }

    fn bind(&mut self, request: &BindRequest) -> Result<BindReply, SubjectFault> {
        let Some(library) = &self.library else {
            return Err(SubjectFault::Adapter("asked to bind before it was started".into()));
        };
        let signature = match Signature::read(&request.signature, &self.declarations) {
            Ok(signature) => signature,
            Err(refusal) => return Ok(BindReply::Refused(describe_refusal(refusal))),
        };
        let options = BindOptions {
            consumes: request.consumes,
            path: if request.force_general { PathChoice::General } else { PathChoice::BySignature },
        };
        // SAFETY: the session compared the corpus's signature of every symbol with the library's own
        // manifest before it bound the first one.
        let bound =
            unsafe { library.bind(&request.symbol, &signature, &self.declarations, options) };
        Ok(match bound {
            Ok(function) => {
                let path = Some(function.path());
                self.functions.push(function);
                BindReply::Bound { function: BoundId(self.functions.len() - 1), path }
            }
            Err(BindError::Library(error @ LibraryError::MissingSymbol { .. })) => {
                BindReply::Unlinked(error.to_string())
            }
            Err(BindError::Library(error)) => BindReply::Unlinked(error.to_string()),
            Err(error) => BindReply::Unsupported(error.to_string()),
        })
    }

    fn call(
        &mut self,
        function: BoundId,
        arguments: &[HostValue],
    ) -> Result<CallReply, SubjectFault> {
        let ReferenceBinder { functions, caller, tokens, .. } = self;
        let function = functions.get(function.0).ok_or_else(unknown_function)?;
        let mark = caller.heap.mark();
        let values = arguments
            .iter()
            .map(|argument| to_binder(argument, caller, &|token| tokens.handle(token)))
            .collect::<Result<Vec<_>, _>>()?;
        let result = function.call(caller, &values);
        let reply = reply(result, &values, caller, &mut |handle| tokens.of(handle));
        caller.heap.release(mark);
        Ok(reply)
    }

    fn repeat(&mut self, request: &RepeatRequest<'_>) -> Result<RepeatReply, SubjectFault> {
        let functions = &self.functions;
        if request.threads == 1 {
            let scripts = repeat_on(functions, request, 0)?;
            return Ok(RepeatReply { scripts });
        }
        let barrier = std::sync::Barrier::new(request.threads);
        let outcomes: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..request.threads)
                .map(|thread| {
                    let barrier = &barrier;
                    scope.spawn(move || {
                        barrier.wait();
                        repeat_on(functions, request, thread)
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join()).collect()
        });
        let mut total: Vec<Vec<Tally>> = Vec::new();
        for outcome in outcomes {
            let scripts = outcome
                .map_err(|_| SubjectFault::Adapter("a calling thread panicked".into()))??;
            if total.is_empty() {
                total = scripts;
                continue;
            }
            for (into, from) in total.iter_mut().flatten().zip(scripts.into_iter().flatten()) {
                into.merge(from);
            }
        }
        Ok(RepeatReply { scripts: total })
    }

    fn bench(&mut self, request: &BenchRequest<'_>) -> Result<BenchReply, SubjectFault> {
        let ReferenceBinder { functions, caller, .. } = self;
        let mark = caller.heap.mark();
        let setup = compile(request.setup, functions, caller)?;
        let mut results = Vec::new();
        run_bench_row(&setup, caller, &mut results)?;
        let rows = request
            .rows
            .iter()
            .map(|row| compile(row, functions, caller))
            .collect::<Result<Vec<_>, _>>()?;
        let checksum = Checksum::new(request.keywords);
        let reply = bench_rows(&rows, request.count, caller, &mut results, checksum);
        caller.heap.release(mark);
        reply
    }

    fn forget(&mut self) -> Result<(), SubjectFault> {
        self.tokens = Tokens::default();
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

fn normal_forms(signature: &Signature) -> NormalForms {
    let plain = |argument: &Argument| match &argument.kind {
        ArgumentKind::Plain(kind) => Some(kind.normalised()),
        ArgumentKind::Rest(_) | ArgumentKind::Destructured(_) => None,
    };
    let arguments = signature.arguments.iter().filter_map(plain);
    let types = arguments.chain([signature.returns.normalised()]).collect();
    NormalForms { signature: signature.normalised(), types }
}

fn unknown_function() -> SubjectFault {
    SubjectFault::Adapter("asked to call a function it never bound".into())
}

fn describe_refusal(refusal: Refusal) -> SignatureRefusal {
    SignatureRefusal {
        code: Some(refusal.code),
        offset: Some(refusal.position.offset),
        message: refusal.to_string(),
        form: Some(refusal.form),
    }
}

/// A host value of the suite as the binder's.
fn to_binder(
    value: &HostValue,
    caller: &mut Caller,
    handle: &dyn Fn(Token) -> Option<Handle>,
) -> Result<Value, SubjectFault> {
    let missing = |what: &str| SubjectFault::Adapter(format!("it has no value for {what}"));
    Ok(match value {
        HostValue::Nil => Value::NIL,
        HostValue::Boolean(value) => Value::boolean(*value),
        HostValue::Long(value) => Value::long(*value),
        HostValue::Big(value) => match u64::try_from(value) {
            Ok(word) if word > i64::MAX as u64 => Value::unsigned(word),
            _ => caller.heap.keep(Object::Big(value.clone())),
        },
        HostValue::Double(bits) => Value::double_bits(*bits),
        HostValue::Keyword(name) => Value::keyword(Keyword::new(name)),
        HostValue::Text(text) => caller.heap.keep(Object::Text(text.clone())),
        HostValue::Bytes(bytes) => caller.heap.keep(Object::Bytes(bytes.clone())),
        HostValue::Array(element, bytes) => {
            let array = Array::from_bytes(*element, bytes)
                .ok_or_else(|| missing("an array that is no whole number of elements"))?;
            caller.heap.keep(Object::Array(array))
        }
        HostValue::Vector(values) => {
            let values = values
                .iter()
                .map(|value| to_binder(value, caller, handle))
                .collect::<Result<_, _>>()?;
            caller.heap.keep(Object::Vector(values))
        }
        HostValue::Map(entries) => map(None, entries, caller, handle)?,
        HostValue::Record(name, entries) => map(Some(Keyword::new(name)), entries, caller, handle)?,
        HostValue::Handle(token) => {
            Value::handle(handle(*token).ok_or_else(|| missing("a handle it never issued"))?)
        }
        HostValue::Extended(..) => return Err(missing("an extended float")),
        HostValue::Error(_) => return Err(missing("an error as an argument")),
        HostValue::Stream(_) => return Err(missing("a stream")),
    })
}

fn map(
    record: Option<Keyword>,
    entries: &[(String, HostValue)],
    caller: &mut Caller,
    handle: &dyn Fn(Token) -> Option<Handle>,
) -> Result<Value, SubjectFault> {
    let entries = entries
        .iter()
        .map(|(key, value)| Ok((Keyword::new(key), to_binder(value, caller, handle)?)))
        .collect::<Result<_, SubjectFault>>()?;
    Ok(caller.heap.keep(Object::Map { record, entries }))
}

/// A value of the binder as the suite's.
fn to_host(value: Value, caller: &Caller, token: &mut dyn FnMut(Handle) -> Token) -> HostValue {
    let object = match value.view() {
        View::Nil => return HostValue::Nil,
        View::Boolean(value) => return HostValue::Boolean(value),
        View::Long(value) => return HostValue::Long(value),
        View::Unsigned(value) => return HostValue::Big(BigInt::from(value)),
        View::Double(value) => return HostValue::Double(value.to_bits()),
        View::Keyword(keyword) => return HostValue::Keyword(keyword.name().into()),
        View::Handle(handle) => return HostValue::Handle(token(handle)),
        View::Object(object) => object,
    };
    let pairs = |entries: &[(Keyword, Value)], token: &mut dyn FnMut(Handle) -> Token| {
        let pair = |(key, value): &(Keyword, Value)| {
            (key.name().to_owned(), to_host(*value, caller, token))
        };
        entries.iter().map(pair).collect()
    };
    match caller.heap.get(object) {
        // A value that names nothing is a fault of the binder's; no expectation equals it.
        None => HostValue::Text("(a released object)".into()),
        Some(Object::Big(value)) => HostValue::Big(value.clone()),
        Some(Object::Text(text)) => HostValue::Text(text.clone()),
        Some(Object::Bytes(bytes)) => HostValue::Bytes(bytes.clone()),
        Some(Object::Array(array)) => HostValue::Array(array.element(), array.to_bytes()),
        Some(Object::Vector(values)) => {
            HostValue::Vector(values.iter().map(|value| to_host(*value, caller, token)).collect())
        }
        Some(Object::Map { record: None, entries }) => HostValue::Map(pairs(entries, token)),
        Some(Object::Map { record: Some(name), entries }) => {
            HostValue::Record(name.name().to_owned(), pairs(entries, token))
        }
    }
}

fn reply(
    result: Result<Value, CallRefusal>,
    arguments: &[Value],
    caller: &Caller,
    token: &mut dyn FnMut(Handle) -> Token,
) -> CallReply {
    let outcome = match result {
        Ok(value) => Outcome::Value(to_host(value, caller, token)),
        Err(refusal) if refusal.code().after_the_call() => {
            Outcome::Failed(refusal.code().as_str().into())
        }
        Err(refusal) => Outcome::Refused(Some(refusal.code().as_str().into())),
    };
    let array = |value: &Value| match value.view() {
        View::Object(object) => match caller.heap.get(object) {
            Some(Object::Array(array)) => Some(HostValue::Array(array.element(), array.to_bytes())),
            _ => None,
        },
        _ => None,
    };
    let arrays = arguments
        .iter()
        .enumerate()
        .filter_map(|(index, value)| Some((index, array(value)?)))
        .collect();
    CallReply { outcome, arrays }
}

/// A script with the binder's own values.
struct Compiled<'f> {
    steps: Vec<CompiledStep<'f>>,
}

struct CompiledStep<'f> {
    function: &'f Function,
    arguments: Vec<Value>,
    /// Arguments that are results of steps: place and step.
    results: Vec<(usize, usize)>,
}

fn compile<'f>(
    script: &Script,
    functions: &'f [Function],
    caller: &mut Caller,
) -> Result<Compiled<'f>, SubjectFault> {
    let no_handles = |_| None;
    let mut steps = Vec::new();
    for step in &script.steps {
        let function = functions.get(step.function.0).ok_or_else(unknown_function)?;
        let mut compiled = CompiledStep { function, arguments: Vec::new(), results: Vec::new() };
        for (place, argument) in step.arguments.iter().enumerate() {
            compiled.arguments.push(match argument {
                ScriptArgument::Value(value) => to_binder(value, caller, &no_handles)?,
                ScriptArgument::Result(step) => {
                    compiled.results.push((place, *step));
                    Value::NIL
                }
            });
        }
        steps.push(compiled);
    }
    Ok(Compiled { steps })
}

/// What a thread has seen of one step.
#[derive(Default)]
struct Seen {
    tally: Tally,
    /// The last reply that is one word and touched no array, how often it came since it was counted.
    last: Option<(Value, u64)>,
}

impl Seen {
    fn flush(&mut self) {
        if let Some((value, times)) = self.last.take() {
            let nowhere = Caller::new();
            let outcome = Outcome::Value(to_host(value, &nowhere, &mut |_| Token(0)));
            self.tally.count(CallReply { outcome, arrays: Vec::new() }, times);
        }
    }
}

fn repeat_on(
    functions: &[Function],
    request: &RepeatRequest<'_>,
    thread: usize,
) -> Result<Vec<Vec<Tally>>, SubjectFault> {
    let mut caller = Caller::new();
    let mut seen: Vec<Vec<Seen>> = request
        .scripts
        .iter()
        .map(|script| script.steps.iter().map(|_| Seen::default()).collect())
        .collect();
    // Scripts without arrays are converted once; the others anew for each run.
    let mut kept = Vec::new();
    for script in request.scripts {
        let arrays = script
            .steps
            .iter()
            .flat_map(|step| &step.arguments)
            .any(|argument| matches!(argument, ScriptArgument::Value(HostValue::Array(..))));
        kept.push(if arrays { None } else { Some(compile(script, functions, &mut caller)?) });
    }
    let mut results = Vec::new();
    for round in 0..request.rounds {
        let script = request.script(thread, round);
        let mark = caller.heap.mark();
        match &mut kept[script] {
            Some(compiled) => {
                run_once(compiled, true, &mut caller, &mut results, &mut seen[script])
            }
            None => {
                let mut compiled = compile(&request.scripts[script], functions, &mut caller)?;
                run_once(&mut compiled, false, &mut caller, &mut results, &mut seen[script]);
            }
        }
        caller.heap.release(mark);
    }
    seen.iter_mut().flatten().for_each(Seen::flush);
    Ok(seen.into_iter().map(|steps| steps.into_iter().map(|seen| seen.tally).collect()).collect())
}

fn run_once(
    script: &mut Compiled<'_>,
    no_arrays: bool,
    caller: &mut Caller,
    results: &mut Vec<Value>,
    seen: &mut [Seen],
) {
    results.clear();
    for (step, seen) in script.steps.iter_mut().zip(seen) {
        for (place, from) in &step.results {
            step.arguments[*place] = results.get(*from).copied().unwrap_or(Value::NIL);
        }
        let result = step.function.call(caller, &step.arguments);
        results.push(result.unwrap_or(Value::NIL));
        let plain = |value: &Value| !matches!(value.view(), View::Object(_) | View::Handle(_));
        match result {
            Ok(value) if no_arrays && plain(&value) => match &mut seen.last {
                Some((last, times)) if last.same(value) => *times += 1,
                _ => {
                    seen.flush();
                    seen.last = Some((value, 1));
                }
            },
            result => {
                let mut token = |handle: Handle| {
                    let first = results.iter().position(|value| value.same(Value::handle(handle)));
                    Token(first.unwrap_or(results.len()) as u64)
                };
                let reply = reply(result, &step.arguments, caller, &mut token);
                seen.tally.count(reply, 1);
            }
        }
    }
}

fn refused_on_the_clock(refusal: CallRefusal) -> SubjectFault {
    SubjectFault::Adapter(format!("a call of the bench was refused: {refusal}"))
}

fn run_bench_row(
    row: &Compiled<'_>,
    caller: &mut Caller,
    results: &mut Vec<Value>,
) -> Result<(), SubjectFault> {
    for step in &row.steps {
        let mut arguments = step.arguments.clone();
        for (place, from) in &step.results {
            arguments[*place] = results.get(*from).copied().unwrap_or(Value::NIL);
        }
        let value = step.function.call(caller, &arguments).map_err(refused_on_the_clock)?;
        results.push(value);
    }
    Ok(())
}

/// The timed loop. Rows of one step without results of their own, which are nearly all, have their
/// arguments ready; only a row of several steps has to pass results on.
fn bench_rows(
    rows: &[Compiled<'_>],
    count: u64,
    caller: &mut Caller,
    setup: &mut Vec<Value>,
    mut checksum: Checksum,
) -> Result<BenchReply, SubjectFault> {
    let single = rows.iter().all(|row| {
        row.steps.len() == 1 && row.steps[0].results.iter().all(|(_, from)| *from < setup.len())
    });
    if !single {
        return bench_sequences(rows, count, caller, setup, checksum);
    }
    let Some(function) = rows.first().map(|row| row.steps[0].function) else {
        return Err(SubjectFault::Adapter("asked to time no rows".into()));
    };
    let ready: Vec<Vec<Value>> = rows
        .iter()
        .map(|row| {
            let step = &row.steps[0];
            let mut arguments = step.arguments.clone();
            for (place, from) in &step.results {
                arguments[*place] = setup[*from];
            }
            arguments
        })
        .collect();
    let function = black_box(function);
    let mark = caller.heap.mark();
    let start = Instant::now();
    for arguments in ready.iter().cycle().take(count as usize) {
        let value = function.call(caller, arguments).map_err(refused_on_the_clock)?;
        checksum.fold(value, caller);
        caller.heap.release(mark);
    }
    let elapsed_ns = start.elapsed().as_nanos() as u64;
    Ok(BenchReply { elapsed_ns, checksum: checksum.sum })
}

fn bench_sequences(
    rows: &[Compiled<'_>],
    count: u64,
    caller: &mut Caller,
    results: &mut Vec<Value>,
    mut checksum: Checksum,
) -> Result<BenchReply, SubjectFault> {
    let setup = results.len();
    let mut ready: Vec<Vec<Vec<Value>>> = rows
        .iter()
        .map(|row| row.steps.iter().map(|step| step.arguments.clone()).collect())
        .collect();
    let mark = caller.heap.mark();
    let mut at = 0;
    let start = Instant::now();
    for _ in 0..count {
        for (step, arguments) in rows[at].steps.iter().zip(&mut ready[at]) {
            for (place, from) in &step.results {
                arguments[*place] = results[*from];
            }
            let value = step.function.call(caller, arguments).map_err(refused_on_the_clock)?;
            if results.len() == setup {
                checksum.fold(value, caller);
            }
            results.push(value);
        }
        results.truncate(setup);
        caller.heap.release(mark);
        at = if at + 1 == rows.len() { 0 } else { at + 1 };
    }
    let elapsed_ns = start.elapsed().as_nanos() as u64;
    Ok(BenchReply { elapsed_ns, checksum: checksum.sum })
}

/// The checksum of docs/evidence.md, *Shapes*.
struct Checksum {
    sum: u64,
    /// What each keyword counts as: a handful.
    numbers: Vec<(Keyword, u64)>,
}

impl Checksum {
    fn new(keywords: &[(String, u64)]) -> Checksum {
        let numbers = keywords.iter().map(|(name, number)| (Keyword::new(name), *number));
        Checksum { sum: 0, numbers: numbers.collect() }
    }

    #[inline(always)]
    fn fold(&mut self, value: Value, caller: &Caller) {
        self.sum = self.sum.wrapping_mul(31).wrapping_add(self.bits(value, caller));
    }

    #[inline(always)]
    fn bits(&self, value: Value, caller: &Caller) -> u64 {
        match value.view() {
            View::Nil => 0,
            View::Boolean(value) => u64::from(value),
            View::Long(value) => value as u64,
            View::Unsigned(value) => value,
            View::Double(value) => value.to_bits(),
            View::Handle(_) => 1,
            View::Keyword(keyword) => {
                let known = self.numbers.iter().find(|(known, _)| *known == keyword);
                known.map_or(u64::MAX, |(_, number)| *number)
            }
            View::Object(object) => match caller.heap.get(object) {
                Some(Object::Vector(values)) => {
                    let first = values.first().map_or(0, |first| self.bits(*first, caller));
                    first.wrapping_add(values.len() as u64)
                }
                _ => u64::MAX,
            },
        }
    }
}
