//! Values as case files write them, read into host values (docs/case-format.md, *Values*).
//!
//! Reading says what a text is; whether it suits the declared type is `fits`'s question, because a
//! case that expects a refusal gives what does not suit.

use std::fmt::{self, Display};

use contract::HostValue;
use contract::{Class, Declarations, Format, NamedKind, Scalar, Type};
use num_bigint::BigInt;

use super::Octets;
use super::callbacks;
use super::error::Fault;
use super::fields::{Fields, edn, list, map, unexpected, word};
use super::numbers::{self, Number};
use super::pattern;
use super::yaml::{Content, Entry, Node};

/// Keys that make a map a value's long form instead of a map.
pub(super) const LONG_FORMS: [&str; 12] = [
    "big", "long", "bits", "f80", "f128", "bytes", "error", "vector", "map", "record", "pattern",
    "fn",
];

/// Reads values of one place of a case.
#[derive(Clone, Copy)]
pub(super) struct ValueReader<'a> {
    /// Where the fields of named types are found.
    pub(super) declarations: &'a Declarations,
    /// What messages call the place.
    pub(super) what: &'a str,
}

impl ValueReader<'_> {
    /// Reads a value. `given` is the type of the parameter it is an argument for: there a list may
    /// be a typed array; elsewhere it is a vector.
    pub(super) fn value(&self, node: &Node, given: Option<&Type>) -> Result<HostValue, Fault> {
        match &node.content {
            Content::Scalar { text, quoted: true } => Ok(HostValue::Text(text.clone())),
            Content::Scalar { text, quoted: false } => self.plain(node, text),
            Content::List(items) => match given.and_then(array_element) {
                Some(element) => self.array(items, element),
                None => self.vector(items, given.and_then(element)),
            },
            Content::Map(entries) => match long_form(entries) {
                Some(entry) => self.long_form(node, entry),
                None => Ok(HostValue::Map(self.fields(entries, given)?)),
            },
        }
    }

    /// Reads the elements of a typed array.
    pub(super) fn array(&self, items: &[Node], element: Scalar) -> Result<HostValue, Fault> {
        let mut bytes = Vec::with_capacity(items.len() * element.size());
        for item in items {
            bytes.extend(self.element(item, element)?);
        }
        Ok(HostValue::Array(element, bytes))
    }

    fn plain(&self, node: &Node, text: &str) -> Result<HostValue, Fault> {
        match text {
            "~" => return Ok(HostValue::Nil),
            "true" => return Ok(HostValue::Boolean(true)),
            "false" => return Ok(HostValue::Boolean(false)),
            _ => {}
        }
        if let Some(name) = text.strip_prefix(':').filter(|name| is_keyword(name)) {
            return Ok(HostValue::Keyword(name.to_owned()));
        }
        match numbers::number(text) {
            Some(Number::Integer(value)) => Ok(integer_value(value)),
            Some(number) => match numbers::float_bits(&number, Format::F64) {
                Some(bits) => Ok(HostValue::Double(bits as u64)),
                None => self.unexpected(node, "a decimal that a double can hold, or `.inf`"),
            },
            None => self.unexpected(node, spelling(text)),
        }
    }

    fn vector(&self, items: &[Node], of: Option<&Type>) -> Result<HostValue, Fault> {
        let values: Result<Vec<_>, _> = items.iter().map(|item| self.value(item, of)).collect();
        Ok(HostValue::Vector(values?))
    }

    fn fields(
        &self,
        entries: &[Entry],
        given: Option<&Type>,
    ) -> Result<Vec<(String, HostValue)>, Fault> {
        let declared = given.and_then(|given| self.declared_fields(given));
        let field = |entry: &Entry| {
            let of =
                declared.and_then(|fields| fields.iter().find(|field| field.name == entry.key));
            Ok((entry.key.clone(), self.value(&entry.value, of.map(|field| &field.of))?))
        };
        entries.iter().map(field).collect()
    }

    fn declared_fields(&self, given: &Type) -> Option<&[contract::Field]> {
        match given {
            Type::Named(name) => match &self.declarations.get(name)?.kind {
                NamedKind::Struct { fields, .. } => Some(fields),
                _ => None,
            },
            Type::Optional(of) | Type::ByValue(of) | Type::InOut(of) => self.declared_fields(of),
            _ => None,
        }
    }

    fn long_form(&self, node: &Node, entry: &Entry) -> Result<HostValue, Fault> {
        if entry.key == "record" {
            return self.record(node);
        }
        if entry.key == "pattern" {
            return pattern::value(node, self.declarations);
        }
        if let Content::Map(entries) = &node.content
            && entries.len() > 1
        {
            let expected = format!("`{}` alone, or `{{map: {{…}}}}`", entry.key);
            return self.unexpected(node, &expected);
        }
        let held = &entry.value;
        match entry.key.as_str() {
            "big" => self.integer(held).map(HostValue::Big),
            "long" => match i64::try_from(self.integer(held)?) {
                Ok(value) => Ok(HostValue::Long(value)),
                Err(_) => self.unexpected(held, "an integer of 64 signed bits"),
            },
            "bits" => self.bits(held, Format::F64).map(|bits| HostValue::Double(bits as u64)),
            "f80" => {
                self.bits(held, Format::F80).map(|bits| HostValue::Extended(Scalar::F80, bits))
            }
            "f128" => {
                self.bits(held, Format::F128).map(|bits| HostValue::Extended(Scalar::F128, bits))
            }
            "bytes" => self.bytes(held).map(HostValue::Bytes),
            "error" => word(held, "an error's name").map(|name| HostValue::Error(name.to_owned())),
            "fn" => callbacks::function(held, *self),
            "vector" => self.vector(list(held, "a vector")?, None),
            "map" => self.fields(map(held, "a map value")?, None).map(HostValue::Map),
            key => match array_name(key) {
                Some(element) => self.array(list(held, "a typed array")?, element),
                None => self.unexpected(node, "a value"),
            },
        }
    }

    fn record(&self, node: &Node) -> Result<HostValue, Fault> {
        let parts = Fields::of(node, "a record value", &["record", "fields"])?;
        let name = word(parts.require("record")?, "a record's name")?;
        let fields = map(parts.require("fields")?, "a record's fields")?;
        let of = Type::Named(name.to_owned());
        Ok(HostValue::Record(name.to_owned(), self.fields(fields, Some(&of))?))
    }

    fn integer(&self, node: &Node) -> Result<BigInt, Fault> {
        match node.plain().and_then(numbers::integer) {
            Some(value) => Ok(value),
            None => {
                self.unexpected(node, "an integer, in decimal or as 0x…, of at most 5,000 digits")
            }
        }
    }

    fn bits(&self, node: &Node, format: Format) -> Result<u128, Fault> {
        let width = format.bits();
        match node.plain().and_then(|text| numbers::bits(text, width)) {
            Some(bits) => Ok(bits),
            None => self.unexpected(node, &format!("bits as 0x…, at most {width} of them")),
        }
    }

    /// Reads bytes in hex.
    pub(super) fn bytes(&self, node: &Node) -> Result<Vec<u8>, Fault> {
        match numbers::bytes(edn(node, self.what)?) {
            Some(bytes) => Ok(bytes),
            None => self.unexpected(node, "bytes in hex with a space between, \"61 ff 62\""),
        }
    }

    /// Reads bytes in hex of which some are not known: `..`.
    pub(super) fn octets(&self, node: &Node) -> Result<Octets, Fault> {
        match numbers::octets(edn(node, self.what)?) {
            Some(octets) => Ok(octets),
            None => self.unexpected(node, "bytes in hex with a space between, `..` for any byte"),
        }
    }

    /// Reads one element of a typed array into its little-endian bytes.
    pub(super) fn element(&self, node: &Node, of: Scalar) -> Result<Vec<u8>, Fault> {
        match of.class() {
            Class::Bool => match node.plain() {
                Some("true") => Ok(vec![1]),
                Some("false") => Ok(vec![0]),
                _ => self.unexpected(node, "an element of :bool: true or false"),
            },
            Class::Float(format) => {
                let bits = self.float_element(node, of, format)?;
                Ok(bits.to_le_bytes()[..of.size()].to_vec())
            }
            Class::Integer { .. } => {
                let value = self.integer(node)?;
                if !holds(of, &value) {
                    return self.unexpected(node, &format!("an element of {of}: {}", range(of)));
                }
                // Two's complement of any width is the low bytes of the sign-extended number.
                let sign = if value.sign() == num_bigint::Sign::Minus { 0xff } else { 0 };
                let mut bytes = value.to_signed_bytes_le();
                bytes.resize(bytes.len().max(of.size()), sign);
                bytes.truncate(of.size());
                Ok(bytes)
            }
        }
    }

    /// Reads a float of type `of`: a decimal, rounded once, or `{bits: 0x…}` of its own width.
    fn float_element(&self, node: &Node, of: Scalar, format: Format) -> Result<u128, Fault> {
        if let Content::Map(_) = &node.content {
            let parts = Fields::of(node, "an element", &["bits"])?;
            return self.bits(parts.require("bits")?, format);
        }
        let number = node.plain().and_then(numbers::number);
        match number {
            Some(number @ (Number::Decimal(_) | Number::Infinity { .. })) => {
                match numbers::float_bits(&number, format) {
                    Some(bits) => Ok(bits),
                    None => self.unexpected(node, &format!("a decimal {of} can hold, or `.inf`")),
                }
            }
            _ => self.unexpected(node, &format!("an element of {of}: a decimal, or {{bits: 0x…}}")),
        }
    }

    fn unexpected<T>(&self, node: &Node, expected: &str) -> Result<T, Fault> {
        unexpected(node, self.what, expected)
    }
}

