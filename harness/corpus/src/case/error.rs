//! What can be wrong with a corpus: facts first, the message made of them.
//!
//! Every message says what was found, what was expected, and what to do about it; the location says
//! where. Knows nothing of how case files are read.

use std::path::Path;

use contract::bounds::message;

use super::Location;
use super::yaml::{Mark, YamlError, YamlFault};

/// One thing wrong with a corpus.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {}", message(&problem.to_string()))]
pub struct CorpusError {
    /// Where it stands. Line and column are 1 where the problem is a whole file or folder.
    pub at: Location,
    /// What it is.
    pub problem: Problem,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message above each variant says what its fields hold")]
pub enum Problem {
    #[error("cannot be read: {reason}; give the folder that holds the corpus")]
    Unreadable { reason: String },
    #[error("no case file here; a corpus is a folder of files named SUITE.yaml")]
    NoSuites,
    #[error(
        "not a file named SUITE.yaml; rename it or move it out of the corpus, so that nobody \
             takes it for cases that run"
    )]
    StrayFile,
    #[error("the byte at offset {offset} is not UTF-8; save the file as UTF-8")]
    NotUtf8 { offset: usize },
    #[error("not YAML: {detail}; correct the file here or just before")]
    Syntax { detail: String },
    #[error("the file holds nothing; expected a map with {}", one_of(.expected))]
    EmptyFile { expected: Vec<&'static str> },
    #[error("a second document begins; a file holds one, so give the rest a file of its own")]
    SecondDocument,
    #[error("found a YAML {feature}, which may not be used here; write the value out")]
    Feature { feature: &'static str },
    #[error("found a list or map as a key; a key is a plain word")]
    CompoundKey,
    #[error("the key `{key}` stands here again, first at {first}; remove one")]
    DuplicateKey { key: String, first: Location },
    #[error("nested deeper than {limit} levels; nothing needs that")]
    TooDeep { limit: usize },
    #[error("more than {limit} values, keys and ends in one file; write several")]
    TooMany { limit: usize },

    #[error("{place} has no field `{found}`; expected {}{}", one_of(.known), hint(.closest))]
    UnknownField {
        place: &'static str,
        found: String,
        known: Vec<&'static str>,
        closest: Option<&'static str>,
    },
    #[error("{place} lacks `{field}`; add it")]
    MissingField { place: &'static str, field: &'static str },
    #[error("{place} has `{first}` and `{second}`, which exclude each other; remove one")]
    Excluding { place: &'static str, first: &'static str, second: &'static str },
    #[error("found {found} as {what}; expected {expected}")]
    Unexpected { what: String, found: String, expected: String },

    #[error("the suite is named `{found}` in a file named `{stem}.yaml`; make them the same")]
    SuiteName { found: String, stem: String },
    #[error("`{found}` is no name for {what}; use lower-case letters, digits and single hyphens")]
    Name { what: &'static str, found: String },
    #[error("the {what} `{name}` is here again, first at {first}; rename or remove one")]
    Duplicate { what: &'static str, name: String, first: Location },
    #[error("`{id}` cites no clause; name what it proves in its `clauses` or its suite's")]
    NoClauses { id: String },
    #[error("no clause `{found}` in the contract{}; cite one that is there", hint(.closest))]
    UnknownClause { found: String, closest: Option<String> },

    #[error(
        "the contract refuses this {what} with {code}: {detail}, at byte {offset} of its text, \
             `{form}`; correct it"
    )]
    Refused { what: String, code: String, form: String, offset: usize, detail: String },
    #[error("no suite declares the function `{found}`{}; add its signature to `functions`",
            hint(.closest))]
    UndeclaredFunction { found: String, closest: Option<String> },
    #[error("no case calls `{symbol}`; add one, or remove the declaration")]
    UnusedFunction { symbol: String },
    #[error("`{symbol}` has no argument `{found}`; expected {}", one_of(.known))]
    UnknownBinding { symbol: String, found: String, known: Vec<String> },
    #[error("`{symbol}` consumes `{binding}`, a {declared}; only a handle can be consumed (C-14)")]
    NotConsumable { symbol: String, binding: String, declared: String },

    #[error(
        "`{symbol}` takes {expected} and is given {found}; correct `args`, or say \
             `refuses: arity`"
    )]
    ArgumentCount { symbol: String, expected: String, found: usize },
    #[error(
        "`{symbol}` takes as many arguments as are given, {found}, and cannot refuse them with \
         arity; correct one"
    )]
    NoArityError { symbol: String, found: usize },
    #[error("found {found} as {what}, declared {declared}; expected {expected}")]
    Unfit { what: String, found: String, declared: String, expected: String },
    #[error("`{found}` is no code of a {what}{}; expected {expected}", hint(.closest))]
    UnknownCode { what: &'static str, found: String, expected: String, closest: Option<String> },
    #[error("nothing is kept as `${name}` before this step; expected {}", kept(.known))]
    NeverKept { name: String, known: Vec<String> },
    #[error("`{name}` is kept and no later step names it; remove `let`, or use `${name}`")]
    NeverUsed { name: String },
    #[error(
        "`{symbol}` gives {found} here, and `let` keeps only a handle that is returned; remove \
             `let`"
    )]
    NotKeepable { symbol: String, found: String },
    #[error(
        "`{symbol}` returns {declared} and the step does not say what must come; add `returns`, \
             `refuses` or `fails`"
    )]
    NoExpectation { symbol: String, declared: String },
    #[error("`{symbol}` gives {declared}, and only a stream's items are taken; remove `take`")]
    NoStream { symbol: String, declared: String },
    #[error(
        "found `<{found}>`, and the table has no such column; expected {}{}", one_of(.known),
        hint(.closest)
    )]
    UnknownColumn { found: String, known: Vec<String>, closest: Option<String> },
    #[error("no case of the table writes `<{column}>`; use it, or remove the column")]
    UnusedColumn { column: String },
    #[error("`{field}` of a call that is refused: nothing crosses (C-13); remove it")]
    NothingCrosses { field: &'static str },
    #[error(
        "`arrives` lists {found} of the {expected} argument carriers of `{symbol}`; list each, or \
         leave `arrives` out"
    )]
    ArrivalCount { symbol: String, expected: usize, found: usize },
    #[error(
        "`{symbol}` cannot change `{binding}`, a {declared}; only a mutable slice or pointer \
             shows the callee's edits (C-9)"
    )]
    NotMutable { symbol: String, binding: String, declared: String },

    #[error("the form `{form}` is not in {text}; copy it from there as it is written")]
    FormAbsent { form: String, text: String },
    #[error(
        "the form `{form}` stands {times} times in {text}; say which by \
             `at: {{form: \"…\", offset: n}}`"
    )]
    FormRepeated { form: String, times: usize, text: String },
    #[error("byte {offset} of {text} does not begin `{form}`; count bytes from 0")]
    FormElsewhere { form: String, offset: usize, text: String },
}

