//! Streams (L-16, R-12).

use reference_binder::Value;
use reference_binder::refusal::CallCode;
use reference_binder::value::View;

use crate::library::{Native, frees, ledger};

const DOWN: &str = "[from :i64 :ret [:stream :i16 of Down]]";

fn open(native: &Native, from: i64) -> Value {
    native.run(&native.bind("down", DOWN), &[Value::long(from)]).expect("a stream")
}

fn next(native: &Native, stream: Value) -> Result<Option<i64>, CallCode> {
    let item = native.with(|caller| caller.next(stream)).map_err(|refusal| refusal.code())?;
    Ok(item.map(|item| match item.view() {
        View::Long(item) => item,
        other => panic!("{other:?} is no item"),
    }))
}

#[test]
fn items_come_one_by_one_and_the_end_frees_the_iterator_once() {
    let native = Native::new();
    let before = ledger();
    let stream = open(&native, 2);
    assert_eq!(ledger().calls, before.calls + 1, "nothing is fetched before it is asked for");
    assert_eq!(next(&native, stream), Ok(Some(-2)));
    assert_eq!(ledger().calls, before.calls + 2);
    assert_eq!(next(&native, stream), Ok(Some(-1)));
    assert_eq!(ledger().live, before.live + 1);
    assert_eq!(next(&native, stream), Ok(None));
    assert_eq!((ledger().live, ledger().frees), (before.live, before.frees + 1));
    assert_eq!(next(&native, stream), Err(CallCode::StreamConsumed));
    native.with(|caller| caller.close(stream)).expect("closing what has ended does nothing");
    drop(native);
    assert_eq!(ledger().frees, before.frees + 1);
    assert_eq!(ledger().calls, before.calls + 4, "the iterator was not asked after its end");
}

#[test]
fn a_stream_that_is_closed_released_or_left_frees_its_iterator_once() {
    let native = Native::new();
    frees(1, || {
        let stream = open(&native, 5);
        assert_eq!(next(&native, stream), Ok(Some(-5)));
        native.with(|caller| caller.close(stream)).expect("a stream");
        assert_eq!(next(&native, stream), Err(CallCode::StreamConsumed));
    });
    frees(1, || {
        let mark = native.with(|caller| caller.heap.mark());
        let stream = open(&native, 5);
        native.with(|caller| caller.heap.release(mark));
        assert_eq!(next(&native, stream), Err(CallCode::TypeMismatch), "it names nothing now");
    });
    frees(2, || {
        let native = Native::new();
        open(&native, 0);
        open(&native, 1);
    });
}

#[test]
fn an_iterator_named_zero_is_asked_and_freed_as_any() {
    let native = Native::new();
    frees(1, || {
        let stream = open(&native, -1);
        assert_eq!(next(&native, stream), Ok(None));
        assert_eq!(next(&native, stream), Err(CallCode::StreamConsumed));
    });
}

#[test]
fn what_is_no_stream_is_refused() {
    let native = Native::new();
    for value in [Value::NIL, Value::long(1), native.vector(&[])] {
        assert_eq!(next(&native, value), Err(CallCode::TypeMismatch));
        assert!(native.with(|caller| caller.close(value)).is_err());
    }
    let stream = open(&native, 1);
    let argument = native.bind("text_hash", "[s :string :ret :i64]");
    assert_eq!(native.refuses(&argument, &[stream]), (CallCode::StringArgument, Some(0)));
}

#[test]
fn two_streams_of_one_function_do_not_meet() {
    let native = Native::new();
    frees(2, || {
        let (one, two) = (open(&native, 3), open(&native, 7));
        assert_eq!(next(&native, one), Ok(Some(-3)));
        assert_eq!(next(&native, two), Ok(Some(-7)));
        assert_eq!(next(&native, one), Ok(Some(-2)));
        native.with(|caller| caller.close(one)).expect("a stream");
        assert_eq!(next(&native, two), Ok(Some(-6)));
        native.with(|caller| caller.close(two)).expect("a stream");
    });
}

#[test]
fn a_missing_next_or_free_symbol_is_refused_when_binding() {
    let native = Native::new();
    for (symbol, missing) in [
        ("down_without_next", "`down_without_next__next`"),
        ("down_without_free", "`down_without_free__free`"),
    ] {
        let error = native.try_bind(symbol, DOWN, Default::default());
        let message = error.expect_err("a symbol is missing").to_string();
        assert!(message.contains(missing), "{message}");
    }
}
