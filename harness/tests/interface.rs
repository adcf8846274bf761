//! The corpus as tests of the C interface: the reference binder behind its functions, and what the suite says to it and hears
//! goes through the types of include/boundary_binder.h.

use std::process::ExitCode;

use harness::served::reference::ReferenceBinder;
use subject::library::LibraryBinder;

fn main() -> ExitCode {
    harness::trials::of(|| Box::new(LibraryBinder::around::<ReferenceBinder>()))
        .owing_all_but(LibraryBinder::LEFT_OUT)
        .main()
}
