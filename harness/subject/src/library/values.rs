//! Host values as the header's, and back. What a binder gives is checked as far as it can be: kinds,
//! sizes, NULLs, UTF-8, how deep it goes. That an address is readable is the binder's word.

#![expect(unsafe_code, reason = "reads what a binder's reply points to")]

use std::ffi::{CStr, c_char};
use std::marker::PhantomData;

use contract::{HostValue, Scalar, Token};
use num_bigint::{BigInt, Sign};

use super::abi::{Entry, Text, Value, kind};

/// How deep values may stand in one another: no type of a signature goes near it, and a vector that
/// holds itself has no end.
const DEEPEST: usize = 64;

/// Arguments of a call in the header's form, and what they point to.
pub(super) struct Given<'a> {
    pub(super) values: Vec<Value>,
    /// Typed arrays among them: argument, element type, length in bytes, and the memory.
    arrays: Vec<(usize, Scalar, usize, usize)>,
    pointed: Pointed,
    /// Texts and bytes stay where they are.
    arguments: PhantomData<&'a [HostValue]>,
}

/// Memory that values point to. Nothing is taken out of it, so that no address changes.
#[derive(Default)]
pub(super) struct Pointed {
    words: Vec<Vec<u128>>,
    bytes: Vec<Vec<u8>>,
    values: Vec<Vec<Value>>,
    entries: Vec<Vec<Entry>>,
    /// Values of which texts and bytes are where they stand.
    held: Vec<HostValue>,
}

// SAFETY: its pointers lead to memory that it owns, or that whoever had it made keeps for as long; nothing is written there
// but a caller's own arrays, by the one call that they are given to.
unsafe impl Send for Pointed {}

impl Given<'_> {
    pub(super) fn of(arguments: &[HostValue]) -> Given<'_> {
        let mut pointed = Pointed::default();
        let mut values = Vec::with_capacity(arguments.len());
        let mut arrays = Vec::new();
        for (index, argument) in arguments.iter().enumerate() {
            values.push(match argument {
                HostValue::Same(other) => values.get(*other).copied().unwrap_or(Value::NIL),
                argument => pointed.value(argument),
            });
            if let HostValue::Array(element, bytes) | HostValue::View(element, bytes, ..) = argument
            {
                arrays.push((index, *element, bytes.len(), pointed.words.len() - 1));
            }
        }
        Given { values, arrays, pointed, arguments: PhantomData }
    }

    /// The typed arrays as they are now, by argument.
    pub(super) fn arrays(&self) -> Vec<(usize, HostValue)> {
        let array = |(index, element, length, place): &(usize, Scalar, usize, usize)| {
            let words = &self.pointed.words[*place];
            let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
            bytes.truncate(*length);
            (*index, HostValue::Array(*element, bytes))
        };
        self.arrays.iter().map(array).collect()
    }
}

impl Pointed {
    /// Holds a value that one of the header's was made of.
    pub(super) fn hold(&mut self, value: HostValue) {
        self.held.push(value);
    }

    pub(super) fn value(&mut self, value: &HostValue) -> Value {
        match value {
            HostValue::Nil => Value::NIL,
            HostValue::Boolean(value) => {
                let byte = [u8::from(*value), 0, 0, 0, 0, 0, 0, 0];
                Value::word(kind::BOOLEAN, u64::from_ne_bytes(byte))
            }
            HostValue::Long(value) => Value::word(kind::LONG, *value as u64),
            HostValue::Big(value) => self.big(value),
            HostValue::Double(bits) => Value::word(kind::DOUBLE, *bits),
            HostValue::Extended(format, bits) => Value {
                kind: kind::EXTENDED,
                scalar: format.header_number(),
                words: [*bits as u64, (*bits >> 64) as u64, 0, 0],
            },
            HostValue::Keyword(name) => Value::at(kind::KEYWORD, name.as_ptr(), name.len()),
            HostValue::Error(name) => Value::at(kind::ERROR, name.as_ptr(), name.len()),
            HostValue::Text(text) => Value::at(kind::STRING, text.as_ptr(), text.len()),
            HostValue::Utf16(units) => Value::at(kind::UTF16, units.as_ptr(), units.len()),
            HostValue::Bytes(bytes) => Value::at(kind::BYTES, bytes.as_ptr(), bytes.len()),
            HostValue::Array(element, bytes) => self.array(*element, bytes),
            HostValue::View(element, all, first, count) => {
                let whole = self.array(*element, all);
                let first = whole.words[0] + (first * element.size()) as u64;
                Value { words: [first, *count as u64, 0, 0], ..whole }
            }
            // Only an argument itself is one, and those are given where the others are known.
            HostValue::Same(_) => Value::NIL,
            // Those among arguments are put where they belong by who makes the call, and elsewhere there are none.
            HostValue::Function(_) => Value::NIL,
            HostValue::Kept(token) => Value::word(kind::KEPT, token.0),
            HostValue::Vector(items) => {
                let items: Vec<Value> = items.iter().map(|item| self.value(item)).collect();
                let value = Value::at(kind::VECTOR, items.as_ptr(), items.len());
                self.values.push(items);
                value
            }
            HostValue::Map(entries) => self.map(kind::MAP, "", entries),
            HostValue::Record(name, entries) => self.map(kind::RECORD, name, entries),
            HostValue::Handle(token) => Value::word(kind::HANDLE, token.0),
            HostValue::Stream(token) => Value::word(kind::STREAM, token.0),
        }
    }

