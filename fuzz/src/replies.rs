//! The lines that a client reads: replies at both levels, with host values and with carriers.
//!
//! A recording is made of them, which stands for the program that wrote them: so they take the way of any
//! reply, and what they lead to is raised, called and freed.

use std::path::PathBuf;
use std::time::Duration;

use contract::{HostValue, Scalar};
use serde_json::json;
use subject::program::Program;
use subject::protocol::Launch;
use subject::recording::{Came, Entry, Line, RecordingError, Tape, Wrong};
use subject::{
    BenchRequest, BindReply, BindRequest, BoundId, CallReply, Outcome, Pull, RaceRequest,
    ReadRequest, RepeatRequest, Script, ScriptArgument, ScriptStep, StartRequest, Subject,
    SubjectFault,
};

use super::file::Written;

const DECLARED: &str = "(defenumz Color {:backing :u8} [red 0 green 1]) \
    (deftypez Point [x :f64 y :i16]) \
    (defrecordz Named [name :string at Point many [:slice :u16]]) \
    (deftypez Counter [next :u64] {:clj-zig/iter {:next \"f\" :deinit \"g\"}})";

/// What is bound and called, by a capital letter each.
const SIGNATURES: [&str; 20] = [
    "[x :i64 :ret :u64]",
    "[x :i64 :ret :i8]",
    "[x :i64 :ret :f32]",
    "[x :i64 :ret :u128]",
    "[x :i64 :ret :f80]",
    "[x :i64 :ret :bool]",
    "[x :i64 :ret :string]",
    "[x :i64 :ret [:owned [:slice :f64]]]",
    "[x :i64 :ret [:bytes [:slice :u8]]]",
    "[x :i64 :ret Color]",
    "[x :i64 :ret [:owned Named]]",
    "[x :i64 :ret [:owned [:slice Named]]]",
    "[x :i64 :ret [:error-union E Point]]",
    "[x :i64 :ret [:optional Point]]",
    "[x :i64 :ret [:handle Box]]",
    "[x :i64 :ret [:stream :f16 of Counter]]",
    "[x [:slice :i32] :ret :void]",
    "[x :i64 :ret [:borrowed [:slice :string]]]",
    "[x :i64 :ret [:optional [:ptr :u8]]]",
    "[x :i64 :ret [:error-union E :string]]",
];

/// How often the lines are put to the client, each time with one more request known: more than a call of
/// any of those has requests.
const ROUNDS: usize = 24;

/// The first line says by letters what is asked, each line after it is a reply.
pub fn read(bytes: &[u8]) {
    let mut lines = bytes.split(|&byte| byte == b'\n');
    let actions: Vec<u8> = lines.next().unwrap_or_default().iter().copied().take(8).collect();
    let replies: Vec<Line> = lines.map(|line| Line::of(&[line, b"\n"].concat())).collect();
    let mut asked: Vec<String> = Vec::new();
    for _ in 0..ROUNDS {
        let recording = Written::holding(b"");
        let tape = Tape::create(recording.path(), &json!({"recording": 1})).expect("it is written");
        tape.note(Entry::Started { failed: None });
        for (asked, reply) in asked.iter().zip(&replies) {
            tape.note(Entry::Exchange {
                asked: Line::Text(asked.clone()),
                took: Duration::ZERO,
                came: Came::Answer(reply.clone()),
                then: None,
            });
        }
        tape.finish().expect("it can be written");
        let (_, tape) = Tape::open::<serde_json::Value>(recording.path()).expect("it is read");
        put(&actions, tape.clone());
        // The request that the recording does not have is what comes next.
        let Err(RecordingError::At { wrong: Wrong::Misfit { here, .. }, .. }) = tape.finish()
        else {
            return;
        };
        let request = here.strip_prefix("makes the request `").and_then(|r| r.strip_suffix('`'));
        match request {
            Some(request) if asked.len() < replies.len() => asked.push(format!("{request}\n")),
            _ => return,
        }
    }
}

