//! A subject and the fixture library beside each other: loops of calls of both, and what is counted of them.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::Path as FilePath;
use std::time::Instant;

use contract::{Declarations, HostValue, Path, Signature, Token, Type};
use corpus::fixtures::{Fixtures, Floor};
use serde::{Deserialize, Serialize};
use subject::allocations::{self, Made};
use subject::evidence::Evidence;
use subject::loops::at_once;
use subject::{
    BenchRequest, BindReply, BindRequest, BoundId, Capability, Outcome, Script, ScriptArgument,
    ScriptStep, StartRequest, Subject, SubjectFault,
};
use zig_lib::library::{self, Profile, Target};

use super::burden::Burden;
use super::sampler::{BATCH_NS, Batches, Samples, Timed, Warm, sample};
use super::series;
use super::shapes::{Call, Shape};
use super::work::{Work, path_of_both};

/// Calls over which what they take of the heap is counted, of a plain shape.
const COUNTED_CALLS: u64 = 1600;
/// A batch of several callers lasts longer, because they do not begin at the same moment.
const TOGETHER: u64 = 25;

/// Elements of an array that are sent to a process with each request to time something.
const MOST_SENT: u64 = 100_000;

/// A subject on a library, and the same library's floors.
pub struct Bench {
    subject: Box<dyn Subject>,
    fixtures: Fixtures,
    capabilities: Vec<Capability>,
    placement: u32,
    burden: Option<Burden>,
    /// Nanoseconds that the first binding of each symbol took, by the suite's own clock.
    bound_ns: BTreeMap<String, u64>,
    /// The function object that the library has of this subject.
    kept: Option<Token>,
}

/// A shape's calls with a subject's own names.
pub struct Bound {
    rows: Vec<Script>,
    keywords: Vec<(String, u64)>,
    path: String,
    /// The floor's number.
    floor: u32,
    callers: Option<usize>,
    /// How many calls of it are counted.
    pub(super) counted: u64,
    /// How many a batch has at the least.
    batch: u64,
}

/// What a call takes of the heap.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Heap {
    /// Allocations.
    pub allocations: f64,
    /// Bytes of all of them, as they were asked for.
    pub bytes: f64,
}

/// What the library that counts counted of some rows.
pub(super) struct Native {
    /// Its heap allocations, of each row.
    pub(super) allocations: f64,
    /// Native calls of all rows.
    pub(super) calls: u64,
    /// Native calls of the floor in as many.
    pub(super) owed: u64,
}

impl Bench {
    /// On the library that is timed, without an evidence page.
    ///
    /// # Errors
    /// A text that says what could not be had.
    pub fn on_timed(work: &Work, subject: Box<dyn Subject>) -> Result<Bench, String> {
        let built = library::build_all(Target::Host, &[Profile::Bench]);
        let built = built.map_err(|error| error.to_string())?;
        Bench::open(work, &built[0].path, FilePath::new(""), subject)
    }

    pub(super) fn open(
        work: &Work,
        library: &FilePath,
        page: &FilePath,
        mut subject: Box<dyn Subject>,
    ) -> Result<Bench, String> {
        let fixtures = Fixtures::open(library).map_err(|error| error.to_string())?;
        let request = StartRequest {
            library: library.to_owned(),
            declarations: work.declarations.clone(),
            held: Vec::new(),
            page: page.to_owned(),
        };
        let ready = subject.start(&request).map_err(|fault| fault.to_string())?;
        let Work { placement, burden, .. } = *work;
        let (capabilities, bound_ns) = (ready.capabilities, BTreeMap::new());
        Ok(Bench { subject, fixtures, capabilities, placement, burden, bound_ns, kept: None })
    }

    fn can(&self, capability: Capability) -> bool {
        self.capabilities.contains(&capability)
    }

