//! The machine's libffi: found and opened once, at run time, and called through a prepared prototype.
//!
//! Nothing of libffi is compiled or linked: `libffi-sys` gives the layouts and numbers alone. So the suite
//! builds in any folder and on any machine, and says what it cannot do where there is no libffi.

#![expect(unsafe_code, reason = "opens a C library and makes foreign calls through it")]

mod closure;
mod described;
mod eightbytes;
mod form;
mod lasting;

use std::env;
use std::error::Error as _;
use std::ffi::{OsString, c_uint, c_void};
use std::fmt::Write as _;
use std::ptr::NonNull;
use std::sync::OnceLock;

use libffi_sys::{
    ffi_abi, ffi_abi_FFI_DEFAULT_ABI, ffi_cif, ffi_status, ffi_status_FFI_OK, ffi_type,
};
use libloading::Library;

pub use closure::{Answer, Closure};
pub use form::{Form, Type};
pub use lasting::Lasting;

use described::Described;

/// Whether unions, packed structs, integers of 128 bits and extended floats can be passed: it is known which registers
/// they are in.
pub const CLASSIFIES: bool = cfg!(all(target_arch = "x86_64", unix));

/// Names libffi's file, where it is not among what the system's loader finds.
pub const VARIABLE: &str = "LIBFFI";

/// What the loader is asked for, in this order. Versions 7 and 8 have the same layouts.
const NAMES: &[&str] = if cfg!(target_vendor = "apple") {
    &["libffi.dylib", "libffi.8.dylib"]
} else {
    &["libffi.so.8", "libffi.so.7", "libffi.so"]
};

/// This machine has no libffi that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no libffi here ({tried}); install it (Debian: apt install libffi8; Fedora: dnf install \
     libffi; macOS has it) or name its file in ${VARIABLE}"
)]
pub struct Missing {
    /// What the loader said of each file that was tried.
    tried: String,
}

/// Why a prototype was not prepared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unprepared {
    /// There is no libffi.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// Which registers it is in is written down for another target.
    #[error(
        "unions, packed structs, 128-bit integers and x87 floats cross on System V x86-64 alone"
    )]
    Unclassified,
    /// libffi refuses the prototype.
    #[error("libffi does not serve this prototype (status {status})")]
    Refused {
        /// What `ffi_prep_cif` returned.
        status: ffi_status,
    },
}

type PrepCif = unsafe extern "C" fn(
    *mut ffi_cif,
    ffi_abi,
    c_uint,
    *mut ffi_type,
    *mut *mut ffi_type,
) -> ffi_status;
/// With the number of the parameters that a variadic function's prototype names before that of all arguments.
type PrepCifVar = unsafe extern "C" fn(
    *mut ffi_cif,
    ffi_abi,
    c_uint,
    c_uint,
    *mut ffi_type,
    *mut *mut ffi_type,
) -> ffi_status;
type Call = unsafe extern "C" fn(
    *mut ffi_cif,
    Option<unsafe extern "C" fn()>,
    *mut c_void,
    *mut *mut c_void,
);

/// What is used of an open libffi.
#[derive(Debug)]
struct Libffi {
    prep_cif: PrepCif,
    prep_cif_var: PrepCifVar,
    call: Call,
    closures: closure::Symbols,
    types: [*mut ffi_type; Type::SYMBOLS.len()],
    /// Keeps the addresses above where they are.
    _library: Library,
}

// SAFETY: the addresses are of code and of descriptions of scalars, which libffi does not write to.
unsafe impl Send for Libffi {}
// SAFETY: as above.
unsafe impl Sync for Libffi {}

