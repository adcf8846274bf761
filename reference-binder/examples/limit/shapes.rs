//! The shapes: a loop of calls through the public API, and the same loop of direct calls.

#![expect(unsafe_code, reason = "binds and calls what `fixture.c` has")]

use std::hint::black_box;

use contract::{Declarations, Scalar, Signature};
use reference_binder::heap::{Array, Object};
use reference_binder::keyword::Keyword;
use reference_binder::value::View;
use reference_binder::{BindOptions, Caller, Function, Library, PathChoice, Value};

const TYPES: &str = "
    (defenumz Color {:backing :u8} [red 1 green 2 blue 3])
    (defrecordz Pair [x :f64 y :f64])";

/// One row of the table.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    /// Instructions of one turn of the loop that are to be reached.
    pub(crate) bar: Option<u32>,
    /// The same of time, as a multiple of the direct loop's.
    pub(crate) ratio: Option<f64>,
    /// So many calls through the binder; a checksum.
    pub(crate) bound: fn(&mut World, u64) -> u64,
    /// So many direct calls.
    pub(crate) direct: fn(&World, u64) -> u64,
}

/// What a loop calls with.
pub(crate) struct World {
    pub(crate) library: Library,
    pub(crate) declarations: Declarations,
    caller: Caller,
}

impl World {
    pub(crate) fn new(library: Library) -> World {
        let declarations = Declarations::read(TYPES).expect("valid");
        World { library, declarations, caller: Caller::new() }
    }

    pub(crate) fn bind(&self, symbol: &str, text: &str) -> Function {
        self.bind_with(symbol, text, BindOptions::default())
    }

    fn bind_with(&self, symbol: &str, text: &str, options: BindOptions) -> Function {
        let signature = Signature::read(text, &self.declarations).expect("valid");
        // SAFETY: the signatures below lower to the prototypes of `fixture.c`.
        let bound = unsafe { self.library.bind(symbol, &signature, &self.declarations, options) };
        bound.unwrap_or_else(|error| panic!("{symbol}: {error}"))
    }
}

/// The loop: arguments made, the call, its value folded.
#[inline(always)]
fn calls<const N: usize>(
    function: &Function,
    caller: &mut Caller,
    count: u64,
    arguments: impl Fn(u64) -> [Value; N],
    fold: impl Fn(Value, &Caller) -> u64,
) -> u64 {
    let function = black_box(function);
    let mut sum = 0_u64;
    for turn in 0..count {
        match function.call(caller, &arguments(turn)) {
            Ok(value) => sum = sum.wrapping_add(fold(value, caller)),
            Err(refusal) => panic!("{refusal}"),
        }
    }
    sum
}

/// The same where a call returns an object: it is let go of after each.
#[inline(always)]
fn calls_of_objects<const N: usize>(
    function: &Function,
    caller: &mut Caller,
    count: u64,
    arguments: impl Fn(u64) -> [Value; N],
    fold: impl Fn(&Object) -> u64,
) -> u64 {
    let function = black_box(function);
    let mark = caller.heap.mark();
    let mut sum = 0_u64;
    for turn in 0..count {
        match function.call(caller, &arguments(turn)).map(Value::view) {
            Ok(View::Object(object)) => {
                let object = caller.heap.get(object).expect("of this heap");
                sum = sum.wrapping_add(fold(object));
            }
            other => panic!("{other:?}"),
        }
        caller.heap.release(mark);
    }
    sum
}

fn long(value: Value, _: &Caller) -> u64 {
    match value.view() {
        View::Long(long) => long as u64,
        other => panic!("{other:?}"),
    }
}

fn double(value: Value, _: &Caller) -> u64 {
    match value.view() {
        View::Double(double) => double.to_bits(),
        other => panic!("{other:?}"),
    }
}

