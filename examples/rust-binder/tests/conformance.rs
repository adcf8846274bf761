//! The boundary contract's cases as tests of this binder: `cargo test -p rust-binder`.

use std::process::ExitCode;

use rust_binder::ScalarBinder;

fn main() -> ExitCode {
    harness::trials::of(|| Box::new(ScalarBinder::default())).main()
}
