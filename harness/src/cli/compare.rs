//! `conform compare`: reports side by side, or every adapter that can run here judged and set side by side.

use std::path::{Component, Path, PathBuf};
use std::process::Stdio;

use anyhow::Context;
use clap::Args;
use harness::adapter::{self, Manifest};
use harness::run::sound::{self, Judged};
use harness::run::{begun, host};
use interrupt::tool;
use measure::{Effort, Measurement, Work};
use report::terminal::Colour;
use report::{Folder, Format, JSON_FILE, Report, ReportError, compare};

use super::measured::MeasureWorker;
use super::output::{complain, say};
use super::progress::Shown;
use super::{Common, UNWRITTEN, code_of_report, command_line, exit, given, meant_shapes, publish};

#[derive(Debug, Args)]
pub(super) struct Compare {
    /// Reports to set side by side; without any, the adapters are judged
    #[arg(value_name = "REPORT.json")]
    reports: Vec<PathBuf>,
    /// The folder whose adapters are judged [default: adapters]
    #[arg(long, value_name = "DIR")]
    adapters: Option<PathBuf>,
    /// Only adapters whose folder's name contains this. May be given more than once
    #[arg(long, value_name = "TEXT", conflicts_with = "reports")]
    only: Vec<String>,
    /// Measure those that make loops, too, once all are judged: briefly, a process of each in turn. With reports,
    /// measure the adapters that they are of, and keep the figures in them
    #[arg(long)]
    bench: bool,
    /// With --bench, shapes whose name contains this, in place of seven that stand for all. May be given more than once
    #[arg(long, value_name = "TEXT", requires = "bench")]
    shape: Vec<String>,
    /// Publish what came of it in the site of this folder, as `conform publish` does
    #[arg(long, value_name = "DIR")]
    publish: Option<PathBuf>,
}

/// Where the reports of adapters go.
const OUT: &str = "reports/compare";

/// The shapes that are measured of many binders, where nobody says which: all of them take half a minute a process.
const USUAL: [&str; 7] =
    ["scalar-i64", "enum-echo", "handle-cycle", "slice-3", "struct-echo", "string-len", "owned-16"];

/// Longer of each shape than the main job: of a call that takes twenty floors that has forty batches, whose halves differ by
/// chance.
const EFFORT: Effort = Effort { shape_ms: 200, ..Effort::BRIEF };

pub(super) fn run(common: &Common, asked: &Compare) -> anyhow::Result<u8> {
    if !asked.reports.is_empty() {
        anyhow::ensure!(
            common.out.is_none(),
            "`--out` is for `conform compare` without reports, which writes some"
        );
        let read = |path: &PathBuf| Ok((name_of(path), given::one(path)?));
        let mut reports = asked.reports.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?;
        if asked.bench {
            measure(common, asked, &mut reports)?;
            for (path, (_, report)) in asked.reports.iter().zip(&reports) {
                kept(&given::file(path), report).context(UNWRITTEN)?;
            }
        }
        say(shown(common, &reports).trim_end());
        let code = worst_of(common, &reports);
        return Ok(published(asked, reports)?.max(code));
    }
    judge(common, asked)
}

/// Writes a report where it came from: with all its renderings where it stands in a folder of its own.
fn kept(file: &Path, report: &Report) -> Result<(), ReportError> {
    match file.parent().filter(|_| file.file_name().is_some_and(|name| name == JSON_FILE)) {
        Some(folder) => Folder::replace(folder, report),
        None => report::json::write(report, file),
    }
}

/// What is printed of them.
fn shown(common: &Common, reports: &[(String, Report)]) -> String {
    match common.format() {
        Format::Markdown => compare::markdown(reports),
        _ => compare::text(reports, Colour::of_stdout()),
    }
}

fn published(asked: &Compare, reports: Vec<(String, Report)>) -> anyhow::Result<u8> {
    let Some(site) = &asked.publish else { return Ok(exit::FINE) };
    let of = adapters(asked);
    let is_here = |name: &str| !is_of_another_machine(&of.join(name));
    let (here, others): (Vec<_>, Vec<_>) = reports.into_iter().partition(|(name, _)| is_here(name));
    for (name, _) in others {
        complain(&format!("{name} is not published: it is of another machine than this"));
    }
    publish::all(site, &here)
}

/// Whether a folder is of an adapter of another machine. One that cannot be read is not.
fn is_of_another_machine(folder: &Path) -> bool {
    Manifest::read(folder).is_ok_and(|manifest| manifest.is_of_another_machine())
}

/// The folder of adapters.
fn adapters(asked: &Compare) -> PathBuf {
    asked.adapters.clone().unwrap_or_else(|| PathBuf::from("adapters"))
}

