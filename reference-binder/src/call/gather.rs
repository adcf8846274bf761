//! Any signature of carriers by value, in an image filled in a loop: no scope, no memory but the image
//! (P-1, P-2).

#![expect(unsafe_code, reason = "calls native code with the carriers it made")]

use super::foreign::Image;
use super::plan::{ArgumentPlan, CarrierPlan, Load};
use super::{Caller, Function, load};
use crate::handle::Handle;
use crate::heap::Heap;
use crate::refusal::{CallCode, CallRefusal};
use crate::value::Value;

/// A call by value.
pub(super) fn gather(arguments: &[Value], function: &Function, caller: &mut Caller) -> Value {
    let mut image = Image::empty();
    if let Err(refusal) = fill(function, caller, arguments, &mut image) {
        return Value::refused(refusal);
    }
    // SAFETY: binding vouched for the symbol's prototype; the slots `fill` wrote are the places of
    // its carriers, and binding chose what calls with them.
    let answer = unsafe { function.callee.call(&image) };
    function.give(answer)
}

#[inline(always)]
fn fill(
    function: &Function,
    caller: &Caller,
    arguments: &[Value],
    image: &mut Image,
) -> Result<(), CallRefusal> {
    if arguments.len() != function.steps.len() {
        return Err(CallRefusal::new(CallCode::Arity));
    }
    for (step, &value) in function.steps.iter().zip(arguments) {
        match step.passes.word(value) {
            Some(word) => image.put(step.slot, word),
            None => convert(&step.plan, value, &caller.heap, image)?,
        }
    }
    close_consumed(function, arguments)
}

/// Puts what does not cross as it is into its place.
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

/// Closes the handle the call consumes. The last thing before the native call, because a refused call
/// closes nothing (C-14).
#[inline]
pub(super) fn close_consumed(function: &Function, arguments: &[Value]) -> Result<(), CallRefusal> {
    let Some(index) = function.consumes else { return Ok(()) };
    let (plan, value) = (&function.steps[index as usize].plan, arguments[index as usize]);
    let ArgumentPlan::Carrier(CarrierPlan { load: Load::Handle(kind), .. }) = plan else {
        unreachable!("binding refuses to consume anything but a handle");
    };
    let closed = Handle::from_bits(value.bits()).close(*kind);
    closed.map(|_| ()).map_err(|code| CallRefusal::at(code, index))
}
