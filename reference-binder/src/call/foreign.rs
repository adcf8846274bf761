//! The foreign call: the only place where control goes to native code.
//!
//! System V AMD64 ABI, section 3.2.3: the first six integer and the first eight float arguments are in
//! registers of two files that fill independently of each other; further ones are on the stack, eight
//! bytes each, in order; an integer returns in `rax`, a float in `xmm0`. So a signature is called
//! through any function type that puts the same words into the same places.

#![expect(unsafe_code, reason = "the foreign call")]

use std::ffi::c_void;
use std::mem::transmute;
use std::ptr::NonNull;

#[cfg(not(all(target_arch = "x86_64", unix)))]
compile_error!(
    "the register kernels are written for the System V ABI of x86-64; other targets are not served yet"
);

/// Integer registers of the calling convention.
pub(super) const INTEGERS: usize = 6;
/// Float registers of the calling convention.
pub(super) const FLOATS: usize = 8;
/// Words that need no stack.
pub(super) const REGISTERS: usize = INTEGERS + FLOATS;
/// Words on the stack at the most.
pub(super) const STACK: usize = 48;

/// Carriers by place: integer registers, float registers (the float's bits in the low end), stack.
pub(super) struct Registers<const WORDS: usize>(pub(super) [u64; WORDS]);

/// Both return registers: whichever the callee's type uses is meant.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Answer {
    pub(super) integer: u64,
    pub(super) float: f64,
}

/// A carrier's register file.
pub(super) trait Carried: Copy {}
impl Carried for u64 {}
impl Carried for f64 {}

macro_rules! direct_call {
    ($name:ident, $($argument:ident: $class:ident),*) => {
        /// Calls with these carriers.
        ///
        /// # Safety
        /// The symbol is a function whose C prototype has carriers of these register files, in this
        /// order and no others, and returns in the register file of `R` or nothing.
        #[inline(always)]
        pub(super) unsafe fn $name<$($class: Carried,)* R: Carried>(
            symbol: NonNull<c_void>,
            $($argument: $class),*
        ) -> R {
            type Prototype<$($class,)* R> = unsafe extern "C" fn($($class),*) -> R;
            let address = symbol.as_ptr();
            // SAFETY: a function pointer and a data pointer are one word each on this target, and the
            // caller vouches for the prototype.
            let function = unsafe { transmute::<*mut c_void, Prototype<$($class,)* R>>(address) };
            // SAFETY: by this function's contract.
            unsafe { function($($argument),*) }
        }
    };
}

direct_call!(call0,);
direct_call!(call1, a: A);
direct_call!(call2, a: A, b: B);
direct_call!(call3, a: A, b: B, c: C);
direct_call!(call4, a: A, b: B, c: C, d: D);

/// A register image that can be called with.
pub(super) trait Image {
    /// Calls with whatever is in the image.
    ///
    /// # Safety
    /// The symbol is a function whose C prototype takes its carriers from the places of the image that
    /// were filled and from no place outside it, and returns a scalar or nothing.
    unsafe fn call(&self, symbol: NonNull<c_void>) -> Answer;
}

impl Image for Registers<REGISTERS> {
    unsafe fn call(&self, symbol: NonNull<c_void>) -> Answer {
        #[rustfmt::skip]
        type Prototype = unsafe extern "C" fn(
            u64, u64, u64, u64, u64, u64, f64, f64, f64, f64, f64, f64, f64, f64,
        ) -> Answer;
        // SAFETY: as in `direct_call!`.
        let function: Prototype = unsafe { transmute(symbol.as_ptr()) };
        let [a, b, c, d, e, f, floats @ ..] = self.0;
        let [p, q, r, s, t, u, v, w] = floats.map(f64::from_bits);
        // SAFETY: by this function's contract; registers the prototype does not name are ignored.
        unsafe { function(a, b, c, d, e, f, p, q, r, s, t, u, v, w) }
    }
}

impl Image for Registers<{ REGISTERS + STACK }> {
    unsafe fn call(&self, symbol: NonNull<c_void>) -> Answer {
        /// Larger than 16 bytes, so it is passed in memory: as its words on the stack, in order
        /// (section 3.2.3, class MEMORY).
        #[repr(C)]
        #[derive(Clone, Copy)]
        struct Stack([u64; STACK]);
        #[rustfmt::skip]
        type Prototype = unsafe extern "C" fn(
            u64, u64, u64, u64, u64, u64, f64, f64, f64, f64, f64, f64, f64, f64, Stack,
        ) -> Answer;
        // SAFETY: as in `direct_call!`.
        let function: Prototype = unsafe { transmute(symbol.as_ptr()) };
        let [a, b, c, d, e, f, p, q, r, s, t, u, v, w, stack @ ..] = self.0;
        let [p, q, r, s, t, u, v, w] = [p, q, r, s, t, u, v, w].map(f64::from_bits);
        // SAFETY: by this function's contract; words the prototype does not name are ignored.
        unsafe { function(a, b, c, d, e, f, p, q, r, s, t, u, v, w, Stack(stack)) }
    }
}
