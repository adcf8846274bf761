//! What calls leave in `errno`, and what they find there (M-4, M-5). The fixtures leave there what the arm asks, another
//! value in each call, and their free and next symbols one more; the subject is asked for it once the call is answered.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use corpus::case::{Case, Step};
use subject::{Capability, Level, RepeatRequest, SubjectFault};

use super::{About, Arm, Gather, callbacks, calls, repeat, script};
use crate::describe;
use crate::row::Reason;
use crate::session::{Keeping, Route, Session, Stop};

/// An arm of `errno`.
pub(super) struct Errno {
    about: About,
    /// Whether it sets it, and looks what the callee finds, not what is kept of what it leaves.
    sets: bool,
}

/// What a call leaves is kept until the thread's next that keeps it.
pub(super) const KEPT: Errno = Errno {
    about: About {
        name: "errno",
        clauses: &["M-4"],
        gathers: Gather::ByReturn,
        capability: Some(Capability::Errno),
        ..About::PLAIN
    },
    sets: false,
};

/// What is set is found by the next call.
pub(super) const SET: Errno = Errno {
    about: About {
        name: "set-errno",
        clauses: &["M-5"],
        capability: Some(Capability::SetErrno),
        ..KEPT.about
    },
    sets: true,
};

/// Rounds that each of several threads makes of a case, while another thread's call is kept.
const ROUNDS: u64 = 16;
const THREADS: usize = 2;

/// The ways a function is bound, and what each is called.
const WAYS: [(Keeping, Option<Capability>, &str); 3] = [
    (Keeping::BySignature, None, ""),
    (Keeping::General, Some(Capability::ForcePath), "on the general path"),
    (Keeping::OtherEngine, Some(Capability::Engines), "by the other engine"),
];

/// Values of `errno`: no two are alike in any byte, and no free symbol leaves one that another call does.
struct Values(i32);

impl Values {
    fn next(&mut self) -> i32 {
        self.0 += 0x0001_0101;
        self.0
    }
}

impl Arm for Errno {
    fn about(&self) -> About {
        self.about
    }

    fn applies(&self, case: &Case) -> bool {
        repeat::calls_something(case) && !case.steps().iter().any(Step::is_refused)
    }

    fn run(&self, cases: &[Arc<Case>], session: &mut Session) -> Result<(), Stop> {
        let came = self.all(cases, session);
        session.evidence.leave_errno(0);
        session.judgement.during("");
        came
    }
}

impl Errno {
    /// Puts the first case of each function that passes as it is: what fails, or is not served, is told by other arms.
    fn all(&self, cases: &[Arc<Case>], session: &mut Session) -> Result<(), Stop> {
        let mut values = Values(0x0102_0304);
        let (mut functions, mut not_served) = (BTreeSet::new(), None);
        let (mut alone, mut at_once) = (!self.sets, !self.sets && session.can(Capability::Threads));
        for case in cases {
            let own: BTreeSet<&str> =
                case.steps().iter().map(|step| &*step.function.name).collect();
            if own.is_subset(&functions) || !session.judgement.holds() {
                continue;
            }
            match passes(case, session) {
                Ok(true) => functions.extend(own),
                Ok(false) => continue,
                Err(Stop::Gated(Reason::NotServed, why)) => {
                    not_served.get_or_insert(why);
                    continue;
                }
                Err(stop) => return Err(stop),
            }
            self.every_way(case, &mut values, session)?;
            if std::mem::take(&mut alone) {
                beside(case, &mut values, session)?;
            }
            if at_once && self.may_be_repeated(case, session) {
                at_once = false;
                beside_threads(case, &mut values, session)?;
            }
        }
        match not_served {
            _ if !session.judgement.is_empty() => Ok(()),
            Some(why) => Err(Stop::Gated(Reason::NotServed, why)),
            None => Err(Stop::Skipped("none of these cases passes as it is".into())),
        }
    }

