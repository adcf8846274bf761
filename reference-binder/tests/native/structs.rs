//! Structs and records without buffers (L-9, L-18, C-10, R-9).

use contract::Scalar;
use reference_binder::keyword::Keyword;
use reference_binder::refusal::CallCode;
use reference_binder::{BindOptions, PathChoice, Value};

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

/// Signatures that have kernels lead to what the general path leads to, forced or by values that no kernel takes; and
/// each call that is made or refused has one scope (P-3, P-5).
#[test]
fn structs_of_scalars_are_the_same_on_every_path() {
    let native = Native::new();
    let point = native.point(1.5, -2);
    let turned = native.map(&[("y", Value::long(4)), ("x", Value::double(0.25))]);
    let converted = native.map(&[("x", Value::long(3)), ("y", Value::double(-1.0))]);
    let wide = native.map(&[("x", Value::double(1.0)), ("y", Value::long(1 << 31))]);
    let short = native.map(&[("x", Value::double(1.0))]);
    let more = [("x", Value::double(1.0)), ("y", Value::long(1)), ("z", Value::NIL)];
    let points = [
        point,
        turned,
        converted,
        wide,
        short,
        native.map(&more),
        native.map(&[("x", Value::double(1.0)), ("z", Value::long(1))]),
        Value::NIL,
        Value::long(1),
        native.vector(&[]),
    ];
    let numbers = [Value::double(2.0), Value::long(3), Value::NIL];
    let mut seen = 0;
    let mut compare = |symbol: &str, text: &str, arguments: &[Value]| {
        let by_path = [PathChoice::BySignature, PathChoice::General].map(|path| {
            let options = BindOptions { path, ..BindOptions::default() };
            let function = native.try_bind(symbol, text, options).expect("bound");
            let before = native.scopes().entered;
            // Twice, because the first call of a caller draws ids, which no kernel does.
            let results = [0; 2].map(|_| native.run(&function, arguments));
            assert_eq!(native.scopes().entered - before, 2, "{symbol}");
            let kept = native.call("point_kept", "[:ret :f64]", &[]);
            results.map(|result| result.map(|value| (native.show(value), kept.clone())))
        });
        assert_eq!(by_path[0], by_path[1], "{symbol}");
        assert_eq!(by_path[0][0], by_path[0][1], "{symbol}");
        seen += usize::from(by_path[0][0].is_ok());
    };
    compare("point_origin", "[:ret Point]", &[]);
    for number in numbers {
        compare("point_from", "[x :f64 :ret Point]", &[number]);
    }
    for one in points {
        compare("point_echo", "[p Point :ret Point]", &[one]);
        compare("point_echo", "[p Point :ret Point]", &[one, one]);
        compare("point_x", "[p Point :ret :f64]", &[one]);
        for number in numbers {
            compare("point_moved", "[p Point by :i64 :ret Point]", &[one, number]);
            compare("point_scaled", "[by :f64 p Point :ret Point]", &[number, one]);
            compare("point_keep", "[p Point by :f64 :ret :void]", &[one, number]);
        }
        for other in points {
            compare("point_sum", "[a Point b Point :ret Point]", &[one, other]);
            compare("point_bits", "[a Point b Point :ret :u64]", &[one, other]);
        }
    }
    assert_eq!(seen, 1 + 2 + 4 * (2 + 2 + 2 + 2) + 2 * 16, "of four points and two numbers");
}

#[test]
fn what_a_kernel_returns_is_a_record_of_its_own() {
    let native = Native::new();
    let sum = native.bind("point_sum", "[a Point b Point :ret Point]");
    let a = native.point(1.0, 2);
    let first = native.run(&sum, &[a, a]).expect("a point");
    let second = native.run(&sum, &[first, a]).expect("a point");
    assert_eq!(
        [a, first, second].map(|point| native.show(point)),
        ["{:x 1.0 :y 2}", "{:x 2.0 :y 4}", "{:x 3.0 :y 6}"]
    );
}

/// Of a kernel's structs, too, whatever lay where they are made.
#[test]
fn padding_of_a_kernels_structs_is_zeros() {
    let native = Native::new();
    let fill = native.bind("text_hash", "[s :string :ret :i64]");
    native.run(&fill, &[native.bytes(&[0xa5; 200])]).expect("a hash");
    let points = [native.point(1.0, 2), native.point(1.0, 3)];
    let bits = native.call("point_bits", "[a Point b Point :ret :u64]", &points);
    assert_eq!(bits, (2_u64 << 32 | 3).to_string());
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
