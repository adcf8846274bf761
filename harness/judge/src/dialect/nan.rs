//! Comparisons in which every NaN is the same: all of them under D-6, those of one sign where a payload is
//! not promised (C-3, R-3).

use contract::HostValue;
use contract::{ArgumentKind, Class, Declarations, Format, Named, Scalar, Type};
use corpus::case::{Arrival, Leeway, Step};
use subject::evidence::Item;

/// Whether two host values are one but for such bits of NaNs as the leeway leaves open, by a comparison of
/// what is left.
pub fn same_but_nans(
    expected: &HostValue,
    observed: &HostValue,
    leeway: &Leeway,
    same: fn(&HostValue, &HostValue) -> bool,
) -> bool {
    let but = |open| same(&canonical(expected, open), &canonical(observed, open));
    same(expected, observed)
        || leeway.any_nan && but(Open::All)
        || leeway.any_payload && but(Open::Payload)
}

/// What came back, with the payload that was expected of each NaN of its sign that comes back as an `:f16` or
/// `:f32`: R-3 promises their sign alone, whatever else comes with them.
pub fn with_narrow_payloads(
    of: &Type,
    expected: &HostValue,
    observed: &HostValue,
    declarations: &Declarations,
) -> HostValue {
    let one = |of: &Type, expected: &HostValue, observed: &HostValue| {
        with_narrow_payloads(of, expected, observed, declarations)
    };
    let field = |named: &str, (key, observed): &(String, HostValue)| {
        let fields = declarations.fields(named).unwrap_or_default();
        let field = fields.iter().find(|field| field.name == *key);
        let known = field.zip(expected.field(key));
        let value = known.map(|(field, expected)| one(&field.of, expected, observed));
        (key.clone(), value.unwrap_or_else(|| observed.clone()))
    };
    match (of, expected, observed) {
        (Type::Scalar(Scalar::F16 | Scalar::F32), HostValue::Double(_), HostValue::Double(_)) => {
            let alike = [expected, observed].map(|value| canonical(value, Open::Payload));
            let alike = is_nan_value(expected) && alike[0] == alike[1];
            if alike { expected.clone() } else { observed.clone() }
        }
        (
            Type::Optional(of)
            | Type::Owned(of)
            | Type::Borrowed(of)
            | Type::ByValue(of)
            | Type::InOut(of)
            | Type::ErrorUnion { of, .. }
            | Type::Pointer { of, .. },
            ..,
        ) => one(of, expected, observed),
        (
            Type::Slice { of, .. }
            | Type::Array { of, .. }
            | Type::Counted { of, .. }
            | Type::Stream { of, .. },
            HostValue::Vector(due),
            HostValue::Vector(values),
        ) if due.len() == values.len() => {
            let pairs = due.iter().zip(values);
            HostValue::Vector(pairs.map(|(due, value)| one(of, due, value)).collect())
        }
        (Type::Results(parts), HostValue::Vector(due), HostValue::Vector(values))
            if [due.len(), values.len()] == [parts.len(); 2] =>
        {
            let pairs = parts.iter().zip(due.iter().zip(values));
            HostValue::Vector(pairs.map(|(of, (due, value))| one(of, due, value)).collect())
        }
        (Type::Named(named), _, HostValue::Map(map)) => {
            HostValue::Map(map.iter().map(|entry| field(named, entry)).collect())
        }
        (Type::Named(named), _, HostValue::Record(name, map)) => {
            let map = map.iter().map(|entry| field(named, entry)).collect();
            HostValue::Record(name.clone(), map)
        }
        _ => observed.clone(),
    }
}

/// Which bits of a NaN mean nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    All,
    Payload,
}

