//! Which clause an observation breaks that differs from its expectation: by the type that stands where the
//! two differ. A case cites whatever it proves; a failure names what was broken.

use contract::{
    ArgumentKind, Declarations, HostValue, Layout, NamedKind, Reach, Scalar, Signature, Type,
};
use corpus::case::{Arrival, Expect, Expected, Octets, Step};
use corpus::generated::{self, Place};
use subject::Outcome;
use subject::evidence::Item;

use crate::arrived;

/// The clause broken where the carrier of this place arrived as something else.
pub(crate) fn arrival(
    signature: &Signature,
    place: usize,
    (expected, observed): (&Arrival, &Item),
    declarations: &Declarations,
) -> Option<&'static str> {
    let mut places = 0..=place;
    let (index, argument) = signature.arguments.iter().enumerate().find(|(_, argument)| {
        let carriers = match &argument.kind {
            ArgumentKind::Destructured(bindings) => bindings.len(),
            ArgumentKind::Plain(_) | ArgumentKind::Rest(_) => 1,
        };
        carriers > 0 && places.nth(carriers - 1).is_none_or(|last| last == place)
    })?;
    if arrived::own_bits_right(expected, observed).is_some() {
        return Some("L-21");
    }
    Some(match &argument.kind {
        ArgumentKind::Rest(_) => "S-3",
        ArgumentKind::Destructured(_) => "S-2",
        ArgumentKind::Plain(_) if signature.is_variable(index) => "W-2",
        ArgumentKind::Plain(of) => match (expected, observed) {
            (Arrival::Null, _) | (_, Item::Null) => nullable(of),
            (Arrival::Integer(..) | Arrival::Float(..), _)
                if generated::places(signature)
                    .is_none_or(|places| places[index] == Place::Stack) =>
            {
                "L-22"
            }
            (Arrival::Memory(octets), Item::Memory(kept, full)) => {
                memory(of, octets, (kept, *full), declarations)
            }
            _ => carried(of, declarations),
        },
    })
}

/// How null crosses.
fn nullable(of: &Type) -> &'static str {
    match of {
        Type::Optional(of) if matches!(**of, Type::CString { .. }) => "Z-1",
        Type::Optional(of) if !matches!(**of, Type::Pointer { .. }) => "L-20",
        Type::Optional(_) => "L-10",
        Type::Handle(_) => "C-7",
        Type::String => "C-11",
        Type::CString { .. } => "Z-1",
        Type::Counted { .. } => "Z-3",
        Type::InOut(_) => "Z-5",
        _ => "C-8",
    }
}

/// How a value of this type crosses.
fn carried(of: &Type, declarations: &Declarations) -> &'static str {
    match of {
        Type::Scalar(Scalar::Bool) => "L-1",
        Type::Scalar(scalar) if scalar.is_float() => "C-3",
        Type::Scalar(_) => "C-1",
        Type::Named(name) if declarations.enumeration(name).is_some() => "L-5",
        Type::Named(_) => "L-9",
        Type::Pointer { reach: Reach::Many, .. } => "L-6",
        Type::Optional(of) => carried(of, declarations),
        Type::ByValue(of) => by_value(of, "G-2", declarations),
        Type::Handle(_) => "C-7",
        Type::String => "C-11",
        Type::CString { .. } => "Z-1",
        Type::Counted { .. } => "Z-3",
        Type::InOut(_) => "Z-5",
        _ => "C-8",
    }
}

/// What is not passed, or returned, as it must be: a form that C has beyond plain structs, where it is one (G-4 to G-8).
fn by_value(of: &Type, clause: &'static str, declarations: &Declarations) -> &'static str {
    declarations.beyond(of).first().map_or(clause, |beyond| beyond.clause())
}

/// What of some memory is not as it must be.
fn memory(
    of: &Type,
    octets: &Octets,
    (kept, full): (&[u8], usize),
    declarations: &Declarations,
) -> &'static str {
    if octets.len() != full {
        return match of {
            Type::Slice { .. } => "L-7",
            Type::Array { .. } => "L-8",
            _ => carried(of, declarations),
        };
    }
    let differs = |(octet, byte): (&Option<u8>, &u8)| octet.is_some_and(|octet| octet != *byte);
    let first = octets.iter().zip(kept).position(differs).unwrap_or(0);
    match of {
        Type::Counted { .. } => "Z-3",
        Type::InOut(_) => "Z-5",
        Type::Optional(of) | Type::Pointer { of, .. } => at(of, first, declarations),
        Type::ByValue(of) => by_value(of, "G-2", declarations),
        Type::Slice { of, .. } | Type::Array { of, .. } => element(of, first, declarations),
        of => at(of, first, declarations),
    }
}

