//! Returns through memory: the out-parameters of a call, and taking what the callee put there (contract
//! L-3, L-9 to L-14, R-6 to R-8).
//!
//! One of the modules that may use `unsafe`: it reads out-parameters and calls free symbols.

#![expect(unsafe_code, reason = "reads out-parameters and frees what was returned")]

use std::alloc::Layout;

use super::foreign::{self, Answer, Image};
use super::give;
use super::item::{Buffer, Item};
use super::plan::{ReturnPlan, Returned, Symbol};
use super::read;
use super::stream;
use super::text;
use crate::heap::{Heap, Mark};
use crate::keyword::Keyword;
use crate::refusal::{CallCode, CallRefusal};
use crate::scope::{NoMemory, Scope};
use crate::value::Value;

/// Where a callee says how long an error's name is, and the name (L-14).
#[repr(C)]
struct ErrorPlace {
    words: [u64; 2],
    name: [u8; 256],
}

/// The most of a name that can be in use.
const ERROR_NAME_BYTES: u64 = 255;

/// The out-parameters of one call, in its scope; null where the return has none.
pub(super) struct Outs {
    value: *mut u8,
    words: *mut [u64; 2],
    error: *mut u8,
}

impl Outs {
    /// Of a return without any.
    pub(super) const NONE: Outs = {
        let null = std::ptr::null_mut();
        Outs { value: null, words: null.cast(), error: null }
    };

    /// Makes the places a return needs, and puts their addresses into the image.
    ///
    /// # Errors
    /// [`NoMemory`]: of a struct or its arrays the signature says how large they are.
    pub(super) fn prepare(
        returned: &Returned,
        scope: &Scope<'_>,
        image: &mut Image,
    ) -> Result<Outs, NoMemory> {
        let mut outs = Outs::NONE;
        outs.fill(returned, scope, image)?;
        Ok(outs)
    }

    /// The same for a buffer's address and length.
    #[inline(always)]
    pub(super) fn for_buffer(
        slots: [u8; 2],
        scope: &Scope<'_>,
        image: &mut Image,
    ) -> Result<Outs, NoMemory> {
        let mut outs = Outs::NONE;
        outs.fill_buffer(slots, scope, image)?;
        Ok(outs)
    }

    /// The same for an error's name and its length.
    #[inline(always)]
    pub(super) fn for_error(
        slots: [u8; 2],
        scope: &Scope<'_>,
        image: &mut Image,
    ) -> Result<Outs, NoMemory> {
        let mut outs = Outs::NONE;
        outs.fill_error(slots, scope, image)?;
        Ok(outs)
    }

    #[inline(always)]
    fn fill_buffer(
        &mut self,
        slots: [u8; 2],
        scope: &Scope<'_>,
        image: &mut Image,
    ) -> Result<(), NoMemory> {
        self.words = scope.place([0; 2])?;
        put(image, slots[0], self.words.cast());
        put(image, slots[1], self.words.cast::<u64>().wrapping_add(1).cast());
        Ok(())
    }

    #[inline(always)]
    fn fill_error(
        &mut self,
        slots: [u8; 2],
        scope: &Scope<'_>,
        image: &mut Image,
    ) -> Result<(), NoMemory> {
        let place = scope.room(Layout::new::<ErrorPlace>())?.as_mut_ptr().cast::<ErrorPlace>();
        // SAFETY: the room is of its size and alignment, and all bytes of it are initialised.
        let ErrorPlace { words, name } = unsafe { &mut *place };
        *words = [0; 2];
        self.error = name.as_mut_ptr();
        self.words = words;
        put(image, slots[0], self.error);
        put(image, slots[1], self.words.cast());
        Ok(())
    }

    fn fill(
        &mut self,
        returned: &Returned,
        scope: &Scope<'_>,
        image: &mut Image,
    ) -> Result<(), NoMemory> {
        match returned {
            Returned::Item { item, slot, .. } => {
                let layout = item.layout();
                self.value = scope.bytes(layout.size, layout.alignment)?.as_mut_ptr();
                put(image, *slot, self.value);
            }
            Returned::Buffer { slots, .. } => self.fill_buffer(*slots, scope, image)?,
            Returned::Fallible { slots, payload, .. } => {
                self.fill_error(*slots, scope, image)?;
                if let ReturnPlan::Memory(returned) = payload {
                    self.fill(returned, scope, image)?;
                }
            }
            Returned::Optional { .. }
            | Returned::CString { .. }
            | Returned::Counted { .. }
            | Returned::Stream(_) => {}
        }
        Ok(())
    }
}

fn put(image: &mut Image, slot: u8, address: *mut u8) {
    image.put(slot, address.expose_provenance() as u64);
}

/// The value of a kernel for what was taken, after which nothing was left in the heap where it failed.
#[inline(always)]
pub(super) fn refused(taken: Result<Value, CallCode>) -> Value {
    taken.unwrap_or_else(|code| Value::refused(CallRefusal::new(code)))
}

/// The same where something may have been left since the mark.
#[inline(always)]
pub(super) fn result(taken: Result<Value, CallCode>, mark: Mark, heap: &mut Heap) -> Value {
    if taken.is_err() {
        heap.release(mark);
    }
    refused(taken)
}

