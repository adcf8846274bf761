//! From a signature and a symbol to a function: plans, places, kernel (contract B, P-4).

#![expect(unsafe_code, reason = "who binds vouches for the symbol's prototype")]

use std::ffi::c_void;
use std::ptr::NonNull;

use super::Function;
use super::enums::EnumTable;
use super::foreign::{FLOATS, INTEGERS, REGISTERS, STACK};
use super::general::general;
use super::kernels::{self, Kernel};
use super::plan::{
    ArgumentPlan, Bounds, BufferPlan, Element, INLINE_BOUNDS, Load, ReturnPlan, spare_bits,
};
use crate::contract::{
    Argument, ArgumentKind, Carrier, Declarations, Lowering, NamedKind, Path, Role, Scalar,
    Signature, Type,
};
use crate::handle::HandleType;
use crate::library::{Library, LibraryError};

/// How a function is bound beyond what its signature says.
#[derive(Clone, Copy, Debug, Default)]
pub struct BindOptions {
    /// Index of the handle argument the function consumes (C-14).
    pub consumes: Option<usize>,
    /// Which path serves it.
    pub path: PathChoice,
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
    /// The contract allows the form; this binder does not carry it yet.
    #[error("`{symbol}`: {form} is not served {position} yet")]
    NotServed {
        /// The symbol that was to be bound.
        symbol: String,
        /// The form.
        form: String,
        /// `as an argument` or `as a return`.
        position: &'static str,
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
    /// [`BindError`]: a symbol the signature needs is missing (B-1), or the signature is one this
    /// binder does not serve.
    ///
    /// # Safety
    /// The symbol, and the free symbol its return obliges, are functions with the C prototypes the
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
        let planner = Planner { symbol, declarations, lowering: &lowering, places: &places };
        let arguments = planner.arguments(&signature.arguments)?;
        let address = self.symbol(symbol, "the call needs")?;
        let returns = planner.returns(&signature.returns, self)?;
        if places.stack > STACK {
            let symbol = symbol.to_owned();
            return Err(BindError::TooManyArguments { symbol, words: places.stack });
        }
        let consumes = planner.consumed(options.consumes, &arguments, signature)?;
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

/// Where each wire parameter goes in the register image (System V AMD64 ABI, 3.2.3).
struct Places {
    slots: Vec<u8>,
    stack: usize,
}

impl Places {
    fn of(lowering: &Lowering) -> Places {
        let (mut integers, mut floats, mut stack) = (0, 0, 0);
        let mut take = |used: &mut usize, registers: usize, first: usize| {
            if *used < registers {
                *used += 1;
                first + *used - 1
            } else {
                stack += 1;
                REGISTERS + stack - 1
            }
        };
        let slots: Vec<usize> = lowering
            .parameters
            .iter()
            .map(|parameter| match parameter.carrier {
                Carrier::Scalar(scalar) if scalar.is_float() => take(&mut floats, FLOATS, INTEGERS),
                _ => take(&mut integers, INTEGERS, 0),
            })
            .collect();
        // A place beyond the image is refused before it is used; the cap keeps it in a byte.
        let slots = slots.into_iter().map(|slot| slot.min(u8::MAX as usize) as u8).collect();
        Places { slots, stack }
    }
}

struct Planner<'a> {
    symbol: &'a str,
    declarations: &'a Declarations,
    lowering: &'a Lowering,
    places: &'a Places,
}

impl Planner<'_> {
    fn arguments(&self, arguments: &[Argument]) -> Result<Box<[ArgumentPlan]>, BindError> {
        arguments
            .iter()
            .enumerate()
            .map(|(index, argument)| {
                let load = match &argument.kind {
                    ArgumentKind::Plain(kind) => self.load(kind),
                    ArgumentKind::Rest(_) | ArgumentKind::Destructured(_) => None,
                };
                let Some(load) = load else {
                    return Err(self.not_served(&argument.form, "as an argument"));
                };
                let slots = [
                    self.slot(Role::Value { argument: index }),
                    self.slot(Role::Length { argument: index }),
                ];
                // An index that no byte holds belongs to a call with more arguments than places.
                Ok(ArgumentPlan { index: index.min(254) as u8, slots, load })
            })
            .collect()
    }

