//! The named types of a text (contract T-8): declared before use, looked up by name.

use std::collections::HashMap;

use crate::declare;
use crate::edn;
use crate::layout::{self, StructLayout};
use crate::refusal::Refusal;
use crate::scalar::Scalar;
use crate::types::{Field, Member, Named, NamedKind};

/// Named types in the order declared, each name once.
#[derive(Clone, Debug, Default)]
pub struct Declarations {
    entries: Vec<Entry>,
    by_name: HashMap<String, usize>,
}

#[derive(Clone, Debug)]
struct Entry {
    named: Named,
    /// Computed once, because structs that nest structs would make it exponential to recompute.
    layout: Option<StructLayout>,
    has_buffers: bool,
}

impl Declarations {
    /// No declarations: signatures read against it can name no type.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a text of any number of `(defenumz …)`, `(deftypez …)` and `(defrecordz …)` forms (T-8).
    ///
    /// # Errors
    ///
    /// The first form that is malformed or unsupported (S-4).
    ///
    /// ```
    /// use contract::Declarations;
    ///
    /// let declarations = Declarations::read(
    ///     "(defenumz Color {:backing :u8} [red 0 green 1]) (deftypez Dot [at :u16 color Color])",
    /// )?;
    /// let layout = declarations.struct_layout("Dot").expect("a struct");
    /// assert_eq!(layout.offsets, [0, 2]);
    /// # Ok::<(), contract::Refusal>(())
    /// ```
    pub fn read(text: &str) -> Result<Self, Refusal> {
        let mut declarations = Self::new();
        declarations.extend(text)?;
        Ok(declarations)
    }

    /// Adds the declarations of another text, which may use those already here. A refused text adds
    /// nothing.
    ///
    /// # Errors
    ///
    /// As [`Declarations::read`].
    pub fn extend(&mut self, text: &str) -> Result<(), Refusal> {
        let forms = edn::read_all(text)?;
        let mut extended = self.clone();
        for form in &forms {
            declare::declare(form, &mut extended)?;
        }
        *self = extended;
        Ok(())
    }

    /// The type a name declares.
    pub fn get(&self, name: &str) -> Option<&Named> {
        self.entry(name).map(|entry| &entry.named)
    }

    /// Every declaration, in the order declared.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Named> {
        self.entries.iter().map(|entry| &entry.named)
    }

    /// How many types are declared.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is declared.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// An enum's backing and members; `None` for other names.
    pub fn enumeration(&self, name: &str) -> Option<(Scalar, &[Member])> {
        match &self.get(name)?.kind {
            NamedKind::Enum { backing, members } => Some((*backing, members)),
            NamedKind::Struct { .. } | NamedKind::Iterator { .. } => None,
        }
    }

    /// The fields of a struct, record or iterator type; `None` for other names.
    pub fn fields(&self, name: &str) -> Option<&[Field]> {
        self.get(name)?.fields()
    }

    /// The layout of `Wire(S)` (L-9); `None` for names that are no struct, record or iterator type.
    pub fn struct_layout(&self, name: &str) -> Option<&StructLayout> {
        self.entry(name)?.layout.as_ref()
    }

    /// Whether `Wire(S)` holds an address and a length anywhere, nested structs included (L-17).
    pub fn has_buffers(&self, name: &str) -> bool {
        self.entry(name).is_some_and(|entry| entry.has_buffers)
    }

    /// Adds a type. The error is the index of the first field that no memory could hold. The name
    /// is new: `declare` has refused those taken.
    pub(super) fn add(&mut self, named: Named) -> Result<(), usize> {
        let fields = named.fields();
        let layout = fields.map(|fields| StructLayout::of(fields, self)).transpose()?;
        let has_buffers = fields
            .is_some_and(|fields| fields.iter().any(|field| layout::holds_buffer(&field.of, self)));
        self.by_name.insert(named.name.clone(), self.entries.len());
        self.entries.push(Entry { named, layout, has_buffers });
        Ok(())
    }

    fn entry(&self, name: &str) -> Option<&Entry> {
        self.by_name.get(name).map(|index| &self.entries[*index])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "
        (defenumz Color {:backing :u64} [red 0 blue 18446744073709551615])
        (deftypez Point [x :f64 tint Color]) ; a struct
        (defrecordz Named [name :string at Point])
        (deftypez Counter [next :u64] {:clj-zig/iter {:next \"f\" :deinit \"g\"}})";

    #[test]
    fn declarations_keep_their_order_and_are_found_by_name() {
        let declared = Declarations::read(TEXT).expect("valid");
        let names: Vec<_> = declared.iter().map(|named| named.name.as_str()).collect();
        assert_eq!(names, ["Color", "Point", "Named", "Counter"]);
        assert_eq!((declared.len(), declared.is_empty()), (4, false));
        let (backing, members) = declared.enumeration("Color").expect("an enum");
        assert_eq!((backing, members[1].value), (Scalar::U64, i128::from(u64::MAX)));
        assert_eq!(declared.enumeration("Point"), None);
        let fields = declared.fields("Named").expect("a record");
        assert_eq!(fields[1].name, "at");
        assert_eq!(declared.fields("Color"), None);
        let record = |name| match &declared.get(name).expect("declared").kind {
            NamedKind::Struct { record, .. } => *record,
            _ => false,
        };
        assert_eq!((record("Point"), record("Named")), (false, true));
        assert!(matches!(
            &declared.get("Counter").expect("declared").kind,
            NamedKind::Iterator { next, deinit, .. } if next == "f" && deinit == "g"
        ));
        assert_eq!(declared.get("Gone"), None);
    }

    #[test]
    fn extending_uses_what_is_there_and_a_refused_text_adds_nothing() {
        let mut declared = Declarations::read(TEXT).expect("valid");
        declared.extend("(deftypez Pair [a Point b Point])").expect("uses Point");
        let refused = declared.extend("(deftypez Fine [a :u8]) (deftypez Bad [a Missing])");
        assert!(refused.is_err());
        assert_eq!(declared.len(), 5);
        assert_eq!(declared.get("Fine"), None);
    }
}
