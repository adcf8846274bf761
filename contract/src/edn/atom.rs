//! Forms that hold no others: numbers, symbols, keywords, strings and characters.

use super::reader::{Reader, ends_token};
use super::{EdnError, Fault, Position, Value};
use crate::bounds::{self, INTEGER_DIGITS};

impl<'t> Reader<'t> {
    /// Reads the form that starts with `first`, which is not yet taken and opens no collection.
    pub(super) fn atom(&mut self, first: char) -> Result<Value<'t>, EdnError> {
        let start = self.at;
        match first {
            '"' => return self.string(),
            '\\' => return self.character(),
            _ => {}
        }
        let token = self.take_while(|character| !ends_token(character));
        let read = match first {
            ':' => keyword(token).ok_or(Fault::BadKeyword),
            '#' => symbolic(token).ok_or(Fault::Tagged),
            _ if starts_number(token) => number(token),
            _ => symbol(token).ok_or(Fault::BadSymbol),
        };
        read.map_err(|fault| self.fault(fault, start, token))
    }

    fn string(&mut self) -> Result<Value<'t>, EdnError> {
        let start = self.at;
        self.take();
        let mut value = String::new();
        loop {
            let at = self.at;
            match self.take() {
                None => return Err(self.fault(Fault::Unclosed { close: '"' }, start, "\"")),
                Some('"') => return Ok(Value::String(value)),
                Some('\\') => value.push(self.escape(at)?),
                Some(character) => value.push(character),
            }
        }
    }

    /// The character an escape stands for; its backslash, at `start`, is already taken.
    fn escape(&mut self, start: Position) -> Result<char, EdnError> {
        let escaped = match self.take() {
            Some('t') => Some('\t'),
            Some('r') => Some('\r'),
            Some('n') => Some('\n'),
            Some('b') => Some('\u{8}'),
            Some('f') => Some('\u{c}'),
            Some(character @ ('\\' | '"')) => Some(character),
            Some('u') => self.utf16_escape(),
            _ => None,
        };
        escaped.ok_or_else(|| self.fault(Fault::BadEscape, start, self.since(start)))
    }

    /// The character of `\uXXXX`, whose `\u` is taken, or of the surrogate pair it begins. EDN comes
    /// from hosts whose characters are UTF-16 units, so a pair is how they write one beyond U+FFFF.
    fn utf16_escape(&mut self) -> Option<char> {
        let unit = self.four_hex()?;
        if !(0xD800..0xDC00).contains(&unit) {
            return char::from_u32(unit.into());
        }
        if !self.rest().starts_with("\\u") {
            return None;
        }
        self.take();
        self.take();
        let pair = [unit, self.four_hex()?];
        char::decode_utf16(pair).next().and_then(Result::ok)
    }

    fn four_hex(&mut self) -> Option<u16> {
        let digits = self.rest().get(..4)?;
        let unit = hex_unit(digits)?;
        self.at = self.at.after(digits);
        Some(unit)
    }

    fn character(&mut self) -> Result<Value<'t>, EdnError> {
        let start = self.at;
        self.take();
        // The first character after the backslash belongs to it even where it would end a token.
        self.take();
        self.take_while(|character| !ends_token(character));
        let token = self.since(start);
        named_character(&token[1..])
            .map(Value::Character)
            .ok_or_else(|| self.fault(Fault::BadCharacter, start, token))
    }
}

fn hex_unit(digits: &str) -> Option<u16> {
    let all_hex = digits.len() == 4 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if all_hex { u16::from_str_radix(digits, 16).ok() } else { None }
}

fn named_character(name: &str) -> Option<char> {
    let mut characters = name.chars();
    match (characters.next()?, characters.as_str()) {
        (only, "") => (!only.is_whitespace()).then_some(only),
        ('u', digits) => char::from_u32(hex_unit(digits)?.into()),
        _ => match name {
            "newline" => Some('\n'),
            "return" => Some('\r'),
            "space" => Some(' '),
            "tab" => Some('\t'),
            "backspace" => Some('\u{8}'),
            "formfeed" => Some('\u{c}'),
            _ => None,
        },
    }
}

/// `##Inf`, `##-Inf` and `##NaN`; any other `#` is a tag.
fn symbolic(token: &str) -> Option<Value<'_>> {
    matches!(token, "##Inf" | "##-Inf" | "##NaN").then_some(Value::Float(token))
}

fn starts_number(token: &str) -> bool {
    let unsigned = token.strip_prefix(['+', '-']).unwrap_or(token);
    // A leading dot before a digit is no float, but no symbol either.
    let digits = unsigned.strip_prefix('.').unwrap_or(unsigned);
    digits.starts_with(|character: char| character.is_ascii_digit())
}

fn number(token: &str) -> Result<Value<'_>, Fault> {
    let unsigned = token.strip_prefix(['+', '-']).unwrap_or(token);
    let (whole, rest) = split_digits(unsigned);
    if whole.is_empty() || whole.len() > 1 && whole.starts_with('0') {
        return Err(Fault::BadNumber);
    }
    if matches!(rest, "" | "N") {
        if whole.len() > INTEGER_DIGITS {
            return Err(Fault::LongNumber { digits: whole.len() });
        }
        let digits = token.strip_suffix('N').unwrap_or(token).trim_start_matches('+');
        return bounds::integer(digits, 10).map(Value::Integer).ok_or(Fault::BadNumber);
    }
    if is_float_tail(rest) { Ok(Value::Float(token)) } else { Err(Fault::BadNumber) }
}

