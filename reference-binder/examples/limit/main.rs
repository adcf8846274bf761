//! `cargo run --release -p reference-binder --example limit [-- NAME…]`: what a call costs beyond the native one, by shape.
//! `-- scaling`: how that grows, drawn into the folder of the build, too.
//!
//! Each shape is a plain loop through the public API. Instructions are counted by callgrind, as
//! (Ir(2N) - Ir(N)) / N of a process that runs this loop alone, and so are the heap allocations; with
//! `--time`, nanoseconds are measured instead, on a machine that has nothing else to do.

mod allocations;
mod scaling;
mod shapes;
mod typed;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use reference_binder::Library;
use shapes::{SHAPES, Shape, World};
use typed::TYPED;

/// The library whose functions the shapes call.
const FIXTURE: &str = "limit_fixture.so";
/// Turns of the shorter of the two counted loops.
const COUNTED: u64 = 4000;
/// Turns of one timed loop, and how many loops: the fastest of each kind counts.
const TIMED: u64 = 1_000_000;
const ROUNDS: u32 = 7;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["run", kind, name, count] => run(kind, name, count.parse().expect("a count")),
        ["scale", line, at, count] => {
            let (at, count) = (at.parse().expect("a point"), count.parse().expect("a count"));
            scaling::run(&beside("limit_scaling.so"), line, at, count);
            println!("0 -");
            ExitCode::SUCCESS
        }
        ["scaling"] => {
            let source = beside("limit_scaling.c");
            std::fs::write(&source, scaling::source()).expect("the source is written");
            compile(&source, &beside("limit_scaling.so"), &["-Wno-unused-parameter"]);
            scaling::report(&beside("limit_scaling.so"), &beside(""), |line, at, count| {
                callgrind(&["scale", line, &at.to_string(), &count.to_string()]).0
            });
            ExitCode::SUCCESS
        }
        ["--time", names @ ..] => table(names, timed),
        names => table(names, counted),
    }
}

/// One loop in a process of its own; prints what it allocated.
fn run(kind: &str, name: &str, count: u64) -> ExitCode {
    let mut shapes = SHAPES.iter().chain(TYPED);
    let shape = shapes.find(|shape| shape.name == name).expect("a shape");
    let mut world = world(&beside(FIXTURE));
    let before = allocations::made();
    let sum = match kind {
        "bound" => (shape.bound)(&mut world, count),
        _ => (shape.direct)(&world, count),
    };
    println!("{} {sum}", allocations::made() - before);
    ExitCode::SUCCESS
}

fn table(names: &[&str], row: fn(&Shape) -> String) -> ExitCode {
    let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/limit/fixture.c");
    compile(&source, &beside(FIXTURE), &[]);
    println!(
        "{:34} {:>9} {:>9} {:>9} {:>7} {:>7} {:>9}",
        "shape", "direct", "bound", "bar", "ratio", "bar", "allocated"
    );
    for shape in SHAPES.iter().chain(TYPED) {
        if names.is_empty() || names.iter().any(|name| shape.name.contains(name)) {
            println!("{}", row(shape));
        }
    }
    ExitCode::SUCCESS
}

/// Instructions and allocations of one turn.
fn counted(shape: &Shape) -> String {
    let each = |kind| {
        let [once, twice] = [COUNTED, 2 * COUNTED]
            .map(|count| callgrind(&["run", kind, shape.name, &count.to_string()]));
        let a_turn = |once: u64, twice: u64| (twice - once) as f64 / COUNTED as f64;
        (a_turn(once.0, twice.0), a_turn(once.1, twice.1))
    };
    let ((direct, _), (bound, allocated)) = (each("direct"), each("bound"));
    let bar = shape.bar.map_or("-".to_owned(), |bar| bar.to_string());
    let ratio = ratio(bound, direct);
    format!(
        "{:34} {direct:9.1} {bound:9.1} {bar:>9} {ratio:>7} {:>7} {allocated:9.1}",
        shape.name, "-"
    )
}

/// Instructions of a whole process and allocations of its loop.
fn callgrind(words: &[&str]) -> (u64, u64) {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe().expect("a path"))
        .args(words)
        .stdin(Stdio::null())
        .output()
        .expect("valgrind runs");
    let (said, figures) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let collected = figures.lines().find_map(|line| line.split_once("Collected : "));
    let (Some((_, instructions)), Some(allocated)) = (collected, said.split(' ').next()) else {
        panic!("{words:?}: {figures}");
    };
    (instructions.trim().parse().expect("a count"), allocated.parse().expect("a count"))
}

/// Nanoseconds of one turn: the two kinds in turn, so that what slows one slows the other.
fn timed(shape: &Shape) -> String {
    let mut world = world(&beside(FIXTURE));
    let (mut bound, mut direct) = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        std::hint::black_box((shape.bound)(&mut world, TIMED));
        bound = bound.min(start.elapsed().as_nanos() as f64 / TIMED as f64);
        let start = Instant::now();
        std::hint::black_box((shape.direct)(&world, TIMED));
        direct = direct.min(start.elapsed().as_nanos() as f64 / TIMED as f64);
    }
    let bar = shape.ratio.map_or("-".to_owned(), |bar| format!("{bar:.1}"));
    let ratio = ratio(bound, direct);
    format!("{:34} {direct:9.2} {bound:9.2} {:>9} {ratio:>7} {bar:>7} {:>9}", shape.name, "-", "-")
}

/// Nothing is a multiple of no direct loop, whose turn is less than an instruction or a nanosecond.
fn ratio(bound: f64, direct: f64) -> String {
    if direct < 0.5 { "-".to_owned() } else { format!("{:.1}", bound / direct) }
}

/// A file beside this program.
fn beside(name: &str) -> PathBuf {
    std::env::current_exe().expect("a path").with_file_name(name)
}

fn compile(source: &Path, library: &Path, options: &[&str]) {
    let compiled = Command::new("cc")
        .args(["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o"])
        .args([library, source])
        .args(options)
        .status();
    assert!(compiled.is_ok_and(|status| status.success()), "`cc` compiles the fixture");
}

#[expect(unsafe_code, reason = "loads the fixture")]
fn world(library: &Path) -> World {
    // SAFETY: it was compiled from the file beside this one, which has no initialisers.
    World::new(unsafe { Library::open(library) }.expect("the fixture opens"))
}
