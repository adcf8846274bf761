//! Structs and records without buffers (L-9, L-18, C-10, R-9).

use reference_binder::Value;
use reference_binder::keyword::Keyword;
use reference_binder::refusal::CallCode;

use crate::library::{Native, frees};

fn outer(native: &Native) -> Value {
    native.map(&[
        ("tag", Value::long(255)),
        ("at", native.point(-0.0, i64::from(i32::MIN))),
        ("color", Value::keyword(Keyword::new("green"))),
        ("on", Value::boolean(true)),
        ("half", Value::double(1.0 / 3.0)),
    ])
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
fn an_enum_field_without_a_member_comes_back_as_the_number() {
    let native = Native::new();
    // The borrowed palette's last value has no member; as a field it is written by hand here.
    let colors = native.call("colors_borrowed", "[:ret [:borrowed [:slice Color]]]", &[]);
    assert_eq!(colors, "[:red :green 7]");
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
        native.with(|caller| {
            use reference_binder::heap::Object;
            use reference_binder::value::View;
            let View::Object(of) = outer_of(caller).view() else { panic!("a map") };
            let Some(Object::Map { entries, .. }) = caller.heap.get_mut(of) else {
                panic!("a map")
            };
            entries.retain(|(name, _)| name.name() != key);
            entries.push((Keyword::new(key), value));
            Value::object(of)
        })
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

fn outer_of(caller: &mut reference_binder::Caller) -> Value {
    use reference_binder::heap::Object;
    let keyword = |name: &str| Keyword::new(name);
    let at = vec![(keyword("x"), Value::long(1)), (keyword("y"), Value::long(2))];
    let at = caller.heap.keep(Object::Map { record: None, entries: at });
    caller.heap.keep(Object::Map {
        record: None,
        entries: vec![
            (keyword("tag"), Value::long(1)),
            (keyword("at"), at),
            (keyword("color"), Value::keyword(keyword("red"))),
            (keyword("on"), Value::boolean(false)),
            (keyword("half"), Value::double(1.0)),
        ],
    })
}
