//! `report.json`, where it is read back.

use report::terminal::Colour;
use report::{Format, diff, json, merge, trend};

use super::file::Written;

/// Reads a report, renders it in every form, and holds it against itself. As JSON it is the same, read and
/// written again.
pub fn read(bytes: &[u8]) {
    let file = Written::holding(bytes);
    let report = match json::read(file.path()) {
        Ok(report) => report,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    for format in Format::ALL {
        let _ = format.render(&report, None, Colour::None);
    }
    let named = [("a".to_owned(), report.clone()), ("b".to_owned(), report.clone())];
    let _ = diff::diff(&named[0], &named[1]).map(|diff| (diff.text(), diff.markdown()));
    let _ = trend::trend(&named).map(|trend| (trend.text(), trend.markdown()));
    let _ = merge::merge(&named, String::new());
    // A figure that JSON cannot hold is not in a report that was read.
    let written = json::render(&report).expect("it has a text");
    let file = Written::holding(written.as_bytes());
    let again = json::read(file.path()).expect("what was written is read");
    assert_eq!(json::render(&again).expect("it has a text"), written);
}
