//! Call scopes: memory that lives for one call (contract A-1 to A-4).
//!
//! A caller owns one stack of scopes over a chain of pages. Entering remembers where the bump pointer
//! stands, leaving puts it back: no list, no free, no lock. One of the modules that may use `unsafe`:
//! it owns the pages' memory and turns reserved bytes into typed places.

#![expect(unsafe_code, reason = "owns the pages and makes typed places of their bytes")]

mod page;
mod passing;

use std::alloc::Layout;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

use page::{NO_PAGE, Open, Page};
pub(crate) use passing::{ROOM_ALIGNMENT, ROOM_BYTES, Room};

/// Names a scope: unique in the process, and greater than every one its caller entered before it (A-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopeId(u64);

/// Leaving a scope that is not the innermost open one (A-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("scope {left:?} was left, but the innermost open scope is {innermost:?}")]
pub struct ScopeOrder {
    /// The scope that was to be left.
    pub left: ScopeId,
    /// The one that is innermost, if any is open.
    pub innermost: Option<ScopeId>,
}

/// There is no memory for a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no memory for what the call needs")]
pub struct NoMemory;

/// What a stack of scopes has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScopeCounters {
    /// Scopes entered.
    pub entered: u64,
    /// Scopes open now.
    pub open: u64,
    /// Bytes handed out.
    pub bytes: u64,
    /// Bytes of pages held now.
    pub held_bytes: usize,
}

/// Bytes of the first page; each further page is at least twice the last.
const FIRST_PAGE_BYTES: usize = 64 << 10;
/// Pages above this are given back when the outermost scope is left (A-4).
const RETAINED_BYTES: usize = 1 << 20;

/// Ids that a stack of scopes draws at a time.
const DRAWN_IDS: u64 = 1 << 20;

static NEXT_IDS: AtomicU64 = AtomicU64::new(1);

/// A caller's scopes and the pages behind them.
#[derive(Debug)]
pub struct Scopes {
    pages: Vec<Page>,
    /// Index of the page the bump pointer is in; before the first as long as there is none, and then the
    /// pointer is at the end of no bytes. Not a whole word, or it and the pointer would be loaded as one
    /// of 16 bytes, which has to wait until the pointer's last store has gone to memory.
    page: u32,
    next: *mut u8,
    end: *mut u8,
    /// The next id, and the first that was not drawn. Ids are drawn in blocks, because an atomic counter
    /// costs more than the rest of a scope (A-1).
    id: u64,
    drawn: u64,
    /// How many ids below `id` were not given out here.
    others: u64,
    /// Scopes open now.
    depth: usize,
    /// Those of them that were entered by hand.
    by_hand: Vec<Open>,
    bytes: u64,
}

// SAFETY: the raw pointers point into `pages`, which the value owns alone.
unsafe impl Send for Scopes {}

impl Default for Scopes {
    fn default() -> Scopes {
        Scopes {
            pages: Vec::new(),
            page: NO_PAGE,
            next: std::ptr::dangling_mut(),
            end: std::ptr::dangling_mut(),
            id: 0,
            drawn: 0,
            others: 0,
            depth: 0,
            by_hand: Vec::new(),
            bytes: 0,
        }
    }
}

