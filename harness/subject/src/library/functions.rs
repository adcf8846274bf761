//! Functions of the host's as the header's: a pointer of the suite's that a binder calls, and what it hands back then. They
//! answer as they were told to and note what they are called with (contract K-1 to K-4, K-7, K-9).

#![expect(unsafe_code, reason = "a binder calls them with addresses")]

use std::ffi::c_void;
use std::ptr;
use std::sync::{Arc, Mutex, OnceLock};

use contract::{Answer, HostValue};

use super::abi::{Value, kind, status};
use super::answer::Answer as Replied;
use super::loaded::Loaded;
use super::values::{Pointed, host_value, items_at};
use crate::locked;

/// A function among the arguments of a call, or one that an object is made of. It stays where it is: a binder has its address.
struct Function {
    answers: Vec<Answer>,
    /// Whether it does nothing but give its first answer.
    plain: bool,
    calls: Mutex<Vec<Vec<HostValue>>>,
    /// What results point to, as long as it may be called.
    said: Mutex<Vec<Pointed>>,
    /// The call that it was given to; none of an object's.
    around: Option<Arc<Around>>,
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

/// A function of an object (K-7).
pub(super) struct Kept(Arc<Function>);

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
            let around = Some(Arc::clone(&around));
            let one = Function::new(answers.clone(), false, around);
            values[index] = one.value();
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

impl Kept {
    /// One whose calls return these in turn, or if it is `plain` the first of them and nothing more.
    pub(super) fn new(answers: &[HostValue], plain: bool) -> Kept {
        let answers = answers.iter().cloned().map(Answer::Returns).collect();
        Kept(Function::new(answers, plain, None))
    }

    /// What `bc_make` is given.
    pub(super) fn value(&self) -> Value {
        self.0.value()
    }

    /// What it was called with since it was made.
    pub(super) fn calls(&self) -> Vec<Vec<HostValue>> {
        locked(&self.0.calls).clone()
    }
}

impl Function {
    fn new(answers: Vec<Answer>, plain: bool, around: Option<Arc<Around>>) -> Arc<Function> {
        let (calls, said) = (Mutex::default(), Mutex::default());
        Arc::new(Function { answers, plain, calls, said, around })
    }

    /// It, to be called.
    fn value(&self) -> Value {
        let context = ptr::from_ref(self).expose_provenance();
        Value::at(kind::FUNCTION, called as *const c_void, context)
    }

    /// One call of it, on whichever thread.
    fn call(&self, arguments: Vec<HostValue>) -> Came {
        if let (true, Some(Answer::Returns(value))) = (self.plain, self.answers.first()) {
            return Ok(value.clone());
        }
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
            HostValue::Handle(_) => self.given_to().iter().position(|one| *one == value),
            _ => None,
        };
        first.map_or(value, HostValue::Same)
    }

    /// The arguments of the call that it was given to.
    fn given_to(&self) -> &[HostValue] {
        self.around.as_ref().map_or(&[], |around| &around.given)
    }

    /// Calls the function that it was given to once more (K-3).
    fn again(&self, values: &[HostValue]) -> Came {
        let Some(around) = &self.around else { return Err("no call is around it".to_owned()) };
        let Around { loaded, function, .. } = &**around;
        let mut pointed = Pointed::default();
        let values: Vec<Value> = values.iter().map(|one| self.made(one, &mut pointed)).collect();
        let mut answer = Replied::new();
        match loaded.call(&mut answer, *function, &values) {
            status::OK => answer.value(),
            _ => Err(answer.message()),
        }
    }

    /// A value of its own in the header's form.
    fn made(&self, value: &HostValue, pointed: &mut Pointed) -> Value {
        match value {
            HostValue::Same(other) => {
                let values = self.around.as_ref().and_then(|around| around.values.get());
                values.and_then(|values| values.get(*other)).copied().unwrap_or(Value::NIL)
            }
            value => pointed.value(value),
        }
    }
}

/// What a binder calls: the context of the value, the arguments, how many, and where the result or what was raised goes.
/// What it is given that cannot be read is noted as an error that says why.
extern "C" fn called(
    context: *mut c_void,
    arguments: *const Value,
    count: usize,
    result: *mut Value,
) -> u32 {
    // SAFETY: the binder hands back the context of the value, and calls no function once the call that it was given to has
    // returned, or the object that it was made of is released: the header asks for both.
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
    let mut pointed = Pointed::default();
    let (status, value) = match came {
        Ok(value) => (status::OK, value),
        Err(what) => (status::FAILED, HostValue::Text(what)),
    };
    let made = function.made(&value, &mut pointed);
    if !made.is_whole() {
        pointed.hold(value);
        locked(&function.said).push(pointed);
    }
    // SAFETY: the header asks for a place for one value.
    unsafe { result.write(made) };
    status
}