/// Starts the program that the recording stands for, and asks.
fn put(actions: &[u8], tape: Tape) {
    let words = vec!["recorded".to_owned()];
    let mut program = Program::new(Launch { words, tape: Some(tape), ..Launch::default() });
    let request = StartRequest {
        library: PathBuf::from("library"),
        declarations: DECLARED.to_owned(),
        held: Vec::new(),
        page: PathBuf::new(),
    };
    match program.start(&request) {
        Ok(ready) => assert!(!ready.name.trim().is_empty() && ready.name.chars().count() <= 100),
        Err(fault) => return shown(&fault),
    }
    for action in actions {
        if let Err(fault) = ask(&mut program, *action) {
            shown(&fault);
            if fault.is_loss() {
                return;
            }
        }
    }
}

/// A fault has words for people, and they are bounded.
fn shown(fault: &SubjectFault) {
    let text = fault.to_string();
    assert!(!text.is_empty());
}

fn ask(program: &mut Program, action: u8) -> Result<(), SubjectFault> {
    let argument = HostValue::Array(Scalar::I32, vec![1; 12]);
    let step = ScriptStep {
        function: BoundId(0),
        arguments: vec![ScriptArgument::Value(argument.clone())],
        take: None,
    };
    let script = Script { steps: vec![step] };
    let scripts = [script.clone()];
    match action {
        b'A'..=b'T' => call(program, SIGNATURES[usize::from(action - b'A')])?,
        b'r' => {
            let signature = SIGNATURES[0].to_owned();
            program.read(&ReadRequest { signature, declarations: String::new() })?;
        }
        b'c' => program.collect()?,
        b'f' => program.forget()?,
        b'k' => drop(program.counters()?),
        b'p' => {
            program.repeat(&RepeatRequest {
                scripts: &scripts,
                rounds: 1,
                threads: 1,
                collect: false,
                stand_ins: true,
            })?;
        }
        b'x' => {
            let rows = [vec![argument]];
            program.race(&RaceRequest { function: BoundId(0), rows: &rows, threads: 1 })?;
        }
        b'n' => {
            let keywords = [("red".to_owned(), 1)];
            let (setup, rows) = (&script, &scripts);
            program.bench(&BenchRequest {
                setup,
                rows,
                count: 1,
                placement: 0,
                keywords: &keywords,
            })?;
        }
        b's' => program.stop()?,
        _ => {}
    }
    Ok(())
}

/// Binds, calls, and takes of a stream what it gives.
fn call(program: &mut Program, signature: &str) -> Result<(), SubjectFault> {
    let symbol = "f".to_owned();
    let bind = BindRequest { symbol, signature: signature.to_owned(), ..BindRequest::default() };
    let BindReply::Bound { function, .. } = program.bind(&bind)? else { return Ok(()) };
    let array = HostValue::Array(Scalar::I32, vec![1; 12]);
    let argument = if signature.contains("[x [") { array } else { HostValue::Long(1) };
    let is_array = matches!(argument, HostValue::Array(..));
    let CallReply { outcome, arrays, .. } = program.call(function, &[argument])?;
    let Outcome::Value(value) = outcome else { return Ok(()) };
    // Each array that was given comes back.
    assert!(arrays.len() >= usize::from(is_array), "{arrays:?}");
    let json = serde_json::to_string(&value).expect("values have JSON");
    assert_eq!(serde_json::from_str::<HostValue>(&json).ok().as_ref(), Some(&value), "{json}");
    let _ = contract::notation::value(&value);
    if let HostValue::Stream(stream) = value {
        for _ in 0..3 {
            match program.next(stream)? {
                Pull::Item(item) => drop(contract::notation::value(&item)),
                Pull::End | Pull::Refused(_) => break,
            }
        }
        program.close(stream)?;
    }
    Ok(())
}
