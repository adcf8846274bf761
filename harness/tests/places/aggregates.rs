//! Structs by value on other machines: drawn from a seed, put behind arguments that take up registers, and compiled as
//! C for each target; the bytes of each are where they are said to be, at the call and when it returns.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use contract::abi::{Abi, Part, Place, TARGETS, Travel};
use contract::{Carrier, Declarations, Lowering, Scalar, Signature, Type};
use corpus::seed::Draw;

use super::follow::{Byte, Follow, Origin};
use super::{c_type, compiled};

const SEED: u64 = 16;
/// Of each of the kinds that [`fields`] knows.
const DRAWN: usize = 20;
const KINDS: usize = 10;

const INTEGERS: [&str; 8] = [":i8", ":u16", ":i32", ":u64", ":bool", ":u8", "Kind", ":i64"];
const FLOATS: [&str; 2] = [":f32", ":f64"];

fn one<'a>(of: &[&'a str], random: &mut Draw) -> &'a str {
    of[random.below(of.len())]
}

/// The members of a struct of a kind, and what it is called in `:layout`.
fn fields(kind: usize, before: &[String], random: &mut Draw) -> (Vec<String>, &'static str) {
    let many = |most: usize, random: &mut Draw| 1 + random.below(most);
    let mixed = |random: &mut Draw| {
        let all = if random.below(2) == 0 { &FLOATS[..] } else { &INTEGERS[..] };
        one(all, random).to_owned()
    };
    let no_bool = |random: &mut Draw| match mixed(random) {
        of if of == ":bool" => ":i16".to_owned(),
        of => of,
    };
    let nested = |random: &mut Draw| before[random.below(before.len())].clone();
    let several = |of: &str, random: &mut Draw| format!("[:array {} {of}]", many(4, random));
    match kind {
        0 => {
            let of = one(&FLOATS, random);
            let field = |random: &mut Draw| match random.below(4) {
                0 => several(of, random),
                _ => of.to_owned(),
            };
            ((0..many(4, random)).map(|_| field(random)).collect(), "")
        }
        1 => ((0..many(5, random)).map(|_| one(&INTEGERS, random).to_owned()).collect(), ""),
        2 => ((0..many(2, random)).map(|_| mixed(random)).collect(), ""),
        3 => ((0..many(9, random)).map(|_| mixed(random)).collect(), ""),
        4 => {
            let field = |random: &mut Draw| {
                let of = no_bool(random);
                if random.below(2) == 0 { of } else { several(&of, random) }
            };
            ((0..many(3, random)).map(|_| field(random)).collect(), ":union")
        }
        5 => ((0..many(4, random)).map(|_| mixed(random)).collect(), ":packed"),
        6 => {
            let field = |random: &mut Draw| match random.below(3) {
                0 => mixed(random),
                1 => format!("[:array {} {}]", many(2, random), nested(random)),
                _ => nested(random),
            };
            ((0..many(2, random)).map(|_| field(random)).collect(), "")
        }
        7 => (vec![one(&FLOATS, random).to_owned(); 2], ":complex"),
        8 => {
            let wide = one(&[":i128", ":u128"], random).to_owned();
            let more = (0..random.below(2)).map(|_| mixed(random));
            (more.chain([wide]).collect(), one(&["", "", ":packed", ":union"], random))
        }
        _ => {
            let more: Vec<_> = (0..random.below(2)).map(|_| no_bool(random)).collect();
            let all = more.into_iter().chain([":f80".to_owned()]).collect();
            (all, one(&["", "", ":union"], random))
        }
    }
}

/// The structs, of every size from 1 to 64 and of every alignment that there is.
fn declared() -> Declarations {
    let mut declared = Declarations::read("(defenumz Kind {:backing :u16} [a 0])").expect("valid");
    let mut names: Vec<String> = Vec::new();
    let mut add =
        |kind: Option<usize>, fields: &[String], layout: &str, names: &mut Vec<String>| {
            let name = format!("S{}", names.len());
            let of = |(at, of): (usize, &String)| match layout {
                ":complex" => format!("{} {of} ", ["re", "im"][at]),
                _ => format!("m{at} {of} "),
            };
            let fields: String = fields.iter().enumerate().map(of).collect();
            let layout =
                if layout.is_empty() { String::new() } else { format!(" {{:layout {layout}}}") };
            let mut longer = declared.clone();
            let read = longer.extend(&format!("(deftypez {name} [{fields}]{layout})"));
            let size = longer.struct_layout(&name).map(|laid| laid.layout.size);
            // What is refused is drawn anew: unions of bools within.
            if read.is_ok() && longer.by_value(&name) && size.is_some_and(|size| size <= 64) {
                declared = longer;
                names.push(name);
                return true;
            }
            assert!(kind.is_some(), "{fields}");
            false
        };
    for size in 1..=64 {
        add(None, &[format!("[:array {size} :u8]")], "", &mut names);
    }
    let mut random = Draw::from(SEED);
    for drawn in 0..DRAWN * KINDS {
        let kind = drawn % KINDS;
        loop {
            let (fields, layout) = fields(kind, &names, &mut random);
            if add(Some(kind), &fields, layout, &mut names) {
                break;
            }
        }
    }
    declared
}

