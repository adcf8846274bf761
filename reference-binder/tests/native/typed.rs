//! Typed views: the types of a function said in Rust.

use reference_binder::typed::TypedError;
use reference_binder::{BindOptions, Dialects};

use crate::library::Native;

reference_binder::native! {
    struct Point { x: f64, y: i32 }
    struct Swapped { y: i32, x: f64 }
}

#[test]
fn scalars_slices_and_structs_cross_as_the_compiler_passes_them() {
    let native = Native::new();
    let echo = native.bind("point_echo", "[point Point :ret Point]");
    let echo = echo.typed::<(&Point,), Point>().expect("its types");
    let point = Point { x: 0.5, y: -7 };
    assert_eq!(echo.call((&point,)), point);

    let total = native.bind("many_total", "[numbers [:slice :const :i64] :ret :i64]");
    let total = total.typed::<(&[i64],), i64>().expect("its types");
    assert_eq!((total.call((&[1, 2, 39],)), total.call((&[],))), (42, 0));

    let points = native.bind("points_total", "[points [:slice :const Point] :ret :f64]");
    let points = points.typed::<(&[Point],), f64>().expect("its types");
    assert_eq!(points.call((&[point, Point { x: 1.0, y: 9 }],)), -55.0);

    let third = native.bind("third_of", "[x :f32 :ret :f32]");
    assert_eq!(third.typed::<(f32,), f32>().expect("its types").call((1.0,)), 1.0_f32 / 3.0);
}

/// What is above a narrow return in its register is none of it (L-21).
#[test]
fn a_return_is_its_low_bits() {
    let native = Native::new();
    for (byte, is) in [(0, false), (1, true)] {
        let dirty = native.bind("dirty", "[x :i64 :ret :bool]");
        assert_eq!(dirty.typed::<(i64,), bool>().expect("its types").call((byte,)), is);
    }
    let dirty = native.bind("dirty", "[x :i64 :ret :i8]");
    assert_eq!(dirty.typed::<(i64,), i8>().expect("its types").call((-2,)), -2);
}

#[test]
fn other_types_are_refused() {
    let native = Native::new();
    let echo = native.bind("point_echo", "[point Point :ret Point]");
    let refused = |result: Result<_, TypedError>| result.err();
    assert_eq!(
        refused(echo.typed::<(&Swapped,), Point>().map(drop)),
        Some(TypedError::Argument(0))
    );
    assert_eq!(refused(echo.typed::<(&Point,), Swapped>().map(drop)), Some(TypedError::Return));
    assert_eq!(refused(echo.typed::<(&Point,), ()>().map(drop)), Some(TypedError::Return));
    assert_eq!(
        refused(echo.typed::<(), Point>().map(drop)),
        Some(TypedError::Arity { takes: 1, given: 0 })
    );
    let rest = native.bind("many_total", "[& numbers :i64 :ret :i64]");
    assert!(matches!(
        refused(rest.typed::<(&[i64],), i64>().map(drop)),
        Some(TypedError::Arity { .. })
    ));
}

/// A conversion that a dialect asks for is one that no view makes.
#[test]
fn what_a_dialect_touches_has_no_view() {
    let native = Native::new();
    let dialects = Dialects { canonical_nan: true, ..Dialects::NONE };
    let options = BindOptions { dialects, ..BindOptions::default() };
    let third = native.try_bind("third_of", "[x :f32 :ret :f32]", options).expect("bound");
    let refused = third.typed::<(f32,), f32>().map(drop).err();
    assert_eq!(refused, Some(TypedError::Argument(0)));
}
