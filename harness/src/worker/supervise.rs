//! What is done with workers: trials handed out, verdicts collected, and for each death the trial named
//! that was in flight, repeated alone, and the rest given to a new worker.

use std::io;
use std::process::Command;
use std::time::Instant;

use zig_lib::library::Profile;

use super::process::{Death, How, Next, Process};
use super::{Job, Limits, Message};
use crate::case::Body;
use crate::describe;
use crate::evidence::{Event, EventKind};
use crate::judge::{Class, Difference, Failure, Verdict};
use crate::judging;
use crate::plan::Trial;
use crate::progress::{Progress, Unwatched};
use crate::report::CaseRow;
use crate::session;

/// Calls shown of a trial whose process died.
const SHOWN: usize = 16;

/// Starts workers and keeps them at work.
pub struct Supervisor<'a> {
    /// The build of the fixtures they call.
    pub build: Profile,
    /// Hash of the corpus the trials are from.
    pub corpus: &'a str,
    /// How long they may take, and how often die.
    pub limits: Limits,
    /// The command of a worker, which reads its job from standard input.
    pub start: &'a dyn Fn() -> io::Result<Command>,
}

/// Workers that could not work. None of these says anything about a binder but that it did not start.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The process could not be started.
    #[error("cannot start a judging process: {0}")]
    Start(#[from] io::Error),
    /// The subject did not start in it, or it ended before the first trial.
    #[error("the judging process did not get ready: {0}")]
    NotReady(String),
    /// The worker gave up, through no fault of the subject's.
    #[error("the judging process gave up: {0}")]
    GaveUp(String),
    /// It read another corpus than its starter.
    #[error(
        "the case files changed during the run: {ours} is the corpus, a judging process read {its}"
    )]
    OtherCorpus {
        /// Hash of the corpus the trials are from.
        ours: String,
        /// Hash of the corpus the worker read.
        its: String,
    },
    /// It answered for another trial than was due.
    #[error("the judging process answered for `{answered}` where `{due}` was due")]
    OutOfTurn {
        /// The trial that was in flight.
        due: String,
        /// The trial it answered for.
        answered: String,
    },
}

/// A trial that was in flight when its process died.
struct Lost {
    death: Death,
    /// Trials the process had made before.
    after: usize,
    /// What reached the fixtures since the trial began; `None` where it left no page to read.
    events: Option<Vec<Event>>,
}

/// Who is told of a trial that begins, and of one that ended.
struct Told<'a> {
    progress: &'a mut dyn Progress,
    rows: Vec<CaseRow>,
}

impl Told<'_> {
    fn ended(&mut self, row: CaseRow) {
        self.progress.ended(&row);
        self.rows.push(row);
    }
}

impl Supervisor<'_> {
    /// Judges the trials, all of them by one worker unless it dies; a row each, in their order.
    ///
    /// # Errors
    /// [`WorkerError`].
    pub fn judge(
        &self,
        trials: &[Trial],
        progress: &mut dyn Progress,
    ) -> Result<Vec<CaseRow>, WorkerError> {
        progress.stage(&format!("judging on the {} build", self.build.name()), Some(trials.len()));
        let mut told = Told { progress, rows: Vec::with_capacity(trials.len()) };
        let mut spent = 0;
        while told.rows.len() < trials.len() {
            let rest = &trials[told.rows.len()..];
            if spent >= self.limits.budget {
                let reason = "its process died too often before this trial's turn came";
                rest.iter().for_each(|trial| {
                    told.ended(judging::row(trial, &Verdict::Skipped(reason.into()), 0.0));
                });
                break;
            }
            let Some(lost) = self.work_through(rest, &mut told)? else { break };
            let trial = &trials[told.rows.len()];
            let clock = Instant::now();
            let mut alone = Told { progress: &mut Unwatched, rows: Vec::new() };
            let again = self.work_through(std::slice::from_ref(trial), &mut alone)?;
            spent +=
                [Some(&lost), again.as_ref()].into_iter().flatten().map(cost).max().unwrap_or(1);
            let verdict = verdict_of(trial, &lost, again.as_ref(), alone.rows.first());
            told.ended(judging::row(trial, &verdict, clock.elapsed().as_secs_f64() * 1000.0));
        }
        told.progress.finish();
        Ok(told.rows)
    }

    /// Has one worker judge the trials in order, until they are done or it dies.
    fn work_through(
        &self,
        trials: &[Trial],
        told: &mut Told<'_>,
    ) -> Result<Option<Lost>, WorkerError> {
        let names: Vec<String> = trials.iter().map(Trial::name).collect();
        let job = Job {
            build: self.build.name().to_owned(),
            page: session::page_path(),
            trials: names.clone(),
        };
        let mut process = Process::start((self.start)()?, &job)?;
        self.get_ready(&mut process)?;
        let mut first_event = 0;
        for (after, name) in names.iter().enumerate() {
            told.progress.step(name);
            let clock = Instant::now();
            let row = loop {
                let line = match process.next(self.limits.trial.saturating_sub(clock.elapsed())) {
                    Next::Line(line) => line,
                    Next::Closed => return Ok(Some(lost(&mut process, None, after, first_event))),
                    Next::Late => {
                        let limit = Some(self.limits.trial);
                        return Ok(Some(lost(&mut process, limit, after, first_event)));
                    }
                };
                match serde_json::from_str(&line) {
                    Ok(Message::Ended { row, next_event }) => {
                        process.turn_page();
                        // The last verdict counts only where the process then ends well.
                        if after + 1 < names.len() {
                            first_event = next_event;
                        }
                        break row;
                    }
                    Ok(Message::GaveUp { reason, .. }) => return Err(WorkerError::GaveUp(reason)),
                    Ok(Message::Ready { .. }) | Err(_) => process.overheard(line),
                }
            };
            let answered = format!("{}::{}", row.arm, row.id);
            if answered != *name {
                return Err(WorkerError::OutOfTurn { due: name.clone(), answered });
            }
            if after + 1 == names.len()
                && let Some(lost) = self.ends_well(&mut process, after, first_event)
            {
                return Ok(Some(lost));
            }
            told.ended(*row);
        }
        Ok(None)
    }

    fn get_ready(&self, process: &mut Process) -> Result<(), WorkerError> {
        let clock = Instant::now();
        loop {
            let late = match process.next(self.limits.start.saturating_sub(clock.elapsed())) {
                Next::Line(line) => match serde_json::from_str(&line) {
                    Ok(Message::Ready { corpus }) if corpus == self.corpus => return Ok(()),
                    Ok(Message::Ready { corpus }) => {
                        let ours = self.corpus.to_owned();
                        return Err(WorkerError::OtherCorpus { ours, its: corpus });
                    }
                    Ok(Message::GaveUp { reason, not_started }) => {
                        return Err(if not_started {
                            WorkerError::NotReady(reason)
                        } else {
                            WorkerError::GaveUp(reason)
                        });
                    }
                    Ok(Message::Ended { .. }) | Err(_) => {
                        process.overheard(line);
                        continue;
                    }
                },
                Next::Closed => None,
                Next::Late => Some(self.limits.start),
            };
            let death = process.end(late);
            return Err(WorkerError::NotReady(format!("it {}{}", death.how, last_words(&death))));
        }
    }

    /// After the last trial: `None` where the process left as it should.
    fn ends_well(&self, process: &mut Process, after: usize, first_event: u64) -> Option<Lost> {
        let clock = Instant::now();
        loop {
            let late = match process.next(self.limits.trial.saturating_sub(clock.elapsed())) {
                Next::Line(line) => {
                    process.overheard(line);
                    continue;
                }
                Next::Closed => None,
                Next::Late => Some(self.limits.trial),
            };
            let lost = lost(process, late, after, first_event);
            return (lost.death.how != How::Exit(0)).then_some(lost);
        }
    }
}

