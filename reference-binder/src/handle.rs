//! Handles: native pointers that carry their type's name and know when they were consumed (C-7,
//! C-14).
//!
//! One table serves the process, because "two live handles of one type and address are one resource"
//! holds across callers and libraries. A key (type, address) gets a slot once and keeps it: reading
//! a slot takes no lock, and an address the allocator hands out again finds its old slot under a new
//! generation. One whose generations are used up keeps its handles closed, and its key gets another slot.
//! Deliberately absent: giving slots back. The table grows with the distinct addresses
//! ever seen, 16 bytes each, which an allocator that reuses memory bounds.
//! One of the modules that may use `unsafe`: it keeps slots behind pointers that are read without a lock.

#![expect(unsafe_code, reason = "reaches slots that live as long as the process without a lock")]

use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::keyword::Keyword;
use crate::refusal::CallCode;

/// A handle: a slot of the table and the generation it was issued in, which is odd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Handle {
    slot: u32,
    generation: u32,
}

/// A handle type's name: a number above 0, in the upper half, where a filled slot's state has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HandleType(u64);

struct Slot {
    address: AtomicU64,
    /// The type, and below it the generation: odd while its handle is live, the even one after it once that was
    /// closed. 0 is an empty slot.
    state: AtomicU64,
}

/// The generation after which a slot's key gets another slot.
const LAST_GENERATION: u32 = u32::MAX >> 1;

/// A level has as many slots as its number is a power of two; each has twice those of the one before.
const FIRST_LEVEL: u32 = 10;
const LEVELS: usize = u64::BITS as usize;
/// Slots of the first level. The slots of all levels are numbered one after another, so that a slot's number
/// and these are its level's power of two and its place there.
const FIRST_SLOTS: u64 = 1 << FIRST_LEVEL;

/// The first level's slots: where nearly all handles are, so they are there before any is.
static FIRST: [Slot; FIRST_SLOTS as usize] = [const { Slot::empty() }; FIRST_SLOTS as usize];

struct Table {
    /// The slots of each level after the first, or null as long as none was needed. They are never moved or
    /// given back.
    levels: [AtomicPtr<Slot>; LEVELS],
    /// How many slots of each are filled. Held while a new key takes one.
    filled: Mutex<[u64; LEVELS]>,
}

static TABLE: Table = Table {
    levels: [const { AtomicPtr::new(std::ptr::null_mut()) }; LEVELS],
    filled: Mutex::new([0; LEVELS]),
};

impl HandleType {
    pub(crate) fn named(name: &str) -> HandleType {
        let id = Keyword::new(name).id();
        HandleType(u64::from(id.checked_add(1).expect("fewer than 2^32 distinct names")) << 32)
    }

    /// The state of a slot of this type.
    const fn of_generation(self, generation: u32) -> u64 {
        self.0 + generation as u64
    }

    const fn of_state(state: u64) -> HandleType {
        HandleType(state >> 32 << 32)
    }
}

const fn generation_of(state: u64) -> u32 {
    state as u32
}

impl Handle {
    /// The handle of a native address, which must not be null: the live one of that type and address,
    /// or a new one.
    #[inline(always)]
    pub(crate) fn of(kind: HandleType, address: u64) -> Handle {
        TABLE.first(kind, address).unwrap_or_else(|| Handle::of_any(kind, address))
    }

    /// The same of a key that is not in the first place where it is looked for.
    #[cold]
    #[inline(never)]
    fn of_any(kind: HandleType, address: u64) -> Handle {
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
        if state == kind.of_generation(self.generation) {
            return Ok(slot.address.load(Ordering::Relaxed));
        }
        Err(wrong_state(kind, state))
    }

    /// Closes the handle, where it is live and of this type: its address. Of two threads that try, one
    /// succeeds (C-14).
    #[inline(always)]
    pub(crate) fn close(self, kind: HandleType) -> Result<u64, CallCode> {
        let Some(slot) = TABLE.slot(self.slot) else { return Err(CallCode::HandleTypeMismatch) };
        // Before it is closed, so that it is still this handle's.
        let address = slot.address.load(Ordering::Relaxed);
        let live = kind.of_generation(self.generation);
        match slot.state.compare_exchange(live, live + 1, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => Ok(address),
            Err(state) => Err(wrong_state(kind, state)),
        }
    }

