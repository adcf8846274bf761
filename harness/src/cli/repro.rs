//! `conform repro`: a case's native calls as a program of its own.

use std::path::Path;

use anyhow::Context;
use clap::Args;
use corpus::case::Corpus;
use harness::repro;

use super::exit;
use super::output::say;

#[derive(Debug, Args)]
pub(super) struct Repro {
    /// The case, such as scalars::echo-i8-min
    case: String,
    /// In C, the only language so far
    #[arg(long, required = true)]
    c: bool,
}

pub(super) fn run(repro: &Repro, corpus: &Corpus, out: Option<&Path>) -> anyhow::Result<u8> {
    let case = corpus
        .case(&repro.case)
        .with_context(|| format!("there is no case `{}`; `conform list` names them", repro.case))?;
    let program = repro::c_program(case, &corpus.declarations)?;
    match out {
        None => say(program.trim_end()),
        Some(path) => std::fs::write(path, program)
            .with_context(|| format!("cannot write {}", path.display()))?,
    }
    Ok(exit::FINE)
}