    /// Binds a shape's functions; `None` where forcing the general path changes nothing.
    ///
    /// # Errors
    /// A text that says what was not bound, and why.
    pub fn bind(
        &mut self,
        work: &Work,
        shape: &Shape,
        force_general: bool,
    ) -> Result<Option<Bound>, String> {
        if force_general && !self.can(Capability::ForcePath) {
            return Ok(None);
        }
        let manifest = self.fixtures.manifest();
        let named = shape.floor.unwrap_or(shape.name);
        let floor = manifest.shapes.iter().find(|known| known.name == named).map(|s| s.id);
        let floor = floor.ok_or_else(|| format!("the library has no shape `{named}`"))?;
        let setup = shape.setup.as_ref().map(|call| self.made(work, call));
        let setup = setup.transpose()?;
        let mut path = Path::Scalar;
        let mut script = |calls: &Vec<Call>| -> Result<Script, String> {
            let mut steps: Vec<ScriptStep> = Vec::new();
            for call in calls {
                let (function, served) = self.function(work, call.symbol, force_general)?;
                path = path_of_both(path, served);
                let mut arguments = Vec::new();
                if call.follows {
                    arguments.push(match (steps.len(), &setup) {
                        (0, Some(made)) => ScriptArgument::Value(made.clone()),
                        (made, _) => ScriptArgument::Result(made - 1),
                    });
                }
                arguments.extend((call.arguments)(call.k).into_iter().map(ScriptArgument::Value));
                steps.push(ScriptStep { function, arguments, take: None });
            }
            Ok(Script { steps })
        };
        let rows = shape.rows().iter().map(&mut script).collect::<Result<_, _>>()?;
        if force_general && self.natural_path(work, shape)? == Path::General {
            return Ok(None);
        }
        if let Some(symbol) = shape.keeps {
            self.keep(work, symbol)?;
        }
        let keywords = shape.keywords.iter().map(|(name, bits)| ((*name).to_owned(), *bits));
        let keywords = keywords.collect();
        Ok(Some(Bound {
            rows,
            keywords,
            path: path.name().to_owned(),
            floor,
            callers: shape.callers,
            counted: shape.of_counted(COUNTED_CALLS),
            batch: (64 / shape.length).max(1),
        }))
    }

    /// What a call gives, made once: each loop of a shape is given the same. Were it made by the loop's own setup, what a
    /// thousand batches make would be there at once, and a table of handles larger than any user's.
    fn made(&mut self, work: &Work, call: &Call) -> Result<HostValue, String> {
        let (function, _) = self.function(work, call.symbol, false)?;
        let reply = self.subject.call(function, &(call.arguments)(call.k));
        match reply.map_err(|fault| fault.to_string())?.outcome {
            Outcome::Value(value) => Ok(value),
            other => Err(format!("`{}` came to {other:?}", call.symbol)),
        }
    }

    /// Gives the library a function object of the host's, in place of the one that it has.
    fn keep(&mut self, work: &Work, symbol: &str) -> Result<(), String> {
        let (function, _) = self.function(work, symbol, false)?;
        let said = |fault: SubjectFault| fault.to_string();
        let signature = &work.function(symbol)?.signature;
        let read = Signature::read(signature, &Declarations::new());
        let of = read.ok().and_then(|signature| match signature.arguments.first()?.plain()? {
            Type::Kept(of) => Some(of.clone()),
            _ => None,
        });
        let of = of.ok_or_else(|| format!("`{symbol}` takes no function object: {signature}"))?;
        let made = self.subject.make(&of, &[HostValue::Long(7)], true).map_err(said)?;
        self.subject.call(function, &[HostValue::Kept(made)]).map_err(said)?;
        if let Some(before) = self.kept.replace(made) {
            self.subject.release(before).map_err(said)?;
        }
        Ok(())
    }

