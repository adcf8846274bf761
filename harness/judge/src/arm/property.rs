//! Properties: a law is put to the subject with arguments drawn by type. Each is a call like any other,
//! judged by what came back, what arrived and what was freed; the argument of a failure shrinks to a
//! case that is ready for a file.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use contract::HostValue;
use corpus::case::{Body, Case, Property as Stated, Step};
use corpus::law;
use corpus::seed::Draw;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use super::calls;
use super::{About, Arm};
use crate::describe;
use crate::dialect;
use crate::session::{Route, Session, Stop};

pub(super) struct Property;

/// Arguments drawn for each property.
const VALUES: u32 = 256;

/// What ends the search for the smallest argument that the law does not hold for.
#[derive(Default)]
struct Stopped {
    /// The first for which it does not hold, as it was drawn.
    unshrunk: Option<HostValue>,
    /// Why nothing more can be asked, and the argument that was asked for last.
    by: Option<(Stop, HostValue)>,
}

impl Arm for Property {
    fn about(&self) -> About {
        About { name: "property", draws: true, ..About::PLAIN }
    }

    fn applies(&self, case: &Case) -> bool {
        matches!(case.body, Body::Property(_))
    }

    fn case(&self, case: &Arc<Case>, session: &mut Session) -> Result<(), Stop> {
        let Body::Property(property) = &case.body else { return Ok(()) };
        judge(case, property, session)
    }
}

fn judge(case: &Case, property: &Stated, session: &mut Session) -> Result<(), Stop> {
    let corpus = session.corpus.clone();
    let seed = session.seed;
    let values = law::arguments(property, &corpus.declarations);
    let config = Config { cases: VALUES, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, rng(seed, &case.name()));
    let called = |value: &HostValue| law::case(case, property, value, &corpus.declarations);
    let (session, kept) = (RefCell::new(session), Cell::new(0));
    let stopped = RefCell::new(Stopped::default());
    let outcome = runner.run(&values, |value| {
        let mut session = session.borrow_mut();
        let mut stopped = stopped.borrow_mut();
        if stopped.by.is_some() {
            return Err(TestCaseError::fail("nothing more can be asked"));
        }
        session.judgement = session.judgement.anew();
        let Ok(drawn) = dialect::under(&Arc::new(called(&value)), &session) else {
            return Err(TestCaseError::reject("a dialect leaves open what it comes to"));
        };
        match calls::run(&drawn, &mut session, Route::BySignature) {
            Ok(_) if session.judgement.holds() => {
                kept.set(kept.get() + 1);
                Ok(())
            }
            Ok(_) => {
                stopped.unshrunk.get_or_insert(value);
                Err(TestCaseError::fail("the law does not hold"))
            }
            Err(Stop::Fault(fault)) if stopped.unshrunk.is_some() && !fault.is_loss() => {
                if let Err(loss) = session.subject.forget()
                    && loss.is_loss()
                {
                    stopped.by = Some((loss.into(), value));
                    return Err(TestCaseError::fail("the trial could not go on"));
                }
                Err(TestCaseError::reject("it says nothing of the law"))
            }
            Err(stop) => {
                stopped.by = Some((stop, value));
                Err(TestCaseError::fail("the trial could not go on"))
            }
        }
    });
    let session = session.into_inner();
    let stopped = stopped.into_inner();
    if let Some((stop, last)) = stopped.by {
        let call = |value: &HostValue| {
            let case = called(value);
            let call = |step: &Step| describe::call(&step.function.symbol, &step.arguments);
            case.steps().iter().map(call).collect::<Vec<_>>().join("; ")
        };
        let line = match stopped.unshrunk {
            None => call(&last),
            Some(first) => format!(
                "{}\nwhich does not hold, and while that was made smaller:\n{}",
                call(&first),
                call(&last)
            ),
        };
        session.judgement.in_flight = Some(format!("from --seed {seed}:\n{line}"));
        return Err(stop);
    }
    session.judgement = session.judgement.anew();
    let law = property.law.name();
    let symbol = &property.function.symbol;
    match outcome {
        Ok(()) => {
            let what = format_args!("{law} of {symbol}");
            session.judgement.equal(None, what, &VALUES, &kept.get());
        }
        Err(TestError::Fail(_, shrunk)) => {
            let shrunk = called(&shrunk);
            let owed = dialect::under(&Arc::new(shrunk.clone()), session);
            let owed = owed.unwrap_or_else(|_| Arc::new(shrunk.clone()));
            calls::run(&owed, session, Route::BySignature)?;
            // Said even if the calls come to something else when they are made once more.
            let describe = || ("it holds for every argument".into(), "it does not".into());
            session.judgement.check(None, format_args!("{law} of {symbol}"), false, describe);
            let text = law::yaml(&shrunk);
            session.judgement.saw(format!("shrunk, from --seed {seed}, as a case:\n{text}"), []);
        }
        Err(TestError::Abort(reason)) => {
            let describe = || ("arguments drawn".into(), reason.to_string());
            session.judgement.check(None, format_args!("{law} of {symbol}"), false, describe);
        }
    }
    Ok(())
}

/// Of each property its own, so that one more leaves the others' arguments what they were.
pub(super) fn rng(seed: u64, name: &str) -> TestRng {
    let mixed = name.bytes().fold(seed, |mixed, byte| Draw::from(mixed ^ u64::from(byte)).word());
    let mut draw = Draw::from(mixed);
    let words: [[u8; 8]; 4] = std::array::from_fn(|_| draw.word().to_le_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, words.as_flattened())
}
