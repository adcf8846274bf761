//! Laws as the suite knows them: which arguments to draw, what each call must come to, and a case of it
//! as text.

use std::fmt::Write;

use contract::HostValue;
use contract::{ArgumentKind, Class, Declarations, Format, Scalar, Type};
use contract::{float, notation};
use num_bigint::BigInt;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};

use crate::case::{
    Arrival, Body, Case, Expect, Expected, Given, Law, Leeway, Property, Step, values,
};
use crate::model;

/// Elements of a drawn slice at the most: what fits a line of a case file.
const ELEMENTS: usize = 12;

/// Arguments of the property's function, for which the law says something.
pub fn arguments(property: &Property, declarations: &Declarations) -> BoxedStrategy<HostValue> {
    match (property.law, argument_type(property)) {
        (Law::RefusesOutOfRange, Type::Scalar(scalar)) => beyond(*scalar),
        (_, Type::Slice { of, .. }) => match &**of {
            Type::Scalar(element) => slice(*element),
            _ => Just(HostValue::Nil).boxed(),
        },
        (_, Type::Scalar(scalar)) => scalar_value(*scalar),
        (_, Type::Named(name)) => member(name, declarations),
        _ => Just(HostValue::Nil).boxed(),
    }
}

/// The calls that the law says something about, for one argument.
pub fn case(of: &Case, property: &Property, value: &HostValue, declared: &Declarations) -> Case {
    let step = |value: &HostValue, expect: Expect, changes| Step {
        function: property.function.clone(),
        arguments: vec![Given::Value(value.clone())],
        keep: None,
        expect,
        arrives: None,
        changes,
        calls: Vec::new(),
        one_array: Vec::new(),
        take: None,
        under: Vec::new(),
        leeway: Leeway::default(),
        at: of.at.clone(),
    };
    let returns = |value| Expect::Returns(Expected::Exactly(value));
    let steps = match (property.law, value) {
        (Law::Echoes, value) => vec![step(value, returns(echo(property, value, declared)), vec![])],
        (Law::ReversesBack, HostValue::Array(element, bytes)) => {
            let reversed = HostValue::Array(*element, reversed(*element, bytes));
            let once = step(value, returns(HostValue::Nil), vec![(0, reversed.clone())]);
            let twice = step(&reversed, returns(HostValue::Nil), vec![(0, value.clone())]);
            vec![once, twice]
        }
        (Law::Sums, HostValue::Array(element, bytes)) => {
            let total = elements(*element, bytes).fold(0_u64, |sum, x| sum.wrapping_add(x as u64));
            let signed = property.function.signature.returns == Type::Scalar(Scalar::I64);
            let total = if signed { i128::from(total as i64) } else { i128::from(total) };
            vec![step(value, returns(integer(total)), vec![])]
        }
        (Law::Counts, HostValue::Array(element, bytes)) => {
            let count = (bytes.len() / element.size()) as i128;
            vec![step(value, returns(integer(count)), vec![])]
        }
        (Law::RefusesOutOfRange, value) => {
            vec![step(value, Expect::Refuses("out-of-range".into()), vec![])]
        }
        // No such argument is drawn; a case without calls is judged as nothing, which is an error.
        _ => Vec::new(),
    };
    Case { id: format!("{}-shrunk", of.id), body: Body::Calls(steps), ..of.clone() }
}

