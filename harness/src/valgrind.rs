//! Valgrind, where there is one.

use std::process::{Command, Stdio};

/// Its command.
pub const VALGRIND: &str = "valgrind";
/// How many times as long a call may take under it.
pub const SLOWER: u32 = 30;

/// Whether it is to be had.
pub fn is_there() -> bool {
    let version = Command::new(VALGRIND).arg("--version").stdout(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}
