//! Properties: a function whose return a law determines, for any argument of its type.

use std::collections::BTreeMap;
use std::sync::Arc;

use contract::{Argument, ArgumentKind, Declarations, Scalar, Signature, Type};
use strum::VariantArray;

use super::error::{Fault, Problem};
use super::fields::{Fields, unexpected, word};
use super::steps::declared;
use super::yaml::Node;
use super::{Function, Law, Property};

const FIELDS: [&str; 2] = ["fn", "law"];

/// Reads `property`.
pub(super) fn property(
    node: &Node,
    functions: &BTreeMap<String, Arc<Function>>,
    declarations: &Declarations,
) -> Result<Property, Fault> {
    let fields = Fields::of(node, "`property`", &FIELDS)?;
    let function = declared(fields.require("fn")?, functions)?;
    let node = fields.require("law")?;
    let name = word(node, "`law`")?;
    let Some(law) = Law::VARIANTS.iter().copied().find(|law| law.name() == name) else {
        let known: Vec<_> = Law::VARIANTS.iter().map(|law| format!("`{}`", law.name())).collect();
        return unexpected(node, "`law`", &format!("one of {}", known.join(", ")));
    };
    if law.suits(&function.signature, declarations) {
        return Ok(Property { function, law });
    }
    let problem = Problem::Unexpected {
        what: format!("law `{name}` of `{}`", function.symbol),
        found: function.text.clone(),
        expected: law.demands().to_owned(),
    };
    Err(Fault::new(node.mark, problem))
}

impl Law {
    /// The name in case files.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The signatures it is about.
    const fn demands(self) -> &'static str {
        match self {
            Law::Echoes => "one carrier scalar or enum, and the same type returned",
            Law::ReversesBack => "one mutable slice of carrier scalars, and nothing returned",
            Law::Sums => "one const slice of integers, and an i64 or u64 returned",
            Law::Counts => "one const slice of carrier scalars, and a usize returned",
            Law::RefusesOutOfRange => "one integer of at most 64 bits",
        }
    }

    fn suits(self, signature: &Signature, declarations: &Declarations) -> bool {
        let [Argument { kind: ArgumentKind::Plain(argument), .. }] = &*signature.arguments else {
            return false;
        };
        let returns = &signature.returns;
        let carriers = |of: &Type| matches!(of, Type::Scalar(scalar) if scalar.is_carrier());
        let integers = |of: &Type| matches!(of, Type::Scalar(scalar) if scalar.is_carrier() && scalar.is_integer());
        match (self, argument) {
            (Law::Echoes, Type::Named(name)) => {
                argument == returns && declarations.enumeration(name).is_some()
            }
            (Law::Echoes, argument) => argument == returns && carriers(argument),
            (Law::ReversesBack, Type::Slice { constant: false, of }) => {
                carriers(of) && *returns == Type::Void
            }
            (Law::Sums, Type::Slice { constant: true, of }) => {
                let wide = matches!(returns, Type::Scalar(Scalar::I64 | Scalar::U64));
                integers(of) && wide
            }
            (Law::Counts, Type::Slice { constant: true, of }) => {
                carriers(of) && *returns == Type::Scalar(Scalar::Usize)
            }
            (Law::RefusesOutOfRange, argument) => integers(argument),
            _ => false,
        }
    }
}
