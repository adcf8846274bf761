//! A host value: two words, `Copy`, returned in registers.
//!
//! What fits in a word stands in the value; what needs memory is an object of a
//! [`Heap`](crate::heap::Heap), which the value names. Nothing here allocates or drops: drop glue on
//! the call path costs more than the foreign call.

use std::fmt;
use std::num::NonZeroU64;

use crate::handle::Handle;
use crate::keyword::Keyword;
use crate::refusal::CallRefusal;

/// A host value (contract V).
#[derive(Clone, Copy)]
pub struct Value {
    head: Head,
    bits: u64,
}

/// The first word of a [`Value`]: its tag in the low byte, and of an object its index in the upper half; its
/// stamp is the other word. It is never zero, so that a `Result` of a value needs no third word.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Head(NonZeroU64);

/// What the second word of a [`Value`] is. `Unsigned` follows `Long`, so that a `u64` return picks its tag
/// by its top bit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Tag {
    Nil = 1,
    Boolean,
    Long,
    Unsigned,
    Double,
    Keyword,
    Handle,
    Object,
    /// Not a value: how a kernel returns a refusal in the same two registers.
    Refused,
}

/// A value taken apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum View {
    /// nil
    Nil,
    /// A boolean.
    Boolean(bool),
    /// A signed integer of 64 bits.
    Long(i64),
    /// An integer above the signed range that 64 bits hold: a big integer to the host.
    Unsigned(u64),
    /// A double.
    Double(f64),
    /// A keyword.
    Keyword(Keyword),
    /// A handle.
    Handle(Handle),
    /// An object of the heap that issued it.
    Object(ObjectRef),
}

/// Names an object of one heap. It is only good there, and until that heap releases it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ObjectRef {
    pub(crate) index: u32,
    pub(crate) stamp: u64,
}

impl Value {
    #[inline(always)]
    const fn of(tag: Tag, bits: u64) -> Value {
        // A tag is one at least.
        Value { head: Head(NonZeroU64::MIN.saturating_add(tag as u64 - 1)), bits }
    }

    /// nil
    pub const NIL: Value = Value::of(Tag::Nil, 0);

    /// A boolean.
    pub const fn boolean(value: bool) -> Value {
        Value::of(Tag::Boolean, value as u64)
    }

    /// A signed integer.
    pub const fn long(value: i64) -> Value {
        Value::of(Tag::Long, value as u64)
    }

    /// An unsigned integer: a long where the signed range holds it.
    #[inline(always)]
    pub const fn unsigned(value: u64) -> Value {
        let tag = if value > i64::MAX as u64 { Tag::Unsigned } else { Tag::Long };
        Value::of(tag, value)
    }

    /// A double, bit for bit.
    pub const fn double(value: f64) -> Value {
        Value::of(Tag::Double, value.to_bits())
    }

    /// A double from its bits: a signalling NaN stays as it is.
    pub const fn double_bits(bits: u64) -> Value {
        Value::of(Tag::Double, bits)
    }

    /// What a word is that a tag stands for as it is.
    #[inline(always)]
    pub(crate) const fn word(tag: Tag, bits: u64) -> Value {
        Value::of(tag, bits)
    }

    /// A keyword.
    pub const fn keyword(keyword: Keyword) -> Value {
        Value::of(Tag::Keyword, keyword.id() as u64)
    }

    /// A handle.
    pub const fn handle(handle: Handle) -> Value {
        Value::of(Tag::Handle, handle.bits())
    }

    /// An object of a heap.
    pub fn object(object: ObjectRef) -> Value {
        let plain = Value::of(Tag::Object, object.stamp);
        Value { head: Head(plain.head.0 | u64::from(object.index) << 32), ..plain }
    }

    pub(crate) const fn refused(refusal: CallRefusal) -> Value {
        Value::of(Tag::Refused, refusal.bits())
    }

    #[inline(always)]
    pub(crate) const fn is(self, tag: Tag) -> bool {
        self.head.0.get() as u8 == tag as u8
    }

    #[inline(always)]
    pub(crate) const fn tag(self) -> Tag {
        match self.head.0.get() as u8 {
            1 => Tag::Nil,
            2 => Tag::Boolean,
            3 => Tag::Long,
            4 => Tag::Unsigned,
            5 => Tag::Double,
            6 => Tag::Keyword,
            7 => Tag::Handle,
            8 => Tag::Object,
            _ => Tag::Refused,
        }
    }

    #[inline(always)]
    pub(crate) const fn bits(self) -> u64 {
        self.bits
    }

    /// A kernel's answer as a result.
    #[inline(always)]
    pub(crate) fn into_result(self) -> Result<Value, CallRefusal> {
        if self.is(Tag::Refused) { Err(CallRefusal::from_bits(self.bits)) } else { Ok(self) }
    }

    /// The value taken apart.
    pub fn view(self) -> View {
        match self.tag() {
            Tag::Nil | Tag::Refused => View::Nil,
            Tag::Boolean => View::Boolean(self.bits != 0),
            Tag::Long => View::Long(self.bits as i64),
            Tag::Unsigned => View::Unsigned(self.bits),
            Tag::Double => View::Double(f64::from_bits(self.bits)),
            Tag::Keyword => View::Keyword(Keyword::from_id(self.bits as u32)),
            Tag::Handle => View::Handle(Handle::from_bits(self.bits)),
            Tag::Object => View::Object(self.object_ref()),
        }
    }

    pub(crate) const fn object_ref(self) -> ObjectRef {
        ObjectRef { index: (self.head.0.get() >> 32) as u32, stamp: self.bits }
    }

    /// Whether two values are the same word for word: numbers of one kind and value (doubles by their
    /// bits), one keyword, one handle, or one object of one heap.
    #[inline(always)]
    pub fn same(self, other: Value) -> bool {
        self.head == other.head && self.bits == other.bits
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is(Tag::Refused) {
            return write!(out, "{:?}", CallRefusal::from_bits(self.bits));
        }
        self.view().fmt(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_two_words_and_a_result_of_it_needs_no_more_than_three() {
        assert_eq!(size_of::<Value>(), 16);
        assert!(size_of::<Result<Value, CallRefusal>>() <= 16);
    }

    #[test]
    fn unsigned_values_turn_big_where_the_signed_range_ends() {
        assert_eq!(Value::unsigned(i64::MAX as u64).view(), View::Long(i64::MAX));
        assert_eq!(Value::unsigned(1 << 63).view(), View::Unsigned(1 << 63));
        assert_eq!(Value::unsigned(u64::MAX).view(), View::Unsigned(u64::MAX));
    }

    #[test]
    fn doubles_keep_every_bit() {
        for bits in [0x8000_0000_0000_0000, 0x7ff0_0000_0000_0001, 0xfff8_0000_0000_beef] {
            assert_eq!(Value::double_bits(bits).bits(), bits);
        }
    }
}
