//! Calls through the registers of the System V ABI of x86-64.
//!
//! System V AMD64 ABI, section 3.2.3: the first six integer and the first eight float arguments are in
//! registers of two files that fill independently of each other; further ones are on the stack, eight
//! bytes each, in order; an integer returns in `rax`, a float in `xmm0`. So a signature is called
//! through any function type that puts the same words into the same places.

#![expect(unsafe_code, reason = "the foreign call")]

use std::ffi::c_void;
use std::mem::{MaybeUninit, transmute};
use std::ptr::NonNull;

use super::{Answer, Callee, Image, Invoke};

/// Integer registers of the calling convention.
pub(in crate::call) const INTEGERS: usize = 6;
/// Float registers of the calling convention.
pub(in crate::call) const FLOATS: usize = 8;
/// Words that need no stack.
pub(in crate::call) const REGISTERS: usize = INTEGERS + FLOATS;
/// Words on the stack at the most.
const STACK: usize = 48;

/// A carrier's register file.
pub(in crate::call) trait Carried: Copy {}
impl Carried for u64 {}
impl Carried for f64 {}
impl Carried for Reach {}

/// An address and a length. A struct of two words of the integer file goes where the words would, as long as
/// there are registers for both (section 3.2.3): of the calls below, none has more than six.
#[repr(C)]
#[derive(Clone, Copy)]
pub(in crate::call) struct Reach {
    pub(in crate::call) address: u64,
    pub(in crate::call) length: u64,
}

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

/// How the carriers of an image go where a prototype wants them, which takes so many integer registers, float
/// registers and words on the stack; `None` where there are too many of these.
pub(in crate::call) fn with_registers(
    integers: usize,
    floats: usize,
    stack: usize,
) -> Option<Invoke> {
    Some(match (integers, floats, stack) {
        (..=3, 0, 0) => with_three,
        (_, 0, 0) => with_integers,
        (_, _, 0) => with_all,
        (_, _, ..=4) => with_stack::<4>,
        (_, _, ..=16) => with_stack::<16>,
        (_, _, ..=STACK) => with_stack::<STACK>,
        _ => return None,
    })
}

/// A word that a register or the stack takes though nothing need be in it: the callee's prototype does not
/// name those that were not filled.
type Integer = MaybeUninit<u64>;
type Float = MaybeUninit<f64>;

fn float(word: Integer) -> Float {
    // SAFETY: every word is the bits of a double, and a word without bits is such a double.
    unsafe { transmute::<Integer, Float>(word) }
}

/// # Safety
/// As [`Callee::call`].
unsafe fn with_three(callee: &Callee, image: &Image) -> Answer {
    type Prototype = unsafe extern "C" fn(Integer, Integer, Integer) -> Answer;
    // SAFETY: as in `direct_call!`.
    let function: Prototype = unsafe { transmute(callee.symbol.as_ptr()) };
    let [a, b, c, ..] = image.0;
    // SAFETY: by this function's contract; registers the prototype does not name are ignored.
    unsafe { function(a, b, c) }
}

/// # Safety
/// As [`Callee::call`].
unsafe fn with_integers(callee: &Callee, image: &Image) -> Answer {
    type Prototype =
        unsafe extern "C" fn(Integer, Integer, Integer, Integer, Integer, Integer) -> Answer;
    // SAFETY: as in `direct_call!`.
    let function: Prototype = unsafe { transmute(callee.symbol.as_ptr()) };
    let [a, b, c, d, e, f, ..] = image.0;
    // SAFETY: as in `with_three`.
    unsafe { function(a, b, c, d, e, f) }
}

/// # Safety
/// As [`Callee::call`].
unsafe fn with_all(callee: &Callee, image: &Image) -> Answer {
    #[rustfmt::skip]
    type Prototype = unsafe extern "C" fn(
        Integer, Integer, Integer, Integer, Integer, Integer,
        Float, Float, Float, Float, Float, Float, Float, Float,
    ) -> Answer;
    // SAFETY: as in `direct_call!`.
    let function: Prototype = unsafe { transmute(callee.symbol.as_ptr()) };
    let [a, b, c, d, e, f, p, q, r, s, t, u, v, w, ..] = image.0;
    let [p, q, r, s, t, u, v, w] = [p, q, r, s, t, u, v, w].map(float);
    // SAFETY: as in `with_three`.
    unsafe { function(a, b, c, d, e, f, p, q, r, s, t, u, v, w) }
}

/// # Safety
/// As [`Callee::call`].
unsafe fn with_stack<const WORDS: usize>(callee: &Callee, image: &Image) -> Answer {
    /// Larger than 16 bytes, so it is passed in memory: as its words on the stack, in order
    /// (section 3.2.3, class MEMORY).
    #[repr(C)]
    #[derive(Clone, Copy)]
    struct Stack<const WORDS: usize>([Integer; WORDS]);
    #[rustfmt::skip]
    type Prototype<const WORDS: usize> = unsafe extern "C" fn(
        Integer, Integer, Integer, Integer, Integer, Integer,
        Float, Float, Float, Float, Float, Float, Float, Float, Stack<WORDS>,
    ) -> Answer;
    const { assert!(WORDS > 2 && REGISTERS + WORDS <= super::PLACES) };
    // SAFETY: as in `direct_call!`.
    let function: Prototype<WORDS> = unsafe { transmute(callee.symbol.as_ptr()) };
    let [a, b, c, d, e, f, p, q, r, s, t, u, v, w, ..] = image.0;
    let [p, q, r, s, t, u, v, w] = [p, q, r, s, t, u, v, w].map(float);
    let stack = Stack(std::array::from_fn(|word| image.0[REGISTERS + word]));
    // SAFETY: by this function's contract; words the prototype does not name are ignored.
    unsafe { function(a, b, c, d, e, f, p, q, r, s, t, u, v, w, stack) }
}