/// A case of calls as a case file writes it.
pub fn yaml(case: &Case) -> String {
    let Body::Calls(steps) = &case.body else { return String::new() };
    let clauses = case.clauses.join(", ");
    let mut text = format!("  - id: {}\n    clauses: [{clauses}]\n    steps:", case.id);
    for step in steps {
        let arguments: Vec<_> = step
            .arguments
            .iter()
            .map(|given| match given {
                Given::Value(value) => value_text(value),
                Given::Kept(name) => format!("${name}"),
            })
            .collect();
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n      - {{fn: {}, args: [{}]",
            step.function.name,
            arguments.join(", ")
        );
        let _ = match &step.expect {
            Expect::Returns(Expected::Exactly(value)) => {
                write!(text, ", returns: {}", value_text(value))
            }
            Expect::Returns(Expected::AHandle) => write!(text, ", returns: handle"),
            Expect::Returns(Expected::Same(name)) => write!(text, ", returns: ${name}"),
            Expect::Refuses(code) => write!(text, ", refuses: {code}"),
            Expect::Fails(code) => write!(text, ", fails: {code}"),
        };
        for (argument, changed) in &step.changes {
            let binding = &step.function.signature.arguments[*argument].binding;
            if let HostValue::Array(element, bytes) = changed {
                let _ = write!(text, ", changes: {{{binding}: {}}}", list_text(*element, bytes));
            }
        }
        text.push('}');
    }
    text
}

fn value_text(value: &HostValue) -> String {
    match value {
        HostValue::Double(bits) => double_text(*bits),
        HostValue::Array(element, bytes) => {
            format!("{{{}s: {}}}", element.name(), list_text(*element, bytes))
        }
        other => notation::short(other),
    }
}

/// What no decimal writes, by its bits.
fn double_text(bits: u64) -> String {
    let double = f64::from_bits(bits);
    if double.is_finite() { format!("{double:?}") } else { format!("{{bits: {bits:#018x}}}") }
}

fn list_text(element: Scalar, bytes: &[u8]) -> String {
    let of = |number: i128| match element.class() {
        Class::Bool => (number != 0).to_string(),
        Class::Float(format) => {
            format!("{{bits: {number:#0width$x}}}", width = format.bits() as usize / 4 + 2)
        }
        Class::Integer { .. } => number.to_string(),
    };
    let all: Vec<_> = elements(element, bytes).map(of).collect();
    format!("[{}]", all.join(", "))
}

fn argument_type(property: &Property) -> &Type {
    match &property.function.signature.arguments[0].kind {
        ArgumentKind::Plain(kind) => kind,
        // The corpus was read with laws that suit their functions.
        ArgumentKind::Rest(_) | ArgumentKind::Destructured(_) => &Type::Void,
    }
}

/// What comes back of an argument: what arrives, as the host sees it.
fn echo(property: &Property, value: &HostValue, declarations: &Declarations) -> HostValue {
    let signature = &property.function.signature;
    let values = std::slice::from_ref(value);
    let arrived = model::arrivals(signature, values, declarations).pop().flatten();
    match (arrived, value) {
        (_, HostValue::Keyword(_)) => value.clone(),
        (Some(Arrival::Integer(of, number)), _) if of.is_integer() => integer(number),
        (Some(Arrival::Integer(_, number)), _) => HostValue::Boolean(number != 0),
        (Some(Arrival::Float(of, bits)), _) => match of.format() {
            Some(format) => HostValue::Double(float::widened(format, bits)),
            None => HostValue::Nil,
        },
        _ => HostValue::Nil,
    }
}

///
fn integer(number: i128) -> HostValue {
    match i64::try_from(number) {
        Ok(long) => HostValue::Long(long),
        Err(_) => HostValue::Big(BigInt::from(number)),
    }
}

/// The elements of an array, integers extended by their type's sign.
fn elements(element: Scalar, bytes: &[u8]) -> impl Iterator<Item = i128> + '_ {
    bytes.chunks_exact(element.size()).map(move |chunk| {
        let mut word = [0; 16];
        word[..chunk.len()].copy_from_slice(chunk);
        let spare = 128 - chunk.len() as u32 * 8;
        let number = (u128::from_le_bytes(word) << spare) as i128;
        if element.is_signed() { number >> spare } else { (number as u128 >> spare) as i128 }
    })
}

fn reversed(element: Scalar, bytes: &[u8]) -> Vec<u8> {
    bytes.chunks_exact(element.size()).rev().flatten().copied().collect()
}

