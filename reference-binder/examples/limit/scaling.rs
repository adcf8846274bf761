//! `--example limit -- scaling`: how a call's cost grows with its arguments, its slices and its callers, and what
//! a first call costs. Instructions of one call, printed and drawn.

#![expect(unsafe_code, reason = "binds what `source` defines")]

use std::fmt::Write;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::time::Instant;

use contract::{Declarations, Scalar, Signature};
use reference_binder::heap::{Array, Object};
use reference_binder::{BindOptions, Caller, Function, Library, Value};

/// Carriers of the families, repeated as often as there are arguments: their names, and those in C.
const FAMILIES: [(&str, &[(&str, &str)]); 3] = [
    ("ints", &[("i64", "int64_t")]),
    ("floats", &[("f64", "double")]),
    ("mixed", &[("i64", "int64_t"), ("f64", "double"), ("i32", "int32_t"), ("f64", "double")]),
];
const ARITIES: [usize; 12] = [0, 1, 2, 3, 4, 5, 6, 8, 12, 16, 24, 32];
const LENGTHS: [usize; 8] = [0, 1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];
const CALLERS: [usize; 3] = [1, 2, 4];
/// Batches of a timed thread and calls of one: far less than the system lets a thread run at a time, so that of threads
/// that share a processor nearly all batches are whole.
const BATCHES: usize = 2000;
const BATCH: u64 = 2000;
/// How often each number of callers is timed, in turn: the least counts.
const ROUNDS: usize = 9;

/// By length: a name, the symbol, the signature.
const BY_LENGTH: [(&str, &str, &str); 4] = [
    ("slice lent", "length_of_slice", "[values [:slice :const :f64] :ret :usize]"),
    ("string given", "length_of_text", "[text :string :ret :usize]"),
    ("i64 returned", "lend_longs", "[count :usize :ret [:borrowed [:slice :i64]]]"),
    ("u8 returned", "lend_bytes", "[count :usize :ret [:borrowed [:slice :u8]]]"),
];

/// Points of one line: what is varied, and instructions of one call.
type Points = Vec<(usize, f64)>;

/// C whose functions do nothing with what they are given.
pub(crate) fn source() -> String {
    let mut text = "#include <stddef.h>\n#include <stdint.h>\n".to_owned();
    for (family, kinds) in FAMILIES {
        for arity in ARITIES {
            let parameters: Vec<String> =
                (0..arity).map(|at| format!("{} a{at}", kinds[at % kinds.len()].1)).collect();
            let list = if arity == 0 { "void".to_owned() } else { parameters.join(", ") };
            let _ = writeln!(text, "int64_t {family}_{arity}({list}) {{ return 0; }}");
        }
    }
    text + "size_t length_of_slice(const double *values, size_t count) { return count; }
size_t length_of_text(const uint8_t *text, size_t count) { return count; }
static int64_t memory[1000000];
void lend_longs(size_t count, uintptr_t *at, size_t *length) { *at = (uintptr_t)memory; *length = count; }
void lend_bytes(size_t count, uintptr_t *at, size_t *length) { *at = (uintptr_t)memory; *length = count; }
"
}

fn bind(library: &Library, symbol: &str, text: &str) -> Function {
    let declarations = Declarations::read("").expect("valid");
    let signature = Signature::read(text, &declarations).expect("valid");
    // SAFETY: the signatures lower to the prototypes of `source`.
    let bound = unsafe { library.bind(symbol, &signature, &declarations, BindOptions::default()) };
    bound.unwrap_or_else(|error| panic!("{symbol}: {error}"))
}

fn by_arity(library: &Library, family: &str, arity: usize) -> (Function, Vec<Value>) {
    let (_, kinds) = FAMILIES.iter().find(|(name, _)| *name == family).expect("a family");
    let kind = |at: usize| kinds[at % kinds.len()].0;
    let list: String = (0..arity).fold(String::new(), |mut list, at| {
        let _ = write!(list, "a{at} :{} ", kind(at));
        list
    });
    let value = |at| if kind(at) == "f64" { Value::double(0.5) } else { Value::long(7) };
    let function = bind(library, &format!("{family}_{arity}"), &format!("[{list}:ret :i64]"));
    (function, (0..arity).map(value).collect())
}

