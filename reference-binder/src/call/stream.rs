//! Native iterators as the items of a stream (contract L-16, R-12).
//!
//! One of the modules that may use `unsafe`: it calls an iterator's next and free symbols.

#![expect(unsafe_code, reason = "calls an iterator's next and free symbols")]

use super::Caller;
use super::foreign;
use super::give;
use super::plan::{StreamPlan, spare_bits};
use crate::heap::{Heap, Object};
use crate::refusal::{CallCode, CallRefusal};
use crate::stream::{Items, Stream};
use crate::value::{Value, View};

/// The stream of an iterator. What number the library names it by is its own affair, 0 included.
pub(super) fn open(plan: &StreamPlan, iterator: u64, heap: &mut Heap) -> Value {
    let items = NativeIterator { plan: plan.clone(), iterator };
    heap.keep(Object::Stream(Stream::new(Box::new(items))))
}

/// One iterator. It is freed when this goes, which is once.
#[derive(Debug)]
struct NativeIterator {
    plan: StreamPlan,
    iterator: u64,
}

// SAFETY: the symbols are code of a library the plan keeps loaded. The iterator is used by one thread at
// a time, and belongs to none by the contract.
unsafe impl Send for NativeIterator {}

impl Items for NativeIterator {
    fn next(&mut self) -> Result<Option<Value>, CallCode> {
        let _pass = self.plan.library.enter().ok_or(CallCode::LibraryClosed)?;
        let mut out = 0_u64;
        // SAFETY: binding found the symbol under the name L-16 gives it: it takes the iterator and a
        // place for a carrier scalar, which is at most a word.
        let there = unsafe { foreign::fetch(self.plan.next, self.iterator, (&raw mut out).cast()) };
        if !there {
            return Ok(None);
        }
        // The item lies in the word's low bytes, as in a register (no machine that is served is big-endian).
        let scalar = self.plan.item.scalar;
        let word = give::extend(scalar.is_signed(), spare_bits(scalar), out);
        Ok(Some(self.plan.item.give_word(word)))
    }
}

impl Drop for NativeIterator {
    fn drop(&mut self) {
        // What a closed library had is gone with it.
        let Some(_pass) = self.plan.library.enter() else { return };
        // SAFETY: as in `next`, by the name of the free symbol: it takes the iterator, and this is the
        // one call of it for this iterator.
        unsafe { foreign::free_one(self.plan.free, self.iterator) };
    }
}

impl Caller {
    /// Fetches a stream's next item; `None` is its end, which frees the iterator.
    ///
    /// # Errors
    /// `stream-consumed` after the end or [`Caller::close`]; `library-closed` (B-3); `type-mismatch` for what
    /// is no stream.
    pub fn next(&mut self, stream: Value) -> Result<Option<Value>, CallRefusal> {
        self.stream(stream).and_then(Stream::next).map_err(CallRefusal::new)
    }

    /// Stops a stream early: frees its iterator, where its end or an earlier stop has not.
    ///
    /// # Errors
    /// `type-mismatch` for what is no stream.
    pub fn close(&mut self, stream: Value) -> Result<(), CallRefusal> {
        self.stream(stream).map(Stream::close).map_err(CallRefusal::new)
    }

    fn stream(&mut self, stream: Value) -> Result<&mut Stream, CallCode> {
        match stream.view() {
            View::Object(object) => match self.heap.get_mut(object) {
                Some(Object::Stream(stream)) => Ok(stream),
                _ => Err(CallCode::TypeMismatch),
            },
            _ => Err(CallCode::TypeMismatch),
        }
    }
}
