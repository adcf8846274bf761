//! How each argument and the return of one function is converted, and where its carriers go.

use std::ffi::c_void;
use std::ptr::NonNull;

use super::enums::EnumTable;
use crate::contract::Scalar;
use crate::handle::HandleType;

/// Integer arguments whose bounds stand in the function itself.
pub(super) const INLINE_BOUNDS: usize = 4;

/// The longs an integer parameter takes as they are: `low ..= low + span`, in wrapping arithmetic.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bounds {
    pub(super) low: u64,
    pub(super) span: u64,
}

impl Bounds {
    /// For `:u64` and `:usize` the longs end before the type does; the rest takes the longer way.
    pub(super) fn of(integer: Scalar) -> Bounds {
        let bits = integer.size() as u32 * 8;
        match (integer.is_signed(), bits) {
            (true, 64..) => Bounds { low: i64::MIN as u64, span: u64::MAX },
            (true, _) => Bounds { low: (-1_i64 << (bits - 1)) as u64, span: (1 << bits) - 1 },
            (false, 64..) => Bounds { low: 0, span: i64::MAX as u64 },
            (false, _) => Bounds { low: 0, span: (1 << bits) - 1 },
        }
    }

    #[inline(always)]
    pub(super) fn hold(self, long: u64) -> bool {
        long.wrapping_sub(self.low) <= self.span
    }
}

/// One host argument.
#[derive(Debug)]
pub(super) struct ArgumentPlan {
    /// Its index, for refusals.
    pub(super) index: u8,
    /// Where its first carrier goes in [`super::foreign::Registers`]; a length goes to the second.
    pub(super) slots: [u8; 2],
    pub(super) load: Load,
}

/// How a host value becomes carriers.
#[derive(Debug)]
pub(super) enum Load {
    Integer(Scalar, Bounds),
    Boolean,
    F16,
    F32,
    F64,
    Enum(EnumTable),
    Handle(HandleType),
    /// A typed array of this element type, lent to the callee where it stands.
    Array(Scalar),
    /// A vector of an enum's keywords, copied into the call's scope.
    Members(EnumTable),
}

/// How the native return becomes a host value.
#[derive(Debug)]
pub(super) enum ReturnPlan {
    Void,
    /// Bits above the type's own.
    Signed(u32),
    Unsigned(u32),
    Boolean,
    F16,
    F32,
    F64,
    Enum(EnumTable, u32),
    Handle(HandleType),
    Buffer(BufferPlan),
}

/// A buffer returned through two out-parameters (L-11, L-12).
#[derive(Debug)]
pub(super) struct BufferPlan {
    pub(super) element: Element,
    /// Where the addresses of the two out-parameters go.
    pub(super) slots: [u8; 2],
    /// `<symbol>__free`; a borrowed buffer has none.
    pub(super) free: Option<NonNull<c_void>>,
}

/// An element of a returned buffer.
#[derive(Debug)]
pub(super) enum Element {
    Scalar(Scalar),
    Enum(EnumTable),
}

impl Element {
    pub(super) fn scalar(&self) -> Scalar {
        match self {
            Element::Scalar(scalar) => *scalar,
            Element::Enum(table) => table.backing(),
        }
    }
}

/// Bits of a register above those of a returned integer: they may be dirty (L-21).
pub(super) fn spare_bits(integer: Scalar) -> u32 {
    64 - integer.size() as u32 * 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_exactly_the_longs_of_the_type() {
        for scalar in Scalar::ALL.into_iter().filter(|s| s.is_integer() && s.is_carrier()) {
            let bits = scalar.size() as u32 * 8;
            let (low, high) = if scalar.is_signed() {
                (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1)
            } else {
                (0, ((1_i128 << bits) - 1).min(i64::MAX as i128))
            };
            let bounds = Bounds::of(scalar);
            for value in [low - 1, low, low + 1, -1, 0, 1, high - 1, high, high + 1] {
                let Ok(long) = i64::try_from(value) else { continue };
                let within = (low..=high).contains(&value);
                assert_eq!(bounds.hold(long as u64), within, "{value} in {scalar}");
            }
        }
    }
}
