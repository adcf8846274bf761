//! A library at wire level that calls fixtures built for WebAssembly: blocks lie in the module's linear memory, and
//! the evidence page, which a module cannot map, is carried to it and back around each call.

use std::env;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use subject::evidence::VARIABLE;
use subject::numbers::Small;
use subject::page::{self, HEADER_BYTES};
use subject::protocol::aggregates::{CValue, ValueType};
use subject::protocol::carriers::{Block, Carrier, CarrierType, Hex};
use subject::protocol::messages::{Reply, Request};
use subject::protocol::{Answers, hello};
use subject::{BoundId, Capability, Level, Ready, StartRequest, SubjectFault};
use wasm::{Function, Module, WasmError};

use super::looped::{self, Calls};
use super::wire::{PEEKED, address, cannot, text, word};

/// The suite's own library at wire level for modules.
#[derive(Debug, Default)]
pub struct WasmServer {
    library: Option<Library>,
    functions: Vec<Linked>,
}

/// A module, and its evidence.
#[derive(Debug)]
struct Library {
    path: PathBuf,
    module: Module,
    page: Option<Page>,
    /// What ended a call that did not return.
    trap: Option<String>,
}

/// The evidence page: the file that the suite looks at, and the address of the module's own.
#[derive(Debug)]
struct Page {
    file: File,
    address: u64,
}

/// A function and its C prototype.
#[derive(Debug)]
struct Linked {
    function: Function,
    parameters: Vec<CarrierType>,
    /// Of a variadic function, how many of them it names.
    fixed: Option<usize>,
    returns: CarrierType,
}

impl Answers for WasmServer {
    fn obey(&mut self, request: Request) -> Result<Reply, SubjectFault> {
        Ok(match request {
            Request::Hello { protocol, library, declarations, held, .. } => {
                hello(protocol, library, declarations, held, |request| self.start(request))?
            }
            Request::Link { symbol, parameters, fixed, returns, library: None, .. } => {
                self.link(&symbol, parameters, fixed.map(Small::index), &returns)?
            }
            Request::Invoke { function, arguments, blocks } => {
                self.invoke(function, &arguments, &blocks)?
            }
            Request::Peek { address, length } => {
                let asked = (1..=PEEKED).contains(&length.get()).then_some(length.index());
                let bytes = asked.and_then(|length| self.library()?.module.read(address.0, length));
                let none = || cannot(format!("cannot read {length:?} at {address:?}"));
                Reply::Memory { bytes: Hex(bytes.ok_or_else(none)?.to_vec()) }
            }
            Request::Loop { scripts, rounds, threads, collect: false } if threads.index() == 1 => {
                let (library, functions) = self.both()?;
                library.module.clear();
                library.at_length(|library| {
                    looped::alone(library, functions, &scripts, rounds.get())
                })?
            }
            Request::Clock { rows, count } => {
                let (library, functions) = self.both()?;
                library.module.clear();
                library
                    .at_length(|library| looped::clock(library, functions, &rows, count.get()))?
            }
            Request::Stop {} => Reply::Done {},
            _ => return Err(cannot("asked for what it does not declare")),
        })
    }
}

impl WasmServer {
    fn start(&mut self, request: &StartRequest) -> Result<Ready, SubjectFault> {
        let mut module = Module::open(&request.library).map_err(failed)?;
        let page = Page::named(&mut module)?;
        self.library = Some(Library { path: request.library.clone(), module, page, trap: None });
        Ok(Ready {
            name: "wasmi".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            language: "Rust".into(),
            level: Level::Wire,
            capabilities: vec![Capability::Loops, Capability::NoCollector, Capability::Variadics],
            dialects: Vec::new(),
            lacks: Vec::new(),
        })
    }

    fn library(&self) -> Option<&Library> {
        self.library.as_ref()
    }

    fn both(&mut self) -> Result<(&mut Library, &[Linked]), SubjectFault> {
        let library = self.library.as_mut();
        Ok((library.ok_or_else(|| cannot("asked to call before `hello`"))?, &self.functions))
    }

