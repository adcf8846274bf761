//! The symbols that a return obliges: free and next (contract L-11, L-13, L-14, L-16, L-20).
//!
//! Their prototypes are known when this is compiled, so that every target's compiler makes the call.

#![expect(unsafe_code, reason = "the foreign call")]

use std::ffi::c_void;
use std::mem::transmute;
use std::ptr::NonNull;

/// `<symbol>__free(usize)`, or of one pointer, which is the same word.
///
/// # Safety
/// The symbol is such a function, and takes this word back now.
pub(in crate::call) unsafe fn free_one(symbol: NonNull<c_void>, word: u64) {
    type Free = unsafe extern "C" fn(usize);
    // SAFETY: a function pointer and a data pointer are one word each on every target Rust's standard
    // library has, and the caller vouches for the prototype.
    let free = unsafe { transmute::<*mut c_void, Free>(symbol.as_ptr()) };
    // SAFETY: by this function's contract.
    unsafe { free(word as usize) }
}

/// `<symbol>__free(usize ptr, usize len)`.
///
/// # Safety
/// As [`free_one`], for both words.
pub(in crate::call) unsafe fn free_buffer(symbol: NonNull<c_void>, address: u64, length: u64) {
    type Free = unsafe extern "C" fn(usize, usize);
    // SAFETY: as in `free_one`.
    let free = unsafe { transmute::<*mut c_void, Free>(symbol.as_ptr()) };
    // SAFETY: by this function's contract.
    unsafe { free(address as usize, length as usize) }
}

/// `bool <symbol>__next(usize iter, T *out)`: whether there was an item.
///
/// # Safety
/// The symbol is such a function, the iterator is one of its own that lives, and `out` is a place for an
/// item.
pub(in crate::call) unsafe fn fetch(
    symbol: NonNull<c_void>,
    iterator: u64,
    out: *mut c_void,
) -> bool {
    // A byte, not a bool: only the low 8 bits mean anything (L-21), and a wrong callee may return 2.
    type Next = unsafe extern "C" fn(usize, *mut c_void) -> u8;
    // SAFETY: as in `free_one`.
    let next = unsafe { transmute::<*mut c_void, Next>(symbol.as_ptr()) };
    // SAFETY: by this function's contract.
    unsafe { next(iterator as usize, out) != 0 }
}
