//! `faulty-binder contract|wire [FAULT]`: the reference binder, or the suite's library at wire level, with one
//! fault, by docs/protocol.md. Without a fault it is what `conform serve` is.

// What the planted sources ask.
use mutants::switch as faults;

use std::process::ExitCode;

use subject::protocol;

include!(concat!(env!("OUT_DIR"), "/planted.rs"));

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match serve(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

fn serve(words: &[&str]) -> Result<(), String> {
    if let Some(name) = words.get(1) {
        let number =
            mutants::faults::number(name).ok_or_else(|| format!("there is no fault `{name}`"))?;
        faults::choose(number);
    }
    let served = match words.first() {
        Some(&"contract") => {
            protocol::serve_process(&mut served::reference::ReferenceBinder::default())
        }
        Some(&"wire") => protocol::serve_process(&mut served::wire::WireServer::default()),
        _ => return Err("usage: faulty-binder contract|wire [FAULT]".to_owned()),
    };
    served.map_err(|error| error.to_string())
}
