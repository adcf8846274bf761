//! Calls made wrong in one position: of a call that returns, every place where a value stands (argument,
//! field, element, what is in an optional, binding of a destructured map, rest value) is given each kind
//! of value that it does not take, and the code that the call must then be refused with (contract C).
//!
//! Made from the types alone, so that a new function or type has every position tried. Deliberately not
//! here: how often, and whether a dialect takes the value after all (`judge`).

use contract::{
    ArgumentKind, CallCode, Class, Declarations, HostValue, NamedKind, Reach, Scalar, Type,
};
use num_bigint::BigInt;

use crate::case::{Expect, Given, Leeway, Step, values};

/// A call that must be refused for one value.
#[derive(Clone, Debug)]
pub struct Wrong {
    /// Where the value stands and what is wrong with it: `argument 1, field name: nil`. The same of
    /// calls that differ in other values.
    pub what: String,
    /// The clause that says so.
    pub clause: &'static str,
    /// The call.
    pub step: Step,
}

/// What a step's call must be refused for, one value at a time.
pub fn wrongs(step: &Step, declarations: &Declarations) -> Vec<Wrong> {
    wrongs_by(&Maker { declarations, lone: false }, step)
}

fn wrongs_by(makes: &Maker<'_>, step: &Step) -> Vec<Wrong> {
    let parameters = &step.function.signature.arguments;
    let mut wrongs = Vec::new();
    for (index, given) in step.arguments.iter().enumerate() {
        // Arguments beyond the parameters are rest values.
        let Some(parameter) = parameters.get(index).or(parameters.last()) else { continue };
        let given = match given {
            Given::Value(value) => value.clone(),
            Given::Kept(_) => HostValue::Nil,
        };
        let bad = match &parameter.kind {
            ArgumentKind::Plain(of) => makes.of(of, &given, Stands::Alone),
            ArgumentKind::Rest(of) => makes.of(&Type::Scalar(*of), &given, Stands::Alone),
            ArgumentKind::Destructured(keys) => {
                let keys = keys.iter().map(|(key, of)| (&**key, Type::Scalar(*of)));
                makes.fields(keys, &given, "S-2")
            }
        };
        let rest = matches!(parameter.kind, ArgumentKind::Rest(_));
        let place = match (rest, index + 1 == step.arguments.len()) {
            (false, _) => format!("argument {index}"),
            (true, false) => "a rest value".to_owned(),
            (true, true) => "the last rest value".to_owned(),
        };
        wrongs.extend(bad.into_iter().map(|bad| {
            let mut arguments = step.arguments.clone();
            arguments[index] = Given::Value(bad.value);
            Wrong {
                what: format!("{place}{}", bad.what),
                clause: bad.clause,
                step: Step {
                    arguments,
                    keep: None,
                    expect: Expect::Refuses(bad.code.as_str().to_owned()),
                    arrives: None,
                    changes: Vec::new(),
                    one_array: Vec::new(),
                    take: None,
                    under: Vec::new(),
                    leeway: Leeway::default(),
                    ..step.clone()
                },
            }
        }));
    }
    wrongs
}

/// Calls in which a text has a surrogate that stands alone, in each place of a step's where a text stands.
/// As refusals: a host that sends something in its place says so (C-11).
pub fn surrogates(step: &Step, declarations: &Declarations) -> Vec<Wrong> {
    let mut wrongs = wrongs_by(&Maker { declarations, lone: true }, step);
    wrongs.retain(|wrong| wrong.what.ends_with(LONE));
    wrongs
}

/// A value with `instead` in place of each surrogate that stands alone.
pub fn encodable(value: &HostValue, instead: char) -> HostValue {
    let entries = |entries: &[(String, HostValue)]| {
        entries.iter().map(|(key, value)| (key.clone(), encodable(value, instead))).collect()
    };
    match value {
        HostValue::Utf16(units) => {
            let decoded = char::decode_utf16(units.iter().copied());
            HostValue::Text(decoded.map(|unit| unit.unwrap_or(instead)).collect())
        }
        HostValue::Vector(values) => {
            HostValue::Vector(values.iter().map(|value| encodable(value, instead)).collect())
        }
        HostValue::Map(map) => HostValue::Map(entries(map)),
        HostValue::Record(name, map) => HostValue::Record(name.clone(), entries(map)),
        value => value.clone(),
    }
}

