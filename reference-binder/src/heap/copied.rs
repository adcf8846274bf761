//! Copies of values that outlive what they were made in.

use std::collections::HashMap;

use super::{Heap, Object};
use crate::value::{ObjectRef, Value, View};

/// One copying: what was copied already, and what was begun.
#[derive(Default)]
struct Copies {
    made: HashMap<ObjectRef, Value>,
    /// Vectors and maps, and their copies, in which nothing is yet.
    begun: Vec<(ObjectRef, ObjectRef)>,
}

impl Heap {
    /// Copies a value into another heap, with all that it names: what a host keeps of what calls returned. The copy is
    /// good until the other heap releases it. Objects named twice are copied once.
    ///
    /// `None`, and nothing is kept, where the value names a stream, of which there is one, or something that this
    /// heap has released.
    ///
    /// ```
    /// use reference_binder::heap::{Heap, Object};
    /// use reference_binder::value::View;
    /// use reference_binder::{Caller, Value};
    ///
    /// let (mut caller, mut kept) = (Caller::new(), Heap::default());
    /// let mark = caller.heap.mark();
    /// // As a call would return it.
    /// let text = caller.heap.keep(Object::Text("hello".into()));
    /// let returned = caller.heap.keep(Object::Vector(vec![text, Value::long(7)]));
    ///
    /// let copy = caller.heap.copy_out(returned, &mut kept).expect("no stream");
    /// caller.heap.release(mark);
    ///
    /// let View::Object(copy) = copy.view() else { panic!("a vector") };
    /// let Some(Object::Vector(values)) = kept.get(copy) else { panic!("a vector") };
    /// let View::Object(text) = values[0].view() else { panic!("a text") };
    /// assert!(matches!(kept.get(text), Some(Object::Text(text)) if text == "hello"));
    /// assert_eq!(values[1].view(), View::Long(7));
    /// ```
    pub fn copy_out(&self, value: Value, to: &mut Heap) -> Option<Value> {
        let mark = to.mark();
        let copied = self.copy_all(value, to);
        if copied.is_none() {
            to.release(mark);
        }
        copied
    }

    /// In a list, and not by calling itself: what is nested deeply is no deeper stack, and what names itself is copied.
    fn copy_all(&self, value: Value, to: &mut Heap) -> Option<Value> {
        let mut copies = Copies::default();
        let first = self.copy_one(value, to, &mut copies)?;
        while let Some((from, copy)) = copies.begun.pop() {
            match self.get(from)? {
                Object::Vector(values) => {
                    for value in values {
                        let value = self.copy_one(*value, to, &mut copies)?;
                        let Some(Object::Vector(values)) = to.get_mut(copy) else { return None };
                        values.push(value);
                    }
                }
                Object::Map { entries, .. } => {
                    for (key, value) in entries {
                        let value = self.copy_one(*value, to, &mut copies)?;
                        let Some(Object::Map { entries, .. }) = to.get_mut(copy) else {
                            return None;
                        };
                        entries.push((*key, value));
                    }
                }
                _ => unreachable!("nothing else is begun"),
            }
        }
        Some(first)
    }

    /// A value without what a vector or map holds, which is begun.
    fn copy_one(&self, value: Value, to: &mut Heap, copies: &mut Copies) -> Option<Value> {
        let View::Object(from) = value.view() else { return Some(value) };
        if let Some(made) = copies.made.get(&from) {
            return Some(*made);
        }
        let copy = match self.get(from)? {
            Object::Big(integer) => Object::Big(integer.clone()),
            Object::Extended(of, bits) => Object::Extended(*of, *bits),
            Object::Error(name) => Object::Error(name.clone()),
            Object::Text(text) => Object::Text(text.clone()),
            Object::Unencodable(units) => Object::Unencodable(units.clone()),
            Object::Bytes(bytes) => Object::Bytes(bytes.clone()),
            Object::Array(array) => Object::Array(array.clone()),
            // As large as they will be, so that the heap knows at once whether they may wait.
            Object::Vector(values) => Object::Vector(Vec::with_capacity(values.len())),
            Object::Map { record, entries } => {
                Object::Map { record: *record, entries: Vec::with_capacity(entries.len()) }
            }
            Object::Function(function) => Object::Function(function.clone()),
            Object::Kept(kept) => Object::Kept(*kept),
            Object::Stream(_) => return None,
        };
        let is_begun = matches!(copy, Object::Vector(_) | Object::Map { .. });
        let made = to.keep(copy);
        copies.made.insert(from, made);
        if is_begun {
            copies.begun.push((from, made.object_ref()));
        }
        Some(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyword::Keyword;

    fn object(heap: &Heap, value: Value) -> &Object {
        let View::Object(object) = value.view() else { panic!("{value:?} is no object") };
        heap.get(object).expect("of this heap")
    }

    #[test]
    fn a_copy_outlives_what_it_was_made_of() {
        let (mut heap, mut kept) = (Heap::default(), Heap::default());
        let mark = heap.mark();
        let name = heap.keep(Object::Text("name".into()));
        let entries = vec![(Keyword::new("name"), name), (Keyword::new("n"), Value::long(1))];
        let record = heap.keep(Object::Map { record: Some(Keyword::new("R")), entries });
        let twice = heap.keep(Object::Vector(vec![record, Value::NIL, record]));
        let copy = heap.copy_out(twice, &mut kept).expect("a copy");
        heap.release(mark);
        assert!(heap.copy_out(twice, &mut kept).is_none(), "it is gone");
        let Object::Vector(values) = object(&kept, copy) else { panic!("a vector") };
        assert!(values[0].same(values[2]) && values[1].same(Value::NIL));
        let Object::Map { record, entries } = object(&kept, values[0]) else { panic!("a map") };
        assert_eq!((*record, entries.len()), (Some(Keyword::new("R")), 2));
        assert!(matches!(object(&kept, entries[0].1), Object::Text(text) if text == "name"));
        assert_eq!(kept.mark(), super::super::Mark(3), "the record was copied once");
    }

    #[test]
    fn what_cannot_be_copied_leaves_nothing() {
        let (mut heap, mut kept) = (Heap::default(), Heap::default());
        let mark = heap.mark();
        let gone = heap.keep(Object::Text("gone".into()));
        heap.release(mark);
        let filler = heap.keep(Object::Bytes(vec![1]));
        let before = kept.mark();
        let vector = heap.keep(Object::Vector(vec![filler, gone]));
        assert!(heap.copy_out(vector, &mut kept).is_none());
        assert_eq!(kept.mark(), before);
        assert!(
            heap.copy_out(Value::double(0.5), &mut kept)
                .is_some_and(|v| v.same(Value::double(0.5)))
        );
    }

    #[test]
    fn a_vector_that_holds_itself_is_copied_to_one_that_does() {
        let (mut heap, mut kept) = (Heap::default(), Heap::default());
        let vector = heap.keep(Object::Vector(Vec::new()));
        let Some(Object::Vector(values)) = heap.get_mut(vector.object_ref()) else {
            panic!("a vector")
        };
        values.push(vector);
        let copy = heap.copy_out(vector, &mut kept).expect("a copy");
        let Object::Vector(values) = object(&kept, copy) else { panic!("a vector") };
        assert!(values.len() == 1 && values[0].same(copy));
        // Deeper than a stack would be.
        let deep = (0..if cfg!(miri) { 100 } else { 200_000 })
            .fold(Value::NIL, |inner, _| heap.keep(Object::Vector(vec![inner])));
        assert!(heap.copy_out(deep, &mut kept).is_some());
    }
}
