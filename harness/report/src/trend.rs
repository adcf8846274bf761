//! Reports of one binder over time: what each run came to, what each shape cost with the band that noise gave
//! it, where that made a step, and which outcomes come and go.

mod render;

use std::collections::BTreeMap;

use judge::row::TrialOutcome;
use measure::{BenchRow, BenchVerdict};
use serde::Serialize;

use crate::diff::{DiffError, are_comparable};
use crate::foreign::shown;
use crate::model::Report;
use crate::moved::{Band, Moved, band, moved, same_clock};

/// Runs in the order of their time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trend {
    /// The binder.
    pub subject: String,
    /// The runs.
    pub runs: Vec<Run>,
    /// A row a shape and path that any of them measured.
    pub shapes: Vec<ShapeTrend>,
    /// Trials that came to several outcomes in runs of one version, one corpus and one list of known failures,
    /// and are not listed as intermittent.
    pub unsteady: Vec<Unsteady>,
    /// Trials that are listed as intermittent, and came to the same in as many runs in a row as that entry
    /// says.
    pub steady: Vec<Steady>,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Run {
    /// What its report is called here.
    pub name: String,
    /// When it began.
    pub started: String,
    /// The binder's version.
    pub version: String,
    /// Trials that ran.
    pub ran: usize,
    /// Trials that failed, and were not known to.
    pub failed: usize,
    /// Trials that failed as known.
    pub expected: usize,
}

/// What a shape cost in each run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ShapeTrend {
    /// The shape.
    pub shape: String,
    /// The path.
    pub path: String,
    /// A point a run that has figures of it.
    pub points: Vec<Point>,
}

/// What a shape cost in a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Point {
    /// Which of the runs, from 0.
    pub run: usize,
    /// The ratio with its noise, where it holds.
    pub band: Option<Band>,
    /// Instructions a call.
    pub instructions: Option<f64>,
    /// How it moved since the last step, where it did: here is another.
    pub step: Option<Moved>,
    /// Whether times before it are of another processor.
    pub other_clock: bool,
}

/// A trial that comes and goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unsteady {
    /// Its name.
    pub trial: String,
    /// How often it came to what, of which version.
    pub version: String,
    /// Outcomes with how many runs came to them.
    pub outcomes: BTreeMap<&'static str, usize>,
}

/// A trial that does not come and go, though it is listed so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Steady {
    /// Its name.
    pub trial: String,
    /// The entry's place.
    pub at: String,
    /// What it came to, again and again.
    pub outcome: TrialOutcome,
    /// In how many runs, the last ones.
    pub runs: usize,
}

/// The runs of some reports with their names, whatever their order.
///
/// # Errors
/// [`DiffError`].
pub fn trend(reports: &[(String, Report)]) -> Result<Trend, DiffError> {
    are_comparable(&reports.iter().collect::<Vec<_>>())?;
    let mut reports: Vec<(&String, Report)> =
        reports.iter().map(|(name, report)| (name, report.for_people())).collect();
    // A time of RFC 3339 in UTC is in the order of its text.
    reports.sort_by(|(_, a), (_, b)| a.suite.started.cmp(&b.suite.started));
    let runs = reports.iter().map(|(name, report)| Run {
        name: shown(name),
        started: report.suite.started.clone(),
        version: report.subject.version.clone(),
        ran: report.counts.ran,
        failed: report.counts.failed,
        expected: report.counts.expected,
    });
    let runs = runs.collect();
    let reports: Vec<Report> = reports.into_iter().map(|(_, report)| report).collect();
    Ok(Trend {
        subject: reports.last().map_or(String::new(), |report| report.subject.name.clone()),
        runs,
        shapes: shapes(&reports),
        unsteady: unsteady(&reports),
        steady: steady(&reports),
    })
}

fn shapes(reports: &[Report]) -> Vec<ShapeTrend> {
    let mut names: Vec<(&str, &str)> = Vec::new();
    for row in reports.iter().flat_map(|report| &report.bench) {
        if has_figures(row) && !names.contains(&(&row.shape, &row.path)) {
            names.push((&row.shape, &row.path));
        }
    }
    let of = |(shape, path): (&str, &str)| ShapeTrend {
        shape: shape.to_owned(),
        path: path.to_owned(),
        points: points(reports, shape, path),
    };
    names.into_iter().map(of).collect()
}

/// Whether there is anything of it that holds.
fn has_figures(row: &BenchRow) -> bool {
    let counted = row.instructions.is_some() && row.verdict != BenchVerdict::NotCredible;
    counted || band(row).is_some()
}

