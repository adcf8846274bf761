//! The host values that need memory: big integers, extended floats, errors, strings, bytes, arrays,
//! vectors, maps, streams, functions.
//!
//! A heap belongs to one caller. Its objects stay until the host releases them, all that were made
//! since a mark at once; no call ever drops one.

mod copied;
mod renewed;

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use contract::Scalar;
use num_bigint::BigInt;

use crate::keyword::Keyword;
use crate::refusal::CallRefusal;
use crate::stream::Stream;
use crate::value::{ObjectRef, Value};

/// A function object of the host's, until it is released. The number is never another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeptFunction(pub(crate) u64);

/// A value that needs memory (contract V).
#[derive(Debug)]
pub enum Object {
    /// An integer of any size. R-2 asks for one only where no word holds the value; a host may give
    /// one of any value.
    Big(BigInt),
    /// An extended float: the bits of an `:f80` (the low 80) or of an `:f128`.
    Extended(Scalar, u128),
    /// An error, by its name.
    Error(String),
    /// A string.
    Text(String),
    /// Text in which a surrogate stands alone, which has no encoding (C-11): code units of UTF-16. Strings
    /// here hold no such, so it stands for those of hosts that do.
    Unencodable(Vec<u16>),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A typed primitive array, mutable in place.
    Array(Array),
    /// A vector of values.
    Vector(Vec<Value>),
    /// A map keyed by field; a record where it carries a type name.
    Map {
        /// The record's type name.
        record: Option<Keyword>,
        /// The entries, each key once.
        entries: Vec<(Keyword, Value)>,
    },
    /// Items that a native iterator gives one by one.
    Stream(Stream),
    /// A function of the host's (K-1).
    Function(HostFunction),
    /// A function object of the host's (K-7).
    Kept(KeptFunction),
}

/// A function of the host's, which a callee calls while a call runs (K-2).
#[derive(Clone)]
pub struct HostFunction(Arc<dyn Callable>);

/// What a function of the host's does. It may be called from any thread, several times at once.
pub trait Callable: Any + Send + Sync {
    /// Its answer to these arguments.
    ///
    /// # Errors
    /// What it raises.
    fn call(&self, host: &mut dyn Host, arguments: &[Value]) -> Result<Value, Raised>;
}

/// What a function of the host's raised, as it comes to who called (K-4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raised(pub String);

/// What a function of the host's runs in. The values it is given, makes and gives are of a heap of its own, which is
/// emptied when it has returned.
pub trait Host {
    /// Where its objects live.
    fn heap(&mut self) -> &mut Heap;

    /// The function itself, as a value of that heap.
    fn itself(&mut self) -> Value;

    /// Calls the bound function again that it was given to (K-3).
    ///
    /// # Errors
    /// As any call of it.
    fn again(&mut self, arguments: &[Value]) -> Result<Value, CallRefusal>;
}

impl HostFunction {
    /// The function that does this.
    pub fn new(callable: impl Callable) -> HostFunction {
        HostFunction(Arc::new(callable))
    }

    /// What it does, where that is of this type.
    pub fn callable<C: Callable>(&self) -> Option<&C> {
        let callable: &dyn Any = &*self.0;
        callable.downcast_ref()
    }

    pub(crate) fn call(&self, host: &mut dyn Host, arguments: &[Value]) -> Result<Value, Raised> {
        self.0.call(host, arguments)
    }
}

impl fmt::Debug for HostFunction {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("HostFunction")
    }
}

/// A typed primitive array: its memory is what a slice argument reaches (C-8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Array {
    element: Scalar,
    length: usize,
    /// Bytes before its first element, and in all: more than its own where it is a view of a larger array.
    offset: usize,
    whole: usize,
    /// Words, so that every element type up to 16 bytes is aligned; in cells, because a callee writes
    /// to them while the binder still reads other objects of the heap.
    words: Vec<Cell<u128>>,
}

/// Storage of the host values of one caller.
#[derive(Debug)]
pub struct Heap {
    /// So many of the first are objects. What stands behind them was released, and waits for another of its
    /// kind to take its place and memory: calls that return objects of a size ask nobody for memory.
    objects: Vec<(u64, Object)>,
    live: usize,
    /// Where those objects stand that do not wait when they are released.
    heavy: Vec<usize>,
    /// Objects made from now on carry this; a release takes a new one, so that a value that outlived
    /// its object, or comes from another heap, names nothing. Of 64 bits, which no process runs out of.
    stamp: u64,
}

