//! Objects made in the place and memory of one of their kind that waits (see [`Heap`]).

use super::{Heap, LIGHT_BYTES, Object};
use crate::keyword::Keyword;
use crate::value::Value;

macro_rules! spare {
    ($name:ident, $pattern:pat => $vector:expr, $of:ty) => {
        /// An empty vector, with memory of an object that waits where there is one. What is made of others
        /// comes after them, so that it may be some places on.
        pub(crate) fn $name(&mut self) -> $of {
            for (_, object) in self.objects.iter_mut().skip(self.live).take(8) {
                if let $pattern = object {
                    let mut vector: $of = $vector;
                    vector.clear();
                    return vector;
                }
            }
            Default::default()
        }
    };
}

macro_rules! keep {
    ($name:ident, $kind:ident, $spare:ident, $of:ty, $element:ty) => {
        /// Keeps what `fill` makes of an empty one. It makes no objects itself.
        ///
        /// # Errors
        /// Those of `fill`; then nothing is kept.
        #[inline(always)]
        pub(crate) fn $name<E>(
            &mut self,
            fill: impl FnOnce(&mut $of) -> Result<(), E>,
        ) -> Result<Value, E> {
            if !matches!(self.objects.get(self.live), Some((_, Object::$kind(_)))) {
                let spare = self.$spare();
                self.await_use(Object::$kind(spare));
            }
            let Some((stamp, Object::$kind(renewed))) = self.objects.get_mut(self.live) else {
                unreachable!("it was put there");
            };
            renewed.clear();
            fill(renewed)?;
            *stamp = self.stamp;
            if renewed.capacity() > LIGHT_BYTES / size_of::<$element>() {
                self.heavy.push(self.live);
            }
            Ok(self.named())
        }
    };
}

impl Heap {
    spare!(spare_bytes, Object::Bytes(bytes) => std::mem::take(bytes), Vec<u8>);
    spare!(spare_text, Object::Text(text) | Object::Error(text) => std::mem::take(text), String);
    spare!(spare_row, Object::Vector(values) => std::mem::take(values), Vec<Value>);
    spare!(spare_entries, Object::Map { entries, .. } => std::mem::take(entries), Vec<(Keyword, Value)>);

    keep!(keep_text, Text, spare_text, String, u8);
    keep!(keep_error, Error, spare_text, String, u8);
    keep!(keep_bytes, Bytes, spare_bytes, Vec<u8>, u8);
    keep!(keep_row, Vector, spare_row, Vec<Value>, Value);

    /// Has an object wait as the next that is used.
    #[cold]
    #[inline(never)]
    fn await_use(&mut self, object: Object) {
        match self.objects.get_mut(self.live) {
            Some(waiting) => *waiting = (self.stamp, object),
            None => self.objects.push((self.stamp, object)),
        }
    }

    /// Keeps a map or record of entries: in the place of one of as many that waits, where there is one.
    #[inline(always)]
    pub(crate) fn keep_map(
        &mut self,
        name: Option<Keyword>,
        given: impl ExactSizeIterator<Item = (Keyword, Value)>,
    ) -> Value {
        match self.objects.get_mut(self.live) {
            Some((stamp, Object::Map { record, entries })) if given.len() == entries.len() => {
                // No `for_each`, which would be called.
                for (entry, given) in entries.iter_mut().zip(given) {
                    *entry = given;
                }
                (*stamp, *record) = (self.stamp, name);
                self.named()
            }
            _ => {
                let mut entries = self.spare_entries();
                entries.extend(given);
                self.keep(Object::Map { record: name, entries })
            }
        }
    }
}
