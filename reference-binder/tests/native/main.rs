//! The reference binder against a native library of its own: every type form both ways, who frees what,
//! and what a refusal must leave untouched.
//!
//! The library is five C files beside this one, compiled by the system's C compiler: the contract's
//! types, written by hand in another language than the suite's fixtures.

mod buffers;
mod collections;
mod errors;
mod library;
mod optionals;
mod places;
mod sizes;
mod streams;
mod structs;
mod typed;
mod wide;
