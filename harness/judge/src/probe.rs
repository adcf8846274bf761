//! What a subject does and does not declare: capabilities that are tried anyway, and dialects that failed
//! trials pass under. Nothing here judges: a subject owes what it declares, and this says what it could
//! declare.
//!
//! A capability is tried by the arm that it gates, on few trials, as if it were declared; it works where
//! each passes and the evidence says that it was what answered. `engines` and `collect` cannot be told so:
//! who ignores a request for another engine, or for a collection, answers like one who obeys. Nor can `variadics` at wire
//! level: where variable arguments go where others do, who ignores that they are variable may be right.

use std::collections::BTreeSet;

use contract::{CallCode, HostValue, Path, clause};
use corpus::case::{Body, Case, Expect, Given, SignatureExpect};
use subject::{
    BindAndCall, BindRaceRequest, BindReply, BindRequest, Capability, Dialect, Level, RaceRequest,
};

use crate::arm::{self, About, Puts, first_bind};
use crate::plan::{self, Trial};
use crate::row::Class;
use crate::row::{CaseRow, HintRow, TrialOutcome};
use crate::session::{Bound, Route, Session, SessionError, Stop};
use crate::verdict::Verdict;

/// Failed trials put again under other dialects, at the most.
const TRIED: usize = 32;

/// A capability that can be told from a pretence.
struct Probe {
    capability: Capability,
    works: Works,
}

/// How it is told.
enum Works {
    By(fn(&mut Session) -> Result<bool, Stop>),
    /// By the round trips of the cases that cite a clause of it.
    RoundTrips,
}

const PROBES: &[Probe] = &[
    Probe { capability: Capability::Paths, works: Works::By(says_paths) },
    Probe { capability: Capability::ForcePath, works: Works::By(can_be_forced) },
    Probe { capability: Capability::Counters, works: Works::By(counts) },
    Probe { capability: Capability::Libraries, works: Works::By(takes_libraries) },
    Probe { capability: Capability::ClosedHandles, works: Works::By(knows_closed_handles) },
    Probe { capability: Capability::Threads, works: Works::By(takes_threads) },
    Probe { capability: Capability::Unload, works: Works::By(unloads) },
    Probe { capability: Capability::OneArray, works: Works::By(takes_one_array) },
    Probe { capability: Capability::Views, works: Works::By(takes_views) },
    Probe { capability: Capability::BindRace, works: Works::By(binds_on_threads) },
    Probe { capability: Capability::RefusalPlaces, works: Works::By(says_places) },
    Probe { capability: Capability::ArgumentPlaces, works: Works::By(says_arguments) },
    Probe { capability: Capability::RaisingReaders, works: Works::By(takes_raising_readers) },
    Probe { capability: Capability::DroppedStreams, works: Works::By(frees_what_is_dropped) },
    Probe { capability: Capability::Callbacks, works: Works::RoundTrips },
    Probe { capability: Capability::CallbackTypes, works: Works::RoundTrips },
    Probe { capability: Capability::RaisingCallbacks, works: Works::RoundTrips },
    Probe { capability: Capability::ForeignThreads, works: Works::RoundTrips },
    Probe { capability: Capability::KeptCallbacks, works: Works::By(keeps_functions) },
    Probe { capability: Capability::ByValue, works: Works::RoundTrips },
    Probe { capability: Capability::Unions, works: Works::RoundTrips },
    Probe { capability: Capability::Packed, works: Works::RoundTrips },
    Probe { capability: Capability::Complex, works: Works::RoundTrips },
    Probe { capability: Capability::LongDouble, works: Works::RoundTrips },
    Probe { capability: Capability::Int128, works: Works::RoundTrips },
    Probe { capability: Capability::Variadics, works: Works::RoundTrips },
    Probe { capability: Capability::Cstrings, works: Works::RoundTrips },
    Probe { capability: Capability::Lengths, works: Works::RoundTrips },
    Probe { capability: Capability::InOut, works: Works::RoundTrips },
    Probe { capability: Capability::Errno, works: Works::By(keeps_errno) },
    Probe { capability: Capability::SetErrno, works: Works::By(sets_errno) },
];

/// The capabilities that are tried.
pub fn capabilities() -> impl Iterator<Item = Capability> {
    PROBES.iter().map(|probe| probe.capability)
}

