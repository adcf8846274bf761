//! From a signature and a symbol to a function: plans, places, kernel (contract B, P-4).

#![expect(unsafe_code, reason = "who binds vouches for the symbol's prototype")]

use std::ffi::c_void;
use std::ptr::NonNull;

use super::dialect::Dialects;
use super::foreign::{Callee, Engine, MOST, Prepared, Unprepared};
use super::gather::gather;
#[cfg(all(target_arch = "x86_64", unix))]
use super::kernels;
use super::places::Places;
use super::plan::{
    ArgumentPlan, Bounds, CarrierPlan, INLINE_BOUNDS, Load, ReturnPlan, Returned, Step,
};
use super::planner::Planner;
use super::{Caller, Function, Kernel, callbacks, general, give, told};
use crate::library::{Library, LibraryError};
use crate::refusal::{CallCode, CallRefusal};
use crate::value::Value;
use contract::{Declarations, Lowering, Path, Signature};

/// How a function is bound beyond what its signature says.
#[derive(Clone, Copy, Debug, Default)]
pub struct BindOptions {
    /// Index of the handle argument the function consumes (C-14).
    pub consumes: Option<usize>,
    /// Which path serves it.
    pub path: PathChoice,
    /// Declared deviations (contract D).
    pub dialects: Dialects,
    /// What makes its native calls.
    pub engine: EngineChoice,
    /// Whether what its native calls leave in `errno` is kept, and what is set found there: see [`errno`](crate::errno). A
    /// call without it is none slower for it.
    pub errno: bool,
}

/// Which path serves a function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PathChoice {
    /// The one its signature asks for (P-4).
    #[default]
    BySignature,
    /// The general one (P-5).
    General,
}

/// What makes a function's native calls. Either serves every path, and what a caller sees is the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EngineChoice {
    /// Registers where this is compiled for the System V ABI of x86-64 and the image has room for the
    /// signature; libffi otherwise.
    #[default]
    ByTarget,
    /// libffi.
    Libffi,
}

/// Why a function was not bound.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// A symbol could not be had (B-1).
    #[error(transparent)]
    Library(#[from] LibraryError),
    /// The signature was read against other declarations.
    #[error("`{symbol}`: the declarations given do not have what {form} names")]
    Undeclared {
        /// The symbol that was to be bound.
        symbol: String,
        /// The form.
        form: String,
    },
    /// The signature and its lowering do not go together: a fault of the binder's.
    #[error("`{symbol}`: the C prototype has no parameter for {role}")]
    Unplaced {
        /// The symbol that was to be bound.
        symbol: String,
        /// What has no place.
        role: String,
    },
    /// More carriers than one call has places for.
    #[error("`{symbol}` takes {carriers} carriers, more than the {MOST} that are served")]
    TooManyArguments {
        /// The symbol that was to be bound.
        symbol: String,
        /// Carriers it takes, out-parameters included.
        carriers: usize,
    },
    /// A half by value, on a target where no engine can pass one.
    #[error("`{symbol}` passes a half by value, which libffi cannot on this target")]
    NoHalf {
        /// The symbol that was to be bound.
        symbol: String,
    },
    /// libffi does not make such a call, or this machine has none.
    #[error("`{symbol}`: {reason}")]
    Unprepared {
        /// The symbol that was to be bound.
        symbol: String,
        /// What is in the way.
        reason: system_libffi::Unprepared,
    },
    /// Only a handle can be consumed (C-14).
    #[error("`{symbol}` cannot consume its argument {index}: it takes {found}, not a handle")]
    ConsumesNoHandle {
        /// The symbol that was to be bound.
        symbol: String,
        /// The argument's index.
        index: usize,
        /// What that argument is.
        found: String,
    },
}

impl Library {
    /// Binds a symbol to a signature.
    ///
    /// # Errors
    /// [`BindError`]: a symbol the signature needs is missing (B-1), or the signature does not go with
    /// the declarations or the options.
    ///
    /// # Safety
    /// The symbol, and the free and next symbols its return obliges, are functions with the C prototypes the
    /// signature lowers to (contract L), and keep what the signature promises of pointers: what a call
    /// lends is not kept, and a handle is good until a call that consumes it.
    pub unsafe fn bind(
        &self,
        symbol: &str,
        signature: &Signature,
        declarations: &Declarations,
        options: BindOptions,
    ) -> Result<Function, BindError> {
        // SAFETY: by this function's contract.
        unsafe { self.bind_either(None, symbol, signature, declarations, options) }
    }

    /// Binds the function at an address that [`Library::symbol`] gave for this symbol, which is not looked up again.
    ///
    /// # Errors
    /// As [`Library::bind`].
    ///
    /// # Safety
    /// As [`Library::bind`]; the address is the symbol's, in this library.
    pub unsafe fn bind_at(
        &self,
        address: NonNull<c_void>,
        symbol: &str,
        signature: &Signature,
        declarations: &Declarations,
        options: BindOptions,
    ) -> Result<Function, BindError> {
        if self.enter().is_none() {
            return Err(self.closed().into());
        }
        // SAFETY: by this function's contract.
        unsafe { self.bind_either(Some(address), symbol, signature, declarations, options) }
    }

