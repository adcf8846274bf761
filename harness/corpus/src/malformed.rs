//! Signatures and declarations that are malformed by construction: a valid one with exactly one fault
//! put into it, and the code that this fault must be refused with (S-4).
//!
//! Every code of the table has a generator but `unsupported-carrier`, which a binder says only of scalars
//! it does not carry. May import only the contract's reader, which takes the valid signature apart.

use contract::RefusalCode;
use contract::edn::{self, Value};

use crate::seed::Draw;

/// Named types that the faults need, declared beside those of the valid signature.
const DECLARED: &str = "
    (defenumz ZzColor {:backing :u8} [red 0 green 1])
    (deftypez ZzPoint [x :f64 y :f64])
    (deftypez ZzNamed [name :string])
    (deftypez ZzCount [n :u64] {:clj-zig/iter {:next \"f\" :deinit \"g\"}})";

/// A text that must be refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The signature.
    pub signature: String,
    /// Declarations read before it.
    pub declarations: String,
    /// The code.
    pub code: RefusalCode,
}

/// A stream of choices that a seed determines.
#[derive(Clone, Debug)]
pub struct Choices(Draw);

impl Choices {
    /// The choices of a name: the same on every run.
    pub fn of(name: &str) -> Choices {
        // FNV-1a.
        let fold =
            |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        Choices(Draw::from(name.bytes().fold(0xcbf2_9ce4_8422_2325, fold)))
    }

    /// The seed from here on.
    pub fn seed(&self) -> u64 {
        self.0.seed()
    }

    fn below(&mut self, count: usize) -> usize {
        (self.0.word() % count as u64) as usize
    }

    fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.below(of.len())]
    }
}

/// A valid signature taken apart.
#[derive(Clone, Debug)]
struct Parts {
    /// Bindings with their types.
    pairs: Vec<String>,
    /// `& rest :i64`, or nothing.
    rest: String,
    ret: String,
}

/// Where a fault goes.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// The type of an argument.
    Argument,
    /// The type of the return.
    Return,
    /// The type of either.
    Either,
    /// A pair of binding and type, written out.
    Pair,
    /// A declaration.
    Declaration,
    /// The signature's shape.
    Shape(fn(&Parts, &mut Choices) -> String),
}

/// Puts one fault into a signature that is valid against its declarations: one text for each generator.
/// `None` where the signature is not.
pub fn each(signature: &str, declarations: &str, choices: &mut Choices) -> Option<Vec<Malformed>> {
    let parts = parts(signature)?;
    let declarations = format!("{declarations}\n{DECLARED}");
    let malformed = FAULTS.iter().map(|(code, place, faults)| {
        let fault =
            if faults.is_empty() { String::new() } else { nested(choices.one(faults), choices) };
        let mut declarations = declarations.clone();
        let signature = match place {
            Place::Shape(shape) => shape(&parts, choices),
            Place::Declaration => {
                declarations.push_str(&fault);
                parts.text()
            }
            Place::Argument => parts.with_pair(&format!("zz {fault}"), choices),
            Place::Pair => parts.with_pair(&fault, choices),
            Place::Return => Parts { ret: fault, ..parts.clone() }.text(),
            Place::Either if choices.below(2) == 0 => {
                parts.with_pair(&format!("zz {fault}"), choices)
            }
            Place::Either => Parts { ret: fault, ..parts.clone() }.text(),
        };
        Malformed { signature, declarations, code: *code }
    });
    Some(malformed.collect())
}

/// The codes that have a generator.
pub fn codes() -> impl Iterator<Item = RefusalCode> {
    FAULTS.iter().map(|(code, ..)| *code)
}

/// `~` in a fault stands for itself, or for wrappers around it: types are read from outside in, and all of
/// them before any rule of arguments or returns.
fn nested(fault: &str, choices: &mut Choices) -> String {
    let Some(inner) = fault.strip_prefix('~') else { return fault.to_owned() };
    let depth = choices.below(2) * choices.below(40);
    let wrapper = choices.one(&["[:optional ", "[:slice :const ", "[:array 3 ", "[:owned "]);
    format!("{}{inner}{}", wrapper.repeat(depth), "]".repeat(depth))
}

