//! How dialects read an argument that the plain contract refuses (D-1 to D-3), by its type.

use contract::HostValue;
use contract::{ArgumentKind, Class, Declarations, Scalar, Type};
use corpus::case::values::{holds, integer_value};
use num_bigint::BigInt;
use subject::Dialect;

/// An argument under dialects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// No dialect reads it otherwise.
    AsGiven,
    /// As if this had been given.
    As(HostValue),
    /// As one of the two booleans: the host's truth rule says which.
    EitherTruth,
}

/// Reads arguments under dialects.
pub(super) struct Reader<'a> {
    pub(super) dialects: &'a [Dialect],
    pub(super) declarations: &'a Declarations,
}

impl Reader<'_> {
    pub(super) fn argument(&self, value: &HostValue, kind: &ArgumentKind) -> Read {
        match kind {
            ArgumentKind::Plain(of) => self.value(value, of),
            ArgumentKind::Rest(scalar) => self.scalar(value, *scalar),
            ArgumentKind::Destructured(keys) => {
                let of = |key: &str| {
                    let found = keys.iter().find(|(name, _)| name == key);
                    found.map(|(_, scalar)| Type::Scalar(*scalar))
                };
                self.entries(value, of)
            }
        }
    }

    fn speaks(&self, dialect: Dialect) -> bool {
        self.dialects.contains(&dialect)
    }

    fn value(&self, value: &HostValue, of: &Type) -> Read {
        match of {
            Type::Scalar(scalar) => self.scalar(value, *scalar),
            Type::Optional(of) if *value != HostValue::Nil => self.value(value, of),
            Type::Owned(of) | Type::Borrowed(of) | Type::ByValue(of) | Type::InOut(of) => {
                self.value(value, of)
            }
            Type::Named(name) => match self.declarations.fields(name) {
                Some(fields) => self.entries(value, |key| {
                    let found = fields.iter().find(|field| field.name == key);
                    found.map(|field| field.of.clone())
                }),
                None => Read::AsGiven,
            },
            Type::Slice { of, .. } | Type::Array { of, .. } => match value {
                HostValue::Vector(items) => {
                    let mut items = items.clone();
                    let read = items.iter_mut().filter_map(|item| self.within(item, of)).count();
                    if read == 0 { Read::AsGiven } else { Read::As(HostValue::Vector(items)) }
                }
                _ => Read::AsGiven,
            },
            _ => Read::AsGiven,
        }
    }

    /// A map's or record's entries, each by its field's type.
    fn entries(&self, value: &HostValue, of: impl Fn(&str) -> Option<Type>) -> Read {
        let mut value = value.clone();
        let (HostValue::Map(entries) | HostValue::Record(_, entries)) = &mut value else {
            return Read::AsGiven;
        };
        let read =
            entries.iter_mut().filter_map(|(key, value)| self.within(value, &of(key)?)).count();
        if read == 0 { Read::AsGiven } else { Read::As(value) }
    }

    /// Reads what stands inside another value, in place. A truth that hosts disagree on stays as it is,
    /// and with it the refusal: there the case has to say.
    fn within(&self, value: &mut HostValue, of: &Type) -> Option<()> {
        match self.value(value, of) {
            Read::As(read) => {
                *value = read;
                Some(())
            }
            Read::AsGiven | Read::EitherTruth => None,
        }
    }

    fn scalar(&self, value: &HostValue, scalar: Scalar) -> Read {
        match scalar.class() {
            Class::Bool if self.speaks(Dialect::Truthy) => return truth(value),
            Class::Bool | Class::Float(_) => return Read::AsGiven,
            Class::Integer { .. } => {}
        }
        let wraps = self.speaks(Dialect::Wraps);
        match value {
            HostValue::Long(_) | HostValue::Big(_) if wraps => match value.as_integer() {
                Some(integer) if !holds(scalar, &integer) => {
                    Read::As(integer_value(low_bits(scalar, &integer)))
                }
                _ => Read::AsGiven,
            },
            HostValue::Double(bits) if self.speaks(Dialect::Truncates) => {
                let Some(integer) = integer_of(f64::from_bits(*bits)) else { return Read::AsGiven };
                match (holds(scalar, &integer), wraps) {
                    (true, _) => Read::As(integer_value(integer)),
                    // Another double, by C-4, unless both dialects make it an integer's low bits.
                    (false, false) => Read::AsGiven,
                    (false, true) => Read::As(integer_value(low_bits(scalar, &integer))),
                }
            }
            _ => Read::AsGiven,
        }
    }
}

