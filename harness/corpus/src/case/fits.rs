//! Whether a value suits the type declared where it stands: as an argument that is not refused
//! (contract C), and as a result (contract R).
//!
//! A check of the corpus, not the model that judges subjects: it says what a case may not mean,
//! never what a call must answer. Every `Err` is what would have been expected.

use std::fmt::Display;

use contract::HostValue;
use contract::{
    ArgumentKind, Class, Declarations, Field, Format, Named, NamedKind, Reach, Scalar, Type,
};
use num_bigint::BigInt;

use super::values::{array_element, holds, integer_value, range};

/// What would have suited.
pub type Fit = Result<(), String>;

/// Whether a parameter takes a value.
pub fn argument(value: &HostValue, parameter: &ArgumentKind, declarations: &Declarations) -> Fit {
    match parameter {
        ArgumentKind::Plain(of) => taken(value, of, declarations),
        ArgumentKind::Rest(of) => scalar_taken(value, *of),
        ArgumentKind::Destructured(keys) => {
            let (HostValue::Map(given) | HostValue::Record(_, given)) = value else {
                return fail("a map");
            };
            for (key, of) in keys {
                match given.iter().find(|(name, _)| name == key) {
                    Some((_, value)) => within(key, scalar_taken(value, *of))?,
                    None => return fail(format_args!("a map with `{key}`")),
                }
            }
            Ok(())
        }
    }
}

/// Whether a value can be what a function returns.
pub(super) fn result(value: &HostValue, returns: &Type, declarations: &Declarations) -> Fit {
    match returns {
        Type::Scalar(scalar) => scalar_returned(value, *scalar),
        Type::Void => check(*value == HostValue::Nil, "~"),
        Type::String => check(matches!(value, HostValue::Text(_)), "a string"),
        Type::Bytes => check(matches!(value, HostValue::Bytes(_)), "bytes"),
        Type::Handle(_) => check(*value == HostValue::Nil, "`handle`, `$name` or ~"),
        Type::Owned(of) | Type::Borrowed(of) | Type::ByValue(of) | Type::InOut(of) => {
            result(value, of, declarations)
        }
        Type::CString { .. } => {
            or_nil(value, |value| check(matches!(value, HostValue::Text(_)), "a string"))
        }
        Type::Counted { of, .. } => {
            or_nil(value, |value| vector(value, None, |item| result(item, of, declarations)))
        }
        Type::Results(parts) => match value {
            HostValue::Vector(values) if values.len() == parts.len() => {
                let mut pairs = values.iter().zip(parts);
                pairs.try_for_each(|(value, of)| result(value, of, declarations))
            }
            _ => fail(format_args!("{} values, the return first", parts.len())),
        },
        Type::Slice { of, .. } | Type::Stream { of, .. } => {
            vector(value, None, |item| result(item, of, declarations))
        }
        Type::Array { length, of } => {
            vector(value, Some(*length), |item| result(item, of, declarations))
        }
        Type::Optional(of) => or_nil(value, |value| result(value, of, declarations)),
        Type::Pointer { of, .. } => result(value, of, declarations),
        Type::ErrorUnion { of, .. } => match value {
            HostValue::Error(_) => Ok(()),
            value => result(value, of, declarations),
        },
        Type::Named(name) => named_returned(value, name, declarations),
        Type::Function(_) | Type::Kept(_) => fail("no value"),
        Type::NoReturn => fail("nothing: the function cannot be called"),
    }
}