/// The host value of what a call returned. One that cannot be copied is refused with `corrupt-native-length`
/// after what is owned was freed.
///
/// # Safety
/// The call was made with these out-parameters by a callee that keeps contract L for this plan, and
/// their scope is still open.
#[inline(always)]
pub(super) unsafe fn take(
    returned: &Returned,
    answer: Answer,
    outs: &Outs,
    heap: &mut Heap,
) -> Result<Value, CallCode> {
    match returned {
        Returned::Item { item, free, .. } => {
            let _owned =
                free.map(|free| Owned { free, of: Obliged::One(outs.value.addr() as u64) });
            // SAFETY: the place has the item's size and alignment, and the callee wrote the item.
            unsafe { read::item(item, outs.value, heap) }
        }
        Returned::Buffer { buffer, free, .. } => {
            // SAFETY: by this function's contract.
            unsafe { self::buffer(buffer, *free, outs, heap) }
        }
        Returned::Optional { item, free } => {
            // SAFETY: by this function's contract.
            unsafe { optional(item, *free, answer.integer, heap) }
        }
        Returned::CString { .. } if answer.integer == 0 => Ok(Value::NIL),
        // SAFETY: the callee returned the address of one, which has not been freed yet.
        Returned::CString { most } => unsafe { read::cstring(answer.integer, *most, heap) },
        Returned::Counted { .. } => unreachable!("`told` knows how many elements there are"),
        Returned::Fallible { payload, keyword, .. } => {
            // SAFETY: by this function's contract.
            if let Some(error) = unsafe { self::error(*keyword, outs, heap) } {
                return error;
            }
            match payload {
                // SAFETY: as this function's contract: on success the payload is there (L-14).
                ReturnPlan::Memory(returned) => unsafe { payload_of(returned, answer, outs, heap) },
                register => Ok(give::resolved(register, answer.integer, answer.float.to_bits())),
            }
        }
        Returned::Stream(plan) => Ok(stream::open(plan, answer.integer, heap)),
    }
}

///
///
/// # Safety
/// As [`take`], for a buffer.
#[inline(always)]
pub(super) unsafe fn buffer(
    buffer: &Buffer,
    free: Option<Symbol>,
    outs: &Outs,
    heap: &mut Heap,
) -> Result<Value, CallCode> {
    // SAFETY: the place was initialised, and the callee wrote `usize`s (L-11).
    let [address, length] = unsafe { outs.words.read() };
    let _owned = free.map(|free| Owned { free, of: Obliged::Two(address, length) });
    // SAFETY: the callee says that the buffer is there, and it has not been freed yet.
    unsafe { read::buffer(buffer, address, length, heap) }
}

/// # Safety
/// As [`take`], for an optional at this address.
#[inline(always)]
pub(super) unsafe fn optional(
    item: &Item,
    free: Option<Symbol>,
    address: u64,
    heap: &mut Heap,
) -> Result<Value, CallCode> {
    // The free symbol accepts null (L-20), so it is called with whatever was returned.
    let _owned = free.map(|free| Owned { free, of: Obliged::One(address) });
    if address == 0 {
        return Ok(Value::NIL);
    }
    let at = std::ptr::with_exposed_provenance(address as usize);
    // SAFETY: what is not null points to an item (L-10, L-20), which has not been freed yet.
    unsafe { read::item(item, at, heap) }
}

/// What an error's name becomes; `None` where there was none.
///
/// # Safety
/// As [`take`], for an error union.
#[inline(always)]
pub(super) unsafe fn error(
    keyword: bool,
    outs: &Outs,
    heap: &mut Heap,
) -> Option<Result<Value, CallCode>> {
    // SAFETY: the place was initialised, and the callee wrote a `usize` to its first word.
    let [length, _] = unsafe { outs.words.read() };
    if length != 0 {
        // SAFETY: by this function's contract the name is in its place.
        return Some(unsafe { failure(outs, length, keyword, heap) });
    }
    None
}

/// # Safety
/// As [`take`].
#[inline(never)]
unsafe fn payload_of(
    returned: &Returned,
    answer: Answer,
    outs: &Outs,
    heap: &mut Heap,
) -> Result<Value, CallCode> {
    // SAFETY: by this function's contract.
    unsafe { take(returned, answer, outs, heap) }
}

/// D-7.
#[cold]
fn as_keyword(name: &[u8]) -> Value {
    Value::keyword(Keyword::new(&String::from_utf8_lossy(name)))
}

/// The name is decoded as a string is.
///
/// # Safety
/// `outs` has an error's place.
#[inline(always)]
unsafe fn failure(
    outs: &Outs,
    length: u64,
    keyword: bool,
    heap: &mut Heap,
) -> Result<Value, CallCode> {
    if length > ERROR_NAME_BYTES {
        return Err(CallCode::CorruptNativeLength);
    }
    // SAFETY: the place has more bytes than that, all initialised.
    let name = unsafe { std::slice::from_raw_parts(outs.error, length as usize) };
    if keyword {
        return Ok(as_keyword(name));
    }
    heap.keep_error(|text| text::decode(name, text))
}

/// Something the library wants back: its free symbol is called when this goes, which is once and on
/// every way out.
struct Owned {
    free: Symbol,
    of: Obliged,
}

/// What a free symbol takes: what the call returned.
enum Obliged {
    One(u64),
    Two(u64, u64),
}

impl Drop for Owned {
    fn drop(&mut self) {
        match self.of {
            // SAFETY: binding found the symbol under the name that L-13, L-14 or L-20 gives it: it
            // takes one pointer or `usize`, and this is the one call of it for what was returned.
            Obliged::One(address) => unsafe { foreign::free_one(self.free, address) },
            // SAFETY: as above by L-11: two `usize`s.
            Obliged::Two(address, length) => unsafe {
                foreign::free_buffer(self.free, address, length);
            },
        }
    }
}
