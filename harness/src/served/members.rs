//! Structs by value of the suite's own library at wire level: how libffi is told of them, and their members in memory
//! (G-1).

use subject::protocol::aggregates::{CValue, ValueType};
use system_libffi::Form;

use super::native;
use super::wire::{text, word};

/// What libffi is told of a type: an array is its elements, as many members.
///
/// # Errors
/// What it cannot call, for people.
pub(super) fn form(of: &ValueType) -> Result<Form, String> {
    Ok(match of {
        ValueType::Carrier(of) => Form::Scalar(native::described(*of)?),
        ValueType::Struct { members } => {
            Form::Struct(members.iter().map(form).collect::<Result<_, _>>()?)
        }
        ValueType::Array { array: (length, of) } => Form::Struct(vec![form(of)?; length.index()]),
    })
}

/// Size and alignment, as C has them.
pub(super) fn layout(of: &ValueType) -> (usize, usize) {
    match of {
        ValueType::Carrier(of) => {
            let size = of.scalar().map_or(size_of::<usize>(), |scalar| scalar.size());
            (size, size)
        }
        ValueType::Struct { members } => {
            let (mut size, mut alignment) = (0_usize, 1);
            for (inner, own) in members.iter().map(layout) {
                size = size.next_multiple_of(own) + inner;
                alignment = alignment.max(own);
            }
            (size.next_multiple_of(alignment), alignment)
        }
        ValueType::Array { array: (length, of) } => {
            let (size, alignment) = layout(of);
            (size * length.index(), alignment)
        }
    }
}

/// The types within one, each with its place in it.
fn parts(of: &ValueType) -> Vec<(usize, &ValueType)> {
    let mut end = 0_usize;
    let mut place = |of| {
        let (size, alignment) = layout(of);
        let at = end.next_multiple_of(alignment);
        end = at + size;
        (at, of)
    };
    match of {
        ValueType::Carrier(_) => Vec::new(),
        ValueType::Struct { members } => members.iter().map(place).collect(),
        ValueType::Array { array: (length, of) } => {
            (0..length.index()).map(|_| place(of)).collect()
        }
    }
}

/// Writes a value where it lies; `None` for what is none of the type's.
pub(super) fn write(of: &ValueType, value: &CValue, bytes: &mut [u8]) -> Option<()> {
    match (of, value) {
        (ValueType::Carrier(of), CValue::Text(text)) => {
            let word = word(*of, text)?.to_le_bytes();
            bytes.copy_from_slice(word.get(..bytes.len())?);
            Some(())
        }
        (ValueType::Carrier(_), _) | (_, CValue::Text(_)) => None,
        (of, CValue::Members(values)) => {
            let parts = parts(of);
            (parts.len() == values.len()).then_some(())?;
            parts.into_iter().zip(values).try_for_each(|((at, of), value)| {
                write(of, value, bytes.get_mut(at..at + layout(of).0)?)
            })
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
        of => {
            let part = |(at, of): (usize, &ValueType)| read(of, &bytes[at..at + layout(of).0]);
            CValue::Members(parts(of).into_iter().map(part).collect())
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
        assert_eq!(layout(&of), (40, 8));
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
