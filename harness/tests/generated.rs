//! A seed's signatures, built and called: all of them as they must be, on the reference binder.

use std::path::Path;

use corpus::generated;
use harness::binder::{Binder, Own};
use harness::run::{self, Request};
use judge::plan::Selection;
use judge::progress::Unwatched;
use judge::row::TrialOutcome;
use zig_lib::library::Target;

fn request(selection: Selection) -> Request {
    Request {
        target: Target::Host,
        cases: Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("spec-cases"),
        binder: Binder::Here(Own::Reference(Vec::new())),
        under: None,
        restarts: 0,
        jobs: 1,
        selection,
        effort: None,
        scaling: false,
        expected: None,
        write_expected: false,
        strict: false,
        drawn: 0,
        replayed: None,
        command: "conform check --arm generated".to_owned(),
    }
}

#[test]
fn every_signature_of_the_suites_own_seed_passes() {
    let nobody = |_: &measure::Work| Err(std::io::Error::other("no process is needed"));
    let selection = Selection { arms: vec!["generated".to_owned()], ..Selection::default() };
    let run = run::run(&request(selection), &nobody, &mut Unwatched).expect("the run is made");
    let passed = TrialOutcome::Passed;
    let failed: Vec<_> = run.report.cases.iter().filter(|row| row.outcome != passed).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!(run.report.cases.len(), generated::COUNT);
    assert!(run.report.suite.command.ends_with(&format!("--seed {}", generated::SEED)));
    let last = &run.report.cases[generated::COUNT - 1];
    let repeated =
        "conform check --arm generated --seed 1 --filter generated::seed-1::789 --in-process";
    assert_eq!(last.repro, repeated);
}

#[test]
fn other_arms_take_made_signatures_where_a_seed_is_named() {
    let corpus = run::load(&request(Selection::default()).cases).expect("the corpus is read");
    let count = |arm: &str, seed: Option<u64>| {
        let selection = Selection { arms: vec![arm.to_owned()], seed, ..Selection::default() };
        let trials = run::trials(&corpus, &selection).expect("something is selected");
        trials.iter().filter(|trial| trial.name().contains("::seed-9::")).count()
    };
    assert_eq!(count("generated", Some(9)), generated::COUNT);
    assert_eq!(count("round-trip", Some(9)), generated::COUNT);
    assert_eq!(count("round-trip", None), 0);
}