/// How what is said of a lone surrogate ends.
const LONE: &str = "surrogate alone";

/// A value that its position does not take.
struct Bad {
    what: String,
    value: HostValue,
    code: CallCode,
    clause: &'static str,
}

impl Bad {
    fn new(what: &str, value: HostValue, code: CallCode, clause: &'static str) -> Bad {
        Bad { what: format!(": {what}"), value, code, clause }
    }

    /// The same within a larger value.
    fn within(self, place: &str, around: impl FnOnce(HostValue) -> HostValue) -> Bad {
        Bad { what: format!(", {place}{}", self.what), value: around(self.value), ..self }
    }
}

/// Whether nil in a position is nil, or as if there were nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stands {
    Alone,
    /// In a map, where nil is a missing field (C-10), or in an optional, where it is none.
    WhereNilIsNothing,
}

struct Maker<'d> {
    declarations: &'d Declarations,
    /// Whether texts are those in which a surrogate stands alone.
    lone: bool,
}

impl Maker<'_> {
    fn of(&self, of: &Type, given: &HostValue, stands: Stands) -> Vec<Bad> {
        let mut bad = match of {
            Type::Scalar(scalar) => scalars(*scalar, given),
            Type::String if self.lone => lone_surrogates(),
            Type::String => strings(),
            Type::CString { .. } if self.lone => lone_surrogates(),
            Type::CString { .. } => {
                let mut bad = strings();
                let nul = |value| Bad::new("a NUL inside", value, CallCode::StringArgument, "Z-1");
                bad.extend([
                    nul(HostValue::Text("a\0b".into())),
                    nul(HostValue::Text("\0".into())),
                    nul(HostValue::Bytes(b"ab\0".to_vec())),
                ]);
                bad
            }
            Type::Counted { of, .. } if matches!(**of, Type::Scalar(_)) => arrays(given),
            Type::Bytes => vec![number_for(CallCode::TypeMismatch, "C-4")],
            Type::Handle(_) => handles(),
            Type::Optional(of) => {
                let there = *given != HostValue::Nil;
                let of =
                    if there { self.of(of, given, Stands::WhereNilIsNothing) } else { Vec::new() };
                return of.into_iter().map(|bad| bad.within("in an optional", |v| v)).collect();
            }
            Type::Owned(of) | Type::Borrowed(of) | Type::ByValue(of) | Type::InOut(of) => {
                return self.of(of, given, stands);
            }
            Type::Pointer { of, .. } | Type::Slice { of, .. } | Type::Array { of, .. }
                if matches!(**of, Type::Scalar(_)) =>
            {
                arrays(given)
            }
            Type::Pointer { of, .. } | Type::Slice { of, .. } | Type::Array { of, .. } => {
                self.rows(of, given)
            }
            Type::Named(name) => self.named(name, given),
            _ => Vec::new(),
        };
        bad.extend(lengths(of, given));
        if stands == Stands::Alone {
            let (code, clause) = self.of_nil(of);
            bad.push(Bad::new("nil", HostValue::Nil, code, clause));
        }
        bad
    }

    /// The code of nil where a value is needed.
    fn of_nil(&self, of: &Type) -> (CallCode, &'static str) {
        match of {
            Type::Named(name) if self.declarations.enumeration(name).is_some() => {
                (CallCode::UnknownEnumMember, "C-6")
            }
            Type::Handle(_) => (CallCode::HandleTypeMismatch, "C-7"),
            Type::Pointer { .. }
            | Type::Slice { .. }
            | Type::Array { .. }
            | Type::Counted { .. } => (CallCode::NilCollectionArgument, "C-8"),
            _ => (CallCode::NilArgument, "C-4"),
        }
    }

    fn named(&self, name: &str, given: &HostValue) -> Vec<Bad> {
        match self.declarations.get(name).map(|named| &named.kind) {
            Some(NamedKind::Enum { members, .. }) => {
                let unknown =
                    |what, value| Bad::new(what, value, CallCode::UnknownEnumMember, "C-6");
                let mut bad = vec![
                    unknown("no member", HostValue::Keyword("no-member-of-it".into())),
                    unknown("a boolean", HostValue::Boolean(true)),
                ];
                bad.extend(members.first().into_iter().flat_map(|member| {
                    let number = values::integer_value(BigInt::from(member.value));
                    let name = HostValue::Text(member.name.clone());
                    [unknown("a member's number", number), unknown("a member's name as text", name)]
                }));
                bad
            }
            Some(NamedKind::Struct { fields, .. } | NamedKind::Iterator { fields, .. }) => {
                let fields = fields.iter().map(|field| (&*field.name, field.of.clone()));
                self.fields(fields, given, "C-10")
            }
            None => Vec::new(),
        }
    }

    /// What a map of these fields does not take; `clause` says that each is needed.
    fn fields<'f>(
        &self,
        fields: impl Iterator<Item = (&'f str, Type)>,
        given: &HostValue,
        clause: &'static str,
    ) -> Vec<Bad> {
        let mismatch = |what, value| Bad::new(what, value, CallCode::TypeMismatch, clause);
        let mut bad = vec![
            mismatch("a number", HostValue::Long(1)),
            mismatch("a text", HostValue::Text("a".into())),
            mismatch("a vector", HostValue::Vector(Vec::new())),
        ];
        let (HostValue::Map(entries) | HostValue::Record(_, entries)) = given else { return bad };
        for (name, of) in fields {
            let Some(at) = entries.iter().position(|(key, _)| key == name) else { continue };
            let field = format!("field {name}");
            let with = |value: HostValue| {
                let mut entries = entries.clone();
                entries[at].1 = value;
                HostValue::Map(entries)
            };
            let mut less = entries.clone();
            less.remove(at);
            let missing = |what, value| Bad::new(what, value, CallCode::MissingField, clause);
            let absent = missing("absent", HostValue::Map(less));
            bad.push(absent.within(&field, |map| map));
            bad.push(missing("nil", HostValue::Nil).within(&field, with));
            let within = self.of(&of, &entries[at].1, Stands::WhereNilIsNothing);
            bad.extend(within.into_iter().map(|bad| bad.within(&field, with)));
        }
        bad
    }

    /// What a vector of structs or enums does not take: by itself, in its first element, in its last.
    fn rows(&self, of: &Type, given: &HostValue) -> Vec<Bad> {
        let mismatch = |what, value| Bad::new(what, value, CallCode::TypeMismatch, "C-8");
        let mut bad = vec![
            mismatch("a number", HostValue::Long(1)),
            mismatch("an array", HostValue::Array(Scalar::U8, vec![0, 1])),
            mismatch("a map", HostValue::Map(Vec::new())),
        ];
        let HostValue::Vector(elements) = given else { return bad };
        let ends =
            [(0, "the first element"), (elements.len().saturating_sub(1), "the last element")];
        let ends = &ends[..elements.len().min(2)];
        for (at, place) in ends {
            let with = |value: HostValue| {
                let mut elements = elements.clone();
                elements[*at] = value;
                HostValue::Vector(elements)
            };
            let within = self.of(of, &elements[*at], Stands::Alone);
            bad.extend(within.into_iter().map(|bad| bad.within(place, with)));
        }
        bad
    }
}

