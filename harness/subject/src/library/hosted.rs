//! Functions of the header's as a subject takes them: each is called with its context, on whichever thread, and may call what
//! it was given to once more (contract K-1 to K-4, K-7, K-9).

#![expect(unsafe_code, reason = "calls the pointers that a library is handed")]

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::sync::Arc;

use contract::{FunctionType, HostValue, Token};

use super::abi::{Reply, Value, kind, status};
use super::exported::say;
use super::values::{Pointed, given_value};
use crate::{BoundId, CallReply, Subject, SubjectFault};

/// A subject that takes functions which do more than give answers that it is told beforehand.
pub trait Hosting: Subject {
    /// As [`Subject::call`]. The arguments of these indices are these functions.
    ///
    /// # Errors
    /// As [`Subject::call`].
    fn call_asking(
        &mut self,
        function: BoundId,
        arguments: &[HostValue],
        asked: &[(usize, Arc<dyn Asked>)],
    ) -> Result<CallReply, SubjectFault>;

    /// As [`Subject::make`], of this function.
    ///
    /// # Errors
    /// As [`Subject::make`].
    fn make_asking(
        &mut self,
        of: &FunctionType,
        asked: Arc<dyn Asked>,
    ) -> Result<Token, SubjectFault>;
}

/// A function that a subject asks for its result.
pub trait Asked: Send + Sync {
    /// What it comes to, or what it raises. A handle that it is called with, or returns, is [`HostValue::Same`] with the index
    /// of the argument that it is.
    ///
    /// # Errors
    /// What it raises.
    fn ask(&self, given: &[HostValue], again: &mut Again<'_>) -> Result<HostValue, String>;
}

/// Calls the function once more that one of the host's was given to; [`HostValue::Same`] is the host's itself (K-3).
pub type Again<'a> = dyn FnMut(&[HostValue]) -> Result<HostValue, String> + 'a;

/// A function of the header's: a pointer, a context, and what it was given with.
pub(super) struct Pointer {
    value: Value,
    /// The call that it was given to; none of an object's (K-7).
    call: Option<(u64, Vec<Value>)>,
}

type Running = (u64, *mut Again<'static>);

thread_local! {
    /// The function that was called on this thread last and has not returned: which may be called again, and how.
    static RUNNING: Cell<Option<Running>> = const { Cell::new(None) };
    /// What the result of such a call points to.
    static SAID: RefCell<Pointed> = RefCell::default();
}

impl Pointer {
    /// One of the arguments of a call.
    pub(super) fn of_call(value: Value, function: u64, given: &[Value]) -> Arc<dyn Asked> {
        Arc::new(Pointer { value, call: Some((function, given.to_vec())) })
    }

    /// What an object is made of.
    pub(super) fn of_object(value: Value) -> Arc<dyn Asked> {
        Arc::new(Pointer { value, call: None })
    }

    fn given(&self) -> &[Value] {
        self.call.as_ref().map_or(&[], |(_, given)| given)
    }
}

impl Asked for Pointer {
    fn ask(&self, given: &[HostValue], again: &mut Again<'_>) -> Result<HostValue, String> {
        let mut pointed = Pointed::default();
        let value = |one: &HostValue| match one {
            HostValue::Same(index) => self.given().get(*index).copied().unwrap_or(Value::NIL),
            one => pointed.value(one),
        };
        let values: Vec<Value> = given.iter().map(value).collect();
        let mut result = Value::NIL;
        let [call, context, ..] = self.value.words;
        let call = std::ptr::with_exposed_provenance::<c_void>(call as usize);
        // SAFETY: the header says what a function's pointer is.
        let call = unsafe {
            std::mem::transmute::<
                *const c_void,
                extern "C" fn(*mut c_void, *const Value, usize, *mut Value) -> u32,
            >(call)
        };
        let context = std::ptr::with_exposed_provenance_mut(context as usize);
        // SAFETY: only the lifetime is another, and it is taken out below before what it names has ended.
        let again = unsafe { std::mem::transmute::<*mut Again<'_>, *mut Again<'static>>(again) };
        let running = self.call.as_ref().map(|(function, _)| (*function, again));
        let before = RUNNING.replace(running);
        let status = call(context, values.as_ptr(), values.len(), &raw mut result);
        RUNNING.set(before);
        let is_result = |one: &Value| one.kind == kind::HANDLE && one.words[0] == result.words[0];
        let same = self.given().iter().position(is_result);
        let value = match same.filter(|_| result.kind == kind::HANDLE) {
            Some(index) => HostValue::Same(index),
            // SAFETY: what a result points to is readable until the call has ended.
            None => unsafe { given_value(&result) }?,
        };
        match (status, value) {
            (status::OK, value) => Ok(value),
            (status::FAILED, HostValue::Text(raised)) => Err(raised),
            (status, value) => Err(format!("status {status} with {value:?}")),
        }
    }
}

/// Where a function of the host's is running on this thread: the call that it makes, of nothing but what it was given to.
pub(super) fn called_again(function: u64, given: &[Value], reply: &mut Reply) -> Option<u32> {
    let running = RUNNING.take()?;
    let (of, again) = running;
    let came = match function == of {
        true => values(given).and_then(|values| {
            // SAFETY: `ask` is on this thread's stack and waits for the function that makes this call; nobody else has it.
            let again = unsafe { &mut *again };
            again(&values)
        }),
        false => Err("another function than the one that it was given to".to_owned()),
    };
    RUNNING.set(Some(running));
    Some(match came {
        Ok(value) => SAID.with_borrow_mut(|said| {
            *said = Pointed::default();
            reply.value = said.value(&value);
            said.hold(value);
            status::OK
        }),
        Err(what) => {
            say(&mut reply.message, &what);
            status::FAILED
        }
    })
}

fn values(given: &[Value]) -> Result<Vec<HostValue>, String> {
    let value = |one: (usize, &Value)| match one {
        (index, Value { kind: kind::FUNCTION, .. }) => Ok(HostValue::Same(index)),
        // SAFETY: what an argument points to is readable until this returns.
        (_, one) => unsafe { given_value(one) },
    };
    given.iter().enumerate().map(value).collect()
}
