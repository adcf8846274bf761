//! What proves each clause: no clause is without a trial or a test, and every test named exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use contract::clause;
use harness::proof::{PROOFS, Proof, Test};
use harness::run;
use judge::plan;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace").to_owned()
}

/// What is wrong with a proof whose file holds this text.
fn complaint(proof: &Proof, text: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    // Whether what begins so has a line that begins so among its attributes and documentation.
    let has_above = |declared: &str, wanted: &str| {
        lines.iter().enumerate().any(|(at, line)| {
            let above = lines[..at].iter().rev();
            let mut above =
                above.take_while(|line| line.starts_with("#[") || line.starts_with("///"));
            line.starts_with(declared) && above.any(|line| line.starts_with(wanted))
        })
    };
    let found = match proof.test {
        Test::Named(name) => {
            let declared = format!("fn {name}(");
            has_above(&declared, "#[test]") || in_proptest(&lines, &declared)
        }
        Test::DoesNotCompile { error, item } => {
            has_above(item, &format!("/// ```compile_fail,{error}"))
        }
    };
    (!found).then(|| format!("{}: {} is not there", proof.clause, proof.name()))
}

/// Inside `proptest!` the macro adds the attribute where the source leaves it out.
fn in_proptest(lines: &[&str], declared: &str) -> bool {
    let at = lines.iter().position(|line| line.starts_with(declared));
    at.is_some_and(|at| lines[..at].contains(&"proptest! {"))
}

#[test]
fn every_test_named_as_a_proof_exists() {
    let complaints: Vec<String> = PROOFS
        .iter()
        .filter_map(|proof| match fs::read_to_string(root().join(proof.file)) {
            Ok(text) => complaint(proof, &text),
            Err(error) => Some(format!("{}: {}: {error}", proof.clause, proof.file)),
        })
        .collect();
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn a_test_that_was_renamed_or_switched_to_a_helper_is_missed() {
    let named = |name| Proof { clause: "A-1", file: "x.rs", test: Test::Named(name), shows: "x" };
    let text = "    #[test]\n    /// Why.\n    fn kept() {}\n\nfn helper() {}\n";
    assert_eq!(complaint(&named("kept"), text), None);
    assert!(complaint(&named("helper"), text).is_some());
    assert!(complaint(&named("gone"), text).is_some());
    let test = Test::DoesNotCompile { error: "E0505", item: "pub struct Scope<" };
    let proof = Proof { test, ..named("") };
    let text =
        "/// ```compile_fail,E0505\n/// x\n/// ```\n#[derive(Debug)]\npub struct Scope<'s> {";
    assert_eq!(complaint(&proof, text), None);
    assert!(complaint(&proof, &text.replace("E0505", "E0506")).is_some());
    assert!(complaint(&proof, &text.replace("/// x\n", "fn f() {}\n")).is_some());
}

#[test]
fn no_clause_is_without_a_proof() {
    let corpus = run::load(&root().join("spec-cases")).expect("the corpus is read");
    let cited: BTreeSet<String> =
        plan::all(&corpus).iter().flat_map(plan::Trial::clauses).collect();
    let proved: BTreeSet<&str> = PROOFS.iter().map(|proof| proof.clause).collect();
    let bare: Vec<&str> = clause::ids()
        .into_iter()
        .filter(|id| !cited.contains(*id) && !proved.contains(id))
        .collect();
    assert!(bare.is_empty(), "neither a trial nor a test proves {bare:?}");
}

#[test]
fn every_clause_that_is_cited_or_proved_is_one() {
    let corpus = run::load(&root().join("spec-cases")).expect("the corpus is read");
    let known = clause::ids();
    let cited = plan::all(&corpus).into_iter().flat_map(|trial| trial.clauses());
    let proved = PROOFS.iter().map(|proof| proof.clause.to_owned());
    let unknown: BTreeSet<String> =
        cited.chain(proved).filter(|id| !known.contains(id.as_str())).collect();
    assert!(unknown.is_empty(), "no clause of the contract: {unknown:?}");
}
