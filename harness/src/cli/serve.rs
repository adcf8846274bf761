//! `conform serve`: a binder as a program that speaks the protocol.

use std::fs::File;
use std::io::{self, BufWriter};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use harness::subject::protocol;
use harness::subject::wire::WireServer;

use super::{Common, exit};

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// The level to serve at
    #[arg(long, value_enum, default_value = "contract")]
    level: Level,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Level {
    /// The binder, which takes signatures and host values
    Contract,
    /// A library that takes C prototypes and C values, whatever the binder
    Wire,
}

pub(super) fn run(common: &Common, asked: &Serve) -> anyhow::Result<u8> {
    let output = own_output().context("the standard output cannot be kept for the protocol")?;
    let input = io::stdin().lock();
    match asked.level {
        Level::Contract => {
            let mut subject = common.binder.binder()?.served();
            protocol::serve(&mut *subject, input, output)?;
        }
        Level::Wire => protocol::serve(&mut WireServer::default(), input, output)?,
    }
    Ok(exit::FINE)
}

/// The standard output for the protocol alone: what a library prints goes to standard error.
fn own_output() -> io::Result<BufWriter<File>> {
    let output = rustix::io::fcntl_dupfd_cloexec(io::stdout(), 3)?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    Ok(BufWriter::new(File::from(output)))
}
