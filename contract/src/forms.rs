//! Type forms with their places: the phases *types* and *names* of contract S-4's precedence.
//!
//! A form is read here without asking whether it may stand where it stands; that is `rules`. Every
//! form but a function's holds at most one other, so a type is a chain from the outside in, and so are its
//! refusals; a function ends a chain with several.

use std::iter;

use crate::declarations::Declarations;
use crate::edn::{Node, Value};
use crate::refusal::{Refusal, RefusalCode};
use crate::scalar::Scalar;
use crate::types::{FunctionType, Reach, Type};

/// A type form as read, with the node it was read from.
pub(super) struct TypeForm<'n, 't> {
    pub(super) node: &'n Node<'t>,
    pub(super) shape: Shape<'n, 't>,
}

/// A form that holds no other, or one that wraps another.
pub(super) enum Shape<'n, 't> {
    Leaf(Leaf<'n, 't>),
    Wrap(Wrap<'n, 't>, Box<TypeForm<'n, 't>>),
}

/// The forms that hold no other.
pub(super) enum Leaf<'n, 't> {
    Scalar(Scalar),
    Void,
    NoReturn,
    String,
    Named(&'t str),
    /// What stands for the target: a symbol in a valid signature, and never read as a type.
    Handle(&'n Node<'t>),
    /// What a function of the host's takes, and last what it gives; whether the library keeps it (K-7).
    Function(Vec<TypeForm<'n, 't>>, bool),
    CString {
        most: Option<u64>,
    },
}

/// The forms that wrap another.
pub(super) enum Wrap<'n, 't> {
    Pointer {
        reach: Reach,
        constant: bool,
    },
    Slice {
        constant: bool,
    },
    Array {
        length: u64,
    },
    Optional,
    ErrorUnion {
        error: &'t str,
    },
    Owned,
    Borrowed,
    ByValue,
    /// The symbol of the argument that counts.
    Counted {
        length: &'n Node<'t>,
        constant: bool,
    },
    InOut,
    Bytes,
    Stream {
        iterator: &'n Node<'t>,
        name: &'t str,
    },
}

impl<'n, 't> TypeForm<'n, 't> {
    /// Reads one type form and those inside it, from the outside in (S-4, phase *types*).
    pub(super) fn read(node: &'n Node<'t>) -> Result<Self, Refusal> {
        match &node.value {
            Value::Keyword(name) => Ok(Self::leaf(node, keyword_leaf(node, name)?)),
            Value::Symbol(name) => Ok(Self::leaf(node, Leaf::Named(name))),
            Value::Vector(parts) => Self::compound(node, parts),
            _ => Err(Refusal::new(
                RefusalCode::UnknownType,
                node,
                "expected a type: a keyword as :i64, a vector as [:slice :u8], or the symbol of a \
                 declared type",
            )),
        }
    }

    fn leaf(node: &'n Node<'t>, leaf: Leaf<'n, 't>) -> Self {
        TypeForm { node, shape: Shape::Leaf(leaf) }
    }

    fn wrapper(node: &'n Node<'t>, wrap: Wrap<'n, 't>, of: &'n Node<'t>) -> Result<Self, Refusal> {
        Ok(TypeForm { node, shape: Shape::Wrap(wrap, Box::new(Self::read(of)?)) })
    }

