//! A WebAssembly module as a library: its functions by name, called with words, and its linear memory.
//!
//! Deliberately absent: the boundary contract, the fixtures and the protocol, which are for who calls.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use wasmi::{CompilationMode, Config, Engine, Func, Instance, Linker, Memory, Store, Val, ValType};

/// Memory grows by so many bytes at a time.
const PAGE: u64 = 1 << 16;

/// A module that was made ready: one instance, which one thread calls.
#[derive(Debug)]
pub struct Module {
    store: Store<()>,
    instance: Instance,
    memory: Memory,
    rooms: Rooms,
}

/// Memory of the module's that its caller keeps for itself.
#[derive(Clone, Copy, Debug, Default)]
struct Rooms {
    first: u64,
    used: u64,
    length: u64,
}

/// A function of a module.
#[derive(Clone, Debug)]
pub struct Function {
    func: Func,
    parameters: Vec<ValType>,
    results: Vec<ValType>,
}

/// Why a module cannot be used, or what became of a call.
#[derive(Debug, thiserror::Error)]
pub enum WasmError {
    /// Its file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is no module, or not one that stands alone.
    #[error("{} is no module that can be used: {message}", path.display())]
    Module {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A call was given another number of words than the function has parameters.
    #[error("{given} words for {due} parameters")]
    Arguments {
        /// How many there were.
        given: usize,
        /// How many are due.
        due: usize,
    },
    /// A call did not return.
    #[error("the module trapped: {0}")]
    Trap(String),
}

impl Module {
    /// Makes a module of a file ready, which imports nothing and exports its memory as `memory`.
    ///
    /// # Errors
    /// [`WasmError`].
    pub fn open(path: &Path) -> Result<Module, WasmError> {
        let bytes =
            fs::read(path).map_err(|source| WasmError::File { path: path.to_owned(), source })?;
        let unusable = |message| WasmError::Module { path: path.to_owned(), message };
        let mut config = Config::default();
        // A run calls a part of what a module has.
        config.compilation_mode(CompilationMode::LazyTranslation);
        let engine = Engine::new(&config);
        let module = wasmi::Module::new(&engine, &bytes).map_err(|e| unusable(e.to_string()))?;
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine).instantiate_and_start(&mut store, &module);
        let instance = instance.map_err(|error| unusable(error.to_string()))?;
        let memory = instance.get_memory(&store, "memory");
        let memory = memory.ok_or_else(|| unusable("it exports no memory".into()))?;
        Ok(Module { store, instance, memory, rooms: Rooms::default() })
    }

    /// The bytes of an address.
    pub fn word(&self) -> usize {
        if self.memory.ty(&self.store).is_64() { 8 } else { 4 }
    }

    /// The function that is exported by a name.
    pub fn function(&self, symbol: &str) -> Option<Function> {
        let func = self.instance.get_func(&self.store, symbol)?;
        let of = func.ty(&self.store);
        Some(Function { func, parameters: of.params().to_vec(), results: of.results().to_vec() })
    }

    /// Calls a function with a word a parameter, of which a narrower one takes the low end; the word that came
    /// back, of a narrower result zeros above it, and 0 for none.
    ///
    /// # Errors
    /// [`WasmError::Arguments`] and [`WasmError::Trap`].
    pub fn call(&mut self, function: &Function, words: &[u64]) -> Result<u64, WasmError> {
        let (given, due) = (words.len(), function.parameters.len());
        if given != due {
            return Err(WasmError::Arguments { given, due });
        }
        let arguments: Vec<Val> =
            words.iter().zip(&function.parameters).map(|(word, of)| value(*of, *word)).collect();
        let mut results: Vec<Val> =
            function.results.iter().map(|of| Val::default_for_ty(*of)).collect();
        let called = function.func.call(&mut self.store, &arguments, &mut results);
        called.map_err(|error| WasmError::Trap(error.to_string()))?;
        Ok(results.first().map_or(0, word))
    }

    /// The bytes from an address on, where memory has so many.
    pub fn read(&self, address: u64, length: usize) -> Option<&[u8]> {
        let first = usize::try_from(address).ok()?;
        self.memory.data(&self.store).get(first..first.checked_add(length)?)
    }

    /// The word of an address at an address, where there is one.
    pub fn read_word(&self, address: u64) -> Option<u64> {
        let bytes = self.read(address, self.word())?;
        Some(bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)))
    }

    /// Puts bytes at an address; whether they fit.
    pub fn write(&mut self, address: u64, bytes: &[u8]) -> bool {
        let first = usize::try_from(address);
        first.is_ok_and(|first| self.memory.write(&mut self.store, first, bytes).is_ok())
    }

    /// The address of so many bytes, aligned to 16, which are the caller's until [`Module::clear`]; `None` where
    /// memory is short.
    pub fn room(&mut self, bytes: u64) -> Option<u64> {
        let padded = bytes.max(1).checked_next_multiple_of(16)?;
        if self.rooms.used.checked_add(padded)? > self.rooms.length {
            // What was there stays where it is. Nobody who asks for memory gets what another has grown.
            let pages = padded.max(self.rooms.length * 2).div_ceil(PAGE);
            let first = self.memory.grow(&mut self.store, pages).ok()?;
            self.rooms = Rooms { first: first * PAGE, used: 0, length: pages * PAGE };
        }
        let address = self.rooms.first + self.rooms.used;
        self.rooms.used += padded;
        Some(address)
    }

    /// Takes the room back that was asked for last.
    pub fn release(&mut self, address: u64) {
        self.rooms.used = address - self.rooms.first;
    }

    /// Takes every room back.
    pub fn clear(&mut self) {
        self.rooms.used = 0;
    }
}

fn value(of: ValType, word: u64) -> Val {
    match of {
        ValType::I32 => Val::I32(word as u32 as i32),
        ValType::F32 => Val::F32(wasmi::F32::from_bits(word as u32)),
        ValType::F64 => Val::F64(wasmi::F64::from_bits(word)),
        // References and vectors do not occur in C, and the call refuses this in their place.
        _ => Val::I64(word as i64),
    }
}

fn word(value: &Val) -> u64 {
    match value {
        Val::I32(value) => u64::from(*value as u32),
        Val::I64(value) => *value as u64,
        Val::F32(value) => u64::from(value.to_bits()),
        Val::F64(value) => value.to_bits(),
        _ => 0,
    }
}