/// Whether a carrier arrived as it may under the step's leeway, where it is not what was expected.
pub fn arrived(
    step: &Step,
    place: usize,
    expected: &Arrival,
    item: &Item,
    declarations: &Declarations,
) -> bool {
    if step.leeway.either_truth {
        return matches!(item, Item::Integer(0 | 1));
    }
    if !step.leeway.any_nan && !step.leeway.any_payload {
        return false;
    }
    match (expected, item) {
        // In memory the model leaves open what a NaN of another format comes to.
        (Arrival::Float(scalar, bits), Item::Float(observed, size)) if !step.leeway.any_nan => {
            let both = [*bits, *observed].map(HostValue::Double);
            *size == scalar.size()
                && *scalar == Scalar::F64
                && canonical(&both[0], Open::Payload) == canonical(&both[1], Open::Payload)
        }
        _ if !step.leeway.any_nan => false,
        (Arrival::Float(scalar, bits), Item::Float(observed, size)) => {
            let both = [u128::from(*bits), u128::from(*observed)];
            *size == scalar.size() && both.iter().all(|bits| is_nan(*scalar, *bits))
        }
        (Arrival::Memory(bytes), Item::Memory(kept, full)) => {
            let Some(of) = memory_at(step, place) else { return false };
            if bytes.len() != *full {
                return false;
            }
            let mut observed = kept.clone();
            // A byte that nobody can know is what it was.
            let known = |(octet, seen): (&Option<u8>, &u8)| octet.unwrap_or(*seen);
            let mut expected: Vec<u8> = bytes.iter().zip(kept).map(known).collect();
            quieten_all(&of, &mut expected, declarations);
            quieten_all(&of, &mut observed, declarations);
            expected == observed
        }
        _ => false,
    }
}

/// What the memory of an item is of, by its place among the carriers that arrived.
fn memory_at(step: &Step, place: usize) -> Option<Type> {
    let mut first = 0;
    for argument in &step.function.signature.arguments {
        match &argument.kind {
            ArgumentKind::Plain(of) if first == place => return Some(of.clone()),
            ArgumentKind::Rest(of) if first == place => return Some(Type::Scalar(*of)),
            ArgumentKind::Destructured(fields) => first += fields.len(),
            ArgumentKind::Plain(_) | ArgumentKind::Rest(_) => first += 1,
        }
    }
    None
}

/// Makes every NaN in memory the same, elements one after another. A last element that is cut stays.
fn quieten_all(of: &Type, bytes: &mut [u8], declarations: &Declarations) {
    let element = match of {
        Type::Slice { of, .. }
        | Type::Array { of, .. }
        | Type::Pointer { of, .. }
        | Type::Counted { of, .. } => of,
        Type::Optional(of) | Type::ByValue(of) | Type::InOut(of) => {
            return quieten_all(of, bytes, declarations);
        }
        of => of,
    };
    // One alone is seen without its padding.
    let size = match element {
        Type::Scalar(scalar) if bytes.len() == scalar.significant_bytes() => bytes.len(),
        element => size(element, declarations),
    };
    if size > 0 {
        bytes.chunks_exact_mut(size).for_each(|bytes| quieten(element, bytes, declarations));
    }
}

/// Bytes from one element to the next; 0 of what holds no float.
fn size(of: &Type, declarations: &Declarations) -> usize {
    match of {
        Type::Scalar(scalar) => scalar.size(),
        Type::Named(name) => {
            declarations.struct_layout(name).map_or(0, |layout| layout.layout.size)
        }
        _ => 0,
    }
}

fn quieten(of: &Type, bytes: &mut [u8], declarations: &Declarations) {
    match of {
        Type::Scalar(scalar) if scalar.is_float() => {
            let mut wide = [0; 16];
            let held = scalar.significant_bytes();
            wide[..held].copy_from_slice(&bytes[..held]);
            if is_nan(*scalar, u128::from_le_bytes(wide)) {
                bytes[..held].fill(0xff);
            }
        }
        Type::Array { length, of } => {
            let memory = size(of, declarations) * *length as usize;
            quieten_all(of, &mut bytes[..memory], declarations);
        }
        Type::Named(name) => {
            let (Some(layout), Some(fields)) =
                (declarations.struct_layout(name), declarations.fields(name))
            else {
                return;
            };
            // What is a NaN to one member of a union is a number to another.
            if declarations.get(name).is_some_and(Named::is_union) {
                return;
            }
            for (field, offset) in fields.iter().zip(&layout.offsets) {
                quieten(&field.of, &mut bytes[*offset..], declarations);
            }
        }
        _ => {}
    }
}