/// An integer as a long where 64 signed bits hold it, and as a big integer where not.
pub fn integer_value(value: BigInt) -> HostValue {
    match i64::try_from(&value) {
        Ok(long) => HostValue::Long(long),
        Err(_) => HostValue::Big(value),
    }
}

/// Whether an integer type holds a value.
pub fn holds(scalar: Scalar, value: &BigInt) -> bool {
    let (least, greatest) = bounds(scalar);
    *value >= least && *value <= greatest
}

/// An integer type's range, for messages.
pub(super) fn range(scalar: Scalar) -> impl Display {
    fmt::from_fn(move |out| {
        let (least, greatest) = bounds(scalar);
        write!(out, "an integer from {least} to {greatest}")
    })
}

/// The scalar of an array's name, `i32s`.
pub(super) fn array_name(key: &str) -> Option<Scalar> {
    key.strip_suffix('s').and_then(Scalar::from_name)
}

/// The element of a type that takes a typed array (C-8).
pub(super) fn array_element(of: &Type) -> Option<Scalar> {
    match of {
        Type::Slice { of, .. }
        | Type::Array { of, .. }
        | Type::Pointer { of, .. }
        | Type::Counted { of, .. } => match **of {
            Type::Scalar(scalar) => Some(scalar),
            _ => None,
        },
        Type::Optional(of) | Type::Owned(of) | Type::Borrowed(of) => array_element(of),
        _ => None,
    }
}

