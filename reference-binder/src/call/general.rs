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
use super::memory::{self, OTHERWISE, Quick, Reached, Writer};
use super::plan::{ArgumentPlan, Fill, Memory, RestPlan, ReturnPlan, Returned, Step};
use super::take::{self, Outs};
use super::{Caller, Function, load};
use crate::heap::Heap;
use crate::refusal::{CallCode, CallRefusal};
use crate::scope::{NoMemory, Scope, Scopes};
use crate::value::Value;

/// A call in one scope whose return is a register's, or nothing.
pub(super) fn for_register(arguments: &[Value], function: &Function, caller: &mut Caller) -> Value {
    call::<false, _>(
        function,
        caller,
        arguments,
        |_, _| Ok(()),
        |answer, (), _, _| function.give(answer),
    )
}

/// The same where there may be further arguments, or one is consumed.
pub(super) fn for_register_and_more(
    arguments: &[Value],
    function: &Function,
    caller: &mut Caller,
) -> Value {
    let outs = |_: &Scope<'_>, _: &mut Image| Ok(());
    call::<true, _>(function, caller, arguments, outs, |answer, (), _, _| function.give(answer))
}

/// One whose return is a struct of carrier scalars that nobody frees.
pub(super) fn for_flat(arguments: &[Value], function: &Function, caller: &mut Caller) -> Value {
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
    call::<false, _>(function, caller, arguments, outs, |_, place, _, heap| {
        // SAFETY: the place has the struct's size and alignment, the callee wrote the struct, and the
        // scope is open.
        unsafe { flat::read(flat, place, heap) }
    })
}

/// One whose return is a buffer.
pub(super) fn for_buffer(arguments: &[Value], function: &Function, caller: &mut Caller) -> Value {
    let ReturnPlan::Memory(returned) = &function.returns else { return nothing() };
    let Returned::Buffer { buffer, slots, free } = &**returned else { return nothing() };
    let outs = |scope: &Scope<'_>, image: &mut Image| Outs::for_buffer(*slots, scope, image);
    call::<false, _>(function, caller, arguments, outs, |_, outs, _, heap| {
        let mark = heap.mark();
        // SAFETY: the call was made with these out-parameters, and the scope is open.
        take::result(unsafe { take::buffer(buffer, *free, &outs, heap) }, mark, heap)
    })
}

/// One whose return is an optional.
pub(super) fn for_optional(arguments: &[Value], function: &Function, caller: &mut Caller) -> Value {
    let ReturnPlan::Memory(returned) = &function.returns else { return nothing() };
    let Returned::Optional { item, free } = &**returned else { return nothing() };
    let outs = |_: &Scope<'_>, _: &mut Image| Ok(());
    call::<false, _>(function, caller, arguments, outs, |answer, (), _, heap| {
        let mark = heap.mark();
        // SAFETY: the callee returned the address.
        take::result(unsafe { take::optional(item, *free, answer.integer, heap) }, mark, heap)
    })
}

/// One whose return is an error's name, or a register.
pub(super) fn for_fallible(arguments: &[Value], function: &Function, caller: &mut Caller) -> Value {
    let ReturnPlan::Memory(returned) = &function.returns else { return nothing() };
    let Returned::Fallible { slots, payload, keyword } = &**returned else { return nothing() };
    let outs = |scope: &Scope<'_>, image: &mut Image| Outs::for_error(*slots, scope, image);
    call::<false, _>(function, caller, arguments, outs, |answer, outs, _, heap| {
        // SAFETY: the call was made with these out-parameters, and the scope is open.
        match unsafe { take::error(*keyword, &outs, heap) } {
            Some(error) => take::refused(error),
            None => (function.give)(payload, answer.integer, answer.float.to_bits()),
        }
    })
}

/// One whose return is anything else that is read from memory.
pub(super) fn for_memory(arguments: &[Value], function: &Function, caller: &mut Caller) -> Value {
    let ReturnPlan::Memory(returned) = &function.returns else { return nothing() };
    let outs = |scope: &Scope<'_>, image: &mut Image| Outs::prepare(returned, scope, image);
    call::<false, _>(function, caller, arguments, outs, |answer, outs, _, heap| {
        let mark = heap.mark();
        // SAFETY: as in `for_buffer`.
        take::result(unsafe { take::take(returned, answer, &outs, heap) }, mark, heap)
    })
}

/// One whose return is read from memory, and which may take further arguments or consume one.
pub(super) fn for_memory_and_more(
    arguments: &[Value],
    function: &Function,
    caller: &mut Caller,
) -> Value {
    let ReturnPlan::Memory(returned) = &function.returns else { return nothing() };
    let outs = |scope: &Scope<'_>, image: &mut Image| Outs::prepare(returned, scope, image);
    call::<true, _>(function, caller, arguments, outs, |answer, outs, _, heap| {
        let mark = heap.mark();
        // SAFETY: as in `for_buffer`.
        take::result(unsafe { take::take(returned, answer, &outs, heap) }, mark, heap)
    })
}

