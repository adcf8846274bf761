//! Where each wire parameter stands in a call's image, and what calls with that image.

use super::EngineChoice;
use super::foreign::{Engine, Invoke, MOST, with_libffi};
#[cfg(all(target_arch = "x86_64", unix))]
use super::foreign::{FLOATS, INTEGERS, REGISTERS, with_registers};
#[cfg(all(target_arch = "x86_64", unix))]
use contract::Carrier;
use contract::Lowering;

/// The places of a function's carriers.
pub(super) struct Places {
    /// By wire parameter; there are no more of these.
    pub(super) slots: [u8; MOST],
    /// What calls with the carriers in these places.
    pub(super) invoke: Invoke,
    pub(super) engine: Engine,
    /// Whether some are on the stack.
    #[cfg_attr(
        not(all(target_arch = "x86_64", unix)),
        expect(dead_code, reason = "only the register engine tells them apart")
    )]
    pub(super) spilled: bool,
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

    /// System V AMD64 ABI, 3.2.3; `None` where the register engine's stack is too short, a struct crosses by value, or
    /// the callee is variadic, which is told how many float registers are in use (W-3).
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
        let carriers = lowering.parameters.iter().map(|parameter| &parameter.carrier);
        let is_struct =
            |carrier: &Carrier| matches!(carrier, Carrier::Struct(_) | Carrier::Wide(_));
        if lowering.fixed.is_some() || carriers.chain(&lowering.returns).any(is_struct) {
            return None;
        }
        let mut slots = [0; MOST];
        // A parameter beyond them is beyond the stack of any `invoke`, too.
        for (parameter, slot) in lowering.parameters.iter().zip(&mut slots) {
            let taken = match parameter.carrier {
                Carrier::Scalar(scalar) if scalar.is_float() => take(&mut floats, FLOATS, INTEGERS),
                _ => take(&mut integers, INTEGERS, 0),
            };
            *slot = taken as u8;
        }
        let invoke = with_registers(integers, floats, stack)?;
        Some(Places { slots, invoke, engine: Engine::Registers, spilled: stack > 0 })
    }

    /// One place after another.
    fn in_order(lowering: &Lowering) -> Option<Places> {
        let count = lowering.parameters.len();
        (count <= MOST).then(|| Places {
            slots: std::array::from_fn(|slot| slot as u8),
            invoke: with_libffi,
            engine: Engine::Libffi,
            spilled: false,
        })
    }
}
