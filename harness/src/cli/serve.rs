//! `conform serve`: the reference binder as a program that speaks the protocol.

use std::io;

use harness::run;
use harness::subject::protocol;

use super::exit;

pub(super) fn run() -> anyhow::Result<u8> {
    let mut subject = run::reference(&[]);
    // Not locked for longer than a reply takes: a library may print, too.
    protocol::serve(&mut *subject, io::stdin().lock(), io::stdout())?;
    Ok(exit::FINE)
}
