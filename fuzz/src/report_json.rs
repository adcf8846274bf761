//! `report.json`, where it is read back.

use report::terminal::Colour;
use report::{json, junit, markdown, terminal};

use super::file::Written;

/// Reads a report and renders it in every form. As JSON it is the same, read and written again.
pub fn read(bytes: &[u8]) {
    let file = Written::holding(bytes);
    let report = match json::read(file.path()) {
        Ok(report) => report,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let _ = markdown::render(&report);
    let _ = junit::render(&report);
    let _ = terminal::render(&report, None, Colour::None);
    // A figure that JSON cannot hold is not in a report that was read.
    let written = json::render(&report).expect("it has a text");
    let file = Written::holding(written.as_bytes());
    let again = json::read(file.path()).expect("what was written is read");
    assert_eq!(json::render(&again).expect("it has a text"), written);
}
