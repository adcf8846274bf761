//! x
use super::{Common, exit};
pub(super) fn run(_c: &Common) -> anyhow::Result<u8> {
    Ok(exit::FINE)
}
