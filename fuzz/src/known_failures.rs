//! Lists of known failures: YAML.

use judge::known::{Known, Names, Place};

use super::file::Written;

/// Reads a list, whether or not it is filled in. What is accepted is the same, written and read again.
pub fn read(bytes: &[u8]) {
    let file = Written::holding(bytes);
    let filled = Known::read(file.path()).is_ok();
    let known = match Known::read_unfilled(file.path()) {
        Ok(known) => known,
        Err(errors) => {
            assert!(!filled, "what is filled in may be written anew");
            assert!(!errors.is_empty());
            errors.iter().for_each(|error| assert!(!error.to_string().is_empty()));
            return;
        }
    };
    // Of a pattern it matters how much it matches, and of a name that it is there.
    let named = known.entries.iter().filter_map(|entry| match &entry.names {
        Names::Trial(name) => Some(name.clone()),
        Names::Pattern { .. } => None,
    });
    let trials: Vec<String> = named.collect();
    // Nothing ran, and here is nowhere that an entry may speak of: so all stays.
    let place = Place { os: "", arch: "", version: "\0" };
    let again = known.rewritten(&trials, &[], place);
    if known.entries.iter().any(|entry| matches!(entry.names, Names::Pattern { .. })) {
        return;
    }
    assert_eq!((again.kept, again.new, again.removed), (known.entries.len(), 0, 0));
    let file = Written::holding(again.text.as_bytes());
    let read = Known::read_unfilled(file.path()).unwrap_or_else(|errors| {
        panic!("{}\n{errors:?}", again.text);
    });
    assert_eq!(read.subject, known.subject);
    let without_line = |known: &Known| {
        let entries = known.entries.iter().cloned();
        entries.map(|entry| judge::known::Entry { line: 0, ..entry }).collect::<Vec<_>>()
    };
    assert_eq!(without_line(&read), without_line(&known), "{}", again.text);
}
