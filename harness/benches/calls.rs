//! `cargo bench -p harness --bench calls`: what the suite measures, by Criterion: each shape on each path, and the same
//! calls made directly; and what comes before a call. One process and one layout, so its intervals say nothing of the next
//! process (docs/measuring.md, *Criterion*).

#![expect(unsafe_code, reason = "loads and binds the fixtures")]

use std::hint::black_box;
use std::time::Duration;

use contract::{Declarations, Signature};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use harness::served::reference::ReferenceBinder;
use measure::bench::Bench;
use measure::worker::on_each_path;
use measure::{SHAPES, Work};
use reference_binder::{BindOptions, Caller, Function, Library, Value};
use zig_lib::library::{Profile, build};

/// The loops of `conform bench`: so many calls as Criterion asks for, on the same clock.
fn shapes(criterion: &mut Criterion) {
    let corpus = harness::run::load(&corpus::case::shipped_folder()).expect("the corpus is valid");
    let names: Vec<&str> = SHAPES.iter().map(|shape| shape.name).collect();
    let work = Work::of(&corpus, &names, None);
    let mut bench = Bench::on_timed(&work, Box::new(ReferenceBinder::default())).expect("it opens");
    on_each_path(&work, |shape, force_general| {
        let Some(bound) = bench.bind(&work, shape, force_general)? else { return Ok(()) };
        let mut group = criterion.benchmark_group(shape.name);
        if !force_general {
            group.bench_function("floor", |bencher| {
                bencher.iter_custom(|calls| {
                    let floor = bench.floor(&bound, calls).expect("the library has it");
                    Duration::from_nanos(floor.elapsed_ns)
                });
            });
        }
        group.bench_function(bound.path(), |bencher| {
            bencher.iter_custom(|calls| {
                let (timed, _) = bench.run(&bound, calls).expect("it is called");
                Duration::from_nanos(timed.elapsed_ns)
            });
        });
        group.finish();
        Ok(())
    })
    .expect("every shape is served");
}

/// What a function costs before its second call, by the binder's public interface.
fn binding(criterion: &mut Criterion) {
    let path = build(Profile::Bench).expect("the fixtures build").path;
    // SAFETY: it is the fixture library, which has no initialisers.
    let library = unsafe { Library::open(&path) }.expect("it opens");
    let declarations = Declarations::read("(deftypez Point [x :f64 y :f64])").expect("valid");
    let functions = [
        ("scalar", "echo_i64", "[x :i64 :ret :i64]"),
        ("general", "echo_point", "[p Point :ret Point]"),
    ];
    let mut caller = Caller::new();
    for (path, symbol, text) in functions {
        let read = || Signature::read(black_box(text), &declarations).expect("valid");
        let signature = read();
        let bind = || -> Function {
            // SAFETY: the signature is the one that the corpus has of the symbol.
            let bound =
                unsafe { library.bind(symbol, &signature, &declarations, BindOptions::default()) };
            bound.expect("it binds")
        };
        let mut group = criterion.benchmark_group(format!("before-the-call-{path}"));
        group.bench_function("read", |bencher| bencher.iter(read));
        group.bench_function("bind", |bencher| bencher.iter(bind));
        if path == "scalar" {
            group.bench_function("first-call", |bencher| {
                let first = |function: Function| {
                    function.call(&mut caller, &[Value::long(7)]).expect("it takes an i64")
                };
                bencher.iter_batched(bind, first, BatchSize::SmallInput);
            });
        }
        group.finish();
    }
}

criterion_group!(benches, shapes, binding);
criterion_main!(benches);
