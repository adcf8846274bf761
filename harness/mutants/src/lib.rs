//! Binders that each break one rule on purpose, by which the suite itself is proved (`conform mutants`).
//!
//! A fault is a few words of the reference binder's own source, or of what serves it, and what stands there
//! instead. The program `faulty-binder` is built of copies of those sources with every fault in them, each
//! behind a switch; the sources themselves, and the binder that ships, know nothing of it.

pub mod faults;
pub mod plant;
pub mod switch;
