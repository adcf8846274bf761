//! The folder of a site: what was published there before, what is published now, and the change from one to the other,
//! which a reader sees whole or not at all.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use report::site::{self, BINDERS, Entry, Past, REPORTS};
use report::{Report, ReportError, json};

/// A site that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// The folder holds something that is no site.
    #[error("{} holds something that is no site: name another folder, or empty it", .0.display())]
    NotASite(PathBuf),
    /// What was published before cannot be read, or the new pages cannot be rendered.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// A file or folder could not be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Why a report was not published.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused(pub String);

/// A site as it will be.
#[derive(Debug)]
pub struct Site {
    folder: PathBuf,
    /// Held until the site is written.
    _lock: File,
    binders: BTreeMap<String, Entry>,
}

impl Site {
    /// Reads what was published in a folder; one that is not there, or is empty, holds nothing.
    ///
    /// # Errors
    /// Where the folder holds something else, or cannot be read.
    pub fn open(folder: &Path) -> Result<Site, SiteError> {
        let folder =
            std::path::absolute(folder).map_err(|source| failed("find", folder, source))?;
        let lock = locked(folder.parent().unwrap_or(&folder))?;
        let mut binders = BTreeMap::new();
        let holds_any = match fs::read_dir(&folder) {
            Ok(mut entries) => entries.next().is_some(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(source) => return Err(failed("read", &folder, source)),
        };
        let pages = folder.join(BINDERS);
        if holds_any && !pages.is_dir() {
            return Err(SiteError::NotASite(folder));
        }
        if holds_any {
            for file in fs::read_dir(&pages).map_err(|source| failed("read", &pages, source))? {
                let path = file.map_err(|source| failed("read", &pages, source))?.path();
                let page = site::read_binder(&path)?;
                let report = json::read(&folder.join(REPORTS).join(format!("{}.json", page.slug)))?;
                let (slug, past) = (page.slug.clone(), page.history);
                binders.insert(
                    page.slug,
                    Entry { slug, report, judged_again: page.judged_again, past },
                );
            }
        }
        Ok(Site { folder, _lock: lock, binders })
    }

    /// Puts a report into its binder's place, and what stood there into the history. An older one goes into the
    /// history itself. `judged_again` says that its recording bore it out here.
    ///
    /// # Errors
    /// Why it is not published.
    pub fn put(&mut self, report: Report, judged_again: bool) -> Result<(), Refused> {
        if let Some(why) = site::refusal(&report) {
            return Err(Refused(why));
        }
        let slug = site::slug(&report);
        let Some(entry) = self.binders.get_mut(&slug) else {
            let past = Vec::new();
            self.binders.insert(slug.clone(), Entry { slug, report, judged_again, past });
            return Ok(());
        };
        let stands = &entry.report;
        if stands.subject.name != report.subject.name {
            let why = format!(
                "its page would be that of {:?}: one of them needs another name",
                stands.subject.name
            );
            return Err(Refused(why));
        }
        if stands.target() != report.target() {
            let why = format!(
                "it is of {}, and what stands there of {}: one of them needs another name",
                report.target(),
                stands.target()
            );
            return Err(Refused(why));
        }
        if stands.suite.complete && !report.suite.complete {
            let why = format!(
                "it is of a part of the corpus, and one of {} is of all of it",
                stands.suite.started
            );
            return Err(Refused(why));
        }
        let (old, new) = (&stands.suite.started, &report.suite.started);
        if new < old {
            entry.remember(Past::of(&report));
        } else {
            if new > old {
                entry.remember(Past::of(&entry.report));
            }
            (entry.report, entry.judged_again) = (report, judged_again);
        }
        Ok(())
    }

    /// The binders, by their names in addresses.
    pub fn binders(&self) -> impl Iterator<Item = &Entry> {
        self.binders.values()
    }

    /// Writes the site beside its folder and then takes its place.
    ///
    /// # Errors
    /// When a page cannot be rendered or a file cannot be written; the site that was there then stays.
    pub fn write(self) -> Result<(), SiteError> {
        let entries: Vec<Entry> = self.binders.into_values().collect();
        let files = site::files(&entries)?;
        let beside = beside(&self.folder, "partial");
        // What a process left that was killed while it wrote.
        removed(&beside)?;
        let written = files.iter().try_for_each(|(name, text)| {
            let path = beside.join(name);
            let folder = path.parent().unwrap_or(&beside);
            fs::create_dir_all(folder).map_err(|source| failed("create", folder, source))?;
            fs::write(&path, text).map_err(|source| failed("write", &path, source))
        });
        let placed = written.and_then(|()| place(&beside, &self.folder));
        let gone = removed(&beside);
        placed.and(gone)
    }
}

/// Waits until no other process publishes into a folder of this one: what is written beside the site is one's own.
fn locked(parent: &Path) -> Result<File, SiteError> {
    fs::create_dir_all(parent).map_err(|source| failed("create", parent, source))?;
    let lock = File::open(parent).and_then(|folder| folder.lock().map(|()| folder));
    lock.map_err(|source| failed("lock", parent, source))
}

/// A hidden name beside a folder.
fn beside(folder: &Path, what: &str) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(folder.file_name().unwrap_or_default());
    name.push(format!(".{what}"));
    folder.with_file_name(name)
}

/// Puts a folder in the place of another, which is then where it was itself.
fn place(new: &Path, old: &Path) -> Result<(), SiteError> {
    let is_there = old.try_exists().map_err(|source| failed("find", old, source))?;
    if !is_there {
        return fs::rename(new, old).map_err(|source| failed("rename", new, source));
    }
    exchange(new, old).map_err(|source| failed("replace", old, source))
}

#[cfg(target_os = "linux")]
fn exchange(new: &Path, old: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    match renameat_with(CWD, new, CWD, old, RenameFlags::EXCHANGE) {
        // Some file systems cannot.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => in_two_steps(new, old),
        came => Ok(came?),
    }
}

#[cfg(not(target_os = "linux"))]
fn exchange(new: &Path, old: &Path) -> io::Result<()> {
    in_two_steps(new, old)
}

/// Between the two, nothing is there.
fn in_two_steps(new: &Path, old: &Path) -> io::Result<()> {
    let aside = beside(old, "old");
    fs::rename(old, &aside)?;
    fs::rename(new, old)?;
    fs::remove_dir_all(aside)
}

fn removed(folder: &Path) -> Result<(), SiteError> {
    match fs::remove_dir_all(folder) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(failed("remove", folder, source))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn failed(action: &'static str, path: &Path, source: io::Error) -> SiteError {
    SiteError::Io { action, path: path.to_owned(), source }
}
