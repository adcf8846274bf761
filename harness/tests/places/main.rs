//! Where parameters are passed on other machines is where the compiler reads them there: for each parameter of each
//! made signature a C function that returns it, compiled for the target, and what its assembly reads first. Of variable
//! arguments, which no function reads from a place of its own, it is where a caller puts them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;

use contract::abi::{Abi, Place, TARGETS};
use contract::{Carrier, Declarations, Lowering, Scalar, Signature};
use corpus::generated;

mod aggregates;
mod follow;

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
        Abi::Aapcs64 | Abi::WindowsArm64 | Abi::AppleArm64 => {
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

/// The memory that an operand is, in bytes above the stack pointer of the caller.
fn on_the_stack(abi: Abi, operand: &str) -> Option<usize> {
    // The return address lies between.
    let between = if matches!(abi, Abi::SystemV | Abi::Win64) { 8 } else { 0 };
    above_the_pointer(abi, operand).map(|bytes| bytes - between)
}

/// The memory that an operand is, in bytes above the stack pointer.
fn above_the_pointer(abi: Abi, operand: &str) -> Option<usize> {
    let (before, _) = match abi {
        Abi::SystemV | Abi::Win64 => operand.split_once("(%rsp)")?,
        Abi::RiscV64 => operand.split_once("(sp)")?,
        _ => {
            let inner = operand.strip_prefix("[sp")?.strip_suffix(']')?;
            (inner.strip_prefix(", #").unwrap_or("0"), "")
        }
    };
    if before.is_empty() { Some(0) } else { before.parse().ok() }
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

/// What the compiler makes of C for a target.
fn compiled(target: &str, abi: Abi, source: &str) -> BTreeMap<String, Vec<String>> {
    let zig = zig_lib::toolchain::find().expect("there is Zig").path;
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
    let told = String::from_utf8_lossy(&compiled.stderr);
    assert!(compiled.status.success(), "{target}: {told}");
    bodies(&std::fs::read_to_string(&output).expect("it is text"))
}

#[test]
fn parameters_are_where_the_compiler_reads_them() {
    let declared = Declarations::read(generated::DECLARED).expect("they are valid");
    // Where a struct by value goes is not said: those that pass one come last.
    let lowerings: Vec<Lowering> = generated::signatures(generated::SEED)
        .iter()
        .take(generated::OWED)
        .map(|made| Signature::read(&made.text(), &declared).expect("it is valid"))
        .map(|signature| Lowering::of(&signature, &declared))
        .collect();
    for (target, abi) in TARGETS {
        let (source, places) = functions(abi, &lowerings);
        let bodies = compiled(target, abi, &source);
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

/// Variadic functions with every kind of argument before and behind the ellipsis, and more than any has registers for.
const VARIADIC: [&str; 4] = [
    "[a :i64 ... b :i32 c :f64 d :u64 e :f64 f :i64 g :f64 h :u32 i :f64 j :i64 k :f64 l :i64 m :f64 n :i64 :ret :i64]",
    "[a :f64 ... b :f64 c :f64 d :f64 e :f64 f :f64 g :f64 h :f64 i :f64 j :f64 k :i64 :ret :i64]",
    "[a :i8 b :f32 c :i64 ... d :f64 e :i32 f :f64 :ret :i64]",
    "[a :i64 b :i64 c :i64 d :i64 e :i64 f :i64 g :i64 h :i64 i :i64 ... j :i32 k :f64 :ret :i64]",
];

/// Where the instructions of a function put its first parameter before they call another: the registers that hold it, and
/// how far above the stack pointer it is, where it is there.
fn put_into(abi: Abi, instructions: &[String], first: &str) -> (Vec<String>, Option<usize>) {
    let is_x86 = matches!(abi, Abi::SystemV | Abi::Win64);
    let (mut holders, mut stored) = (vec![first.to_owned()], None);
    for instruction in instructions {
        let (name, rest) = instruction.split_once(char::is_whitespace).unwrap_or((instruction, ""));
        if matches!(name, "callq" | "bl" | "call") {
            break;
        }
        let rest = rest.split_once("  #").map_or(rest, |(operands, _)| operands);
        let all = operands(rest);
        let memory = all.iter().find_map(|operand| above_the_pointer(abi, operand));
        let whole = |operand: &&str| {
            // A vector register may be named with its lanes.
            let bare = operand.split_once('.').map_or(*operand, |(bare, _)| bare);
            register(abi, bare).unwrap_or_else(|| (*operand).to_owned())
        };
        let names: Vec<String> = all.iter().map(whole).collect();
        let held = |name: &String| holders.contains(name);
        match (name, memory, &names[..]) {
            ("pushq", ..) => {
                stored =
                    if held(&names[0]) { Some(0) } else { stored.map(|bytes: usize| bytes + 8) };
            }
            ("stp", Some(at), [_, two, ..]) if held(two) => stored = Some(at + 8),
            ("str" | "stp" | "sd" | "sw" | "fsd", Some(at), [one, ..]) if held(one) => {
                stored = Some(at)
            }
            (_, Some(at), [one, _]) if is_x86 && held(one) => stored = Some(at),
            (_, None, [one, two]) => {
                let (from, into) = if is_x86 { (one, two) } else { (two, one) };
                let copies = ["mov", "fmov", "mv", "fmv"].iter().any(|copy| name.starts_with(copy));
                let copied = (copies && held(from)).then(|| into.clone());
                holders.retain(|name| name != into);
                holders.extend(copied);
            }
            (_, None, [into, ..]) if !is_x86 => holders.retain(|name| name != into),
            _ => {}
        }
    }
    (holders, stored)
}

#[test]
fn variable_arguments_are_where_the_compiler_puts_them() {
    let none = Declarations::new();
    let lowering = |text| Lowering::of(&Signature::read(text, &none).expect("valid"), &none);
    let lowerings = VARIADIC.map(lowering);
    // In a module they are behind an address, which the tests of modules see.
    for (target, abi) in TARGETS.into_iter().filter(|(_, abi)| *abi != Abi::Wasm) {
        let (mut source, mut places) = (String::new(), Vec::new());
        for (number, lowering) in lowerings.iter().enumerate() {
            let types: Vec<_> =
                lowering.parameters.iter().map(|one| c_type(abi, &one.carrier)).collect();
            let named = types[..lowering.fixed.expect("it is variadic")].join(", ");
            // Writing to a string cannot fail.
            let _ = writeln!(source, "long long v{number}({named}, ...);");
            for (at, place) in abi.places(lowering).into_iter().enumerate() {
                let given = types.iter().enumerate().map(|(other, of)| {
                    if other == at { "x".to_owned() } else { format!("({of})0") }
                });
                let (name, given) =
                    (format!("f{number}_{at}"), given.collect::<Vec<_>>().join(", "));
                // What is added keeps the call from being the last thing that is done.
                let _ = writeln!(
                    source,
                    "long long {name}({} x) {{ return v{number}({given}) + 1; }}",
                    types[at]
                );
                places.push((
                    name,
                    lowering.parameters[at].carrier.clone(),
                    place.expect("its ABI is known"),
                ));
            }
        }
        let bodies = compiled(target, abi, &source);
        for (name, carrier, place) in places {
            let is_float = matches!(carrier, Carrier::Scalar(scalar) if scalar.is_float());
            let alone = if is_float { "[x :f64 :ret :void]" } else { "[x :i64 :ret :void]" };
            let [Some(Place::Register(first))] = abi.places(&lowering(alone))[..] else {
                panic!("{target}: the first parameter is in no register");
            };
            let body = bodies.get(&name).unwrap_or_else(|| panic!("{target}: {name} is missing"));
            let (holders, stored) = put_into(abi, body, first);
            let holds = match place {
                Place::Register(names) => {
                    stored.is_none()
                        && names.split(" and ").all(|one| holders.iter().any(|name| name == one))
                }
                Place::Stack(bytes) => stored == Some(bytes),
                Place::Local(_) | Place::Behind(..) | Place::Result => false,
            };
            assert!(holds, "{target}: {name} is {place}, not {holders:?} {stored:?}: {body:#?}");
        }
    }
}
