//! The protocol (docs/protocol.md) over what the adapter says of its library: `call`, and `prototype` with its `Form`s.

use std::error::Error as _;
use std::ffi::c_void;
use std::io::{self, BufRead, Write};
use std::ptr;

use errno::{Errno, errno, set_errno};
use libffi::middle::Cif;
use serde_json::{Value, json};

use crate::call;
use crate::callbacks::{Callback, Objects};
use crate::loops;
use crate::structs::{self, Form};

pub(crate) type Answer = Result<Value, Failure>;

/// Why a request is not done: what the reply is then, and its message.
pub(crate) struct Failure(&'static str, String);

/// A function, which is never unlinked.
pub(crate) struct Linked {
    pub(crate) symbol: *mut c_void,
    pub(crate) cif: Cif,
    pub(crate) parameters: Vec<Form>,
    pub(crate) returns: Form,
    /// Whether what its calls leave in `errno` is kept.
    keeps: bool,
}

// SAFETY: a call reads what is here, and the harness asks for threads because they are declared.
unsafe impl Sync for Linked {}

/// Memory of a call, aligned to 16 bytes.
#[derive(Clone, Copy)]
#[repr(align(16))]
pub(crate) struct Cell([u8; 16]);

/// A block, or a value that is no word: where it lies, and what it holds before a call.
pub(crate) struct Room {
    pub(crate) cells: Vec<Cell>,
    address: u64,
    pub(crate) filled: Vec<u8>,
}

/// What is passed, and is there as long.
pub(crate) enum Passed {
    Word(u64),
    Struct(Room),
    Function(Callback),
}

thread_local! {
    /// What the thread's last call that is kept left in `errno`, or what was set since.
    static LEFT: std::cell::Cell<i32> = const { std::cell::Cell::new(0) };
}

#[derive(Default)]
struct Adapter {
    about: Value,
    library: String,
    /// Kept open for as long as the functions are called.
    opened: Vec<libloading::Library>,
    functions: Vec<&'static Linked>,
    /// The memory of the last call.
    kept: Vec<Room>,
    objects: Objects,
}

impl Failure {
    pub(crate) fn unsupported(message: String) -> Failure {
        Failure("unsupported", message)
    }
}

/// What goes wrong here is the adapter's, and said to be.
impl<T: Into<String>> From<T> for Failure {
    fn from(message: T) -> Failure {
        Failure("adapter-error", message.into())
    }
}

impl Linked {
    /// The arguments of a call, each with the form that is due.
    pub(crate) fn arguments<'c>(
        &self,
        carriers: &'c [Value],
    ) -> Result<impl Iterator<Item = (&Form, &'c Value)>, &'static str> {
        if carriers.len() != self.parameters.len() {
            return Err("an argument is due for each parameter");
        }
        Ok(self.parameters.iter().zip(carriers))
    }
}

fn of_hex(text: &str) -> Result<Vec<u8>, String> {
    let pair = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..text.len()).step_by(2).map(pair).collect();
    bytes.ok_or_else(|| format!("`{text}` are no pairs of hex digits"))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A list of the request.
pub(crate) fn list<'r>(request: &'r Value, name: &str) -> &'r [Value] {
    request[name].as_array().map_or(&[], Vec::as_slice)
}

/// A carrier in the low end of a word.
pub(crate) fn word(of: &str, text: &str) -> Result<u64, String> {
    let word = match of {
        "f32" | "f64" => u64::from_str_radix(text, 16).ok(),
        "u64" | "pointer" => text.parse().ok(),
        _ => text.parse().ok().map(|number: i64| number as u64),
    };
    word.ok_or_else(|| format!("`{text}` is no {of}"))
}

/// What came back in the low end of a word.
pub(crate) fn text(of: &str, word: u64) -> Option<String> {
    Some(match of {
        "void" => return None,
        "i8" => (word as i8).to_string(),
        "i16" => (word as i16).to_string(),
        "i32" => (word as i32).to_string(),
        "i64" => (word as i64).to_string(),
        "u8" | "bool" => (word as u8).to_string(),
        "u16" => (word as u16).to_string(),
        "u32" => (word as u32).to_string(),
        "f32" => format!("{:08x}", word as u32),
        "f64" => format!("{word:016x}"),
        _ => word.to_string(),
    })
}

