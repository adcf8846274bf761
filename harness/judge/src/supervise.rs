//! Judging a subject, which may have a process of its own: a trial that loses it is named, repeated alone
//! in a fresh process, and the run goes on, as often as the budget of restarts allows. One in the suite's
//! own process is never lost; it takes the suite along.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::mpsc::{self, Sender};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use corpus::case::Step;
use interrupt::Interrupt;
use subject::evidence::Event;
use subject::{Blame, SubjectFault};

use crate::arm;
use crate::describe;
use crate::judging;
use crate::plan::Trial;
use crate::progress::Progress;
use crate::row::{CaseRow, Class, Reason, TrialOutcome};
use crate::session::{Session, SessionError, Stop};
use crate::verdict::{Difference, Failure, Verdict};

/// Attempts at a start after a loss.
const STARTS: usize = 3;
/// Trials that failed behind others which are put once more, alone; and how long that may take, but for the last.
const ALONE: usize = 8;
const ALONE_TIME: Duration = Duration::from_secs(20);
/// Calls and arrivals shown of a trial that lost the subject.
const SHOWN: usize = 16;

/// What judging needs beside the trials.
pub struct Supervisor<'a> {
    /// Starts the subject in a fresh process.
    pub open: &'a (dyn Fn() -> Result<Session, SessionError> + Sync),
    /// How many subjects are judged at once, each with every so-manieth trial: so what comes before a
    /// trial in its process is the same in every run.
    pub jobs: usize,
    /// What may be spent on subjects that are lost.
    pub budget: &'a Budget,
}

/// How often a subject may still be started again.
#[derive(Debug)]
pub struct Budget(Mutex<Spent>);

#[derive(Debug)]
struct Spent {
    restarts: u32,
    cut_short: Option<String>,
    enough: bool,
}

impl Budget {
    /// A budget of so many restarts.
    pub fn of(restarts: u32) -> Budget {
        Budget(Mutex::new(Spent { restarts, cut_short: None, enough: false }))
    }

    /// Why the run goes no further, once it does not.
    pub fn cut_short(&self) -> Option<String> {
        self.spent().cut_short.clone()
    }

    /// Has the run go no further.
    pub fn cut(&self, reason: String) {
        self.spent().cut_short.get_or_insert(reason);
    }

    /// Has it make no more trials, because what it was to show is shown.
    fn end(&self) {
        self.cut("what was asked is known".into());
        self.spent().enough = true;
    }

    /// Takes one restart, where there is one.
    fn restart(&self) -> bool {
        let mut spent = self.spent();
        match spent.restarts.checked_sub(1) {
            Some(left) => {
                spent.restarts = left;
                true
            }
            None => false,
        }
    }

