//! `conform diff`: what differs between two reports of one binder.

use std::path::PathBuf;

use clap::Args;
use report::Format;
use report::diff;

use super::output::say;
use super::{Common, given};

#[derive(Debug, Args)]
pub(super) struct Diff {
    /// The report that was there before, or its folder
    #[arg(value_name = "FROM.json")]
    from: PathBuf,
    /// The report that is held against it, or its folder
    #[arg(value_name = "TO.json")]
    to: PathBuf,
}

pub(super) fn run(common: &Common, asked: &Diff) -> anyhow::Result<u8> {
    let named = |path: &PathBuf| -> anyhow::Result<_> {
        Ok((path.display().to_string(), given::one(path)?))
    };
    let diff = diff::diff(&named(&asked.from)?, &named(&asked.to)?)?;
    let text = match common.format() {
        Format::Json => serde_json::to_string_pretty(&diff)?,
        Format::Markdown => diff.markdown(),
        _ => diff.text(),
    };
    say(text.trim_end());
    Ok(diff.exit_code())
}
