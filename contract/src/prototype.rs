//! The C prototype of a lowering, for people to read. Nothing is compiled from it.

use std::collections::HashSet;

use crate::edn;
use crate::lowering::{Carrier, Lowering, Pointee, Release, Role};
use crate::types::{ArgumentKind, Signature};

impl Lowering {
    /// The C prototypes of `symbol` and, below it, of the free and next symbols it obliges, one a
    /// line. Parameters are named after the bindings of `signature`, which this is the lowering of. A
    /// `usize` is a `size_t` where it counts, and a `uintptr_t` elsewhere.
    ///
    /// ```
    /// use contract::{Declarations, Lowering, Signature};
    ///
    /// let none = Declarations::new();
    /// let signature = Signature::read("[n :u32 :ret [:owned [:slice :f64]]]", &none)?;
    /// assert_eq!(
    ///     Lowering::of(&signature, &none).prototype("range", &signature),
    ///     "void range(uint32_t n, uintptr_t *ptr, size_t *len);\n\
    ///      void range__free(uintptr_t ptr, size_t len);"
    /// );
    /// # Ok::<(), contract::Refusal>(())
    /// ```
    pub fn prototype(&self, symbol: &str, signature: &Signature) -> String {
        let named = self.parameters.iter().zip(self.names(signature));
        let parameters = named.map(|(parameter, name)| match parameter.role {
            Role::Length { .. } => format!("size_t {name}"),
            Role::OutLength | Role::ErrorLength => format!("size_t *{name}"),
            _ => parameter.carrier.declaration(&name),
        });
        let parameters = parameters.take(self.fixed.unwrap_or(usize::MAX));
        let ellipsis = self.fixed.map(|_| "...".to_owned());
        let parameters = parameters.chain(ellipsis).collect::<Vec<_>>().join(", ");
        let parameters = if parameters.is_empty() { "void" } else { &parameters };
        let returned = match &self.returns {
            None => format!("void {symbol}"),
            Some(carrier) => carrier.declaration(symbol),
        };
        let mut lines = vec![format!("{returned}({parameters});")];
        match &self.release {
            None => {}
            Some(Release::Buffer) => {
                lines.push(format!("void {symbol}__free(uintptr_t ptr, size_t len);"));
            }
            Some(Release::Struct(name)) => {
                let name = c_identifier(name);
                lines.push(format!("void {symbol}__free(const struct {name} *ret);"));
            }
            Some(Release::Optional(_)) => {
                lines.push(format!("void {symbol}__free(uintptr_t ptr);"));
            }
            Some(Release::Stream(item)) => {
                let item = item.c_type();
                lines.push(format!("bool {symbol}__next(uintptr_t iter, {item} *out);"));
                lines.push(format!("void {symbol}__free(uintptr_t iter);"));
            }
        }
        lines.join("\n")
    }

    /// What the wire parameters are called in the prototype.
    pub fn names(&self, signature: &Signature) -> Vec<String> {
        let mut taken = HashSet::new();
        let names =
            self.parameters.iter().map(|parameter| parameter_name(parameter.role, signature));
        names.map(|name| unique(name, &mut taken)).collect()
    }
}

impl Carrier {
    /// Its C declaration under a name.
    pub fn declaration(&self, name: &str) -> String {
        let (constant, to) = match self {
            Carrier::Scalar(scalar) | Carrier::Wide(scalar) => {
                return format!("{} {name}", scalar.c_type());
            }
            Carrier::Struct(of) => return format!("struct {} {name}", c_identifier(of)),
            Carrier::Pointer { constant, to, .. } => (if *constant { "const " } else { "" }, to),
        };
        match to {
            Pointee::Array { length, of } => {
                format!("{constant}{} (*{name})[{length}]", c_pointee(of))
            }
            Pointee::Function { arguments, returns } => {
                c_function(arguments, returns.as_deref(), name)
            }
            _ => format!("{constant}{} *{name}", c_pointee(to)),
        }
    }
}

