//! What the C ABIs of the targets lay down: where a wire parameter travels, and how strictly a caller is held to
//! extending a narrow integer there (L-21).

use std::env::consts::{ARCH, OS};
use std::fmt;

use crate::declarations::Declarations;
use crate::lowering::{Carrier, Lowering};
use crate::scalar::{Class, Scalar};

mod members;
mod travel;

pub use travel::{Part, Travel};

/// A C ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Abi {
    /// System V AMD64: Linux, the BSDs and macOS on x86-64.
    SystemV,
    /// Microsoft's for x86-64.
    Win64,
    /// The procedure call standard of 64-bit Arm (AAPCS64), but for what follows.
    Aapcs64,
    /// Microsoft's variant of it, which differs in variadic functions alone.
    WindowsArm64,
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
    ("aarch64-windows", Abi::WindowsArm64),
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
    /// In memory, so many bytes above the address in this parameter of a WebAssembly function.
    Behind(usize, usize),
    /// What a WebAssembly function leaves as its result.
    Result,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Register(name) => out.write_str(name),
            Place::Stack(bytes) => write!(out, "stack + {bytes}"),
            Place::Local(number) => write!(out, "local {number}"),
            Place::Behind(number, bytes) => write!(out, "memory at local {number} + {bytes}"),
            Place::Result => out.write_str("the result"),
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
            Some(Place::Register(_) | Place::Local(_) | Place::Result) => Passed::InRegister,
            Some(Place::Stack(_) | Place::Behind(..)) | None => Passed::OnStack,
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
            ("aarch64", "windows") => Abi::WindowsArm64,
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
    /// stack, where the fewest rules bind; and so are those beside a struct or a wide scalar by value (ADR 53).
    pub fn passed(self, lowering: &Lowering) -> Vec<Passed> {
        self.places(lowering).into_iter().map(Passed::of).collect()
    }

    /// Where each of a function's wire parameters is, which are scalars and addresses (L-9); `None` where that is not
    /// known here: of another ABI, and beside a struct or a wide scalar by value, of which [`Abi::travels`] says more. Of
    /// variable arguments (W-1): as others on System V x86-64 and by AAPCS64; on Apple's arm64 each in eight bytes of the
    /// stack; floats as integers of their bits on RISC-V, beside their own register by Microsoft's convention for x64,
    /// and by that for arm64 those that are named, too; on WebAssembly behind one address, laid out as a struct's members.
    pub fn places(self, lowering: &Lowering) -> Vec<Option<Place>> {
        let one = |travel: Option<Travel>| match travel? {
            Travel::Parts(parts) => parts.first().map(|part| part.place),
            Travel::Behind(_) => None,
        };
        let by_value = |carrier: &Carrier| matches!(carrier, Carrier::Struct(_) | Carrier::Wide(_));
        let carriers = lowering.parameters.iter().map(|parameter| &parameter.carrier);
        if carriers.chain(&lowering.returns).any(by_value) {
            return vec![None; lowering.parameters.len()];
        }
        self.travels(lowering, &Declarations::new()).into_iter().map(one).collect()
    }

    /// The register that a carrier is returned in; `None` where nothing is known of the ABI, or it has none.
    pub fn returned_in(self, carrier: &Carrier) -> Option<&'static str> {
        if let Carrier::Struct(_) | Carrier::Wide(_) = carrier {
            return None;
        }
        let (integer, float) = match self {
            Abi::SystemV | Abi::Win64 => ("rax", "xmm0"),
            Abi::Aapcs64 | Abi::WindowsArm64 | Abi::AppleArm64 => ("x0", "v0"),
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
            Abi::Aapcs64 | Abi::WindowsArm64 | Abi::AppleArm64 => Some((
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

/// Of Microsoft's convention for x64: a variable argument that is a float is in both, so that the callee need not know.
const BOTH: [&str; 4] = ["xmm0 and rcx", "xmm1 and rdx", "xmm2 and r8", "xmm3 and r9"];

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
    fn variable_arguments_go_where_each_abi_says() {
        let places = |abi: Abi, text: &str| {
            let none = Declarations::new();
            let signature = Signature::read(text, &none).expect("valid");
            let places = abi.places(&Lowering::of(&signature, &none)).into_iter();
            let places = places.map(|place| place.expect("it is known").to_string());
            places.collect::<Vec<_>>().join(", ")
        };
        let text = "[a :i8 b :f32 ... c :i32 d :f64 e :i32 f :f64 :ret :void]";
        for (abi, due) in [
            (Abi::SystemV, "rdi, xmm0, rsi, xmm1, rdx, xmm2"),
            (Abi::Win64, "rcx, xmm1, r8, xmm3 and r9, stack + 32, stack + 40"),
            (Abi::Aapcs64, "x0, v0, x1, v1, x2, v2"),
            (Abi::WindowsArm64, "x0, x1, x2, x3, x4, x5"),
            (Abi::AppleArm64, "x0, v0, stack + 0, stack + 8, stack + 16, stack + 24"),
            (Abi::RiscV64, "a0, fa0, a1, a2, a3, a4"),
            (
                Abi::Wasm,
                "local 0, local 1, memory at local 2 + 0, memory at local 2 + 8, memory at local 2 + 16, \
                 memory at local 2 + 24",
            ),
        ] {
            assert_eq!(places(abi, text), due, "{abi:?}");
        }
        // What is named and on the stack keeps its own size there, and what follows its eight bytes.
        let nine =
            "[a :i64 b :i64 c :i64 d :i64 e :i64 f :i64 g :i64 h :i64 i :i8 ... j :i32 :ret :void]";
        assert!(places(Abi::AppleArm64, nine).ends_with("x7, stack + 0, stack + 8"));
    }

    #[test]
    fn structs_by_value_go_where_each_abi_says() {
        let declared = "(deftypez Mixed [a :i32 b :f64]) (deftypez Floats [a [:array 3 :f32]])";
        let declared = Declarations::read(declared).expect("valid");
        let text = "[m [:by-value Mixed] f [:by-value Floats] :ret [:by-value Floats]]";
        let signature = Signature::read(text, &declared).expect("valid");
        let lowering = Lowering::of(&signature, &declared);
        for (abi, due) in [
            (
                Abi::SystemV,
                "rdi (bytes 0 to 7), xmm0 (8 to 15); xmm1 (bytes 0 to 7), xmm2 (8 to 11); xmm0 (bytes 0 to 7), xmm1 \
                 (8 to 11)",
            ),
            (
                Abi::Win64,
                "memory whose address is in rdx; memory whose address is in r8; memory whose address is in rcx",
            ),
            (
                Abi::Aapcs64,
                "x0 (bytes 0 to 7), x1 (8 to 15); v0 (bytes 0 to 3), v1 (4 to 7), v2 (8 to 11); v0 (bytes 0 to 3), v1 \
                 (4 to 7), v2 (8 to 11)",
            ),
            (
                Abi::RiscV64,
                "a0 (bytes 0 to 3), fa0 (8 to 15); a1 (bytes 0 to 7), a2 (8 to 11); a0 (bytes 0 to 7), a1 (8 to 11)",
            ),
            (
                Abi::Wasm,
                "memory whose address is in local 1; memory whose address is in local 2; memory whose address is in \
                 local 0",
            ),
        ] {
            let all = abi.travels(&lowering, &declared).into_iter();
            let all = all.chain([abi.returned(&lowering, &declared)]);
            let all: Vec<String> = all.map(|one| one.expect("it is known").to_string()).collect();
            assert_eq!(all.join("; "), due, "{abi:?}");
        }
        assert_eq!(Abi::Other.travels(&lowering, &declared), [None, None]);
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
