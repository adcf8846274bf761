//! What the suite itself serves to be judged: the reference binder, and libraries at wire level.

mod answered;
mod kept;
mod looped;
mod members;
mod native;
pub mod reference;
pub mod wasm;
pub mod wire;

use subject::Capability;

/// What crosses by value where it is known which registers it is in.
const CLASSIFIED: &[Capability] = if system_libffi::CLASSIFIES {
    &[Capability::Unions, Capability::Packed, Capability::LongDouble, Capability::Int128]
} else {
    &[]
};