/// So many calls of a line's point, in a process of its own.
pub(crate) fn run(library: &Path, line: &str, at: usize, count: u64) {
    // SAFETY: it was compiled from `source`, which has no initialisers.
    let library = unsafe { Library::open(library) }.expect("the fixture opens");
    if line == "callers" {
        callers(&library, at, count);
    } else if line == "bind" {
        // `at` calls after each binding.
        for _ in 0..count {
            let (function, arguments) = by_arity(&library, "ints", 1);
            calls(&function, &mut Caller::new(), &arguments, at as u64);
        }
    } else if let Some((_, symbol, text)) = BY_LENGTH.iter().find(|(name, ..)| *name == line) {
        let (function, mut caller) = (bind(&library, symbol, text), Caller::new());
        let argument = match line {
            "slice lent" => caller.heap.keep(Object::Array(Array::zeroed(Scalar::F64, at))),
            "string given" => caller.heap.keep(Object::Text("a".repeat(at))),
            _ => Value::long(at as i64),
        };
        calls(&function, &mut caller, &[argument], count);
    } else {
        let (function, arguments) = by_arity(&library, line, at);
        calls(&function, &mut Caller::new(), &arguments, count);
    }
}

fn calls(function: &Function, caller: &mut Caller, arguments: &[Value], count: u64) {
    let (function, arguments) = (black_box(function), black_box(arguments));
    let mark = caller.heap.mark();
    for _ in 0..count {
        black_box(function.call(caller, arguments).expect("a value"));
        caller.heap.release(mark);
    }
}

fn callers(library: &Library, threads: usize, count: u64) {
    let (function, arguments) = by_arity(library, "ints", 1);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| calls(&function, &mut Caller::new(), &arguments, count));
        }
    });
}

/// Nanoseconds of a turn of a loop by so many threads at once: of each the median batch, of these the most, and of that the
/// least of all rounds.
fn timed<T: FnMut(u64)>(caller: impl Fn() -> T + Sync) -> [f64; CALLERS.len()] {
    let one = |begin: &Barrier| {
        let (mut turns, mut batches) = (caller(), Vec::with_capacity(BATCHES));
        begin.wait();
        for _ in 0..BATCHES {
            let start = Instant::now();
            turns(BATCH);
            batches.push(start.elapsed());
        }
        batches.sort_unstable();
        batches[BATCHES / 2]
    };
    let mut least = [f64::INFINITY; CALLERS.len()];
    for _ in 0..ROUNDS {
        for (threads, least) in CALLERS.into_iter().zip(&mut least) {
            let begin = Barrier::new(threads);
            let slowest = std::thread::scope(|scope| {
                let all: Vec<_> = (0..threads).map(|_| scope.spawn(|| one(&begin))).collect();
                all.into_iter().map(|one| one.join().expect("no panic")).max()
            });
            *least = least.min(slowest.expect("a thread").as_nanos() as f64 / BATCH as f64);
        }
    }
    least
}

/// Prints all lines and draws them into a folder. `counted` says how many instructions a process takes that makes so
/// many calls of a line's point.
pub(crate) fn report(library: &Path, folder: &Path, counted: impl Fn(&str, usize, u64) -> u64) {
    let a_call = |line: &str, at: usize, count: u64, each: u64| {
        let twice = counted(line, at, 2 * count);
        (twice - counted(line, at, count)) as f64 / (count * each) as f64
    };
    let points = |line: &str, all: &[usize], count: &dyn Fn(usize) -> u64| -> Points {
        all.iter().map(|at| (*at, a_call(line, *at, count(*at), 1))).collect()
    };
    let arity: Vec<_> = FAMILIES.map(|(name, _)| (name, points(name, &ARITIES, &|_| 1000))).into();
    print("arguments", &arity, |line| slope(line, 5, 32));
    draw(&folder.join("arity.svg"), "instructions of a call, by its arguments", &arity, false);
    let length: Vec<_> = BY_LENGTH
        .map(|(name, ..)| (name, points(name, &LENGTHS, &|at| 1000 / (1 + at as u64 / 100) + 2)))
        .into();
    print("elements", &length, |line| slope(line, 1_000, 1_000_000));
    draw(
        &folder.join("length.svg"),
        "instructions of a call, by elements (both logarithmic)",
        &length,
        true,
    );
    println!(
        "{:>14} {:>14} {:>14} {:>14} {:>14}",
        "callers", "instructions", "ns", "to one", "native to one"
    );
    // SAFETY: as in `run`.
    let library = unsafe { Library::open(library) }.expect("the fixture opens");
    let mut by_callers = Points::new();
    let (function, arguments) = by_arity(&library, "ints", 1);
    let bound = timed(|| {
        let mut caller = Caller::new();
        let (function, arguments) = (&function, &arguments);
        move |count| calls(function, &mut caller, arguments, count)
    });
    // What two threads at once cost each other on this machine, whoever calls.
    let native = function.typed::<(i64,), i64>().expect("its types");
    let native = timed(|| {
        |count| {
            for at in 0..count {
                black_box(native.call((at as i64,)));
            }
        }
    });
    for (at, threads) in CALLERS.into_iter().enumerate() {
        let count = a_call("callers", threads, 4000, threads as u64);
        let [bound_to_one, native_to_one] = [bound, native].map(|all| all[at] / all[0]);
        println!(
            "{threads:14} {count:14.1} {:14.2} {bound_to_one:14.3} {native_to_one:14.3}",
            bound[at]
        );
        by_callers.push((threads, count));
    }
    let callers = [("one long", by_callers)];
    draw(
        &folder.join("callers.svg"),
        "instructions of a call, by callers at once",
        &callers,
        false,
    );
    let [none, one, two] = [0, 1, 2].map(|calls| a_call("bind", calls, 200, 1));
    println!("read and bind {none:.0}, first call {:.0}, second {:.0}", one - none, two - one);
}

