//! Rest and destructured arguments, and where carriers go when there are many (S-2, S-3, L-22, P-1, P-3,
//! C-5, C-14).

use contract::Path;
use reference_binder::refusal::CallCode;
use reference_binder::{BindOptions, PathChoice, Value};

use crate::library::{Native, ledger};

const AREA: &str = "[{h :height w :width} {:width :i32 :height :f64} \
                     {s :scale o :offset} {:offset :f64 :scale :u8} :ret :f64]";

fn areas(native: &Native) -> [Value; 2] {
    [
        native.map(&[("width", Value::long(2)), ("height", Value::double(1.5))]),
        native.map(&[
            ("offset", Value::double(0.25)),
            ("unused", Value::NIL),
            ("scale", Value::long(7)),
        ]),
    ]
}

#[test]
fn destructured_arguments_stay_on_the_scalar_path() {
    let native = Native::new();
    let scalar = native.bind("area", AREA);
    let before = native.scopes();
    let value = native.run(&scalar, &areas(&native)).expect("a number");
    assert_eq!(native.show(value), "1527.25");
    assert_eq!(scalar.path(), Path::Scalar);
    assert_eq!(native.scopes(), before, "no scope, no memory (P-1)");
    let options = BindOptions { path: PathChoice::General, ..BindOptions::default() };
    let general = native.try_bind("area", AREA, options).expect("the general path serves it");
    let value = native.run(&general, &areas(&native)).expect("a number");
    assert_eq!(native.show(value), "1527.25");
    assert_eq!(native.scopes().entered, before.entered + 1, "one scope (P-3)");
}

#[test]
fn a_destructured_argument_takes_one_map_with_all_its_keys() {
    let native = Native::new();
    let options = BindOptions { path: PathChoice::General, ..BindOptions::default() };
    let [first, second] = areas(&native);
    for function in [native.bind("area", AREA), native.try_bind("area", AREA, options).expect("")] {
        for (value, code) in [
            (Value::NIL, CallCode::NilArgument),
            (Value::long(1), CallCode::TypeMismatch),
            (native.map(&[("scale", Value::long(1))]), CallCode::MissingField),
            (
                native.map(&[("scale", Value::NIL), ("offset", Value::long(1))]),
                CallCode::MissingField,
            ),
            (
                native.map(&[("scale", Value::long(256)), ("offset", Value::long(1))]),
                CallCode::OutOfRange,
            ),
            (native.text("scale"), CallCode::TypeMismatch),
        ] {
            assert_eq!(native.refuses(&function, &[first, value]), (code, Some(1)));
        }
        assert_eq!(native.refuses(&function, &[first]), (CallCode::Arity, None));
        let flat = [Value::long(1); 4];
        assert_eq!(native.refuses(&function, &flat), (CallCode::Arity, None));
        assert_eq!(native.refuses(&function, &[second, first]), (CallCode::MissingField, Some(0)));
    }
}

#[test]
fn rest_arguments_are_one_slice_and_may_be_none() {
    let native = Native::new();
    let signature = "[scale :i8 & xs :f32 :ret :f64]";
    let call = |arguments: &[Value]| native.call("rest_total", signature, arguments);
    assert_eq!(call(&[Value::long(2)]), "0.0");
    assert_eq!(call(&[Value::long(2), Value::double(0.5), Value::long(3)]), "7.0");
    let many: Vec<_> = (0..=1000).map(Value::long).collect();
    assert_eq!(call(&[&[Value::long(1)], &many[..]].concat()), "500500.0");
    let function = native.bind("rest_total", signature);
    for (arguments, refused) in [
        (&[][..], (CallCode::Arity, None)),
        (&[Value::long(1), Value::long(1), Value::NIL], (CallCode::NilArgument, Some(2))),
        (&[Value::long(1), Value::boolean(true)], (CallCode::TypeMismatch, Some(1))),
        (&[Value::long(200), Value::NIL], (CallCode::OutOfRange, Some(0))),
    ] {
        assert_eq!(native.refuses(&function, arguments), refused);
    }
}

#[test]
fn carriers_beyond_the_registers_go_on_the_stack() {
    let native = Native::new();
    let signature = "[a :i64 b :i64 c :i64 d :i64 e :i64 s :string p Point f :f32 l :i8 :ret :f64]";
    let mut arguments: Vec<_> = [1, 10, 100, 1000, 10_000].map(Value::long).to_vec();
    arguments.extend([
        native.text("A!"),
        native.point(0.5, -1),
        Value::double(0.25),
        Value::long(-128),
    ]);
    assert_eq!(native.call("spilled", signature, &arguments), "11049.75");
}

#[test]
fn a_handle_is_closed_by_the_call_and_not_by_a_refusal_after_it() {
    let native = Native::new();
    let open = native.bind("open_box", "[n :i64 :ret [:handle NativeBox]]");
    let options = BindOptions { consumes: Some(0), ..BindOptions::default() };
    let signature = "[b [:handle NativeBox] s :string :ret :i64]";
    let close = native.try_bind("close_box", signature, options).expect("a function");
    let before = ledger();
    let handle = native.run(&open, &[Value::long(40)]).expect("a handle");
    let refused = native.refuses(&close, &[handle, Value::long(1)]);
    assert_eq!(refused, (CallCode::StringArgument, Some(1)));
    let value = native.run(&close, &[handle, native.text("ab")]).expect("a number");
    assert_eq!(native.show(value), "42");
    let refused = native.refuses(&close, &[handle, native.text("ab")]);
    assert_eq!(refused, (CallCode::HandleClosed, Some(0)));
    // Of two arguments at fault the first is named, and the number of them before either.
    assert_eq!(native.refuses(&close, &[Value::NIL, Value::NIL]).0, CallCode::HandleTypeMismatch);
    assert_eq!(native.refuses(&close, &[Value::NIL]).0, CallCode::Arity);
    assert_eq!(ledger().live, before.live);
}
