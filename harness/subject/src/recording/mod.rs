//! A recorded judgement (docs/recording.md): the conversation with a binder, and what the harness read of
//! the evidence page meanwhile, in one file, in the order it happened. Whoever judges takes part in a
//! [`Tape`]: one that is being written notes what comes, one that is being read gives it again. So the
//! verdicts of a recording are those of the run, made anew from the same answers and the same evidence.
//!
//! `lines` is the file's form, `tape` what is done with it. Deliberately absent: what the lines of the
//! protocol mean, and what the first line says of the run (`recording` of the command does).

mod lines;
mod tape;

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use tape::Tape;

/// The version of a recording's form.
pub const VERSION: u32 = 1;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Entry {
    /// A trial begins.
    Trial {
        /// `arm::suite::case`.
        name: String,
    },
    /// The binder's process was started, or could not be.
    Started {
        /// Why it could not.
        failed: Option<String>,
    },
    /// A line was written to the binder, and one awaited.
    Exchange {
        /// The line.
        asked: Line,
        /// How long it took, until the answer or the loss.
        took: Duration,
        /// What came.
        came: Came,
        /// The line begun after the answer, or the answer begun before the loss.
        then: Option<Line>,
    },
    /// The end of standard error, of a binder that was lost.
    Stderr {
        /// What is kept of it.
        text: String,
    },
    /// The binder was told to stop and awaited.
    Left {
        /// How it ended, where not with exit code 0 in time.
        wrong: Option<Loss>,
        /// The end of its standard error.
        stderr: String,
    },
    /// Something was read of the evidence page.
    Page {
        /// Which reading: `ledger`, `next`, `since`, …
        read: String,
        /// What it gave.
        gave: serde_json::Value,
    },
    /// The judgement is over.
    End {
        /// Lines before this one.
        lines: u64,
    },
}

/// What came where a line was awaited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Came {
    /// A line.
    Answer(Line),
    /// None.
    Loss(Loss),
}

/// Why no line came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "kebab-case")]
#[expect(missing_docs, reason = "as the faults of a subject say")]
pub enum Loss {
    Signal { signal: i32, held_open: bool },
    Exit { code: i32, held_open: bool },
    Hung,
    Late { took: Duration },
    LongLine,
    Memory { bytes: u64, limit_bytes: u64 },
    ClosedOutput,
    ClosedInput,
    System { message: String },
    Interrupted { signal: i32 },
}

impl From<std::io::Error> for Loss {
    fn from(error: std::io::Error) -> Loss {
        Loss::System { message: error.to_string() }
    }
}

/// Bytes that are mostly text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Line {
    /// UTF-8.
    Text(String),
    /// Other bytes.
    Bytes(Vec<u8>),
}

/// A recording that cannot be written or used. None of these says anything about a binder.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The file system said no.
    #[error("cannot {action} the recording {}: {source}", file.display())]
    Io {
        /// `write` or `read`.
        action: &'static str,
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line is not as it must be.
    #[error("{}:{line}: {wrong}", file.display())]
    At {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong there.
        wrong: Wrong,
    },
}

/// What is wrong with a line of a recording.
#[derive(Debug, thiserror::Error)]
pub enum Wrong {
    /// It is none of a recording.
    #[error("not a line of a recording: {0}; ask who recorded it for the file as it was written")]
    Malformed(String),
    /// It is not what was written.
    #[error(
        "this line or one before it was changed after it was written: its checksum is not that of its \
         text; ask who recorded it for the file as it was written"
    )]
    Edited,
    /// It is the last there is, and the last of a recording is missing.
    #[error(
        "the recording breaks off here: its last line says `end`; ask for the whole file, or record \
         again if the run was killed"
    )]
    Truncated,
    /// The recording is by another suite or over another corpus.
    #[error(
        "recorded with {what} {recorded}, and this is {here}: replay it with that, or have it recorded \
         again with this"
    )]
    Other {
        /// Of what it is another: `the suite`, `the corpus`, …
        what: &'static str,
        /// What the recording has.
        recorded: String,
        /// What is here.
        here: String,
    },
    /// The judgement asks for something else than the recording has next.
    #[error(
        "the recording does not fit: the suite now {here}, and the recording has {recorded}; replay it \
         with the very suite that recorded it, or have it recorded again"
    )]
    Misfit {
        /// What the judgement asks for.
        here: String,
        /// What the recording has there.
        recorded: String,
    },
}

impl Line {
    /// Bytes as a recording has them.
    pub fn of(bytes: &[u8]) -> Line {
        match str::from_utf8(bytes) {
            Ok(text) => Line::Text(text.to_owned()),
            Err(_) => Line::Bytes(bytes.to_vec()),
        }
    }

    /// The bytes.
    pub fn into_bytes(self) -> Vec<u8> {
        match self {
            Line::Text(text) => text.into_bytes(),
            Line::Bytes(bytes) => bytes,
        }
    }
}

impl Entry {
    /// For people, cut.
    fn describe(&self) -> String {
        let line = |line: &Line| match line {
            Line::Text(text) => {
                let cut: String = text.trim_end().chars().take(120).collect();
                if cut.len() < text.trim_end().len() { format!("{cut}…") } else { cut }
            }
            Line::Bytes(bytes) => format!("{} bytes", bytes.len()),
        };
        match self {
            Entry::Trial { name } => format!("the trial `{name}`"),
            Entry::Started { .. } => "a start of the binder".into(),
            Entry::Exchange { asked, .. } => format!("the request `{}`", line(asked)),
            Entry::Stderr { .. } => "the binder's standard error".into(),
            Entry::Left { .. } => "the end of the binder".into(),
            Entry::Page { read, .. } => format!("`{read}` of the evidence page"),
            Entry::End { .. } => "its end".into(),
        }
    }
}
