//! The contract as data: the types and signatures a binder is given, how they are refused, and the
//! C ABI they lower to.
//!
//! Pure: nothing here loads a library or touches memory of a call. May import nothing else of this
//! crate.

mod lowering;
mod types;

pub use lowering::{Carrier, Lowering, Parameter, Path, Pointee, Release, Role};
pub use types::{
    Argument, ArgumentKind, Field, Member, Named, NamedKind, Reach, Scalar, Signature, Type,
};
