//! The library and the foreign call, through libffi. All that is unsafe is here.

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
    /// # Errors
    /// What the loader says, with the path.
    pub(crate) fn open(path: &Path) -> Result<Library, String> {
        // SAFETY: who runs this names a library whose initialisers may run.
        let library = unsafe { libloading::Library::new(path) };
        let library = library.map_err(|error| said(&error))?;
        Ok(Library { library, path: path.to_owned() })
    }

    /// Binds a symbol that has the C prototype of a signature (L-1).
    ///
    /// # Errors
    /// A symbol that the library lacks, with the library's path (B-1).
    pub(crate) fn bind(&self, symbol: &str, signature: &Signature) -> Result<Function, String> {
        // SAFETY: the address is only called with the signature's prototype, which whoever wrote the
        // signature vouches for.
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
    /// Calls it with one word an argument, as many as its signature has, and gives the word it returned.
    pub(crate) fn call(&self, words: &[u64]) -> u64 {
        let addresses: Vec<*mut c_void> =
            words.iter().map(|word| (&raw const *word).cast_mut().cast()).collect();
        let mut returned = 0_u64;
        // SAFETY: the prototype is the signature's, `words` has a word for each argument, on a target that
        // has the low end of a word first, and what it returns is a word or less.
        unsafe { self.cif.call(self.code, (&raw mut returned).cast(), addresses.as_ptr()) };
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
