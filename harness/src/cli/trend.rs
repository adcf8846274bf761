//! `conform trend`: reports of one binder over time.

use std::path::PathBuf;

use clap::Args;
use report::Format;
use report::trend;

use super::output::say;
use super::{Common, given};

#[derive(Debug, Args)]
pub(super) struct Trend {
    /// The reports, or their folders; they are put in the order of their time
    #[arg(value_name = "REPORT.json", required = true)]
    reports: Vec<PathBuf>,
    /// Only shapes whose name contains this. May be given more than once
    #[arg(long, value_name = "TEXT")]
    shape: Vec<String>,
}

pub(super) fn run(common: &Common, asked: &Trend) -> anyhow::Result<u8> {
    let mut trend = trend::trend(&given::all(&asked.reports)?)?;
    trend.keep_shapes(&asked.shape);
    let text = match common.format() {
        Format::Json => serde_json::to_string_pretty(&trend)?,
        Format::Markdown => trend.markdown(),
        _ => trend.text(),
    };
    say(text.trim_end());
    Ok(trend.exit_code())
}
