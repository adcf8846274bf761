//! Native libraries: opened once, kept loaded by every function bound from them (B-1, B-2), unless they were
//! opened to be closed (B-3).
//!
//! One of the modules that may use `unsafe`: loading a library runs its initialisers.

#![expect(unsafe_code, reason = "loads libraries and takes addresses of their symbols")]

use std::error::Error as _;
use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::ptr::NonNull;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use object::elf::{FileHeader64, PT_LOAD};
use object::read::elf::{FileHeader, ProgramHeader};
use object::{LittleEndian, ReadCache};

/// A loaded library. Clones are the same library; it is unloaded with the last of them.
#[derive(Clone, Debug)]
pub struct Library(Arc<Loaded>);

#[derive(Debug)]
struct Loaded {
    path: PathBuf,
    /// Whether it may be closed while functions bound from it exist. Only then do calls look at the lock.
    closable: bool,
    /// `None` once it was closed.
    library: RwLock<Option<libloading::Library>>,
}

/// A library that can be closed while functions bound from it exist (B-3). A call of one costs a lock.
#[derive(Debug)]
pub struct ClosableLibrary(Library);

/// Bytes of a short name, and its NUL.
const SHORT: usize = 64;

/// Keeps a library loaded for as long as something native of it runs.
pub(crate) struct Pass<'a>(
    #[expect(dead_code, reason = "held for as long as the library is used")]
    Option<RwLockReadGuard<'a, Option<libloading::Library>>>,
);

/// Why a library or a symbol could not be had (B-1).
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// The file cannot be read.
    #[error("cannot open the library {}: {source}", path.display())]
    Unreadable {
        /// The library's path as given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file ends before a segment it declares; mapping it would crash at the first touch.
    #[error(
        "the library {} is truncated: a segment ends at byte {needed}, the file at {length}",
        path.display()
    )]
    Truncated {
        /// The library's path as given.
        path: PathBuf,
        /// Bytes the file would need.
        needed: u64,
        /// Bytes it has.
        length: u64,
    },
    /// The system's loader refused it.
    #[error("cannot load the library {}: {message}", path.display())]
    NotLoadable {
        /// The library's path as given.
        path: PathBuf,
        /// What the loader said.
        message: String,
    },
    /// The library has no such symbol.
    #[error("the library {} has no symbol `{symbol}`, which {needed_for}", path.display())]
    MissingSymbol {
        /// The library's path as given.
        path: PathBuf,
        /// The symbol.
        symbol: String,
        /// What it is needed for.
        needed_for: String,
    },
    /// It was closed (B-3).
    #[error("the library {} was closed", path.display())]
    Closed {
        /// The library's path as given.
        path: PathBuf,
    },
}

impl Library {
    /// Loads a library.
    ///
    /// # Errors
    /// Every [`LibraryError`] but a missing symbol and a closed library.
    ///
    /// # Safety
    /// Loading runs the library's initialisers, and unloading what they registered, in this process: the
    /// caller trusts the file with that.
    ///
    /// ```compile_fail,E0133
    /// let _ = reference_binder::Library::open(std::path::Path::new("a.so"));
    /// ```
    pub unsafe fn open(path: &Path) -> Result<Library, LibraryError> {
        // SAFETY: by this function's contract.
        unsafe { Library::load(path, false) }
    }

    /// # Safety
    /// As [`Library::open`].
    unsafe fn load(path: &Path, closable: bool) -> Result<Library, LibraryError> {
        let unreadable = |source| LibraryError::Unreadable { path: path.to_owned(), source };
        // A name without a slash would make the loader search the system's folders.
        let file = path.canonicalize().map_err(unreadable)?;
        if let Some((needed, length)) = missing_bytes(&file).map_err(unreadable)? {
            return Err(LibraryError::Truncated { path: path.to_owned(), needed, length });
        }
        // SAFETY: the file is a whole object, and by this function's contract its initialisers may run.
        let library = unsafe { libloading::Library::new(&file) };
        let library = library.map_err(|error| LibraryError::NotLoadable {
            path: path.to_owned(),
            // The error itself says only which call of the loader failed.
            message: error.source().map_or_else(|| error.to_string(), ToString::to_string),
        })?;
        let library = RwLock::new(Some(library));
        Ok(Library(Arc::new(Loaded { path: path.to_owned(), closable, library })))
    }

