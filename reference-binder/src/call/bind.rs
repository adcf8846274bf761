//! From a signature and a symbol to a function: plans, places, kernel (contract B, P-4).

#![expect(unsafe_code, reason = "who binds vouches for the symbol's prototype")]

use super::Function;
use super::dialect::Dialects;
use super::foreign::{REGISTERS, STACK};
use super::general::general;
use super::kernels::{self, Kernel};
use super::plan::{ArgumentPlan, Bounds, INLINE_BOUNDS, Load, ReturnPlan};
use super::planner::{Places, Planner};
use crate::contract::{Declarations, Lowering, Path, Signature};
use crate::library::{Library, LibraryError};

/// How a function is bound beyond what its signature says.
#[derive(Clone, Copy, Debug, Default)]
pub struct BindOptions {
    /// Index of the handle argument the function consumes (C-14).
    pub consumes: Option<usize>,
    /// Which path serves it.
    pub path: PathChoice,
    /// Declared deviations (contract D).
    pub dialects: Dialects,
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
    /// More carriers than one call has places for.
    #[error("`{symbol}` takes {words} words on the stack, more than the {STACK} that are served")]
    TooManyArguments {
        /// The symbol that was to be bound.
        symbol: String,
        /// Stack words it needs.
        words: usize,
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
        let lowering = Lowering::of(signature, declarations);
        let places = Places::of(&lowering);
        let planner = Planner::new(symbol, &lowering, &places, declarations, options.dialects);
        let arguments = planner.arguments(&signature.arguments)?;
        let address = self.symbol(symbol, "the call needs")?;
        let returns = planner.returns(&signature.returns, self)?;
        if places.stack > STACK {
            let symbol = symbol.to_owned();
            return Err(BindError::TooManyArguments { symbol, words: places.stack });
        }
        let consumes = match options.consumes {
            Some(index) => Some(consumed(symbol, index, &arguments, signature)?),
            None => None,
        };
        let path = match options.path {
            PathChoice::BySignature => lowering.path,
            PathChoice::General => Path::General,
        };
        Ok(Function {
            kernel: choose(path, &arguments, &returns, consumes.is_some(), places.stack > 0),
            symbol: address,
            bounds: inline_bounds(&arguments),
            returns,
            arguments,
            rest: planner.rest(&signature.arguments),
            consumes,
            path,
            signature: signature.clone(),
            library: self.clone(),
        })
    }
}

fn choose(
    path: Path,
    arguments: &[ArgumentPlan],
    returns: &ReturnPlan,
    consumes: bool,
    spilled: bool,
) -> Kernel {
    match path {
        Path::General if spilled => general::<{ REGISTERS + STACK }>,
        Path::General => general::<REGISTERS>,
        Path::Scalar | Path::EnumAndHandle => {
            kernels::choose(arguments, returns, consumes, spilled)
        }
    }
}

fn inline_bounds(arguments: &[ArgumentPlan]) -> [Bounds; INLINE_BOUNDS] {
    let mut bounds = [Bounds::default(); INLINE_BOUNDS];
    for (place, argument) in bounds.iter_mut().zip(arguments) {
        if let Load::Integer(_, range) = argument.load {
            *place = range;
        }
    }
    bounds
}

/// C-14: the argument a function consumes.
fn consumed(
    symbol: &str,
    index: usize,
    arguments: &[ArgumentPlan],
    signature: &Signature,
) -> Result<u8, BindError> {
    match arguments.get(index).map(|argument| &argument.load) {
        Some(Load::Handle(_)) => Ok(index as u8),
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
