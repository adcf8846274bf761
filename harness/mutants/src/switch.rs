//! Which fault is on in this process, and what faults have in common.

#![expect(unsafe_code, reason = "loses memory that calls are lent")]

use std::hint::black_box;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

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

/// One of so many places of the process, of 64 bytes, which whoever asks takes in turn.
pub fn ring(places: usize) -> NonNull<u8> {
    static RING: [AtomicU64; 8 * 64] = [const { AtomicU64::new(0) }; 8 * 64];
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let place = NEXT.fetch_add(1, Ordering::Relaxed) % places.min(64);
    NonNull::from(&RING[8 * place..]).cast()
}

/// Memory that a call under way is lent.
struct Lent {
    thread: ThreadId,
    since: u64,
    address: usize,
    bytes: usize,
}

static LENT: Mutex<(u64, Vec<Lent>)> = Mutex::new((0, Vec::new()));

fn lent() -> MutexGuard<'static, (u64, Vec<Lent>)> {
    LENT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Begins a call, which says what memory it is lent, and writes over what calls are lent that began so many
/// calls ago.
pub fn under_way(others: u64, says: impl FnOnce(&mut dyn FnMut(usize, usize))) {
    let mut lent = lent();
    let (calls, lent) = &mut *lent;
    *calls += 1;
    let since = *calls;
    lent.retain(|lent| {
        let kept = since - lent.since <= others;
        if !kept {
            let place = std::ptr::with_exposed_provenance_mut::<u8>(lent.address);
            // SAFETY: the call that was lent these bytes has not ended: it would have taken them off the list.
            unsafe { place.write_bytes(0xDD, lent.bytes) };
        }
        kept
    });
    let thread = thread::current().id();
    says(&mut |address, bytes| lent.push(Lent { thread, since, address, bytes }));
}

/// Ends the call of this thread.
pub fn ended() {
    let thread = thread::current().id();
    lent().1.retain(|lent| lent.thread != thread);
}
