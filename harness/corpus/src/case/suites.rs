//! The cases of one file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use contract::{Declarations, Signature};

use super::error::{CorpusError, Fault, Problem, closest, location};
use super::fields::{Fields, edn, kebab_case, list, text, unexpected, word};
use super::kept;
use super::load::refused;
use super::pattern;
use super::property::property;
use super::signatures::signature_case;
use super::steps::StepReader;
use super::tables;
use super::words::CALL_FIELDS;
use super::yaml::Node;
use super::{BindingCase, Body, Case, Function, Location, Suite};

pub(super) const CASE_FIELDS: [&str; 24] = [
    "id",
    "clauses",
    "note",
    "fn",
    "args",
    "returns",
    "refuses",
    "fails",
    "arrives",
    "changes",
    "calls",
    "one-array",
    "take",
    "under",
    "steps",
    "kept",
    "binds",
    "lacks",
    "signature",
    "types",
    "at",
    "accepts",
    "normal",
    "property",
];

/// What the cases of one file are read with.
pub(super) struct SuiteReader<'a> {
    /// The file, relative to the corpus folder.
    pub(super) file: &'a Path,
    pub(super) known_clauses: &'a BTreeSet<String>,
    pub(super) functions: &'a BTreeMap<String, Arc<Function>>,
    pub(super) declarations: &'a Declarations,
}

