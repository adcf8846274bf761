//! `conform serve`: a binder as a program that speaks the protocol.

use std::io;

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
    // Not locked for longer than a reply takes: a library may print, too.
    let (input, output) = (io::stdin().lock(), io::stdout());
    match asked.level {
        Level::Contract => {
            let mut subject = common.binder.binder()?.subject();
            protocol::serve(&mut *subject, input, output)?;
        }
        Level::Wire => protocol::serve(&mut WireServer::default(), input, output)?,
    }
    Ok(exit::FINE)
}