/// The least and the greatest number of an integer type.
fn range(scalar: Scalar) -> (i128, i128) {
    let bits = scalar.size() as u32 * 8;
    if scalar.is_signed() {
        (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    } else {
        (0, (1 << bits) - 1)
    }
}

/// A value of a carrier scalar's type; the ends as often as everything between.
fn scalar_value(scalar: Scalar) -> BoxedStrategy<HostValue> {
    match scalar.class() {
        Class::Bool => any::<bool>().prop_map(HostValue::Boolean).boxed(),
        Class::Float(format @ Format::F64) => {
            let doubles = prop_oneof![any::<u64>(), any::<f64>().prop_map(f64::to_bits)];
            let wider = wider(any::<f64>(), format);
            prop_oneof![2 => doubles.prop_map(HostValue::Double), 1 => wider, 1 => whole()].boxed()
        }
        Class::Float(format @ Format::F32) => {
            let singles = || any::<u32>().prop_map(|bits| f64::from(f32::from_bits(bits)));
            prop_oneof![2 => near(singles(), 29), 1 => wider(singles(), format), 1 => whole()]
                .boxed()
        }
        Class::Float(format @ Format::F16) => {
            let halves = || any::<u16>().prop_map(|bits| half::f16::from_bits(bits).to_f64());
            prop_oneof![3 => near(halves(), 42), 1 => wider(halves(), format)].boxed()
        }
        // No law takes one; a case without calls is judged as nothing, which is an error.
        Class::Float(Format::F80 | Format::F128) => Just(HostValue::Nil).boxed(),
        Class::Integer { .. } => {
            let (low, high) = range(scalar);
            prop_oneof![low..=high, Just(low), Just(high), -1_i128..=1]
                .prop_map(move |number| integer(number.clamp(low, high)))
                .boxed()
        }
    }
}

/// Doubles in the range of a narrower format, with any bits where it has none: every way of rounding. A
/// NaN keeps only its sign on the way, so none is drawn.
fn near(exact: impl Strategy<Value = f64> + 'static, spare_bits: u32) -> BoxedStrategy<HostValue> {
    (exact, prop_oneof![Just(0), Just(1_u64 << (spare_bits - 1)), any::<u64>()])
        .prop_filter("a number", |(exact, _)| !exact.is_nan())
        .prop_map(move |(exact, noise)| {
            let noise = if exact.is_finite() { noise & ((1 << spare_bits) - 1) } else { 0 };
            HostValue::Double(exact.to_bits() ^ noise)
        })
        .boxed()
}

/// Extended floats about the values of a narrower format: at its ties, and one bit off them.
fn wider(exact: impl Strategy<Value = f64> + 'static, format: Format) -> BoxedStrategy<HostValue> {
    let of = prop_oneof![Just((Scalar::F80, Format::F80)), Just((Scalar::F128, Format::F128))];
    (exact.prop_filter("a number", |exact| exact.is_finite()), of, 0_usize..5, any::<u128>())
        .prop_map(move |(exact, (scalar, wide), way, noise)| {
            let spare = wide.fraction_bits() - format.fraction_bits();
            let tie = 1_u128 << (spare - 1);
            let off = [0, tie, tie + 1, tie - 1, noise][way] & ((1 << spare) - 1);
            let bits = float::bits(wide, &HostValue::double(exact)).unwrap_or_default();
            HostValue::Extended(scalar, bits ^ off)
        })
        .boxed()
}

/// Integers of any size, most with few bits far apart: every way of rounding one.
fn whole() -> BoxedStrategy<HostValue> {
    (any::<i64>(), 0_u32..300, -1..=1)
        .prop_map(|(number, shift, off)| {
            values::integer_value((BigInt::from(number) << shift) + off)
        })
        .boxed()
}

/// Integers outside a type, the nearest as often as all others.
fn beyond(scalar: Scalar) -> BoxedStrategy<HostValue> {
    let (low, high) = range(scalar);
    prop_oneof![
        Just(low - 1),
        Just(high + 1),
        high + 1..=high + (1 << 66),
        low - (1 << 66)..=low - 1,
    ]
    .prop_map(integer)
    .boxed()
}

fn slice(element: Scalar) -> BoxedStrategy<HostValue> {
    let bytes = any::<[u8; 8]>().prop_map(move |bytes| match element.class() {
        Class::Bool => vec![bytes[0] & 1],
        Class::Integer { .. } | Class::Float(_) => bytes[..element.size()].to_vec(),
    });
    proptest::collection::vec(bytes, 0..=ELEMENTS)
        .prop_map(move |elements| HostValue::Array(element, elements.concat()))
        .boxed()
}

fn member(name: &str, declarations: &Declarations) -> BoxedStrategy<HostValue> {
    let members = declarations.enumeration(name).map(|(_, members)| members).unwrap_or_default();
    let names: Vec<_> = members.iter().map(|member| member.name.clone()).collect();
    (0..names.len().max(1))
        .prop_map(move |at| names.get(at).cloned().map_or(HostValue::Nil, HostValue::Keyword))
        .boxed()
}
