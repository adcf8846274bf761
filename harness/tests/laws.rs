//! Laws: what a failure prints reads back as the case that failed.

use std::path::{Path, PathBuf};

use contract::clause;
use corpus::case::{Body, Case, CaseFile, Corpus, Step};
use corpus::law;
use harness::run;
use judge::describe;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

fn corpus() -> std::sync::Arc<Corpus> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("spec-cases");
    run::load(&folder).unwrap_or_else(|error| panic!("{error}"))
}

/// What a case is, without where it stands.
fn meaning(case: &Case) -> Vec<String> {
    let Body::Calls(steps) = &case.body else { panic!("{} calls", case.name()) };
    let one = |step: &Step| format!("{:?} {:?} {:?}", step.arguments, step.expect, step.changes);
    steps.iter().map(one).collect()
}

#[test]
fn a_shrunk_case_is_ready_for_a_file() {
    let corpus = corpus();
    let clauses = clause::ids().into_iter().map(str::to_owned).collect();
    let types: Vec<_> =
        corpus.declarations_text.lines().filter(|line| !line.trim().is_empty()).collect();
    let mut runner = TestRunner::deterministic();
    let mut properties = 0;
    for case in corpus.suites.iter().flat_map(|suite| &suite.cases) {
        let Body::Property(property) = &case.body else { continue };
        properties += 1;
        let function = &property.function;
        for _ in 0..24 {
            let drawn = law::arguments(property, &corpus.declarations).new_tree(&mut runner);
            let value = drawn.expect("a value").current();
            let expected = law::case(case, property, &value, &corpus.declarations);
            let written = law::yaml(&expected);
            let text = format!(
                "suite: s\ntypes:\n  - \"{}\"\nfunctions:\n  {}: \"{}\"\ncases:\n{written}\n",
                types.join(" ").replace('"', "\\\""),
                function.symbol,
                function.text
            );
            let file = CaseFile { path: PathBuf::from("s.yaml"), bytes: text.clone().into_bytes() };
            let read = Corpus::read(&[file], &clauses);
            let read = read.unwrap_or_else(|errors| panic!("{}\n{text}", errors[0]));
            let shown = describe::short(&value);
            assert_eq!(meaning(&read.suites[0].cases[0]), meaning(&expected), "{shown}\n{text}");
        }
    }
    assert!(properties >= 50, "{properties} properties");
}
