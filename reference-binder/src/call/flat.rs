//! Structs of carrier scalars alone, both ways: a list of typed copies, made when a function is bound
//! (contract C-10, R-9).
//!
//! Most fields are words: their eight bytes are a value's own. Of these no type is asked.
//! One of the modules that may use `unsafe`: it copies fields from and to where their structs lie.

#![expect(unsafe_code, reason = "copies fields at addresses")]

use contract::{Layout, Scalar};

use super::item::{FieldPlan, Item};
use super::memory::{OTHERWISE, Reached, exposed, passes};
use super::plan::Memory;
use super::scalars;
use crate::heap::{Heap, Object};
use crate::keyword::Keyword;
use crate::scope::{ROOM_ALIGNMENT, Scope};
use crate::value::{Tag, Value};

/// The copies of one struct, and its layout to the allocator's liking.
#[derive(Debug)]
pub(super) struct Flat {
    pub(super) room: std::alloc::Layout,
    /// Bytes of a place for it among others like it: its size, up to what each is aligned to.
    pub(super) place: u16,
    padded: bool,
    record: Option<Keyword>,
    fields: Box<[FlatField]>,
}

#[derive(Clone, Copy, Debug)]
struct FlatField {
    key: Keyword,
    /// Less than [`FLAT_BYTES`].
    offset: u16,
    scalar: Scalar,
    /// The tag of a word's value. That of a refusal, which no host value has, where it is no word.
    word: Tag,
}

/// As many bytes as are worth a plan of their own, and are reserved before a value was looked at.
pub(super) const FLAT_BYTES: usize = 256;

impl Flat {
    /// `None` for a struct that has other fields, or is large.
    pub(super) fn of(
        layout: Layout,
        padded: bool,
        record: Option<Keyword>,
        fields: &[FieldPlan],
    ) -> Option<Flat> {
        let room = std::alloc::Layout::from_size_align(layout.size, layout.alignment).ok()?;
        let field = |field: &FieldPlan| match field.item {
            Item::Scalar(scalar) if scalar.is_carrier() => {
                let word = match scalar {
                    Scalar::F64 => Tag::Double,
                    Scalar::I64 => Tag::Long,
                    _ => Tag::Refused,
                };
                let offset = u16::try_from(field.offset).ok()?;
                Some(FlatField { key: field.key, offset, scalar, word })
            }
            _ => None,
        };
        let fields = fields.iter().map(field).collect::<Option<_>>()?;
        let place = room.size().next_multiple_of(ROOM_ALIGNMENT) as u16;
        (room.size() <= FLAT_BYTES).then_some(Flat { room, place, padded, record, fields })
    }
}

/// Makes such a struct of a map that has its fields in their order, and values that need no conversion.
#[inline(always)]
pub(super) fn quick(memory: &Memory, heap: &Heap, scope: &Scope<'_>, value: Value) -> Reached {
    let Memory::Item(Item::Struct(plan)) = memory else { return OTHERWISE };
    let Some(flat) = &plan.flat else { return OTHERWISE };
    let Some(entries) = entries(heap, value) else { return OTHERWISE };
    let Ok(place) = scope.room(flat.room) else { return OTHERWISE };
    // SAFETY: the place has the struct's size.
    if unsafe { write(flat, entries, place.as_mut_ptr()) } {
        (exposed(place), 1)
    } else {
        OTHERWISE
    }
}

/// The entries of a map or record.
#[inline(always)]
pub(super) fn entries(heap: &Heap, value: Value) -> Option<&[(Keyword, Value)]> {
    if !value.is(Tag::Object) {
        return None;
    }
    match heap.get(value.object_ref())? {
        Object::Map { entries, .. } => Some(entries),
        _ => None,
    }
}

/// Writes such a struct, and zeros where it has padding. `false` for entries that are not its fields in their order,
/// or values that need a conversion.
///
/// # Safety
/// As many bytes as the struct has are at the place, they may be read, and nothing else refers to them.
#[inline(always)]
pub(super) unsafe fn write(flat: &Flat, entries: &[(Keyword, Value)], place: *mut u8) -> bool {
    if entries.len() != flat.fields.len() {
        return false;
    }
    if flat.padded {
        // SAFETY: by this function's contract.
        unsafe { place.write_bytes(0, flat.room.size()) };
    }
    for (field, (key, value)) in flat.fields.iter().zip(entries) {
        if *key != field.key {
            return false;
        }
        if value.is(field.word) {
            let word = place.wrapping_add(field.offset as usize).cast::<u64>();
            // SAFETY: a word, which this is because no value has a refusal's tag, has eight bytes at its offset in
            // the struct (L-9).
            unsafe { word.write_unaligned(value.bits()) };
        } else {
            if field.word != Tag::Refused {
                return false;
            }
            // SAFETY: by this function's contract.
            let bytes = unsafe { std::slice::from_raw_parts_mut(place, flat.room.size()) };
            if !other(field, bytes, *value) {
                return false;
            }
        }
    }
    true
}

/// Writes a field that is no word. Not a part of its caller, which would keep more registers for it.
#[inline(never)]
fn other(field: &FlatField, place: &mut [u8], value: Value) -> bool {
    passes(field.scalar, &mut place[field.offset as usize..], value)
}

/// The host value of such a struct.
///
/// # Safety
/// A struct of these fields lies at the address.
#[inline(always)]
pub(super) unsafe fn read(flat: &Flat, at: *const u8, heap: &mut Heap) -> Value {
    let entries = flat.fields.iter().map(|field| {
        let at = at.wrapping_add(field.offset as usize);
        let value = match field.word {
            // SAFETY: a field lies at its offset from its struct (L-9).
            Tag::Refused => unsafe { scalars::carrier_by_call(field.scalar, at) },
            // SAFETY: as above, and a word has eight bytes.
            tag => Value::word(tag, unsafe { at.cast::<u64>().read_unaligned() }),
        };
        (field.key, value)
    });
    heap.keep_map(flat.record, entries)
}
