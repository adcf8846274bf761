//! Handles: native pointers that carry their type's name and know when they were consumed (C-7,
//! C-14).
//!
//! One table serves the process, because "two live handles of one type and address are one resource"
//! holds across callers and libraries. A key (type, address) gets a slot once and keeps it: reading
//! a slot takes no lock, and an address the allocator hands out again finds its old slot under a new
//! generation. One whose generations are used up keeps its handles closed, and its key gets another slot.
//! Deliberately absent: giving slots back. The table grows with the distinct addresses
//! ever seen, 16 bytes each, which an allocator that reuses memory bounds.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::keyword::Keyword;
use crate::refusal::CallCode;

/// A handle: a slot of the table and the generation it was issued in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Handle {
    slot: u32,
    generation: u32,
}

/// A handle type's name, as a number below 2^31.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HandleType(u32);

#[derive(Default)]
struct Slot {
    address: AtomicU64,
    /// type (31 bits), generation (32 bits), live (1 bit); 0 is an empty slot, because a filled one
    /// starts in generation 1.
    state: AtomicU64,
}

/// Slots of the first level; each further level doubles.
const FIRST_LEVEL: u32 = 1 << 10;
const LEVELS: usize = 20;

struct Level {
    slots: Box<[Slot]>,
    filled: AtomicU64,
}

struct Table {
    levels: [OnceLock<Level>; LEVELS],
    /// Held while a new key takes a slot.
    filling: Mutex<()>,
}

static TABLE: Table =
    Table { levels: [const { OnceLock::new() }; LEVELS], filling: Mutex::new(()) };

impl HandleType {
    pub(crate) fn named(name: &str) -> HandleType {
        let id = Keyword::new(name).id();
        assert!(id < 1 << 31, "fewer than 2^31 distinct names");
        HandleType(id)
    }

    const fn live(self, generation: u32) -> u64 {
        (self.0 as u64) << 33 | (generation as u64) << 1 | 1
    }

    const fn of_state(state: u64) -> HandleType {
        HandleType((state >> 33) as u32)
    }
}

const fn generation_of(state: u64) -> u32 {
    (state >> 1) as u32
}

impl Handle {
    /// The handle of a native address, which must not be null: the live one of that type and address,
    /// or a new one.
    #[inline]
    pub(crate) fn of(kind: HandleType, address: u64) -> Handle {
        let found = TABLE.find(kind, address);
        match found.and_then(|(slot, found)| Some(Handle { slot, generation: found.revive()? })) {
            Some(handle) => handle,
            None => TABLE.fill(kind, address),
        }
    }

    /// The address, where the handle is live and of this type.
    #[inline(always)]
    pub(crate) fn address(self, kind: HandleType) -> Result<u64, CallCode> {
        let Some(slot) = TABLE.slot(self.slot) else { return Err(CallCode::HandleTypeMismatch) };
        let state = slot.state.load(Ordering::Acquire);
        if state == kind.live(self.generation) {
            return Ok(slot.address.load(Ordering::Relaxed));
        }
        Err(wrong_state(kind, state))
    }

    /// Closes the handle. Of two threads that try, one succeeds (C-14).
    #[inline]
    pub(crate) fn close(self, kind: HandleType) -> Result<(), CallCode> {
        let Some(slot) = TABLE.slot(self.slot) else { return Err(CallCode::HandleTypeMismatch) };
        let live = kind.live(self.generation);
        match slot.state.compare_exchange(live, live - 1, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => Ok(()),
            Err(state) => Err(wrong_state(kind, state)),
        }
    }

    /// Whether the handle has not been consumed.
    pub fn is_open(self) -> bool {
        TABLE.slot(self.slot).is_some_and(|slot| {
            let state = slot.state.load(Ordering::Acquire);
            state & 1 == 1 && generation_of(state) == self.generation
        })
    }

    pub(crate) const fn bits(self) -> u64 {
        (self.slot as u64) << 32 | self.generation as u64
    }

    pub(crate) const fn from_bits(bits: u64) -> Handle {
        Handle { slot: (bits >> 32) as u32, generation: bits as u32 }
    }
}

