//! From a seed to signatures.

use contract::{Beyond, Reach, Scalar, Type};

use super::pick::{named, one, scalar};
use super::{
    ARGUMENTS, BEYOND, BY_VALUE, CALLBACKS, ENUMS, FLOAT_REGISTERS, HANDLES, INTEGER_REGISTERS,
    Made, OWED, STRUCTS, TOLD, VALUES, callbacks, carriers, tag, told,
};
use crate::seed::Draw;

/// Wire parameters the fixtures' layer has arms for, less one for an out-parameter.
const CARRIERS: usize = 67;
/// Bytes of items that an entry of the evidence page holds uncut (docs/evidence.md).
const ITEM_BYTES: usize = 992;

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
    /// A struct that crosses as itself.
    Value,
    /// A float that C has without extensions.
    Plain,
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

/// What the arguments are drawn from beside structs by value.
const BESIDE_VALUES: [Class; 4] = [Class::Value, Class::Integer, Class::Plain, Class::Value];

/// The signatures of a seed, the same in every run.
pub fn signatures(seed: u64) -> Vec<Made> {
    let mut random = Draw::from(seed);
    let mut made: Vec<Made> = (0..OWED).map(|number| signature(number, &mut random)).collect();
    let values = VALUES.map(by_value);
    made.extend((0..BY_VALUE).map(|number| of_values(number, &values, &mut random)));
    // One kind alone in each, so that who has not another is asked of this.
    let kinds = Beyond::ALL.map(super::beyond);
    made.extend((0..BEYOND).map(|number| {
        let kind = &kinds[number % kinds.len()];
        of_values(number / kinds.len(), kind, &mut random)
    }));
    made.extend((0..TOLD).map(|number| told::signature(number, beside(&mut random), &mut random)));
    made.extend((0..CALLBACKS).map(|number| callbacks::signature(number, &mut random)));
    made
}

/// A signature that passes and returns what crosses as itself. Each of `values` is passed in turn, behind as many integers
/// and as many floats as the draw has it, so that the registers that are left for it differ.
fn of_values(number: usize, values: &[Type], random: &mut Draw) -> Made {
    // Beside plain structs only those; beside the others both.
    let is_plain = values.len() == VALUES.len();
    let mut arguments = beside(random);
    let at = arguments.len();
    arguments.push(values[number % values.len()].clone());
    let behind = random.below(ARGUMENTS + 1 - arguments.len().min(ARGUMENTS));
    let behind_it = |random: &mut Draw| match one(&BESIDE_VALUES, random) {
        Class::Value if !is_plain && random.below(2) == 0 => {
            values[random.below(values.len())].clone()
        }
        class => drawn(class, random),
    };
    arguments.extend((0..behind).map(|_| behind_it(random)));
    let (returns, echoes) = match random.below(3) {
        0 if is_plain => (drawn(Class::Value, random), None),
        0 => (values[random.below(values.len())].clone(), None),
        1 => (Type::Scalar(Scalar::I64), None),
        _ => (arguments[at].clone(), Some(at)),
    };
    Made { arguments, returns, echoes }
}

/// As many integers and as many floats as the draw has it, up to what registers there are of either.
fn beside(random: &mut Draw) -> Vec<Type> {
    let before = |class: Class, most: usize, random: &mut Draw| vec![class; random.below(most + 1)];
    let mut classes = before(Class::Integer, INTEGER_REGISTERS, random);
    classes.extend(before(Class::Plain, FLOAT_REGISTERS, random));
    shuffle(&mut classes, random);
    classes.into_iter().map(|class| drawn(class, random)).collect()
}

