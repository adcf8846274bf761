//! Signatures for a binder that has not every scalar: another stands in for each that it lacks, and whatever
//! has none of them stays as it is, under its own number.

use contract::{FunctionType, Level, Scalar, Type};

use super::{DECLARATIONS, Made};

/// Signatures without some scalars. At wire level only what travels by value needs a type of the library's:
/// what is behind a pointer, wide scalars and structs among it, is memory there.
pub fn without(signatures: &[Made], lacks: &[Scalar], level: Level) -> Vec<Made> {
    let lacks = Lacks { lacks, level };
    let argument = |made: &Made, number: usize| match lacks.in_place_of(&made.arguments[number]) {
        // What counts others is an integer.
        Type::Scalar(of) if made.counts(number) && !of.is_integer() => Type::Scalar(Scalar::I64),
        of => of,
    };
    let less = |made: &Made| Made {
        arguments: (0..made.arguments.len()).map(|number| argument(made, number)).collect(),
        returns: lacks.in_place_of(&made.returns),
        echoes: made.echoes,
    };
    signatures.iter().map(less).collect()
}

struct Lacks<'a> {
    lacks: &'a [Scalar],
    level: Level,
}

impl Lacks<'_> {
    fn in_place_of(&self, of: &Type) -> Type {
        let in_memory = self.level == Level::Wire;
        match of {
            Type::Scalar(scalar) => Type::Scalar(self.nearest(*scalar)),
            Type::Pointer { reach, constant, of } if !in_memory => Type::Pointer {
                reach: *reach,
                constant: *constant,
                of: Box::new(self.in_place_of(of)),
            },
            Type::Slice { constant, of } if !in_memory => {
                Type::Slice { constant: *constant, of: Box::new(self.in_place_of(of)) }
            }
            Type::Counted { length, constant, of } if !in_memory => Type::Counted {
                length: length.clone(),
                constant: *constant,
                of: Box::new(self.in_place_of(of)),
            },
            Type::InOut(of) if !in_memory => Type::InOut(Box::new(self.in_place_of(of))),
            // Its members are types of the library's at either level.
            Type::ByValue(inner) => match &**inner {
                Type::Named(name) if self.lacks_a_field(name) => point_by_value(),
                Type::Scalar(scalar) if self.lacks(*scalar) => point_by_value(),
                _ => of.clone(),
            },
            Type::Named(name) => match DECLARATIONS.enumeration(name) {
                Some((backing, _)) if self.lacks(backing) => Type::Scalar(self.nearest(backing)),
                // Of doubles, which nobody lacks.
                None if !in_memory && self.lacks_a_field(name) => Type::Named("Point".to_owned()),
                _ => of.clone(),
            },
            Type::Function(of) => Type::Function(FunctionType {
                arguments: of.arguments.iter().map(|of| self.in_place_of(of)).collect(),
                returns: Box::new(self.in_place_of(&of.returns)),
            }),
            _ => of.clone(),
        }
    }

    /// A wire type is one by what it is, so that who lacks `u64` has no `usize` of that width either.
    fn lacks(&self, scalar: Scalar) -> bool {
        match self.level {
            Level::Contract => self.lacks.contains(&scalar),
            Level::Wire => {
                scalar.is_carrier() && self.lacks.iter().any(|one| one.class() == scalar.class())
            }
        }
    }

    fn lacks_a_field(&self, name: &str) -> bool {
        let fields = DECLARATIONS.fields(name).unwrap_or_default();
        fields.iter().any(|field| match &field.of {
            Type::Scalar(scalar) => self.lacks(*scalar),
            Type::Array { of, .. } => matches!(**of, Type::Scalar(scalar) if self.lacks(scalar)),
            Type::Named(name) => self.lacks_a_field(name),
            _ => false,
        })
    }

    /// The scalar itself, or the one of its kind whose size is next to its own. A carrier stays one.
    fn nearest(&self, of: Scalar) -> Scalar {
        if !self.lacks(of) {
            return of;
        }
        let kind = |of: Scalar| (of.is_float(), of.is_signed());
        let stands_in = |one: &Scalar| {
            kind(*one) == kind(of) && !self.lacks(*one) && (one.is_carrier() || of.is_wide())
        };
        let plain = if of.is_float() { Scalar::F64 } else { Scalar::I64 };
        let all = Scalar::ALL.into_iter().filter(stands_in);
        all.min_by_key(|one| one.size().abs_diff(of.size())).unwrap_or(plain)
    }
}

