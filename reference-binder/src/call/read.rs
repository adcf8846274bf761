//! What the callee left in memory to host values (contract ).
//!
//! One of the modules that may use `unsafe`: it reads at addresses and lengths that native code gave.
//! A zero length reads nothing, and a length that no memory could hold is refused before it is used.

#![expect(unsafe_code, reason = "reads what the callee left in memory")]

use super::give;
use super::item::{Buffer, Item, StructPlan};
use crate::contract::{Layout, Scalar};
use crate::heap::{Heap, Object};
use crate::refusal::CallCode;
use crate::value::Value;

/// Above this no user address space goes, so no buffer does.
const ADDRESS_SPACE_BYTES: u64 = 1 << 47;

/// The host value of an item.
///
/// # Errors
/// `corrupt-native-length` where a buffer field's is.
///
/// # Safety
/// An item of this plan lies at the address, and its buffers are where it says unless their lengths are
/// ones that no memory could hold.
pub(super) unsafe fn item(item: &Item, at: *const u8, heap: &mut Heap) -> Result<Value, CallCode> {
    match item {
        Item::Scalar(scalar) => {
            // SAFETY: by this function's contract.
            let bits = unsafe { bits(at, *scalar) };
            Ok(give::scalar_bits(*scalar, bits, heap))
        }
        Item::Enum(table) => {
            // SAFETY: by this function's contract; an enum is its backing integer.
            let bits = unsafe { bits(at, table.backing()) };
            Ok(table.value(bits as u64))
        }
        // SAFETY: by this function's contract.
        Item::Struct(plan) => unsafe { structure(plan, at, heap) },
        Item::Buffer(kind) => {
            // SAFETY: by this function's contract; the address comes first (L-17).
            let address = unsafe { bits(at, Scalar::Usize) };
            let second = at.wrapping_add(Layout::WORD.size);
            // SAFETY: as above; the length comes one word further.
            let length = unsafe { bits(second, Scalar::Usize) };
            // SAFETY: by this function's contract.
            unsafe { buffer(kind, address as u64, length as u64, heap) }
        }
    }
}

///
///
/// # Safety
/// As [`item`], for a struct of this plan.
unsafe fn structure(plan: &StructPlan, at: *const u8, heap: &mut Heap) -> Result<Value, CallCode> {
    let mut entries = Vec::with_capacity(plan.fields.len());
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
    let object = match buffer {
        // SAFETY: by this function's contract; an element is a byte.
        Buffer::Text => unsafe { bytes(address, length) }.map(text)?,
        // SAFETY: as above.
        Buffer::Bytes => Object::Bytes(unsafe { bytes(address, length) }?),
        // SAFETY: by this function's contract.
        Buffer::Row(element) => Object::Vector(unsafe { row(element, address, length, heap) }?),
    };
    Ok(heap.keep(object))
}

/// U+FFFD for each maximal part of a malformed sequence (Unicode 16.0, 3.9, table 3-8).
fn text(bytes: Vec<u8>) -> Object {
    Object::Text(
        String::from_utf8(bytes)
            .unwrap_or_else(|malformed| String::from_utf8_lossy(malformed.as_bytes()).into_owned()),
    )
}

/// Where elements lie, once it is known that they can: `None` for none.
fn first(address: u64, length: u64, stride: usize) -> Result<Option<*const u8>, CallCode> {
    if length == 0 {
        return Ok(None);
    }
    // Elements of no size are as many as the host can have values of.
    let bytes = length.checked_mul(stride.max(1) as u64);
    let end = bytes.and_then(|bytes| address.checked_add(bytes));
    match end {
        Some(end) if address != 0 && end <= ADDRESS_SPACE_BYTES => {
            Ok(Some(std::ptr::with_exposed_provenance(address as usize)))
        }
        _ => Err(CallCode::CorruptNativeLength),
    }
}

/// Room for so many values; a length that this cannot be had for is corrupt as well.
fn room<T>(length: u64) -> Result<Vec<T>, CallCode> {
    let mut values = Vec::new();
    values.try_reserve_exact(length as usize).map_err(|_| CallCode::CorruptNativeLength)?;
    Ok(values)
}

/// # Safety
/// As [`buffer`], for bytes.
unsafe fn bytes(address: u64, length: u64) -> Result<Vec<u8>, CallCode> {
    let Some(first) = first(address, length, 1)? else { return Ok(Vec::new()) };
    let mut bytes = room(length)?;
    // SAFETY: by this function's contract `length` bytes lie there; nobody writes to them until they
    // are copied, because the call is over and they have not been freed.
    bytes.extend_from_slice(unsafe { std::slice::from_raw_parts(first, length as usize) });
    Ok(bytes)
}

/// # Safety
/// As [`buffer`], for items.
unsafe fn row(
    element: &Item,
    address: u64,
    length: u64,
    heap: &mut Heap,
) -> Result<Vec<Value>, CallCode> {
    let stride = element.layout().size;
    let Some(first) = first(address, length, stride)? else { return Ok(Vec::new()) };
    let mut values = room(length)?;
    for index in 0..length as usize {
        // SAFETY: `index` is below the length, and elements lie at their stride (L-19).
        values.push(unsafe { item(element, first.wrapping_add(index * stride), heap) }?);
    }
    Ok(values)
}

/// A scalar's bits, an integer extended by its type's sign.
///
/// # Safety
/// A scalar of this type lies at the address.
#[inline]
pub(super) unsafe fn bits(at: *const u8, scalar: Scalar) -> u128 {
    macro_rules! read {
        ($kind:ty) => {{
            // SAFETY: by this function's contract; elements may be unaligned only if the callee is
            // wrong about L-11, and even then the read is whole.
            unsafe { at.cast::<$kind>().read_unaligned() }
        }};
    }
    match scalar {
        Scalar::I8 => read!(i8) as u128,
        Scalar::I16 => read!(i16) as u128,
        Scalar::I32 => read!(i32) as u128,
        Scalar::I64 | Scalar::Isize => read!(i64) as u128,
        Scalar::U8 | Scalar::Bool => u128::from(read!(u8)),
        Scalar::U16 | Scalar::F16 => u128::from(read!(u16)),
        Scalar::U32 | Scalar::F32 => u128::from(read!(u32)),
        Scalar::U64 | Scalar::Usize | Scalar::F64 => u128::from(read!(u64)),
        // The upper six bytes are padding: the callee need not have written them.
        Scalar::F80 => {
            let significand = u128::from(read!(u64));
            // SAFETY: as above; sign and exponent follow the significand.
            let upper = unsafe { at.wrapping_add(8).cast::<u16>().read_unaligned() };
            u128::from(upper) << 64 | significand
        }
        Scalar::I128 | Scalar::U128 | Scalar::F128 => read!(u128),
    }
}
