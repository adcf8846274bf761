//! The corpus as tests of the reference binder, which serves all of it.

use std::process::ExitCode;

use harness::served::reference::ReferenceBinder;

fn main() -> ExitCode {
    harness::trials::of(|| Box::new(ReferenceBinder::default())).owing_all().main()
}
