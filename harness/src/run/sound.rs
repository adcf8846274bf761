//! Measuring what was judged right.

use std::mem::discriminant;

use contract::{HostValue, Scalar};
use corpus::case::{Body, Case, Corpus, Given, Step};
use judge::progress::Progress;
use measure::{Call, Effort, MeasureError, Measurement, PLACEMENTS, Shape, Work};
use report::{CaseRow, SubjectInfo, TrialOutcome};
use subject::{Capability, Level};
use zig_lib::library::Target;

use super::{Measuring, Request, RunError, counts};

/// A binder that was judged.
pub struct Judged<'a> {
    /// What it is called here.
    pub name: &'a str,
    /// The binder.
    pub subject: &'a SubjectInfo,
    /// What its trials came to, and what they say of shapes ([`mark`]).
    pub cases: &'a [CaseRow],
    /// The shapes that are measured, as far as nothing is said against them.
    pub shapes: &'a [&'static Shape],
    /// The command of a process that measures it.
    pub measuring: Measuring<'a>,
}

/// Measures binders, a process of each in turn. Timed are the shapes of which no trial failed that says anything of them:
/// what answers wrongly is not timed.
pub fn measure(
    judged: &[Judged<'_>],
    corpus: &Corpus,
    effort: Effort,
    progress: &mut dyn Progress,
) -> Vec<Result<Measurement, MeasureError>> {
    let shapes: Vec<(Vec<String>, Vec<String>)> = judged.iter().map(Judged::shapes).collect();
    let timed: Vec<usize> = (0..judged.len()).filter(|&one| judged[one].makes_loops()).collect();
    let works: Vec<Work> =
        timed.iter().map(|&one| Work::of(corpus, &shapes[one].0, Some(effort.shape_ms))).collect();
    progress.stage("measuring", Some(effort.rounds * timed.len() * PLACEMENTS as usize));
    let worker = |one: usize, work: &Work| (judged[timed[one]].measuring)(work);
    let measured = measure::measure(effort, &works, &worker, &mut |round, one| {
        let name = judged[timed[one]].name;
        progress.step(&format!("round {}: {name}", round + 1));
    });
    progress.finish();
    let mut measured = measured.into_iter();
    let of = |(one, (_, unsound)): (&Judged<'_>, &(_, Vec<String>))| {
        if !one.makes_loops() {
            return Ok(Measurement::none("the library does not declare `loops`", one.shapes));
        }
        let mut measured = measured.next().expect("each that makes loops was measured")?;
        measured.rows.extend(unsound.iter().map(|shape| measure::not_timed(shape)));
        Ok(measured)
    };
    judged.iter().zip(&shapes).map(of).collect()
}

/// Measures shapes of a binder that was judged, and counts what can be counted of them.
///
/// # Errors
/// [`RunError::Measure`], of the suite's own binder.
pub(super) fn one(
    (subject, cases): (&SubjectInfo, &[CaseRow]),
    shapes: &[&'static Shape],
    effort: Effort,
    (corpus, request, measuring): (&Corpus, &Request, Measuring<'_>),
    progress: &mut dyn Progress,
) -> Result<Measurement, RunError> {
    if request.target != Target::Host {
        let why = "it is not built for this machine, and a direct call of it, the floor, would not be either";
        return Ok(Measurement::none(why, shapes));
    }
    let judged = Judged { name: &subject.name, subject, cases, shapes, measuring };
    let measured = measure(&[judged], corpus, effort, progress);
    match measured.into_iter().next().expect("one binder is measured") {
        // What a foreign binder does on the clock must not cost the verdicts, nor must a signal.
        Err(error) if !request.binder.is_reference() || interrupt::seen().is_some() => {
            Ok(Measurement::none(&error.to_string(), shapes))
        }
        measured => {
            let mut measured = measured?;
            counts::fill(&mut measured.rows, corpus, request, measuring, progress)?;
            Ok(measured)
        }
    }
}

impl Judged<'_> {
    /// At contract level every binder makes them.
    fn makes_loops(&self) -> bool {
        self.subject.level == Level::Contract
            || self.subject.capabilities.iter().any(|one| one == Capability::Loops.name())
    }

    /// The names of the shapes that may be timed, and of the others.
    fn shapes(&self) -> (Vec<String>, Vec<String>) {
        let all = self.shapes.iter().copied();
        let (sound, unsound): (Vec<_>, Vec<_>) = all.partition(|shape| is_sound(shape, self.cases));
        let names = |shapes: Vec<&Shape>| shapes.iter().map(|one| one.name.to_owned()).collect();
        (names(sound), names(unsound))
    }
}

/// Writes down in the rows of trials that failed or were spoiled what shapes they say something of: those whose
/// functions they call as the shape calls them. What was skipped or gated says nothing against a shape.
pub fn mark(cases: &mut [CaseRow], corpus: &Corpus) {
    let spoils = |row: &&mut CaseRow| {
        matches!(row.outcome, TrialOutcome::Failed | TrialOutcome::Expected | TrialOutcome::Error)
    };
    for row in cases.iter_mut().filter(spoils) {
        let Some(case) = corpus.case(&row.id) else { continue };
        let shapes = measure::SHAPES.iter().filter(|shape| says_something(case, shape));
        row.shapes = shapes.map(|shape| shape.name.to_owned()).collect();
    }
}

/// Whether no trial that failed or was spoiled says anything of a shape.
fn is_sound(shape: &Shape, cases: &[CaseRow]) -> bool {
    !cases.iter().flat_map(|row| &row.shapes).any(|name| name == shape.name)
}

/// Whether a case calls a function of a shape as the shape does: it is not refused, and its arguments are values of the
/// kinds that the shape passes, none of them a number that is none. A case that hands a function of the host's to another
/// is about that.
fn says_something(case: &Case, shape: &Shape) -> bool {
    let calls: Vec<Call> = shape.setup.iter().copied().chain((shape.row)(0)).collect();
    match &case.body {
        Body::Calls(steps) => {
            let mut made = steps.iter().filter(|step| !step.is_refused());
            let is_other = |step: &Step| !shape.symbols().contains(&&*step.function.symbol);
            let has_function = |step: &Step| {
                let is_one = |one: &Given| matches!(one, Given::Value(HostValue::Function(_)));
                step.arguments.iter().any(is_one)
            };
            !made.clone().any(|step| is_other(step) && has_function(step))
                && made.any(|step| calls.iter().any(|call| is_called_so(step, call)))
        }
        Body::Kept(_) | Body::Signature(_) | Body::Binding(_) | Body::Property(_) => {
            calls.iter().any(|call| case.calls(call.symbol))
        }
    }
}

fn is_called_so(step: &Step, call: &Call) -> bool {
    let passed = (call.arguments)(call.k);
    // What the call before gave comes first.
    let given = step.arguments.iter().skip(usize::from(call.follows));
    step.function.symbol == call.symbol
        && given.zip(&passed).all(|(given, passed)| match given {
            Given::Value(given) => is_alike(given, passed),
            Given::Kept(_) => true,
        })
}

/// Whether a value is of the kind of one that is timed, and plain as that is.
fn is_alike(given: &HostValue, passed: &HostValue) -> bool {
    match (given, passed) {
        (HostValue::Double(bits), HostValue::Double(_)) => f64::from_bits(*bits).is_finite(),
        (HostValue::Array(Scalar::F64, bytes), HostValue::Array(Scalar::F64, _)) => bytes
            .chunks_exact(8)
            .all(|bytes| bytes.try_into().is_ok_and(|bytes| f64::from_le_bytes(bytes).is_finite())),
        (HostValue::Array(given, _), HostValue::Array(passed, _)) => given == passed,
        (HostValue::Map(given), HostValue::Map(passed)) => given.iter().all(|(name, given)| {
            passed.iter().any(|(known, passed)| known == name && is_alike(given, passed))
        }),
        _ => discriminant(given) == discriminant(passed),
    }
}

#[cfg(test)]
mod tests {
    use judge::judging;
    use judge::plan::{self, Shard, Trial};
    use judge::row::Reason;
    use judge::verdict::Verdict;

    use super::*;

    #[test]
    fn each_shape_is_of_one_shard() {
        let names = |shards: &mut dyn Iterator<Item = Vec<String>>| -> Vec<String> {
            let mut names: Vec<String> = shards.flatten().collect();
            names.sort();
            names
        };
        let subject = crate::run::begun(String::new()).subject;
        let whole = measure::SHAPES.iter().map(|shape| shape.name.to_owned()).collect();
        let whole = names(&mut [whole].into_iter());
        for count in [1, 2, 3, 40] {
            let shards = || {
                let shard = move |index| Some(Shard { index, count });
                let of = |shard| Shard::part(shard, measure::SHAPES.iter().collect()).collect();
                (1..=count).map(move |index| -> Vec<&Shape> { of(shard(index)) })
            };
            let timed = |shapes: Vec<&'static Shape>| {
                let (name, measuring) = ("a", &|_: &Work| Err(std::io::ErrorKind::Other.into()));
                let (subject, cases, shapes) = (&subject, &[][..], &shapes[..]);
                Judged { name, subject, cases, shapes, measuring }.shapes().0
            };
            let rows = |shapes: Vec<&'static Shape>| {
                Measurement::none("why", &shapes).rows.into_iter().map(|row| row.shape).collect()
            };
            assert_eq!(names(&mut shards().map(timed)), whole);
            assert_eq!(names(&mut shards().map(rows)), whole);
        }
    }

    #[test]
    fn a_case_of_other_values_says_nothing_of_a_shape() {
        let shape =
            |name: &str| measure::SHAPES.iter().find(|shape| shape.name == name).expect("a shape");
        let corpus = crate::run::load(&corpus::case::shipped_folder()).expect("the corpus is read");
        let says = |name: &str, of: &dyn Fn(&HostValue) -> bool| {
            let (shape, symbol) = (shape(name), shape(name).symbols()[0]);
            let cases = corpus.suites.iter().flat_map(|suite| &suite.cases);
            let of_kind = cases.filter(|case| match &case.body {
                Body::Calls(steps) => steps.iter().all(|step| {
                    let first = step.arguments.first();
                    let is_it = matches!(first, Some(Given::Value(value)) if of(value));
                    step.function.symbol == symbol && !step.is_refused() && is_it
                }),
                _ => false,
            });
            let told: Vec<bool> = of_kind.map(|case| says_something(case, shape)).collect();
            assert!(!told.is_empty() && told.iter().all(|one| *one == told[0]), "{name}: {told:?}");
            told[0]
        };
        assert!(says("scalar-i64", &|value| matches!(value, HostValue::Long(_))));
        assert!(!says("scalar-i64", &|value| matches!(value, HostValue::Double(_))));
        assert!(says("scalar-u64", &|value| matches!(value, HostValue::Big(_))));
        assert!(!says("scalar-u64", &|value| matches!(value, HostValue::Long(_))));
    }

    #[test]
    fn of_each_shape_a_case_says_something_and_one_of_a_callback_of_another_does_not() {
        let corpus = crate::run::load(&corpus::case::shipped_folder()).expect("the corpus is read");
        for shape in measure::SHAPES {
            let mut cases = corpus.suites.iter().flat_map(|suite| &suite.cases);
            let says = cases.any(|case| says_something(case, shape));
            assert!(says || shape.symbols().is_empty(), "of {} no case says anything", shape.name);
        }
        let with_a_callback = "callback-types::all-of-them-and-more-than-registers";
        let case = corpus.case(with_a_callback).expect("the case is there");
        let cycle = measure::SHAPES.iter().find(|shape| shape.name == "handle-cycle");
        assert!(!says_something(case, cycle.expect("a shape")));
    }

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
            let mut rows = [CaseRow { outcome, ..judging::row(trial, &verdict, 0.0) }];
            mark(&mut rows, &corpus);
            assert_eq!(is_sound(ok, &rows), sound, "{outcome:?}");
            assert!(is_sound(echo, &rows), "{outcome:?} of another function");
        }
    }
}
