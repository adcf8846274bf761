//! Several processes' measurements brought together: the report's rows.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use interrupt::tool;

use super::Effort;
use super::placed::{Agreed, Placed, agreed};
use super::shapes::Shape;
use super::statistics::{Figures, median, pace_ns};
use super::work::{PLACEMENTS, Work};
use super::worker::{Measured, MeasuredShape};
use crate::figure::{BenchRow, BenchVerdict};

/// A floor measured against itself that is off by more than this says that nothing else can be
/// believed.
const BIAS: f64 = 0.01;
/// A ratio that is below 1 by more than this in every process is no noise, and not where a loop lies.
const BELOW: f64 = 0.1;

/// What measuring came to.
#[derive(Clone, Debug)]
pub struct Measurement {
    /// One row a shape and path.
    pub rows: Vec<BenchRow>,
    /// Everything the rows were made of.
    pub raw: Vec<Measured>,
}

impl Measurement {
    /// No figure of any of these shapes, for one reason.
    pub fn none(reason: &str, shapes: &[&Shape]) -> Measurement {
        let rows = shapes.iter().map(|shape| without(shape.name, reason)).collect();
        Measurement { rows, raw: Vec::new() }
    }
}

/// Measuring that could not be done.
#[derive(Debug, thiserror::Error)]
pub enum MeasureError {
    /// A measuring process could not be started.
    #[error("cannot start the measuring process: {0}")]
    Start(#[from] std::io::Error),
    /// A measuring process failed.
    #[error("the measuring process failed ({status}): {message}")]
    Process {
        /// How it ended.
        status: std::process::ExitStatus,
        /// What it said.
        message: String,
    },
    /// What callgrind wrote cannot be read.
    #[error("callgrind's counts cannot be read: {0}")]
    Counts(String),
    /// A measuring process answered what cannot be read.
    #[error("the measuring process answered what cannot be read: {0}")]
    Answer(#[from] serde_json::Error),
}

/// Measures subjects, each in a process of its own at each placement, and again: a process of each subject in turn,
/// so that what the machine does by then falls on all of them. Shapes whose processes do not agree are measured in
/// more rounds, as many as the effort allows.
///
/// A subject of which a process fails is not measured further, and costs the others nothing. `worker` makes the command
/// of a process for the subject of a number; `progress` is told of its round, from 0, before it starts.
pub fn measure(
    effort: Effort,
    works: &[Work],
    worker: &dyn Fn(usize, &Work) -> std::io::Result<Command>,
    progress: &mut dyn FnMut(usize, usize),
) -> Vec<Result<Measurement, MeasureError>> {
    let mut taken: Vec<Result<Vec<Measured>, MeasureError>> =
        works.iter().map(|_| Ok(Vec::new())).collect();
    for round in 0..effort.rounds + effort.more {
        for placement in 0..PLACEMENTS {
            for (subject, (work, taken)) in works.iter().zip(&mut taken).enumerate() {
                let Ok(raw) = taken else { continue };
                let doubted = if round < effort.rounds { None } else { Some(doubted(raw)) };
                if doubted.as_ref().is_some_and(Vec::is_empty) {
                    continue;
                }
                progress(round, subject);
                let only = doubted.as_deref();
                let work = work.again(placement, only);
                match worker(subject, &work).map_err(MeasureError::from).and_then(once) {
                    Ok(measured) => raw.push(measured),
                    Err(error) => *taken = Err(error),
                }
            }
        }
    }
    let measurement = |raw: Vec<Measured>| Measurement { rows: rows(&raw), raw };
    taken.into_iter().map(|taken| taken.map(measurement)).collect()
}

/// The shapes whose processes do not agree.
fn doubted(raw: &[Measured]) -> Vec<String> {
    let rows = rows(raw).into_iter();
    rows.filter(|row| row.verdict == BenchVerdict::Inconclusive).map(|row| row.shape).collect()
}

/// One process.
fn once(mut worker: Command) -> Result<Measured, MeasureError> {
    // How long it measures is its own affair: its shapes, and how many there are.
    let output = tool::run(&mut worker, Duration::MAX).map_err(std::io::Error::from)?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(MeasureError::Process { status: output.status, message });
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The rows of several processes, of which the first measured every shape.
fn rows(raw: &[Measured]) -> Vec<BenchRow> {
    let floors = raw.iter().filter_map(|one| Figures::of(&one.floor_to_floor));
    let bias = median(floors.map(|figures| figures.ratio));
    let Some(first) = raw.first() else { return Vec::new() };
    let row = |shape: &MeasuredShape| {
        let is_it = |one: &&MeasuredShape| one.shape == shape.shape && one.path == shape.path;
        let of = |one: &'_ Measured| Some((one.placement, one.shapes.iter().find(is_it)?.clone()));
        let placed: Vec<(u32, MeasuredShape)> = raw.iter().filter_map(of).collect();
        let shapes: Vec<_> = placed.iter().map(|(_, shape)| shape).collect();
        let mut row = BenchRow {
            shape: shape.shape.clone(),
            path: shape.path.clone(),
            allocations: shape.heap.map(|heap| heap.allocations),
            allocated_bytes: shape.heap.map(|heap| heap.bytes),
            resident_bytes: shapes.iter().find_map(|shape| shape.resident_bytes),
            native_allocations: shape.native_allocations,
            ..BenchRow::default()
        };
        let failed = shapes.iter().find_map(|shape| shape.samples.as_ref().err());
        if let Some(reason) = failed {
            row.reason = Some(reason.clone());
            return row;
        }
        let taken: usize =
            shapes.iter().flat_map(|s| &s.samples).map(|samples| samples.batches.len()).sum();
        let pace_at = |placement| Some((placement, pace(raw, placement, &shape.shape)?));
        let paces: BTreeMap<u32, f64> = (0..PLACEMENTS).filter_map(pace_at).collect();
        let processes: Vec<Placed> = placed
            .iter()
            .filter_map(|(placement, shape)| {
                let figures = Figures::of(shape.samples.as_ref().ok()?)?;
                let disturbed = figures.is_disturbed(*paces.get(placement)?);
                Some(Placed { placement: *placement, disturbed, figures })
            })
            .collect();
        fill(&mut row, &processes, taken, bias);
        warm(&mut row, &shapes);
        if let Some(doubt) = doubt(&shapes) {
            disbelieve(&mut row, doubt);
        }
        row
    };
    first.shapes.iter().map(row).collect()
}

/// The pace of a shape's floor at a placement, where it is the same code in every process and beside every path.
fn pace(raw: &[Measured], placement: u32, shape: &str) -> Option<f64> {
    let there = raw.iter().filter(|one| one.placement == placement).flat_map(|one| &one.shapes);
    let of_it = there.filter(|one| one.shape == shape);
    let figures = of_it.filter_map(|one| Figures::of(one.samples.as_ref().ok()?));
    pace_ns(figures.map(|figures| figures.floor_ns))
}

/// The row of a shape of whose functions a trial failed, known or not, or was spoiled.
pub fn not_timed(shape: &str) -> BenchRow {
    without(
        shape,
        "a trial of its functions failed or was spoiled: its cost may be that of something else",
    )
}

/// The row of a shape that has no figure, and why.
fn without(shape: &str, reason: &str) -> BenchRow {
    let (shape, reason) = (shape.to_owned(), Some(reason.to_owned()));
    BenchRow { shape, path: "–".to_owned(), reason, ..BenchRow::default() }
}

fn fill(row: &mut BenchRow, processes: &[Placed], taken: usize, bias: Option<f64>) {
    let Agreed { of, ratios, doubt } = agreed(processes);
    let all = |figure: fn(&Figures) -> f64| of.iter().map(figure);
    row.samples = of.iter().map(|figures| figures.batches).sum();
    row.valid_share = row.samples as f64 / taken.max(1) as f64;
    row.floor_ns = median(all(|f| f.floor_ns));
    row.call_ns = median(all(|f| f.call_ns));
    row.ratio = median(ratios.into_iter());
    row.ratio_low = all(|f| f.ratio).min_by(f64::total_cmp);
    row.ratio_high = all(|f| f.ratio).max_by(f64::total_cmp);
    row.reason = match bias {
        _ if doubt.is_some() => doubt,
        Some(bias) if (bias - 1.0).abs() > BIAS => {
            Some(format!("the floor against itself gives {bias:.3}, off by more than {BIAS}"))
        }
        None => Some("the floor against itself gives no figure".to_owned()),
        Some(_) => None,
    };
    row.verdict =
        if row.reason.is_some() { BenchVerdict::Inconclusive } else { BenchVerdict::Measured };
}

/// How the first calls went.
fn warm(row: &mut BenchRow, shapes: &[&MeasuredShape]) {
    let each =
        || shapes.iter().filter_map(|shape| Some((shape.warm?, shape.samples.as_ref().ok()?)));
    row.bind_ns = median(shapes.iter().filter_map(|shape| Some(shape.bind_ns? as f64)));
    row.cold_ns = median(each().map(|(warm, _)| warm.cold_ns as f64));
    row.first_ns = median(each().map(|(warm, all)| warm.first_ns as f64 / all.calls as f64));
}

/// Why a shape's figures cannot be believed: what contradicts one process's, or casts doubt on those of all.
fn doubt(shapes: &[&MeasuredShape]) -> Option<String> {
    let contradicts = |shape: &&MeasuredShape| {
        shape
            .proof
            .as_ref()
            .and_then(|proof| proof.contradiction(shape.heap.map(|heap| heap.allocations)))
    };
    let casts_doubt = |shape: &&MeasuredShape| {
        let figures = shape.samples.as_ref().ok().and_then(Figures::of)?;
        below(&figures).or_else(|| shape.proof.as_ref()?.doubt(&figures))
    };
    shapes.iter().find_map(contradicts).or_else(|| {
        let doubts = shapes.iter().map(casts_doubt).collect::<Option<Vec<String>>>()?;
        doubts.into_iter().next()
    })
}

/// A ratio below 1 that is no noise.
fn below(figures: &Figures) -> Option<String> {
    (figures.ratio < 1.0 - BELOW).then(|| {
        format!(
            "no call takes less than the direct call within it, and this takes {:.2} of that",
            figures.ratio
        )
    })
}

/// Takes a figure back that is not one.
fn disbelieve(row: &mut BenchRow, doubt: String) {
    row.verdict = BenchVerdict::NotCredible;
    row.reason = Some(doubt);
    (row.call_ns, row.ratio, row.ratio_low, row.ratio_high) = (None, None, None, None);
    (row.cold_ns, row.first_ns) = (None, None);
}

#[cfg(test)]
mod tests {
    use super::super::Batch;
    use super::super::proof::Proof;
    use super::super::sampler::Samples;
    use super::*;

    fn process(subject_ns: u64, again_ns: u64, batches: usize) -> Measured {
        let samples = |subject_ns| {
            let batch = Batch { before_ns: 1000, subject_ns, after_ns: 1000, wall_ns: subject_ns };
            Samples { calls: 100, batches: vec![batch; batches] }
        };
        Measured {
            placement: 0,
            floor_to_floor: samples(again_ns),
            shapes: vec![MeasuredShape {
                shape: "scalar-i64".into(),
                path: "scalar".into(),
                samples: Ok(samples(subject_ns)),
                warm: None,
                bind_ns: None,
                heap: None,
                resident_bytes: None,
                native_allocations: None,
                proof: None,
            }],
        }
    }

    fn at(placement: u32, measured: Measured) -> Measured {
        Measured { placement, ..measured }
    }

    /// What a process that measures prints.
    fn prints(measured: &Measured) -> std::io::Result<Command> {
        let mut command = Command::new("echo");
        command.arg(serde_json::to_string(measured)?);
        Ok(command)
    }

    fn work() -> Work {
        let text = r#"{"shapes":["scalar-i64"],"shape_ms":1,"placement":0,"declarations":"","functions":{}}"#;
        serde_json::from_str(text).expect("it is work")
    }

    const ONCE: Effort = Effort { rounds: 1, more: 0, shape_ms: 1 };

    #[test]
    fn subjects_take_turns_and_one_that_fails_costs_the_others_nothing() {
        let worker = |subject, work: &Work| match subject {
            0 => Ok(Command::new("false")),
            _ => prints(&at(work.placement, process(2000, 1000, 30))),
        };
        let mut turns = Vec::new();
        let came = measure(ONCE, &[work(), work()], &worker, &mut |_, subject| turns.push(subject));
        assert_eq!(turns, [0, 1, 1, 1]);
        assert!(matches!(came[0], Err(MeasureError::Process { .. })), "{:?}", came[0]);
        let placements = |raw: &[Measured]| raw.iter().map(|one| one.placement).collect::<Vec<_>>();
        assert_eq!(placements(&came[1].as_ref().expect("it answered").raw), [0, 1, 2]);
    }

    #[test]
    fn what_processes_do_not_agree_on_is_measured_again() {
        let asked = std::cell::Cell::new(0);
        // The second process at each placement takes more time than the first and those after.
        let worker = |_, work: &Work| {
            asked.set(asked.get() + 1);
            let subject_ns = if (4..=6).contains(&asked.get()) { 2100 } else { 2000 };
            prints(&at(work.placement, process(subject_ns, 1000, 30)))
        };
        let effort = Effort { rounds: 2, more: 3, shape_ms: 1 };
        let came = measure(effort, &[work()], &worker, &mut |_, _| {}).remove(0).expect("it is");
        assert_eq!((asked.get(), came.rows[0].verdict), (12, BenchVerdict::Measured));
        asked.set(0);
        let effort = Effort { more: 0, ..effort };
        let came = measure(effort, &[work()], &worker, &mut |_, _| {}).remove(0).expect("it is");
        assert_eq!((asked.get(), came.rows[0].verdict), (6, BenchVerdict::Inconclusive));
    }

    #[test]
    fn a_row_has_the_median_and_the_range_of_the_placements() {
        let raw = [2000, 2200, 2100].map(|subject_ns| process(subject_ns, 1000, 30));
        let raw = [0, 1, 2].map(|placement| at(placement, raw[placement as usize].clone()));
        let row = &rows(&raw)[0];
        assert_eq!(row.verdict, BenchVerdict::Measured);
        assert_eq!((row.ratio_low, row.ratio, row.ratio_high), (Some(2.0), Some(2.1), Some(2.2)));
        assert_eq!((row.floor_ns, row.call_ns, row.samples), (Some(10.0), Some(21.0), 90));
    }

    #[test]
    fn a_biased_method_is_inconclusive() {
        assert_eq!(rows(&[process(2000, 1020, 30)])[0].verdict, BenchVerdict::Inconclusive);
        assert_eq!(rows(&[process(2000, 1009, 30)])[0].verdict, BenchVerdict::Measured);
    }

    fn assert_not_credible(raw: &[Measured], why: &str) {
        let row = &rows(raw)[0];
        assert_eq!(row.verdict, BenchVerdict::NotCredible);
        assert!(row.reason.as_ref().is_some_and(|reason| reason.contains(why)), "{row:?}");
        assert_eq!((row.call_ns, row.ratio, row.ratio_high), (None, None, None));
        assert_eq!(row.floor_ns, Some(10.0), "the floor is the suite's own");
    }

    #[test]
    fn less_than_the_floor_in_every_process_is_not_credible() {
        assert_not_credible(&[process(800, 1000, 30), process(880, 1000, 30)], "0.80 of that");
        let noise = [process(800, 1000, 30), at(1, process(920, 1000, 30))];
        assert_eq!(rows(&noise)[0].verdict, BenchVerdict::Measured);
    }

    #[test]
    fn what_one_process_is_not_believed_no_process_is() {
        let mut raw = [process(2000, 1000, 30), process(2000, 1000, 30)];
        raw[1].shapes[0].proof = Some(Proof {
            empty: Vec::new(),
            long_calls: 0,
            long: Vec::new(),
            floor_calls: 0,
            floors_ns: Vec::new(),
            native_calls: 0,
            owed_calls: 1600,
            counted: Samples { calls: 100, batches: Vec::new() },
            claims_no_memory: false,
        });
        assert_not_credible(&raw, "0 native calls");
    }

    #[test]
    fn a_shape_that_could_not_be_called_says_why() {
        let mut one = process(2000, 1000, 30);
        one.shapes[0].samples = Err("it was refused".into());
        let row = &rows(&[one])[0];
        assert_eq!(
            (row.verdict, row.reason.as_deref()),
            (BenchVerdict::NotMeasured, Some("it was refused"))
        );
        assert_eq!(row.ratio, None);
    }
}
