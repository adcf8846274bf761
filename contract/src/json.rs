//! Host values as JSON: tagged, with payloads as strings, so that nothing passes through a JSON number
//! (docs/protocol.md, *Values*).

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value as Json, json};

use crate::{Answer, HostValue, Scalar, Token, bounds};

/// Values within values at the most.
const DEPTH: usize = 64;

/// A host value as the protocol writes it.
fn to_json(value: &HostValue) -> Json {
    match value {
        HostValue::Nil => Json::Null,
        HostValue::Boolean(value) => json!(value),
        HostValue::Long(value) => json!({"long": value.to_string()}),
        HostValue::Big(value) => json!({"big": value.to_string()}),
        HostValue::Double(bits) => json!({"double": format!("{bits:016x}")}),
        HostValue::Extended(format, bits) => {
            json!({"extended": [format.name(), format!("{bits:032x}")]})
        }
        HostValue::Keyword(name) => json!({"keyword": name}),
        HostValue::Error(name) => json!({"error": name}),
        HostValue::Text(text) => json!({"string": text}),
        HostValue::Utf16(units) => {
            let big_endian: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
            json!({"utf16": hex(&big_endian)})
        }
        HostValue::Bytes(bytes) => json!({"bytes": hex(bytes)}),
        HostValue::Array(element, bytes) => json!({"array": [element.name(), hex(bytes)]}),
        HostValue::View(element, all, first, count) => {
            json!({"view": [element.name(), hex(all), first.to_string(), count.to_string()]})
        }
        HostValue::Same(argument) => json!({"same": argument.to_string()}),
        HostValue::Vector(values) => {
            json!({"vector": values.iter().map(to_json).collect::<Vec<_>>()})
        }
        HostValue::Map(entries) => json!({"map": pairs(entries)}),
        HostValue::Record(name, entries) => json!({"record": [name, pairs(entries)]}),
        HostValue::Handle(token) => json!({"handle": token.0.to_string()}),
        HostValue::Stream(token) => json!({"stream": token.0.to_string()}),
        HostValue::Kept(token) => json!({"kept": token.0.to_string()}),
        HostValue::Function(answers) => {
            json!({"function": answers.iter().map(answer).collect::<Vec<_>>()})
        }
    }
}

fn answer(answer: &Answer) -> Json {
    match answer {
        Answer::Returns(value) => to_json(value),
        Answer::Raises(text) => json!({"raise": text}),
        Answer::Again(arguments) => {
            json!({"again": arguments.iter().map(to_json).collect::<Vec<_>>()})
        }
    }
}

impl Serialize for HostValue {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to_json(self).serialize(to)
    }
}

