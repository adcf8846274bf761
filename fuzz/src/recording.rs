//! Recordings: JSON lines with checksums.

use serde_json::Value as Json;
use subject::recording::{Entry, RecordingError, Tape};

use super::file::Written;

/// Reads a recording as it stands, and one whose lines these are, with checksums as they must be. What is
/// accepted is the same, written and read again.
pub fn read(bytes: &[u8]) {
    let plain = Written::holding(bytes);
    let _ = entries(plain.path());
    let sealed = Written::holding(&sealed(bytes));
    let Ok((header, given)) = entries(sealed.path()) else { return };
    assert!(matches!(given.last(), Some(Entry::End { .. })), "{given:?}");
    let again = Written::holding(b"");
    let tape = Tape::create(again.path(), &header).expect("it can be written");
    let (_, but_last) = given.split_last().expect("it has a last");
    but_last.iter().for_each(|entry| tape.note(entry.clone()));
    tape.finish().expect("it can be written");
    let (header_again, entries_again) = entries(again.path()).expect("what was written is read");
    assert_eq!(header_again, header);
    assert_eq!(entries_again, given);
}

/// A recording's header and entries.
fn entries(path: &std::path::Path) -> Result<(Json, Vec<Entry>), RecordingError> {
    let (header, tape) = Tape::open::<Json>(path)?;
    let mut entries = Vec::new();
    while !matches!(entries.last(), Some(Entry::End { .. })) {
        match tape.next(&|| "is read whole".to_owned(), Ok) {
            Some(entry) => entries.push(entry),
            None => tape.finish()?,
        }
    }
    // What was read once whole is read again.
    Ok((header, entries))
}

/// The lines, each begun by its checksum as docs/recording.md has it: FNV-1a over what follows it, and over
/// all lines before.
fn sealed(bytes: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(bytes.len() * 2);
    let mut sum: u64 = 0xcbf2_9ce4_8422_2325;
    for line in bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        let text = line.strip_prefix(b"{").unwrap_or(line);
        let step = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        sum = text.iter().fold(sum, step);
        sealed.extend_from_slice(format!("{{\"sum\":\"{sum:016x}\",").as_bytes());
        sealed.extend_from_slice(text);
        sealed.push(b'\n');
    }
    sealed
}