/// The points of a shape. Each is held against the first since the last step, so that what creeps is seen as
/// well as what jumps; where another processor begins, counts are held against the same as before, because they hang on none.
fn points(reports: &[Report], shape: &str, path: &str) -> Vec<Point> {
    let mut points = Vec::new();
    let mut level: Option<(&Report, &BenchRow)> = None;
    let mut counted: Option<&BenchRow> = None;
    for (run, report) in reports.iter().enumerate() {
        let row = report.bench.iter().find(|row| row.shape == shape && row.path == path);
        let Some(row) = row.filter(|row| has_figures(row)) else {
            continue;
        };
        let clock = level.is_none_or(|(before, _)| same_clock(before, report));
        let timed = level.and_then(|(_, before)| moved(before, row, clock));
        let step = timed.or_else(|| moved(counted?, row, false));
        if level.is_none() || step.is_some() || !clock {
            level = Some((report, row));
        }
        if step.is_some() || counted.is_none_or(|before| before.instructions.is_none()) {
            counted = Some(row);
        }
        let (band, instructions) = (band(row), row.instructions);
        points.push(Point { run, band, instructions, step, other_clock: !clock });
    }
    points
}

fn unsteady(reports: &[Report]) -> Vec<Unsteady> {
    let mut seen: BTreeMap<(String, String), BTreeMap<&'static str, usize>> = BTreeMap::new();
    // What is the same binder judged by the same cases and the same list.
    let judged_as = |report: &Report| {
        let listed = report.suite.asked.as_ref().and_then(|asked| asked.expected.clone());
        (report.subject.version.clone(), report.suite.hash.clone(), listed)
    };
    let mut unsteady = Vec::new();
    let mut groups: BTreeMap<_, Vec<&Report>> = BTreeMap::new();
    for report in reports {
        groups.entry(judged_as(report)).or_default().push(report);
    }
    for ((version, ..), reports) in groups {
        for row in reports.iter().flat_map(|report| &report.cases) {
            let is_listed = row.known.as_ref().is_some_and(|known| known.runs.is_some());
            if row.outcome != TrialOutcome::Skipped && !is_listed {
                let name = format!("{}::{}", row.arm, row.id);
                let outcomes = seen.entry((name, version.clone())).or_default();
                *outcomes.entry(row.outcome.word()).or_default() += 1;
            }
        }
        let several = std::mem::take(&mut seen).into_iter().filter(|(_, of)| of.len() > 1);
        unsteady.extend(several.map(|((trial, version), outcomes)| Unsteady {
            trial,
            version,
            outcomes,
        }));
    }
    unsteady
}

/// A run says nothing of a trial that it did not judge.
fn steady(reports: &[Report]) -> Vec<Steady> {
    let Some(last) = reports.last() else { return Vec::new() };
    let mut steady = Vec::new();
    for listed in &last.cases {
        let Some((known, runs)) =
            listed.known.as_ref().and_then(|known| Some((known, known.runs?)))
        else {
            continue;
        };
        let same = |row: &&judge::row::CaseRow| row.arm == listed.arm && row.id == listed.id;
        let came: Vec<TrialOutcome> = reports
            .iter()
            .rev()
            .filter_map(|report| report.cases.iter().find(same))
            // A failure before the trial was listed is one, too.
            .map(|row| match row.outcome {
                TrialOutcome::Expected => TrialOutcome::Failed,
                outcome => outcome,
            })
            .filter(|outcome| matches!(outcome, TrialOutcome::Passed | TrialOutcome::Failed))
            .collect();
        let Some(first) = came.first() else { continue };
        let agree = came.iter().take_while(|outcome| *outcome == first).count();
        if agree >= runs {
            steady.push(Steady {
                trial: format!("{}::{}", listed.arm, listed.id),
                at: known.at.clone(),
                outcome: *first,
                runs: agree,
            });
        }
    }
    steady
}

impl Trend {
    /// 1 where a trial is listed as intermittent that is not, 0 otherwise.
    pub fn exit_code(&self) -> u8 {
        u8::from(!self.steady.is_empty())
    }

    /// Only the shapes whose name contains a part of these, where there are any.
    pub fn keep_shapes(&mut self, parts: &[String]) {
        self.shapes.retain(|shape| {
            parts.is_empty() || parts.iter().any(|part| shape.shape.contains(part.as_str()))
        });
    }
}

#[cfg(test)]
mod tests;
