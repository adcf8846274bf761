//! Follows bytes through the instructions of a function that only moves them: which byte of which register, of the
//! stack or of memory behind an address one that it writes, or leaves in a register, was when it was called. Whatever else
//! an instruction does is a panic, so that nothing is taken for followed that was not.

use std::collections::BTreeMap;

use contract::abi::Abi;

use super::{operands, register};

mod arm;
mod risc_v;
mod wasm;
mod x86;

/// Where a byte was when the function was called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    Register(String),
    Stack,
    Local(usize),
    /// In memory at the address whose first byte was there.
    Behind(Box<Byte>),
    /// The address of a variable.
    Symbol,
    Pointer,
}

/// One byte: how many behind the first of its origin.
pub(super) type Byte = (Origin, i64);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Value {
    bytes: [Option<Byte>; 16],
    /// What was added to the address that it is.
    plus: i64,
    constant: Option<i64>,
}

impl Value {
    fn of(origin: &Origin) -> Value {
        let bytes = std::array::from_fn(|at| Some((origin.clone(), at as i64)));
        Value { bytes, ..Value::default() }
    }

    fn constant(number: i64) -> Value {
        Value { constant: Some(number), ..Value::default() }
    }

    fn first(&self, bytes: usize) -> Value {
        let own = |at: usize| if at < bytes { self.bytes[at].clone() } else { None };
        Value { bytes: std::array::from_fn(own), ..self.clone() }
    }

    /// Towards the first byte by so many bits, within so many bytes; towards the last by fewer than none.
    fn shifted(&self, bits: i64, bytes: usize) -> Value {
        assert!(bits % 8 == 0, "a shift by {bits}");
        let from = |at: usize| usize::try_from(at as i64 + bits / 8).ok();
        let own = |at: usize| from(at).filter(|from| *from < bytes && at < bytes);
        let bytes = std::array::from_fn(|at| self.bytes[own(at)?].clone());
        Value { bytes, ..Value::default() }
    }

    fn masked(&self, mask: i64) -> Value {
        let keeps = |at: usize| at < 8 && (mask >> (8 * at)) & 0xff != 0;
        let own = |at: usize| if keeps(at) { self.bytes[at].clone() } else { None };
        Value { bytes: std::array::from_fn(own), ..Value::default() }
    }

    /// Two of which one has nothing where the other has something.
    fn joined(&self, other: &Value) -> Value {
        let both = self.bytes.iter().zip(&other.bytes);
        assert!(both.clone().all(|(a, b)| a.is_none() || b.is_none() || a == b), "an or of two");
        let all: Vec<_> = both.map(|(a, b)| a.clone().or(b.clone())).collect();
        Value { bytes: all.try_into().expect("sixteen"), ..Value::default() }
    }

    fn address(&self, offset: i64) -> Byte {
        match &self.bytes[0] {
            Some((Origin::Pointer, 0)) => (Origin::Stack, self.plus + offset),
            Some((Origin::Symbol, _)) => (Origin::Symbol, 0),
            Some(first) => (Origin::Behind(Box::new(first.clone())), self.plus + offset),
            None => panic!("not an address: {self:?}"),
        }
    }
}

/// A function's registers and memory while its instructions are followed.
pub(super) struct Follow {
    abi: Abi,
    registers: BTreeMap<String, Value>,
    memory: BTreeMap<Byte, Option<Byte>>,
    stack: Vec<Value>,
    /// Bytes between the stack pointer and the first argument there.
    between: i64,
    /// The first instruction that is not followed.
    pub(super) unknown: Option<String>,
}

impl Follow {
    /// Follows a function to where it returns.
    pub(super) fn through(abi: Abi, instructions: &[String]) -> Follow {
        let between = if matches!(abi, Abi::SystemV | Abi::Win64) { 8 } else { 0 };
        let (registers, memory, stack) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        let mut follow = Follow { abi, registers, memory, stack, between, unknown: None };
        for instruction in instructions {
            let (name, rest) =
                instruction.split_once(char::is_whitespace).unwrap_or((instruction, ""));
            let comment =
                rest.find("  #").or_else(|| rest.find("  //")).or_else(|| rest.find("  ;"));
            let rest = &rest[..comment.unwrap_or(rest.len())];
            let read = operands(rest);
            match abi {
                Abi::SystemV | Abi::Win64 => follow.x86(name, &read),
                Abi::Aapcs64 | Abi::WindowsArm64 | Abi::AppleArm64 => follow.arm(name, &read),
                Abi::RiscV64 => follow.risc_v(name, &read),
                Abi::Wasm => follow.wasm(name, rest.trim()),
                Abi::Other => panic!("an ABI is known"),
            }
        }
        follow
    }

