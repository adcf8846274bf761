//! `junit.xml`: one testsuite an arm, for the test views of CI services.
//!
//! JUnit knows neither gated trials nor known failures: both are *skipped* there, told apart by their
//! type, so that they count as neither passed nor failed.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::Duration;

use judge::row::{CaseRow, StaleRow, TrialOutcome};
use measure::{BenchRow, BenchVerdict};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::difference::{Extent, block};
use super::file::write_filled;
use crate::model::{MutantOutcome, MutantRow, Report};
use crate::{ReportError, Verdict};

/// The XML text.
///
/// # Errors
/// When the XML cannot be written.
pub fn render(report: &Report) -> Result<String, ReportError> {
    Ok(document(report).to_string()?)
}

/// Writes the XML.
///
/// # Errors
/// When the file cannot be written.
pub fn write(report: &Report, path: &Path) -> Result<(), ReportError> {
    let document = document(report);
    write_filled(path, |out| document.serialize(out).map_err(io::Error::other))
}

fn document(report: &Report) -> quick_junit::Report {
    let report = &report.for_people();
    let subject = &report.subject;
    let title = format!("{} {} ({} level)", subject.name, subject.version, subject.level.name());
    let mut junit = quick_junit::Report::new(title);
    junit.timestamp = report.suite.started.parse().ok();
    if let Ok(time) = Duration::try_from_secs_f64(report.suite.seconds) {
        junit.set_time(time);
    }
    let mut arms: BTreeMap<&str, Vec<&CaseRow>> = BTreeMap::new();
    for case in &report.cases {
        arms.entry(&case.arm).or_default().push(case);
    }
    for (arm, cases) in arms {
        let mut suite = TestSuite::new(arm);
        suite.add_property(("dialects", subject.dialects.join(" ").as_str()));
        suite.add_property(("corpus", report.suite.hash.as_str()));
        suite.set_time(cases.iter().map(|case| duration(case)).sum());
        suite.add_test_cases(cases.into_iter().map(test_case));
        junit.add_test_suite(suite);
    }
    if !report.mutants.is_empty() {
        junit.add_test_suite(mutant_suite(&report.mutants));
    }
    let untrue = report.bench.iter().filter(|row| row.verdict == BenchVerdict::NotCredible);
    let untrue: Vec<&BenchRow> = untrue.collect();
    if !untrue.is_empty() {
        junit.add_test_suite(cost_suite(&untrue));
    }
    if !report.stale.is_empty() {
        junit.add_test_suite(stale_suite(&report.stale));
    }
    junit.add_test_suites(verdict_suite(report));
    junit
}

/// The suite's own proof, a test a faulty binder: one that survives is the suite's error.
fn mutant_suite(mutants: &[MutantRow]) -> TestSuite {
    let mut suite = TestSuite::new("mutants");
    for mutant in mutants {
        let mut status = TestCaseStatus::success();
        let why = match mutant.outcome {
            MutantOutcome::Caught => None,
            MutantOutcome::Survived => Some("no trial caught it"),
            MutantOutcome::Misjudged => Some("no trial caught it for what it is"),
        };
        if let Some(why) = why {
            status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(format!("{why}, though it breaks {}", mutant.clause));
        }
        let mut test = TestCase::new(mutant.name.as_str(), status);
        test.set_classname("mutants");
        suite.add_test_case(test);
    }
    suite
}

/// A red test a figure that is not to be believed.
fn cost_suite(rows: &[&BenchRow]) -> TestSuite {
    let mut suite = TestSuite::new("cost");
    for row in rows {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_type(row.verdict.to_string());
        status.set_message(row.reason.as_deref().unwrap_or("no reason was recorded"));
        let mut test = TestCase::new(format!("{} {}", row.shape, row.path), status);
        test.set_classname("cost");
        suite.add_test_case(test);
    }
    suite
}

/// A red test a known failure that does not say what happened.
fn stale_suite(stale: &[StaleRow]) -> TestSuite {
    let mut suite = TestSuite::new("known failures");
    for row in stale {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_type("stale");
        status.set_message(format!("expected {}, observed {}", row.expected, row.observed));
        status.set_description(row.action.as_str());
        let mut test = TestCase::new(format!("{} {}", row.at, row.entry), status);
        test.set_classname("known failures");
        suite.add_test_case(test);
    }
    suite
}

