//! A binary release: the folder that this program was unpacked into together with its corpus and libraries,
//! how such a folder is known, and that what is taken from it is as it was packed.
//!
//! Deliberately absent: what goes into one, which the harness knows.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::cache::{self, CacheError};

/// What a release is called, and the first word of its [`VERSION`].
pub const NAME: &str = "boundary-conformance";
/// The file by which its folder is known.
pub const VERSION: &str = "VERSION";
/// The program, by its name in the folder.
pub const PROGRAM: &str = "conform";
/// The folder of prebuilt libraries.
pub const LIBRARIES: &str = "fixtures";
/// The hash of every other file, in the form that `sha256sum -c` reads.
const SUMS: &str = "SHA256SUMS";

/// The folder of a release is not whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} {fault}; unpack the archive anew, whole", file.display())]
pub struct ReleaseError {
    file: PathBuf,
    fault: Fault,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Fault {
    #[error("of this release cannot be read ({0})")]
    Unreadable(io::ErrorKind),
    #[error(
        "is not as it was packed: it is damaged, or of another release than the files beside it"
    )]
    Altered,
    #[error("does not list `{0}`: it is damaged, or of another release than the files beside it")]
    Lacks(String),
}

/// The folder of a release.
#[derive(Debug)]
pub struct Release {
    folder: PathBuf,
    /// The hash of each file, by its path in the folder.
    sums: BTreeMap<String, String>,
}

/// The release that this program belongs to, where it is one that was unpacked.
///
/// # Errors
///
/// [`ReleaseError`] where the program is not the one that its folder belongs to.
pub fn here() -> Result<Option<&'static Release>, ReleaseError> {
    static HERE: OnceLock<Result<Option<Release>, ReleaseError>> = OnceLock::new();
    let found = HERE.get_or_init(|| env::current_exe().map_or(Ok(None), |exe| Release::of(&exe)));
    found.as_ref().map(Option::as_ref).map_err(Clone::clone)
}

impl Release {
    fn of(program: &Path) -> Result<Option<Release>, ReleaseError> {
        let Some(folder) = program.parent() else { return Ok(None) };
        let version = fs::read_to_string(folder.join(VERSION)).unwrap_or_default();
        if version.split(' ').next() != Some(NAME) {
            return Ok(None);
        }
        let list = folder.join(SUMS);
        let text = String::from_utf8_lossy(&read(&list)?).into_owned();
        let lines = text.lines().filter_map(|line| line.split_once("  "));
        let sums = lines.map(|(sum, name)| (name.to_owned(), sum.to_owned())).collect();
        let release = Release { folder: folder.to_owned(), sums };
        // So whatever the list has was packed for this program.
        release.checked(PROGRAM, program)?;
        Ok(Some(release))
    }

    /// A file by its path in the folder, as it was packed; `None` where the release has none of that name.
    ///
    /// # Errors
    ///
    /// [`ReleaseError`] where it is not there, or another.
    pub fn file(&self, name: &str) -> Result<Option<PathBuf>, ReleaseError> {
        if !self.sums.contains_key(name) {
            return Ok(None);
        }
        let file = self.folder.join(name);
        self.checked(name, &file)?;
        Ok(Some(file))
    }

    /// A folder of it, of whose files each is as it was packed.
    ///
    /// # Errors
    ///
    /// [`ReleaseError`] naming the first that is not.
    pub fn folder(&self, name: &str) -> Result<PathBuf, ReleaseError> {
        let within = format!("{name}/");
        let mut files = self.sums.keys().filter(|file| file.starts_with(&within)).peekable();
        if files.peek().is_none() {
            return Err(self.lacks(&within));
        }
        files.try_for_each(|file| self.checked(file, &self.folder.join(file)))?;
        Ok(self.folder.join(name))
    }

    fn checked(&self, name: &str, file: &Path) -> Result<(), ReleaseError> {
        let sum = self.sums.get(name).ok_or_else(|| self.lacks(name))?;
        if *sum == cache::hash(&read(file)?) {
            return Ok(());
        }
        Err(ReleaseError { file: file.to_owned(), fault: Fault::Altered })
    }