    fn big(&mut self, value: &BigInt) -> Value {
        let (sign, magnitude) = value.to_bytes_le();
        let mut big = Value::at(kind::BIG, magnitude.as_ptr(), magnitude.len());
        big.words[2] = u64::from(sign == Sign::Minus);
        self.bytes.push(magnitude);
        big
    }

    /// A copy that the callee may write to, aligned for any scalar. It has an address, even when it is
    /// empty.
    fn array(&mut self, element: Scalar, bytes: &[u8]) -> Value {
        let mut words: Vec<u128> = bytes
            .chunks(16)
            .map(|chunk| {
                let mut padded = [0; 16];
                padded[..chunk.len()].copy_from_slice(chunk);
                u128::from_ne_bytes(padded)
            })
            .collect();
        let count = bytes.len() / element.size();
        let value = Value::at(kind::ARRAY, words.as_mut_ptr().cast_const(), count);
        self.words.push(words);
        Value { scalar: element.header_number(), ..value }
    }

    fn map(&mut self, kind: u32, name: &str, entries: &[(String, HostValue)]) -> Value {
        let entry = |(key, value): &(String, HostValue)| Entry {
            key: Text::of(key),
            value: self.value(value),
        };
        let entries: Vec<Entry> = entries.iter().map(entry).collect();
        let mut map = Value::at(kind, entries.as_ptr(), entries.len());
        map.words[2] = name.as_ptr().expose_provenance() as u64;
        map.words[3] = name.len() as u64;
        self.entries.push(entries);
        map
    }
}

fn scalar(number: u32) -> Result<Scalar, String> {
    let known = Scalar::from_header_number(number);
    known.ok_or_else(|| format!("a scalar of number {number}, which is none"))
}

/// A value that a binder gave.
///
/// # Errors
/// What is wrong with it.
///
/// # Safety
/// What it points to is readable for the lengths it says, as the header asks of every reply.
pub(super) unsafe fn host_value(value: &Value) -> Result<HostValue, String> {
    // SAFETY: the caller promises it.
    unsafe { nested(value, DEEPEST, false) }
}

/// A value that a binder is given, in which texts may be the host's own.
///
/// # Errors
/// What is wrong with it.
///
/// # Safety
/// As [`host_value`].
pub(super) unsafe fn given_value(value: &Value) -> Result<HostValue, String> {
    // SAFETY: the caller promises it.
    unsafe { nested(value, DEEPEST, true) }
}

