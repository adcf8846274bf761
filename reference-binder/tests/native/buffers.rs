//! Structs with buffer fields, strings and bytes (L-11, L-13, L-17, C-11, R-8, R-10, R-11).

use contract::Scalar;
use reference_binder::Value;
use reference_binder::refusal::CallCode;

use crate::library::{Native, frees, ledger};

fn document(native: &Native, samples: Value) -> [(&'static str, Value); 5] {
    [
        ("name", native.text("ab")),
        ("data", native.bytes(&[1, 0])),
        ("samples", samples),
        ("note", native.array(Scalar::U8, &[9, 9, 9])),
        ("number", Value::long(5)),
    ]
}

#[test]
fn buffer_fields_reach_the_callee_and_a_mutable_one_shows_its_edits() {
    let native = Native::new();
    let samples = native.doubles(&[2.5, 4.0]);
    let argument = native.map(&document(&native, samples));
    let read = native.call("document_read", "[d Document :ret :i64]", &[argument]);
    let bytes = [97, 98, 1, 0].iter().fold(5, |seen, byte| seen * 31 + byte);
    assert_eq!(read, (bytes + 2 + 4 + 3).to_string());
    assert_eq!(native.show(samples), native.show(native.doubles(&[99.0, 4.0])));
}

#[test]
fn a_field_that_is_no_buffer_of_its_type_is_refused() {
    let native = Native::new();
    let function = native.bind("document_read", "[d Document :ret :i64]");
    let samples = native.doubles(&[1.0]);
    for (at, value, code) in [
        (0, Value::long(1), CallCode::StringArgument),
        (0, Value::NIL, CallCode::MissingField),
        (1, native.text("ab"), CallCode::TypeMismatch),
        (1, Value::NIL, CallCode::MissingField),
        (2, native.array(Scalar::F32, &[]), CallCode::TypeMismatch),
        (2, native.vector(&[Value::double(1.0)]), CallCode::TypeMismatch),
        (2, Value::NIL, CallCode::MissingField),
        (3, native.bytes(&[1]), CallCode::TypeMismatch),
    ] {
        let mut fields = document(&native, samples);
        fields[at].1 = value;
        let argument = native.map(&fields);
        assert_eq!(native.refuses(&function, &[argument]), (code, Some(0)), "field {at}");
    }
}

#[test]
fn an_owned_struct_is_copied_and_freed_once() {
    let native = Native::new();
    let shown = frees(1, || {
        native.call("document_owned", "[n :i64 :ret [:owned Document]]", &[Value::long(3)])
    });
    assert_eq!(
        shown,
        "#Document{:name \"näme\" :data #bytes [00, ff, 07] :samples [3.5 -0.0] \
         :note [115 116 97 116 105 99] :number 3}"
    );
}

#[test]
fn a_borrowed_struct_is_copied_and_never_freed() {
    let native = Native::new();
    let shown = frees(0, || {
        native.call("document_borrowed", "[n :i64 :ret [:borrowed Document]]", &[Value::long(3)])
    });
    assert!(shown.starts_with("#Document{:name \"lent\" :data #bytes [] :samples []"), "{shown}");
}

#[test]
fn buffers_of_no_length_are_not_looked_for() {
    let native = Native::new();
    let shown = frees(1, || native.call("document_empty", "[:ret [:owned Document]]", &[]));
    assert_eq!(shown, "#Document{:name \"\" :data #bytes [] :samples [] :note [] :number 0}");
    assert_eq!(frees(1, || native.call("text_nowhere", "[:ret :string]", &[])), "\"\"");
}

#[test]
fn a_length_that_no_memory_could_hold_is_an_error_after_the_free() {
    let native = Native::new();
    let owned = "[n :i64 :ret [:owned Document]]";
    native.is_corrupt("document_corrupt", owned, &[Value::long(1)]);
    native.is_corrupt("documents_corrupt", "[:ret [:owned [:slice Document]]]", &[]);
    native.is_corrupt("points_corrupt", "[:ret [:owned [:slice Point]]]", &[]);
    native.is_corrupt("points_corrupt", "[:ret [:owned [:slice :u8]]]", &[]);
    native.is_corrupt("text_null", "[:ret :string]", &[]);
    native.is_corrupt("text_null", "[:ret [:bytes [:slice :u8]]]", &[]);
}

#[test]
fn slices_of_structs_with_buffers_go_both_ways() {
    let native = Native::new();
    let samples = native.doubles(&[]);
    let mut second = document(&native, samples);
    second[0].1 = native.text("");
    second[4].1 = Value::long(6);
    let documents = native.vector(&[native.map(&document(&native, samples)), native.map(&second)]);
    let read = "[ds [:slice :const Document] :ret :i64]";
    assert_eq!(native.call("documents_read", read, &[documents]), "7006");
    assert_eq!(native.call("documents_read", read, &[native.vector(&[])]), "0");
    let owned = "[n :usize :ret [:owned [:slice Document]]]";
    let shown = frees(1, || native.call("documents_owned", owned, &[Value::long(2)]));
    assert_eq!(shown.matches("#Document").count(), 2);
    assert!(shown.contains(":samples [1.5 -0.0]"), "{shown}");
    assert_eq!(frees(1, || native.call("documents_owned", owned, &[Value::long(0)])), "[]");
    let function = native.bind("documents_read", read);
    let broken = native.vector(&[native.map(&document(&native, samples)), Value::NIL]);
    assert_eq!(native.refuses(&function, &[broken]), (CallCode::NilArgument, Some(0)));
}

#[test]
fn strings_and_bytes_cross_untouched() {
    let native = Native::new();
    let echo = |value| frees(1, || native.call("text_echo", "[s :string :ret :string]", &[value]));
    assert_eq!(echo(native.text("a\0ß€😀")), "\"a\\0ß€😀\"");
    assert_eq!(echo(native.text("")), "\"\"");
    assert_eq!(echo(native.bytes(b"bytes")), "\"bytes\"");
    let bytes = "[s :string :ret [:bytes [:slice :u8]]]";
    let shown = frees(1, || native.call("bytes_echo", bytes, &[native.bytes(&[0x61, 0xff, 0])]));
    assert_eq!(shown, "#bytes [61, ff, 00]");
    assert_eq!(frees(1, || native.call("bytes_echo", bytes, &[native.text("")])), "#bytes []");
}

#[test]
fn each_maximal_malformed_part_is_one_replacement() {
    let native = Native::new();
    for (bytes, expected) in [
        (&[0x61, 0xff, 0x62][..], "a\u{fffd}b"),
        (&[0xc3, 0x28], "\u{fffd}("),
        // A surrogate: no part of it can begin a sequence.
        (&[0xed, 0xa0, 0x80], "\u{fffd}\u{fffd}\u{fffd}"),
        // A sequence cut short is one part; an overlong one is none.
        (&[0xe2, 0x82], "\u{fffd}"),
        (&[0xf0, 0x9f, 0x98, 0x41], "\u{fffd}A"),
        (&[0xc0, 0xaf], "\u{fffd}\u{fffd}"),
        (&[0xf4, 0x90, 0x80, 0x80], "\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
    ] {
        let text = native.call("text_echo", "[s :string :ret :string]", &[native.bytes(bytes)]);
        assert_eq!(text, format!("{expected:?}"), "{bytes:02x?}");
    }
}

#[test]
fn what_is_neither_text_nor_bytes_is_refused() {
    let native = Native::new();
    let function = native.bind("text_hash", "[s :string :ret :i64]");
    let u8s = native.array(Scalar::U8, &[1]);
    for (value, code) in [
        (Value::NIL, CallCode::NilArgument),
        (Value::long(1), CallCode::StringArgument),
        (native.vector(&[]), CallCode::StringArgument),
        (u8s, CallCode::StringArgument),
    ] {
        assert_eq!(native.refuses(&function, &[value]), (code, Some(0)));
    }
}

#[test]
fn a_missing_free_symbol_is_refused_when_binding() {
    let native = Native::new();
    for signature in [
        "[n :i64 :ret [:owned Document]]",
        "[n :i64 :ret :string]",
        "[n :i64 :ret [:optional Document]]",
        "[n :i64 :ret [:error-union E Document]]",
        "[n :i64 :ret [:error-union E Point]]",
    ] {
        let error = native.try_bind("document_without_free", signature, Default::default());
        let message = error.expect_err("no free symbol").to_string();
        assert!(message.contains("`document_without_free__free`"), "{message}");
        assert!(message.contains("native_fixture.so"), "{message}");
    }
    let before = ledger();
    native.bind("document_without_free", "[n :i64 :ret [:borrowed Document]]");
    assert_eq!(ledger(), before, "binding calls nothing");
}