fn signature(number: usize, random: &mut Draw) -> Made {
    let leaning = LEANINGS[number % LEANINGS.len()];
    let turn = number / LEANINGS.len();
    let mut arguments = Vec::new();
    let (mut words, mut bytes) = (0, 0);
    for class in classes(leaning, Crowd::of(turn), random) {
        let of = drawn(class, random);
        words += carriers(&of);
        bytes += 8 + tag::most_bytes(&of).next_multiple_of(8);
        if words > CARRIERS || bytes > ITEM_BYTES {
            break;
        }
        arguments.push(of);
    }
    // Where every class may stand, the returns take turns, so that no seed leaves one out.
    if number % LEANINGS.len() == LEANINGS.len() - 1 {
        let all = returnable();
        let returns = all[turn % all.len()].clone();
        let echoes = arguments.iter().position(|of| *of == returns);
        return Made { arguments, returns, echoes };
    }
    let echoed: Vec<usize> =
        (0..arguments.len()).filter(|at| is_returnable(&arguments[*at])).collect();
    let (returns, echoes) = match random.below(10) {
        0 => (Type::Void, None),
        1..6 if !echoed.is_empty() => {
            let at = one(&echoed, random);
            (arguments[at].clone(), Some(at))
        }
        _ => {
            let of = drawn(one(leaning, random), random);
            (if is_returnable(&of) { of } else { Type::Void }, None)
        }
    };
    Made { arguments, returns, echoes }
}

/// How many arguments a signature has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Crowd {
    Any,
    /// All there may be, enough to fill both files.
    Full,
    /// More than that, up to all that the evidence page holds.
    Long,
}

/// One turn of so many makes long signatures.
const LONG_TURNS: usize = 10;
/// Arguments of a long signature at the most: each is an item of at least 16 bytes.
const LONG: usize = ITEM_BYTES / 16;

impl Crowd {
    fn of(turn: usize) -> Crowd {
        match turn {
            turn if turn % LONG_TURNS == 1 => Crowd::Long,
            turn if turn.is_multiple_of(2) => Crowd::Full,
            _ => Crowd::Any,
        }
    }
}

/// The classes of a signature's arguments. A crowded one has more floats than there are float registers
/// and, of the sixteen, seven others: both files spill, and each order is another pattern.
fn classes(leaning: &[Class], crowd: Crowd, random: &mut Draw) -> Vec<Class> {
    if crowd != Crowd::Full {
        let length = match crowd {
            Crowd::Long => ARGUMENTS + 1 + random.below(LONG - ARGUMENTS),
            _ => random.below(ARGUMENTS + 1),
        };
        return (0..length).map(|_| one(leaning, random)).collect();
    }
    let others: Vec<Class> =
        leaning.iter().copied().filter(|class| !matches!(class, Class::Float)).collect();
    let mut classes = vec![Class::Float; FLOAT_REGISTERS + 1];
    classes.extend((classes.len()..ARGUMENTS).map(|_| one(&others, random)));
    shuffle(&mut classes, random);
    classes
}

fn shuffle(classes: &mut [Class], random: &mut Draw) {
    for at in (1..classes.len()).rev() {
        classes.swap(at, random.below(at + 1));
    }
}

/// Every type that may stand as a return.
fn returnable() -> Vec<Type> {
    let named = ENUMS.iter().chain(&STRUCTS).map(|name| Type::Named((*name).to_owned()));
    let handles = HANDLES.iter().map(|name| Type::Handle((*name).to_owned()));
    let scalars = Scalar::ALL.iter().map(|scalar| Type::Scalar(*scalar));
    std::iter::once(Type::Void).chain(named).chain(handles).chain(scalars).collect()
}

/// Whether a type may stand as a return: memory the caller gave has no owner there.
fn is_returnable(of: &Type) -> bool {
    !matches!(of, Type::Pointer { .. } | Type::Slice { .. })
}

fn by_value(name: &str) -> Type {
    Type::ByValue(Box::new(named(name)))
}

