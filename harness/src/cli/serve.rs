//! `conform serve`: a binder as a program that speaks the protocol.

use std::io;

use harness::subject::protocol;

use super::{Common, exit};

pub(super) fn run(common: &Common) -> anyhow::Result<u8> {
    let mut subject = common.binder.binder()?.subject();
    // Not locked for longer than a reply takes: a library may print, too.
    protocol::serve(&mut *subject, io::stdin().lock(), io::stdout())?;
    Ok(exit::FINE)
}
