//! What the callee left in memory to host values (contract ).
//!
//! One of the modules that may use `unsafe`: it reads at addresses and lengths that native code gave.
//! A zero length reads nothing, and a length that no memory could hold is refused before it is used. Of an
//! address nothing is believed but null: how far they go, and what stands in their upper bits, is the
//! target's and the kernel's affair.

#![expect(unsafe_code, reason = "reads what the callee left in memory")]

use contract::{Layout, Scalar};

use super::flat;
use super::give;
use super::item::{Buffer, Item, StructPlan};
use super::scalars;
use super::text;
use crate::heap::{Heap, Object};
use crate::refusal::CallCode;
use crate::value::Value;

/// The host value of an item.
///
/// # Errors
/// `corrupt-native-length` where a buffer field's is.
///
/// # Safety
/// An item of this plan lies at the address, and its buffers are where it says unless their lengths are
/// ones that no memory could hold.
#[inline(always)]
pub(super) unsafe fn item(item: &Item, at: *const u8, heap: &mut Heap) -> Result<Value, CallCode> {
    match item {
        Item::Scalar(scalar) if scalar.is_carrier() => {
            // SAFETY: by this function's contract.
            Ok(unsafe { scalars::carrier_by_call(*scalar, at) })
        }
        // SAFETY: by this function's contract.
        item => unsafe { rarer(item, at, heap) },
    }
}

/// The same of what is no carrier. Not a part of its callers, most of which read one.
///
/// # Safety
/// As [`item`].
#[inline(never)]
unsafe fn rarer(item: &Item, at: *const u8, heap: &mut Heap) -> Result<Value, CallCode> {
    match item {
        Item::Scalar(scalar) => {
            // SAFETY: by this function's contract.
            let bits = unsafe { scalars::bits(at, *scalar) };
            Ok(give::scalar_bits(*scalar, bits, heap))
        }
        Item::Dialected(dialected) => {
            // SAFETY: by this function's contract.
            let bits = unsafe { scalars::bits(at, dialected.scalar) };
            Ok(dialected.give(bits, heap))
        }
        Item::Enum(table) => {
            // SAFETY: by this function's contract; an enum is its backing integer.
            let bits = unsafe { scalars::bits(at, table.backing()) };
            Ok(table.value(bits as u64))
        }
        // SAFETY: by this function's contract.
        Item::Struct(plan) => unsafe { structure(plan, at, heap) },
        Item::Array(plan) => {
            // SAFETY: by this function's contract; the elements are the item itself.
            let values = unsafe { elements(&plan.of, at, plan.length, heap) }?;
            Ok(heap.keep(Object::Vector(values)))
        }
        Item::Buffer(kind) => {
            // SAFETY: by this function's contract; the address comes first (L-17).
            let address = unsafe { scalars::bits(at, Scalar::Usize) };
            let second = at.wrapping_add(Layout::word().size);
            // SAFETY: as above; the length comes one word further.
            let length = unsafe { scalars::bits(second, Scalar::Usize) };
            // SAFETY: by this function's contract.
            unsafe { buffer(kind, address as u64, length as u64, heap) }
        }
    }
}

///
///
/// # Safety
/// As [`item`], for a struct of this plan.
#[inline(never)]
unsafe fn structure(plan: &StructPlan, at: *const u8, heap: &mut Heap) -> Result<Value, CallCode> {
    if let Some(flat) = &plan.flat {
        // SAFETY: by this function's contract.
        return Ok(unsafe { flat::read(flat, at, heap) });
    }
    let mut entries = heap.spare_entries();
    entries.reserve_exact(plan.fields.len());
    for field in &plan.fields {
        // SAFETY: a field lies at its offset from its struct (L-9).
        let value = unsafe { item(&field.item, at.wrapping_add(field.offset), heap) };
        entries.push((field.key, value?));
    }
    Ok(heap.keep(Object::Map { record: plan.record, entries }))
}

/// The host value of a buffer.
///
/// # Errors
/// `corrupt-native-length`.
///
/// # Safety
/// Unless no memory could hold them, `length` elements of the buffer lie at the address.
pub(super) unsafe fn buffer(
    buffer: &Buffer,
    address: u64,
    length: u64,
    heap: &mut Heap,
) -> Result<Value, CallCode> {
    match buffer {
        // SAFETY: by this function's contract; an element is a byte.
        Buffer::Text => heap.keep_text(|text| unsafe { read_text(address, length, text) }),
        // SAFETY: as above.
        Buffer::Bytes => heap.keep_bytes(|bytes| unsafe { read_bytes(address, length, bytes) }),
        Buffer::Row(Item::Scalar(scalar)) if scalar.is_carrier() => {
            // SAFETY: by this function's contract.
            heap.keep_row(|values| unsafe { carriers(*scalar, address, length, values) })
        }
        Buffer::Row(element) => {
            // SAFETY: by this function's contract.
            unsafe { row(element, address, length, heap) }.map(|row| heap.keep(Object::Vector(row)))
        }
    }
}

