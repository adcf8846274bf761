//! What the suite itself serves to be judged: the reference binder, and a library at wire level.

mod looped;
mod native;
pub mod reference;
pub mod wire;
