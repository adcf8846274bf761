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

/// An error on standard error.
pub(super) fn complain(message: &str) {
    // Nobody is left to be told when this fails.
    let _ = writeln!(std::io::stderr().lock(), "error: {}", bounded(message));
}

/// A message no line of which is long, whatever it quotes.
pub(super) fn bounded(message: &str) -> String {
    message.lines().map(contract::bounds::message).collect::<Vec<_>>().join("\n")
}