    fn spent(&self) -> MutexGuard<'_, Spent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a job says while it works.
enum Told {
    Begins(usize),
    Ended(usize, Box<CaseRow>),
    /// The trial failed behind so many others in its process.
    FailedAfter(usize, usize),
    Note(String),
}

/// A trial that lost the subject.
struct Loss {
    fault: SubjectFault,
    /// Trials the process had made before.
    after: usize,
    /// What reached the fixtures since the trial began.
    events: Vec<Event>,
    /// The calls that an arm had drawn, where it had.
    drawn: Option<String>,
    /// The seed it drew from.
    seed: u64,
}

/// What became of the trial alone.
enum Alone {
    Lost(SubjectFault),
    Ended(Verdict),
    NotTried,
}

impl Supervisor<'_> {
    /// Puts the trials to the session's subject, and to those beside and after it; a row each, in order.
    /// Without a session each is skipped.
    pub fn judge(
        &self,
        trials: &[Trial],
        mut session: Option<Session>,
        progress: &mut dyn Progress,
    ) -> Vec<CaseRow> {
        let jobs = if session.is_some() { self.jobs.clamp(1, trials.len().max(1)) } else { 1 };
        let mut rows: Vec<Option<CaseRow>> = vec![None; trials.len()];
        let mut failed = Vec::new();
        thread::scope(|scope| {
            let (tell, told) = mpsc::channel();
            let begin = |job| {
                let (tell, first) = (tell.clone(), session.take());
                scope.spawn(move || self.work(trials, job..jobs, first, &tell))
            };
            let working: Vec<_> = (0..jobs).map(begin).collect();
            drop(tell);
            for told in told {
                match told {
                    Told::Begins(at) => progress.step(&trials[at].name()),
                    Told::Note(line) => progress.note(&line),
                    Told::FailedAfter(at, others) => failed.push((at, others)),
                    Told::Ended(at, row) => {
                        progress.ended(&row);
                        if progress.is_enough() {
                            self.budget.end();
                        }
                        rows[at] = Some(*row);
                    }
                }
            }
            // One that panicked costs the rows it did not tell, and not the report.
            working.into_iter().for_each(|job| drop(job.join()));
        });
        let lost = |trial: &Trial| {
            let reason = "the suite lost the thread that judged it".to_owned();
            judging::row(trial, &Verdict::Error(reason), 0.0)
        };
        let rows = rows.into_iter().zip(trials);
        let mut rows: Vec<_> =
            rows.map(|(row, trial)| row.unwrap_or_else(|| lost(trial))).collect();
        self.tell_what_takes_others(trials, failed, &mut rows);
        rows
    }

    /// Says of trials that failed behind others in their process, and that pass alone in a fresh one, that they do.
    /// One for each arm and what it broke, in the order of the trials; so many and so long at the most.
    fn tell_what_takes_others(
        &self,
        trials: &[Trial],
        mut failed: Vec<(usize, usize)>,
        rows: &mut [CaseRow],
    ) {
        failed.sort_unstable();
        let (clock, mut told) = (Instant::now(), BTreeSet::new());
        for (at, others) in failed {
            let is_over = told.len() >= ALONE || clock.elapsed() >= ALONE_TIME;
            if is_over || self.budget.cut_short().is_some() || interrupt::seen().is_some() {
                return;
            }
            let row = &mut rows[at];
            if !told.insert((row.arm.clone(), row.broken.clone())) {
                continue;
            }
            let Ok(mut session) = (self.open)() else { return };
            let came = arm::put(trials[at].arm, &trials[at].cases, &mut session);
            let alone = Alone::Ended(arm::verdict(came));
            if let (Alone::Ended(Verdict::Passed { .. }), Some(observed)) =
                (&alone, &mut row.observed)
            {
                *observed = format!("{observed}\n{}", repeated(&alone, others));
            }
            // How it ends tells nothing of the trial.
            let _ = session.subject.stop();
        }
    }

    /// One job: every so-manieth trial. Nobody to tell means that nobody waits for the rows any more.
    fn work(
        &self,
        trials: &[Trial],
        Range { start: job, end: jobs }: Range<usize>,
        first: Option<Session>,
        tell: &Sender<Told>,
    ) {
        // The first of several has started already.
        let mut session = first.or_else(|| if job > 0 { self.open() } else { None });
        let mut after = 0;
        for (at, trial) in trials.iter().enumerate().skip(job).step_by(jobs) {
            let _ = tell.send(Told::Begins(at));
            // One in this process cannot be ended while it answers.
            if let Some(by) = interrupt::seen()
                && session.as_ref().is_some_and(|session| session.subject.in_process())
            {
                self.budget.cut(by.to_string());
                session = None;
            }
            if self.budget.spent().enough {
                session = None;
            }
            let processes = trial.arm.about().processes;
            let mut row = None;
            for turn in 0..processes.max(1) {
                if processes > 0 && after > 0 {
                    self.renew(&mut session, &mut after, tell);
                }
                if let Some(session) = &mut session {
                    session.turn = turn;
                }
                let others = after;
                let came = self.turn(trial, &mut session, &mut after);
                let passed = came.outcome == TrialOutcome::Passed;
                // A recording has what the run's own trials had, and no more.
                let can_be_alone = session.as_ref().is_some_and(|session| {
                    !session.subject.in_process() && session.subject.tape().is_none()
                });
                if came.outcome == TrialOutcome::Failed
                    && others > 0
                    && after > others
                    && can_be_alone
                {
                    let _ = tell.send(Told::FailedAfter(at, others));
                }
                row = Some(came);
                if !passed {
                    break;
                }
            }
            let row = row.unwrap_or_else(|| self.skipped(trial));
            let _ = tell.send(Told::Ended(at, Box::new(row)));
        }
        if let Some(session) = session {
            end(session, tell);
        }
    }

