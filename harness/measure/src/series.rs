//! Series: shapes that differ in one number, to see how a cost grows with it. What is called stands in docs/evidence.md,
//! *Series*.

use std::fmt::Write;

use contract::HostValue;

use super::shapes::{PLAIN, Shape, call, double, doubles, long};

/// A shape of a series.
pub struct Point {
    /// The series.
    pub series: &'static str,
    /// The number that it differs in.
    pub at: u64,
    /// What is called.
    pub shape: Shape,
}

/// The series of callers at once.
pub const THREADS: &str = "threads";

/// Whether the argument of a place is a float.
type IsFloat = fn(usize) -> bool;

/// A function of so many arguments, which no suite declares.
macro_rules! arity {
    ($kind:literal, $returns:literal, $is_float:expr, [$($at:literal)*]) => {
        &[$(Point {
            series: concat!("arity-", $kind),
            at: $at,
            shape: Shape {
                name: concat!("arity-", $kind, "-", $at),
                row: |k| vec![call(concat!("weigh_", $kind, "_", $at), k, |k| counting($at, $is_float, k))],
                signature: Some(|| signature($at, $is_float, $returns)),
                ..PLAIN
            },
        }),*]
    };
}

/// A slice of so many elements. All rows are alike, and long, so that there is one.
macro_rules! length {
    ($($at:literal by $length:literal),*) => {
        &[$(Point {
            series: "length",
            at: $at,
            shape: Shape {
                name: concat!("length-", $at),
                row: |k| vec![call("sum_f64s", k, |_| vec![doubles((0..$at).map(f64::from))])],
                rows: 1,
                length: $length,
                ..PLAIN
            },
        }),*]
    };
}

/// So many callers at once.
macro_rules! threads {
    ($($at:literal)*) => {
        &[$(Point {
            series: THREADS,
            at: $at,
            shape: Shape {
                name: concat!("threads-", $at),
                row: |k| vec![call("echo_i64", k, |k| vec![long(3 * k + 1)])],
                floor: Some("scalar-i64"),
                callers: Some($at),
                ..PLAIN
            },
        }),*]
    };
}

/// A call that makes so many of a function of the host's.
macro_rules! callbacks {
    ($($at:literal by $length:literal),*) => {
        &[$(Point {
            series: "callbacks",
            at: $at,
            shape: Shape {
                name: concat!("callbacks-", $at),
                keeps: Some("keep_i64"),
                row: |k| vec![call("kept_times_i64", k, |k| vec![long($at), long(k)])],
                length: $length,
                ..PLAIN
            },
        }),*]
    };
}

/// Every series, in the manifest's order, and behind those the ones that have another shape's floor.
const SERIES: [&[Point]; 6] = [
    arity!("int", "i64", |_| false, [0 1 2 4 6 8 12 16 24 32]),
    arity!("float", "f64", |_| true, [0 1 2 4 6 8 12 16 24 32]),
    arity!("mixed", "f64", |at| at % 2 == 1, [0 1 2 4 6 8 12 16 24 32]),
    length!(0 by 1, 1 by 1, 10 by 1, 100 by 1, 1_000 by 1, 10_000 by 10, 100_000 by 100, 1_000_000 by 100),
    callbacks!(0 by 1, 1 by 1, 10 by 1, 100 by 10, 1_000 by 100),
    threads!(1 2 4),
];

/// The points of every series, in order.
pub fn points() -> impl Iterator<Item = &'static Point> {
    SERIES.into_iter().flatten()
}

/// The point that a shape is, if it is of a series.
pub fn point(shape: &str) -> Option<&'static Point> {
    points().find(|point| point.shape.name == shape)
}

/// Arguments k, k + 1, …
fn counting(arity: u64, is_float: IsFloat, k: u64) -> Vec<HostValue> {
    let argument = |at: u64| match is_float(at as usize) {
        true => double((k + at) as f64),
        false => long(k + at),
    };
    (0..arity).map(argument).collect()
}

fn signature(arity: usize, is_float: IsFloat, returns: &str) -> String {
    let mut text = "[".to_owned();
    for at in 0..arity {
        let _ = write!(text, "a{at} :{} ", if is_float(at) { "f64" } else { "i64" });
    }
    text + ":ret :" + returns + "]"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_grows_and_has_a_name_for_each_point() {
        for series in SERIES {
            assert!(series.is_sorted_by_key(|point| point.at));
            for point in series {
                assert_eq!(point.shape.name, format!("{}-{}", point.series, point.at));
                assert_eq!(point.shape.rows().len() as u64, point.shape.rows);
            }
        }
        let mixed =
            point("arity-mixed-4").expect("a point").shape.signature.expect("it is declared");
        assert_eq!(mixed(), "[a0 :i64 a1 :f64 a2 :i64 a3 :f64 :ret :f64]");
    }
}
