//! The normalised form of types and signatures as EDN text (contract T-9, S-1).

use std::fmt;

use crate::types::{Argument, ArgumentKind, FunctionType, Length, Pair, Reach, Signature, Type};

impl Type {
    /// The normalised form: a map of plain data, as EDN text (T-9).
    ///
    /// `:void` and `:noreturn` are keywords, so they are scalars there; `:string` is not (T-6).
    ///
    /// ```
    /// use contract::{Declarations, Type};
    ///
    /// let of = Type::read("[:slice :const :u8]", &Declarations::new())?;
    /// assert_eq!(of.normalised(), "{:kind :slice :const? true :of {:kind :scalar :name :u8}}");
    /// # Ok::<(), contract::Refusal>(())
    /// ```
    pub fn normalised(&self) -> String {
        let wrapper = |kind: &str, of: &Type| format!("{{:kind :{kind} :of {}}}", of.normalised());
        let indirection = |kind: &str, constant: bool, of: &Type| {
            format!("{{:kind :{kind} :const? {constant} :of {}}}", of.normalised())
        };
        match self {
            Type::Scalar(_) | Type::Void | Type::NoReturn => {
                format!("{{:kind :scalar :name {self}}}")
            }
            Type::String => "{:kind :string}".to_owned(),
            Type::Bytes => {
                "{:kind :bytes :of {:kind :slice :const? false :of {:kind :scalar :name :u8}}}"
                    .to_owned()
            }
            Type::Pointer { reach: Reach::One, constant, of } => indirection("ptr", *constant, of),
            Type::Pointer { reach: Reach::Many, constant, of } => {
                indirection("manyptr", *constant, of)
            }
            Type::Slice { constant, of } => indirection("slice", *constant, of),
            Type::Array { length, of } => {
                format!("{{:kind :array :length {length} :of {}}}", of.normalised())
            }
            Type::Optional(of) => wrapper("optional", of),
            Type::ErrorUnion { error, of } => {
                format!("{{:kind :error-union :of {} :error {error}}}", of.normalised())
            }
            Type::Owned(of) => wrapper("owned", of),
            Type::Borrowed(of) => wrapper("borrowed", of),
            Type::ByValue(of) => wrapper("by-value", of),
            Type::Handle(name) => wrapper("handle", &Type::Named(name.clone())),
            Type::Stream { of, iterator } => {
                format!("{{:kind :stream :of {} :iter-type {iterator}}}", of.normalised())
            }
            Type::Function(FunctionType { arguments, returns })
            | Type::Kept(FunctionType { arguments, returns }) => {
                let arguments: Vec<String> = arguments.iter().map(Type::normalised).collect();
                let kept = if matches!(self, Type::Kept(_)) { " :kept? true" } else { "" };
                format!(
                    "{{:kind :fn{kept} :args [{}] :ret {}}}",
                    arguments.join(" "),
                    returns.normalised()
                )
            }
            Type::CString { most: None } => "{:kind :cstring}".to_owned(),
            Type::CString { most: Some(most) } => format!("{{:kind :cstring :length {most}}}"),
            Type::Counted { length, constant, of } => {
                let of = of.normalised();
                format!("{{:kind :counted :length {length} :const? {constant} :of {of}}}")
            }
            Type::InOut(of) => wrapper("in-out", of),
            Type::Results(parts) => {
                let parts: Vec<String> = parts.iter().map(Type::normalised).collect();
                format!("[{}]", parts.join(" "))
            }
            Type::Named(name) => format!("{{:kind :named :name {name}}}"),
        }
    }
}

impl Signature {
    /// The normalised form: `{:args [{:binding x :type :i64} …] :ret :f64}` as EDN text, type forms
    /// as written (S-1).
    pub fn normalised(&self) -> String {
        let arguments = self.pairs().map(|pair| {
            let (binding, form, mark) = match pair {
                Pair::Length(_, Length { binding, form, .. }) => (binding, form, ""),
                Pair::Argument(_, Argument { binding, form, kind }) => {
                    let mark = match kind {
                        ArgumentKind::Plain(_) => "",
                        ArgumentKind::Rest(_) => " :rest? true",
                        ArgumentKind::Destructured(_) => " :destructured? true",
                    };
                    (binding, form, mark)
                }
            };
            format!("{{:binding {binding} :type {form}{mark}}}")
        });
        let arguments = arguments.collect::<Vec<_>>().join(" ");
        let fixed = self.fixed.map_or_else(String::new, |fixed| format!(" :fixed {fixed}"));
        format!("{{:args [{arguments}]{fixed} :ret {}}}", self.return_form)
    }
}

impl fmt::Display for Signature {
    /// Renders the signature with its type forms as written; reading it back gives the same
    /// signature.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("[")?;
        let ellipsis = |at| if self.fixed == Some(at) { "... " } else { "" };
        for pair in self.pairs() {
            match pair {
                Pair::Length(_, Length { binding, form, .. }) => write!(out, "{binding} {form} ")?,
                Pair::Argument(at, Argument { binding, form, kind }) => {
                    let mark = match kind {
                        ArgumentKind::Rest(_) => "& ",
                        ArgumentKind::Plain(_) | ArgumentKind::Destructured(_) => "",
                    };
                    write!(out, "{}{mark}{binding} {form} ", ellipsis(at))?;
                }
            }
        }
        write!(out, "{}:ret {}]", ellipsis(self.arguments.len()), self.return_form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Declarations, Scalar, edn};

    #[test]
    fn a_signature_keeps_its_forms_as_written() {
        let text = "[x , [:slice :u8] {a :x} {:x :f64,  :y :f64}\n & rest :i64 :ret :void]";
        let signature = Signature::read(text, &Declarations::new()).expect("valid");
        let normalised = "{:args [{:binding x :type [:slice :u8]} \
             {:binding {a :x} :type {:x :f64,  :y :f64} :destructured? true} \
             {:binding rest :type :i64 :rest? true}] :ret :void}";
        assert_eq!(signature.normalised(), normalised);
        assert!(edn::read_one(normalised).is_ok());
        assert_eq!(
            signature.arguments[1].kind,
            ArgumentKind::Destructured(vec![("x".to_owned(), Scalar::F64)])
        );
        assert_eq!(Signature::read(&signature.to_string(), &Declarations::new()), Ok(signature));
        for (text, normalised) in [
            ("[n :i64 ... :ret :void]", "{:args [{:binding n :type :i64}] :fixed 1 :ret :void}"),
            (
                "[n :i64 ... x :f64 :ret :i8]",
                "{:args [{:binding n :type :i64} {:binding x :type :f64}] :fixed 1 :ret :i8}",
            ),
        ] {
            let signature = Signature::read(text, &Declarations::new()).expect("valid");
            assert_eq!(
                (signature.normalised(), signature.to_string()),
                (normalised.into(), text.into())
            );
        }
    }
}
