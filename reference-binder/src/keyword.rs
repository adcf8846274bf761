//! Keywords: interned once, compared as numbers.
//!
//! Interning happens when functions are bound and when a host makes values; a call does it only for the name
//! of an error that the dialect `error-as-keyword` returns as a keyword (D-7).

use std::collections::HashMap;
use std::fmt;
use std::sync::{LazyLock, PoisonError, RwLock};

/// An interned name. Two keywords are equal exactly where their names are.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Keyword(u32);

#[derive(Default)]
struct Names {
    ids: HashMap<&'static str, u32>,
    names: Vec<&'static str>,
}

static NAMES: LazyLock<RwLock<Names>> = LazyLock::new(RwLock::default);

impl Keyword {
    /// The keyword of a name (written without its colon). Names live as long as the process.
    pub fn new(name: &str) -> Keyword {
        if let Some(&id) = NAMES.read().unwrap_or_else(PoisonError::into_inner).ids.get(name) {
            return Keyword(id);
        }
        let mut table = NAMES.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(&id) = table.ids.get(name) {
            return Keyword(id);
        }
        let id = u32::try_from(table.names.len()).expect("fewer than 2^32 distinct keywords");
        let name: &'static str = Box::leak(name.into());
        table.names.push(name);
        table.ids.insert(name, id);
        Keyword(id)
    }

    /// The name, without a colon.
    pub fn name(self) -> &'static str {
        NAMES.read().unwrap_or_else(PoisonError::into_inner).names[self.0 as usize]
    }

    pub(crate) const fn id(self) -> u32 {
        self.0
    }

    pub(crate) const fn from_id(id: u32) -> Keyword {
        Keyword(id)
    }
}

impl fmt::Debug for Keyword {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, ":{}", self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_is_one_keyword_on_every_thread() {
        let threads: Vec<_> = (0..4)
            .map(|_| std::thread::spawn(|| ["red", "green", "red"].map(Keyword::new)))
            .collect();
        let seen: Vec<_> = threads.into_iter().map(|t| t.join().expect("no panic")).collect();
        assert!(seen.iter().all(|k| k[0] == k[2] && k[0] != k[1] && *k == seen[0]));
        assert_eq!(Keyword::new("red").name(), "red");
    }
}
