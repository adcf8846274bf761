//! `conform measure-worker`: a process that measures, and prints what it took.

use std::process::Command;

use clap::Args;
use measure::{Work, count, worker};

use super::output::say;
use super::{Common, exit};

#[derive(Debug, Args)]
pub(super) struct MeasureWorker {
    /// What it is to do, as JSON
    work: String,
}

impl MeasureWorker {
    /// A process of this program that does some work with the binder that options choose.
    pub(super) fn command(options: Vec<String>, work: &Work) -> std::io::Result<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(options).args(MeasureWorker::words(work)?);
        Ok(command)
    }

    /// The words that have a process do some work.
    pub(super) fn words(work: &Work) -> std::io::Result<[String; 2]> {
        Ok(["measure-worker".to_owned(), serde_json::to_string(work)?])
    }
}

pub(super) fn run(common: &Common, asked: &MeasureWorker) -> anyhow::Result<u8> {
    worker::ends_with_its_starter()?;
    let (work, binder) = (serde_json::from_str::<Work>(&asked.work)?, common.binder.binder()?);
    let answer = match work.shape_ms {
        Some(shape_ms) => {
            let binder = binder.timed();
            let measured = worker::run(&work, shape_ms, &|| binder.subject());
            serde_json::to_string(&measured.map_err(anyhow::Error::msg)?)?
        }
        None => {
            let binder = binder.here()?;
            let counted = count::run(&work, &|| binder.subject());
            serde_json::to_string(&counted.map_err(anyhow::Error::msg)?)?
        }
    };
    say(&answer);
    Ok(exit::FINE)
}
