//! Returns through memory: the out-parameters of a call, and taking what the callee put there (contract
//! L-3, L-9 to L-14, R-6 to R-8).
//!
//! One of the modules that may use `unsafe`: it reads out-parameters and calls free symbols.

#![expect(unsafe_code, reason = "reads out-parameters and frees what was returned")]

use super::foreign::{self, Answer, Image};
use super::give;
use super::plan::{ReturnPlan, Returned, Symbol};
use super::read;
use super::stream;
use crate::heap::{Heap, Object};
use crate::keyword::Keyword;
use crate::refusal::{CallCode, CallRefusal};
use crate::scope::{NoMemory, Scope};
use crate::value::Value;

/// Room for an error's name, and the most of it that can be in use (L-14).
const ERROR_BYTES: usize = 256;
const ERROR_NAME_BYTES: u64 = 255;

/// The out-parameters of one call, in its scope; null where the return has none.
pub(super) struct Outs {
    value: *mut u8,
    words: *mut [u64; 2],
    error: *mut u8,
}

impl Outs {
    /// Makes the places a return needs, and puts their addresses into the image.
    ///
    /// # Errors
    /// [`NoMemory`]: of a struct or its arrays the signature says how large they are.
    pub(super) fn prepare(
        returned: &Returned,
        scope: &Scope<'_>,
        image: &mut Image,
    ) -> Result<Outs, NoMemory> {
        let null = std::ptr::null_mut();
        let mut outs = Outs { value: null, words: null.cast(), error: null };
        outs.fill(returned, scope, image)?;
        Ok(outs)
    }

    fn fill(
        &mut self,
        returned: &Returned,
        scope: &Scope<'_>,
        image: &mut Image,
    ) -> Result<(), NoMemory> {
        let mut put = |slot: u8, address: *mut u8| {
            image.put(slot, address.expose_provenance() as u64);
        };
        match returned {
            Returned::Item { item, slot, .. } => {
                let layout = item.layout();
                self.value = scope.bytes(layout.size, layout.alignment)?.as_mut_ptr();
                put(*slot, self.value);
            }
            Returned::Buffer { slots, .. } => {
                self.words = scope.place([0; 2])?;
                put(slots[0], self.words.cast());
                put(slots[1], self.words.cast::<u64>().wrapping_add(1).cast());
            }
            Returned::Fallible { slots, payload, .. } => {
                self.error = scope.bytes(ERROR_BYTES, 1)?.as_mut_ptr();
                self.words = scope.place([0; 2])?;
                put(slots[0], self.error);
                put(slots[1], self.words.cast());
                if let ReturnPlan::Memory(returned) = payload {
                    self.fill(returned, scope, image)?;
                }
            }
            Returned::Optional { .. } | Returned::Stream(_) => {}
        }
        Ok(())
    }
}

/// The host value of what a call returned. A failed copy leaves nothing in the heap, and is refused with
/// `corrupt-native-length`, after what is owned was freed.
///
/// # Safety
/// The call was made with these out-parameters by a callee that keeps contract L for this plan, and
/// their scope is still open.
#[inline(always)]
pub(super) unsafe fn result(
    returned: &Returned,
    answer: Answer,
    outs: &Outs,
    heap: &mut Heap,
) -> Value {
    let mark = heap.mark();
    // SAFETY: by this function's contract.
    match unsafe { take(returned, answer, outs, heap) } {
        Ok(value) => value,
        Err(code) => {
            heap.release(mark);
            Value::refused(CallRefusal::new(code))
        }
    }
}

/// # Safety
/// As [`result`].
#[inline(always)]
unsafe fn take(
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
            // SAFETY: the place was initialised, and the callee wrote `usize`s (L-11).
            let [address, length] = unsafe { outs.words.read() };
            let _owned = free.map(|free| Owned { free, of: Obliged::Two(address, length) });
            // SAFETY: the callee says that the buffer is there, and it has not been freed yet.
            unsafe { read::buffer(buffer, address, length, heap) }
        }
        Returned::Optional { item, free } => {
            let address = answer.integer;
            // The free symbol accepts null (L-20), so it is called with whatever was returned.
            let _owned = free.map(|free| Owned { free, of: Obliged::One(address) });
            if address == 0 {
                return Ok(Value::NIL);
            }
            let at = std::ptr::with_exposed_provenance(address as usize);
            // SAFETY: what is not null points to an item (L-10, L-20), which has not been freed yet.
            unsafe { read::item(item, at, heap) }
        }
        Returned::Fallible { payload, keyword, .. } => {
            // SAFETY: the place was initialised, and the callee wrote a `usize` to its first word.
            let [length, _] = unsafe { outs.words.read() };
            if length != 0 {
                // SAFETY: by this function's contract the name is in its place.
                let name = unsafe { error_name(outs, length, heap) }?;
                return Ok(if *keyword {
                    Value::keyword(Keyword::new(&name))
                } else {
                    heap.keep(Object::Error(name))
                });
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

/// # Safety
/// As [`result`].
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

/// The name is decoded as a string is: it cannot fail.
///
/// # Safety
/// `outs` has an error's place.
unsafe fn error_name(outs: &Outs, length: u64, heap: &mut Heap) -> Result<String, CallCode> {
    if length > ERROR_NAME_BYTES {
        return Err(CallCode::CorruptNativeLength);
    }
    // SAFETY: the place has more bytes than that, all initialised.
    let name = unsafe { std::slice::from_raw_parts(outs.error, length as usize) };
    Ok(read::name(name, heap))
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