/// A testsuite of one red test where the run is red and no trial says so: a service that counts red
/// tests must see a run in which nothing ran, or in which trials were lost.
fn verdict_suite(report: &Report) -> Option<TestSuite> {
    let kind = match report.verdict() {
        Verdict::NothingRan => NonSuccessKind::Failure,
        Verdict::Unaccounted | Verdict::CutShort => NonSuccessKind::Error,
        Verdict::AsExpected
        | Verdict::NotConformant
        | Verdict::Stale
        | Verdict::Spoiled
        | Verdict::MutantSurvived => return None,
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(report.verdict_sentence());
    let mut test = TestCase::new("the run can be judged", status);
    test.set_classname("verdict").set_system_out(report.suite.command.as_str());
    let mut suite = TestSuite::new("verdict");
    suite.add_test_case(test);
    Some(suite)
}

fn test_case(case: &CaseRow) -> TestCase {
    let outcome = case.outcome;
    let mut status = match outcome {
        TrialOutcome::Passed => TestCaseStatus::success(),
        TrialOutcome::Failed => TestCaseStatus::non_success(NonSuccessKind::Failure),
        TrialOutcome::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
        TrialOutcome::Expected | TrialOutcome::Gated | TrialOutcome::Skipped => {
            TestCaseStatus::skipped()
        }
    };
    if outcome != TrialOutcome::Passed {
        status.set_type(kind(case, outcome)).set_message(message(case, outcome));
    }
    if outcome.is_red() {
        let lines = block(case, Extent { columns: 500, lines: 200 });
        status.set_description(lines.join("\n"));
    }
    let mut test = TestCase::new(case.id.as_str(), status);
    test.set_classname(case.arm.as_str());
    // Times are written to the millisecond, and one that would read 0.000 says nothing.
    if case.ms >= 0.5 {
        test.set_time(duration(case));
    }
    // What nobody looks into is short: tens of thousands are passed, gated or skipped.
    if outcome.is_red() {
        test.set_system_out(case.repro.as_str());
        test.add_property(("clauses", case.clauses.join(" ").as_str()));
        if let Some(path) = &case.path {
            test.add_property(("path", path.as_str()));
        }
    }
    test
}

/// The clauses for a failure, because services group failures by type; the outcome otherwise.
fn kind(case: &CaseRow, outcome: TrialOutcome) -> String {
    match outcome {
        TrialOutcome::Failed => case.clauses.join(" "),
        other => other.word().to_owned(),
    }
}

fn message(case: &CaseRow, outcome: TrialOutcome) -> String {
    let first = |text: &Option<String>| -> Option<String> {
        text.as_deref().and_then(|text| text.lines().next()).map(str::to_owned)
    };
    let observed = first(&case.observed).unwrap_or_else(|| "nothing was recorded".to_owned());
    match (outcome, first(&case.expected)) {
        (TrialOutcome::Expected, _) => match &case.known {
            Some(known) => format!("known failure of the {}: {}", known.fault, known.reason),
            None => format!("known failure: {observed}"),
        },
        (TrialOutcome::Gated, _) => format!("gated: {observed}"),
        (_, Some(expected)) => format!("expected {expected}, observed {observed}"),
        (_, None) => observed,
    }
}

fn duration(case: &CaseRow) -> Duration {
    Duration::try_from_secs_f64(case.ms / 1000.0).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn read_back(report: &Report) -> quick_junit::Report {
        quick_junit::Report::deserialize_from_str(&render(report).unwrap()).unwrap()
    }

    #[test]
    fn one_of_each_outcome() {
        insta::assert_snapshot!("junit_mixed", render(&sample::mixed().in_order()).unwrap());
    }

    #[test]
    fn all_green() {
        insta::assert_snapshot!("junit_green", render(&sample::green().in_order()).unwrap());
    }

    #[test]
    fn kinds_are_counted_apart() {
        let junit = read_back(&sample::mixed());
        // Nine trials, two faulty binders, one of which survives, a stale known failure and a figure that is
        // not credible.
        assert_eq!((junit.tests, junit.failures, junit.errors, junit.skipped), (13, 4, 2, 4));
        let junit = read_back(&sample::green());
        assert_eq!((junit.tests, junit.failures, junit.errors, junit.skipped), (3, 0, 0, 0));
    }

    #[test]
    fn a_run_in_which_nothing_ran_is_red() {
        let junit = read_back(&sample::nothing_ran());
        assert_eq!((junit.failures, junit.errors), (1, 0));
    }

    #[test]
    fn a_run_that_lost_trials_is_red() {
        let mut report = sample::green();
        report.counts.planned += 1;
        let junit = read_back(&report);
        assert_eq!((junit.failures, junit.errors), (0, 1));
    }

    #[test]
    fn text_that_xml_cannot_hold_is_still_a_report() {
        let mut report = sample::mixed();
        for case in &mut report.cases {
            case.observed = Some("\u{1b}[31m <a> & \"b\" ]]> \u{0} \u{fffe}".to_owned());
        }
        assert_eq!(read_back(&report).tests, 13);
    }
}
