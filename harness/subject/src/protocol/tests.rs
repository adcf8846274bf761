//! The messages: what survives the wire, what is refused, and that the schema says the same.

use contract::Scalar;
use contract::{HostValue, Token};
use num_bigint::BigInt;
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::messages::{Reply, Request, RequestLine};
use super::{answer, schema};
use crate::numbers::{Decimal, Small};
use crate::{
    BindReply, BindRequest, BoundId, CallReply, Capability, Dialect, ReadReply, ReadRequest, Ready,
    StartRequest, Subject, SubjectFault,
};

/// A subject that has nothing: what is tried here is the server before it.
struct Nobody;

impl Subject for Nobody {
    fn start(&mut self, _: &StartRequest) -> Result<Ready, SubjectFault> {
        Ok(Ready::new("nobody", "0", "none"))
    }

    fn read(&mut self, _: &ReadRequest) -> Result<ReadReply, SubjectFault> {
        Ok(ReadReply::Unsupported("it has nothing".into()))
    }

    fn bind(&mut self, _: &BindRequest) -> Result<BindReply, SubjectFault> {
        Ok(BindReply::Unsupported("it has nothing".into()))
    }

    fn call(&mut self, _: BoundId, _: &[HostValue]) -> Result<CallReply, SubjectFault> {
        Err(SubjectFault::Adapter("it has bound nothing".into()))
    }
}

/// Host values of every kind, nested a few deep.
fn any_value() -> impl Strategy<Value = HostValue> {
    let scalar = prop::sample::select(Scalar::ALL.to_vec());
    let array = (scalar, 0_usize..5).prop_flat_map(|(scalar, count)| {
        let bytes = prop::collection::vec(any::<u8>(), scalar.size() * count);
        bytes.prop_map(move |bytes| HostValue::Array(scalar, bytes))
    });
    let extended = (prop::bool::ANY, any::<u128>()).prop_map(|(is_f80, bits)| {
        HostValue::Extended(if is_f80 { Scalar::F80 } else { Scalar::F128 }, bits)
    });
    let big = (any::<i128>(), 0_u32..200)
        .prop_map(|(number, up)| HostValue::Big(BigInt::from(number) << up));
    let leaf = prop_oneof![
        Just(HostValue::Nil),
        any::<bool>().prop_map(HostValue::Boolean),
        any::<i64>().prop_map(HostValue::Long),
        big,
        any::<u64>().prop_map(HostValue::Double),
        extended,
        any::<String>().prop_map(HostValue::Keyword),
        any::<String>().prop_map(HostValue::Error),
        any::<String>().prop_map(HostValue::Text),
        any::<Vec<u8>>().prop_map(HostValue::Bytes),
        array,
        any::<u64>().prop_map(|token| HostValue::Handle(Token(token))),
        any::<u64>().prop_map(|token| HostValue::Stream(Token(token))),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        let entries = prop::collection::vec((any::<String>(), inner.clone()), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(HostValue::Vector),
            entries.clone().prop_map(HostValue::Map),
            (any::<String>(), entries).prop_map(|(name, fields)| HostValue::Record(name, fields)),
        ]
    })
}