fn first_long(object: &Object) -> u64 {
    match object {
        Object::Vector(values) => match values.first().map(|first| first.view()) {
            Some(View::Long(long)) => long as u64,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn text(object: &Object) -> u64 {
    match object {
        Object::Text(text) | Object::Error(text) => text.len() as u64,
        other => panic!("{other:?}"),
    }
}

/// The direct loop: a function of `fixture.c` by its address, so that the compiler sees no more of it than the
/// binder does.
macro_rules! direct {
    ($symbol:literal: fn($($argument:ty),*) $(-> $returns:ty)?, $call:expr) => {
        |world: &World, count: u64| {
            let symbol = world.library.symbol($symbol, "a shape calls").expect("it is there");
            type Native = unsafe extern "C" fn($($argument),*) $(-> $returns)?;
            // SAFETY: the prototype is that of `fixture.c`.
            let function = unsafe { std::mem::transmute::<*mut std::ffi::c_void, Native>(symbol.as_ptr()) };
            let function = black_box(function);
            (0..count).fold(0_u64, |sum, turn| sum.wrapping_add($call(function, turn)))
        }
    };
}

/// A call of a native function, with arguments of its prototype.
macro_rules! native {
    ($function:ident($($argument:expr),*)) => {
        // SAFETY: the arguments are what the function of `fixture.c` takes.
        unsafe { $function($($argument),*) }
    };
}

/// The table.
pub(crate) const SHAPES: &[Shape] = &[
    Shape {
        name: "echo i64",
        bar: Some(32),
        ratio: Some(2.0),
        bound: |world, count| {
            let echo = world.bind("echo_i64", "[x :i64 :ret :i64]");
            calls(&echo, &mut world.caller, count, |turn| [Value::long(turn as i64)], long)
        },
        direct: direct!("echo_i64": fn(i64) -> i64, |f: Native, turn| native!(f(turn as i64)) as u64),
    },
    Shape {
        name: "echo i32",
        bar: Some(32),
        ratio: Some(2.0),
        bound: |world, count| {
            let echo = world.bind("echo_i32", "[x :i32 :ret :i32]");
            calls(&echo, &mut world.caller, count, |turn| [Value::long(turn as i64)], long)
        },
        direct: direct!("echo_i32": fn(i32) -> i32, |f: Native, turn| native!(f(turn as i32)) as u64),
    },
    Shape {
        name: "u64 beyond the signed range",
        bar: Some(40),
        ratio: Some(2.4),
        bound: |world, count| {
            let echo = world.bind("echo_u64", "[x :u64 :ret :u64]");
            let beyond = |turn| [Value::unsigned(turn | 1 << 63)];
            calls(&echo, &mut world.caller, count, beyond, |value, _| match value.view() {
                View::Unsigned(word) => word,
                other => panic!("{other:?}"),
            })
        },
        direct: direct!("echo_u64": fn(u64) -> u64, |f: Native, turn| native!(f(turn | 1 << 63))),
    },
    Shape {
        name: "three doubles",
        bar: Some(50),
        ratio: Some(2.2),
        bound: |world, count| {
            let sum = world.bind("sum_three", "[a :f64 b :f64 c :f64 :ret :f64]");
            let three = |turn| [turn as f64, 0.5, 0.25].map(Value::double);
            calls(&sum, &mut world.caller, count, three, double)
        },
        direct: direct!("sum_three": fn(f64, f64, f64) -> f64, |f: Native, turn| {
            native!(f(turn as f64, 0.5, 0.25)).to_bits()
        }),
    },
    Shape {
        name: "i64, f64, i32, f64",
        bar: Some(60),
        ratio: Some(2.6),
        bound: |world, count| {
            let mix = world.bind("mix_four", "[a :i64 b :f64 c :i32 d :f64 :ret :f64]");
            let four = |turn| {
                let long = Value::long(turn as i64);
                [long, Value::double(0.5), long, Value::double(0.25)]
            };
            calls(&mix, &mut world.caller, count, four, double)
        },
        direct: direct!("mix_four": fn(i64, f64, i32, f64) -> f64, |f: Native, turn| {
            native!(f(turn as i64, 0.5, turn as i32, 0.25)).to_bits()
        }),
    },
    Shape {
        name: "enum by keyword, both ways",
        bar: Some(50),
        ratio: Some(2.7),
        bound: |world, count| {
            let echo = world.bind("echo_color", "[color Color :ret Color]");
            let green = black_box(Value::keyword(Keyword::new("green")));
            calls(
                &echo,
                &mut world.caller,
                count,
                |_| [green],
                |value, _| u64::from(value.same(green)),
            )
        },
        direct: direct!("echo_color": fn(u8) -> u8, |f: Native, _| {
            u64::from(native!(f(black_box(2))) == 2)
        }),
    },
    Shape {
        name: "handle argument, checked",
        bar: Some(50),
        ratio: Some(2.7),
        bound: |world, count| {
            let make = world.bind("box_new", "[value :i64 :ret [:handle Box]]");
            let made = make.call(&mut world.caller, &[Value::long(7)]).expect("a box");
            let get = world.bind("box_get", "[it [:handle Box] :ret :i64]");
            calls(&get, &mut world.caller, count, |_| [made], long)
        },
        direct: |world, count| {
            let symbol = world.library.symbol("box_new", "a shape calls").expect("it is there");
            type New = unsafe extern "C" fn(i64) -> *mut i64;
            // SAFETY: the prototype is that of `fixture.c`.
            let new = unsafe { std::mem::transmute::<*mut std::ffi::c_void, New>(symbol.as_ptr()) };
            let made = black_box(native!(new(7)));
            let get =
                direct!("box_get": fn(*mut i64) -> i64, |f: Native, _| native!(f(made)) as u64);
            get(world, count)
        },
    },
    Shape {
        name: "create and free a handle",
        bar: Some(200),
        ratio: Some(1.8),
        bound: |world, count| {
            let make = world.bind("box_new", "[value :i64 :ret [:handle Box]]");
            let consumes = BindOptions { consumes: Some(0), ..BindOptions::default() };
            let free = world.bind_with("box_free", "[it [:handle Box] :ret :void]", consumes);
            let (make, free) = (black_box(make), black_box(free));
            let mut sum = 0_u64;
            for turn in 0..count {
                let made = make.call(&mut world.caller, &[Value::long(turn as i64)]);
                let made = made.expect("a box");
                let freed = free.call(&mut world.caller, &[made]);
                sum += u64::from(freed.is_ok());
            }
            sum
        },
        direct: |world, count| {
            let symbol = world.library.symbol("box_new", "a shape calls").expect("it is there");
            type New = unsafe extern "C" fn(i64) -> *mut i64;
            // SAFETY: the prototype is that of `fixture.c`.
            let new = unsafe { std::mem::transmute::<*mut std::ffi::c_void, New>(symbol.as_ptr()) };
            let new = black_box(new);
            let free = direct!("box_free": fn(*mut i64), |f: Native, turn| {
                let made = native!(new(turn as i64));
                native!(f(made));
                1
            });
            free(world, count)
        },
    },
    Shape {
        name: "const slice of 3 doubles, lent",
        bar: Some(90),
        ratio: Some(2.2),
        bound: |world, count| {
            let sum = world.bind("sum_slice", "[values [:slice :const :f64] :ret :f64]");
            let bytes: Vec<u8> = [0.5_f64, 1.0, 2.0].iter().flat_map(|d| d.to_le_bytes()).collect();
            let array = Array::from_bytes(Scalar::F64, &bytes).expect("three doubles");
            let array = world.caller.heap.keep(Object::Array(array));
            calls(&sum, &mut world.caller, count, |_| [array], double)
        },
        direct: direct!("sum_slice": fn(*const f64, usize) -> f64, |f: Native, _| {
            let three = [0.5_f64, 1.0, 2.0];
            native!(f(black_box(three.as_ptr()), 3)).to_bits()
        }),
    },
    Shape {
        name: "general path forced on echo i64",
        bar: Some(110),
        ratio: Some(4.0),
        bound: |world, count| {
            let general = BindOptions { path: PathChoice::General, ..BindOptions::default() };
            let echo = world.bind_with("echo_i64", "[x :i64 :ret :i64]", general);
            calls(&echo, &mut world.caller, count, |turn| [Value::long(turn as i64)], long)
        },
        direct: direct!("echo_i64": fn(i64) -> i64, |f: Native, turn| native!(f(turn as i64)) as u64),
    },
    Shape {
        name: "record of two doubles, in and out",
        bar: Some(260),
        ratio: Some(10.0),
        bound: |world, count| {
            let swap = world.bind("swap_pair", "[pair Pair :ret Pair]");
            let entries = [("x", 0.5), ("y", 2.0)]
                .map(|(key, value)| (Keyword::new(key), Value::double(value)));
            let record = Some(Keyword::new("Pair"));
            let pair = world.caller.heap.keep(Object::Map { record, entries: entries.to_vec() });
            calls_of_objects(
                &swap,
                &mut world.caller,
                count,
                |_| [pair],
                |object| match object {
                    Object::Map { entries, .. } => match entries[0].1.view() {
                        View::Double(double) => double.to_bits(),
                        other => panic!("{other:?}"),
                    },
                    other => panic!("{other:?}"),
                },
            )
        },
        direct: direct!("swap_pair": fn(*const [f64; 2], *mut [f64; 2]), |f: Native, _| {
            let (pair, mut out) = ([0.5, 2.0], [0.0; 2]);
            native!(f(black_box(&pair), &mut out));
            out[0].to_bits()
        }),
    },
    Shape {
        name: "borrowed 4 elements",
        bar: None,
        ratio: Some(12.0),
        bound: |world, count| {
            let lend = world.bind("lend_four", "[:ret [:borrowed [:slice :i64]]]");
            calls_of_objects(&lend, &mut world.caller, count, |_| [], first_long)
        },
        direct: direct!("lend_four": fn(*mut usize, *mut usize), |f: Native, _| {
            let (mut at, mut length) = (0, 0);
            native!(f(&mut at, &mut length));
            (at != 0) as u64 + length as u64
        }),
    },
    Shape {
        name: "owned 16 elements",
        bar: None,
        ratio: Some(2.6),
        bound: |world, count| {
            let make = world.bind("make_sixteen", "[first :i64 :ret [:owned [:slice :i64]]]");
            let first = |turn| [Value::long(turn as i64)];
            calls_of_objects(&make, &mut world.caller, count, first, first_long)
        },
        direct: |world, count| {
            let free = free(world, "make_sixteen__free");
            direct!("make_sixteen": fn(i64, *mut usize, *mut usize), |f: Native, turn| {
                let (mut at, mut length) = (0, 0);
                native!(f(turn as i64, &mut at, &mut length));
                let read = (at != 0) as u64 + length as u64;
                native!(free(at, length));
                read
            })(world, count)
        },
    },
    Shape {
        name: "string of 5, both ways",
        bar: None,
        ratio: Some(3.0),
        bound: |world, count| {
            let echo = world.bind("echo_text", "[text :string :ret :string]");
            let hello = world.caller.heap.keep(Object::Text("hello".into()));
            calls_of_objects(&echo, &mut world.caller, count, |_| [hello], text)
        },
        direct: |world, count| {
            let free = free(world, "echo_text__free");
            direct!("echo_text": fn(*const u8, usize, *mut usize, *mut usize), |f: Native, _| {
                let (mut at, mut length) = (0, 0);
                native!(f(black_box("hello".as_ptr()), 5, &mut at, &mut length));
                native!(free(at, length));
                length as u64
            })(world, count)
        },
    },
    Shape {
        name: "error union, its value",
        bar: None,
        ratio: Some(4.0),
        bound: |world, count| {
            let checked = world.bind("checked", "[x :i64 :ret [:error-union E :i64]]");
            calls(&checked, &mut world.caller, count, |turn| [Value::long(turn as i64)], long)
        },
        direct: direct!("checked": fn(i64, *mut u8, *mut usize) -> i64, |f: Native, turn| {
            let mut error = std::mem::MaybeUninit::<[u8; 256]>::uninit();
            let mut length = 0;
            let value = native!(f(turn as i64, error.as_mut_ptr().cast(), &mut length));
            if length == 0 { value as u64 } else { 0 }
        }),
    },
    Shape {
        name: "error union, its name",
        bar: None,
        ratio: Some(6.0),
        bound: |world, count| {
            let checked = world.bind("checked", "[x :i64 :ret [:error-union E :i64]]");
            calls_of_objects(&checked, &mut world.caller, count, |_| [Value::long(-1)], text)
        },
        direct: direct!("checked": fn(i64, *mut u8, *mut usize) -> i64, |f: Native, _| {
            let mut error = std::mem::MaybeUninit::<[u8; 256]>::uninit();
            let mut length = 0;
            native!(f(-1, error.as_mut_ptr().cast(), &mut length));
            length as u64
        }),
    },
    Shape {
        name: "optional, both ways",
        bar: None,
        ratio: Some(4.0),
        bound: |world, count| {
            let echo = world.bind("echo_optional", "[x [:optional :i64] :ret [:optional :i64]]");
            calls(&echo, &mut world.caller, count, |turn| [Value::long(turn as i64)], long)
        },
        direct: direct!("echo_optional": fn(*const i64) -> *const i64, |f: Native, turn| {
            let value = turn as i64;
            let returned = native!(f(&value));
            // SAFETY: for an address the function returns that of a long.
            if returned.is_null() { 0 } else { unsafe { *returned as u64 } }
        }),
    },
    Shape {
        name: "12 mixed arguments, spilled",
        bar: None,
        ratio: Some(4.0),
        bound: |world, count| {
            let mix = world.bind(
                "mix_twelve",
                "[a :i64 b :f64 c :i32 d :f64 e :i64 f :i64 g :f64 h :i64 i :i32 j :f64 k :i64 l :i64 :ret :f64]",
            );
            let twelve = |turn| {
                let (n, d) = (Value::long(turn as i64), Value::double(0.5));
                [n, d, n, d, n, n, d, n, n, d, n, n]
            };
            calls(&mix, &mut world.caller, count, twelve, double)
        },
        direct: direct!(
            "mix_twelve": fn(i64, f64, i32, f64, i64, i64, f64, i64, i32, f64, i64, i64) -> f64,
            |f: Native, turn| {
                let (n, s, d) = (turn as i64, turn as i32, 0.5);
                native!(f(n, d, s, d, n, n, d, n, s, d, n, n)).to_bits()
            }
        ),
    },
];

type Free = unsafe extern "C" fn(usize, usize);

fn free(world: &World, symbol: &str) -> Free {
    let symbol = world.library.symbol(symbol, "a shape calls").expect("it is there");
    // SAFETY: the prototype is that of `fixture.c`.
    unsafe { std::mem::transmute::<*mut std::ffi::c_void, Free>(symbol.as_ptr()) }
}
