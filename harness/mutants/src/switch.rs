//! Which fault is on in this process, and what faults have in common.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// No fault.
const NONE: usize = usize::MAX;

static ON: AtomicUsize = AtomicUsize::new(NONE);
static ASKED: AtomicU64 = AtomicU64::new(0);

/// Puts the fault of this number on, for as long as the process lives.
pub fn choose(number: usize) {
    ON.store(number, Ordering::Relaxed);
}

/// Whether the fault of this number is on.
#[inline]
pub fn on(number: usize) -> bool {
    ON.load(Ordering::Relaxed) == number
}

/// True from the `n`-th time on that it is asked in this process.
pub fn hot(n: u64) -> bool {
    ASKED.fetch_add(1, Ordering::Relaxed) >= n
}

/// Takes so many bytes, touches each, and never gives them back.
pub fn leak(bytes: usize) {
    black_box(Vec::leak(vec![1_u8; bytes]));
}

/// A place that faults keep a word in.
pub fn kept() -> &'static AtomicU64 {
    static KEPT: AtomicU64 = AtomicU64::new(0);
    &KEPT
}