/// An object of more memory does not wait, so that one burst's peak is not held for ever.
const LIGHT_BYTES: usize = 1 << 14;
/// So many wait at the most.
const WAITING: usize = 1 << 8;
/// Stamps that a heap draws at a time.
const DRAWN_STAMPS: u64 = 1 << 16;

/// A point in a heap's life to release back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark(usize);

static NEXT_STAMP: AtomicU64 = AtomicU64::new(0);

impl Default for Heap {
    fn default() -> Heap {
        Heap { objects: Vec::new(), live: 0, heavy: Vec::new(), stamp: draw_stamps() }
    }
}

/// The first of a block of stamps that no other heap has.
#[cold]
fn draw_stamps() -> u64 {
    NEXT_STAMP.fetch_add(DRAWN_STAMPS, Ordering::Relaxed)
}

impl Heap {
    /// Keeps an object and names it.
    ///
    /// # Panics
    /// When the heap holds 2^32 objects.
    #[inline]
    pub fn keep(&mut self, object: Object) -> Value {
        if object.is_heavy() {
            self.heavy.push(self.live);
        }
        match self.objects.get_mut(self.live) {
            Some(waiting) => *waiting = (self.stamp, object),
            None => self.objects.push((self.stamp, object)),
        }
        self.named()
    }

    /// The value of the object that was put behind the live ones.
    #[inline(always)]
    fn named(&mut self) -> Value {
        let index = u32::try_from(self.live).expect("fewer than 2^32 objects a heap");
        self.live += 1;
        Value::object(ObjectRef { index, stamp: self.stamp })
    }

    /// The object a value names; `None` where it was released or is another heap's.
    #[inline(always)]
    pub fn get(&self, object: ObjectRef) -> Option<&Object> {
        let (stamp, found) = self.objects.get(object.index as usize)?;
        (*stamp == object.stamp && (object.index as usize) < self.live).then_some(found)
    }

    /// The same, to write to.
    pub fn get_mut(&mut self, object: ObjectRef) -> Option<&mut Object> {
        let (stamp, found) = self.objects.get_mut(object.index as usize)?;
        (*stamp == object.stamp && (object.index as usize) < self.live).then_some(found)
    }

    /// An integer as the host's value of it: a long, an unsigned word, or an object.
    pub fn integer(&mut self, value: &BigInt) -> Value {
        if let Ok(long) = i64::try_from(value) {
            return Value::long(long);
        }
        match u64::try_from(value) {
            Ok(word) => Value::unsigned(word),
            Err(_) => self.keep(Object::Big(value.clone())),
        }
    }

    /// A 128-bit integer as the host's value of it: signed where `signed`, in two's complement.
    pub(crate) fn integer_128(&mut self, bits: u128, signed: bool) -> Value {
        let negative = signed && (bits as i128) < 0;
        match (i64::try_from(bits as i128), u64::try_from(bits)) {
            (Ok(long), _) if negative || long >= 0 => Value::long(long),
            (_, Ok(word)) => Value::unsigned(word),
            _ if negative => self.keep(Object::Big(BigInt::from(bits as i128))),
            _ => self.keep(Object::Big(BigInt::from(bits))),
        }
    }

    /// Now, for [`Heap::release`].
    pub fn mark(&self) -> Mark {
        Mark(self.live)
    }

    /// Lets go of every object made since the mark. Values that name one name nothing from now on.
    #[inline]
    pub fn release(&mut self, mark: Mark) {
        if mark.0 < self.live {
            self.live = mark.0;
            self.stamp += 1;
            let has_heavy = self.heavy.last().is_some_and(|place| *place >= mark.0);
            let has_many = self.objects.len() > mark.0 + WAITING;
            if has_heavy || has_many || self.stamp.is_multiple_of(DRAWN_STAMPS) {
                self.tidy();
            }
        }
    }

    /// Drops what does not wait, and draws stamps where they are used up.
    #[cold]
    fn tidy(&mut self) {
        self.objects.truncate(self.live + WAITING);
        while let Some(place) = self.heavy.pop_if(|place| *place >= self.live) {
            if let Some((_, object)) = self.objects.get_mut(place) {
                *object = Object::Big(BigInt::ZERO);
            }
        }
        if self.stamp.is_multiple_of(DRAWN_STAMPS) {
            self.stamp = draw_stamps();
        }
    }
}

