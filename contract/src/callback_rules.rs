//! What a function of the host's may take and give (contract K-1, K-7, K-9).

use crate::declarations::Declarations;
use crate::forms::{Leaf, Shape, TypeForm, Wrap};
use crate::kind::{Kind, handle};
use crate::refusal::{Refusal, RefusalCode};
use crate::types::Reach;

/// What a function of the host's takes and gives: carrier scalars, and void for nothing given (K-1); one that is not
/// kept also what C functions are called back with (K-9). What of it is at fault is named by the whole form, because
/// it is the function that no binder could make.
pub(super) fn function(
    form: &TypeForm<'_, '_>,
    parts: &[TypeForm<'_, '_>],
    kept: bool,
    declarations: &Declarations,
) -> Result<(), Refusal> {
    let word = |part: &TypeForm<'_, '_>| match Kind::of(part, declarations) {
        Kind::Carrier => true,
        Kind::Enum => !kept,
        _ => !kept && matches!(part.shape, Shape::Leaf(Leaf::Handle(_))) && handle(part).is_ok(),
    };
    let read = |part: &TypeForm<'_, '_>| match &part.shape {
        Shape::Leaf(Leaf::String) => true,
        Shape::Wrap(Wrap::Pointer { reach: Reach::One, constant: true }, of) => {
            matches!(Kind::of(of, declarations), Kind::Carrier)
        }
        Shape::Wrap(Wrap::Slice { constant: true }, of) => matches!(
            Kind::of(of, declarations),
            Kind::Carrier | Kind::Enum | Kind::Struct { buffers: false }
        ),
        _ => false,
    };
    let is_void = |part: &TypeForm<'_, '_>| matches!(part.shape, Shape::Leaf(Leaf::Void));
    let suits = match parts.split_last() {
        Some((returns, arguments)) => {
            (word(returns) || is_void(returns))
                && arguments.iter().all(|part| word(part) || !kept && read(part))
        }
        None => true,
    };
    if suits {
        return Ok(());
    }
    let detail = if kept {
        "a function that is kept takes scalars of at most 64 bits, :f16, :f32, :f64 or :bool, and returns one of \
         them or :void"
    } else {
        "a function takes scalars of at most 64 bits, :f16, :f32, :f64, :bool, enums, handles, :string, \
         [:ptr :const T] and [:slice :const T], and returns a scalar, an enum, a handle or :void"
    };
    Err(Refusal::new(RefusalCode::UnsupportedFunction, form.node, detail))
}
