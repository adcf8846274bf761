//! Programs: sequences nobody wrote. Cases of a suite, and others of the corpus, are begun, go on a step at a
//! time in any order, between streams that are half read, refusals, functions bound anew and collections;
//! each call and item is judged as it would be alone, because what a case expects hangs on its own steps
//! only. A program that fails is shrunk to the fewest actions that do.

use std::collections::HashMap;
use std::sync::Arc;

use contract::{HostValue, Token};
use corpus::case::{Body, Case, Step};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any};
use proptest::prop_oneof;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};
use subject::{Capability, Outcome};

use super::stream::Reading;
use super::{About, Arm, Gather, Puts, calls, ledger, property};
use crate::dialect;
use crate::level;
use crate::session::{Route, Session, Stop};

pub(super) struct Programs;

/// Programs made of each suite.
const PROGRAMS: u32 = 24;
/// Actions of a program at the most, before what it began is brought to its end.
const ACTIONS: usize = 32;
/// Tries to make a program that fails shorter.
const SHRINKS: u32 = 512;

/// One action of a program. A number picks from what there is, modulo how many there are.
#[derive(Clone, Debug)]
enum Action {
    /// Begins a case of the suite.
    Begin(usize),
    /// Begins a case of the whole corpus.
    BeginOther(usize),
    /// Goes a step on in a case that was begun: a call, or an item of the stream it reads.
    GoOn(usize),
    /// Binds the function that a case calls next anew.
    BindAnew(usize),
    /// Runs the host's collector, where it has one.
    Collect,
}

impl Arm for Programs {
    fn about(&self) -> About {
        About {
            name: "programs",
            clauses: &["N-3"],
            gathers: Gather::BySuite,
            draws: true,
            puts: Puts::Often,
            ..About::PLAIN
        }
    }

    fn applies(&self, case: &Case) -> bool {
        matches!(case.body, Body::Calls(_)) && !case.is_large() && case.is_apart()
    }

    fn run(&self, cases: &[Arc<Case>], session: &mut Session) -> Result<(), Stop> {
        let corpus = session.corpus.clone();
        let all: Vec<&Arc<Case>> = corpus
            .suites
            .iter()
            .flat_map(|suite| &suite.cases)
            .filter(|c| self.applies(c))
            .collect();
        let alphabet = Alphabet { own: cases, all: &all };
        let actions = prop_oneof![
            4 => any::<usize>().prop_map(Action::Begin),
            2 => any::<usize>().prop_map(Action::BeginOther),
            8 => any::<usize>().prop_map(Action::GoOn),
            1 => any::<usize>().prop_map(Action::BindAnew),
            1 => Just(Action::Collect),
        ];
        let programs = vec(actions, 1..ACTIONS);
        let config = Config {
            cases: PROGRAMS,
            failure_persistence: None,
            max_shrink_iters: SHRINKS,
            ..Config::default()
        };
        let name = format!("programs of {}", cases[0].suite);
        let mut runner = TestRunner::new_with_rng(config, property::rng(session.seed, &name));
        let (session, stopped) = (std::cell::RefCell::new(session), std::cell::RefCell::new(None));
        let outcome = runner.run(&programs, |program| {
            if stopped.borrow().is_some() {
                return Err(TestCaseError::fail("nothing more can be asked"));
            }
            let mut session = session.borrow_mut();
            session.judgement = session.judgement.anew();
            match put(&program, &alphabet, &mut session) {
                Ok(()) if session.judgement.holds() => Ok(()),
                Ok(()) => Err(TestCaseError::fail("it does not hold")),
                Err(stop) => {
                    stopped.replace(Some(stop));
                    Err(TestCaseError::fail("it could not go on"))
                }
            }
        });
        if let Some(stop) = stopped.into_inner() {
            return Err(stop);
        }
        let session = session.into_inner();
        session.judgement = session.judgement.anew();
        let seed = session.seed;
        match outcome {
            Ok(()) => session.judgement.equal(None, name, &PROGRAMS, &PROGRAMS),
            Err(TestError::Fail(_, program)) => {
                put(&program, &alphabet, session)?;
                let describe = || ("it holds whatever else is done".into(), "it does not".into());
                session.judgement.check(None, name, false, describe);
                let length = program.len();
                session.judgement.lead(format!("shrunk to {length} actions, from --seed {seed}:"));
            }
            Err(TestError::Abort(reason)) => {
                let describe = || ("programs drawn".into(), reason.to_string());
                session.judgement.check(None, name, false, describe);
            }
        }
        Ok(())
    }
}

