//! A host value: two words, `Copy`, returned in registers.
//!
//! What fits in a word stands in the value; what needs memory is an object of a
//! [`Heap`](crate::heap::Heap), which the value names. Nothing here allocates or drops: drop glue on
//! the call path costs more than the foreign call.

use std::fmt;

use crate::handle::Handle;
use crate::keyword::Keyword;
use crate::refusal::CallRefusal;

/// A host value (contract V).
#[derive(Clone, Copy)]
pub struct Value {
    tag: Tag,
    bits: u64,
}

/// What the word of a [`Value`] is. `Unsigned` follows `Long`, so that a `u64` return picks its tag
/// by its top bit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u64)]
pub(crate) enum Tag {
    Nil,
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
    pub(crate) stamp: u32,
}

impl Value {
    /// nil
    pub const NIL: Value = Value { tag: Tag::Nil, bits: 0 };

    /// A boolean.
    pub const fn boolean(value: bool) -> Value {
        Value { tag: Tag::Boolean, bits: value as u64 }
    }

    /// A signed integer.
    pub const fn long(value: i64) -> Value {
        Value { tag: Tag::Long, bits: value as u64 }
    }

    /// An unsigned integer: a long where the signed range holds it.
    #[inline(always)]
    pub const fn unsigned(value: u64) -> Value {
        let tag = if value > i64::MAX as u64 { Tag::Unsigned } else { Tag::Long };
        Value { tag, bits: value }
    }

    /// A double, bit for bit.
    pub const fn double(value: f64) -> Value {
        Value { tag: Tag::Double, bits: value.to_bits() }
    }

    /// A double from its bits: a signalling NaN stays as it is.
    pub const fn double_bits(bits: u64) -> Value {
        Value { tag: Tag::Double, bits }
    }

    /// A keyword.
    pub const fn keyword(keyword: Keyword) -> Value {
        Value { tag: Tag::Keyword, bits: keyword.id() as u64 }
    }

    /// A handle.
    pub const fn handle(handle: Handle) -> Value {
        Value { tag: Tag::Handle, bits: handle.bits() }
    }

    /// An object of a heap.
    pub const fn object(object: ObjectRef) -> Value {
        Value { tag: Tag::Object, bits: (object.index as u64) << 32 | object.stamp as u64 }
    }

    pub(crate) const fn refused(refusal: CallRefusal) -> Value {
        Value { tag: Tag::Refused, bits: refusal.bits() }
    }

    #[inline(always)]
    pub(crate) const fn tag(self) -> Tag {
        self.tag
    }

    #[inline(always)]
    pub(crate) const fn bits(self) -> u64 {
        self.bits
    }

    /// A kernel's answer as a result.
    #[inline(always)]
    pub(crate) fn into_result(self) -> Result<Value, CallRefusal> {
        if self.tag == Tag::Refused { Err(CallRefusal::from_bits(self.bits)) } else { Ok(self) }
    }

    /// The value taken apart.
    pub fn view(self) -> View {
        match self.tag {
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
        ObjectRef { index: (self.bits >> 32) as u32, stamp: self.bits as u32 }
    }

    /// Whether two values are the same word for word: numbers of one kind and value (doubles by their
    /// bits), one keyword, one handle, or one object of one heap.
    #[inline(always)]
    pub fn same(self, other: Value) -> bool {
        self.tag == other.tag && self.bits == other.bits
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.tag == Tag::Refused {
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
