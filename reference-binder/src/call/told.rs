//! Signatures in which one argument tells of another or of the return, and arguments that come back (contract Z-3 to
//! Z-6).
//!
//! The call is served as any other of the general path: what it is given is looked at before, and what arguments lead to
//! is read after.

#![expect(unsafe_code, reason = "reads what the callee left where arguments lead")]

use contract::Scalar;

use super::foreign::{Answer, Image};
use super::item::Item;
use super::plan::{Bounds, ReturnPlan, Returned};
use super::take::{self, Outs};
use super::{Caller, Function, general, read, scalars};
use crate::heap::{Heap, Object};
use crate::refusal::{CallCode, CallRefusal};
use crate::scope::Scope;
use crate::value::{Value, View};

/// What the arguments of a function tell.
#[derive(Debug, Default)]
pub(super) struct ToldPlan {
    pub(super) counts: Box<[CountPlan]>,
    pub(super) backs: Box<[BackPlan]>,
}

/// An argument that says how many elements arrays have, which the binder gives (Z-3).
#[derive(Debug)]
pub(super) struct CountPlan {
    pub(super) scalar: Scalar,
    /// The arrays, by their index in the call.
    pub(super) arrays: Box<[u8]>,
}

/// An argument that comes back (Z-6): what it leads to, from which place of the image.
#[derive(Debug)]
pub(super) struct BackPlan {
    pub(super) slot: u8,
    pub(super) item: Item,
}

/// Where a return's number of elements stands (Z-4).
#[derive(Debug)]
pub(super) struct CountedBy {
    pub(super) scalar: Scalar,
    pub(super) slot: u8,
    /// Whether the place leads to it, because it comes back.
    pub(super) behind: bool,
}

impl ToldPlan {
    /// Whether a function needs this.
    pub(super) fn tells(&self, returns: &ReturnPlan) -> bool {
        let counted = match returns {
            ReturnPlan::Memory(returned) => matches!(**returned, Returned::Counted { .. }),
            _ => false,
        };
        counted || !self.counts.is_empty() || !self.backs.is_empty()
    }
}

/// One whole call.
pub(super) fn call(arguments: &[Value], function: &Function, caller: &mut Caller) -> Value {
    let agreed =
        function.told.counts.iter().try_for_each(|count| count.agrees(arguments, &caller.heap));
    if let Err(refusal) = agreed {
        return Value::refused(refusal);
    }
    let outs = |scope: &Scope<'_>, image: &mut Image| match &function.returns {
        ReturnPlan::Memory(returned) => Outs::prepare(returned, scope, image),
        _ => Ok(Outs::NONE),
    };
    general::call::<true, _>(function, caller, arguments, outs, |answer, outs, image, heap| {
        let mark = heap.mark();
        // SAFETY: the call was made with this image and these out-parameters, and the scope is open.
        take::result(unsafe { results(function, answer, &outs, image, heap) }, mark, heap)
    })
}

impl CountPlan {
    /// Refuses arrays that one number does not count. What is no array is refused where it is converted.
    fn agrees(&self, arguments: &[Value], heap: &Heap) -> Result<(), CallRefusal> {
        let mut agreed = None;
        for index in &self.arrays {
            let Some(View::Object(object)) =
                arguments.get(*index as usize).map(|value| value.view())
            else {
                return Ok(());
            };
            let Some(Object::Array(array)) = heap.get(object) else { return Ok(()) };
            let length = array.len();
            if *agreed.get_or_insert(length) != length {
                return Err(CallRefusal::at(CallCode::ArrayLength, *index));
            }
            if !Bounds::of(self.scalar).hold(length as u64) {
                return Err(CallRefusal::at(CallCode::OutOfRange, *index));
            }
        }
        Ok(())
    }
}

/// What a call comes back as (Z-6).
///
/// # Safety
/// The call was made with these out-parameters and this image by a callee that keeps contract L, and their scope is
/// still open.
unsafe fn results(
    function: &Function,
    answer: Answer,
    outs: &Outs,
    image: &Image,
    heap: &mut Heap,
) -> Result<Value, CallCode> {
    let returned = match &function.returns {
        ReturnPlan::Memory(returned) => match &**returned {
            Returned::Counted { item, by } => {
                // SAFETY: by this function's contract.
                unsafe { counted(item, by, answer.integer, image, heap) }?
            }
            // SAFETY: by this function's contract.
            returned => unsafe { take::take(returned, answer, outs, heap) }?,
        },
        _ => function.give(answer),
    };
    if function.told.backs.is_empty() {
        return Ok(returned);
    }
    let mut all = vec![returned];
    for back in &function.told.backs {
        // SAFETY: an argument's carrier was put there.
        let address = unsafe { image.get(back.slot) };
        let at = std::ptr::with_exposed_provenance(address as usize);
        // SAFETY: the scope has the item there, and the callee left one.
        all.push(unsafe { read::item(&back.item, at, heap) }?);
    }
    Ok(heap.keep(Object::Vector(all)))
}

/// Z-4
///
/// # Safety
/// As [`results`], for a return at this address.
unsafe fn counted(
    item: &Item,
    by: &CountedBy,
    address: u64,
    image: &Image,
    heap: &mut Heap,
) -> Result<Value, CallCode> {
    if address == 0 {
        return Ok(Value::NIL);
    }
    // SAFETY: an argument's carrier was put there.
    let word = unsafe { image.get(by.slot) };
    let word = if by.behind {
        // SAFETY: the scope has the number there, and the callee left one.
        unsafe { scalars::bits(std::ptr::with_exposed_provenance(word as usize), by.scalar) as u64 }
    } else {
        word
    };
    let spare = 64 - by.scalar.size() as u32 * 8;
    let length = match by.scalar.is_signed() {
        true => u64::try_from((word << spare) as i64 >> spare),
        false => Ok(word << spare >> spare),
    };
    let length = length.map_err(|_| CallCode::CorruptNativeLength)?;
    // SAFETY: the callee says that so many elements are there.
    let values = unsafe { read::row(item, address, length, heap) }?;
    Ok(heap.keep(Object::Vector(values)))
}
