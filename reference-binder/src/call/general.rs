//! The general path: one call scope for each call, closed on every way out (P-3).
//!
//! Arguments are written by `memory`, what was returned is taken by `take`; here is the order of
//! things. Arrays are lent where they stand in the caller's heap, and shared with nobody during the
//! call; the scope holds everything else the call needs (ADR 2).

#![expect(unsafe_code, reason = "calls native code with the memory it prepared")]

use super::foreign::{Answer, Image};
use super::gather::close_consumed;
use super::item::Item;
use super::memory::{OTHERWISE, Writer};
use super::plan::{ArgumentPlan, RestPlan, ReturnPlan, Returned};
use super::read;
use super::take::{self, Outs};
use super::{Caller, Function, load};
use crate::heap::Heap;
use crate::refusal::{CallCode, CallRefusal};
use crate::scope::{NoMemory, Scope, Scopes};
use crate::value::Value;

/// A call in one scope whose return is a register's, or nothing.
pub(super) fn for_register(function: &Function, caller: &mut Caller, arguments: &[Value]) -> Value {
    call(function, caller, arguments, |_, _| Ok(()), |answer, (), _| function.give(answer))
}

/// One whose return is a struct of carrier scalars that nobody frees.
pub(super) fn for_flat(function: &Function, caller: &mut Caller, arguments: &[Value]) -> Value {
    let ReturnPlan::Memory(returned) = &function.returns else { return nothing() };
    let Returned::Item { item: Item::Struct(plan), slot, .. } = &**returned else {
        return nothing();
    };
    let Some(flat) = &plan.flat else { return nothing() };
    let outs = |scope: &Scope<'_>, image: &mut Image| {
        let place = scope.room(flat.room)?.as_mut_ptr();
        image.put(*slot, place.expose_provenance() as u64);
        Ok(place)
    };
    call(function, caller, arguments, outs, |_, place, heap| {
        // SAFETY: the place has the struct's size and alignment, the callee wrote the struct, and the
        // scope is open.
        unsafe { read::flat(plan.record, flat, place, heap) }
    })
}

/// One whose return is anything that is read from memory.
pub(super) fn for_memory(function: &Function, caller: &mut Caller, arguments: &[Value]) -> Value {
    let ReturnPlan::Memory(returned) = &function.returns else { return nothing() };
    let outs = |scope: &Scope<'_>, image: &mut Image| Outs::prepare(returned, scope, image);
    call(function, caller, arguments, outs, |answer, outs, heap| {
        // SAFETY: the call was made with these out-parameters, and the scope is open.
        unsafe { take::result(returned, answer, &outs, heap) }
    })
}

#[cold]
fn nothing() -> Value {
    unreachable!("binding takes each of these for the returns it is for")
}

/// The order of things: arguments, out-parameters, what is consumed, the call, what came back.
#[inline(always)]
fn call<Outs>(
    function: &Function,
    caller: &mut Caller,
    arguments: &[Value],
    outs: impl FnOnce(&Scope<'_>, &mut Image) -> Result<Outs, NoMemory>,
    take: impl FnOnce(Answer, Outs, &mut Heap) -> Value,
) -> Value {
    let Caller { heap, scopes } = caller;
    let scope = scope_of(scopes);
    let mut image = Image::empty();
    if let Err(refusal) = fill(function, heap, &scope, arguments, &mut image) {
        return Value::refused(refusal);
    }
    let Ok(outs) = outs(&scope, &mut image) else {
        return Value::refused(CallRefusal::new(CallCode::OutOfMemory));
    };
    if function.consumes.is_some()
        && let Err(refusal) = close_consumed(function, arguments)
    {
        return Value::refused(refusal);
    }
    // SAFETY: binding vouched for the symbol's prototype; the places of its carriers were written,
    // and what they point to, out-parameters included, lives until the scope is left or longer.
    let answer = unsafe { function.callee.call(&image) };
    take(answer, outs, heap)
}

/// The one scope of a call.
#[inline(always)]
fn scope_of(scopes: &mut Scopes) -> Scope<'_> {
    scopes.enter()
}

#[inline(always)]
fn fill(
    function: &Function,
    heap: &Heap,
    scope: &Scope<'_>,
    arguments: &[Value],
    image: &mut Image,
) -> Result<(), CallRefusal> {
    let Some((fixed, rest)) = arguments.split_at_checked(function.arguments.len()) else {
        return Err(CallRefusal::new(CallCode::Arity));
    };
    if !rest.is_empty() && function.rest.is_none() {
        return Err(CallRefusal::new(CallCode::Arity));
    }
    for (plan, &value) in function.arguments.iter().zip(fixed) {
        match plan {
            ArgumentPlan::Memory { index, slot, length_slot, quick, memory } => {
                let (mut address, mut length) = quick(memory, heap, scope, value);
                if address == OTHERWISE.0 {
                    let writer = Writer::new(heap, scope, *index);
                    (address, length) = writer.make(memory, value)?;
                }
                image.put(*slot, address);
                if let Some(slot) = length_slot {
                    image.put(*slot, length);
                }
            }
            ArgumentPlan::Fields { index, fields } => {
                load::fields(*index, fields, value, heap, image)?;
            }
            ArgumentPlan::Carrier(plan) => {
                image.put(plan.slot, load::by_value(plan, value, heap)?);
            }
        }
    }
    match &function.rest {
        Some(plan) => {
            fill_rest(plan, Writer::new(heap, scope, fixed.len().min(254) as u8), rest, image)
        }
        None => Ok(()),
    }
}

#[inline(never)]
fn fill_rest(
    plan: &RestPlan,
    writer: Writer<'_, '_>,
    rest: &[Value],
    image: &mut Image,
) -> Result<(), CallRefusal> {
    let (address, length) = writer.rest(plan, rest)?;
    image.put(plan.slot, address);
    image.put(plan.length_slot, length);
    Ok(())
}