    fn load(&self, kind: &Type) -> Option<Load> {
        Some(match kind {
            Type::Scalar(Scalar::Bool) => Load::Boolean,
            Type::Scalar(Scalar::F16) => Load::F16,
            Type::Scalar(Scalar::F32) => Load::F32,
            Type::Scalar(Scalar::F64) => Load::F64,
            Type::Scalar(scalar) if scalar.is_integer() && scalar.is_carrier() => {
                Load::Integer(*scalar, Bounds::of(*scalar))
            }
            Type::Handle(name) => Load::Handle(HandleType::named(name)),
            Type::Named(name) => Load::Enum(self.enum_table(name)?),
            Type::Slice { of, .. } => match &**of {
                Type::Scalar(scalar) if scalar.is_carrier() => Load::Array(*scalar),
                Type::Named(name) => Load::Members(self.enum_table(name)?),
                _ => return None,
            },
            _ => return None,
        })
    }

    fn returns(&self, kind: &Type, library: &Library) -> Result<ReturnPlan, BindError> {
        let plan = match kind {
            Type::Void => Some(ReturnPlan::Void),
            Type::Scalar(Scalar::Bool) => Some(ReturnPlan::Boolean),
            Type::Scalar(Scalar::F16) => Some(ReturnPlan::F16),
            Type::Scalar(Scalar::F32) => Some(ReturnPlan::F32),
            Type::Scalar(Scalar::F64) => Some(ReturnPlan::F64),
            Type::Scalar(scalar) if scalar.is_integer() && scalar.is_carrier() => {
                let spare = spare_bits(*scalar);
                let signed = scalar.is_signed();
                Some(if signed { ReturnPlan::Signed(spare) } else { ReturnPlan::Unsigned(spare) })
            }
            Type::Named(name) => self.enum_table(name).map(|table| {
                let spare = spare_bits(table.backing());
                ReturnPlan::Enum(table, spare)
            }),
            Type::Handle(name) => Some(ReturnPlan::Handle(HandleType::named(name))),
            Type::Owned(of) => match self.element(of) {
                Some(element) => {
                    let symbol = format!("{}__free", self.symbol);
                    let free = library.symbol(&symbol, &format!("frees what {kind} returns"))?;
                    Some(self.buffer(element, Some(free)))
                }
                None => None,
            },
            Type::Borrowed(of) => self.element(of).map(|element| self.buffer(element, None)),
            _ => None,
        };
        plan.ok_or_else(|| self.not_served(&kind.to_string(), "as a return"))
    }

    fn buffer(&self, element: Element, free: Option<NonNull<c_void>>) -> ReturnPlan {
        let slots = [self.slot(Role::OutAddress), self.slot(Role::OutLength)];
        ReturnPlan::Buffer(BufferPlan { element, slots, free })
    }

    /// The element of a returned slice this binder copies.
    fn element(&self, slice: &Type) -> Option<Element> {
        let Type::Slice { of, .. } = slice else { return None };
        match &**of {
            Type::Scalar(scalar) if scalar.is_carrier() => Some(Element::Scalar(*scalar)),
            Type::Named(name) => self.enum_table(name).map(Element::Enum),
            _ => None,
        }
    }

    fn enum_table(&self, name: &str) -> Option<EnumTable> {
        match &self.declarations.get(name)?.kind {
            NamedKind::Enum { backing, members } => Some(EnumTable::new(*backing, members)),
            _ => None,
        }
    }

    /// The place of the wire parameter with this role; 0 for a role the signature has not.
    fn slot(&self, role: Role) -> u8 {
        let at = self.lowering.parameters.iter().position(|parameter| parameter.role == role);
        at.map_or(0, |at| self.places.slots[at])
    }

    fn consumed(
        &self,
        index: Option<usize>,
        arguments: &[ArgumentPlan],
        signature: &Signature,
    ) -> Result<Option<u8>, BindError> {
        let Some(index) = index else { return Ok(None) };
        match arguments.get(index).map(|argument| &argument.load) {
            Some(Load::Handle(_)) => Ok(Some(index as u8)),
            _ => Err(BindError::ConsumesNoHandle {
                symbol: self.symbol.to_owned(),
                index,
                found: signature
                    .arguments
                    .get(index)
                    .map_or("nothing".to_owned(), |argument| argument.form.clone()),
            }),
        }
    }

    fn not_served(&self, form: &str, position: &'static str) -> BindError {
        BindError::NotServed { symbol: self.symbol.to_owned(), form: form.to_owned(), position }
    }
}
