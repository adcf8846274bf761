//! Types, signatures and declarations in their normalised form (contract T-1 to T-9, S-1 to S-3).

use std::fmt;
use std::iter;
use std::ops::Deref;
use std::sync::Arc;

use crate::scalar::Scalar;

/// How many elements a pointer reaches (T-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reach {
    /// `[:ptr T]`
    One,
    /// `[:manyptr T]`
    Many,
}

/// A type form in normalised form (T-9).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// An integer, a float or `:bool`.
    Scalar(Scalar),
    /// `:void`, a return only.
    Void,
    /// `:noreturn`, valid nowhere in a callable signature.
    NoReturn,
    /// `:string`: a buffer of UTF-8 bytes (T-6).
    String,
    /// `[:bytes [:slice :u8]]`
    Bytes,
    /// `[:ptr T]`, `[:manyptr T]` and their `:const` forms.
    Pointer {
        /// One element or many.
        reach: Reach,
        /// Whether the callee promises not to write.
        constant: bool,
        /// The element type.
        of: Box<Type>,
    },
    /// `[:slice T]`, `[:slice :const T]`
    Slice {
        /// Whether the callee promises not to write.
        constant: bool,
        /// The element type.
        of: Box<Type>,
    },
    /// `[:array n T]`
    Array {
        /// Number of elements.
        length: u64,
        /// The element type.
        of: Box<Type>,
    },
    /// `[:optional T]`
    Optional(Box<Type>),
    /// `[:error-union E T]`
    ErrorUnion {
        /// The error set's name.
        error: String,
        /// The type of the success value.
        of: Box<Type>,
    },
    /// `[:owned T]`
    Owned(Box<Type>),
    /// `[:borrowed T]`
    Borrowed(Box<Type>),
    /// `[:by-value S]`: a struct that crosses as itself (G-1).
    ByValue(Box<Type>),
    /// `[:handle T]`
    Handle(String),
    /// `[:stream T of I]` (T-7)
    Stream {
        /// The item type, a carrier scalar in a valid signature.
        of: Box<Type>,
        /// The iterator type's name.
        iterator: String,
    },
    /// `[:fn [A …] R]`: a function of the host's, an argument only (K-1).
    Function(FunctionType),
    /// `[:fn :kept [A …] R]`: a function object of the host's, which the library may keep (K-7).
    Kept(FunctionType),
    /// `[:cstring]`, and as a return `[:cstring n]`: bytes that end before a NUL (Z-1, Z-2).
    CString {
        /// The most bytes of a return that are looked at.
        most: Option<u64>,
    },
    /// `[:counted n T]`, `[:counted n :const T]`: elements whose number another argument says (Z-3, Z-4).
    Counted {
        /// The binding of that argument.
        length: String,
        /// Whether the callee promises not to write.
        constant: bool,
        /// The element type.
        of: Box<Type>,
    },
    /// `[:in-out T]`: what the callee reads, and writes anew (Z-5, Z-6).
    InOut(Box<Type>),
    /// What a call with such arguments comes back as, which no form says: the return, then each of them (Z-6).
    Results(Vec<Type>),
    /// A symbol: an enum, a struct or a record declared elsewhere (T-8).
    Named(String),
}

/// What a function of the host's takes and gives (K-1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FunctionType {
    /// Its arguments: in a valid signature carrier scalars, and of a function that is not kept what else K-9 has.
    pub arguments: Vec<Type>,
    /// What it returns: in a valid signature a carrier scalar or void, or by K-9 an enum or a handle.
    pub returns: Box<Type>,
}

/// One argument of a signature (S-1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// The binding as written: a symbol, or the map of a destructured argument.
    pub binding: String,
    /// The type form as written.
    pub form: String,
    /// What the argument takes.
    pub kind: ArgumentKind,
}