/// A type as C has it.
fn c(abi: Abi, of: &Type, declared: &Declarations) -> String {
    match of {
        Type::Scalar(Scalar::F80) => "long double".to_owned(),
        Type::Scalar(Scalar::I128) => "__int128".to_owned(),
        Type::Scalar(Scalar::U128) => "unsigned __int128".to_owned(),
        Type::Scalar(scalar) => c_type(abi, &Carrier::Scalar(*scalar)).to_owned(),
        Type::Named(name) => match declared.enumeration(name) {
            Some((backing, _)) => c_type(abi, &Carrier::Scalar(backing)).to_owned(),
            None => name.clone(),
        },
        Type::ByValue(of) => c(abi, of, declared),
        other => panic!("{other} does not cross"),
    }
}

/// The structs' declarations in C, of those that the target's C has.
fn header(abi: Abi, declared: &Declarations) -> String {
    let mut text =
        "typedef unsigned char u8;\nextern __attribute__((visibility(\"hidden\"))) u8 out;\n"
            .to_owned();
    for named in declared.iter() {
        let Some(fields) = named.fields().filter(|_| has(abi, &named.name, declared)) else {
            continue;
        };
        let keyword = match named.arrangement().name() {
            Some("complex") => {
                let of = c(abi, &fields[0].of, declared);
                let _ = writeln!(text, "typedef _Complex {of} {};", named.name);
                continue;
            }
            Some("union") => "union",
            Some("packed") => "struct __attribute__((packed))",
            _ => "struct",
        };
        let field = |field: &contract::Field| match &field.of {
            Type::Array { length, of } => {
                format!("{} {}[{length}]; ", c(abi, of, declared), field.name)
            }
            of => format!("{} {}; ", c(abi, of, declared), field.name),
        };
        let fields: String = fields.iter().map(field).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "typedef {keyword} {{ {fields}}} {};", named.name);
    }
    text
}

/// Whether places are known beside a type: extended floats C has on System V x86-64, and of unions of one with an integer
/// compilers are not of one mind.
fn has(abi: Abi, name: &str, declared: &Declarations) -> bool {
    let of = Type::ByValue(Box::new(Type::Named(name.to_owned())));
    abi.returned(&lowering(&[], &of, declared), declared).is_some()
}

/// The bytes of a value that are no padding.
fn bytes(of: &Type, at: usize, declared: &Declarations, found: &mut BTreeSet<usize>) {
    match of {
        Type::Scalar(scalar) => found.extend(at..at + scalar.significant_bytes()),
        Type::Array { length, of } => {
            let size = contract::Layout::of(of, declared).expect("it lies in memory").size;
            (0..*length as usize).for_each(|n| bytes(of, at + n * size, declared, found));
        }
        Type::ByValue(of) => bytes(of, at, declared, found),
        Type::Named(name) => match declared.enumeration(name) {
            Some((backing, _)) => found.extend(at..at + backing.size()),
            None => {
                let offsets = &declared.struct_layout(name).expect("a struct").offsets;
                for (field, offset) in declared.fields(name).expect("fields").iter().zip(offsets) {
                    bytes(&field.of, at + offset, declared, found);
                }
            }
        },
        _ => {}
    }
}

