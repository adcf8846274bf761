//! What nobody can say of a host that has fewer kinds of values than the contract (V): a refusal that hangs on a
//! difference which its values do not have.

use contract::{ArgumentKind, Declarations, HostValue, Scalar};
use corpus::case::{Given, Step, fits};
use subject::Capability;

use super::parameter;

/// What a host takes a value for, where elements of that type are asked for.
type Reading = fn(&HostValue, Scalar) -> Option<HostValue>;

/// A kind of value that a host may have in place of two, what it reads the one as, and how that is said.
type Habit = (Capability, Reading, &'static str);

const HABITS: [Habit; 3] = [
    (Capability::SignlessArrays, of_their_width, "integers of one width in an array"),
    (Capability::BytesAreU8s, as_array, "bytes from an array of u8"),
    (Capability::BytesAreU8s, as_bytes, "bytes from an array of u8"),
];

/// Why nobody can say what a call comes to that the contract refuses, where one of the habits declared has the
/// host take it.
pub(super) fn untold(
    step: &Step,
    declared: &[Capability],
    declarations: &Declarations,
) -> Option<String> {
    if !step.is_refused() {
        return None;
    }
    step.arguments.iter().enumerate().find_map(|(index, given)| {
        let (Given::Value(value), Some(kind)) = (given, parameter(&step.function, index)) else {
            return None;
        };
        let what = mistaken(value, kind, declared, declarations)?;
        Some(format!("the subject's host does not tell {what}"))
    })
}

/// What a host does not tell apart that takes a value which the contract refuses there.
fn mistaken(
    value: &HostValue,
    kind: &ArgumentKind,
    declared: &[Capability],
    declarations: &Declarations,
) -> Option<&'static str> {
    if takes(value, kind, declarations) {
        return None;
    }
    let taken = |read_as: Reading| {
        let asked = |asked| takes(&read(value, asked, read_as), kind, declarations);
        Scalar::ALL.into_iter().any(asked)
    };
    let mut habits = HABITS.into_iter().filter(|(habit, ..)| declared.contains(habit));
    habits.find(|(_, read_as, _)| taken(*read_as)).map(|(.., what)| what)
}

fn takes(value: &HostValue, kind: &ArgumentKind, declarations: &Declarations) -> bool {
    fits::argument(value, kind, declarations).is_ok()
}

/// A value with every array in it read otherwise.
fn read(value: &HostValue, asked: Scalar, read_as: Reading) -> HostValue {
    let read = |value: &HostValue| read(value, asked, read_as);
    let fields = |fields: &[(String, HostValue)]| {
        fields.iter().map(|(name, value)| (name.clone(), read(value))).collect()
    };
    match value {
        HostValue::Vector(items) => HostValue::Vector(items.iter().map(read).collect()),
        HostValue::Map(entries) => HostValue::Map(fields(entries)),
        HostValue::Record(name, entries) => HostValue::Record(name.clone(), fields(entries)),
        value => read_as(value, asked).unwrap_or_else(|| value.clone()),
    }
}

fn of_their_width(value: &HostValue, asked: Scalar) -> Option<HostValue> {
    let HostValue::Array(element, bytes) = value else { return None };
    let integers = element.is_integer() && asked.is_integer();
    (integers && element.size() == asked.size()).then(|| HostValue::Array(asked, bytes.clone()))
}

fn as_array(value: &HostValue, _: Scalar) -> Option<HostValue> {
    match value {
        HostValue::Bytes(bytes) => Some(HostValue::Array(Scalar::U8, bytes.clone())),
        _ => None,
    }
}

fn as_bytes(value: &HostValue, _: Scalar) -> Option<HostValue> {
    match value {
        HostValue::Array(Scalar::U8, bytes) => Some(HostValue::Bytes(bytes.clone())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use contract::Signature;

    use super::*;

    #[test]
    fn a_host_tells_what_it_does_not_declare() {
        use Capability::{BytesAreU8s, SignlessArrays};
        let declarations = Declarations::default();
        let mistaken = |of: &str, value: &HostValue, declared: &[Capability]| {
            let text = format!("[xs [:slice :const {of}] :ret :void]");
            let signature = Signature::read(&text, &declarations).expect("valid");
            mistaken(value, &signature.arguments[0].kind, declared, &declarations).is_some()
        };
        let array = |element| HostValue::Array(element, vec![0; 16]);
        for of in [":i64", ":u64", ":usize"] {
            assert!(mistaken(of, &array(Scalar::Isize), &[SignlessArrays]), "{of}");
            assert!(!mistaken(of, &array(Scalar::Isize), &[BytesAreU8s]), "{of}");
        }
        for other in [Scalar::I32, Scalar::F64, Scalar::I128] {
            assert!(!mistaken(":isize", &array(other), &[SignlessArrays, BytesAreU8s]), "{other}");
        }
        assert!(!mistaken(":i64", &array(Scalar::I64), &[SignlessArrays]), "the contract takes it");
        let bytes = HostValue::Bytes(vec![0; 16]);
        assert!(
            mistaken(":u8", &bytes, &[BytesAreU8s]) && !mistaken(":u8", &bytes, &[SignlessArrays])
        );
    }
}
