use judge::row::KnownRow;

use super::*;
use crate::model::{ClauseRow, Counts};
use crate::sample;

/// A run at a minute, with this ratio's band and these instructions.
fn run(minute: usize, band: [f64; 3], instructions: Option<f64>) -> (String, Report) {
    let mut report = sample::mixed();
    report.suite.started = format!("2026-02-03T04:{minute:02}:00Z");
    report.bench.truncate(1);
    let row = &mut report.bench[0];
    let [low, ratio, high] = band.map(Some);
    (row.ratio_low, row.ratio, row.ratio_high) = (low, ratio, high);
    row.instructions = instructions;
    (format!("{minute}.json"), report)
}

const FAST: [f64; 3] = [1.79, 1.82, 1.9];
const SLOW: [f64; 3] = [2.3, 2.4, 2.6];

/// The steps of the one shape: the run, and whether it became dearer.
fn steps(runs: &[(String, Report)]) -> Vec<(usize, bool)> {
    let trend = trend(runs).unwrap();
    let [shape] = &trend.shapes[..] else { panic!("{:?}", trend.shapes) };
    let step = |point: &Point| Some((point.run, point.step.as_ref()?.dearer));
    shape.points.iter().filter_map(step).collect()
}

#[test]
fn a_step_is_told_where_it_is_and_noise_is_none() {
    let at = |minute, band| run(minute, band, None);
    assert_eq!(steps(&[at(1, FAST), at(2, [1.8, 1.85, 2.0]), at(3, FAST)]), []);
    // Whatever the order of the files.
    assert_eq!(steps(&[at(3, SLOW), at(1, FAST), at(2, FAST), at(4, SLOW)]), [(2, true)]);
    assert_eq!(steps(&[at(1, FAST), at(2, SLOW), at(3, FAST)]), [(1, true), (2, false)]);
    // Each overlaps the one before, and the last not the first.
    let creeping = [[1.0, 1.1, 1.2], [1.15, 1.2, 1.3], [1.25, 1.3, 1.4]];
    let runs: Vec<_> =
        creeping.into_iter().zip(1..).map(|(band, minute)| at(minute, band)).collect();
    assert_eq!(steps(&runs), [(2, true)]);
}

#[test]
fn counts_make_the_steps_where_there_are_and_no_other_clock_does() {
    let counted = |minute, band, count| run(minute, band, Some(count));
    assert_eq!(steps(&[counted(1, FAST, 28.0), counted(2, SLOW, 28.0)]), []);
    assert_eq!(steps(&[counted(1, FAST, 28.0), counted(2, FAST, 31.0)]), [(1, true)]);
    let mut other = run(2, SLOW, None);
    other.1.host.cpu = Some("another".to_owned());
    assert_eq!(steps(&[run(1, FAST, None), other.clone()]), []);
    let mut last = run(3, FAST, None);
    last.1.host.cpu = Some("another".to_owned());
    assert_eq!(steps(&[run(1, FAST, None), other, last]), [(2, false)]);
}

/// Counts hang on no processor, so that what creeps is seen where runners take turns, too.
#[test]
fn what_creeps_on_two_processors_in_turn_is_a_step() {
    let floor = run(1, FAST, None).1.bench[0].floor_instructions.unwrap_or(0.0);
    let runs = [100.0, 100.9, 101.8, 102.0].into_iter().zip(1..).map(|(count, minute)| {
        let mut run = run(minute, FAST, Some(floor + count));
        run.1.host.cpu = Some(["one", "another"][minute % 2].to_owned());
        run
    });
    assert_eq!(steps(&runs.collect::<Vec<_>>()), [(2, true)]);
}

fn known(runs: usize) -> KnownRow {
    let [at, fault, reason] = ["known.yaml:3", "binder", "a race"].map(str::to_owned);
    KnownRow { at, fault, reason, upstream: None, runs: Some(runs) }
}

/// Runs in which the second trial came to these.
fn came(outcomes: &[TrialOutcome], runs: Option<usize>) -> Vec<(String, Report)> {
    let one = |(outcome, minute): (&TrialOutcome, usize)| {
        let (name, mut report) = run(minute, FAST, None);
        let row = &mut report.cases[1];
        row.outcome = *outcome;
        row.known = runs.map(known);
        report.counts = Counts::of(report.cases.iter().map(|case| case.outcome));
        let ids = report.clauses.iter().map(|clause| &*clause.id);
        report.clauses = ClauseRow::rows(ids, &report.cases);
        (name, report)
    };
    outcomes.iter().zip(1..).map(one).collect()
}

#[test]
fn what_is_listed_as_intermittent_and_is_not_is_out_of_date() {
    use TrialOutcome::{Expected, Failed, Passed, Skipped};
    let steady = |outcomes: &[TrialOutcome]| {
        let trend = trend(&came(outcomes, Some(3))).unwrap();
        assert_eq!(trend.unsteady, []);
        (trend.exit_code(), trend.steady.first().map(|row| (row.outcome, row.runs)))
    };
    assert_eq!(steady(&[Passed, Passed]), (0, None), "too few to say so");
    assert_eq!(steady(&[Passed, Passed, Passed]), (1, Some((Passed, 3))));
    assert_eq!(steady(&[Expected, Expected, Expected]), (1, Some((Failed, 3))));
    assert_eq!(steady(&[Passed, Expected, Passed]), (0, None));
    assert_eq!(steady(&[Expected, Passed, Passed, Passed]), (1, Some((Passed, 3))));
    assert_eq!(steady(&[Passed, Passed, Passed, Expected]), (0, None));
    assert_eq!(steady(&[Passed, Skipped, Passed]), (0, None), "it was not judged");
}

#[test]
fn what_comes_and_goes_unlisted_is_told() {
    use TrialOutcome::{Failed, Passed};
    let trend = trend(&came(&[Passed, Failed, Passed], None)).unwrap();
    let [row] = &trend.unsteady[..] else { panic!("{:?}", trend.unsteady) };
    assert_eq!(row.trial, "round-trip::scalars::f64-negative-zero");
    assert_eq!(row.outcomes, BTreeMap::from([("failed", 1), ("passed", 2)]));
    assert_eq!(trend.exit_code(), 0);
}

#[test]
fn renderings() {
    use TrialOutcome::{Failed, Passed};
    let mut runs = came(&[Passed, Failed, Passed], None);
    let mut steady = run(9, FAST, None).1.bench;
    steady[0].shape = "enum-echo".to_owned();
    runs[2].1.bench = run(9, SLOW, None).1.bench;
    for (_, report) in &mut runs {
        report.cases[0].known = Some(known(2));
        report.bench.extend(steady.clone());
    }
    let trend = trend(&runs).unwrap();
    insta::assert_snapshot!("trend_text", trend.text());
    insta::assert_snapshot!("trend_markdown", trend.markdown());
    assert!(trend.text().lines().all(|line| line.chars().count() <= 80), "{}", trend.text());
}
