//! The corpus: what is put to a binder and what must come of it.
//!
//! Cases are read from YAML ([`case`]), stated as laws ([`law`]), made from a seed ([`generated`]) or
//! made wrong on purpose ([`malformed`] of signatures, [`positions`] of calls); [`model`] is the suite's own reading of what must arrive for
//! them, and [`fixtures`] holds them against the library they call.
//!
//! May import the contract and the fixtures' crate. Deliberately not here: binders, and how a case is put
//! to one.

pub mod case;
mod fingerprint;
pub mod fixtures;
pub mod generated;
pub mod law;
pub mod malformed;
pub mod model;
pub mod positions;
pub mod seed;

pub use fingerprint::fingerprint;