fn c_pointee(to: &Pointee) -> String {
    match to {
        Pointee::Scalar(scalar) | Pointee::Enum { backing: scalar, .. } => {
            scalar.c_type().to_owned()
        }
        Pointee::Struct(name) | Pointee::Opaque(name) => format!("struct {}", c_identifier(name)),
        Pointee::Array { of, .. } => c_pointee(of),
        Pointee::Function { arguments, returns } => c_function(arguments, returns.as_deref(), ""),
    }
}

/// A pointer to a C function, declared under a name or under none.
fn c_function(arguments: &[Carrier], returns: Option<&Carrier>, name: &str) -> String {
    let c_type = |of: &Carrier| of.declaration("").trim_end().to_owned();
    let arguments: Vec<String> = arguments.iter().map(c_type).collect();
    let arguments = if arguments.is_empty() { "void".to_owned() } else { arguments.join(", ") };
    let returns = returns.map_or_else(|| "void".to_owned(), c_type);
    format!("{returns} (*{name})({arguments})")
}

fn parameter_name(role: Role, signature: &Signature) -> String {
    match role {
        Role::Value { argument } => c_identifier(&signature.arguments[argument].binding),
        Role::Length { argument } => {
            format!("{}_len", c_identifier(&signature.arguments[argument].binding))
        }
        Role::Count { length } => c_identifier(&signature.lengths[length].binding),
        Role::Field { argument, field } => field_name(signature, argument, field),
        Role::OutAddress => "ptr".to_owned(),
        Role::OutLength => "len".to_owned(),
        Role::ErrorName => "err".to_owned(),
        Role::ErrorLength => "errlen".to_owned(),
        Role::OutValue => "ret".to_owned(),
    }
}

/// The symbol a destructured field is bound to; its key where the binding has been made by hand and
/// does not read.
fn field_name(signature: &Signature, argument: usize, field: usize) -> String {
    let argument = &signature.arguments[argument];
    let binding = edn::read_one(&argument.binding).ok();
    let local = binding
        .as_ref()
        .and_then(|binding| binding.map()?.get(field))
        .map(|(local, _)| c_identifier(local.text));
    local.unwrap_or_else(|| match &argument.kind {
        ArgumentKind::Destructured(fields) => c_identifier(&fields[field].0),
        ArgumentKind::Plain(_) | ArgumentKind::Rest(_) => "field".to_owned(),
    })
}

/// The name as a C identifier: every other character becomes an underscore, and a reserved word
/// gets one more.
pub fn c_identifier(name: &str) -> String {
    let mut identifier: String = name
        .chars()
        .map(|character| if character.is_ascii_alphanumeric() { character } else { '_' })
        .collect();
    if identifier.starts_with(|first: char| first.is_ascii_digit()) {
        identifier.insert(0, '_');
    }
    if RESERVED.contains(&identifier.as_str()) {
        identifier.push('_');
    }
    identifier
}

fn unique(name: String, taken: &mut HashSet<String>) -> String {
    let mut candidate = name.clone();
    let mut count = 1;
    while !taken.insert(candidate.clone()) {
        count += 1;
        candidate = format!("{name}_{count}");
    }
    candidate
}

