//! What nobody can say of a host that has fewer kinds of values than the contract (V): a refusal that hangs on a
//! difference which its values do not have.

use contract::{ArgumentKind, Declarations, HostValue, Scalar};
use corpus::case::{Given, Step, fits};
use subject::Capability;

use super::parameter;

/// A kind of value that a host may have in place of two, what it reads the one as, and how that is said.
type Habit = (Capability, fn(&HostValue) -> Option<HostValue>, &'static str);

const HABITS: [Habit; 3] = [
    (Capability::SignlessArrays, of_the_other_sign, "signed elements from unsigned ones"),
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
    let habits = HABITS.iter().filter(|(habit, ..)| step.is_refused() && declared.contains(habit));
    for (_, read_as, what) in habits {
        for (index, given) in step.arguments.iter().enumerate() {
            let (Given::Value(value), Some(kind)) = (given, parameter(&step.function, index))
            else {
                continue;
            };
            if takes(value, kind, declarations) {
                continue;
            }
            if takes(&read(value, *read_as), kind, declarations) {
                return Some(format!("the subject's host does not tell {what}"));
            }
        }
    }
    None
}

fn takes(value: &HostValue, kind: &ArgumentKind, declarations: &Declarations) -> bool {
    fits::argument(value, kind, declarations).is_ok()
}

/// A value with every array in it read otherwise.
fn read(value: &HostValue, read_as: fn(&HostValue) -> Option<HostValue>) -> HostValue {
    let fields = |fields: &[(String, HostValue)]| {
        fields.iter().map(|(name, value)| (name.clone(), read(value, read_as))).collect()
    };
    match value {
        HostValue::Vector(items) => {
            HostValue::Vector(items.iter().map(|item| read(item, read_as)).collect())
        }
        HostValue::Map(entries) => HostValue::Map(fields(entries)),
        HostValue::Record(name, entries) => HostValue::Record(name.clone(), fields(entries)),
        value => read_as(value).unwrap_or_else(|| value.clone()),
    }
}

fn of_the_other_sign(value: &HostValue) -> Option<HostValue> {
    let HostValue::Array(element, bytes) = value else { return None };
    let other = match element {
        Scalar::I8 => Scalar::U8,
        Scalar::U8 => Scalar::I8,
        Scalar::I16 => Scalar::U16,
        Scalar::U16 => Scalar::I16,
        Scalar::I32 => Scalar::U32,
        Scalar::U32 => Scalar::I32,
        Scalar::I64 => Scalar::U64,
        Scalar::U64 => Scalar::I64,
        Scalar::Isize => Scalar::Usize,
        Scalar::Usize => Scalar::Isize,
        _ => return None,
    };
    Some(HostValue::Array(other, bytes.clone()))
}

fn as_array(value: &HostValue) -> Option<HostValue> {
    match value {
        HostValue::Bytes(bytes) => Some(HostValue::Array(Scalar::U8, bytes.clone())),
        _ => None,
    }
}

fn as_bytes(value: &HostValue) -> Option<HostValue> {
    match value {
        HostValue::Array(Scalar::U8, bytes) => Some(HostValue::Bytes(bytes.clone())),
        _ => None,
    }
}
