//! `conform merge`: the reports of a run's shards joined to the report of the whole.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use clap::Args;
use harness::run::{self, Run};
use report::{Folder, JSON_FILE, merge};

use super::{Common, UNWRITTEN, command_line, given, output, shown};

#[derive(Debug, Args)]
pub(super) struct Merge {
    /// The report of each shard, or the folder that holds its `report.json`
    #[arg(value_name = "REPORT.json", required = true)]
    reports: Vec<PathBuf>,
}

/// Where the whole goes.
const OUT: &str = "reports/merged";

pub(super) fn run(common: &Common, asked: &Merge) -> anyhow::Result<u8> {
    let out = common.out.clone().unwrap_or_else(|| PathBuf::from(OUT));
    let place = |path: &Path| path.canonicalize().ok();
    let whole = place(&out.join(JSON_FILE));
    for path in &asked.reports {
        ensure!(
            whole.is_none() || place(&given::file(path)) != whole,
            "{} would be replaced by the whole: name another folder with --out DIR",
            path.display()
        );
    }
    let parts = given::all(&asked.reports);
    let joined = parts.and_then(|parts| Ok(merge::merge(&parts, command_line())?));
    // What was there before is no report of these, whether they can be joined or not.
    let folder = Folder::begin(&out, run::begun(command_line())).context(UNWRITTEN)?;
    match joined {
        Ok(report) => shown(&Run { report, measurement: None, unwritten: None }, &folder, common),
        Err(error) => {
            folder.fail(&output::told(&error)).context(UNWRITTEN)?;
            Err(error)
        }
    }
}
