//! A call from host values to the C ABI and back.
//!
//! `bind` makes a [`Function`] from a signature: `planner` makes a plan for each argument and one for the
//! return, and chooses the kernel that fits them: one of `kernels` where the register engine serves a
//! common pattern, `gather` for any other signature by value, and neither opens a scope; `general` opens
//! one, `memory` writes arguments into it, and `take` and `read` make host values of what the callee
//! left. `callbacks` makes C functions of the host's, `kept` such as outlive a call, and `told` serves what arguments
//! tell of others. `foreign` is the only module that calls native code, by one of
//! two engines.

#![expect(unsafe_code, reason = "states that bound functions may be shared between threads")]

mod bind;
mod callbacks;
mod dialect;
mod enums;
mod flat;
mod foreign;
mod gather;
mod general;
mod give;
mod item;
mod kept;
#[cfg(all(target_arch = "x86_64", unix))]
mod kernels;
mod load;
mod memory;
mod places;
mod plan;
mod planner;
mod read;
mod scalars;
mod stream;
mod take;
mod text;
mod told;
pub mod typed;

use contract::{FunctionType, Path, Signature};

use crate::heap::{Heap, Raised};
use crate::library::Library;
use crate::refusal::CallRefusal;
use crate::scope::{ScopeCounters, Scopes};
use crate::value::Value;
use callbacks::CallbackPlan;
use foreign::{Answer, Callee};
use give::Give;
use plan::{Bounds, RestPlan, ReturnPlan, Step};
use told::ToldPlan;

pub use bind::{BindError, BindOptions, EngineChoice, PathChoice};
pub use dialect::Dialects;
pub use foreign::Engine;

/// A native function bound to a signature, callable with host values from any thread.
#[derive(Debug)]
pub struct Function {
    kernel: Kernel,
    callee: Callee,
    /// Bounds of the first integer arguments, in the function itself so that the kernels of common
    /// patterns reach them without another load.
    #[cfg_attr(
        not(all(target_arch = "x86_64", unix)),
        expect(dead_code, reason = "only the register engine has kernels by pattern")
    )]
    bounds: [Bounds; plan::INLINE_BOUNDS],
    returns: ReturnPlan,
    give: Give,
    steps: Box<[Step]>,
    rest: Option<RestPlan>,
    /// The arguments that are functions of the host's.
    callbacks: Box<[CallbackPlan]>,
    /// What its arguments tell of one another, and which of them come back.
    told: ToldPlan,
    /// The arguments that are function objects of the host's, with their types.
    kept: Box<[(u8, FunctionType)]>,
    consumes: Option<u8>,
    path: Path,
    signature: Signature,
    library: Library,
    /// The kernel that serves the signature, where `kernel` only sees whether the library is open (B-3).
    behind: Kernel,
    /// What serves any arguments of the signature, where a kernel takes only some.
    otherwise: Kernel,
}

// SAFETY: a function is immutable once bound; its raw pointers are addresses of code in `library`,
// which it keeps loaded, or looks whether it is.
unsafe impl Send for Function {}
// SAFETY: as above.
unsafe impl Sync for Function {}

/// One whole call. A refusal comes back as a value of its own tag, in the same two registers. The arguments come
/// first, because the first integer of a native call goes where their address is: the rest need not be moved
/// out of its way.
type Kernel = fn(&[Value], &Function, &mut Caller) -> Value;

/// What a thread calls with: the host values it made and the scopes its calls open.
#[derive(Debug, Default)]
pub struct Caller {
    /// Where its objects live.
    pub heap: Heap,
    scopes: Scopes,
    /// What the last call that ended in `callback-raised` ended in.
    raised: Option<Raised>,
}

impl Caller {
    /// A caller with nothing in it.
    pub fn new() -> Caller {
        Caller::default()
    }

    /// What a function of the host's raised in the last call that ended in `callback-raised` (K-4); once.
    pub fn take_raised(&mut self) -> Option<Raised> {
        self.raised.take()
    }

    /// What its calls took so far: none of it for a call on the scalar or the enum-and-handle path
    /// (P-1, P-2).
    pub fn counters(&self) -> ScopeCounters {
        self.scopes.counters()
    }
}

impl Function {
    /// The host value of what came back in a register.
    #[inline(always)]
    fn give(&self, answer: Answer) -> Value {
        (self.give)(&self.returns, answer.integer, answer.float.to_bits())
    }

    /// Calls the function.
    ///
    /// Objects the call returns are kept in the caller's heap.
    ///
    /// # Errors
    /// A refusal by contract C, before any native call; or `corrupt-native-length`, after it.
    #[inline]
    pub fn call(&self, caller: &mut Caller, arguments: &[Value]) -> Result<Value, CallRefusal> {
        (self.kernel)(arguments, self, caller).into_result()
    }

    /// The path that serves it (P-4).
    pub fn path(&self) -> Path {
        self.path
    }

    /// What makes its native calls.
    pub fn engine(&self) -> Engine {
        if self.callee.prepared.is_some() { Engine::Libffi } else { Engine::Registers }
    }

    /// The signature it was bound with.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The library it keeps loaded (B-2).
    pub fn library(&self) -> &Library {
        &self.library
    }
}
