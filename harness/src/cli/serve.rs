//! `conform serve`: a binder as a program that speaks the protocol.

use clap::{Args, ValueEnum};
use harness::served::wasm::WasmServer;
use harness::served::wire::WireServer;
use subject::protocol;
use zig_lib::library::Target;

use super::{Common, choice, exit};

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
    match asked.level {
        Level::Contract => {
            let mut subject = common.binder.binder()?.served().subject();
            protocol::serve_process(&mut *subject)?;
        }
        Level::Wire => match common.binder.target() {
            Target::Host => protocol::serve_process(&mut WireServer::default())?,
            Target::Wasm64 | Target::Wasm32 => {
                protocol::serve_process(&mut WasmServer::default())?;
            }
            Target::Aarch64Linux => anyhow::bail!(choice::NOBODY_CALLS),
        },
    }
    Ok(exit::FINE)
}