/// The text at an address, up to a NUL or so many bytes, whichever is first (Z-2).
///
/// # Errors
/// `corrupt-native-length` where there is no memory for the copy.
///
/// # Safety
/// So many bytes lie there, or fewer of which the last is a NUL.
pub(super) unsafe fn cstring(
    address: u64,
    most: Option<u64>,
    heap: &mut Heap,
) -> Result<Value, CallCode> {
    let first: *const u8 = std::ptr::with_exposed_provenance(address as usize);
    let mut length = 0;
    let byte = |at: u64| {
        // SAFETY: by this function's contract no NUL and no bound is before this byte.
        unsafe { *first.wrapping_add(at as usize) }
    };
    while most.is_none_or(|most| length < most) && byte(length) != 0 {
        length += 1;
    }
    // SAFETY: so many bytes were looked at.
    heap.keep_text(|copy| unsafe { read_text(address, length, copy) })
}

/// Where elements lie, once it is known that they can: `None` for none.
fn first(address: u64, length: u64, stride: usize) -> Result<Option<*const u8>, CallCode> {
    if length == 0 {
        return Ok(None);
    }
    let bytes = length.checked_mul(stride as u64).and_then(|bytes| isize::try_from(bytes).ok());
    let end = bytes.and_then(|bytes| (address as usize).checked_add_signed(bytes));
    match end {
        Some(_) if address != 0 => Ok(Some(std::ptr::with_exposed_provenance(address as usize))),
        _ => Err(CallCode::CorruptNativeLength),
    }
}

/// Room for so many values; a length that this cannot be had for is corrupt as well.
#[inline]
fn room<T>(values: &mut Vec<T>, length: u64) -> Result<(), CallCode> {
    let length = usize::try_from(length).map_err(|_| CallCode::CorruptNativeLength)?;
    values.try_reserve_exact(length).map_err(|_| CallCode::CorruptNativeLength)
}

/// The bytes that lie at an address.
///
/// # Safety
/// As [`buffer`], for bytes; nobody writes to them while the slice is used.
unsafe fn bytes<'a>(address: u64, length: u64) -> Result<&'a [u8], CallCode> {
    let Some(first) = first(address, length, 1)? else { return Ok(&[]) };
    // SAFETY: by this function's contract.
    Ok(unsafe { std::slice::from_raw_parts(first, length as usize) })
}

/// # Safety
/// As [`buffer`], for text.
unsafe fn read_text(address: u64, length: u64, text: &mut String) -> Result<(), CallCode> {
    // SAFETY: by this function's contract; nobody writes to the bytes until they are copied, because the
    // call is over and they have not been freed.
    text::decode(unsafe { bytes(address, length) }?, text)
}

/// # Safety
/// As [`buffer`], for bytes.
unsafe fn read_bytes(address: u64, length: u64, copy: &mut Vec<u8>) -> Result<(), CallCode> {
    // SAFETY: as in `read_text`.
    let bytes = unsafe { bytes(address, length) }?;
    room(copy, length)?;
    copy.extend_from_slice(bytes);
    Ok(())
}

/// # Safety
/// As [`buffer`], for carrier scalars.
unsafe fn carriers(
    scalar: Scalar,
    address: u64,
    length: u64,
    values: &mut Vec<Value>,
) -> Result<(), CallCode> {
    if let Some(first) = first(address, length, scalar.size())? {
        room(values, length)?;
        // SAFETY: by this function's contract.
        unsafe { scalars::row(scalar, first, length as usize, values) };
    }
    Ok(())
}

/// # Safety
/// As [`buffer`], for items.
pub(super) unsafe fn row(
    element: &Item,
    address: u64,
    length: u64,
    heap: &mut Heap,
) -> Result<Vec<Value>, CallCode> {
    match first(address, length, element.layout().size)? {
        // SAFETY: by this function's contract.
        Some(first) => unsafe { elements(element, first, length, heap) },
        None => Ok(Vec::new()),
    }
}

