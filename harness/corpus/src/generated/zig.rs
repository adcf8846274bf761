//! Made signatures as the functions of one Zig file.

use std::fmt::Write;

use contract::{Scalar, Type};

use super::tag::{self, NOWHERE};
use super::{DECLARATIONS, HANDLES, Made, callbacks, carriers, counted_by};
use crate::case::Arrival;

const HEAD: &str = "//! Functions of made signatures. Written by the suite when it built them.

const aggregates = @import(\"aggregates.zig\");
const made = @import(\"made.zig\");
const types = @import(\"types.zig\");
const ByValue = @import(\"forms.zig\").ByValue;
const Callback = @import(\"forms.zig\").Callback;
const CString = @import(\"forms.zig\").CString;
const Counted = @import(\"forms.zig\").Counted;
const Handle = @import(\"forms.zig\").Handle;
const InOut = @import(\"forms.zig\").InOut;
const Length = @import(\"forms.zig\").Length;
";

const C_HEAD: &str = "/* Functions of made signatures that pass structs by value, each handed on to its body in Zig. */
#include \"aggregates.h\"
#include \"registers.h\"
";

/// The text of `generated.zig` (zig-lib/zig/signatures.zig) for these signatures, the n-th called
/// `made_n`.
pub fn source(signatures: &[Made]) -> String {
    let mut text = HEAD.to_owned();
    for target in HANDLES {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\npub fn {}(bits: u64) Handle(types.{target}) {{\n    return made.at(Handle(types.\
             {target}), bits);\n}}\n",
            maker(target)
        );
    }
    for (number, signature) in signatures.iter().enumerate() {
        function(&symbol(number), signature, &mut text);
    }
    text
}

/// The text of `generated.c`: the C functions of those that pass structs by value (zig-lib/zig/by_value.c).
pub fn by_value(signatures: &[Made]) -> String {
    let mut text = C_HEAD.to_owned();
    for (number, made) in signatures.iter().enumerate() {
        let returns = matches!(made.returns, Type::ByValue(_));
        if returns || made.arguments.iter().any(|of| matches!(of, Type::ByValue(_))) {
            c_function(&symbol(number), made, returns, &mut text);
        }
    }
    text
}

fn c_function(symbol: &str, made: &Made, returns: bool, text: &mut String) {
    let (mut given, mut taken, mut handed) = (Vec::new(), Vec::new(), Vec::new());
    for (number, of) in made.arguments.iter().enumerate() {
        let spelled = c_spelled(of);
        given.push(format!("{spelled} a{number}"));
        if matches!(of, Type::ByValue(_)) {
            taken.push(format!("const {spelled} *"));
            handed.push(format!("&a{number}"));
        } else {
            taken.push(spelled);
            handed.push(format!("a{number}"));
        }
    }
    let result = c_spelled(&made.returns);
    if returns {
        taken.push(format!("{result} *"));
        handed.push("&ret".to_owned());
    }
    let listed = |all: &[String]| if all.is_empty() { "void".to_owned() } else { all.join(", ") };
    let (given, taken) = (listed(&given), listed(&taken));
    let (inner, call) = (format!("{symbol}__by_address"), handed.join(", "));
    let (own, body) = if returns {
        ("void", format!("{result} ret; {inner}({call}); return ret;"))
    } else {
        (&*result, format!("return {inner}({call});"))
    };
    // Writing to a string cannot fail.
    let _ =
        write!(text, "\n{own} {inner}({taken});\nEXPORT {result} {symbol}({given}) {{ {body} }}\n");
}

/// A type as the C of by_value.h and registers.h spells it.
fn c_spelled(of: &Type) -> String {
    match of {
        Type::ByValue(of) => match **of {
            Type::Scalar(Scalar::F80) => "F80".to_owned(),
            Type::Scalar(Scalar::I128) => "S128".to_owned(),
            Type::Scalar(_) => "U128".to_owned(),
            _ => of.to_string(),
        },
        Type::Scalar(scalar) if scalar.is_float() => scalar.c_type().to_owned(),
        Type::Scalar(scalar) => scalar.name().to_uppercase(),
        _ => "void".to_owned(),
    }
}

/// The symbol of the signature of a number.
pub(super) fn symbol(number: usize) -> String {
    format!("made_{number}")
}

/// The symbol of the function that gives a handle whose bits it is told.
pub(super) fn maker(target: &str) -> String {
    format!("handle_of_{}", target.to_lowercase())
}

fn function(symbol: &str, made: &Made, text: &mut String) {
    let writes = |of: &Type| {
        matches!(of, Type::Pointer { constant: false, .. } | Type::Slice { constant: false, .. })
    };
    let mut parameters = Vec::new();
    let mut body = String::new();
    for (number, of) in made.arguments.iter().enumerate() {
        let written = match of {
            of if writes(of) => format!("    made.flip(a{number});\n"),
            Type::Counted { constant: false, .. } => format!("    made.flip(a{number}.items());\n"),
            Type::InOut(of) => {
                let left = tagged_as(of, tag::left_in(number));
                format!("    a{number}.pointer.* = {left};\n")
            }
            Type::Function(of) => callbacks::called(number, of, made.echoes == Some(number)),
            _ => String::new(),
        };
        let used = !written.is_empty() || made.echoes == Some(number);
        body += &written;
        let name = if used { format!("a{number}") } else { "_".to_owned() };
        parameters.push(format!("{name}: {}", argument(made, number)));
    }
    match made.echoes {
        Some(number) if counted_by(&made.returns).is_some() => {
            body += &format!("    return .{{ .address = a{number}.address }};\n");
        }
        Some(_) if made.returns == Type::Void => {}
        Some(number) if matches!(made.arguments[number], Type::Function(_)) => {
            body += "    return back;\n";
        }
        Some(number) => body += &format!("    return a{number};\n"),
        None if made.returns == Type::Void => {}
        None => body += &format!("    return {};\n", tagged_as(&made.returns, NOWHERE)),
    }
    let returns = match counted_by(&made.returns) {
        Some(by) => counted(made, &made.returns, by, 0),
        None => spelled(&made.returns),
    };
    let parameters = parameters.join(", ");
    let _ = write!(text, "\npub fn {symbol}({parameters}) {returns} {{\n{body}}}\n");
}

/// The type of an argument, which may be told by others.
fn argument(made: &Made, number: usize) -> String {
    let of = &made.arguments[number];
    match counted_by(of) {
        Some(by) => counted(made, of, by, carrier(made, number)),
        None if made.counts(number) => format!("Length({})", spelled(of)),
        None => spelled(of),
    }
}

/// The first carrier of an argument.
fn carrier(made: &Made, number: usize) -> usize {
    made.arguments[..number].iter().map(carriers).sum()
}

/// An array that the argument `by` counts, seen from a carrier.
fn counted(made: &Made, of: &Type, by: usize, from: usize) -> String {
    let Type::Counted { constant, of, .. } = of else { return "void".to_owned() };
    let (at, constant) =
        (carrier(made, by) as i64 - from as i64, if *constant { "const " } else { "" });
    format!("Counted([]{constant}{}, {}, {at})", spelled(of), spelled(&made.arguments[by]))
}

/// A value tagged as an argument.
fn tagged_as(of: &Type, argument: usize) -> String {
    literal(of, tag::value(of, argument, 0).arrives)
}

/// A value as Zig spells it, by what arrives of it.
pub(super) fn literal(of: &Type, arrives: Arrival) -> String {
    match (of, arrives) {
        (Type::CString { .. }, Arrival::Memory(bytes)) => {
            let bytes = bytes.iter().flatten().map(|byte| format!("\\x{byte:02x}"));
            format!(".lend(\"{}\\x00\")", bytes.collect::<String>())
        }
        (Type::Named(_), Arrival::Integer(_, number)) => format!("@enumFromInt({number})"),
        (Type::Scalar(Scalar::Bool), Arrival::Integer(_, number)) => (number != 0).to_string(),
        (_, Arrival::Integer(_, number)) => number.to_string(),
        (_, Arrival::Float(scalar, bits)) => {
            format!("@bitCast(@as(u{}, {bits:#x}))", scalar.size() * 8)
        }
        (_, Arrival::At(bits)) => format!("made.at({}, {bits:#x})", spelled(of)),
        (Type::ByValue(of), there @ Arrival::Memory(_)) => {
            format!(".{{ .value = {} }}", literal(of, there))
        }
        (_, Arrival::Memory(bytes)) => octets(of, &bytes),
        (_, Arrival::Address | Arrival::Null) => "undefined".to_owned(),
    }
}

/// A value of these bytes.
pub(super) fn octets(of: &Type, bytes: &[Option<u8>]) -> String {
    let bytes: Vec<_> =
        bytes.iter().map(|byte| format!("{:#x}", byte.unwrap_or_default())).collect();
    format!("made.of({}, .{{ {} }})", spelled(of), bytes.join(", "))
}

/// A type as Zig spells it.
pub(super) fn spelled(of: &Type) -> String {
    let constant = |constant: &bool| if *constant { "const " } else { "" };
    match of {
        Type::Scalar(scalar) => scalar.name().to_owned(),
        Type::Named(name) if DECLARATIONS.beyond(of).is_empty() => format!("types.{name}"),
        Type::Named(name) => format!("aggregates.{name}"),
        Type::ByValue(of) => format!("ByValue({})", spelled(of)),
        Type::CString { .. } => "CString".to_owned(),
        Type::Optional(of) => format!("?{}", spelled(of)),
        Type::InOut(of) => format!("InOut({})", spelled(of)),
        Type::Handle(name) => format!("Handle(types.{name})"),
        Type::Pointer { constant: is, of, .. } => format!("*{}{}", constant(is), spelled(of)),
        Type::Slice { constant: is, of } => format!("[]{}{}", constant(is), spelled(of)),
        Type::Function(of) => {
            let given: Vec<String> = of.arguments.iter().map(spelled).collect();
            format!("Callback(fn ({}) {})", given.join(", "), spelled(&of.returns))
        }
        _ => "void".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Type;

    fn read(form: &str) -> Type {
        Type::read(form, &DECLARATIONS).expect("a form of the contract")
    }

    #[test]
    fn a_struct_by_value_has_a_function_in_c() {
        let forms = [":i8", "[:by-value Point]", ":f32"].map(read).to_vec();
        let returns = read("[:by-value Vec3]");
        let mut text = String::new();
        c_function("f", &Made { arguments: forms, returns, echoes: None }, true, &mut text);
        assert_eq!(
            text,
            "\nvoid f__by_address(I8, const Point *, float, Vec3 *);\nEXPORT Vec3 f(I8 a0, Point a1, \
             float a2) { Vec3 ret; f__by_address(a0, &a1, a2, &ret); return ret; }\n"
        );
    }

    #[test]
    fn a_signature_is_one_function() {
        let forms = [":i8", "[:slice :f16]", "[:ptr :const :u128]", "Color", "[:handle Box]"];
        let made =
            Made { arguments: forms.map(read).to_vec(), returns: read("Color"), echoes: Some(3) };
        let mut text = String::new();
        function("made_0", &made, &mut text);
        assert_eq!(
            text,
            "\npub fn made_0(_: i8, a1: []f16, _: *const u128, a3: types.Color, _: \
             Handle(types.Box)) types.Color {\n    made.flip(a1);\n    return a3;\n}\n"
        );
    }
}