/// The capabilities that a subject does not declare and that work, by name. `open` starts it again where
/// it was lost: it may die of what it is asked.
pub fn undeclared(
    session: &mut Session,
    open: &dyn Fn() -> Result<Session, SessionError>,
) -> Vec<String> {
    let mut found = Vec::new();
    let at_wire = [
        Capability::Libraries,
        Capability::Callbacks,
        Capability::KeptCallbacks,
        Capability::ByValue,
        Capability::Errno,
        Capability::SetErrno,
    ];
    for probe in PROBES {
        // At wire level the rest is what the suite does itself.
        let is_its_own =
            session.ready.level == Level::Contract || at_wire.contains(&probe.capability);
        if session.can(probe.capability) || !is_its_own {
            continue;
        }
        let declared = session.ready.capabilities.clone();
        session.ready.capabilities.push(probe.capability);
        let works = match probe.works {
            Works::By(works) => works(session),
            Works::RoundTrips => round_trips(probe.capability, session),
        };
        session.ready.capabilities = declared;
        match works {
            Ok(true) => found.push(probe.capability.name().to_owned()),
            Ok(false) => {}
            Err(Stop::Fault(fault)) if fault.is_loss() => match open() {
                Ok(fresh) => *session = fresh,
                // Who does not start again has been tried enough.
                Err(_) => break,
            },
            Err(_) => {}
        }
    }
    found
}

/// The dialects that a subject does not declare and that trials which failed pass under, put to it once
/// more under each. Ends where the subject is lost.
pub fn dialects(session: &mut Session, trials: &[Trial], rows: &[CaseRow]) -> Vec<HintRow> {
    let failed: BTreeSet<(&str, &str)> = rows
        .iter()
        .filter(|row| {
            row.outcome == TrialOutcome::Failed
                && matches!(row.class, Some(Class::Fail | Class::Refuse))
        })
        .map(|row| (row.arm.as_str(), row.id.as_str()))
        .collect();
    let failed = |trial: &&Trial| {
        let About { name, puts, .. } = trial.arm.about();
        puts == Puts::Once && failed.contains(&(name, &*trial.cases[0].name()))
    };
    let declared = session.ready.dialects.clone();
    let others = Dialect::ALL.iter().copied().filter(|dialect| !declared.contains(dialect));
    let mut hints: Vec<(Dialect, Vec<String>)> = others.map(|other| (other, Vec::new())).collect();
    let mut tried = 0;
    'trials: for trial in trials.iter().filter(failed).take(TRIED) {
        // What passes now fails now and then, and hangs on no dialect.
        match put(trial, session) {
            None => break,
            Some(false) => tried += 1,
            Some(true) => continue,
        }
        for (dialect, passed) in &mut hints {
            session.ready.dialects.push(*dialect);
            let under = put(trial, session);
            session.ready.dialects.clone_from(&declared);
            match under {
                None => break 'trials,
                Some(false) => {}
                Some(true) => passed.push(trial.name()),
            }
        }
    }
    let hint = |(dialect, passed): (Dialect, Vec<String>)| {
        let (dialect, trials) = (dialect.name().to_owned(), passed.len());
        passed.into_iter().next().map(|example| HintRow { dialect, trials, tried, example })
    };
    hints.into_iter().filter_map(hint).collect()
}

/// Whether a trial passes; `None` where the subject is lost.
fn put(trial: &Trial, session: &mut Session) -> Option<bool> {
    match arm::put(trial.arm, &trial.cases, session) {
        Err(Stop::Fault(fault)) if fault.is_loss() => None,
        came => Some(matches!(arm::verdict(came), Verdict::Passed { .. })),
    }
}

/// Whether the first trials of an arm pass: one of each group that `group` puts its first case into.
fn pass<G: Ord>(
    arm: impl Fn(&About) -> bool,
    session: &mut Session,
    group: impl Fn(&Case, &Session) -> Option<G>,
) -> Result<bool, Stop> {
    let mut groups = BTreeSet::new();
    let of_arm = plan::all(&session.corpus).into_iter().filter(|trial| arm(&trial.arm.about()));
    let one_each =
        |trial: &Trial| group(&trial.cases[0], session).is_some_and(|group| groups.insert(group));
    let trials: Vec<Trial> = of_arm.filter(one_each).collect();
    for trial in &trials {
        let came = match arm::put(trial.arm, &trial.cases, session) {
            Err(Stop::Fault(fault)) if fault.is_loss() => return Err(fault.into()),
            came => arm::verdict(came),
        };
        if !matches!(came, Verdict::Passed { .. }) {
            return Ok(false);
        }
    }
    Ok(!trials.is_empty())
}

