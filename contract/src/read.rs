//! Reading signatures and types: the phases of contract S-4 in their order.

use std::collections::HashSet;

use crate::declarations::Declarations;
use crate::edn::{self, Node};
use crate::forms::TypeForm;
use crate::refusal::{Refusal, RefusalCode};
use crate::rules;
use crate::shape::{Pair, Shape};
use crate::types::{Argument, ArgumentKind, Length, Signature, SignatureParts, Type};

impl Signature {
    /// Reads a signature (S-1 to S-3) and refuses what is malformed or unsupported (S-4).
    ///
    /// # Errors
    ///
    /// One refusal: the first in S-4's order of precedence, with the offending form and its
    /// position in `text`.
    ///
    /// ```
    /// use contract::{Declarations, RefusalCode, Signature};
    ///
    /// let none = Declarations::new();
    /// let signature = Signature::read("[xs [:slice :const :f64] :ret :f64]", &none)?;
    /// assert_eq!(signature.arguments[0].binding, "xs");
    ///
    /// let refusal = Signature::read("[x :int :ret :f64]", &none).unwrap_err();
    /// assert_eq!(refusal.code, RefusalCode::UnknownScalar);
    /// assert_eq!((refusal.form.as_str(), refusal.position.column), (":int", 4));
    /// # Ok::<(), contract::Refusal>(())
    /// ```
    pub fn read(text: &str, declarations: &Declarations) -> Result<Signature, Refusal> {
        let node = edn::read_one(text)?;
        let shape = Shape::read(&node)?;
        let forms =
            shape.arguments.iter().map(ArgumentForm::read).collect::<Result<Vec<_>, _>>()?;
        let returns = TypeForm::read(shape.returns)?;
        for form in &forms {
            form.resolve(declarations)?;
        }
        returns.resolve(declarations, RefusalCode::UnknownTypeName)?;
        let pairs = || shape.arguments.iter().zip(&forms);
        // Nothing counts in a variadic signature.
        let counting = |form: &TypeForm<'_, '_>| {
            let named = form.counted_by().filter(|_| shape.fixed.is_none())?;
            let (_, form) = pairs().find(|(pair, _)| pair.binding.symbol() == Some(named))?;
            form.plain()
        };
        let counted = pairs().filter_map(|(_, form)| form.plain()?.counted_by());
        let counted: HashSet<&str> = counted.collect();
        let (mut arguments, mut lengths) = (Vec::new(), Vec::new());
        for (index, (pair, form)) in pairs().enumerate() {
            let kind = form.kind(declarations)?;
            if let Some(form) = form.plain() {
                rules::counts(form, counting(form), false)?;
            }
            if shape.fixed.is_some_and(|fixed| index >= fixed) {
                form.variable()?;
            }
            let (binding, form) = (pair.binding.text.to_owned(), pair.of.text.to_owned());
            match kind {
                ArgumentKind::Plain(Type::Scalar(scalar)) if counted.contains(&*binding) => {
                    lengths.push(Length { before: arguments.len(), binding, form, scalar });
                }
                kind => arguments.push(Argument { binding, form, kind }),
            }
        }
        rules::returns(&returns, declarations)?;
        rules::counts(&returns, counting(&returns), true)?;
        if shape.fixed.is_some() {
            rules::variadic_return(&returns)?;
        }
        let return_form = shape.returns.text.to_owned();
        let returns = results(returns.to_type(), &arguments);
        let fixed = shape.fixed;
        Ok(Signature::of(SignatureParts { arguments, lengths, fixed, return_form, returns }))
    }
}

/// What a call comes back as: the return, and with it each argument that comes back, too (Z-6).
fn results(returns: Type, arguments: &[Argument]) -> Type {
    let back = arguments.iter().filter_map(|argument| match argument.plain() {
        Some(Type::InOut(of)) => Some((**of).clone()),
        _ => None,
    });
    let mut parts = vec![returns];
    parts.extend(back);
    if parts.len() > 1 { Type::Results(parts) } else { parts.remove(0) }
}

impl Type {
    /// Reads one type form (T-1 to T-7), wherever it may stand in a signature.
    ///
    /// # Errors
    ///
    /// A text that does not read, a malformed type, a name nothing declares, bytes over anything but
    /// `[:slice :u8]`, or a handle of what is not a symbol (S-4).
    pub fn read(text: &str, declarations: &Declarations) -> Result<Type, Refusal> {
        let node = edn::read_one(text)?;
        let form = TypeForm::read(&node)?;
        form.resolve(declarations, RefusalCode::UnknownTypeName)?;
        rules::representable(&form)?;
        Ok(form.to_type())
    }
}

