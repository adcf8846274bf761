//! The evidence page, read from the harness's side: what the fixtures saw and what they hold
//! (docs/evidence.md).
//!
//! One of the modules that may use `unsafe`: the page is memory that another party writes.

#![expect(unsafe_code, reason = "reads a page that the fixture library writes")]

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use memmap2::MmapMut;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tempfile::TempPath;

use crate::event;
use crate::page::{
    ENTRIES, ENTRY_BYTES, ERRNO_ENTERED_AT, ERRNO_LEFT_AT, FAIL_NTH_AT, FENCE_BEFORE_AT, HOLD_AT,
    MAGIC, NEXT_AT, PAGE_BYTES, entry_at,
};
use crate::recording::Tape;

pub use crate::event::{Event, EventKind, Item};

/// The environment variable that names the page's file to the library.
pub const VARIABLE: &str = "BOUNDARY_EVIDENCE";

/// A mapped evidence page, which goes with this value.
#[derive(Debug)]
pub struct Evidence {
    map: MmapMut,
    path: PathBuf,
    /// Held, because the path may lead through it.
    _file: File,
    /// Where the file has a name, which goes with this value.
    _named: Option<TempPath>,
    /// Where what is read is noted, or from where it is given again.
    tape: Option<Tape>,
}

/// What the fixtures hold and how it was freed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Blocks handed out and not freed.
    pub live_blocks: i64,
    /// Their bytes.
    pub live_bytes: i64,
    /// Blocks handed out so far.
    pub allocations: u64,
    /// Blocks freed so far, with the right length.
    pub frees: u64,
    /// Frees of an address that was never handed out.
    pub unknown_frees: u64,
    /// Frees of a block that was freed already.
    pub repeated_frees: u64,
    /// Frees with another length than was handed out.
    pub length_mismatches: u64,
    /// Times memory was short, or was made to be.
    pub failed_allocations: u64,
    /// Times a fixture found its redundant argument wrong.
    pub mismatches: u64,
    /// Calls in which an out-parameter reached what another address reached, too (L-23).
    #[serde(default)]
    pub overlaps: u64,
    /// Calls that came with a stack of another alignment (L-24).
    #[serde(default)]
    pub misaligned_stacks: u64,
    /// Calls of variadic functions that said another number of vector registers than may be (W-3).
    #[serde(default)]
    pub vector_counts: u64,
    /// Calls and callbacks that left string instructions going backwards (M-1).
    #[serde(default)]
    pub directions: u64,
    /// Calls that came with other floating-point modes than a process begins with (M-2).
    #[serde(default)]
    pub modes: u64,
    /// Functions of the host's that changed a register which the ABI has them preserve (M-3).
    #[serde(default)]
    pub changed: u64,
    /// Times a call was held and others were made meanwhile.
    #[serde(default)]
    pub held: u64,
    /// Times what a held call's arguments reach was not what it had been (C-12).
    #[serde(default)]
    pub moved: u64,
    /// Times what a held call had put into its out-parameters was not what it had been (N-1).
    #[serde(default)]
    pub overwritten: u64,
}

/// Evidence that cannot be read: always the suite's error, never the subject's.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// The page could not be made or mapped.
    #[error("cannot make the evidence page, {PAGE_BYTES} bytes of {of}: {source}")]
    Unmade {
        /// Memory, or a file in which folder.
        of: String,
        /// What the system said.
        source: io::Error,
    },
    /// The library never attached to this page.
    #[error("the fixture library did not attach to the evidence page {}", path.display())]
    NotAttached {
        /// The file.
        path: PathBuf,
    },
    /// An entry or more of the ring.
    #[error(transparent)]
    Unread(#[from] Unread),
}

