//! The foreign call: the only place where control goes to native code.
//!
//! Two engines make the same calls. `registers` puts words into the places of the System V ABI of
//! x86-64 itself and is compiled only there; `libffi` asks the C library of that name and serves every
//! target, any signature on request, and what the register image has no room for. `obliged` calls the
//! free and next symbols, whose prototypes are few and fixed.

mod libffi;
mod obliged;
#[cfg(all(target_arch = "x86_64", unix))]
mod registers;

pub(super) use libffi::{Carriers, FEW, MOST, Prepared, Unprepared};
pub(super) use obliged::{fetch, free_buffer, free_one};
#[cfg(all(target_arch = "x86_64", unix))]
pub(super) use registers::{
    Carried, FLOATS, INTEGERS, REGISTERS, Registers, STACK, call0, call1, call2, call3, call4,
};

use std::ffi::c_void;
use std::ptr::NonNull;

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
    /// Where libffi calls it.
    pub(super) prepared: Option<Prepared>,
}

/// Both return registers: whichever the callee's type uses is meant.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Answer {
    pub(super) integer: u64,
    pub(super) float: f64,
}

/// A call's carriers, in memory of the caller's own, that an engine can call with.
pub(super) trait Image {
    /// Without carriers.
    fn empty() -> Self;

    /// Its places. Each holds one carrier: an integer extended to the whole word by its type's sign
    /// (L-21), or a float's bits in the low end.
    fn words(&mut self) -> &mut [u64];

    /// Calls with whatever is in the image.
    ///
    /// # Safety
    /// The symbol is a function whose C prototype takes its carriers from the places of the image that
    /// were filled and from no place outside it, and returns a scalar or nothing. Where the image is
    /// libffi's, the callee was prepared for that prototype.
    unsafe fn call(&self, callee: &Callee) -> Answer;
}
