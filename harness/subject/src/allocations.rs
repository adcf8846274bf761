//! Counting the process's own heap allocations, exactly and by thread.
//!
//! One of the modules that may use `unsafe`: a global allocator is one by its trait.
#![expect(unsafe_code, reason = "an allocator that counts and passes everything on")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// What a thread has done with the heap so far.
#[derive(Clone, Copy)]
struct Counts {
    made: Made,
    live: i64,
}

thread_local! {
    static COUNTS: Cell<Counts> =
        const { Cell::new(Counts { made: Made { allocations: 0, bytes: 0 }, live: 0 }) };
}

/// The system's allocator, counting. A binary that declares it as its global allocator can say what a
/// call allocates.
#[derive(Debug)]
pub struct Counting;

/// What a thread has asked of the heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    /// Allocations; one that is made larger or smaller is another.
    pub allocations: u64,
    /// Bytes of all of them, as they were asked for.
    pub bytes: u64,
}

/// What this thread has asked for so far; `None` where [`Counting`] is not the global allocator.
pub fn made() -> Option<Made> {
    let before = COUNTS.get();
    drop(std::hint::black_box(Box::new(0_u8)));
    // The probe's own allocation shows whether anything counts, and is not counted itself.
    let counts = COUNTS.get().made != before.made;
    COUNTS.set(before);
    counts.then_some(before.made)
}

/// Bytes this thread has allocated and not freed, less those it freed of others; `None` where [`Counting`] is
/// not the global allocator.
pub fn live() -> Option<i64> {
    made().map(|_| COUNTS.get().live)
}

/// Counts an allocation of so many bytes that was not refused, and the bytes by which more are live; gives it on.
fn counted(block: *mut u8, bytes: usize, more: i64) -> *mut u8 {
    if !block.is_null() {
        count(|Counts { made, live }| Counts {
            made: Made { allocations: made.allocations + 1, bytes: made.bytes + bytes as u64 },
            live: live + more,
        });
    }
    block
}

fn count(counted: impl FnOnce(Counts) -> Counts) {
    // While a thread ends its counters may be gone; those allocations are nobody's call.
    let _ = COUNTS.try_with(|counts| counts.set(counted(counts.get())));
}

// SAFETY: every method passes its arguments to the system's allocator unchanged and returns what that
// returned.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps `alloc`'s contract.
        counted(unsafe { System.alloc(layout) }, layout.size(), layout.size() as i64)
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps `alloc_zeroed`'s contract.
        counted(unsafe { System.alloc_zeroed(layout) }, layout.size(), layout.size() as i64)
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let more = size as i64 - layout.size() as i64;
        // SAFETY: the caller keeps `realloc`'s contract.
        counted(unsafe { System.realloc(block, layout, size) }, size, more)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(|Counts { made, live }| Counts { made, live: live - layout.size() as i64 });
        // SAFETY: the caller keeps `dealloc`'s contract.
        unsafe { System.dealloc(block, layout) }
    }
}