/// A report is named after its folder, where that has a name of its own.
fn name_of(path: &Path) -> String {
    let path = given::file(path);
    let folder = path.parent().and_then(Path::file_name);
    let name = if path.file_name().is_some_and(|name| name == JSON_FILE) { folder } else { None };
    let name = name.or(path.file_stem()).unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// The path of a folder from another one: it stands in the report, where the machine's own folders are nobody's business.
/// Both have to be there.
fn seen_from(folder: &Path, path: &Path) -> anyhow::Result<PathBuf> {
    let real = |path: &Path| path.canonicalize().with_context(|| path.display().to_string());
    let (folder, path) = (real(folder)?, real(path)?);
    let shared = folder.components().zip(path.components()).take_while(|(a, b)| a == b).count();
    if shared <= 1 {
        return Ok(path);
    }
    let up = folder.components().skip(shared).map(|_| Component::ParentDir);
    Ok(up.chain(path.components().skip(shared)).collect())
}

/// The worst that any of them came to.
fn worst_of(common: &Common, reports: &[(String, Report)]) -> u8 {
    reports.iter().map(|(_, report)| code_of_report(common, report)).max().unwrap_or(exit::FINE)
}

fn judge(common: &Common, asked: &Compare) -> anyhow::Result<u8> {
    let of = adapters(asked);
    let folders = adapter::folders(&of).map_err(anyhow::Error::msg)?;
    let name =
        |folder: &Path| folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let is_meant =
        |name: &str| asked.only.is_empty() || asked.only.iter().any(|part| name.contains(part));
    let meant: Vec<PathBuf> =
        folders.into_iter().filter(|folder| is_meant(&name(folder))).collect();
    anyhow::ensure!(!meant.is_empty(), "{} holds no adapter that is meant", of.display());
    let conform = std::env::current_exe()?;
    let out = common.out.clone().unwrap_or_else(|| PathBuf::from(OUT));
    let cases = common.case_folder()?;
    let mut reports = Vec::new();
    let mut worst = exit::FINE;
    for folder in meant {
        let (name, manifest) =
            (name(&folder), Manifest::read(&folder).map_err(anyhow::Error::msg)?);
        if let Some(reason) = manifest.lacking(&folder) {
            complain(&format!("{name} is left out: {reason}"));
            continue;
        }
        let to = out.join(&name);
        // What was there before is no report of this run, whether the adapter can be judged or not.
        Folder::begin(&to, begun(command_line())).context(UNWRITTEN)?;
        // It is judged where it stands, and with the cases that are meant here.
        let mut command = manifest.check(&folder, &conform);
        command.arg("--cases").arg(seen_from(&folder, &cases)?);
        command.arg("--out").arg(seen_from(&folder, &to)?).stdout(Stdio::null());
        if let Some(seed) = common.seed {
            command.args(["--seed", &seed.to_string()]);
        }
        if common.strict {
            command.arg("--strict");
        }
        let status = tool::run_here(&mut command);
        let status = status.with_context(|| format!("{name} could not be judged"))?;
        match report::json::read(&to.join(JSON_FILE)) {
            Ok(report) if report.counts.planned > 0 => {
                for problem in manifest.complaints(&report) {
                    worst = worst.max(exit::CONFORMANCE);
                    complain(&format!("{name}: {problem}"));
                }
                reports.push((name, report));
            }
            _ => {
                worst = worst.max(exit::SUITE);
                complain(&format!("{name} was not judged ({status}): {}", to.display()));
            }
        }
    }
    anyhow::ensure!(!reports.is_empty(), "not one adapter could be judged here");
    if asked.bench {
        measure(common, asked, &mut reports)?;
        // What was measured belongs to what was judged, for whoever renders or publishes it.
        for (name, report) in &reports {
            Folder::replace(&out.join(name), report).with_context(|| format!("of {name}"))?;
        }
    }
    let page = out.join("compare.md");
    let text = compare::markdown(&reports);
    std::fs::write(&page, text).with_context(|| page.display().to_string())?;
    say(shown(common, &reports).trim_end());
    say(&format!("\nreport    {}", page.display()));
    worst = worst.max(worst_of(common, &reports));
    Ok(worst.max(published(asked, reports)?))
}

/// Measures what was judged, and keeps the figures in its reports.
fn measure(
    common: &Common,
    asked: &Compare,
    reports: &mut [(String, Report)],
) -> anyhow::Result<()> {
    let of = adapters(asked);
    let usual = USUAL.map(str::to_owned);
    let shapes = meant_shapes(if asked.shape.is_empty() { &usual } else { &asked.shape })?;
    let (corpus, conform) = (common.corpus()?, std::env::current_exe()?);
    let measuring = |name: &str| -> anyhow::Result<_> {
        let folder = of.join(name);
        let manifest = Manifest::read(&folder).map_err(anyhow::Error::msg)?;
        let conform = &conform;
        Ok(move |work: &Work| {
            let mut command = manifest.measure(&folder, conform);
            command.args(MeasureWorker::words(work)?);
            Ok(command)
        })
    };
    let (mut reports, others): (Vec<_>, Vec<_>) =
        reports.iter_mut().partition(|(name, _)| !is_of_another_machine(&of.join(name)));
    for (_, report) in others {
        let why = "it is of another machine than this, and so would be the floor";
        report.bench = Measurement::none(why, &shapes).rows;
    }
    let measuring =
        reports.iter().map(|(name, _)| measuring(name)).collect::<anyhow::Result<Vec<_>>>()?;
    let judged: Vec<Judged<'_>> = reports
        .iter()
        .zip(&measuring)
        .map(|((name, report), measuring)| Judged {
            name,
            subject: &report.subject,
            cases: &report.cases,
            shapes: &shapes,
            measuring,
        })
        .collect();
    let measured = sound::measure(&judged, &corpus, EFFORT, &mut Shown::new());
    drop(judged);
    for ((name, report), measured) in reports.iter_mut().map(|one| &mut **one).zip(measured) {
        // A verdict hangs on no processor; a figure does, and is this one's.
        report.host = host();
        report.bench = measured
            .unwrap_or_else(|error| {
                complain(&format!("{name} could not be measured: {error}"));
                Measurement::none(&error.to_string(), &shapes)
            })
            .rows;
    }
    Ok(())
}