fn taken(value: &HostValue, of: &Type, declarations: &Declarations) -> Fit {
    if let Some(element) = array_element(of) {
        return array_taken(value, of, element);
    }
    match of {
        Type::Scalar(scalar) => scalar_taken(value, *scalar),
        Type::String => {
            check(matches!(value, HostValue::Text(_) | HostValue::Bytes(_)), "a string or bytes")
        }
        Type::Bytes => check(matches!(value, HostValue::Bytes(_)), "bytes"),
        Type::Slice { of, .. } => vector(value, None, |item| taken(item, of, declarations)),
        Type::Array { length, of } => {
            vector(value, Some(*length), |item| taken(item, of, declarations))
        }
        Type::Optional(of) => or_nil(value, |value| taken(value, of, declarations)),
        Type::Owned(of) | Type::Borrowed(of) | Type::ByValue(of) | Type::InOut(of) => {
            taken(value, of, declarations)
        }
        Type::CString { .. } => {
            let bytes = match value {
                HostValue::Text(text) => Some(text.as_bytes()),
                HostValue::Bytes(bytes) => Some(bytes.as_slice()),
                _ => None,
            };
            check(bytes.is_some_and(|bytes| !bytes.contains(&0)), "a string or bytes without a NUL")
        }
        Type::Named(name) => named_taken(value, name, declarations),
        Type::Handle(name) => fail(format_args!("`$name` of a {name} that an earlier step kept")),
        Type::Function(_) => check(matches!(value, HostValue::Function(_)), "a function"),
        Type::Kept(_) => fail("`$name` of a function that an earlier step made"),
        Type::Pointer { .. }
        | Type::ErrorUnion { .. }
        | Type::Stream { .. }
        | Type::Counted { .. }
        | Type::Results(_) => fail("no value"),
        Type::Void | Type::NoReturn => fail("no value"),
    }
}

/// C-1, C-3, C-4.
fn scalar_taken(value: &HostValue, scalar: Scalar) -> Fit {
    match scalar.class() {
        Class::Bool => check(matches!(value, HostValue::Boolean(_)), "true or false"),
        Class::Float(_) => {
            let number = value.as_integer().is_some()
                || matches!(value, HostValue::Double(_) | HostValue::Extended(..));
            check(number, "a number")
        }
        Class::Integer { .. } => {
            let integer = value.as_integer().or_else(|| match value {
                HostValue::Double(bits) => integral(f64::from_bits(*bits)),
                _ => None,
            });
            check(integer.is_some_and(|value| holds(scalar, &value)), range(scalar))
        }
    }
}

/// The integer a double is, if it is one.
fn integral(value: f64) -> Option<BigInt> {
    if value == 0.0 {
        return Some(BigInt::ZERO);
    }
    if !value.is_finite() || value.fract() != 0.0 {
        return None;
    }
    let bits = value.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i32 - 1075;
    let significand = BigInt::from(bits & ((1 << 52) - 1) | 1 << 52);
    let magnitude = if exponent < 0 { significand >> -exponent } else { significand << exponent };
    Some(if value < 0.0 { -magnitude } else { magnitude })
}

/// C-8.
fn array_taken(value: &HostValue, of: &Type, element: Scalar) -> Fit {
    if let Type::Optional(of) = of {
        return or_nil(value, |value| array_taken(value, of, element));
    }
    let HostValue::Array(given, bytes) = value else {
        return fail(format_args!("a typed array of {element}"));
    };
    let length = bytes.len() / element.size();
    let due = match of {
        Type::Pointer { reach: Reach::One, .. } => Some(1),
        Type::Array { length, .. } => usize::try_from(*length).ok(),
        _ => None,
    };
    check(*given == element, format_args!("a typed array of {element}"))?;
    check(due.is_none_or(|due| due == length), format_args!("{} elements", due.unwrap_or(0)))
}

