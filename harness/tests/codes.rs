//! The codes of the contract's page are the codes of the reader and of calls, and a reader that says
//! another code, or accepts, is red.

use std::collections::BTreeSet;
use std::path::Path;

use contract::{Declarations, RefusalCode, Signature};
use corpus::malformed::{self, Choices};
use harness::run;
use reference_binder::refusal::CallCode;

const CONTRACT: &str = include_str!("../../docs/contract.md");

/// The codes of the table with this heading.
fn table(heading: &str) -> Vec<&'static str> {
    let rows = CONTRACT.lines().skip_while(|line| *line != heading).skip(2);
    rows.map_while(|line| line.strip_prefix("| `")?.split('`').next()).collect()
}

#[test]
fn the_table_of_the_contract_is_the_codes_of_the_reader() {
    let table = table("| code | refused with it |");
    let known: Vec<&str> = RefusalCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(table, known, "in the order of the table");
}

#[test]
fn the_codes_of_calls_are_those_of_the_contract() {
    let said: BTreeSet<&str> = table("| code | the call has |").into_iter().collect();
    let (after_the_call, refusals): (Vec<CallCode>, Vec<CallCode>) =
        CallCode::ALL.iter().partition(|code| code.after_the_call());
    assert_eq!(said, refusals.iter().map(|code| code.as_str()).collect());
    for code in after_the_call {
        assert!(CONTRACT.contains(&format!("`{}`", code.as_str())), "{code:?}");
    }
}

/// The faults are what they are called: without its fault each text is accepted, with it refused by the
/// one code, however often it is drawn.
#[test]
fn a_fault_is_refused_by_its_code_however_it_is_drawn() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("spec-cases");
    let corpus = run::load(&folder).expect("the corpus is read");
    let (mut drawn, mut hit) = (BTreeSet::new(), BTreeSet::new());
    // As the arm `malformed` takes none that are variadic.
    let plain = corpus.functions.values().filter(|function| function.signature.fixed.is_none());
    for function in plain {
        let mut choices = Choices::of(&function.symbol);
        for _ in 0..2 {
            let seed = choices.seed();
            let all = malformed::each(&function.text, "", &mut choices).expect("it is valid");
            for malformed::Malformed { signature, declarations, code } in all {
                let mut declared = corpus.declarations.clone();
                let read = declared
                    .extend(&declarations)
                    .and_then(|()| Signature::read(&signature, &declared));
                let refusal = read.expect_err(&signature);
                assert_eq!(refusal.code, code, "{signature} {declarations} (seed {seed:#x})");
                drawn.insert(signature);
                hit.insert(code);
            }
        }
    }
    assert_eq!(hit, malformed::codes().collect());
    assert!(drawn.len() > 2000, "{}", drawn.len());
}

/// Nothing is refused because of what is declared beside it.
#[test]
fn without_its_fault_a_text_is_accepted() {
    let one = malformed::each("[x :i64 :ret :void]", "", &mut Choices::of("x")).expect("valid");
    let clean = one.iter().find(|malformed| malformed.code == RefusalCode::VoidArgument);
    let clean = clean.expect("a fault of the signature");
    let declared = Declarations::read(&clean.declarations).expect("what is beside is valid");
    assert!(Signature::read("[x :i64 :ret :void]", &declared).is_ok());
    assert!(Signature::read(&clean.signature, &declared).is_err());
}
