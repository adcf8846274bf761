//! An enum's members, resolved when a function is bound: keyword to number and back (C-6, R-5).

use contract::{Member, Scalar};

use crate::keyword::Keyword;
use crate::value::Value;

/// The two directions of one enum.
#[derive(Debug, Clone)]
pub(crate) struct EnumTable {
    backing: Scalar,
    /// Open addressing by keyword id; a power of two with at least half of it empty.
    by_keyword: Box<[Option<(Keyword, u64)>]>,
    /// Sorted by value; `dense` where the values are `first, first + 1, …`.
    by_value: Box<[(u64, Keyword)]>,
    dense: bool,
}

impl EnumTable {
    pub(crate) fn new(backing: Scalar, members: &[Member]) -> EnumTable {
        // The register's word: the value extended by the backing's sign (L-21).
        let word = |member: &Member| member.value as u64;
        let mut by_keyword = vec![None; (members.len() * 2).next_power_of_two()];
        let mask = by_keyword.len() - 1;
        for member in members {
            let keyword = Keyword::new(&member.name);
            let mut at = keyword.id() as usize & mask;
            while by_keyword[at].is_some() {
                at = (at + 1) & mask;
            }
            by_keyword[at] = Some((keyword, word(member)));
        }
        let mut by_value: Vec<_> =
            members.iter().map(|member| (word(member), Keyword::new(&member.name))).collect();
        by_value.sort_by_key(|(word, _)| *word);
        let dense = by_value.windows(2).all(|pair| pair[1].0 == pair[0].0.wrapping_add(1));
        EnumTable { backing, by_keyword: by_keyword.into(), by_value: by_value.into(), dense }
    }

    pub(crate) fn backing(&self) -> Scalar {
        self.backing
    }

    /// A member's number as a register word.
    #[inline]
    pub(crate) fn number(&self, keyword: Keyword) -> Option<u64> {
        let mask = self.by_keyword.len() - 1;
        let mut at = keyword.id() as usize & mask;
        while let Some((member, number)) = *self.by_keyword.get(at)? {
            if member == keyword {
                return Some(number);
            }
            at = (at + 1) & mask;
        }
        None
    }

    /// The host's value of a number already extended by the backing's sign: a member's keyword, or
    /// the number itself (R-5).
    #[inline]
    pub(crate) fn value(&self, number: u64) -> Value {
        let found = if self.dense {
            let first = self.by_value.first().map_or(0, |(first, _)| *first);
            usize::try_from(number.wrapping_sub(first)).ok().and_then(|at| self.by_value.get(at))
        } else {
            let at = self.by_value.binary_search_by_key(&number, |(value, _)| *value);
            at.ok().and_then(|at| self.by_value.get(at))
        };
        match found {
            Some((_, keyword)) => Value::keyword(*keyword),
            None if self.backing.is_signed() => Value::long(number as i64),
            None => Value::unsigned(number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(backing: Scalar, members: &[(&str, i128)]) -> EnumTable {
        let members: Vec<_> = members
            .iter()
            .map(|(name, value)| Member { name: (*name).into(), value: *value })
            .collect();
        EnumTable::new(backing, &members)
    }

    #[test]
    fn members_are_found_by_name_and_by_value_not_by_position() {
        let sparse = table(Scalar::I64, &[("zz", 5), ("never", i64::MIN as i128), ("aa", -1)]);
        let dense = table(Scalar::U8, &[("g", 1), ("b", 2), ("r", 0)]);
        for (table, name, value) in [
            (&sparse, "zz", 5_i64),
            (&sparse, "never", i64::MIN),
            (&sparse, "aa", -1),
            (&dense, "r", 0),
            (&dense, "b", 2),
        ] {
            let keyword = Keyword::new(name);
            assert_eq!(table.number(keyword), Some(value as u64));
            assert!(table.value(value as u64).same(Value::keyword(keyword)));
        }
        assert_eq!(dense.number(Keyword::new("zz")), None);
    }

    #[test]
    fn a_value_without_a_member_is_the_number() {
        let mask = table(Scalar::U64, &[("top", 1 << 63)]);
        assert!(mask.value(u64::MAX).same(Value::unsigned(u64::MAX)));
        assert!(mask.value(1 << 63).same(Value::keyword(Keyword::new("top"))));
        let level = table(Scalar::I8, &[("mid", 0)]);
        assert!(level.value(-128_i64 as u64).same(Value::long(-128)));
        assert!(level.value(1).same(Value::long(1)), "one past a dense range");
        let none = table(Scalar::U8, &[]);
        assert!(none.value(0).same(Value::long(0)));
        assert_eq!(none.number(Keyword::new("x")), None);
    }
}
