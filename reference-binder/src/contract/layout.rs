//! Sizes, alignments and field offsets of what lies in memory on the wire (contract L-9, L-17 to
//! L-19).

use super::declarations::Declarations;
use super::types::{Field, NamedKind, Scalar, Type};

/// Size and alignment in bytes on the target's C ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Layout {
    /// Size in bytes, a multiple of the alignment: the stride of a slice or array (L-19).
    pub size: usize,
    /// Alignment in bytes, a power of two.
    pub alignment: usize,
}

/// The layout of `Wire(S)` (L-9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StructLayout {
    /// Size and alignment of the whole.
    pub layout: Layout,
    /// Each field's offset in bytes, in the order declared. A buffer field's address stands there,
    /// and its length one word further (L-17).
    pub offsets: Vec<usize>,
}

impl Layout {
    /// One word: an address or a length.
    pub const WORD: Layout = Layout::of_scalar(Scalar::Usize);

    /// What a buffer field takes: its address and its length (L-17).
    pub const BUFFER: Layout =
        Layout { size: 2 * Layout::WORD.size, alignment: Layout::WORD.alignment };

    /// A scalar's layout.
    pub const fn of_scalar(scalar: Scalar) -> Layout {
        Layout { size: scalar.size(), alignment: scalar.alignment() }
    }

    /// How a type lies in memory: as a field, an element, or what an out-parameter or argument
    /// pointer reaches. `None` for types that never do (void, error unions, streams), for names
    /// that are not declared, and for what no memory could hold.
    pub fn of(of: &Type, declarations: &Declarations) -> Option<Layout> {
        match of {
            Type::Scalar(scalar) => Some(Layout::of_scalar(*scalar)),
            Type::String
            | Type::Bytes
            | Type::Slice { .. }
            | Type::Owned(_)
            | Type::Borrowed(_) => Some(Layout::BUFFER),
            Type::Array { length, of } => Layout::of(of, declarations)?.repeated(*length),
            Type::Pointer { .. } | Type::Optional(_) | Type::Handle(_) => Some(Layout::WORD),
            Type::Named(name) => match &declarations.get(name)?.kind {
                NamedKind::Enum { backing, .. } => Some(Layout::of_scalar(*backing)),
                NamedKind::Struct { .. } | NamedKind::Iterator { .. } => {
                    declarations.struct_layout(name).map(|found| found.layout)
                }
            },
            Type::Void | Type::NoReturn | Type::ErrorUnion { .. } | Type::Stream { .. } => None,
        }
    }

    /// `length` of these in a row; `None` where no memory could hold them.
    pub fn repeated(self, length: u64) -> Option<Layout> {
        let size = usize::try_from(length).ok()?.checked_mul(self.size)?;
        fits_memory(size).then_some(Layout { size, ..self })
    }
}

impl StructLayout {
    /// Lays fields out in order, each at the next offset its alignment allows. The error is the
    /// index of the first field that has no layout or that no memory could hold.
    pub(super) fn of(fields: &[Field], declarations: &Declarations) -> Result<Self, usize> {
        let mut offsets = Vec::with_capacity(fields.len());
        let mut layout = Layout { size: 0, alignment: 1 };
        for (index, field) in fields.iter().enumerate() {
            let inner = Layout::of(&field.of, declarations).ok_or(index)?;
            let offset = layout.size.checked_next_multiple_of(inner.alignment).ok_or(index)?;
            let end = offset.checked_add(inner.size).ok_or(index)?;
            let alignment = layout.alignment.max(inner.alignment);
            // Checked with its tail padding, so that the size below cannot overflow either.
            let padded = end.checked_next_multiple_of(alignment).ok_or(index)?;
            if !fits_memory(padded) {
                return Err(index);
            }
            offsets.push(offset);
            layout = Layout { size: end, alignment };
        }
        layout.size = layout.size.next_multiple_of(layout.alignment);
        Ok(StructLayout { layout, offsets })
    }
}

/// No object is larger than the largest distance between two addresses.
fn fits_memory(size: usize) -> bool {
    isize::try_from(size).is_ok()
}

/// Whether a field of this type holds an address and a length, itself or nested (L-17).
pub(super) fn holds_buffer(of: &Type, declarations: &Declarations) -> bool {
    match of {
        Type::String | Type::Bytes | Type::Slice { .. } | Type::Owned(_) | Type::Borrowed(_) => {
            true
        }
        Type::Named(name) => declarations.has_buffers(name),
        _ => false,
    }
}
