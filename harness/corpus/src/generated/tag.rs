//! Values whose bytes say where they belong: an argument's number above, the byte's own below, so that
//! a swapped or shifted argument explains itself.
//!
//! A signature is called in several rounds. Each of the tagged ones inverts other bits, so that both signs
//! of every width arrive (L-21), neighbouring members of enums differ, and of two bools some round tells
//! them apart. Three more use small values, for which a binder may have ways of its own: counted up from 1,
//! counted down from -1 where the type has a sign, and the same everywhere.

use contract::HostValue;
use contract::{Class, Format, NamedKind, Scalar, Type, float};
use num_bigint::BigInt;

use super::{DECLARATIONS, callbacks, counted_by, is_enum};
use crate::case::Arrival;

/// Rounds that a signature is called in.
pub(super) const ROUNDS: usize = INVERTED.len() + SMALL.len();

/// The number of an argument that no signature has: what comes from nowhere is tagged with it.
pub(super) const NOWHERE: usize = 15;

/// What the tag of each byte is inverted by.
const INVERTED: [u8; 4] = [0x00, 0xff, 0x80, 0x7f];

/// The rounds after those of [`INVERTED`].
const SMALL: [Small; 3] = [Small::Up, Small::Down, Small::Equal];

/// How small values are counted.
#[derive(Clone, Copy)]
enum Small {
    Up,
    Down,
    Equal,
}

impl Small {
    /// The value of the first byte of an argument's value, or of what lies in it from there on.
    fn number(self, argument: usize, first: usize) -> i32 {
        let number = (argument + first + 1) as i32;
        match self {
            Small::Up => number,
            Small::Down => -number,
            Small::Equal => 1,
        }
    }
}

/// The small value of a round, where it is one of those.
fn small(argument: usize, first: usize, round: usize) -> Option<i32> {
    let small = SMALL.get(round.checked_sub(INVERTED.len())?)?;
    Some(small.number(argument, first))
}

/// Elements of a slice at the most.
const ELEMENTS: usize = 4;

/// A value of some type: as the host gives it, as it arrives, and as it comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tagged {
    pub(super) given: HostValue,
    pub(super) arrives: Arrival,
    /// What returning it gives; a struct's type name is only said there.
    pub(super) returned: HostValue,
    /// What an array holds after the call, where the callee may write (C-9).
    pub(super) changed: Option<HostValue>,
}

/// The bits of the handle that an argument holds: no object, but where one could stand.
pub(super) fn handle_bits(argument: usize, round: usize) -> u64 {
    match small(argument, 0, round) {
        Some(number) => u64::from(number.unsigned_abs()) * 8,
        None => word(argument, 0, Scalar::Usize.size(), round) as u64 & !7,
    }
}

