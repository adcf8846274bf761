//! `conform new-binder`: an adapter to begin with.

use std::path::PathBuf;

use clap::Args;
use harness::skeleton::{SKELETONS, Skeleton};

use super::exit;
use super::output::say;

#[derive(Debug, Args)]
pub(super) struct NewBinder {
    /// The language: python, lua, node, rust or c
    language: Option<String>,
    /// The folder to write to; it is made where it is not there
    folder: Option<PathBuf>,
}

const USAGE: &str = "`conform new-binder LANGUAGE FOLDER`";

/// Every language, with the library that is put to the suite there.
fn known() -> String {
    let named = |one: &Skeleton| format!("{} ({})", one.language, one.library);
    SKELETONS.iter().map(named).collect::<Vec<_>>().join(", ")
}

pub(super) fn run(asked: &NewBinder) -> anyhow::Result<u8> {
    let (skeleton, folder) = match (&asked.language, &asked.folder) {
        (Some(language), folder) => (Skeleton::of(language)?, folder),
        (None, _) => anyhow::bail!("{USAGE}: there is an adapter for {}", known()),
    };
    let Some(folder) = folder else {
        anyhow::bail!("{USAGE}: name the folder that the adapter is to be written to");
    };
    let written = skeleton.write(folder)?;
    for file in &written.files {
        say(&report::whole(&format!("wrote    {}", file.display())));
    }
    if let Some(prepare) = written.prepare {
        let folder = folder.display().to_string();
        say(&report::whole(&format!("first    cd {} && {prepare}", shell_words::quote(&folder))));
    }
    let binder = shell_words::quote(&written.binder);
    say(&format!("try      conform smoke --binder {binder}"));
    say(&format!("judge    conform check --binder {binder}"));
    say(&format!(
        "It puts {} to the suite at wire level (docs/protocol.md). What is the library's is in {}.",
        skeleton.library, skeleton.yours
    ));
    Ok(exit::FINE)
}