/// A type never leaves its slot, so a slot of the right type can only be closed or a generation on.
#[cold]
fn wrong_state(kind: HandleType, state: u64) -> CallCode {
    if HandleType::of_state(state) == kind {
        CallCode::HandleClosed
    } else {
        CallCode::HandleTypeMismatch
    }
}

impl Slot {
    /// The live generation of this slot's key: the present one, or the next if it was closed; `None`
    /// where there is no next.
    #[inline]
    fn revive(&self) -> Option<u32> {
        let mut state = self.state.load(Ordering::Acquire);
        loop {
            let generation = generation_of(state);
            if state & 1 == 1 {
                return Some(generation);
            }
            let next = generation.checked_add(1)?;
            let live = HandleType::of_state(state).live(next);
            match self.state.compare_exchange_weak(state, live, Ordering::AcqRel, Ordering::Acquire)
            {
                Ok(_) => return Some(next),
                Err(now) => state = now,
            }
        }
    }
}

impl Table {
    /// The slot of an index. Index `i` of level `k` is `FIRST_LEVEL * (2^k - 1) + i`.
    #[inline(always)]
    fn slot(&self, index: u32) -> Option<&Slot> {
        let shifted = index.checked_add(FIRST_LEVEL)?;
        let level = shifted.ilog2() - FIRST_LEVEL.ilog2();
        let slots = &self.levels.get(level as usize)?.get()?.slots;
        slots.get((shifted - (FIRST_LEVEL << level)) as usize)
    }

    #[inline]
    fn find(&self, kind: HandleType, address: u64) -> Option<(u32, &Slot)> {
        for (number, level) in self.levels.iter().enumerate() {
            let Some(level) = level.get() else { break };
            if let Some((offset, slot)) = level.find(kind, address) {
                return Some(((FIRST_LEVEL << number) - FIRST_LEVEL + offset, slot));
            }
        }
        None
    }

    #[cold]
    fn fill(&self, kind: HandleType, address: u64) -> Handle {
        let _filling = self.filling.lock().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have filled it while this one waited.
        if let Some((index, slot)) = self.find(kind, address) {
            if let Some(generation) = slot.revive() {
                return Handle { slot: index, generation };
            }
            // No key has null for an address: none finds the slot any more, and its handles stay closed.
            slot.address.store(0, Ordering::Relaxed);
        }
        for (number, level) in self.levels.iter().enumerate() {
            let level = level.get_or_init(|| Level::new(FIRST_LEVEL << number));
            if let Some(offset) = level.fill(kind, address) {
                return Handle {
                    slot: (FIRST_LEVEL << number) - FIRST_LEVEL + offset,
                    generation: 1,
                };
            }
        }
        unreachable!("half a billion distinct handle addresses in one process")
    }
}

impl Level {
    fn new(slots: u32) -> Level {
        Level { slots: (0..slots).map(|_| Slot::default()).collect(), filled: AtomicU64::new(0) }
    }

    /// Offsets where a key may stand, in the order they are tried. A level is never more than half
    /// full, so an empty slot ends every search.
    #[inline(always)]
    fn probes(&self, kind: HandleType, address: u64) -> impl Iterator<Item = (u32, &Slot)> {
        let mask = self.slots.len() - 1;
        // The low bits of an address say little (alignment); a multiplication moves the rest up.
        let hash = (address ^ (kind.0 as u64) << 48).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let start = (hash >> 32) as usize;
        (0..self.slots.len()).map(move |step| {
            let offset = (start + step) & mask;
            (offset as u32, &self.slots[offset])
        })
    }

    #[inline]
    fn find(&self, kind: HandleType, address: u64) -> Option<(u32, &Slot)> {
        for (offset, slot) in self.probes(kind, address) {
            let state = slot.state.load(Ordering::Acquire);
            if state == 0 {
                return None;
            }
            // The state is stored after the address, so a filled slot's address is there.
            if HandleType::of_state(state) == kind
                && slot.address.load(Ordering::Relaxed) == address
            {
                return Some((offset, slot));
            }
        }
        None
    }

