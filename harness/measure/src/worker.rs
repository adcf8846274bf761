//! Measuring in a process of its own: every shape, on every path that serves it, as raw batches.
//!
//! One process's interval says nothing about the next one's, so the figures are made of several.

use std::path::Path as FilePath;
use std::sync::Arc;

use contract::Path;
use corpus::case::Corpus;
use corpus::fixtures::{self, Fixtures};
use serde::{Deserialize, Serialize};
use subject::evidence::Evidence;
use subject::{
    BenchRequest, BindReply, BindRequest, BoundId, Capability, Script, ScriptArgument, ScriptStep,
    StartRequest, Subject,
};
use zig_lib::library::{self, Profile};

use super::allocations;
use super::sampler::{Samples, sample};
use super::shapes::{Call, SHAPES, Shape};

/// What one process measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
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
    /// The binder's heap allocations per call.
    pub allocations: Option<f64>,
    /// The fixture's heap allocations per call.
    pub native_allocations: Option<f64>,
}

/// Calls over which allocations are counted.
const COUNTED_CALLS: u64 = 1600;

/// A subject on a library, and the same library's floors.
struct Bench {
    subject: Box<dyn Subject>,
    fixtures: Fixtures,
    can_force: bool,
}

/// A shape's calls with a subject's own names.
struct Bound {
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

/// Measures the shapes named, with a fresh subject for each library it needs.
///
/// # Errors
/// A text that says what could not be had: a library, a subject, a shape.
pub fn run(
    corpus: &Arc<Corpus>,
    new_subject: &dyn Fn() -> Box<dyn Subject>,
    names: &[String],
    shape_ms: u64,
) -> Result<Measured, String> {
    // The counted library maps an evidence page too; it is named before anything is loaded.
    let evidence = Evidence::create().map_err(|error| error.to_string())?;
    let page = evidence.path();
    let built = library::build_all(&[Profile::Bench, Profile::Counted]);
    let built = built.map_err(|error| error.to_string())?;
    let mut timed = Bench::open(corpus, &built[0].path, page, new_subject())?;
    let mut counted = Bench::open(corpus, &built[1].path, page, new_subject())?;

    let floor_to_floor = timed.floor_to_floor(shape_ms)?;
    let mut shapes = Vec::new();
    for shape in SHAPES.iter().filter(|shape| names.iter().any(|name| name == shape.name)) {
        if let Some(reason) = timed.unserved(corpus, shape)? {
            shapes.push(MeasuredShape {
                shape: shape.name.to_owned(),
                path: "–".to_owned(),
                samples: Err(reason),
                allocations: None,
                native_allocations: None,
            });
            continue;
        }
        for force_general in [false, true] {
            let Some(bound) = timed.bind(corpus, shape, force_general)? else { continue };
            let samples = timed.sample(&bound, shape_ms);
            let allocations = timed.allocations(&bound)?;
            let native = match counted.bind(corpus, shape, force_general)? {
                Some(bound) => counted.native_allocations(&bound, &evidence)?,
                None => None,
            };
            shapes.push(MeasuredShape {
                shape: shape.name.to_owned(),
                path: bound.path,
                samples,
                allocations,
                native_allocations: native,
            });
        }
    }
    Ok(Measured { floor_to_floor, shapes })
}

impl Bench {
    fn open(
        corpus: &Corpus,
        library: &FilePath,
        page: &FilePath,
        mut subject: Box<dyn Subject>,
    ) -> Result<Bench, String> {
        let fixtures = Fixtures::open(library).map_err(|error| error.to_string())?;
        fixtures::compare(corpus, fixtures.manifest()).map_err(|error| error.to_string())?;
        let request = StartRequest {
            library: library.to_owned(),
            declarations: corpus.declarations_text.clone(),
            page: page.to_owned(),
        };
        let ready = subject.start(&request).map_err(|fault| fault.to_string())?;
        let can_force = ready.capabilities.contains(&Capability::ForcePath);
        Ok(Bench { subject, fixtures, can_force })
    }

    /// Binds a shape's functions; `None` where forcing the general path changes nothing.
    fn bind(
        &mut self,
        corpus: &Corpus,
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
                let (function, served) = self.function(corpus, call.symbol, force_general)?;
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
        if force_general && self.natural_path(corpus, shape)? == Path::General {
            return Ok(None);
        }
        let keywords = shape.keywords.iter().map(|(name, bits)| ((*name).to_owned(), *bits));
        let keywords = keywords.collect();
        Ok(Some(Bound { setup, rows, keywords, path: path.name().to_owned(), shape: id }))
    }

    fn natural_path(&mut self, corpus: &Corpus, shape: &Shape) -> Result<Path, String> {
        let mut path = Path::Scalar;
        for symbol in shape.symbols() {
            path = path_of_both(path, self.function(corpus, symbol, false)?.1);
        }
        Ok(path)
    }

