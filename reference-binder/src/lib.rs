//! A binder for the boundary contract: it takes a signature as data and a compiled library and
//! returns functions callable with dynamic host values.
//!
//! Layers, each importing only those above it:
//!
//! | module | holds |
//! |---|---|
//! | [`contract`] | signatures read, refused, laid out, lowered |
//! | [`value`], [`keyword`], [`handle`], [`stream`], [`heap`] | host values: two words, and what they name |
//! | [`scope`] | the memory of one call |
//! | [`errno`] | what native calls leave there, where it is kept |
//! | [`library`] | loaded libraries and their symbols |
//! | `call` | bound functions: plans, kernels, the general path, the one foreign call |

pub mod errno;
pub mod handle;
pub mod heap;
pub mod keyword;
pub mod library;
pub mod refusal;
pub mod scope;
pub mod stream;
pub mod value;

mod call;
mod exact;
mod float;

pub use call::typed;
pub use call::{
    BindError, BindOptions, Caller, Dialects, Engine, EngineChoice, Function, PathChoice,
};
pub use heap::KeptFunction;
pub use library::{ClosableLibrary, Library};
pub use value::Value;