/// The three kinds of argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArgumentKind {
    /// An ordinary argument of one type.
    Plain(Type),
    /// The trailing variadic argument, with its element type (S-3).
    Rest(Scalar),
    /// A destructured argument: one carrier scalar per binding, in the order the bindings are
    /// written, each with the key it is read from (S-2).
    Destructured(Vec<(String, Scalar)>),
}

impl Argument {
    /// The type of an ordinary argument.
    pub fn plain(&self) -> Option<&Type> {
        match &self.kind {
            ArgumentKind::Plain(of) => Some(of),
            ArgumentKind::Rest(_) | ArgumentKind::Destructured(_) => None,
        }
    }
}

/// A signature that has been read and found valid (S-1, S-4). Clones share their parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature(Arc<SignatureParts>);

/// What a signature says.
#[derive(Debug, PartialEq, Eq)]
pub struct SignatureParts {
    /// The arguments that the host gives, in order.
    pub arguments: Vec<Argument>,
    /// Those that it does not give, because they say how many elements others have (Z-3).
    pub lengths: Vec<Length>,
    /// How many of them stand before `...`, of a variadic function (W-1).
    pub fixed: Option<usize>,
    /// The return form as written.
    pub return_form: String,
    /// The type of what a call comes back as: the return's, or with arguments that come back, too,
    /// [`Type::Results`].
    pub returns: Type,
}

/// An argument that the binder gives itself: how many elements others have (Z-3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Length {
    /// Before which of the host's arguments it stands.
    pub before: usize,
    /// Its binding, which counted arrays name.
    pub binding: String,
    /// The type form as written.
    pub form: String,
    /// Its type, an integer of 64 bits or fewer.
    pub scalar: Scalar,
}

/// A named type's declaration (T-8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The declared name.
    pub name: String,
    /// What it names.
    pub kind: NamedKind,
}

/// What a name stands for (T-8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedKind {
    /// `(defenumz Name [a 0 b 1] {:backing :u8})`
    Enum {
        /// The backing integer, of at most 64 bits.
        backing: Scalar,
        /// Members in the order declared; names and values are unique.
        members: Vec<Member>,
    },
    /// `(deftypez Name [...])`, or `(defrecordz Name [...])` where `record` is set.
    Struct {
        /// Whether the host value carries the type's name.
        record: bool,
        /// How its fields lie.
        arrangement: Arrangement,
        /// Fields in the order declared.
        fields: Vec<Field>,
    },
    /// `(deftypez Name [...] {:clj-zig/iter {:next "f" :deinit "g"}})`
    Iterator {
        /// Fields in the order declared.
        fields: Vec<Field>,
        /// The name of the native next function.
        next: String,
        /// The name of the native deinit function.
        deinit: String,
    },
}

/// How the fields of a struct lie: of a `deftypez`, its option `:layout` (G-4 to G-6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Arrangement {
    /// One after another, each aligned as its type is: no option.
    #[default]
    InOrder,
    /// One after another without a byte between: `:packed`.
    Packed,
    /// All at the beginning: `:union`.
    Union,
    /// A complex number's real part and its imaginary one: `:complex`.
    Complex,
}

impl Arrangement {
    /// Every one that the option `:layout` names.
    pub const NAMED: [Arrangement; 3] =
        [Arrangement::Packed, Arrangement::Union, Arrangement::Complex];

    /// Its name as the option `:layout` has it, without a colon; `None` of a plain struct.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Arrangement::InOrder => None,
            Arrangement::Packed => Some("packed"),
            Arrangement::Union => Some("union"),
            Arrangement::Complex => Some("complex"),
        }
    }
}

/// An enum member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The keyword's name.
    pub name: String,
    /// The wire value; every backing of at most 64 bits fits.
    pub value: i128,
}

/// A struct field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The key in the host map.
    pub name: String,
    /// The field's type.
    pub of: Type,
}

