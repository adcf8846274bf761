//! Measuring in a process of its own: every shape, on every path that serves it, as raw batches.
//!
//! One process's interval says nothing about the next one's, so the figures are made of several.

use std::cell::{Cell, RefCell};
use std::path::Path as FilePath;
use std::time::Instant;

use contract::Path;
use corpus::fixtures::{Fixtures, Floor};
use serde::{Deserialize, Serialize};
use subject::evidence::Evidence;
use subject::{
    BenchRequest, BindReply, BindRequest, BoundId, Capability, Script, ScriptArgument, ScriptStep,
    StartRequest, Subject, allocations,
};
use zig_lib::library::{self, Profile, Target};

use super::burden::Burden;
use super::proof::{COUNTED_BATCHES, LONG, LONG_NS, LOOPS, MOST_CALLS, Proof};
use super::sampler::{FEWEST, Samples, Timed, Warm, sample};
use super::shapes::{Call, Shape};
use super::work::{Work, path_of_both};

/// What one process measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Where the loops of both sides lay.
    pub placement: u32,
    /// The floor measured as if it were a subject: what the method itself adds.
    pub floor_to_floor: Samples,
    /// One entry a shape and path.
    pub shapes: Vec<MeasuredShape>,
}

/// One shape on one path in one process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasuredShape {
    /// The shape.
    pub shape: String,
    /// The path, by its report name.
    pub path: String,
    /// The batches, or why there are none.
    pub samples: Result<Samples, String>,
    /// How its first calls went; none where there are no batches.
    #[serde(default)]
    pub warm: Option<Warm>,
    /// The binder's heap allocations per call.
    pub allocations: Option<f64>,
    /// The fixture's heap allocations per call.
    pub native_allocations: Option<f64>,
    /// What the suite saw of it for itself; none where there are no batches.
    pub proof: Option<Proof>,
}

/// Calls over which allocations are counted.
const COUNTED_CALLS: u64 = 1600;

/// A subject on a library, and the same library's floors.
pub struct Bench {
    subject: Box<dyn Subject>,
    fixtures: Fixtures,
    can_force: bool,
    counts: bool,
    placement: u32,
    burden: Option<Burden>,
}

/// A shape's calls with a subject's own names.
pub struct Bound {
    setup: Script,
    rows: Vec<Script>,
    keywords: Vec<(String, u64)>,
    path: String,
    shape: u32,
}

/// Has this process killed when the one that started it ends, also by what no process can handle. Nothing,
/// where the system has no such thing.
///
/// # Errors
/// What the system says.
pub fn ends_with_its_starter() -> std::io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Signal, set_parent_process_death_signal};
        set_parent_process_death_signal(Some(Signal::KILL))?;
    }
    Ok(())
}

/// Measures shapes, each for so many milliseconds, with a fresh subject for each library it needs.
///
/// # Errors
/// A text that says what could not be had: a library, a subject, a shape.
pub fn run(
    work: &Work,
    shape_ms: u64,
    new_subject: &dyn Fn() -> Box<dyn Subject>,
) -> Result<Measured, String> {
    // The counted library maps an evidence page too; it is named before anything is loaded.
    let evidence = Evidence::create().map_err(|error| error.to_string())?;
    let page = evidence.path();
    let built = library::build_all(Target::Host, &[Profile::Bench, Profile::Counted]);
    let built = built.map_err(|error| error.to_string())?;
    let mut timed = Bench::open(work, &built[0].path, page, new_subject())?;
    let mut counted = Bench::open(work, &built[1].path, page, new_subject())?;

    let floor_to_floor = timed.floor_to_floor(shape_ms)?;
    let mut shapes = Vec::new();
    on_each_path(work, |shape, force_general| {
        if let Some(reason) = timed.unserved(work, shape)? {
            if force_general {
                return Ok(());
            }
            shapes.push(MeasuredShape {
                shape: shape.name.to_owned(),
                path: "–".to_owned(),
                samples: Err(reason),
                warm: None,
                allocations: None,
                native_allocations: None,
                proof: None,
            });
            return Ok(());
        }
        let Some(bound) = timed.bind(work, shape, force_general)? else { return Ok(()) };
        let (mut samples, warm) = match timed.sample(&bound, shape_ms, FEWEST) {
            Ok((samples, warm)) => (Ok(samples), Some(warm)),
            Err(reason) => (Err(reason), None),
        };
        let allocations = timed.allocations(&bound)?;
        let on_counted = counted.bind(work, shape, force_general)?;
        let on_counted = on_counted.ok_or_else(|| {
            format!("`{}` is forced onto a path on one library alone", shape.name)
        })?;
        let mut seen = None;
        if samples.is_ok() {
            match prove(&mut timed, &bound, (&mut counted, &on_counted), &evidence) {
                Ok(proved) => seen = Some(proved),
                Err(reason) => samples = Err(reason),
            }
        }
        let (native_allocations, proof) = seen.unzip();
        shapes.push(MeasuredShape {
            shape: shape.name.to_owned(),
            path: bound.path,
            samples,
            warm,
            allocations,
            native_allocations: native_allocations.filter(|_| evidence.attached().is_ok()),
            proof,
        });
        Ok(())
    })?;
    Ok(Measured { placement: work.placement, floor_to_floor, shapes })
}