fn parts(signature: &str) -> Option<Parts> {
    let node = edn::read_one(signature).ok()?;
    let Value::Vector(nodes) = &node.value else { return None };
    let texts: Vec<&str> = nodes.iter().map(|node| node.text).collect();
    let ret = texts.iter().position(|text| *text == ":ret")?;
    let rest = texts[..ret].iter().position(|text| *text == "&").unwrap_or(ret);
    Some(Parts {
        pairs: texts[..rest].chunks(2).map(|pair| pair.join(" ")).collect(),
        rest: texts[rest..ret].join(" "),
        ret: texts.get(ret + 1)?.to_string(),
    })
}

impl Parts {
    fn text(&self) -> String {
        format!("[{} {} :ret {}]", self.pairs.join(" "), self.rest, self.ret)
    }

    /// With another pair among the others.
    fn with_pair(&self, pair: &str, choices: &mut Choices) -> String {
        let mut parts = self.clone();
        let at = choices.below(parts.pairs.len() + 1);
        parts.pairs.insert(at, pair.to_owned());
        parts.text()
    }

    fn arguments(&self) -> String {
        format!("{} {}", self.pairs.join(" "), self.rest)
    }
}

fn not_one_vector(parts: &Parts, choices: &mut Choices) -> String {
    let text = parts.text();
    match choices.below(6) {
        0 => text[..text.len() - 1].to_owned(),
        1 => format!("{text}]"),
        2 => format!("{text} {}", choices.one(&["x", ":i64", "[]", "🦀", "\"\""])),
        3 => format!("({})", &text[1..text.len() - 1]),
        4 => format!("{} \"", &text[..text.len() - 1]),
        _ => choices
            .one(&["", " ", ":ret", "{}", "nil", "; [:ret :i64]", "[::a :ret :i64]"])
            .to_owned(),
    }
}

fn missing_ret(parts: &Parts, _: &mut Choices) -> String {
    format!("[{}]", parts.arguments())
}

fn extra_ret(parts: &Parts, _: &mut Choices) -> String {
    format!("[{} :ret {ret} :ret {ret}]", parts.arguments(), ret = parts.ret)
}

fn empty_ret(parts: &Parts, _: &mut Choices) -> String {
    format!("[{} :ret]", parts.arguments())
}

fn misplaced_ret(parts: &Parts, _: &mut Choices) -> String {
    format!("[:ret {} zz :i64 {}]", parts.ret, parts.arguments())
}

fn uneven(parts: &Parts, _: &mut Choices) -> String {
    format!("[{} zz {} :ret {}]", parts.pairs.join(" "), parts.rest, parts.ret)
}

fn misplaced_rest(parts: &Parts, _: &mut Choices) -> String {
    format!("[& zz :i64 {} zy :i64 :ret {}]", parts.pairs.join(" "), parts.ret)
}

fn rest_element(parts: &Parts, choices: &mut Choices) -> String {
    let element = choices.one(&[":i128", ":f80", ":string", "ZzColor", "[:slice :u8]", ":void"]);
    format!("[{} & zz {element} :ret {}]", parts.pairs.join(" "), parts.ret)
}