impl Scopes {
    /// Enters a scope that is left when the guard goes.
    #[inline(always)]
    pub fn enter(&mut self) -> Scope<'_> {
        let open = self.open();
        Scope { open, scopes: NonNull::from(self), borrowed: PhantomData }
    }

    /// Enters a scope by hand; [`Scopes::end`] leaves it.
    pub fn begin(&mut self) -> ScopeId {
        let open = self.open();
        self.by_hand.push(open);
        open.id
    }

    /// Leaves the innermost scope, whose id this must be.
    ///
    /// # Errors
    /// [`ScopeOrder`] where it is not: left twice, or out of order. Nothing is changed then.
    pub fn end(&mut self, id: ScopeId) -> Result<(), ScopeOrder> {
        match self.by_hand.last().copied() {
            Some(open) if open.id == id => {
                self.by_hand.pop();
                self.leave(open);
                Ok(())
            }
            innermost => Err(ScopeOrder { left: id, innermost: innermost.map(|open| open.id) }),
        }
    }

    #[inline(always)]
    fn open(&mut self) -> Open {
        if self.id == self.drawn {
            self.draw();
        }
        let open = Open { id: ScopeId(self.id), page: self.page, next: self.next };
        self.id += 1;
        self.depth += 1;
        open
    }

    #[inline(always)]
    fn leave(&mut self, open: Open) {
        self.depth -= 1;
        self.next = open.next;
        if self.page != open.page {
            self.leave_pages(open.page);
        }
    }

    #[cold]
    fn leave_pages(&mut self, page: u32) {
        self.page = page;
        self.end = self.pages.get(page as usize).map_or(std::ptr::dangling_mut(), Page::end);
        if self.depth == 0 {
            self.trim();
        }
    }

    /// Draws ids. The first time there is no page yet either: what is entered is left to the beginning of
    /// the first one, or every call after it would have to find the page again.
    #[cold]
    fn draw(&mut self) {
        if let (true, Ok(page)) = (self.pages.is_empty(), Page::new(FIRST_PAGE_BYTES)) {
            (self.page, self.next, self.end) = (0, page.memory.as_ptr(), page.end());
            self.pages.push(page);
        }
        let first = NEXT_IDS.fetch_add(DRAWN_IDS, Ordering::Relaxed);
        self.others += first - self.id;
        (self.id, self.drawn) = (first, first + DRAWN_IDS);
    }

    /// What has been done so far.
    pub fn counters(&self) -> ScopeCounters {
        ScopeCounters {
            entered: self.id - self.others,
            open: self.depth as u64,
            bytes: self.bytes,
            held_bytes: self.pages.iter().map(|page| page.layout.size()).sum(),
        }
    }

    /// Bytes for the innermost scope: a bump of the pointer, or a new page (A-2).
    #[inline(always)]
    fn reserve(&mut self, layout: Layout) -> Result<NonNull<u8>, NoMemory> {
        let padding = self.next.addr().wrapping_neg() & (layout.align() - 1);
        let free = self.end.addr() - self.next.addr();
        // A layout's size is small enough for its alignment to be added.
        if padding + layout.size() > free {
            return self.chain(layout);
        }
        let start = self.next.wrapping_add(padding);
        self.next = start.wrapping_add(layout.size());
        self.bytes += layout.size() as u64;
        // SAFETY: it is within a page, or at the end of no bytes, which is not null either.
        Ok(unsafe { NonNull::new_unchecked(start) })
    }

    /// Goes on to a page that holds the layout, and reserves there.
    #[cold]
    fn chain(&mut self, layout: Layout) -> Result<NonNull<u8>, NoMemory> {
        let wanted = layout.size().checked_add(layout.align()).ok_or(NoMemory)?;
        let page = self.page.wrapping_add(1);
        let next = page as usize;
        if self.pages.get(next).is_none_or(|page| page.layout.size() < wanted) {
            let doubled = self.pages.last().map_or(FIRST_PAGE_BYTES, |page| page.layout.size() * 2);
            self.pages.insert(next, Page::new(doubled.min(RETAINED_BYTES).max(wanted))?);
        }
        let held = &self.pages[next];
        (self.page, self.next, self.end) = (page, held.memory.as_ptr(), held.end());
        self.reserve(layout)
    }

    /// Gives back what one burst of large calls took, but for the first pages (A-4). Called with no
    /// scope open, so that nothing is in any page.
    #[cold]
    fn trim(&mut self) {
        let mut held = 0;
        self.pages.retain(|page| {
            held += page.layout.size();
            held <= RETAINED_BYTES
        });
        self.page = if self.pages.is_empty() { NO_PAGE } else { 0 };
        let first = self.pages.first();
        self.next = first.map_or(std::ptr::dangling_mut(), |page| page.memory.as_ptr());
        self.end = first.map_or(std::ptr::dangling_mut(), Page::end);
    }
}

/// An open scope. What it hands out cannot be held after it (A-3):
///
/// ```compile_fail,E0505
/// # use reference_binder::scope::Scopes;
/// let mut scopes = Scopes::default();
/// let scope = scopes.enter();
/// let place = scope.place(7_u64).unwrap();
/// drop(scope);
/// *place += 1;
/// ```
///
/// ```
/// # use reference_binder::scope::Scopes;
/// let mut scopes = Scopes::default();
/// let scope = scopes.enter();
/// let place = scope.place(7_u64).unwrap();
/// *place += 1;
/// assert_eq!(*place, 8);
/// ```
pub struct Scope<'s> {
    open: Open,
    /// Not a reference, so that places are made through a shared one and several can be held at once.
    scopes: NonNull<Scopes>,
    borrowed: PhantomData<&'s mut Scopes>,
}

