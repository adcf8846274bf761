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
use crate::scope::Scope;
use crate::value::{Tag, Value};

/// The copies of one struct, and its layout to the allocator's liking.
#[derive(Debug)]
pub(super) struct Flat {
    pub(super) room: std::alloc::Layout,
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
    /// The tag of a word's value.
    word: Option<Tag>,
}

/// As many bytes as are worth a plan of their own, and are reserved before a value was looked at.
const FLAT_BYTES: usize = 256;

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
                    Scalar::F64 => Some(Tag::Double),
                    Scalar::I64 => Some(Tag::Long),
                    _ => None,
                };
                let offset = u16::try_from(field.offset).ok()?;
                Some(FlatField { key: field.key, offset, scalar, word })
            }
            _ => None,
        };
        let fields = fields.iter().map(field).collect::<Option<_>>()?;
        (room.size() <= FLAT_BYTES).then_some(Flat { room, padded, record, fields })
    }
}

/// Makes such a struct of a map that has its fields in their order, and values that need no conversion.
pub(super) fn quick(memory: &Memory, heap: &Heap, scope: &Scope<'_>, value: Value) -> Reached {
    let Memory::Item(Item::Struct(plan)) = memory else { return OTHERWISE };
    let (Some(flat), true) = (&plan.flat, value.is(Tag::Object)) else { return OTHERWISE };
    let Some(Object::Map { entries, .. }) = heap.get(value.object_ref()) else { return OTHERWISE };
    let Ok(place) = scope.room(flat.room) else { return OTHERWISE };
    if entries.len() != flat.fields.len() {
        return OTHERWISE;
    }
    if flat.padded {
        place.fill(0);
    }
    for (field, (key, value)) in flat.fields.iter().zip(entries) {
        if *key != field.key {
            return OTHERWISE;
        }
        if let Some(tag) = field.word {
            if !value.is(tag) {
                return OTHERWISE;
            }
            let at = place.as_mut_ptr().wrapping_add(field.offset as usize).cast::<u64>();
            // SAFETY: the place has the struct's size, in which a word has eight bytes at its offset.
            unsafe { at.write_unaligned(value.bits()) };
        } else if !other(field, place, *value) {
            return OTHERWISE;
        }
    }
    (exposed(place), 1)
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
            // SAFETY: a field lies at its offset from its struct (L-9), and a word has eight bytes.
            Some(tag) => Value::word(tag, unsafe { at.cast::<u64>().read_unaligned() }),
            // SAFETY: as above.
            None => unsafe { scalars::carrier_by_call(field.scalar, at) },
        };
        (field.key, value)
    });
    heap.keep_map(flat.record, entries)
}
