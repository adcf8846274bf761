//! `conform mutants`: binders that each break one rule, every one of which must be caught.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use ::mutants::faults::BENCH_IN_PROCESS;
use anyhow::{Context, ensure};
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use harness::binder::{Binder, Speaker};
use harness::mutants::{self, Asked};
use harness::run::Run;
use judge::plan::Shard;
use measure::Work;
use report::Folder;
use subject::protocol::{Launch, Limits};

use super::measured::MeasureWorker;
use super::progress::Shown;
use super::{Common, shown};

/// Which faults.
#[derive(Debug, Args)]
pub(super) struct Mutants {
    /// Only faults whose name contains this, or of the family of this name. May be given more than once
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    filter: Vec<String>,
    /// Only the k-th of n equal parts
    #[arg(long, value_name = "K/N")]
    shard: Option<Shard>,
    /// Put each to every arm, and not only to those that must catch it, until one does: the whole matrix
    #[arg(long)]
    every_arm: bool,
}

/// How long cargo may take to build the faulty binder.
const BUILDING: Duration = Duration::from_secs(20 * 60);
/// How long a faulty binder may take to answer a call.
const CALL: Duration = Duration::from_secs(3);
/// For a loop of calls.
const LOOP: Duration = Duration::from_secs(20);
/// How often one may die before its run is over: by then it is caught, or never.
const RESTARTS: u32 = 32;

pub(super) fn run(common: &Common, asked: &Mutants) -> anyhow::Result<u8> {
    common.reported(|folder| run_to(folder, common, asked))
}

fn run_to(folder: &Folder, common: &Common, asked: &Mutants) -> anyhow::Result<u8> {
    let Mutants { filter, shard, every_arm } = asked;
    let asked = Asked { filters: filter.clone(), shard: *shard, every_arm: *every_arm };
    mutants::meant(&asked)?;
    let program = build()?;
    let guardian = Some(std::env::current_exe()?);
    let binder = |words| {
        let limits = Limits { call: CALL, bench: LOOP, ..Limits::default() };
        let launch = Launch { words, guardian: guardian.clone(), limits, ..Launch::default() };
        Binder::Apart { speaker: Speaker::Program, launch }
    };
    let measuring = |arm: &str, fault: &str, work: &Work| {
        if arm == BENCH_IN_PROCESS {
            let mut command = Command::new(&program);
            command.args(["measure", fault, &serde_json::to_string(work)?]);
            return Ok(command);
        }
        let words = [&*program.to_string_lossy(), "contract", fault].map(str::to_owned);
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(format!("--binder={}", shell_words::join(words)));
        command.args(MeasureWorker::words(work)?);
        Ok(command)
    };
    let mut request = common.request(common.binder.binder()?)?;
    request.restarts = RESTARTS;
    request.selection.seed = common.seed;
    let mut progress = Shown::new();
    let report = mutants::run(&request, &asked, &program, &binder, &measuring, &mut progress)?;
    shown(&Run { report, measurement: None, unwritten: None }, folder, common)
}

/// Builds the faulty binder beside this program, as this was built.
fn build() -> anyhow::Result<PathBuf> {
    let exe = std::env::current_exe()?;
    let folder = exe.parent().context("this program is in no folder")?;
    let target = folder.parent().context("this program's folder is in no other")?;
    let sources = super::release::sources("the faulty binder is made")?;
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(&sources).args(["build", "--quiet", "--locked", "--package", "mutants"]);
    command.args(["--profile", profile, "--target-dir"]).arg(target);
    let built = interrupt::tool::run(&mut command, BUILDING)
        .map_err(|error| anyhow::anyhow!("cargo, which builds the faulty binder: {error}"))?;
    ensure!(
        built.status.success(),
        "cargo does not build the faulty binder:\n{}",
        String::from_utf8_lossy(&built.stderr).trim_end()
    );
    Ok(folder.join("faulty-binder"))
}
