//! Judging in a process of its own, so that no trial can end the run: the suite starts itself, the worker
//! puts trials to a subject one after the other and says what became of each before it begins the next,
//! and whoever started it knows which one was in flight when it dies.
//!
//! `serve` is the worker's side; `process` one worker seen from outside; `supervise` what is done when
//! it dies. Between the two sides go a [`Job`] and [`Message`]s, as JSON. Any arm can be run so.

mod process;
mod serve;
mod supervise;

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use process::{Death, How};
pub use serve::{ServeError, serve};
pub use supervise::{Supervisor, WorkerError};

use crate::report::CaseRow;

/// What a worker is to do, on its standard input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The build of the fixtures, by its profile's name.
    pub build: String,
    /// The file the worker makes its evidence page in. It outlives the worker.
    pub page: PathBuf,
    /// Names of trials, in the order they are to be made.
    pub trials: Vec<String>,
}

/// What a worker says, one line of its standard output each.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "kebab-case")]
pub enum Message {
    /// The subject is started, and the first trial begins.
    Ready {
        /// Hash of the corpus it read.
        corpus: String,
    },
    /// A trial ended, and the next begins.
    Ended {
        /// What it came to.
        row: Box<CaseRow>,
        /// Sequence number of the next event on its evidence page.
        next_event: u64,
    },
    /// It ends without having done its job, by its own decision.
    GaveUp {
        /// Why.
        reason: String,
        /// Whether because the subject did not start.
        not_started: bool,
    },
}

/// How long a worker may take, and how often it may die.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From its start until the first trial begins.
    pub start: Duration,
    /// For each trial, and for the end after the last.
    pub trial: Duration,
    /// What may be spent on workers that die before the rest is given up. A death costs 1; a worker
    /// that had to be killed cost the time of its limit, and counts [`Limits::HANG_COST`].
    pub budget: u32,
}

impl Limits {
    /// What a hang counts of the budget.
    pub const HANG_COST: u32 = 64;
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { start: Duration::from_secs(30), trial: Duration::from_secs(10), budget: 256 }
    }
}
