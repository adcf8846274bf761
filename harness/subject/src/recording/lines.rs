//! The lines of a recording: JSON objects that begin with a checksum over their text and over all lines
//! before them, so that a line which was changed, lost or moved is found where it is. It finds accidents;
//! who wants to deceive can compute it, too.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Take, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use contract::bounds;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Entry, RecordingError, VERSION, Wrong};

/// The most bytes of a recording that is read: ten times what a run of the whole corpus writes.
const MOST_BYTES: u64 = 1 << 30;
/// The most bytes of one of its lines: a request and an answer, each character escaped.
const LINE_BYTES: u64 = 256 << 20;

/// An entry with the time it was written at.
#[derive(Serialize, Deserialize)]
struct Timed {
    /// Milliseconds since the header was written.
    at_ms: f64,
    #[serde(flatten)]
    entry: Entry,
}

/// A checksum over all lines so far: FNV-1a.
#[derive(Clone, Copy)]
struct Sum(u64);

impl Sum {
    const START: Sum = Sum(0xcbf2_9ce4_8422_2325);

    /// With one more line's text, from behind its own checksum.
    fn and(self, text: &[u8]) -> Sum {
        let step = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        Sum(text.iter().fold(self.0, step))
    }
}

/// `{"sum":"0123456789abcdef",`
const BEFORE: &str = "{\"sum\":\"";
const DIGITS: usize = 16;
const AFTER: &str = "\",";

/// A recording being written.
pub(super) struct Writer {
    out: BufWriter<File>,
    file: PathBuf,
    sum: Sum,
    lines: u64,
    clock: Instant,
}

impl Writer {
    pub(super) fn create(file: &Path, header: &impl Serialize) -> Result<Writer, RecordingError> {
        let failed = |source| RecordingError::Io { action: "write", file: file.to_owned(), source };
        let out = BufWriter::new(File::create(file).map_err(failed)?);
        let (file, clock) = (file.to_owned(), Instant::now());
        let mut writer = Writer { out, file, sum: Sum::START, lines: 0, clock };
        writer.put(header)?;
        Ok(writer)
    }

    pub(super) fn write(&mut self, entry: Entry) -> Result<(), RecordingError> {
        let at_ms = (self.clock.elapsed().as_secs_f64() * 1e6).round() / 1e3;
        self.put(&Timed { at_ms, entry })
    }

    /// Writes the last line.
    pub(super) fn end(&mut self) -> Result<(), RecordingError> {
        self.write(Entry::End { lines: self.lines })?;
        self.out.flush().map_err(|source| self.failed(source))
    }

    fn put(&mut self, line: &impl Serialize) -> Result<(), RecordingError> {
        let text = serde_json::to_string(line)
            .map_err(|error| self.failed(std::io::Error::other(error)))?;
        // Behind the brace that the checksum's own field comes after.
        let text = &text[1..];
        self.sum = self.sum.and(text.as_bytes());
        self.lines += 1;
        writeln!(self.out, "{BEFORE}{:016x}{AFTER}{text}", self.sum.0)
            .map_err(|source| self.failed(source))
    }

    fn failed(&self, source: std::io::Error) -> RecordingError {
        RecordingError::Io { action: "write", file: self.file.clone(), source }
    }
}

/// A recording being read.
pub(super) struct Reader {
    lines: BufReader<Take<File>>,
    file: PathBuf,
    sum: Sum,
    /// The line read last, from 1.
    line: u64,
    /// Whether the last line was read.
    ended: bool,
}

impl Reader {
    /// Opens a recording whose every line is as it was written.
    pub(super) fn open<H: DeserializeOwned>(file: &Path) -> Result<(H, Reader), RecordingError> {
        let (_, mut all) = Reader::begin::<H>(file)?;
        // Everything first, so that no verdict comes of a recording that is broken further on.
        while all.entry()?.is_some() {}
        Reader::begin(file)
    }

    fn begin<H: DeserializeOwned>(file: &Path) -> Result<(H, Reader), RecordingError> {
        let failed = |source| RecordingError::Io { action: "read", file: file.to_owned(), source };
        let lines = BufReader::new(bounds::open(file, MOST_BYTES).map_err(failed)?);
        let file = file.to_owned();
        let mut reader = Reader { lines, file, sum: Sum::START, line: 0, ended: false };
        let Some(text) = reader.text()? else { return Err(reader.malformed("the file is empty")) };
        let version: Versioned = reader.parsed(&text)?;
        if version.recording != VERSION {
            let (recorded, here) = (version.recording.to_string(), VERSION.to_string());
            let what = "the form of version";
            return Err(reader.wrong(Wrong::Other { what, recorded, here }));
        }
        let header = reader.parsed(&text)?;
        Ok((header, reader))
    }

    /// The next entry; `None` behind the last.
    pub(super) fn entry(&mut self) -> Result<Option<Entry>, RecordingError> {
        let Some(text) = self.text()? else {
            return if self.ended { Ok(None) } else { Err(self.wrong(Wrong::Truncated)) };
        };
        let Timed { entry, .. } = self.parsed(&text)?;
        if self.ended {
            return Err(self.malformed("it comes behind the last"));
        }
        if let Entry::End { lines } = entry {
            if lines + 1 != self.line {
                return Err(self.malformed("it counts other lines than there are"));
            }
            self.ended = true;
        }
        Ok(Some(entry))
    }

    /// The next line, its checksum compared.
    fn text(&mut self) -> Result<Option<String>, RecordingError> {
        let mut bytes = Vec::new();
        let mut line = (&mut self.lines).take(LINE_BYTES);
        let read = line.read_until(b'\n', &mut bytes).map_err(|source| RecordingError::Io {
            action: "read",
            file: self.file.clone(),
            source,
        })?;
        if read == 0 {
            return Ok(None);
        }
        self.line += 1;
        if bytes.pop() != Some(b'\n') {
            return Err(self.wrong(Wrong::Truncated));
        }
        let text = String::from_utf8(bytes).map_err(|_| self.malformed("it is not UTF-8"))?;
        let sum = text.strip_prefix(BEFORE).and_then(|rest| {
            let (digits, rest) = rest.split_at_checked(DIGITS)?;
            Some((u64::from_str_radix(digits, 16).ok()?, rest.strip_prefix(AFTER)?))
        });
        let Some((sum, rest)) = sum else {
            return Err(self.malformed("it does not begin with its checksum"));
        };
        self.sum = self.sum.and(rest.as_bytes());
        if self.sum.0 != sum {
            return Err(self.wrong(Wrong::Edited));
        }
        Ok(Some(format!("{{{rest}")))
    }

    fn parsed<T: for<'t> Deserialize<'t>>(&self, text: &str) -> Result<T, RecordingError> {
        serde_json::from_str(text).map_err(|error| self.malformed(&error.to_string()))
    }

    fn malformed(&self, message: &str) -> RecordingError {
        self.wrong(Wrong::Malformed(message.to_owned()))
    }

    /// What is wrong with the line read last.
    pub(super) fn wrong(&self, wrong: Wrong) -> RecordingError {
        RecordingError::At { file: self.file.clone(), line: self.line.max(1), wrong }
    }
}

/// Read before the rest of the header, which another version need not have.
#[derive(Deserialize)]
struct Versioned {
    recording: u32,
}
