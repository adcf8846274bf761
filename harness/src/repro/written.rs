//! Values in C: scalars as variables, structs member by member, functions of a host's as C functions that answer.

use contract::{Carrier as Lowered, Declarations, NamedKind, Pointee, Scalar, Type};
use subject::protocol::aggregates::CValue;
use subject::protocol::carriers::{Callback, CallbackAnswer, Carrier};

use super::Call;
use super::text::{Lines, integer_literal};
use super::types::member_names;

/// Gives a place of a scalar's type the value of a carrier's text.
pub(super) fn assign(scalar: Scalar, place: &str, text: &str, lines: &mut Lines) {
    if scalar.is_wide() {
        // C has no literal of them, and their bytes are known.
        let bits = match scalar {
            Scalar::F80 => u128::from_str_radix(text, 16).unwrap_or_default(),
            Scalar::U128 => text.parse().unwrap_or_default(),
            _ => text.parse::<i128>().unwrap_or_default().cast_unsigned(),
        };
        let bytes: Vec<String> =
            bits.to_le_bytes().iter().map(|byte| format!("0x{byte:02x}")).collect();
        let bytes = format!("(unsigned char[]){{{}}}", bytes.join(", "));
        lines.say(&format!("memcpy(&{place}, {bytes}, {});", scalar.significant_bytes()));
    } else if scalar.is_float() {
        // By its bits, which no decimal gives back of a NaN.
        let width = scalar.size() * 8;
        let bits = format!("&(uint{width}_t){{UINT64_C(0x{text})}}");
        lines.say(&format!("memcpy(&{place}, {bits}, sizeof {place});"));
    } else {
        lines.say(&format!("{place} = {};", integer_literal(scalar, text)));
    }
}

/// Gives a place of a member's type its value.
pub(super) fn assign_members(
    of: &Type,
    place: &str,
    value: &CValue,
    declarations: &Declarations,
    lines: &mut Lines,
) {
    match (of, value) {
        (Type::Array { of, .. }, CValue::Members(elements)) => {
            for (at, element) in elements.iter().enumerate() {
                assign_members(of, &format!("{place}[{at}]"), element, declarations, lines);
            }
        }
        (Type::Named(name), CValue::Members(members)) => {
            let fields = declarations.fields(name).unwrap_or_default();
            let named = member_names(fields).into_iter().zip(fields);
            for ((member, field), value) in named.zip(members) {
                let place = format!("{place}.{member}");
                assign_members(&field.of, &place, value, declarations, lines);
            }
        }
        (of, value) => {
            let scalar = match of {
                Type::Scalar(scalar) => Some(*scalar),
                Type::Named(name) => match declarations.get(name).map(|named| &named.kind) {
                    Some(NamedKind::Enum { backing, .. }) => Some(*backing),
                    _ => None,
                },
                _ => None,
            };
            if let Some((scalar, text)) = scalar.zip(value.text()) {
                assign(scalar, place, text, lines);
            }
        }
    }
}

impl Call<'_> {
    /// The name of the C function that stands for the function of the host's among the wire parameters.
    pub(super) fn answering(&self, index: usize) -> String {
        format!("answer{}_{index}", self.number)
    }

    /// Writes that function, and has it know what it was given to, where it calls that again.
    pub(super) fn answered(
        &self,
        index: usize,
        callback: &Callback,
        main: &mut Lines,
        functions: &mut Lines,
    ) {
        let Lowered::Pointer { to: Pointee::Function { arguments, returns }, .. } =
            &self.lowering.parameters[index].carrier
        else {
            return;
        };
        let name = self.answering(index);
        let is_again = |answer: &CallbackAnswer| matches!(answer, CallbackAnswer::Again { .. });
        if callback.answers.iter().any(is_again) {
            functions.say(&format!("static __typeof__({}) *{name}_again;", self.name));
            main.say(&format!("{name}_again = call;"));
        }
        let parameters: Vec<_> = arguments
            .iter()
            .enumerate()
            .map(|(at, of)| of.declaration(&format!("a{at}")))
            .collect();
        let parameters = if parameters.is_empty() { "void".into() } else { parameters.join(", ") };
        let returned = match returns.as_deref() {
            Some(Lowered::Scalar(of)) => Some(*of),
            _ => None,
        };
        let c_type = returned.map_or("void", Scalar::c_type);
        functions.open(&format!("static {c_type} {name}({parameters}) {{"));
        functions.say("static unsigned calls;");
        functions.say("unsigned call = calls++;");
        functions.say(&format!("printf(\"  argument {index} is called, time %u\\n\", call + 1);"));
        for (at, of) in arguments.iter().enumerate() {
            let what = match of {
                Lowered::Scalar(of) => of.name(),
                _ => "an address",
            };
            functions.say(&format!("show(\"with {what}\", &a{at}, sizeof a{at});"));
        }
        let last = callback.answers.len() - 1;
        for (at, answer) in callback.answers.iter().enumerate() {
            functions.open(&if at == last { "{".into() } else { format!("if (call == {at}) {{") });
            self.answer(&name, answer, returned, functions);
            functions.close("}");
        }
        functions.close("}");
    }

    fn answer(
        &self,
        name: &str,
        answer: &CallbackAnswer,
        returns: Option<Scalar>,
        functions: &mut Lines,
    ) {
        match (answer, returns) {
            (CallbackAnswer::Returns(Some(text)), Some(scalar)) => {
                functions.say(&format!("{} answer;", scalar.c_type()));
                assign(scalar, "answer", text, functions);
                functions.say("return answer;");
            }
            (CallbackAnswer::Returns(_), _) => functions.say("return;"),
            (CallbackAnswer::Again { again }, _) => {
                let parameters = again.iter().zip(&self.lowering.parameters).enumerate();
                let words = parameters.map(|(at, (carrier, parameter))| match carrier {
                    Carrier::Argument { argument } => self.answering(argument.index()),
                    Carrier::Text(text) => {
                        if let Lowered::Scalar(scalar) = parameter.carrier {
                            functions.say(&format!("{} again{at};", scalar.c_type()));
                            assign(scalar, &format!("again{at}"), text, functions);
                        }
                        format!("again{at}")
                    }
                    _ => unreachable!("what is called again is given scalars and functions"),
                });
                let call = format!("{name}_again({});", words.collect::<Vec<_>>().join(", "));
                let gives = if returns.is_some() { "return " } else { "" };
                functions.say(&format!("{gives}{call}"));
            }
        }
    }
}