/// Does something for each shape, as its signature asks for and on the general path.
///
/// # Errors
/// The first that `each` gives.
pub fn on_each_path(
    work: &Work,
    mut each: impl FnMut(&Shape, bool) -> Result<(), String>,
) -> Result<(), String> {
    for shape in work.shapes() {
        for force_general in [false, true] {
            each(shape, force_general)?;
        }
    }
    Ok(())
}

/// What a subject's loops show of themselves, on the library that is timed and on the one that counts; and that
/// one's heap allocations of a row.
fn prove(
    timed: &mut Bench,
    bound: &Bound,
    (counted, on_counted): (&mut Bench, &Bound),
    evidence: &Evidence,
) -> Result<(f64, Proof), String> {
    let native = counted.native(on_counted, evidence)?;
    let claims_no_memory = timed.claims_no_memory(bound)?;
    let mut long_calls = COUNTED_CALLS;
    // The fastest of three: one slow run must not make the loops too short.
    let mut fastest_ns = |calls| -> Result<u64, String> {
        let mut fastest_ns = u64::MAX;
        for _ in 0..3 {
            fastest_ns = fastest_ns.min(timed.run(bound, calls)?.0.wall_ns);
        }
        Ok(fastest_ns)
    };
    let enough_ns = LONG_NS.max(fastest_ns(0)? * LONG);
    while long_calls < MOST_CALLS && fastest_ns(long_calls)? < enough_ns {
        long_calls *= 2;
    }
    let owed = timed.floor(bound, long_calls)?.checksum;
    let (mut empty, mut long) = (Vec::new(), Vec::new());
    for _ in 0..LOOPS {
        empty.push(timed.run(bound, 0)?.0);
        let (took, checksum) = timed.run(bound, long_calls)?;
        equal(long_calls, checksum, owed)?;
        long.push(took);
    }
    let (counted, _) = counted.sample(on_counted, 0, COUNTED_BATCHES)?;
    let proof = Proof {
        empty,
        long_calls,
        long,
        native_calls: native.calls,
        owed_calls: native.owed,
        counted,
        claims_no_memory,
    };
    Ok((native.allocations, proof))
}

/// What the library that counts counted of [`COUNTED_CALLS`] rows.
struct Native {
    /// Its heap allocations, of each row.
    allocations: f64,
    /// Native calls of all rows.
    calls: u64,
    /// Native calls of the floor in as many.
    owed: u64,
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

    fn open(
        work: &Work,
        library: &FilePath,
        page: &FilePath,
        mut subject: Box<dyn Subject>,
    ) -> Result<Bench, String> {
        let fixtures = Fixtures::open(library).map_err(|error| error.to_string())?;
        let request = StartRequest {
            library: library.to_owned(),
            declarations: work.declarations.clone(),
            page: page.to_owned(),
        };
        let ready = subject.start(&request).map_err(|fault| fault.to_string())?;
        let can_force = ready.capabilities.contains(&Capability::ForcePath);
        let counts = ready.capabilities.contains(&Capability::Counters);
        let Work { placement, burden, .. } = *work;
        Ok(Bench { subject, fixtures, can_force, counts, placement, burden })
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
        if force_general && !self.can_force {
            return Ok(None);
        }
        let manifest = self.fixtures.manifest();
        let id = manifest.shapes.iter().find(|known| known.name == shape.name).map(|s| s.id);
        let id = id.ok_or_else(|| format!("the library has no shape `{}`", shape.name))?;
        let mut path = Path::Scalar;
        let mut script = |calls: &[Call], first: usize| -> Result<Script, String> {
            let mut steps = Vec::new();
            for call in calls {
                let (function, served) = self.function(work, call.symbol, force_general)?;
                path = path_of_both(path, served);
                let mut arguments = Vec::new();
                if call.follows {
                    arguments.push(ScriptArgument::Result(first + steps.len() - 1));
                }
                arguments.extend((call.arguments)(call.k).into_iter().map(ScriptArgument::Value));
                steps.push(ScriptStep { function, arguments, take: None });
            }
            Ok(Script { steps })
        };
        let setup = script(shape.setup.as_slice(), 0)?;
        let rows = shape
            .rows()
            .iter()
            .map(|calls| script(calls, setup.steps.len()))
            .collect::<Result<_, _>>()?;
        if force_general && self.natural_path(work, shape)? == Path::General {
            return Ok(None);
        }
        let keywords = shape.keywords.iter().map(|(name, bits)| ((*name).to_owned(), *bits));
        let keywords = keywords.collect();
        Ok(Some(Bound { setup, rows, keywords, path: path.name().to_owned(), shape: id }))
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
        for symbol in shape.symbols() {
            if let BindReply::Unsupported(message) = self.reply(work, symbol, false)? {
                return Ok(Some(format!("`{symbol}` is not served: {message}")));
            }
        }
        Ok(None)
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
        self.subject.bind(&request).map_err(|fault| fault.to_string())
    }

