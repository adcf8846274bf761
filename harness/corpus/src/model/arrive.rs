//! What must arrive on the native side for an argument, one item a carrier (contract L).

use contract::HostValue;
use contract::float::{self, Expected};
use contract::{ArgumentKind, Declarations, NamedKind, Reach, Scalar, Signature, Type};

use super::memory;
use crate::case::{Arrival, Octets};

/// What must arrive for a call's arguments; `None` for a carrier the model does not know.
pub fn arrivals(
    signature: &Signature,
    values: &[HostValue],
    declarations: &Declarations,
) -> Vec<Option<Arrival>> {
    let mut arrivals = Vec::new();
    for (index, argument) in signature.arguments.iter().enumerate() {
        let value = values.get(index);
        match &argument.kind {
            ArgumentKind::Plain(of) => {
                arrivals.push(value.and_then(|value| plain(of, value, declarations)));
            }
            ArgumentKind::Rest(of) => {
                let rest = HostValue::Vector(values.get(index..).unwrap_or_default().to_vec());
                let row = memory::row(&Type::Scalar(*of), &rest, declarations);
                arrivals.push(row.map(Arrival::Memory));
            }
            ArgumentKind::Destructured(keys) => {
                arrivals.extend(keys.iter().map(|(key, of)| by_value(*of, value?.field(key)?)));
            }
        }
    }
    arrivals
}

/// What must be there for an argument that a function of the host's is given, whose value this is to the host (K-2, K-9);
/// `None` for what the model does not know.
pub fn given(of: &Type, value: &HostValue, declarations: &Declarations) -> Option<Arrival> {
    match of {
        Type::Handle(_) => matches!(value, HostValue::Same(_)).then_some(Arrival::Address),
        Type::Pointer { of, .. } => match **of {
            Type::Scalar(of) => one(of, memory::scalar(of, value)?),
            _ => None,
        },
        of => plain(of, value, declarations),
    }
}

fn plain(of: &Type, value: &HostValue, declarations: &Declarations) -> Option<Arrival> {
    match of {
        Type::Optional(_) if *value == HostValue::Nil => Some(Arrival::Null),
        // A pointer to the value, even to a scalar that crosses by value elsewhere (L-20).
        Type::Optional(of) => match &**of {
            Type::Scalar(of) => one(*of, memory::scalar(*of, value)?),
            of => plain(of, value, declarations),
        },
        Type::Scalar(of) if of.is_carrier() => by_value(*of, value),
        Type::Scalar(of) => one(*of, memory::scalar(*of, value)?),
        Type::Named(name) => match declarations.get(name)?.kind {
            NamedKind::Enum { .. } => {
                let (backing, number) = memory::member(name, value, declarations)?;
                Some(Arrival::Integer(backing, number))
            }
            _ => memory::item(of, value, declarations).map(Arrival::Memory),
        },
        Type::ByValue(of) => match &**of {
            // G-7, G-8
            Type::Scalar(of) => one(*of, memory::scalar(*of, value)?),
            of => memory::item(of, value, declarations).map(Arrival::Memory),
        },
        Type::InOut(of) => memory::item(of, value, declarations).map(Arrival::Memory),
        Type::Counted { of, .. } => memory::row(of, value, declarations).map(Arrival::Memory),
        Type::Handle(_) => matches!(value, HostValue::Handle(_)).then_some(Arrival::Address),
        Type::Function(_) => matches!(value, HostValue::Function(_)).then_some(Arrival::Address),
        Type::Kept(_) => Some(Arrival::Address),
        Type::Pointer { reach: Reach::Many, .. } => {
            matches!(value, HostValue::Array(..)).then_some(Arrival::Address)
        }
        Type::Pointer { of, .. } => {
            let row = memory::row(of, value, declarations)?;
            match **of {
                Type::Scalar(of) => one(of, row),
                _ => Some(Arrival::Memory(row)),
            }
        }
        Type::Slice { of, .. } | Type::Array { of, .. } => {
            memory::row(of, value, declarations).map(Arrival::Memory)
        }
        Type::String | Type::CString { .. } => match value {
            HostValue::Text(text) => Some(Arrival::Memory(memory::known(text.as_bytes()))),
            HostValue::Bytes(bytes) => Some(Arrival::Memory(memory::known(bytes))),
            _ => None,
        },
        _ => None,
    }
}

