//! `conform new-binder`: an adapter to begin with.

use std::path::PathBuf;

use clap::Args;
use harness::skeleton::Skeleton;

use super::exit;
use super::output::say;

#[derive(Debug, Args)]
pub(super) struct NewBinder {
    /// The language: python, lua, node, rust or c
    language: String,
    /// The folder to write to; it is made where it is not there
    folder: PathBuf,
}

pub(super) fn run(asked: &NewBinder) -> anyhow::Result<u8> {
    let skeleton = Skeleton::of(&asked.language)?;
    let written = skeleton.write(&asked.folder)?;
    for file in &written.files {
        say(&report::whole(&format!("wrote    {}", file.display())));
    }
    if let Some(prepare) = written.prepare {
        let folder = asked.folder.display().to_string();
        say(&report::whole(&format!("first    cd {} && {prepare}", shell_words::quote(&folder))));
    }
    let binder = shell_words::quote(&written.binder);
    say(&format!("try      conform smoke --binder {binder}"));
    say(&format!("judge    conform check --binder {binder}"));
    say(&format!(
        "It puts {} to the suite at wire level (docs/protocol.md). For another library, change what \
         its `link`, `invoke` and `peek` call.",
        skeleton.library
    ));
    Ok(exit::FINE)
}