    fn compound(node: &'n Node<'t>, parts: &'n [Node<'t>]) -> Result<Self, Refusal> {
        let (name, parts) = match parts.split_first() {
            Some((first, rest)) => (first.keyword().unwrap_or_default(), rest),
            None => ("", parts),
        };
        match (name, parts) {
            ("ptr" | "manyptr" | "slice", _) => Self::indirection(node, name, parts),
            ("array", [length, of]) => {
                let Some(length) = array_length(length) else {
                    return Err(malformed(node, ARRAY_SHAPE));
                };
                Self::wrapper(node, Wrap::Array { length }, of)
            }
            ("array", _) => Err(malformed(node, ARRAY_SHAPE)),
            ("optional", [of]) => Self::wrapper(node, Wrap::Optional, of),
            ("owned", [of]) => Self::wrapper(node, Wrap::Owned, of),
            ("borrowed", [of]) => Self::wrapper(node, Wrap::Borrowed, of),
            ("by-value", [of]) => Self::wrapper(node, Wrap::ByValue, of),
            ("in-out", [of]) => Self::wrapper(node, Wrap::InOut, of),
            ("cstring", []) => Ok(Self::leaf(node, Leaf::CString { most: None })),
            ("cstring", [most]) if let Some(most) = array_length(most).filter(|most| *most > 0) => {
                Ok(Self::leaf(node, Leaf::CString { most: Some(most) }))
            }
            ("cstring", _) => Err(malformed(node, CSTRING_SHAPE)),
            ("counted", [length, parts @ ..]) if length.symbol().is_some() => {
                Self::counted(node, length, parts)
            }
            ("counted", _) => Err(malformed(node, COUNTED_SHAPE)),
            ("bytes", [of]) => Self::wrapper(node, Wrap::Bytes, of),
            ("handle", [target]) => Ok(Self::leaf(node, Leaf::Handle(target))),
            ("optional" | "owned" | "borrowed" | "by-value" | "in-out" | "bytes" | "handle", _) => {
                Err(malformed(node, format!("expected one part after the head: [:{name} T]")))
            }
            ("error-union", [error, of]) => {
                let error = error.symbol().ok_or_else(|| {
                    let detail = "expected the symbol of an error set, as in \
                                  [:error-union anyerror :i64]";
                    Refusal::new(RefusalCode::MalformedErrorSet, error, detail)
                })?;
                Self::wrapper(node, Wrap::ErrorUnion { error }, of)
            }
            ("error-union", _) => {
                Err(malformed(node, "expected an error set and a type: [:error-union E T]"))
            }
            ("stream", [of, word, iterator]) if word.symbol() == Some("of") => {
                let Some(name) = iterator.symbol() else {
                    return Err(malformed(node, STREAM_SHAPE));
                };
                Self::wrapper(node, Wrap::Stream { iterator, name }, of)
            }
            ("stream", _) => Err(malformed(node, STREAM_SHAPE)),
            ("fn", [kept @ .., arguments, returns]) if kept.is_empty() || is_kept(kept) => {
                let Some(arguments) = arguments.vector() else {
                    return Err(malformed(node, FUNCTION_SHAPE));
                };
                let parts = arguments.iter().chain([returns]).map(Self::read);
                Ok(Self::leaf(
                    node,
                    Leaf::Function(parts.collect::<Result<_, _>>()?, !kept.is_empty()),
                ))
            }
            ("fn", _) => Err(malformed(node, FUNCTION_SHAPE)),
            _ => Err(malformed(
                node,
                "expected a head of :ptr :manyptr :slice :array :optional :error-union :owned \
                 :borrowed :handle :bytes :stream :fn :by-value :cstring :counted :in-out",
            )),
        }
    }