/// Whether an arm is for subjects with a capability.
fn needs(capability: Capability) -> impl Fn(&About) -> bool {
    move |about| about.capability == Some(capability) && !about.on_request
}

/// The path of a case's only call, where it returns and takes nothing of another call.
fn path(case: &Case, session: &Session) -> Option<Path> {
    let [step] = case.steps() else { return None };
    let plain = matches!(step.expect, Expect::Returns(_))
        && step.arguments.iter().all(|given| matches!(given, Given::Value(_)));
    session.native_path(&step.function.symbol).filter(|_| plain)
}

fn says_paths(session: &mut Session) -> Result<bool, Stop> {
    session.ready.capabilities.retain(|capability| *capability != Capability::ForcePath);
    pass(needs(Capability::Paths), session, |case, session| path(case, session).map(Path::name))
}

fn says_places(session: &mut Session) -> Result<bool, Stop> {
    let of = |case: &Case, _: &Session| match &case.body {
        Body::Signature(case) => match &case.expect {
            SignatureExpect::Refused { code, .. } => Some(code.to_string()),
            SignatureExpect::Accepted { .. } => None,
        },
        _ => None,
    };
    pass(|about| about.name == "refusal", session, of)
}

/// A refusal of each code that is of an argument.
fn says_arguments(session: &mut Session) -> Result<bool, Stop> {
    let of = |case: &Case, _: &Session| match case.steps() {
        [step] => match &step.expect {
            Expect::Refuses(code) if *code != CallCode::Arity.as_str() => Some(code.clone()),
            _ => None,
        },
        _ => None,
    };
    pass(|about| about.name == "refusal", session, of)
}

fn takes_raising_readers(session: &mut Session) -> Result<bool, Stop> {
    pass(needs(Capability::RaisingReaders), session, |_, _| Some(()))
}

fn frees_what_is_dropped(session: &mut Session) -> Result<bool, Stop> {
    pass(needs(Capability::DroppedStreams), session, |_, _| Some(()))
}

fn keeps_functions(session: &mut Session) -> Result<bool, Stop> {
    pass(|about| about.name == "kept", session, |_, _| Some(()))
}

fn keeps_errno(session: &mut Session) -> Result<bool, Stop> {
    pass(needs(Capability::Errno), session, |_, _| Some(()))
}

fn sets_errno(session: &mut Session) -> Result<bool, Stop> {
    pass(needs(Capability::SetErrno), session, |_, _| Some(()))
}

/// Whether the first case passes that cites a clause which is under a capability.
fn round_trips(capability: Capability, session: &mut Session) -> Result<bool, Stop> {
    let cites = |case: &Case, _: &Session| {
        let mut marked =
            case.clauses.iter().filter_map(|id| clause::find(id)?.capability.as_deref());
        marked.any(|name| name == capability.name()).then_some(())
    };
    pass(|about| about.name == "round-trip", session, cites)
}

fn can_be_forced(session: &mut Session) -> Result<bool, Stop> {
    // Who forces a path says which it is, whether or not `paths` is declared.
    session.ready.capabilities.push(Capability::Paths);
    let shorter = |path: Path| (path != Path::General).then(|| path.name());
    pass(needs(Capability::Paths), session, |case, session| path(case, session).and_then(shorter))
}

