//! A function of the suite's as the binder's: it answers as it was told to, and notes what it is called with.

use std::sync::{Mutex, PoisonError};

use contract::{Answer, HostValue, Token};
use reference_binder::Value;
use reference_binder::heap::{Callable, Host, HostFunction, Raised};

use super::values::{to_binder, to_host};

/// A function of the suite's.
pub(super) struct Played {
    answers: Vec<Answer>,
    calls: Mutex<Vec<Vec<HostValue>>>,
}

impl Played {
    pub(super) fn function(answers: &[Answer]) -> HostFunction {
        HostFunction::new(Played { answers: answers.to_vec(), calls: Mutex::default() })
    }

    /// What it was called with so far.
    pub(super) fn calls(&self) -> Vec<Vec<HostValue>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Callable for Played {
    fn call(&self, host: &mut dyn Host, arguments: &[Value]) -> Result<Value, Raised> {
        let given = arguments.iter().map(|value| to_host(*value, host.heap(), &mut |_| Token(0)));
        let given = given.collect();
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push(given);
        let number = calls.len().min(self.answers.len());
        // What it calls may call it again.
        drop(calls);
        let told = |error: &dyn std::fmt::Display| Raised(error.to_string());
        match self.answers.get(number - 1) {
            None => Ok(Value::NIL),
            Some(Answer::Returns(value)) => {
                to_binder(value, host.heap(), &|_| None).map_err(|fault| told(&fault))
            }
            Some(Answer::Raises(text)) => Err(Raised(text.clone())),
            Some(Answer::Again(arguments)) => {
                let mut values = Vec::with_capacity(arguments.len());
                for argument in arguments {
                    values.push(match argument {
                        HostValue::Same(_) => host.itself(),
                        argument => to_binder(argument, host.heap(), &|_| None)
                            .map_err(|fault| told(&fault))?,
                    });
                }
                host.again(&values).map_err(|refusal| told(&refusal))
            }
        }
    }
}
