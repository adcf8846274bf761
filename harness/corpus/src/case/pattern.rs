//! Values too long to be written out: the first elements of a pattern (docs/case-format.md, *Values*), as
//! the fixtures have them (`patterns.zig`).

use contract::{Arrangement, Class, Declarations, Format, HostValue, NamedKind, Scalar, Type};
use num_bigint::BigInt;

use super::error::{Fault, closest};
use super::fields::{Fields, unexpected, word};
use super::numbers;
use super::values::array_name;
use super::yaml::{Content, Node};

/// Fields of a pattern.
const FIELDS: [&str; 4] = ["pattern", "of", "from", "reversed"];

/// Elements of one pattern at the most.
const MOST: usize = 1 << 21;

/// Bytes that all patterns of a file may take together: several times what the longest file does.
const ROOM: usize = 512 << 20;

/// Bytes of a host value, about.
const VALUE: usize = 64;

/// Refuses the first pattern with which those of a file take more memory than they may. It is asked before
/// any is read, because a line may hold hundreds.
pub(super) fn bounded<'n>(
    nodes: impl IntoIterator<Item = &'n Node>,
    declarations: &Declarations,
) -> Result<(), Fault> {
    let mut room = ROOM;
    nodes.into_iter().try_for_each(|node| take(node, declarations, &mut room))
}

fn take(node: &Node, declarations: &Declarations, room: &mut usize) -> Result<(), Fault> {
    match &node.content {
        Content::Scalar { .. } => Ok(()),
        Content::List(items) => items.iter().try_for_each(|item| take(item, declarations, room)),
        Content::Map(entries) => {
            let held = |key: &str| {
                let entry = entries.iter().find(|entry| entry.key == key)?;
                entry.value.plain()
            };
            if let Some((count, name)) = held("pattern").zip(held("of")) {
                // Where it is no number, its reader says so.
                let count = count.parse().ok().filter(|count| *count <= MOST).unwrap_or(0);
                let bytes = count.saturating_mul(element(name, declarations));
                let Some(left) = room.checked_sub(bytes) else {
                    return unexpected(
                        node,
                        "a pattern",
                        "patterns of at most 512 MiB in one file",
                    );
                };
                *room = left;
            }
            entries.iter().try_for_each(|entry| take(&entry.value, declarations, room))
        }
    }
}

/// Bytes of one element of what a pattern is of, about.
fn element(name: &str, declarations: &Declarations) -> usize {
    if matches!(name, "text" | "bytes") {
        return 1;
    }
    if let Some(scalar) = array_name(name) {
        return scalar.size();
    }
    // Structs of structs double with each level.
    let mut left = ROOM / VALUE;
    count(name, declarations, &mut left);
    if left == 0 { usize::MAX } else { (ROOM / VALUE - left) * VALUE }
}

/// Counts down the host values of a type's name, to nothing at the least.
fn count(name: &str, declarations: &Declarations, left: &mut usize) {
    *left = left.saturating_sub(1);
    for field in declarations.fields(name).unwrap_or_default() {
        match &field.of {
            _ if *left == 0 => return,
            Type::Named(name) => count(name, declarations, left),
            _ => *left = left.saturating_sub(1),
        }
    }
}