    fn link(
        &mut self,
        symbol: &str,
        parameters: Vec<ValueType>,
        fixed: Option<usize>,
        returns: &ValueType,
    ) -> Result<Reply, SubjectFault> {
        let carriers: Option<Vec<_>> = parameters.iter().map(ValueType::carrier).collect();
        let (Some(parameters), Some(returns)) = (carriers, returns.carrier()) else {
            return Ok(Reply::Unsupported { message: "there are no structs by value here".into() });
        };
        let library = self.library().ok_or_else(|| cannot("asked to link before `hello`"))?;
        Ok(match library.module.function(symbol) {
            Some(function) => {
                self.functions.push(Linked { function, parameters, fixed, returns });
                Reply::Bound { function: BoundId(self.functions.len() - 1), path: None }
            }
            None => Reply::Unlinked {
                message: format!(
                    "the library {} has no symbol `{symbol}`, which is to be linked",
                    library.path.display()
                ),
            },
        })
    }

    fn invoke(
        &mut self,
        function: BoundId,
        arguments: &[Carrier],
        blocks: &[Block],
    ) -> Result<Reply, SubjectFault> {
        let (library, functions) = self.both()?;
        let linked = functions.get(function.0);
        let linked = linked.ok_or_else(|| cannot("asked to call a function it never linked"))?;
        library.module.clear();
        let addresses = lay_out(&mut library.module, blocks)?;
        let words = arguments
            .iter()
            .zip(&linked.parameters)
            .map(|(argument, of)| match argument {
                Carrier::Block { block } => address(&addresses, *block),
                Carrier::Text(text) => word(*of, text).ok_or_else(|| {
                    cannot(format!("`{text}` is no {} (docs/protocol.md, *Carriers*)", of.name()))
                }),
                Carrier::Callback { .. } | Carrier::Argument { .. } | Carrier::Members(_) => {
                    Err(cannot("asked for callbacks, which it does not declare"))
                }
            })
            .collect::<Result<Vec<u64>, _>>()?;
        let came = library.at_length(|library| library.call(linked, &words))?;
        let held = |(block, address): (&Block, &u64)| {
            let bytes = library.module.read(*address, block.bytes.0.len());
            bytes.map(|bytes| Hex(bytes.to_vec())).ok_or_else(|| cannot("a block is gone"))
        };
        let blocks = blocks.iter().zip(&addresses).map(held).collect::<Result<_, _>>()?;
        Ok(Reply::Returned {
            value: text(linked.returns, came).map(CValue::Text),
            blocks,
            calls: Vec::new(),
        })
    }
}

impl Library {
    /// Makes calls, with the evidence carried to the module before them and back after.
    fn at_length<T>(
        &mut self,
        calls: impl FnOnce(&mut Library) -> Result<T, SubjectFault>,
    ) -> Result<T, SubjectFault> {
        let page = self.page.take();
        let before = page.as_ref().map(|page| page.bring(&mut self.module)).transpose()?;
        let came = calls(self);
        if let (Some(page), Some(before)) = (&page, before) {
            page.take(&self.module, before)?;
        }
        self.page = page;
        if let Some(message) = &self.trap {
            // What a fault of native code does to its process.
            eprintln!("{message}");
            std::process::abort()
        }
        came
    }
}

impl Calls for Library {
    type Function = Linked;
    type Room = (u64, usize);

    fn prototype(function: &Linked) -> (&[CarrierType], CarrierType) {
        (&function.parameters, function.returns)
    }

    fn lay_out(&mut self, blocks: &[Block]) -> Result<(Vec<Self::Room>, Vec<u64>), SubjectFault> {
        let addresses = lay_out(&mut self.module, blocks)?;
        let lengths = blocks.iter().map(|block| block.bytes.0.len());
        Ok((addresses.iter().copied().zip(lengths).collect(), addresses))
    }

    fn fill(&mut self, room: &mut Self::Room, bytes: &[u8]) -> Result<(), SubjectFault> {
        let is_there = self.module.write(room.0, bytes);
        is_there.then_some(()).ok_or_else(|| cannot("a block is gone"))
    }

    fn piece(&self, room: &Self::Room, within: Option<(usize, usize)>) -> Option<Vec<u8>> {
        let (from, to) = within.unwrap_or((0, room.1));
        Some(self.module.read(room.0, room.1)?.get(from..to)?.to_vec())
    }

    fn word(&self, room: &Self::Room, offset: usize) -> Option<u64> {
        let is_within = offset.checked_add(self.module.word()).is_some_and(|end| end <= room.1);
        is_within.then(|| self.module.read_word(room.0 + offset as u64)).flatten()
    }

    fn call(&mut self, function: &Linked, words: &[u64]) -> Result<u64, SubjectFault> {
        let module = &mut self.module;
        let came = if let Some(fixed) = function.fixed {
            let address = variable(module, words, &function.parameters, fixed)?;
            let named = &words[..fixed.min(words.len())];
            let came = module.call(&function.function, &[named, &[address]].concat());
            module.release(address);
            came
        } else {
            module.call(&function.function, words)
        };
        came.map_err(|error| match error {
            WasmError::Trap(message) => {
                self.trap = Some(message.clone());
                cannot(message)
            }
            error => failed(error),
        })
    }
}

