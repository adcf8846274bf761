//! `conform list`: the trials, or the clauses with what proves each.

use clap::Args;
use contract::clause;
use corpus::case::Corpus;
use harness::proof;
use harness::run;
use judge::plan::Trial;
use report::Format;
use serde_json::json;

use super::output::say;
use super::selected::Selected;
use super::{Common, exit};

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    selected: Selected,
    /// List the clauses of the contract, each with the trials that cite it and the tests that prove it
    #[arg(long, conflicts_with_all = ["filter", "arm", "without", "shard"])]
    clauses: bool,
}

pub(super) fn run(list: &List, common: &Common) -> anyhow::Result<u8> {
    let corpus: &Corpus = &*common.corpus()?;
    let trials = run::trials(corpus, &list.selected.of(common.seed))?;
    let text = match (list.clauses, common.format()) {
        (false, Format::Text) => trials.iter().map(Trial::name).collect::<Vec<_>>().join("\n"),
        (false, _) => serde_json::to_string_pretty(
            &trials
                .iter()
                .map(|trial| json!({"name": trial.name(), "clauses": trial.clauses()}))
                .collect::<Vec<_>>(),
        )?,
        (true, format) => clauses(&trials, format)?,
    };
    say(&text);
    Ok(exit::FINE)
}

fn clauses(trials: &[Trial], format: Format) -> anyhow::Result<String> {
    let cited: Vec<Vec<String>> = trials.iter().map(Trial::clauses).collect();
    let citing = |id: &str| -> Vec<String> {
        let cites = |clauses: &Vec<String>| clauses.iter().any(|clause| clause == id);
        let found = trials.iter().zip(&cited).filter(|(_, clauses)| cites(clauses));
        found.map(|(trial, _)| trial.name()).collect()
    };
    if matches!(format, Format::Json) {
        let all: serde_json::Map<_, _> = clause::all()
            .iter()
            .map(|clause| {
                let proofs: Vec<_> = proof::of(&clause.id).map(proof::Proof::name).collect();
                let row = json!({"trials": citing(&clause.id), "tests": proofs});
                (clause.id.clone(), row)
            })
            .collect();
        return Ok(serde_json::to_string_pretty(&all)?);
    }
    let line = |clause: &clause::Clause| {
        let trials = citing(&clause.id);
        let first = trials.first().map_or("", String::as_str);
        let line = format!("{:<5} {:>4} trials  {first}", clause.id, trials.len());
        let tests = proof::of(&clause.id)
            .map(|proof| format!("\n{:>10} test    {} ({})", "", proof.name(), proof.shows));
        line.trim_end().to_owned() + &tests.collect::<String>()
    };
    Ok(clause::all().iter().map(line).collect::<Vec<_>>().join("\n"))
}
