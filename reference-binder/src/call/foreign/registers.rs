//! Calls through the registers of the System V ABI of x86-64.
//!
//! System V AMD64 ABI, section 3.2.3: the first six integer and the first eight float arguments are in
//! registers of two files that fill independently of each other; further ones are on the stack, eight
//! bytes each, in order; an integer returns in `rax`, a float in `xmm0`. So a signature is called
//! through any function type that puts the same words into the same places.

#![expect(unsafe_code, reason = "the foreign call")]

use std::ffi::c_void;
use std::mem::transmute;
use std::ptr::NonNull;

use super::{Answer, Callee, Image};

/// Integer registers of the calling convention.
pub(in crate::call) const INTEGERS: usize = 6;
/// Float registers of the calling convention.
pub(in crate::call) const FLOATS: usize = 8;
/// Words that need no stack.
pub(in crate::call) const REGISTERS: usize = INTEGERS + FLOATS;
/// Words on the stack at the most.
pub(in crate::call) const STACK: usize = 48;

/// Carriers by place: integer registers, float registers (the float's bits in the low end), stack.
pub(in crate::call) struct Registers<const WORDS: usize>(pub(in crate::call) [u64; WORDS]);

/// A carrier's register file.
pub(in crate::call) trait Carried: Copy {}
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
        pub(in crate::call) unsafe fn $name<$($class: Carried,)* R: Carried>(
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

impl Image for Registers<REGISTERS> {
    #[inline(always)]
    fn empty() -> Self {
        Registers([0; _])
    }

    #[inline(always)]
    fn words(&mut self) -> &mut [u64] {
        &mut self.0
    }

    unsafe fn call(&self, callee: &Callee) -> Answer {
        #[rustfmt::skip]
        type Prototype = unsafe extern "C" fn(
            u64, u64, u64, u64, u64, u64, f64, f64, f64, f64, f64, f64, f64, f64,
        ) -> Answer;
        // SAFETY: as in `direct_call!`.
        let function: Prototype = unsafe { transmute(callee.symbol.as_ptr()) };
        let [a, b, c, d, e, f, floats @ ..] = self.0;
        let [p, q, r, s, t, u, v, w] = floats.map(f64::from_bits);
        // SAFETY: by this function's contract; registers the prototype does not name are ignored.
        unsafe { function(a, b, c, d, e, f, p, q, r, s, t, u, v, w) }
    }
}

impl Image for Registers<{ REGISTERS + STACK }> {
    #[inline(always)]
    fn empty() -> Self {
        Registers([0; _])
    }

    #[inline(always)]
    fn words(&mut self) -> &mut [u64] {
        &mut self.0
    }

    unsafe fn call(&self, callee: &Callee) -> Answer {
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
        let function: Prototype = unsafe { transmute(callee.symbol.as_ptr()) };
        let [a, b, c, d, e, f, p, q, r, s, t, u, v, w, stack @ ..] = self.0;
        let [p, q, r, s, t, u, v, w] = [p, q, r, s, t, u, v, w].map(f64::from_bits);
        // SAFETY: by this function's contract; words the prototype does not name are ignored.
        unsafe { function(a, b, c, d, e, f, p, q, r, s, t, u, v, w, Stack(stack)) }
    }
}