fn drawn(class: Class, random: &mut Draw) -> Type {
    match class {
        Class::Integer => scalar(|of| of.is_integer() && of.is_carrier(), random),
        Class::Narrow => scalar(|of| !of.is_float() && of.size() < 8, random),
        Class::Float => scalar(|of| of.is_float() && of.is_carrier(), random),
        Class::Wide => scalar(Scalar::is_wide, random),
        Class::Enum => named(one(&ENUMS, random)),
        Class::Struct => named(one(&STRUCTS, random)),
        Class::Value => by_value(one(&VALUES, random)),
        Class::Plain => Type::Scalar(one(&[Scalar::F32, Scalar::F64], random)),
        Class::Handle => Type::Handle(one(&HANDLES, random).to_owned()),
        Class::Pointer => Type::Pointer {
            reach: Reach::One,
            constant: random.below(2) == 0,
            of: Box::new(Type::Scalar(one(&Scalar::ALL, random))),
        },
        Class::Slice => Type::Slice {
            constant: random.below(2) == 0,
            of: Box::new(Type::Scalar(one(&Scalar::ALL, random))),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::generated::{is_float, stacked};

    #[test]
    fn a_seed_is_its_signatures() {
        assert_eq!(signatures(7), signatures(7));
        assert_ne!(signatures(7), signatures(8));
    }

    #[test]
    fn every_class_stands_in_registers_and_on_the_stack() {
        let mut seen: BTreeSet<(String, bool)> = BTreeSet::new();
        for seed in 0..20 {
            for made in signatures(seed) {
                let forms = made.arguments.iter().map(ToString::to_string);
                seen.extend(forms.zip(stacked(&made.arguments)));
            }
        }
        let forms = ["[:ptr ", "[:ptr :const ", "[:slice ", "[:slice :const "];
        for of in returnable().iter().filter(|of| **of != Type::Void) {
            for stack in [false, true] {
                assert!(seen.contains(&(of.to_string(), stack)), "{of}, on the stack: {stack}");
                for form in forms.iter().filter(|_| matches!(of, Type::Scalar(_))) {
                    let form = format!("{form}{of}]");
                    assert!(seen.contains(&(form.clone(), stack)), "{form}, on the stack: {stack}");
                }
            }
        }
    }

    /// A seed's signatures are named by their numbers, in known failures and reports.
    #[test]
    fn what_is_drawn_later_changes_nothing_before() {
        let before = &signatures(1)[..OWED + BY_VALUE];
        let text: Vec<String> =
            before.iter().map(|made| format!("{} {:?}", made.text(), made.echoes)).collect();
        let told = crate::fingerprint(text.iter().map(String::as_bytes));
        assert_eq!(told, "6326ff0cff60dc9e4de244ac850df172");
    }

    /// By integer and float registers that are taken before it: all, all but one, and fewer.
    #[test]
    fn every_struct_by_value_finds_registers_left_and_none() {
        let mut seen: BTreeSet<(String, usize, usize)> = BTreeSet::new();
        for made in (0..200).flat_map(signatures) {
            let first = made.arguments.iter().position(|of| matches!(of, Type::ByValue(_)));
            let Some(first) = first else { continue };
            let floats = made.arguments[..first].iter().filter(|of| is_float(of)).count();
            let left = (INTEGER_REGISTERS - (first - floats), FLOAT_REGISTERS - floats);
            seen.insert((made.arguments[first].to_string(), left.0.min(2), left.1.min(2)));
        }
        let beyond: usize = Beyond::ALL.map(|of| crate::generated::beyond(of).len()).iter().sum();
        let all = (VALUES.len() + beyond) * 9;
        assert_eq!(seen.len(), all, "each with none, one and two left of either file");
    }

    #[test]
    fn every_seed_returns_every_type_and_spills_both_files_in_turn() {
        for seed in 0..20 {
            let made = signatures(seed);
            for of in returnable() {
                assert!(made.iter().any(|made| made.returns == of), "seed {seed}: {of}");
            }
            let both = made.iter().filter(|made| {
                let places: Vec<_> = made.arguments.iter().zip(stacked(&made.arguments)).collect();
                let is = |wanted| places.iter().any(|(of, stack)| *stack && is_float(of) == wanted);
                is(true) && is(false)
            });
            assert!(both.count() > 100, "seed {seed}");
        }
    }
}
