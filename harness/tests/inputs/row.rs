//! The rows of the tables: what is done, and what a user may ask of it.

use std::path::{Path, PathBuf};

use corpus::case::CorpusError;
use corpus::case::error::Fault;
use corpus::case::fields::{Fields, kebab_case, list, map, text, unexpected};
use corpus::case::yaml::{self, Node};

/// One input, and what must come of it.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Its table and its own name.
    pub(crate) name: String,
    /// Files it finds in its folder, with their text.
    pub(crate) files: Vec<(PathBuf, String)>,
    /// Lines of shell that make what is no text, before anything is looked at.
    pub(crate) setup: String,
    /// Lines of shell that call `conform`.
    pub(crate) run: String,
    /// The exit code of the last of them.
    pub(crate) code: i32,
    /// What must be said, whatever the line breaks; of what stands between `|`, one.
    pub(crate) says: Vec<String>,
    /// What may be neither said nor reported.
    pub(crate) never: Vec<String>,
    /// What it may leave in its folder beside `reports`.
    pub(crate) leaves: Vec<String>,
    /// How long it may take.
    pub(crate) limit_s: u64,
}

const FIELDS: [&str; 10] =
    ["name", "files", "setup", "run", "code", "says", "never", "leaves", "limit_s", "each"];

/// Reads a table: `files` that each of its rows finds, and `rows`. A row with `each` is written once for
/// every name there, with the value where `<it>` stands, or, where that is a map, each where its name
/// stands in `<>`.
pub(crate) fn table(file: &Path, content: &str) -> Result<Vec<Row>, Box<CorpusError>> {
    let root = yaml::parse(content).map_err(|error| CorpusError::yaml(file, error, &["rows"]))?;
    rows(file, &root).map_err(|fault| fault.in_file(file).into())
}

fn rows(file: &Path, root: &Node) -> Result<Vec<Row>, Fault> {
    let fields = Fields::of(root, "a table of inputs", &["files", "rows"])?;
    let shared = texts_by_name(fields.get("files"), "the table's files")?;
    let table = file.file_stem().unwrap_or_default().to_string_lossy();
    let mut rows = Vec::new();
    for node in list(fields.require("rows")?, "`rows`")? {
        let fields = Fields::of(node, "a row", &FIELDS)?;
        let Some(each) = fields.get("each") else {
            rows.push(row(&fields, &table, &shared, "", &[])?);
            continue;
        };
        for entry in map(each, "`each`")? {
            let words = match entry.value.text() {
                Some(it) => vec![("it".to_owned(), it.to_owned())],
                None => texts_by_name(Some(&entry.value), "what stands for the names")?,
            };
            rows.push(row(&fields, &table, &shared, &format!("-{}", entry.key), &words)?);
        }
    }
    Ok(rows)
}

fn row(
    fields: &Fields<'_>,
    table: &str,
    shared: &[(String, String)],
    suffix: &str,
    words: &[(String, String)],
) -> Result<Row, Fault> {
    let filled = |text: &str| {
        words
            .iter()
            .fold(text.to_owned(), |text, (name, word)| text.replace(&format!("<{name}>"), word))
    };
    let texts = |field: &str| -> Result<Vec<String>, Fault> {
        let Some(node) = fields.get(field) else { return Ok(Vec::new()) };
        let texts = list(node, field)?.iter().map(|node| text(node, field).map(&filled));
        // What a word of `each` leaves empty is not asked for.
        Ok(texts
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect())
    };
    let number = |field: &'static str, missing: Option<u64>| match (fields.get(field), missing) {
        (None, Some(number)) => Ok(number),
        (node, _) => {
            let node = node.map_or_else(|| fields.require(field), Ok)?;
            let number = node.text().and_then(|text| filled(text).parse().ok());
            number.map_or_else(|| unexpected(node, field, "a number"), Ok)
        }
    };
    let name = kebab_case(fields.require("name")?, "a row")?;
    let mut files = shared.to_vec();
    files.extend(texts_by_name(fields.get("files"), "a row's files")?);
    let script = |field: &str| {
        fields.get(field).map_or(Ok(String::new()), |node| text(node, field).map(&filled))
    };
    let node = fields.require("code")?;
    let code = i32::try_from(number("code", None)?).or_else(|_| unexpected(node, "code", "one"))?;
    let says = texts("says")?;
    if code != 0 && says.is_empty() {
        return unexpected(node, "a code of a row without `says`", "what tells the user");
    }
    Ok(Row {
        name: format!("{table}::{name}{suffix}"),
        files: files
            .into_iter()
            .map(|(name, text)| (filled(&name).into(), filled(&text)))
            .collect(),
        setup: script("setup")?,
        run: text(fields.require("run")?, "`run`").map(&filled)?,
        code,
        says,
        never: texts("never")?,
        leaves: texts("leaves")?,
        limit_s: number("limit_s", Some(30))?,
    })
}

fn texts_by_name(node: Option<&Node>, what: &str) -> Result<Vec<(String, String)>, Fault> {
    let Some(node) = node else { return Ok(Vec::new()) };
    map(node, what)?
        .iter()
        .map(|entry| match entry.value.text() {
            Some(text) => Ok((entry.key.clone(), text.to_owned())),
            None => unexpected(&entry.value, what, "text"),
        })
        .collect()
}
