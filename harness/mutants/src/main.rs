//! `faulty-binder contract|wire [FAULT]`: the reference binder, or the suite's library at wire level, with one
//! fault, by docs/protocol.md. Without a fault it is what `conform serve` is.
//!
//! `faulty-binder measure FAULT WORK`: what `conform measure-worker` prints, of the reference
//! binder with that fault in the process that measures.

// What the planted sources ask.
use mutants::switch as faults;

use std::process::ExitCode;

use measure::{Work, worker};
use subject::allocations::Counting;
use subject::protocol;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

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
    // No fault is an empty name, where words come after it.
    if let Some(name) = words.get(1).filter(|name| !name.is_empty()) {
        let number =
            mutants::faults::number(name).ok_or_else(|| format!("there is no fault `{name}`"))?;
        faults::choose(number);
    }
    if let ["measure", _, work] = words {
        return measured(work);
    }
    let served = match words.first() {
        Some(&"contract") => {
            protocol::serve_process(&mut served::reference::ReferenceBinder::default())
        }
        Some(&"wire") => protocol::serve_process(&mut served::wire::WireServer::default()),
        _ => {
            return Err(
                "usage: faulty-binder contract|wire [FAULT], or measure FAULT WORK".to_owned()
            );
        }
    };
    served.map_err(|error| error.to_string())
}

fn measured(work: &str) -> Result<(), String> {
    worker::ends_with_its_starter().map_err(|error| error.to_string())?;
    let work: Work = serde_json::from_str(work).map_err(|error| error.to_string())?;
    let shape_ms = work.shape_ms.ok_or("callgrind counts no faulty binder")?;
    let new = || Box::new(served::reference::ReferenceBinder::default()) as Box<_>;
    let measured = worker::run(&work, shape_ms, &new)?;
    println!("{}", serde_json::to_string(&measured).map_err(|error| error.to_string())?);
    Ok(())
}
