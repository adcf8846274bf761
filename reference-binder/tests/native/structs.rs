//! Structs and records without buffers (L-9, L-18, C-10, R-9).

use contract::Scalar;
use reference_binder::Value;
use reference_binder::keyword::Keyword;
use reference_binder::refusal::CallCode;

use crate::library::{Native, frees};

fn outer_fields(native: &Native) -> [(&'static str, Value); 5] {
    [
        ("tag", Value::long(255)),
        ("at", native.point(-0.0, i64::from(i32::MIN))),
        ("color", Value::keyword(Keyword::new("green"))),
        ("on", Value::boolean(true)),
        ("half", Value::double(1.0 / 3.0)),
    ]
}

fn outer(native: &Native) -> Value {
    native.map(&outer_fields(native))
}

const OUTER: &str = "[o Outer :ret Outer]";

#[test]
fn a_struct_goes_in_and_comes_back_with_what_it_nests() {
    let native = Native::new();
    assert_eq!(
        native.call("point_echo", "[p Point :ret Point]", &[native.point(1.5, -2)]),
        "{:x 1.5 :y -2}"
    );
    assert_eq!(
        native.call("outer_echo", OUTER, &[outer(&native)]),
        "{:tag 255 :at {:x -0.0 :y -2147483648} :color :green :on true :half 0.333251953125}"
    );
    assert_eq!(native.call("nothing_echo", "[n Nothing :ret Nothing]", &[native.map(&[])]), "{}");
}

#[test]
fn fields_are_taken_by_name_and_what_is_no_field_is_ignored() {
    let native = Native::new();
    let point = native.map(&[
        ("z", Value::NIL),
        ("y", Value::double(3.0)),
        ("extra", Value::long(1)),
        ("x", Value::long(2)),
    ]);
    assert_eq!(native.call("point_echo", "[p Point :ret Point]", &[point]), "{:x 2.0 :y 3}");
}

#[test]
fn arrays_lie_in_their_struct() {
    let native = Native::new();
    let fields = [
        ("tag", Value::long(1)),
        ("cells", native.array(Scalar::U16, &[1, 2, 65_535])),
        ("corners", native.vector(&[native.point(1.0, 2), native.point(3.0, 4)])),
        ("colors", native.vector(&["red", "green"].map(|name| Value::keyword(Keyword::new(name))))),
    ];
    assert_eq!(
        native.call("grid_turn", "[g Grid :ret Grid]", &[native.map(&fields)]),
        "{:tag 1 :cells [65535 2 1] :corners [{:x 3.0 :y 4} {:x 1.0 :y 2}] :colors [:green :red]}"
    );
    let function = native.bind("grid_turn", "[g Grid :ret Grid]");
    for (at, value, code) in [
        (1, native.array(Scalar::U16, &[1, 2]), CallCode::ArrayLength),
        (1, native.array(Scalar::I16, &[1, 2, 3]), CallCode::TypeMismatch),
        (1, native.vector(&[Value::long(1); 3]), CallCode::TypeMismatch),
        (1, Value::NIL, CallCode::MissingField),
        (2, native.vector(&[native.point(1.0, 2)]), CallCode::ArrayLength),
        (2, native.vector(&[native.point(1.0, 2), Value::NIL]), CallCode::NilArgument),
        (3, native.array(Scalar::I16, &[1, 2]), CallCode::TypeMismatch),
    ] {
        let mut fields = fields;
        fields[at].1 = value;
        assert_eq!(native.refuses(&function, &[native.map(&fields)]), (code, Some(0)));
    }
}

#[test]
fn padding_crosses_as_zeros_whatever_an_earlier_call_left() {
    let native = Native::new();
    let echo = native.bind("text_hash", "[s :string :ret :i64]");
    native.run(&echo, &[native.bytes(&[0xa5; 200])]).expect("a hash");
    let shown = frees(1, || {
        native.call("outer_bytes", "[o Outer :ret [:bytes [:slice :u8]]]", &[outer(&native)])
    });
    assert_eq!(
        shown,
        "#bytes [ff, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 80, \
         00, 00, 00, 80, 00, 00, 00, 00, 2c, 01, 01, 00, 55, 35, 00, 00]"
    );
}

#[test]
fn what_is_no_map_of_the_fields_is_refused_before_the_call() {
    let native = Native::new();
    let function = native.bind("outer_echo", OUTER);
    let with = |key: &str, value: Value| {
        let mut fields = outer_fields(&native);
        fields.iter_mut().filter(|(name, _)| *name == key).for_each(|field| field.1 = value);
        native.map(&fields)
    };
    let missing = native.map(&[("tag", Value::long(1))]);
    for (argument, code) in [
        (Value::NIL, CallCode::NilArgument),
        (Value::long(1), CallCode::TypeMismatch),
        (native.vector(&[]), CallCode::TypeMismatch),
        (native.map(&[]), CallCode::MissingField),
        (missing, CallCode::MissingField),
        (with("color", Value::NIL), CallCode::MissingField),
        (with("at", Value::NIL), CallCode::MissingField),
        (with("at", native.map(&[("x", Value::long(1))])), CallCode::MissingField),
        (with("at", Value::long(1)), CallCode::TypeMismatch),
        (with("tag", Value::long(256)), CallCode::OutOfRange),
        (with("tag", Value::double(0.5)), CallCode::TypeMismatch),
        (with("on", Value::long(1)), CallCode::TypeMismatch),
        (with("half", native.text("1")), CallCode::TypeMismatch),
        (with("color", Value::keyword(Keyword::new("blue"))), CallCode::UnknownEnumMember),
        (with("color", Value::long(300)), CallCode::UnknownEnumMember),
    ] {
        let refused = native.refuses(&function, &[argument]);
        assert_eq!(refused, (code, Some(0)), "{}", native.show(argument));
    }
    assert_eq!(native.refuses(&function, &[]), (CallCode::Arity, None));
    native.run(&function, &[outer(&native)]).expect("the next call works");
}
