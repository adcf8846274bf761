//! Signatures that are given functions of the host's (K-1, K-9): what those take and give, what they are called with, and what
//! they answer.

use std::fmt::Write;

use contract::{Answer, FunctionType, HostValue, Reach, Scalar, Type};

use super::pick::{named, one, scalar};
use super::tag::{self, ROUNDS};
use super::zig::{literal, octets, spelled};
use super::{ARGUMENTS, ENUMS, FLOAT_REGISTERS, Made, echoed};
use crate::case::{Arrival, Called};
use crate::seed::Draw;

/// Calls that a callee makes of each function that it is given.
const CALLS: usize = 2;

/// Draws a type.
type Kind = fn(&mut Draw) -> Type;

/// What functions take and give by K-1, without a half, which few have.
const NUMBERS: [Kind; 3] = [
    |random| scalar(|of| of.is_integer() && of.is_carrier(), random),
    |random| scalar(|of| !of.is_float() && of.size() < 8, random),
    float,
];

/// And with K-9.
const WITH_TYPES: [Kind; 5] = [
    NUMBERS[1],
    float,
    |random| named(one(&ENUMS, random)),
    |random| {
        let of = Box::new(scalar(Scalar::is_carrier, random));
        Type::Pointer { reach: Reach::One, constant: true, of }
    },
    |random| {
        let of = Box::new(scalar(Scalar::is_carrier, random));
        Type::Slice { constant: true, of }
    },
];

fn float(random: &mut Draw) -> Type {
    Type::Scalar(one(&[Scalar::F32, Scalar::F64], random))
}

/// The signature of a number: a function among numbers, and in every fifth two.
pub(super) fn signature(number: usize, random: &mut Draw) -> Made {
    let kinds = if number.is_multiple_of(2) { &NUMBERS[..] } else { &WITH_TYPES };
    let functions = 1 + usize::from(number % 5 == 4);
    let beside = random.below(ARGUMENTS + 1 - functions);
    let mut arguments: Vec<Type> = (0..beside).map(|_| one(&NUMBERS, random)(random)).collect();
    let mut last = 0;
    for _ in 0..functions {
        last = random.below(arguments.len() + 1);
        arguments.insert(last, Type::Function(drawn(kinds, random)));
    }
    let (returns, echoes) = match random.below(4) {
        0 => (Type::Void, None),
        1 => (Type::Scalar(Scalar::I64), None),
        _ => (echoed(&arguments[last]), Some(last)),
    };
    Made { arguments, returns, echoes }
}

/// A function's type, of which every other has more floats than there are registers for, and seven others.
fn drawn(kinds: &[Kind], random: &mut Draw) -> FunctionType {
    let others = if random.below(2) == 0 { random.below(ARGUMENTS + 1) } else { ARGUMENTS };
    let floats = if others == ARGUMENTS { FLOAT_REGISTERS + 1 } else { 0 };
    let argument = |at: usize| if at < floats { float } else { one(kinds, random) };
    let mut of: Vec<Kind> = (0..others).map(argument).collect();
    for at in (1..of.len()).rev() {
        of.swap(at, random.below(at + 1));
    }
    let returns = match one(kinds, random)(random) {
        of @ (Type::Scalar(_) | Type::Named(_)) => of,
        _ => Type::Void,
    };
    let arguments = of.into_iter().map(|kind| kind(random)).collect();
    FunctionType { arguments, returns: Box::new(returns) }
}

/// A function of the host's in a round, which answers each call with another value.
pub(super) fn function(of: &FunctionType, argument: usize, round: usize) -> HostValue {
    let answer = |call: usize| match &*of.returns {
        Type::Void => Answer::Returns(HostValue::Nil),
        returns => Answer::Returns(tag::value(returns, argument, (round + call) % ROUNDS).given),
    };
    HostValue::Function((0..CALLS).map(answer).collect())
}

/// What a function that has been called returned last.
pub(super) fn last(answers: &[Answer]) -> HostValue {
    match answers.last() {
        Some(Answer::Returns(value)) => value.clone(),
        _ => HostValue::Nil,
    }
}

