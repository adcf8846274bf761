//! Streams: items fetched one by one from a native iterator that is freed exactly once.
//!
//! A stream owns what gives its items, so that ending, closing and dropping it are one thing.
//! Deliberately absent: what an iterator is; `call` knows.

use std::fmt::Debug;

use crate::refusal::CallCode;
use crate::value::Value;

/// What gives a stream's items. Dropping it frees the native iterator.
pub(crate) trait Items: Debug + Send {
    /// The next item; `None` at the end, after which this is not asked again.
    fn next(&mut self) -> Result<Option<Value>, CallCode>;
}

/// A stream: used once, from its first item to its end or until it is closed.
#[derive(Debug)]
pub struct Stream {
    /// `None` once it was consumed.
    items: Option<Box<dyn Items>>,
}

impl Stream {
    pub(crate) fn new(items: Box<dyn Items>) -> Stream {
        Stream { items: Some(items) }
    }

    /// The next item. `None` is the end, and frees the iterator.
    ///
    /// # Errors
    /// `stream-consumed` after the end or [`Stream::close`]; `library-closed` (B-3).
    pub(crate) fn next(&mut self) -> Result<Option<Value>, CallCode> {
        let items = self.items.as_mut().ok_or(CallCode::StreamConsumed)?;
        let item = items.next()?;
        if item.is_none() {
            self.items = None;
        }
        Ok(item)
    }

    /// Stops early: frees the iterator, where that has not been done.
    pub(crate) fn close(&mut self) {
        self.items = None;
    }

    /// Whether it has neither ended nor been closed.
    pub fn is_open(&self) -> bool {
        self.items.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[derive(Debug)]
    struct Countdown {
        left: i64,
        freed: Arc<AtomicU32>,
    }

    impl Items for Countdown {
        fn next(&mut self) -> Result<Option<Value>, CallCode> {
            self.left -= 1;
            Ok((self.left >= 0).then_some(Value::long(self.left)))
        }
    }

    impl Drop for Countdown {
        fn drop(&mut self) {
            self.freed.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn countdown(left: i64) -> (Stream, Arc<AtomicU32>) {
        let freed = Arc::new(AtomicU32::new(0));
        let items = Countdown { left, freed: freed.clone() };
        (Stream::new(Box::new(items)), freed)
    }

    #[test]
    fn a_stream_frees_its_iterator_at_the_end_and_is_consumed_then() {
        let (mut stream, freed) = countdown(1);
        assert!(stream.next().is_ok_and(|item| item.is_some_and(|item| item.same(Value::long(0)))));
        assert_eq!(freed.load(Ordering::Relaxed), 0);
        assert!(stream.next().is_ok_and(|item| item.is_none()));
        assert_eq!(freed.load(Ordering::Relaxed), 1);
        assert_eq!(stream.next().err(), Some(CallCode::StreamConsumed));
        stream.close();
        drop(stream);
        assert_eq!(freed.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_stream_that_is_closed_or_dropped_frees_its_iterator_once() {
        let (mut closed, freed) = countdown(3);
        assert!(closed.next().is_ok() && closed.is_open());
        closed.close();
        assert!(!closed.is_open());
        assert_eq!(closed.next().err(), Some(CallCode::StreamConsumed));
        assert_eq!(freed.load(Ordering::Relaxed), 1);
        let (dropped, freed) = countdown(3);
        drop(dropped);
        assert_eq!(freed.load(Ordering::Relaxed), 1);
    }
}