/// # Safety
/// As [`host_value`].
unsafe fn nested(value: &Value, deeper: usize, given: bool) -> Result<HostValue, String> {
    let Some(deeper) = deeper.checked_sub(1) else {
        return Err(format!("a value that holds values {DEEPEST} deep"));
    };
    let [word, length, third, fourth] = value.words;
    let text = |what: &str| {
        // SAFETY: the caller promises it of every address in the value.
        unsafe { text_at(word, length, what) }
    };
    let bytes = |length: usize, what: &str| {
        // SAFETY: as above.
        unsafe { items_at::<u8>(word, length as u64, what) }
    };
    Ok(match value.kind {
        kind::NIL => HostValue::Nil,
        kind::BOOLEAN => match word.to_ne_bytes()[0] {
            0 => HostValue::Boolean(false),
            1 => HostValue::Boolean(true),
            other => return Err(format!("a boolean of {other}: it is 0 or 1")),
        },
        kind::LONG => HostValue::Long(word as i64),
        kind::BIG => {
            let magnitude = bytes(length as usize, "a big integer")?;
            let sign = if third & 1 == 1 { Sign::Minus } else { Sign::Plus };
            HostValue::Big(BigInt::from_bytes_le(sign, magnitude))
        }
        kind::DOUBLE => HostValue::Double(word),
        kind::EXTENDED => match scalar(value.scalar)? {
            format if format.is_float() && format.is_wide() => {
                HostValue::Extended(format, u128::from(length) << 64 | u128::from(word))
            }
            other => return Err(format!("an extended float in the format {}", other.name())),
        },
        kind::KEYWORD => HostValue::Keyword(text("a keyword")?),
        kind::ERROR => HostValue::Error(text("an error's name")?),
        kind::STRING => HostValue::Text(text("a string")?),
        kind::BYTES => HostValue::Bytes(bytes(length as usize, "bytes")?.to_vec()),
        kind::ARRAY => {
            let element = scalar(value.scalar)?;
            let all = (length as usize).checked_mul(element.size());
            let all = all.ok_or_else(|| format!("an array of {length} elements"))?;
            HostValue::Array(element, bytes(all, "an array")?.to_vec())
        }
        kind::VECTOR => {
            // SAFETY: as above.
            let items = unsafe { items_at::<Value>(word, length, "a vector") }?;
            let item = |item: &Value| {
                // SAFETY: what is within is promised as the whole is.
                unsafe { nested(item, deeper, given) }
            };
            HostValue::Vector(items.iter().map(item).collect::<Result<_, _>>()?)
        }
        kind::MAP | kind::RECORD => {
            // SAFETY: as above.
            let entries = unsafe { items_at::<Entry>(word, length, "a map") }?;
            let entry = |entry: &Entry| {
                // SAFETY: what is within is promised as the whole is.
                let key = unsafe { text_of(&entry.key, "a key") }?;
                // SAFETY: as above.
                Ok((key, unsafe { nested(&entry.value, deeper, given) }?))
            };
            let entries = entries.iter().map(entry).collect::<Result<_, String>>()?;
            if value.kind == kind::MAP {
                return Ok(HostValue::Map(entries));
            }
            // SAFETY: as above.
            let name = unsafe { text_at(third, fourth, "a record's name") }?;
            HostValue::Record(name, entries)
        }
        kind::UTF16 if given => {
            // SAFETY: as above.
            HostValue::Utf16(unsafe { items_at::<u16>(word, length, "units") }?.to_vec())
        }
        kind::KEPT if given => HostValue::Kept(Token(word)),
        kind::HANDLE => HostValue::Handle(Token(word)),
        kind::STREAM => HostValue::Stream(Token(word)),
        other => return Err(format!("a value of kind {other}, which is none")),
    })
}

/// A text that a binder gave.
///
/// # Errors
/// What is wrong with it.
///
/// # Safety
/// It is readable for the length it says.
pub(super) unsafe fn text_of(text: &Text, what: &str) -> Result<String, String> {
    let address = text.data.expose_provenance() as u64;
    // SAFETY: the caller promises it.
    unsafe { text_at(address, text.length as u64, what) }
}

/// # Safety
/// So many bytes are readable there.
unsafe fn text_at(address: u64, length: u64, what: &str) -> Result<String, String> {
    // SAFETY: the caller promises it.
    let bytes = unsafe { items_at::<u8>(address, length, what) }?;
    let text = std::str::from_utf8(bytes);
    text.map(str::to_owned).map_err(|error| format!("{what} that is no UTF-8: {error}"))
}

/// # Safety
/// So many items are readable there, and stay so for as long as the result is used: while the reply is
/// read.
pub(super) unsafe fn items_at<'a, T>(
    address: u64,
    length: u64,
    what: &str,
) -> Result<&'a [T], String> {
    if length == 0 {
        return Ok(&[]);
    }
    if address == 0 {
        return Err(format!("{what} of length {length} at NULL"));
    }
    let all = (length as usize).checked_mul(size_of::<T>());
    if all.is_none_or(|all| all > isize::MAX as usize) {
        return Err(format!("{what} of length {length}, which no memory holds"));
    }
    let first = std::ptr::with_exposed_provenance::<T>(address as usize);
    if !first.is_aligned() {
        return Err(format!("{what} at {address:#x}, which is not aligned"));
    }
    // SAFETY: neither NULL nor too long nor misaligned; that it is readable the caller promises.
    Ok(unsafe { std::slice::from_raw_parts(first, length as usize) })
}

