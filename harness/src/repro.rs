//! A case as a C program that makes the same native calls without any binder.
//!
//! It says whose fault a failure is: where the program sees what the case expects, the binder is wrong,
//! and where it does not, the library or the contract is. Written for what crosses plainly: carriers and
//! enums by value, handles, slices and strings, and slices, strings and bytes returned through
//! out-parameters.
//!
//! Deliberately absent: running it. Prototypes are the contract's own, values those of the model.

use std::collections::BTreeSet;
use std::fmt::Write;

use reference_binder::contract::{
    Argument, ArgumentKind, Carrier, Declarations, Lowering, Pointee, Release, Scalar, Signature,
    Type, c_identifier,
};

use crate::case::{Arrival, Body, Case, Expect, Given, Step};
use crate::describe;
use crate::model;
use crate::value::HostValue;

/// A case that this module writes no program for.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum NotInC {
    /// It calls nothing.
    #[error("`{case}` only reads a signature: there is no native call to repeat")]
    NoCall {
        /// The case.
        case: String,
    },
    /// It has an argument of a kind that is not written.
    #[error(
        "`{case}` calls `{function}` with {form}, which no program is written for yet; written are \
         carriers, enums, handles, slices of these and strings"
    )]
    Argument {
        /// The case.
        case: String,
        /// The function.
        function: String,
        /// The argument's type.
        form: String,
    },
    /// It has a return of a kind that is not written.
    #[error(
        "`{case}` calls `{function}`, which returns {form}: no program is written for that yet; \
         written are carriers, enums, handles, and slices, strings and bytes with an owner"
    )]
    Return {
        /// The case.
        case: String,
        /// The function.
        function: String,
        /// The return's type.
        form: String,
    },
}

/// What every program has: how results and memory are shown.
const PRELUDE: &str = r#"#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void show(const char *what, const void *from, size_t bytes) {
    const unsigned char *first = from;
    printf("  %s, %zu bytes:", what, bytes);
    for (size_t at = 0; at < bytes; at++) printf(" %02x", first[at]);
    printf("\n");
}

/* Elements that the callee says are there; a length that no memory could hold is not believed. */
static inline void show_elements(uintptr_t address, uintptr_t length, size_t size) {
    printf("  returned address %#zx, length %zu\n", (size_t)address, (size_t)length);
    if (length > ((uintptr_t)1 << 40) / size) printf("  which no memory could hold: not read\n");
    else if (length != 0) show("which holds", (const void *)address, length * size);
}

static inline void *symbol(void *library, const char *name) {
    void *found = dlsym(library, name);
    if (found) return found;
    fprintf(stderr, "%s\n", dlerror());
    exit(2);
}
"#;

/// The program of a case.
///
/// # Errors
/// [`NotInC`], which names the kind of argument or return that is not written.
pub fn c_program(case: &Case, declarations: &Declarations) -> Result<String, NotInC> {
    let Body::Calls(steps) = &case.body else {
        return Err(NotInC::NoCall { case: case.name() });
    };
    let mut program =
        Program { case, declarations, prototypes: String::new(), main: String::new() };
    let mut declared = BTreeSet::new();
    for (number, step) in steps.iter().enumerate() {
        if declared.insert(&step.function.symbol) {
            program.declare(step);
        }
        program.step(number, step)?;
    }
    Ok(program.text())
}

struct Program<'a> {
    case: &'a Case,
    declarations: &'a Declarations,
    prototypes: String,
    main: String,
}

