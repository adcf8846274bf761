//! Functions of the host's as C functions, for as long as a call runs (contract K).
//!
//! The call is served as any other: it is only given addresses in place of functions and of function objects (`kept`). What a function makes while it
//! runs is in a caller of its own, so that it may call whatever it likes.

#![expect(unsafe_code, reason = "answers native code")]

use std::cell::RefCell;
use std::ffi::c_void;
use std::sync::OnceLock;

use contract::Scalar;
use system_libffi::Cif;

use super::item::{Buffer, Item};
use super::plan::{CarrierPlan, ReturnPlan};
use super::{Caller, Function, general, give, kept, load, read, scalars};
use crate::heap::{Heap, Host, HostFunction, Object, Raised};
use crate::refusal::{CallCode, CallRefusal};
use crate::value::{Tag, Value, View};

/// How a function of the host's is called, and answers.
#[derive(Debug)]
pub(super) struct CallbackPlan {
    /// Which argument it is.
    pub(super) index: u8,
    /// What it takes.
    pub(super) arguments: Box<[Given]>,
    /// What it gives, unless that is nothing.
    pub(super) returns: Option<CarrierPlan>,
    /// Its C function.
    pub(super) cif: Cif,
}

/// How what a function is given becomes the host's (K-2, K-9).
#[derive(Debug)]
pub(super) enum Given {
    /// One word, as a return of its type.
    Word(Scalar, ReturnPlan),
    /// What an address leads to.
    There(Item),
    /// An address, and as many items as the word behind it says.
    Row(Buffer),
}

impl Given {
    /// The words that it is in the C function.
    pub(super) fn words(&self) -> &[Scalar] {
        match self {
            Given::Word(scalar, _) => std::slice::from_ref(scalar),
            Given::There(_) => &[Scalar::Usize],
            Given::Row(_) => &[Scalar::Usize, Scalar::Usize],
        }
    }
}

/// What becomes of a function that fails.
pub(super) enum Failure {
    Raised(Raised),
    /// What it was given was none of its types, or what it gave.
    Unfit(CallCode),
}

/// A function that a callee has the address of.
struct Lent<'c> {
    plan: &'c CallbackPlan,
    function: &'c Function,
    host: HostFunction,
    failure: OnceLock<Failure>,
}

thread_local! {
    /// Callers of this thread that wait for its next call of a function of the host's. There are as many as such calls were ever
    /// under way at once.
    #[expect(clippy::vec_box, reason = "each call moves one out and in again, and a caller is large")]
    static SPARE: RefCell<Vec<Box<Caller>>> = const { RefCell::new(Vec::new()) };
}

/// As many arguments as a function is given without memory being asked for.
const FEW: usize = 8;

/// A call whose arguments are functions, among others.
pub(super) fn lend(arguments: &[Value], function: &Function, caller: &mut Caller) -> Value {
    if let Err(refusal) = general::check_count(function, arguments) {
        return Value::refused(refusal);
    }
    let lent = function.callbacks.iter().map(|plan| {
        let host = host_function(plan.index, arguments[plan.index as usize], &caller.heap)?;
        Ok(Box::new(Lent { plan, function, host, failure: OnceLock::new() }))
    });
    let lent = match lent.collect::<Result<Vec<_>, CallRefusal>>() {
        Ok(lent) => lent,
        Err(refusal) => return Value::refused(refusal),
    };
    let held = function
        .kept
        .iter()
        .map(|kept| kept::taken(kept, arguments[usize::from(kept.0)], &caller.heap));
    let held = match held.collect::<Result<Vec<_>, CallRefusal>>() {
        Ok(held) => held,
        Err(refusal) => return Value::refused(refusal),
    };
    let mut values = arguments.to_vec();
    for ((index, _), made) in function.kept.iter().zip(&held) {
        values[usize::from(*index)] = made.address();
    }
    let mut closures = Vec::with_capacity(lent.len());
    for one in &lent {
        let data = (&raw const **one).cast::<c_void>();
        // SAFETY: what stands there outlives the closure, which is dropped before it, may be reached from any
        // thread, and is of the plan whose prototype this is.
        let Some(closure) = (unsafe { one.plan.cif.closure(answer, data) }) else {
            return Value::refused(CallRefusal::at(CallCode::OutOfMemory, one.plan.index));
        };
        values[one.plan.index as usize] = Value::long(closure.code().expose_provenance() as i64);
        closures.push(closure);
    }
    let value = (function.otherwise)(&values, function, caller);
    drop(closures);
    drop(held);
    if value.is(Tag::Refused) {
        return value;
    }
    match lent.into_iter().find_map(|one| one.failure.into_inner()) {
        None => value,
        Some(Failure::Unfit(code)) => Value::refused(CallRefusal::new(code)),
        Some(Failure::Raised(raised)) => {
            caller.raised = Some(raised);
            Value::refused(CallRefusal::new(CallCode::CallbackRaised))
        }
    }
}