    /// The byte that was written to the one variable there is.
    pub(super) fn written(&self) -> Option<Byte> {
        self.memory.get(&(Origin::Symbol, 0)).cloned().flatten()
    }

    /// The byte that memory has, where the function wrote to it.
    pub(super) fn stored(&self, at: &Byte) -> Option<Byte> {
        self.memory.get(at).cloned().flatten()
    }

    /// A byte of a register, or of the result where none is named.
    pub(super) fn left(&self, register: Option<&str>, byte: usize) -> Option<Byte> {
        match register {
            Some(name) => self.read(name).bytes[byte].clone(),
            None => self.stack.last()?.bytes[byte].clone(),
        }
    }

    fn unknown(&mut self, instruction: &str) {
        self.unknown.get_or_insert_with(|| instruction.to_owned());
    }

    fn read(&self, name: &str) -> Value {
        if matches!(name, "xzr" | "wzr" | "zero") {
            return Value::default();
        }
        let own = || match name {
            "rsp" | "sp" => Value::of(&Origin::Pointer),
            _ => match name.parse() {
                Ok(number) => Value::of(&Origin::Local(number)),
                Err(_) => Value::of(&Origin::Register(name.to_owned())),
            },
        };
        self.registers.get(name).cloned().unwrap_or_else(own)
    }

    fn set(&mut self, name: &str, value: Value) {
        self.registers.insert(name.to_owned(), value);
    }

    fn load(&self, (origin, at): &Byte, bytes: usize) -> Value {
        let byte = |number: usize| {
            let place = (origin.clone(), at + number as i64);
            let outside = match origin {
                Origin::Stack => (Origin::Stack, place.1 - self.between),
                _ => place.clone(),
            };
            let own = || self.memory.get(&place).cloned().unwrap_or(Some(outside));
            if number < bytes { own() } else { None }
        };
        Value { bytes: std::array::from_fn(byte), ..Value::default() }
    }

    fn store(&mut self, (origin, at): &Byte, bytes: usize, value: &Value) {
        for number in 0..bytes {
            let place = (origin.clone(), at + number as i64);
            self.memory.insert(place, value.bytes[number].clone());
        }
    }

    /// As `memcpy` does, which is given these: memory's address, that of what goes there, and how much it is.
    fn copied(&mut self, [into, from, bytes]: [&str; 3]) {
        let bytes = self.read(bytes).constant.expect("a number of bytes");
        let (into, from) = (self.read(into).address(0), self.read(from).address(0));
        for at in 0..bytes {
            let byte = self.load(&(from.0.clone(), from.1 + at), 1);
            self.store(&(into.0.clone(), into.1 + at), 1, &byte);
        }
    }

    /// The whole register of a name in x86-64's or Arm's assembly.
    fn whole(&self, word: &str) -> String {
        let bare = word.trim_start_matches('%');
        let (bare, _) = bare.split_once(['.', '[']).unwrap_or((bare, ""));
        if bare == "sp" || bare == "rsp" {
            return bare.to_owned();
        }
        let beyond = |prefixes: &str, into: &str| {
            let number = bare.strip_prefix(|c| prefixes.contains(c))?;
            number.parse::<u32>().ok().map(|number| format!("{into}{number}"))
        };
        let more = match self.abi {
            Abi::Aapcs64 | Abi::WindowsArm64 | Abi::AppleArm64 => {
                beyond("xw", "x").or_else(|| beyond("vqdsh", "v"))
            }
            _ => match bare.trim_end_matches(['d', 'w', 'b']) {
                own @ ("r10" | "r11") => Some(own.to_owned()),
                _ => None,
            },
        };
        let word = bare.to_owned();
        register(self.abi, bare).or(more).unwrap_or(word)
    }

    fn moved(&mut self, pointer: &str, by: i64) {
        let mut value = self.read(pointer);
        value.plus += by;
        self.set(pointer, value);
    }
}