impl Libffi {
    /// The one of this process.
    fn get() -> Result<&'static Libffi, Missing> {
        static LIBFFI: OnceLock<Result<Libffi, Missing>> = OnceLock::new();
        let found = LIBFFI.get_or_init(|| {
            let named = env::var_os(VARIABLE).filter(|name| !name.is_empty());
            Libffi::first(
                named.map_or_else(|| NAMES.iter().map(OsString::from).collect(), |name| vec![name]),
            )
        });
        found.as_ref().map_err(Clone::clone)
    }

    fn first(names: Vec<OsString>) -> Result<Libffi, Missing> {
        let mut tried = String::new();
        for name in names {
            match Libffi::open(&name) {
                Ok(libffi) => return Ok(libffi),
                Err(error) => {
                    // The error itself says only which call of the loader failed.
                    let said =
                        error.source().map_or_else(|| error.to_string(), ToString::to_string);
                    let separator = if tried.is_empty() { "" } else { "; " };
                    // Writing to a string cannot fail.
                    let _ = write!(tried, "{separator}{said}");
                }
            }
        }
        Err(Missing { tried })
    }

    fn open(name: &OsString) -> Result<Libffi, libloading::Error> {
        // SAFETY: libffi's initialisers touch its own memory only; who sets the variable names a libffi.
        let library = unsafe { Library::new(name) }?;
        // SAFETY: the prototype is that of ffi.h.
        let prep_cif = *unsafe { library.get::<PrepCif>("ffi_prep_cif") }?;
        // SAFETY: as above.
        let prep_cif_var = *unsafe { library.get::<PrepCifVar>("ffi_prep_cif_var") }?;
        // SAFETY: as above.
        let call = *unsafe { library.get::<Call>("ffi_call") }?;
        let closures = closure::Symbols::of(&library)?;
        let mut types = [std::ptr::null_mut(); Type::SYMBOLS.len()];
        for (place, (_, symbol)) in types.iter_mut().zip(Type::SYMBOLS) {
            // SAFETY: the symbol is a description of that type, by ffi.h; its address is taken.
            *place = *unsafe { library.get::<*mut ffi_type>(symbol) }?;
        }
        Ok(Libffi { prep_cif, prep_cif_var, call, closures, types, _library: library })
    }
}

/// Whether calls can be made here.
///
/// # Errors
/// [`Missing`], which says what to install.
pub fn available() -> Result<(), Missing> {
    Libffi::get().map(|_| ())
}

/// A C prototype, prepared for calls.
#[derive(Debug)]
pub struct Cif {
    cif: ffi_cif,
    call: Call,
    closures: closure::Symbols,
    /// What the prototype points to.
    _described: Described,
    /// Where libffi is told of more arguments than there are: of each of its own, which it is a part of, and from which
    /// byte on.
    parts: Vec<(usize, usize)>,
}

// SAFETY: its pointers are to descriptions of its own, which nobody writes to once it is prepared, and to libffi's.
unsafe impl Send for Cif {}
// SAFETY: as above; a call only reads a prototype, whose structs were laid out when it was prepared.
unsafe impl Sync for Cif {}

impl Cif {
    /// Prepares the prototype that takes these types and returns one, in the target's usual calling
    /// convention.
    ///
    /// # Errors
    /// [`Unprepared`].
    pub fn new(arguments: &[Type], returns: Type) -> Result<Cif, Unprepared> {
        let arguments: Vec<Form> = arguments.iter().copied().map(Form::Scalar).collect();
        Cif::of(&arguments, None, &Form::Scalar(returns))
    }

