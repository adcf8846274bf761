//! `conform`: judges a binder against the boundary contract and measures what its calls cost.

mod cli;

use std::process::ExitCode;

use harness::measure::allocations::Counting;

/// Counts, so that the report can say what a call allocates.
#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> ExitCode {
    cli::main()
}
