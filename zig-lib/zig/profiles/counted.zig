//! Counted build: the bench build with the ledger's totals and a count of calls. For allocation counts and
//! replays.

pub const name = "counted";
/// The witness ring of docs/evidence.md.
pub const witness = false;
/// `none`; `counters`, the ledger's totals; `table`, which also knows every block.
pub const ledger: enum { none, counters, table } = .counters;
/// Whether native calls are counted.
pub const calls = true;
/// Whether a block ends at an inaccessible page and stays inaccessible after its free.
pub const guard = false;
/// Whether addresses are tried before they are used.
pub const wary = false;
