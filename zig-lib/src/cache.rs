//! The user's cache directory, and the two things that keep it sound between processes: a lock per
//! thing that is being made, and a rename that makes it appear whole or not at all.

use std::env;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

/// Why something could not be put into the cache.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// No variable says where the cache is.
    #[error("no cache directory: set BOUNDARY_CACHE, XDG_CACHE_HOME or HOME")]
    Nowhere,
    /// The file system refused.
    #[error("cannot {action} {path}")]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl CacheError {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}

/// The directory that holds toolchains and libraries: `$BOUNDARY_CACHE`, or `boundary-conformance` in
/// `$XDG_CACHE_HOME` or `~/.cache`.
///
/// # Errors
///
/// [`CacheError::Nowhere`] where none of the variables is set.
pub fn directory() -> Result<PathBuf, CacheError> {
    directory_from(|name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from))
}

fn directory_from(variable: impl Fn(&str) -> Option<PathBuf>) -> Result<PathBuf, CacheError> {
    if let Some(own) = variable("BOUNDARY_CACHE") {
        // Made absolute once: the compiler and Python run in directories of their own.
        return std::path::absolute(&own).map_err(CacheError::io("resolve", &own));
    }
    // The XDG specification has a relative path ignored.
    variable("XDG_CACHE_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| Some(variable("HOME")?.join(".cache")))
        .map(|cache| cache.join("boundary-conformance"))
        .ok_or(CacheError::Nowhere)
}

/// A file of the directory `target`: what is there is right. Otherwise `make` fills the directory that
/// will be `target`, in one process or thread while the others wait.
pub(crate) fn kept<E: From<CacheError>>(
    target: &Path,
    file: &Path,
    make: impl FnOnce(&Path) -> Result<(), E>,
) -> Result<PathBuf, E> {
    let path = target.join(file);
    if path.is_file() {
        return Ok(path);
    }
    let _lock = lock(target)?;
    if !path.is_file() {
        let unfinished = Unfinished::beside(target)?;
        make(&unfinished.path)?;
        unfinished.finish()?;
    }
    Ok(path)
}

/// Waits until no other process or thread makes `target`. The lock ends when the file is dropped, or
/// with the process.
fn lock(target: &Path) -> Result<File, CacheError> {
    let path = beside(target, ".lock");
    let parent = path.parent().unwrap_or(target);
    fs::create_dir_all(parent).map_err(CacheError::io("create", parent))?;
    let file = File::create(&path).map_err(CacheError::io("create", &path))?;
    file.lock().map_err(CacheError::io("lock", &path))?;
    Ok(file)
}

/// `target` with more at the end of its name.
fn beside(target: &Path, ending: &str) -> PathBuf {
    let mut path = target.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

/// A directory under construction beside its final place; removed when dropped unfinished.
struct Unfinished {
    path: PathBuf,
    target: PathBuf,
}

impl Unfinished {
    /// An empty directory that [`Unfinished::finish`] will make `target`.
    fn beside(target: &Path) -> Result<Self, CacheError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = beside(target, &format!(".{}-{number}.part", process::id()));
        fs::create_dir_all(&path).map_err(CacheError::io("create", &path))?;
        Ok(Self { path, target: target.to_owned() })
    }

    /// Makes the directory appear at its final place, in one step.
    fn finish(self) -> Result<(), CacheError> {
        // What stands there is not whole, or nobody would be making it.
        match fs::remove_dir_all(&self.target) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(CacheError::io("replace", &self.target)(error));
            }
            _ => {}
        }
        fs::rename(&self.path, &self.target).map_err(CacheError::io("create", &self.target))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // After `finish` there is nothing here; after a failure, what is left is only garbage.
        let _ = fs::remove_dir_all(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(pairs: &[(&str, &str)]) -> Option<PathBuf> {
        directory_from(|name| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| PathBuf::from(value))
        })
        .ok()
    }

    #[test]
    fn the_own_variable_wins_and_is_the_directory_itself() {
        let all = [("BOUNDARY_CACHE", "/b"), ("XDG_CACHE_HOME", "/x"), ("HOME", "/h")];
        assert_eq!(from(&all), Some("/b".into()));
        assert_eq!(from(&all[1..]), Some("/x/boundary-conformance".into()));
        assert_eq!(from(&all[2..]), Some("/h/.cache/boundary-conformance".into()));
        assert_eq!(from(&[]), None);
    }

    #[test]
    fn a_relative_xdg_directory_is_ignored() {
        let both = [("XDG_CACHE_HOME", "x"), ("HOME", "/h")];
        assert_eq!(from(&both), Some("/h/.cache/boundary-conformance".into()));
    }

    #[test]
    fn an_unfinished_directory_leaves_nothing_behind() {
        let root = env::temp_dir().join(format!("boundary-cache-test-{}", process::id()));
        let target = root.join("thing");
        drop(Unfinished::beside(&target).expect("a directory can be made"));
        assert!(!target.exists());
        let whole = Unfinished::beside(&target).expect("a directory can be made");
        fs::write(whole.path.join("file"), "x").expect("a file can be written");
        whole.finish().expect("it can be renamed");
        assert_eq!(fs::read_dir(&root).expect("it is there").count(), 1);
        assert!(target.join("file").exists());
        fs::remove_dir_all(root).expect("it can be removed");
    }
}