/// A problem at a place of the file being read.
#[derive(Debug)]
pub struct Fault {
    /// Its place.
    pub mark: Mark,
    /// What is wrong.
    pub problem: Problem,
}

impl Fault {
    /// A problem at a place.
    pub fn new(mark: Mark, problem: Problem) -> Fault {
        Fault { mark, problem }
    }

    /// As an error of this file.
    pub fn in_file(self, file: &Path) -> CorpusError {
        CorpusError { at: location(file, self.mark), problem: self.problem }
    }
}

impl CorpusError {
    /// A problem of a whole file or folder.
    pub fn whole(file: &Path, problem: Problem) -> CorpusError {
        CorpusError { at: location(file, Mark { line: 1, column: 1 }), problem }
    }

    /// What the YAML parser found, in a file; `expected` are the fields it may have.
    pub fn yaml(file: &Path, error: YamlError, expected: &[&'static str]) -> CorpusError {
        let problem = match error.fault {
            YamlFault::Syntax(detail) => Problem::Syntax { detail },
            YamlFault::Empty => Problem::EmptyFile { expected: expected.to_vec() },
            YamlFault::SecondDocument => Problem::SecondDocument,
            YamlFault::Feature(feature) => Problem::Feature { feature },
            YamlFault::CompoundKey => Problem::CompoundKey,
            YamlFault::DuplicateKey { key, first } => {
                Problem::DuplicateKey { key, first: location(file, first) }
            }
            YamlFault::TooDeep(limit) => Problem::TooDeep { limit },
            YamlFault::TooMany(limit) => Problem::TooMany { limit },
        };
        CorpusError { at: location(file, error.mark), problem }
    }
}

/// A place in a file.
pub fn location(file: &Path, mark: Mark) -> Location {
    Location { file: file.to_owned(), line: mark.line, column: mark.column }
}

/// Bytes of a name that can be a misspelling of another.
const LONGEST_NAME: usize = 200;

/// The candidate a misspelling is likely to mean: within two edits, or a third of its length.
pub fn closest<'a>(found: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // No name is so long, and a text of some megabytes is compared for minutes.
    if found.len() > LONGEST_NAME {
        return None;
    }
    let limit = (found.chars().count() / 3).max(2);
    candidates
        .into_iter()
        .map(|candidate| (edits(found, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= limit && *distance < candidate.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance in characters.
fn edits(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, left) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[right.len()]
}

fn one_of<T: AsRef<str>>(names: &[T]) -> String {
    match names {
        [] => "none".to_owned(),
        [name] => name.as_ref().to_owned(),
        [names @ .., last] => {
            let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
            format!("{} or {}", names.join(", "), last.as_ref())
        }
    }
}

fn hint<T: AsRef<str>>(closest: &Option<T>) -> String {
    closest.as_ref().map(|name| format!(" (closest: `{}`)", name.as_ref())).unwrap_or_default()
}

fn kept(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`${name}`")).collect();
    if names.is_empty() { "a `let` in an earlier step".to_owned() } else { one_of(&names) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_name_is_a_near_one() {
        let known = ["returns", "refuses", "arrives"];
        assert_eq!(closest("retuns", known), Some("returns"));
        assert_eq!(closest("refuse", known), Some("refuses"));
        assert_eq!(closest("signature", known), None);
        assert_eq!(closest("f", ["fn", "id"]), Some("fn"));
    }

    #[test]
    fn lists_read_as_sentences() {
        assert_eq!(one_of(&["a", "b", "c"]), "a, b or c");
        assert_eq!(one_of(&["a"]), "a");
        assert_eq!(kept(&[]), "a `let` in an earlier step");
    }
}