impl Object {
    /// Whether it is dropped as soon as it is released.
    #[inline]
    fn is_heavy(&self) -> bool {
        let bytes = match self {
            Object::Stream(_) | Object::Function(_) => return true,
            Object::Big(_) | Object::Extended(..) | Object::Kept(_) => 0,
            Object::Error(text) | Object::Text(text) => text.capacity(),
            Object::Unencodable(units) => size_of_val(units.as_slice()),
            Object::Bytes(bytes) => bytes.capacity(),
            Object::Array(array) => size_of_val(array.words.as_slice()),
            Object::Vector(values) => values.capacity() * size_of::<Value>(),
            Object::Map { entries, .. } => entries.capacity() * size_of::<(Keyword, Value)>(),
        };
        bytes > LIGHT_BYTES
    }
}

impl Array {
    /// An array of `length` zero elements.
    pub fn zeroed(element: Scalar, length: usize) -> Array {
        let bytes = length.checked_mul(element.size()).expect("an array that memory could hold");
        let words = vec![Cell::new(0); bytes.div_ceil(16)];
        Array { element, length, offset: 0, whole: bytes, words }
    }

    /// An array of the elements whose little-endian bytes these are; `None` where they are not a
    /// whole number of elements, or a bool is neither 0 nor 1.
    pub fn from_bytes(element: Scalar, bytes: &[u8]) -> Option<Array> {
        let valid = bytes.len().is_multiple_of(element.size())
            && (element != Scalar::Bool || bytes.iter().all(|byte| *byte <= 1));
        if !valid {
            return None;
        }
        let array = Array::zeroed(element, bytes.len() / element.size());
        for (word, chunk) in array.words.iter().zip(bytes.chunks(16)) {
            let mut padded = [0; 16];
            padded[..chunk.len()].copy_from_slice(chunk);
            word.set(u128::from_le_bytes(padded));
        }
        Some(array)
    }

    /// A view of some elements of a larger array, whose little-endian bytes these are; `None` where it has
    /// them not, or as [`Array::from_bytes`].
    pub fn view(element: Scalar, all: &[u8], first: usize, count: usize) -> Option<Array> {
        let mut array = Array::from_bytes(element, all)?;
        if first.checked_add(count)? > array.length {
            return None;
        }
        array.offset = first * element.size();
        array.length = count;
        Some(array)
    }

