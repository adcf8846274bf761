//! Writes a file whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::ReportError;

/// Writes a text to a temporary file beside `path` and renames it into place: a reader sees the old
/// file or the new one, and a run that dies here leaves the old one. Folders are made if need be.
///
/// # Errors
/// [`ReportError::Io`].
pub fn write_whole(path: &Path, text: &str) -> Result<(), ReportError> {
    write_filled(path, |out| out.write_all(text.as_bytes()))
}

/// As [`write_whole`], of what is written piece by piece.
pub(super) fn write_filled(
    path: &Path,
    content: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), ReportError> {
    let failed = |action| {
        let path = path.to_owned();
        move |source| ReportError::Io { action, path, source }
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed("create the folder of"))?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.partial", std::process::id()));
    let partial = path.with_file_name(name);
    // What a run of this number left when it was killed; where there is none, nothing is to be done.
    let _ = fs::remove_file(&partial);
    let written = fill(&partial, content).and_then(|()| fs::rename(&partial, path));
    if written.is_err() {
        // The first error is the one to tell; a leftover that cannot be removed adds nothing to it.
        let _ = fs::remove_file(&partial);
    }
    written.map_err(failed("write"))
}

fn fill(
    path: &Path,
    content: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    // New, so that neither a link nor somebody else's file is written through.
    let mut file = BufWriter::new(File::create_new(path)?);
    content(&mut file)?;
    file.flush()?;
    file.get_ref().sync_all()
}
