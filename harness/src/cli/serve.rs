//! `conform serve`: a binder as a program that speaks the protocol.

use std::fs::File;
use std::io::{self, BufWriter};

use anyhow::Context as _;
use harness::subject::protocol;

use super::{Common, exit};

pub(super) fn run(common: &Common) -> anyhow::Result<u8> {
    let output = own_output().context("the standard output cannot be kept for the protocol")?;
    let mut subject = common.binder.binder()?.served();
    protocol::serve(&mut *subject, io::stdin().lock(), output)?;
    Ok(exit::FINE)
}

/// The standard output for the protocol alone: what a library prints goes to standard error.
fn own_output() -> io::Result<BufWriter<File>> {
    let output = rustix::io::fcntl_dupfd_cloexec(io::stdout(), 3)?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    Ok(BufWriter::new(File::from(output)))
}
