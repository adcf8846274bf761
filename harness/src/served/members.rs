//! Structs by value of the suite's own library at wire level: how libffi is told of them, and their members in memory
//! (G-1).

use std::ops::Range;

use contract::{Layout, StructLayout};
use subject::protocol::aggregates::{CValue, ValueType, WideType};
use system_libffi::Form;

use super::native;
use super::wire::{text, word};

/// What libffi is told of a type: an array is its elements, as many members, and a complex number a struct of its parts.
///
/// # Errors
/// What it cannot call, for people.
pub(super) fn form(of: &ValueType) -> Result<Form, String> {
    let members = || of.members().iter().map(form).collect::<Result<Vec<_>, _>>();
    Ok(match of {
        ValueType::Carrier(of) => Form::Scalar(native::described(*of)?),
        ValueType::Wide(WideType::F80) => Form::LongDouble,
        ValueType::Wide(WideType::I128 | WideType::U128) => Form::Int128,
        ValueType::Packed { .. } => Form::Packed(members()?),
        ValueType::Union { .. } => Form::Union(members()?),
        ValueType::Struct { .. } | ValueType::Complex { .. } => Form::Struct(members()?),
        ValueType::Array { array: (length, of) } => Form::Struct(vec![form(of)?; length.index()]),
    })
}

/// Size and alignment, as C has them; `None` of what no memory could hold.
pub(super) fn layout(of: &ValueType) -> Option<Layout> {
    match of {
        ValueType::Carrier(of) => Some(of.scalar().map_or_else(Layout::word, Layout::of_scalar)),
        ValueType::Wide(of) => Some(Layout::of_scalar(of.scalar())),
        of => {
            let members = of.members();
            let laid = StructLayout::arranged(of.arrangement(), members.iter().map(layout));
            laid.ok().map(|all| all.layout)
        }
    }
}

/// The types within one, each with the bytes that it lies in.
fn parts(of: &ValueType) -> Option<Vec<(Range<usize>, ValueType)>> {
    let types = of.members();
    let layouts: Vec<Option<Layout>> = types.iter().map(layout).collect();
    let laid = StructLayout::arranged(of.arrangement(), layouts.iter().copied()).ok()?;
    let places = laid.offsets.into_iter().zip(layouts.into_iter().flatten());
    let places = places.map(|(at, layout)| at..at + layout.size);
    Some(places.zip(types).collect())
}

/// Writes a value where it lies; `None` for what is none of the type's.
pub(super) fn write(of: &ValueType, value: &CValue, bytes: &mut [u8]) -> Option<()> {
    match (of, value) {
        (ValueType::Carrier(of), CValue::Text(text)) => {
            let word = word(*of, text)?.to_le_bytes();
            bytes.copy_from_slice(word.get(..bytes.len())?);
            Some(())
        }
        (ValueType::Wide(of), CValue::Text(text)) => {
            let bits = match of {
                WideType::I128 => text.parse::<i128>().ok()?.cast_unsigned(),
                WideType::U128 => text.parse().ok()?,
                WideType::F80 => u128::from_str_radix(text, 16).ok()?,
            };
            bytes.copy_from_slice(bits.to_le_bytes().get(..bytes.len())?);
            Some(())
        }
        // A member of a union that is not set.
        (_, CValue::Unset) => Some(()),
        (ValueType::Carrier(_) | ValueType::Wide(_), _) | (_, CValue::Text(_)) => None,
        (of, CValue::Members(values)) => {
            let parts = parts(of)?;
            (parts.len() == values.len()).then_some(())?;
            parts
                .into_iter()
                .zip(values)
                .try_for_each(|((place, of), value)| write(&of, value, bytes.get_mut(place)?))
        }
    }
}

/// The value that lies there.
pub(super) fn read(of: &ValueType, bytes: &[u8]) -> CValue {
    match of {
        ValueType::Carrier(of) => {
            let word = bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
            CValue::Text(text(*of, word).unwrap_or_default())
        }
        ValueType::Wide(of) => {
            let bits = bytes.iter().rev().fold(0, |bits, byte| bits << 8 | u128::from(*byte));
            CValue::Text(match of {
                WideType::I128 => bits.cast_signed().to_string(),
                WideType::U128 => bits.to_string(),
                // What ends it is padding.
                WideType::F80 => format!("{:020x}", bits & (u128::MAX >> 48)),
            })
        }
        of => {
            let part = |(place, of): (Range<usize>, ValueType)| read(&of, &bytes[place]);
            CValue::Members(parts(of).unwrap_or_default().into_iter().map(part).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_lie_as_c_has_them_and_are_read_as_they_were_written() {
        let of: ValueType = serde_json::from_str(
            r#"{"struct": ["u8", {"struct": ["f32", "i16"]}, {"array": [2, "i64"]}, "bool"]}"#,
        )
        .expect("a type");
        assert_eq!(layout(&of), Some(Layout { size: 40, alignment: 8 }));
        let value: CValue =
            serde_json::from_str(r#"["255", ["bf800000", "-2"], ["-1", "7"], "1"]"#)
                .expect("a value");
        let mut bytes = vec![0; 40];
        assert_eq!(write(&of, &value, &mut bytes), Some(()));
        assert_eq!(bytes[..10], [255, 0, 0, 0, 0, 0, 0x80, 0xbf, 0xfe, 0xff]);
        assert_eq!((bytes[16], bytes[24], bytes[32]), (255, 7, 1));
        assert_eq!(read(&of, &bytes), value);
        for wrong in [r#"["256", ["bf800000", "-2"], ["-1", "7"], "1"]"#, r#"["1"]"#, r#""1""#] {
            let wrong: CValue = serde_json::from_str(wrong).expect("a value");
            assert_eq!(write(&of, &wrong, &mut bytes), None, "{wrong:?}");
        }
    }
}
