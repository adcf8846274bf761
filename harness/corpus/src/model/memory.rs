//! What a value is in memory: elements, fields and `Wire(S)` (L-9, L-17 to L-19).

use contract::HostValue;
use contract::float::{self, Expected};
use contract::{Class, Declarations, NamedKind, Scalar, Type};

use crate::case::Octets;

/// The bytes of a scalar; of a float that is any NaN, only what all of them share.
pub(super) fn scalar(of: Scalar, value: &HostValue) -> Option<Octets> {
    if let Some(format) = of.format() {
        let size = of.significant_bytes();
        let mut octets: Octets = match float::expected(format, value)? {
            Expected::Bits(bits) => known(&bits.to_le_bytes()[..size]),
            Expected::Nan { .. } => unknown(size),
        };
        octets.resize(of.size(), None);
        return Some(octets);
    }
    let number = integer(of, value)?;
    Some(known(&number[..of.size()]))
}

/// An integer or bool in two's complement, whatever its host representation (C-1, C-4).
pub(super) fn integer(of: Scalar, value: &HostValue) -> Option<[u8; 16]> {
    match (of.class(), value) {
        (Class::Bool, HostValue::Boolean(value)) => Some(u128::from(*value).to_le_bytes()),
        (Class::Bool | Class::Float(_), _) => None,
        (Class::Integer { .. }, HostValue::Double(bits)) => {
            let double = f64::from_bits(*bits);
            let whole = double.fract() == 0.0;
            // A cast of a negative number to an unsigned type would clamp it.
            let bits = if double < 0.0 { double as i128 as u128 } else { double as u128 };
            whole.then(|| bits.to_le_bytes())
        }
        (Class::Integer { .. }, value) => {
            let value = value.as_integer()?;
            let bytes = i128::try_from(&value).map(i128::to_le_bytes);
            bytes.or_else(|_| u128::try_from(&value).map(u128::to_le_bytes)).ok()
        }
    }
}

/// The number of an enum's member.
pub(super) fn member(
    name: &str,
    value: &HostValue,
    declarations: &Declarations,
) -> Option<(Scalar, i128)> {
    let HostValue::Keyword(keyword) = value else { return None };
    let (backing, members) = declarations.enumeration(name)?;
    let found = members.iter().find(|candidate| candidate.name == *keyword)?;
    Some((backing, found.value))
}

/// The elements of a typed array or vector, one after another.
pub(super) fn row(of: &Type, value: &HostValue, declarations: &Declarations) -> Option<Octets> {
    match (of, value) {
        (Type::Scalar(of), HostValue::Array(element, bytes)) if of == element => {
            Some(elements(*of, bytes))
        }
        (_, HostValue::Vector(values)) => {
            let mut octets = Octets::new();
            for value in values {
                octets.extend(item(of, value, declarations)?);
            }
            Some(octets)
        }
        _ => None,
    }
}

/// The bytes of a typed array; an 80-bit float ends in padding, which nobody can know.
pub(super) fn elements(of: Scalar, bytes: &[u8]) -> Octets {
    let mut octets = known(bytes);
    for element in octets.chunks_mut(of.size()) {
        element[of.significant_bytes()..].fill(None);
    }
    octets
}

/// One item in memory: a scalar, an enum, `Wire(S)`, an array, or a buffer's address and length.
pub(super) fn item(of: &Type, value: &HostValue, declarations: &Declarations) -> Option<Octets> {
    match of {
        Type::Scalar(of) => scalar(*of, value),
        Type::Named(name) => match declarations.get(name)?.kind {
            NamedKind::Enum { .. } => {
                let (backing, number) = member(name, value, declarations)?;
                Some(known(&number.to_le_bytes()[..backing.size()]))
            }
            _ => structure(name, value, declarations),
        },
        Type::Array { of, .. } => row(of, value, declarations),
        Type::Owned(of) | Type::Borrowed(of) | Type::ByValue(of) => item(of, value, declarations),
        Type::String | Type::Bytes | Type::Slice { .. } => {
            let word = Scalar::Usize.size();
            let mut octets = unknown(word);
            octets.extend(known(&length(value)?.to_le_bytes()[..word]));
            Some(octets)
        }
        _ => None,
    }
}

