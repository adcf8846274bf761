//! Host values to memory the callee reads (contract C-8 to C-12).
//!
//! Everything is made in the call's scope but typed arrays, which are lent where they stand (ADR 2). What
//! a signature declares sizes nothing before the value is known to be as large: large items are looked
//! through first, and then written.
//! Deliberately absent: `unsafe`; an address is only made here, after what it reaches was written.

use contract::{Layout, Scalar};

use super::item::{ArrayPlan, Buffer, Item, StructPlan};
use super::load;
use super::plan::{Extent, Memory, RestPlan};
use crate::heap::{Heap, Object};
use crate::refusal::{CallCode, CallRefusal};
use crate::scope::{NoMemory, Scope};
use crate::value::{Tag, Value, View};

/// An address, and how many elements it reaches.
pub(super) type Reached = (u64, u64);

/// What a [`Quick`] says of a value that it does not take: it has to be converted or refused.
pub(super) const OTHERWISE: Reached = (u64::MAX, 0);

/// Makes what the callee reaches of a value that needs no conversion, by a plan that it was chosen for.
pub(super) type Quick = fn(&Memory, &Heap, &Scope<'_>, Value) -> Reached;

#[inline(always)]
pub(super) fn quick_lent(memory: &Memory, heap: &Heap, scope: &Scope<'_>, value: Value) -> Reached {
    let Memory::Lent(element, extent) = memory else { return OTHERWISE };
    Writer::new(heap, scope, 0).lend(*element, *extent, value).unwrap_or(OTHERWISE)
}

#[inline(always)]
pub(super) fn quick_text(_: &Memory, heap: &Heap, scope: &Scope<'_>, value: Value) -> Reached {
    Writer::new(heap, scope, 0).text(value).unwrap_or(OTHERWISE)
}

#[inline(always)]
pub(super) fn quick_optional(
    memory: &Memory,
    _: &Heap,
    scope: &Scope<'_>,
    value: Value,
) -> Reached {
    if value.is(Tag::Nil) {
        return (0, 0);
    }
    let Memory::Optional(memory) = memory else { return OTHERWISE };
    let Memory::Item(Item::Scalar(scalar)) = &**memory else { return OTHERWISE };
    let Ok(place) = scope.place([0; 8]) else { return OTHERWISE };
    if passes(*scalar, place, value) { (exposed(place), 1) } else { OTHERWISE }
}

/// Most bytes of an item that get room before its value was looked at: not many more than the value of so
/// many fields takes itself.
const UNSEEN_BYTES: usize = 256;

/// Writes one argument. Its places live as long as the scope is borrowed, which is until after the
/// native call (C-12).
#[derive(Clone, Copy)]
pub(super) struct Writer<'a, 's> {
    pub(super) heap: &'a Heap,
    pub(super) scope: &'a Scope<'s>,
    /// The argument's index, for refusals.
    pub(super) index: u8,
    /// Whether it only looks for what is to be refused: its places are empty, and nothing is written.
    looks: bool,
}

impl<'a, 's> Writer<'a, 's> {
    pub(super) fn new(heap: &'a Heap, scope: &'a Scope<'s>, index: u8) -> Writer<'a, 's> {
        Writer { heap, scope, index, looks: false }
    }

    /// What an argument's carriers are to hold.
    #[cold]
    #[inline(never)]
    pub(super) fn make(self, memory: &Memory, value: Value) -> Result<Reached, CallRefusal> {
        match memory {
            Memory::Item(item) => self.one(item, value),
            Memory::Row(item, extent) => self.row(item, *extent, value),
            Memory::Text => self.text(value),
            Memory::CString => self.cstring(value),
            Memory::Optional(_) if value.is(Tag::Nil) => Ok((0, 0)),
            Memory::Optional(memory) => self.make(memory, value),
            Memory::Lent(element, extent) => self.lend(*element, *extent, value),
        }
    }

    fn one(self, item: &Item, value: Value) -> Result<Reached, CallRefusal> {
        self.look(item, &[value])?;
        let place = self.room_of(item, 1)?;
        self.item(item, place, value)?;
        Ok((exposed(place), 1))
    }

    /// Every further argument as one slice (S-3); the writer's index is the first one's.
    pub(super) fn rest(self, plan: &RestPlan, values: &[Value]) -> Result<Reached, CallRefusal> {
        let layout = plan.element.layout();
        let place = self.room_of(&plan.element, values.len())?;
        for (at, value) in values.iter().enumerate() {
            let index = (self.index as usize + at).min(254) as u8;
            Writer { index, ..self }.item(&plan.element, nth(place, layout, at), *value)?;
        }
        Ok((exposed(place), values.len() as u64))
    }

    fn refuse<T>(self, code: CallCode) -> Result<T, CallRefusal> {
        Err(CallRefusal::at(code, self.index))
    }

    /// Room for some items, with zeros where they have padding, so that the callee never reads what an
    /// earlier call left there.
    #[inline(always)]
    fn room_of(self, item: &Item, count: usize) -> Result<&'a mut [u8], CallRefusal> {
        let place = self.room(item.layout(), count)?;
        if item.is_padded() {
            place.fill(0);
        }
        Ok(place)
    }

    #[inline(always)]
    fn room(self, layout: Layout, count: usize) -> Result<&'a mut [u8], CallRefusal> {
        if self.looks {
            return Ok(&mut []);
        }
        let size = layout.size.checked_mul(count).ok_or(NoMemory);
        size.and_then(|size| self.scope.bytes(size, layout.alignment))
            .map_err(|NoMemory| CallRefusal::at(CallCode::OutOfMemory, self.index))
    }

    /// Refuses what writing items would, before there is room for large ones.
    fn look(self, item: &Item, values: &[Value]) -> Result<(), CallRefusal> {
        if self.looks || item.layout().size <= UNSEEN_BYTES {
            return Ok(());
        }
        Writer { looks: true, ..self }.items(item, &mut [], values)
    }

    #[inline]
    fn item(self, item: &Item, place: &mut [u8], value: Value) -> Result<(), CallRefusal> {
        match item {
            Item::Scalar(scalar) => {
                if !passes(*scalar, place, value) {
                    put(place, load::scalar(*scalar, self.index, value, self.heap)?);
                }
            }
            Item::Dialected(dialected) => {
                put(place, dialected.load(self.index, value, self.heap)?);
            }
            Item::Enum(table) => match value.view() {
                View::Keyword(keyword) if let Some(number) = table.number(keyword) => {
                    put(place, u128::from(number));
                }
                _ => return self.refuse(CallCode::UnknownEnumMember),
            },
            Item::Struct(plan) => self.structure(plan, place, value)?,
            Item::Array(plan) => self.array(plan, place, value)?,
            Item::Buffer(buffer) => {
                let (address, length) = self.buffer(buffer, value)?;
                let word = Layout::word().size;
                put(part(place, 0, word), u128::from(address));
                put(part(place, word, word), u128::from(length));
            }
        }
        Ok(())
    }

    /// C-10, fields in the order declared.
    #[inline(never)]
    fn structure(
        self,
        plan: &StructPlan,
        place: &mut [u8],
        value: Value,
    ) -> Result<(), CallRefusal> {
        let refuse = |code| CallRefusal::at(code, self.index);
        let entries = load::entries(value, self.heap).map_err(refuse)?;
        if plan.union {
            let mut given = plan
                .fields
                .iter()
                .enumerate()
                .filter_map(|(at, field)| Some((field, load::field(entries, at, field.key)?)));
            let (field, value) = given.next().ok_or(refuse(CallCode::MissingField))?;
            if given.next().is_some() {
                return Err(refuse(CallCode::TypeMismatch));
            }
            return self.item(&field.item, part(place, field.offset, field.size), value);
        }
        for (at, field) in plan.fields.iter().enumerate() {
            let value = load::field(entries, at, field.key);
            let value = value.ok_or(refuse(CallCode::MissingField))?;
            self.item(&field.item, part(place, field.offset, field.size), value)?;
        }
        Ok(())
    }

    /// C-8 for an array in place.
    #[inline(never)]
    fn array(self, plan: &ArrayPlan, place: &mut [u8], value: Value) -> Result<(), CallRefusal> {
        let due = Extent::Exactly(plan.length);
        match (plan.of.as_scalar(), self.object(value)?) {
            (Some(element), Some(Object::Array(array))) if array.element() == element => {
                self.check(due, array.len())?;
                array.copy_to(place);
                Ok(())
            }
            (Some(_), _) => self.refuse(CallCode::TypeMismatch),
            (None, Some(Object::Vector(values))) => {
                self.check(due, values.len())?;
                self.items(&plan.of, place, values)
            }
            _ => self.refuse(CallCode::TypeMismatch),
        }
    }

    fn items(self, of: &Item, row: &mut [u8], values: &[Value]) -> Result<(), CallRefusal> {
        let layout = of.layout();
        for (at, value) in values.iter().enumerate() {
            self.item(of, nth(row, layout, at), *value)?;
        }
        Ok(())
    }

    #[inline(never)]
    fn buffer(self, buffer: &Buffer, value: Value) -> Result<Reached, CallRefusal> {
        match buffer {
            Buffer::Text => self.text(value),
            Buffer::Bytes => match self.object(value)? {
                Some(Object::Bytes(bytes)) => self.copy(bytes),
                _ => self.refuse(CallCode::TypeMismatch),
            },
            Buffer::Row(item) => match item.as_scalar() {
                Some(element) => self.lend(element, Extent::Any, value),
                None => self.row(item, Extent::Any, value),
            },
        }
    }

    /// C-8 for scalars: the array's own memory.
    #[inline(always)]
    fn lend(self, element: Scalar, extent: Extent, value: Value) -> Result<Reached, CallRefusal> {
        match self.object(value)? {
            Some(Object::Array(array)) if array.element() == element => {
                self.check(extent, array.len())?;
                Ok((array.address().expose_provenance() as u64, array.len() as u64))
            }
            _ => self.refuse(CallCode::TypeMismatch),
        }
    }

    /// C-8 for structs and enums: a vector's values, one after another (L-19).
    fn row(self, item: &Item, extent: Extent, value: Value) -> Result<Reached, CallRefusal> {
        let Some(Object::Vector(values)) = self.object(value)? else {
            return self.refuse(CallCode::TypeMismatch);
        };
        self.check(extent, values.len())?;
        self.look(item, values)?;
        let place = self.room_of(item, values.len())?;
        self.items(item, place, values)?;
        Ok((exposed(place), values.len() as u64))
    }

    #[inline]
    fn check(self, extent: Extent, length: usize) -> Result<(), CallRefusal> {
        match extent {
            Extent::One if length != 1 => self.refuse(CallCode::PointerArity),
            Extent::Exactly(due) if length as u64 != due => self.refuse(CallCode::ArrayLength),
            _ => Ok(()),
        }
    }

    /// C-11. Copied, because a callee that writes would leave a host string that is no UTF-8.
    #[inline(always)]
    fn text(self, value: Value) -> Result<Reached, CallRefusal> {
        match value.view() {
            View::Nil => self.refuse(CallCode::NilArgument),
            View::Object(object) => match self.heap.get(object) {
                Some(Object::Text(text)) => self.copy(text.as_bytes()),
                Some(Object::Bytes(bytes)) => self.copy(bytes),
                _ => self.refuse(CallCode::StringArgument),
            },
            _ => self.refuse(CallCode::StringArgument),
        }
    }

    /// Z-1
    fn cstring(self, value: Value) -> Result<Reached, CallRefusal> {
        let bytes = match value.view() {
            View::Nil => return self.refuse(CallCode::NilArgument),
            View::Object(object) => match self.heap.get(object) {
                Some(Object::Text(text)) => text.as_bytes(),
                Some(Object::Bytes(bytes)) => bytes,
                _ => return self.refuse(CallCode::StringArgument),
            },
            _ => return self.refuse(CallCode::StringArgument),
        };
        if bytes.contains(&0) {
            return self.refuse(CallCode::StringArgument);
        }
        let place = self.room(Layout::of_scalar(Scalar::U8), bytes.len() + 1)?;
        let (text, end) = place.split_at_mut(bytes.len());
        text.copy_from_slice(bytes);
        end.fill(0);
        let address = exposed(place);
        Ok((address, 1))
    }

    #[inline(always)]
    fn copy(self, bytes: &[u8]) -> Result<Reached, CallRefusal> {
        let place = self.room(Layout::of_scalar(Scalar::U8), bytes.len())?;
        if !self.looks {
            place.copy_from_slice(bytes);
        }
        Ok((exposed(place), bytes.len() as u64))
    }

    /// The object of a collection argument; `None` where it is no object.
    #[inline(always)]
    fn object(self, value: Value) -> Result<Option<&'a Object>, CallRefusal> {
        match value.view() {
            View::Nil => self.refuse(CallCode::NilCollectionArgument),
            View::Object(object) => Ok(self.heap.get(object)),
            _ => Ok(None),
        }
    }
}