/// The elements of a row of scalars are the row's; those of others their own.
fn element(of: &Type, byte: usize, declarations: &Declarations) -> &'static str {
    match Layout::of(of, declarations) {
        Some(layout) if !matches!(of, Type::Scalar(_)) => {
            at(of, byte.checked_rem(layout.size).unwrap_or(0), declarations)
        }
        _ => "C-8",
    }
}

/// What lies at this byte of a value of this type.
fn at(of: &Type, byte: usize, declarations: &Declarations) -> &'static str {
    match of {
        Type::Named(name) => match declarations.get(name).map(|named| &named.kind) {
            Some(NamedKind::Struct { .. }) => field(name, byte, declarations),
            _ => carried(of, declarations),
        },
        Type::Array { of, .. } => element(of, byte, declarations),
        Type::Slice { .. } | Type::Bytes | Type::String | Type::Owned(_) | Type::Borrowed(_) => {
            "L-17"
        }
        of => carried(of, declarations),
    }
}

fn field(name: &str, byte: usize, declarations: &Declarations) -> &'static str {
    let found = declarations.fields(name).zip(declarations.struct_layout(name)).and_then(
        |(fields, layout)| {
            let (field, &offset) =
                fields.iter().zip(&layout.offsets).rfind(|(_, at)| **at <= byte)?;
            let size = Layout::of(&field.of, declarations)?.size;
            (byte - offset < size).then_some((field, byte - offset))
        },
    );
    match found {
        Some((field, byte)) => at(&field.of, byte, declarations),
        // Padding.
        None => "L-9",
    }
}

/// The clause broken where a call came to something else; `cited` are those the case proves.
pub(crate) fn reply(
    step: &Step,
    outcome: &Outcome,
    cited: &[String],
    declarations: &Declarations,
) -> Option<&'static str> {
    match (&step.expect, outcome) {
        (Expect::Fails(code), _) => Some(failure(code)),
        (Expect::Refuses(code), _) => refusal(code, cited),
        (Expect::Returns(_), Outcome::Refused(Some(code))) => refused(code, cited),
        (Expect::Returns(_), Outcome::Refused(None)) => None,
        (Expect::Returns(_), Outcome::Failed(code)) => Some(failure(code)),
        (Expect::Returns(Expected::AHandle), _) => Some("L-15"),
        (Expect::Returns(Expected::Same(_)), _) => Some("C-14"),
        (Expect::Returns(Expected::Exactly(expected)), Outcome::Value(observed)) => {
            Some(value(&step.function.signature.returns, expected, observed, declarations))
        }
    }
}

/// The clause by which a call is owed that a library says it does not support: of a call that was made by what
/// it returns, of another by what it is given.
pub(crate) fn unsupported(
    step: &Step,
    is_made: bool,
    cited: &[String],
    declarations: &Declarations,
) -> Option<&'static str> {
    let (arguments, returns) =
        (&step.function.signature.arguments, &step.function.signature.returns);
    if is_made {
        let (one, other) = (HostValue::Long(0), HostValue::Long(1));
        return Some(value(returns, &one, &other, declarations));
    }
    let clause = |(index, argument): (usize, &contract::Argument)| match &argument.kind {
        ArgumentKind::Rest(_) => "S-3",
        ArgumentKind::Destructured(_) => "S-2",
        ArgumentKind::Plain(_) if step.function.signature.is_variable(index) => "W-2",
        ArgumentKind::Plain(Type::Function(_)) => "K-1",
        ArgumentKind::Plain(of) => carried(of, declarations),
    };
    let clauses: Vec<_> = arguments.iter().enumerate().map(clause).collect();
    let is_cited = |clause: &&&str| cited.iter().any(|id| id == **clause);
    clauses.iter().find(is_cited).or(clauses.first()).copied()
}

/// The clause that a call which was made fails by.
fn failure(code: &str) -> &'static str {
    if code.starts_with("callback-") { "K-4" } else { "R-11" }
}

/// The clauses that ask for a refusal with a code, the narrowest first.
fn refusal(code: &str, cited: &[String]) -> Option<&'static str> {
    let clauses: &[&str] = match code {
        "arity" => &["C-5"],
        "nil-argument" => &["S-2", "S-3", "K-1", "C-4"],
        "type-mismatch" => &["S-2", "S-3", "K-1", "C-8", "C-10", "C-4"],
        "out-of-range" => &["S-3", "Z-3", "C-2"],
        "unknown-enum-member" => &["C-6"],
        "handle-type-mismatch" => &["C-7"],
        "handle-closed" => &["C-14"],
        "nil-collection-argument" | "pointer-arity" | "array-length" => &["Z-3", "C-8"],
        "missing-field" => &["S-2", "C-10"],
        "string-argument" => &["Z-1", "C-11"],
        "stream-consumed" => &["R-12"],
        _ => &[],
    };
    nearest(clauses, cited)
}