/// Whether `rest` may follow the whole part of a float: a fraction, an exponent and `M`, in order.
fn is_float_tail(rest: &str) -> bool {
    let rest = rest.strip_prefix('.').map_or(rest, |fraction| split_digits(fraction).1);
    let rest = match rest.strip_prefix(['e', 'E']) {
        None => rest,
        Some(exponent) => {
            let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            match split_digits(exponent) {
                ("", _) => return false,
                (_, rest) => rest,
            }
        }
    };
    matches!(rest, "" | "M")
}

fn split_digits(text: &str) -> (&str, &str) {
    let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

fn keyword(token: &str) -> Option<Value<'_>> {
    let name = token.strip_prefix(':')?;
    // A keyword's name may start with a digit, a symbol's may not; otherwise they are spelled alike.
    (name != "/" && is_qualified_name(name)).then_some(Value::Keyword(name))
}

fn symbol(token: &str) -> Option<Value<'_>> {
    match token {
        "nil" => Some(Value::Nil),
        "true" => Some(Value::Boolean(true)),
        "false" => Some(Value::Boolean(false)),
        _ => is_qualified_name(token).then_some(Value::Symbol(token)),
    }
}

/// Whether this is a name, or a namespace and a name with one slash between them.
fn is_qualified_name(token: &str) -> bool {
    match token.split_once('/') {
        _ if token == "/" => true,
        None => is_name(token),
        Some((namespace, name)) => is_name(namespace) && is_name(name),
    }
}

fn is_name(name: &str) -> bool {
    let inner =
        |character: char| character.is_alphanumeric() || ".*+!-_?$%&=<>|:#'".contains(character);
    name.chars().all(inner) && name.starts_with(|first| !matches!(first, ':' | '#' | '\''))
}

#[cfg(test)]
mod tests {
    use super::super::read_one;
    use super::*;

    fn value(text: &str) -> Value<'_> {
        read_one(text).unwrap_or_else(|error| panic!("{text}: {error}")).value
    }

    #[test]
    fn an_integer_longer_than_any_type_has_use_for_is_not_parsed() {
        let digits = INTEGER_DIGITS;
        assert!(matches!(value(&"9".repeat(digits)), Value::Integer(_)));
        for text in ["9".repeat(digits + 1), format!("-{}N", "9".repeat(digits + 1))] {
            let error = read_one(&text).expect_err("it is too long");
            assert_eq!(error.fault, Fault::LongNumber { digits: digits + 1 });
            let shown = error.to_string();
            assert!(shown.contains("characters)") && shown.len() < 400, "{shown}");
        }
        assert!(read_one(&"9".repeat(4 << 20)).is_err());
    }

    #[test]
    fn integers_have_any_size() {
        for (text, wanted) in [
            ("0", "0"),
            ("-0", "0"),
            ("+7", "7"),
            ("-42N", "-42"),
            ("340282366920938463463374607431768211456", "340282366920938463463374607431768211456"),
        ] {
            assert_eq!(value(text), Value::Integer(wanted.parse().expect("a number")), "{text}");
        }
    }

    #[test]
    fn floats_keep_their_text() {
        for text in ["1.5", "1.", "-0.0", "1e10", "2.5E-3M", "3M", "##Inf", "##-Inf", "##NaN"] {
            assert_eq!(value(text), Value::Float(text));
        }
    }

    #[test]
    fn names_follow_the_edn_grammar() {
        for text in ["x", "&", "-", "+a", "/", "a/b", "x'", "α", "a:b#c", ".b", "->x", "__x"] {
            assert_eq!(value(text), Value::Symbol(text));
        }
        for text in [":x", ":a/b", ":clj-zig/iter", ":1", ":&"] {
            assert_eq!(value(text), Value::Keyword(&text[1..]));
        }
        assert_eq!(value("nil"), Value::Nil);
        assert_eq!(value("true"), Value::Boolean(true));
    }

    #[test]
    fn strings_and_characters_resolve_their_escapes() {
        assert_eq!(value(r#""a\t\"\\\u00e9\ud83d\ude00""#), Value::String("a\t\"\\é😀".to_owned()));
        for (text, wanted) in [("\\a", 'a'), ("\\(", '('), ("\\newline", '\n'), ("\\u0041", 'A')] {
            assert_eq!(value(text), Value::Character(wanted), "{text}");
        }
    }

    #[test]
    fn bad_atoms_are_refused_by_kind() {
        for (text, wanted) in [
            ("010", Fault::BadNumber),
            ("1x", Fault::BadNumber),
            ("0x10", Fault::BadNumber),
            ("1/2", Fault::BadNumber),
            ("1e", Fault::BadNumber),
            ("1.5N", Fault::BadNumber),
            (".5", Fault::BadNumber),
            (":", Fault::BadKeyword),
            ("::a", Fault::BadKeyword),
            (":a/", Fault::BadKeyword),
            ("a/b/c", Fault::BadSymbol),
            ("'a", Fault::BadSymbol),
            ("@a", Fault::BadSymbol),
            ("^a", Fault::BadSymbol),
            ("\\ ", Fault::BadCharacter),
            ("\\", Fault::BadCharacter),
            ("\\newlines", Fault::BadCharacter),
            ("\\ud800", Fault::BadCharacter),
            (r#""\q""#, Fault::BadEscape),
            (r#""\u12""#, Fault::BadEscape),
            (r#""\u+123""#, Fault::BadEscape),
            (r#""\ud800x""#, Fault::BadEscape),
            (r#""\udc00""#, Fault::BadEscape),
            ("\"abc", Fault::Unclosed { close: '"' }),
            ("#foo", Fault::Tagged),
            ("##foo", Fault::Tagged),
        ] {
            assert_eq!(read_one(text).expect_err(text).fault, wanted, "{text}");
        }
    }
}