impl Program<'_> {
    fn text(self) -> String {
        let Program { case, prototypes, main, .. } = self;
        let (name, at) = (case.name(), &case.at);
        format!(
            "/* The native calls of {name} ({at}), without a binder.\n *\n * cc -o repro repro.c -ldl && \
             ./repro LIBRARY */\n{PRELUDE}\n{prototypes}\nint main(int count, char **arguments) {{\n    \
             void *library = count == 2 ? dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL) : NULL;\n    \
             if (!library) {{\n        fprintf(stderr, \"%s\\n\", count == 2 ? dlerror() : \"usage: \
             repro LIBRARY\");\n        return 2;\n    }}\n{main}    return 0;\n}}\n"
        )
    }

    /// The prototypes of a function and of what it obliges. Nothing is linked: they only give the types
    /// of the symbols that are looked up.
    fn declare(&mut self, step: &Step) {
        let function = &step.function;
        let lowering = Lowering::of(&function.signature, self.declarations);
        let pointees = lowering.parameters.iter().map(|parameter| &parameter.carrier);
        for carrier in pointees.chain(&lowering.returns) {
            if let Carrier::Pointer { to: Pointee::Opaque(name), .. } = carrier {
                line(&mut self.prototypes, &format!("struct {};", c_identifier(name)));
            }
        }
        let prototype = lowering.prototype(&function.symbol, &function.signature);
        line(&mut self.prototypes, &prototype);
    }

    fn step(&mut self, number: usize, step: &Step) -> Result<(), NotInC> {
        let function = &step.function;
        let call = describe::call(&function.name, &step.arguments);
        let said = c_string(&format!("{call}, expected {}", describe::expect(&step.expect)));
        if let Expect::Refuses(code) = &step.expect {
            let said = c_string(&format!("{call} is refused with {code}: no native call"));
            self.say(&format!("    printf(\"%s\\n\", {said});"));
            return Ok(());
        }
        let mut body = Vec::new();
        let mut passed = Vec::new();
        let mut after = Vec::new();
        for (index, (argument, given)) in
            function.signature.arguments.iter().zip(&step.arguments).enumerate()
        {
            let name = format!("a{index}");
            let words = self.argument(&name, argument, given, &mut body, &mut after);
            passed.extend(words.ok_or_else(|| NotInC::Argument {
                case: self.case.name(),
                function: function.symbol.clone(),
                form: argument.form.clone(),
            })?);
        }
        let returned = self.returned(step, number, &mut passed).ok_or_else(|| NotInC::Return {
            case: self.case.name(),
            function: function.symbol.clone(),
            form: function.signature.return_form.clone(),
        })?;
        let symbol = &function.symbol;
        self.say(&returned.before_block);
        self.say("    {");
        self.say(&format!("        __typeof__({symbol}) *call = symbol(library, \"{symbol}\");"));
        self.say(&format!("        printf(\"%s\\n\", {said});"));
        body.iter().for_each(|line| self.say(line));
        self.say(&returned.before_call);
        self.say(&format!("        {}call({});", returned.assign, passed.join(", ")));
        after.iter().for_each(|line| self.say(line));
        self.say(&returned.after_call);
        self.say("    }");
        Ok(())
    }

    /// The words that pass an argument; what they need goes to the body, what is looked at afterwards to
    /// `after`.
    fn argument(
        &self,
        name: &str,
        argument: &Argument,
        given: &Given,
        body: &mut Vec<String>,
        after: &mut Vec<String>,
    ) -> Option<Vec<String>> {
        let ArgumentKind::Plain(kind) = &argument.kind else { return None };
        let value = match given {
            Given::Kept(kept) => return Some(vec![kept_name(kept)]),
            Given::Value(value) => value,
        };
        let (bytes, element) = match (kind, value) {
            (Type::String, HostValue::Text(text)) => (text.clone().into_bytes(), 1),
            (Type::String, HostValue::Bytes(bytes)) => (bytes.clone(), 1),
            _ => match self.arrival(argument, value)? {
                Arrival::Integer(scalar, number) => {
                    body.extend(passed_scalar(name, scalar, &integer_literal(scalar, number)));
                    return Some(vec![name.to_owned()]);
                }
                Arrival::Float(scalar, bits) => {
                    body.extend(passed_scalar(name, scalar, "0"));
                    let width = scalar.size() * 8;
                    let bits = format!("&(uint{width}_t){{UINT64_C({bits:#x})}}");
                    // By its bits, which no decimal gives back of a NaN.
                    body.insert(
                        body.len() - 1,
                        format!("        memcpy(&{name}, {bits}, sizeof {name});"),
                    );
                    return Some(vec![name.to_owned()]);
                }
                Arrival::Memory(octets) => {
                    let Type::Slice { of, .. } = kind else { return None };
                    // What nobody can know, an address or padding, is not written.
                    let bytes = octets.into_iter().collect::<Option<Vec<u8>>>()?;
                    (bytes, element_size(of, self.declarations)?)
                }
                Arrival::Address | Arrival::Null => return None,
            },
        };
        let list: Vec<_> = bytes.iter().map(|byte| format!("0x{byte:02x}")).collect();
        let list = if list.is_empty() { "0".to_owned() } else { list.join(", ") };
        body.push(format!("        _Alignas(16) unsigned char {name}[] = {{{list}}};"));
        let size = bytes.len();
        body.push(format!("        show(\"passes memory\", {name}, {size});"));
        if matches!(kind, Type::Slice { constant: false, .. }) {
            after.push(format!("        show(\"memory after the call\", {name}, {size});"));
        }
        Some(vec![format!("(void *){name}"), (size / element).to_string()])
    }

    /// What must arrive of one argument alone, where that is one item and the model knows it.
    fn arrival(&self, argument: &Argument, value: &HostValue) -> Option<Arrival> {
        let alone = Signature {
            arguments: vec![argument.clone()],
            returns: Type::Void,
            return_form: ":void".to_owned(),
        };
        let values = std::slice::from_ref(value);
        let mut items = model::arrivals(&alone, values, self.declarations).into_iter();
        match (items.next(), items.next()) {
            (Some(item), None) => item,
            _ => None,
        }
    }

    fn returned(&self, step: &Step, number: usize, passed: &mut Vec<String>) -> Option<Returned> {
        let function = &step.function;
        let lowering = Lowering::of(&function.signature, self.declarations);
        let mut returned = Returned::default();
        match (&lowering.returns, &lowering.release, &function.signature.returns) {
            (Some(Carrier::Scalar(scalar)), None, Type::Scalar(_) | Type::Named(_)) => {
                returned.assign = format!("{} result = ", scalar.c_type());
                returned.after_call = scalar_shown(*scalar);
            }
            (Some(Carrier::Pointer { .. }), None, Type::Handle(_)) => {
                let name = step.keep.as_ref().map_or(format!("unnamed{number}"), |n| kept_name(n));
                returned.before_block = format!("    void *{name};");
                returned.assign = format!("{name} = ");
                returned.after_call = format!("        printf(\"  returned %p\\n\", {name});");
            }
            (None, None, Type::Void) => {}
            (None, release @ (None | Some(Release::Buffer)), kind) => {
                let size = buffer_element(kind).map(|of| element_size(of, self.declarations));
                let size =
                    size.unwrap_or(matches!(kind, Type::String | Type::Bytes).then_some(1))?;
                returned.before_call = "        uintptr_t ptr = 0, len = 0;".to_owned();
                passed.extend(["&ptr".to_owned(), "&len".to_owned()]);
                returned.after_call = format!("        show_elements(ptr, len, {size});");
                if release.is_some() {
                    let free = format!("{}__free", function.symbol);
                    let _ = write!(
                        returned.after_call,
                        "\n        __typeof__({free}) *release = symbol(library, \"{free}\");\n        \
                         release(ptr, len);"
                    );
                }
            }
            _ => return None,
        }
        Some(returned)
    }

    fn say(&mut self, text: &str) {
        if !text.is_empty() {
            line(&mut self.main, text);
        }
    }
}

