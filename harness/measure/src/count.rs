//! Exact counts: the instructions and heap allocations of a call, by callgrind, which runs every instruction of
//! this process. What a loop of calls takes besides falls out as the difference of two loops.
//!
//! `run` is for a process under valgrind; `count` starts one for each shape and reads what callgrind wrote. What the blocks
//! are that it counts is told by another tool (`trace`).

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fs;
use std::num::NonZero;
use std::path::{Path as FilePath, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use interrupt::tool;
use serde::{Deserialize, Serialize};
use subject::Subject;

use super::bench::Bench;
use super::rows::MeasureError;
use super::work::Work;
use super::worker::on_each_path;

/// Calls of the shorter of two loops of a plain shape, all rows equally often. The longer has twice as many. The allocator
/// takes some hundred instructions more or fewer for what is made before a loop, by the state of its heap: a tenth of an
/// instruction to each of so many.
const CALLS: u64 = 1600;
/// Loops of a shape on a path: the floor's, then the subject's, each short and long, which is so many times as long.
pub(super) const LOOPS: [(Side, u64); 4] =
    [(Side::Floor, 1), (Side::Floor, 2), (Side::Subject, 1), (Side::Subject, 2)];
/// How often all of them are made. What happens once, a buffer that grows say, is in one of them and not in all.
pub(super) const TAKEN: usize = 3;
/// Bytes of a block that nobody else asks for: one is asked for before and behind each loop, for who reads what is.
pub(super) const MARK: usize = 1_234_577;
/// The functions of a C library that allocate.
const ALLOCATORS: [&str; 6] =
    ["malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc", "memalign"];

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Floor,
    Subject,
}

/// A shape on a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnPath {
    /// The shape.
    pub shape: String,
    /// The path, by its report name.
    pub path: String,
    /// Calls of the shorter loop.
    pub calls: u64,
}

/// What a call takes, exactly.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted {
    /// Of which shape and path.
    pub of: OnPath,
    /// Instructions of a call, the loop's included.
    pub instructions: f64,
    /// Instructions of a direct call, likewise.
    pub floor_instructions: f64,
    /// Heap allocations of a call beyond those of a direct one, by the C library.
    pub allocations: f64,
}

/// Makes the loops of shapes, each once warm. To be run under the options of [`count`] or of
/// [`trace`](super::trace::trace).
///
/// # Errors
/// A text that says what could not be had: a library, a subject, a shape.
pub fn run(work: &Work, new_subject: &dyn Fn() -> Box<dyn Subject>) -> Result<Vec<OnPath>, String> {
    let mut bench = Bench::on_timed(work, new_subject())?;
    let mut made = Vec::new();
    on_each_path(work, |shape, force_general| {
        if bench.unserved(work, shape)?.is_some() {
            return Ok(());
        }
        let Some(bound) = bench.bind(work, shape, force_general)? else { return Ok(()) };
        let calls = shape.of_counted(CALLS);
        // What is made once is made by then.
        bench.run(&bound, calls)?;
        for (side, times) in [LOOPS; TAKEN].as_flattened().iter().copied() {
            let calls = times * calls;
            mark();
            counted_region(&mut || match side {
                Side::Floor => bench.floor(&bound, calls).map(|_| ()),
                Side::Subject => bench.run(&bound, calls).map(|_| ()),
            })?;
            mark();
        }
        let (shape, path) = (shape.name.to_owned(), bound.path().to_owned());
        made.push(OnPath { shape, path, calls });
        Ok(())
    })?;
    Ok(made)
}

fn mark() {
    drop(std::hint::black_box(Vec::<u8>::with_capacity(MARK)));
}

/// What callgrind counts.
#[inline(never)]
fn counted_region(work: &mut dyn FnMut() -> Result<(), String>) -> Result<(), String> {
    std::hint::black_box(work)()
}