/// Reads `{pattern: 65537, of: i64s}`.
pub(super) fn value(node: &Node, declarations: &Declarations) -> Result<HostValue, Fault> {
    let fields = Fields::of(node, "a pattern", &FIELDS)?;
    let count = number(fields.require("pattern")?)?;
    let from = fields.get("from").map_or(Ok(0), number)?;
    let reversed = match fields.get("reversed").map(|node| (node, node.plain())) {
        None => false,
        Some((_, Some("true"))) => true,
        Some((node, _)) => return unexpected(node, "`reversed`", "`true`, or nothing"),
    };
    let end = from + count;
    let places = (from..end).map(|at| if reversed { end - 1 - (at - from) } else { at });
    let of = fields.require("of")?;
    let name = word(of, "what a pattern is of")?;
    let known = match name {
        "text" => Some(HostValue::Text(places.map(letter).collect())),
        "bytes" => Some(HostValue::Bytes(places.map(|at| bits(Scalar::U8, at) as u8).collect())),
        name => match (array_name(name), Scalar::from_name(name)) {
            (Some(scalar), _) => Some(array(scalar, places)),
            (_, Some(scalar)) => {
                Some(HostValue::Vector(places.map(|at| returned(scalar, at)).collect()))
            }
            _ => {
                let of = Type::Named(name.to_owned());
                let items: Option<_> = places.map(|at| item(&of, at, declarations)).collect();
                items.map(HostValue::Vector)
            }
        },
    };
    let Some(value) = known else {
        let scalars = Scalar::ALL.map(Scalar::name);
        let names = ["text", "bytes"].into_iter().chain(scalars);
        let hint = closest(name, names).map(|name| format!("; `{name}`?")).unwrap_or_default();
        let expected = format!(
            "`text`, `bytes`, a scalar, its array (`i64s`), or an enum or struct of such{hint}"
        );
        return unexpected(of, "what a pattern is of", &expected);
    };
    Ok(value)
}

/// Arguments with each `{each: PATTERN}` among them in its elements.
pub(super) fn spread_out<'n>(
    items: &'n [Node],
    declarations: &Declarations,
) -> Result<Vec<(&'n Node, Option<HostValue>)>, Fault> {
    let mut arguments = Vec::with_capacity(items.len());
    for item in items {
        let pattern = match &item.content {
            Content::Map(entries) if entries.len() == 1 && entries[0].key == "each" => {
                &entries[0].value
            }
            _ => {
                arguments.push((item, None));
                continue;
            }
        };
        let HostValue::Vector(elements) = value(pattern, declarations)? else {
            return unexpected(pattern, "`each`", "a pattern of a scalar, an enum or a struct");
        };
        arguments.extend(elements.into_iter().map(|element| (item, Some(element))));
    }
    Ok(arguments)
}

fn number(node: &Node) -> Result<usize, Fault> {
    let found = node.plain().and_then(numbers::integer);
    match found.and_then(|number| usize::try_from(number).ok()).filter(|number| *number <= MOST) {
        Some(number) => Ok(number),
        None => unexpected(node, "a pattern's number", &format!("an integer from 0 to {MOST}")),
    }
}

fn letter(at: usize) -> char {
    char::from(b'a' + (at % 26) as u8)
}

fn array(scalar: Scalar, places: impl ExactSizeIterator<Item = usize>) -> HostValue {
    fn of<const N: usize>(scalar: Scalar, places: impl Iterator<Item = usize>) -> Vec<[u8; N]> {
        let element = |at| bits(scalar, at).to_le_bytes().first_chunk().copied();
        places.filter_map(element).collect()
    }
    let bytes = match scalar.size() {
        1 => of::<1>(scalar, places).into_flattened(),
        2 => of::<2>(scalar, places).into_flattened(),
        4 => of::<4>(scalar, places).into_flattened(),
        8 => of::<8>(scalar, places).into_flattened(),
        _ => of::<16>(scalar, places).into_flattened(),
    };
    HostValue::Array(scalar, bytes)
}

/// Element `at` of a scalar's pattern. What is narrow goes round with a period that is no power of two, or
/// a piece of it would look like the piece a page further.
fn bits(scalar: Scalar, at: usize) -> u128 {
    let width = scalar.size() as u32 * 8;
    match scalar.class() {
        Class::Bool => u128::from(spread(8, at).is_multiple_of(2)),
        Class::Integer { signed, .. } => {
            let all = u128::MAX >> (128 - width);
            match (at, signed) {
                (0, true) => all >> 1,
                (0, false) => all,
                (1, true) => (all >> 1) + 1,
                (1, false) => 0,
                _ => spread(width, at) as u128 & all,
            }
        }
        Class::Float(format) => {
            let special = |value| {
                contract::float::bits(format, &HostValue::double(value)).unwrap_or_default()
            };
            match at {
                0 => special(-0.0),
                1 => special(f64::INFINITY),
                _ => half_above(at, format),
            }
        }
    }
}

