//! What the C ABIs of the targets lay down: where a wire parameter travels, and how strictly a caller is held to
//! extending a narrow integer there (L-21).

use std::env::consts::{ARCH, OS};
use std::fmt;

use crate::lowering::{Carrier, Lowering};
use crate::scalar::{Class, Scalar};

/// A C ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Abi {
    /// System V AMD64: Linux, the BSDs and macOS on x86-64.
    SystemV,
    /// Microsoft's for x86-64.
    Win64,
    /// The procedure call standard of 64-bit Arm (AAPCS64), but Apple's.
    Aapcs64,
    /// Apple's variant of it.
    AppleArm64,
    /// RISC-V's, of 64 bits.
    RiscV64,
    /// The Basic C ABI of WebAssembly, of 32 and of 64 bits.
    Wasm,
    /// Another, of which nothing is known here.
    Other,
}

/// The targets that places are known of, by the names that Zig has for them, and the C ABI of each.
pub const TARGETS: [(&str, Abi); 9] = [
    ("x86_64-linux", Abi::SystemV),
    ("x86_64-macos", Abi::SystemV),
    ("x86_64-windows", Abi::Win64),
    ("aarch64-linux", Abi::Aapcs64),
    ("aarch64-windows", Abi::Aapcs64),
    ("aarch64-macos", Abi::AppleArm64),
    ("riscv64-linux", Abi::RiscV64),
    ("wasm32", Abi::Wasm),
    ("wasm64", Abi::Wasm),
];

/// Where a wire parameter is, when the callee is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the register of this name; of those with several, that of the whole.
    Register(&'static str),
    /// In memory, so many bytes above where the stack pointer was when the call was made.
    Stack(usize),
    /// In this parameter of a WebAssembly function.
    Local(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Register(name) => out.write_str(name),
            Place::Stack(bytes) => write!(out, "stack + {bytes}"),
            Place::Local(number) => write!(out, "local {number}"),
        }
    }
}

/// Where a wire parameter is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passed {
    /// In a register.
    InRegister,
    /// On the stack.
    OnStack,
}

impl Passed {
    /// By where that is; where that is not known, on the stack.
    pub fn of(place: Option<Place>) -> Passed {
        match place {
            Some(Place::Register(_) | Place::Local(_)) => Passed::InRegister,
            Some(Place::Stack(_)) | None => Passed::OnStack,
        }
    }
}

/// How strictly a rule binds whoever makes a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// Nobody says it, and nothing relies on it.
    NotOwed,
    /// No ABI says it, and compilers rely on it: who does not keep to it runs a risk.
    DeFacto,
    /// The ABI says it.
    Owed,
}

impl Abi {
    /// That of a machine, by the names that Rust has for its system and its architecture.
    pub fn of(os: &str, arch: &str) -> Abi {
        match (arch, os) {
            ("x86_64", "windows") => Abi::Win64,
            ("x86_64", _) => Abi::SystemV,
            ("aarch64", "macos" | "ios" | "tvos" | "visionos") => Abi::AppleArm64,
            ("aarch64", _) => Abi::Aapcs64,
            ("riscv64", _) => Abi::RiscV64,
            _ => Abi::Other,
        }
    }

    /// That of this program's own machine.
    pub fn here() -> Abi {
        Abi::of(OS, ARCH)
    }

    /// Whether each of a function's wire parameters is in a register. Where that is not known all are taken to be on the
    /// stack, where the fewest rules bind.
    pub fn passed(self, lowering: &Lowering) -> Vec<Passed> {
        self.places(lowering).into_iter().map(Passed::of).collect()
    }

    /// Where each of a function's wire parameters is, which are scalars and addresses (L-9); `None` where that is not
    /// known here: of another ABI, and beside a struct by value (G-1). By System V psABI 3.2.3, Microsoft's x64 calling
    /// convention, AAPCS64 6.8 with what Apple says of its platforms, the RISC-V psABI's integer and hardware
    /// floating-point conventions (LP64D), and WebAssembly's Basic C ABI.
    pub fn places(self, lowering: &Lowering) -> Vec<Option<Place>> {
        let (mut integers, mut floats) = (0, 0);
        let mut stack = if self == Abi::Win64 { HOME_BYTES } else { 0 };
        let is_struct = |carrier: &Carrier| matches!(carrier, Carrier::Struct(_));
        let carriers = lowering.parameters.iter().map(|parameter| &parameter.carrier);
        if carriers.chain(&lowering.returns).any(is_struct) {
            return vec![None; lowering.parameters.len()];
        }
        let parameters = lowering.parameters.iter().enumerate();
        parameters
            .map(|(position, parameter)| {
                let is_float = is_float(&parameter.carrier);
                let (all_integers, all_floats) = self.registers()?;
                let own = if is_float { all_floats } else { all_integers };
                let used = if is_float { &mut floats } else { &mut integers };
                let register = match self {
                    Abi::Wasm => return Some(Place::Local(position)),
                    // One count for both.
                    Abi::Win64 => own.get(position),
                    _ => own.get(*used).inspect(|_| *used += 1),
                };
                let register = match register {
                    // Floats beyond the eighth go where integers would.
                    None if self == Abi::RiscV64 && is_float => {
                        all_integers.get(integers).inspect(|_| integers += 1)
                    }
                    register => register,
                };
                if let Some(name) = register {
                    return Some(Place::Register(name));
                }
                let size = match &parameter.carrier {
                    Carrier::Scalar(scalar) if self == Abi::AppleArm64 => scalar.size(),
                    _ => SLOT_BYTES,
                };
                let at = stack.next_multiple_of(size);
                stack = at + size;
                Some(Place::Stack(at))
            })
            .collect()
    }