impl<'de> Deserialize<'de> for HostValue {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<HostValue, D::Error> {
        read(&Json::deserialize(from)?, DEPTH).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for HostValue {
    fn schema_name() -> Cow<'static, str> {
        "Value".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        schema(&generator.subschema_for::<HostValue>())
    }
}

/// The JSON Schema of a value; `nested` refers to itself.
fn schema(nested: &Schema) -> Schema {
    let names = |of: fn(&Scalar) -> bool| -> Vec<&str> {
        Scalar::ALL.into_iter().filter(of).map(Scalar::name).collect()
    };
    let scalars = names(|_| true);
    let extended = names(|scalar| scalar.is_float() && scalar.is_wide());
    let text = json!({"type": "string"});
    let matching = |pattern: &str| json!({"type": "string", "pattern": pattern});
    let pair = |first: &Json, second: &Json| {
        json!({
            "type": "array", "prefixItems": [first, second], "minItems": 2, "maxItems": 2, "items": false,
        })
    };
    let bytes = matching("^([0-9a-fA-F]{2})*$");
    let entries = json!({"type": "array", "items": pair(&text, nested.as_value())});
    let token = matching("^[0-9]{1,20}$");
    let count = matching("^[0-9]{1,10}$");
    let alone = |tag: &str, payload: &Json| {
        json!({
            "type": "object", "properties": {tag: payload}, "required": [tag],
            "additionalProperties": false,
        })
    };
    let again = json!({"type": "array", "items": nested});
    let answers = json!({"anyOf": [nested, alone("raise", &text), alone("again", &again)]});
    let tags = [
        ("long", matching("^-?[0-9]+$")),
        ("big", matching("^-?0*[0-9]{1,5000}$")),
        ("double", matching("^[0-9a-fA-F]{16}$")),
        ("extended", pair(&json!({"enum": extended}), &matching("^[0-9a-fA-F]{32}$"))),
        ("keyword", text.clone()),
        ("error", text.clone()),
        ("string", text.clone()),
        ("utf16", matching("^([0-9a-fA-F]{4})*$")),
        ("bytes", bytes.clone()),
        ("array", pair(&json!({"enum": scalars}), &bytes)),
        (
            "view",
            json!({
                "type": "array", "prefixItems": [{"enum": scalars}, bytes, count, count],
                "minItems": 4, "maxItems": 4, "items": false,
            }),
        ),
        ("same", matching("^[0-9]{1,5}$")),
        ("vector", json!({"type": "array", "items": nested})),
        ("map", entries.clone()),
        ("record", pair(&text, &entries)),
        ("handle", token.clone()),
        ("stream", token),
        ("function", json!({"type": "array", "minItems": 1, "items": answers})),
    ];
    let tagged = tags.into_iter().map(|(tag, payload)| alone(tag, &payload));
    let all: Vec<Json> =
        [json!({"type": "null"}), json!({"type": "boolean"})].into_iter().chain(tagged).collect();
    json_schema!({"description": "A host value; payloads are strings.", "oneOf": all})
}

fn pairs(entries: &[(String, HostValue)]) -> Json {
    entries.iter().map(|(key, value)| json!([key, to_json(value)])).collect()
}

/// Bytes as pairs of hex digits.
pub fn hex(bytes: &[u8]) -> String {
    let digits =
        |byte: &u8| [byte >> 4, byte & 15].map(|digit| b"0123456789abcdef"[digit as usize]);
    bytes.iter().flat_map(digits).map(char::from).collect()
}

/// Says what must be there, and the JSON that is, cut to a line.
fn wrong<T>(what: &'static str, found: &Json) -> Result<T, String> {
    let mut found = found.to_string();
    if let Some((end, _)) = found.char_indices().nth(80) {
        found.truncate(end);
        found.push('…');
    }
    Err(format!("{what}: {found}"))
}

fn read(json: &Json, depth: usize) -> Result<HostValue, String> {
    let Some(depth) = depth.checked_sub(1) else {
        return wrong("values are nested too deep", &Json::Null);
    };
    let tagged = match json {
        Json::Null => return Ok(HostValue::Nil),
        Json::Bool(value) => return Ok(HostValue::Boolean(*value)),
        Json::Object(tagged) => tagged,
        _ => return wrong("a value is null, a boolean or an object of one tag", json),
    };
    let Some((tag, payload)) = only_entry(tagged) else {
        return wrong("a value has exactly one tag", json);
    };
    Ok(match tag {
        "long" => HostValue::Long(decimal(payload, "a long is a string of decimal digits")?),
        "big" => match payload.as_str().and_then(|text| bounds::integer(text, 10)) {
            Some(big) => HostValue::Big(big),
            None => {
                return wrong(
                    "a big is a string of decimal digits, at most 5,000 of them",
                    payload,
                );
            }
        },
        "double" => HostValue::Double(bits(payload, 16)? as u64),
        "extended" => {
            let (format, digits) = scalar_and(payload)?;
            if !(format.is_float() && format.is_wide()) {
                return wrong("an extended float is an f80 or f128", payload);
            }
            HostValue::Extended(format, bits(digits, 32)?)
        }
        "keyword" => HostValue::Keyword(text(payload)?),
        "error" => HostValue::Error(text(payload)?),
        "string" => HostValue::Text(text(payload)?),
        "utf16" => {
            let bytes = bytes(payload)?;
            let (units, []) = bytes.as_chunks::<2>() else {
                return wrong("a code unit is four hex digits", payload);
            };
            HostValue::Utf16(units.iter().map(|unit| u16::from_be_bytes(*unit)).collect())
        }
        "bytes" => HostValue::Bytes(bytes(payload)?),
        "array" => {
            let (element, digits) = scalar_and(payload)?;
            let bytes = bytes(digits)?;
            if !bytes.len().is_multiple_of(element.size()) {
                return wrong("an array holds whole elements", payload);
            }
            HostValue::Array(element, bytes)
        }
        "view" => {
            let Some([element, all, first, count]) = payload.as_array().map(Vec::as_slice) else {
                return wrong(
                    "a view is an element type, bytes, a first element and a count",
                    payload,
                );
            };
            let index = |json| decimal::<u32>(json, "an element's number is a string of digits");
            let (element, all) = scalar_and(&json!([element, all]))
                .and_then(|(element, digits)| Ok((element, bytes(digits)?)))?;
            let view =
                HostValue::View(element, all, index(first)? as usize, index(count)? as usize);
            if view.seen().is_none() {
                return wrong("a view shows elements of its array", payload);
            }
            view
        }
        "same" => {
            let index =
                decimal::<u16>(payload, "an argument's index is a string of decimal digits")?;
            HostValue::Same(index.into())
        }
        "vector" => {
            let Json::Array(values) = payload else { return wrong("a vector is a list", payload) };
            let values = values.iter().map(|value| read(value, depth));
            HostValue::Vector(values.collect::<Result<_, _>>()?)
        }
        "map" => HostValue::Map(entries(payload, depth)?),
        "record" => match payload.as_array().map(Vec::as_slice) {
            Some([name, fields]) => HostValue::Record(text(name)?, entries(fields, depth)?),
            _ => return wrong("a record is its name and its fields", payload),
        },
        "handle" => HostValue::Handle(token(payload)?),
        "stream" => HostValue::Stream(token(payload)?),
        "kept" => HostValue::Kept(token(payload)?),
        "function" => match payload.as_array() {
            Some(answers) if !answers.is_empty() => {
                let answers = answers.iter().map(|answer| read_answer(answer, depth));
                HostValue::Function(answers.collect::<Result<_, _>>()?)
            }
            _ => return wrong("a function is a list of answers, one at least", payload),
        },
        _ => return wrong("unknown tag", json),
    })
}

fn read_answer(json: &Json, depth: usize) -> Result<Answer, String> {
    match json.as_object().and_then(only_entry) {
        Some(("raise", payload)) => text(payload).map(Answer::Raises),
        Some(("again", payload)) => {
            let Json::Array(values) = payload else {
                return wrong("arguments are a list", payload);
            };
            let values = values.iter().map(|value| read(value, depth));
            values.collect::<Result<_, _>>().map(Answer::Again)
        }
        _ => read(json, depth).map(Answer::Returns),
    }
}

fn only_entry(tagged: &Map<String, Json>) -> Option<(&str, &Json)> {
    let mut entries = tagged.iter();
    match (entries.next(), entries.next()) {
        (Some((tag, payload)), None) => Some((tag, payload)),
        _ => None,
    }
}

fn text(json: &Json) -> Result<String, String> {
    match json.as_str() {
        Some(text) => Ok(text.to_owned()),
        None => wrong("a string is needed", json),
    }
}

fn decimal<T: std::str::FromStr>(json: &Json, what: &'static str) -> Result<T, String> {
    let digits = json.as_str().filter(|digits| {
        let digits = digits.strip_prefix('-').unwrap_or(digits);
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    match digits.and_then(|digits| digits.parse().ok()) {
        Some(number) => Ok(number),
        None => wrong(what, json),
    }
}

fn token(json: &Json) -> Result<Token, String> {
    decimal(json, "a token is a string of decimal digits, at most 2^64 - 1").map(Token)
}

fn bits(json: &Json, digits: usize) -> Result<u128, String> {
    let found = json
        .as_str()
        .filter(|text| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit()));
    match found.and_then(|text| u128::from_str_radix(text, 16).ok()) {
        Some(bits) => Ok(bits),
        None => wrong("a float is its bits: 16 hex digits, of an extended float 32", json),
    }
}

fn bytes(json: &Json) -> Result<Vec<u8>, String> {
    match json.as_str().and_then(of_hex) {
        Some(bytes) => Ok(bytes),
        None => wrong("bytes are pairs of hex digits", json),
    }
}

/// The bytes that pairs of hex digits are.
pub fn of_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let byte = |[high, low]: &[u8; 2]| Some(digit(*high)? << 4 | digit(*low)?);
    if rest.is_empty() { pairs.iter().map(byte).collect() } else { None }
}

fn scalar_and(json: &Json) -> Result<(Scalar, &Json), String> {
    if let Some([name, rest]) = json.as_array().map(Vec::as_slice)
        && let Some(scalar) = name.as_str().and_then(Scalar::from_name)
    {
        return Ok((scalar, rest));
    }
    wrong("a scalar's name and hex digits are needed", json)
}

fn entries(json: &Json, depth: usize) -> Result<Vec<(String, HostValue)>, String> {
    let Json::Array(entries) = json else { return wrong("a map is a list of pairs", json) };
    entries
        .iter()
        .map(|entry| match entry.as_array().map(Vec::as_slice) {
            Some([key, value]) => Ok((text(key)?, read(value, depth)?)),
            _ => wrong("an entry is a key and a value", entry),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples() -> Vec<HostValue> {
        let big = |text: &str| bounds::integer(text, 10).expect("a number");
        let fields =
            vec![("x".to_owned(), HostValue::double(-0.0)), ("".to_owned(), HostValue::Nil)];
        vec![
            HostValue::Nil,
            HostValue::Boolean(false),
            HostValue::Long(i64::MIN),
            HostValue::Big(big("340282366920938463463374607431768211455")),
            HostValue::Big(big("-170141183460469231731687303715884105728")),
            HostValue::Double(0x7ff0_0000_0000_0001),
            HostValue::Extended(Scalar::F80, 0x7fff_c000_0000_0000_beef),
            HostValue::Keyword("not-found".into()),
            HostValue::Error("NotFound".into()),
            HostValue::Text("nul \0 and \u{1F600}".into()),
            HostValue::Utf16(vec![0x61, 0xd800, 0xdfff]),
            HostValue::Bytes(vec![0x61, 0xff, 0x62]),
            HostValue::Array(Scalar::I16, vec![0xff, 0xff, 1, 0]),
            HostValue::View(Scalar::I16, vec![1, 0, 2, 0, 3, 0], 1, 2),
            HostValue::Same(1),
            HostValue::Vector(vec![HostValue::Long(1), HostValue::Vector(vec![])]),
            HostValue::Map(fields.clone()),
            HostValue::Record("Point".into(), fields),
            HostValue::Handle(Token(u64::MAX)),
            HostValue::Stream(Token(0)),
            HostValue::Kept(Token(7)),
            HostValue::Function(vec![
                Answer::Returns(HostValue::Long(1)),
                Answer::Raises("no".into()),
                Answer::Again(vec![HostValue::Same(0), HostValue::double(0.5)]),
            ]),
        ]
    }

    #[test]
    fn every_kind_of_value_survives_the_wire() {
        for value in samples() {
            let text = to_json(&value).to_string();
            let json = serde_json::from_str(&text).expect("JSON");
            assert_eq!(read(&json, DEPTH), Ok(value), "{text}");
        }
    }

    #[test]
    fn a_big_has_as_many_digits_as_any_type_has_use_for() {
        let big = |digits: String| read(&json!({"big": digits}), DEPTH);
        assert!(big("9".repeat(bounds::INTEGER_DIGITS)).is_ok());
        let zeros = format!("-{}7", "0".repeat(9_999));
        assert_eq!(big(zeros), Ok(HostValue::Big((-7).into())));
        let refused = big("9".repeat(4 << 20)).expect_err("it is too long");
        assert!(refused.contains("5,000") && refused.len() < 200, "{refused}");
    }

    #[test]
    fn what_the_protocol_does_not_write_is_refused() {
        for text in [
            "1",
            "1.5",
            "\"x\"",
            "[]",
            "{}",
            r#"{"long":5}"#,
            r#"{"long":"1","big":"1"}"#,
            r#"{"long":"9223372036854775808"}"#,
            r#"{"long":"+1"}"#,
            r#"{"long":""}"#,
            r#"{"big":"1e3"}"#,
            r#"{"double":"0"}"#,
            r#"{"double":"7ff000000000000g"}"#,
            r#"{"extended":["f64","0"]}"#,
            r#"{"utf16":"d8"}"#,
            r#"{"bytes":"abc"}"#,
            r#"{"bytes":"+1"}"#,
            r#"{"array":["i16","ff"]}"#,
            r#"{"array":["i17",""]}"#,
            r#"{"map":[["x"]]}"#,
            r#"{"record":["P"]}"#,
            r#"{"handle":"-1"}"#,
            r#"{"color":"red"}"#,
            r#"{"function":[]}"#,
            r#"{"function":[{"raise":1}]}"#,
            r#"{"raise":"no"}"#,
        ] {
            let json = serde_json::from_str(text).expect("JSON");
            assert!(read(&json, DEPTH).is_err(), "{text}");
        }
        let deep = (0..100).fold(Json::Null, |inner, _| json!({"vector": [inner]}));
        assert!(read(&deep, DEPTH).is_err());
    }
}