    /// Gives a new key a slot; the caller holds the filling lock.
    fn fill(&self, kind: HandleType, address: u64) -> Option<u32> {
        if self.filled.load(Ordering::Relaxed) >= self.slots.len() as u64 / 2 {
            return None;
        }
        let (offset, slot) =
            self.probes(kind, address).find(|(_, slot)| slot.state.load(Ordering::Relaxed) == 0)?;
        slot.address.store(address, Ordering::Relaxed);
        slot.state.store(kind.live(1), Ordering::Release);
        self.filled.fetch_add(1, Ordering::Relaxed);
        Some(offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;

    #[test]
    fn one_type_and_address_is_one_resource_until_it_is_closed() {
        let kind = HandleType::named("handle-test-a");
        let first = Handle::of(kind, 0x1000);
        assert_eq!(first, Handle::of(kind, 0x1000));
        assert_eq!(first.address(kind), Ok(0x1000));
        assert_eq!(first.close(kind), Ok(()));
        assert_eq!(first.close(kind), Err(CallCode::HandleClosed));
        assert_eq!(first.address(kind), Err(CallCode::HandleClosed));
        let second = Handle::of(kind, 0x1000);
        assert_ne!(first, second);
        assert_eq!(second.address(kind), Ok(0x1000));
        assert_eq!(first.address(kind), Err(CallCode::HandleClosed));
        assert!(second.is_open() && !first.is_open());
    }

    #[test]
    fn another_type_is_another_resource_at_the_same_address() {
        let (kind, other) =
            (HandleType::named("handle-test-b"), HandleType::named("handle-test-c"));
        let (b, c) = (Handle::of(kind, 0x2000), Handle::of(other, 0x2000));
        assert_ne!(b, c);
        assert_eq!(b.address(other), Err(CallCode::HandleTypeMismatch));
        assert_eq!(b.close(other), Err(CallCode::HandleTypeMismatch));
        assert_eq!(b.close(kind), Ok(()));
        assert_eq!(c.address(other), Ok(0x2000));
    }

    #[test]
    fn handles_stay_findable_when_the_table_grows() {
        const MANY: u64 = if cfg!(miri) { 100 } else { 5000 };
        let kind = HandleType::named("handle-test-many");
        let handles: Vec<_> = (1..MANY).map(|n| (n * 16, Handle::of(kind, n * 16))).collect();
        for (address, handle) in handles {
            assert_eq!(handle.address(kind), Ok(address));
            assert_eq!(Handle::of(kind, address), handle);
        }
    }

    #[test]
    fn of_racing_closers_one_wins_and_of_racing_makers_all_get_one() {
        const ROUNDS: u64 = if cfg!(miri) { 5 } else { 200 };
        let kind = HandleType::named("handle-test-race");
        for round in 1..ROUNDS {
            let barrier = Barrier::new(4);
            let handles: Vec<(Handle, bool)> = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..4)
                    .map(|_| {
                        scope.spawn(|| {
                            barrier.wait();
                            let handle = Handle::of(kind, round * 8);
                            barrier.wait();
                            (handle, handle.close(kind).is_ok())
                        })
                    })
                    .collect();
                threads.into_iter().map(|t| t.join().expect("no panic")).collect()
            });
            assert!(handles.iter().all(|(handle, _)| *handle == handles[0].0));
            assert_eq!(handles.iter().filter(|(_, won)| *won).count(), 1);
        }
    }

    #[test]
    fn a_handle_stays_closed_after_as_many_closings_as_32_bits_count() {
        let kind = HandleType::named("handle-test-worn");
        let first = Handle::of(kind, 0x3000);
        assert_eq!(first.close(kind), Ok(()));
        let (_, slot) = TABLE.find(kind, 0x3000).expect("its slot");
        slot.state.store(kind.live(u32::MAX) - 1, Ordering::Release);
        let second = Handle::of(kind, 0x3000);
        assert_eq!((second.address(kind), Handle::of(kind, 0x3000)), (Ok(0x3000), second));
        assert_eq!(first.address(kind), Err(CallCode::HandleClosed));
        assert!(!first.is_open());
        assert_eq!(second.close(kind), Ok(()));
        assert_ne!(Handle::of(kind, 0x3000), second);
    }

    #[test]
    fn a_made_up_handle_is_refused() {
        let kind = HandleType::named("handle-test-d");
        for bits in [0, u64::MAX, 0xffff_fc00_0000_0001, 0x0fff_ffff_0000_0001] {
            assert!(Handle::from_bits(bits).address(kind).is_err());
        }
    }
}
