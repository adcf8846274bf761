//! The clauses of the contract, read from docs/contract.md: ids, marks and texts.
//!
//! The page is the one source: a clause added there is known here without an edit. May import nothing
//! of this crate. Deliberately not here: which cases prove a clause (the corpus says) and whether a
//! subject keeps it (the report says).

use std::collections::BTreeSet;
use std::sync::LazyLock;

/// The page the clauses are read from.
const CONTRACT: &str = include_str!("../../docs/contract.md");

static PAGE: LazyLock<Page> =
    LazyLock::new(|| read(CONTRACT).unwrap_or_else(|row| panic!("docs/contract.md: {row}")));

/// One clause of the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// Its id, as `L-21`.
    pub id: String,
    /// Whether it is owed at wire level too (**w**).
    pub wire: bool,
    /// The capability without which it is not judged (**c**), kebab-case. A mark inside the text,
    /// which holds for one sentence only, is left in the text.
    pub capability: Option<String>,
    /// Whether it is judged only on the reference binder (**r**).
    pub reference_only: bool,
    /// The rule, as Markdown without marks; of a row with several columns, each column beyond the
    /// first follows its heading.
    pub text: String,
}

/// A family of clauses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    /// The letter its ids begin with.
    pub letter: String,
    /// What it is about, as the page's heading says.
    pub title: String,
}

/// Every clause, in the order of the page.
pub fn all() -> &'static [Clause] {
    &PAGE.clauses
}

/// The clause of an id.
pub fn find(id: &str) -> Option<&'static Clause> {
    all().iter().find(|clause| clause.id == id)
}

/// Every id.
pub fn ids() -> BTreeSet<&'static str> {
    all().iter().map(|clause| clause.id.as_str()).collect()
}

/// The families that have clauses, in the order of the page.
pub fn families() -> &'static [Family] {
    &PAGE.families
}

impl Clause {
    /// The letter of its family.
    pub fn family(&self) -> &str {
        family_of(&self.id)
    }
}

/// The letter of the family an id belongs to.
pub fn family_of(id: &str) -> &str {
    id.split('-').next().unwrap_or(id)
}

struct Page {
    clauses: Vec<Clause>,
    families: Vec<Family>,
}

/// A row that begins like a clause and does not go on like one.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: `{cell}` is not an id and marks, as `C-14 **c** closed-handles`")]
struct BadRow {
    line: usize,
    cell: String,
}

fn read(page: &str) -> Result<Page, BadRow> {
    let mut clauses = Vec::new();
    let mut headings: Vec<Family> = Vec::new();
    let mut columns: Vec<&str> = Vec::new();
    for (index, line) in page.lines().enumerate() {
        if let Some(family) = line.strip_prefix("## ").and_then(heading) {
            headings.push(family);
        }
        let Some(cells) = cells(line) else {
            columns.clear();
            continue;
        };
        if columns.is_empty() {
            columns = cells;
            continue;
        }
        if begins_with_id(cells[0]) {
            let clause = clause(&cells, &columns)
                .ok_or_else(|| BadRow { line: index + 1, cell: cells[0].to_owned() })?;
            clauses.push(clause);
        }
    }
    headings.retain(|family| clauses.iter().any(|clause| clause.family() == family.letter));
    Ok(Page { clauses, families: headings })
}

/// Reads `L. Lowering`.
fn heading(text: &str) -> Option<Family> {
    let (letter, title) = text.split_once(". ")?;
    let is_letter = letter.len() == 1 && letter.starts_with(|c: char| c.is_ascii_uppercase());
    is_letter.then(|| Family { letter: letter.to_owned(), title: title.to_owned() })
}

/// The cells of a table row.
fn cells(line: &str) -> Option<Vec<&str>> {
    let inner = line.strip_prefix('|')?.strip_suffix('|')?;
    Some(inner.split('|').map(str::trim).collect())
}

fn begins_with_id(cell: &str) -> bool {
    is_id(cell.split(' ').next().unwrap_or_default())
}

fn is_id(word: &str) -> bool {
    let Some((letter, number)) = word.split_once('-') else { return false };
    letter.len() == 1
        && letter.starts_with(|c: char| c.is_ascii_uppercase())
        && number.parse::<u32>().is_ok_and(|number| number > 0)
}