/// The clauses that say that what was refused with a code is to be taken.
fn refused(code: &str, cited: &[String]) -> Option<&'static str> {
    let clauses: &[&str] = match code {
        "out-of-range" => &["C-2", "C-1"],
        "missing-field" => &["S-2", "C-10"],
        "out-of-memory" => &["N-4"],
        code => return refusal(code, cited),
    };
    nearest(clauses, cited)
}

/// The first of some clauses that the case cites, or else the last, which says it of the most.
pub(crate) fn nearest(clauses: &[&'static str], cited: &[String]) -> Option<&'static str> {
    let is_cited = |clause: &&&str| cited.iter().any(|id| id == **clause);
    clauses.iter().find(is_cited).or(clauses.last()).copied()
}

/// The clause broken where a value of this type came back as another.
fn value(
    of: &Type,
    expected: &HostValue,
    observed: &HostValue,
    declarations: &Declarations,
) -> &'static str {
    let one = |of: &Type| value(of, expected, observed, declarations);
    match of {
        Type::Void => "R-4",
        Type::Scalar(scalar) => returned(*scalar),
        Type::ErrorUnion { of, .. } => {
            let is_error =
                matches!(expected, HostValue::Error(_)) || matches!(observed, HostValue::Error(_));
            if is_error { "R-7" } else { one(of) }
        }
        Type::Optional(_) | Type::Handle(_)
            if *expected == HostValue::Nil || *observed == HostValue::Nil =>
        {
            "R-6"
        }
        Type::Optional(of) | Type::Pointer { of, .. } | Type::Owned(of) | Type::Borrowed(of) => {
            one(of)
        }
        Type::ByValue(of) => by_value(of, "G-3", declarations),
        Type::Handle(_) => "L-15",
        Type::Named(name) if declarations.enumeration(name).is_some() => "R-5",
        Type::Named(name) => structure(name, expected, observed, declarations),
        Type::Slice { of, .. } | Type::Array { of, .. } => {
            rows(expected, observed, "R-10", |one, other| value(of, one, other, declarations))
        }
        Type::Stream { of, .. } => {
            rows(expected, observed, "R-12", |one, other| value(of, one, other, declarations))
        }
        Type::CString { .. } => "Z-2",
        Type::Counted { .. } => "Z-4",
        Type::InOut(of) => one(of),
        // What came back of an argument, unless it is the return that is wrong (Z-6).
        Type::Results(parts) => match (expected, observed) {
            (HostValue::Vector(due), HostValue::Vector(came))
                if [due.len(), came.len()] == [parts.len(); 2] && due[1..] == came[1..] =>
            {
                value(&parts[0], &due[0], &came[0], declarations)
            }
            _ => "Z-6",
        },
        Type::String | Type::Bytes | Type::NoReturn | Type::Function(_) | Type::Kept(_) => "R-10",
    }
}

fn returned(scalar: Scalar) -> &'static str {
    if scalar.is_float() {
        "R-3"
    } else if matches!(scalar, Scalar::Bool) {
        "R-4"
    } else if scalar.is_signed() && scalar.size() <= 8 {
        "R-1"
    } else {
        "R-2"
    }
}

/// What is broken of two rows: their own clause where they are of other lengths, else that of the first
/// elements that differ.
fn rows(
    expected: &HostValue,
    observed: &HostValue,
    own: &'static str,
    each: impl Fn(&HostValue, &HostValue) -> &'static str,
) -> &'static str {
    match (expected, observed) {
        (HostValue::Vector(a), HostValue::Vector(b)) if a.len() == b.len() => {
            let different = a.iter().zip(b).find(|(a, b)| a != b);
            different.map_or(own, |(a, b)| each(a, b))
        }
        _ => own,
    }
}

