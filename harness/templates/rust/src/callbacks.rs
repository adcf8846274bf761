//! Functions of the host's (docs/protocol.md): C functions of libffi's making, which answer as they are
//! told and note what they are called with.

use std::collections::HashMap;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::slice;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use libffi::low::ffi_cif;
use libffi::middle::Closure;
use serde_json::{Value, json};

use crate::wire::{Answer, Failure, Linked, call_of, index, list, word};
use crate::structs::{Form, prototype};

/// What a function gives.
enum Told {
    Nothing,
    Word(u64),
    /// What the call gives that it was given to, made once more of these words.
    Again(&'static Linked, Vec<u64>),
}

/// What a function does, on whichever thread it is called.
struct Role {
    parameters: Vec<Form>,
    returns: Form,
    /// Whether it does nothing but give its first answer.
    plain: bool,
    answers: OnceLock<Vec<Told>>,
    /// What it was called with so far.
    calls: Mutex<Vec<Value>>,
}

/// A C function, which is freed with this.
pub(crate) struct Callback {
    /// Dropped before what it looks at.
    closure: Closure<'static>,
    role: Arc<Role>,
}

impl Role {
    fn calls(&self) -> MutexGuard<'_, Vec<Value>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What to give to this call, which is noted.
    fn told(&self, arguments: &[*const c_void]) -> Option<&Told> {
        let answers = self.answers.get()?;
        if self.plain {
            return answers.first();
        }
        let said = |(of, argument): (&Form, &*const c_void)| {
            // SAFETY: libffi has one of this type lie there.
            of.said(unsafe { slice::from_raw_parts(argument.cast(), of.size) })
        };
        let call: Value = self.parameters.iter().zip(arguments).map(said).collect();
        let mut calls = self.calls();
        calls.push(call);
        answers.get(calls.len() - 1).or(answers.last())
    }
}

/// What libffi calls where the C function is called.
unsafe extern "C" fn answer(
    _: &ffi_cif,
    result: &mut MaybeUninit<u64>,
    arguments: *const *const c_void,
    role: &Role,
) {
    // SAFETY: libffi gives an address for each parameter.
    let arguments = unsafe { slice::from_raw_parts(arguments, role.parameters.len()) };
    match role.told(arguments) {
        Some(Told::Word(word)) => {
            result.write(*word);
        }
        Some(Told::Again(function, words)) => {
            let mut room = function.returns.room();
            call_of(function, words, &mut room);
            result.write(room.word(0));
        }
        Some(Told::Nothing) | None => {}
    }
}

impl Callback {
    /// The function that a request asks for, which is yet to be told its answers.
    pub(crate) fn of(asked: &Value) -> Result<Callback, Failure> {
        let (parameters, returns, cif) = prototype(asked)?;
        let role = Arc::new(Role {
            parameters,
            returns,
            plain: asked["plain"] == true,
            answers: OnceLock::new(),
            calls: Mutex::default(),
        });
        // SAFETY: it lies where it is until the closure is dropped, which is so before.
        let seen: &'static Role = unsafe { &*Arc::as_ptr(&role) };
        let unmade =
            |error| Failure::unsupported(format!("libffi makes no such function: {error:?}"));
        let closure = Closure::try_new(cif, answer, seen).map_err(unmade)?;
        Ok(Callback { closure, role })
    }

    /// Tells it its answers; `given` is the call that it is given to, where it is given to one.
    pub(crate) fn tell(
        &self,
        answers: &[Value],
        given: Option<(&'static Linked, &[u64])>,
    ) -> Result<(), Failure> {
        let told = |told: &Value| {
            if let Some(text) = told.as_str() {
                return Ok(Told::Word(word(&self.role.returns.name, text)?));
            }
            let Some(carriers) = told["again"].as_array() else { return Ok(Told::Nothing) };
            let (function, words) = given.ok_or("it is given to no call")?;
            let again = |(of, carrier): (&Form, &Value)| match carrier.get("argument") {
                Some(at) => {
                    words.get(index(at)?).copied().ok_or_else(|| "there is no such argument".into())
                }
                None => word(&of.name, carrier.as_str().unwrap_or_default()),
            };
            let again: Result<Vec<u64>, String> =
                function.arguments(carriers)?.map(again).collect();
            Ok(Told::Again(function, again?))
        };
        let told: Result<Vec<Told>, Failure> = answers.iter().map(told).collect();
        // It is told once.
        let _ = self.role.answers.set(told?);
        Ok(())
    }

    pub(crate) fn address(&self) -> u64 {
        *self.closure.code_ptr() as usize as u64
    }

    /// What it was called with so far.
    pub(crate) fn calls(&self) -> Value {
        self.role.calls().clone().into()
    }
}

/// The functions that are kept, by the names that requests have for them.
#[derive(Default)]
pub(crate) struct Objects {
    made: u64,
    live: HashMap<String, Callback>,
}

impl Objects {
    pub(crate) fn make(&mut self, request: &Value) -> Answer {
        let made = Callback::of(request)?;
        made.tell(list(request, "answers"), None)?;
        let (kept, address) = (self.made.to_string(), made.address().to_string());
        self.made += 1;
        self.live.insert(kept.clone(), made);
        Ok(json!({"is": "made", "kept": kept, "address": address}))
    }

    pub(crate) fn heard(&self, request: &Value) -> Answer {
        let object = request["kept"].as_str().and_then(|kept| self.live.get(kept));
        let object = object.ok_or("there is no such object")?;
        Ok(json!({"is": "heard", "calls": object.calls()}))
    }

    pub(crate) fn release(&mut self, request: &Value) -> Answer {
        let object = request["kept"].as_str().and_then(|kept| self.live.remove(kept));
        object.ok_or("there is no such object")?;
        Ok(json!({"is": "done"}))
    }
}
