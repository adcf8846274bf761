//! Optionals (L-10, L-20, R-6).

use contract::Scalar;
use reference_binder::Value;
use reference_binder::refusal::CallCode;

use crate::library::{Native, frees};

#[test]
fn nil_crosses_as_null_and_a_value_by_its_address() {
    let native = Native::new();
    let double = "[x [:optional :f64] :ret :f64]";
    assert_eq!(native.call("optional_double", double, &[Value::NIL]), "-1.0");
    assert_eq!(native.call("optional_double", double, &[Value::long(3)]), "3.0");
    let point = "[p [:optional Point] :ret :f64]";
    assert_eq!(native.call("optional_point", point, &[Value::NIL]), "-1.0");
    assert_eq!(native.call("optional_point", point, &[native.point(1.5, 2)]), "3.5");
    let pointer = "[p [:optional [:ptr :i64]] :ret :i64]";
    let number = native.array(Scalar::I64, &[7]);
    assert_eq!(native.call("optional_pointer", pointer, &[Value::NIL]), "-1");
    assert_eq!(native.call("optional_pointer", pointer, &[number]), "7");
    assert_eq!(native.show(number), native.show(native.array(Scalar::I64, &[8])));
    let many = "[p [:optional [:manyptr :i64]] :ret :i64]";
    assert_eq!(native.call("optional_pointer", many, &[Value::NIL]), "-1");
    assert_eq!(native.call("optional_pointer", many, &[number]), "8");
}

#[test]
fn what_is_not_nil_obeys_the_rules_of_its_type() {
    let native = Native::new();
    let double = native.bind("optional_double", "[x [:optional :f64] :ret :f64]");
    let point = native.bind("optional_point", "[p [:optional Point] :ret :f64]");
    let pointer = native.bind("optional_pointer", "[p [:optional [:ptr :i64]] :ret :i64]");
    for (function, value, code) in [
        (&double, native.text("1"), CallCode::TypeMismatch),
        (&point, native.map(&[("x", Value::long(1))]), CallCode::MissingField),
        (&point, Value::long(1), CallCode::TypeMismatch),
        (&pointer, native.array(Scalar::I64, &[]), CallCode::PointerArity),
        (&pointer, Value::long(1), CallCode::TypeMismatch),
    ] {
        assert_eq!(native.refuses(function, &[value]), (code, Some(0)));
    }
}

#[test]
fn a_returned_pointer_is_copied_and_never_freed() {
    let native = Native::new();
    let maybe = "[n :i8 :ret [:optional :i8]]";
    assert_eq!(frees(0, || native.call("maybe_small", maybe, &[Value::long(-5)])), "-5");
    assert_eq!(frees(0, || native.call("maybe_small", maybe, &[Value::long(0)])), "nil");
    let pointer = "[n :i8 :ret [:optional [:ptr :const :i8]]]";
    assert_eq!(native.call("maybe_small", pointer, &[Value::long(-128)]), "-128");
    let wide = "[n :i64 :ret [:optional [:ptr :i128]]]";
    assert_eq!(native.call("maybe_wide", wide, &[Value::long(-1)]), "-18446744073709551616N");
    assert_eq!(native.call("maybe_wide", wide, &[Value::long(0)]), "nil");
}

#[test]
fn a_returned_struct_is_freed_once_null_included() {
    let native = Native::new();
    let point = "[n :i32 :ret [:optional Point]]";
    let maybe = |number| frees(1, || native.call("maybe_point", point, &[Value::long(number)]));
    assert_eq!(maybe(-9), "{:x 0.25 :y -9}");
    assert_eq!(maybe(0), "nil");
    let document = "[n :i64 :ret [:optional Document]]";
    let shown = frees(1, || native.call("maybe_document", document, &[Value::long(2)]));
    assert!(shown.starts_with("#Document{:name \"näme\""), "{shown}");
    assert_eq!(frees(1, || native.call("maybe_document", document, &[Value::long(0)])), "nil");
    native.is_corrupt("maybe_document", document, &[Value::long(-1)]);
}
