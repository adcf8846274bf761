//! The foreign call of the suite's own library at wire level, through libffi, and the memory it is
//! given.
//!
//! One of the modules that may use `unsafe`: it calls symbols by prototypes it is told, and reads memory
//! at addresses it is told, as any FFI library does.

#![expect(unsafe_code, reason = "calls and reads what the harness tells it to")]

use std::cell;
use std::ffi::c_void;
use std::ptr::NonNull;

use ::errno::{Errno, errno, set_errno};
use reference_binder::Library;
use subject::protocol::aggregates::ValueType;
use subject::protocol::carriers::CarrierType;
use system_libffi::{Cif, Form, Type};

use super::members;

/// Whether every integer argument takes a whole word wherever it is passed (System V x86-64, AAPCS64).
/// It is then described as a word, because libffi copies no more bytes to the stack than a type has,
/// and L-21 wants the word extended.
const WHOLE_WORDS: bool = cfg!(all(target_arch = "x86_64", unix))
    || cfg!(all(target_arch = "aarch64", not(target_vendor = "apple")));

/// Whether a half is in the low end of what a float is passed and returned in; libffi has no type for
/// it.
const HALF_IN_FLOAT: bool = cfg!(all(target_arch = "x86_64", unix));

thread_local! {
    /// What the thread's last call left in `errno` that keeps it, or what was set since.
    pub(super) static ERRNO: cell::Cell<i32> = const { cell::Cell::new(0) };
}

/// What a symbol takes and returns.
#[derive(Debug)]
pub(super) struct Prototype {
    pub(super) parameters: Vec<ValueType>,
    /// Of a variadic function, how many of them it names.
    pub(super) fixed: Option<usize>,
    pub(super) returns: ValueType,
    /// Whether what its calls leave in `errno` is kept.
    pub(super) errno: bool,
}

/// A symbol that can be called.
#[derive(Debug)]
pub(super) struct Native {
    symbol: NonNull<c_void>,
    cif: Cif,
    /// What each parameter's word is; of a struct by value the address of its memory.
    pub(super) parameters: Vec<CarrierType>,
    /// Nothing of a struct by value.
    pub(super) returns: CarrierType,
    /// The same, with the structs.
    pub(super) prototype: Prototype,
    /// Keeps the symbol where it is (B-2).
    _library: Library,
}

// SAFETY: a call reads what is here and nothing else, and the library is called from threads where the harness
// says so.
unsafe impl Sync for Native {}

impl Native {
    /// Readies calls of a symbol of the library.
    ///
    /// # Errors
    /// What libffi cannot call, for people.
    pub(super) fn new(
        library: &Library,
        symbol: NonNull<c_void>,
        prototype: Prototype,
    ) -> Result<Native, String> {
        let Prototype { parameters, fixed, returns, .. } = &prototype;
        let types = parameters.iter().map(|of| match of.carrier() {
            Some(carrier) => argument(carrier).map(Form::Scalar),
            None => members::form(of),
        });
        let types = types.collect::<Result<Vec<_>, _>>()?;
        let cif = Cif::of(&types, *fixed, &members::form(returns)?);
        let cif = cif.map_err(|error| error.to_string())?;
        let words = parameters.iter().map(|of| of.carrier().unwrap_or(CarrierType::Pointer));
        Ok(Native {
            symbol,
            cif,
            parameters: words.collect(),
            returns: returns.carrier().unwrap_or(CarrierType::Void),
            prototype,
            _library: library.clone(),
        })
    }

    /// Calls with a word a parameter, and gives the word that came back.
    ///
    /// # Safety
    /// The symbol is a function of this prototype and takes these words now, of which there is one for each
    /// parameter.
    pub(super) unsafe fn call(&self, words: &[u64]) -> u64 {
        let mut place = 0_u64;
        // SAFETY: by this function's contract; the place holds the widest carrier.
        unsafe { self.call_into(words, (&raw mut place).cast()) };
        place
    }

    /// Calls with a word a parameter, and has what comes back written to a place.
    ///
    /// # Safety
    /// As [`Native::call`]; the place is a word's, or has room for the struct that is returned by value.
    pub(super) unsafe fn call_into(&self, words: &[u64], returned: *mut c_void) {
        let listed =
            words.iter().zip(&self.prototype.parameters).map(|(word, of)| match of.carrier() {
                Some(_) => (&raw const *word).cast_mut().cast(),
                None => std::ptr::with_exposed_provenance_mut(*word as usize),
            });
        let mut addresses: Vec<*mut c_void> = listed.collect();
        // SAFETY: by this function's contract; there is a word or a struct for each type, on a target that has the
        // low end of a word first.
        let mut call = || unsafe { self.cif.call(self.symbol, returned, addresses.as_mut_ptr()) };
        if !self.prototype.errno {
            return call();
        }
        set_errno(Errno(ERRNO.get()));
        call();
        let Errno(left) = errno();
        ERRNO.set(left);
    }
}

/// The prototype of a callback, each type described as itself.
///
/// # Errors
/// What libffi cannot answer, for people.
pub(super) fn prototype(parameters: &[CarrierType], returns: CarrierType) -> Result<Cif, String> {
    let types = parameters.iter().map(|of| described(*of)).collect::<Result<Vec<_>, _>>()?;
    Cif::new(&types, described(returns)?).map_err(|error| error.to_string())
}

