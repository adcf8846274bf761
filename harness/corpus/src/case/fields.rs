//! Access to a node by what the format expects there: a map of known fields, a list, a word, a text.

use super::error::{Fault, Problem, closest};
use super::yaml::{Content, Entry, Node};

/// A map all of whose keys are known.
#[derive(Clone, Copy)]
pub struct Fields<'n> {
    place: &'static str,
    node: &'n Node,
    entries: &'n [Entry],
}

impl<'n> Fields<'n> {
    /// The node as a map of known fields; `place` names it in messages.
    pub fn of(
        node: &'n Node,
        place: &'static str,
        known: &[&'static str],
    ) -> Result<Fields<'n>, Fault> {
        let entries = map(node, place)?;
        for entry in entries {
            if !known.contains(&entry.key.as_str()) {
                let problem = Problem::UnknownField {
                    place,
                    found: entry.key.clone(),
                    known: known.to_vec(),
                    closest: closest(&entry.key, known.iter().copied()),
                };
                return Err(Fault::new(entry.mark, problem));
            }
        }
        Ok(Fields { place, node, entries })
    }

    /// The entry of a field, if it is there.
    pub fn entry(&self, field: &str) -> Option<&'n Entry> {
        self.entries.iter().find(|entry| entry.key == field)
    }

    /// What a field holds, if it is there.
    pub fn get(&self, field: &str) -> Option<&'n Node> {
        self.entry(field).map(|entry| &entry.value)
    }

    /// What a field holds that must be there.
    pub fn require(&self, field: &'static str) -> Result<&'n Node, Fault> {
        let problem = Problem::MissingField { place: self.place, field };
        self.get(field).ok_or_else(|| Fault::new(self.node.mark, problem))
    }

    /// The one of several fields that is there, if any; two of them are refused at the second.
    pub fn one_of(
        &self,
        fields: &[&'static str],
    ) -> Result<Option<(&'static str, &'n Node)>, Fault> {
        let mut found: Option<(&'static str, &'n Node)> = None;
        for entry in self.entries {
            let Some(second) = fields.iter().find(|field| **field == entry.key) else { continue };
            if let Some((first, _)) = found {
                let problem = Problem::Excluding { place: self.place, first, second };
                return Err(Fault::new(entry.mark, problem));
            }
            found = Some((second, &entry.value));
        }
        Ok(found)
    }

    /// Refuses these fields beside `first`.
    pub fn exclude(&self, first: &'static str, fields: &[&'static str]) -> Result<(), Fault> {
        for field in fields {
            if let Some(entry) = self.entry(field) {
                let problem = Problem::Excluding { place: self.place, first, second: field };
                return Err(Fault::new(entry.mark, problem));
            }
        }
        Ok(())
    }
}

/// The node as a map.
pub fn map<'n>(node: &'n Node, what: &str) -> Result<&'n [Entry], Fault> {
    match &node.content {
        Content::Map(entries) => Ok(entries),
        _ => unexpected(node, what, "a map"),
    }
}

/// The node as a list.
pub fn list<'n>(node: &'n Node, what: &str) -> Result<&'n [Node], Fault> {
    match &node.content {
        Content::List(items) => Ok(items),
        _ => unexpected(node, what, "a list"),
    }
}

/// The node as a plain word: not empty, not in quotes.
pub fn word<'n>(node: &'n Node, what: &str) -> Result<&'n str, Fault> {
    match node.plain() {
        Some(word) if !word.is_empty() => Ok(word),
        _ => unexpected(node, what, "a plain word"),
    }
}

/// The node as text, quoted or plain.
pub fn text<'n>(node: &'n Node, what: &str) -> Result<&'n str, Fault> {
    match node.text() {
        Some(text) if !text.is_empty() => Ok(text),
        _ => unexpected(node, what, "text"),
    }
}

/// The node as EDN: quoted text, because EDN and YAML share their brackets.
pub fn edn<'n>(node: &'n Node, what: &str) -> Result<&'n str, Fault> {
    match &node.content {
        Content::Scalar { text, quoted: true } => Ok(text),
        _ => unexpected(node, what, "EDN in quotes"),
    }
}

/// The refusal of a node that is something else.
pub fn unexpected<T>(node: &Node, what: &str, expected: &str) -> Result<T, Fault> {
    let problem = Problem::Unexpected {
        what: what.to_owned(),
        found: node.describe(),
        expected: expected.to_owned(),
    };
    Err(Fault::new(node.mark, problem))
}

/// Refuses what is no lower-case name with hyphens.
pub fn kebab_case<'n>(node: &'n Node, what: &'static str) -> Result<&'n str, Fault> {
    let name = word(node, what)?;
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let part = |part: &str| !part.is_empty() && part.bytes().all(letter);
    if name.split('-').all(part) {
        Ok(name)
    } else {
        Err(Fault::new(node.mark, Problem::Name { what, found: name.to_owned() }))
    }
}
