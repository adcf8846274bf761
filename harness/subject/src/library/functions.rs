//! Functions of the host's as the header's: a pointer of the suite's that a binder calls, and what it hands back then. They
//! answer as they were told to and note what they are called with (contract K-1 to K-4, K-9).

#![expect(unsafe_code, reason = "a binder calls them with addresses")]

use std::ffi::c_void;
use std::sync::{Arc, Mutex, OnceLock};

use contract::{Answer, HostValue};

use super::abi::{Value, kind, status};
use super::loaded::{Answer as Replied, Loaded};
use super::values::{Kept, host_value, items_at};
use crate::locked;

/// What a binder calls: the context of the value, the arguments, how many, and where the result or what was raised goes.
pub(super) type Called = extern "C" fn(*mut c_void, *const Value, usize, *mut Value) -> u32;

/// A function among the arguments of a call. It stays where it is: a binder has its address.
pub(super) struct Function {
    answers: Vec<Answer>,
    calls: Mutex<Vec<Vec<HostValue>>>,
    /// What results point to, until the call that it was given to has returned.
    said: Mutex<Vec<Kept>>,
    around: Arc<Around>,
}

/// The call that functions were given to.
struct Around {
    loaded: Arc<Loaded>,
    function: u64,
    given: Vec<HostValue>,
    /// The same in the header's form, once all are there.
    values: OnceLock<Vec<Value>>,
}

/// The functions among the arguments of a call, by argument.
pub(super) struct Functions(Vec<(usize, Arc<Function>)>);

/// What a function that is called comes to: a result, or what it raises.
type Came = Result<HostValue, String>;

impl Functions {
    /// Those of a call, each put in its place among the values.
    pub(super) fn of(
        loaded: &Arc<Loaded>,
        function: u64,
        given: &[HostValue],
        values: &mut [Value],
    ) -> Functions {
        let is_function = |one: &HostValue| matches!(one, HostValue::Function(_));
        if !given.iter().any(is_function) {
            return Functions(Vec::new());
        }
        let loaded = Arc::clone(loaded);
        let around = Around { loaded, function, given: given.to_vec(), values: OnceLock::new() };
        let around = Arc::new(around);
        let mut functions = Vec::new();
        for (index, argument) in given.iter().enumerate() {
            let HostValue::Function(answers) = argument else { continue };
            let (calls, said) = (Mutex::default(), Mutex::default());
            let (answers, around) = (answers.clone(), Arc::clone(&around));
            let one = Arc::new(Function { answers, calls, said, around });
            values[index] = Value::function(called, Arc::as_ptr(&one));
            functions.push((index, one));
        }
        around.values.get_or_init(|| values.to_vec());
        Functions(functions)
    }

    /// What each was called with.
    pub(super) fn calls(self) -> Vec<crate::Called> {
        let calls = |one: &Function| std::mem::take(&mut *locked(&one.calls));
        self.0.iter().map(|(index, one)| (*index, calls(one))).collect()
    }
}

impl Function {
    /// One call of it, on whichever thread.
    fn call(&self, arguments: Vec<HostValue>) -> Came {
        let given = arguments.into_iter().map(|one| self.given(one)).collect();
        let mut calls = locked(&self.calls);
        calls.push(given);
        let number = calls.len().min(self.answers.len());
        // What it calls may call it again.
        drop(calls);
        match self.answers.get(number - 1) {
            None => Ok(HostValue::Nil),
            Some(Answer::Returns(value)) => Ok(value.clone()),
            Some(Answer::Raises(what)) => Err(what.clone()),
            Some(Answer::Again(values)) => self.again(values),
        }
    }

    /// A handle is the argument of the call that it is (K-9).
    fn given(&self, value: HostValue) -> HostValue {
        let first = match value {
            HostValue::Handle(_) => self.around.given.iter().position(|one| *one == value),
            _ => None,
        };
        first.map_or(value, HostValue::Same)
    }

    /// Calls the function that it was given to once more (K-3).
    fn again(&self, values: &[HostValue]) -> Came {
        let Around { loaded, function, .. } = &*self.around;
        let mut kept = Kept::default();
        let values: Vec<Value> = values.iter().map(|one| self.value(one, &mut kept)).collect();
        let mut answer = Replied::new();
        match loaded.call(&mut answer, *function, &values) {
            status::OK => answer.value(),
            _ => Err(answer.message()),
        }
    }

    fn value(&self, value: &HostValue, kept: &mut Kept) -> Value {
        match value {
            HostValue::Same(other) => {
                let values = self.around.values.get().map_or(&[][..], Vec::as_slice);
                values.get(*other).copied().unwrap_or(Value::NIL)
            }
            value => kept.value(value),
        }
    }
}

/// Is called by a binder. What it is given that cannot be read is noted as an error that says why.
extern "C" fn called(
    context: *mut c_void,
    arguments: *const Value,
    count: usize,
    result: *mut Value,
) -> u32 {
    // SAFETY: the binder hands back the context of the value, and calls no function once the call that it was given to has
    // returned: the header asks for both.
    let function = unsafe { &*context.cast::<Function>() };
    let address = arguments.expose_provenance() as u64;
    // SAFETY: so many arguments are readable until this returns.
    let arguments = unsafe { items_at::<Value>(address, count as u64, "arguments") };
    let read = |value: &Value| {
        // SAFETY: what they point to is readable as long.
        unsafe { host_value(value) }.unwrap_or_else(HostValue::Error)
    };
    let arguments = match arguments {
        Ok(arguments) => arguments.iter().map(read).collect(),
        Err(what) => vec![HostValue::Error(what)],
    };
    let came = function.call(arguments);
    let mut kept = Kept::default();
    let (status, value) = match came {
        Ok(value) => (status::OK, value),
        Err(what) => (status::FAILED, HostValue::Text(what)),
    };
    let made = function.value(&value, &mut kept);
    kept.hold(value);
    locked(&function.said).push(kept);
    // SAFETY: the header asks for a place for one value.
    unsafe { result.write(made) };
    status
}

impl Value {
    fn function(called: Called, context: *const Function) -> Value {
        let (called, context) = (called as *const c_void, context.expose_provenance() as u64);
        Value::at(kind::FUNCTION, called, context as usize)
    }
}