    /// What a subject does beside returning, in a function that is called on the clock: seen of a first call of a shape.
    fn noted(&mut self, work: &Work, shape: &Shape) -> Result<Option<String>, String> {
        let said = |fault: SubjectFault| fault.to_string();
        for call in (shape.row)(1) {
            let (function, _) = self.function(work, call.symbol, false)?;
            self.subject.call(function, &(call.arguments)(call.k)).map_err(said)?;
        }
        let Some(kept) = self.kept else { return Ok(None) };
        let heard = self.subject.heard(kept).map_err(said)?;
        let what =
            "its plain functions note what they are called with, which would be on the clock";
        Ok((!heard.is_empty()).then(|| what.to_owned()))
    }

    fn natural_path(&mut self, work: &Work, shape: &Shape) -> Result<Path, String> {
        let mut path = Path::Scalar;
        for symbol in shape.symbols() {
            path = path_of_both(path, self.function(work, symbol, false)?.1);
        }
        Ok(path)
    }

    /// What the subject says where it does not serve a function of a shape.
    pub(super) fn unserved(
        &mut self,
        work: &Work,
        shape: &Shape,
    ) -> Result<Option<String>, String> {
        if shape.keeps.is_some() && !self.can(Capability::KeptCallbacks) {
            return Ok(Some("`kept-callbacks` is not declared".to_owned()));
        }
        let elements = series::point(shape.name).map_or(0, |point| point.at);
        if elements > MOST_SENT && !self.subject.in_process() {
            let reason = format!("each request of a loop would have {elements} elements in it");
            return Ok(Some(reason));
        }
        for symbol in shape.symbols() {
            if let BindReply::Unsupported(message) = self.reply(work, symbol, false)? {
                return Ok(Some(format!("`{symbol}` is not served: {message}")));
            }
        }
        match shape.keeps {
            None => Ok(None),
            Some(symbol) => {
                self.keep(work, symbol)?;
                self.noted(work, shape)
            }
        }
    }

    fn function(
        &mut self,
        work: &Work,
        symbol: &str,
        force_general: bool,
    ) -> Result<(BoundId, Path), String> {
        match self.reply(work, symbol, force_general)? {
            BindReply::Bound { function, path } => Ok((function, path.unwrap_or(Path::General))),
            other => Err(format!("`{symbol}` was not bound: {other:?}")),
        }
    }

    fn reply(
        &mut self,
        work: &Work,
        symbol: &str,
        force_general: bool,
    ) -> Result<BindReply, String> {
        let declared = work.function(symbol)?;
        let request = BindRequest {
            symbol: symbol.to_owned(),
            signature: declared.signature.clone(),
            consumes: declared.consumes,
            force_general,
            ..BindRequest::default()
        };
        let start = Instant::now();
        let reply = self.subject.bind(&request).map_err(|fault| fault.to_string());
        let took_ns = start.elapsed().as_nanos() as u64;
        self.bound_ns.entry(symbol.to_owned()).or_insert(took_ns);
        reply
    }

    /// Nanoseconds that the first binding of a shape's last function took, by the suite's own clock.
    pub(super) fn bound_ns(&self, shape: &Shape) -> Option<u64> {
        self.bound_ns.get(*shape.symbols().last()?).copied()
    }

    /// Batches of the floor against itself, on the plainest shape.
    pub(super) fn floor_to_floor(&mut self, shape_ms: u64) -> Result<Samples, String> {
        let floor = |calls| {
            self.fixtures
                .floor(0, self.placement, calls)
                .map(|f| f.elapsed_ns)
                .map_err(|error| error.to_string())
        };
        let again =
            |calls| floor(calls).map(|took_ns| Timed { elapsed_ns: took_ns, wall_ns: took_ns });
        let batches = Batches::lasting(shape_ms);
        sample(batches, &mut { floor }, &mut { again }).map(|(samples, _)| samples)
    }

