//! What a call asks of the C library's heap, block by block: valgrind tells of each as it is asked for
//! (`--trace-malloc`, its manual, *Core: debugging options*). Callgrind sees that a block is asked for, and not of what size.

use std::process::Command;

use super::bench::Heap;
use super::count::{Each, LOOPS, MARK, OnPath, TAKEN, made, of_each, of_shapes};
use super::rows::MeasureError;
use super::work::Work;

/// What was asked for in one loop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Asked {
    allocations: u64,
    bytes: u64,
}

/// What the calls of some work's shapes ask of the C library's heap beyond what the floor does, each shape in a process of its
/// own. `worker` makes the command of a process that does some work by [`count::run`](super::count::run) and prints what
/// that gives as JSON. `valgrind` is that program.
///
/// # Errors
/// [`MeasureError`].
pub fn trace(
    valgrind: &str,
    work: &Work,
    worker: &dyn Fn(&Work) -> std::io::Result<Command>,
) -> Result<Vec<(OnPath, Heap)>, MeasureError> {
    of_shapes(work, worker, |_, worker| of_process(valgrind, worker))
}

fn of_process(valgrind: &str, worker: &Command) -> Result<Vec<(OnPath, Heap)>, MeasureError> {
    let mut command = Command::new(valgrind);
    // The lightest tool that takes the place of `malloc`, which tells of nothing but that.
    command
        .args(["--tool=massif", "--heap=no", "--quiet", "--vgdb=no", "--trace-malloc=yes"])
        .arg("--massif-out-file=/dev/null")
        .arg(worker.get_program())
        .args(worker.get_args());
    let (made, said) = made(command)?;
    let loops = loops(&said);
    let each = LOOPS.len() * TAKEN;
    if loops.len() != made.len() * each {
        let (told, owed) = (loops.len(), made.len() * each);
        let what =
            format!("valgrind's trace of allocations has {told} loops, and {owed} were made");
        return Err(MeasureError::Counts(what));
    }
    let traced = made.into_iter().zip(loops.chunks_exact(each)).map(|(of, loops)| {
        let above = |Each { floor, subject }: Each| subject - floor;
        let allocations = above(of_each(&of, loops, |asked| asked.allocations));
        let bytes = above(of_each(&of, loops, |asked| asked.bytes));
        (of, Heap { allocations, bytes })
    });
    Ok(traced.collect())
}

/// What stands between a mark and the next, loop by loop.
fn loops(trace: &str) -> Vec<Asked> {
    let (mut loops, mut open) = (Vec::new(), None::<Asked>);
    for bytes in trace.lines().filter_map(asked) {
        match &mut open {
            Some(_) if bytes == MARK as u64 => loops.extend(open.take()),
            None if bytes == MARK as u64 => open = Some(Asked::default()),
            Some(asked) => {
                asked.allocations += 1;
                asked.bytes += bytes;
            }
            None => {}
        }
    }
    loops
}

/// The bytes that a line says were asked for, where it says so: `--7-- malloc(16) = 0x4a0`, `calloc(2,8)`,
/// `realloc(0x4a0,32)`, which is a block of 32, or `memalign(al 64, size 128)`.
fn asked(line: &str) -> Option<u64> {
    let (call, _) = line.split_once(" = 0x")?;
    let (name, arguments) = call.strip_suffix(')')?.rsplit_once('(')?;
    let number = |text: &str| text.rsplit(' ').next()?.parse::<u64>().ok();
    match arguments.rsplit_once(',') {
        Some((times, size)) if name.ends_with("calloc") => {
            number(times)?.checked_mul(number(size)?)
        }
        Some((_, size)) => number(size),
        None => number(arguments),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_was_asked_for() {
        for (line, bytes) in [
            ("--7-- malloc(472) = 0x4B00030", Some(472)),
            ("--7-- _Znwm(16) = 0x4B00030", Some(16)),
            ("--7-- calloc(3,8) = 0x4B00030", Some(24)),
            ("--7-- realloc(0x4B018B0,2048) = 0x4B01CD0", Some(2048)),
            ("--7-- realloc(0x0,1600)malloc(1600) = 0x4B01250", Some(1600)),
            ("--7-- memalign(al 64, size 128) = 0x4B01250", Some(128)),
            ("--7-- free(0x4B00230)", None),
            ("--7-- malloc_usable_size(0x4B00230) = 24", None),
            ("x = 0x1", None),
        ] {
            assert_eq!(asked(line), bytes, "{line}");
        }
    }

    #[test]
    fn loops_stand_between_marks() {
        let text = "malloc(1) = 0x1\nmalloc(MARK) = 0x2\nfree(0x2)\nmalloc(16) = 0x3\ncalloc(2,4) = 0x4\n\
                    malloc(MARK) = 0x5\nmalloc(9) = 0x6\nmalloc(MARK) = 0x7\nmalloc(MARK) = 0x8\n";
        let text = text.replace("MARK", &MARK.to_string());
        assert_eq!(loops(&text), [Asked { allocations: 2, bytes: 24 }, Asked::default()]);
    }
}