impl Scope<'_> {
    /// The scope's id.
    pub fn id(&self) -> ScopeId {
        self.open.id
    }

    /// A place that holds a value until the scope is left. The value is not dropped.
    ///
    /// # Errors
    /// [`NoMemory`].
    #[inline(always)]
    #[expect(clippy::mut_from_ref, reason = "every call hands out bytes no other call does")]
    pub fn place<T: Copy>(&self, value: T) -> Result<&mut T, NoMemory> {
        let place = self.reserve(Layout::new::<T>())?.cast::<T>();
        // SAFETY: the bytes are of T's size and alignment, and nothing else refers to them.
        unsafe { place.write(value) };
        // SAFETY: the place was initialised above; `&self` keeps the scope open for as long as the
        // reference lives, and no other place overlaps it until the scope is left.
        Ok(unsafe { &mut *place.as_ptr() })
    }

    /// Room for bytes at an alignment that is a power of two. What stands there is what an earlier scope
    /// left, or zeros.
    ///
    /// # Errors
    /// [`NoMemory`].
    #[inline(always)]
    pub fn bytes(&self, count: usize, alignment: usize) -> Result<&mut [u8], NoMemory> {
        let layout = Layout::from_size_align(count, alignment).map_err(|_| NoMemory)?;
        self.room(layout)
    }

    /// The same, for a layout.
    ///
    /// # Errors
    /// [`NoMemory`].
    #[inline(always)]
    #[expect(clippy::mut_from_ref, reason = "every call hands out bytes no other call does")]
    pub fn room(&self, layout: Layout) -> Result<&mut [u8], NoMemory> {
        let first = self.reserve(layout)?;
        // SAFETY: as in `place`; so many bytes were reserved, and every byte of a page is initialised.
        Ok(unsafe { std::slice::from_raw_parts_mut(first.as_ptr(), layout.size()) })
    }

    /// A scope within this one. Places of this scope cannot be used while it is open.
    pub fn nested(&mut self) -> Scope<'_> {
        let mut scopes = self.scopes;
        // SAFETY: as in `reserve`; the inner scope borrows this one, so that it is not used before that
        // is left.
        unsafe { scopes.as_mut() }.enter()
    }

    #[inline(always)]
    fn reserve(&self, layout: Layout) -> Result<NonNull<u8>, NoMemory> {
        let mut scopes = self.scopes;
        // SAFETY: the scope borrows its stack for as long as it is open, is not `Sync`, and no
        // reference made of the pointer outlives the method that made it.
        unsafe { scopes.as_mut() }.reserve(layout)
    }
}

