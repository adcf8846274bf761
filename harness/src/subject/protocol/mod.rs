//! The protocol a subject in another process speaks (docs/protocol.md). The only module that knows it.

pub mod values;
