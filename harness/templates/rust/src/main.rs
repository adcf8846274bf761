//! libffi from Rust, judged at wire level (docs/protocol.md): it does as it is told.

mod loops;

use std::error::Error as _;
use std::ffi::c_void;
use std::io::{self, BufRead, Write};

use libffi::middle::{Cif, CodePtr, Type};
use serde_json::{Value, json};

use loops::{Word, words};

type Answer = Result<Value, String>;

struct Linked {
    symbol: *mut c_void,
    cif: Cif,
    parameters: Vec<String>,
    returns: String,
}

// SAFETY: a call reads what is here, and the harness asks for threads because they are declared.
unsafe impl Sync for Linked {}

/// Memory of a call, aligned to 16 bytes.
#[derive(Clone, Copy)]
#[repr(align(16))]
struct Cell([u8; 16]);

/// A block, and what it holds before a call.
#[derive(Default)]
struct Room {
    cells: Vec<Cell>,
    filled: Vec<u8>,
}

#[derive(Default)]
struct Adapter {
    library: String,
    /// Kept open for as long as the functions are called.
    opened: Vec<libloading::Library>,
    functions: Vec<Linked>,
    /// The memory of the last call.
    kept: Vec<Room>,
}

fn described(name: &str) -> Option<Type> {
    Some(match name {
        "i8" => Type::i8(),
        "i16" => Type::i16(),
        "i32" => Type::i32(),
        "i64" => Type::i64(),
        "u8" | "bool" => Type::u8(),
        "u16" => Type::u16(),
        "u32" => Type::u32(),
        "u64" => Type::u64(),
        "f32" => Type::f32(),
        "f64" => Type::f64(),
        "pointer" => Type::pointer(),
        "void" => Type::void(),
        _ => return None,
    })
}

fn of_hex(text: &str) -> Result<Vec<u8>, String> {
    let pair = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..text.len()).step_by(2).map(pair).collect();
    bytes.ok_or_else(|| format!("`{text}` are no pairs of hex digits"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A list of the request.
fn list<'r>(request: &'r Value, name: &str) -> &'r [Value] {
    request[name].as_array().map_or(&[], Vec::as_slice)
}

/// A carrier in the low end of a word.
fn word(of: &str, text: &str) -> Result<u64, String> {
    let word = match of {
        "f32" | "f64" => u64::from_str_radix(text, 16).ok(),
        "u64" | "pointer" => text.parse().ok(),
        _ => text.parse().ok().map(|number: i64| number as u64),
    };
    word.ok_or_else(|| format!("`{text}` is no {of}"))
}

/// What came back in the low end of a word.
fn text(of: &str, word: u64) -> Option<String> {
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
    fn fill(&mut self) {
        for (cell, bytes) in self.cells.iter_mut().zip(self.filled.chunks(16)) {
            cell.0[..bytes.len()].copy_from_slice(bytes);
        }
    }

    fn bytes(&self, from: usize, length: usize) -> Vec<u8> {
        self.cells.iter().flat_map(|cell| cell.0).skip(from).take(length).collect()
    }

    fn word(&self, offset: usize) -> u64 {
        let byte = |at: usize| u64::from(self.cells[at / 16].0[at % 16]);
        (offset..offset + 8).rev().fold(0, |word, at| word << 8 | byte(at))
    }
}

fn index(value: &Value) -> Result<usize, String> {
    value.as_u64().map(|index| index as usize).ok_or_else(|| format!("{value} is no index"))
}

/// Memory for blocks, and its addresses.
fn lay_out(blocks: &[Value]) -> Result<(Vec<Room>, Vec<u64>), String> {
    let mut rooms = Vec::with_capacity(blocks.len());
    for block in blocks {
        let filled = of_hex(block["bytes"].as_str().unwrap_or_default())?;
        rooms.push(Room { cells: vec![Cell([0; 16]); filled.len().div_ceil(16)], filled });
    }
    let address = |room: &mut Room| room.cells.as_mut_ptr().expose_provenance() as u64;
    let addresses: Vec<u64> = rooms.iter_mut().map(address).collect();
    for (block, room) in blocks.iter().zip(&mut rooms) {
        for pointer in list(block, "pointers") {
            let (offset, to) = (index(&pointer[0])?, index(&pointer[1])?);
            let to = addresses.get(to).ok_or("there is no such block")?;
            let place = room.filled.get_mut(offset..offset + 8).ok_or("it is beyond its block")?;
            place.copy_from_slice(&to.to_le_bytes());
        }
        room.fill();
    }
    Ok((rooms, addresses))
}

