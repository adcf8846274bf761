//! Copies of a library that nothing else has open. A loader knows a file by its inode and by its name: a
//! link, or a path that was opened before, would be the library that is there already.

use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::session::Stop;

/// A folder of copies, which goes with it.
pub(crate) struct Copies(TempDir);

fn cannot(error: &io::Error) -> Stop {
    Stop::Corpus(format!("cannot copy a library: {error}"))
}

impl Copies {
    /// A folder without copies.
    pub(crate) fn new() -> Result<Copies, Stop> {
        let folder = tempfile::Builder::new().prefix("boundary-libraries-").tempdir();
        folder.map(Copies).map_err(|error| cannot(&error))
    }

    /// A copy of a library under a name; a file of that name is replaced by another, not written to, because
    /// it may be mapped.
    pub(crate) fn of(&self, library: &Path, name: &str) -> Result<PathBuf, Stop> {
        let beside = self.0.path().join("new");
        let path = self.0.path().join(name).with_extension("so");
        let copied = std::fs::copy(library, &beside).and_then(|_| std::fs::rename(&beside, &path));
        copied.map(|()| path).map_err(|error| cannot(&error))
    }
}