/// The element of a type that takes a vector.
fn element(of: &Type) -> Option<&Type> {
    match of {
        Type::Slice { of, .. } | Type::Array { of, .. } => Some(of),
        Type::Optional(of) | Type::Owned(of) | Type::Borrowed(of) => element(of),
        _ => None,
    }
}

fn bounds(scalar: Scalar) -> (BigInt, BigInt) {
    let bits = scalar.size() * 8;
    if scalar.is_signed() {
        let half = BigInt::from(1) << (bits - 1);
        (-half.clone(), half - 1)
    } else {
        (BigInt::ZERO, (BigInt::from(1) << bits) - 1)
    }
}

fn long_form(entries: &[Entry]) -> Option<&Entry> {
    entries
        .iter()
        .find(|entry| LONG_FORMS.contains(&entry.key.as_str()) || array_name(&entry.key).is_some())
}

fn is_keyword(name: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric() || "-_.*+!?<>=/$&%".contains(c);
    !name.is_empty() && name.chars().all(letter)
}

/// What to write instead of a word that is no value.
fn spelling(text: &str) -> &'static str {
    match text {
        "" => "a value; `~` is nil",
        "null" | "Null" | "NULL" | "nil" => "`~` for nil",
        ".nan" | ".NaN" | ".NAN" => "`{bits: 0x7ff8000000000000}` for a NaN",
        "handle" => "a value; `handle` is only what `returns` may hold",
        _ if text.starts_with('$') => "a value; `$name` stands only for a whole argument or result",
        _ if text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) => {
            "a number: 42, -1 or 0xff without sign `+` or leading zeros, or a decimal such as 1.0"
        }
        _ => "a value; a string stands in quotes, a keyword begins with a colon",
    }
}

