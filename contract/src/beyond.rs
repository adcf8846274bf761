//! What of C crosses by value beyond structs of carrier scalars (contract G-4 to G-8), and which types have it.

use std::collections::BTreeSet;

use crate::declarations::Declarations;
use crate::scalar::Scalar;
use crate::types::{Argument, Arrangement, Signature, Type};

/// One of them. Each is a capability of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Beyond {
    /// A union (G-4).
    Unions,
    /// A packed struct (G-5).
    Packed,
    /// A complex number (G-6).
    Complex,
    /// A `long double` of the x87 (G-7).
    LongDouble,
    /// An integer of 128 bits (G-8).
    Int128,
}

impl Beyond {
    /// Every one, in the order of the clauses.
    pub const ALL: [Beyond; 5] =
        [Beyond::Unions, Beyond::Packed, Beyond::Complex, Beyond::LongDouble, Beyond::Int128];

    /// The clause that is about it.
    pub fn clause(self) -> &'static str {
        match self {
            Beyond::Unions => "G-4",
            Beyond::Packed => "G-5",
            Beyond::Complex => "G-6",
            Beyond::LongDouble => "G-7",
            Beyond::Int128 => "G-8",
        }
    }

    /// The capability's name.
    pub fn name(self) -> &'static str {
        match self {
            Beyond::Unions => "unions",
            Beyond::Packed => "packed",
            Beyond::Complex => "complex",
            Beyond::LongDouble => "long-double",
            Beyond::Int128 => "int128",
        }
    }
}

impl Declarations {
    /// What a type has of them, itself or within.
    pub fn beyond(&self, of: &Type) -> BTreeSet<Beyond> {
        let mut found = BTreeSet::new();
        self.collect(of, &mut found);
        found
    }

    /// What has to be known to read the declaration of a name: of its `:layout` and of those within (T-8).
    pub fn layouts(&self, name: &str) -> BTreeSet<Beyond> {
        let mut found = self.beyond(&Type::Named(name.to_owned()));
        found.retain(|one| !matches!(one, Beyond::LongDouble | Beyond::Int128));
        found
    }

    fn collect(&self, of: &Type, found: &mut BTreeSet<Beyond>) {
        match of {
            Type::Scalar(Scalar::F80) => drop(found.insert(Beyond::LongDouble)),
            Type::Scalar(Scalar::I128 | Scalar::U128) => drop(found.insert(Beyond::Int128)),
            Type::Array { of, .. } | Type::ByValue(of) => self.collect(of, found),
            Type::Named(name) => {
                let Some(named) = self.get(name) else { return };
                found.extend(match named.arrangement() {
                    Arrangement::InOrder => None,
                    Arrangement::Packed => Some(Beyond::Packed),
                    Arrangement::Union => Some(Beyond::Unions),
                    Arrangement::Complex => Some(Beyond::Complex),
                });
                let fields = named.fields().unwrap_or_default();
                fields.iter().for_each(|field| self.collect(&field.of, found));
            }
            _ => {}
        }
    }
}

impl Signature {
    /// What it passes or returns of them by value.
    pub fn beyond(&self, declarations: &Declarations) -> BTreeSet<Beyond> {
        let plain = self.arguments.iter().filter_map(Argument::plain);
        let by_value = plain.chain([&self.returns]).filter(|of| matches!(of, Type::ByValue(_)));
        by_value.flat_map(|of| declarations.beyond(of)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_has_what_is_within_it() {
        let text = "(deftypez U [a :i64 b [:array 8 :u8]] {:layout :union})
            (deftypez P [a :u8 u U] {:layout :packed})
            (deftypez C [re :f32 im :f32] {:layout :complex})
            (deftypez S [c [:array 2 C] wide :u128 far :f80])
            (deftypez Plain [a :i64])";
        let declared = Declarations::read(text).expect("valid");
        let names = |name: &str| {
            let all = declared.beyond(&Type::Named(name.to_owned()));
            all.into_iter().map(Beyond::name).collect::<Vec<_>>()
        };
        assert_eq!(names("U"), ["unions"]);
        assert_eq!(names("P"), ["unions", "packed"]);
        assert_eq!(names("S"), ["complex", "long-double", "int128"]);
        assert_eq!(names("Plain"), [""; 0]);
        assert_eq!(declared.layouts("S"), [Beyond::Complex].into());
        let layout = |name: &str| declared.struct_layout(name).expect("a struct").clone();
        assert_eq!((layout("U").layout.size, layout("U").offsets), (8, vec![0, 0]));
        assert_eq!((layout("P").layout.size, layout("P").layout.alignment), (9, 1));
        for refused in [
            "(deftypez A [a :i64] {:layout :sparse})",
            "(deftypez A [] {:layout :union})",
            "(deftypez A [a :bool b :u8] {:layout :union})",
            "(deftypez A [a :f16] {:layout :packed})",
            "(deftypez A [a :string] {:layout :union})",
            "(deftypez A [re :f64 im :f32] {:layout :complex})",
            "(deftypez A [re :f64] {:layout :complex})",
            "(defrecordz A [a :i64] {:layout :union})",
        ] {
            assert!(Declarations::read(refused).is_err(), "{refused}");
        }
        for clause in Beyond::ALL.map(Beyond::clause) {
            let found = crate::clause::find(clause).expect("a clause");
            let of = Beyond::ALL.into_iter().find(|one| one.clause() == clause);
            assert_eq!(found.capability.as_deref(), of.map(Beyond::name));
        }
    }
}
