//! What the fuzz targets do with their input: one function for each kind of text that others wrote.
//!
//! It is read through the function that reads it in earnest, and what is accepted must be the same when it
//! is written and read again. The targets call these, and so does a test of the harness with the inputs
//! that once broke a reader (`kept/`).

pub mod cases;
pub mod edn;
pub mod known_failures;
pub mod manifest;
pub mod recording;
pub mod replies;
pub mod report_json;
pub mod requests;

mod file;

/// Reads an input, and panics where something of it does not hold.
pub type Target = fn(&[u8]);

/// The targets by name: that of the file in `targets/`, and of the folder in `kept/`.
pub const TARGETS: &[(&str, Target)] = &[
    ("cases", cases::read),
    ("edn", edn::read),
    ("known_failures", known_failures::read),
    ("manifest", manifest::read),
    ("recording", recording::read),
    ("replies", replies::read),
    ("report", report_json::read),
    ("requests", requests::read),
];
