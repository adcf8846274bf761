//! Faults of what a binder says of its own cost: clocks, calls and counters that are not as they are told.

use super::{BENCH, BENCH_IN_PROCESS, Class, Edit, Fault};

const LOOP: &str = "harness/src/served/reference/bench.rs";
const SERVED: &str = "harness/src/served/reference/mod.rs";

/// The nanoseconds of the loop of single calls.
const ELAPSED: &str = "Ok(start.elapsed().as_nanos() as u64)";

/// The loop of single calls itself.
const CALLS: &str = "timed::<PLACEMENT>(function, &ready, count, caller, |_, _| Ok(()))";

const fn of_figures(
    name: &'static str,
    breaks: &'static str,
    arms: &'static [&'static str],
    edits: &'static [Edit],
) -> Fault {
    Fault { name, breaks, clauses: &[], class: Class::Fail, arms, edits }
}

const fn of_counters(name: &'static str, breaks: &'static str, edits: &'static [Edit]) -> Fault {
    let clauses = &["P-1", "P-2", "P-3"];
    Fault { name, breaks, clauses, class: Class::Fail, arms: &["paths"], edits }
}

/// Faults of this family.
pub(super) const FAULTS: &[Fault] = &[
    of_figures(
        "elapsed-halved",
        "half the time of a loop of calls is told",
        &[BENCH, BENCH_IN_PROCESS],
        &[Edit { file: LOOP, replace: ELAPSED, with: "Ok(start.elapsed().as_nanos() as u64 / 2)" }],
    ),
    of_figures(
        "elapsed-of-short-loops-halved",
        "half the time is told of loops so short that the suite's clock says little of them",
        &[BENCH, BENCH_IN_PROCESS],
        &[Edit {
            file: LOOP,
            replace: ELAPSED,
            with: "{
                let took = start.elapsed();
                let short = took.as_micros() < 1_000;
                Ok(took.as_nanos() as u64 / if short { 2 } else { 1 })
            }",
        }],
    ),
    of_figures(
        "elapsed-by-count",
        "a loop's time is a number of nanoseconds a call, whatever it took",
        &[BENCH, BENCH_IN_PROCESS],
        &[Edit { file: LOOP, replace: ELAPSED, with: "Ok(count * 4)" }],
    ),
    of_figures(
        "elapsed-in-coarse-ticks",
        "a loop's time is told in whole milliseconds",
        &[BENCH, BENCH_IN_PROCESS],
        &[Edit {
            file: LOOP,
            replace: ELAPSED,
            with: "Ok(start.elapsed().as_millis() as u64 * 1_000_000)",
        }],
    ),
    of_figures(
        "loop-cut-short",
        "only the first thousand calls of a loop are made",
        &[BENCH, BENCH_IN_PROCESS],
        &[Edit { file: LOOP, replace: "count as usize", with: "count.min(1_000) as usize" }],
    ),
    of_figures(
        "reply-remembered",
        "a loop asked for a second time is answered with the first one's reply",
        &[BENCH, BENCH_IN_PROCESS],
        &[Edit {
            file: LOOP,
            replace: "bench_rows(&rows, asked, caller, &mut results, &numbers)",
            with: "{
                static KNOWN: std::sync::Mutex<Vec<(String, BenchReply)>> =
                    std::sync::Mutex::new(Vec::new());
                let key = format!(\"{} {:?}\", request.count, request.rows);
                let mut known = KNOWN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                match known.iter().find(|(kept, _)| *kept == key) {
                    Some((_, reply)) => Ok(*reply),
                    None => {
                        let reply =
                            bench_rows(&rows, asked, caller, &mut results, &numbers)?;
                        known.push((key, reply));
                        Ok(reply)
                    }
                }
            }",
        }],
    ),
    of_figures(
        "values-remembered",
        "each row is called once, and from then on its value is remembered",
        &[BENCH, BENCH_IN_PROCESS],
        &[Edit {
            file: LOOP,
            replace: CALLS,
            with: "{
                let known = ready.iter().map(|row| function.call(caller, row));
                let known = known.collect::<Result<Vec<_>, _>>().map_err(refused_on_the_clock)?;
                let start = Instant::now();
                for value in known.iter().cycle().take(count as usize) {
                    black_box(*value);
                }
                Ok::<u64, SubjectFault>(start.elapsed().as_nanos() as u64)
            }",
        }],
    ),
    of_figures(
        "values-remembered-where-nobody-counts",
        "values are remembered on a library that leaves no evidence, and there alone",
        // In the suite's own process the page is always mapped.
        &[BENCH],
        &[Edit {
            file: LOOP,
            replace: CALLS,
            with: "{
                let maps = std::fs::read_to_string(\"/proc/self/maps\").unwrap_or_default();
                if maps.contains(\"boundary-evidence\") {
                    timed::<PLACEMENT>(function, &ready, count, caller, |_, _| Ok(()))
                } else {
                    let known = ready.iter().map(|row| function.call(caller, row));
                    let known = known.collect::<Result<Vec<_>, _>>().map_err(refused_on_the_clock)?;
                    let start = Instant::now();
                    for value in known.iter().cycle().take(count as usize) {
                        black_box(*value);
                    }
                    Ok(start.elapsed().as_nanos() as u64)
                }
            }",
        }],
    ),
    of_figures(
        "one-more-allocation",
        "a call on a hot path allocates, and its counters do not know",
        &[BENCH_IN_PROCESS],
        &[Edit {
            file: LOOP,
            replace: "finish(black_box(value), caller).map_err(refused_on_the_clock)?;",
            with: "drop(black_box(Box::new(0_u64)));
                finish(black_box(value), caller).map_err(refused_on_the_clock)?;",
        }],
    ),
    of_counters(
        "scopes-not-counted",
        "the counters never tell of a scope",
        &[Edit { file: SERVED, replace: "counted.entered", with: "0" }],
    ),
    of_counters(
        "scopes-left-open",
        "the counters tell of every scope as if it were still open",
        &[Edit { file: SERVED, replace: "counted.open", with: "counted.entered" }],
    ),
    of_counters(
        "bytes-of-hot-calls",
        "the counters tell of native memory that grows with every look",
        &[Edit {
            file: SERVED,
            replace: "counted.bytes",
            with: "{
                static LOOKS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
                LOOKS.fetch_add(16, std::sync::atomic::Ordering::Relaxed)
            }",
        }],
    ),
];
