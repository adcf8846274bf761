//! Counting the process's own heap allocations, exactly and by thread.
//!
//! One of the modules that may use `unsafe`: a global allocator is one by its trait.
#![expect(unsafe_code, reason = "an allocator that counts and passes everything on")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static MADE: Cell<u64> = const { Cell::new(0) };
    static LIVE: Cell<i64> = const { Cell::new(0) };
}

/// The system's allocator, counting. A binary that declares it as its global allocator can say what a
/// call allocates.
#[derive(Debug)]
pub struct Counting;

/// Allocations this thread has made so far; `None` where [`Counting`] is not the global allocator.
pub fn made() -> Option<u64> {
    let before = MADE.get();
    drop(std::hint::black_box(Box::new(0_u8)));
    // The probe's own allocation shows whether anything counts, and is not counted itself.
    let counts = MADE.get() != before;
    MADE.set(before);
    counts.then_some(before)
}

/// Bytes this thread has allocated and not freed, less those it freed of others; `None` where [`Counting`] is
/// not the global allocator.
pub fn live() -> Option<i64> {
    made().map(|_| LIVE.get())
}

/// Counts an allocation that was not refused, and the bytes by which more are live; gives it on.
fn counted(block: *mut u8, bytes: i64) -> *mut u8 {
    if !block.is_null() {
        // While a thread ends its counters may be gone; those allocations are nobody's call.
        let _ = MADE.try_with(|made| made.set(made.get() + 1));
        grown(bytes);
    }
    block
}

fn grown(bytes: i64) {
    let _ = LIVE.try_with(|live| live.set(live.get() + bytes));
}

// SAFETY: every method passes its arguments to the system's allocator unchanged and returns what that
// returned.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps `alloc`'s contract.
        counted(unsafe { System.alloc(layout) }, layout.size() as i64)
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps `alloc_zeroed`'s contract.
        counted(unsafe { System.alloc_zeroed(layout) }, layout.size() as i64)
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let more = size as i64 - layout.size() as i64;
        // SAFETY: the caller keeps `realloc`'s contract.
        counted(unsafe { System.realloc(block, layout, size) }, more)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        grown(-(layout.size() as i64));
        // SAFETY: the caller keeps `dealloc`'s contract.
        unsafe { System.dealloc(block, layout) }
    }
}
