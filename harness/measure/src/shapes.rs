//! Shapes: what is called on the clock. The rows are those of docs/evidence.md, *Shapes*, which the
//! library's floors use too; equal checksums prove it.

use contract::HostValue;
use contract::Scalar;

/// Rows of a shape of which each is another.
const ROWS: u64 = 16;

/// A shape: one call, or several that belong together, in rows of varying arguments.
pub struct Shape {
    /// Its name in the manifest and in reports.
    pub name: &'static str,
    /// A call made once before the clock, whose result is the first argument of every row's.
    pub setup: Option<Call>,
    /// The fixture that is given a function before the clock, which its calls then call: an object of the host's, of the type
    /// that the fixture takes, which returns 7.
    pub keeps: Option<&'static str>,
    /// The calls of row `k`, each with the result of the one before as its first argument where it
    /// says so.
    pub row: fn(u64) -> Vec<Call>,
    /// What keywords count as in the checksum.
    pub keywords: &'static [(&'static str, u64)],
    /// The library's name for its floor, where that is not its own.
    pub(crate) floor: Option<&'static str>,
    /// How its function is declared, where no suite of the corpus does.
    pub(crate) signature: Option<fn() -> String>,
    /// How many rows it has.
    pub(crate) rows: u64,
    /// Its calls are so many times as long as others', so that as many fewer are counted.
    pub(crate) length: u64,
    /// Who makes the calls: so many at once, each on a thread of its own; without, the thread that is asked.
    pub(crate) callers: Option<usize>,
}

/// What nearly every shape has.
pub(crate) const PLAIN: Shape = Shape {
    name: "",
    setup: None,
    keeps: None,
    row: |_| Vec::new(),
    keywords: &[],
    floor: None,
    signature: None,
    rows: ROWS,
    length: 1,
    callers: None,
};

/// One call of a shape.
#[derive(Clone, Copy)]
pub struct Call {
    /// The native symbol.
    pub symbol: &'static str,
    /// The arguments.
    pub arguments: fn(u64) -> Vec<HostValue>,
    /// The row's number.
    pub k: u64,
    /// Whether the result of the call before comes first.
    pub follows: bool,
}

impl Shape {
    /// All rows.
    pub fn rows(&self) -> Vec<Vec<Call>> {
        (0..self.rows).map(self.row).collect()
    }

    /// Of so many calls that are counted of a shape, those that are of this one: two at the least.
    pub(crate) fn of_counted(&self, calls: u64) -> u64 {
        (calls / self.length).max(2)
    }

    /// The native symbols it calls, those before the clock first.
    pub fn symbols(&self) -> Vec<&'static str> {
        let before = self.setup.iter().map(|call| call.symbol);
        let calls = self.keeps.into_iter().chain(before);
        calls.chain((self.row)(0).iter().map(|call| call.symbol)).collect()
    }
}

pub(crate) const fn call(
    symbol: &'static str,
    k: u64,
    arguments: fn(u64) -> Vec<HostValue>,
) -> Call {
    Call { symbol, arguments, k, follows: false }
}

const fn following(symbol: &'static str, k: u64, arguments: fn(u64) -> Vec<HostValue>) -> Call {
    Call { symbol, arguments, k, follows: true }
}

pub(crate) fn long(value: u64) -> HostValue {
    HostValue::Long(value as i64)
}

pub(crate) fn double(value: f64) -> HostValue {
    HostValue::double(value)
}

pub(crate) fn doubles(values: impl Iterator<Item = f64>) -> HostValue {
    HostValue::Array(Scalar::F64, values.flat_map(f64::to_le_bytes).collect())
}

fn longs(values: impl Iterator<Item = i64>) -> HostValue {
    HostValue::Array(Scalar::I64, values.flat_map(i64::to_le_bytes).collect())
}

const COLORS: &[(&str, u64)] = &[("red", 0), ("green", 1), ("blue", 2)];

fn color(k: u64) -> Vec<HostValue> {
    vec![HostValue::Keyword(COLORS[(k % 3) as usize].0.to_owned())]
}

/// A shape of one call, which is nearly every one.
macro_rules! single {
    ($name:literal, $symbol:literal, $arguments:expr) => {
        Shape {
            name: $name,
            row: |k| vec![call($symbol, k, $arguments)],
            keywords: COLORS,
            ..PLAIN
        }
    };
}

/// Every shape, in the manifest's order.
pub const SHAPES: &[Shape] = &[
    single!("scalar-i64", "echo_i64", |k| vec![long(3 * k + 1)]),
    single!("scalar-u64", "echo_u64", |k| vec![HostValue::Big((0xFFFF_FFFF_FFFF_FF00 + k).into())]),
    single!("scalar-f64x3", "add_f64x3", |k| {
        let k = k as f64;
        vec![double(k), double(k + 0.5), double(k + 0.25)]
    }),
    single!("scalar-mixed", "mix", |k| {
        let x = k as f64;
        vec![long(k), double(x + 0.5), long(k), double(x + 0.25)]
    }),
    single!("scalar-void", "void_i64", |k| vec![long(k)]),
    single!("enum-echo", "echo_color", color),
    single!("enum-to-int", "color_number", color),
    Shape {
        name: "handle-get",
        setup: Some(call("box", 7, |k| vec![long(k)])),
        row: |k| vec![following("box_get", k, |_| vec![])],
        ..PLAIN
    },
    Shape {
        name: "handle-cycle",
        row: |k| vec![call("box", k, |k| vec![long(k)]), following("free_box", k, |_| vec![])],
        ..PLAIN
    },
    single!("slice-3", "sum_f64s", |k| vec![doubles((0..3).map(|i| (k + i) as f64))]),
    single!("slice-1000", "sum_f64s", |_| vec![doubles((0..1000).map(f64::from))]),
    single!("slice-edit", "reverse_i64s", |_| vec![longs(0..8)]),
    single!("owned-16", "owned_i64s", |_| vec![long(16)]),
    single!("borrowed-4", "borrowed_i64s", |_| vec![]),
    single!("struct-echo", "echo_point", |k| {
        let k = k as f64;
        vec![HostValue::Map(vec![("x".into(), double(k)), ("y".into(), double(k + 0.5))])]
    }),
    single!("string-len", "string_len", |_| vec![HostValue::Text("boundary".into())]),
    single!("string-echo", "string_echo", |_| vec![HostValue::Text("boundary".into())]),
    single!("optional-some", "some_i64", |k| vec![long(k), HostValue::Boolean(true)]),
    single!("error-ok", "divide_i64", |k| vec![long(k), long(1)]),
    single!("error-name", "divide_i64", |k| vec![long(k), long(0)]),
    single!("stream-8", "countdown", |_| vec![long(8)]),
    Shape {
        name: "callback-8",
        keeps: Some("keep_i64"),
        row: |k| vec![call("kept_times_i64", k, |k| vec![long(8), long(k)])],
        ..PLAIN
    },
];