fn named_taken(value: &HostValue, name: &str, declarations: &Declarations) -> Fit {
    match declarations.get(name).map(|named| &named.kind) {
        Some(NamedKind::Enum { members, .. }) => {
            let member = |keyword: &str| members.iter().any(|member| member.name == keyword);
            let fits = matches!(value, HostValue::Keyword(keyword) if member(keyword));
            check(fits, format_args!("a member of {name}"))
        }
        Some(NamedKind::Struct { fields, .. } | NamedKind::Iterator { fields, .. }) => {
            let union = declarations.get(name).is_some_and(Named::is_union);
            match value {
                HostValue::Map(given) | HostValue::Record(_, given) if union => {
                    let of = |key: &str| fields.iter().find(|field| field.name == key);
                    let mut set = given.iter().filter_map(|(key, value)| Some((of(key)?, value)));
                    match (set.next(), set.next()) {
                        (Some((field, value)), None) => {
                            within(&field.name, taken(value, &field.of, declarations))
                        }
                        _ => fail(format_args!("a map with one field of {name}")),
                    }
                }
                HostValue::Map(given) | HostValue::Record(_, given) => {
                    every_field(given, fields, |value, of| taken(value, of, declarations))
                }
                _ => fail("a map"),
            }
        }
        None => fail(format_args!("a declared type; {name} is none")),
    }
}

///
fn scalar_returned(value: &HostValue, scalar: Scalar) -> Fit {
    match (scalar.class(), value) {
        (Class::Bool, value) => check(matches!(value, HostValue::Boolean(_)), "true or false"),
        (Class::Integer { .. }, value) => integer_returned(value, scalar),
        (Class::Float(Format::F80 | Format::F128), value) => {
            let same = matches!(value, HostValue::Extended(of, _) if *of == scalar);
            check(same, format_args!("the bits of an {scalar}"))
        }
        (Class::Float(format), HostValue::Double(bits)) => check(
            widened(*bits, format),
            format_args!("a double that a {scalar} widens to exactly"),
        ),
        (Class::Float(_), _) => fail("a double"),
    }
}

fn integer_returned(value: &HostValue, scalar: Scalar) -> Fit {
    let Some(integer) = value.as_integer() else { return fail(range(scalar)) };
    check(holds(scalar, &integer), range(scalar))?;
    check(integer_value(integer) == *value, "a long where 64 signed bits hold it, else a big (R-2)")
}

/// Whether a double is what a narrower float widens to: the bits the narrow format lacks are zero.
fn widened(bits: u64, format: Format) -> bool {
    let double = f64::from_bits(bits);
    match format {
        Format::F32 if double.is_nan() => bits << 35 == 0,
        Format::F16 if double.is_nan() => bits << 22 == 0,
        Format::F32 => f64::from(double as f32).to_bits() == bits,
        Format::F16 => half::f16::from_f64(double).to_f64().to_bits() == bits,
        Format::F64 | Format::F80 | Format::F128 => true,
    }
}

fn named_returned(value: &HostValue, name: &str, declarations: &Declarations) -> Fit {
    match declarations.get(name).map(|named| &named.kind) {
        Some(NamedKind::Enum { backing, members }) => match value {
            HostValue::Keyword(keyword) => {
                let member = members.iter().any(|member| member.name == *keyword);
                check(member, format_args!("a member of {name}"))
            }
            // a value without a member is the raw integer.
            value => {
                let integer = value.as_integer();
                let member = members.iter().find(|member| {
                    integer.as_ref().is_some_and(|value| *value == BigInt::from(member.value))
                });
                match member {
                    Some(member) => fail(format_args!("its member, :{}", member.name)),
                    None => scalar_returned(value, *backing)
                        .map_err(|range| format!("a member of {name}, or {range}")),
                }
            }
        },
        Some(NamedKind::Struct { record, fields, .. }) => {
            let given = match value {
                HostValue::Map(given) if !record => given,
                HostValue::Record(of, given) if *record && of == name => given,
                _ if *record => return fail(format_args!("a record {name}")),
                _ => return fail("a map"),
            };
            let known = |key: &str| fields.iter().any(|field| field.name == key);
            if let Some((extra, _)) = given.iter().find(|(key, _)| !known(key)) {
                return fail(format_args!("no `{extra}`: {name} has no such field"));
            }
            every_field(given, fields, |value, of| result(value, of, declarations))
        }
        Some(NamedKind::Iterator { .. }) | None => fail(format_args!("a type; {name} is none")),
    }
}