fn argument(of: CarrierType) -> Result<Type, String> {
    match of {
        CarrierType::Void => Err("no parameter is `void`".into()),
        CarrierType::F16 | CarrierType::F32 | CarrierType::F64 | CarrierType::Pointer => {
            described(of)
        }
        _ if WHOLE_WORDS => Ok(Type::U64),
        of => described(of),
    }
}

/// What libffi is told of a carrier's type.
///
/// # Errors
/// What it cannot pass, for people.
pub(super) fn described(of: CarrierType) -> Result<Type, String> {
    Ok(match of {
        CarrierType::I8 => Type::I8,
        CarrierType::I16 => Type::I16,
        CarrierType::I32 => Type::I32,
        CarrierType::I64 => Type::I64,
        CarrierType::U8 | CarrierType::Bool => Type::U8,
        CarrierType::U16 => Type::U16,
        CarrierType::U32 => Type::U32,
        CarrierType::U64 => Type::U64,
        CarrierType::F16 if HALF_IN_FLOAT => Type::F32,
        CarrierType::F16 => return Err("libffi passes no half on this target".into()),
        CarrierType::F32 => Type::F32,
        CarrierType::F64 => Type::F64,
        CarrierType::Pointer => Type::Pointer,
        CarrierType::Void => Type::Void,
    })
}

/// Memory of a call, aligned to 16 bytes.
#[derive(Debug)]
pub(super) struct Room {
    cells: Vec<Cell>,
    length: usize,
}

#[derive(Clone, Copy, Debug)]
#[repr(align(16))]
struct Cell([u8; 16]);

impl Room {
    /// Memory that holds these bytes.
    pub(super) fn holding(bytes: &[u8]) -> Room {
        let cells = vec![Cell([0; 16]); bytes.len().div_ceil(16).max(1)];
        let mut room = Room { cells, length: bytes.len() };
        room.fill(bytes);
        room
    }

    /// Where it is.
    pub(super) fn address(&mut self) -> u64 {
        self.cells.as_mut_ptr().expose_provenance() as u64
    }

    /// Where it is, to write there.
    pub(super) fn place(&mut self) -> *mut c_void {
        self.cells.as_mut_ptr().cast()
    }

    /// Puts a word at an offset; whether it fits.
    pub(super) fn patch(&mut self, offset: usize, word: u64) -> bool {
        let word = (word as usize).to_le_bytes();
        if offset.checked_add(word.len()).is_none_or(|end| end > self.length) {
            return false;
        }
        for (place, byte) in (offset..).zip(word) {
            self.cells[place / 16].0[place % 16] = byte;
        }
        true
    }

    /// Has it hold these bytes, as many as it is long.
    pub(super) fn fill(&mut self, bytes: &[u8]) {
        for (cell, bytes) in self.cells.iter_mut().zip(bytes.chunks(16)) {
            cell.0[..bytes.len()].copy_from_slice(bytes);
        }
    }

    /// The word at an offset, where it is within.
    pub(super) fn word(&self, offset: usize) -> Option<u64> {
        if offset.checked_add(8).is_none_or(|end| end > self.length) {
            return None;
        }
        let byte = |place: usize| u64::from(self.cells[place / 16].0[place % 16]);
        Some((offset..offset + 8).rev().fold(0, |word, place| word << 8 | byte(place)))
    }

    /// The bytes from a place to another, where they are within.
    pub(super) fn piece(&self, from: usize, to: usize) -> Option<Vec<u8>> {
        let byte = |place: usize| self.cells[place / 16].0[place % 16];
        (from <= to && to <= self.length).then(|| (from..to).map(byte).collect())
    }

    /// What it holds.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let cells = self.cells.iter().flat_map(|cell| cell.0);
        cells.take(self.length).collect()
    }
}

/// The bytes at an address.
///
/// # Safety
/// So many bytes lie there, and nobody writes to them now.
pub(super) unsafe fn peek(address: u64, length: usize) -> Vec<u8> {
    let first = std::ptr::with_exposed_provenance::<u8>(address as usize);
    // SAFETY: by this function's contract.
    unsafe { std::slice::from_raw_parts(first, length) }.to_vec()
}

#[cfg(target_endian = "big")]
compile_error!("carriers are laid out for targets that have the low end of a word first");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_aligned_and_keeps_what_is_put_there() {
        for length in [1, 15, 16, 17, 300] {
            let bytes: Vec<u8> = (0..length).map(|byte| byte as u8).collect();
            let mut room = Room::holding(&bytes);
            assert_eq!((room.address() % 16, room.bytes()), (0, bytes), "{length}");
        }
        let mut room = Room::holding(&[7; 20]);
        assert!(room.patch(12, 0x0102_0304_0506_0708) && !room.patch(13, 0));
        assert!(!room.patch(usize::MAX, 0));
        assert_eq!(room.bytes()[10..], [7, 7, 8, 7, 6, 5, 4, 3, 2, 1]);
    }
}
