//! What the client talks to: a process, a process whose conversation is recorded, or a recording
//! (docs/recording.md).

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use super::process::{Launch, Process};
use crate::recording::{Came, Entry, Line, Loss, Tape};

/// Kept of an answer that was begun and not ended: more than any fault shows.
const BEGUN_BYTES: usize = 4096;

/// The other end of the conversation.
#[derive(Debug)]
pub(super) enum Channel {
    /// A process, and the recording that is made of it.
    Process(Box<Process>, Option<Tape>),
    /// A recording, and what was heard beyond the last line taken.
    Recording(Tape, Vec<u8>),
}

impl Channel {
    /// Starts the process, or takes the recording of one.
    pub(super) fn start(launch: &Launch, page: &Path) -> io::Result<Channel> {
        let tape = launch.tape.clone();
        let Some(tape) = tape.filter(Tape::is_replay) else {
            let started = Process::start(launch, page);
            if let Some(tape) = &launch.tape {
                let failed = started.as_ref().err().map(ToString::to_string);
                tape.note(Entry::Started { failed });
            }
            return Ok(Channel::Process(Box::new(started?), launch.tape.clone()));
        };
        let here = || "starts the binder".to_owned();
        let failed = tape.next(&here, |entry| match entry {
            Entry::Started { failed } => Ok(failed),
            other => Err(other),
        });
        match failed.unwrap_or_else(|| Some(MISFIT.to_owned())) {
            Some(message) => Err(io::Error::other(message)),
            None => Ok(Channel::Recording(tape, Vec::new())),
        }
    }

    /// Writes a line and waits for one.
    pub(super) fn exchange(&mut self, line: &[u8], limit: Duration) -> Result<Vec<u8>, Loss> {
        match self {
            Channel::Process(process, None) => process.exchange(line, limit),
            Channel::Process(process, Some(tape)) => {
                let clock = Instant::now();
                let came = process.exchange(line, limit);
                let took = clock.elapsed();
                let heard = process.heard();
                let heard = match &came {
                    Ok(_) => heard.split_inclusive(|&byte| byte == b'\n').next().unwrap_or(&[]),
                    Err(_) => &heard[..heard.len().min(BEGUN_BYTES)],
                };
                tape.note(Entry::Exchange {
                    asked: Line::of(line),
                    took,
                    came: match &came {
                        Ok(answer) => Came::Answer(Line::of(answer)),
                        Err(loss) => Came::Loss(loss.clone()),
                    },
                    then: (!heard.is_empty()).then(|| Line::of(heard)),
                });
                came
            }
            Channel::Recording(tape, heard) => {
                let (came, then) = replayed(tape, line).ok_or_else(|| io::Error::other(MISFIT))?;
                *heard = then.unwrap_or_default();
                came
            }
        }
    }

    /// Bytes of memory that its processes have for themselves, where the system says.
    pub(super) fn resident(&mut self) -> Option<u64> {
        const WHAT: &str = "resident";
        match self {
            Channel::Process(process, None) => process.resident(),
            Channel::Process(process, Some(tape)) => tape.seen(WHAT, || process.resident()),
            Channel::Recording(tape, _) => tape.seen(WHAT, || None),
        }
    }

    /// What it wrote beyond the last line taken.
    pub(super) fn heard(&self) -> &[u8] {
        match self {
            Channel::Process(process, _) => process.heard(),
            Channel::Recording(_, heard) => heard,
        }
    }

    /// The end of its standard error.
    pub(super) fn stderr(&mut self) -> String {
        match self {
            Channel::Process(process, tape) => {
                let text = process.stderr();
                if let Some(tape) = tape {
                    tape.note(Entry::Stderr { text: text.clone() });
                }
                text
            }
            Channel::Recording(tape, _) => {
                let here = || "reads the binder's standard error".to_owned();
                let take = |entry| match entry {
                    Entry::Stderr { text } => Ok(text),
                    other => Err(other),
                };
                tape.next(&here, take).unwrap_or_default()
            }
        }
    }

    /// Closes its input and waits until it is gone by itself, with exit code 0.
    pub(super) fn leave(&mut self, limit: Duration) -> Result<(), Loss> {
        match self {
            Channel::Process(process, tape) => {
                let left = process.leave(limit);
                if let Some(tape) = tape {
                    let wrong = left.as_ref().err().cloned();
                    tape.note(Entry::Left { wrong, stderr: process.stderr() });
                }
                left
            }
            Channel::Recording(tape, _) => {
                let here = || "waits for the binder's end".to_owned();
                let take = |entry| match entry {
                    Entry::Left { wrong, .. } => Ok(wrong),
                    other => Err(other),
                };
                let wrong = tape.next(&here, take).ok_or_else(|| io::Error::other(MISFIT))?;
                wrong.map_or(Ok(()), Err)
            }
        }
    }
}

/// What a binder is told to have said where its recording does not fit; who finishes the recording says
/// more.
const MISFIT: &str = "the recording does not fit";

type Answer = Result<Vec<u8>, Loss>;

/// What came of a request then, if it is the one that was made then.
fn replayed(tape: &Tape, line: &[u8]) -> Option<(Answer, Option<Vec<u8>>)> {
    let here = || format!("makes the request `{}`", String::from_utf8_lossy(line).trim_end());
    let mut moved = None;
    let (came, then) = tape.next(&here, |entry| match entry {
        Entry::Exchange { asked, took, came, then } => match same(&asked, line) {
            Some(paths) => {
                moved = paths;
                Ok((came, then))
            }
            None => Err(Entry::Exchange { asked, took, came, then }),
        },
        other => Err(other),
    })?;
    if let Some((recorded, here)) = moved {
        tape.rename(&recorded, &here);
    }
    let bytes = |line: Line| match line {
        Line::Text(text) => tape.renamed(text).into_bytes(),
        bytes => bytes.into_bytes(),
    };
    let came = match came {
        Came::Answer(answer) => Ok(bytes(answer)),
        Came::Loss(loss) => Err(loss),
    };
    Some((came, then.map(bytes)))
}

/// Whether a request is the recorded one but for where its library lies; if so, where that was and is.
fn same(recorded: &Line, line: &[u8]) -> Option<Option<(String, String)>> {
    let Line::Text(recorded) = recorded else { return None };
    if recorded.as_bytes() == line {
        return Some(None);
    }
    let mut recorded: Json = serde_json::from_str(recorded).ok()?;
    let mut here: Json = serde_json::from_slice(line).ok()?;
    let library = |json: &mut Json| match json.get_mut("library").map(Json::take)? {
        Json::String(path) => Some(path),
        _ => None,
    };
    let (then, now) = (library(&mut recorded)?, library(&mut here)?);
    // As JSON has it, because that is where it is looked for.
    let escaped = |path: String| {
        let text = Json::String(path).to_string();
        text[1..text.len() - 1].to_owned()
    };
    (recorded == here).then(|| Some((escaped(then), escaped(now))))
}
