//! The first line of a recording (docs/recording.md): what was judged, by what, and how.

use judge::plan::Selection;
use report::Host;
use serde::{Deserialize, Serialize};

/// The first line: what was judged, by what, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// The version of the form.
    pub recording: u32,
    /// The suite's version.
    pub suite: String,
    /// Hash of the corpus.
    pub corpus: String,
    /// What was asked of the binder.
    pub judged: Judged,
    /// The command line.
    pub command: String,
    /// The words of the binder's command.
    pub binder: Vec<String>,
    /// When it began, UTC, RFC 3339.
    pub started: String,
    /// The machine it ran on.
    pub host: Host,
    /// What arguments were drawn from where no seed was named.
    pub drawn: u64,
    /// How often the binder could be started again.
    pub restarts: u32,
    /// How long the binder could take.
    pub limits: Times,
}

/// What a recording is of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Judged {
    /// Trials.
    Check {
        /// Which.
        selection: Selection,
    },
    /// The steps of `conform smoke`.
    Smoke,
}

/// How long a binder could take, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// Until it was ready.
    pub start_ms: u64,
    /// For a call.
    pub call_ms: u64,
    /// For a loop of calls.
    pub bench_ms: u64,
    /// To be gone.
    pub stop_ms: u64,
}
