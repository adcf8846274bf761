//! `conform publish`: a static site over the reports of many binders.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail, ensure};
use clap::Args;
use harness::site::{Refused, Site};
use interrupt::tool;
use judge::row::{CaseRow, Class, TrialOutcome};
use report::Report;

use super::output::{complain, say, told};
use super::{Common, exit, given};

#[derive(Debug, Args)]
pub(super) struct Publish {
    /// The site's folder; the binders it has already stay
    #[arg(value_name = "DIR")]
    site: PathBuf,
    /// Reports, or folders that hold one as `report.json`. Where its recording lies beside it, as `report.recording`, the
    /// run is judged again from that
    #[arg(value_name = "REPORT.json", required = true)]
    reports: Vec<PathBuf>,
    /// Refuse a report without its recording
    #[arg(long)]
    recorded: bool,
}

/// What a recording's name ends with; before it stands the report's.
const RECORDING: &str = "recording";

pub(super) fn run(common: &Common, asked: &Publish) -> anyhow::Result<u8> {
    let mut site = Site::open(&asked.site)?;
    let mut refused = 0;
    for path in &asked.reports {
        if let Err(error) = put(&mut site, common, asked, path) {
            refused += 1;
            complain(&format!("{} is not published: {}", path.display(), told(&error)));
        }
    }
    written(site, &asked.site)?;
    Ok(if refused > 0 { exit::SUITE } else { exit::FINE })
}

/// Publishes reports that were just made here.
pub(super) fn all(folder: &Path, reports: &[(String, Report)]) -> anyhow::Result<u8> {
    let mut site = Site::open(folder)?;
    let mut code = exit::FINE;
    for (name, report) in reports {
        if let Err(Refused(why)) = site.put(report.clone(), false) {
            complain(&format!("{name} is not published: {why}"));
            code = exit::SUITE;
        }
    }
    written(site, folder)?;
    Ok(code)
}

fn written(site: Site, folder: &Path) -> anyhow::Result<()> {
    let count = site.binders().count();
    ensure!(count > 0, "there is nothing to publish");
    site.write()?;
    say(&format!("published {count} binders"));
    say(&format!("site      {}", folder.join("index.html").display()));
    Ok(())
}

fn put(site: &mut Site, common: &Common, asked: &Publish, path: &Path) -> anyhow::Result<()> {
    let report = given::one(path)?;
    let recording = given::file(path).with_extension(RECORDING);
    let is_recorded = recording.try_exists().with_context(|| recording.display().to_string())?;
    ensure!(is_recorded || !asked.recorded, "its recording is not there: {}", recording.display());
    if is_recorded {
        let again = again(common, &recording)?;
        borne_out(&report, &again).with_context(|| recording.display().to_string())?;
    }
    site.put(report, is_recorded).map_err(|Refused(why)| anyhow::Error::msg(why))
}

/// The report that a recording comes to here, in a process of its own, which judges the recording's target.
fn again(common: &Common, recording: &Path) -> anyhow::Result<Report> {
    let folder = tempfile::tempdir()?;
    let mut replay = Command::new(std::env::current_exe()?);
    replay.arg("replay").arg(recording).arg("--out").arg(folder.path());
    replay.arg("--cases").arg(common.case_folder()?).stdout(Stdio::null());
    let status = tool::run_here(&mut replay)?;
    ensure!(
        matches!(status.code(), Some(0 | 1)),
        "{} cannot be judged again: {status}",
        recording.display()
    );
    given::one(folder.path())
}

/// What a trial came to, whoever excuses it.
fn came_to(case: &CaseRow) -> (TrialOutcome, Option<Class>) {
    let outcome = match case.outcome {
        TrialOutcome::Expected => TrialOutcome::Failed,
        outcome => outcome,
    };
    (outcome, case.class)
}

/// Holds a report against what its recording comes to, trial by trial.
fn borne_out(report: &Report, again: &Report) -> anyhow::Result<()> {
    let said = [&report.subject.name, &report.subject.version, &report.suite.hash];
    let seen = [&again.subject.name, &again.subject.version, &again.suite.hash];
    ensure!(said == seen, "the report is of {said:?}, the recording of {seen:?}");
    let by_name = |report: &Report| -> BTreeMap<(String, String), (TrialOutcome, Option<Class>)> {
        let named = |case: &CaseRow| ((case.arm.clone(), case.id.clone()), came_to(case));
        report.cases.iter().map(named).collect()
    };
    let (said, seen) = (by_name(report), by_name(again));
    for ((arm, id), seen) in &seen {
        let shown = |(outcome, class): &(TrialOutcome, Option<Class>)| {
            let class = class.map_or(String::new(), |class| format!(" ({})", class.word()));
            format!("{}{class}", outcome.word())
        };
        match said.get(&(arm.clone(), id.clone())) {
            Some(said) if said == seen => {}
            Some(said) => {
                bail!("{arm}::{id}: the report says {}, the recording {}", shown(said), shown(seen))
            }
            None => bail!("{arm}::{id} is in the recording, and not in the report"),
        }
    }
    let added = said.keys().find(|name| !seen.contains_key(name));
    if let Some((arm, id)) = added {
        bail!("{arm}::{id} is in the report, and not in the recording");
    }
    Ok(())
}