    /// The path it was opened by.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// A symbol's address, good for as long as the library is held.
    ///
    /// # Errors
    /// [`LibraryError::MissingSymbol`] with `needed_for` in its message; [`LibraryError::Closed`].
    pub fn symbol(&self, name: &str, needed_for: &str) -> Result<NonNull<c_void>, LibraryError> {
        let missing = || LibraryError::MissingSymbol {
            path: self.path().to_owned(),
            symbol: name.to_owned(),
            needed_for: needed_for.to_owned(),
        };
        let library = self.0.library.read().unwrap_or_else(PoisonError::into_inner);
        let library = library.as_ref().ok_or_else(|| self.closed())?;
        // The loader wants a NUL behind it, and for most names no memory is needed to put one there.
        let mut short = [0; SHORT];
        let ended = match short.get_mut(..name.len() + 1) {
            Some(ended) => {
                ended[..name.len()].copy_from_slice(name.as_bytes());
                &*ended
            }
            None => name.as_bytes(),
        };
        // SAFETY: the address is only taken here; who calls it states its type.
        let symbol = unsafe { library.get::<*mut c_void>(ended) };
        let symbol = symbol.map_err(|_| missing())?;
        // SAFETY: the raw address outlives the borrow only together with a clone of this library,
        // which every bound function keeps (B-2); of one that can be closed it is used with a pass (B-3).
        let address = unsafe { symbol.into_raw() };
        NonNull::new(address.as_raw_ptr()).ok_or_else(missing)
    }

    pub(crate) fn closed(&self) -> LibraryError {
        LibraryError::Closed { path: self.0.path.clone() }
    }

    /// Whether what is bound from it needs a pass for each call.
    pub(crate) fn is_closable(&self) -> bool {
        self.0.closable
    }

    /// Leave to use its symbols, as long as the pass is held; none once it was closed (B-3).
    pub(crate) fn enter(&self) -> Option<Pass<'_>> {
        if !self.0.closable {
            return Some(Pass(None));
        }
        let library = self.0.library.read().unwrap_or_else(PoisonError::into_inner);
        library.is_some().then_some(Pass(Some(library)))
    }
}

impl ClosableLibrary {
    /// Loads a library that is to be closed.
    ///
    /// # Errors
    /// As [`Library::open`].
    ///
    /// # Safety
    /// As [`Library::open`].
    pub unsafe fn open(path: &Path) -> Result<ClosableLibrary, LibraryError> {
        // SAFETY: by this function's contract.
        unsafe { Library::load(path, true) }.map(ClosableLibrary)
    }

    /// The library, to bind from.
    pub fn library(&self) -> &Library {
        &self.0
    }

    /// Unloads it, once no call of it runs. What was bound from it is refused with `library-closed` from then
    /// on, and nothing of it is freed any more. A library that was closed stays so.
    pub fn close(&self) {
        let mut library = self.0.0.library.write().unwrap_or_else(PoisonError::into_inner);
        drop(library.take());
    }
}

/// For an ELF file that ends before one of its load segments: bytes needed and there. The loader maps
/// such a file and the process dies of SIGBUS, which is no way to refuse (B-1). Other formats are left
/// to the loader.
fn missing_bytes(path: &Path) -> io::Result<Option<(u64, u64)>> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let file = ReadCache::new(file);
    let Ok(header) = FileHeader64::<LittleEndian>::parse(&file) else { return Ok(None) };
    let end = |from: u64, size: u64| from.saturating_add(size);
    let needed = match header.program_headers(LittleEndian, &file) {
        Ok(segments) => segments
            .iter()
            .filter(|segment| segment.p_type(LittleEndian) == PT_LOAD)
            .map(|segment| segment.file_range(LittleEndian))
            .fold(0, |needed, (from, size)| needed.max(end(from, size))),
        Err(_) => {
            let (count, size) = (header.e_phnum(LittleEndian), header.e_phentsize(LittleEndian));
            end(header.e_phoff(LittleEndian), u64::from(count) * u64::from(size))
        }
    };
    Ok((needed > length).then_some((needed, length)))
}
