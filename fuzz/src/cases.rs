//! Case files: YAML, and EDN within it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::LazyLock;

use contract::clause;
use corpus::case::{CaseFile, Corpus};
use corpus::model;

/// Reads a case file under the name that it says its suite has. What is accepted can be judged: the model
/// says what must arrive for each call.
pub fn read(bytes: &[u8]) {
    static CLAUSES: LazyLock<BTreeSet<String>> =
        LazyLock::new(|| clause::ids().into_iter().map(str::to_owned).collect());
    let text = String::from_utf8_lossy(bytes);
    let named = text.lines().find_map(|line| line.strip_prefix("suite:"));
    let name = named.unwrap_or("unnamed").trim();
    if name.contains(['/', '\0']) {
        return;
    }
    let path = PathBuf::from(format!("{name}.yaml"));
    let file = CaseFile { path, bytes: bytes.to_vec() };
    let corpus = match Corpus::read(&[file], &CLAUSES) {
        Ok(corpus) => corpus,
        Err(errors) => {
            assert!(!errors.is_empty());
            // Some line breaks of YAML are none of `lines`.
            let most = 2 + text.chars().filter(|c| matches!(c, '\n' | '\r')).count();
            for error in errors {
                assert!((1..=most).contains(&error.at.line), "{error} in {most} lines");
                assert!(!error.to_string().is_empty());
            }
            return;
        }
    };
    for case in corpus.suites.iter().flat_map(|suite| &suite.cases) {
        assert!(corpus.case(&case.name()).is_some(), "{}", case.name());
        assert!(!case.clauses.is_empty());
        // A refused call may give what fits nothing, and none of it crosses.
        for step in case.steps().iter().filter(|step| !step.is_refused()) {
            let signature = &step.function.signature;
            let _ = model::arrivals(signature, &step.values(), &corpus.declarations);
            let _ = model::obliged(step, &corpus.declarations);
        }
    }
}
