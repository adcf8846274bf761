//! What is printed, where a reader that went away is no error and a full disk is one.

use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether something could not be printed: what a program reads of this one is then not whole.
static LOST: AtomicBool = AtomicBool::new(false);

/// A text and a line's end on standard output.
pub(super) fn say(text: &str) {
    let mut out = io::stdout().lock();
    note(writeln!(out, "{text}").and_then(|()| out.flush()));
}

/// Takes what came of printing: an error is told, once, and remembered.
pub(super) fn note(printed: io::Result<()>) {
    if let Err(error) = printed
        && error.kind() != ErrorKind::BrokenPipe
        && !LOST.swap(true, Ordering::Relaxed)
    {
        complain(&format!("cannot write to standard output: {error}"));
    }
}

/// Whether something that was to be printed is lost.
pub(super) fn is_lost() -> bool {
    LOST.load(Ordering::Relaxed)
}

/// An error on standard error; what it quotes may be anybody's.
pub(super) fn complain(message: &str) {
    // Nobody is left to be told when this fails.
    let _ = writeln!(io::stderr().lock(), "error: {}", report::shown(message));
}

/// An error with its causes, each said once: many messages have their cause in them already.
pub(super) fn told(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |text, cause| {
        match text.is_empty() {
            true => cause,
            false if text.contains(&cause) => text,
            false => format!("{text}: {cause}"),
        }
    })
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot write a: {source}")]
    struct Write {
        source: io::Error,
    }

    #[test]
    fn a_cause_is_told_once() {
        let full = || io::Error::other("it is full");
        let saying = anyhow::Error::new(Write { source: full() });
        assert_eq!(told(&saying), "cannot write a: it is full");
        let silent = Err::<(), _>(full()).context("cannot write b").expect_err("it is full");
        assert_eq!(told(&silent), "cannot write b: it is full");
        assert_eq!(told(&saying.context("the list")), "the list: cannot write a: it is full");
    }
}