/// The place of one item of a row (L-19).
fn nth(row: &mut [u8], layout: Layout, at: usize) -> &mut [u8] {
    let from = if row.is_empty() { 0 } else { at * layout.size };
    part(row, from, layout.size)
}

/// A part of a place, which is empty where a writer only looks.
fn part(place: &mut [u8], from: usize, size: usize) -> &mut [u8] {
    if place.is_empty() { place } else { &mut place[from..from + size] }
}

/// Writes a scalar whose bytes are the value's own. `false` for what is to be converted or refused.
#[inline(always)]
pub(super) fn passes(scalar: Scalar, place: &mut [u8], value: Value) -> bool {
    macro_rules! long {
        ($kind:ty) => {
            value.is(Tag::Long)
                && <$kind>::try_from(value.bits() as i64)
                    .is_ok_and(|number| write(place, number.to_le_bytes()))
        };
    }
    match scalar {
        Scalar::I8 => long!(i8),
        Scalar::I16 => long!(i16),
        Scalar::I32 => long!(i32),
        Scalar::I64 => long!(i64),
        Scalar::U8 => long!(u8),
        Scalar::U16 => long!(u16),
        Scalar::U32 => long!(u32),
        Scalar::U64 => long!(u64),
        Scalar::F64 => value.is(Tag::Double) && write(place, value.bits().to_le_bytes()),
        Scalar::Bool => value.is(Tag::Boolean) && write(place, [value.bits() as u8]),
        _ => false,
    }
}

/// Writes to the beginning of a place, unless it is empty because a writer only looks.
#[inline(always)]
fn write<const BYTES: usize>(place: &mut [u8], bytes: [u8; BYTES]) -> bool {
    if let Some(place) = place.first_chunk_mut() {
        *place = bytes;
    }
    true
}

fn put(place: &mut [u8], bits: u128) {
    place.copy_from_slice(&bits.to_le_bytes()[..place.len()]);
}

/// The address of a place that is written and not touched again before the callee has it.
pub(super) fn exposed(place: &mut [u8]) -> u64 {
    place.as_mut_ptr().expose_provenance() as u64
}