    fn indirection(node: &'n Node<'t>, name: &str, parts: &'n [Node<'t>]) -> Result<Self, Refusal> {
        let is_const = |part: &Node<'_>| part.keyword() == Some("const");
        let (constant, of) = match parts {
            // `:const` alone is a qualifier without its element, not an element of that name.
            [of] if !is_const(of) => (false, of),
            [qualifier, of] if is_const(qualifier) => (true, of),
            _ => {
                return Err(malformed(
                    node,
                    format!("expected one element type: [:{name} T] or [:{name} :const T]"),
                ));
            }
        };
        let wrap = match name {
            "ptr" => Wrap::Pointer { reach: Reach::One, constant },
            "manyptr" => Wrap::Pointer { reach: Reach::Many, constant },
            _ => Wrap::Slice { constant },
        };
        Self::wrapper(node, wrap, of)
    }

    /// Z-3
    fn counted(
        node: &'n Node<'t>,
        length: &'n Node<'t>,
        parts: &'n [Node<'t>],
    ) -> Result<Self, Refusal> {
        let is_const = |part: &Node<'_>| part.keyword() == Some("const");
        match parts {
            [of] if !is_const(of) => {
                Self::wrapper(node, Wrap::Counted { length, constant: false }, of)
            }
            [qualifier, of] if is_const(qualifier) => {
                Self::wrapper(node, Wrap::Counted { length, constant: true }, of)
            }
            _ => Err(malformed(node, COUNTED_SHAPE)),
        }
    }

    /// The form inside, where this wraps one.
    pub(super) fn inner(&self) -> Option<&TypeForm<'n, 't>> {
        match &self.shape {
            Shape::Leaf(_) => None,
            Shape::Wrap(_, of) => Some(of),
        }
    }

    /// The argument that this is counted by (Z-3).
    pub(super) fn counted_by(&self) -> Option<&'t str> {
        match &self.shape {
            Shape::Wrap(Wrap::Counted { length, .. }, _) => match &length.value {
                Value::Symbol(name) => Some(name),
                _ => None,
            },
            _ => None,
        }
    }

    /// This form and those inside it, from the outside in.
    pub(super) fn chain(&self) -> impl Iterator<Item = &TypeForm<'n, 't>> {
        iter::successors(Some(self), |form| form.inner())
    }

    /// Refuses with `code` the first name that nothing declares (S-4, phase *names*). A handle's
    /// target and an error set need no declaration.
    pub(super) fn resolve(
        &self,
        declarations: &Declarations,
        code: RefusalCode,
    ) -> Result<(), Refusal> {
        let declared = |node, name| match declarations.get(name) {
            Some(_) => Ok(()),
            None => Err(Refusal::new(
                code,
                node,
                "nothing before this declares the name; declare it with defenumz, deftypez or \
                 defrecordz",
            )),
        };
        match &self.shape {
            Shape::Leaf(Leaf::Named(name)) => declared(self.node, name),
            Shape::Leaf(Leaf::Function(parts, _)) => {
                parts.iter().try_for_each(|part| part.resolve(declarations, code))
            }
            Shape::Leaf(_) => Ok(()),
            Shape::Wrap(Wrap::Stream { iterator, name }, of) => {
                of.resolve(declarations, code)?;
                declared(iterator, name)
            }
            Shape::Wrap(_, of) => of.resolve(declarations, code),
        }
    }

    /// The normalised type. `rules` has refused what it cannot say: bytes over another type than
    /// `[:slice :u8]`, and handles of what is not a symbol.
    pub(super) fn to_type(&self) -> Type {
        match &self.shape {
            Shape::Leaf(leaf) => match leaf {
                Leaf::Scalar(scalar) => Type::Scalar(*scalar),
                Leaf::Void => Type::Void,
                Leaf::NoReturn => Type::NoReturn,
                Leaf::String => Type::String,
                Leaf::Named(name) => Type::Named((*name).to_owned()),
                Leaf::Handle(target) => Type::Handle(target.text.to_owned()),
                Leaf::Function(parts, kept) => {
                    let mut arguments: Vec<Type> = parts.iter().map(Self::to_type).collect();
                    let returns = Box::new(arguments.pop().unwrap_or(Type::Void));
                    let of = FunctionType { arguments, returns };
                    if *kept { Type::Kept(of) } else { Type::Function(of) }
                }
                Leaf::CString { most } => Type::CString { most: *most },
            },
            Shape::Wrap(wrap, of) => {
                let of = Box::new(of.to_type());
                match *wrap {
                    Wrap::Pointer { reach, constant } => Type::Pointer { reach, constant, of },
                    Wrap::Slice { constant } => Type::Slice { constant, of },
                    Wrap::Array { length } => Type::Array { length, of },
                    Wrap::Optional => Type::Optional(of),
                    Wrap::ErrorUnion { error } => Type::ErrorUnion { error: error.to_owned(), of },
                    Wrap::Owned => Type::Owned(of),
                    Wrap::Borrowed => Type::Borrowed(of),
                    Wrap::ByValue => Type::ByValue(of),
                    Wrap::Counted { length, constant } => {
                        Type::Counted { length: length.text.to_owned(), constant, of }
                    }
                    Wrap::InOut => Type::InOut(of),
                    Wrap::Bytes => Type::Bytes,
                    Wrap::Stream { name, .. } => Type::Stream { of, iterator: name.to_owned() },
                }
            }
        }
    }
}

const ARRAY_SHAPE: &str = "expected a non-negative integer length and a type: [:array 4 :f32]";
const COUNTED_SHAPE: &str = "expected the symbol of an argument and an element type: [:counted n T] or \
                             [:counted n :const T]";
const CSTRING_SHAPE: &str =
    "expected nothing, or how many bytes are looked at: [:cstring] or [:cstring 64]";
const FUNCTION_SHAPE: &str = "expected a vector of argument types and a return type: [:fn [:i64 :f64] :bool] or [:fn :kept [:i64] :i64]";
const STREAM_SHAPE: &str =
    "expected an item type, the word of, and an iterator type's symbol: [:stream T of I]";

/// Whether what stands before a function's arguments is the word that has the library keep it.
fn is_kept(parts: &[Node<'_>]) -> bool {
    matches!(parts, [part] if part.keyword() == Some("kept"))
}

fn malformed(node: &Node<'_>, detail: impl Into<String>) -> Refusal {
    Refusal::new(RefusalCode::MalformedCompound, node, detail)
}

fn keyword_leaf<'n, 't>(node: &Node<'t>, name: &str) -> Result<Leaf<'n, 't>, Refusal> {
    Ok(match name {
        "void" => Leaf::Void,
        "noreturn" => Leaf::NoReturn,
        "string" => Leaf::String,
        _ => Leaf::Scalar(Scalar::from_name(name).ok_or_else(|| {
            let detail = "no type has this name; the contract lists them in T-1 to T-3 and T-6";
            Refusal::new(RefusalCode::UnknownScalar, node, detail)
        })?),
    })
}

fn array_length(node: &Node<'_>) -> Option<u64> {
    match &node.value {
        Value::Integer(length) => u64::try_from(length).ok(),
        _ => None,
    }
}
