//! What the C ABIs of the targets lay down that the judge has to know: where a wire parameter travels, and how
//! strictly a caller is held to extending a narrow integer there (L-21).

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

/// Where a wire parameter is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passed {
    /// In a register.
    InRegister,
    /// On the stack.
    OnStack,
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
    /// That of this program's own target.
    pub const HOST: Abi = if cfg!(all(target_arch = "x86_64", windows)) {
        Abi::Win64
    } else if cfg!(target_arch = "x86_64") {
        Abi::SystemV
    } else if cfg!(all(target_arch = "aarch64", target_vendor = "apple")) {
        Abi::AppleArm64
    } else if cfg!(target_arch = "aarch64") {
        Abi::Aapcs64
    } else if cfg!(target_arch = "riscv64") {
        Abi::RiscV64
    } else {
        Abi::Other
    };

    /// Where each of a function's wire parameters is passed. Beside a struct by value (G-1) all are taken to be
    /// on the stack, where the fewest rules bind: how many registers it leaves is not known here.
    pub fn passed(self, lowering: &Lowering) -> Vec<Passed> {
        let (mut integers, mut floats) = (0, 0);
        let is_struct = |carrier: &Carrier| matches!(carrier, Carrier::Struct(_));
        let carriers = lowering.parameters.iter().map(|parameter| &parameter.carrier);
        let beside_a_struct = carriers.chain(&lowering.returns).any(is_struct);
        let parameters = lowering.parameters.iter().enumerate();
        parameters
            .map(|(position, parameter)| {
                let is_float =
                    matches!(parameter.carrier, Carrier::Scalar(scalar) if scalar.is_float());
                let used = if is_float { &mut floats } else { &mut integers };
                *used += 1;
                let fits = match self {
                    Abi::SystemV => *used <= if is_float { 8 } else { 6 },
                    // One count for both.
                    Abi::Win64 => position < 4,
                    // RISC-V passes floats beyond the eighth in integer registers that are left.
                    Abi::RiscV64 if *used > 8 && is_float => {
                        integers += 1;
                        integers <= 8
                    }
                    Abi::Aapcs64 | Abi::AppleArm64 | Abi::RiscV64 => *used <= 8,
                    // Every scalar is a parameter of the function's own type.
                    Abi::Wasm => true,
                    Abi::Other => false,
                };
                if fits && !beside_a_struct { Passed::InRegister } else { Passed::OnStack }
            })
            .collect()
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
