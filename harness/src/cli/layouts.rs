//! `conform layouts`: generated structs, laid out by the contract and by Zig.

use anyhow::Context;
use clap::Args;
use corpus::seed;
use harness::layouts;

use super::exit;
use super::output::say;

#[derive(Debug, Args)]
pub(super) struct Layouts {
    /// How many structs
    #[arg(long, default_value_t = layouts::COUNT, value_parser = count)]
    count: usize,
}

/// More than these are no better evidence, and Zig takes minutes for them.
const MOST: usize = 10_000;

fn count(word: &str) -> Result<usize, String> {
    match word.parse() {
        Ok(count @ 1..=MOST) => Ok(count),
        _ => Err(format!("how many structs is a number from 1 to {MOST}")),
    }
}

pub(super) fn run(asked: &Layouts, seed: Option<u64>) -> anyhow::Result<u8> {
    let seed = seed.unwrap_or_else(seed::fresh);
    let folder = std::env::temp_dir().join(format!("boundary-layouts-{}", std::process::id()));
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    let compared = layouts::compare(seed, asked.count, &folder);
    // The folder is scratch: what cannot be removed now is the system's to remove.
    let _ = std::fs::remove_dir_all(&folder);
    let compared = compared?;
    compared.differences.iter().for_each(|difference| say(difference));
    say(&format!(
        "{} structs with {} fields of seed {seed}: {} differ",
        compared.structs,
        compared.fields,
        compared.differences.len()
    ));
    Ok(if compared.differences.is_empty() { exit::FINE } else { exit::CONFORMANCE })
}
