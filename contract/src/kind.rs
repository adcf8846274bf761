//! What kind of type stands in a form, as far as rules ask.

use crate::declarations::Declarations;
use crate::forms::{Leaf, Shape, TypeForm};
use crate::refusal::{Refusal, RefusalCode};
use crate::types::NamedKind;

/// What a rule needs to know of a type that may lie inside another.
pub(super) enum Kind {
    Carrier,
    Wide,
    Enum,
    Struct {
        buffers: bool,
    },
    /// Anything else.
    Other,
}

impl Kind {
    pub(super) fn of(form: &TypeForm<'_, '_>, declarations: &Declarations) -> Kind {
        match form.shape {
            Shape::Leaf(Leaf::Scalar(scalar)) if scalar.is_carrier() => Kind::Carrier,
            Shape::Leaf(Leaf::Scalar(_)) => Kind::Wide,
            Shape::Leaf(Leaf::Named(name)) => match declarations.get(name).map(|named| &named.kind)
            {
                Some(NamedKind::Enum { .. }) => Kind::Enum,
                Some(NamedKind::Struct { .. } | NamedKind::Iterator { .. }) => {
                    Kind::Struct { buffers: declarations.has_buffers(name) }
                }
                None => Kind::Other,
            },
            _ => Kind::Other,
        }
    }

    pub(super) fn is_scalar(&self) -> bool {
        matches!(self, Kind::Carrier | Kind::Wide)
    }
}

pub(super) fn handle(form: &TypeForm<'_, '_>) -> Result<(), Refusal> {
    match form.shape {
        Shape::Leaf(Leaf::Handle(target)) if target.symbol().is_none() => {
            let detail = "a handle names its target by a symbol: [:handle Box]";
            Err(Refusal::new(RefusalCode::UnsupportedHandle, form.node, detail))
        }
        _ => Ok(()),
    }
}
