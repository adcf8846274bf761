//! Pointers, arrays, and slices of structs and enums (L-6 to L-8, L-19, C-8, C-9).

use contract::Scalar;
use reference_binder::Value;
use reference_binder::keyword::Keyword;
use reference_binder::refusal::CallCode;

use crate::library::{Native, frees};

fn color(name: &str) -> Value {
    Value::keyword(Keyword::new(name))
}

#[test]
fn a_pointer_is_to_one_element_of_the_callers_own_array() {
    let native = Native::new();
    let number = native.array(Scalar::I64, &[41]);
    let function = native.bind("pointer_bump", "[p [:ptr :i64] :ret :i64]");
    assert_eq!(native.show(native.run(&function, &[number]).expect("a number")), "41");
    assert_eq!(native.show(number), native.show(native.array(Scalar::I64, &[42])));
    for (value, code) in [
        (Value::NIL, CallCode::NilCollectionArgument),
        (Value::long(1), CallCode::TypeMismatch),
        (native.array(Scalar::U64, &[1]), CallCode::TypeMismatch),
        (native.array(Scalar::I64, &[]), CallCode::PointerArity),
        (native.array(Scalar::I64, &[1, 2]), CallCode::PointerArity),
        // The element type is looked at before the number.
        (native.array(Scalar::I32, &[1, 2]), CallCode::TypeMismatch),
    ] {
        assert_eq!(native.refuses(&function, &[value]), (code, Some(0)));
    }
}

#[test]
fn a_many_pointer_takes_any_number_of_elements() {
    let native = Native::new();
    let signature = "[p [:manyptr :const :i64] n :usize :ret :i64]";
    let numbers = native.array(Scalar::I64, &[1, 2, 30]);
    assert_eq!(native.call("many_total", signature, &[numbers, Value::long(3)]), "33");
    let none = native.array(Scalar::I64, &[]);
    assert_eq!(native.call("many_total", signature, &[none, Value::long(0)]), "0");
}

#[test]
fn an_array_has_exactly_its_length_and_shows_edits() {
    let native = Native::new();
    let numbers = native.array(Scalar::U16, &[1, 2, 3]);
    let function = native.bind("array_swap", "[a [:array 3 :u16] :ret :u16]");
    assert_eq!(native.show(native.run(&function, &[numbers]).expect("a number")), "2");
    assert_eq!(native.show(numbers), native.show(native.array(Scalar::U16, &[3, 2, 1])));
    for (value, code) in [
        (native.array(Scalar::U16, &[1, 2]), CallCode::ArrayLength),
        (native.array(Scalar::I16, &[1, 2, 3]), CallCode::TypeMismatch),
        (native.vector(&[Value::long(1); 3]), CallCode::TypeMismatch),
        (Value::NIL, CallCode::NilCollectionArgument),
    ] {
        assert_eq!(native.refuses(&function, &[value]), (code, Some(0)));
    }
}

#[test]
fn arrays_of_structs_and_enums_take_vectors_of_their_length() {
    let native = Native::new();
    let points = native.vector(&[native.point(1.0, 2), native.point(3.0, 4)]);
    let signature = "[a [:array 2 Point] :ret :f64]";
    assert_eq!(native.call("array_points", signature, &[points]), "136.0");
    let function = native.bind("array_points", signature);
    for (value, code) in [
        (native.vector(&[native.point(1.0, 2)]), CallCode::ArrayLength),
        (native.vector(&[Value::NIL; 3]), CallCode::ArrayLength),
        (native.vector(&[native.point(1.0, 2), Value::NIL]), CallCode::NilArgument),
        (native.vector(&[native.point(1.0, 2), native.map(&[])]), CallCode::MissingField),
        (native.point(1.0, 2), CallCode::TypeMismatch),
    ] {
        assert_eq!(native.refuses(&function, &[value]), (code, Some(0)));
    }
    let colors = native.vector(&[color("green"), color("red")]);
    assert_eq!(native.call("colors_first", "[a [:array 2 Color] :ret :i64]", &[colors]), "300");
}

#[test]
fn slices_of_structs_and_enums_have_the_stride_of_the_type() {
    let native = Native::new();
    let signature = "[ps [:slice :const Point] :ret :f64]";
    let points = [native.point(1.0, 1), native.point(2.0, 2), native.point(3.0, 3)];
    assert_eq!(native.call("points_total", signature, &[native.vector(&points)]), "246.0");
    assert_eq!(native.call("points_total", signature, &[native.vector(&[])]), "0.0");
    let signature = "[cs [:slice :const Color] :ret :i64]";
    let colors = native.vector(&[color("green"), color("red"), color("red")]);
    assert_eq!(native.call("colors_total", signature, &[colors]), "29989");
    let function = native.bind("colors_total", signature);
    for (value, code) in [
        (native.vector(&[color("green"), color("blue")]), CallCode::UnknownEnumMember),
        (native.vector(&[Value::NIL]), CallCode::UnknownEnumMember),
        (native.array(Scalar::I16, &[300]), CallCode::TypeMismatch),
        (Value::NIL, CallCode::NilCollectionArgument),
    ] {
        assert_eq!(native.refuses(&function, &[value]), (code, Some(0)));
    }
}

#[test]
fn returned_slices_of_structs_are_copied_and_freed_by_their_owner() {
    let native = Native::new();
    let owned = "[n :usize :ret [:owned [:slice Point]]]";
    assert_eq!(
        frees(1, || native.call("points_owned", owned, &[Value::long(2)])),
        "[{:x 0.5 :y 0} {:x 1.5 :y -1}]"
    );
    assert_eq!(frees(1, || native.call("points_owned", owned, &[Value::long(0)])), "[]");
    let borrowed = "[:ret [:borrowed [:slice Point]]]";
    assert_eq!(
        frees(0, || native.call("points_borrowed", borrowed, &[])),
        "[{:x 1.0 :y 2} {:x 3.0 :y 4}]"
    );
    let colors = "[:ret [:borrowed [:slice Color]]]";
    // The last has no member: it is the number.
    assert_eq!(frees(0, || native.call("colors_borrowed", colors, &[])), "[:red :green 7]");
}