/// D-3: what hosts agree on. Nil stays what it is, and numbers that are not zero, keywords, and what holds
/// something are true everywhere; zero, NaN and what is empty are not.
fn truth(value: &HostValue) -> Read {
    let empty = match value {
        HostValue::Nil | HostValue::Boolean(_) => return Read::AsGiven,
        HostValue::Long(number) => *number == 0,
        HostValue::Big(number) => *number == BigInt::ZERO,
        HostValue::Double(bits) => {
            let double = f64::from_bits(*bits);
            double == 0.0 || double.is_nan()
        }
        HostValue::Extended(..) => true,
        HostValue::Text(text) => text.is_empty(),
        HostValue::Utf16(units) => units.is_empty(),
        HostValue::Bytes(bytes) | HostValue::Array(_, bytes) => bytes.is_empty(),
        HostValue::Vector(values) => values.is_empty(),
        HostValue::Map(entries) | HostValue::Record(_, entries) => entries.is_empty(),
        HostValue::Keyword(_) | HostValue::Error(_) => false,
        HostValue::View(_, _, _, count) => *count == 0,
        HostValue::Same(_)
        | HostValue::Handle(_)
        | HostValue::Stream(_)
        | HostValue::Kept(_)
        | HostValue::Function(_) => false,
    };
    if empty { Read::EitherTruth } else { Read::As(HostValue::Boolean(true)) }
}

/// A finite double truncated toward zero.
pub(super) fn integer_of(double: f64) -> Option<BigInt> {
    if !double.is_finite() {
        return None;
    }
    let bits = double.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i32 - 1075;
    let significand = BigInt::from(bits & ((1 << 52) - 1) | 1 << 52);
    let magnitude = if exponent >= 0 {
        significand << exponent
    } else {
        // Below one, subnormals included, nothing is left.
        significand >> -exponent
    };
    Some(if double < 0.0 { -magnitude } else { magnitude })
}

/// D-1: the value of an integer's two's-complement low bits.
fn low_bits(scalar: Scalar, integer: &BigInt) -> BigInt {
    let modulus = BigInt::from(1) << (scalar.size() * 8);
    let rest = ((integer % &modulus) + &modulus) % &modulus;
    let half = &modulus / 2;
    if scalar.is_signed() && rest >= half { rest - modulus } else { rest }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn low_bits_are_those_of_the_type() {
        for (scalar, number, expected) in [
            (Scalar::U8, 256_i128, 0_i128),
            (Scalar::U8, -1, 255),
            (Scalar::I8, 200, -56),
            (Scalar::I8, -129, 127),
            (Scalar::I64, 1 << 64, 0),
            (Scalar::U64, -1, i128::from(u64::MAX)),
        ] {
            assert_eq!(low_bits(scalar, &number.into()), expected.into(), "{number} in {scalar}");
        }
    }

    #[test]
    fn doubles_are_cut_toward_zero() {
        for (double, expected) in [
            (0.0, 0),
            (0.9, 0),
            (-0.9, 0),
            (1.5, 1),
            (-2.5, -2),
            (5e-324, 0),
            (-1e18, -(10_i64.pow(18))),
        ] {
            assert_eq!(integer_of(double), Some(expected.into()), "{double}");
        }
        assert_eq!(integer_of((1_u128 << 100) as f64), Some(BigInt::from(1) << 100));
        assert_eq!((integer_of(f64::NAN), integer_of(f64::INFINITY)), (None, None));
    }

    #[test]
    fn only_what_every_host_calls_true_is_true() {
        for (value, expected) in [
            (HostValue::Nil, Read::AsGiven),
            (HostValue::Boolean(false), Read::AsGiven),
            (HostValue::Long(0), Read::EitherTruth),
            (HostValue::Long(2), Read::As(HostValue::Boolean(true))),
            (HostValue::double(-0.0), Read::EitherTruth),
            (HostValue::Text(String::new()), Read::EitherTruth),
            (HostValue::Text("false".into()), Read::As(HostValue::Boolean(true))),
        ] {
            assert_eq!(truth(&value), expected, "{value:?}");
        }
    }
}