fn clause(cells: &[&str], columns: &[&str]) -> Option<Clause> {
    let (first, texts) = cells.split_first()?;
    let mut words = first.split(' ');
    let mut clause = Clause {
        id: words.next()?.to_owned(),
        wire: false,
        capability: None,
        reference_only: false,
        text: text(texts, columns.get(1..)?),
    };
    while let Some(mark) = words.next() {
        match mark {
            "**w**" => clause.wire = true,
            "**r**" => clause.reference_only = true,
            "**c**" => clause.capability = Some(words.next()?.to_owned()),
            _ => return None,
        }
    }
    Some(clause)
}

fn text(cells: &[&str], columns: &[&str]) -> String {
    let mut text = String::new();
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            text.push_str("; ");
            text.push_str(columns.get(index).copied().unwrap_or_default());
            text.push_str(": ");
        }
        text.push_str(cell);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Families and how many clauses each has, in the contract this suite was built for. A clause
    /// that is added raises a number here; a number never falls.
    const FAMILIES: [(&str, u32); 15] = [
        ("T", 9),
        ("S", 4),
        ("B", 3),
        ("L", 24),
        ("C", 14),
        ("R", 12),
        ("D", 7),
        ("N", 5),
        ("P", 5),
        ("A", 4),
        ("K", 9),
        ("G", 8),
        ("W", 3),
        ("M", 5),
        ("Z", 6),
    ];

    #[test]
    fn every_family_is_complete_in_order_and_without_repeats() {
        let expected: Vec<String> = FAMILIES
            .iter()
            .flat_map(|(letter, last)| (1..=*last).map(move |n| format!("{letter}-{n}")))
            .collect();
        let read: Vec<&str> = all().iter().map(|clause| clause.id.as_str()).collect();
        assert_eq!(read, expected);
        assert_eq!(ids().len(), read.len(), "an id stands twice");
    }

    #[test]
    fn every_family_has_a_title() {
        let letters: Vec<&str> = families().iter().map(|family| family.letter.as_str()).collect();
        assert_eq!(letters, FAMILIES.map(|(letter, _)| letter));
        assert_eq!(families()[3].title, "Lowering");
    }

    #[test]
    fn every_clause_says_something() {
        for clause in all() {
            assert!(clause.text.len() > 10, "{} has no text", clause.id);
            assert!(!clause.text.contains('|'), "{} has a stray bar", clause.id);
        }
    }

    #[test]
    fn marks_are_read() {
        let marked = |keep: fn(&Clause) -> bool| -> Vec<&str> {
            all().iter().filter(|clause| keep(clause)).map(|clause| clause.id.as_str()).collect()
        };
        assert_eq!(marked(|clause| clause.reference_only), ["P-3", "A-1", "A-2", "A-3", "A-4"]);
        let under_capabilities = [
            "B-3", "C-14", "P-4", "P-5", "K-1", "K-2", "K-3", "K-4", "K-5", "K-6", "K-7", "K-8",
            "K-9", "G-1", "G-2", "G-3", "G-4", "G-5", "G-6", "G-7", "G-8", "W-1", "W-2", "W-3",
            "M-3", "M-4", "M-5", "Z-1", "Z-2", "Z-3", "Z-4", "Z-5", "Z-6",
        ];
        assert_eq!(marked(|clause| clause.capability.is_some()), under_capabilities);
        assert_eq!(find("C-14").unwrap().capability.as_deref(), Some("closed-handles"));
        let wire = marked(|clause| clause.wire);
        let owed = |letter: &str| wire.iter().filter(|id| family_of(id) == letter).count();
        assert_eq!(
            FAMILIES.map(|(letter, _)| owed(letter)),
            [0, 0, 2, 24, 5, 7, 0, 5, 0, 0, 8, 8, 3, 5, 0],
            "wire-level clauses a family"
        );
    }

    #[test]
    fn columns_of_the_lowering_table_keep_their_headings() {
        let text = &find("L-4").unwrap().text;
        assert_eq!(text, "`:void`; as an argument: never; as a return: void");
    }

    #[test]
    fn an_unknown_mark_is_refused() {
        let page = "| id | rule |\n|---|---|\n| C-1 **w** | x |\n| C-2 **q** | y |\n";
        let error = read(page).err().expect("the mark is unknown");
        assert_eq!(error, BadRow { line: 4, cell: "C-2 **q**".to_owned() });
    }

    #[test]
    fn an_unknown_id_is_not_found() {
        assert_eq!(find("L-99"), None);
        assert_eq!(find("l-1"), None);
    }
}