/// K-1: a function and nothing else.
fn host_function(index: u8, value: Value, heap: &Heap) -> Result<HostFunction, CallRefusal> {
    let refuse = |code| Err(CallRefusal::at(code, index));
    match value.view() {
        View::Nil => refuse(CallCode::NilArgument),
        View::Object(object) => match heap.get(object) {
            Some(Object::Function(function)) => Ok(function.clone()),
            _ => refuse(CallCode::TypeMismatch),
        },
        _ => refuse(CallCode::TypeMismatch),
    }
}

/// Calls a function of the host's, with a caller of its own; the register of what it gives.
///
/// # Safety
/// As [`given`].
pub(super) unsafe fn word(
    plan: &CallbackPlan,
    arguments: *mut *mut c_void,
    call: impl FnOnce(&mut Caller, &[Value]) -> Result<Value, Raised>,
) -> Result<u64, Failure> {
    let spare = SPARE.try_with(|spare| spare.borrow_mut().pop());
    let mut caller = spare.ok().flatten().unwrap_or_default();
    let mark = caller.heap.mark();
    let (mut few, mut many) = ([Value::NIL; FEW], Vec::new());
    let values = match few.get_mut(..plan.arguments.len()) {
        Some(few) => few,
        None => {
            many.resize(plan.arguments.len(), Value::NIL);
            &mut many
        }
    };
    // SAFETY: by this function's contract.
    let given = unsafe { given(plan, arguments, &mut caller.heap, values) };
    let called = given
        .map_err(Failure::Unfit)
        .and_then(|()| call(&mut caller, values).map_err(Failure::Raised));
    let word = called.and_then(|value| match &plan.returns {
        None => Ok(0),
        Some(plan) => load::by_value(plan, value, &caller.heap)
            .map_err(|_| Failure::Unfit(CallCode::CallbackResult)),
    });
    caller.heap.release(mark);
    // A thread that ends has none any more.
    let _ = SPARE.try_with(|spare| spare.borrow_mut().push(caller));
    word
}

/// What a function is given, as the host sees it.
///
/// # Safety
/// There are as many addresses as the plan's arguments have words, and a scalar of its type lies at each. Words that are
/// addresses lead to what the plan says.
unsafe fn given(
    plan: &CallbackPlan,
    arguments: *mut *mut c_void,
    heap: &mut Heap,
    values: &mut [Value],
) -> Result<(), CallCode> {
    let mut number = 0;
    let mut word = |scalar| {
        let listed = arguments.wrapping_add(number);
        number += 1;
        // SAFETY: by this function's contract.
        let at = unsafe { *listed };
        // SAFETY: as above.
        unsafe { scalars::bits(at.cast_const().cast(), scalar) as u64 }
    };
    let mut value = |given: &Given| match given {
        Given::Word(scalar, plan) => {
            let word = word(*scalar);
            Ok(give::resolved(plan, word, word))
        }
        Given::There(item) => {
            let address = word(Scalar::Usize) as usize;
            let at: *const u8 = std::ptr::with_exposed_provenance(address);
            // SAFETY: by this function's contract.
            unsafe { read::item(item, at, heap) }
        }
        Given::Row(buffer) => {
            let (address, length) = (word(Scalar::Usize), word(Scalar::Usize));
            // SAFETY: by this function's contract.
            unsafe { read::buffer(buffer, address, length, heap) }
        }
    };
    for (place, argument) in values.iter_mut().zip(&plan.arguments) {
        *place = value(argument)?;
    }
    Ok(())
}

/// What every closure calls.
unsafe extern "C" fn answer(
    _: *mut c_void,
    result: *mut c_void,
    arguments: *mut *mut c_void,
    data: *mut c_void,
) {
    // SAFETY: the closure was made with the address of one, which outlives it.
    let lent = unsafe { &*data.cast_const().cast::<Lent<'_>>() };
    // SAFETY: libffi lists an address for each parameter of the prototype, which is of this plan.
    let word = unsafe { lent.word(arguments) };
    if lent.plan.returns.is_some() {
        // SAFETY: libffi has room for a whole word, whatever is returned.
        unsafe { result.cast::<u64>().write(word) }
    }
}

impl Lent<'_> {
    /// The register of what the function gives; zero once it has failed (K-4).
    ///
    /// # Safety
    /// As [`given`].
    unsafe fn word(&self, arguments: *mut *mut c_void) -> u64 {
        if self.failure.get().is_some() {
            return 0;
        }
        let call = |caller: &mut Caller, values: &[Value]| {
            self.host.call(&mut Running { lent: self, caller }, values)
        };
        // SAFETY: by this function's contract.
        unsafe { word(self.plan, arguments, call) }.unwrap_or_else(|failure| {
            // One that another thread met first is what the call ends in.
            let _ = self.failure.set(failure);
            0
        })
    }
}

/// A function of the host's that runs.
struct Running<'r, 'c> {
    lent: &'r Lent<'c>,
    caller: &'r mut Caller,
}

impl Host for Running<'_, '_> {
    fn heap(&mut self) -> &mut Heap {
        &mut self.caller.heap
    }

    fn itself(&mut self) -> Value {
        self.caller.heap.keep(Object::Function(self.lent.host.clone()))
    }

    fn again(&mut self, arguments: &[Value]) -> Result<Value, CallRefusal> {
        self.lent.function.call(self.caller, arguments)
    }
}
