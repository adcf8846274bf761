//! Every folder of `adapters/` is judged as its manifest says, with its list of known failures; the arms it
//! names, over the whole corpus. One that cannot run here is ignored, with the reason.
//!
//! A folder holds the adapter's program, a README.md, `adapter.yaml`, and, where anything is known to fail,
//! `known-failures.yaml`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use corpus::case::error::Fault;
use corpus::case::fields::{Fields, list, text, word};
use corpus::case::yaml::{self, Node};
use judge::row::Reason;
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use report::{CaseRow, Report, TrialOutcome};

/// What `adapter.yaml` says.
struct Manifest {
    /// `wire` or `contract`.
    level: String,
    /// The words that start it, in its folder.
    command: Vec<String>,
    /// Words of a command that succeeds where it can run.
    needs: Vec<String>,
    /// The arms it is judged by here, in some seconds.
    arms: Vec<String>,
    /// Parts of the only reasons why a trial that it owes is not judged.
    gated: Vec<String>,
}

const FIELDS: [&str; 5] = ["level", "command", "needs", "arms", "gated"];

fn main() -> ExitCode {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("adapters");
    let mut folders: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("the folder is read").path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    assert!(!folders.is_empty(), "{} holds no adapter", folder.display());
    let trial = |folder: PathBuf| {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Trial::ignorable_test(name, move || judged(&folder))
    };
    let trials = folders.into_iter().map(trial).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn judged(folder: &Path) -> Result<Completion, Failed> {
    let manifest = read(folder)?;
    if !folder.join("README.md").is_file() {
        return Err("it has no README.md".into());
    }
    if let Some(reason) = lacking(&manifest.needs) {
        return Ok(Completion::ignored_with(reason));
    }
    let scratch = tempfile::tempdir()?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_conform"));
    command.current_dir(folder).arg("check").arg("--out").arg(scratch.path());
    command.args(["--binder", &shell_words::join(&manifest.command)]);
    command.args(manifest.arms.iter().flat_map(|arm| ["--arm", arm]));
    if folder.join("known-failures.yaml").is_file() {
        command.args(["--expected", "known-failures.yaml"]);
    }
    let output = command.output()?;
    let shown = [&output.stdout[..], &output.stderr[..]].concat();
    let shown = String::from_utf8_lossy(&shown);
    if output.status.code() != Some(0) {
        return Err(format!("{:?} came to {}:\n{shown}", command, output.status).into());
    }
    let report = report::json::read(&scratch.path().join("report.json"))?;
    let wrong = complaints(&manifest, &report);
    if wrong.is_empty() {
        Ok(Completion::Completed)
    } else {
        Err(format!("{}\n{shown}", wrong.join("\n")).into())
    }
}

/// What is wrong with a report that nothing in it failed of: a library that serves less than it did is
/// gated, which no list of known failures sees.
fn complaints(manifest: &Manifest, report: &Report) -> Vec<String> {
    let mut wrong = Vec::new();
    let level = report.subject.level.name();
    if level != manifest.level {
        wrong.push(format!(
            "adapter.yaml says that its level is {}, itself {level}",
            manifest.level
        ));
    }
    let gated = report.cases.iter().filter(|row| row.outcome == TrialOutcome::Gated);
    for CaseRow { arm, id, observed, .. } in gated.filter(|row| row.reason != Some(Reason::NotOwed))
    {
        let reason = observed.as_deref().unwrap_or_default();
        if !manifest.gated.iter().any(|known| reason.contains(known)) {
            wrong.push(format!("{arm}::{id} is gated: {reason}"));
        }
    }
    for arm in &manifest.arms {
        let passed = |row: &CaseRow| row.arm == *arm && row.outcome == TrialOutcome::Passed;
        if !report.cases.iter().any(passed) {
            wrong.push(format!("no trial of {arm} passed"));
        }
    }
    wrong
}

/// Why what an adapter needs is not here, where it is not.
fn lacking(needs: &[String]) -> Option<String> {
    let (program, arguments) = needs.split_first()?;
    let told = match Command::new(program).args(arguments).output() {
        Ok(output) if output.status.success() => return None,
        Ok(output) => output.status.to_string(),
        Err(error) => error.to_string(),
    };
    Some(format!("`{}` does not work here: {told}", shell_words::join(needs)))
}

fn read(folder: &Path) -> Result<Manifest, Failed> {
    let file = folder.join("adapter.yaml");
    let said = |problem: String| Failed::from(format!("{}: {problem}", file.display()));
    let source = fs::read_to_string(&file).map_err(|error| said(error.to_string()))?;
    let root = yaml::parse(&source).map_err(|error| said(format!("{error:?}")))?;
    let at = |fault: Fault| said(format!("line {}: {}", fault.mark.line, fault.problem));
    manifest(&root).map_err(at)
}

fn manifest(root: &Node) -> Result<Manifest, Fault> {
    let fields = Fields::of(root, "an adapter's manifest", &FIELDS)?;
    let texts = |field| -> Result<Vec<String>, Fault> {
        list(fields.require(field)?, field)?
            .iter()
            .map(|node| Ok(text(node, field)?.to_owned()))
            .collect()
    };
    Ok(Manifest {
        level: word(fields.require("level")?, "the level")?.to_owned(),
        command: texts("command")?,
        needs: texts("needs")?,
        arms: texts("arms")?,
        gated: texts("gated")?,
    })
}
