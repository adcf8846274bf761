//! Runs the pinned Zig, wherever it is found: `cargo run -p zig-lib --example zig -- fmt --check DIR`.

use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let toolchain = match zig_lib::toolchain::find() {
        Ok(toolchain) => toolchain,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    match Command::new(&toolchain.path).args(std::env::args_os().skip(1)).status() {
        Ok(status) => ExitCode::from(u8::try_from(status.code().unwrap_or(2)).unwrap_or(2)),
        Err(error) => {
            eprintln!("error: {toolchain} cannot be started: {error}");
            ExitCode::from(2)
        }
    }
}