/// Whether a value is a NaN.
pub(super) fn is_nan_value(value: &HostValue) -> bool {
    match value {
        HostValue::Double(bits) => is_nan(Scalar::F64, u128::from(*bits)),
        HostValue::Extended(scalar, bits) => is_nan(*scalar, *bits),
        _ => false,
    }
}

/// A value with every NaN the same.
fn canonical(value: &HostValue, open: Open) -> HostValue {
    let entries = |entries: &[(String, HostValue)]| {
        entries.iter().map(|(key, value)| (key.clone(), canonical(value, open))).collect()
    };
    match value {
        HostValue::Double(bits) if is_nan(Scalar::F64, u128::from(*bits)) => {
            let sign = if open == Open::Payload { bits >> 63 << 63 } else { 0 };
            HostValue::Double(sign | f64::NAN.to_bits())
        }
        HostValue::Extended(scalar, bits) if is_nan(*scalar, *bits) => {
            let signed = bits >> (scalar.significant_bytes() * 8 - 1) & 1;
            let sign = if open == Open::Payload { signed } else { 0 };
            // Neither is a number of any format.
            HostValue::Extended(*scalar, u128::MAX - u128::from(open == Open::Payload) + sign)
        }
        HostValue::Array(element, bytes)
            if matches!(element, Scalar::F16 | Scalar::F32)
                || open == Open::All && element.is_float() =>
        {
            let mut bytes = bytes.clone();
            let none = Declarations::new();
            for element_bytes in bytes.chunks_exact_mut(element.size()) {
                let sign = element_bytes.last().map_or(0, |last| last & 0x80);
                quieten(&Type::Scalar(*element), element_bytes, &none);
                if let (Open::Payload, Some(last)) = (open, element_bytes.last_mut()) {
                    *last = *last & 0x7f | sign;
                }
            }
            HostValue::Array(*element, bytes)
        }
        HostValue::Vector(values) => {
            HostValue::Vector(values.iter().map(|value| canonical(value, open)).collect())
        }
        HostValue::Map(map) => HostValue::Map(entries(map)),
        HostValue::Record(name, map) => HostValue::Record(name.clone(), entries(map)),
        value => value.clone(),
    }
}