/// The signatures: each struct behind as many integers and floats as the draw has it, some beside others.
fn signatures(abi: Abi, declared: &Declarations, random: &mut Draw) -> Vec<(Vec<Type>, Type)> {
    let structs = || declared.iter().filter(|named| named.fields().is_some());
    let names: Vec<&str> =
        structs().map(|named| &*named.name).filter(|name| has(abi, name, declared)).collect();
    let by_value = |of: Type| Type::ByValue(Box::new(of));
    let value = |random: &mut Draw| match random.below(12) {
        0 => by_value(Type::Scalar([Scalar::I128, Scalar::U128][random.below(2)])),
        1 if abi == Abi::SystemV => by_value(Type::Scalar(Scalar::F80)),
        _ => by_value(Type::Named(one(&names, random).to_owned())),
    };
    let scalar = |random: &mut Draw| {
        let all = [Scalar::I8, Scalar::U16, Scalar::I32, Scalar::U64, Scalar::F32, Scalar::F64];
        Type::Scalar(all[random.below(all.len())])
    };
    let signature = |name: &&str| {
        let integers = random.below(10);
        let floats = if random.below(2) == 0 { 0 } else { random.below(10) };
        let mut arguments = vec![Type::Scalar(Scalar::I64); integers];
        arguments.extend(vec![Type::Scalar(Scalar::F64); floats]);
        for at in (1..arguments.len()).rev() {
            arguments.swap(at, random.below(at + 1));
        }
        // The first of what is on the stack need not be aligned.
        for of in &mut arguments {
            if random.below(4) == 0 {
                let is_float = *of == Type::Scalar(Scalar::F64);
                *of = Type::Scalar(if is_float { Scalar::F32 } else { Scalar::I8 });
            }
        }
        arguments.push(by_value(Type::Named((*name).to_owned())));
        for _ in 0..random.below(3) {
            arguments.push(if random.below(2) == 0 { value(random) } else { scalar(random) });
        }
        // What it took of either file, and what it left, is where these are.
        arguments.extend([Scalar::I64, Scalar::F64].map(Type::Scalar));
        let returns = if random.below(3) == 0 { Type::Void } else { value(random) };
        (arguments, returns)
    };
    names.iter().map(signature).collect()
}

/// The byte of a value where it travels.
fn traveling(travel: &Travel, byte: usize) -> Byte {
    let origin = |place: &Place, at: i64| match place {
        Place::Register(name) => (Origin::Register((*name).to_owned()), at),
        Place::Stack(bytes) => (Origin::Stack, *bytes as i64 + at),
        Place::Local(number) => (Origin::Local(*number), at),
        Place::Behind(..) | Place::Result => panic!("no parameter is in {place}"),
    };
    match travel {
        Travel::Behind(place) => (Origin::Behind(Box::new(origin(place, 0))), byte as i64),
        Travel::Parts(parts) => {
            let holds = |part: &&Part| (part.first..part.first + part.bytes).contains(&byte);
            let part = parts.iter().find(holds).expect("every byte is somewhere");
            origin(&part.place, (byte - part.first) as i64)
        }
    }
}

fn lowering(arguments: &[Type], returns: &Type, declared: &Declarations) -> Lowering {
    let all: String = arguments.iter().enumerate().map(|(n, of)| format!("a{n} {of} ")).collect();
    let text = format!("[{all}:ret {returns}]");
    Lowering::of(&Signature::read(&text, declared).expect(&text), declared)
}

#[test]
fn structs_by_value_are_where_the_compiler_reads_them() {
    let declared = declared();
    let sizes: BTreeSet<usize> = declared
        .iter()
        .filter_map(|named| Some(declared.struct_layout(&named.name)?.layout.size))
        .collect();
    assert!((1..=64).all(|size| sizes.contains(&size)));
    compared(|of| arguments(of, &declared));
}

/// Finds on no target anything that is elsewhere.
fn compared(wrong: impl Fn((&str, Abi)) -> Vec<String>) {
    let told = |(target, abi): (&str, Abi)| {
        let wrong = wrong((target, abi));
        let first = wrong.first()?;
        Some(format!("{} are elsewhere, such as {first}", wrong.len()))
    };
    let told: Vec<String> = TARGETS.into_iter().filter_map(told).collect();
    assert!(told.is_empty(), "{told:#?}");
}

