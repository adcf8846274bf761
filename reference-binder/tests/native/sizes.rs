//! What a signature declares and no memory holds: nothing is sized by it before the value is known to be
//! as large, and a call for which there is no memory is refused (C-10, C-13, P-3).

use contract::Scalar;
use reference_binder::heap::{Array, Object};
use reference_binder::refusal::CallCode;
use reference_binder::value::View;
use reference_binder::{BindOptions, Value};

use crate::library::{Native, frees, ledger};

#[test]
fn a_struct_is_no_larger_than_its_value_before_that_is_known() {
    let native = Native::new();
    let empty = native.map(&[]);
    for of in ["Huge", "Hugest", "Doubled"] {
        for (symbol, argument, value) in [
            ("huge_take", of.to_owned(), empty),
            ("huge_take", format!("[:optional {of}]"), empty),
            ("huge_count", format!("[:slice :const {of}]"), native.vector(&[empty])),
            ("huge_take", format!("[:array 1 {of}]"), native.vector(&[empty])),
        ] {
            let function = native.bind(symbol, &format!("[h {argument} :ret :i64]"));
            let refused = native.refuses(&function, &[value]);
            assert_eq!(refused, (CallCode::MissingField, Some(0)), "{argument}");
        }
        let none =
            native.call("huge_take", &format!("[h [:optional {of}] :ret :i64]"), &[Value::NIL]);
        assert_eq!(none, "1", "null");
        let none = native.vector(&[]);
        let slice = format!("[hs [:slice :const {of}] :ret :i64]");
        assert_eq!(native.call("huge_count", &slice, &[none]), "0");
    }
    assert!(native.scopes().held_bytes <= 1 << 20, "{:?}", native.scopes());
}

#[test]
fn the_first_fault_of_a_large_struct_is_the_one_refused() {
    let native = Native::new();
    let function = native.bind("huge_take", "[h Holder :ret :i64]");
    let short = native.map(&[("a", native.array(Scalar::U8, &[1, 2]))]);
    let (tag, text) = (("tag", Value::long(1)), ("tail", native.text("x")));
    for (fields, code) in [
        (vec![("tag", Value::long(256)), ("inner", short), text], CallCode::OutOfRange),
        (vec![tag, ("inner", short), ("tail", Value::long(1))], CallCode::ArrayLength),
        (vec![tag, ("inner", Value::long(1)), text], CallCode::TypeMismatch),
        (vec![tag, ("inner", native.map(&[("a", Value::NIL)])), text], CallCode::MissingField),
        (vec![tag, text], CallCode::MissingField),
    ] {
        let value = native.map(&fields);
        let refused = native.refuses(&function, &[value]);
        assert_eq!(refused, (code, Some(0)), "{}", native.show(value));
    }
}

/// The value has the elements, because one array may stand in it more than once.
#[test]
fn a_true_value_that_no_memory_holds_is_refused() {
    let native = Native::new();
    let cells = native.keep(Object::Array(Array::zeroed(Scalar::U8, 1 << 24)));
    let wall =
        native.map(&[("blocks", native.vector(&vec![native.map(&[("cells", cells)]); 1 << 13]))]);
    let function = native.bind("huge_count", "[ws [:slice :const Wall] :ret :i64]");
    let walls = native.vector(&vec![wall; 1 << 10]);
    assert_eq!(native.refuses(&function, &[walls]), (CallCode::OutOfMemory, Some(0)));
    let bytes = native.bind("huge_count", "[bs [:slice :const Block] :ret :i64]");
    let blocks = native.vector(&[native.map(&[("cells", cells)])]);
    assert!(native.run(&bytes, &[blocks]).is_ok_and(|count| count.same(Value::long(1))));
}

#[test]
fn a_return_that_no_memory_holds_is_refused_before_the_call() {
    let native = Native::new();
    for (symbol, returns) in [
        ("huge_give", "Hugest"),
        ("huge_give", "[:owned Hugest]"),
        ("huge_give", "[:borrowed Hugest]"),
        ("huge_try", "[:error-union E Hugest]"),
    ] {
        let function = native.bind(symbol, &format!("[:ret {returns}]"));
        assert_eq!(native.refuses(&function, &[]), (CallCode::OutOfMemory, None), "{returns}");
    }
    let none = frees(1, || native.call("huge_none", "[:ret [:optional Hugest]]", &[]));
    assert_eq!(none, "nil");
}

#[test]
fn a_handle_is_not_consumed_by_a_call_without_memory() {
    let native = Native::new();
    let open = native.bind("open_box", "[n :i64 :ret [:handle NativeBox]]");
    let handle = native.run(&open, &[Value::long(3)]).expect("a handle");
    let options = BindOptions { consumes: Some(0), ..BindOptions::default() };
    let function = native.try_bind("huge_of", "[b [:handle NativeBox] :ret Hugest]", options);
    let calls = ledger().calls;
    let refused = native.refuses(&function.expect("it is bound"), &[handle]);
    assert_eq!((refused, ledger().calls), ((CallCode::OutOfMemory, None), calls));
    assert!(matches!(handle.view(), View::Handle(handle) if handle.is_open()));
    let close = "[b [:handle NativeBox] s :string :ret :i64]";
    assert_eq!(native.call("close_box", close, &[handle, native.text("")]), "3");
}
