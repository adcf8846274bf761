//! What is printed, where a reader that went away is no error.

use std::io::{ErrorKind, Write};

/// A text and a line's end on standard output.
pub(super) fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let written = writeln!(out, "{text}").and_then(|()| out.flush());
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
    {
        complain(&format!("cannot write to standard output: {error}"));
    }
}

/// An error on standard error; what it quotes may be anybody's.
pub(super) fn complain(message: &str) {
    let message: &str = &report::shown(message);
    // Nobody is left to be told when this fails.
    let _ = writeln!(std::io::stderr().lock(), "error: {message}");
}