    /// So many direct calls, by the library on its own clock.
    ///
    /// # Errors
    /// A text, where the library has no such loop.
    pub fn floor(&self, bound: &Bound, count: u64) -> Result<Floor, String> {
        let (fixtures, placement) = (&self.fixtures, self.placement);
        let one = || {
            let floor = fixtures.floor(bound.floor, placement, count);
            floor.map_err(|error| error.to_string())
        };
        let Some(callers) = bound.callers else { return one() };
        let floors = at_once(callers, |_| one()).map_err(|panic| panic.to_string())?;
        let all = floors.into_iter().collect::<Result<Vec<Floor>, _>>()?;
        let slowest = all.into_iter().max_by_key(|floor| floor.elapsed_ns);
        slowest.ok_or_else(|| "nobody makes calls".to_owned())
    }

    /// Has the subject make a loop of calls: how long it took, and the checksum.
    ///
    /// # Errors
    /// What the subject said instead.
    pub fn run(&mut self, bound: &Bound, count: u64) -> Result<(Timed, u64), String> {
        let request = bound.request(count, self.placement);
        let start = Instant::now();
        let reply = match bound.callers {
            None => self.subject.bench(&request),
            Some(callers) => self.subject.bench_at_once(&request, callers),
        };
        let reply = reply.map_err(|fault| fault.to_string())?;
        let borne_ns = self.burden.map_or(0, |burden| burden.bear(count));
        let wall_ns = start.elapsed().as_nanos() as u64;
        Ok((Timed { elapsed_ns: reply.elapsed_ns + borne_ns, wall_ns }, reply.checksum))
    }

    /// Batches of a shape. Equal checksums prove that both sides made the same calls.
    pub(super) fn sample(
        &mut self,
        bound: &Bound,
        limit_ms: u64,
        fewest: Option<usize>,
    ) -> Result<(Samples, Warm), String> {
        let plain = Batches::lasting(limit_ms);
        let batches = Batches {
            fewest: fewest.unwrap_or(plain.fewest),
            floor_ns: BATCH_NS * if bound.callers.is_some() { TOGETHER } else { 1 },
            calls: bound.batch,
            ..plain
        };
        let bench = RefCell::new(self);
        let last = Cell::new(0);
        let mut floor = |calls| {
            let floor = bench.borrow().floor(bound, calls)?;
            last.set(floor.checksum);
            Ok(floor.elapsed_ns)
        };
        let mut call = |count| {
            let (timed, checksum) = bench.borrow_mut().run(bound, count)?;
            // The floor before it was of as many.
            equal(count, checksum, last.get()).map(|()| timed)
        };
        sample(batches, &mut floor, &mut call)
    }

    /// What the subject's calls take of this process's heap. Exact, as a difference of two runs: what a run itself
    /// allocates falls out.
    pub(super) fn heap(&mut self, bound: &Bound) -> Result<Option<Heap>, String> {
        // What is allocated in another process, or by another allocator, is not counted here; nor is what threads take.
        if !self.subject.allocates_here() || bound.callers.is_some() {
            return Ok(None);
        }
        let mut run = |count| -> Result<Option<Made>, String> {
            let before = allocations::made();
            self.run(bound, count)?;
            Ok(before.zip(allocations::made()).map(|(before, after)| Made {
                allocations: after.allocations - before.allocations,
                bytes: after.bytes - before.bytes,
            }))
        };
        let calls = bound.counted;
        let (once, twice) = (run(calls)?, run(2 * calls)?);
        Ok(once.zip(twice).map(|(once, twice)| Heap {
            allocations: per_call(calls, once.allocations, twice.allocations),
            bytes: per_call(calls, once.bytes, twice.bytes),
        }))
    }

    /// Whether nothing waits for a collector once [`Bench::collect`] was called.
    fn has_no_waste(&self) -> bool {
        self.can(Capability::Collect) || self.can(Capability::NoCollector)
    }

    /// Runs the subject's collector, where it has one that can be run.
    fn collect(&mut self) -> Result<(), String> {
        let can = self.can(Capability::Collect);
        if can { self.subject.collect().map_err(|fault| fault.to_string()) } else { Ok(()) }
    }

