//! The general path: one call scope for each call, closed on every way out (P-3).
//!
//! Arguments are written by `memory`, what was returned is taken by `take`; here is the order of
//! things. Arrays are lent where they stand in the caller's heap, and shared with nobody during the
//! call; the scope holds everything else the call needs (ADR 2).

#![expect(unsafe_code, reason = "calls native code with the memory it prepared")]

use super::foreign::Image;
use super::gather::close_consumed;
use super::memory::Writer;
use super::plan::{ArgumentPlan, ReturnPlan};
use super::take::{self, Outs};
use super::{Caller, Function, load};
use crate::heap::Heap;
use crate::refusal::{CallCode, CallRefusal};
use crate::scope::{Scope, Scopes};
use crate::value::Value;

/// A call in one scope whose return is a register's, or nothing.
pub(super) fn for_register(function: &Function, caller: &mut Caller, arguments: &[Value]) -> Value {
    let Caller { heap, scopes } = caller;
    let scope = scope_of(scopes);
    let mut image = Image::empty();
    if let Err(refusal) = fill(function, heap, &scope, arguments, &mut image) {
        return Value::refused(refusal);
    }
    if function.consumes.is_some()
        && let Err(refusal) = close_consumed(function, arguments)
    {
        return Value::refused(refusal);
    }
    // SAFETY: binding vouched for the symbol's prototype; the places of its carriers were written,
    // and what they point to lives until the scope is left or longer.
    let answer = unsafe { function.callee.call(&image) };
    drop(scope);
    function.give(answer)
}

/// A call in one scope whose return is read from memory.
pub(super) fn for_memory(function: &Function, caller: &mut Caller, arguments: &[Value]) -> Value {
    let ReturnPlan::Memory(returned) = &function.returns else {
        unreachable!("binding takes this for what is read from memory");
    };
    let Caller { heap, scopes } = caller;
    let scope = scope_of(scopes);
    let mut image = Image::empty();
    if let Err(refusal) = fill(function, heap, &scope, arguments, &mut image) {
        return Value::refused(refusal);
    }
    let Ok(outs) = Outs::prepare(returned, &scope, &mut image) else {
        return Value::refused(CallRefusal::new(CallCode::OutOfMemory));
    };
    if function.consumes.is_some()
        && let Err(refusal) = close_consumed(function, arguments)
    {
        return Value::refused(refusal);
    }
    // SAFETY: as above, and the out-parameters are places of the scope.
    let answer = unsafe { function.callee.call(&image) };
    // SAFETY: the call was made with these out-parameters, and the scope is open until this returns.
    let result = unsafe { take::result(returned, answer, &outs, heap) };
    result.unwrap_or_else(|code| Value::refused(CallRefusal::new(code)))
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
            ArgumentPlan::Memory { index, slot, length_slot, memory } => {
                let writer = Writer::new(heap, scope, *index);
                let (address, length) = writer.pass(memory, value)?;
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
    if let Some(plan) = &function.rest {
        let writer = Writer::new(heap, scope, fixed.len().min(254) as u8);
        let (address, length) = writer.rest(plan, rest)?;
        image.put(plan.slot, address);
        image.put(plan.length_slot, length);
    }
    Ok(())
}
