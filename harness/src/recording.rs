//! The first line of a recording (docs/recording.md): what was judged, by what, and how.

use std::time::Duration;

use clap::Args;
use judge::plan::Selection;
use report::Host;
use serde::{Deserialize, Serialize};
use subject::protocol::Limits;
use zig_lib::library::Target;

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
    /// What the fixtures were built for.
    #[serde(default)]
    pub target: Target,
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
    /// Whether what compilers rely on was owed.
    #[serde(default)]
    pub strict: bool,
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

/// How long a binder may take, and how much memory, as it is asked for and written down.
#[derive(Args, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// From the binder's start until it is ready
    #[arg(long = "start-limit-ms", global = true, value_name = "MS", default_value = "30000", value_parser = clap::value_parser!(u64).range(1..))]
    pub start_ms: u64,
    /// For each call of the binder, and whatever else takes no loop
    #[arg(long = "call-limit-ms", global = true, value_name = "MS", default_value = "10000", value_parser = clap::value_parser!(u64).range(1..))]
    pub call_ms: u64,
    /// For each loop of calls
    #[arg(long = "bench-limit-ms", global = true, value_name = "MS", default_value = "60000", value_parser = clap::value_parser!(u64).range(1..))]
    pub bench_ms: u64,
    /// For the binder to be gone when it was told to stop
    #[arg(long = "stop-limit-ms", global = true, value_name = "MS", default_value = "2000", value_parser = clap::value_parser!(u64).range(1..))]
    pub stop_ms: u64,
    /// Of memory, for all processes of the binder that is judged (Linux)
    #[arg(long = "memory-limit-mib", global = true, value_name = "MIB", default_value = "4096", value_parser = clap::value_parser!(u64).range(1..=MOST_MIB))]
    #[serde(default = "memory_mib")]
    pub memory_mib: u64,
}

/// The most that can be asked for: as many bytes as a number of 64 bits counts.
const MOST_MIB: u64 = u64::MAX >> 20;

/// Of a recording that was made before there was such a limit.
fn memory_mib() -> u64 {
    Limits::default().memory_bytes >> 20
}

impl From<Times> for Limits {
    fn from(times: Times) -> Limits {
        let ms = Duration::from_millis;
        Limits {
            start: ms(times.start_ms),
            call: ms(times.call_ms),
            bench: ms(times.bench_ms),
            stop: ms(times.stop_ms),
            memory_bytes: times.memory_mib << 20,
        }
    }
}