impl Page {
    /// The page of the environment, where one is named and the module keeps one; attached.
    fn named(module: &mut Module) -> Result<Option<Page>, SubjectFault> {
        let (Some(path), Some(function)) = (env::var_os(VARIABLE), module.function("bc_evidence"))
        else {
            return Ok(None);
        };
        let file = OpenOptions::new().read(true).write(true).open(path).map_err(lost)?;
        let page = Page { file, address: module.call(&function, &[]).map_err(failed)? };
        page.carry(module, 0, HEADER_BYTES)?;
        Ok(Some(page))
    }

    /// Has the module's header be what the suite made of it; how many events it counts.
    fn bring(&self, module: &mut Module) -> Result<u64, SubjectFault> {
        let mut header = [0; HEADER_BYTES];
        self.file.read_exact_at(&mut header, 0).map_err(lost)?;
        if !module.write(self.address, &header) {
            return Err(cannot("the page is beyond the module's memory"));
        }
        Ok(page::next_in(&header))
    }

    /// Shows the suite what the module noted since there were so many events.
    fn take(&self, module: &Module, before: u64) -> Result<(), SubjectFault> {
        let header = self.carry(module, 0, HEADER_BYTES)?;
        let header = header.first_chunk().ok_or_else(|| cannot("a header is short"))?;
        let events = page::next_in(header).saturating_sub(before);
        if events >= page::ENTRIES {
            let whole = page::ENTRIES as usize * page::ENTRY_BYTES;
            return self.carry(module, page::entry_at(0), whole).map(drop);
        }
        for event in before..before + events {
            self.carry(module, page::entry_at(event), page::ENTRY_BYTES)?;
        }
        Ok(())
    }

    fn carry<'m>(
        &self,
        module: &'m Module,
        from: usize,
        length: usize,
    ) -> Result<&'m [u8], SubjectFault> {
        let bytes = module.read(self.address + from as u64, length);
        let bytes = bytes.ok_or_else(|| cannot("the page is beyond the module's memory"))?;
        self.file.write_all_at(bytes, from as u64).map_err(lost)?;
        Ok(bytes)
    }
}

/// Puts blocks into the module's memory; where they are.
fn lay_out(module: &mut Module, blocks: &[Block]) -> Result<Vec<u64>, SubjectFault> {
    let room = |block: &Block| module.room(block.bytes.0.len() as u64);
    let addresses: Option<Vec<u64>> = blocks.iter().map(room).collect();
    let addresses = addresses.ok_or_else(|| cannot("there is no memory for the blocks"))?;
    for (block, place) in blocks.iter().zip(&addresses) {
        let mut bytes = block.bytes.0.clone();
        for (offset, to) in &block.pointers {
            let word = address(&addresses, *to)?.to_le_bytes();
            let word = &word[..module.word()];
            let room = bytes.get_mut(offset.index()..).and_then(|rest| rest.get_mut(..word.len()));
            let none = || cannot(format!("offset {} is beyond its block", offset.get()));
            room.ok_or_else(none)?.copy_from_slice(word);
        }
        if !module.write(*place, &bytes) {
            return Err(cannot("a block is beyond the module's memory"));
        }
    }
    Ok(addresses)
}

/// Puts variable arguments into memory, each aligned as itself, whose address is the parameter behind those that are named
/// (Basic C ABI of the WebAssembly tool conventions).
fn variable(
    module: &mut Module,
    words: &[u64],
    types: &[CarrierType],
    fixed: usize,
) -> Result<u64, SubjectFault> {
    let mut bytes = Vec::new();
    for (word, of) in words.iter().zip(types).skip(fixed) {
        let size = of.scalar().map_or(module.word(), |scalar| scalar.size());
        bytes.resize(bytes.len().next_multiple_of(size), 0);
        bytes.extend_from_slice(&word.to_le_bytes()[..size]);
    }
    let address = module.room(bytes.len() as u64).filter(|address| module.write(*address, &bytes));
    address.ok_or_else(|| cannot("there is no memory for variable arguments"))
}

fn failed(error: WasmError) -> SubjectFault {
    cannot(error.to_string())
}

fn lost(error: std::io::Error) -> SubjectFault {
    cannot(format!("the evidence page cannot be used: {error}"))
}