    /// The register that a carrier is returned in; `None` where nothing is known of the ABI, or it has none.
    pub fn returned_in(self, carrier: &Carrier) -> Option<&'static str> {
        if let Carrier::Struct(_) = carrier {
            return None;
        }
        let (integer, float) = match self {
            Abi::SystemV | Abi::Win64 => ("rax", "xmm0"),
            Abi::Aapcs64 | Abi::AppleArm64 => ("x0", "v0"),
            Abi::RiscV64 => ("a0", "fa0"),
            Abi::Wasm | Abi::Other => return None,
        };
        Some(if is_float(carrier) { float } else { integer })
    }

    /// Its registers for arguments that are integers or addresses, and for floats.
    fn registers(self) -> Option<(&'static [&'static str], &'static [&'static str])> {
        match self {
            Abi::SystemV => Some((&["rdi", "rsi", "rdx", "rcx", "r8", "r9"], &XMM)),
            Abi::Win64 => Some((&["rcx", "rdx", "r8", "r9"], &XMM[..4])),
            Abi::Aapcs64 | Abi::AppleArm64 => Some((
                &["x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7"],
                &["v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7"],
            )),
            Abi::RiscV64 => Some((
                &["a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7"],
                &["fa0", "fa1", "fa2", "fa3", "fa4", "fa5", "fa6", "fa7"],
            )),
            Abi::Wasm => Some((&[], &[])),
            Abi::Other => None,
        }
    }

    /// How strictly a caller is held to extending an integer, bool or enum of fewer than 32 bits to 32, by the sign
    /// of its type, where it is passed so (L-21, with the sources).
    pub fn extension(self, passed: Passed, of: Scalar) -> Strength {
        match (self, passed) {
            (Abi::SystemV, Passed::InRegister) if of.class() != Class::Bool => Strength::DeFacto,
            (Abi::AppleArm64 | Abi::Wasm, Passed::InRegister) | (Abi::RiscV64, _) => Strength::Owed,
            _ => Strength::NotOwed,
        }
    }
}

const XMM: [&str; 8] = ["xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7"];

/// What an argument takes of the stack, but on Apple's arm64, where it takes its own size.
const SLOT_BYTES: usize = 8;

/// Of Microsoft's convention: where the callee may keep the four registers, below the arguments on the stack.
const HOME_BYTES: usize = 32;

fn is_float(carrier: &Carrier) -> bool {
    matches!(carrier, Carrier::Scalar(scalar) if scalar.is_float())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Declarations, Signature};

    fn passed(abi: Abi, signature: &str) -> String {
        let none = Declarations::new();
        let signature = Signature::read(signature, &none).expect("valid");
        let letter = |passed: &Passed| if *passed == Passed::InRegister { 'r' } else { 's' };
        abi.passed(&Lowering::of(&signature, &none)).iter().map(letter).collect()
    }

    #[test]
    fn parameters_go_where_each_abi_says() {
        let words = |scalar: &str, count: usize| {
            let all: Vec<String> = (0..count).map(|n| format!("a{n} :{scalar}")).collect();
            all.join(" ")
        };
        let nine_floats_and_words = format!("[{} b :i8 c :i8 :ret :void]", words("f64", 9));
        let nine_words = format!("[{} b :f64 :ret :void]", words("i8", 9));
        for (abi, floats, integers) in [
            (Abi::SystemV, "rrrrrrrrsrr", "rrrrrrsssr"),
            (Abi::Win64, "rrrrsssssss", "rrrrssssss"),
            (Abi::Aapcs64, "rrrrrrrrsrr", "rrrrrrrrsr"),
            (Abi::AppleArm64, "rrrrrrrrsrr", "rrrrrrrrsr"),
            (Abi::RiscV64, "rrrrrrrrrrr", "rrrrrrrrsr"),
            (Abi::Wasm, "rrrrrrrrrrr", "rrrrrrrrrr"),
        ] {
            assert_eq!(passed(abi, &nine_floats_and_words), floats, "{abi:?}");
            assert_eq!(passed(abi, &nine_words), integers, "{abi:?}");
        }
        assert_eq!(passed(Abi::SystemV, "[s :string a :i8 :ret [:owned [:slice :u8]]]"), "rrrrr");
    }

    #[test]
    fn the_strengths_are_those_of_the_page() {
        let page = include_str!("../../docs/contract.md");
        for (abi, name) in [
            (Abi::SystemV, "System V x86-64"),
            (Abi::Win64, "Microsoft x64"),
            (Abi::Aapcs64, "AAPCS64"),
            (Abi::AppleArm64, "Apple arm64"),
            (Abi::RiscV64, "RISC-V 64"),
            (Abi::Wasm, "WebAssembly"),
        ] {
            let word = |passed, of| match abi.extension(passed, of) {
                Strength::Owed => "owed",
                Strength::DeFacto => "de facto",
                Strength::NotOwed => "not owed",
            };
            let [register, bool_in_register, stack] = [
                word(Passed::InRegister, Scalar::I8),
                word(Passed::InRegister, Scalar::Bool),
                word(Passed::OnStack, Scalar::U16),
            ];
            let row = format!("| {name} | {register} | {bool_in_register} | {stack} |");
            assert!(page.contains(&row), "{row}");
        }
    }
}
