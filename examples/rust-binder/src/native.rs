//! The library and the foreign call, through libffi.

#![expect(unsafe_code, reason = "the foreign call")]

use std::error::Error as _;
use std::ffi::c_void;
use std::path::{Path, PathBuf};
use std::ptr::NonNull;

use system_libffi::{Cif, Type};

use crate::signature::{Scalar, Signature};

/// An open library.
pub(crate) struct Library {
    library: libloading::Library,
    path: PathBuf,
}

/// A function of an open library, and how it is called.
pub(crate) struct Function {
    cif: Cif,
    code: NonNull<c_void>,
}

// SAFETY: a description of a prototype and an address, neither of which a call changes.
unsafe impl Send for Function {}

impl Library {
    /// Opens a library.
    ///
    /// # Safety
    /// Its initialisers may run, and until it is dropped nobody takes it away.
    ///
    /// # Errors
    /// What the loader says, with the path.
    pub(crate) unsafe fn open(path: &Path) -> Result<Library, String> {
        // SAFETY: by this function's contract.
        let library = unsafe { libloading::Library::new(path) };
        let library = library.map_err(|error| said(&error))?;
        Ok(Library { library, path: path.to_owned() })
    }

    /// Binds a symbol.
    ///
    /// # Safety
    /// It is a function that has the C prototype of the signature (L-1), and is called while the library is
    /// open.
    ///
    /// # Errors
    /// A symbol that the library lacks, with the library's path (B-1).
    pub(crate) unsafe fn bind(
        &self,
        symbol: &str,
        signature: &Signature,
    ) -> Result<Function, String> {
        // SAFETY: an address is found, and called by this function's contract.
        let found = unsafe { self.library.get::<NonNull<c_void>>(symbol) };
        let code = found.map_err(|error| {
            format!("{} has no `{symbol}`: {}", self.path.display(), said(&error))
        })?;
        let arguments: Vec<Type> = signature.arguments.iter().map(|of| ffi_type(*of)).collect();
        let cif = Cif::new(&arguments, ffi_type(signature.returns));
        let cif = cif.map_err(|error| format!("`{symbol}`: {error}"))?;
        Ok(Function { cif, code: *code })
    }
}

/// What the loader said, which names the file; the error itself says only which call of it failed.
fn said(error: &libloading::Error) -> String {
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}

impl Function {
    /// Calls it with one word an argument, and gives the word it returned.
    ///
    /// # Safety
    /// There are as many words as the signature has arguments, each of which the function takes.
    pub(crate) unsafe fn call(&self, words: &[u64]) -> u64 {
        let mut addresses: Vec<*mut c_void> =
            words.iter().map(|word| (&raw const *word).cast_mut().cast()).collect();
        let mut returned = 0_u64;
        // SAFETY: by this function's contract and that of `bind`; a word has its low end first on this
        // target, and what is returned is a word or less.
        unsafe { self.cif.call(self.code, (&raw mut returned).cast(), addresses.as_mut_ptr()) };
        returned
    }
}

/// Integers are described as words, which is what they take in a register and on the stack alike; the
/// callee may rely on the whole of it (L-21).
fn ffi_type(of: Scalar) -> Type {
    match of {
        Scalar::Integer(..) | Scalar::Bool => Type::U64,
        Scalar::F32 => Type::F32,
        Scalar::F64 => Type::F64,
        Scalar::Void => Type::Void,
    }
}