fn arguments((target, abi): (&str, Abi), declared: &Declarations) -> Vec<String> {
    let mut random = Draw::from(SEED);
    let (mut source, mut due) = (header(abi, declared), BTreeMap::new());
    for (number, (arguments, returns)) in
        signatures(abi, declared, &mut random).into_iter().enumerate()
    {
        let lowering = lowering(&arguments, &returns, declared);
        let travels = abi.travels(&lowering, declared);
        let spelled: Vec<String> = arguments.iter().map(|of| c(abi, of, declared)).collect();
        let given: Vec<String> =
            spelled.iter().enumerate().map(|(at, of)| format!("{of} a{at}")).collect();
        let given = given.join(", ");
        let returned =
            if returns == Type::Void { "void".to_owned() } else { c(abi, &returns, declared) };
        for (at, (of, travel)) in arguments.iter().zip(travels).enumerate() {
            let travel = travel.expect("its ABI is known");
            let mut all = BTreeSet::new();
            bytes(of, 0, declared, &mut all);
            let all: Vec<usize> = all.into_iter().collect();
            let drawn: Vec<_> = (0..2).map(|_| all[random.below(all.len())]).collect();
            let is_scalar = matches!(of, Type::Scalar(_));
            let chosen: BTreeSet<usize> = match is_scalar {
                true => [drawn[0]].into(),
                false => drawn.into_iter().chain([all[0], all[all.len() - 1]]).collect(),
            };
            for byte in chosen {
                let name = format!("f{number}_{at}_{byte}");
                // Writing to a string cannot fail.
                let _ = writeln!(
                    source,
                    "{returned} {name}({given}) {{ out = ((u8 *)&a{at})[{byte}]; }}"
                );
                due.insert(name, (traveling(&travel, byte), format!("{returned} ({given})")));
            }
        }
    }
    let bodies = compiled(target, abi, &source);
    assert!(due.len() > 2000, "{target}: {} bytes", due.len());
    due.into_iter()
        .filter_map(|(name, (due, of))| {
            let body = bodies.get(&name).unwrap_or_else(|| panic!("{target}: {name} is missing"));
            let follow = Follow::through(abi, body);
            let (found, unknown) = (follow.written(), follow.unknown);
            (unknown.is_some() || found.as_ref() != Some(&due)).then(|| {
                format!("{target}: {name} of {of}: {due:?}, not {found:?} {unknown:?}: {body:?}")
            })
        })
        .collect()
}

#[test]
fn structs_are_returned_where_the_compiler_puts_them() {
    let declared = declared();
    compared(|of| returns(of, &declared));
}

fn returns((target, abi): (&str, Abi), declared: &Declarations) -> Vec<String> {
    let by_value = |of| Type::ByValue(Box::new(of));
    let names = declared.iter().filter(|named| named.fields().is_some()).map(|named| &named.name);
    let names = names.filter(|name| has(abi, name, declared)).cloned();
    let wide = [Scalar::I128, Scalar::U128, Scalar::F80];
    let wide = wide.iter().filter(|of| abi == Abi::SystemV || **of != Scalar::F80);
    let all: Vec<Type> =
        names.map(Type::Named).chain(wide.map(|of| Type::Scalar(*of))).map(by_value).collect();
    let mut source = header(abi, declared);
    for (number, of) in all.iter().enumerate() {
        let of = c(abi, of, declared);
        // Writing to a string cannot fail.
        let _ = writeln!(source, "{of} f{number}(const {of} *from) {{ return *from; }}");
    }
    let bodies = compiled(target, abi, &source);
    let pointer = Signature::read("[from [:ptr :const :u8] :ret :void]", declared).expect("valid");
    let pointer = Lowering::of(&pointer, declared).parameters;
    let mut wrong = Vec::new();
    for (number, of) in all.iter().enumerate() {
        let mut lowering = lowering(&[], of, declared);
        lowering.parameters.extend(pointer.clone());
        let from = abi.travels(&lowering, declared).remove(0).expect("its ABI is known");
        let from = traveling(&from, 0);
        let travel = abi.returned(&lowering, declared).expect("its ABI is known");
        let body = &bodies[&format!("f{number}")];
        let follow = Follow::through(abi, body);
        let mut due = BTreeSet::new();
        bytes(of, 0, declared, &mut due);
        let left = |byte: usize| match &travel {
            Travel::Behind(_) => follow.stored(&traveling(&travel, byte)),
            Travel::Parts(parts) => {
                let holds = |part: &&Part| (part.first..part.first + part.bytes).contains(&byte);
                let part = parts.iter().find(holds).expect("every byte is somewhere");
                let name = match part.place {
                    Place::Register(name) => Some(name),
                    _ => None,
                };
                follow.left(name, byte - part.first)
            }
        };
        let is_due = |byte: &usize| {
            left(*byte) == Some((Origin::Behind(Box::new(from.clone())), *byte as i64))
        };
        let given_back = match (&travel, abi.gives_back()) {
            (Travel::Behind(place), Some(register)) => {
                let address = traveling(&Travel::whole(*place, 8), 0);
                follow.left(Some(register), 0) == Some(address)
            }
            _ => true,
        };
        if follow.unknown.is_some() || !given_back || !due.iter().all(is_due) {
            let (of, unknown) = (c(abi, of, declared), &follow.unknown);
            wrong.push(format!("{target}: {of} {travel}: {unknown:?} {body:?}"));
        }
    }
    wrong
}