/// The keywords of C up to C23 (ISO/IEC 9899:2024, 6.4.1) that a binding could spell.
const RESERVED: &[&str] = &[
    "alignas",
    "alignof",
    "auto",
    "bool",
    "break",
    "case",
    "char",
    "const",
    "constexpr",
    "continue",
    "default",
    "do",
    "double",
    "else",
    "enum",
    "extern",
    "false",
    "float",
    "for",
    "goto",
    "if",
    "inline",
    "int",
    "long",
    "nullptr",
    "register",
    "restrict",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "static_assert",
    "struct",
    "switch",
    "thread_local",
    "true",
    "typedef",
    "typeof",
    "typeof_unqual",
    "union",
    "unsigned",
    "void",
    "volatile",
    "while",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Declarations;

    fn prototype(signature: &str) -> String {
        let declared = Declarations::read(
            "(defenumz Color {:backing :u8} [red 0])
             (deftypez Point [x :f64 y :f64])
             (deftypez my-text [s :string])
             (deftypez my-point [x :f64])
             (deftypez I [] {:clj-zig/iter {:next \"f\" :deinit \"g\"}})",
        )
        .expect("valid");
        let signature = Signature::read(signature, &declared).expect("valid");
        Lowering::of(&signature, &declared).prototype("f", &signature)
    }

    #[test]
    fn prototypes_read_as_c() {
        for (signature, wanted) in [
            ("[:ret :void]", "void f(void);"),
            ("[x :f16 y :u64 z :bool :ret :isize]", "intptr_t f(_Float16 x, uint64_t y, bool z);"),
            ("[x :f80 :ret :u128]", "void f(const long double *x, unsigned __int128 *ret);"),
            ("[c Color p Point :ret Color]", "uint8_t f(uint8_t c, const struct Point *p);"),
            (
                "[xs [:slice :const :f64] cs [:slice :const Color] s :string :ret Point]",
                "void f(const double *xs, size_t xs_len, const uint8_t *cs, size_t cs_len, \
                 const uint8_t *s, size_t s_len, struct Point *ret);",
            ),
            (
                "[x [:array 4 :f32] y [:ptr :i8] & more :i64 :ret :void]",
                "void f(const float (*x)[4], int8_t *y, const int64_t *more, size_t more_len);",
            ),
            (
                "[b [:handle a.b/Box] :ret [:handle a.b/Box]]",
                "struct a_b_Box *f(struct a_b_Box *b);",
            ),
            (
                "[{a :x b :x} {:x :i64} :ret [:optional [:ptr :const :u8]]]",
                "const uint8_t *f(int64_t a, int64_t b);",
            ),
            (
                "[err :i64 int :i32 a-b :i8 a_b :i8 :ret [:error-union E Point]]",
                "void f(int64_t err, int32_t int_, int8_t a_b, int8_t a_b_2, uint8_t *err_2, \
                 size_t *errlen, struct Point *ret);\n\
                 void f__free(const struct Point *ret);",
            ),
            (
                "[g [:fn [:i8 :f32] :bool] done [:fn [] :void] :ret :i64]",
                "int64_t f(bool (*g)(int8_t, float), void (*done)(void));",
            ),
            (
                "[p [:by-value Point] x :i8 :ret [:by-value my-point]]",
                "struct my_point f(struct Point p, int8_t x);",
            ),
            (
                "[s :string x :f32 ... y :f64 z [:optional [:ptr :i8]] :ret :i8]",
                "int8_t f(const uint8_t *s, size_t s_len, float x, ...);",
            ),
            (
                "[:ret :string]",
                "void f(uintptr_t *ptr, size_t *len);\n\
                 void f__free(uintptr_t ptr, size_t len);",
            ),
            (
                "[:ret [:owned my-text]]",
                "void f(struct my_text *ret);\nvoid f__free(const struct my_text *ret);",
            ),
            (
                "[:ret [:optional my-text]]",
                "const struct my_text *f(void);\nvoid f__free(uintptr_t ptr);",
            ),
            (
                "[:ret [:stream :u16 of I]]",
                "uintptr_t f(void);\n\
                 bool f__next(uintptr_t iter, uint16_t *out);\n\
                 void f__free(uintptr_t iter);",
            ),
        ] {
            assert_eq!(prototype(signature), wanted, "{signature}");
        }
    }

    /// The table of the contract's page, *L*, is what is printed.
    #[test]
    fn the_prototypes_of_the_page_are_those_printed() {
        let page = include_str!("../../docs/contract.md");
        let rows = page.lines().skip_while(|line| *line != "| signature | C |").skip(2);
        let rows: Vec<&str> = rows.take_while(|line| line.starts_with('|')).collect();
        assert!(rows.len() > 4, "{rows:?}");
        let declared = "(deftypez Point [x :f64 y :f64])";
        let declared = Declarations::read(declared).expect("valid");
        for row in rows {
            let [_, text, _, written @ ..] = &*row.split('`').collect::<Vec<_>>() else {
                panic!("{row}: no signature and its C");
            };
            let written: Vec<_> = written.iter().copied().step_by(2).collect();
            let signature = Signature::read(text, &declared).expect(text);
            let printed = Lowering::of(&signature, &declared).prototype("f", &signature);
            assert_eq!(printed.lines().collect::<Vec<_>>(), written, "{text}");
        }
    }
}