fn number_for(code: CallCode, clause: &'static str) -> Bad {
    Bad::new("a number", HostValue::Long(1), code, clause)
}

/// C-2, C-4
fn scalars(scalar: Scalar, given: &HostValue) -> Vec<Bad> {
    let mismatch = |what, value| Bad::new(what, value, CallCode::TypeMismatch, "C-4");
    let text = || mismatch("a text", HostValue::Text("1".into()));
    match scalar.class() {
        Class::Bool => vec![
            mismatch("a number", HostValue::Long(1)),
            mismatch("a double", HostValue::double(1.5)),
            text(),
        ],
        Class::Float(_) => vec![
            text(),
            mismatch("a boolean", HostValue::Boolean(true)),
            mismatch("a keyword", HostValue::Keyword("a".into())),
        ],
        Class::Integer { .. } => {
            let mut bad = vec![
                text(),
                mismatch("a boolean", HostValue::Boolean(true)),
                mismatch("a fraction", HostValue::double(0.5)),
                mismatch("a double beyond", HostValue::double(1e300)),
            ];
            bad.extend(beyond(scalar, given).map(|(what, number)| {
                let number = values::integer_value(number);
                Bad::new(what, number, CallCode::OutOfRange, "C-2")
            }));
            bad
        }
    }
}