    /// The elements' little-endian bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.length * self.element.size()];
        self.copy_to(&mut bytes);
        bytes
    }

    /// Those of the whole array that it is a view of, its own where it is none.
    pub fn whole_bytes(&self) -> Vec<u8> {
        let bytes = self.words.iter().flat_map(|word| word.get().to_le_bytes());
        bytes.take(self.whole).collect()
    }

    /// Copies the elements to a place of exactly their size.
    pub(crate) fn copy_to(&self, place: &mut [u8]) {
        let words = self.words.iter().skip(self.offset / 16);
        let bytes = words.flat_map(|word| word.get().to_le_bytes()).skip(self.offset % 16);
        place.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
    }

    /// The element type.
    pub fn element(&self) -> Scalar {
        self.element
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Where the elements are, for a call that may write to them: good until the array is dropped,
    /// whatever else the heap does.
    pub(crate) fn address(&self) -> *mut u8 {
        self.words.as_ptr().cast_mut().cast::<u8>().wrapping_add(self.offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::View;

    fn object(value: Value) -> ObjectRef {
        match value.view() {
            View::Object(object) => object,
            other => panic!("{other:?} is no object"),
        }
    }

    #[test]
    fn a_released_object_is_gone_for_every_value_that_named_it() {
        let mut heap = Heap::default();
        let kept = object(heap.keep(Object::Text("kept".into())));
        let mark = heap.mark();
        let gone = object(heap.keep(Object::Text("gone".into())));
        heap.release(mark);
        let next = object(heap.keep(Object::Text("next".into())));
        assert!(heap.get(kept).is_some() && heap.get(next).is_some());
        assert!(heap.get(gone).is_none(), "the same index holds another object now");
        assert!(Heap::default().get(kept).is_none(), "another heap's value names nothing here");
    }

    #[test]
    fn an_object_stays_gone_after_as_many_releases_as_32_bits_count() {
        let mut heap = Heap::default();
        let mark = heap.mark();
        let gone = heap.keep(Object::Text("gone".into()));
        heap.release(mark);
        heap.stamp = object(gone).stamp + (1 << 32);
        let next = heap.keep(Object::Text("next".into()));
        assert!(heap.get(object(next)).is_some());
        assert!(
            heap.get(object(gone)).is_none(),
            "the same index, and the same low half of a stamp"
        );
        assert!(!gone.same(next));
    }

    #[test]
    fn what_waits_is_reached_by_nobody_and_gives_its_memory_to_the_next() {
        let mut heap = Heap::default();
        let mark = heap.mark();
        let entry = |long| (Keyword::new("x"), Value::long(long));
        let text = object(heap.keep(Object::Text("text".into())));
        let first = object(heap.keep_map(None, [entry(1), entry(2)].into_iter()));
        let at = |heap: &Heap, map| match heap.get(map) {
            Some(Object::Map { entries, .. }) => (entries.len(), entries.as_ptr().addr()),
            other => panic!("{other:?}"),
        };
        let (_, memory) = at(&heap, first);
        heap.release(mark);
        assert!(heap.get(first).is_none() && heap.get(text).is_none());
        assert!(heap.spare_text().capacity() >= 4 && heap.spare_row().capacity() == 0);
        let entries = heap.spare_entries();
        assert_eq!((entries.as_ptr().addr(), entries.len()), (memory, 0));
        heap.keep(Object::Map { record: None, entries });
        heap.release(mark);
        let second = object(heap.keep_map(None, [entry(3)].into_iter()));
        assert_eq!(at(&heap, second), (1, memory));
        assert!(heap.get(first).is_none());
    }

    #[test]
    fn what_is_heavy_or_many_does_not_wait() {
        let mut heap = Heap::default();
        let below = object(heap.keep(Object::Bytes(vec![1; LIGHT_BYTES + 1])));
        let mark = heap.mark();
        for _ in 0..2 * WAITING {
            heap.keep(Object::Bytes(vec![2; LIGHT_BYTES + 1]));
        }
        heap.release(mark);
        assert!(heap.objects.len() <= heap.live + WAITING);
        assert!(heap.objects[heap.live..].iter().all(|(_, object)| !object.is_heavy()));
        assert!(heap.get(below).is_some() && heap.heavy == [0]);
    }

    #[test]
    fn integers_take_the_smallest_form() {
        let mut heap = Heap::default();
        let big = |text: &str| text.parse::<BigInt>().expect("a number");
        assert_eq!(heap.integer(&big("-9223372036854775808")).view(), View::Long(i64::MIN));
        assert_eq!(heap.integer(&big("18446744073709551615")).view(), View::Unsigned(u64::MAX));
        assert!(matches!(heap.integer(&big("18446744073709551616")).view(), View::Object(_)));
        assert!(matches!(heap.integer(&big("-9223372036854775809")).view(), View::Object(_)));
    }

    #[test]
    fn integers_of_128_bits_take_the_smallest_form_by_value() {
        let mut heap = Heap::default();
        for (bits, signed, decimal) in [
            (0, true, "0"),
            (u128::MAX, true, "-1"),
            (u128::MAX, false, "340282366920938463463374607431768211455"),
            (1 << 127, true, "-170141183460469231731687303715884105728"),
            (1 << 63, true, "9223372036854775808"),
            (u128::from(u64::MAX), false, "18446744073709551615"),
            (u128::from(u64::MAX) + 1, false, "18446744073709551616"),
            (i64::MIN as i128 as u128, true, "-9223372036854775808"),
        ] {
            let value = heap.integer_128(bits, signed);
            let expected = heap.integer(&decimal.parse().expect("a number"));
            match (value.view(), expected.view()) {
                (View::Object(_), View::Object(_)) => {
                    let Some(Object::Big(big)) = heap.get(object(value)) else { panic!("no big") };
                    assert_eq!(big.to_string(), decimal);
                }
                (value, expected) => assert_eq!(value, expected, "{decimal}"),
            }
        }
    }

    #[test]
    fn arrays_keep_their_bytes_and_refuse_what_is_no_element() {
        let bytes_of = |count| (0..count).collect::<Vec<u8>>();
        let bytes = bytes_of(30);
        let array = Array::from_bytes(Scalar::U16, &bytes).expect("fifteen elements");
        assert_eq!((array.len(), array.to_bytes()), (15, bytes));
        let view = Array::view(Scalar::U16, &bytes_of(30), 9, 4).expect("four of fifteen");
        assert_eq!((view.len(), view.to_bytes()), (4, (18..26).collect()));
        assert_eq!(view.whole_bytes(), bytes_of(30));
        assert!(Array::view(Scalar::U16, &[0; 30], 12, 4).is_none());
        assert!(Array::view(Scalar::U16, &[0; 30], usize::MAX, 4).is_none());
        assert!(Array::from_bytes(Scalar::I32, &[0; 6]).is_none());
        assert!(Array::from_bytes(Scalar::Bool, &[0, 1, 2]).is_none());
    }
}
