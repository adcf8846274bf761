use judge::row::TrialOutcome;

use super::*;
use crate::{json, sample};

/// What follows from a report's trials.
fn recount(report: &mut Report) {
    report.counts = Counts::of(report.cases.iter().map(|case| case.outcome));
    let ids = report.clauses.iter().map(|clause| &*clause.id);
    report.clauses = ClauseRow::rows(ids, &report.cases);
}

/// A run, and the reports of its shards.
fn split(whole: Report, count: usize) -> (Report, Vec<(String, Report)>) {
    let asked = whole.suite.asked.clone().unwrap();
    let trials = whole.cases.len();
    let shard = |index| {
        let shard = Some(ShardRow { index, count });
        let mut report = whole.clone();
        let own = Some(Shard { index, count });
        report.cases = Shard::part(own, whole.cases.clone()).collect();
        recount(&mut report);
        report.bench = Shard::part(own, whole.bench.clone()).collect();
        report.scaling = Shard::part(own, whole.scaling.clone()).collect();
        report.suite.asked = Some(Asked { shard, trials, ..asked.clone() });
        report.suite.seconds = whole.suite.seconds / count as f64;
        if index > 1 {
            report.stale.clear();
            report.subject.behaves_as.clear();
        }
        (format!("{index}.json"), report)
    };
    let parts = (1..=count).map(shard).collect();
    let asked = Asked { shard: None, trials, ..asked.clone() };
    (Report { suite: SuiteInfo { asked: Some(asked), ..whole.suite.clone() }, ..whole }, parts)
}

/// One of each outcome, in which every shape has a row.
fn measured() -> Report {
    let mut report = sample::mixed();
    report.mutants.clear();
    report.unbroken.clear();
    let row = report.bench[0].clone();
    let row = |shape: &measure::Shape| BenchRow { shape: shape.name.to_owned(), ..row.clone() };
    report.bench = SHAPES.iter().map(row).collect();
    report.suite.asked.as_mut().unwrap().effort = Some("3 processes".to_owned());
    report
}

#[test]
fn shards_in_any_order_make_the_whole() {
    for count in [1, 2, 4, 8] {
        let (mut whole, mut parts) = split(measured(), count);
        parts.reverse();
        let merged = merge(&parts, whole.suite.command.clone()).unwrap();
        whole.suite.complete = merged.suite.complete;
        assert_eq!(json::render(&merged).unwrap(), json::render(&whole).unwrap(), "{count}");
        assert_ne!(merged.verdict(), Verdict::Unaccounted);
    }
}

#[test]
fn a_shape_is_not_timed_for_what_failed_in_another_shard() {
    let (_, mut parts) = split(measured(), 4);
    let last = parts.last_mut().unwrap();
    let shape = SHAPES[0].name.to_owned();
    assert!(last.1.bench.iter().all(|row| row.shape != shape));
    last.1.cases[0].shapes = vec![shape.clone()];
    let merged = merge(&parts, String::new()).unwrap();
    let row = merged.bench.last().unwrap();
    assert_eq!((&row.shape, row.ratio, merged.bench.len()), (&shape, None, SHAPES.len()));
}

#[track_caller]
fn refused(spoil: impl Fn(&mut Vec<(String, Report)>), said: &str) {
    let (_, mut parts) = split(measured(), 4);
    spoil(&mut parts);
    let error = merge(&parts, String::new()).unwrap_err().to_string();
    assert!(error.contains(said), "{error}");
}

#[test]
fn what_is_missing_doubled_or_lost_is_named() {
    refused(|parts| drop(parts.remove(1)), "of 4 shards these are missing: 2/4");
    refused(|parts| parts[2] = parts[1].clone(), "the shard 2/4 is there twice");
    refused(
        |parts| {
            parts[3].1.cases.pop();
            let report = &mut parts[3].1;
            recount(report);
        },
        "4.json does not add up: it has 1 trials, and 2 are its own",
    );
    refused(|parts| parts[0].1.counts.passed += 1, "1.json does not add up: its counts");
    refused(|parts| drop(parts[0].1.bench.pop()), "it has no figure of the shape");
    refused(
        |parts| parts[1].1.bench[0].shape = SHAPES[0].name.to_owned(),
        "it has no figure of the shape",
    );
    refused(
        |parts| {
            let row = parts[0].1.bench[0].clone();
            parts[1].1.bench.push(row);
        },
        "is in 1.json and in 2.json",
    );
    refused(
        |parts| {
            let case = parts[0].1.cases[0].clone();
            let report = &mut parts[1].1;
            report.cases[0] = case;
            recount(report);
        },
        "is in 1.json and in 2.json: shards have nothing in common",
    );
    assert!(merge(&[], String::new()).is_err());
}

#[test]
fn what_is_of_another_run_is_told_by_what_differs() {
    type Spoil = fn(&mut Report);
    let all: [(Spoil, &str); 12] = [
        (|report| report.suite.hash = "0".to_owned(), "the corpus is 0"),
        (|report| report.suite.version = "9".to_owned(), "the suite is 9"),
        (|report| report.subject.version = "9".to_owned(), "the binder is example-ffi 9"),
        (|report| report.subject.dialects.clear(), "its dialects are none"),
        (|report| report.host.arch = "arm".to_owned(), "the system is linux arm"),
        (|report| report.host.cpu = None, "the processor that measured is none"),
        (|report| report.suite.asked.as_mut().unwrap().seed = Some(7), "`--seed` is 7"),
        (|report| report.suite.asked.as_mut().unwrap().strict = true, "`--strict` is true"),
        (|report| report.suite.asked.as_mut().unwrap().expected = None, "known failures"),
        (|report| report.suite.asked.as_mut().unwrap().shard = None, "was not split"),
        (|report| report.suite.asked = None, "was not split"),
        (|report| report.suite.asked.as_mut().unwrap().trials = 9999, "trials of all shards"),
    ];
    for (spoil, said) in all {
        refused(|parts| spoil(&mut parts[2].1), said);
        refused(|parts| spoil(&mut parts[2].1), "3.json");
    }
}

#[test]
fn a_shard_that_was_cut_short_is_joined_and_red_and_one_that_judged_nothing_is_refused() {
    let (_, mut parts) = split(measured(), 2);
    parts[1].1.cases.iter_mut().for_each(|case| case.outcome = TrialOutcome::Skipped);
    let report = &mut parts[1].1;
    recount(report);
    report.suite.cut_short = Some("signal 15 came".to_owned());
    let merged = merge(&parts, String::new()).unwrap();
    assert_eq!(merged.suite.cut_short.as_deref(), Some("shard 2/2: signal 15 came"));
    assert!(!merged.suite.complete);
    let report = &mut parts[1].1;
    (report.counts, report.cases) = (Counts::default(), Vec::new());
    let error = merge(&parts, String::new()).unwrap_err().to_string();
    assert_eq!(error, "2.json judged nothing: signal 15 came");
}