/// Integers that a type does not hold: beside either end, and one whose low bits are those of the number
/// that is right there.
fn beyond(scalar: Scalar, given: &HostValue) -> impl Iterator<Item = (&'static str, BigInt)> {
    let bits = scalar.size() as u32 * 8;
    let (least, most) = if scalar.is_signed() {
        let half = BigInt::from(1) << (bits - 1);
        (-half.clone(), half - 1)
    } else {
        (BigInt::ZERO, (BigInt::from(1) << bits) - 1)
    };
    let alike = given.as_integer().map(|number| number + (BigInt::from(1) << bits));
    let alike = alike.map(|number| ("the same low bits", number));
    [("below", least - 1), ("above", most + 1)].into_iter().chain(alike)
}

/// C-11
fn strings() -> Vec<Bad> {
    let no_text = |what, value| Bad::new(what, value, CallCode::StringArgument, "C-11");
    vec![
        number_for(CallCode::StringArgument, "C-11"),
        no_text("a keyword", HostValue::Keyword("a".into())),
        no_text("a boolean", HostValue::Boolean(true)),
        no_text("an array", HostValue::Array(Scalar::U8, vec![97])),
    ]
}

/// C-11: at either end and between, of either half, and the two halves the wrong way round.
fn lone_surrogates() -> Vec<Bad> {
    let no_text = |what: &str, units: &[u16]| {
        let what = format!("{what} {LONE}");
        Bad::new(&what, HostValue::Utf16(units.to_vec()), CallCode::StringArgument, "C-11")
    };
    vec![
        no_text("a high", &[0xd800]),
        no_text("a low", &[0xdfff]),
        no_text("an ending", &[0x61, 0xdbff]),
        no_text("a beginning", &[0xdc00, 0x62]),
        no_text("a second, after a pair, as", &[0xd83d, 0xde00, 0xd83d, 0x61]),
        no_text("each of two the wrong way round, a", &[0xde00, 0xd83d]),
    ]
}

/// C-7
fn handles() -> Vec<Bad> {
    let no_handle = |what, value| Bad::new(what, value, CallCode::HandleTypeMismatch, "C-7");
    vec![
        number_for(CallCode::HandleTypeMismatch, "C-7"),
        no_handle("a text", HostValue::Text("a".into())),
    ]
}

/// C-8 of scalars: an array of another type as wide, one of another width, a plain list of the same.
fn arrays(given: &HostValue) -> Vec<Bad> {
    let mismatch = |what, value| Bad::new(what, value, CallCode::TypeMismatch, "C-8");
    let mut bad = vec![
        mismatch("a number", HostValue::Long(1)),
        mismatch("a list", HostValue::Vector(vec![HostValue::Long(1)])),
    ];
    let HostValue::Array(element, bytes) = given else { return bad };
    let other = |fits: &dyn Fn(&Scalar) -> bool| {
        Scalar::ALL.into_iter().find(|other| other != element && fits(other))
    };
    if let Some(other) = other(&|other| other.size() == element.size()) {
        let array = HostValue::Array(other, bytes.clone());
        bad.push(mismatch("an array of another type", array));
    }
    if let Some(other) = other(&|other| other.size() != element.size()) {
        let count = bytes.len() / element.size();
        let array = HostValue::Array(other, vec![0; count * other.size()]);
        bad.push(mismatch("an array of another width", array));
    }
    bad
}