#[cfg(test)]
mod tests {
    use super::super::yaml;
    use super::*;

    fn read(text: &str, given: Option<&Type>) -> Result<HostValue, String> {
        let declarations = Declarations::read("(deftypez Point [x :f64 ys [:slice :i8]])").unwrap();
        let reader = ValueReader { declarations: &declarations, what: "the value" };
        let node = yaml::parse(text).expect("YAML");
        reader.value(&node, given).map_err(|fault| {
            format!("{}:{}: {}", fault.mark.line, fault.mark.column, fault.problem)
        })
    }

    fn slice(of: Scalar) -> Type {
        Type::Slice { constant: true, of: Box::new(Type::Scalar(of)) }
    }

    #[test]
    fn every_kind_of_value_is_read() {
        let big = |text: &str| HostValue::Big(text.parse().unwrap());
        let cases = [
            ("~", HostValue::Nil),
            ("true", HostValue::Boolean(true)),
            ("false", HostValue::Boolean(false)),
            ("-1", HostValue::Long(-1)),
            ("-0x80", HostValue::Long(-128)),
            ("9223372036854775807", HostValue::Long(i64::MAX)),
            ("-9223372036854775808", HostValue::Long(i64::MIN)),
            ("9223372036854775808", big("9223372036854775808")),
            (
                "-170141183460469231731687303715884105728",
                big("-170141183460469231731687303715884105728"),
            ),
            ("{big: 5}", big("5")),
            ("{long: 5}", HostValue::Long(5)),
            ("-0.0", HostValue::Double(1 << 63)),
            ("1e300", HostValue::double(1e300)),
            ("-.inf", HostValue::double(f64::NEG_INFINITY)),
            ("{bits: 0x7ff8000000000001}", HostValue::Double(0x7ff8_0000_0000_0001)),
            (
                "{f80: 0x3fff8000000000000000}",
                HostValue::Extended(Scalar::F80, 0x3fff_8000_0000_0000_0000),
            ),
            ("{f128: 0x1}", HostValue::Extended(Scalar::F128, 1)),
            (":not-found", HostValue::Keyword("not-found".into())),
            ("\":red\"", HostValue::Text(":red".into())),
            ("''", HostValue::Text(String::new())),
            ("{bytes: '61 ff 62'}", HostValue::Bytes(vec![0x61, 0xff, 0x62])),
            ("{error: NotFound}", HostValue::Error("NotFound".into())),
            (
                "[1, :a]",
                HostValue::Vector(vec![HostValue::Long(1), HostValue::Keyword("a".into())]),
            ),
            ("{vector: []}", HostValue::Vector(vec![])),
            ("{i16s: [-2, 0x7fff]}", HostValue::Array(Scalar::I16, vec![0xfe, 0xff, 0xff, 0x7f])),
            ("{bools: [true, false]}", HostValue::Array(Scalar::Bool, vec![1, 0])),
            (
                "{f16s: [1.5, {bits: 0x7e01}]}",
                HostValue::Array(Scalar::F16, vec![0, 0x3e, 1, 0x7e]),
            ),
            ("{x: 1.0}", HostValue::Map(vec![("x".into(), HostValue::double(1.0))])),
            ("{map: {big: 1}}", HostValue::Map(vec![("big".into(), HostValue::Long(1))])),
            (
                "{record: Point, fields: {x: 1}}",
                HostValue::Record("Point".into(), vec![("x".into(), HostValue::Long(1))]),
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text, None), Ok(expected), "{text}");
        }
    }

    #[test]
    fn integers_of_128_bits_fill_their_elements() {
        let largest = read("{u128s: [340282366920938463463374607431768211455]}", None);
        assert_eq!(largest, Ok(HostValue::Array(Scalar::U128, vec![0xff; 16])));
        let one = read("{i128s: [-2]}", None);
        let mut bytes = vec![0xff; 16];
        bytes[0] = 0xfe;
        assert_eq!(one, Ok(HostValue::Array(Scalar::I128, bytes)));
    }

    #[test]
    fn a_list_is_an_array_where_the_parameter_takes_one() {
        let array = HostValue::Array(Scalar::I8, vec![1, 0xff]);
        assert_eq!(read("[1, -1]", Some(&slice(Scalar::I8))), Ok(array.clone()));
        let vector = HostValue::Vector(vec![HostValue::Long(1)]);
        assert_eq!(read("{vector: [1]}", Some(&slice(Scalar::I8))), Ok(vector));
        let point = Type::Named("Point".into());
        let map = HostValue::Map(vec![("ys".into(), array)]);
        assert_eq!(read("{ys: [1, -1]}", Some(&point)), Ok(map));
    }

    #[test]
    fn what_is_no_value_is_refused_with_what_to_write() {
        let cases = [
            ("null", "1:1: found `null` as the value; expected `~` for nil"),
            ("[1, ]", ""),
            (
                "[1, yes]",
                "1:5: found `yes` as the value; expected a value; a string stands in quotes, a keyword begins with a colon",
            ),
            ("{x: }", "1:3: found nothing as the value; expected a value; `~` is nil"),
            (
                "007",
                "1:1: found `007` as the value; expected a number: 42, -1 or 0xff without sign `+` or leading zeros, or a decimal such as 1.0",
            ),
            (
                "1e400",
                "1:1: found `1e400` as the value; expected a decimal that a double can hold, or `.inf`",
            ),
            (
                "[$b]",
                "1:2: found `$b` as the value; expected a value; `$name` stands only for a whole argument or result",
            ),
            (
                "{i8s: [0, 128]}",
                "1:11: found `128` as the value; expected an element of :i8: an integer from -128 to 127",
            ),
            (
                "{f32s: [1]}",
                "1:9: found `1` as the value; expected an element of :f32: a decimal, or {bits: 0x…}",
            ),
            (
                "{f16s: [65520.0]}",
                "1:9: found `65520.0` as the value; expected a decimal :f16 can hold, or `.inf`",
            ),
            (
                "{bits: 0x10000000000000000}",
                "1:8: found `0x10000000000000000` as the value; expected bits as 0x…, at most 64 of them",
            ),
            (
                "{bytes: '6 1'}",
                "1:9: found the text \"6 1\" as the value; expected bytes in hex with a space between, \"61 ff 62\"",
            ),
            (
                "{big: 1, x: 2}",
                "1:1: found a map of big, x as the value; expected `big` alone, or `{map: {…}}`",
            ),
            (
                "{record: P, feilds: {}}",
                "1:13: a record value has no field `feilds`; expected record or fields (closest: `fields`)",
            ),
        ];
        for (text, expected) in cases {
            match read(text, None) {
                Ok(_) => assert_eq!(expected, "", "{text}"),
                Err(message) => assert_eq!(message, expected, "{text}"),
            }
        }
    }
}