/// `Wire(S)`: fields at their offsets, and between them padding, which nobody can know.
fn structure(name: &str, value: &HostValue, declarations: &Declarations) -> Option<Octets> {
    let layout = declarations.struct_layout(name)?;
    let mut octets = unknown(layout.layout.size);
    let union = declarations.get(name)?.is_union();
    for (field, offset) in declarations.fields(name)?.iter().zip(&layout.offsets) {
        let value = match value.field(&field.name) {
            // What of a union the one that is set does not reach is padding (G-4).
            None if union => continue,
            value => value?,
        };
        let bytes = item(&field.of, value, declarations)?;
        octets[*offset..*offset + bytes.len()].copy_from_slice(&bytes);
    }
    Some(octets)
}

/// The elements a buffer's length counts.
fn length(value: &HostValue) -> Option<u64> {
    let count = match value {
        HostValue::Text(text) => text.len(),
        HostValue::Bytes(bytes) => bytes.len(),
        HostValue::Array(of, bytes) => bytes.len() / of.size(),
        HostValue::Vector(values) => values.len(),
        _ => return None,
    };
    Some(count as u64)
}

pub(super) fn known(bytes: &[u8]) -> Octets {
    bytes.iter().copied().map(Some).collect()
}

fn unknown(count: usize) -> Octets {
    vec![None; count]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn octets(text: &str) -> Octets {
        text.split(' ').map(|pair| u8::from_str_radix(pair, 16).ok()).collect()
    }

    fn map(entries: &[(&str, HostValue)]) -> HostValue {
        HostValue::Map(entries.iter().map(|(key, value)| ((*key).into(), value.clone())).collect())
    }

    #[test]
    fn a_struct_has_its_fields_at_their_offsets_and_padding_between() {
        let declarations = Declarations::read(
            "(defenumz Hue {:backing :u16} [red 513])
             (deftypez In [hue Hue])
             (deftypez S [a :u8 b :i32 in In name :string tags [:array 2 :i8]])",
        )
        .unwrap();
        let value = map(&[
            ("tags", HostValue::Array(Scalar::I8, vec![1, 0xff])),
            ("name", HostValue::Text("é".into())),
            ("in", map(&[("hue", HostValue::Keyword("red".into()))])),
            ("b", HostValue::Long(-2)),
            ("a", HostValue::double(7.0)),
        ]);
        let expected = "07 .. .. .. fe ff ff ff 01 02 .. .. .. .. .. .. \
                        .. .. .. .. .. .. .. .. 02 00 00 00 00 00 00 00 \
                        01 ff .. .. .. .. .. ..";
        let bytes = item(&Type::Named("S".into()), &value, &declarations);
        assert_eq!(bytes, Some(octets(expected)));
        let short = map(&[("a", HostValue::Long(1))]);
        assert_eq!(item(&Type::Named("S".into()), &short, &declarations), None);
    }

    #[test]
    fn wide_scalars_fill_sixteen_bytes_or_ten() {
        let most = HostValue::Big((num_bigint::BigInt::from(1) << 128) - 1);
        assert_eq!(scalar(Scalar::U128, &most), Some(known(&[0xff; 16])));
        let minus_one = scalar(Scalar::I128, &HostValue::Long(-1));
        assert_eq!(minus_one, Some(known(&[0xff; 16])));
        let one = scalar(Scalar::F80, &HostValue::double(1.0));
        assert_eq!(one, Some(octets("00 00 00 00 00 00 00 80 ff 3f .. .. .. .. .. ..")));
        let minus_one = integer(Scalar::U64, &HostValue::double(18_446_744_073_709_549_568.0));
        assert_eq!(minus_one.map(u128::from_le_bytes), Some(18_446_744_073_709_549_568));
    }
}
