//! `conform`: judges a binder against the boundary contract and measures what its calls cost.

mod cli;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::SIGXFSZ;
use signal_hook::flag;
use subject::allocations::Counting;

/// Counts, so that the report can say what a call allocates.
#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> ExitCode {
    // A file that grows beyond `ulimit -f` is then an error of the write, which is told with its file, and
    // not a signal that ends this process without a word. A program started from here has the signal again.
    let met = Arc::new(AtomicBool::new(false));
    if let Err(error) = flag::register(SIGXFSZ, met) {
        eprintln!("note: a limit of file sizes will end this without a word: {error}");
    }
    cli::main()
}
