//! Exact counts: the instructions and heap allocations of a call, by callgrind, which runs every instruction of
//! this process. What a loop of calls takes besides falls out as the difference of two loops.
//!
//! `run` is for the process under callgrind; `count` starts one and reads what callgrind wrote.

use std::collections::HashMap;
use std::fs;
use std::path::{Path as FilePath, PathBuf};
use std::process::Command;
use std::time::Duration;

use interrupt::tool;
use serde::{Deserialize, Serialize};
use subject::Subject;

use super::rows::MeasureError;
use super::work::Work;
use super::worker::{Bench, on_each_path};

/// Calls of the shorter of two loops, all rows equally often. The longer has twice as many.
const CALLS: u64 = 160;
/// Loops of a shape on a path: the floor's, then the subject's, each short and long.
const LOOPS: [(Side, u64); 4] = [
    (Side::Floor, CALLS),
    (Side::Floor, 2 * CALLS),
    (Side::Subject, CALLS),
    (Side::Subject, 2 * CALLS),
];
/// The functions of a C library that allocate.
const ALLOCATORS: [&str; 6] =
    ["malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc", "memalign"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
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

/// Makes the loops of shapes, each once warm. To be run under the options of [`count`].
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
        // What is made once is made by then.
        bench.run(&bound, CALLS)?;
        for (side, calls) in LOOPS {
            counted_region(&mut || match side {
                Side::Floor => bench.floor(&bound, calls).map(|_| ()),
                Side::Subject => bench.run(&bound, calls).map(|_| ()),
            })?;
        }
        made.push(OnPath { shape: shape.name.to_owned(), path: bound.path().to_owned() });
        Ok(())
    })?;
    Ok(made)
}

/// What callgrind counts.
#[inline(never)]
fn counted_region(work: &mut dyn FnMut() -> Result<(), String>) -> Result<(), String> {
    std::hint::black_box(work)()
}

/// Counts what a process takes that runs [`run`] and prints what it gives as JSON. `valgrind` is that program, and
/// `folder` an empty one, for what it writes.
///
/// # Errors
/// [`MeasureError`].
pub fn count(
    valgrind: &str,
    worker: &Command,
    folder: &FilePath,
) -> Result<Vec<Counted>, MeasureError> {
    let out = folder.join("out");
    let region = std::any::type_name_of_val(&counted_region);
    let mut command = Command::new(valgrind);
    command
        .args(["--tool=callgrind", "--quiet", "--vgdb=no"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .args([format!("--toggle-collect={region}"), format!("--dump-after={region}")])
        .arg(worker.get_program())
        .args(worker.get_args());
    let output = tool::run(&mut command, Duration::MAX).map_err(std::io::Error::from)?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(MeasureError::Process { status: output.status, message });
    }
    let made: Vec<OnPath> = serde_json::from_slice(&output.stdout)?;
    let loops = (0..made.len() * LOOPS.len()).map(|number| {
        let part = PathBuf::from(format!("{}.{}", out.display(), number + 1));
        let text = fs::read_to_string(&part)
            .map_err(|error| MeasureError::Counts(format!("{}: {error}", part.display())))?;
        profile(&text).ok_or_else(|| MeasureError::Counts(format!("{}: no total", part.display())))
    });
    let loops = loops.collect::<Result<Vec<Profile>, _>>()?;
    let counted = made.into_iter().zip(loops.chunks_exact(LOOPS.len())).map(|(of, loops)| {
        let per_call = |short: u64, long: u64| (long as f64 - short as f64) / CALLS as f64;
        let of_each =
            |part: fn(&Profile) -> u64, at: usize| per_call(part(&loops[at]), part(&loops[at + 1]));
        Counted {
            of,
            floor_instructions: of_each(|profile| profile.instructions, 0),
            instructions: of_each(|profile| profile.instructions, 2),
            allocations: of_each(|profile| profile.allocations, 2)
                - of_each(|profile| profile.allocations, 0),
        }
    });
    Ok(counted.collect())
}

/// What callgrind says of one loop.
struct Profile {
    instructions: u64,
    allocations: u64,
}

/// Reads a profile in callgrind's format (its manual, *Callgrind Format Specification*): the total of all costs, and
/// the calls of functions that allocate. A function's name stands beside its number once only.
fn profile(text: &str) -> Option<Profile> {
    let mut names: HashMap<&str, &str> = HashMap::new();
    let (mut instructions, mut allocations, mut called) = (None, 0, "");
    for line in text.lines() {
        let Some((key, value)) = line.split_once(['=', ':']) else { continue };
        match key {
            "fn" | "cfn" => {
                let (number, name) = value.split_once(' ').unwrap_or((value, ""));
                if !name.is_empty() {
                    names.insert(number, name);
                }
                if key == "cfn" {
                    called = names.get(number).copied().unwrap_or_default();
                }
            }
            // Where another file or version of it follows, the name is the same.
            "calls" if ALLOCATORS.contains(&called.split('@').next().unwrap_or_default()) => {
                allocations += value.split(' ').next()?.parse::<u64>().ok()?;
            }
            "totals" | "summary" => {
                instructions = value.split_whitespace().next()?.parse().ok();
            }
            _ => {}
        }
    }
    Some(Profile { instructions: instructions?, allocations })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_has_a_total_and_what_allocates() {
        let text = "events: Ir\nfn=(1) run\n0 10\ncfn=(2) malloc\ncalls=3 0\n0 90\ncfn=(3) free\ncalls=9 0\n\
                    fn=(4) other\ncfn=(2)\ncalls=4 0\n0 7\ncfn=(5) calloc@@GLIBC_2.2.5\ncalls=1 0\ntotals: 117\n";
        let profile = profile(text).expect("it has a total");
        assert_eq!((profile.instructions, profile.allocations), (117, 8));
        assert!(super::profile("events: Ir\nfn=(1) run\n").is_none());
    }
}