/// JSON of any shape, with the words of the protocol among its strings.
fn any_json() -> impl Strategy<Value = Json> {
    let words = [
        "long",
        "big",
        "double",
        "array",
        "map",
        "record",
        "handle",
        "i8",
        "f80",
        "00",
        "-1",
        "id",
        "do",
        "is",
        "call",
        "value",
        "function",
        "arguments",
        "repeat",
        "scripts",
        "steps",
        "hello",
    ];
    let word = prop::sample::select(words.to_vec()).prop_map(str::to_owned);
    let text = prop_oneof![word, any::<String>()];
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        text.clone().prop_map(Json::from),
    ];
    leaf.prop_recursive(5, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            prop::collection::vec((text.clone(), inner), 0..5)
                .prop_map(|entries| Json::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn every_value_survives_the_wire(value in any_value()) {
        let text = serde_json::to_string(&value).expect("a text");
        prop_assert!(!text.contains('\n'), "a line is a line: {text}");
        let back: HostValue = serde_json::from_str(&text).expect("a value");
        prop_assert_eq!(back, value);
    }

    #[test]
    fn no_json_makes_a_reader_panic(json in any_json()) {
        if let Ok(value) = HostValue::deserialize(&json) {
            // What is read is written so that it is read the same.
            let written = serde_json::to_value(&value).expect("JSON");
            prop_assert_eq!(HostValue::deserialize(written).ok(), Some(value));
        }
        let _ = serde_json::from_value::<Reply>(json.clone());
        let _ = serde_json::from_value::<Request>(json);
    }

    #[test]
    fn no_line_makes_the_server_panic(line in "\\PC*", json in any_json()) {
        let mut subject = Nobody;
        for line in [line, json.to_string()] {
            let (reply, _) = answer(&mut subject, &line);
            let reply: Json = serde_json::from_str(&reply).expect("a reply");
            prop_assert!(reply["is"].is_string() && reply["id"].is_u64(), "{reply}");
        }
    }
}

fn reply(json: Json) -> Result<Reply, serde_json::Error> {
    serde_json::from_value(json)
}

#[test]
fn a_harness_refuses_what_it_does_not_know() {
    assert_eq!(reply(json!({"is": "done"})).ok(), Some(Reply::Done {}));
    for json in [
        json!({"is": "done", "more": 1}),
        json!({"is": "value", "value": null, "colour": "red"}),
        json!({"is": "well"}),
        json!({"value": null}),
        json!({"is": "benched", "elapsed_ns": 1, "checksum": 1}),
        json!({"is": "benched", "elapsed_ns": 1_u64 << 53, "checksum": "1"}),
        json!({"is": "benched", "elapsed_ns": 1, "checksum": "18446744073709551616"}),
        json!({"is": "benched", "elapsed_ns": -1, "checksum": "1"}),
        json!({"is": "bound", "function": 0, "path": "fast"}),
        json!({"is": "tallies", "scripts": [[[{"reply": {"is": "done", "x": 1}, "times": 1}]]]}),
    ] {
        assert!(reply(json.clone()).is_err(), "{json}");
    }
}

#[test]
fn a_subject_ignores_what_it_does_not_know() {
    let json = json!({"do": "forget", "since": "version 2"});
    assert_eq!(serde_json::from_value::<Request>(json).ok(), Some(Request::Forget {}));
    let mut subject = Nobody;
    let line = json!({"id": 3, "do": "forget", "urgent": true}).to_string();
    assert_eq!(answer(&mut subject, &line).0, r#"{"id":3,"is":"done"}"#);
}

#[test]
fn a_line_without_an_id_is_answered_with_none() {
    let mut subject = Nobody;
    for line in ["", "x", "[]", "{}", r#"{"do":"stop"}"#, r#"{"id":-1,"do":"stop"}"#] {
        let (reply, is_last) = answer(&mut subject, line);
        assert!(reply.starts_with(r#"{"id":0,"is":"adapter-error""#), "{line}: {reply}");
        assert!(!is_last, "{line}");
    }
}

#[test]
fn another_protocol_is_not_spoken() {
    let mut subject = Nobody;
    let line = r#"{"id":1,"do":"hello","protocol":2,"suite":"9","library":"l","declarations":""}"#;
    let (reply, _) = answer(&mut subject, line);
    assert!(reply.contains("adapter-error") && reply.contains("protocol 1"), "{reply}");
}

#[test]
fn names_on_the_wire_are_those_of_the_reports() {
    let name = |json: Result<Json, _>| json.ok().and_then(|json| json.as_str().map(str::to_owned));
    for word in ["closed-handles", "counters", "paths", "force-path", "threads", "collect"] {
        let capability: Capability = serde_json::from_value(json!(word)).expect("a capability");
        assert_eq!(capability.name(), word);
        assert_eq!(name(serde_json::to_value(capability)).as_deref(), Some(word));
    }
    for word in ["wraps", "big128", "raw-refusals", "canonical-nan", "error-as-keyword"] {
        let dialect: Dialect = serde_json::from_value(json!(word)).expect("a dialect");
        assert_eq!(dialect.name(), word);
    }
}

#[test]
fn numbers_stay_exact_in_every_json_reader() {
    assert_eq!(Small::new(u64::MAX).get(), (1 << 53) - 1);
    assert_eq!(
        serde_json::to_string(&Decimal(u64::MAX)).ok().as_deref(),
        Some("\"18446744073709551615\"")
    );
    let request = Request::Next { stream: Decimal(7) };
    let line = serde_json::to_string(&RequestLine { id: Small::new(1), request });
    assert_eq!(line.ok().as_deref(), Some(r#"{"id":1,"do":"next","stream":"7"}"#));
}

#[test]
fn the_schema_in_the_repository_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/protocol.schema.json");
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(path, schema()).expect("the schema can be written");
    }
    let stored = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        stored == schema(),
        "docs/protocol.schema.json is stale: run `UPDATE_SCHEMA=1 cargo test -p subject protocol` and \
         commit the file; if a message means something else now, raise VERSION too"
    );
}
