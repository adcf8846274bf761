//! Where each wire parameter stands in a call's image, and which engine's image that is.

use super::EngineChoice;
use super::foreign::{FEW, MOST};
#[cfg(all(target_arch = "x86_64", unix))]
use super::foreign::{FLOATS, INTEGERS, REGISTERS, STACK};
#[cfg(all(target_arch = "x86_64", unix))]
use contract::Carrier;
use contract::Lowering;

/// The places of a function's carriers.
pub(super) struct Places {
    /// By wire parameter.
    pub(super) slots: Vec<u8>,
    pub(super) image: ImageChoice,
}

/// The smallest image that holds a function's carriers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ImageChoice {
    /// Registers alone.
    #[cfg(all(target_arch = "x86_64", unix))]
    Registers,
    /// Registers and stack.
    #[cfg(all(target_arch = "x86_64", unix))]
    Spilled,
    /// Few carriers for libffi.
    Few,
    /// As many as one call may have.
    Many,
}

impl Places {
    /// `None` for more carriers than one call may have.
    pub(super) fn of(lowering: &Lowering, engine: EngineChoice) -> Option<Places> {
        #[cfg(all(target_arch = "x86_64", unix))]
        if let (EngineChoice::ByTarget, Some(places)) = (engine, Places::in_registers(lowering)) {
            return Some(places);
        }
        // Elsewhere there is no choice.
        let _ = engine;
        Places::in_order(lowering)
    }

    /// System V AMD64 ABI, 3.2.3; `None` where the stack of the register image is too short.
    #[cfg(all(target_arch = "x86_64", unix))]
    fn in_registers(lowering: &Lowering) -> Option<Places> {
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
        if stack > STACK {
            return None;
        }
        let image = if stack > 0 { ImageChoice::Spilled } else { ImageChoice::Registers };
        Some(Places { slots: slots.into_iter().map(|slot| slot as u8).collect(), image })
    }

    /// One place after another.
    fn in_order(lowering: &Lowering) -> Option<Places> {
        let count = lowering.parameters.len();
        let image = match count {
            0..=FEW => ImageChoice::Few,
            _ if count <= MOST => ImageChoice::Many,
            _ => return None,
        };
        Some(Places { slots: (0..count).map(|slot| slot as u8).collect(), image })
    }
}

impl ImageChoice {
    /// Whether the image is libffi's.
    pub(super) fn is_libffi(self) -> bool {
        matches!(self, ImageChoice::Few | ImageChoice::Many)
    }
}
