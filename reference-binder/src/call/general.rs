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
use super::{Caller, Function, give, load};
use crate::heap::Heap;
use crate::refusal::{CallCode, CallRefusal};
use crate::scope::Scope;
use crate::value::Value;

/// A call in one scope.
pub(super) fn general<I: Image>(
    function: &Function,
    caller: &mut Caller,
    arguments: &[Value],
) -> Value {
    let Some((fixed, rest)) = arguments.split_at_checked(function.arguments.len()) else {
        return Value::refused(CallRefusal::new(CallCode::Arity));
    };
    if !rest.is_empty() && function.rest.is_none() {
        return Value::refused(CallRefusal::new(CallCode::Arity));
    }
    let Caller { heap, scopes } = caller;
    let scope = scopes.enter();
    let mut image = I::empty();
    if let Err(refusal) = fill(function, heap, &scope, [fixed, rest], image.words()) {
        return Value::refused(refusal);
    }
    let ReturnPlan::Memory(returned) = &function.returns else {
        if let Err(refusal) = close_consumed(function, arguments) {
            return Value::refused(refusal);
        }
        // SAFETY: binding vouched for the symbol's prototype; the places of its carriers were written,
        // and what they point to lives until the scope is left or longer.
        let answer = unsafe { image.call(&function.callee) };
        return give::scalar(&function.returns, answer);
    };
    let Ok(outs) = Outs::prepare(returned, &scope, image.words()) else {
        return Value::refused(CallRefusal::new(CallCode::OutOfMemory));
    };
    if let Err(refusal) = close_consumed(function, arguments) {
        return Value::refused(refusal);
    }
    // SAFETY: as above, and the out-parameters are places of the scope.
    let answer = unsafe { image.call(&function.callee) };
    // SAFETY: the call was made with these out-parameters, and the scope is open until this returns.
    let result = unsafe { take::result(returned, answer, &outs, heap) };
    result.unwrap_or_else(|code| Value::refused(CallRefusal::new(code)))
}

#[inline(always)]
fn fill(
    function: &Function,
    heap: &Heap,
    scope: &Scope<'_>,
    [fixed, rest]: [&[Value]; 2],
    words: &mut [u64],
) -> Result<(), CallRefusal> {
    for (plan, &value) in function.arguments.iter().zip(fixed) {
        match plan {
            ArgumentPlan::Memory { index, slot, length_slot, memory } => {
                let writer = Writer::new(heap, scope, *index);
                let (address, length) = writer.pass(memory, value)?;
                words[*slot as usize] = address;
                if let Some(slot) = length_slot {
                    words[*slot as usize] = length;
                }
            }
            ArgumentPlan::Fields { index, fields } => {
                load::fields(*index, fields, value, heap, words)?;
            }
            ArgumentPlan::Carrier(plan) => {
                words[plan.slot as usize] = load::by_value(plan, value, heap)?;
            }
        }
    }
    if let Some(plan) = &function.rest {
        let writer = Writer::new(heap, scope, fixed.len().min(254) as u8);
        let (address, length) = writer.rest(plan, rest)?;
        words[plan.slot as usize] = address;
        words[plan.length_slot as usize] = length;
    }
    Ok(())
}