/// An argument with its types read.
enum ArgumentForm<'n, 't> {
    Plain(TypeForm<'n, 't>),
    Rest(TypeForm<'n, 't>),
    Destructured(Destructured<'n, 't>),
}

/// A destructured argument (S-2).
struct Destructured<'n, 't> {
    bindings: &'n [(Node<'t>, Node<'t>)],
    /// The form paired with the binding.
    of: &'n Node<'t>,
    fields: FieldMap<'n, 't>,
}

/// Keys and types in the order written; none where another form stands in the map's place, which
/// then lacks every key.
type FieldMap<'n, 't> = Option<Vec<(&'n Node<'t>, TypeForm<'n, 't>)>>;

impl<'n, 't> ArgumentForm<'n, 't> {
    fn read(pair: &Pair<'n, 't>) -> Result<Self, Refusal> {
        let Some(bindings) = pair.binding.map() else {
            let form = TypeForm::read(pair.of)?;
            return Ok(if pair.rest { Self::Rest(form) } else { Self::Plain(form) });
        };
        let fields = match pair.of.map() {
            Some(fields) => Some(
                fields.iter().map(|(key, of)| Ok((key, TypeForm::read(of)?))).collect::<Result<
                    Vec<_>,
                    Refusal,
                >>(
                )?,
            ),
            None => {
                TypeForm::read(pair.of)?;
                None
            }
        };
        Ok(Self::Destructured(Destructured { bindings, of: pair.of, fields }))
    }

    /// The form of an ordinary argument.
    fn plain(&self) -> Option<&TypeForm<'n, 't>> {
        match self {
            Self::Plain(form) => Some(form),
            Self::Rest(_) | Self::Destructured(_) => None,
        }
    }

    /// Phase *names*: declared types, and keys the field map has.
    fn resolve(&self, declarations: &Declarations) -> Result<(), Refusal> {
        match self {
            Self::Plain(form) | Self::Rest(form) => {
                form.resolve(declarations, RefusalCode::UnknownTypeName)
            }
            Self::Destructured(destructured) => destructured.resolve(declarations),
        }
    }

    /// Phase *argument rules*.
    fn kind(&self, declarations: &Declarations) -> Result<ArgumentKind, Refusal> {
        Ok(match self {
            Self::Plain(form) => {
                rules::argument(form, declarations)?;
                ArgumentKind::Plain(form.to_type())
            }
            Self::Rest(form) => ArgumentKind::Rest(rules::rest_element(form)?),
            Self::Destructured(destructured) => destructured.kind()?,
        })
    }

    /// Refuses what no variable argument is (W-1).
    fn variable(&self) -> Result<(), Refusal> {
        match self {
            Self::Plain(form) | Self::Rest(form) => rules::variable(form),
            Self::Destructured(Destructured { of, .. }) => Err(rules::no_variable(of)),
        }
    }
}

impl<'n, 't> Destructured<'n, 't> {
    fn field(&self, key: &Node<'_>) -> Option<&TypeForm<'n, 't>> {
        let (_, of) = self.fields.as_ref()?.iter().find(|(found, _)| *found == key)?;
        Some(of)
    }

    fn resolve(&self, declarations: &Declarations) -> Result<(), Refusal> {
        let Some(fields) = &self.fields else {
            let detail = "expected a field map, which gives each key of the binding its type: \
                          {:x :f64 :y :f64}";
            return Err(Refusal::new(RefusalCode::UnknownField, self.of, detail));
        };
        for (_, key) in self.bindings {
            if self.field(key).is_none() {
                let detail = "the field map lacks this key; add it with its type";
                return Err(Refusal::new(RefusalCode::UnknownField, key, detail));
            }
        }
        fields.iter().try_for_each(|(_, of)| of.resolve(declarations, RefusalCode::UnknownTypeName))
    }

    /// One carrier scalar per binding. Fields that no binding takes do not cross.
    fn kind(&self) -> Result<ArgumentKind, Refusal> {
        let bound = self.bindings.iter().filter_map(|(_, key)| Some((key, self.field(key)?)));
        bound
            .map(|(key, of)| {
                let key = key.keyword().unwrap_or(key.text);
                Ok((key.to_owned(), rules::destructured_field(of)?))
            })
            .collect::<Result<Vec<_>, Refusal>>()
            .map(ArgumentKind::Destructured)
    }
}
