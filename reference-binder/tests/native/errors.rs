//! Error unions over every payload (L-14, R-7).

use contract::Scalar;
use reference_binder::Value;
use reference_binder::refusal::CallCode;

use crate::library::{Native, frees, ledger};

#[test]
fn success_is_the_payload_and_failure_an_error_value() {
    let native = Native::new();
    for (symbol, payload, given, expected) in [
        ("try_long", ":i64", 9, "9"),
        ("try_nothing", ":void", 1, "nil"),
        ("try_flag", ":bool", 1, "true"),
        ("try_flag", ":bool", 0, "false"),
        ("try_single", ":f32", 5, "2.5"),
        ("try_color", "Color", 300, ":green"),
        ("try_color", "Color", 1, "1"),
        ("try_wide", ":i128", 3, "-3802951800684688204490109616128N"),
        ("try_point", "Point", 4, "{:x 4.0 :y 1}"),
    ] {
        let signature = format!("[n :i64 :ret [:error-union E {payload}]]");
        let call = |number| frees(0, || native.call(symbol, &signature, &[Value::long(number)]));
        assert_eq!(call(given), expected, "{symbol}");
        let name = if symbol == "try_color" { "green" } else { "Negative" };
        assert_eq!(call(-1), format!("#error {name}"), "{symbol}");
    }
}

#[test]
fn a_struct_with_buffers_is_freed_on_success_only() {
    let native = Native::new();
    let signature = "[n :i64 :ret [:error-union E Document]]";
    let call = |number| native.call("try_document", signature, &[Value::long(number)]);
    assert!(frees(1, || call(1)).starts_with("#Document{:name \"näme\""));
    assert_eq!(frees(0, || call(-1)), "#error Negative");
    native.is_corrupt("try_document", signature, &[Value::long(13)]);
}

#[test]
fn a_name_is_as_long_as_the_callee_says_and_never_longer_than_its_place() {
    let native = Native::new();
    let signature = "[n :usize :ret [:error-union E :void]]";
    let call = |length| native.call("try_name", signature, &[Value::long(length)]);
    assert_eq!(call(0), "nil");
    assert_eq!(call(1), "#error n");
    assert_eq!(call(255), format!("#error {}", "n".repeat(255)));
    assert_eq!(call(3), "#error a\u{fffd}b", "a name is decoded as a string is");
    let function = native.bind("try_name", signature);
    for length in [256, 1 << 40] {
        let before = ledger();
        let refusal = native.run(&function, &[Value::long(length)]).expect_err("no name");
        assert_eq!(refusal.code(), CallCode::CorruptNativeLength);
        assert_eq!(ledger().calls, before.calls + 1);
    }
}

#[test]
fn edits_show_also_where_the_call_returns_an_error() {
    let native = Native::new();
    let signature = "[xs [:slice :i64] fails :bool :ret [:error-union E :void]]";
    for (fails, expected) in [(false, "nil"), (true, "#error Full")] {
        let numbers = native.array(Scalar::I64, &[1, 2, 3]);
        let result = native.call("try_fill", signature, &[numbers, Value::boolean(fails)]);
        assert_eq!(result, expected);
        assert_eq!(native.show(numbers), native.show(native.array(Scalar::I64, &[7, 7, 7])));
    }
}
