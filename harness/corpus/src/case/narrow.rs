//! Where the payload of a NaN is open in what a call gives back: one that crosses in another format than its
//! own keeps its sign alone (C-3). Of an `:f16` or `:f32` that comes back so much is said by its type.

use contract::float::is_nan;
use contract::{ArgumentKind, Declarations, HostValue, Scalar, Type};

use super::{Expect, Expected, Function, Given};

/// Whether any NaN of the same sign may stand for one that a step expects. Not so where it also expects one
/// whose payload is promised, unless that may be one which was made wider on the way.
pub(super) fn leaves_payloads_open(
    function: &Function,
    arguments: &[Given],
    expect: &Expect,
    declarations: &Declarations,
) -> bool {
    let (mut open, mut promised, mut widened) = (false, false, false);
    let mut given = arguments.iter().map(|given| match given {
        Given::Value(value) => value,
        Given::Kept(_) => &HostValue::Nil,
    });
    let mut converted = |scalar: Scalar, value: &HostValue| {
        let which = if is_narrow(scalar) { &mut open } else { &mut widened };
        *which |= is_nan(value) && !is_of(scalar, value);
    };
    for argument in &function.signature.arguments {
        match &argument.kind {
            ArgumentKind::Plain(of) => {
                given.by_ref().take(1).for_each(|value| {
                    each_scalar(of, value, declarations, &mut converted);
                });
            }
            ArgumentKind::Destructured(fields) => {
                for value in given.by_ref().take(1) {
                    fields
                        .iter()
                        .filter_map(|(key, of)| Some((of, value.field(key)?)))
                        .for_each(|(of, value)| converted(*of, value));
                }
            }
            ArgumentKind::Rest(of) => given.by_ref().for_each(|value| converted(*of, value)),
        }
    }
    if let Expect::Returns(Expected::Exactly(value)) = expect {
        let mut returned = |scalar: Scalar, value: &HostValue| {
            promised |= !is_narrow(scalar) && is_nan(value);
        };
        each_scalar(&function.signature.returns, value, declarations, &mut returned);
    }
    widened || open && !promised
}

fn is_narrow(scalar: Scalar) -> bool {
    matches!(scalar, Scalar::F16 | Scalar::F32)
}

/// Whether a float has the format of a parameter.
fn is_of(scalar: Scalar, value: &HostValue) -> bool {
    match value {
        HostValue::Double(_) => scalar == Scalar::F64,
        HostValue::Extended(of, _) => *of == scalar,
        _ => false,
    }
}

/// Calls with every scalar of a value that is converted; what a typed array holds is not.
fn each_scalar(
    of: &Type,
    value: &HostValue,
    declarations: &Declarations,
    seen: &mut impl FnMut(Scalar, &HostValue),
) {
    match (of, value) {
        (Type::Scalar(scalar), value) => seen(*scalar, value),
        (
            Type::Slice { of, .. }
            | Type::Array { of, .. }
            | Type::Counted { of, .. }
            | Type::Stream { of, .. },
            HostValue::Vector(values),
        ) => values.iter().for_each(|value| each_scalar(of, value, declarations, seen)),
        (
            Type::Optional(of)
            | Type::Owned(of)
            | Type::Borrowed(of)
            | Type::ByValue(of)
            | Type::InOut(of)
            | Type::ErrorUnion { of, .. }
            | Type::Pointer { of, .. },
            value,
        ) => each_scalar(of, value, declarations, seen),
        (Type::Results(parts), HostValue::Vector(values)) => {
            for (of, value) in parts.iter().zip(values) {
                each_scalar(of, value, declarations, seen);
            }
        }
        (Type::Named(name), value) => {
            for field in declarations.fields(name).into_iter().flatten() {
                if let Some(value) = value.field(&field.name) {
                    each_scalar(&field.of, value, declarations, seen);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::case::tests::read;
    use crate::case::{Body, Leeway};

    #[test]
    fn a_payload_is_open_where_a_nan_was_narrow_and_nowhere_else() {
        const NAN: &str = "{bits: 0x7ff8000000000000}";
        for (signature, step, open) in [
            ("[x :f16 :ret :f16]", format!("args: [{NAN}], returns: {NAN}"), true),
            ("[x :f32 :ret :f32]", "args: [1.0], returns: 1.0".to_owned(), false),
            ("[x :f64 :ret :f64]", format!("args: [{NAN}], returns: {NAN}"), false),
            ("[x :f64 :ret :f32]", format!("args: [1.0], returns: {NAN}"), false),
            ("[x :f32 :ret :f64]", format!("args: [{NAN}], returns: {NAN}"), false),
            ("[p [:ptr :f32] x :f32 :ret :void]", format!("args: [[0.0], {NAN}]"), true),
            ("[p [:ptr :f32] :ret :void]", "args: [[{bits: 0x7fc00000}]]".to_owned(), false),
            (
                "[s S :ret S]",
                format!("args: [{{a: {NAN}, b: 1.0}}], returns: {{a: {NAN}, b: 1.0}}"),
                true,
            ),
            (
                "[s S :ret S]",
                format!("args: [{{a: {NAN}, b: {NAN}}}], returns: {{a: {NAN}, b: {NAN}}}"),
                false,
            ),
            (
                "[x :f64 :ret :f64]",
                format!("args: [{{f80: 0x7fff8000000000000001}}], returns: {NAN}"),
                true,
            ),
            ("[& xs :f32 :ret :void]", format!("args: [1.0, {NAN}]"), true),
            ("[{a :x} {:x :f16} :ret :void]", format!("args: [{{x: {NAN}}}]"), true),
        ] {
            let text = format!(
                "suite: s\nclauses: [C-1]\ntypes:\n  - \"(deftypez S [a :f32 b :f64])\"\nfunctions:\n  \
                 f: \"{signature}\"\n  g: \"[s S :ret :void]\"\ncases:\n  - {{id: a, fn: f, {step}}}\n  \
                 - {{id: b, fn: g, args: [{{a: 1.0, b: 1.0}}]}}\n"
            );
            let corpus = read(&text).unwrap_or_else(|errors| panic!("{signature}: {errors:?}"));
            let Body::Calls(steps) = &corpus.suites[0].cases[0].body else { panic!("a call") };
            let due = Leeway { any_payload: open, ..Leeway::default() };
            assert_eq!(steps[0].leeway, due, "{signature} {step}");
        }
    }
}
