//! Functions of the host's as the header's: a pointer of the suite's that a binder calls, and what it hands back then. They
//! answer as they were told to and note what they are called with (contract K-1 to K-4, K-9).

#![expect(unsafe_code, reason = "a binder calls them with addresses")]

use std::ffi::c_void;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use contract::{Answer, HostValue};

use super::abi::{Value, kind, status};
use super::loaded::{Answer as Replied, Loaded};
use super::values::{Kept, host_value, items_at};

/// What a binder calls: the context of the value, the arguments, how many, and where the result or what was raised goes.
pub(super) type Called = extern "C" fn(*mut c_void, *const Value, usize, *mut Value) -> u32;

/// A function among the arguments of a call. It stays where it is: a binder has its address.
pub(super) struct Function {
    answers: Vec<Answer>,
    calls: Mutex<Vec<Vec<HostValue>>>,
    /// What results point to, until the call that it was given to has returned.
    said: Mutex<Vec<Kept>>,
    around: Around,
}

/// The call that a function was given to.
struct Around {
    loaded: Arc<Loaded>,
    function: u64,
    given: Vec<HostValue>,
    /// The same in the header's form, once all are there.
    values: Vec<Value>,
}

/// The functions among the arguments of a call, by argument.
pub(super) struct Functions(Vec<(usize, Box<Function>)>);

/// What a function that is called comes to: a result, or what it raises.
type Came = Result<HostValue, String>;

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Functions {
    /// Those of a call, each put in its place among the values.
    pub(super) fn of(
        loaded: &Arc<Loaded>,
        function: u64,
        given: &[HostValue],
        values: &mut [Value],
    ) -> Functions {
        let mut functions = Vec::new();
        for (index, argument) in given.iter().enumerate() {
            let HostValue::Function(answers) = argument else { continue };
            let (loaded, given) = (Arc::clone(loaded), given.to_vec());
            let around = Around { loaded, function, given, values: Vec::new() };
            let (calls, said) = (Mutex::default(), Mutex::default());
            let one = Box::new(Function { answers: answers.clone(), calls, said, around });
            values[index] = Value::function(called, &raw const *one);
            functions.push((index, one));
        }
        for (_, one) in &mut functions {
            one.around.values = values.to_vec();
        }
        Functions(functions)
    }

    /// What each was called with.
    pub(super) fn calls(self) -> Vec<crate::Called> {
        let calls = |one: Function| one.calls.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.0.into_iter().map(|(index, one)| (index, calls(*one))).collect()
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
        let Around { loaded, function, .. } = &self.around;
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
            HostValue::Same(other) => self.around.values.get(*other).copied().unwrap_or(Value::NIL),
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