/// The bits of `at` and a half, rounded to nearest with ties to even: [`contract::float::bits`] takes thousands of
/// times as long.
fn half_above(at: usize, format: Format) -> u128 {
    let (precision, exponent_bits) = match format {
        Format::F16 => (11, 5),
        Format::F32 => (24, 8),
        Format::F64 => (53, 11),
        Format::F80 => (64, 15),
        Format::F128 => (113, 15),
    };
    let halves = 2 * at as u128 + 1;
    let top = halves.ilog2();
    let mut exponent = u128::from(top) - 1 + ((1 << (exponent_bits - 1)) - 1);
    let mut significand = match top.checked_sub(precision - 1) {
        None | Some(0) => halves << (precision - 1 - top),
        Some(dropped) => {
            let (kept, rest) = (halves >> dropped, halves & ((1 << dropped) - 1));
            let tie = 1 << (dropped - 1);
            kept + u128::from(rest > tie || (rest == tie && kept & 1 == 1))
        }
    };
    if significand >> precision == 1 {
        (significand, exponent) = (significand >> 1, exponent + 1);
    }
    let all = (1 << exponent_bits) - 1;
    if exponent >= all {
        (significand, exponent) = (1 << (precision - 1), all);
    }
    // Of :f80 alone the integer bit is stored.
    let stored = if matches!(format, Format::F80) { precision } else { precision - 1 };
    exponent << stored | significand & ((1 << stored) - 1)
}

fn spread(width: u32, at: usize) -> usize {
    match width {
        8 => at + (at >> 8) + (at >> 16),
        16 => at + (at >> 16),
        _ => at,
    }
}

/// The same as it comes back.
fn returned(scalar: Scalar, at: usize) -> HostValue {
    let bits = bits(scalar, at);
    match scalar.class() {
        Class::Bool => HostValue::Boolean(bits != 0),
        Class::Float(Format::F80 | Format::F128) => HostValue::Extended(scalar, bits),
        Class::Float(format) => HostValue::Double(contract::float::widened(format, bits as u64)),
        Class::Integer { signed: false, .. } => shortest(bits),
        Class::Integer { signed: true, .. } => {
            let spare = 128 - scalar.size() as u32 * 8;
            shortest((bits << spare) as i128 >> spare)
        }
    }
}

/// [`integer_value`](super::values::integer_value) of millions of integers, which are seldom big.
fn shortest(value: impl Copy + TryInto<i64> + Into<BigInt>) -> HostValue {
    value.try_into().map_or_else(|_| HostValue::Big(value.into()), HostValue::Long)
}