fn lost(
    process: &mut Process,
    late: Option<std::time::Duration>,
    after: usize,
    first_event: u64,
) -> Lost {
    let death = process.end(late);
    let events = process.evidence().map(|page| page.readable_since(first_event));
    Lost { death, after, events }
}

fn cost(lost: &Lost) -> u32 {
    if matches!(lost.death.how, How::Hung(_)) { Limits::HANG_COST } else { 1 }
}

/// What a process said last, to be put behind how it ended.
fn last_words(death: &Death) -> String {
    if death.said.is_empty() {
        String::new()
    } else {
        format!("; its last words: {}", death.said.join(" | "))
    }
}

/// A trial that ended its process failed, whatever comes of it alone.
fn verdict_of(
    trial: &Trial,
    lost: &Lost,
    again: Option<&Lost>,
    alone: Option<&CaseRow>,
) -> Verdict {
    let seen = match &lost.events {
        Some(events) => {
            let made = |kind| events.iter().filter(|event| event.kind == kind).count();
            let (calls, frees) = (made(EventKind::Call), made(EventKind::Free));
            format!("{calls} native calls and {frees} frees of the trial")
        }
        None => "nothing that its evidence page could tell".to_owned(),
    };
    let before = lost.after;
    let repeated = match (again, alone) {
        (Some(again), _) => format!("alone in a process it {} too", again.death.how),
        (None, Some(row)) if row.outcome != "passed" => {
            format!("alone in a process it does not die, and comes to `{}`", row.outcome)
        }
        (None, _) if before == 0 => "another process passed it: it does not always die".to_owned(),
        (None, _) => {
            format!("alone in a process it passes: one of the {before} trials before it did harm")
        }
    };
    let words = last_words(&lost.death);
    let observed = format!("the process {} after {seen}{words}; {repeated}", lost.death.how);
    let steps = trial.cases.iter().filter_map(|case| match &case.body {
        Body::Calls(steps) => Some(steps),
        Body::Signature(_) | Body::Binding(_) | Body::Property(_) => None,
    });
    let call = |step: &crate::case::Step| describe::call(&step.function.symbol, &step.arguments);
    let mut arrived = describe::arrived(lost.events.as_deref().unwrap_or_default());
    arrived.truncate(SHOWN);
    Verdict::Failed(Failure {
        differences: vec![Difference {
            class: if matches!(lost.death.how, How::Hung(_)) {
                Class::Timeout
            } else {
                Class::Crash
            },
            what: format!("process of {}", trial.name()),
            clause: trial.arm.at_stake(&trial.cases[0]),
            expected: "the calls return".into(),
            observed,
        }],
        calls: steps.flatten().map(call).take(SHOWN).collect(),
        arrived,
    })
}
