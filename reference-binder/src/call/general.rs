//! The general path: one call scope for each call, closed on every way out (P-3).
//!
//! Arguments are written by `memory`, what was returned is taken by `take`; here is the order of
//! things. Arrays are lent where they stand in the caller's heap, and shared with nobody during the
//! call; the scope holds everything else the call needs (ADR 2).

#![expect(unsafe_code, reason = "calls native code with the memory it prepared")]

use super::flat;
use super::foreign::{Answer, Image};
use super::gather::close_consumed;
use super::item::Item;
use super::memory::{OTHERWISE, Writer};
use super::plan::{ArgumentPlan, RestPlan, ReturnPlan, Returned};
use super::take::{self, Outs};
use super::{Caller, Function, load};
use crate::heap::Heap;
use crate::refusal::{CallCode, CallRefusal};
use crate::scope::{NoMemory, Scope, Scopes};
use crate::value::Value;

/// A call in one scope whose return is a register's, or nothing.
pub(super) fn for_register(function: &Function, caller: &mut Caller, arguments: &[Value]) -> Value {
    call(function, caller, arguments, |_, _| Ok(()), |answer, (), _, _| function.give(answer))
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
    call(function, caller, arguments, outs, |_, place, _, heap| {
        // SAFETY: the place has the struct's size and alignment, the callee wrote the struct, and the
        // scope is open.
        unsafe { flat::read(flat, place, heap) }
    })
}

/// One whose return is a buffer.
pub(super) fn for_buffer(function: &Function, caller: &mut Caller, arguments: &[Value]) -> Value {
    let ReturnPlan::Memory(returned) = &function.returns else { return nothing() };
    let Returned::Buffer { buffer, slots, free } = &**returned else { return nothing() };
    let outs = |scope: &Scope<'_>, image: &mut Image| Outs::for_buffer(*slots, scope, image);
    call(function, caller, arguments, outs, |_, outs, _, heap| {
        let mark = heap.mark();
        // SAFETY: the call was made with these out-parameters, and the scope is open.
        take::result(unsafe { take::buffer(buffer, *free, &outs, heap) }, mark, heap)
    })
}

/// One whose return is an optional.
pub(super) fn for_optional(function: &Function, caller: &mut Caller, arguments: &[Value]) -> Value {
    let ReturnPlan::Memory(returned) = &function.returns else { return nothing() };
    let Returned::Optional { item, free } = &**returned else { return nothing() };
    let outs = |_: &Scope<'_>, _: &mut Image| Ok(());
    call(function, caller, arguments, outs, |answer, (), _, heap| {
        let mark = heap.mark();
        // SAFETY: the callee returned the address.
        take::result(unsafe { take::optional(item, *free, answer.integer, heap) }, mark, heap)
    })
}

/// One whose return is an error's name, or a register.
pub(super) fn for_fallible(function: &Function, caller: &mut Caller, arguments: &[Value]) -> Value {
    let ReturnPlan::Memory(returned) = &function.returns else { return nothing() };
    let Returned::Fallible { slots, payload, keyword } = &**returned else { return nothing() };
    let outs = |scope: &Scope<'_>, image: &mut Image| Outs::for_error(*slots, scope, image);
    call(function, caller, arguments, outs, |answer, outs, _, heap| {
        // SAFETY: the call was made with these out-parameters, and the scope is open.
        match unsafe { take::error(*keyword, &outs, heap) } {
            Some(error) => take::refused(error),
            None => (function.give)(payload, answer.integer, answer.float.to_bits()),
        }
    })
}

/// One whose return is anything else that is read from memory.
pub(super) fn for_memory(function: &Function, caller: &mut Caller, arguments: &[Value]) -> Value {
    let ReturnPlan::Memory(returned) = &function.returns else { return nothing() };
    let outs = |scope: &Scope<'_>, image: &mut Image| Outs::prepare(returned, scope, image);
    call(function, caller, arguments, outs, |answer, outs, _, heap| {
        let mark = heap.mark();
        // SAFETY: as in `for_buffer`.
        take::result(unsafe { take::take(returned, answer, &outs, heap) }, mark, heap)
    })
}

#[cold]
fn nothing() -> Value {
    unreachable!("binding takes each of these for the returns it is for")
}

/// The order of things: arguments, out-parameters, what is consumed, the call, what came back.
#[inline(always)]
pub(super) fn call<Outs>(
    function: &Function,
    caller: &mut Caller,
    arguments: &[Value],
    outs: impl FnOnce(&Scope<'_>, &mut Image) -> Result<Outs, NoMemory>,
    take: impl FnOnce(Answer, Outs, &Image, &mut Heap) -> Value,
) -> Value {
    let Caller { heap, scopes, .. } = caller;
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
    take(answer, outs, &image, heap)
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
    if arguments.len() != function.steps.len() {
        check_count(function, arguments)?;
    }
    for (step, &value) in function.steps.iter().zip(arguments) {
        if let Some(word) = step.passes.word(value) {
            image.put(step.slot, word);
            continue;
        }
        match &step.plan {
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
            plan => convert(plan, value, heap, image)?,
        }
    }
    match &function.rest {
        Some(plan) => {
            let rest = &arguments[function.steps.len()..];
            let index = function.steps.len().min(254) as u8;
            fill_rest(plan, Writer::new(heap, scope, index), rest, image)
        }
        None => Ok(()),
    }
}

/// C-5: too few arguments, or more than there is a slice for.
#[cold]
pub(super) fn check_count(function: &Function, arguments: &[Value]) -> Result<(), CallRefusal> {
    let Some((_, rest)) = arguments.split_at_checked(function.steps.len()) else {
        return Err(CallRefusal::new(CallCode::Arity));
    };
    if !rest.is_empty() && function.rest.is_none() {
        return Err(CallRefusal::new(CallCode::Arity));
    }
    Ok(())
}

/// Puts a carrier that does not cross as it is into its place.
#[inline(never)]
fn convert(
    plan: &ArgumentPlan,
    value: Value,
    heap: &Heap,
    image: &mut Image,
) -> Result<(), CallRefusal> {
    match plan {
        ArgumentPlan::Fields { index, fields } => load::fields(*index, fields, value, heap, image)?,
        plan => {
            let plan = plan.carrier();
            image.put(plan.slot, load::by_value(plan, value, heap)?);
        }
    }
    Ok(())
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
