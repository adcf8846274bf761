//! The protocol a subject in another process speaks (docs/protocol.md). The only module that knows it.
//!
//! `messages` are its lines, of what the [`Subject`](super::Subject) trait asks and answers, and
//! `carriers` the C values in them, `scripts` loops of those; `convert` leads from replies to the trait's answers and back. `server` serves a subject over a
//! pair of streams. `program` is a subject that asks a program, `conversation` the lines it exchanges
//! with it, `client` what it asks at contract level (at wire level that is
//! [`wire`](super::wire)); `channel` is what it talks to, and `process` the process behind it, which
//! `guardian` ends when the harness itself is killed.

pub mod aggregates;
mod answers;
pub mod carriers;
mod channel;
pub(crate) mod client;
pub(crate) mod conversation;
pub(crate) mod convert;
mod guardian;
pub mod messages;
mod process;
pub mod scripts;
mod server;

pub use guardian::{GUARDIAN, guard};
pub use process::{Launch, Limits};
pub use server::{Answers, ServeError, answer, hello, serve, serve_process};

/// The JSON Schema of the protocol's lines, as it stands in `docs/protocol.schema.json`.
pub fn schema() -> String {
    let mut generator = schemars::SchemaGenerator::default();
    let request = generator.subschema_for::<messages::RequestLine>();
    let reply = generator.subschema_for::<messages::ReplyLine>();
    let whole = serde_json::json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Protocol 1",
        "description": "A line of the protocol: what the harness writes, or what a subject writes.",
        "anyOf": [request, reply],
        "$defs": generator.take_definitions(true),
    });
    let mut text = serde_json::to_string_pretty(&whole).expect("JSON has a text");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests;