/// The value of an argument in a round.
pub(super) fn value(of: &Type, argument: usize, round: usize) -> Tagged {
    let of_all = of;
    match of {
        Type::Scalar(scalar) => scalar_value(*scalar, argument, round),
        Type::ByValue(of) => value(of, argument, round),
        Type::Named(name) if is_enum(name) => enum_value(name, argument, round),
        Type::Named(name) => {
            let mut bytes = Vec::new();
            let given = struct_value(name, argument, round, false, &mut bytes);
            let returned = struct_value(name, argument, round, true, &mut Vec::new());
            Tagged { given, arrives: Arrival::Memory(bytes), returned, changed: None }
        }
        Type::Pointer { constant, of, .. } => {
            let mut one = array(of, 1, *constant, argument, round);
            // Of one alone, padding is not looked at (docs/evidence.md).
            if let (Type::Scalar(of), Arrival::Memory(bytes)) = (&**of, &mut one.arrives) {
                bytes.truncate(of.significant_bytes());
            }
            one
        }
        Type::Slice { constant, of } => {
            let most = most_elements(of);
            array(of, (argument + round) % (most + 1), *constant, argument, round)
        }
        Type::Counted { constant, of, .. } => {
            let by = counted_by(of_all).unwrap_or(argument);
            array(of, (by + round) % (ELEMENTS + 1), *constant, argument, round)
        }
        Type::CString { .. } => {
            let text = text(argument, round);
            same(HostValue::Text(text.clone()), memory(text.as_bytes()))
        }
        Type::Optional(_) if round % 3 == 1 => same(HostValue::Nil, Arrival::Null),
        Type::Optional(of) => value(of, argument, round),
        Type::InOut(of) => {
            let given = value(of, argument, round);
            let arrives = match (&**of, given.arrives) {
                (Type::Scalar(of), Arrival::Integer(_, number)) => {
                    memory(&number.to_le_bytes()[..of.size()])
                }
                (Type::Scalar(of), Arrival::Float(_, bits)) => {
                    memory(&bits.to_le_bytes()[..of.size()])
                }
                (_, arrives) => arrives,
            };
            let returned = value(of, left_in(argument), 0).returned;
            Tagged { given: given.given, arrives, returned, changed: None }
        }
        // A handle's value is the subject's token; what arrives are its bits.
        Type::Handle(_) => Tagged {
            given: HostValue::Nil,
            arrives: Arrival::At(handle_bits(argument, round)),
            returned: HostValue::Nil,
            changed: None,
        },
        Type::Function(of) => same(callbacks::function(of, argument, round), Arrival::Address),
        _ => same(HostValue::Nil, Arrival::Null),
    }
}

/// The argument whose value the callee leaves where one goes in and comes out.
pub(super) fn left_in(argument: usize) -> usize {
    (argument + 7) % NOWHERE
}

/// A text of a length and of letters that say where it belongs, in every other round beyond ASCII.
fn text(argument: usize, round: usize) -> String {
    let letter = |at: usize| char::from(b'a' + ((3 * argument + at + 7 * round) % 26) as u8);
    let letters: String = (0..(argument + 5 * round) % 11).map(letter).collect();
    if round % 2 == 1 { letters + "ß" } else { letters }
}

/// The most bytes that a value of a type takes on the evidence page.
pub(super) fn most_bytes(of: &Type) -> usize {
    match of {
        Type::Scalar(scalar) => scalar.size(),
        Type::Named(name) => {
            DECLARATIONS.struct_layout(name).map_or(8, |layout| layout.layout.size)
        }
        Type::Pointer { of, .. } | Type::ByValue(of) => most_bytes(of),
        Type::Slice { of, .. } => most_bytes(of) * most_elements(of),
        _ => 8,
    }
}

fn most_elements(of: &Type) -> usize {
    if matches!(of, Type::Scalar(scalar) if scalar.is_wide()) { ELEMENTS / 2 } else { ELEMENTS }
}

fn memory(bytes: &[u8]) -> Arrival {
    Arrival::Memory(bytes.iter().copied().map(Some).collect())
}

fn same(value: HostValue, arrives: Arrival) -> Tagged {
    Tagged { given: value.clone(), arrives, returned: value, changed: None }
}

/// `size` bytes, of which the first is the argument's byte of number `first`.
fn word(argument: usize, first: usize, size: usize, round: usize) -> u128 {
    (0..size).rev().fold(0, |word, at| {
        let own = first + at + (argument >> 4) * 4;
        let byte = ((argument << 4) as u8 | (own & 15) as u8) ^ INVERTED[round];
        word << 8 | u128::from(byte)
    })
}

/// The tag as a value of the type: floats are finite, an 80-bit float has its leading bit, and a bool is
/// a bit of the argument's number.
fn bits(scalar: Scalar, argument: usize, first: usize, round: usize) -> u128 {
    if let Some(number) = small(argument, first, round) {
        return small_bits(scalar, number);
    }
    let word = word(argument, first, scalar.significant_bytes(), round);
    match scalar.class() {
        Class::Bool => {
            let bit = [argument + first, argument + first + 1, argument >> 1, argument >> 2][round];
            bit as u128 & 1
        }
        Class::Float(format) => {
            let leading = u128::from(format.stores_leading_bit()) << format.fraction_bits();
            // All ones in the exponent is no number; without its lowest bit it is.
            let ones = (1 << format.exponent_bits()) - 1;
            let no_number = word >> format.exponent_at() & ones == ones;
            word & !(u128::from(no_number) << format.exponent_at()) | leading
        }
        Class::Integer { .. } => word,
    }
}

