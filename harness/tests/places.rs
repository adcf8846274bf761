//! Where parameters are passed on other machines is where the compiler reads them there: for each parameter of each
//! made signature a C function that returns it, compiled for the target, and what its assembly reads first.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;

use contract::abi::{Abi, Place, TARGETS};
use contract::{Carrier, Declarations, Lowering, Scalar, Signature};
use corpus::generated;

/// A C type for a carrier, as every compiler knows it without a header.
fn c_type(abi: Abi, carrier: &Carrier) -> &'static str {
    let Carrier::Scalar(scalar) = carrier else { return "void *" };
    match scalar {
        Scalar::Bool => "_Bool",
        Scalar::I8 => "signed char",
        Scalar::U8 => "unsigned char",
        Scalar::I16 => "short",
        Scalar::U16 => "unsigned short",
        Scalar::I32 => "int",
        Scalar::U32 => "unsigned",
        Scalar::I64 => "long long",
        Scalar::U64 => "unsigned long long",
        Scalar::Isize => "__INTPTR_TYPE__",
        Scalar::Usize => "__UINTPTR_TYPE__",
        // Compilers for WebAssembly have no halves.
        Scalar::F16 if abi == Abi::Wasm => "float",
        Scalar::F16 => "_Float16",
        Scalar::F32 => "float",
        Scalar::F64 => "double",
        other => panic!("{} does not cross by value", other.name()),
    }
}

/// The functions in C, and by its name where each reads its parameter.
fn functions(abi: Abi, lowerings: &[Lowering]) -> (String, BTreeMap<String, Place>) {
    let (mut source, mut places) = (String::new(), BTreeMap::new());
    for (number, lowering) in lowerings.iter().enumerate() {
        let types: Vec<_> =
            lowering.parameters.iter().map(|one| c_type(abi, &one.carrier)).collect();
        let parameters: Vec<_> =
            types.iter().enumerate().map(|(at, of)| format!("{of} a{at}")).collect();
        for (at, (of, place)) in types.iter().zip(abi.places(lowering)).enumerate() {
            let (name, all) = (format!("f{number}_{at}"), parameters.join(", "));
            // Writing to a string cannot fail.
            let _ = writeln!(source, "{of} {name}({all}) {{ return a{at}; }}");
            places.insert(name, place.expect("its ABI is known"));
        }
    }
    (source, places)
}

/// The whole register that a name in assembly is of, where an argument may be in it.
fn register(abi: Abi, word: &str) -> Option<String> {
    let word = word.trim_start_matches('%');
    let numbered = |prefixes: &str, last: u32| {
        let (first, number) = word.split_at_checked(1)?;
        let fits = prefixes.contains(first) && number.parse::<u32>().is_ok_and(|n| n <= last);
        fits.then_some(number)
    };
    match abi {
        Abi::SystemV | Abi::Win64 => {
            let whole = match word {
                "rdi" | "edi" | "di" | "dil" => "rdi",
                "rsi" | "esi" | "si" | "sil" => "rsi",
                "rdx" | "edx" | "dx" | "dl" => "rdx",
                "rcx" | "ecx" | "cx" | "cl" => "rcx",
                "r8" | "r8d" | "r8w" | "r8b" => "r8",
                "r9" | "r9d" | "r9w" | "r9b" => "r9",
                "rax" | "eax" | "ax" | "al" => "rax",
                xmm if xmm.starts_with("xmm") => xmm,
                _ => return None,
            };
            Some(whole.to_owned())
        }
        Abi::Aapcs64 | Abi::AppleArm64 => {
            let vector = || numbered("vqdsh", 7).map(|number| format!("v{number}"));
            numbered("xw", 7).map(|number| format!("x{number}")).or_else(vector)
        }
        Abi::RiscV64 => {
            let name = word.strip_prefix('f').unwrap_or(word);
            let number = name.strip_prefix('a')?.parse::<u32>().ok()?;
            (number <= 7).then(|| word.to_owned())
        }
        Abi::Wasm | Abi::Other => None,
    }
}

/// The memory that an operand is, in bytes above the stack pointer.
fn on_the_stack(abi: Abi, operand: &str) -> Option<usize> {
    let (before, _) = match abi {
        Abi::SystemV | Abi::Win64 => operand.split_once("(%rsp)")?,
        Abi::RiscV64 => operand.split_once("(sp)")?,
        _ => {
            let inner = operand.strip_prefix("[sp")?.strip_suffix(']')?;
            (inner.strip_prefix(", #").unwrap_or("0"), "")
        }
    };
    let offset: usize = if before.is_empty() { 0 } else { before.parse().ok()? };
    // The return address lies between.
    Some(if matches!(abi, Abi::SystemV | Abi::Win64) { offset - 8 } else { offset })
}

