//! Functions of the host's for the suite's own library at wire level: C functions that libffi makes, which answer as
//! they are told and note what they are called with.
//!
//! One of the modules that may use `unsafe`: native code calls it.

#![expect(unsafe_code, reason = "answers native code")]

use std::ffi::c_void;
use std::sync::Mutex;

use subject::protocol::carriers::{Callback, CallbackAnswer, Carrier, CarrierType};
use subject::{SubjectFault, locked};
use system_libffi::{Cif, Closure};

use super::native::{self, Native};
use super::wire::{cannot, narrowed, text, word};

/// What answers one callback of a call.
pub(super) struct Answered<'c> {
    callback: &'c Callback,
    cif: Cif,
    /// The function that it is given to.
    native: &'c Native,
    /// What that function is given, once it is known.
    words: &'c Mutex<Vec<u64>>,
    calls: Mutex<Vec<Vec<String>>>,
    fault: Mutex<Option<SubjectFault>>,
}

impl<'c> Answered<'c> {
    pub(super) fn new(
        callback: &'c Callback,
        native: &'c Native,
        words: &'c Mutex<Vec<u64>>,
    ) -> Result<Answered<'c>, SubjectFault> {
        let cif = native::prototype(&callback.parameters, callback.returns).map_err(cannot)?;
        let (calls, fault) = (Mutex::default(), Mutex::default());
        Ok(Answered { callback, cif, native, words, calls, fault })
    }

    /// Its C function, for as long as it stays where it is.
    pub(super) fn closure(&self) -> Result<Closure<'_>, SubjectFault> {
        let data = (&raw const *self).cast::<c_void>();
        // SAFETY: this stays where it is while the closure borrows it, may be reached from any thread, and
        // takes what its prototype says.
        let closure = unsafe { self.cif.closure(answer, data) };
        closure.ok_or_else(|| cannot("there is no memory for a callback"))
    }

    /// What it was called with.
    pub(super) fn calls(self) -> Result<Vec<Vec<String>>, SubjectFault> {
        locked(&self.fault)
            .take()
            .map_or_else(|| Ok(std::mem::take(&mut *locked(&self.calls))), Err)
    }

    /// The word of its answer to its next call.
    fn next(&self, given: Vec<String>) -> Result<u64, SubjectFault> {
        let mut calls = locked(&self.calls);
        let answers = &self.callback.answers;
        let answer = answers.get(calls.len()).or(answers.last());
        calls.push(given);
        // What it calls may call it again.
        drop(calls);
        let returns = self.callback.returns;
        match answer {
            None => Err(cannot("a callback has one answer at least")),
            Some(CallbackAnswer::Returns(None)) => Ok(0),
            Some(CallbackAnswer::Returns(Some(text))) => carrier(returns, text),
            Some(CallbackAnswer::Again { again }) => {
                let words = locked(self.words).clone();
                let given = again.iter().zip(&self.native.parameters);
                let given = given.map(|(argument, of)| match argument {
                    Carrier::Text(text) => carrier(*of, text),
                    Carrier::Argument { argument } => {
                        let found = words.get(argument.index()).copied();
                        found.ok_or_else(|| cannot("`again` names no argument of the call"))
                    }
                    Carrier::Block { .. } | Carrier::Callback { .. } | Carrier::Members(_) => {
                        Err(cannot("`again` has carriers and arguments of the call alone"))
                    }
                });
                let given = given.collect::<Result<Vec<u64>, _>>()?;
                // SAFETY: the function was linked by the harness, which lowered these words for it, one for each
                // parameter, and what the others reach lives until the call around this one returns.
                Ok(narrowed(returns, unsafe { self.native.call(&given) }))
            }
        }
    }
}

fn carrier(of: CarrierType, text: &str) -> Result<u64, SubjectFault> {
    let none = || cannot(format!("`{text}` is no {} (docs/protocol.md, *Carriers*)", of.name()));
    word(of, text).ok_or_else(none)
}

/// What a function is given, as texts of carriers.
///
/// # Safety
/// There are as many addresses as types, and a value of its type lies at each.
pub(super) unsafe fn given(types: &[CarrierType], arguments: *mut *mut c_void) -> Vec<String> {
    let given = |(number, of): (usize, &CarrierType)| {
        let listed = arguments.wrapping_add(number);
        // SAFETY: by this function's contract.
        let at = unsafe { *listed };
        let size = of.scalar().map_or(size_of::<usize>(), |scalar| scalar.size());
        // SAFETY: as above.
        let bytes = unsafe { native::peek(at.addr() as u64, size) };
        let word = bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
        text(*of, word).unwrap_or_default()
    };
    types.iter().enumerate().map(given).collect()
}

/// What every closure calls.
unsafe extern "C" fn answer(
    _: *mut c_void,
    result: *mut c_void,
    arguments: *mut *mut c_void,
    data: *mut c_void,
) {
    // SAFETY: the closure was made with the address of one, which outlives it.
    let answered = unsafe { &*data.cast_const().cast::<Answered<'_>>() };
    // SAFETY: libffi lists an address for each parameter of the prototype.
    let given = unsafe { given(&answered.callback.parameters, arguments) };
    let word = answered.next(given).unwrap_or_else(|fault| {
        locked(&answered.fault).get_or_insert(fault);
        0
    });
    if answered.callback.returns != CarrierType::Void {
        // SAFETY: libffi has room for a whole word, whatever is returned.
        unsafe { result.cast::<u64>().write(word) }
    }
}