/// A text ended by NUL that a binder gave; `None` for NULL.
///
/// # Errors
/// It is no UTF-8.
///
/// # Safety
/// It is readable up to its NUL.
pub(super) unsafe fn word_at(text: *const c_char, what: &str) -> Result<Option<String>, String> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: not NULL; the caller promises the rest.
    let text = unsafe { CStr::from_ptr(text) };
    let text = text.to_str().map_err(|error| format!("{what} that is no UTF-8: {error}"))?;
    Ok(Some(text.to_owned()))
}

/// A message up to its NUL.
pub(super) fn message(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn and_back(value: HostValue) {
        let arguments = [value];
        let given = Given::of(&arguments);
        // SAFETY: `given` holds what its values point to.
        let back = unsafe { host_value(&given.values[0]) };
        assert_eq!(back.as_ref(), Ok(&arguments[0]));
    }

    #[test]
    fn every_kind_of_value_comes_back() {
        let array = |element, bytes: &[u8]| HostValue::Array(element, bytes.to_vec());
        let entries = vec![
            ("x".to_owned(), HostValue::Long(-1)),
            ("inner".to_owned(), HostValue::Map(vec![("y".to_owned(), HostValue::Nil)])),
        ];
        for value in [
            HostValue::Nil,
            HostValue::Boolean(true),
            HostValue::Boolean(false),
            HostValue::Long(i64::MIN),
            HostValue::Big(BigInt::from(u128::MAX) * -5),
            HostValue::Big(BigInt::from(0)),
            HostValue::Double(0x7ff8_0000_dead_beef),
            HostValue::Extended(Scalar::F80, 0xffff_8000_0000_0000_0001),
            HostValue::Extended(Scalar::F128, u128::MAX),
            HostValue::Keyword("red".into()),
            HostValue::Error("NotFound".into()),
            HostValue::Text("a\0ä".into()),
            HostValue::Text(String::new()),
            HostValue::Bytes(vec![0xff, 0, 0x61]),
            array(Scalar::I16, &[1, 2, 3, 4, 5, 6]),
            array(Scalar::F128, &[7; 48]),
            array(Scalar::U8, &[]),
            HostValue::Vector(vec![HostValue::Nil, HostValue::Text("x".into())]),
            HostValue::Map(entries.clone()),
            HostValue::Record("Point".into(), entries),
            HostValue::Handle(Token(u64::MAX)),
            HostValue::Stream(Token(0)),
        ] {
            and_back(value);
        }
    }

    #[test]
    fn one_array_has_one_address_and_a_view_a_later_one() {
        let bytes: Vec<u8> = (0..12).collect();
        let array = HostValue::Array(Scalar::I16, bytes.clone());
        let view = HostValue::View(Scalar::I16, bytes.clone(), 2, 3);
        let arguments = [array.clone(), HostValue::Same(0), view];
        let given = Given::of(&arguments);
        let seen = |at: usize| {
            // SAFETY: `given` holds what its values point to.
            unsafe { host_value(&given.values[at]) }
        };
        assert_eq!(given.values[0].words, given.values[1].words);
        assert_eq!(seen(2), Ok(HostValue::Array(Scalar::I16, (4..10).collect())));
        assert_eq!(given.arrays(), [(0, array.clone()), (2, array)]);
    }

    #[test]
    fn what_is_no_value_is_said() {
        let wrong = |value: Value, said: &str| {
            // SAFETY: none of these points anywhere.
            let error = unsafe { host_value(&value) }.expect_err(said);
            assert!(error.contains(said), "`{said}` is missing from `{error}`");
        };
        wrong(Value::word(16, 0), "kind 16");
        wrong(Value::word(kind::BOOLEAN, u64::from_ne_bytes([2; 8])), "boolean of 2");
        wrong(Value { scalar: 3, ..Value::word(kind::EXTENDED, 0) }, "format i32");
        wrong(Value { scalar: 99, ..Value::word(kind::ARRAY, 0) }, "number 99");
        wrong(Value { words: [0, 3, 0, 0], ..Value::word(kind::STRING, 0) }, "at NULL");
        wrong(Value { words: [8, u64::MAX, 0, 0], ..Value::word(kind::BYTES, 0) }, "no memory");
        wrong(Value { words: [9, 1, 0, 0], ..Value::word(kind::VECTOR, 0) }, "not aligned");
        let latin = [0xe4_u8];
        wrong(Value::at(kind::KEYWORD, latin.as_ptr(), 1), "no UTF-8");
        let mut itself = [Value::NIL];
        itself[0] = Value::at(kind::VECTOR, itself.as_ptr(), 1);
        wrong(itself[0], "deep");
    }
}
