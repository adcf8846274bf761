//! Faults of a library at wire level.

use super::{Class, Edit, Fault};

const WIRE: &str = "harness/src/served/wire.rs";

/// Faults of this family.
pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "wire-unsigned-returned-signed",
        breaks: "an unsigned return is read as signed",
        clauses: &["R-2", "R-5", "R-4"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: WIRE,
            replace: "i128::from(word << unused >> unused)",
            with: "i128::from((word << unused) as i64 >> unused)",
        }],
    },
    Fault {
        name: "wire-arguments-in-32-bits",
        breaks: "integer arguments keep 32 bits",
        clauses: &["C-1", "L-21"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: WIRE,
            replace: "(extended(scalar, number as u64) == number).then_some(number as u64)",
            with: "(extended(scalar, number as u64) == number).then_some(number as u64 & 0xffff_ffff)",
        }],
    },
    Fault {
        name: "wire-nan-canonical",
        breaks: "a NaN loses its payload and sign",
        clauses: &["C-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: WIRE,
            replace: "float_bits(scalar, text)",
            with: "float_bits(scalar, text).map(|bits| if scalar == Scalar::F64 && f64::from_bits(bits).is_nan() { 0x7ff8 << 48 } else { bits })",
        }],
    },
    Fault {
        name: "wire-edits-lost",
        breaks: "what the callee writes to blocks is lost",
        clauses: &["C-9", "R-9", "R-2", "R-3", "R-10", "R-11"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: WIRE,
            replace: "rooms.iter().map(|room| Hex(room.bytes())).collect()",
            with: "blocks.iter().map(|block| Hex(block.bytes.0.clone())).collect()",
        }],
    },
    Fault {
        name: "wire-last-byte-not-read",
        breaks: "the last byte of what is peeked is zero",
        clauses: &["R-10", "R-1", "R-2", "R-3", "R-5", "R-9"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: WIRE,
            replace: "unsafe { native::peek(address.0, length.index()) }",
            with: "{ let mut bytes = unsafe { native::peek(address.0, length.index()) }; bytes.pop(); bytes.push(0); bytes }",
        }],
    },
    Fault {
        name: "wire-dies-on-peek",
        breaks: "reading memory ends the process",
        clauses: &["R-8"],
        class: Class::Crash,
        arms: &["round-trip"],
        edits: &[Edit {
            file: WIRE,
            replace: "unsafe { native::peek(address.0, length.index()) }",
            with: "std::process::abort()",
        }],
    },
    Fault {
        name: "wire-call-leaks-256-bytes",
        breaks: "a library forgets 256 bytes at each call",
        clauses: &["N-5"],
        class: Class::Leak,
        arms: &["memory"],
        edits: &[Edit {
            file: WIRE,
            replace: "rooms.iter().map(|room| Hex(room.bytes())).collect()",
            with: "{ crate::faults::leak(256); rooms.iter().map(|room| Hex(room.bytes())).collect() }",
        }],
    },
    Fault {
        name: "wire-blocks-kept",
        breaks: "a library keeps the memory of the calls it made",
        clauses: &["N-5"],
        class: Class::Leak,
        arms: &["memory"],
        edits: &[Edit {
            file: WIRE,
            replace: "self.rooms = rooms;",
            with: "std::mem::forget(std::mem::replace(&mut self.rooms, rooms));",
        }],
    },
];
