//! From a seed to signatures.

use reference_binder::contract::{Reach, Scalar, Type};

use super::{ARGUMENTS, COUNT, ENUMS, HANDLES, Made, STRUCTS, carriers, tag};

/// Wire parameters the fixtures' layer has arms for, less one for an out-parameter.
const CARRIERS: usize = 27;
/// Bytes of items that an entry of the evidence page holds uncut (docs/evidence.md).
const ITEM_BYTES: usize = 992;

const INTEGERS: [Scalar; 10] = [
    Scalar::I8,
    Scalar::I16,
    Scalar::I32,
    Scalar::I64,
    Scalar::Isize,
    Scalar::U8,
    Scalar::U16,
    Scalar::U32,
    Scalar::U64,
    Scalar::Usize,
];
const NARROW: [Scalar; 7] =
    [Scalar::I8, Scalar::I16, Scalar::I32, Scalar::U8, Scalar::U16, Scalar::U32, Scalar::Bool];
const FLOATS: [Scalar; 3] = [Scalar::F16, Scalar::F32, Scalar::F64];
const WIDE: [Scalar; 4] = [Scalar::I128, Scalar::U128, Scalar::F80, Scalar::F128];

/// A class of types, each drawn from as often as the others of a leaning.
#[derive(Clone, Copy)]
enum Class {
    Integer,
    Narrow,
    Float,
    Enum,
    Handle,
    Wide,
    Pointer,
    Slice,
    Struct,
}

/// What the arguments of a signature are drawn from. The first two keep to the scalar path, the next two
/// to the enum-and-handle path, the rest is served on the general one.
const LEANINGS: [&[Class]; 8] = [
    &[Class::Integer, Class::Narrow, Class::Float],
    &[Class::Narrow, Class::Float, Class::Float],
    &[Class::Enum, Class::Integer, Class::Float],
    &[Class::Enum, Class::Handle, Class::Narrow, Class::Float, Class::Float],
    &[Class::Slice, Class::Pointer, Class::Float, Class::Narrow],
    &[Class::Wide, Class::Struct, Class::Integer, Class::Float],
    &[Class::Integer, Class::Float, Class::Float, Class::Float, Class::Struct],
    &[
        Class::Integer,
        Class::Narrow,
        Class::Float,
        Class::Float,
        Class::Enum,
        Class::Handle,
        Class::Wide,
        Class::Pointer,
        Class::Slice,
        Class::Struct,
    ],
];

/// The signatures of a seed, the same in every run.
pub fn signatures(seed: u64) -> Vec<Made> {
    let mut random = Random(seed);
    (0..COUNT).map(|number| signature(LEANINGS[number % LEANINGS.len()], &mut random)).collect()
}

fn signature(leaning: &[Class], random: &mut Random) -> Made {
    // Most signatures spill; a quarter is of any length, none included.
    let least = if random.below(4) == 0 { 0 } else { 7 };
    let length = least + random.below(ARGUMENTS + 1 - least);
    let mut arguments = Vec::new();
    let (mut words, mut bytes) = (0, 0);
    for _ in 0..length {
        let of = drawn(random.one(leaning), random);
        words += carriers(&of);
        bytes += 8 + tag::most_bytes(&of).next_multiple_of(8);
        if words > CARRIERS || bytes > ITEM_BYTES {
            break;
        }
        arguments.push(of);
    }
    let returnable: Vec<usize> =
        (0..arguments.len()).filter(|at| is_returnable(&arguments[*at])).collect();
    let (returns, echoes) = match random.below(10) {
        0 => (Type::Void, None),
        1..6 if !returnable.is_empty() => {
            let at = random.one(&returnable);
            (arguments[at].clone(), Some(at))
        }
        _ => {
            let of = drawn(random.one(leaning), random);
            (if is_returnable(&of) { of } else { Type::Void }, None)
        }
    };
    Made { arguments, returns, echoes }
}

/// Whether a type may stand as a return: memory the caller gave has no owner there.
pub(super) fn is_returnable(of: &Type) -> bool {
    !matches!(of, Type::Pointer { .. } | Type::Slice { .. })
}

fn drawn(class: Class, random: &mut Random) -> Type {
    let named = |name: &str| Type::Named(name.to_owned());
    match class {
        Class::Integer => Type::Scalar(random.one(&INTEGERS)),
        Class::Narrow => Type::Scalar(random.one(&NARROW)),
        Class::Float => Type::Scalar(random.one(&FLOATS)),
        Class::Wide => Type::Scalar(random.one(&WIDE)),
        Class::Enum => named(random.one(&ENUMS)),
        Class::Struct => named(random.one(&STRUCTS)),
        Class::Handle => Type::Handle(random.one(&HANDLES).to_owned()),
        Class::Pointer => Type::Pointer {
            reach: Reach::One,
            constant: random.below(2) == 0,
            of: Box::new(Type::Scalar(random.one(&Scalar::ALL))),
        },
        Class::Slice => Type::Slice {
            constant: random.below(2) == 0,
            of: Box::new(Type::Scalar(random.one(&Scalar::ALL))),
        },
    }
}

/// SplitMix64: a seed's numbers are the same on every machine and in every version.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_seed_is_its_signatures() {
        assert_eq!(signatures(7), signatures(7));
        assert_ne!(signatures(7), signatures(8));
    }

    /// Every type in a register and on the stack, counting the places each register file has.
    #[test]
    fn every_seed_puts_every_class_into_registers_and_onto_the_stack() {
        for seed in 0..20 {
            let mut seen: BTreeSet<(String, bool)> = BTreeSet::new();
            let mut returned = BTreeSet::new();
            for made in signatures(seed) {
                let (mut integers, mut floats) = (0, 0);
                for of in &made.arguments {
                    let float = matches!(of, Type::Scalar(scalar) if FLOATS.contains(scalar));
                    let stack = if float { floats >= 8 } else { integers >= 6 };
                    if float {
                        floats += 1
                    } else {
                        integers += carriers(of)
                    }
                    seen.insert((of.to_string(), stack));
                }
                returned.insert(made.returns.to_string());
            }
            let named = ENUMS.iter().chain(&STRUCTS).map(|name| (*name).to_owned());
            let handles = HANDLES.iter().map(|name| format!("[:handle {name}]"));
            let scalars = Scalar::ALL.iter().map(ToString::to_string);
            let by_value: Vec<String> = named.chain(handles).chain(scalars).collect();
            for of in &by_value {
                assert!(returned.contains(of), "seed {seed} never returns {of}");
            }
            let reached = ["[:ptr ", "[:ptr :const ", "[:slice ", "[:slice :const "];
            for stack in [false, true] {
                for of in &by_value {
                    let there = seen.contains(&(of.clone(), stack));
                    assert!(there, "seed {seed}: {of}, on the stack: {stack}");
                }
                for start in reached {
                    let there = seen.iter().any(|(of, at)| of.starts_with(start) && *at == stack);
                    assert!(there, "seed {seed}: {start}, on the stack: {stack}");
                }
            }
        }
    }
}
