//! Function objects of the suite's own library at wire level (K-7): C functions that libffi makes, which answer as they are told
//! until they are released.
//!
//! One of the modules that may use `unsafe`: native code calls it.

#![expect(unsafe_code, reason = "answers native code")]

use std::ffi::c_void;
use std::sync::Mutex;

use subject::protocol::carriers::CarrierType;
use subject::protocol::messages::{Reply, Told};
use subject::{SubjectFault, locked};
use system_libffi::{Cif, Lasting};

use super::answered::given;
use super::native;
use super::wire::{cannot, word};

/// What a C function answers with.
struct Data {
    parameters: Vec<CarrierType>,
    returns: CarrierType,
    /// The words that its calls give in turn.
    answers: Vec<u64>,
    cif: Cif,
    calls: Mutex<Vec<Vec<String>>>,
}

/// A C function that is made and not released.
#[derive(Debug)]
pub(super) struct Made(Lasting<Data>);

impl Made {
    /// Has libffi make one of these types.
    pub(super) fn new(
        parameters: Vec<CarrierType>,
        returns: CarrierType,
        answers: &[Option<String>],
        plain: bool,
    ) -> Result<Made, SubjectFault> {
        let cif = native::prototype(&parameters, returns).map_err(cannot)?;
        let answer = |text: &Option<String>| match text {
            None => Ok(0),
            Some(text) => {
                let none =
                    || cannot(format!("`{text}` is no {} (docs/protocol.md)", returns.name()));
                word(returns, text).ok_or_else(none)
            }
        };
        let answers = answers.iter().map(answer).collect::<Result<Vec<_>, _>>()?;
        if answers.is_empty() {
            return Err(cannot("a function object has one answer at least"));
        }
        let data = Data { parameters, returns, answers, cif, calls: Mutex::default() };
        let answer = if plain { answer_plainly } else { answer_kept };
        // SAFETY: the data may be reached from any thread, and takes what its prototype says.
        let made = unsafe { Lasting::new(data, |data| &data.cif, answer) };
        made.map(Made).ok_or_else(|| cannot("there is no memory for a function object"))
    }

    /// Where its code is.
    pub(super) fn address(&self) -> u64 {
        self.0.code().expose_provenance() as u64
    }

    /// What it was called with.
    pub(super) fn heard(&self) -> Reply {
        let call = |call: &Vec<String>| call.iter().cloned().map(Told::Carrier).collect();
        Reply::Heard { calls: locked(&self.0.data().calls).iter().map(call).collect() }
    }
}

/// What the closure of a plain one calls.
unsafe extern "C" fn answer_plainly(
    _: *mut c_void,
    result: *mut c_void,
    _: *mut *mut c_void,
    data: *mut c_void,
) {
    // SAFETY: the closure was made with the address of one, which outlives it.
    let data = unsafe { &*data.cast_const().cast::<Data>() };
    // SAFETY: libffi has room for a whole word, whatever is returned.
    unsafe { result.cast::<u64>().write(data.answers[0]) }
}

/// What every other closure calls.
unsafe extern "C" fn answer_kept(
    _: *mut c_void,
    result: *mut c_void,
    arguments: *mut *mut c_void,
    data: *mut c_void,
) {
    // SAFETY: the closure was made with the address of one, which outlives it.
    let data = unsafe { &*data.cast_const().cast::<Data>() };
    // SAFETY: libffi lists an address for each parameter of the prototype.
    let given = unsafe { given(&data.parameters, arguments) };
    let mut calls = locked(&data.calls);
    let answer = data.answers.get(calls.len()).or(data.answers.last());
    calls.push(given);
    drop(calls);
    if data.returns != CarrierType::Void {
        // SAFETY: libffi has room for a whole word, whatever is returned.
        unsafe { result.cast::<u64>().write(answer.copied().unwrap_or(0)) }
    }
}
