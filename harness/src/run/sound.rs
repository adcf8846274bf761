//! Measuring what was judged right.

use std::process::Command;

use corpus::case::Corpus;
use judge::progress::Progress;
use measure::{Effort, Measurement, Shape};
use report::{CaseRow, TrialOutcome};

use super::RunError;

/// Measures the shapes whose functions failed no trial: what answers wrongly is not timed.
pub(super) fn measure(
    cases: &[CaseRow],
    corpus: &Corpus,
    effort: Effort,
    worker: &dyn Fn(&[String], u64) -> std::io::Result<Command>,
    progress: &mut dyn Progress,
) -> Result<Measurement, RunError> {
    let (sound, unsound): (Vec<_>, Vec<_>) =
        measure::SHAPES.iter().partition(|shape| is_sound(shape, cases, corpus));
    let names: Vec<String> = sound.iter().map(|shape| shape.name.to_owned()).collect();
    progress.stage("measuring", Some(effort.processes));
    let mut measured =
        measure::measure(effort, &|| worker(&names, effort.shape_ms), &mut |process| {
            progress.step(&format!("process {} of {}", process + 1, effort.processes));
        })?;
    progress.finish();
    measured.rows.extend(unsound.iter().map(|shape| measure::not_timed(shape.name)));
    Ok(measured)
}

/// Whether no trial of a shape's functions failed or was spoiled. What was skipped or gated says nothing
/// against them.
fn is_sound(shape: &Shape, cases: &[CaseRow], corpus: &Corpus) -> bool {
    let failed = |symbol: &str| {
        cases.iter().any(|row| {
            let called = corpus.case(&row.id).is_some_and(|case| case.calls(symbol));
            let spoils = matches!(
                row.outcome,
                TrialOutcome::Failed | TrialOutcome::Expected | TrialOutcome::Error
            );
            called && spoils
        })
    };
    !shape.symbols().into_iter().any(failed)
}

#[cfg(test)]
mod tests {
    use judge::judging;
    use judge::plan::{self, Trial};
    use judge::row::Reason;
    use judge::verdict::Verdict;

    use super::*;

    #[test]
    fn only_what_failed_or_was_spoiled_is_not_timed() {
        let corpus = crate::run::load(&corpus::case::shipped_folder()).expect("the corpus is read");
        let of = |name: &str| measure::SHAPES.iter().find(|shape| shape.name == name);
        let (ok, echo) = (of("error-ok").expect("a shape"), of("scalar-i64").expect("a shape"));
        let calls = |trial: &Trial| trial.cases[0].calls("divide_i64");
        let trials = plan::all(&corpus);
        let trial = trials.iter().find(|trial| calls(trial)).expect("a trial of it");
        for (outcome, sound) in [
            (TrialOutcome::Passed, true),
            (TrialOutcome::Skipped, true),
            (TrialOutcome::Gated, true),
            (TrialOutcome::Failed, false),
            (TrialOutcome::Expected, false),
            (TrialOutcome::Error, false),
        ] {
            let verdict = Verdict::Skipped(Reason::CutShort, "as it happens".into());
            let rows = [CaseRow { outcome, ..judging::row(trial, &verdict, 0.0) }];
            assert_eq!(is_sound(ok, &rows, &corpus), sound, "{outcome:?}");
            assert!(is_sound(echo, &rows, &corpus), "{outcome:?} of another function");
        }
    }
}
