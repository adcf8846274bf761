//! How each argument and the return of one function is converted, and where its carriers go.

use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::Arc;

use contract::Scalar;

use super::dialect::Dialected;
use super::enums::EnumTable;
use super::foreign::Image;
use super::general;
use super::item::{Buffer, Item};
use super::told::CountedBy;
use crate::handle::HandleType;
use crate::heap::Heap;
use crate::keyword::Keyword;
use crate::library::Library;
use crate::refusal::CallRefusal;
use crate::scope::Scope;
use crate::value::{Tag, Value};

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

    /// Whatever 64 bits hold.
    pub(super) const ALL: Bounds = Bounds { low: 0, span: u64::MAX };

    #[inline(always)]
    pub(super) fn hold(self, long: u64) -> bool {
        long.wrapping_sub(self.low) <= self.span
    }
}

/// The values that cross as they are: those of one tag within bounds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passes {
    tag: Tag,
    pub(super) bounds: Bounds,
}

impl Passes {
    /// No value: each is converted.
    const NONE: Passes = Passes { tag: Tag::Refused, bounds: Bounds::ALL };
    pub(super) const DOUBLES: Passes = Passes { tag: Tag::Double, bounds: Bounds::ALL };
    pub(super) const BOOLEANS: Passes = Passes { tag: Tag::Boolean, bounds: Bounds::ALL };
    pub(super) const LONGS: Passes = Passes::within(Bounds::ALL);

    pub(super) const fn within(bounds: Bounds) -> Passes {
        Passes { tag: Tag::Long, bounds }
    }

    fn of(load: &Load) -> Passes {
        match load {
            Load::Integer(scalar) => Passes::within(Bounds::of(*scalar)),
            Load::F64 => Passes::DOUBLES,
            Load::Boolean => Passes::BOOLEANS,
            Load::F16 | Load::F32 | Load::Dialected(_) | Load::Enum(_) | Load::Handle(_) => {
                Passes::NONE
            }
        }
    }

    /// The word of a value that crosses as it is.
    #[inline(always)]
    pub(super) fn word(self, value: Value) -> Option<u64> {
        (value.is(self.tag) && self.bounds.hold(value.bits())).then_some(value.bits())
    }
}

/// One host argument. A slot is a carrier's place in the call's image.
#[derive(Debug)]
#[repr(u8)]
pub(super) enum ArgumentPlan {
    Carrier(CarrierPlan),
    /// A map, of which each key's value is a carrier of its own (S-2).
    Fields {
        index: u8,
        fields: Box<[(Keyword, CarrierPlan)]>,
    },
    /// An address, which a length follows or not: the general path only.
    Memory {
        index: u8,
        slot: u8,
        length_slot: Option<u8>,
        memory: Memory,
    },
}

/// What crosses by value.
#[derive(Debug)]
pub(super) struct CarrierPlan {
    /// The argument's index, for refusals.
    pub(super) index: u8,
    pub(super) slot: u8,
    pub(super) passes: Passes,
    /// How the other values are converted.
    pub(super) load: Load,
}

impl CarrierPlan {
    pub(super) fn new(index: u8, slot: u8, load: Load) -> CarrierPlan {
        CarrierPlan { index, slot, passes: Passes::of(&load), load }
    }
}

/// Puts the carriers of a value that does not cross as it is into their places, on the general path.
pub(super) type Fill = fn(&Step, Value, &Heap, &Scope<'_>, &mut Image) -> Result<(), CallRefusal>;

/// One argument, and first what a call looks at for most of them: what crosses as it is, and where to.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) passes: Passes,
    pub(super) slot: u8,
    pub(super) fill: Fill,
    pub(super) plan: ArgumentPlan,
}

impl Step {
    /// Of an argument that is no carrier, no value crosses as it is.
    pub(super) fn of(plan: ArgumentPlan) -> Step {
        let (passes, slot) = match &plan {
            ArgumentPlan::Carrier(plan) => (plan.passes, plan.slot),
            _ => (Passes::NONE, 0),
        };
        Step { passes, slot, fill: general::fill_of(&plan), plan }
    }
}