/// A call on the general path opens a scope and closes it, one on the scalar path opens none.
fn counts(session: &mut Session) -> Result<bool, Stop> {
    for (on, scopes) in [(Path::General, 1), (Path::Scalar, 0)] {
        let Some((function, arguments)) = call_on(on, session)? else { return Ok(false) };
        let before = session.counters()?;
        session.subject.call(function.function, &arguments)?;
        let after = session.counters()?;
        session.subject.forget()?;
        let (Some(before), Some(after)) = (before, after) else { return Ok(false) };
        if after.open_scopes != 0 || after.scopes.checked_sub(before.scopes) != Some(scopes) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A function on a path, bound, and arguments for it.
fn call_on(on: Path, session: &mut Session) -> Result<Option<(Bound, Vec<HostValue>)>, Stop> {
    let corpus = session.corpus.clone();
    let mut cases = corpus.suites.iter().flat_map(|suite| &suite.cases);
    let Some(case) = cases.find(|case| path(case, session) == Some(on)) else { return Ok(None) };
    let step = &case.steps()[0];
    Ok(Some((session.bind(&step.function, Route::BySignature)?, step.values())))
}

/// Who takes a library finds nothing in one that is not there, and the twin in the twin.
fn takes_libraries(session: &mut Session) -> Result<bool, Stop> {
    let in_the_twin = |case: &Case, session: &Session| {
        (session.twin_has(case) && path(case, session).is_some()).then_some(())
    };
    let corpus = session.corpus.clone();
    let mut cases = corpus.suites.iter().flat_map(|suite| &suite.cases);
    let Some(case) = cases.find(|case| in_the_twin(case, session).is_some()) else {
        return Ok(false);
    };
    let function = &case.steps()[0].function;
    let reply = session.subject.bind(&BindRequest {
        symbol: function.symbol.clone(),
        signature: function.text.clone(),
        consumes: function.consumes,
        library: Some(session.library.with_extension("absent")),
        ..BindRequest::default()
    })?;
    if !matches!(reply, BindReply::Unlinked(_)) {
        return Ok(false);
    }
    // By its other library alone, so that it is this which passes.
    session.ready.capabilities.retain(|capability| *capability != Capability::Engines);
    pass(|about| about.twin && about.capability.is_none(), session, in_the_twin)
}

fn knows_closed_handles(session: &mut Session) -> Result<bool, Stop> {
    pass(needs(Capability::ClosedHandles), session, |_, _| Some(()))
}

fn unloads(session: &mut Session) -> Result<bool, Stop> {
    pass(needs(Capability::Unload), session, |_, _| Some(()))
}

fn takes_one_array(session: &mut Session) -> Result<bool, Stop> {
    pass(needs(Capability::OneArray), session, |case, _| Some(case.name()))
}

fn takes_views(session: &mut Session) -> Result<bool, Stop> {
    let by_function = |case: &Case| case.steps().first().map(|step| step.function.name.clone());
    pass(needs(Capability::Views), session, |case, _| by_function(case))
}

/// Two racing calls of what is bound at once are made by two threads.
fn binds_on_threads(session: &mut Session) -> Result<bool, Stop> {
    let corpus = session.corpus.clone();
    let mut cases = corpus.suites.iter().flat_map(|suite| &suite.cases);
    let Some(case) = cases.find(|case| path(case, session) == Some(Path::Scalar)) else {
        return Ok(false);
    };
    let step = &case.steps()[0];
    let bind = first_bind::request(&step.function);
    let one = BindAndCall { bind, arguments: step.values() };
    let first = session.evidence.next();
    session.subject.bind_race(&BindRaceRequest { rows: &[vec![one.clone(), one]] })?;
    if threads_since(first, session)?.len() != 2 {
        return Ok(false);
    }
    pass(needs(Capability::BindRace), session, |case, session| path(case, session).map(Path::name))
}

/// Two racing calls are made by two threads, and many at once come to what each should.
fn takes_threads(session: &mut Session) -> Result<bool, Stop> {
    let Some((bound, arguments)) = call_on(Path::Scalar, session)? else { return Ok(false) };
    let first = session.evidence.next();
    let request = RaceRequest { function: bound.function, rows: &[arguments], threads: 2 };
    let raced = session.subject.race(&request)?;
    if threads_since(first, session)?.len() != 2
        || raced.rows.iter().map(Vec::len).collect::<Vec<_>>() != [2]
    {
        return Ok(false);
    }
    pass(needs(Capability::Threads), session, |case, session| path(case, session).map(Path::name))
}

/// The threads that native calls were made on since; what they came to is forgotten.
fn threads_since(first: u64, session: &mut Session) -> Result<BTreeSet<u64>, Stop> {
    let threads = session.evidence.since(first)?.iter().map(|event| event.thread).collect();
    session.subject.forget()?;
    Ok(threads)
}
