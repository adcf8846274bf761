//! The contract as data: the types and signatures a binder is given, how they are refused, and the
//! C ABI they lower to.
//!
//! Pure: nothing here loads a library or touches memory of a call. May import nothing else of this
//! crate.

pub mod edn;

mod declarations;
mod declare;
mod forms;
mod layout;
mod lower;
mod lowering;
mod normalised;
mod prototype;
mod read;
mod refusal;
mod rules;
mod shape;
mod types;

pub use declarations::Declarations;
pub use edn::Position;
pub use layout::{Layout, StructLayout};
pub use lowering::{Carrier, Lowering, Parameter, Path, Pointee, Release, Role};
pub use prototype::c_identifier;
pub use refusal::{Refusal, RefusalCode, UnknownRefusalCode};
pub use types::{
    Argument, ArgumentKind, Field, Member, Named, NamedKind, Reach, Scalar, Signature, Type,
};

#[cfg(test)]
mod properties;
#[cfg(test)]
mod refusal_table;