impl FunctionType {
    /// The signature of the C function that stands for it: what lowers the one lowers the other (K-1, K-9).
    pub fn signature(&self) -> Signature {
        let argument = |of: &Type| Argument {
            binding: "_".to_owned(),
            form: of.to_string(),
            kind: ArgumentKind::Plain(of.clone()),
        };
        Signature::of(SignatureParts {
            arguments: self.arguments.iter().map(argument).collect(),
            lengths: Vec::new(),
            fixed: None,
            return_form: self.returns.to_string(),
            returns: (*self.returns).clone(),
        })
    }

    /// Whether it has more than carrier scalars and void (K-9).
    pub fn is_wide(&self) -> bool {
        let plain = |of: &Type| matches!(of, Type::Scalar(_) | Type::Void);
        !self.arguments.iter().chain([&*self.returns]).all(plain)
    }
}

/// A pair of a signature as it is written, with its index among those of its kind.
#[derive(Clone, Copy, Debug)]
pub enum Pair<'s> {
    /// An argument that the host gives.
    Argument(usize, &'s Argument),
    /// One that it does not (Z-3).
    Length(usize, &'s Length),
}

impl Deref for Signature {
    type Target = SignatureParts;

    fn deref(&self) -> &SignatureParts {
        &self.0
    }
}

impl Signature {
    pub(crate) fn of(parts: SignatureParts) -> Signature {
        Signature(Arc::new(parts))
    }

    /// What stands before the return, in the order in which it is written.
    pub fn pairs(&self) -> impl Iterator<Item = Pair<'_>> {
        let (mut argument, mut length) = (0, 0);
        iter::from_fn(move || {
            if let Some(of) = self.lengths.get(length).filter(|of| of.before == argument) {
                length += 1;
                return Some(Pair::Length(length - 1, of));
            }
            let of = self.arguments.get(argument)?;
            argument += 1;
            Some(Pair::Argument(argument - 1, of))
        })
    }

    /// The return as declared, of which the arguments that come back are no part (Z-6).
    pub fn declared_return(&self) -> &Type {
        match &self.returns {
            Type::Results(parts) => parts.first().unwrap_or(&Type::Void),
            returns => returns,
        }
    }

    /// The arguments that are arrays of so many elements as this length says, by index (Z-3).
    pub fn counted_by<'s>(&'s self, length: &'s Length) -> impl Iterator<Item = usize> + 's {
        self.arguments.iter().enumerate().filter_map(|(index, argument)| match argument.plain() {
            Some(Type::Counted { length: named, .. }) if *named == length.binding => Some(index),
            _ => None,
        })
    }

    /// Whether it asks what family Z does of a binder: a NUL, a length, a result through an address.
    pub fn tells(&self) -> bool {
        self.has(|of| matches!(of, Type::CString { .. } | Type::Counted { .. } | Type::InOut(_)))
    }

    /// Whether one of its types is as told, itself or within others.
    pub fn has(&self, told: impl Fn(&Type) -> bool) -> bool {
        let plain = self.arguments.iter().filter_map(Argument::plain);
        let parts = match &self.returns {
            Type::Results(parts) => parts.as_slice(),
            returns => std::slice::from_ref(returns),
        };
        plain.chain(parts).any(|of| match of {
            Type::Optional(inner) => told(of) || told(inner),
            of => told(of),
        })
    }

    /// Whether an argument is among those that a variadic function's prototype does not name (W-1).
    pub fn is_variable(&self, argument: usize) -> bool {
        self.fixed.is_some_and(|fixed| argument >= fixed)
    }

    /// Whether at wire level calls of it are made one by one and not in loops whatever they are given: what is variadic
    /// (W-1), or passes a struct as itself.
    pub fn one_by_one(&self) -> bool {
        self.fixed.is_some() || self.by_value()
    }

    /// Whether a struct crosses as itself, as an argument or as the return (G-1).
    pub fn by_value(&self) -> bool {
        self.has(|of| matches!(of, Type::ByValue(_)))
    }
}

impl Named {
    /// Whether a value of it has one field, whichever is set, and what is read of it has all: a union (G-4).
    pub fn is_union(&self) -> bool {
        self.arrangement() == Arrangement::Union
    }

