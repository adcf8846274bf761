//! What crosses the C ABI for a signature: the wire parameters in order, the register return, the
//! symbols the return obliges (contract L), and the invoker path it is served on (P-1 to P-3).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use crate::scalar::Scalar;

/// The invoker path that serves a signature (P-1 to P-4). A greater one serves what a lesser does.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    IntoStaticStr,
)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "PathName", description = "An invoker path (contract P).")]
pub enum Path {
    /// Every parameter and the return is a carrier scalar or void (P-1).
    #[schemars(description = "P-1")]
    Scalar,
    /// As `Scalar`, with enums and handles among them (P-2).
    #[schemars(description = "P-2")]
    EnumAndHandle,
    /// Everything else, in one call scope (P-3).
    #[schemars(description = "P-3")]
    General,
}

impl Path {
    /// The path's name in reports.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// The C ABI form of a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lowering {
    /// The path the signature is served on.
    pub path: Path,
    /// Wire parameters in order: argument carriers, then out-parameters.
    pub parameters: Vec<Parameter>,
    /// How many of them the prototype names before `...`, of a variadic function (W-1).
    pub fixed: Option<usize>,
    /// The carrier returned in a register; `None` is `void`.
    pub returns: Option<Carrier>,
    /// The symbol that frees what the call returned, where the return obliges one.
    pub release: Option<Release>,
}

/// One wire parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// How it crosses.
    pub carrier: Carrier,
    /// What it is for.
    pub role: Role,
}

/// What a wire parameter is for. `argument` is the index of the host argument it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "every variant's `argument` is described above")]
pub enum Role {
    /// The argument's value itself, or the pointer to it.
    Value { argument: usize },
    /// The length that follows a slice's or string's address, in elements.
    Length { argument: usize },
    /// How many elements some arguments have: the `length`-th of those that the host does not give (Z-3).
    Count { length: usize },
    /// The `field`-th binding of a destructured argument (S-2).
    Field { argument: usize, field: usize },
    /// `usize *ptr` of L-11 and L-12.
    OutAddress,
    /// `usize *len` of L-11 and L-12.
    OutLength,
    /// `u8 *err` of L-14: room for 256 bytes.
    ErrorName,
    /// `usize *errlen` of L-14.
    ErrorLength,
    /// `T *ret`: a value returned through memory (L-3, L-9, L-13, L-14).
    OutValue,
}

/// How one wire value crosses.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Carrier {
    /// A carrier scalar by value, `usize` lengths included.
    Scalar(Scalar),
    /// `Wire(S)` by value (G-1).
    Struct(String),
    /// A wide scalar by value (G-7, G-8).
    Wide(Scalar),
    /// An address.
    Pointer {
        /// Whether the callee only reads through it.
        constant: bool,
        /// Whether null is a value (L-10, L-15, L-20).
        nullable: bool,
        /// What it points to.
        to: Pointee,
    },
}

/// What an address points to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Pointee {
    /// A scalar, or several in a row.
    Scalar(Scalar),
    /// An enum's backing integer, or several in a row.
    Enum {
        /// The enum's name.
        name: String,
        /// Its backing integer.
        backing: Scalar,
    },
    /// `Wire(S)`, or several in a row.
    Struct(String),
    /// `[n]T`, for `*const [n]T` of L-8.
    Array {
        /// Number of elements.
        length: u64,
        /// The element.
        of: Box<Pointee>,
    },
    /// A handle's target, never looked into.
    Opaque(String),
    /// The code of a C function, which a function of the host's answers (K-1).
    Function {
        /// The C function's parameters.
        arguments: Vec<Carrier>,
        /// What it returns; `None` is void.
        returns: Option<Box<Carrier>>,
    },
}

/// The free symbol a return obliges, and what it takes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Release {
    /// `<symbol>__free(usize ptr, usize len)` (L-11).
    Buffer,
    /// `<symbol>__free(const Wire(S) *)` (L-13, L-14).
    Struct(String),
    /// `<symbol>__free(usize)`, which accepts null (L-20).
    Optional(String),
    /// `<symbol>__next(usize iter, T *out) -> bool` and `<symbol>__free(usize iter)` (L-16).
    Stream(Scalar),
}