/// What the functions that a signature is given are called with.
pub(super) fn calls(made: &Made) -> Vec<Called> {
    let functions = made.given().enumerate().filter_map(|(place, (_, of))| match of {
        Type::Function(of) => Some((place, of)),
        _ => None,
    });
    let given = |of: &FunctionType, call: usize| {
        let arguments = of.arguments.iter().enumerate();
        arguments.map(|(at, of)| told(of, at, call).0).collect()
    };
    functions.map(|(at, of)| (at, (0..CALLS).map(|call| given(of, call)).collect())).collect()
}

/// What a call is given as one of its arguments: what the host sees, and how Zig spells it.
fn told(of: &Type, argument: usize, call: usize) -> (HostValue, String) {
    match of {
        Type::Pointer { of, .. } => {
            let (there, spelling) = told(of, argument, call);
            (there, format!("&@as({}, {spelling})", spelled(of)))
        }
        row @ Type::Slice { of, .. } => {
            let row = tag::value(row, argument, call);
            let Arrival::Memory(bytes) = row.arrives else { return (row.returned, String::new()) };
            let item = |bytes: &[Option<u8>]| match **of {
                Type::Scalar(Scalar::Bool) => (bytes != [Some(0)]).to_string(),
                // It stays where it is when the call has returned, as what is read then has to.
                _ => format!("comptime {}", octets(of, bytes)),
            };
            let items: Vec<String> = bytes.chunks(tag::most_bytes(of)).map(item).collect();
            (row.returned, format!("&[_]{}{{ {} }}", spelled(of), items.join(", ")))
        }
        of => {
            let tagged = tag::value(of, argument, call);
            (tagged.returned, literal(of, tagged.arrives))
        }
    }
}

/// The calls of a function that an argument is. What the last gives has a name where the fixture returns it.
pub(super) fn called(number: usize, of: &FunctionType, returned: bool) -> String {
    let mut body = String::new();
    for call in 0..CALLS {
        let given = of.arguments.iter().enumerate();
        let given: Vec<String> = given.map(|(at, of)| told(of, at, call).1).collect();
        let what = match &*of.returns {
            Type::Void => "",
            _ if returned && call + 1 == CALLS => "const back = ",
            _ => "_ = ",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(body, "    {what}a{number}.call(.{{ {} }});", given.join(", "));
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generated::{CALLBACKS, DECLARATIONS, signatures};

    #[test]
    fn a_function_is_called_with_values_that_say_where_they_belong() {
        let form = "[:fn [:i16 [:ptr :const :u8] [:slice :const :bool] Color :f32] :i8]";
        let Ok(Type::Function(of)) = Type::read(form, &DECLARATIONS) else { panic!("{form}") };
        let calls = [
            "256, &@as(u8, 16), &[_]bool{ false, true }, @enumFromInt(0), @bitCast(@as(u32, 0x43424140))",
            "-257, &@as(u8, 239), &[_]bool{ true, false, true }, @enumFromInt(1), @bitCast(@as(u32, 0xbcbdbebf))",
        ];
        let [one, two] = calls.map(|given| format!("a3.call(.{{ {given} }});\n"));
        assert_eq!(called(3, &of, true), format!("    _ = {one}    const back = {two}"));
    }

    #[test]
    fn functions_take_what_fills_both_register_files_and_nothing() {
        let all = signatures(1);
        let drawn: Vec<&FunctionType> = all[all.len() - CALLBACKS..]
            .iter()
            .flat_map(|made| &made.arguments)
            .filter_map(|of| if let Type::Function(of) = of { Some(of) } else { None })
            .collect();
        assert!(drawn.len() > CALLBACKS);
        let full = drawn.iter().filter(|of| of.arguments.len() == ARGUMENTS).count();
        assert!(full * 3 > drawn.len() && full < drawn.len(), "{full} of {}", drawn.len());
        assert!(drawn.iter().any(|of| of.arguments.len() < 2));
        assert!(drawn.iter().any(|of| *of.returns == Type::Void));
        assert!(drawn.iter().any(|of| of.is_wide()) && drawn.iter().any(|of| !of.is_wide()));
    }
}