/// A small number as a value of the type: without its sign where the type has none.
fn small_bits(scalar: Scalar, number: i32) -> u128 {
    match scalar.class() {
        Class::Bool => u128::from(number & 1 == 1),
        Class::Float(format) => {
            let double = HostValue::double(f64::from(number));
            float::bits(format, &double).unwrap_or_default()
        }
        Class::Integer { signed, width } => {
            let number = if signed { i128::from(number) } else { i128::from(number.abs()) };
            number as u128 & u128::MAX >> (128 - width.bits())
        }
    }
}

fn scalar_value(scalar: Scalar, argument: usize, round: usize) -> Tagged {
    let bits = bits(scalar, argument, 0, round);
    let arrives = match scalar.class() {
        _ if scalar.is_wide() => memory(&bits.to_le_bytes()[..scalar.significant_bytes()]),
        Class::Float(_) => Arrival::Float(scalar, bits as u64),
        Class::Integer { .. } | Class::Bool => Arrival::Integer(scalar, number(scalar, bits)),
    };
    same(host(scalar, bits), arrives)
}

/// An integer of at most 64 bits, or a bool, as a number.
fn number(scalar: Scalar, bits: u128) -> i128 {
    let spare = 128 - scalar.size() as u32 * 8;
    if scalar.is_signed() { (bits << spare) as i128 >> spare } else { bits as i128 }
}

fn host(scalar: Scalar, bits: u128) -> HostValue {
    match scalar.class() {
        Class::Bool => HostValue::Boolean(bits != 0),
        Class::Float(Format::F16) => HostValue::double(half::f16::from_bits(bits as u16).to_f64()),
        Class::Float(Format::F32) => HostValue::double(f64::from(f32::from_bits(bits as u32))),
        Class::Float(Format::F64) => HostValue::Double(bits as u64),
        Class::Float(Format::F80 | Format::F128) => HostValue::Extended(scalar, bits),
        Class::Integer { signed: true, .. } => long_or_big(BigInt::from(number(scalar, bits))),
        Class::Integer { signed: false, .. } => long_or_big(BigInt::from(bits)),
    }
}

fn long_or_big(number: BigInt) -> HostValue {
    i64::try_from(&number).map_or(HostValue::Big(number), HostValue::Long)
}

fn enum_value(name: &str, argument: usize, round: usize) -> Tagged {
    let (backing, members) = DECLARATIONS.enumeration(name).expect("the caller asked whether");
    let at = if round + 1 == ROUNDS { 0 } else { argument + round };
    let member = &members[at % members.len()];
    same(HostValue::Keyword(member.name.clone()), Arrival::Integer(backing, member.value))
}

/// A struct's bytes, of which nobody knows those that are padding.
type Octets = Vec<Option<u8>>;

/// A struct's fields, tagged by their offset; its bytes are added to `bytes`. `named` is its value as it comes back, which
/// is a record's own, and has every field of a union. Its first is the one that is given.
fn struct_value(
    name: &str,
    argument: usize,
    round: usize,
    named: bool,
    bytes: &mut Octets,
) -> HostValue {
    let fields = DECLARATIONS.fields(name).expect("a struct of the declarations above");
    let laid = DECLARATIONS.struct_layout(name).expect("it has a layout");
    let declared = DECLARATIONS.get(name).expect("it is declared");
    let base = bytes.len();
    let mut entries = Vec::new();
    for (number, (field, offset)) in fields.iter().zip(&laid.offsets).enumerate() {
        let value = if declared.is_union() && number > 0 {
            if !named {
                break;
            }
            read(&field.of, &bytes[base..])
        } else {
            bytes.resize(base + offset, None);
            field_value(&field.of, argument, round, named, bytes)
        };
        entries.push((field.name.clone(), value));
    }
    bytes.resize(base + laid.layout.size, None);
    if named && matches!(declared.kind, NamedKind::Struct { record: true, .. }) {
        HostValue::Record(name.to_owned(), entries)
    } else {
        HostValue::Map(entries)
    }
}