/// The operands of an instruction; those in brackets are one.
fn operands(text: &str) -> Vec<&str> {
    let mut depth = 0;
    let split = text.split(|c| {
        depth += i32::from(matches!(c, '[' | '(')) - i32::from(matches!(c, ']' | ')'));
        c == ',' && depth == 0
    });
    split.map(str::trim).filter(|operand| !operand.is_empty()).collect()
}

/// Where the instructions of a function read what it returns: the first argument register that none of them wrote
/// before, or memory above the stack pointer. Where none does, it is where results are.
fn read_from(abi: Abi, instructions: &[String], returned: &str) -> Place {
    let (mut written, mut pushed) = (Vec::new(), 0);
    for instruction in instructions {
        let (name, rest) = instruction.split_once(char::is_whitespace).unwrap_or((instruction, ""));
        if abi == Abi::Wasm && name == "local.get" {
            return Place::Local(rest.trim().parse().expect("a number"));
        }
        let rest = rest.split_once("  #").map_or(rest, |(operands, _)| operands);
        let mut read = operands(rest);
        // Some keep a frame that these functions do not use: pushed before, popped behind.
        if let Some((_, push)) = rest.split_once("[sp, #-") {
            let bytes = push.split_once("]!").map(|(bytes, _)| bytes.parse::<usize>());
            pushed += bytes.expect("it is a push").expect("a number");
            continue;
        }
        if rest.contains("[sp], #") {
            continue;
        }
        let into = match abi {
            Abi::SystemV | Abi::Win64 => read.pop(),
            _ => (!read.is_empty()).then(|| read.remove(0)),
        };
        for operand in read {
            if let Some(bytes) = on_the_stack(abi, operand) {
                return Place::Stack(bytes - pushed);
            }
            if let Some(name) = register(abi, operand)
                && !written.contains(&name)
            {
                return Place::Register(name.leak());
            }
        }
        written.extend(into.and_then(|into| register(abi, into)));
    }
    Place::Register(returned.to_owned().leak())
}

/// The instructions of each function of an assembly file.
fn bodies(assembly: &str) -> BTreeMap<String, Vec<String>> {
    let mut bodies: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut current: Option<String> = None;
    for line in assembly.lines() {
        let label = line.split_once(':').filter(|_| line.starts_with(['f', '_']));
        if let Some((label, _)) = label {
            current = Some(label.trim_start_matches('_').to_owned());
        } else if let Some(name) = &current {
            let text = line.trim();
            if !text.is_empty() && !text.starts_with(['.', '#', '/', ';']) {
                bodies.entry(name.clone()).or_default().push(text.to_owned());
            }
        }
    }
    bodies
}

#[test]
fn parameters_are_where_the_compiler_reads_them() {
    let zig = zig_lib::toolchain::find().expect("there is Zig").path;
    let declared = Declarations::read(generated::DECLARED).expect("they are valid");
    let lowerings: Vec<Lowering> = generated::signatures(generated::SEED)
        .iter()
        .map(|made| Signature::read(&made.text(), &declared).expect("it is valid"))
        .map(|signature| Lowering::of(&signature, &declared))
        .collect();
    for (target, abi) in TARGETS {
        let (source, places) = functions(abi, &lowerings);
        let folder = tempfile::tempdir().expect("a scratch folder");
        let (input, output) = (folder.path().join("places.c"), folder.path().join("places.s"));
        std::fs::write(&input, source).expect("it is written");
        let triple =
            if abi == Abi::Wasm { format!("{target}-freestanding") } else { target.to_owned() };
        let compiled = Command::new(&zig)
            .args(["cc", "-target", &triple, "-O1", "-g0", "-w", "-S", "-fno-sanitize=all"])
            .args(["-fomit-frame-pointer", "-fno-asynchronous-unwind-tables", "-o"])
            .args([&output, &input])
            .output()
            .expect("Zig starts");
        assert!(
            compiled.status.success(),
            "{target}: {}",
            String::from_utf8_lossy(&compiled.stderr)
        );
        let bodies = bodies(&std::fs::read_to_string(&output).expect("it is text"));
        assert!(places.len() > 1500, "{target}: {} parameters", places.len());
        for (name, expected) in &places {
            let body = bodies.get(name).unwrap_or_else(|| panic!("{target}: {name} is missing"));
            let (number, at) = name[1..].split_once('_').expect("both");
            let lowering = &lowerings[number.parse::<usize>().expect("a number")];
            let carrier = &lowering.parameters[at.parse::<usize>().expect("a number")].carrier;
            let found = read_from(abi, body, abi.returned_in(carrier).unwrap_or_default());
            assert_eq!(found, *expected, "{target}: {name}, {body:?}, of {lowering:?}");
        }
    }
}