impl SuiteReader<'_> {
    /// Reads the suite, and how many of its cases could not be read; errors of different cases are collected, of one
    /// case only the first.
    pub(super) fn suite(
        &self,
        name: &str,
        fields: Fields<'_>,
        errors: &mut Vec<CorpusError>,
    ) -> Option<(Suite, usize)> {
        let clauses = match fields.get("clauses").map(|node| self.clauses(node)).transpose() {
            Ok(clauses) => clauses.unwrap_or_default(),
            Err(fault) => {
                errors.push(fault.in_file(self.file));
                Vec::new()
            }
        };
        let nodes = written(fields).and_then(|nodes| {
            pattern::bounded(nodes.iter().flatten(), self.declarations).map(|()| nodes)
        });
        let nodes = match nodes {
            Ok(nodes) => nodes,
            Err(fault) => {
                errors.push(fault.in_file(self.file));
                return None;
            }
        };
        let mut ids: BTreeMap<String, Location> = BTreeMap::new();
        let mut cases = Vec::with_capacity(nodes.len());
        let written = nodes.len();
        for node in nodes {
            match node.and_then(|node| self.case(name, &clauses, &node, &mut ids)) {
                Ok(case) => cases.push(Arc::new(case)),
                Err(fault) => {
                    // A mistake in a table's case is one mistake, whatever the row.
                    let error = fault.in_file(self.file);
                    if !errors.contains(&error) {
                        errors.push(error);
                    }
                }
            }
        }
        let unread = written - cases.len();
        Some((Suite { name: name.to_owned(), file: self.file.to_owned(), cases }, unread))
    }

    fn case(
        &self,
        suite: &str,
        suite_clauses: &[String],
        node: &Node,
        ids: &mut BTreeMap<String, Location>,
    ) -> Result<Case, Fault> {
        let fields = Fields::of(node, "a case", &CASE_FIELDS)?;
        let id_node = fields.require("id")?;
        let id = kebab_case(id_node, "a case")?.to_owned();
        let at = location(self.file, id_node.mark);
        if let Some(first) = ids.insert(id.clone(), at) {
            let problem = Problem::Duplicate { what: "case id", name: id, first };
            return Err(Fault::new(id_node.mark, problem));
        }
        let mut clauses = suite_clauses.to_vec();
        if let Some(own) = fields.get("clauses") {
            for clause in self.clauses(own)? {
                if !clauses.contains(&clause) {
                    clauses.push(clause);
                }
            }
        }
        if clauses.is_empty() {
            return Err(Fault::new(node.mark, Problem::NoClauses { id }));
        }
        let note = fields.get("note").map(|node| text(node, "`note`")).transpose()?;
        Ok(Case {
            suite: suite.to_owned(),
            id,
            clauses,
            note: note.map(str::to_owned),
            body: self.body(node, fields)?,
            at: location(self.file, node.mark),
        })
    }

    fn body(&self, node: &Node, fields: Fields<'_>) -> Result<Body, Fault> {
        let call_beside = &CALL_FIELDS[1..];
        if fields.get("binds").is_some() {
            fields.exclude("binds", &CALL_FIELDS)?;
            fields.exclude("binds", &["steps", "types", "at", "accepts", "normal", "property"])?;
            fields.exclude("binds", &["kept"])?;
            return self.binding(fields).map(Body::Binding);
        }
        if let Some(entry) = fields.entry("lacks") {
            return unexpected(&entry.value, "`lacks` without `binds`", "no such field");
        }
        match fields.one_of(&["fn", "steps", "kept", "signature", "property"])? {
            Some(("fn", _)) => {
                fields.exclude("fn", &["types", "at", "accepts", "normal"])?;
                Ok(Body::Calls(vec![self.steps().step(node, fields)?]))
            }
            Some(("steps", steps)) => {
                fields.exclude("steps", call_beside)?;
                fields.exclude("steps", &["types", "at", "accepts", "normal"])?;
                self.steps().steps(steps).map(Body::Calls)
            }
            Some(("kept", node)) => {
                fields.exclude("kept", call_beside)?;
                fields.exclude("kept", &["types", "at", "accepts", "normal"])?;
                kept::steps(node, self.steps()).map(Body::Kept)
            }
            Some(("property", node)) => {
                fields.exclude("property", call_beside)?;
                fields.exclude("property", &["types", "at", "accepts", "normal"])?;
                property(node, self.functions, self.declarations).map(Body::Property)
            }
            Some(_) => {
                fields.exclude(
                    "signature",
                    &[
                        "args",
                        "returns",
                        "fails",
                        "arrives",
                        "changes",
                        "calls",
                        "one-array",
                        "take",
                        "under",
                    ],
                )?;
                signature_case(fields).map(Body::Signature)
            }
            None => {
                let expected = "`fn`, `steps`, `kept`, `signature` or `property`";
                unexpected(node, "a case", expected)
            }
        }
    }

    fn binding(&self, fields: Fields<'_>) -> Result<BindingCase, Fault> {
        let node = fields.require("signature")?;
        let signature = edn(node, "`signature`")?;
        Signature::read(signature, self.declarations)
            .map_err(|refusal| refused(node, "signature to bind".to_owned(), refusal))?;
        Ok(BindingCase {
            symbol: word(fields.require("binds")?, "`binds`")?.to_owned(),
            text: signature.to_owned(),
            lacks: word(fields.require("lacks")?, "`lacks`")?.to_owned(),
        })
    }

    fn steps(&self) -> StepReader<'_> {
        StepReader::new(self.file, self.functions, self.declarations)
    }

    fn clauses(&self, node: &Node) -> Result<Vec<String>, Fault> {
        let mut clauses = Vec::new();
        for item in list(node, "`clauses`")? {
            let clause = word(item, "a clause")?;
            if !self.known_clauses.contains(clause) {
                let known = self.known_clauses.iter().map(String::as_str);
                let closest = closest(clause, known).map(str::to_owned);
                let problem = Problem::UnknownClause { found: clause.to_owned(), closest };
                return Err(Fault::new(item.mark, problem));
            }
            clauses.push(clause.to_owned());
        }
        Ok(clauses)
    }
}

/// The nodes of all cases, those of tables written out.
fn written(fields: Fields<'_>) -> Result<Vec<Result<Node, Fault>>, Fault> {
    let mut nodes = Vec::new();
    let tables = fields.get("tables");
    if tables.is_none() || fields.get("cases").is_some() {
        let node = fields.require("cases")?;
        match list(node, "`cases`")? {
            [] => return unexpected(node, "`cases`", "at least one case"),
            cases => nodes.extend(cases.iter().cloned().map(Ok)),
        }
    }
    if let Some(node) = tables {
        nodes.extend(tables::expand(node)?);
    }
    Ok(nodes)
}
