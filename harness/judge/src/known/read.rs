//! The file of known failures, read strictly: unknown fields, duplicates and missing reasons are errors
//! with line and column.

use std::path::Path;

use contract::bounds;
use corpus::case::error::{Fault as Found, location};
use corpus::case::fields::{Fields, list, text, unexpected, word};
use corpus::case::yaml::{self, Node};
use corpus::case::{CorpusError, Problem};
use strum::VariantNames;

use super::{Awaited, Entry, Fault, INTERMITTENT, Known, KnownError, KnownProblem, Names};
use crate::row::Class;

/// The fields of the file.
pub const FIELDS: [&str; 2] = ["subject", "failures"];

/// The fields of an entry.
pub const ENTRY_FIELDS: [&str; 10] = [
    "trial", "pattern", "matches", "outcome", "runs", "fault", "reason", "upstream", "host",
    "version",
];

pub(super) fn file(file: &Path, filled: bool) -> Result<Known, Vec<KnownError>> {
    let whole = |problem| vec![at(file, yaml::Mark { line: 1, column: 1 }, problem)];
    let bytes = bounds::read(file, yaml::MOST_BYTES)
        .map_err(|error| whole(KnownProblem::Unreadable(error.to_string())))?;
    let text = str::from_utf8(&bytes)
        .map_err(|error| whole(Problem::NotUtf8 { offset: error.valid_up_to() }.into()))?;
    let root = yaml::parse(text).map_err(|error| {
        let CorpusError { at, problem } = CorpusError::yaml(file, error, &FIELDS);
        vec![KnownError { at, problem: problem.into() }]
    })?;
    let fields = Fields::of(&root, "a list of known failures", &FIELDS)
        .map_err(|fault| vec![of(file, fault)])?;
    let subject = fields.require("subject").and_then(|node| self::text(node, "the subject"));
    let subject = subject.map_err(|fault| vec![of(file, fault)])?.to_owned();
    let nodes = fields.require("failures").and_then(|node| list(node, "`failures`"));
    let nodes = nodes.map_err(|fault| vec![of(file, fault)])?;
    let (mut entries, mut errors) = (Vec::new(), Vec::new());
    for node in nodes {
        match entry(node, file, filled) {
            Ok(entry) => entries.push(entry),
            Err(error) => errors.push(error),
        }
    }
    told_together(&mut errors);
    let known = Known { file: file.to_owned(), subject, entries };
    errors.extend(known.overlaps(&[]));
    if errors.is_empty() { Ok(known) } else { Err(errors) }
}

/// Makes one error of all entries that nobody has filled in: a list that was just written has nothing else.
fn told_together(errors: &mut Vec<KnownError>) {
    let is_unfilled = |error: &KnownError| {
        matches!(error.problem, KnownProblem::NoFault | KnownProblem::NoReason)
    };
    let count = errors.iter().filter(|error| is_unfilled(error)).count();
    if count > 1
        && let Some(first) = errors.iter().position(is_unfilled)
    {
        errors[first].problem = KnownProblem::Unfilled { count };
        errors.retain(|error| !is_unfilled(error));
    }
}

fn at(file: &Path, mark: yaml::Mark, problem: KnownProblem) -> KnownError {
    KnownError { at: location(file, mark), problem }
}

fn of(file: &Path, fault: Found) -> KnownError {
    at(file, fault.mark, fault.problem.into())
}

fn entry(node: &Node, file: &Path, filled: bool) -> Result<Entry, KnownError> {
    let formed = |fault| of(file, fault);
    let fields = Fields::of(node, "a known failure", &ENTRY_FIELDS).map_err(formed)?;
    let refuse = |node: &Node, problem| Err(at(file, node.mark, problem));
    let names = match fields.one_of(&["trial", "pattern"]).map_err(formed)? {
        Some(("trial", node)) => {
            fields.exclude("trial", &["matches"]).map_err(formed)?;
            let name = word(node, "a trial").map_err(formed)?;
            if name.contains('*') {
                return refuse(node, KnownProblem::StarInName(name.to_owned()));
            }
            if name.split("::").filter(|part| !part.is_empty()).count() != 3 {
                return refuse(node, KnownProblem::NoTrial(name.to_owned()));
            }
            Names::Trial(name.to_owned())
        }
        Some((_, node)) => {
            let pattern = text(node, "a pattern").map_err(formed)?.to_owned();
            if !pattern.contains('*') {
                return refuse(node, KnownProblem::NoStar(pattern));
            }
            let node = fields.require("matches").map_err(formed)?;
            let written = word(node, "`matches`").map_err(formed)?;
            match written.parse() {
                Ok(matches) if matches > 0 => Names::Pattern { text: pattern, matches },
                _ => return refuse(node, KnownProblem::Matches(written.to_owned())),
            }
        }
        None => {
            let missing = Problem::MissingField { place: "a known failure", field: "trial" };
            return Err(formed(Found::new(node.mark, missing)));
        }
    };
    let outcome = fields.require("outcome").map_err(formed)?;
    let found = word(outcome, "an outcome class").map_err(formed)?;
    let awaited = match found.parse() {
        Ok(class) => Some(Awaited::Fails(class)),
        Err(_) if found == INTERMITTENT => {
            let node = fields.require("runs").map_err(formed)?;
            let written = word(node, "`runs`").map_err(formed)?;
            match written.parse() {
                // What one run came to, it came to.
                Ok(runs) if runs > 1 => Some(Awaited::Either { runs }),
                _ => return refuse(node, KnownProblem::Runs(written.to_owned())),
            }
        }
        Err(_) => None,
    };
    if let (Some(Awaited::Fails(_)), Some(node)) = (awaited, fields.get("runs")) {
        return refuse(node, KnownProblem::RunsOfAClass);
    }
    let Some(awaited) = awaited else {
        let words = Class::ALL.iter().map(|class| class.word()).chain([INTERMITTENT]);
        let words: Vec<&str> = words.collect();
        return refuse(
            outcome,
            KnownProblem::Word {
                what: "outcome class",
                found: found.to_owned(),
                expected: words.join(", "),
            },
        );
    };
    let fault = fields.require("fault").map_err(formed)?;
    let reason = fields.require("reason").map_err(formed)?;
    let optional = |field: &str| {
        let node = fields.get(field);
        node.map(|node| text(node, field).map(str::to_owned)).transpose().map_err(formed)
    };
    let upstream = optional("upstream")?;
    if let (Some(node), Some(link)) = (fields.get("upstream"), &upstream)
        && !is_link(link)
    {
        return refuse(node, KnownProblem::NotALink(link.clone()));
    }
    Ok(Entry {
        line: node.mark.line,
        names,
        outcome: awaited,
        fault: match word(fault, "who is at fault").map_err(formed)? {
            "unknown" if !filled => None,
            "unknown" => return refuse(fault, KnownProblem::NoFault),
            found => match found.parse() {
                Ok(known) => Some(known),
                Err(_) => {
                    let (what, found) = ("word for who is at fault", found.to_owned());
                    let expected = Fault::VARIANTS.join(" or ");
                    return refuse(fault, KnownProblem::Word { what, found, expected });
                }
            },
        },
        reason: match reason.text().map(str::trim) {
            None => unexpected(reason, "a reason", "text").map_err(formed)?,
            Some("") if filled => return refuse(reason, KnownProblem::NoReason),
            Some(reason) => reason.to_owned(),
        },
        upstream,
        host: optional("host")?,
        version: optional("version")?,
    })
}

/// Whether a text is an address that a page may link to: no script, no word beside it.
fn is_link(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
        && text.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '\\'))
}
