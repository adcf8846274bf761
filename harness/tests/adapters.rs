//! Every folder of `adapters/` is judged as its manifest says, with its list of known failures: the arms it
//! names, over a part of the corpus. `conform compare` judges the whole. One that cannot run here is ignored, with
//! the reason.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use harness::adapter::{self, Manifest};
use libtest_mimic::{Arguments, Completion, Failed, Trial};

/// What of the corpus is judged here. The slowest binders take up to 20 minutes for all of it.
const SHARD: &str = "1/24";

fn main() -> ExitCode {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("adapters");
    let folders = adapter::folders(&folder).unwrap_or_else(|problem| panic!("{problem}"));
    assert!(!folders.is_empty(), "{} holds no adapter", folder.display());
    let trial = |folder: PathBuf| {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Trial::ignorable_test(name, move || judged(&folder))
    };
    let trials = folders.into_iter().map(trial).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn judged(folder: &Path) -> Result<Completion, Failed> {
    let manifest = Manifest::read(folder)?;
    if !folder.join("README.md").is_file() {
        return Err("it has no README.md".into());
    }
    if let Some(reason) = manifest.lacking(folder) {
        return Ok(Completion::ignored_with(reason));
    }
    let scratch = tempfile::tempdir()?;
    let mut command = manifest.check(folder, Path::new(env!("CARGO_BIN_EXE_conform")));
    command.args(["--shard", SHARD, "--out"]).arg(scratch.path());
    let output = command.output()?;
    let shown = [&output.stdout[..], &output.stderr[..]].concat();
    let shown = String::from_utf8_lossy(&shown);
    if output.status.code() != Some(0) {
        return Err(format!("{:?} came to {}:\n{shown}", command, output.status).into());
    }
    let report = report::json::read(&scratch.path().join("report.json"))?;
    let wrong = manifest.complaints(&report);
    if wrong.is_empty() {
        Ok(Completion::Completed)
    } else {
        Err(format!("{}\n{shown}", wrong.join("\n")).into())
    }
}
