//! Function objects of the host's, which a library keeps when the call has returned (K-7, K-8).
//!
//! They live in one table of the process: whoever has the number of one may give it to a call or release it, and nothing else
//! ends it. A call holds those that it is given until it returns, so that one which another thread releases meanwhile goes
//! after it.

#![expect(unsafe_code, reason = "answers native code")]

use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use contract::{Declarations, FunctionType, Lowering, Signature, Type};
use system_libffi::Lasting;

use super::bind::EngineChoice;
use super::callbacks::{self, CallbackPlan};
use super::dialect::Dialects;
use super::places::Places;
use super::planner::Planner;
use super::{BindError, Caller};
use crate::heap::{Heap, Host, HostFunction, KeptFunction, Object};
use crate::refusal::{CallCode, CallRefusal};
use crate::value::{Value, View};

/// What is behind a function object.
struct Data {
    of: FunctionType,
    plan: CallbackPlan,
    host: HostFunction,
}

/// The C function of an object, and what that answers with.
pub(super) struct Made(Lasting<Data>);

// SAFETY: the closure's memory is libffi's, and is freed from whichever thread; the data is shared as its parts may be.
unsafe impl Send for Made {}
// SAFETY: as above; nothing of it is written to but behind a lock.
unsafe impl Sync for Made {}

static TABLE: LazyLock<RwLock<HashMap<u64, Arc<Made>>>> = LazyLock::new(RwLock::default);
static NEXT: AtomicU64 = AtomicU64::new(0);

impl KeptFunction {
    /// Makes an object of a function that takes and gives what its type says.
    ///
    /// # Errors
    /// [`BindError::Unprepared`] where libffi makes no such C function, or this machine has none.
    pub fn new(
        of: &FunctionType,
        host: HostFunction,
        dialects: Dialects,
    ) -> Result<KeptFunction, BindError> {
        let plan = plan(of, dialects)?;
        let data = Data { of: of.clone(), plan, host };
        let made = Made::of(data).ok_or_else(|| undeclared(of))?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut table = TABLE.write().unwrap_or_else(PoisonError::into_inner);
        table.insert(number, Arc::new(made));
        Ok(KeptFunction(number))
    }

    /// Releases it: from then on its C function may not be called.
    ///
    /// # Errors
    /// [`CallCode::HandleClosed`] for one that is released (K-8).
    pub fn release(self) -> Result<(), CallCode> {
        let mut table = TABLE.write().unwrap_or_else(PoisonError::into_inner);
        let made = table.remove(&self.0);
        drop(table);
        made.map(drop).ok_or(CallCode::HandleClosed)
    }

    /// Its number.
    pub fn bits(self) -> u64 {
        self.0
    }

    /// The object of a number, which may be one that is released or was never made.
    pub fn from_bits(bits: u64) -> KeptFunction {
        KeptFunction(bits)
    }

    fn made(self) -> Option<Arc<Made>> {
        TABLE.read().unwrap_or_else(PoisonError::into_inner).get(&self.0).cloned()
    }
}

/// What an argument is that takes an object of a type: the object, to be held while the call runs.
///
/// # Errors
/// K-7: nil, what is no such object, one of another type; K-8: one that is released.
pub(super) fn taken(
    (index, of): &(u8, FunctionType),
    value: Value,
    heap: &Heap,
) -> Result<Arc<Made>, CallRefusal> {
    let refuse = |code| Err(CallRefusal::at(code, *index));
    let kept = match value.view() {
        View::Nil => return refuse(CallCode::NilArgument),
        View::Object(object) => match heap.get(object) {
            Some(Object::Kept(kept)) => *kept,
            _ => return refuse(CallCode::TypeMismatch),
        },
        _ => return refuse(CallCode::TypeMismatch),
    };
    match kept.made() {
        None => refuse(CallCode::HandleClosed),
        Some(made) if made.data().of != *of => refuse(CallCode::TypeMismatch),
        Some(made) => Ok(made),
    }
}

impl Made {
    fn of(data: Data) -> Option<Made> {
        // SAFETY: the data may be reached from any thread, and is of the plan whose prototype this is.
        unsafe { Lasting::new(data, |data| &data.plan.cif, answer) }.map(Made)
    }

    fn data(&self) -> &Data {
        self.0.data()
    }

    /// The address of its C function, as a value that an argument of words takes.
    pub(super) fn address(&self) -> Value {
        Value::long(self.0.code().expose_provenance() as i64)
    }
}

/// How a function of a type is called, and answers.
fn plan(of: &FunctionType, dialects: Dialects) -> Result<CallbackPlan, BindError> {
    let declarations = Declarations::new();
    let text = format!("[f {} :ret :void]", Type::Kept(of.clone()));
    let signature = Signature::read(&text, &declarations).map_err(|_| undeclared(of))?;
    let lowering = Lowering::of(&signature, &declarations);
    let places = Places::of(&lowering, EngineChoice::ByTarget).ok_or_else(|| undeclared(of))?;
    Planner::new("a function object", &lowering, &places, &declarations, dialects).callback(0, of)
}

fn undeclared(of: &FunctionType) -> BindError {
    let (symbol, form) = ("a function object".to_owned(), Type::Kept(of.clone()).to_string());
    BindError::Undeclared { symbol, form }
}

/// What every closure calls.
unsafe extern "C" fn answer(
    _: *mut c_void,
    result: *mut c_void,
    arguments: *mut *mut c_void,
    data: *mut c_void,
) {
    // SAFETY: the closure was made with the address of one, which outlives it.
    let data = unsafe { &*data.cast_const().cast::<Data>() };
    // SAFETY: libffi lists an address for each parameter of the prototype, which is of this plan.
    let word = unsafe { data.word(arguments) };
    if data.plan.returns.is_some() {
        // SAFETY: libffi has room for a whole word, whatever is returned.
        unsafe { result.cast::<u64>().write(word) }
    }
}

impl Data {
    /// The register of what the function gives; zero where it raises, or gives what its type does not take.
    ///
    /// # Safety
    /// As [`callbacks::word`].
    unsafe fn word(&self, arguments: *mut *mut c_void) -> u64 {
        let call = |caller: &mut Caller, values: &[Value]| {
            self.host.call(&mut Running { data: self, caller }, values)
        };
        // SAFETY: by this function's contract.
        let word = unsafe { callbacks::word(&self.plan, arguments, call) };
        word.unwrap_or(0)
    }
}

/// A function object that runs.
struct Running<'r> {
    data: &'r Data,
    caller: &'r mut Caller,
}

impl Host for Running<'_> {
    fn heap(&mut self) -> &mut Heap {
        &mut self.caller.heap
    }

    fn itself(&mut self) -> Value {
        self.caller.heap.keep(Object::Function(self.data.host.clone()))
    }

    /// It was given to no call alone.
    fn again(&mut self, _: &[Value]) -> Result<Value, CallRefusal> {
        Err(CallRefusal::new(CallCode::TypeMismatch))
    }
}
