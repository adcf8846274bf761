//! A script with the binder's own functions and values.

use contract::Token;
use reference_binder::handle::Handle;
use reference_binder::{Caller, Function, Value};
use subject::{Script, ScriptArgument, SubjectFault};

use super::unknown_function;
use super::values::to_binder;

/// A script with the binder's own values.
pub(super) struct Compiled<'f> {
    pub(super) steps: Vec<CompiledStep<'f>>,
}

pub(super) struct CompiledStep<'f> {
    pub(super) function: &'f Function,
    pub(super) arguments: Vec<Value>,
    /// Arguments that are results of steps: place and step.
    pub(super) results: Vec<(usize, usize)>,
    /// Items to fetch of a stream.
    pub(super) take: Option<usize>,
}

/// With the handles that tokens stand for.
pub(super) fn compile<'f>(
    script: &Script,
    functions: &'f [Function],
    caller: &mut Caller,
    handle: &dyn Fn(Token) -> Option<Handle>,
) -> Result<Compiled<'f>, SubjectFault> {
    let mut steps = Vec::new();
    for step in &script.steps {
        let function = functions.get(step.function.0).ok_or_else(unknown_function)?;
        let mut compiled =
            CompiledStep { function, arguments: Vec::new(), results: Vec::new(), take: step.take };
        for (place, argument) in step.arguments.iter().enumerate() {
            compiled.arguments.push(match argument {
                ScriptArgument::Value(value) => to_binder(value, &mut caller.heap, handle)?,
                ScriptArgument::Result(step) => {
                    compiled.results.push((place, *step));
                    Value::NIL
                }
            });
        }
        steps.push(compiled);
    }
    Ok(Compiled { steps })
}