    /// What the subject says where it does not serve a function of a shape.
    fn unserved(&mut self, corpus: &Corpus, shape: &Shape) -> Result<Option<String>, String> {
        for symbol in shape.symbols() {
            if let BindReply::Unsupported(message) = self.reply(corpus, symbol, false)? {
                return Ok(Some(format!("`{symbol}` is not served: {message}")));
            }
        }
        Ok(None)
    }

    fn function(
        &mut self,
        corpus: &Corpus,
        symbol: &str,
        force_general: bool,
    ) -> Result<(BoundId, Path), String> {
        match self.reply(corpus, symbol, force_general)? {
            BindReply::Bound { function, path } => Ok((function, path.unwrap_or(Path::General))),
            other => Err(format!("`{symbol}` was not bound: {other:?}")),
        }
    }

    fn reply(
        &mut self,
        corpus: &Corpus,
        symbol: &str,
        force_general: bool,
    ) -> Result<BindReply, String> {
        let declared = corpus
            .functions
            .get(symbol)
            .ok_or_else(|| format!("no suite declares `{symbol}`, which a shape calls"))?;
        let request = BindRequest {
            symbol: symbol.to_owned(),
            signature: declared.text.clone(),
            consumes: declared.consumes,
            force_general,
            ..BindRequest::default()
        };
        self.subject.bind(&request).map_err(|fault| fault.to_string())
    }

    /// Batches of the floor against itself, on the plainest shape.
    fn floor_to_floor(&mut self, shape_ms: u64) -> Result<Samples, String> {
        let floor = |calls| {
            self.fixtures.floor(0, calls).map(|f| f.elapsed_ns).map_err(|error| error.to_string())
        };
        sample(shape_ms, &mut { floor }, &mut { floor })
    }

    /// Batches of a shape. Equal checksums prove that both sides made the same calls.
    fn sample(&mut self, bound: &Bound, shape_ms: u64) -> Result<Samples, String> {
        let Bench { subject, fixtures, .. } = self;
        let last = std::cell::Cell::new((0, 0));
        let mut floor = |calls| {
            let floor = fixtures.floor(bound.shape, calls).map_err(|error| error.to_string())?;
            last.set((calls, floor.checksum));
            Ok(floor.elapsed_ns)
        };
        let mut call = |count| {
            let reply = subject.bench(&bound.request(count)).map_err(|fault| fault.to_string())?;
            if last.get() != (count, reply.checksum) {
                return Err(format!(
                    "the checksum of {count} calls is {:#x}, the floor's is {:#x}: they did not \
                     return the same",
                    reply.checksum,
                    last.get().1
                ));
            }
            Ok(reply.elapsed_ns)
        };
        sample(shape_ms, &mut floor, &mut call)
    }

    /// Exact, as a difference of two runs: what a run itself allocates falls out.
    fn allocations(&mut self, bound: &Bound) -> Result<Option<f64>, String> {
        // Another process's allocations are not counted here.
        if !self.subject.in_process() {
            return Ok(None);
        }
        let mut run = |count| -> Result<Option<u64>, String> {
            let before = allocations::made();
            self.subject.bench(&bound.request(count)).map_err(|fault| fault.to_string())?;
            Ok(before.zip(allocations::made()).map(|(before, after)| after - before))
        };
        let (once, twice) = (run(COUNTED_CALLS)?, run(2 * COUNTED_CALLS)?);
        Ok(once.zip(twice).map(|(once, twice)| per_call(once, twice)))
    }

    fn native_allocations(
        &mut self,
        bound: &Bound,
        evidence: &Evidence,
    ) -> Result<Option<f64>, String> {
        let mut run = |count| -> Result<u64, String> {
            let before = evidence.ledger().allocations;
            self.subject.bench(&bound.request(count)).map_err(|fault| fault.to_string())?;
            Ok(evidence.ledger().allocations - before)
        };
        let (once, twice) = (run(COUNTED_CALLS)?, run(2 * COUNTED_CALLS)?);
        Ok(evidence.attached().is_ok().then(|| per_call(once, twice)))
    }
}

impl Bound {
    fn request(&self, count: u64) -> BenchRequest<'_> {
        BenchRequest { setup: &self.setup, rows: &self.rows, count, keywords: &self.keywords }
    }
}

fn per_call(once: u64, twice: u64) -> f64 {
    (twice as f64 - once as f64) / COUNTED_CALLS as f64
}

/// The path that serves several functions, as far as one word can say it.
fn path_of_both(one: Path, other: Path) -> Path {
    match (one, other) {
        (Path::Scalar, other) => other,
        (one, Path::Scalar) => one,
        (Path::EnumAndHandle, Path::EnumAndHandle) => Path::EnumAndHandle,
        _ => Path::General,
    }
}