/// # Safety
/// `length` items lie one after another at the address.
unsafe fn elements(
    element: &Item,
    first: *const u8,
    length: u64,
    heap: &mut Heap,
) -> Result<Vec<Value>, CallCode> {
    let stride = element.layout().size;
    let mut values = heap.spare_row();
    room(&mut values, length)?;
    if let Item::Scalar(scalar) = element
        // SAFETY: by this function's contract.
        && unsafe { scalars::row(*scalar, first, length as usize, &mut values) }
    {
        return Ok(values);
    }
    for index in 0..length as usize {
        // SAFETY: `index` is below the length, and elements lie at their stride (L-19).
        values.push(unsafe { item(element, first.wrapping_add(index * stride), heap) }?);
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::item::Items;
    use crate::call::memory::Writer;
    use crate::heap::Array;
    use crate::keyword::Keyword;
    use crate::scope::Scopes;
    use crate::value::View;
    use contract::{Declarations, Type};
    use proptest::prelude::*;
    use std::fmt::Write;

    const TYPES: &str = "
        (defenumz Color {:backing :u8} [red 0 green 200])
        (deftypez Small [a :u8 color Color b :i16])
        (deftypez All [i :i8 small Small u :u128 on :bool h :f16 s :f32 d :f64 e :f80 q :f128
                       text :string raw [:bytes [:slice :u8]] xs [:slice :i32]
                       smalls [:slice :const Small] colors [:owned [:slice Color]]
                       three [:array 3 :i32] pair [:array 2 Small] none [:array 0 :u8] last :i64])";

    fn item_of(name: &str) -> Item {
        let declarations = Declarations::read(TYPES).expect("valid");
        Items::new(&declarations, Default::default())
            .item(&Type::Named(name.into()))
            .expect("declared")
    }

    fn show(value: Value, heap: &Heap) -> String {
        let View::Object(object) = value.view() else { return format!("{value:?} ") };
        let mut out = String::new();
        match heap.get(object).expect("an object of this heap") {
            Object::Vector(values) => values.iter().for_each(|value| out += &show(*value, heap)),
            // Read back, an array is a vector.
            Object::Array(array) => {
                for element in array.to_bytes().as_chunks::<4>().0 {
                    write!(out, "Long({}) ", i32::from_le_bytes(*element)).expect("a string");
                }
            }
            Object::Map { entries, .. } => {
                for (key, value) in entries {
                    write!(out, "{key:?} {}", show(*value, heap)).expect("a string");
                }
            }
            object => write!(out, "{object:?} ").expect("a string"),
        }
        out
    }

    fn map(heap: &mut Heap, entries: &[(&str, Value)]) -> Value {
        let entries = entries.iter().map(|(key, value)| (Keyword::new(key), *value)).collect();
        heap.keep(Object::Map { record: None, entries })
    }

    /// A host value of every kind of field, from some bits.
    fn host_value(heap: &mut Heap, bits: u128, text: &str, numbers: &[i32]) -> Value {
        let color = |bit: u32| {
            Value::keyword(Keyword::new(if bits >> bit & 1 == 0 { "red" } else { "green" }))
        };
        let small = |heap: &mut Heap, bit: u32| {
            let a = Value::long((bits >> bit) as i64 & 0xff);
            map(heap, &[("a", a), ("color", color(bit)), ("b", Value::long(-(bit as i64)))])
        };
        let smalls: Vec<_> =
            numbers.iter().map(|number| small(heap, *number as u32 % 64)).collect();
        let colors = numbers.iter().map(|number| color(*number as u32 % 128)).collect();
        let numbers: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        let numbers = Array::from_bytes(Scalar::I32, &numbers).expect("whole elements");
        let nested = small(heap, 3);
        let three: Vec<u8> = bits.to_le_bytes()[..12].into();
        let three = Array::from_bytes(Scalar::I32, &three).expect("three elements");
        let pair = vec![small(heap, 40), small(heap, 50)];
        let entries = [
            ("i", Value::long(i64::from(bits as i8))),
            ("small", nested),
            ("u", heap.integer_128(bits, false)),
            ("on", Value::boolean(bits & 1 == 1)),
            // Values the narrow formats hold, because what is rounded does not come back.
            ("h", Value::double(f64::from(bits as u8) / 32.0)),
            ("s", Value::double(f64::from(bits as i16) / 8.0)),
            ("d", Value::double_bits(bits as u64)),
            ("e", heap.keep(Object::Extended(Scalar::F80, bits >> 48))),
            ("q", heap.keep(Object::Extended(Scalar::F128, bits))),
            ("text", heap.keep(Object::Text(text.into()))),
            ("raw", heap.keep(Object::Bytes(text.bytes().rev().collect()))),
            ("xs", heap.keep(Object::Array(numbers))),
            ("smalls", heap.keep(Object::Vector(smalls))),
            ("colors", heap.keep(Object::Vector(colors))),
            ("three", heap.keep(Object::Array(three))),
            ("pair", heap.keep(Object::Vector(pair))),
            ("none", heap.keep(Object::Array(Array::zeroed(Scalar::U8, 0)))),
            ("last", Value::long(bits as i64)),
        ];
        map(heap, &entries)
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: if cfg!(miri) { 4 } else { 256 },
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        /// Written by `memory` and read here, a struct of every kind of field is the same.
        #[test]
        fn what_is_written_is_read_back(
            bits: u128, text: String, numbers in proptest::collection::vec(any::<i32>(), 0..5),
        ) {
            let (mut heap, mut scopes) = (Heap::default(), Scopes::default());
            let item = item_of("All");
            let value = host_value(&mut heap, bits, &text, &numbers);
            let scope = scopes.enter();
            let writer = Writer::new(&heap, &scope, 0);
            let memory = crate::call::plan::Memory::Item(item.clone());
            let (address, _) = writer.make(&memory, value).expect("a value of the type");
            let at = std::ptr::with_exposed_provenance(address as usize);
            // SAFETY: the writer made an item of this plan there, and the scope is open.
            let read = unsafe { super::item(&item, at, &mut heap) }.expect("lengths that are true");
            prop_assert_eq!(show(read, &heap), show(value, &heap));
        }
    }

    #[test]
    fn fields_are_where_the_c_abi_puts_them() {
        #[repr(C)]
        struct Small {
            a: u8,
            color: u8,
            b: i16,
        }
        let small = Small { a: 255, color: 200, b: -2 };
        let mut heap = Heap::default();
        let at = (&raw const small).cast();
        // SAFETY: `Small` is laid out by the compiler as the plan of the same fields says.
        let value = unsafe { item(&item_of("Small"), at, &mut heap) }.expect("a struct");
        assert_eq!(show(value, &heap), ":a Long(255) :color Keyword(:green) :b Long(-2) ");
    }

    /// The loops of `scalars::row` say of each element what reading it by itself does.
    #[test]
    fn a_row_is_its_elements() {
        let mut heap = Heap::default();
        let memory: Vec<u8> = [0x00, 0x7f, 0x80, 0xff, 0x01, 0x3c, 0xfe].repeat(16);
        for scalar in Scalar::ALL {
            // Any byte but 0 and 1 is no bool.
            let memory: Vec<u8> = match scalar {
                Scalar::Bool => memory.iter().map(|byte| byte & 1).collect(),
                _ => memory.clone(),
            };
            let (element, count) = (Item::Scalar(scalar), memory.len() / scalar.size());
            let address = memory.as_ptr().expose_provenance() as u64;
            // SAFETY: so many elements lie in the bytes.
            let row = unsafe { row(&element, address, count as u64, &mut heap) }.expect("a row");
            assert_eq!(row.len(), count);
            for (index, value) in row.into_iter().enumerate() {
                let at = memory[index * scalar.size()..].as_ptr();
                // SAFETY: an element's bytes lie there.
                let single = unsafe { item(&element, at, &mut heap) }.expect("an element");
                assert_eq!(show(value, &heap), show(single, &heap), "{scalar} at {index}");
            }
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri ends the process where memory is refused")]
    fn only_lengths_that_memory_could_hold_lead_anywhere() {
        let corrupt: Result<bool, _> = Err(CallCode::CorruptNativeLength);
        for (address, length, stride, expected) in [
            (1, 0, 8, Ok(false)),
            (0, 0, 8, Ok(false)),
            (0, 1, 1, corrupt),
            (8, 1, 8, Ok(true)),
            (8, u64::MAX, 1, corrupt),
            (8, u64::MAX / 8 + 2, 8, corrupt),
            (u64::MAX, 1, 1, corrupt),
            (u64::MAX - 7, 1, 8, corrupt),
            // Beyond 47 bits, at the end of 52, and with a tag in the top byte (AAPCS64, MTE).
            (1 << 47, 8, 8, Ok(true)),
            ((1 << 52) - 8, 1, 8, Ok(true)),
            (0xb400_7f00_0000_1000, 4, 8, Ok(true)),
            (8, u64::MAX / 2, 1, Ok(true)),
            (8, u64::MAX / 2 + 1, 1, corrupt),
            (8, 3, 0, Ok(true)),
        ] {
            let found = first(address, length, stride).map(|first| first.is_some());
            assert_eq!(found, expected, "{length} of {stride} bytes at {address:#x}");
        }
        // Items of no size still become one value each.
        for length in [1 << 45, 1 << 60, u64::MAX] {
            let mut values: Vec<Value> = Vec::new();
            let room = room(&mut values, length);
            // Memory that nobody uses would not be asked for.
            std::hint::black_box(&mut values);
            assert_eq!(room, corrupt.map(|_| ()));
        }
    }
}