fn call(function: &Linked, words: &[u64]) -> u64 {
    let mut places: Vec<*mut c_void> =
        words.iter().map(|word| (&raw const *word).cast_mut().cast()).collect();
    let mut result = 0_u64;
    // SAFETY: the symbol is a function of this prototype, and takes these words, as the harness says;
    // there is a word for each parameter, and the result fits one.
    unsafe {
        libffi::raw::ffi_call(
            function.cif.as_raw_ptr(),
            Some(*CodePtr(function.symbol).as_fun()),
            (&raw mut result).cast(),
            places.as_mut_ptr(),
        );
    }
    result
}

impl Adapter {
    fn answer(&mut self, request: &Value) -> Answer {
        match request["do"].as_str() {
            Some("hello") => {
                self.library = request["library"].as_str().unwrap_or_default().to_owned();
                Ok(json!({
                    "is": "ready", "protocol": 1, "name": "libffi", "version": "5.2",
                    "language": "Rust", "level": "wire",
                    "capabilities": ["loops", "threads", "libraries", "no-collector"],
                    "lacks": ["f16"],
                }))
            }
            Some("link") => self.link(request),
            Some("invoke") => self.invoke(request),
            Some("peek") => peek(request),
            Some("loop") => loops::repeat(&self.functions, request),
            Some("clock") => loops::clock(&self.functions, request),
            Some("stop") => Ok(json!({"is": "done"})),
            _ => Err("it does not serve this".into()),
        }
    }

    fn link(&mut self, request: &Value) -> Answer {
        let name = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let parameters: Vec<String> = list(request, "parameters").iter().map(name).collect();
        let returns = name(&request["returns"]);
        let unknown = parameters.iter().chain([&returns]).find(|of| described(of).is_none());
        if let Some(of) = unknown {
            let message = format!("libffi has no type for {of}");
            return Ok(json!({"is": "unsupported", "message": message}));
        }
        let types: Vec<Type> = parameters.iter().filter_map(|of| described(of)).collect();
        let cif = Cif::new(types, described(&returns).unwrap_or_else(Type::void));
        let path = request["library"].as_str().unwrap_or(&self.library);
        let symbol = name(&request["symbol"]);
        // SAFETY: the library's initialisers run, as whoever named it wants.
        let library = unsafe { libloading::Library::new(path) };
        let found = library.and_then(|library| {
            // SAFETY: only the address is taken; its prototype is what the harness says.
            let address = unsafe { library.get::<*mut c_void>(&symbol) }?;
            // SAFETY: the library stays open, because it is kept.
            let address = unsafe { address.into_raw() }.as_raw_ptr();
            Ok((library, address))
        });
        match found {
            Ok((library, symbol)) => {
                self.opened.push(library);
                self.functions.push(Linked { symbol, cif, parameters, returns });
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
        let function = self.functions.get(index(&request["function"])?);
        let function = function.ok_or("it linked no such function")?;
        let (rooms, addresses) = lay_out(list(request, "blocks"))?;
        self.kept = rooms;
        let words = words(function, request, &addresses)?.into_iter().map(|word| match word {
            Word::Is(word) => Ok(word),
            Word::Result(_) | Word::Memory(..) => Err("nothing was called before"),
        });
        let value = text(&function.returns, call(function, &words.collect::<Result<Vec<_>, _>>()?));
        let after = |room: &Room| hex(&room.bytes(0, room.filled.len()));
        let blocks: Vec<String> = self.kept.iter().map(after).collect();
        Ok(json!({"is": "returned", "value": value, "blocks": blocks}))
    }
}

fn peek(request: &Value) -> Answer {
    let address = request["address"].as_str().and_then(|text| text.parse().ok());
    let address: usize = address.ok_or("no address is named")?;
    let length = request["length"].as_u64().ok_or("no length is named")? as usize;
    let first = std::ptr::with_exposed_provenance::<u8>(address);
    // SAFETY: so many bytes lie there, as the harness says.
    let bytes = unsafe { std::slice::from_raw_parts(first, length) };
    Ok(json!({"is": "memory", "bytes": hex(bytes)}))
}

fn main() -> io::Result<()> {
    let mut adapter = Adapter::default();
    for line in io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        let mut reply = adapter
            .answer(&request)
            // What goes wrong here is the adapter's, and said to be.
            .unwrap_or_else(|message| json!({"is": "adapter-error", "message": message}));
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
