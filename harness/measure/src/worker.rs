//! Measuring in a process of its own: every shape, on every path that serves it, as raw batches.
//!
//! One process's interval says nothing about the next one's, so the figures are made of several.

use serde::{Deserialize, Serialize};
use subject::Subject;
use subject::evidence::Evidence;
use zig_lib::library::{self, Profile, Target};

use super::bench::{Bench, Bound, Heap, equal};
use super::proof::{self, COUNTED_BATCHES, LONG, LONG_NS, LOOPS, MOST_CALLS, MOST_LOOPS, Proof};
use super::resident::{self, Window};
use super::sampler::{Samples, Warm};
use super::series;
use super::shapes::Shape;
use super::statistics::Figures;
use super::work::Work;

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
    /// Nanoseconds that binding its function took for the first time, by the suite's own clock.
    #[serde(default)]
    pub bind_ns: Option<u64>,
    /// What a call of the binder takes of this process's heap.
    pub heap: Option<Heap>,
    /// Bytes by which the memory of the binder's own processes grows for each call.
    pub resident_bytes: Option<f64>,
    /// The fixture's heap allocations per call.
    pub native_allocations: Option<f64>,
    /// What the suite saw of it for itself; none where there are no batches.
    pub proof: Option<Proof>,
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
            if !force_general {
                shapes.push(MeasuredShape::without(shape, reason));
            }
            return Ok(());
        }
        let of_series = series::point(shape.name).is_some();
        let bound = match timed.bind(work, shape, force_general) {
            Ok(Some(bound)) => bound,
            Ok(None) => return Ok(()),
            // No case of the corpus says that it can be bound, so that it costs the others nothing.
            Err(reason) if of_series => {
                shapes.push(MeasuredShape::without(shape, reason));
                return Ok(());
            }
            Err(reason) => return Err(reason),
        };
        let (mut samples, warm) = match timed.sample(&bound, shape_ms, None) {
            Ok((samples, warm)) => (Ok(samples), Some(warm)),
            Err(reason) => (Err(reason), None),
        };
        let heap = timed.heap(&bound)?;
        let on_counted = counted.bind(work, shape, force_general)?;
        let on_counted = on_counted.ok_or_else(|| {
            format!("`{}` is forced onto a path on one library alone", shape.name)
        })?;
        let mut seen = None;
        if let Ok(taken) = &samples {
            let figures = Figures::of(taken);
            let on_counted = (&mut counted, &on_counted);
            match prove((&mut timed, &bound), on_counted, shape_ms, &evidence, figures) {
                Ok(proved) => seen = Some(proved),
                Err(reason) => samples = Err(reason),
            }
        }
        let window = samples.as_ref().ok().map(Window::of);
        let window = window.filter(|_| work.placement == 0 && !of_series);
        let resident_bytes = match window {
            Some(window) => {
                resident::growth(window, &mut |calls| timed.memory_after(&bound, calls))?
            }
            None => None,
        };
        let (native_allocations, proof) = seen.unzip();
        shapes.push(MeasuredShape {
            shape: shape.name.to_owned(),
            path: bound.path().to_owned(),
            samples,
            warm,
            bind_ns: timed.bound_ns(shape),
            heap,
            resident_bytes,
            native_allocations: native_allocations.filter(|_| evidence.attached().is_ok()),
            proof,
        });
        Ok(())
    })?;
    Ok(Measured { placement: work.placement, floor_to_floor, shapes })
}

impl MeasuredShape {
    fn without(shape: &Shape, reason: String) -> MeasuredShape {
        MeasuredShape {
            shape: shape.name.to_owned(),
            path: "–".to_owned(),
            samples: Err(reason),
            warm: None,
            bind_ns: None,
            heap: None,
            resident_bytes: None,
            native_allocations: None,
            proof: None,
        }
    }
}

/// Does something for each shape, as its signature asks for and, where it is not of a series, on the general path.
///
/// # Errors
/// The first that `each` gives.
pub fn on_each_path(
    work: &Work,
    mut each: impl FnMut(&Shape, bool) -> Result<(), String>,
) -> Result<(), String> {
    for shape in work.shapes() {
        let forced: &[bool] =
            if series::point(shape.name).is_some() { &[false] } else { &[false, true] };
        for &force_general in forced {
            each(shape, force_general)?;
        }
    }
    Ok(())
}

/// What a subject's loops show of themselves, beside the figures of its batches, on the library that is timed and on
/// the one that counts; and that one's heap allocations of a row.
fn prove(
    (timed, bound): (&mut Bench, &Bound),
    (counted, on_counted): (&mut Bench, &Bound),
    shape_ms: u64,
    evidence: &Evidence,
    figures: Option<Figures>,
) -> Result<(f64, Proof), String> {
    let native = counted.native(on_counted, evidence)?;
    let claims_no_memory = timed.claims_no_memory(bound)?;
    let mut asked_ns = |calls| timed.run(bound, calls).map(|(timed, _)| timed.wall_ns);
    let enough_ns = LONG_NS.max(fastest_ns(0, &mut asked_ns)? * LONG);
    let long_calls = lasting(enough_ns, bound.counted, &mut asked_ns)?;
    let mut floor_ns = |calls| timed.floor(bound, calls).map(|floor| floor.elapsed_ns);
    let floor_calls = lasting(enough_ns, long_calls, &mut floor_ns)?;
    let owed = timed.floor(bound, long_calls)?.checksum;
    let (mut batches, _) = counted.sample(on_counted, 0, Some(COUNTED_BATCHES))?;
    if figures.is_some_and(|figures| proof::slower_where_counted(&batches, &figures).is_some()) {
        // A host that compiles as it runs has made far fewer calls here than there.
        (batches, _) = counted.sample(on_counted, shape_ms, None)?;
    }
    let mut proof = Proof {
        empty: Vec::new(),
        long_calls,
        long: Vec::new(),
        floor_calls,
        floors_ns: Vec::new(),
        native_calls: native.calls,
        owed_calls: native.owed,
        counted: batches,
        claims_no_memory,
    };
    let settled = |proof: &Proof| figures.is_none_or(|figures| proof.is_settled(&figures));
    while proof.long.len() < LOOPS || proof.long.len() < MOST_LOOPS && !settled(&proof) {
        proof.empty.push(timed.run(bound, 0)?.0);
        let (took, checksum) = timed.run(bound, long_calls)?;
        equal(long_calls, checksum, owed)?;
        proof.long.push(took);
        proof.floors_ns.push(timed.floor(bound, floor_calls)?.elapsed_ns);
    }
    Ok((native.allocations, proof))
}

/// The calls, as many or twice as many and so on, of which a loop lasts so long; but no more than there may be.
fn lasting(
    enough_ns: u64,
    mut calls: u64,
    took_ns: &mut dyn FnMut(u64) -> Result<u64, String>,
) -> Result<u64, String> {
    while calls < MOST_CALLS && fastest_ns(calls, took_ns)? < enough_ns {
        calls *= 2;
    }
    Ok(calls)
}

/// The fastest of three: one slow run must not make the loops too short.
fn fastest_ns(
    calls: u64,
    took_ns: &mut dyn FnMut(u64) -> Result<u64, String>,
) -> Result<u64, String> {
    let mut fastest_ns = u64::MAX;
    for _ in 0..3 {
        fastest_ns = fastest_ns.min(took_ns(calls)?);
    }
    Ok(fastest_ns)
}