#[cold]
fn nothing() -> Value {
    unreachable!("binding takes each of these for the returns it is for")
}

/// The order of things: arguments, out-parameters, what is consumed, the call, what came back. `MORE` where the
/// function may take further arguments or consume one.
#[inline(always)]
pub(super) fn call<const MORE: bool, Outs>(
    function: &Function,
    caller: &mut Caller,
    arguments: &[Value],
    outs: impl FnOnce(&Scope<'_>, &mut Image) -> Result<Outs, NoMemory>,
    take: impl FnOnce(Answer, Outs, &Image, &mut Heap) -> Value,
) -> Value {
    let Caller { heap, scopes, .. } = caller;
    let scope = scope_of(scopes);
    let mut image = Image::empty();
    let has_rest = MORE && function.rest.is_some();
    let filled = if has_rest || arguments.len() != function.steps.len() {
        fill_more(function, heap, &scope, arguments, &mut image)
    } else {
        fill(function, heap, &scope, arguments, &mut image)
    };
    if let Err(refusal) = filled {
        return Value::refused(refusal);
    }
    let Ok(outs) = outs(&scope, &mut image) else {
        return Value::refused(CallRefusal::new(CallCode::OutOfMemory));
    };
    if MORE && let Err(refusal) = close_consumed(function, arguments) {
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

/// Puts the carriers of as many arguments as there are steps into their places.
#[inline(always)]
fn fill(
    function: &Function,
    heap: &Heap,
    scope: &Scope<'_>,
    arguments: &[Value],
    image: &mut Image,
) -> Result<(), CallRefusal> {
    for (step, value) in function.steps.iter().zip(arguments) {
        if let Some(word) = step.passes.word(*value) {
            image.put(step.slot, word);
            continue;
        }
        (step.fill)(step, *value, heap, scope, image)?;
    }
    Ok(())
}

/// The same of any number of arguments.
#[inline(never)]
fn fill_more(
    function: &Function,
    heap: &Heap,
    scope: &Scope<'_>,
    arguments: &[Value],
    image: &mut Image,
) -> Result<(), CallRefusal> {
    check_count(function, arguments)?;
    let (always, rest) = arguments.split_at(function.steps.len());
    fill(function, heap, scope, always, image)?;
    match &function.rest {
        Some(plan) => {
            let index = function.steps.len().min(254) as u8;
            fill_rest(plan, Writer::new(heap, scope, index), rest, image)
        }
        None => Ok(()),
    }
}

/// What fills in an argument of a plan where it does not cross as it is. It is a function for each kind, because one
/// for all would keep what each needs.
pub(super) fn fill_of(plan: &ArgumentPlan) -> Fill {
    macro_rules! of_memory {
        ($quick:expr) => {
            |step, value, heap, scope, image| fill_memory(step, value, heap, scope, image, $quick)
        };
    }
    let ArgumentPlan::Memory { memory, .. } = plan else {
        return |step, value, heap, _, image| convert(&step.plan, value, heap, image);
    };
    match memory {
        Memory::Lent(..) => of_memory!(memory::quick_lent),
        Memory::Item(Item::Struct(plan)) if plan.flat.is_some() => of_memory!(flat::quick),
        Memory::Text => of_memory!(memory::quick_text),
        Memory::Optional(of) if matches!(&**of, Memory::Item(Item::Scalar(_))) => {
            of_memory!(memory::quick_optional)
        }
        _ => of_memory!(|_, _, _, _| OTHERWISE),
    }
}

/// Makes what an argument's carriers reach, and puts them into their places.
#[inline(always)]
fn fill_memory(
    step: &Step,
    value: Value,
    heap: &Heap,
    scope: &Scope<'_>,
    image: &mut Image,
    quick: Quick,
) -> Result<(), CallRefusal> {
    let ArgumentPlan::Memory { slot, length_slot, memory, .. } = &step.plan else {
        unreachable!("`fill_of` takes this for what is in memory");
    };
    let reached = quick(memory, heap, scope, value);
    if reached == OTHERWISE {
        // The last that is done, so that nothing is kept for it.
        return fill_otherwise(step, value, heap, scope, image);
    }
    reach(image, *slot, *length_slot, reached);
    Ok(())
}

/// The same of a value that has to be converted or refused.
#[cold]
#[inline(never)]
fn fill_otherwise(
    step: &Step,
    value: Value,
    heap: &Heap,
    scope: &Scope<'_>,
    image: &mut Image,
) -> Result<(), CallRefusal> {
    let ArgumentPlan::Memory { index, slot, length_slot, memory } = &step.plan else {
        unreachable!("`fill_of` takes this for what is in memory");
    };
    let reached = Writer::new(heap, scope, *index).make(memory, value)?;
    reach(image, *slot, *length_slot, reached);
    Ok(())
}

#[inline(always)]
fn reach(image: &mut Image, slot: u8, length_slot: Option<u8>, (address, length): Reached) {
    image.put(slot, address);
    if let Some(slot) = length_slot {
        image.put(slot, length);
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