impl ArgumentPlan {
    /// The one carrier of an argument that a kernel was chosen for.
    #[inline(always)]
    pub(super) fn carrier(&self) -> &CarrierPlan {
        match self {
            ArgumentPlan::Carrier(plan) => plan,
            _ => unreachable!("`choose` takes a kernel for carriers alone"),
        }
    }
}

/// How a host value becomes a carrier.
#[derive(Debug)]
pub(super) enum Load {
    Integer(Scalar),
    Boolean,
    F16,
    F32,
    F64,
    /// A scalar that a dialect touches.
    Dialected(Dialected),
    Enum(Arc<EnumTable>),
    Handle(HandleType),
}

/// What an argument's address reaches, and where that comes from.
#[derive(Debug)]
pub(super) enum Memory {
    /// One item, made in the call's scope.
    Item(Item),
    /// A typed array of this element type, lent to the callee where it stands (ADR 2).
    Lent(Scalar, Extent),
    /// A vector's items, made in the call's scope.
    Row(Item, Extent),
    /// A string, copied into the call's scope.
    Text,
    /// The same with a NUL behind it, and none inside (Z-1).
    CString,
    /// nil is null.
    Optional(Box<Memory>),
}

/// How many elements a pointer, array or slice takes (C-8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    Any,
    /// `[:ptr T]`
    One,
    /// `[:array n T]`
    Exactly(u64),
}

/// The trailing slice that takes every further argument (S-3).
#[derive(Debug)]
pub(super) struct RestPlan {
    pub(super) element: Item,
    pub(super) slot: u8,
    pub(super) length_slot: u8,
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
    /// A float that a dialect touches.
    Dialected(Dialected),
    Enum(Arc<EnumTable>),
    Handle(HandleType),
    /// More than a carrier: the general path only.
    Memory(Box<Returned>),
}

/// A symbol the return obliges: of a free function, or of an iterator's next.
pub(super) type Symbol = NonNull<c_void>;

/// A return that is read from memory. Its `free`, where there is one, is called once the copy was made
/// or failed.
#[derive(Debug)]
pub(super) enum Returned {
    /// One item through an out-parameter (L-3, L-9, L-13).
    Item { item: Item, slot: u8, free: Option<Symbol> },
    /// Address and length through two out-parameters (L-11, L-12).
    Buffer { buffer: Buffer, slots: [u8; 2], free: Option<Symbol> },
    /// A nullable pointer in the register (L-10, L-20).
    Optional { item: Item, free: Option<Symbol> },
    /// The address of a string that ends before a NUL, or after so many bytes (Z-2).
    CString { most: Option<u64> },
    /// The address of elements that an argument counts (Z-4).
    Counted { item: Item, by: CountedBy },
    /// An error's name and its length through two out-parameters, then the payload (L-14).
    /// D-7: `keyword` where the error is the keyword of its name.
    Fallible { slots: [u8; 2], payload: ReturnPlan, keyword: bool },
    /// An iterator in the register (L-16).
    Stream(StreamPlan),
}

impl Returned {
    /// Whether it is a struct of carrier scalars that nobody frees.
    pub(super) fn is_flat(&self) -> bool {
        match self {
            Returned::Item { item: Item::Struct(plan), free: None, .. } => plan.flat.is_some(),
            _ => false,
        }
    }
}

/// What a stream needs of its library.
#[derive(Clone, Debug)]
pub(super) struct StreamPlan {
    pub(super) item: Dialected,
    pub(super) next: Symbol,
    pub(super) free: Symbol,
    /// A stream outlives its function, and keeps the library loaded as that does (B-2).
    pub(super) library: Library,
}

/// Bits of a register above those of a returned carrier: they may be dirty (L-21).
pub(super) fn spare_bits(carrier: Scalar) -> u32 {
    64 - carrier.size() as u32 * 8
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
