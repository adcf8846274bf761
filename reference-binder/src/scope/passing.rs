//! Scopes that are entered and left in passing: while one is open, nothing else can reach the stack it is of.
//!
//! What such a scope holds stands where the bump pointer is, and the pointer stays there: whoever reserves next
//! writes over it. Nobody does as long as whoever made it has the stack to itself.
//! Deliberately absent: `unsafe`; who writes to a room says why it may.

use super::Scopes;

/// Bytes that a room has at the least.
pub(crate) const ROOM_BYTES: usize = 1 << 10;
/// What each place of a room is aligned to.
pub(crate) const ROOM_ALIGNMENT: usize = 16;

/// Room for the places of a scope in passing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    first: *mut u8,
    next: *mut u8,
}

impl Room {
    /// A place of as many bytes, a multiple of [`ROOM_ALIGNMENT`]. Whoever takes more than [`ROOM_BYTES`] in all is
    /// given what is not theirs.
    #[inline(always)]
    pub(crate) fn take(&mut self, bytes: usize) -> *mut u8 {
        let place = self.next;
        self.next = place.wrapping_add(bytes);
        place
    }
}

impl Scopes {
    /// Enters and leaves a scope in which nothing is made; not where ids have to be drawn for that.
    #[inline(always)]
    pub(crate) fn pass(&mut self) -> bool {
        let is_drawn = self.id != self.drawn;
        self.id += u64::from(is_drawn);
        is_drawn
    }

    /// Room for a scope in passing; none where ids have to be drawn for it, or the page has not so many bytes more
    /// at that alignment. Nothing is entered yet: where it is not passed, nothing happened.
    #[inline(always)]
    pub(crate) fn room(&self) -> Option<Room> {
        let free = self.end.addr() - self.next.addr();
        let is_there = self.id != self.drawn
            && free >= ROOM_BYTES
            && self.next.addr().is_multiple_of(ROOM_ALIGNMENT);
        is_there.then_some(Room { first: self.next, next: self.next })
    }

    /// Enters a scope that holds what was taken of a room, and which is left before anything else is done here.
    #[inline(always)]
    pub(crate) fn pass_with(&mut self, room: Room) {
        self.id += 1;
        self.bytes += (room.next.addr() - room.first.addr()) as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::ScopeCounters;

    #[test]
    fn a_room_is_counted_and_leaves_nothing() {
        let mut scopes = Scopes::default();
        assert!(
            scopes.room().is_none() && !scopes.pass(),
            "no ids were drawn, and there is no page"
        );
        drop(scopes.enter());
        let mut room = scopes.room().expect("a page");
        let (first, second) = (room.take(32), room.take(16));
        assert_eq!((first.addr() % ROOM_ALIGNMENT, second.addr() - first.addr()), (0, 32));
        scopes.pass_with(room);
        let counted = ScopeCounters { entered: 2, open: 0, bytes: 48, ..scopes.counters() };
        assert_eq!(scopes.counters(), counted);
        let place = scopes.enter().place(1_u64).expect("a place") as *mut u64;
        assert_eq!(place.addr(), first.addr());
    }

    #[test]
    fn a_room_is_where_no_open_scope_has_a_place() {
        let mut scopes = Scopes::default();
        let outer = scopes.begin();
        let taken = scopes.reserve(std::alloc::Layout::new::<[u64; 4]>()).expect("a place");
        let mut room = scopes.room().expect("there is room beside it");
        assert!(room.take(16).addr() >= taken.addr().get() + 32);
        assert_eq!(scopes.end(outer), Ok(()));
        let inner = scopes.begin();
        scopes.reserve(std::alloc::Layout::new::<u8>()).expect("a byte");
        assert!(scopes.room().is_none(), "what follows a byte is not aligned");
        assert_eq!(scopes.end(inner), Ok(()));
        let full = scopes.begin();
        let all = super::super::FIRST_PAGE_BYTES - ROOM_BYTES / 2;
        scopes
            .reserve(std::alloc::Layout::from_size_align(all, 16).expect("small"))
            .expect("a page");
        assert!(scopes.room().is_none(), "the page ends too early");
        assert_eq!(scopes.end(full), Ok(()));
    }
}