impl Drop for Scope<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        // A guard is the innermost scope when it goes: `nested` borrows it for as long as the inner one
        // lives. If that was leaked, its memory is taken back with this one's.
        // SAFETY: as in `reserve`.
        unsafe { self.scopes.as_mut() }.leave(self.open);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ids_are_unique_increase_within_a_caller_and_are_left_in_order() {
        let (mut one, mut two) = (Scopes::default(), Scopes::default());
        let (a, b, c) = (one.begin(), two.begin(), one.begin());
        assert!(a < c && a != b && b != c);
        assert_eq!(one.end(a), Err(ScopeOrder { left: a, innermost: Some(c) }));
        assert_eq!(one.end(c), Ok(()));
        assert_eq!(one.end(c), Err(ScopeOrder { left: c, innermost: Some(a) }));
        assert_eq!(one.end(a), Ok(()));
        assert_eq!(one.end(a), Err(ScopeOrder { left: a, innermost: None }));
        assert_eq!(one.end(b), Err(ScopeOrder { left: b, innermost: None }));
        assert_eq!(two.end(b), Ok(()));
    }

    #[test]
    fn a_left_scope_is_reused_at_once() {
        let mut scopes = Scopes::default();
        let first = scopes.enter().place(1_u64).expect("a place") as *mut u64 as usize;
        let second = scopes.enter().place(2_u64).expect("a place") as *mut u64 as usize;
        assert_eq!(first, second);
        assert_eq!(scopes.page, 0, "or each call would have to find the page again");
        assert_eq!(scopes.counters().held_bytes, FIRST_PAGE_BYTES);
        assert_eq!(
            scopes.counters(),
            ScopeCounters { entered: 2, open: 0, bytes: 16, ..scopes.counters() }
        );
    }

    #[test]
    fn ids_stay_unique_and_increase_when_a_block_is_used_up() {
        let (mut one, mut two) = (Scopes::default(), Scopes::default());
        let before = one.enter().id();
        assert!(two.enter().id() != before);
        one.id = one.drawn;
        let after = one.enter().id();
        assert!(after > before && after > two.enter().id());
        let skipped = DRAWN_IDS - 1;
        assert_eq!((one.counters().entered - skipped, two.counters().entered), (2, 2));
    }

    #[test]
    fn bytes_are_aligned_and_may_be_read() {
        let mut scopes = Scopes::default();
        for (count, alignment) in [(0, 1), (1, 1), (24, 8), (5, 16), (16, 16)] {
            let scope = scopes.enter();
            scope.bytes(3, 1).expect("three bytes").fill(0xa5);
            let bytes = scope.bytes(count, alignment).expect("a few bytes");
            assert_eq!(bytes.as_ptr().addr() % alignment, 0);
            assert!(bytes.iter().all(|byte| *byte == 0 || *byte == 0xa5), "{count} bytes");
            bytes.fill(0xa5);
        }
    }

    #[test]
    fn a_burst_is_given_back() {
        const BURST: usize = 8 * RETAINED_BYTES;
        const ROW: usize = BURST / 4;
        let mut scopes = Scopes::default();
        for _ in 0..3 {
            let scope = scopes.enter();
            for _ in 0..BURST / ROW {
                scope.bytes(ROW, 1).expect("a row")[0] = 1;
            }
            drop(scope);
            assert!(scopes.counters().held_bytes <= RETAINED_BYTES);
        }
        assert_eq!(scopes.enter().place(5), Ok(&mut 5));
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri ends the process where memory is refused")]
    fn what_no_memory_holds_is_an_error_and_harms_nothing() {
        let mut scopes = Scopes::default();
        let scope = scopes.enter();
        let place = scope.place(7_u64).expect("a place");
        for (count, alignment) in [(1 << 50, 1), (isize::MAX as usize, 1), (1 << 62, 64)] {
            assert_eq!(scope.bytes(count, alignment).err(), Some(NoMemory));
        }
        assert_eq!(scope.bytes(usize::MAX, 1).err(), Some(NoMemory));
        assert_eq!((*place, scope.place(8_u64)), (7, Ok(&mut 8)));
        drop(scope);
        assert_eq!(scopes.counters().held_bytes, FIRST_PAGE_BYTES);
    }

    /// A place of the model: where, how long, filled with what.
    type Written = (NonNull<u8>, usize, u8);

    #[derive(Clone, Debug)]
    enum Op {
        Enter,
        Leave,
        Place { size: usize, alignment: usize },
    }

    fn ops() -> impl Strategy<Value = Vec<Op>> {
        let op = prop_oneof![
            2 => Just(Op::Enter),
            2 => Just(Op::Leave),
            5 => (0_usize..40_000, 0_u32..8)
                .prop_map(|(size, power)| Op::Place { size, alignment: 1 << power }),
        ];
        proptest::collection::vec(op, 1..if cfg!(miri) { 12 } else { 80 })
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: if cfg!(miri) { 4 } else { 128 },
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        /// Against a model that knows only intervals: places are aligned, do not overlap one that is
        /// alive, and keep their bytes until their scope is left.
        #[test]
        fn places_are_aligned_apart_and_kept(ops in ops()) {
            let mut scopes = Scopes::default();
            let mut open: Vec<(ScopeId, Vec<Written>)> = Vec::new();
            let mut fill = 0_u8;
            for op in ops {
                match op {
                    Op::Enter => open.push((scopes.begin(), Vec::new())),
                    Op::Leave => {
                        let Some((id, places)) = open.pop() else { continue };
                        for (place, size, fill) in places {
                            for at in [0, size / 2, size.saturating_sub(1)] {
                                if at < size {
                                    // SAFETY: the place was reserved with `size` bytes, written
                                    // below, and its scope is still open.
                                    let byte = unsafe { place.as_ptr().wrapping_add(at).read() };
                                    prop_assert_eq!(byte, fill);
                                }
                            }
                        }
                        prop_assert_eq!(scopes.end(id), Ok(()));
                    }
                    Op::Place { size, alignment } => {
                        if open.is_empty() { continue }
                        let layout = Layout::from_size_align(size, alignment).expect("small");
                        let place = scopes.reserve(layout).expect("a small place");
                        prop_assert_eq!(place.addr().get() % alignment, 0);
                        let start = place.addr().get();
                        for (other, length, _) in open.iter().flat_map(|(_, places)| places) {
                            let other = other.addr().get();
                            prop_assert!(start + size <= other || other + length <= start);
                        }
                        fill = fill.wrapping_add(1);
                        // SAFETY: `size` bytes were reserved above.
                        unsafe { place.write_bytes(fill, size) };
                        open.last_mut().expect("not empty").1.push((place, size, fill));
                    }
                }
            }
        }
    }
}