fn every_field(
    given: &[(String, HostValue)],
    fields: &[Field],
    fits: impl Fn(&HostValue, &Type) -> Fit,
) -> Fit {
    for field in fields {
        match given.iter().find(|(key, _)| *key == field.name) {
            Some((_, value)) => within(&field.name, fits(value, &field.of))?,
            None => return fail(format_args!("a map with `{}`", field.name)),
        }
    }
    Ok(())
}

fn vector(value: &HostValue, length: Option<u64>, fits: impl Fn(&HostValue) -> Fit) -> Fit {
    let HostValue::Vector(items) = value else { return fail("a vector") };
    if let Some(length) = length.filter(|length| *length != items.len() as u64) {
        return fail(format_args!("{length} elements"));
    }
    for (index, item) in items.iter().enumerate() {
        within(format_args!("[{index}]"), fits(item))?;
    }
    Ok(())
}

fn or_nil(value: &HostValue, fits: impl Fn(&HostValue) -> Fit) -> Fit {
    match value {
        HostValue::Nil => Ok(()),
        value => fits(value).map_err(|expected| format!("~ or {expected}")),
    }
}

fn within(part: impl Display, fit: Fit) -> Fit {
    fit.map_err(|expected| format!("at {part} {expected}"))
}

fn check(fits: bool, expected: impl Display) -> Fit {
    if fits { Ok(()) } else { fail(expected) }
}

