//! The user's cache directory, and what keeps it sound between processes: a lock per thing that is being
//! made, a rename that makes it appear whole or not at all, and a check of what is there before it is
//! used, because a disk that was full or a hand that slipped leaves files that are there and not right.

use std::env;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

/// Beside a kept file, its hash, in the form that `sha256sum -c` reads.
const SUM: &str = "SHA256";

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

/// A file of the directory `target`, whose content is as it was when it was made. Otherwise `make` fills
/// the directory that will be `target`, in one process or thread while the others wait.
pub(crate) fn kept<E: From<CacheError>>(
    target: &Path,
    file: &str,
    make: impl FnOnce(&Path) -> Result<(), E>,
) -> Result<PathBuf, E> {
    let sealed = |directory: &Path| -> Result<(), E> {
        make(directory)?;
        let made = directory.join(file);
        let bytes = fs::read(&made).map_err(CacheError::io("read", &made))?;
        let beside = directory.join(SUM);
        Ok(fs::write(&beside, sum(&bytes, file)).map_err(CacheError::io("write", &beside))?)
    };
    let is_whole = |target: &Path| {
        let noted = fs::read_to_string(target.join(SUM)).ok();
        match fs::read(target.join(file)) {
            Ok(bytes) => noted == Some(sum(&bytes, file)),
            // What cannot be read, for lack of memory say, is not known to be spoilt.
            Err(error) => !matches!(
                error.kind(),
                ErrorKind::NotFound | ErrorKind::IsADirectory | ErrorKind::NotADirectory
            ),
        }
    };
    whole(target, is_whole, sealed)?;
    Ok(target.join(file))
}

/// The directory `target`, which `is_whole`, or which `make` fills, in one process or thread while the
/// others wait.
pub(crate) fn whole<E: From<CacheError>>(
    target: &Path,
    is_whole: impl Fn(&Path) -> bool,
    make: impl FnOnce(&Path) -> Result<(), E>,
) -> Result<(), E> {
    sweep(target.parent().unwrap_or(target));
    if is_whole(target) {
        return Ok(());
    }
    let _lock = lock(target)?;
    if !is_whole(target) {
        if target.exists() {
            eprintln!("boundary: {} is not as it was made; it is made anew", target.display());
        }
        let unfinished = Unfinished::beside(target)?;
        make(&unfinished.path)?;
        unfinished.finish()?;
    }
    Ok(())
}

/// A line of `sha256sum`.
pub(crate) fn sum(bytes: &[u8], name: &str) -> String {
    format!("{}  {name}\n", hash(bytes))
}

/// The SHA-256 in hexadecimal.
pub(crate) fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Removes what killed processes left half made. Who makes something holds its lock, and the system
/// takes that away with the process; so what nobody has locked belongs to nobody.
fn sweep(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(target) = name.to_str().and_then(target_of) else { continue };
        let lock = File::options().write(true).open(beside(&directory.join(target), LOCK));
        let _held = match lock {
            Ok(file) if file.try_lock().is_ok() => Some(file),
            Ok(_) => continue,
            // Locks are made before what they are for, so that there is nobody.
            Err(_) => None,
        };
        // What cannot be removed now, another start will try again.
        let _ = fs::remove_dir_all(entry.path());
    }
}

/// What a directory under construction was to be.
fn target_of(name: &str) -> Option<&str> {
    Some(name.strip_suffix(PART)?.rsplit_once('.')?.0)
}

const PART: &str = ".part";
const LOCK: &str = ".lock";

/// Waits until no other process or thread makes `target`. The lock ends when the file is dropped, or
/// with the process.
fn lock(target: &Path) -> Result<File, CacheError> {
    let path = beside(target, LOCK);
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
        let path = beside(target, &format!(".{}-{number}{PART}", process::id()));
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

    /// A folder of this test alone.
    fn folder(name: &str) -> PathBuf {
        let root = env::temp_dir().join(format!("boundary-cache-{name}-{}", process::id()));
        fs::create_dir_all(&root).expect("a folder can be made");
        root
    }

    /// Keeps a file of these bytes; whether it was made for that.
    fn keep(target: &Path, bytes: &[u8]) -> bool {
        let mut made = false;
        let path = kept(target, "file", |directory| {
            made = true;
            let file = directory.join("file");
            fs::write(&file, bytes).map_err(CacheError::io("write", &file))
        });
        let path = path.expect("it is kept");
        assert_eq!(fs::read(path).expect("it is there"), bytes);
        made
    }

    #[test]
    fn what_cannot_be_read_is_not_made_anew() {
        let root = folder("unreadable");
        let target = root.join("thing");
        assert!(keep(&target, b"the bytes of a library"));
        let file = target.join("file");
        fs::remove_file(&file).expect("it can be removed");
        // A link to itself cannot be read, not even by who may read everything.
        std::os::unix::fs::symlink("file", &file).expect("links can be made");
        let made = |_: &Path| -> Result<(), CacheError> { panic!("it is made anew") };
        assert_eq!(kept(&target, "file", made).expect("it is left as it is"), file);
        fs::remove_dir_all(root).expect("it can be removed");
    }

    #[test]
    fn what_was_cut_zeroed_flipped_or_lost_its_hash_is_made_anew() {
        let root = folder("whole");
        let target = root.join("thing");
        let good = b"the bytes of a library";
        assert!(keep(&target, good));
        assert!(!keep(&target, good), "what is whole is taken");
        let file = target.join("file");
        let flipped = {
            let mut bytes = *good;
            bytes[5] ^= 1;
            bytes
        };
        for wrong in [&good[..7], &[], &[0; 22], &flipped] {
            fs::write(&file, wrong).expect("it can be spoilt");
            assert!(keep(&target, good), "{wrong:?}");
        }
        fs::write(target.join(SUM), "").expect("it can be spoilt");
        assert!(keep(&target, good));
        fs::remove_file(&file).expect("it can be removed");
        assert!(keep(&target, good));
        fs::remove_dir_all(root).expect("it can be removed");
    }

    #[test]
    fn what_nobody_makes_any_more_is_swept_and_nothing_else() {
        let root = folder("sweep");
        let left = ["orphan-1.0.77-0.part", "lockless.78-1.part"].map(|name| root.join(name));
        let held = lock(&root.join("busy")).expect("it can be locked");
        let busy = root.join("busy.79-0.part");
        for directory in left.iter().chain([&busy]) {
            fs::create_dir_all(directory.join("zig")).expect("a folder can be made");
        }
        drop(lock(&root.join("orphan-1.0")).expect("it can be locked"));
        keep(&root.join("thing"), b"x");
        assert!(left.iter().all(|directory| !directory.exists()));
        assert!(busy.exists(), "it is being made");
        drop(held);
        keep(&root.join("thing"), b"x");
        assert!(!busy.exists());
        fs::remove_dir_all(root).expect("it can be removed");
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
