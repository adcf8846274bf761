//! The boundary contract as data, which is nobody's property: binder and judge read it from here.
//!
//! Signatures and types are read, refused with a code and a place, normalised, laid out and lowered to
//! the C ABI; host values and the codes of calls have their vocabulary; the clauses are those of
//! docs/contract.md.
//!
//! Pure: nothing here loads a library or touches memory of a call, and nothing here judges. How much of
//! what others wrote is read is said here, too, because everybody reads such. May import nothing of
//! ours.

pub mod abi;
pub mod bounds;
pub mod clause;
pub mod edn;
pub mod float;
pub mod host;
pub mod json;
mod kind;
pub mod notation;
pub mod visible;

mod beyond;
mod call_code;
mod callback_rules;
mod declarations;
mod declare;
mod dialect;
mod forms;
mod layout;
mod level;
mod lower;
mod lowering;
mod normalised;
mod prototype;
mod read;
mod refusal;
mod rules;
mod scalar;
mod shape;
mod types;

pub use beyond::Beyond;
pub use call_code::CallCode;
pub use declarations::Declarations;
pub use dialect::{Dialect, UnknownDialect};
pub use edn::Position;
pub use host::{Answer, HostValue, Token};
pub use level::Level;
pub use lowering::{Carrier, Lowering, Parameter, Path, Pointee, Release, Role};
pub use prototype::c_identifier;
pub use refusal::{Refusal, RefusalCode, UnknownRefusalCode};
pub use scalar::{Class, DataModel, Format, Scalar, Width};
pub use types::{
    Argument, ArgumentKind, Arrangement, Field, FunctionType, Layout, Length, Member, Named,
    NamedKind, Pair, Reach, Signature, SignatureParts, StructLayout, Type,
};

#[cfg(test)]
mod properties;