    /// The bytes that the subject's processes have for themselves after so many calls, once nothing waits for a
    /// collector. `None` where nobody can say: it is in this process, the system does not tell, or it has a collector that
    /// cannot be run.
    pub(super) fn memory_after(
        &mut self,
        bound: &Bound,
        calls: u64,
    ) -> Result<Option<u64>, String> {
        if self.subject.in_process() || !self.has_no_waste() {
            return Ok(None);
        }
        self.run(bound, calls)?;
        self.collect()?;
        Ok(self.subject.resident())
    }

    /// Exact, likewise, of the library that counts.
    pub(super) fn native(&mut self, bound: &Bound, evidence: &Evidence) -> Result<Native, String> {
        let seen = || (evidence.ledger().allocations, evidence.calls());
        let grown = |before: (u64, u64)| {
            let now = seen();
            (now.0.wrapping_sub(before.0), now.1.wrapping_sub(before.1))
        };
        let mut run = |count| -> Result<[(u64, u64); 2], String> {
            let before = seen();
            let (_, checksum) = self.run(bound, count)?;
            let subject = grown(before);
            let before = seen();
            let floor = self.floor(bound, count)?;
            equal(count, checksum, floor.checksum)?;
            Ok([subject, grown(before)])
        };
        // Who makes a row once before it loops has done so now.
        run(0)?;
        let live_before = evidence.ledger().live_blocks;
        let calls = bound.counted;
        let [once, owed_once] = run(calls)?;
        run(2 * calls)?;
        // What is asked a second time might be answered from memory: then it is too few.
        let [twice, owed_twice] = run(2 * calls)?;
        self.collect()?;
        let left = evidence.ledger().live_blocks - live_before;
        // Threads count over each other.
        let is_exact = bound.callers.is_none();
        if is_exact && self.has_no_waste() && left > 0 {
            return Err(format!("three of its loops leave {left} blocks of the library's behind"));
        }
        let (made, owed) =
            (twice.1.saturating_sub(once.1), owed_twice.1.saturating_sub(owed_once.1));
        Ok(Native {
            allocations: per_call(calls, once.0, twice.0),
            calls: if is_exact { made } else { owed },
            owed,
        })
    }

    /// Whether the subject's own counters say that its calls of a shape take no memory.
    pub(super) fn claims_no_memory(&mut self, bound: &Bound) -> Result<bool, String> {
        if !self.can(Capability::Counters) || bound.path == Path::General.name() {
            return Ok(false);
        }
        let mut grown = |count| -> Result<u64, String> {
            let counters = |bench: &mut Bench| {
                let counters = bench.subject.counters().map_err(|fault| fault.to_string())?;
                Ok::<u64, String>(counters.map_or(0, |counters| counters.scope_bytes))
            };
            let before = counters(self)?;
            self.run(bound, count)?;
            Ok(counters(self)?.wrapping_sub(before))
        };
        Ok(grown(bound.counted)? == grown(2 * bound.counted)?)
    }
}

impl Bound {
    /// The path that serves it, by its report name.
    pub fn path(&self) -> &str {
        &self.path
    }

    fn request(&self, count: u64, placement: u32) -> BenchRequest<'_> {
        const NOTHING: &Script = &Script { steps: Vec::new() };
        let Bound { rows, keywords, .. } = self;
        BenchRequest { setup: NOTHING, rows, count, placement, keywords }
    }
}

/// Whether so many calls returned what the floor's did, as far as a checksum tells.
pub(super) fn equal(count: u64, checksum: u64, owed: u64) -> Result<(), String> {
    if checksum == owed {
        return Ok(());
    }
    Err(format!(
        "the checksum of {count} calls is {checksum:#x}, the floor's is {owed:#x}: they did not return the same"
    ))
}

fn per_call(calls: u64, once: u64, twice: u64) -> f64 {
    (twice as f64 - once as f64) / calls as f64
}
