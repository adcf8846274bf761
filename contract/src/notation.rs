//! Host values as people read them: in the notation of the case files, integers in hex beside decimal.

use std::fmt::Write;

use num_bigint::{BigInt, Sign};

use crate::{Answer, Class, Format, HostValue, Scalar};

/// Elements shown of a longer vector or array.
const ELEMENTS: usize = 16;
/// Bytes shown of longer text or bytes, beside how many there are.
const SHOWN: usize = 256;
/// Bytes of the longest that is shown whole.
const WHOLE: usize = 1024;

/// A host value: `255 / 0xff`, `{big: 9223372036854775808} / 0x8000000000000000`, `:red`.
pub fn value(value: &HostValue) -> String {
    match value {
        HostValue::Long(long) => format!("{long} / {long:#x}"),
        HostValue::Big(big) => format!("{{big: {big}}} / {}", hex(big)),
        HostValue::Double(bits) => double(*bits),
        other => short(other),
    }
}

/// A host value on its own, as a case file writes it.
pub fn short(value: &HostValue) -> String {
    match value {
        HostValue::Nil => "~".into(),
        HostValue::Boolean(value) => value.to_string(),
        HostValue::Long(value) => value.to_string(),
        HostValue::Big(value) => format!("{{big: {value}}}"),
        HostValue::Double(bits) => {
            let double = f64::from_bits(*bits);
            if double.is_nan() { format!("{{bits: {bits:#018x}}}") } else { format!("{double:?}") }
        }
        HostValue::Extended(scalar, bits) => format!("{{{}: {bits:#x}}}", scalar.name()),
        HostValue::Keyword(name) => format!(":{name}"),
        HostValue::Error(name) => format!("{{error: {name}}}"),
        HostValue::Text(text) if text.len() > WHOLE => {
            let start = &text[..text.floor_char_boundary(SHOWN)];
            format!("{start:?}… {} bytes in all", text.len())
        }
        HostValue::Text(text) => format!("{text:?}"),
        HostValue::Bytes(bytes) if bytes.len() > WHOLE => {
            format!("{{bytes: \"{}\"}}… {} in all", hex_bytes(&bytes[..SHOWN]), bytes.len())
        }
        HostValue::Utf16(units) => {
            let units: Vec<String> = units.iter().map(|unit| format!("{unit:04x}")).collect();
            format!("{{utf16: \"{}\"}}", units.join(" "))
        }
        HostValue::Bytes(bytes) => format!("{{bytes: \"{}\"}}", hex_bytes(bytes)),
        HostValue::Array(element, bytes) => {
            format!("{{{}s: {}}}", element.name(), elements(*element, bytes))
        }
        HostValue::View(element, all, first, count) => {
            let all = elements(*element, all);
            format!("{{view: {{{}s: {all}}}, from: {first}, count: {count}}}", element.name())
        }
        HostValue::Same(argument) => format!("{{same: {argument}}}"),
        HostValue::Vector(values) => list(values.iter().map(short)),
        HostValue::Map(entries) => map(entries),
        HostValue::Record(name, entries) => {
            format!("{{record: {name}, fields: {}}}", map(entries))
        }
        HostValue::Handle(token) => format!("handle #{}", token.0),
        HostValue::Stream(token) => format!("stream #{}", token.0),
        HostValue::Kept(token) => format!("kept function #{}", token.0),
        HostValue::Function(answers) => format!("{{fn: {}}}", list(answers.iter().map(answer))),
    }
}

fn answer(answer: &Answer) -> String {
    match answer {
        Answer::Returns(value) => short(value),
        Answer::Raises(text) => format!("{{raise: {text:?}}}"),
        Answer::Again(arguments) => format!("{{again: {}}}", list(arguments.iter().map(short))),
    }
}

fn double(bits: u64) -> String {
    format!("{} / bits {bits:#018x}", short(&HostValue::Double(bits)))
}

/// Two's complement in as many 64-bit words as it takes.
fn hex(number: &BigInt) -> String {
    if number.sign() != Sign::Minus {
        return format!("{number:#x}");
    }
    let words = number.bits() / 64 + 1;
    let complement: BigInt = (BigInt::from(1) << (words * 64)) + number;
    format!("{complement:#x}")
}

fn hex_bytes(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let space = if text.is_empty() { "" } else { " " };
        // Writing to a string cannot fail.
        let _ = write!(text, "{space}{byte:02x}");
        text
    })
}

fn list(items: impl ExactSizeIterator<Item = String>) -> String {
    let length = items.len();
    let mut shown: Vec<_> = items.take(ELEMENTS).collect();
    if length > ELEMENTS {
        shown.push(format!("… {length} in all"));
    }
    format!("[{}]", shown.join(", "))
}

fn map(entries: &[(String, HostValue)]) -> String {
    let entries: Vec<_> =
        entries.iter().map(|(key, value)| format!("{key}: {}", short(value))).collect();
    format!("{{{}}}", entries.join(", "))
}

fn elements(element: Scalar, bytes: &[u8]) -> String {
    list(bytes.chunks_exact(element.size()).map(|chunk| {
        let mut word = [0; 16];
        word[..chunk.len()].copy_from_slice(chunk);
        let word = u128::from_le_bytes(word);
        let spare = 128 - chunk.len() as u32 * 8;
        match element.class() {
            Class::Bool => (word != 0).to_string(),
            Class::Integer { signed: true, .. } => ((word << spare) as i128 >> spare).to_string(),
            Class::Integer { signed: false, .. } => word.to_string(),
            Class::Float(Format::F16) => {
                format!("{:?}", half::f16::from_bits(word as u16).to_f64())
            }
            Class::Float(Format::F32) => format!("{:?}", f32::from_bits(word as u32)),
            Class::Float(Format::F64) => format!("{:?}", f64::from_bits(word as u64)),
            Class::Float(Format::F80 | Format::F128) => format!("{{bits: {word:#x}}}"),
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_in_decimal_and_hex() {
        assert_eq!(value(&HostValue::Long(255)), "255 / 0xff");
        assert_eq!(value(&HostValue::Long(-1)), "-1 / 0xffffffffffffffff");
        let big = HostValue::Big(BigInt::from(1_u64 << 63));
        assert_eq!(value(&big), "{big: 9223372036854775808} / 0x8000000000000000");
        assert_eq!(value(&HostValue::double(-0.0)), "-0.0 / bits 0x8000000000000000");
        assert_eq!(
            value(&HostValue::Double(0x7ff8_0000_0000_beef)),
            "{bits: 0x7ff800000000beef} / bits 0x7ff800000000beef"
        );
    }

    #[test]
    fn arrays_are_shown_by_their_element_type() {
        let bytes = [0xff_u8, 0xff, 0x01, 0x00];
        assert_eq!(short(&HostValue::Array(Scalar::I16, bytes.into())), "{i16s: [-1, 1]}");
        assert_eq!(short(&HostValue::Array(Scalar::U16, bytes.into())), "{u16s: [65535, 1]}");
    }
}