    /// # Safety
    /// As [`Library::bind_at`], where there is an address.
    unsafe fn bind_either(
        &self,
        address: Option<NonNull<c_void>>,
        symbol: &str,
        signature: &Signature,
        declarations: &Declarations,
        options: BindOptions,
    ) -> Result<Function, BindError> {
        let lowering = Lowering::of(signature, declarations);
        let places = Places::of(&lowering, options.engine).ok_or_else(|| {
            let carriers = lowering.parameters.len();
            BindError::TooManyArguments { symbol: symbol.to_owned(), carriers }
        })?;
        let planner = Planner::new(symbol, &lowering, &places, declarations, options.dialects);
        let steps = planner.steps(signature)?;
        let address = match address {
            Some(address) => address,
            None => self.symbol(symbol, "the call needs")?,
        };
        let returns = planner.returns(signature, self)?;
        let prepared = match places.engine {
            Engine::Libffi => Some(Box::new(prepare(symbol, &lowering, declarations)?)),
            Engine::Registers => None,
        };
        let consumes = match options.consumes {
            Some(index) => Some(consumed(symbol, index, &steps, signature)?),
            None => None,
        };
        let of_signature = lowering.path;
        let path = match options.path {
            PathChoice::BySignature => of_signature,
            PathChoice::General => Path::General,
        };
        let rest = planner.rest(&signature.arguments)?;
        // No other path has any of these.
        let (callbacks, kept, told) = match of_signature {
            Path::General => (
                planner.callbacks(&signature.arguments)?,
                planner.kept(&signature.arguments),
                planner.told(signature)?,
            ),
            Path::Scalar | Path::EnumAndHandle => Default::default(),
        };
        let tells = told.tells(&returns);
        let more = rest.is_some() || consumes.is_some();
        let otherwise = if tells { told::call } else { any_kernel(path, &returns, more) };
        let kernel = match options.path {
            _ if !callbacks.is_empty() || !kept.is_empty() => callbacks::lend,
            _ if tells => otherwise,
            // What follows the arguments is none of their plans'; kernels make the native call themselves.
            PathChoice::BySignature if rest.is_none() && !options.errno => {
                exact_kernel(&places, &steps, &returns, consumes.is_some()).unwrap_or(otherwise)
            }
            _ => otherwise,
        };
        Ok(Function {
            kernel: if self.is_closable() { behind_a_pass } else { kernel },
            callee: Callee::new(address, places.invoke, prepared, options.errno),
            bounds: inline_bounds(&steps),
            give: give::by_class(&returns),
            returns,
            steps,
            rest,
            callbacks,
            told,
            kept,
            consumes,
            path,
            signature: signature.clone(),
            library: self.clone(),
            behind: kernel,
            otherwise,
        })
    }
}

/// A call into a library that may be closed: refused where it was, and it stays open until this returns
/// (B-3).
fn behind_a_pass(arguments: &[Value], function: &Function, caller: &mut Caller) -> Value {
    let Some(_pass) = function.library.enter() else {
        return Value::refused(CallRefusal::new(CallCode::LibraryClosed));
    };
    (function.behind)(arguments, function, caller)
}

fn prepare(
    symbol: &str,
    lowering: &Lowering,
    declarations: &Declarations,
) -> Result<Prepared, BindError> {
    Prepared::of(lowering, declarations).map_err(|why| unprepared(symbol, why))
}

/// Why libffi does not serve a function.
pub(super) fn unprepared(symbol: &str, why: Unprepared) -> BindError {
    let symbol = symbol.to_owned();
    match why {
        Unprepared::Half => BindError::NoHalf { symbol },
        Unprepared::Libffi(reason) => BindError::Unprepared { symbol, reason },
    }
}

/// What takes any arguments of a signature.
fn any_kernel(path: Path, returns: &ReturnPlan, more: bool) -> Kernel {
    match (path, returns) {
        (Path::General, ReturnPlan::Memory(_)) if more => general::for_memory_and_more,
        (Path::General, _) if more => general::for_register_and_more,
        (Path::General, ReturnPlan::Memory(returned)) => match &**returned {
            returned if returned.is_flat() => general::for_flat,
            Returned::Buffer { .. } => general::for_buffer,
            Returned::Optional { .. } => general::for_optional,
            Returned::Fallible { payload, .. } if !matches!(payload, ReturnPlan::Memory(_)) => {
                general::for_fallible
            }
            _ => general::for_memory,
        },
        (Path::General, _) => general::for_register,
        _ => gather,
    }
}

/// What takes the common ones of a signature that is common.
#[cfg(all(target_arch = "x86_64", unix))]
fn exact_kernel(
    places: &Places,
    steps: &[Step],
    returns: &ReturnPlan,
    consumes: bool,
) -> Option<Kernel> {
    let in_registers = places.engine == Engine::Registers && !places.spilled;
    in_registers.then(|| kernels::choose(steps, returns, consumes)).flatten()
}

/// Elsewhere there is none.
#[cfg(not(all(target_arch = "x86_64", unix)))]
fn exact_kernel(_: &Places, _: &[Step], _: &ReturnPlan, _: bool) -> Option<Kernel> {
    None
}

fn inline_bounds(steps: &[Step]) -> [Bounds; INLINE_BOUNDS] {
    let mut bounds = [Bounds::default(); INLINE_BOUNDS];
    for (place, step) in bounds.iter_mut().zip(steps) {
        if let ArgumentPlan::Carrier(CarrierPlan { load: Load::Integer(_), .. }) = step.plan {
            *place = step.passes.bounds;
        }
    }
    bounds
}

/// C-14: the argument a function consumes.
fn consumed(
    symbol: &str,
    index: usize,
    steps: &[Step],
    signature: &Signature,
) -> Result<u8, BindError> {
    match steps.get(index).map(|step| &step.plan) {
        Some(ArgumentPlan::Carrier(CarrierPlan { load: Load::Handle(_), .. })) => Ok(index as u8),
        _ => Err(BindError::ConsumesNoHandle {
            symbol: symbol.to_owned(),
            index,
            found: signature
                .arguments
                .get(index)
                .map_or("nothing".to_owned(), |argument| argument.form.clone()),
        }),
    }
}