/// One scalar behind a pointer: the page keeps the bytes that mean something.
fn one(of: Scalar, mut octets: Octets) -> Option<Arrival> {
    octets.truncate(of.significant_bytes());
    Some(Arrival::Memory(octets))
}

/// What must cross for a scalar by value; `None` for what its type does not take.
pub fn by_value(of: Scalar, value: &HostValue) -> Option<Arrival> {
    if let Some(format) = of.format() {
        return float::expected(format, value).map(|expected| match expected {
            Expected::Bits(bits) => Arrival::Float(of, bits as u64),
            Expected::Nan { negative } => Arrival::Float(of, float::quiet(format, negative) as u64),
        });
    }
    memory::integer(of, value).map(|bytes| Arrival::Integer(of, i128::from_le_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declarations() -> Declarations {
        Declarations::read("(deftypez Point [x :f64 y :f64])").unwrap()
    }

    fn arrive(signature: &str, values: &[HostValue]) -> Vec<Option<Arrival>> {
        let declarations = declarations();
        let signature = Signature::read(signature, &declarations).unwrap();
        arrivals(&signature, values, &declarations)
    }

    fn memory(bytes: &[u8]) -> Option<Arrival> {
        Some(Arrival::Memory(memory::known(bytes)))
    }

    #[test]
    fn optionals_are_pointers_or_null() {
        let signature = "[a [:optional :i8] b [:optional [:ptr :u16]] c [:optional Point]
            d [:optional [:manyptr :u8]] :ret :void]";
        assert_eq!(arrive(signature, &[const { HostValue::Nil }; 4]), vec![Some(Arrival::Null); 4]);
        let point = |x: f64| {
            let zero = ("y".to_owned(), HostValue::Long(0));
            HostValue::Map(vec![zero, ("x".to_owned(), HostValue::double(x))])
        };
        let given = [
            HostValue::Long(-1),
            HostValue::Array(Scalar::U16, vec![1, 2]),
            point(-0.0),
            HostValue::Array(Scalar::U8, vec![]),
        ];
        let mut bytes = vec![0; 16];
        bytes[7] = 0x80;
        let expected =
            vec![memory(&[0xff]), memory(&[1, 2]), memory(&bytes), Some(Arrival::Address)];
        assert_eq!(arrive(signature, &given), expected);
    }

    #[test]
    fn rest_and_destructured_arguments_arrive_as_what_they_lower_to() {
        let signature = "[{b :y a :x} {:x :i8 :y :f32} & more :u16 :ret :void]";
        let map = HostValue::Map(vec![
            ("x".to_owned(), HostValue::Long(-2)),
            ("y".to_owned(), HostValue::Long(1)),
        ]);
        let given = [map, HostValue::Long(1), HostValue::Long(0xffff)];
        let expected = vec![
            Some(Arrival::Float(Scalar::F32, 0x3f80_0000)),
            Some(Arrival::Integer(Scalar::I8, -2)),
            memory(&[1, 0, 0xff, 0xff]),
        ];
        assert_eq!(arrive(signature, &given), expected);
        assert_eq!(arrive(signature, &given[..1])[2], memory(&[]));
    }

    #[test]
    fn wide_scalars_and_strings_are_memory() {
        let f80 = HostValue::Extended(Scalar::F80, 0x3fff_8000_0000_0000_0001);
        let text = HostValue::Text("a\0é".into());
        let bytes = memory(&[1, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x3f]);
        let expected = vec![bytes, memory(b"a\0\xc3\xa9")];
        assert_eq!(arrive("[x :f80 s :string :ret :void]", &[f80, text]), expected);
    }
}