    fn every_way(
        &self,
        case: &Case,
        values: &mut Values,
        session: &mut Session,
    ) -> Result<(), Stop> {
        for (way, capability, name) in WAYS {
            if !session.judgement.holds() || capability.is_some_and(|needed| !session.can(needed)) {
                continue;
            }
            session.judgement.during(name);
            let mut kept = HashMap::new();
            for step in case.steps() {
                self.step(step, &mut kept, (way, &mut *values), session)?;
                if !session.judgement.holds() {
                    break;
                }
            }
            session.subject.forget()?;
        }
        session.judgement.during("");
        Ok(())
    }

    fn step(
        &self,
        step: &Step,
        kept: &mut HashMap<String, contract::HostValue>,
        (way, values): (Keeping, &mut Values),
        session: &mut Session,
    ) -> Result<(), Stop> {
        let route = Route::Errno(way);
        session.bind(&step.function, route)?;
        let (left, set) = (values.next(), values.next());
        session.evidence.leave_errno(left);
        if self.sets {
            session.subject.errno(Some(set))?;
        }
        calls::step(step, kept, session, route)?;
        let call = describe::call(&step.function.symbol, &step.arguments);
        if !self.sets {
            is_kept(left, &format!("of {call}"), session)?;
        } else if callbacks::nested(step) == 0 {
            let entered = session.evidence.errno_entered();
            let what = format_args!("errno as {call} was entered");
            session.judgement.equal("M-5", what, &set, &entered);
        }
        Ok(())
    }

    /// Whether a subject can make the calls of a case on threads of its own.
    fn may_be_repeated(&self, case: &Case, session: &Session) -> bool {
        let about = About { loops: true, ..self.about };
        let level = session.ready.level;
        let has_loops = level == Level::Contract || session.can(Capability::Loops);
        has_loops && case.is_apart() && callbacks::owed(session, &about, case).is_ok()
    }
}

/// Whether a case passes where nothing is kept.
fn passes(case: &Case, session: &mut Session) -> Result<bool, Stop> {
    let fresh = session.judgement.anew();
    let own = std::mem::replace(&mut session.judgement, fresh);
    let came = calls::run(case, session, Route::BySignature);
    let passes = std::mem::replace(&mut session.judgement, own).holds();
    match came {
        Ok(_) => Ok(passes),
        Err(Stop::Fault(SubjectFault::Unsupported { .. } | SubjectFault::NoSuchValue { .. })) => {
            session.subject.forget()?;
            Ok(false)
        }
        Err(stop) => Err(stop),
    }
}

/// Judges what the subject says that the thread's last call left.
fn is_kept(left: i32, of: &str, session: &mut Session) -> Result<(), Stop> {
    let kept = session.subject.errno(None)?;
    session.judgement.equal("M-4", format_args!("errno kept {of}"), &left, &kept);
    Ok(())
}

/// Calls of functions that are not bound to keep it leave alone what is kept.
fn beside(case: &Case, values: &mut Values, session: &mut Session) -> Result<(), Stop> {
    let left = values.next();
    session.evidence.leave_errno(left);
    calls::run(case, session, Route::Errno(Keeping::BySignature))?;
    session.evidence.leave_errno(values.next());
    calls::run(case, session, Route::BySignature)?;
    is_kept(left, "while calls were made that keep none", session)
}

/// So do calls of other threads that keep it.
fn beside_threads(
    case: &Arc<Case>,
    values: &mut Values,
    session: &mut Session,
) -> Result<(), Stop> {
    let route = Route::Errno(Keeping::BySignature);
    let scripts = [script::script(case.steps(), route, session)?];
    let (rounds, threads) = (ROUNDS, THREADS);
    let request =
        RepeatRequest { scripts: &scripts, rounds, threads, collect: false, stand_ins: true };
    session.subject.rehearse(&request)?;
    let left = values.next();
    session.evidence.leave_errno(left);
    calls::run(case, session, route)?;
    session.evidence.leave_errno(values.next());
    let reply = session.subject.repeat(&request)?;
    let (cases, corpus) = ([case.clone()], session.corpus.clone());
    script::judge(&cases, &request, &reply, &corpus.declarations, &mut session.judgement);
    is_kept(left, "while other threads called", session)
}