/// Instructions for each unit between two points.
fn slope(line: &Points, from: usize, to: usize) -> f64 {
    let at = |x| line.iter().find(|(at, _)| *at == x).expect("a point").1;
    (at(to) - at(from)) / (to - from) as f64
}

fn print(varied: &str, lines: &[(&str, Points)], slope: impl Fn(&Points) -> f64) {
    let row = |head: &str, cell: &dyn Fn(&Points) -> String| {
        let cells: String = lines.iter().map(|(_, line)| format!(" {:>14}", cell(line))).collect();
        println!("{head:>14}{cells}");
    };
    let names: String = lines.iter().map(|(name, _)| format!(" {name:>14}")).collect();
    println!("{varied:>14}{names}");
    for (index, (at, _)) in lines[0].1.iter().enumerate() {
        row(&at.to_string(), &|line| format!("{:.1}", line[index].1));
    }
    row("each further", &|line| format!("{:.2}", slope(line)));
}

/// A plot: lines of points, each with its name where it ends.
fn draw(path: &PathBuf, title: &str, lines: &[(&str, Points)], logarithmic: bool) {
    let (width, height, margin) = (640.0, 400.0, 60.0);
    let scale = |value: f64| if logarithmic { (value + 1.0).log10() } else { value };
    let all = || lines.iter().flat_map(|(_, line)| line);
    let most_x = all().map(|(at, _)| scale(*at as f64)).fold(0.0, f64::max);
    let most_y = all().map(|(_, count)| scale(*count)).fold(0.0, f64::max);
    let x = |at: usize| margin + scale(at as f64) / most_x * (width - 2.0 * margin - 40.0);
    let y = |count: f64| height - margin - scale(count) / most_y * (height - 2.0 * margin);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" \
         font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"{margin}\" y=\"24\" font-size=\"14\">{title}</text>\n"
    );
    for (at, _) in &lines[0].1 {
        let (x, y) = (x(*at), height - margin + 16.0);
        let _ = writeln!(svg, "<text x=\"{x:.0}\" y=\"{y}\" text-anchor=\"middle\">{at}</text>");
    }
    for (index, (name, line)) in lines.iter().enumerate() {
        let colour = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"][index];
        let points: Vec<String> =
            line.iter().map(|(at, count)| format!("{:.1},{:.1}", x(*at), y(*count))).collect();
        let (at, count) = line[line.len() - 1];
        let _ = writeln!(
            svg,
            "<polyline fill=\"none\" stroke=\"{colour}\" points=\"{}\"/>\n\
             <text x=\"{:.0}\" y=\"{:.0}\" fill=\"{colour}\">{name} {count:.0}</text>",
            points.join(" "),
            x(at) + 4.0,
            y(count)
        );
    }
    std::fs::write(path, svg + "</svg>\n").expect("the plot is written");
    println!("drawn: {}", path.display());
}
