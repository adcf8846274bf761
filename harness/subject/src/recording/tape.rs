//! A recording that whoever judges takes part in: while it is written they note what comes, while it is
//! read they are given it again, in the same order.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::lines::{Reader, Writer};
use super::{Entry, RecordingError, Wrong};

/// A handle of a recording; its clones are the same recording.
#[derive(Clone)]
pub struct Tape(Arc<Mutex<Inner>>);

struct Inner {
    side: Side,
    /// What went wrong first. After it nothing is written, and nothing is given.
    wrong: Option<RecordingError>,
    /// Text of the recording, and what stands for it here: paths of libraries.
    renamed: Vec<(String, String)>,
}

enum Side {
    Writing(Writer),
    Reading(Reader),
}

impl Tape {
    /// Begins a recording; the header has the field `recording`, which is [`VERSION`](super::VERSION).
    ///
    /// # Errors
    /// [`RecordingError::Io`].
    pub fn create(file: &Path, header: &impl Serialize) -> Result<Tape, RecordingError> {
        Ok(Tape::of(Side::Writing(Writer::create(file, header)?)))
    }

    /// Opens a recording that is whole and as it was written.
    ///
    /// # Errors
    /// [`RecordingError`] with the line where it is not.
    pub fn open<H: DeserializeOwned>(file: &Path) -> Result<(H, Tape), RecordingError> {
        let (header, reader) = Reader::open(file)?;
        Ok((header, Tape::of(Side::Reading(reader))))
    }

    fn of(side: Side) -> Tape {
        Tape(Arc::new(Mutex::new(Inner { side, wrong: None, renamed: Vec::new() })))
    }

    /// Whether it is read, and so no process is started.
    pub fn is_replay(&self) -> bool {
        self.with(|inner| matches!(inner.side, Side::Reading(_)))
    }

    /// Notes an entry; does nothing where the recording is read.
    pub fn note(&self, entry: Entry) {
        self.with(|inner| inner.note(entry));
    }

    /// Gives what `take` makes of the next entry, which `here` says for people is asked for. `take` gives
    /// an entry back that it does not want: then, and where there is none, this and all later entries are
    /// not given, and [`Tape::finish`] says why.
    pub fn next<T>(
        &self,
        here: &dyn Fn() -> String,
        take: impl FnOnce(Entry) -> Result<T, Entry>,
    ) -> Option<T> {
        self.with(|inner| inner.next(here, take))
    }

    /// A trial begins.
    pub fn trial(&self, name: &str) {
        if self.is_replay() {
            self.next(&|| format!("comes to the trial `{name}`"), |entry| match entry {
                Entry::Trial { name: recorded } if recorded == name => Ok(()),
                other => Err(other),
            });
        } else {
            self.note(Entry::Trial { name: name.to_owned() });
        }
    }

    /// Something read of the evidence page: noted, or given again.
    pub fn seen<T>(&self, what: &str, read: impl FnOnce() -> T) -> T
    where
        T: Serialize + DeserializeOwned + Default,
    {
        if self.is_replay() {
            let given =
                self.next(
                    &|| format!("reads `{what}` of the evidence page"),
                    |entry| match &entry {
                        Entry::Page { read, gave } if read == what => {
                            serde_json::from_value(gave.clone()).map_err(|_| entry)
                        }
                        _ => Err(entry),
                    },
                );
            return given.unwrap_or_default();
        }
        let gave = read();
        let entry = serde_json::to_value(&gave).unwrap_or_default();
        self.note(Entry::Page { read: what.to_owned(), gave: entry });
        gave
    }

    /// Has a text stand for one of the recording from now on.
    pub fn rename(&self, recorded: &str, here: &str) {
        let pair = (recorded.to_owned(), here.to_owned());
        self.with(|inner| {
            if recorded != here && !inner.renamed.contains(&pair) {
                inner.renamed.push(pair);
            }
        });
    }

    /// A text of the recording as it would be here.
    pub fn renamed(&self, text: String) -> String {
        self.with(|inner| {
            inner.renamed.iter().fold(text, |text, (recorded, here)| text.replace(recorded, here))
        })
    }

    /// Ends the recording.
    ///
    /// # Errors
    /// What went wrong: the file could not be written, or did not fit what was asked, or goes on where
    /// nothing is asked any more.
    pub fn finish(&self) -> Result<(), RecordingError> {
        self.with(|inner| {
            if inner.wrong.is_none() {
                let end = match &mut inner.side {
                    Side::Writing(writer) => writer.end().err(),
                    Side::Reading(_) => {
                        let take = |entry| match entry {
                            Entry::End { .. } => Ok(()),
                            other => Err(other),
                        };
                        inner.next(&|| "is done".to_owned(), take);
                        None
                    }
                };
                inner.wrong = inner.wrong.take().or(end);
            }
            inner.wrong.take().map_or(Ok(()), Err)
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut Inner) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Inner {
    fn note(&mut self, entry: Entry) {
        if let (Side::Writing(writer), None) = (&mut self.side, &self.wrong) {
            self.wrong = writer.write(entry).err();
        }
    }

    fn next<T>(
        &mut self,
        here: &dyn Fn() -> String,
        take: impl FnOnce(Entry) -> Result<T, Entry>,
    ) -> Option<T> {
        let (Side::Reading(reader), None) = (&mut self.side, &self.wrong) else { return None };
        let misfit =
            |reader: &Reader, recorded| reader.wrong(Wrong::Misfit { here: here(), recorded });
        match reader.entry() {
            Err(error) => self.wrong = Some(error),
            Ok(None) => self.wrong = Some(misfit(reader, "nothing more".to_owned())),
            Ok(Some(entry)) => match take(entry) {
                Ok(taken) => return Some(taken),
                Err(entry) => self.wrong = Some(misfit(reader, entry.describe())),
            },
        }
        None
    }
}

impl fmt::Debug for Tape {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Tape")
    }
}
