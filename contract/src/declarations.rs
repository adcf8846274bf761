//! The named types of a text (contract T-8): declared before use, looked up by name.

use std::collections::HashMap;

use crate::scalar::Scalar;
use crate::types::{Field, Member, Named, NamedKind, StructLayout};

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
    by_value: bool,
}

impl Declarations {
    /// No declarations: signatures read against it can name no type.
    pub fn new() -> Self {
        Self::default()
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

    /// Whether a struct can cross by value (G-1).
    pub fn by_value(&self, name: &str) -> bool {
        self.entry(name).is_some_and(|entry| entry.by_value)
    }

    /// Adds a type whose name is new and whose layout is known: whether it has buffers, and whether it can cross by value.
    pub(super) fn push(
        &mut self,
        named: Named,
        layout: Option<StructLayout>,
        has_buffers: bool,
        by_value: bool,
    ) {
        self.by_name.insert(named.name.clone(), self.entries.len());
        self.entries.push(Entry { named, layout, has_buffers, by_value });
    }

    /// Takes back all but the first types.
    pub(super) fn truncate(&mut self, count: usize) {
        for entry in self.entries.drain(count..) {
            self.by_name.remove(&entry.named.name);
        }
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
    fn an_enum_s_options_stand_on_one_side_of_its_members() {
        let backing = |text| {
            let declared = Declarations::read(text).ok()?;
            declared.enumeration("E").map(|(backing, _)| backing)
        };
        assert_eq!(backing("(defenumz E [a 0] {:backing :u8})"), Some(Scalar::U8));
        assert_eq!(backing("(defenumz E {:backing :u8} [a 0])"), Some(Scalar::U8));
        assert_eq!(backing("(defenumz E {:backing :u8} [a 0] {:backing :u8})"), None);
        assert_eq!(backing("(defenumz E [a 0] {:backing :u8} {})"), None);
        assert_eq!(backing("(defenumz E [a 0] [b 1])"), None);
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

    #[test]
    fn a_struct_no_memory_could_hold_is_refused() {
        let mut text = "(deftypez S0 [a :u128 b :u128])".to_owned();
        for n in 1..64 {
            let inner = n - 1;
            text += &format!("\n(deftypez S{n} [a S{inner} b S{inner}])");
        }
        let refusal = Declarations::read(&text).expect_err("larger than an address space");
        assert_eq!(refusal.code, crate::RefusalCode::UnsupportedField);
        // S57 has 2^62 bytes; its second twin would make S58 too large.
        assert_eq!((refusal.position.line, refusal.form.as_str()), (59, "S57"));
    }
}
