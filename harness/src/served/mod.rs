//! What the suite itself serves to be judged: the reference binder, and libraries at wire level.

mod answered;
mod kept;
mod looped;
mod members;
mod native;
pub mod reference;
pub mod wasm;
pub mod wire;