fn structure(
    name: &str,
    expected: &HostValue,
    observed: &HostValue,
    declarations: &Declarations,
) -> &'static str {
    let same_kind = match (expected, observed) {
        (HostValue::Map(_), HostValue::Map(_)) => true,
        (HostValue::Record(a, _), HostValue::Record(b, _)) => a == b,
        _ => false,
    };
    let fields = declarations.fields(name).unwrap_or_default();
    let different = fields.iter().find_map(|field| {
        let values = (expected.field(&field.name), observed.field(&field.name));
        match values {
            (Some(a), Some(b)) if a != b => Some((field, a, b)),
            _ => None,
        }
    });
    match different {
        Some((field, a, b)) if same_kind => value(&field.of, a, b, declarations),
        _ => "R-9",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPES: &str = "(defenumz Color {:backing :u8} [red 0 green 200])
        (deftypez Inner [a :u8 color Color])
        (deftypez Point [x :f32 inner Inner n :i32 text :string])";

    fn declarations() -> Declarations {
        Declarations::read(TYPES).expect("valid")
    }

    fn signature(text: &str) -> Signature {
        Signature::read(text, &declarations()).expect("valid")
    }

    #[test]
    fn a_carrier_is_blamed_by_its_type_and_place() {
        let blamed = |text: &str, place, expected: Arrival, item: Item| {
            arrival(&signature(text), place, (&expected, &item), &declarations())
        };
        let number = |number| Arrival::Integer(Scalar::U8, number);
        assert_eq!(blamed("[x :u8 :ret :u8]", 0, number(200), Item::Integer(!55)), Some("L-21"));
        assert_eq!(blamed("[x :u8 :ret :u8]", 0, number(200), Item::Integer(201)), Some("C-1"));
        let seven = "[a :u8 b :u8 c :u8 d :u8 e :u8 f :u8 g :u8 :ret :u8]";
        assert_eq!(blamed(seven, 6, number(1), Item::Integer(2)), Some("L-22"));
        assert_eq!(blamed(seven, 5, number(1), Item::Integer(2)), Some("C-1"));
        let bound = "[{a :x b :y} {:x :u8 :y :u8} & c :u8 :ret :u8]";
        assert_eq!(blamed(bound, 1, number(1), Item::Integer(2)), Some("S-2"));
        let octets = |bytes: &[u8]| Arrival::Memory(bytes.iter().copied().map(Some).collect());
        let rest = Item::Memory(vec![1], 1);
        assert_eq!(blamed(bound, 2, octets(&[2]), rest.clone()), Some("S-3"));
        let slice = "[xs [:slice :const :u8] p [:ptr :const :u8] :ret :u8]";
        assert_eq!(blamed(slice, 0, octets(&[1, 2]), rest.clone()), Some("L-7"));
        assert_eq!(blamed(slice, 0, octets(&[2]), rest.clone()), Some("C-8"));
        assert_eq!(blamed(slice, 1, octets(&[2]), rest), Some("C-1"));
    }

    #[test]
    fn memory_is_blamed_by_the_field_that_differs() {
        let layout = declarations().struct_layout("Point").expect("a struct").layout;
        let due: Octets = vec![Some(0); layout.size];
        for (byte, clause) in
            [(0, "C-3"), (4, "C-1"), (5, "L-5"), (6, "L-9"), (8, "C-1"), (16, "L-17")]
        {
            let mut kept = vec![0; layout.size];
            kept[byte] = 1;
            let item = Item::Memory(kept, layout.size);
            let expected = Arrival::Memory(due.clone());
            let text = "[p Point :ret :void]";
            let blamed = arrival(&signature(text), 0, (&expected, &item), &declarations());
            assert_eq!(blamed, Some(clause), "byte {byte}");
        }
    }

    #[test]
    fn a_value_is_blamed_by_what_differs_in_it() {
        let blamed = |text: &str, expected: HostValue, observed: HostValue| {
            let returns = &signature(&format!("[:ret {text}]")).returns;
            value(returns, &expected, &observed, &declarations())
        };
        let (one, two) = (HostValue::Long(1), HostValue::Long(2));
        let error = |name: &str| HostValue::Error(name.into());
        let row = |values: &[&HostValue]| {
            HostValue::Vector(values.iter().map(|v| (*v).clone()).collect())
        };
        for (text, expected, observed, clause) in [
            (":i8", one.clone(), two.clone(), "R-1"),
            (":u8", one.clone(), two.clone(), "R-2"),
            (":i128", one.clone(), two.clone(), "R-2"),
            ("Color", one.clone(), two.clone(), "R-5"),
            ("[:error-union E :i8]", one.clone(), error("X"), "R-7"),
            ("[:error-union E :i8]", one.clone(), two.clone(), "R-1"),
            ("[:optional [:ptr :u8]]", HostValue::Nil, one.clone(), "R-6"),
            ("[:optional [:ptr :u8]]", two.clone(), one.clone(), "R-2"),
            ("[:owned [:slice :i8]]", row(&[&one]), row(&[&one, &two]), "R-10"),
            ("[:owned [:slice :i8]]", row(&[&one]), row(&[&two]), "R-1"),
        ] {
            assert_eq!(blamed(text, expected, observed), clause, "{text}");
        }
    }

    #[test]
    fn a_refusal_is_blamed_by_what_the_case_cites() {
        let cites = |clause: &str| vec![clause.to_owned()];
        assert_eq!(refusal("type-mismatch", &cites("C-8")), Some("C-8"));
        assert_eq!(refusal("type-mismatch", &cites("R-1")), Some("C-4"));
        assert_eq!(refused("out-of-range", &cites("L-1")), Some("C-1"));
        assert_eq!(refusal("something", &cites("L-1")), None);
    }
}