    /// How the fields of a struct lie; in order, of an iterator type and of an enum, which has none.
    pub fn arrangement(&self) -> Arrangement {
        match self.kind {
            NamedKind::Struct { arrangement, .. } => arrangement,
            NamedKind::Iterator { .. } | NamedKind::Enum { .. } => Arrangement::InOrder,
        }
    }

    /// The fields of a struct, record or iterator type; `None` for an enum.
    pub fn fields(&self) -> Option<&[Field]> {
        match &self.kind {
            NamedKind::Struct { fields, .. } | NamedKind::Iterator { fields, .. } => Some(fields),
            NamedKind::Enum { .. } => None,
        }
    }
}

impl fmt::Display for Type {
    /// Renders the type as its EDN form; reading it back gives the same type (T-9).
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let constant = |constant: &bool| if *constant { ":const " } else { "" };
        match self {
            Type::Scalar(scalar) => write!(out, "{scalar}"),
            Type::Void => out.write_str(":void"),
            Type::NoReturn => out.write_str(":noreturn"),
            Type::String => out.write_str(":string"),
            Type::Bytes => out.write_str("[:bytes [:slice :u8]]"),
            Type::Pointer { reach: Reach::One, constant: is_const, of } => {
                write!(out, "[:ptr {}{of}]", constant(is_const))
            }
            Type::Pointer { reach: Reach::Many, constant: is_const, of } => {
                write!(out, "[:manyptr {}{of}]", constant(is_const))
            }
            Type::Slice { constant: is_const, of } => {
                write!(out, "[:slice {}{of}]", constant(is_const))
            }
            Type::Array { length, of } => write!(out, "[:array {length} {of}]"),
            Type::Optional(of) => write!(out, "[:optional {of}]"),
            Type::ErrorUnion { error, of } => write!(out, "[:error-union {error} {of}]"),
            Type::Owned(of) => write!(out, "[:owned {of}]"),
            Type::Borrowed(of) => write!(out, "[:borrowed {of}]"),
            Type::ByValue(of) => write!(out, "[:by-value {of}]"),
            Type::Handle(name) => write!(out, "[:handle {name}]"),
            Type::Stream { of, iterator } => write!(out, "[:stream {of} of {iterator}]"),
            Type::Function(FunctionType { arguments, returns }) => {
                let arguments: Vec<String> = arguments.iter().map(Type::to_string).collect();
                write!(out, "[:fn [{}] {returns}]", arguments.join(" "))
            }
            Type::CString { most: None } => out.write_str("[:cstring]"),
            Type::CString { most: Some(most) } => write!(out, "[:cstring {most}]"),
            Type::Counted { length, constant: is_const, of } => {
                write!(out, "[:counted {length} {}{of}]", constant(is_const))
            }
            Type::InOut(of) => write!(out, "[:in-out {of}]"),
            Type::Results(parts) => {
                let parts: Vec<String> = parts.iter().map(Type::to_string).collect();
                write!(out, "[{}]", parts.join(" "))
            }
            Type::Kept(FunctionType { arguments, returns }) => {
                let arguments: Vec<String> = arguments.iter().map(Type::to_string).collect();
                write!(out, "[:fn :kept [{}] {returns}]", arguments.join(" "))
            }
            Type::Named(name) => out.write_str(name),
        }
    }
}

/// Size and alignment in bytes on the target's C ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Layout {
    /// Size in bytes, a multiple of the alignment: the stride of a slice or array (L-19).
    pub size: usize,
    /// Alignment in bytes, a power of two.
    pub alignment: usize,
}

/// The layout of `Wire(S)` (L-9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StructLayout {
    /// Size and alignment of the whole.
    pub layout: Layout,
    /// Each field's offset in bytes, in the order declared. A buffer field's address stands there,
    /// and its length one word further (L-17).
    pub offsets: Vec<usize>,
}
