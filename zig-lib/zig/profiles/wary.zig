//! Wary build: as checked, and every address is tried before it is used, so that a caller that puts
//! a wrong word into a place is seen, and the process lives on. For signatures from a seed.

pub const name = "wary";
/// The witness ring of docs/evidence.md.
pub const witness = true;
/// `none`; `counters`, the ledger's totals; `table`, which also knows every block.
pub const ledger: enum { none, counters, table } = .table;
/// Whether native calls are counted.
pub const calls = false;
/// Whether a block ends at an inaccessible page and stays inaccessible after its free.
pub const guard = false;
/// Whether addresses are tried before they are used.
pub const wary = true;
