//! Sizes, alignments and field offsets of what lies in memory on the wire (contract L-9, L-17 to
//! L-19).

use crate::declarations::Declarations;
use crate::scalar::Scalar;
use crate::types::{Arrangement, Field, Layout, Named, NamedKind, StructLayout, Type};

impl Layout {
    /// One word: an address or a length.
    pub fn word() -> Layout {
        Layout::of_scalar(Scalar::Usize)
    }

    /// What a buffer field takes: its address and its length (L-17).
    pub fn buffer() -> Layout {
        let word = Layout::word();
        Layout { size: 2 * word.size, alignment: word.alignment }
    }

    /// A scalar's layout.
    pub fn of_scalar(scalar: Scalar) -> Layout {
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
            | Type::Borrowed(_) => Some(Layout::buffer()),
            Type::Array { length, of } => Layout::of(of, declarations)?.repeated(*length),
            Type::ByValue(of) => Layout::of(of, declarations),
            Type::Pointer { .. } | Type::Optional(_) | Type::Handle(_) => Some(Layout::word()),
            Type::InOut(of) => Layout::of(of, declarations),
            Type::Named(name) => match &declarations.get(name)?.kind {
                NamedKind::Enum { backing, .. } => Some(Layout::of_scalar(*backing)),
                NamedKind::Struct { .. } | NamedKind::Iterator { .. } => {
                    declarations.struct_layout(name).map(|found| found.layout)
                }
            },
            Type::Void
            | Type::NoReturn
            | Type::ErrorUnion { .. }
            | Type::Stream { .. }
            | Type::Function(_)
            | Type::Kept(_)
            | Type::CString { .. }
            | Type::Counted { .. }
            | Type::Results(_) => None,
        }
    }

    /// `length` of these in a row; `None` where no memory could hold them.
    pub fn repeated(self, length: u64) -> Option<Layout> {
        let size = usize::try_from(length).ok()?.checked_mul(self.size)?;
        fits_memory(size).then_some(Layout { size, ..self })
    }
}

impl Declarations {
    /// Adds a type. The error is the index of the first field that no memory could hold. The name
    /// is new: `declare` has refused those taken.
    pub(super) fn add(&mut self, named: Named) -> Result<(), usize> {
        let fields = named.fields();
        let arrangement = named.arrangement();
        let layout =
            fields.map(|fields| StructLayout::of(fields, arrangement, self)).transpose()?;
        let has_buffers =
            fields.is_some_and(|fields| fields.iter().any(|field| holds_buffer(&field.of, self)));
        let by_value = fields.is_some_and(|fields| {
            !fields.is_empty() && fields.iter().all(|field| crosses(&field.of, self))
        });
        self.push(named, layout, has_buffers, by_value);
        Ok(())
    }
}

impl StructLayout {
    fn of(
        fields: &[Field],
        arrangement: Arrangement,
        declarations: &Declarations,
    ) -> Result<Self, usize> {
        let fields = fields.iter().map(|field| Layout::of(&field.of, declarations));
        StructLayout::arranged(arrangement, fields)
    }

    /// Lays fields out as an arrangement has them (L-9, G-4 to G-6).
    ///
    /// # Errors
    /// As [`StructLayout::in_order`].
    pub fn arranged(
        arrangement: Arrangement,
        fields: impl Iterator<Item = Option<Layout>>,
    ) -> Result<Self, usize> {
        match arrangement {
            Arrangement::InOrder | Arrangement::Complex => StructLayout::in_order(fields),
            Arrangement::Packed => {
                let bytes = |of: Layout| Layout { alignment: 1, ..of };
                StructLayout::in_order(fields.map(|of| of.map(bytes)))
            }
            Arrangement::Union => {
                let mut all =
                    StructLayout { layout: Layout { size: 0, alignment: 1 }, offsets: Vec::new() };
                for (index, inner) in fields.enumerate() {
                    // Each alone, padded to the alignment of all that came before.
                    let of = all.layout;
                    let widest = [Some(Layout { size: 0, ..of }), inner];
                    let alone = StructLayout::in_order(widest.into_iter()).map_err(|_| index)?;
                    let size = of.size.max(alone.layout.size);
                    let alignment = alone.layout.alignment;
                    let size = size.checked_next_multiple_of(alignment).ok_or(index)?;
                    all.layout = Layout { size, alignment };
                    all.offsets.push(0);
                }
                Ok(all)
            }
        }
    }