/// Events that cannot be read, as a recording keeps it.
#[derive(Debug, Serialize, Deserialize, thiserror::Error)]
pub enum Unread {
    /// More events than the ring holds: so many there were.
    #[error("{0} events since the call began; the witness ring holds {ENTRIES}")]
    Overrun(u64),
    /// An entry that is not as the page's documentation says: its sequence number, and what is wrong.
    #[error("witness entry {0} is malformed: {1}")]
    Malformed(u64, String),
}

impl Evidence {
    /// Makes a page and names it to every library loaded from now on in this process and its children.
    ///
    /// # Errors
    /// [`EvidenceError::Unmade`].
    pub fn create() -> Result<Evidence, EvidenceError> {
        let evidence = Evidence::for_another()?;
        // SAFETY: pages are made before any thread is started (see `Session::open`) but the one that waits
        // for signals, which does not read the environment, so nobody does at the same time.
        unsafe { std::env::set_var(VARIABLE, &evidence.path) };
        Ok(evidence)
    }

    /// Makes a page for a library in another process, which is told its [`path`](Evidence::path) when it is
    /// started.
    ///
    /// # Errors
    /// [`EvidenceError::Unmade`].
    pub fn for_another() -> Result<Evidence, EvidenceError> {
        #[cfg(target_os = "linux")]
        if let Some(evidence) = memory::page()? {
            return Ok(evidence);
        }
        Evidence::in_a_file(&std::env::temp_dir())
    }

    /// A page in a file that nobody else can have named or opened. All of it is written, because the system
    /// need not have the space of a file that only has the size.
    fn in_a_file(folder: &Path) -> Result<Evidence, EvidenceError> {
        let of = || format!("a file in {}", folder.display());
        let unmade = |source| EvidenceError::Unmade { of: of(), source };
        let mut named = tempfile::Builder::new();
        let mut file = named.prefix("boundary-evidence-").tempfile_in(folder).map_err(unmade)?;
        file.write_all(&vec![0; PAGE_BYTES]).map_err(unmade)?;
        let map = map(file.as_file()).map_err(unmade)?;
        let (file, named) = file.into_parts();
        Ok(Evidence {
            map,
            path: named.to_path_buf(),
            _file: file,
            _named: Some(named),
            tape: None,
        })
    }

    /// What names the page to the library: the value of [`VARIABLE`]. Good as long as this value is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Has everything that is read from now on noted in a recording, or given by it.
    pub fn take_part_in(&mut self, tape: Tape) {
        self.tape = Some(tape);
    }

    /// Something read, by way of the recording.
    fn seen<T>(&self, what: &str, read: impl FnOnce() -> T) -> T
    where
        T: Serialize + DeserializeOwned + Default,
    {
        match &self.tape {
            None => read(),
            Some(tape) => tape.seen(what, read),
        }
    }

    /// Whether a library has attached.
    ///
    /// # Errors
    /// [`EvidenceError::NotAttached`].
    pub fn attached(&self) -> Result<(), EvidenceError> {
        // The path is part of what is told, and another one when this is replayed.
        let page = || (self.word(0) != MAGIC).then(|| self.path.clone());
        match self.seen("attached", page) {
            None => Ok(()),
            Some(path) => Err(EvidenceError::NotAttached { path }),
        }
    }

    /// The ledger as it stands.
    pub fn ledger(&self) -> Ledger {
        self.seen("ledger", || Ledger {
            live_blocks: self.word(64) as i64,
            live_bytes: self.word(72) as i64,
            allocations: self.word(80),
            frees: self.word(88),
            unknown_frees: self.word(96),
            repeated_frees: self.word(104),
            length_mismatches: self.word(112),
            failed_allocations: self.word(120),
            mismatches: self.word(136),
            overlaps: self.word(144),
            misaligned_stacks: self.word(152),
            held: self.word(184),
            moved: self.word(200),
            overwritten: self.word(208),
            vector_counts: self.word(216),
            directions: self.word(224),
            modes: self.word(232),
            changed: self.word(240),
        })
    }

    /// Native calls so far, of builds that count them.
    pub fn calls(&self) -> u64 {
        self.word(168)
    }