fn field_value(
    of: &Type,
    argument: usize,
    round: usize,
    named: bool,
    bytes: &mut Octets,
) -> HostValue {
    match of {
        Type::Scalar(scalar) => {
            let bits = bits(*scalar, argument, bytes.len(), round);
            push(*scalar, bits, bytes);
            host(*scalar, bits)
        }
        Type::Named(name) => struct_value(name, argument, round, named, bytes),
        Type::Array { length, of } => elements(of, *length, argument, round, named, bytes),
        _ => HostValue::Nil,
    }
}

fn push(scalar: Scalar, bits: u128, bytes: &mut Octets) {
    let significant = scalar.significant_bytes();
    let own = bits.to_le_bytes().map(Some);
    bytes.extend(&own[..significant]);
    bytes.extend(std::iter::repeat_n(None, scalar.size() - significant));
}

/// A field of a union that another has set, as it comes back.
fn read(of: &Type, bytes: &[Option<u8>]) -> HostValue {
    match of {
        Type::Scalar(scalar) => {
            let mut word = [0; 16];
            let own = bytes.iter().take(scalar.size()).map(|byte| byte.expect("it was set"));
            word.iter_mut().zip(own).for_each(|(byte, own)| *byte = own);
            host(*scalar, u128::from_le_bytes(word))
        }
        Type::Array { length, of } => {
            let size = most_bytes(of);
            let one = |number: usize| read(of, &bytes[number * size..]);
            HostValue::Vector((0..*length as usize).map(one).collect())
        }
        Type::Named(name) => {
            let fields = DECLARATIONS.fields(name).expect("a struct");
            let laid = DECLARATIONS.struct_layout(name).expect("it has a layout");
            let fields = fields.iter().zip(&laid.offsets);
            let entry = |(field, offset): (&contract::Field, &usize)| {
                (field.name.clone(), read(&field.of, &bytes[*offset..]))
            };
            HostValue::Map(fields.map(entry).collect())
        }
        _ => HostValue::Nil,
    }
}

/// An array of scalars, whose bytes go behind those of what it is in: a typed array as it is given, a vector as it comes
/// back.
fn elements(
    of: &Type,
    length: u64,
    argument: usize,
    round: usize,
    named: bool,
    bytes: &mut Octets,
) -> HostValue {
    let Type::Scalar(scalar) = of else { return HostValue::Nil };
    let first = bytes.len();
    let mut values = Vec::new();
    for _ in 0..length {
        let bits = bits(*scalar, argument, bytes.len(), round);
        bytes.extend(bits.to_le_bytes()[..scalar.size()].iter().copied().map(Some));
        values.push(host(*scalar, bits));
    }
    if named {
        HostValue::Vector(values)
    } else {
        HostValue::Array(*scalar, bytes[first..].iter().flatten().copied().collect())
    }
}

/// The scalars of these bytes, as they come back.
pub(super) fn vector(of: &Type, bytes: &[u8]) -> HostValue {
    let one = |bytes: &[u8]| read(of, &bytes.iter().copied().map(Some).collect::<Vec<_>>());
    HostValue::Vector(bytes.chunks_exact(most_bytes(of)).map(one).collect())
}

