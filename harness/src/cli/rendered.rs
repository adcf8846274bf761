//! `conform report`: a report read back, and rendered as asked.

use std::path::PathBuf;

use clap::Args;
use report::terminal::Colour;

use super::output::say;
use super::{Common, exit, given};

#[derive(Debug, Args)]
pub(super) struct Rendered {
    /// The report, or the folder that holds its `report.json`
    #[arg(value_name = "REPORT.json")]
    report: PathBuf,
}

pub(super) fn run(common: &Common, asked: &Rendered) -> anyhow::Result<u8> {
    let report = given::one(&asked.report)?;
    say(common.format().render(&report, None, Colour::of_stdout())?.trim_end());
    Ok(exit::FINE)
}