    /// Makes the `nth` allocation of the fixtures from now on fail, once; 0 makes none fail.
    pub fn fail_nth(&mut self, nth: u64) {
        self.tell(FAIL_NTH_AT, nth);
    }

    /// Has guard builds hand out blocks that begin right behind an inaccessible page, in place of ones that
    /// end at one.
    pub fn fence_before(&mut self, before: bool) {
        self.tell(FENCE_BEFORE_AT, u64::from(before));
    }

    /// Has the fixtures hold calls so many times, one at a time, while others are made; 0 holds none.
    pub fn hold(&mut self, times: u64) {
        self.tell(HOLD_AT, times);
    }

    /// Has functions of the fixtures leave this in `errno`, and free and next symbols one more; 0 has them leave it alone.
    pub fn leave_errno(&mut self, value: i32) {
        self.tell(ERRNO_LEFT_AT, u64::from(value.cast_unsigned()));
    }

    /// What `errno` held when a function of the fixtures was entered last, while they leave something there.
    pub fn errno_entered(&self) -> i32 {
        self.seen("errno", || (self.word(ERRNO_ENTERED_AT) as u32).cast_signed())
    }

    fn tell(&mut self, at: usize, value: u64) {
        let place = self.map[at..at + 8].as_mut_ptr().cast::<AtomicU64>();
        // SAFETY: the slice was in bounds and aligned, because maps are page-aligned and the offset is a
        // multiple of 8; the library reads and changes this word atomically.
        let word = unsafe { &*place };
        word.store(value, Ordering::Release);
    }

    /// Sequence number of the next event.
    pub fn next(&self) -> u64 {
        self.seen("next", || self.written())
    }

    fn written(&self) -> u64 {
        self.word(NEXT_AT)
    }

    /// The events since a sequence number.
    ///
    /// # Errors
    /// [`Unread::Overrun`] where the ring has gone round since, `Malformed` where an entry is.
    pub fn since(&self, sequence: u64) -> Result<Vec<Event>, EvidenceError> {
        let read = self.seen("since", || Some(self.read_since(sequence)));
        Ok(read.unwrap_or(Ok(Vec::new()))?)
    }

    fn read_since(&self, sequence: u64) -> Result<Vec<Event>, Unread> {
        let events = self.written().saturating_sub(sequence);
        if events > ENTRIES {
            return Err(Unread::Overrun(events));
        }
        (sequence..sequence + events).map(|sequence| self.event(sequence)).collect()
    }

    /// The last events since a sequence number that were written to their ends: what can be read where
    /// the writer died.
    pub fn readable_since(&self, sequence: u64) -> Vec<Event> {
        self.seen("readable", || {
            let next = self.written();
            let first = sequence.max(next.saturating_sub(ENTRIES));
            (first..next).filter_map(|sequence| self.event(sequence).ok()).collect()
        })
    }

    fn event(&self, sequence: u64) -> Result<Event, Unread> {
        let malformed = |what: &str| Unread::Malformed(sequence, what.to_owned());
        let at = entry_at(sequence);
        if self.word(at) != sequence + 1 {
            return Err(malformed("it was not finished, or written over"));
        }
        let entry = &self.map[at..at + ENTRY_BYTES];
        event::read(entry).map_err(malformed)
    }

    /// An aligned word of the page, which the library may be writing.
    fn word(&self, at: usize) -> u64 {
        let place = self.map[at..at + 8].as_ptr().cast::<AtomicU64>();
        // SAFETY: the slice was in bounds, maps are page-aligned and every `at` is a multiple of 8, and
        // the library writes these words atomically.
        let word = unsafe { &*place };
        word.load(Ordering::Acquire)
    }
}

/// A page in memory that has no name in any file system, so that nobody finds it and nothing is left of it.
#[cfg(target_os = "linux")]
mod memory {
    use std::fs::{File, OpenOptions};
    use std::os::fd::AsRawFd;
    use std::path::PathBuf;