/// Whether bits of a float format are no number (IEEE 754-2019, 3.4; for `:f80` the Intel manual, 4.2.2
/// and table 8-3).
fn is_nan(scalar: Scalar, bits: u128) -> bool {
    match scalar.class() {
        Class::Float(Format::F80) => {
            let (exponent, significand) = (bits >> 64 & 0x7fff, bits as u64);
            let integer_bit = significand >> 63 == 1;
            exponent != 0 && !integer_bit || exponent == 0x7fff && significand << 1 != 0
        }
        Class::Float(format) => {
            let magnitude = bits & ((1 << (format.bits() - 1)) - 1);
            magnitude > ((1 << format.exponent_bits()) - 1) << format.fraction_bits()
        }
        Class::Integer { .. } | Class::Bool => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nans_are_told_from_infinities() {
        for (scalar, nan, infinity) in [
            (Scalar::F16, 0x7c01_u128, 0xfc00_u128),
            (Scalar::F32, 0xff80_0001, 0x7f80_0000),
            (Scalar::F64, 0x7ff8 << 48, 0xfff0 << 48),
            (Scalar::F80, 0x7fff_c000 << 48, 0x7fff_8000 << 48),
            (Scalar::F128, 0x7fff8 << 108, 0x7fff << 112),
        ] {
            assert!(is_nan(scalar, nan), "{scalar} {nan:#x}");
            assert!(!is_nan(scalar, infinity), "{scalar} {infinity:#x}");
        }
        assert!(!is_nan(Scalar::I64, u128::MAX));
    }

    #[test]
    fn of_a_narrow_nan_the_payload_is_open_and_no_other() {
        let declarations =
            Declarations::read("(deftypez S [a :f16 b [:array 1 :f32] c :f64])").expect("valid");
        let of = Type::Named("S".into());
        let nan = f64::NAN.to_bits();
        let value = |[a, b, c]: [u64; 3]| {
            let entry = |name: &str, value| (String::from(name), value);
            HostValue::Map(vec![
                entry("a", HostValue::Double(a)),
                entry("b", HostValue::Vector(vec![HostValue::Double(b)])),
                entry("c", HostValue::Double(c)),
            ])
        };
        let expected = value([nan | 1 << 42, nan | 1 << 29, nan | 1]);
        for (observed, holds) in [
            ([nan, nan, nan | 1], true),
            ([nan, nan, nan], false),
            ([nan | 1 << 63, nan, nan | 1], false),
            ([nan, nan | 1 << 63, nan | 1], false),
            ([0x7ff0 << 48, nan, nan | 1], false),
        ] {
            let narrow = with_narrow_payloads(&of, &expected, &value(observed), &declarations);
            assert_eq!(narrow == expected, holds, "{observed:x?}");
        }
    }

    #[test]
    fn values_that_differ_in_more_than_nans_are_different() {
        let same_but_nans = |a: &HostValue, b: &HostValue, any_payload: bool| {
            let leeway = Leeway { any_payload, any_nan: !any_payload, ..Leeway::default() };
            same_but_nans(a, b, &leeway, |a, b| a == b)
        };
        let vector = |bits: &[u64]| {
            HostValue::Vector(bits.iter().map(|bits| HostValue::Double(*bits)).collect())
        };
        let (quiet, negative) = (0x7ff8_u64 << 48, 0xfff0_u64 << 48 | 1);
        assert!(same_but_nans(&vector(&[quiet, 0]), &vector(&[negative, 0]), false));
        assert!(!same_but_nans(&vector(&[quiet, 0]), &vector(&[negative, 1]), false));
        assert!(!same_but_nans(&vector(&[quiet]), &vector(&[0x7ff0 << 48]), false));
        let array = |bits: [u32; 2]| {
            HostValue::Array(Scalar::F32, bits.iter().flat_map(|b| b.to_le_bytes()).collect())
        };
        assert!(same_but_nans(&array([0x7fc0_0001, 1]), &array([0xff80_0001, 1]), false));
        assert!(!same_but_nans(&array([0x7fc0_0001, 1]), &array([0xff80_0001, 2]), false));
        // By sign alone.
        let extended = |bits| HostValue::Extended(Scalar::F80, bits);
        let infinity = 0x7fff_8000_u128 << 48;
        assert!(same_but_nans(&extended(infinity | 1), &extended(infinity | 7), true));
        assert!(!same_but_nans(&extended(infinity | 1), &extended(infinity | 1 << 79 | 1), true));
        assert!(!same_but_nans(&extended(infinity | 1), &extended(infinity), true));
        let payload = quiet | 0xbeef << 42;
        assert!(same_but_nans(&vector(&[quiet, 0]), &vector(&[payload, 0]), true));
        assert!(!same_but_nans(&vector(&[quiet, 0]), &vector(&[negative, 0]), true));
        assert!(same_but_nans(&array([0x7fc0_0001, 1]), &array([0x7f80_0001, 1]), true));
        assert!(!same_but_nans(&array([0x7fc0_0001, 1]), &array([0xff80_0001, 1]), true));
        assert!(!same_but_nans(&array([0x7fc0_0001, 1]), &array([0x7f80_0000, 1]), true));
    }
}
