//! Guard build: evidence as in the checked build, and every block is fenced. For finding overreads.

pub const name = "guard";
/// The witness ring of docs/evidence.md.
pub const witness = true;
/// `none`; `counters`, the ledger's totals; `table`, which also knows every block.
pub const ledger: enum { none, counters, table } = .table;
/// Whether native calls are counted.
pub const calls = false;
/// Whether a block ends at an inaccessible page and stays inaccessible after its free.
pub const guard = true;
/// Whether addresses are tried before they are used.
pub const wary = false;
