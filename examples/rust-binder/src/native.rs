//! The library and the foreign call, through libffi. All that is unsafe is here.

#![expect(unsafe_code, reason = "the foreign call")]

use std::path::{Path, PathBuf};

use libffi::middle::{Arg, Cif, CodePtr, Type, arg};

use crate::signature::{Scalar, Signature};

/// An open library.
pub(crate) struct Library {
    library: libloading::Library,
    path: PathBuf,
}

/// A function of an open library, and how it is called.
pub(crate) struct Function {
    cif: Cif,
    code: CodePtr,
    returns: Scalar,
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
        let library = library.map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Library { library, path: path.to_owned() })
    }

    /// Binds a symbol that has the C prototype of a signature (L-1).
    ///
    /// # Errors
    /// A symbol that the library lacks, with the library's path (B-1).
    pub(crate) fn bind(&self, symbol: &str, signature: &Signature) -> Result<Function, String> {
        // SAFETY: the address is only called with the signature's prototype, which whoever wrote the
        // signature vouches for.
        let found = unsafe { self.library.get::<unsafe extern "C" fn()>(symbol) };
        let code =
            found.map_err(|error| format!("{} has no `{symbol}`: {error}", self.path.display()))?;
        let arguments = signature.arguments.iter().map(|of| ffi_type(*of));
        Ok(Function {
            cif: Cif::new(arguments, ffi_type(signature.returns)),
            code: CodePtr::from_fun(*code),
            returns: signature.returns,
        })
    }
}

impl Function {
    /// Calls it with one word an argument, as many as its signature has, and gives the word it returned.
    pub(crate) fn call(&self, words: &[u64]) -> u64 {
        let arguments: Vec<Arg<'_>> = words.iter().map(arg).collect();
        match self.returns {
            Scalar::Void => {
                // SAFETY: the prototype is the signature's, and `words` has a word for each argument.
                unsafe { self.cif.call::<()>(self.code, &arguments) };
                0
            }
            Scalar::F32 => {
                // SAFETY: as above, and it returns a float.
                u64::from(unsafe { self.cif.call::<f32>(self.code, &arguments) }.to_bits())
            }
            // libffi widens what is smaller to a word.
            // SAFETY: as above, and it returns a word or less, an integer or a double.
            _ => unsafe { self.cif.call::<u64>(self.code, &arguments) },
        }
    }
}

/// Integers are described as words, which is what they take in a register and on the stack alike; the
/// callee may rely on the whole of it (L-21).
fn ffi_type(of: Scalar) -> Type {
    match of {
        Scalar::Integer(..) | Scalar::Bool => Type::u64(),
        Scalar::F32 => Type::f32(),
        Scalar::F64 => Type::f64(),
        Scalar::Void => Type::void(),
    }
}