/// Item `at`: an enum's members in turn, a struct with `at` in every field, a string of `at` modulo 4
/// letters. `None` for what has no pattern.
fn item(of: &Type, at: usize, declarations: &Declarations) -> Option<HostValue> {
    match of {
        Type::Scalar(scalar) => Some(returned(*scalar, at)),
        Type::String => Some(HostValue::Text((0..at % 4).map(letter).collect())),
        Type::Named(name) => match &declarations.get(name)?.kind {
            NamedKind::Enum { members, .. } => {
                let member = members.get(at % members.len().max(1))?;
                Some(HostValue::Keyword(member.name.clone()))
            }
            NamedKind::Struct { arrangement: Arrangement::Union, .. } => None,
            NamedKind::Struct { record, fields, .. } => {
                let entries = fields
                    .iter()
                    .map(|field| Some((field.name.clone(), item(&field.of, at, declarations)?)))
                    .collect::<Option<_>>()?;
                Some(if *record {
                    HostValue::Record(name.clone(), entries)
                } else {
                    HostValue::Map(entries)
                })
            }
            NamedKind::Iterator { .. } => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::yaml;
    use super::*;

    #[test]
    fn a_half_above_is_what_the_contract_rounds_to() {
        for scalar in Scalar::ALL {
            let Some(format) = scalar.format() else { continue };
            for at in (2..70).chain([
                1023,
                1024,
                2047,
                2048,
                4095,
                65_503,
                65_504,
                65_520,
                65_536,
                1 << 20,
            ]) {
                let double = HostValue::double(at as f64 + 0.5);
                let due = contract::float::bits(format, &double);
                assert_eq!(Some(half_above(at, format)), due, "{at} and a half as {scalar}");
            }
        }
    }

    fn read(text: &str) -> Result<HostValue, String> {
        let declarations =
            "(defenumz Hue {:backing :u8} [red 0 blue 1]) (defrecordz At [x :f32 h Hue s :string])
            (deftypez Loose [xs [:slice :i8]])";
        let declarations = Declarations::read(declarations).expect("valid");
        value(&yaml::parse(text).expect("YAML"), &declarations)
            .map_err(|fault| fault.problem.to_string())
    }

    #[test]
    fn patterns_are_those_of_the_fixtures() {
        let longs =
            |all: &[i64]| HostValue::Vector(all.iter().copied().map(HostValue::Long).collect());
        assert_eq!(read("{pattern: 4, of: i8}"), Ok(longs(&[127, -128, 2, 3])));
        assert_eq!(read("{pattern: 2, of: i16, from: 255}"), Ok(longs(&[255, 256])));
        assert_eq!(read("{pattern: 2, of: u8, from: 255}"), Ok(longs(&[255, 1])));
        assert_eq!(read("{pattern: 3, of: text, from: 25}"), Ok(HostValue::Text("zab".into())));
        assert_eq!(
            read("{pattern: 3, of: u8s, reversed: true}"),
            Ok(HostValue::Array(Scalar::U8, vec![2, 0, 255]))
        );
        let record = HostValue::Record(
            "At".into(),
            vec![
                ("x".into(), HostValue::double(5.5)),
                ("h".into(), HostValue::Keyword("blue".into())),
                ("s".into(), HostValue::Text("a".into())),
            ],
        );
        assert_eq!(read("{pattern: 1, from: 5, of: At}"), Ok(HostValue::Vector(vec![record])));
    }

    #[test]
    fn patterns_take_no_more_memory_than_a_file_may() {
        let doubling: String =
            (0..60).map(|n| format!("(deftypez A{} [a A{n} b A{n}])", n + 1)).collect();
        let declarations = Declarations::read(&format!("(deftypez A0 [x :u8]){doubling}"));
        let declarations = declarations.expect("valid");
        let bounded = |text: &str| bounded([&yaml::parse(text).expect("YAML")], &declarations);
        let large = "{args: [{pattern: 2097152, of: u128s}, {each: {pattern: 1048577, of: u8}}]}";
        assert!(bounded(large).is_ok());
        let many =
            |of: &str| format!("[{}]", format!("{{pattern: 2097152, of: {of}}},").repeat(20));
        assert!(bounded(&many("text")).is_ok());
        for of in ["u128s", "u8", "A0"] {
            let fault = bounded(&many(of)).expect_err(of);
            assert!(fault.problem.to_string().contains("512 MiB"), "{of}");
        }
        assert!(bounded("{pattern: 1, of: A3}").is_ok());
        assert!(bounded("{pattern: 1, of: A60}").is_err());
    }

    #[test]
    fn what_is_no_pattern_is_said() {
        for (text, expected) in [
            ("{pattern: -1, of: i8}", "an integer from 0 to 2097152"),
            ("{pattern: 1, of: i9s}", "`text`, `bytes`, a scalar"),
            ("{pattern: 1, of: Loose}", "an enum or struct of such"),
            ("{pattern: 1, of: i8, reversed: false}", "`true`, or nothing"),
            ("{pattern: 1}", "of"),
        ] {
            let problem = read(text).expect_err("no pattern");
            assert!(problem.contains(expected), "{text}: {problem}");
        }
    }
}