/// The lines a return needs.
#[derive(Default)]
struct Returned {
    before_block: String,
    before_call: String,
    assign: String,
    after_call: String,
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

/// A variable of a scalar's type, and a line that shows its bytes.
fn passed_scalar(name: &str, scalar: Scalar, literal: &str) -> [String; 2] {
    [
        format!("        {} {name} = {literal};", scalar.c_type()),
        format!("        show(\"passes {}\", &{name}, sizeof {name});", scalar.name()),
    ]
}

fn integer_literal(scalar: Scalar, number: i128) -> String {
    match i64::try_from(number) {
        _ if scalar == Scalar::Bool => (number != 0).to_string(),
        // C has no literal of the least value: it would be the negation of one that is too large.
        Ok(i64::MIN) => "INT64_MIN".to_owned(),
        Ok(number) if scalar.is_signed() => format!("INT64_C({number})"),
        _ => format!("UINT64_C({})", number as u64),
    }
}

fn scalar_shown(scalar: Scalar) -> String {
    let shown = match scalar {
        Scalar::Bool => "printf(\"  returned %s\\n\", result ? \"true\" : \"false\");".to_owned(),
        float if float.is_float() => "printf(\"  returned %.17g\\n\", (double)result);".to_owned(),
        signed if signed.is_signed() => {
            "printf(\"  returned %lld\\n\", (long long)result);".to_owned()
        }
        _ => "printf(\"  returned %llu\\n\", (unsigned long long)result);".to_owned(),
    };
    format!("        {shown}\n        show(\"returned\", &result, sizeof result);")
}

fn buffer_element(kind: &Type) -> Option<&Type> {
    match kind {
        Type::Owned(of) | Type::Borrowed(of) => match &**of {
            Type::Slice { of, .. } => Some(of),
            _ => None,
        },
        _ => None,
    }
}

/// `None` for what is neither a scalar nor an enum.
fn element_size(of: &Type, declarations: &Declarations) -> Option<usize> {
    match of {
        Type::Scalar(scalar) => Some(scalar.size()),
        Type::Named(name) => declarations.enumeration(name).map(|(backing, _)| backing.size()),
        _ => None,
    }
}

fn kept_name(name: &str) -> String {
    format!("kept_{}", c_identifier(name))
}

/// A string literal. Octal escapes, because they end after three digits whatever follows.
fn c_string(text: &str) -> String {
    let mut literal = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' | b'?' => {
                literal.push('\\');
                literal.push(byte as char);
            }
            b' '..=b'~' => literal.push(byte as char),
            _ => {
                let _ = write!(literal, "\\{byte:03o}");
            }
        }
    }
    literal.push('"');
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_literal_is_the_text() {
        assert_eq!(c_string("a\"b\\\n1?é"), "\"a\\\"b\\\\\\0121\\?\\303\\251\"");
    }

    #[test]
    fn the_least_integer_is_no_negated_literal() {
        assert_eq!(integer_literal(Scalar::I8, -128), "INT64_C(-128)");
        assert_eq!(integer_literal(Scalar::I64, i128::from(i64::MIN)), "INT64_MIN");
        assert_eq!(integer_literal(Scalar::U64, -1), format!("UINT64_C({})", u64::MAX));
        assert_eq!(integer_literal(Scalar::Bool, 1), "true");
    }
}