/// Counts what the shapes of some work take, each in a process of its own: what one leaves in the heap or in tables is
/// nothing to another. `worker` makes the command of a process that does some work by [`run`] and prints what that
/// gives as JSON. `valgrind` is that program, and `folder` an empty one, for what it writes.
///
/// # Errors
/// [`MeasureError`].
pub fn count(
    valgrind: &str,
    work: &Work,
    worker: &dyn Fn(&Work) -> std::io::Result<Command>,
    folder: &FilePath,
) -> Result<Vec<Counted>, MeasureError> {
    of_shapes(work, worker, |number, worker| {
        of_process(valgrind, worker, &folder.join(format!("out-{number}")))
    })
}

/// What processes give, one for each shape of some work, in the order of the shapes. As many run at once as there are
/// processors: what is counted is not a matter of time.
pub(super) fn of_shapes<T: Send>(
    work: &Work,
    worker: &dyn Fn(&Work) -> std::io::Result<Command>,
    of_process: impl Fn(usize, &Command) -> Result<Vec<T>, MeasureError> + Sync,
) -> Result<Vec<T>, MeasureError> {
    let workers = work.each_shape().map(|work| worker(&work)).collect::<Result<Vec<_>, _>>()?;
    let next = AtomicUsize::new(0);
    let in_turn = || {
        let numbers = std::iter::repeat_with(|| next.fetch_add(1, Relaxed));
        let mine = numbers.map_while(|number| Some((number, workers.get(number)?)));
        mine.map(|(number, worker)| (number, of_process(number, worker))).collect::<Vec<_>>()
    };
    let at_once = thread::available_parallelism().map_or(1, NonZero::get).min(workers.len());
    let mut came: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..at_once).map(|_| scope.spawn(in_turn)).collect();
        let joined = threads.into_iter().map(|thread| thread.join());
        joined.flat_map(|came| came.expect("a thread that counts does not panic")).collect()
    });
    came.sort_unstable_by_key(|(number, _)| *number);
    let came = came.into_iter().map(|(_, came)| came).collect::<Result<Vec<_>, _>>()?;
    Ok(came.into_iter().flatten().collect())
}