    /// Batches of the floor against itself, on the plainest shape.
    fn floor_to_floor(&mut self, shape_ms: u64) -> Result<Samples, String> {
        let floor = |calls| {
            self.fixtures
                .floor(0, self.placement, calls)
                .map(|f| f.elapsed_ns)
                .map_err(|error| error.to_string())
        };
        let again =
            |calls| floor(calls).map(|took_ns| Timed { elapsed_ns: took_ns, wall_ns: took_ns });
        sample(shape_ms, FEWEST, &mut { floor }, &mut { again }).map(|(samples, _)| samples)
    }

    /// So many direct calls, by the library on its own clock.
    ///
    /// # Errors
    /// A text, where the library has no such loop.
    pub fn floor(&self, bound: &Bound, count: u64) -> Result<Floor, String> {
        self.fixtures.floor(bound.shape, self.placement, count).map_err(|error| error.to_string())
    }

    /// Has the subject make a loop of calls: how long it took, and the checksum.
    ///
    /// # Errors
    /// What the subject said instead.
    pub fn run(&mut self, bound: &Bound, count: u64) -> Result<(Timed, u64), String> {
        let request = bound.request(count, self.placement);
        let start = Instant::now();
        let reply = self.subject.bench(&request).map_err(|fault| fault.to_string())?;
        let borne_ns = self.burden.map_or(0, |burden| burden.bear(count));
        let wall_ns = start.elapsed().as_nanos() as u64;
        Ok((Timed { elapsed_ns: reply.elapsed_ns + borne_ns, wall_ns }, reply.checksum))
    }

    /// Batches of a shape. Equal checksums prove that both sides made the same calls.
    fn sample(
        &mut self,
        bound: &Bound,
        shape_ms: u64,
        fewest: usize,
    ) -> Result<(Samples, Warm), String> {
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
        sample(shape_ms, fewest, &mut floor, &mut call)
    }

    /// Exact, as a difference of two runs: what a run itself allocates falls out.
    fn allocations(&mut self, bound: &Bound) -> Result<Option<f64>, String> {
        // Those of another process, or by another allocator, are not counted here.
        if !self.subject.allocates_here() {
            return Ok(None);
        }
        let mut run = |count| -> Result<Option<u64>, String> {
            let before = allocations::made();
            self.run(bound, count)?;
            Ok(before.zip(allocations::made()).map(|(before, after)| after - before))
        };
        let (once, twice) = (run(COUNTED_CALLS)?, run(2 * COUNTED_CALLS)?);
        Ok(once.zip(twice).map(|(once, twice)| per_call(once, twice)))
    }

    /// Exact, likewise, of the library that counts.
    fn native(&mut self, bound: &Bound, evidence: &Evidence) -> Result<Native, String> {
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
        let [once, owed_once] = run(COUNTED_CALLS)?;
        run(2 * COUNTED_CALLS)?;
        // What is asked a second time might be answered from memory: then it is too few.
        let [twice, owed_twice] = run(2 * COUNTED_CALLS)?;
        Ok(Native {
            allocations: per_call(once.0, twice.0),
            calls: twice.1.saturating_sub(once.1),
            owed: owed_twice.1.saturating_sub(owed_once.1),
        })
    }

    /// Whether the subject's own counters say that its calls of a shape take no memory.
    fn claims_no_memory(&mut self, bound: &Bound) -> Result<bool, String> {
        if !self.counts || bound.path == Path::General.name() {
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
        Ok(grown(COUNTED_CALLS)? == grown(2 * COUNTED_CALLS)?)
    }
}

impl Bound {
    /// The path that serves it, by its report name.
    pub fn path(&self) -> &str {
        &self.path
    }

    fn request(&self, count: u64, placement: u32) -> BenchRequest<'_> {
        let Bound { setup, rows, keywords, .. } = self;
        BenchRequest { setup, rows, count, placement, keywords }
    }
}

/// Whether so many calls returned what the floor's did, as far as a checksum tells.
fn equal(count: u64, checksum: u64, owed: u64) -> Result<(), String> {
    if checksum == owed {
        return Ok(());
    }
    Err(format!(
        "the checksum of {count} calls is {checksum:#x}, the floor's is {owed:#x}: they did not return the same"
    ))
}

fn per_call(once: u64, twice: u64) -> f64 {
    (twice as f64 - once as f64) / COUNTED_CALLS as f64
}