/// Code, where its fault goes, and faults to choose from.
const FAULTS: &[(RefusalCode, Place, &[&str])] = &[
    (RefusalCode::InvalidSignature, Place::Shape(not_one_vector), &[]),
    (RefusalCode::InvalidSignature, Place::Declaration, &["(deffoo Zz [])", "(", "Zz", "()", "]"]),
    (RefusalCode::MissingRet, Place::Shape(missing_ret), &[]),
    (RefusalCode::ExtraRet, Place::Shape(extra_ret), &[]),
    (RefusalCode::EmptyRet, Place::Shape(empty_ret), &[]),
    (RefusalCode::MisplacedRet, Place::Shape(misplaced_ret), &[]),
    (RefusalCode::UnevenSignature, Place::Shape(uneven), &[]),
    (RefusalCode::MisplacedRest, Place::Shape(misplaced_rest), &[]),
    (
        RefusalCode::InvalidBinding,
        Place::Pair,
        &[
            ":zz :i64",
            "\"zz\" :i64",
            "nil :i64",
            "[zz] :i64",
            "7 :i64",
            "{zz x} {:x :i64}",
            "(zz) :i64",
        ],
    ),
    (
        RefusalCode::ReservedBinding,
        Place::Pair,
        &["__ :i64", "__zz :f64", "__é :i64", "{__zz :x} {:x :i64}"],
    ),
    (
        RefusalCode::DuplicateBinding,
        Place::Pair,
        &["zz :i64 zz :i64", "zz :i64 {zz :x} {:x :f64}", "{zz :x} {:x :f64} zz :string"],
    ),
    (
        RefusalCode::UnknownType,
        Place::Either,
        &[
            "~64",
            "~\"u8\"",
            "~nil",
            "~{:x :i64}",
            "~(f)",
            "~\\a",
            "~1.5",
            "~99999999999999999999999",
        ],
    ),
    (
        RefusalCode::UnknownScalar,
        Place::Either,
        &["~:int", "~:u24", "~:i64x", "~:I64", "~:é", "~:a/i64", "~:i١٢٨", "~:const", "~:ret64"],
    ),
    (
        RefusalCode::MalformedCompound,
        Place::Either,
        &[
            "~[]",
            "~[:vec :u8]",
            "~[slice :u8]",
            "~[:slice]",
            "~[:slice :mut :u8]",
            "~[:slice :const :u8 :u8]",
            "~[:array :u8]",
            "~[:array -1 :u8]",
            "~[:array 1.5 :u8]",
            "~[:array 340282366920938463463374607431768211456 :u8]",
            "~[:ptr :u8 :u8]",
            "~[:optional]",
            "~[:handle A B]",
            "~[:stream :i64 ZzCount]",
            "~[[:slice] :u8]",
        ],
    ),
    (
        RefusalCode::MalformedErrorSet,
        Place::Return,
        &[
            "[:error-union :E :i64]",
            "[:error-union 7 :i64]",
            "[:error-union \"E\" :i64]",
            "[:error-union [] :i64]",
        ],
    ),
    (
        RefusalCode::UnknownTypeName,
        Place::Either,
        &["ZzMissing", "Zzé", "[:slice :const ZzMissing]", "[:optional ZzMissing]", "i64"],
    ),
    (
        RefusalCode::UnknownField,
        Place::Pair,
        &["{zz :y} {:x :f64}", "{zy :x zz :y} {:x :f64}", "{zz :x} {}"],
    ),
    (
        RefusalCode::UnknownField,
        Place::Declaration,
        &["(deftypez Zz [x ZzMissing])", "(deftypez Zz [x Zz])"],
    ),
    (RefusalCode::VoidArgument, Place::Argument, &[":void"]),
    (
        RefusalCode::NoreturnPosition,
        Place::Either,
        &[":noreturn", "[:slice :const :noreturn]", "[:optional :noreturn]", "[:ptr :noreturn]"],
    ),
    (RefusalCode::UnsupportedRestElement, Place::Shape(rest_element), &[]),
    (
        RefusalCode::UnsupportedElement,
        Place::Argument,
        &[
            "[:ptr ZzPoint]",
            "[:manyptr ZzColor]",
            "[:slice :string]",
            "[:slice [:slice :u8]]",
            "[:array 3 [:handle A]]",
        ],
    ),
    (RefusalCode::MutableStructSlice, Place::Argument, &["[:slice ZzPoint]", "[:slice ZzColor]"]),
    (
        RefusalCode::UnsupportedOptional,
        Place::Either,
        &[
            "[:optional :i128]",
            "[:optional ZzColor]",
            "[:optional :string]",
            "[:optional [:slice :u8]]",
        ],
    ),
    (RefusalCode::UnsupportedBufferOptional, Place::Argument, &["[:optional ZzNamed]"]),
    (RefusalCode::UnsupportedErrorUnion, Place::Argument, &["[:error-union E :i64]"]),
    (
        RefusalCode::UnsupportedErrorUnion,
        Place::Return,
        &["[:error-union E :string]", "[:error-union E [:owned [:slice :u8]]]"],
    ),
    (
        RefusalCode::UnsupportedOwnership,
        Place::Argument,
        &["[:owned [:slice :u8]]", "[:borrowed ZzPoint]"],
    ),
    (
        RefusalCode::UnsupportedOwnership,
        Place::Return,
        &["[:owned :i64]", "[:borrowed :string]", "[:owned ZzColor]"],
    ),
    (RefusalCode::UnsupportedBorrowedBufferSlice, Place::Return, &["[:borrowed [:slice ZzNamed]]"]),
    (RefusalCode::UnsupportedBufferStructReturn, Place::Return, &["ZzNamed"]),
    (RefusalCode::UnsupportedBytes, Place::Argument, &["[:bytes [:slice :u8]]"]),
    (RefusalCode::UnsupportedBytes, Place::Return, &["[:bytes :u8]", "[:bytes [:slice :i8]]"]),
    (
        RefusalCode::UnsupportedStream,
        Place::Return,
        &["[:stream :u128 of ZzCount]", "[:stream :i64 of ZzPoint]"],
    ),
    (RefusalCode::UnsupportedStreamArgument, Place::Argument, &["[:stream :i64 of ZzCount]"]),
    (RefusalCode::UnsupportedHandle, Place::Either, &["[:handle :i64]", "[:handle [:ptr :u8]]"]),
    (
        RefusalCode::UnsupportedReturnKind,
        Place::Return,
        &["[:slice :u8]", "[:array 2 :u8]", "[:ptr :u8]", "[:manyptr :u8]"],
    ),
    (
        RefusalCode::MalformedFields,
        Place::Declaration,
        &["(deftypez Zz)", "(deftypez Zz [x])", "(deftypez Zz {x :f64})"],
    ),
    (
        RefusalCode::BadFieldName,
        Place::Declaration,
        &["(deftypez Zz [:x :f64])", "(deftypez Zz [7 :f64])"],
    ),
    (
        RefusalCode::DuplicateField,
        Place::Declaration,
        &["(deftypez Zz [x :f64 x :i64])", "(deftypez ZzPoint [x :f64])"],
    ),
    (
        RefusalCode::UnsupportedField,
        Place::Declaration,
        &[
            "(deftypez Zz [p [:ptr :u8]])",
            "(deftypez Zz [p [:optional :i64]])",
            "(deftypez Zz [p [:handle A]])",
        ],
    ),
    (
        RefusalCode::MalformedMembers,
        Place::Declaration,
        &["(defenumz Zz [a])", "(defenumz Zz {a 0})", "(defenumz Zz)"],
    ),
    (
        RefusalCode::NonIntegerMember,
        Place::Declaration,
        &["(defenumz Zz [a b])", "(defenumz Zz [a 1.0])"],
    ),
    (
        RefusalCode::DuplicateMember,
        Place::Declaration,
        &["(defenumz Zz [a 0 a 1])", "(defenumz Zz [a 0 b 0])"],
    ),
    (
        RefusalCode::EnumValueOverflow,
        Place::Declaration,
        &["(defenumz Zz {:backing :u8} [a 256])", "(defenumz Zz [a 99999999999999999999999999])"],
    ),
    (
        RefusalCode::BadEnumBacking,
        Place::Declaration,
        &["(defenumz Zz {:backing :f32} [a 0])", "(defenumz Zz {:backing :u128} [a 0])"],
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_has_a_generator_but_those_that_not_every_whole_binder_says() {
        let generated: BTreeSet<RefusalCode> = codes().collect();
        let missing: Vec<_> =
            RefusalCode::ALL.iter().filter(|code| !generated.contains(code)).collect();
        // A binder need not have functions, structs by value or variable arguments, and refuses such a form as any that
        // it does not know.
        let forms = [
            RefusalCode::MisplacedEllipsis,
            RefusalCode::UnsupportedFunction,
            RefusalCode::UnsupportedByValue,
            RefusalCode::UnsupportedCstring,
            RefusalCode::UnsupportedCounted,
            RefusalCode::UnsupportedInOut,
            RefusalCode::UnsupportedVariadic,
            RefusalCode::UnsupportedCarrier,
        ];
        assert_eq!(missing, forms.iter().collect::<Vec<_>>());
    }

    #[test]
    fn a_seed_says_everything() {
        let mut choices = Choices::of("a");
        assert_eq!(choices.seed(), 0xaf63_dc4c_8601_ec8c);
        assert_eq!([(); 6].map(|()| choices.below(10)), [3, 5, 2, 6, 0, 2]);
        let made =
            || each("[x :i64 & r :u8 :ret :void]", "", &mut Choices::of("a")).expect("valid");
        assert_eq!(made(), made());
        let other = each("[x :i64 & r :u8 :ret :void]", "", &mut Choices::of("b")).expect("valid");
        assert_ne!(made(), other);
    }

    #[test]
    fn parts_are_put_together_again() {
        let text = "[x [:slice :u8] {a :x} {:x :i8} & r :u8 :ret [:handle A]]";
        let parts = parts(text).expect("valid");
        assert_eq!((parts.pairs.len(), &*parts.rest, &*parts.ret), (2, "& r :u8", "[:handle A]"));
        assert_eq!(parts.text(), text);
    }
}