/// What programs are made of.
struct Alphabet<'a> {
    own: &'a [Arc<Case>],
    all: &'a [&'a Arc<Case>],
}

/// A case that was begun.
struct Begun {
    case: Arc<Case>,
    /// The step that is next.
    at: usize,
    kept: HashMap<String, HostValue>,
    /// The stream that the step before is about, while it is read.
    reading: Option<Reading>,
}

/// Puts one program, and brings to its end whatever it began.
fn put(program: &[Action], alphabet: &Alphabet<'_>, session: &mut Session) -> Result<(), Stop> {
    let before = session.evidence.ledger();
    let mut begun: Vec<Begun> = Vec::new();
    for action in program {
        match action {
            Action::Begin(pick) => {
                // As the dialects read it: the trial's own are given so.
                begun.extend(begin(&alphabet.own[pick % alphabet.own.len()], session)?);
            }
            Action::BeginOther(pick) => {
                let other = alphabet.all[pick % alphabet.all.len()];
                let owed = level::owed(session.ready.level, None, other).is_ok();
                if let (true, Ok(case)) = (owed, dialect::under(other, session)) {
                    begun.extend(begin(&case, session)?);
                }
            }
            Action::GoOn(pick) if !begun.is_empty() => {
                let at = pick % begun.len();
                if !go_on(&mut begun[at], session)? {
                    begun.remove(at);
                }
            }
            Action::BindAnew(pick) if !begun.is_empty() => {
                let Begun { case, at, .. } = &begun[pick % begun.len()];
                if let Some(step) = case.steps().get(*at) {
                    session.bind_anew(&step.function, Route::BySignature);
                }
            }
            Action::Collect if session.can(Capability::Collect) => session.subject.collect()?,
            Action::GoOn(_) | Action::BindAnew(_) | Action::Collect => {}
        }
        if !session.judgement.holds() {
            // What stays behind is the next program's to forget.
            return Ok(session.subject.forget()?);
        }
    }
    for mut one in begun {
        while session.judgement.holds() && go_on(&mut one, session)? {}
    }
    session.subject.forget()?;
    if session.judgement.holds() {
        let after = session.evidence.ledger();
        ledger::judge_live("N-3", "after the program", before, after, &mut session.judgement);
    }
    Ok(())
}

/// Begins a case, where all that it calls is bound. What is not served is not called, what is not bound is for others
/// to judge, and a case that ended there would leave behind what it had made.
fn begin(case: &Arc<Case>, session: &mut Session) -> Result<Option<Begun>, Stop> {
    for step in case.steps() {
        match session.bind(&step.function, Route::BySignature) {
            Ok(_) => {}
            Err(Stop::Gated(..) | Stop::Unbound { .. }) => return Ok(None),
            Err(stop) => return Err(stop),
        }
    }
    Ok(Some(Begun { case: case.clone(), at: 0, kept: HashMap::new(), reading: None }))
}

/// Goes a step on; whether there is another.
fn go_on(one: &mut Begun, session: &mut Session) -> Result<bool, Stop> {
    if let Some(reading) = &mut one.reading {
        if !reading.go_on(session)? {
            one.reading = None;
        }
        return Ok(one.reading.is_some() || one.at < one.case.steps().len());
    }
    let case = one.case.clone();
    let Some(step) = case.steps().get(one.at) else { return Ok(false) };
    made(step, one, session)?;
    one.at += 1;
    Ok(one.reading.is_some() || one.at < case.steps().len())
}

/// Makes a step's call.
fn made(step: &Step, one: &mut Begun, session: &mut Session) -> Result<(), Stop> {
    if Reading::is_of(step) {
        let function = session.bind(&step.function, Route::BySignature)?.function;
        let arguments = calls::arguments(step, &one.kept);
        let reply = session.subject.call(function, &arguments)?;
        if let Outcome::Value(HostValue::Stream(stream)) = reply.outcome {
            one.reading = Some(Reading::of(step, stream));
            return Ok(());
        }
        let cited = session.judgement.cited.clone();
        let declarations = &session.corpus.declarations;
        let blame = || crate::blame::reply(step, &reply.outcome, &cited, declarations);
        let nobody = |_: &str| None::<Token>;
        let judgement = &mut session.judgement;
        calls::judge_reply(step, &reply, &nobody, declarations, blame, judgement);
        return Ok(());
    }
    calls::step(step, &mut one.kept, session, Route::BySignature).map(drop)
}