    fn lacks(&self, name: &str) -> ReleaseError {
        ReleaseError { file: self.folder.join(SUMS), fault: Fault::Lacks(name.to_owned()) }
    }
}

fn read(file: &Path) -> Result<Vec<u8>, ReleaseError> {
    fs::read(file).map_err(|error| ReleaseError {
        file: file.to_owned(),
        fault: Fault::Unreadable(error.kind()),
    })
}

/// Writes the hashes of all that a folder holds by now.
///
/// # Errors
///
/// [`CacheError::Io`].
pub fn seal(folder: &Path) -> Result<(), CacheError> {
    let mut sums = BTreeMap::new();
    collect(folder, "", &mut sums)?;
    let list = folder.join(SUMS);
    let text: String = sums.into_values().collect();
    fs::write(&list, text).map_err(CacheError::io("write", &list))
}

/// The lines of a folder's files, by their paths behind `prefix`.
fn collect(
    folder: &Path,
    prefix: &str,
    sums: &mut BTreeMap<String, String>,
) -> Result<(), CacheError> {
    for entry in fs::read_dir(folder).map_err(CacheError::io("read", folder))? {
        let entry = entry.map_err(CacheError::io("read", folder))?;
        let (path, name) = (entry.path(), format!("{prefix}{}", entry.file_name().display()));
        if path.is_dir() {
            collect(&path, &format!("{name}/"), sums)?;
        } else {
            let bytes = fs::read(&path).map_err(CacheError::io("read", &path))?;
            sums.insert(name.clone(), cache::sum(&bytes, &name));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_taken_as_it_was_packed_and_not_otherwise() {
        let root = env::temp_dir().join(format!("boundary-release-{}", std::process::id()));
        let (program, case) = (root.join(PROGRAM), root.join("cases/a.yaml"));
        let write = |file: &Path, text: &str| fs::write(file, text).expect("a file can be written");
        fs::create_dir_all(root.join("cases")).expect("a folder can be made");
        write(&program, "the program");
        write(&case, "a case");
        write(&root.join("cases.yaml"), "no case");
        assert_eq!(Release::of(&program).map(|found| found.is_some()), Ok(false), "no VERSION");
        write(&root.join(VERSION), "another-thing 1.0\n");
        assert_eq!(Release::of(&program).map(|found| found.is_some()), Ok(false), "another's");
        write(&root.join(VERSION), &format!("{NAME} 0.1.0\n"));
        let said = |error: ReleaseError| error.to_string();
        let unread = Release::of(&program).map(|_| ()).map_err(said).expect_err("no list");
        assert!(unread.contains("SHA256SUMS of this release cannot be read"), "{unread}");

        seal(&root).expect("it can be sealed");
        let open = || Release::of(&program).map(|found| found.expect("it is a release"));
        let release = open().expect("it is whole");
        assert_eq!(release.folder("cases"), Ok(root.join("cases")));
        assert_eq!(release.file("cases/a.yaml"), Ok(Some(case.clone())));
        assert_eq!(release.file("cases/b.yaml"), Ok(None));
        let lacks = release.folder("case").map_err(said).expect_err("there is none");
        assert!(lacks.contains("SHA256SUMS does not list `case/`"), "{lacks}");

        let at = |file: &Path, fault| Err(ReleaseError { file: file.to_owned(), fault });
        write(&case, "a cash");
        assert_eq!(release.folder("cases"), at(&case, Fault::Altered).map(|()| root.clone()));
        assert_eq!(release.file("cases/a.yaml").map(|_| ()), at(&case, Fault::Altered));
        fs::remove_file(&case).expect("it can be removed");
        let gone = Fault::Unreadable(io::ErrorKind::NotFound);
        assert_eq!(release.folder("cases").map(|_| ()), at(&case, gone));
        write(&program, "another program");
        assert_eq!(open().map(|_| ()), at(&program, Fault::Altered));
        fs::remove_dir_all(root).expect("it can be removed");
    }
}
