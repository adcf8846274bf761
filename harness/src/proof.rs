//! Proofs that are no trials: clauses, or parts of clauses, that only tests of the suite can show, read from
//! docs/proofs.md, whose rows harness/tests/proof.rs holds against the tests there are.

use std::sync::LazyLock;

/// The page the proofs are read from.
const PAGE: &str = include_str!("../../docs/proofs.md");

/// Every proof, in the order of the page.
pub static PROOFS: LazyLock<Vec<Proof>> =
    LazyLock::new(|| read(PAGE).unwrap_or_else(|row| panic!("docs/proofs.md: {row}")));

/// A test that proves a clause, or a part of it, beside the trials that cite the clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The clause.
    pub clause: &'static str,
    /// The file the test stands in, from the root of the workspace.
    pub file: &'static str,
    /// The test.
    pub test: Test,
    /// What of the clause it shows.
    pub shows: &'static str,
}

/// How a test is found in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    /// A test function of this name.
    Named(&'static str),
    /// A documentation test that must fail to compile with this error, in the documentation of this
    /// item.
    DoesNotCompile {
        /// The compiler's error code.
        error: &'static str,
        /// The item's first words.
        item: &'static str,
    },
}

/// The proofs of a clause.
pub fn of(clause: &str) -> impl Iterator<Item = &'static Proof> {
    PROOFS.iter().filter(move |proof| proof.clause == clause)
}

/// The rows of the page, one for each of their clauses; a row that is not as its heading says is the error.
fn read(page: &'static str) -> Result<Vec<Proof>, &'static str> {
    let mut proofs = Vec::new();
    // The table's heading and the line under it come first.
    for row in page.lines().filter(|line| line.starts_with('|')).skip(2) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let &[clauses, file, test, shows] = &*cells else { return Err(row) };
        let test = test.strip_prefix('`').and_then(|test| test.strip_suffix('`')).ok_or(row)?;
        let test = match test.split_once(" does not compile: ") {
            Some((item, error)) => Test::DoesNotCompile { error, item },
            None => Test::Named(test),
        };
        let of = |clause| Proof { clause, file, test, shows };
        proofs.extend(clauses.split(' ').map(of));
    }
    Ok(proofs)
}

impl Proof {
    /// The test as a person finds it: `reference-binder/src/scope.rs: a_burst_is_given_back`.
    pub fn name(&self) -> String {
        match self.test {
            Test::Named(name) => format!("{}: {name}", self.file),
            Test::DoesNotCompile { error, item } => {
                format!("{}: {item} … does not compile ({error})", self.file)
            }
        }
    }
}
