//! The binder that a command judges, and how long it may take.

use std::num::NonZero;

use clap::Args;
use contract::abi::{Abi, TARGETS};
use contract::{DataModel, Dialect};
use harness::binder::Binder;
use harness::recording::Times;
use subject::protocol::Limits;
use zig_lib::library::Target;

/// The binder, and how long it may take.
#[derive(Debug, Args)]
pub(super) struct Choice {
    /// The binder: `reference`, a command that speaks docs/protocol.md, or a shared library that has the
    /// C interface of include/boundary_binder.h
    #[arg(long, global = true, value_name = "CMD", default_value = "reference")]
    binder: String,
    /// Ask the reference binder for a dialect (contract D): wraps, truncates, truthy, big128,
    /// raw-refusals, canonical-nan or error-as-keyword. May be given more than once
    #[arg(long, global = true, value_name = "NAME")]
    dialect: Vec<Dialect>,
    /// Have the reference binder, or a library, in the suite's own process, for a debugger: a crash then
    /// ends the run
    #[arg(long, global = true)]
    in_process: bool,
    /// The machine that the fixtures are built for: host, wasm64, wasm32 or aarch64-linux. Where it is of WebAssembly and no binder
    /// is named, the suite's own library at wire level calls them. `explain` says of more machines, such as
    /// aarch64-macos, where a signature's parameters are passed
    /// [default: host]
    #[arg(long = "target", global = true, value_name = "NAME", value_parser = machine)]
    machine: Option<Machine>,
    #[command(flatten)]
    pub(super) limits: Times,
    /// How often a binder that dies, hangs or talks garbage is started again
    #[arg(long, global = true, value_name = "N", default_value_t = RESTARTS)]
    pub(super) restarts: u32,
    /// How many of the binder are judged at once, each in a process of its own with every N-th trial
    /// [default: the processors there are, 4 at most]
    #[arg(long, global = true, value_name = "N", value_parser = jobs)]
    jobs: Option<NonZero<usize>>,
}

const RESTARTS: u32 = 32;

/// More than these share the machine's memory and gain little.
const MOST_JOBS: usize = 4;

/// More than these are more processes than a machine is for.
const JOBS: usize = 256;

fn jobs(word: &str) -> Result<NonZero<usize>, String> {
    match word.parse::<NonZero<usize>>() {
        Ok(jobs) if jobs.get() <= JOBS => Ok(jobs),
        _ => Err(format!("how many at once is a number from 1 to {JOBS}")),
    }
}

/// A machine by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Machine {
    /// The fixtures are built for it.
    Built(Target),
    /// Its C ABI is known.
    Described(&'static str, Abi),
}

fn machine(word: &str) -> Result<Machine, String> {
    let built = Target::ALL.iter().find(|target| target.name() == word);
    let described = || TARGETS.iter().find(|(name, _)| *name == word);
    built
        .map(|target| Machine::Built(*target))
        .or_else(|| described().map(|(name, abi)| Machine::Described(name, *abi)))
        .ok_or_else(|| {
            let built: Vec<_> = Target::ALL.iter().map(|target| target.name()).collect();
            let described = TARGETS.map(|(name, _)| name);
            format!("the targets are {}; of `explain`, {}", built.join(", "), described.join(", "))
        })
}

/// What is said where the suite has no library of its own for a target.
pub(super) const NOBODY_CALLS: &str = "nothing of the suite's own calls what is built for aarch64-linux: name with \
     `--binder` a program of that machine, as `qemu-aarch64` runs it (adapters/libffi-aarch64)";

/// Has this process read signatures, layouts and cases by the words of a target.
pub(super) fn judge_words_of(target: Target) {
    let words = if target == Target::Wasm32 { DataModel::Ilp32 } else { DataModel::Lp64 };
    words.judge();
}

impl Choice {
    pub(super) fn binder(&self) -> anyhow::Result<Binder> {
        let (server, limits) = (std::env::current_exe()?, self.limits.into());
        let target = self.target();
        if target != Target::Host {
            anyhow::ensure!(
                self.dialect.is_empty() && !self.in_process,
                "the reference binder calls what is built for its own machine: leave `--dialect` and \
                 `--in-process`, or `--target`"
            );
            if self.binder == "reference" {
                anyhow::ensure!(target.is_wasm(), NOBODY_CALLS);
                return Ok(Binder::wire(target, &server, limits));
            }
        }
        let named = Binder::named(&self.binder, &self.dialect, &server, limits)?;
        Ok(if self.in_process { named.here()? } else { named })
    }

    /// How many of the binder are judged at once.
    pub(super) fn jobs(&self) -> usize {
        let there_are = || std::thread::available_parallelism().map_or(1, NonZero::get);
        self.jobs.map_or_else(|| there_are().min(MOST_JOBS), NonZero::get)
    }

    /// Whether it is another binder than where none is named.
    pub(super) fn is_named(&self) -> bool {
        self.binder != "reference" || !self.dialect.is_empty() || self.in_process
    }

    /// Whether anything is said of how it is started and how long it may take.
    pub(super) fn is_limited(&self) -> bool {
        let has_limits = Limits::from(self.limits) != Limits::default();
        has_limits || self.restarts != RESTARTS || self.jobs.is_some()
    }

    /// The machine that is named, or the host.
    pub(super) fn machine(&self) -> Machine {
        self.machine.unwrap_or(Machine::Built(Target::Host))
    }

    /// Whether no machine is named, or what is built for a target runs on the one that is.
    pub(super) fn agrees_with(&self, target: Target) -> bool {
        self.machine.is_none_or(|machine| machine == Machine::Built(target))
    }

    /// What the fixtures are built for; the host where they are not built for the machine that is named.
    pub(super) fn target(&self) -> Target {
        match self.machine() {
            Machine::Built(target) => target,
            Machine::Described(..) => Target::Host,
        }
    }

    /// The machine that is named, and its C ABI.
    pub(super) fn described(&self) -> Option<(&'static str, Abi)> {
        match self.machine() {
            Machine::Described(name, abi) => Some((name, abi)),
            Machine::Built(target) => TARGETS.into_iter().find(|(name, _)| *name == target.name()),
        }
    }

    /// The binder, as people name it.
    pub(super) fn name(&self) -> &str {
        &self.binder
    }

    /// The options that make another process of this program choose the same.
    pub(super) fn words(&self) -> Vec<String> {
        let mut words = self.words_for(&self.binder);
        words.extend(self.in_process.then(|| "--in-process".to_owned()));
        words.extend(self.dialect.iter().map(|dialect| format!("--dialect={}", dialect.name())));
        words
    }

    /// The options that make another process choose that binder, with the same limits.
    pub(super) fn words_for(&self, binder: &str) -> Vec<String> {
        vec![
            format!("--binder={binder}"),
            format!("--start-limit-ms={}", self.limits.start_ms),
            format!("--call-limit-ms={}", self.limits.call_ms),
            format!("--bench-limit-ms={}", self.limits.bench_ms),
            format!("--stop-limit-ms={}", self.limits.stop_ms),
            format!("--memory-limit-mib={}", self.limits.memory_mib),
        ]
    }
}
