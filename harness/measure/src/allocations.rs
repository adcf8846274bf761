//! Counting the process's own heap allocations, exactly and by thread.
//!
//! One of the modules that may use `unsafe`: a global allocator is one by its trait.
#![expect(unsafe_code, reason = "an allocator that counts and passes everything on")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static MADE: Cell<u64> = const { Cell::new(0) };
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

fn count() {
    // While a thread ends its counter may be gone; those allocations are nobody's call.
    let _ = MADE.try_with(|made| made.set(made.get() + 1));
}

// SAFETY: every method passes its arguments to the system's allocator unchanged and returns what that
// returned.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps `alloc`'s contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps `alloc_zeroed`'s contract.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller keeps `realloc`'s contract.
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps `dealloc`'s contract.
        unsafe { System.dealloc(block, layout) }
    }
}