fn point_by_value() -> Type {
    Type::ByValue(Box::new(Type::Named("Point".to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generated::signatures;

    const WIDES: [Scalar; 4] = [Scalar::I128, Scalar::U128, Scalar::F80, Scalar::F128];

    fn forms(made: &Made) -> impl Iterator<Item = String> {
        made.arguments.iter().chain([&made.returns]).map(ToString::to_string)
    }

    #[test]
    fn nothing_lacked_changes_nothing_and_what_has_nothing_lacked_stays() {
        let all = signatures(1);
        assert_eq!(without(&all, &[], Level::Contract), all);
        assert_eq!(without(&all, &[], Level::Wire), all);
        let less = without(&all, &WIDES, Level::Contract);
        assert_eq!(less.len(), all.len());
        let has = |made: &Made| {
            forms(made).any(|form| ["128", "f80", "Extended"].iter().any(|one| form.contains(one)))
        };
        assert!(all.iter().any(has) && !less.iter().any(has));
        for (made, less) in all.iter().zip(&less) {
            assert_eq!(made == less, !has(made), "{}", made.text());
        }
    }

    #[test]
    fn what_is_lacked_stands_nowhere() {
        let lacks = [Scalar::I8, Scalar::U16, Scalar::F16, Scalar::F32, Scalar::Bool];
        let all = signatures(1);
        let words = [":i8", ":u16", ":f16", ":f32", ":bool", "Level", "Port", "Vec3"];
        let stands = |made: &[Made], word: &str| {
            let has = |form: &str| form.split([' ', '[', ']']).any(|part| part == word);
            made.iter().flat_map(forms).any(|form| has(&form))
        };
        let less = without(&all, &lacks, Level::Contract);
        for word in words {
            assert!(stands(&all, word) && !stands(&less, word), "{word}");
        }
        let by_value = without(&all, &lacks, Level::Wire);
        for made in &by_value {
            let forms: Vec<_> = forms(made).collect();
            assert!(
                !words[..7].iter().any(|word| forms.iter().any(|form| form == word)),
                "{forms:?}"
            );
        }
        for word in [":f16", ":bool", "Vec3", ":f80"] {
            assert!(stands(&by_value, word), "memory is nobody's type: {word}");
        }
    }

    #[test]
    fn what_stands_in_is_valid() {
        let all = signatures(1);
        for scalar in Scalar::ALL {
            let less = |level| without(&all, &[scalar], level);
            for less in [Level::Contract, Level::Wire].map(less) {
                for made in less {
                    let read = contract::Signature::read(&made.text(), &DECLARATIONS);
                    assert!(read.is_ok(), "without {scalar:?}: {}: {read:?}", made.text());
                }
            }
        }
    }

    #[test]
    fn the_next_of_a_kind_stands_in() {
        let lacks = |lacks: &[Scalar], of, stands_in| {
            for level in [Level::Contract, Level::Wire] {
                assert_eq!(Lacks { lacks, level }.nearest(of), stands_in, "{of:?}, {level:?}");
            }
        };
        lacks(&[Scalar::F16], Scalar::F16, Scalar::F32);
        lacks(&[Scalar::I8], Scalar::I8, Scalar::I16);
        lacks(&[Scalar::Bool], Scalar::Bool, Scalar::U8);
        let unsigned = [Scalar::U8, Scalar::U16, Scalar::U32, Scalar::U64, Scalar::Usize];
        lacks(&unsigned, Scalar::U8, Scalar::Bool);
        let and_bool = [&unsigned[..], &[Scalar::Bool]].concat();
        lacks(&and_bool, Scalar::U8, Scalar::I64);
        let wide = |of| Lacks { lacks: &WIDES, level: Level::Contract }.nearest(of);
        assert_eq!(WIDES.map(wide), [Scalar::I64, Scalar::U64, Scalar::F64, Scalar::F64]);
        let words = Lacks { lacks: &[Scalar::U64], level: Level::Wire };
        assert_eq!(words.nearest(Scalar::Usize), Scalar::U32, "a word is a type of its width");
    }
}