    /// Whether the handle has not been consumed.
    pub fn is_open(self) -> bool {
        TABLE.slot(self.slot).is_some_and(|slot| {
            let state = slot.state.load(Ordering::Acquire);
            generation_of(state) == self.generation
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
    const fn empty() -> Slot {
        Slot { address: AtomicU64::new(0), state: AtomicU64::new(0) }
    }

    /// The live generation of this slot's key: the present one, or the next if it was closed; `None`
    /// where there is no next.
    fn revive(&self) -> Option<u32> {
        let mut state = self.state.load(Ordering::Acquire);
        while generation_of(state) <= LAST_GENERATION {
            match self.revive_from(state) {
                Ok(live) => return Some(generation_of(live)),
                Err(now) => state = now,
            }
        }
        None
    }

    /// The live state that follows one whose generation is not beyond the last, or that one itself; if the slot is
    /// in another one now, that.
    #[inline(always)]
    fn revive_from(&self, state: u64) -> Result<u64, u64> {
        if state & 1 == 1 {
            return Ok(state);
        }
        let live = state + 1;
        self.state.compare_exchange(state, live, Ordering::AcqRel, Ordering::Acquire)?;
        Ok(live)
    }
}

impl Table {
    /// The slot of a number.
    #[inline(always)]
    fn slot(&self, number: u32) -> Option<&Slot> {
        FIRST.get(number as usize).or_else(|| self.further_slot(number))
    }

    /// In line, or what asks would keep registers for a call that is hardly ever made.
    #[inline(always)]
    fn further_slot(&self, number: u32) -> Option<&Slot> {
        let place = u64::from(number) + FIRST_SLOTS;
        let level = place.ilog2();
        let slots = self.levels[level as usize].load(Ordering::Acquire);
        if slots.is_null() {
            return None;
        }
        // SAFETY: a level has 2^level slots, and this is less.
        let slot = unsafe { slots.add((place ^ 1 << level) as usize) };
        // SAFETY: the slots live as long as the process.
        Some(unsafe { &*slot })
    }

    /// A level's slots; none where it has none yet.
    #[inline(always)]
    fn level(&self, level: u32) -> Option<&[Slot]> {
        if level == FIRST_LEVEL {
            return Some(&FIRST);
        }
        let slots = self.levels[level as usize].load(Ordering::Acquire);
        // SAFETY: a level has 2^level slots, which live as long as the process.
        (!slots.is_null()).then(|| unsafe { std::slice::from_raw_parts(slots, 1 << level) })
    }

    /// The handle of a key that is in the first place where it is looked for, as nearly all are while few are
    /// open; none either where another thread changes the slot meanwhile.
    #[inline(always)]
    fn first(&self, kind: HandleType, address: u64) -> Option<Handle> {
        let place = start(FIRST_LEVEL, kind, address);
        let slot = FIRST.get(place)?;
        let state = slot.state.load(Ordering::Acquire);
        // As in `find`: the address was stored before the state. The state of another type, or of none yet, is as far
        // from this one's as no generation is.
        if slot.address.load(Ordering::Relaxed) != address
            || state.wrapping_sub(kind.0) > u64::from(LAST_GENERATION)
        {
            return None;
        }
        let live = slot.revive_from(state).ok()?;
        Some(Handle { slot: number(FIRST_LEVEL, place), generation: generation_of(live) })
    }

    fn find(&self, kind: HandleType, address: u64) -> Option<(u32, &Slot)> {
        let mut level = FIRST_LEVEL;
        while let Some(slots) = self.level(level) {
            if let Some((place, slot)) = find(level, slots, kind, address) {
                return Some((number(level, place), slot));
            }
            level += 1;
        }
        None
    }

    #[cold]
    fn fill(&self, kind: HandleType, address: u64) -> Handle {
        let mut filled = self.filled.lock().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have filled it while this one waited.
        if let Some((slot, found)) = self.find(kind, address) {
            if let Some(generation) = found.revive() {
                return Handle { slot, generation };
            }
            // No key has null for an address: none finds the slot any more, and its handles stay closed.
            found.address.store(0, Ordering::Relaxed);
        }
        for level in FIRST_LEVEL..32 {
            let slots = self.level(level).unwrap_or_else(|| self.grow(level));
            // A level is never more than half full, so that an empty slot ends every search.
            if filled[level as usize] < slots.len() as u64 / 2 {
                filled[level as usize] += 1;
                let empty = |slot: &Slot| slot.state.load(Ordering::Relaxed) == 0;
                let found = probes(level, slots, kind, address).find(|(_, slot)| empty(slot));
                let (place, slot) = found.expect("half of the slots are empty");
                slot.address.store(address, Ordering::Relaxed);
                slot.state.store(kind.of_generation(1), Ordering::Release);
                return Handle { slot: number(level, place), generation: 1 };
            }
        }
        unreachable!("two billion distinct handle addresses in one process")
    }

    /// Gives a level its slots; the caller holds the lock.
    fn grow(&self, level: u32) -> &[Slot] {
        let slots: Box<[Slot]> = (0..1_u64 << level).map(|_| Slot::empty()).collect();
        let slots = Box::leak(slots);
        self.levels[level as usize].store(slots.as_mut_ptr(), Ordering::Release);
        self.level(level).expect("its slots were stored")
    }
}

/// The number of the slot at a place of a level.
#[inline(always)]
fn number(level: u32, place: usize) -> u32 {
    ((1_u64 << level) - FIRST_SLOTS) as u32 + place as u32
}

/// The place of a level at which a key is looked for first. The low bits of an address say little (alignment); a
/// multiplication moves the rest up.
#[inline(always)]
fn start(level: u32, kind: HandleType, address: u64) -> usize {
    let hash = (address ^ kind.0).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (hash >> (u64::BITS - level)) as usize
}

/// Where a key may stand in a level, in the order the slots are tried.
#[inline(always)]
fn probes(
    level: u32,
    slots: &[Slot],
    kind: HandleType,
    address: u64,
) -> impl Iterator<Item = (usize, &Slot)> {
    let mask = slots.len() - 1;
    let start = start(level, kind, address);
    (0..slots.len()).map(move |step| {
        let place = (start + step) & mask;
        (place, &slots[place])
    })
}

#[inline(always)]
fn find(level: u32, slots: &[Slot], kind: HandleType, address: u64) -> Option<(usize, &Slot)> {
    for (place, slot) in probes(level, slots, kind, address) {
        let state = slot.state.load(Ordering::Acquire);
        // The state is stored after the address, so a filled slot's address is there.
        if slot.address.load(Ordering::Relaxed) == address && HandleType::of_state(state) == kind {
            return Some((place, slot));
        }
        if state == 0 {
            return None;
        }
    }
    None
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
        assert_eq!(first.close(kind), Ok(0x1000));
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
        assert_eq!(b.close(kind), Ok(0x2000));
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
    fn a_handle_stays_closed_when_its_slots_generations_are_used_up() {
        let kind = HandleType::named("handle-test-worn");
        let first = Handle::of(kind, 0x3000);
        assert_eq!(first.close(kind), Ok(0x3000));
        let (_, slot) = TABLE.find(kind, 0x3000).expect("its slot");
        slot.state.store(kind.of_generation(LAST_GENERATION - 1), Ordering::Release);
        let second = Handle::of(kind, 0x3000);
        assert_eq!((second.address(kind), Handle::of(kind, 0x3000)), (Ok(0x3000), second));
        assert_eq!(first.address(kind), Err(CallCode::HandleClosed));
        assert!(!first.is_open());
        assert_eq!(second.close(kind), Ok(0x3000));
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