    use rustix::fs::{
        FallocateFlags, MemfdFlags, SealFlags, fallocate, fcntl_add_seals, memfd_create,
    };

    use super::{Evidence, EvidenceError, PAGE_BYTES, map};

    /// A page of memory; none where the system has no such memory, or no `/proc` to name it by.
    pub(super) fn page() -> Result<Option<Evidence>, EvidenceError> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let Ok(file) = memfd_create("boundary-evidence", flags).map(File::from) else {
            return Ok(None);
        };
        let unmade = |source| EvidenceError::Unmade { of: "shared memory".to_owned(), source };
        file.set_len(PAGE_BYTES as u64).map_err(unmade)?;
        // Memory that there is not is an error now, and would be a SIGBUS later.
        fallocate(&file, FallocateFlags::empty(), 0, PAGE_BYTES as u64)
            .map_err(|error| unmade(error.into()))?;
        // Who cuts the file under another's mapping kills him at his next look.
        let seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
        fcntl_add_seals(&file, seals).map_err(|error| unmade(error.into()))?;
        let map = map(&file).map_err(unmade)?;
        // Of this process and not `self`, because another one opens it.
        let path = PathBuf::from(format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd()));
        if OpenOptions::new().read(true).write(true).open(&path).is_err() {
            return Ok(None);
        }
        Ok(Some(Evidence { map, path, _file: file, _named: None, tape: None }))
    }
}

fn map(file: &File) -> io::Result<MmapMut> {
    // SAFETY: the file is this suite's own; it is changed only by the library, through the same shared
    // mapping, and read here word by word.
    unsafe { MmapMut::map_mut(file) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_page_in_memory_has_no_name_and_cannot_be_cut() {
        let evidence = Evidence::for_another().expect("a page");
        assert!(evidence.path().starts_with("/proc"), "{}", evidence.path().display());
        is_a_page(&evidence);
        let mut options = std::fs::OpenOptions::new();
        let opened = options.write(true).open(evidence.path()).expect("it is opened by its path");
        for bytes in [0, PAGE_BYTES as u64 - 1, PAGE_BYTES as u64 + 1] {
            let refused = opened.set_len(bytes).expect_err("it has its size for good");
            assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
        }
        let cut = options.truncate(true).open(evidence.path()).expect_err("nor so");
        assert_eq!(cut.kind(), io::ErrorKind::PermissionDenied);
        is_a_page(&evidence);
    }

    #[test]
    fn a_page_in_a_file_is_one_s_own_and_goes() {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        let folder = tempfile::tempdir().expect("a scratch folder");
        let page = || Evidence::in_a_file(folder.path()).expect("a page");
        let (one, other) = (page(), page());
        assert_ne!(one.path(), other.path());
        is_a_page(&one);
        let meta = one.path().metadata().expect("it is there");
        assert_eq!(meta.permissions().mode() & 0o777, 0o600);
        assert!(meta.blocks() * 512 >= PAGE_BYTES as u64, "{} blocks", meta.blocks());
        drop((one, other));
        assert_eq!(folder.path().read_dir().expect("it is there").count(), 0);
    }

    /// What is written to the file is seen in the page.
    fn is_a_page(evidence: &Evidence) {
        use std::os::unix::fs::FileExt;
        let mut options = std::fs::OpenOptions::new();
        let file = options.read(true).write(true).open(evidence.path()).expect("it is opened");
        assert_eq!(file.metadata().expect("it is there").len(), PAGE_BYTES as u64);
        file.write_all_at(&7_u64.to_le_bytes(), 192).expect("it is written");
        assert_eq!(evidence.next(), 7);
        assert!(evidence.attached().is_err());
        file.write_all_at(&MAGIC.to_le_bytes(), 0).expect("it is written");
        evidence.attached().expect("somebody attached");
        file.write_all_at(&[0; 8], 0).expect("it is written");
    }
}
