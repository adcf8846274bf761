//! Finds or fetches the pinned Zig, builds the fixture library with it, and reads the library's
//! manifest.
//!
//! The Zig package is in `zig-lib/zig` and is embedded here, so an installed binary builds it anywhere.
//! What this crate makes lives in the user's cache directory ([`cache`]) and is made once: a
//! [`library::build`] whose artifact is there starts no process and needs no Zig. The program of a binary
//! [`release`] takes what was packed with it before that.
//!
//! Beside it stands a [`twin`] of the fixtures that cross by value, in C.
//!
//! Deliberately absent: loading a library and calling it, which is for the harness and its subjects.

pub mod cache;
pub mod library;
pub mod manifest;
pub mod release;
pub mod toolchain;
pub mod twin;

mod sources;

/// The only version of Zig that builds the fixtures.
pub const ZIG_VERSION: &str = "0.16.0";