impl Room {
    pub(crate) fn of(filled: Vec<u8>) -> Room {
        let mut cells = vec![Cell([0; 16]); filled.len().div_ceil(16)];
        let address = cells.as_mut_ptr().expose_provenance() as u64;
        Room { cells, address, filled }
    }

    pub(crate) fn fill(&mut self) {
        for (cell, bytes) in self.cells.iter_mut().zip(self.filled.chunks(16)) {
            cell.0[..bytes.len()].copy_from_slice(bytes);
        }
    }

    pub(crate) fn bytes(&self, from: usize, length: usize) -> Vec<u8> {
        self.cells.iter().flat_map(|cell| cell.0).skip(from).take(length).collect()
    }

    pub(crate) fn word(&self, offset: usize) -> u64 {
        let byte = |at: usize| u64::from(self.cells[at / 16].0[at % 16]);
        (offset..offset + 8).rev().fold(0, |word, at| word << 8 | byte(at))
    }
}

pub(crate) fn index(value: &Value) -> Result<usize, String> {
    value.as_u64().map(|index| index as usize).ok_or_else(|| format!("{value} is no index"))
}

/// Memory for blocks.
pub(crate) fn lay_out(blocks: &[Value]) -> Result<Vec<Room>, String> {
    let room = |block: &Value| of_hex(block["bytes"].as_str().unwrap_or_default()).map(Room::of);
    let mut rooms = blocks.iter().map(room).collect::<Result<Vec<Room>, _>>()?;
    let addresses: Vec<u64> = rooms.iter().map(|room| room.address).collect();
    for (block, room) in blocks.iter().zip(&mut rooms) {
        for pointer in list(block, "pointers") {
            let (offset, to) = (index(&pointer[0])?, index(&pointer[1])?);
            let to = addresses.get(to).ok_or("there is no such block")?;
            let place = room.filled.get_mut(offset..offset + 8).ok_or("it is beyond its block")?;
            place.copy_from_slice(&to.to_le_bytes());
        }
        room.fill();
    }
    Ok(rooms)
}

impl Passed {
    /// What a carrier makes of an argument.
    pub(crate) fn of((of, carrier): (&Form, &Value), rooms: &[Room]) -> Result<Passed, Failure> {
        if !of.is_scalar() {
            let mut room = Room::of(vec![0; of.size]);
            of.write(carrier, &mut room.filled)?;
            room.fill();
            return Ok(Passed::Struct(room));
        }
        if let Some(block) = carrier.get("block") {
            let room = rooms.get(index(block)?).ok_or("there is no such block")?;
            return Ok(Passed::Word(room.address));
        }
        if let Some(asked) = carrier.get("callback") {
            return Ok(Passed::Function(Callback::of(asked)?));
        }
        Ok(Passed::Word(word(&of.name, carrier.as_str().unwrap_or_default())?))
    }

    /// The word that is passed, or where what is no word lies.
    pub(crate) fn word(&self) -> u64 {
        match self {
            Passed::Word(word) => *word,
            Passed::Struct(room) => room.address,
            Passed::Function(callback) => callback.address(),
        }
    }
}

/// Makes a call, and keeps what it leaves in `errno` where that is asked.
pub(crate) fn call_of(function: &Linked, words: &[u64], result: &mut Room) {
    // A word that an earlier call returned is not taken for one of this.
    if let Some(first) = result.cells.first_mut() {
        *first = Cell([0; 16]);
    }
    if function.keeps {
        set_errno(Errno(LEFT.get()));
    }
    call(function, words, result);
    if function.keeps {
        LEFT.set(errno().0);
    }
}

impl Adapter {
    fn answer(&mut self, request: &Value) -> Answer {
        match request["do"].as_str() {
            Some("hello") => {
                self.library = request["library"].as_str().unwrap_or_default().to_owned();
                let mut ready = self.about.clone();
                ready["is"] = "ready".into();
                ready["protocol"] = 1.into();
                Ok(ready)
            }
            Some("link") => self.link(request),
            Some("invoke") => self.invoke(request),
            Some("peek") => peek(request),
            Some("loop") => loops::repeat(&self.functions, request),
            Some("clock") => loops::clock(&self.functions, request),
            Some("make-address") => self.objects.make(request),
            Some("heard") => self.objects.heard(request),
            Some("release") => self.objects.release(request),
            Some("errno") => {
                let value = LEFT.get() as u32;
                LEFT.set(request["set"].as_u64().map_or(LEFT.get(), |set| set as i32));
                Ok(json!({"is": "errno", "value": value}))
            }
            Some("stop") => Ok(json!({"is": "done"})),
            _ => Err("it does not serve this".into()),
        }
    }