/// Counts what a process takes that runs [`run`]. `out` is what the names of callgrind's files begin with.
fn of_process(
    valgrind: &str,
    worker: &Command,
    out: &FilePath,
) -> Result<Vec<Counted>, MeasureError> {
    let region = std::any::type_name_of_val(&counted_region);
    let mut command = Command::new(valgrind);
    command
        .args([
            "--tool=callgrind",
            "--quiet",
            "--vgdb=no",
            "--compress-strings=no",
            "--compress-pos=no",
        ])
        .args(["--dump-instr=yes", "--dump-line=no"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .args(["toggle-collect", "dump-after"].map(|at| format!("--{at}={region}")))
        .arg(worker.get_program())
        .args(worker.get_args());
    let (made, _) = made(command)?;
    let each = LOOPS.len() * TAKEN;
    let loops = (0..made.len() * each).map(|number| {
        let part = PathBuf::from(format!("{}.{}", out.display(), number + 1));
        let text = fs::read_to_string(&part)
            .map_err(|error| MeasureError::Counts(format!("{}: {error}", part.display())))?;
        profile(&text).ok_or_else(|| MeasureError::Counts(format!("{}: no total", part.display())))
    });
    let loops = loops.collect::<Result<Vec<Profile>, _>>()?;
    let counted = made.into_iter().zip(loops.chunks_exact(each)).map(|(of, loops)| {
        let instructions = of_each(&of, loops, |profile| profile.instructions);
        let allocations = of_each(&of, loops, |profile| profile.allocations);
        Counted {
            of,
            floor_instructions: instructions.floor,
            instructions: instructions.subject,
            allocations: allocations.subject - allocations.floor,
        }
    });
    Ok(counted.collect())
}

/// What a process under valgrind made loops of by [`run`], and what valgrind wrote to its standard error.
pub(super) fn made(mut command: Command) -> Result<(Vec<OnPath>, String), MeasureError> {
    let output = tool::run(&mut command, Duration::MAX).map_err(std::io::Error::from)?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        return Err(MeasureError::Process {
            status: output.status,
            message: said.trim().to_owned(),
        });
    }
    Ok((serde_json::from_slice(&output.stdout)?, said))
}

/// What one call takes, of the floor and of the subject.
pub(super) struct Each {
    pub(super) floor: f64,
    pub(super) subject: f64,
}

/// What one call takes of something that was counted in loops, [`TAKEN`] times [`LOOPS`]: what the longer loop takes more,
/// each the least of its kind.
pub(super) fn of_each<Loop>(on: &OnPath, loops: &[Loop], counted: fn(&Loop) -> u64) -> Each {
    let least = |at: usize| {
        let taken = loops[at..].iter().step_by(LOOPS.len()).map(counted);
        taken.min().unwrap_or_default() as f64
    };
    let of = |at: usize| (least(at + 1) - least(at)) / on.calls as f64;
    Each { floor: of(0), subject: of(2) }
}

/// What callgrind says of one loop.
struct Profile {
    instructions: u64,
    allocations: u64,
}

/// Reads a profile in callgrind's format (its manual, *Callgrind Format Specification*) with names and addresses in
/// full: the total of all costs, and how often the first instruction of a function that allocates was executed. Its own
/// counts of calls are no help: they are of what is not collected, too.
fn profile(text: &str) -> Option<Profile> {
    let mut instructions = None;
    // By object and function: the lowest address, which is its entry, and what was executed there.
    let mut entries: BTreeMap<(&str, &str), (u64, u64)> = BTreeMap::new();
    let (mut object, mut function, mut is_callee_s) = ("", "", false);
    for line in text.lines() {
        if let Some((address, cost)) = line.strip_prefix("0x").and_then(|line| line.split_once(' '))
        {
            // The line behind `calls=` has what the callee took.
            if !std::mem::take(&mut is_callee_s) && ALLOCATORS.contains(&function) {
                let (address, cost) = (u64::from_str_radix(address, 16).ok()?, cost.parse().ok()?);
                let entry = entries.entry((object, function)).or_insert((address, 0));
                match address.cmp(&entry.0) {
                    Ordering::Less => *entry = (address, cost),
                    Ordering::Equal => entry.1 += cost,
                    Ordering::Greater => {}
                }
            }
            continue;
        }
        match line.split_once(['=', ':']) {
            Some(("ob", name)) => object = name,
            Some(("fn", name)) => function = name.split('@').next().unwrap_or_default(),
            Some(("calls", _)) => is_callee_s = true,
            Some(("totals" | "summary", value)) => {
                instructions = value.split_whitespace().next()?.parse().ok();
            }
            _ => {}
        }
    }
    let allocations = entries.values().map(|(_, executed)| executed).sum();
    Some(Profile { instructions: instructions?, allocations })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_have_processes_of_their_own_and_come_in_their_order() {
        let text = r#"{"shapes":["stream-8","scalar-i64","owned-16"],"shape_ms":null,"placement":0,"declarations":"","functions":{}}"#;
        let work: Work = serde_json::from_str(text).expect("it is work");
        let worker = |work: &Work| {
            let shapes: Vec<&str> = work.shapes().map(|shape| shape.name).collect();
            Ok(Command::new(shapes.join(" and ")))
        };
        let named = |_, worker: &Command| Ok(vec![worker.get_program().to_owned()]);
        let came = of_shapes(&work, &worker, named).expect("none fails");
        assert_eq!(came, ["scalar-i64", "owned-16", "stream-8"]);
        let fails = |number, _: &Command| match number {
            1 => Err(MeasureError::Counts("it is not there".to_owned())),
            number => Ok(vec![number]),
        };
        let came = of_shapes(&work, &worker, fails);
        assert!(matches!(came, Err(MeasureError::Counts(_))), "{came:?}");
    }

    #[test]
    fn a_profile_has_a_total_and_what_allocates() {
        let text = "events: Ir\nob=libc\nfn=run\n0x10 10\ncfn=malloc\ncalls=900 0x80\n0x14 90\n\
                    fn=malloc\n0x84 70\n0x80 7\ncalls=1 0x90\n0x7f 50\n0x88 63\nfn=free\n0xc0 9\n\
                    ob=other\nfn=calloc@@GLIBC_2.2.5\n0x40 1\ntotals: 117\n";
        let profile = profile(text).expect("it has a total");
        assert_eq!((profile.instructions, profile.allocations), (117, 8));
        assert!(super::profile("events: Ir\nfn=run\n").is_none());
    }
}
