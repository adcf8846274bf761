//! Checked build: every call leaves evidence. For judging.

pub const name = "checked";
/// The witness ring of docs/evidence.md.
pub const witness = true;
/// `none`; `counters`, the ledger's totals; `table`, which also knows every block.
pub const ledger: enum { none, counters, table } = .table;
/// Whether native calls are counted.
pub const calls = false;
/// Whether a block ends at an inaccessible page and stays inaccessible after its free.
pub const guard = false;
/// Whether addresses are tried before they are used.
pub const wary = false;
