//! Tables: cases written once and read for every row of values, so that no value is forgotten in any
//! place it can stand.
//!
//! A table only writes case nodes; `suites` reads them as any other. A value's place in the file is
//! its row's, so that a value that does not fit is found there.

use std::collections::BTreeSet;

use super::error::{Fault, Problem, closest};
use super::fields::{Fields, kebab_case, list, map, unexpected};
use super::yaml::{Content, Entry, NODE_LIMIT, Node};

/// Fields of a table.
pub(super) const TABLE_FIELDS: [&str; 3] = ["columns", "rows", "cases"];

/// The cases of all tables, or the first mistake of each table that has one.
pub(super) fn expand(node: &Node) -> Result<Vec<Result<Node, Fault>>, Fault> {
    let mut cases = Vec::new();
    let mut room = Room(NODE_LIMIT);
    for table in list(node, "`tables`")? {
        match Table::read(table).and_then(|table| table.cases(&mut room)) {
            Ok(nodes) => cases.extend(nodes.into_iter().map(Ok)),
            Err(fault) => cases.push(Err(fault)),
        }
    }
    Ok(cases)
}

struct Table<'n> {
    columns: Vec<(&'n str, &'n Node)>,
    rows: Vec<Row<'n>>,
    cases: &'n [Node],
}

struct Row<'n> {
    name: &'n str,
    values: &'n [Node],
}

/// Nodes that may still be written: rows times cases times values is more memory than any machine has,
/// before it is many lines of a file.
struct Room(usize);

impl Room {
    /// Bytes of text that count as a node.
    const TEXT: usize = 64;

    /// Takes room for a node itself, not for what it holds.
    fn take(&mut self, node: &Node) -> Result<(), Fault> {
        let keys = |entries: &[Entry]| entries.iter().map(|entry| entry.key.len()).sum();
        let text: usize = match &node.content {
            Content::Scalar { text, .. } => text.len(),
            Content::List(_) => 0,
            Content::Map(entries) => keys(entries),
        };
        match self.0.checked_sub(1 + text / Room::TEXT) {
            Some(left) => {
                self.0 = left;
                Ok(())
            }
            None => Err(Fault::new(node.mark, Problem::TooMany { limit: NODE_LIMIT })),
        }
    }

    /// Takes room for a node and all that it holds.
    fn take_whole(&mut self, node: &Node) -> Result<(), Fault> {
        self.take(node)?;
        match &node.content {
            Content::Scalar { .. } => Ok(()),
            Content::List(items) => items.iter().try_for_each(|item| self.take_whole(item)),
            Content::Map(entries) => {
                entries.iter().try_for_each(|entry| self.take_whole(&entry.value))
            }
        }
    }
}

impl<'n> Table<'n> {
    fn read(node: &'n Node) -> Result<Table<'n>, Fault> {
        let fields = Fields::of(node, "a table", &TABLE_FIELDS)?;
        let mut columns: Vec<(&str, &Node)> = Vec::new();
        for column in list(fields.require("columns")?, "`columns`")? {
            let name = kebab_case(column, "a column")?;
            if columns.iter().any(|(known, _)| *known == name) {
                return unexpected(column, "a column", "a name of its own");
            }
            columns.push((name, column));
        }
        let rows_node = fields.require("rows")?;
        let mut rows = Vec::new();
        for Entry { key, mark, value } in map(rows_node, "`rows`")? {
            let content = Content::Scalar { text: key.clone(), quoted: false };
            kebab_case(&Node { mark: *mark, content }, "a row")?;
            let values = list(value, "a row")?;
            if values.len() != columns.len() {
                let expected = format!("a value for each of the {} columns", columns.len());
                return unexpected(value, "a row", &expected);
            }
            rows.push(Row { name: key, values });
        }
        let cases_node = fields.require("cases")?;
        let cases = list(cases_node, "a table's `cases`")?;
        match (rows.is_empty(), cases.is_empty()) {
            (true, _) => unexpected(rows_node, "`rows`", "at least one row"),
            (_, true) => unexpected(cases_node, "a table's `cases`", "at least one case"),
            _ => Ok(Table { columns, rows, cases }),
        }
    }

    /// Every case for every row, case by case.
    fn cases(&self, room: &mut Room) -> Result<Vec<Node>, Fault> {
        let mut used = BTreeSet::new();
        let mut written = Vec::new();
        for case in self.cases {
            for row in &self.rows {
                let mut node = self.fill(case, row, &mut used, room)?;
                name(&mut node, row.name);
                written.push(node);
            }
        }
        match self.columns.iter().find(|(column, _)| !used.contains(column)) {
            Some((column, node)) => {
                let problem = Problem::UnusedColumn { column: (*column).to_owned() };
                Err(Fault::new(node.mark, problem))
            }
            None => Ok(written),
        }
    }

    /// The node with every `<column>` replaced by the row's value.
    fn fill(
        &self,
        node: &Node,
        row: &Row<'n>,
        used: &mut BTreeSet<&'n str>,
        room: &mut Room,
    ) -> Result<Node, Fault> {
        if let Some(found) = hole(node) {
            let place = self.columns.iter().position(|(column, _)| *column == found);
            let Some(place) = place else {
                let known: Vec<String> =
                    self.columns.iter().map(|(column, _)| format!("`<{column}>`")).collect();
                let names = self.columns.iter().map(|(column, _)| *column);
                let closest = closest(found, names).map(|name| format!("<{name}>"));
                let problem = Problem::UnknownColumn { found: found.to_owned(), known, closest };
                return Err(Fault::new(node.mark, problem));
            };
            used.insert(self.columns[place].0);
            room.take_whole(&row.values[place])?;
            return Ok(row.values[place].clone());
        }
        room.take(node)?;
        let content = match &node.content {
            Content::List(items) => {
                let items = items.iter().map(|item| self.fill(item, row, used, room));
                Content::List(items.collect::<Result<_, _>>()?)
            }
            Content::Map(entries) => {
                let entries = entries.iter().map(|entry| {
                    let value = self.fill(&entry.value, row, used, room)?;
                    Ok(Entry { key: entry.key.clone(), mark: entry.mark, value })
                });
                Content::Map(entries.collect::<Result<_, Fault>>()?)
            }
            scalar => scalar.clone(),
        };
        Ok(Node { mark: node.mark, content })
    }
}

/// The column that a plain `<column>` names.
fn hole(node: &Node) -> Option<&str> {
    node.plain()?.strip_prefix('<')?.strip_suffix('>')
}

/// Makes the case's id that of this row: `id-row`. A case without an id is left to the reader.
fn name(case: &mut Node, row: &str) {
    let Content::Map(entries) = &mut case.content else { return };
    let id = entries.iter_mut().find(|entry| entry.key == "id");
    if let Some(Content::Scalar { text, .. }) = id.map(|entry| &mut entry.value.content) {
        text.push('-');
        text.push_str(row);
    }
}
