//! Signatures as C libraries have them (Z): strings that end before a NUL, arrays that another argument counts, and what goes
//! in and comes out, among scalars that take up registers.

use contract::{Scalar, Type};

use super::pick::{named, one, scalar};
use super::{Made, STRUCTS, name};
use crate::seed::Draw;

/// What a place of a signature is, before all have their numbers.
enum Item {
    Plain(Type),
    /// An array of these that the length of a number counts.
    Array {
        of: Scalar,
        constant: bool,
        by: usize,
    },
    /// The length of a number.
    Length(Type, usize),
}

/// The signature of a number, among these arguments.
pub(super) fn signature(number: usize, beside: Vec<Type>, random: &mut Draw) -> Made {
    let mut items: Vec<Item> = beside.into_iter().map(Item::Plain).collect();
    let kind = number % 4;
    if matches!(kind, 0 | 3) {
        items.extend((0..=random.below(3)).map(|_| Item::Plain(text(random))));
    }
    if matches!(kind, 1 | 3) {
        for by in 0..=random.below(2) {
            let counts = |of: Scalar| of.is_integer() && of.size() <= 8;
            items.push(Item::Length(scalar(counts, random), by));
            for _ in 0..=random.below(2) {
                let Type::Scalar(of) = scalar(Scalar::is_carrier, random) else { continue };
                items.push(Item::Array { of, constant: random.below(2) == 0, by });
            }
        }
    }
    if matches!(kind, 2 | 3) {
        items.extend((0..=random.below(3)).map(|_| Item::Plain(in_out(random))));
    }
    for at in (1..items.len()).rev() {
        items.swap(at, random.below(at + 1));
    }
    let counts = |by: usize| {
        let is = |item: &Item| matches!(item, Item::Length(_, number) if *number == by);
        name(items.iter().position(is).expect("each has a length"))
    };
    let of = |item: &Item| match item {
        Item::Plain(of) | Item::Length(of, _) => of.clone(),
        Item::Array { of, constant, by } => Type::Counted {
            length: counts(*by),
            constant: *constant,
            of: Box::new(Type::Scalar(*of)),
        },
    };
    let arguments: Vec<Type> = items.iter().map(of).collect();
    let comes_back = |at: &usize| {
        matches!(arguments[*at], Type::Optional(_) | Type::CString { .. } | Type::Counted { .. })
    };
    let echoed: Vec<usize> = (0..arguments.len()).filter(comes_back).collect();
    let (returns, echoes) = match random.below(4) {
        0 => (Type::Void, None),
        1 => (Type::Scalar(Scalar::I64), None),
        2 if kind == 0 => (Type::CString { most: None }, None),
        _ if echoed.is_empty() => (Type::Scalar(Scalar::F64), None),
        _ => {
            let at = one(&echoed, random);
            (arguments[at].clone(), Some(at))
        }
    };
    Made { arguments, returns, echoes }
}

fn text(random: &mut Draw) -> Type {
    let of = Type::CString { most: None };
    if random.below(3) == 0 { Type::Optional(Box::new(of)) } else { of }
}

fn in_out(random: &mut Draw) -> Type {
    Type::InOut(Box::new(match random.below(4) {
        0 => named(one(&STRUCTS, random)),
        _ => scalar(Scalar::is_carrier, random),
    }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::generated::{TOLD, counted_by, signatures, stacked};

    /// Strings, arrays of every scalar, lengths of every integer type before and behind, and what comes out of every type.
    #[test]
    fn every_form_stands_in_registers_and_on_the_stack() {
        let mut seen: BTreeSet<(String, bool)> = BTreeSet::new();
        for made in (0..60).flat_map(|seed| signatures(seed).into_iter().rev().take(TOLD)) {
            let stacked = stacked(&made.arguments);
            for (at, of) in made.arguments.iter().enumerate() {
                let form = match (of, counted_by(of)) {
                    (Type::Counted { constant, of, .. }, Some(by)) => {
                        let length = &made.arguments[by];
                        seen.insert((format!("length {length}, behind: {}", by > at), stacked[by]));
                        format!("[:counted {constant} {of}]")
                    }
                    _ => of.to_string(),
                };
                seen.insert((form, stacked[at]));
            }
        }
        let carriers = || Scalar::ALL.into_iter().filter(|of| of.is_carrier());
        let lengths = carriers().filter(|of| of.is_integer());
        let mut due: Vec<String> = vec!["[:cstring]".into(), "[:optional [:cstring]]".into()];
        for of in carriers() {
            due.extend([true, false].map(|constant| format!("[:counted {constant} {of}]")));
            due.push(format!("[:in-out {of}]"));
        }
        due.extend(STRUCTS.map(|of| format!("[:in-out {of}]")));
        due.extend(
            lengths.flat_map(|of| {
                [true, false].map(|behind| format!("length {of}, behind: {behind}"))
            }),
        );
        for form in due {
            for stack in [false, true] {
                assert!(seen.contains(&(form.clone(), stack)), "{form}, on the stack: {stack}");
            }
        }
    }
}
