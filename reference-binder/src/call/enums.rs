//! An enum's members, resolved when a function is bound: keyword to number and back (C-6, R-5).
//!
//! One of the modules that may use `unsafe`: its tables are as large as what looks into them can ask for.

#![expect(unsafe_code, reason = "looks into a table without comparing with its length")]

use contract::Scalar;

use super::give::extend;
use super::plan::spare_bits;

use crate::keyword::Keyword;
use crate::value::Value;

/// The two directions of one enum.
#[derive(Debug, Clone)]
pub(crate) struct EnumTable {
    backing: Scalar,
    /// The bits of a register that are the number's.
    mask: u64,
    /// Open addressing by keyword id; a power of two with at least half of it empty.
    by_keyword: Box<[Member]>,
    /// The bits of an id that are a place of it.
    places: u64,
    /// Where the values are `first, first + 1, …`: their members.
    first: u64,
    dense: Box<[Keyword]>,
    /// Otherwise sorted by value.
    sparse: Box<[(u64, Keyword)]>,
}

/// A place of the table by keyword.
#[derive(Debug, Clone, Copy)]
struct Member {
    /// Its keyword's id, or [`NOBODY`].
    id: u64,
    number: u64,
}

/// More than a keyword's id, which has 32 bits.
const NOBODY: u64 = u64::MAX;

impl EnumTable {
    pub(crate) fn new(backing: Scalar, members: &[contract::Member]) -> EnumTable {
        // The register's word: the value extended by the backing's sign (L-21).
        let word = |member: &contract::Member| member.value as u64;
        let places = (members.len() * 2).next_power_of_two();
        let mut by_keyword = vec![Member { id: NOBODY, number: 0 }; places];
        for member in members {
            let keyword = Keyword::new(&member.name);
            let mut at = keyword.id() as usize & (places - 1);
            while by_keyword[at].id != NOBODY {
                at = (at + 1) & (places - 1);
            }
            by_keyword[at] = Member { id: u64::from(keyword.id()), number: word(member) };
        }
        let mut by_value: Vec<_> =
            members.iter().map(|member| (word(member), Keyword::new(&member.name))).collect();
        by_value.sort_by_key(|(word, _)| *word);
        let first = by_value.first().map_or(0, |(first, _)| *first);
        let is_dense = by_value.windows(2).all(|pair| pair[1].0 == pair[0].0.wrapping_add(1));
        let dense = by_value.iter().filter(|_| is_dense).map(|(_, keyword)| *keyword).collect();
        let sparse = if is_dense { Box::default() } else { by_value.into() };
        let mask = u64::MAX >> spare_bits(backing);
        let (by_keyword, places) = (by_keyword.into(), places as u64 - 1);
        EnumTable { backing, mask, by_keyword, places, first, dense, sparse }
    }

    pub(crate) fn backing(&self) -> Scalar {
        self.backing
    }

    /// A member's number as a register word.
    #[inline(always)]
    pub(crate) fn number(&self, keyword: Keyword) -> Option<u64> {
        self.first_number(keyword).or_else(|| self.further_number(keyword))
    }

    /// The same of a member that stands where it is looked for first, which nearly all do.
    #[inline(always)]
    pub(crate) fn first_number(&self, keyword: Keyword) -> Option<u64> {
        let id = u64::from(keyword.id());
        let at = (id & self.places) as usize;
        // SAFETY: the table has a place for each pattern of these bits.
        let member = *unsafe { self.by_keyword.get_unchecked(at) };
        (member.id == id).then_some(member.number)
    }

    #[cold]
    #[inline(never)]
    fn further_number(&self, keyword: Keyword) -> Option<u64> {
        let id = u64::from(keyword.id());
        let (before, after) = self.by_keyword.split_at(id as usize & self.places as usize);
        let mut filled = after.iter().chain(before).take_while(|member| member.id != NOBODY);
        filled.find(|member| member.id == id).map(|member| member.number)
    }

    /// The host's value of a register: the keyword of the member whose number its low bits are, or that number
    /// itself (R-5). What is above the backing's bits means nothing (L-21).
    #[inline(always)]
    pub(crate) fn value(&self, register: u64) -> Value {
        let first = self.first;
        let beyond = register.wrapping_sub(first) & self.mask;
        match usize::try_from(beyond).ok().and_then(|at| self.dense.get(at)) {
            Some(keyword) => Value::keyword(*keyword),
            None => self.sparse_value(beyond),
        }
    }

    /// The same by how far the number is beyond the first value, in the bits that are its own.
    #[inline(never)]
    fn sparse_value(&self, beyond: u64) -> Value {
        let register = beyond.wrapping_add(self.first);
        let signed = self.backing.is_signed();
        let number = extend(signed, spare_bits(self.backing), register);
        match self.sparse.binary_search_by_key(&number, |(value, _)| *value) {
            Ok(at) => Value::keyword(self.sparse[at].1),
            Err(_) if signed => Value::long(number as i64),
            Err(_) => Value::unsigned(number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Member;

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

    /// A callee need not clear what is above the backing's bits (L-21).
    #[test]
    fn only_the_low_bits_of_a_register_are_the_number() {
        let dense = table(Scalar::I8, &[("a", -1), ("b", 0)]);
        let sparse = table(Scalar::I16, &[("far", -300), ("near", 7)]);
        for above in [0, 0xdead_beef_0000_0000, u64::MAX << 16] {
            for (table, value, name) in [
                (&dense, 0xff, "a"),
                (&dense, 0, "b"),
                (&sparse, 0xfed4, "far"),
                (&sparse, 7, "near"),
            ] {
                let given = table.value(above | value);
                assert!(given.same(Value::keyword(Keyword::new(name))), "{above:x} {given:?}");
            }
            assert!(dense.value(above | 0x80).same(Value::long(-128)));
        }
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
