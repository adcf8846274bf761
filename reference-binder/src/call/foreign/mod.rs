//! The foreign call: the only place where control goes to native code.
//!
//! Two engines make the same calls. `registers` puts words into the places of the System V ABI of
//! x86-64 itself and is compiled only there; `libffi` asks the C library of that name and serves every
//! target, any signature on request, and what the register engine has no room for. `obliged` calls the
//! free and next symbols, whose prototypes are few and fixed.

#![expect(unsafe_code, reason = "the foreign call")]

mod libffi;
mod obliged;
#[cfg(all(target_arch = "x86_64", unix))]
mod registers;

pub(super) use libffi::{MOST, Prepared, Unprepared, answered, with_libffi};
pub(super) use obliged::{fetch, free_buffer, free_one};
#[cfg(all(target_arch = "x86_64", unix))]
pub(super) use registers::{
    Carried, FLOATS, INTEGERS, REGISTERS, Reach, call0, call1, call2, call3, call4, with_registers,
};

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr::NonNull;

use crate::errno;

/// What makes a function's native calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Engine {
    /// Words put into registers and onto the stack, by kernels compiled for that.
    Registers,
    /// The C library libffi, by a description of the prototype made when the function is bound.
    Libffi,
}

/// What is called, and how.
#[derive(Debug)]
pub(super) struct Callee {
    pub(super) symbol: NonNull<c_void>,
    /// Calls with an image that has a carrier in each of the prototype's places.
    pub(super) invoke: Invoke,
    /// What does so, where `invoke` keeps `errno` around it (M-4).
    pub(super) within: Option<Invoke>,
    /// Where libffi calls it; elsewhere, because it is larger than all else of a function.
    pub(super) prepared: Option<Box<Prepared>>,
}

/// Calls a callee with the carriers of an image.
///
/// # Safety
/// As [`Callee::call`].
pub(super) type Invoke = unsafe fn(&Callee, &Image) -> Answer;

/// Both return registers: whichever the callee's type uses is meant.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Answer {
    pub(super) integer: u64,
    pub(super) float: f64,
}

/// Places that a byte can name.
const PLACES: usize = 1 << u8::BITS;

/// The place that leads to the room for a struct that comes back by value: the last, which no carrier has.
pub(super) const RETURNED: u8 = u8::MAX;
const _: () = assert!(MOST == RETURNED as usize);

/// A call's carriers, each in its place: an integer extended to the whole word by its type's sign (L-21), or
/// a float's bits in the low end. A place that no carrier has is never written, and what is in it means
/// nothing.
#[repr(transparent)]
pub(super) struct Image([MaybeUninit<u64>; PLACES]);

impl Image {
    /// Without carriers.
    #[inline(always)]
    pub(super) fn empty() -> Image {
        Image([MaybeUninit::uninit(); PLACES])
    }

    /// Puts a carrier into its place.
    #[inline(always)]
    pub(super) fn put(&mut self, slot: u8, word: u64) {
        self.0[slot as usize] = MaybeUninit::new(word);
    }

    /// What was put into a place.
    ///
    /// # Safety
    /// Something was.
    pub(super) unsafe fn get(&self, slot: u8) -> u64 {
        // SAFETY: by this function's contract.
        unsafe { self.0[slot as usize].assume_init() }
    }
}

/// Calls with the carriers of an image, and keeps what that leaves in `errno`.
///
/// # Safety
/// As [`Callee::call`].
unsafe fn keeping_errno(callee: &Callee, image: &Image) -> Answer {
    let Some(within) = callee.within else {
        unreachable!("a callee that keeps `errno` has what it is kept around");
    };
    // SAFETY: by this function's contract.
    errno::around(|| unsafe { within(callee, image) })
}

impl Callee {
    /// What is called by `invoke`, and whether `errno` is kept.
    pub(super) fn new(
        symbol: NonNull<c_void>,
        invoke: Invoke,
        prepared: Option<Box<Prepared>>,
        keeps_errno: bool,
    ) -> Callee {
        if keeps_errno {
            return Callee { symbol, invoke: keeping_errno, within: Some(invoke), prepared };
        }
        Callee { symbol, invoke, within: None, prepared }
    }

    /// Calls with whatever is in the image.
    ///
    /// # Safety
    /// The symbol is a function whose C prototype takes its carriers from places of the image that were
    /// filled, and returns a scalar or nothing, or a struct that [`RETURNED`] leads to room for; `invoke` was chosen for those places, and the callee was
    /// prepared for that prototype where `invoke` is libffi's.
    #[inline(always)]
    pub(super) unsafe fn call(&self, image: &Image) -> Answer {
        // SAFETY: by this function's contract.
        unsafe { (self.invoke)(self, image) }
    }
}
