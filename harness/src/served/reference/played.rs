//! Functions of the suite's as the binder's: they answer as they were told to, and note what they are called with. A plain one
//! does neither: it is what is called on the clock. Others ask somebody else.

use std::sync::{Arc, Mutex};

use contract::{Answer, HostValue, Token};
use reference_binder::heap::{Callable, Heap, Host, HostFunction, Object, Raised};
use reference_binder::refusal::CallRefusal;
use reference_binder::value::View;
use reference_binder::{Caller, Function, Value};
use subject::library::Asked;
use subject::{SubjectFault, locked};

use super::values::{to_binder, to_host};

/// A function of the suite's.
pub(super) struct Played {
    acts: Acts,
    calls: Mutex<Vec<Vec<HostValue>>>,
    /// The arguments that it was given to a call with. Handles are looked for among them (K-9).
    around: Mutex<Vec<Value>>,
}

/// Where what it comes to is from.
enum Acts {
    Answers(Vec<Answer>),
    Asks(Arc<dyn Asked>),
}

/// A function that returns what needs no conversion.
pub(super) struct Plain(Value);

/// Makes a call, of whose arguments the functions among them are told.
pub(super) fn call(
    function: &Function,
    caller: &mut Caller,
    arguments: &[Value],
) -> Result<Value, CallRefusal> {
    for one in arguments.iter().filter_map(|value| of(*value, caller)) {
        arguments.clone_into(&mut locked(&one.around));
    }
    function.call(caller, arguments)
}

/// The suite's function that a value is.
pub(super) fn of(value: Value, caller: &Caller) -> Option<&Played> {
    match value.view() {
        View::Object(object) => match caller.heap.get(object) {
            Some(Object::Function(function)) => function.callable(),
            _ => None,
        },
        _ => None,
    }
}

impl Played {
    pub(super) fn function(answers: Vec<Answer>) -> HostFunction {
        Played::of(Acts::Answers(answers))
    }

    /// One that asks another, which notes for itself what it is called with.
    pub(super) fn asking(asked: &Arc<dyn Asked>) -> HostFunction {
        Played::of(Acts::Asks(Arc::clone(asked)))
    }

    fn of(acts: Acts) -> HostFunction {
        let (calls, around) = (Mutex::default(), Mutex::default());
        HostFunction::new(Played { acts, calls, around })
    }

    /// What it was called with so far.
    pub(super) fn calls(&self) -> Vec<Vec<HostValue>> {
        locked(&self.calls).clone()
    }
}

impl Plain {
    pub(super) fn function(answer: &HostValue) -> Result<HostFunction, SubjectFault> {
        let mut heap = Heap::default();
        let answer = to_binder(answer, &mut heap, &|_| None)?;
        match answer.view() {
            View::Object(_) => {
                Err(SubjectFault::Adapter("a plain function returns a scalar".into()))
            }
            _ => Ok(HostFunction::new(Plain(answer))),
        }
    }
}

impl Callable for Plain {
    fn call(&self, _: &mut dyn Host, _: &[Value]) -> Result<Value, Raised> {
        Ok(self.0)
    }
}

impl Callable for Played {
    fn call(&self, host: &mut dyn Host, arguments: &[Value]) -> Result<Value, Raised> {
        let around = locked(&self.around);
        let given = arguments.iter().map(|value| match value.view() {
            View::Handle(_) => {
                let first = around.iter().position(|one| one.same(*value));
                first.map_or(HostValue::Handle(Token(u64::MAX)), HostValue::Same)
            }
            _ => to_host(*value, host.heap(), &mut |_| Token(0)),
        });
        let given: Vec<HostValue> = given.collect();
        drop(around);
        let answers = match &self.acts {
            Acts::Answers(answers) => answers,
            Acts::Asks(asked) => {
                let mut again = |values: &[HostValue]| {
                    let value = again(host, values).map_err(|Raised(text)| text)?;
                    Ok(to_host(value, host.heap(), &mut |_| Token(0)))
                };
                let came = asked.ask(&given, &mut again).map_err(Raised)?;
                return self.returned(host, &came);
            }
        };
        let mut calls = locked(&self.calls);
        calls.push(given);
        let number = calls.len().min(answers.len());
        // What it calls may call it again.
        drop(calls);
        match answers.get(number - 1) {
            None => Ok(Value::NIL),
            Some(Answer::Returns(value)) => self.returned(host, value),
            Some(Answer::Raises(text)) => Err(Raised(text.clone())),
            Some(Answer::Again(arguments)) => again(host, arguments),
        }
    }
}

impl Played {
    fn returned(&self, host: &mut dyn Host, value: &HostValue) -> Result<Value, Raised> {
        match value {
            HostValue::Same(argument) => {
                Ok(locked(&self.around).get(*argument).copied().unwrap_or(Value::NIL))
            }
            value => to_binder(value, host.heap(), &|_| None).map_err(|fault| told(&fault)),
        }
    }
}

/// Calls what it was given to once more.
fn again(host: &mut dyn Host, arguments: &[HostValue]) -> Result<Value, Raised> {
    let mut values = Vec::with_capacity(arguments.len());
    for argument in arguments {
        values.push(match argument {
            HostValue::Same(_) => host.itself(),
            argument => {
                to_binder(argument, host.heap(), &|_| None).map_err(|fault| told(&fault))?
            }
        });
    }
    host.again(&values).map_err(|refusal| told(&refusal))
}

fn told(error: &dyn std::fmt::Display) -> Raised {
    Raised(error.to_string())
}
