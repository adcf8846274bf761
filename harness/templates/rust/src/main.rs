//! libffi from Rust, judged at wire level (docs/protocol.md): it does as it is told. What is libffi's is here, in
//! `structs.rs` and in `callbacks.rs`; what is the protocol's is in `wire.rs` and `loops.rs`.

mod callbacks;
mod loops;
mod structs;
mod wire;

use std::ffi::c_void;
use std::io;
use std::ptr;

use libffi::middle::{CodePtr, Type};
use serde_json::json;

use structs::Form;
use wire::{Linked, Room};

/// libffi's own scalar.
pub(crate) fn described(name: &str) -> Option<Type> {
    Some(match name {
        "i8" => Type::i8(),
        "i16" => Type::i16(),
        "i32" => Type::i32(),
        "i64" => Type::i64(),
        "u8" | "bool" => Type::u8(),
        "u16" => Type::u16(),
        "u32" => Type::u32(),
        "u64" => Type::u64(),
        "f32" => Type::f32(),
        "f64" => Type::f64(),
        "pointer" => Type::pointer(),
        "void" => Type::void(),
        _ => return None,
    })
}

/// Makes a call of words, which of a struct are where it lies, into a room for what it returns.
pub(crate) fn call(function: &Linked, words: &[u64], result: &mut Room) {
    let place = |(word, of): (&u64, &Form)| {
        if of.is_scalar() {
            return (&raw const *word).cast_mut().cast();
        }
        ptr::with_exposed_provenance_mut(*word as usize)
    };
    let mut places: Vec<*mut c_void> = words.iter().zip(&function.parameters).map(place).collect();
    // SAFETY: the symbol is a function of this prototype, and takes these words, as the harness says;
    // where a struct's word says, one lies; there is a place for each parameter, and the result fits its
    // room.
    unsafe {
        libffi::raw::ffi_call(
            function.cif.as_raw_ptr(),
            Some(*CodePtr(function.symbol).as_fun()),
            result.cells.as_mut_ptr().cast(),
            places.as_mut_ptr(),
        );
    }
}

fn main() -> io::Result<()> {
    wire::serve(json!({
        "name": "libffi", "version": "5.2", "language": "Rust", "level": "wire",
        "capabilities": [
            "loops", "threads", "libraries", "no-collector", "callbacks", "callback-types",
            "foreign-threads", "kept-callbacks", "by-value", "errno", "set-errno",
        ],
        "lacks": ["f16"],
    }))
}