    /// Puts a trial to the process there is; its row.
    fn turn(&self, trial: &Trial, session: &mut Option<Session>, after: &mut usize) -> CaseRow {
        let Some(running) = session else { return self.skipped(trial) };
        match self.put(trial, running, *after) {
            Ok(row) => {
                *after += 1;
                row
            }
            Err((loss, clock)) => {
                if let SubjectFault::Interrupted { signal, .. } = loss.fault {
                    *session = None;
                    self.cut_by(signal);
                    return self.skipped(trial);
                }
                *session = self.restart();
                let (row, survived) = self.repeat(trial, &loss, clock, session);
                *after = usize::from(survived);
                row
            }
        }
    }

    /// Has a fresh process in place of one that has made trials. One in this process stays as it is.
    fn renew(&self, session: &mut Option<Session>, after: &mut usize, tell: &Sender<Told>) {
        if let Some(old) = session.take_if(|session| !session.subject.in_process()) {
            end(old, tell);
            (*session, *after) = (self.open(), 0);
        }
    }

    /// The row of a trial that has no turn any more.
    fn skipped(&self, trial: &Trial) -> CaseRow {
        let reason = self.budget.cut_short().unwrap_or_default();
        judging::row(trial, &Verdict::Skipped(Reason::CutShort, reason), 0.0)
    }

    /// Has the run go no further because of a signal to the suite.
    fn cut_by(&self, signal: i32) {
        self.budget.cut(Interrupt::of(signal).to_string());
    }

    fn put(
        &self,
        trial: &Trial,
        session: &mut Session,
        after: usize,
    ) -> Result<CaseRow, (Box<Loss>, Instant)> {
        let clock = Instant::now();
        if let Some(tape) = session.subject.tape() {
            tape.trial(&trial.name());
        }
        let first = session.evidence.next();
        match arm::put(trial.arm, &trial.cases, session) {
            Err(Stop::Fault(fault)) if fault.is_loss() => {
                let events = session.evidence.readable_since(first);
                let drawn = session.judgement.in_flight.take();
                let seed = session.seed;
                Err((Box::new(Loss { fault, after, events, drawn, seed }), clock))
            }
            came => Ok(judging::served(trial, &arm::verdict(came), session, clock)),
        }
    }

    /// The subject in a fresh process, where the budget allows and it starts.
    fn restart(&self) -> Option<Session> {
        self.started(|| {
            let may = self.budget.restart();
            if !may {
                self.budget.cut("the subject was lost more often than the budget allows".into());
            }
            may
        })
    }

    /// The subject in a fresh process that nothing was lost for, where it starts.
    fn open(&self) -> Option<Session> {
        self.started(|| true)
    }

    fn started(&self, may: impl Fn() -> bool) -> Option<Session> {
        for tried in 1..=STARTS {
            if !may() {
                return None;
            }
            match (self.open)() {
                Ok(session) => return Some(session),
                // A machine that was busy for once must not cost the trials that are left.
                Err(SessionError::Subject(SubjectFault::NotStarted(_))) if tried < STARTS => {}
                Err(SessionError::Subject(SubjectFault::Interrupted { signal, .. })) => {
                    self.cut_by(signal);
                    return None;
                }
                Err(error) => {
                    self.budget.cut(format!("the subject did not start again: {error}"));
                    return None;
                }
            }
        }
        None
    }