fn fail(expected: impl Display) -> Fit {
    Err(expected.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declarations() -> Declarations {
        Declarations::read(
            "(defenumz Color {:backing :u8} [red 0 green 1])
             (deftypez Point [x :f64 hue Color])
             (defrecordz Place [x :i8])",
        )
        .unwrap()
    }

    fn takes(of: Type, value: HostValue) -> bool {
        argument(&value, &ArgumentKind::Plain(of), &declarations()).is_ok()
    }

    fn gives(of: Type, value: HostValue) -> bool {
        result(&value, &of, &declarations()).is_ok()
    }

    fn big(text: &str) -> HostValue {
        HostValue::Big(text.parse().unwrap())
    }

    #[test]
    fn integers_take_what_is_integral_and_in_range() {
        use Scalar::{I8, I64, U64};
        assert!(takes(Type::Scalar(I8), HostValue::Long(-128)));
        assert!(!takes(Type::Scalar(I8), HostValue::Long(128)));
        assert!(takes(Type::Scalar(U64), big("18446744073709551615")));
        assert!(!takes(Type::Scalar(U64), big("18446744073709551616")));
        assert!(takes(Type::Scalar(I64), HostValue::double(-9_223_372_036_854_775_808.0)));
        assert!(!takes(Type::Scalar(I64), HostValue::double(9_223_372_036_854_775_808.0)));
        assert!(takes(Type::Scalar(I8), HostValue::double(-0.0)));
        assert!(!takes(Type::Scalar(I8), HostValue::double(0.5)));
        assert!(!takes(Type::Scalar(I8), HostValue::double(f64::NAN)));
        assert!(!takes(Type::Scalar(I8), HostValue::Boolean(true)));
    }

    #[test]
    fn integers_come_back_as_r2_says() {
        use Scalar::{U8, U64};
        assert!(gives(Type::Scalar(U64), big("9223372036854775808")));
        assert!(gives(Type::Scalar(U64), HostValue::Long(i64::MAX)));
        assert!(!gives(Type::Scalar(U64), big("5")));
        assert!(!gives(Type::Scalar(U64), HostValue::Long(-1)));
        assert!(!gives(Type::Scalar(U8), HostValue::double(1.0)));
    }

    #[test]
    fn narrow_floats_come_back_widened_exactly() {
        use Scalar::{F16, F32, F64};
        assert!(gives(Type::Scalar(F64), HostValue::double(0.1)));
        assert!(!gives(Type::Scalar(F32), HostValue::double(0.1)));
        assert!(gives(Type::Scalar(F32), HostValue::double(f64::from(0.1f32))));
        assert!(gives(Type::Scalar(F32), HostValue::double(f64::from(f32::from_bits(1)))));
        assert!(!gives(Type::Scalar(F16), HostValue::double(2049.0)));
        assert!(gives(Type::Scalar(F16), HostValue::double(2048.0)));
        assert!(gives(Type::Scalar(F32), HostValue::Double(0xfff8_0000_2000_0000)));
        assert!(!gives(Type::Scalar(F32), HostValue::Double(0x7ff8_0000_0000_0001)));
        assert!(!gives(Type::Scalar(F16), HostValue::Double(0x7ff8_0000_2000_0000)));
    }

    #[test]
    fn enums_are_members_or_raw() {
        let color = || Type::Named("Color".into());
        assert!(takes(color(), HostValue::Keyword("red".into())));
        assert!(!takes(color(), HostValue::Keyword("blue".into())));
        assert!(!takes(color(), HostValue::Long(0)));
        assert!(gives(color(), HostValue::Keyword("green".into())));
        assert!(gives(color(), HostValue::Long(255)));
        assert!(!gives(color(), HostValue::Long(1)));
        assert!(!gives(color(), HostValue::Long(256)));
    }

    #[test]
    fn arrays_are_typed_and_vectors_are_not() {
        let slice = |of| Type::Slice { constant: true, of: Box::new(of) };
        let bytes = || slice(Type::Scalar(Scalar::U8));
        assert!(takes(bytes(), HostValue::Array(Scalar::U8, vec![])));
        assert!(!takes(bytes(), HostValue::Array(Scalar::I8, vec![])));
        assert!(!takes(bytes(), HostValue::Vector(vec![])));
        assert!(gives(
            Type::Owned(Box::new(bytes())),
            HostValue::Vector(vec![HostValue::Long(255)])
        ));
        assert!(!gives(
            Type::Owned(Box::new(bytes())),
            HostValue::Vector(vec![HostValue::Long(256)])
        ));
        let colors = slice(Type::Named("Color".into()));
        assert!(takes(colors, HostValue::Vector(vec![HostValue::Keyword("red".into())])));
        let one =
            |reach| Type::Pointer { reach, constant: true, of: Box::new(Type::Scalar(Scalar::U8)) };
        assert!(takes(one(Reach::One), HostValue::Array(Scalar::U8, vec![1])));
        assert!(!takes(one(Reach::One), HostValue::Array(Scalar::U8, vec![1, 2])));
        assert!(takes(one(Reach::Many), HostValue::Array(Scalar::U8, vec![1, 2])));
    }

    #[test]
    fn structs_have_their_fields() {
        let point = || Type::Named("Point".into());
        let x = || ("x".to_owned(), HostValue::Long(1));
        let hue = || ("hue".to_owned(), HostValue::Keyword("red".into()));
        let extra = || ("extra".to_owned(), HostValue::Nil);
        assert!(takes(point(), HostValue::Map(vec![x(), hue(), extra()])));
        assert!(!takes(point(), HostValue::Map(vec![x()])));
        let double = || ("x".to_owned(), HostValue::double(1.0));
        assert!(gives(point(), HostValue::Map(vec![hue(), double()])));
        assert!(!gives(point(), HostValue::Map(vec![hue(), x()])));
        assert!(!gives(point(), HostValue::Map(vec![hue(), double(), extra()])));
        let place = || Type::Named("Place".into());
        assert!(gives(place(), HostValue::Record("Place".into(), vec![x()])));
        assert!(!gives(place(), HostValue::Map(vec![x()])));
    }

    #[test]
    fn the_expectation_names_the_part() {
        let value = HostValue::Map(vec![("x".into(), HostValue::Text("1".into()))]);
        let fit =
            argument(&value, &ArgumentKind::Plain(Type::Named("Point".into())), &declarations());
        assert_eq!(fit, Err("at x a number".to_owned()));
    }
}