    fn link(&mut self, request: &Value) -> Answer {
        let (parameters, returns, cif) = structs::prototype(request)?;
        let keeps = request["errno"] == true;
        let path = request["library"].as_str().unwrap_or(&self.library);
        let symbol = request["symbol"].as_str().unwrap_or_default();
        // SAFETY: the library's initialisers run, as whoever named it wants.
        let library = unsafe { libloading::Library::new(path) };
        let found = library.and_then(|library| {
            // SAFETY: only the address is taken; its prototype is what the harness says.
            let address = unsafe { library.get::<*mut c_void>(symbol) }?;
            // SAFETY: the library stays open, because it is kept.
            let address = unsafe { address.into_raw() }.as_raw_ptr();
            Ok((library, address))
        });
        match found {
            Ok((library, symbol)) => {
                self.opened.push(library);
                let linked = Linked { symbol, cif, parameters, returns, keeps };
                self.functions.push(Box::leak(Box::new(linked)));
                Ok(json!({"is": "bound", "function": self.functions.len() - 1}))
            }
            Err(error) => {
                // The error itself says only which call of the loader failed.
                let said = error.source().map_or_else(|| error.to_string(), ToString::to_string);
                Ok(json!({"is": "unlinked", "message": format!("{path}: {symbol}: {said}")}))
            }
        }
    }

    fn invoke(&mut self, request: &Value) -> Answer {
        let function = self.functions.get(index(&request["function"])?).copied();
        let function = function.ok_or("it linked no such function")?;
        self.kept = lay_out(list(request, "blocks"))?;
        let carriers = list(request, "arguments");
        let passed = function.arguments(carriers)?.map(|one| Passed::of(one, &self.kept));
        let passed = passed.collect::<Result<Vec<Passed>, _>>()?;
        let words: Vec<u64> = passed.iter().map(Passed::word).collect();
        let mut callbacks = Vec::new();
        for (passed, carrier) in passed.iter().zip(carriers) {
            if let Passed::Function(callback) = passed {
                callback.tell(list(&carrier["callback"], "answers"), Some((function, &words)))?;
                callbacks.push(callback);
            }
        }
        let mut result = function.returns.room();
        call_of(function, &words, &mut result);
        let value = function.returns.said(&result.bytes(0, function.returns.size));
        let calls: Vec<Value> = callbacks.into_iter().map(Callback::calls).collect();
        let after = |room: &Room| hex(&room.bytes(0, room.filled.len()));
        let blocks: Vec<String> = self.kept.iter().map(after).collect();
        Ok(json!({"is": "returned", "value": value, "blocks": blocks, "calls": calls}))
    }
}

fn peek(request: &Value) -> Answer {
    let address = request["address"].as_str().and_then(|text| text.parse().ok());
    let address: usize = address.ok_or("no address is named")?;
    let length = request["length"].as_u64().ok_or("no length is named")? as usize;
    let first = ptr::with_exposed_provenance::<u8>(address);
    // SAFETY: so many bytes lie there, as the harness says.
    let bytes = unsafe { std::slice::from_raw_parts(first, length) };
    Ok(json!({"is": "memory", "bytes": hex(bytes)}))
}

/// Answers requests until it is told to stop. `about` is what `hello` says of the library.
pub(crate) fn serve(about: Value) -> io::Result<()> {
    let mut adapter = Adapter { about, ..Adapter::default() };
    for line in io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        let mut reply = adapter
            .answer(&request)
            .unwrap_or_else(|Failure(is, message)| json!({"is": is, "message": message}));
        reply["id"] = request["id"].clone();
        let mut output = io::stdout().lock();
        writeln!(output, "{reply}")?;
        output.flush()?;
        if request["do"] == "stop" {
            break;
        }
    }
    Ok(())
}