    /// The same of types among which there may be structs, and of a variadic function, whose prototype names so many of
    /// its parameters, and for the arguments of one call. Those behind are of types that C promotes others to.
    ///
    /// # Errors
    /// [`Unprepared`].
    pub fn of(arguments: &[Form], fixed: Option<usize>, returns: &Form) -> Result<Cif, Unprepared> {
        let libffi = Libffi::get()?;
        let is_plain = returns.is_plain() && arguments.iter().all(Form::is_plain);
        if !is_plain && !CLASSIFIES {
            return Err(Unprepared::Unclassified);
        }
        let mut described = Described::new(&libffi.types);
        let splits = eightbytes::splits(arguments, returns);
        let fixed =
            fixed.map(|fixed| fixed + splits.iter().filter(|(split, _)| *split < fixed).count());
        let mut forms = arguments.to_vec();
        let whole = (0..arguments.len()).map(|argument| (argument, 0));
        let mut parts: Vec<_> = whole.filter(|_| !splits.is_empty()).collect();
        for (argument, second) in splits.into_iter().rev() {
            forms.splice(argument..=argument, [Type::U64, second].map(Form::Scalar));
            parts.insert(argument + 1, (argument, eightbytes::BYTES));
        }
        let returns = described.form(returns);
        let types = described.list(&forms);
        let mut cif = ffi_cif::default();
        let (all, abi) = (forms.len() as c_uint, ffi_abi_FFI_DEFAULT_ABI);
        let status = match fixed {
            // SAFETY: the list has as many types as is said and, being on the heap, stays where it is when
            // its owner moves, as do the structs that it leads to.
            None => unsafe { (libffi.prep_cif)(&raw mut cif, abi, all, returns, types) },
            // SAFETY: as above.
            Some(fixed) => unsafe {
                (libffi.prep_cif_var)(&raw mut cif, abi, fixed as c_uint, all, returns, types)
            },
        };
        if status != ffi_status_FFI_OK {
            return Err(Unprepared::Refused { status });
        }
        let (call, closures) = (libffi.call, libffi.closures);
        Ok(Cif { cif, call, closures, _described: described, parts })
    }

    /// Calls a function with the arguments at these addresses. What it returns is written to `returned`, an
    /// integer extended to a word, a struct as it is. The addresses are libffi's to change.
    ///
    /// # Safety
    /// The function has this prototype and takes these arguments now; there is an address for each, of a
    /// place at least as large as its type; `returned` is a place for what it returns, aligned, and a word at least.
    #[inline]
    pub unsafe fn call(
        &self,
        function: NonNull<c_void>,
        returned: *mut c_void,
        addresses: *mut *mut c_void,
    ) {
        // SAFETY: an address of code.
        let code = unsafe {
            std::mem::transmute::<*mut c_void, unsafe extern "C" fn()>(function.as_ptr())
        };
        let cif = (&raw const self.cif).cast_mut();
        let part = |(argument, from): &(usize, usize)| {
            // SAFETY: by this function's contract there is an address for each argument.
            let address = unsafe { *addresses.wrapping_add(*argument) };
            address.wrapping_byte_add(*from)
        };
        let mut parts: Vec<*mut c_void> = self.parts.iter().map(part).collect();
        let addresses = if parts.is_empty() { addresses } else { parts.as_mut_ptr() };
        // SAFETY: by this function's contract; the prototype was prepared, so that it is only read.
        unsafe { (self.call)(cif, Some(code), returned, addresses) }
    }

    /// A C function of this prototype, which has no structs, that answers by `answer`, which is given `data`; `None` where
    /// there is no memory for it.
    ///
    /// # Safety
    /// While the closure lives, `answer` may be called with `data` from wherever its code is called, and takes the
    /// arguments and gives the result that the prototype says, without a struct among them.
    pub unsafe fn closure(&self, answer: Answer, data: *const c_void) -> Option<Closure<'_>> {
        // SAFETY: by this function's contract; one library gave both.
        unsafe { Closure::new(self.closures, &self.cif, answer, data) }
    }
}

#[cfg(test)]
mod tests {
    // Calls are proved where they are used, and ignored where there is no libffi: reference-binder's
    // tests `engines`, the harness's `wire`.

    use super::*;

    #[test]
    fn each_type_is_described_at_its_place() {
        for (place, (of, symbol)) in Type::SYMBOLS.into_iter().enumerate() {
            assert_eq!(of as usize, place, "{symbol}");
        }
    }

    #[test]
    fn what_is_missing_is_said_with_what_to_install() {
        let names = ["libffi-of-nobody.so.1", "libffi-of-nobody.so.2"].map(OsString::from).to_vec();
        let missing = Libffi::first(names).expect_err("nobody has it").to_string();
        for part in ["libffi-of-nobody.so.1: ", "libffi-of-nobody.so.2: ", "apt install", "$LIBFFI"]
        {
            assert!(missing.contains(part), "{part}: {missing}");
        }
        if cfg!(target_env = "gnu") {
            let other = Libffi::first(vec!["libc.so.6".into()]).expect_err("another library");
            assert!(other.to_string().contains("ffi_prep_cif"), "{other}");
        }
    }
}
