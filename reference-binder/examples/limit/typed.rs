//! Further shapes: typed views, whose calls are direct ones, and binding itself.

#![expect(unsafe_code, reason = "binds what `fixture.c` has")]

use std::hint::black_box;

use contract::Signature;
use reference_binder::BindOptions;

use crate::shapes::{SHAPES, Shape, World};

reference_binder::native! {
    /// The fixture's `struct pair`.
    struct Pair { x: f64, y: f64 }
}

/// The direct loop of another shape.
macro_rules! direct_of {
    ($name:literal) => {
        |world: &World, count: u64| {
            let shape = SHAPES.iter().find(|shape| shape.name == $name).expect("a shape");
            (shape.direct)(world, count)
        }
    };
}

/// A shape without a direct loop.
fn nothing(_: &World, _: u64) -> u64 {
    0
}

pub(crate) const TYPED: &[Shape] = &[
    Shape {
        name: "typed echo i64",
        bar: Some(11),
        ratio: Some(1.0),
        bound: |world, count| {
            let echo = world.bind("echo_i64", "[x :i64 :ret :i64]");
            let echo = black_box(echo.typed::<(i64,), i64>().expect("its types"));
            (0..count).fold(0_u64, |sum, turn| sum.wrapping_add(echo.call((turn as i64,)) as u64))
        },
        direct: direct_of!("echo i64"),
    },
    Shape {
        name: "typed i64, f64, i32, f64",
        bar: Some(22),
        ratio: Some(1.0),
        bound: |world, count| {
            let mix = world.bind("mix_four", "[a :i64 b :f64 c :i32 d :f64 :ret :f64]");
            let mix = black_box(mix.typed::<(i64, f64, i32, f64), f64>().expect("its types"));
            (0..count).fold(0_u64, |sum, turn| {
                let mixed = mix.call((turn as i64, 0.5, turn as i32, 0.25));
                sum.wrapping_add(mixed.to_bits())
            })
        },
        direct: direct_of!("i64, f64, i32, f64"),
    },
    Shape {
        name: "typed slice of 3 doubles",
        bar: Some(32),
        ratio: Some(1.0),
        bound: |world, count| {
            let sum = world.bind("sum_slice", "[values [:slice :const :f64] :ret :f64]");
            let sum = black_box(sum.typed::<(&[f64],), f64>().expect("its types"));
            let three = [0.5_f64, 1.0, 2.0];
            (0..count)
                .fold(0_u64, |all, _| all.wrapping_add(sum.call((black_box(&three),)).to_bits()))
        },
        direct: direct_of!("const slice of 3 doubles, lent"),
    },
    Shape {
        name: "typed record, in and out",
        bar: Some(19),
        ratio: Some(1.0),
        bound: |world, count| {
            let swap = world.bind("swap_pair", "[pair Pair :ret Pair]");
            let swap = black_box(swap.typed::<(&Pair,), Pair>().expect("its types"));
            (0..count).fold(0_u64, |sum, _| {
                let swapped = swap.call((black_box(&Pair { x: 0.5, y: 2.0 }),));
                sum.wrapping_add(swapped.x.to_bits())
            })
        },
        direct: direct_of!("record of two doubles, in and out"),
    },
    Shape {
        name: "bind, signature and address there",
        bar: Some(BIND),
        ratio: None,
        bound: |world, count| {
            let signature = black_box(echo(world));
            let address = world.library.symbol(ECHO, "a shape binds").expect("it is there");
            let options = BindOptions::default();
            for _ in 0..count {
                // SAFETY: the signature is that of the symbol in `fixture.c`, whose address this is.
                let bound = unsafe {
                    world.library.bind_at(address, ECHO, &signature, &world.declarations, options)
                };
                black_box(&bound.expect("bound"));
            }
            count
        },
        direct: nothing,
    },
    Shape {
        name: "bind, signature there",
        bar: None,
        ratio: None,
        bound: |world, count| {
            let signature = black_box(echo(world));
            bind(world, count, |_| signature.clone())
        },
        direct: look_up,
    },
    Shape {
        name: "bind, from text",
        bar: Some(40 * BIND),
        ratio: None,
        bound: |world, count| bind(world, count, echo),
        direct: look_up,
    },
];

/// 250 ns at eight instructions each, as many as these rows were timed at; from text it is 10 µs.
const BIND: u32 = 2000;
const ECHO: &str = "echo_i64";

fn echo(world: &World) -> Signature {
    Signature::read(black_box("[x :i64 :ret :i64]"), &world.declarations).expect("valid")
}

/// What the loader takes to find the symbol.
fn look_up(world: &World, count: u64) -> u64 {
    for _ in 0..count {
        black_box(world.library.symbol(black_box(ECHO), "a shape binds")).expect("it is there");
    }
    count
}

#[inline(always)]
fn bind(world: &World, count: u64, signature: impl Fn(&World) -> Signature) -> u64 {
    for _ in 0..count {
        let signature = signature(world);
        let options = BindOptions::default();
        // SAFETY: the signature is that of the symbol in `fixture.c`.
        let bound = unsafe { world.library.bind(ECHO, &signature, &world.declarations, options) };
        black_box(&bound.expect("bound"));
    }
    count
}