fn array(of: &Type, length: usize, constant: bool, argument: usize, round: usize) -> Tagged {
    let Type::Scalar(scalar) = of else { return same(HostValue::Nil, Arrival::Null) };
    let mut bytes = Vec::new();
    let given = elements(of, length as u64, argument, round, false, &mut bytes);
    let bytes: Vec<u8> = bytes.into_iter().flatten().collect();
    let returned = elements(of, length as u64, argument, round, true, &mut Vec::new());
    // The edit of the function's body (zig-lib/zig/made.zig).
    let mask = if *scalar == Scalar::Bool { 1 } else { 0xff };
    let flipped = bytes.iter().map(|byte| byte ^ mask).collect();
    Tagged {
        arrives: memory(&bytes),
        given,
        returned,
        changed: (!constant).then_some(HostValue::Array(*scalar, flipped)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model;
    use contract::Signature;

    #[test]
    fn bytes_say_where_they_belong() {
        assert_eq!(word(7, 0, 4, 0), 0x7372_7170);
        assert_eq!(word(7, 2, 2, 1), 0x8c8d);
        assert_eq!(value(&Type::Scalar(Scalar::I8), 7, 1).given, HostValue::Long(-113));
    }

    #[test]
    fn no_float_is_infinite_or_nan() {
        for argument in 0..16 {
            for round in 0..INVERTED.len() {
                for scalar in [Scalar::F16, Scalar::F32, Scalar::F64] {
                    let HostValue::Double(bits) = scalar_value(scalar, argument, round).given
                    else {
                        panic!("a double");
                    };
                    assert!(f64::from_bits(bits).is_finite(), "{scalar} {argument} {round}");
                }
                let f80 = bits(Scalar::F80, argument, 0, round);
                let leading = 1 << 63;
                let tagged = word(argument, 0, 8, round);
                assert_eq!(f80 as u64, tagged as u64 | leading);
                assert_ne!(f80 >> 64 & 0x7fff, 0x7fff);
                assert_eq!(f80 >> 80, 0);
            }
        }
    }

    #[test]
    fn small_values_count_up_and_down_and_are_the_same() {
        let given = |of, argument, round| scalar_value(of, argument, round).given;
        let rounds = [INVERTED.len(), INVERTED.len() + 1, INVERTED.len() + 2];
        let each = |of, argument| rounds.map(|round| given(of, argument, round));
        assert_eq!(each(Scalar::I32, 4), [5, -5, 1].map(HostValue::Long));
        assert_eq!(each(Scalar::U64, 4), [5, 5, 1].map(HostValue::Long));
        assert_eq!(each(Scalar::F16, 1), [2.0, -2.0, 1.0].map(HostValue::double));
        assert_eq!(handle_bits(0, rounds[2]), handle_bits(9, rounds[2]));
    }

    /// The tags are written apart from the model, which knows what must arrive for most of them.
    #[test]
    fn what_arrives_is_what_the_model_says() {
        let mut compared = 0;
        let all = super::super::signatures(1);
        for made in all.iter().take(100).chain(&all[super::super::OWED..]) {
            for (at, of) in made.arguments.iter().enumerate() {
                for round in 0..ROUNDS {
                    let tagged = value(of, at, round);
                    let length = counted_by(of).map(|by| format!("a{by} :i32 "));
                    let text = format!("[{}x {of} :ret :void]", length.unwrap_or_default());
                    let signature = Signature::read(&text, &DECLARATIONS).expect("it is valid");
                    let given = std::slice::from_ref(&tagged.given);
                    let modelled = model::arrivals(&signature, given, &DECLARATIONS);
                    // A token is all that the model knows of a handle, and of an 80-bit float's
                    // padding it knows nothing.
                    let known = |arrival: &Option<Arrival>| match arrival {
                        Some(Arrival::Memory(octets)) => octets.iter().all(Option::is_some),
                        other => other.is_some(),
                    };
                    let by_value = matches!(of, Type::ByValue(_));
                    if !by_value && !modelled.iter().all(known) {
                        continue;
                    }
                    assert_eq!(modelled, [Some(tagged.arrives)], "{of}");
                    compared += 1;
                }
            }
        }
        assert!(compared > 1000);
    }

    #[test]
    fn any_two_bools_differ_in_some_round_of_their_neighbourhood() {
        let bools = |argument| (0..ROUNDS).map(move |round| bits(Scalar::Bool, argument, 0, round));
        for argument in 0..15 {
            assert!(bools(argument).ne(bools(argument + 1)), "{argument}");
            assert!((argument < 14) || bools(argument).ne(bools(argument - 2)), "{argument}");
        }
    }
}