/// C-8: of a pointer and of an array, one element more and one less.
fn lengths(of: &Type, given: &HostValue) -> Vec<Bad> {
    let (code, of) = match of {
        Type::Pointer { reach: Reach::One, of, .. } => (CallCode::PointerArity, of),
        Type::Array { of, .. } => (CallCode::ArrayLength, of),
        _ => return Vec::new(),
    };
    let long = |value| Bad::new("one element more", value, code, "C-8");
    let short = |value| Bad::new("one element less", value, code, "C-8");
    match (&**of, given) {
        (Type::Scalar(element), HostValue::Array(_, bytes)) => {
            let array = |bytes| HostValue::Array(*element, bytes);
            let more = [&bytes[..], &vec![0; element.size()]].concat();
            let less = bytes.len().checked_sub(element.size()).map(|less| bytes[..less].to_vec());
            std::iter::once(long(array(more))).chain(less.map(|less| short(array(less)))).collect()
        }
        (_, HostValue::Vector(elements)) => {
            let Some((last, less)) = elements.split_last() else { return Vec::new() };
            let more = [elements, std::slice::from_ref(last)].concat();
            vec![long(HostValue::Vector(more)), short(HostValue::Vector(less.to_vec()))]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::case::{Corpus, fits, shipped_folder};

    #[test]
    fn what_is_wrong_is_nothing_that_a_parameter_takes() {
        let clauses = contract::clause::ids().into_iter().map(str::to_owned).collect();
        let corpus = Corpus::load(&shipped_folder(), &clauses).expect("the shipped corpus");
        let mut codes = BTreeSet::new();
        let mut kinds = BTreeSet::new();
        // As the arm: each place of a long value would be that value once more.
        let cases = corpus.suites.iter().flat_map(|suite| &suite.cases);
        let cases = cases.filter(|case| !case.is_large());
        for step in cases.flat_map(|case| case.steps()).filter(|step| !step.is_refused()) {
            for wrong in wrongs(step, &corpus.declarations) {
                let parameters = &step.function.signature.arguments;
                let taken = wrong.step.arguments.iter().enumerate().all(|(index, given)| {
                    let Given::Value(value) = given else { return true };
                    let parameter = parameters.get(index).or(parameters.last());
                    parameter.is_some_and(|parameter| {
                        fits::argument(value, &parameter.kind, &corpus.declarations).is_ok()
                    })
                });
                assert!(!taken, "{}: {}", step.function.name, wrong.what);
                if let Expect::Refuses(code) = &wrong.step.expect {
                    codes.insert(code.clone());
                }
                let names =
                    wrong.what.split(", ").map(|part| part.split(' ').next().unwrap_or(part));
                kinds.insert(names.collect::<Vec<_>>().join(" "));
            }
        }
        let due = [
            CallCode::NilArgument,
            CallCode::TypeMismatch,
            CallCode::OutOfRange,
            CallCode::UnknownEnumMember,
            CallCode::HandleTypeMismatch,
            CallCode::NilCollectionArgument,
            CallCode::PointerArity,
            CallCode::ArrayLength,
            CallCode::MissingField,
            CallCode::StringArgument,
        ];
        assert_eq!(codes, due.map(|code| code.as_str().to_owned()).into());
        for kind in [
            "argument",
            "argument field",
            "argument field field field",
            "argument field the field",
            "argument the field",
            "argument in",
            "argument in field",
            "a",
            "the",
        ] {
            assert!(kinds.contains(kind), "{kind}: {kinds:?}");
        }
    }
}