    /// Repeats a trial that lost the subject, alone. Gives its row, and whether the process it was
    /// repeated in goes on.
    fn repeat(
        &self,
        trial: &Trial,
        loss: &Loss,
        clock: Instant,
        session: &mut Option<Session>,
    ) -> (CaseRow, bool) {
        let alone = match session {
            None => Alone::NotTried,
            Some(running) => match arm::put(trial.arm, &trial.cases, running) {
                Err(Stop::Fault(SubjectFault::Interrupted { signal, .. })) => {
                    self.cut_by(signal);
                    *session = None;
                    Alone::NotTried
                }
                Err(Stop::Fault(fault)) if fault.is_loss() => Alone::Lost(fault),
                came => Alone::Ended(arm::verdict(came)),
            },
        };
        if matches!(alone, Alone::Lost(_)) {
            *session = self.restart();
        }
        let verdict = verdict(trial, loss, &alone);
        let row = judging::row(trial, &verdict, clock.elapsed().as_secs_f64() * 1000.0);
        let repro = judging::repro(trial, Some(loss.seed));
        (CaseRow { repro, ..row }, matches!(alone, Alone::Ended(_)))
    }
}

/// Ends a subject, which had no trial left.
fn end(mut session: Session, tell: &Sender<Told>) {
    if let Err(fault) = session.subject.stop()
        && !matches!(fault, SubjectFault::Interrupted { .. })
    {
        let _ = tell.send(Told::Note(format!("after the last trial: {fault}")));
    }
}

/// A trial that lost the subject failed, or was spoiled, whatever comes of it alone.
fn verdict(trial: &Trial, loss: &Loss, alone: &Alone) -> Verdict {
    let told = loss.fault.to_string();
    let (fault, stderr) = told.split_once('\n').unwrap_or((&told, ""));
    let mut observed = format!("{fault}\n{}", repeated(alone, loss.after));
    if !stderr.is_empty() {
        observed = format!("{observed}\n{stderr}");
    }
    if loss.fault.blame() == Blame::Adapter {
        return Verdict::Error(observed);
    }
    let steps = trial.cases.iter().flat_map(|case| case.steps());
    let call = |step: &Step| describe::call(&step.function.symbol, &step.arguments);
    let calls = match &loss.drawn {
        Some(drawn) => vec![drawn.clone()],
        None => steps.map(call).take(SHOWN).collect(),
    };
    let mut arrived = describe::arrived(&loss.events);
    arrived.truncate(SHOWN);
    Verdict::Failed(Failure {
        differences: vec![Difference {
            class: class(&loss.fault),
            what: format!("process of {}", trial.name()),
            clause: trial.arm.at_stake(&trial.cases[0]),
            expected: "the subject answers".into(),
            observed,
        }],
        calls,
        arrived,
    })
}

/// How a loss that is the binder's is classed.
fn class(fault: &SubjectFault) -> Class {
    match fault {
        SubjectFault::Hung { .. } | SubjectFault::Late { .. } => Class::Timeout,
        _ => Class::Crash,
    }
}

fn repeated(alone: &Alone, after: usize) -> String {
    match alone {
        Alone::Lost(fault) => {
            let told = fault.to_string();
            let fault = told.lines().next().unwrap_or_default();
            format!("alone in a fresh process: {fault}. This trial does it by itself")
        }
        Alone::Ended(Verdict::Passed { .. }) if after == 0 => {
            "alone in a fresh process it passes: it does not always happen".into()
        }
        Alone::Ended(Verdict::Passed { .. }) => format!(
            "alone in a fresh process it passes: it takes what the {after} trials before it did"
        ),
        Alone::Ended(verdict) => {
            let outcome = verdict.outcome().word();
            format!("alone in a fresh process the subject survives it, and it comes to `{outcome}`")
        }
        Alone::NotTried => {
            "it was not repeated alone, because the subject is not started again".into()
        }
    }
}