    /// Lays fields out in order, each at the next offset its alignment allows, as C does.
    ///
    /// # Errors
    /// The index of the first field that has no layout or that no memory could hold.
    pub fn in_order(fields: impl Iterator<Item = Option<Layout>>) -> Result<Self, usize> {
        let mut offsets = Vec::new();
        let mut layout = Layout { size: 0, alignment: 1 };
        for (index, inner) in fields.enumerate() {
            let inner = inner.ok_or(index)?;
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
    size >> (8 * Layout::word().size - 1) == 0
}

/// Whether a field of this type holds an address and a length, itself or nested (L-17).
fn holds_buffer(of: &Type, declarations: &Declarations) -> bool {
    match of {
        Type::String | Type::Bytes | Type::Slice { .. } | Type::Owned(_) | Type::Borrowed(_) => {
            true
        }
        Type::Array { of, .. } => holds_buffer(of, declarations),
        Type::Named(name) => declarations.has_buffers(name),
        _ => false,
    }
}

/// Whether a member is passed by C compilers alike: none is empty, a half, a quadruple or a buffer (G-1, G-7, G-8).
pub(super) fn crosses(of: &Type, declarations: &Declarations) -> bool {
    match of {
        Type::Scalar(scalar) => !matches!(scalar, Scalar::F16 | Scalar::F128),
        Type::Array { length, of } => *length > 0 && crosses(of, declarations),
        Type::Named(name) => {
            declarations.enumeration(name).is_some() || declarations.by_value(name)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(text: &str, name: &str) -> (usize, usize, Vec<usize>) {
        let declared = Declarations::read(text).unwrap_or_else(|refusal| panic!("{refusal}"));
        let found = declared.struct_layout(name).expect("a struct");
        (found.layout.size, found.layout.alignment, found.offsets.clone())
    }

    /// The same structs, laid out by the compiler.
    #[test]
    fn layouts_are_those_of_the_c_abi() {
        #[repr(C)]
        struct Scalars {
            a: u8,
            b: u64,
            c: u16,
            d: i128,
            e: bool,
        }
        #[repr(C)]
        struct Inner {
            a: i32,
            b: u8,
        }
        #[repr(C)]
        struct Outer {
            tag: u8,
            inner: Inner,
            color: i16,
            text: [usize; 2],
            last: u8,
        }
        use std::mem::offset_of;
        assert_eq!(
            layout("(deftypez S [a :u8 b :u64 c :u16 d :i128 e :bool])", "S"),
            (
                size_of::<Scalars>(),
                align_of::<Scalars>(),
                vec![
                    offset_of!(Scalars, a),
                    offset_of!(Scalars, b),
                    offset_of!(Scalars, c),
                    offset_of!(Scalars, d),
                    offset_of!(Scalars, e),
                ]
            )
        );
        let text = "(defenumz Color {:backing :i16} [red 0])
             (deftypez Inner [a :i32 b :u8])
             (defrecordz Outer [tag :u8 inner Inner color Color text :string last :u8])";
        assert_eq!(
            layout(text, "Outer"),
            (
                size_of::<Outer>(),
                align_of::<Outer>(),
                vec![
                    offset_of!(Outer, tag),
                    offset_of!(Outer, inner),
                    offset_of!(Outer, color),
                    offset_of!(Outer, text),
                    offset_of!(Outer, last),
                ]
            )
        );
    }

    #[test]
    fn every_buffer_field_is_an_address_and_a_length() {
        for form in [
            ":string",
            "[:bytes [:slice :u8]]",
            "[:slice :f80]",
            "[:owned [:slice :i64]]",
            "[:borrowed [:slice :const :i8]]",
        ] {
            let text = format!("(deftypez S [a :u8 b {form}]) (deftypez T [s [:array 2 S]])");
            let word = size_of::<usize>();
            assert_eq!(layout(&text, "S"), (3 * word, word, vec![0, word]), "{form}");
            let declared = Declarations::read(&text).expect("valid");
            assert!(declared.has_buffers("S") && declared.has_buffers("T"), "{form}");
        }
        let plain =
            Declarations::read("(defenumz E [a 0]) (deftypez S [a E b :f80 c [:array 2 E]])");
        assert!(!plain.expect("valid").has_buffers("S"));
    }

    #[test]
    fn an_array_is_its_elements_at_their_stride() {
        let declared = Declarations::read("(deftypez S [a :u64 b :u8])").expect("valid");
        let structs = Type::Array { length: 3, of: Box::new(Type::Named("S".to_owned())) };
        assert_eq!(Layout::of(&structs, &declared), Some(Layout { size: 48, alignment: 8 }));
        let field = "(deftypez P [x :u16 y :u8]) (deftypez S [a :u8 b [:array 3 P] c :u8])";
        assert_eq!(layout(field, "S"), (16, 2, vec![0, 2, 14]));
    }

    #[test]
    fn empty_structs_and_arrays_take_no_memory() {
        assert_eq!(layout("(deftypez S [])", "S"), (0, 1, vec![]));
        let none = Declarations::new();
        let array = |length| Type::Array { length, of: Box::new(Type::Scalar(Scalar::F64)) };
        assert_eq!(Layout::of(&array(0), &none), Some(Layout { size: 0, alignment: 8 }));
        assert_eq!(Layout::of(&array(3), &none), Some(Layout { size: 24, alignment: 8 }));
        assert_eq!(Layout::of(&array(u64::MAX), &none), None);
        assert_eq!(Layout::of(&Type::Void, &none), None);
        assert_eq!(Layout::of(&Type::Named("Gone".to_owned()), &none), None);
    }
}
