//! What a case says crosses the boundary: `arrives`, one item an argument carrier (contract L), `changes`, what
//! mutable arrays hold afterwards, and `one-array`, which of them may be one (C-9).

use contract::HostValue;
use contract::{
    Argument, ArgumentKind, Class, Declarations, Format, Layout, NamedKind, Reach, Scalar, Type,
};

use super::error::{Fault, Problem};
use super::fields::{list, map, unexpected, word};
use super::numbers::{self, Number};
use super::values::{ValueReader, array_element, array_name, holds, range};
use super::yaml::{Content, Entry, Node};
use super::{Arrival, Function, Given, Octets};

/// What one argument carrier can arrive as.
struct Due {
    carrier: Carrier,
    nullable: bool,
    /// What is due of a struct or an array, which has its size from its type, or of a slice of structs.
    bytes: Option<usize>,
}

enum Carrier {
    /// A scalar by value (L-1, L-2, L-5).
    Scalar(Scalar),
    /// A wide scalar behind a pointer (L-3).
    Wide(Scalar),
    /// An address that is not looked into (L-6, L-15).
    Address,
    /// Memory, with the element where it is an array of one scalar type.
    Memory(Option<Scalar>),
    /// One scalar behind a pointer (L-6, L-20).
    Pointee(Scalar),
}

/// Reads `arrives`.
pub(super) fn arrivals(
    node: &Node,
    function: &Function,
    arguments: &[Given],
    declarations: &Declarations,
) -> Result<Vec<Arrival>, Fault> {
    let items = list(node, "`arrives`")?;
    let due = carriers(function, arguments, declarations);
    if items.len() != due.len() {
        let problem = Problem::ArrivalCount {
            symbol: function.symbol.clone(),
            expected: due.len(),
            found: items.len(),
        };
        return Err(Fault::new(node.mark, problem));
    }
    let reader = ValueReader { declarations, what: "an item of `arrives`" };
    let one = |(item, due): (&Node, &Due)| match (arrival(item, due, reader)?, due.bytes) {
        (Arrival::Memory(octets), Some(bytes)) if octets.len() != bytes => {
            unexpected(item, reader.what, &format!("memory of {bytes} bytes"))
        }
        (arrival, _) => Ok(arrival),
    };
    items.iter().zip(&due).map(one).collect()
}

/// Reads `changes`: for each argument named, the array it must hold, as long as it is given.
pub(super) fn changes(
    node: &Node,
    function: &Function,
    arguments: &[Given],
    declarations: &Declarations,
) -> Result<Vec<(usize, HostValue)>, Fault> {
    let reader = ValueReader { declarations, what: "an element of `changes`" };
    let mut changes = Vec::new();
    for entry in map(node, "`changes`")? {
        let parameters = &function.signature.arguments;
        let found = parameters.iter().position(|argument| argument.binding == entry.key);
        let Some(index) = found else {
            let problem = Problem::UnknownBinding {
                symbol: function.symbol.clone(),
                found: entry.key.clone(),
                known: parameters.iter().map(|argument| argument.binding.clone()).collect(),
            };
            return Err(Fault::new(entry.mark, problem));
        };
        let Some(element) = mutable_element(&parameters[index]) else {
            let problem = Problem::NotMutable {
                symbol: function.symbol.clone(),
                binding: entry.key.clone(),
                declared: parameters[index].form.clone(),
            };
            return Err(Fault::new(entry.mark, problem));
        };
        let changed = match &entry.value.content {
            Content::Map(_) => reader.value(&entry.value, None)?,
            _ => reader.array(list(&entry.value, "the array of `changes`")?, element)?,
        };
        match changed {
            HostValue::Array(of, _) if of == element => changes.push((index, changed)),
            _ => {
                let expected = format!("a pattern of `{element}s`");
                return unexpected(&entry.value, "the array of `changes`", &expected);
            }
        }
    }
    for (index, change) in &changes {
        if let (Given::Value(HostValue::Array(of, before)), HostValue::Array(_, after)) =
            (&arguments[*index], change)
            && before.len() != after.len()
        {
            let elements = |bytes: &[u8]| bytes.len() / of.size();
            let binding = &function.signature.arguments[*index].binding;
            let what = format!("`{binding}` in `changes`");
            let expected = format!("{} elements, as in `args`", elements(before));
            let found = format!("{} elements", elements(after));
            return Err(Fault::new(node.mark, Problem::Unexpected { what, found, expected }));
        }
    }
    Ok(changes)
}

/// Reads `one-array`: arguments that may be one array, so that what they hold, and come to hold, is equal.
pub(super) fn one_array(
    node: &Node,
    function: &Function,
    arguments: &[Given],
    changes: &[(usize, HostValue)],
) -> Result<Vec<usize>, Fault> {
    let mut one = Vec::new();
    for item in list(node, "`one-array`")? {
        let binding = word(item, "an argument of `one-array`")?;
        let named = |argument: &Argument| argument.binding == binding;
        match function.signature.arguments.iter().position(named) {
            Some(index) if one.last().is_none_or(|last| *last < index) => one.push(index),
            _ => {
                let expected = format!("arguments of `{}` in their order", function.symbol);
                return unexpected(item, "an argument of `one-array`", &expected);
            }
        }
    }
    let mut given = one.iter().map(|index| &arguments[*index]);
    let mut changed = changes.iter().filter(|(index, _)| one.contains(index));
    let first = (given.next(), changed.next());
    let are_one = matches!(first.0, Some(Given::Value(HostValue::Array(..))))
        && one.len() > 1
        && given.all(|other| Some(other) == first.0)
        && changed.all(|(_, other)| first.1.is_some_and(|(_, first)| first == other));
    if are_one {
        return Ok(one);
    }
    let expected = "at least two, given equal arrays, that hold equal ones after the call";
    unexpected(node, "`one-array`", expected)
}

/// The argument carriers of a function, in order; a slice's address and length are one item.
fn carriers(function: &Function, arguments: &[Given], declarations: &Declarations) -> Vec<Due> {
    let due = |carrier| Due { carrier, nullable: false, bytes: None };
    let mut carriers = Vec::new();
    for (index, argument) in function.signature.arguments.iter().enumerate() {
        let given = arguments.get(index);
        match &argument.kind {
            ArgumentKind::Plain(of) => carriers.push(Due {
                bytes: match (of, given) {
                    (Type::Slice { of, .. }, Some(Given::Value(HostValue::Vector(items)))) => {
                        let rows = Layout::of(of, declarations);
                        rows.and_then(|one| one.repeated(items.len() as u64)).map(|all| all.size)
                    }
                    (
                        Type::Named(_) | Type::ByValue(_) | Type::Array { .. } | Type::InOut(_),
                        _,
                    ) => Layout::of(of, declarations).map(|layout| layout.size),
                    _ => None,
                },
                ..carrier(of, declarations)
            }),
            ArgumentKind::Rest(of) => carriers.push(due(Carrier::Memory(Some(*of)))),
            ArgumentKind::Destructured(keys) => {
                carriers.extend(keys.iter().map(|(_, of)| due(Carrier::Scalar(*of))));
            }
        }
    }
    carriers
}

fn carrier(of: &Type, declarations: &Declarations) -> Due {
    let carrier = match of {
        Type::Optional(of) => return Due { nullable: true, ..pointer_to(of, declarations) },
        Type::Scalar(scalar) if scalar.is_carrier() => Carrier::Scalar(*scalar),
        Type::Scalar(scalar) => Carrier::Wide(*scalar),
        Type::Handle(_)
        | Type::Function(_)
        | Type::Kept(_)
        | Type::Pointer { reach: Reach::Many, .. } => Carrier::Address,
        Type::Named(name) => match declarations.get(name).map(|named| &named.kind) {
            Some(NamedKind::Enum { backing, .. }) => Carrier::Scalar(*backing),
            _ => Carrier::Memory(None),
        },
        Type::Pointer { of, .. } if matches!(**of, Type::Scalar(_)) => {
            return Due { nullable: false, ..pointer_to(of, declarations) };
        }
        Type::InOut(of) => match **of {
            Type::Scalar(scalar) => Carrier::Memory(Some(scalar)),
            _ => Carrier::Memory(None),
        },
        of => Carrier::Memory(array_element(of)),
    };
    Due { carrier, nullable: false, bytes: None }
}

/// What crosses for an optional: a nullable pointer, to a scalar too (L-20).
fn pointer_to(of: &Type, declarations: &Declarations) -> Due {
    match of {
        Type::Scalar(scalar) => {
            Due { carrier: Carrier::Pointee(*scalar), nullable: true, bytes: None }
        }
        of => carrier(of, declarations),
    }
}

fn arrival(node: &Node, due: &Due, reader: ValueReader<'_>) -> Result<Arrival, Fault> {
    let expected = expected(due);
    match (&node.content, &due.carrier) {
        (Content::Scalar { text, quoted: false }, Carrier::Address) if text == "address" => {
            Ok(Arrival::Address)
        }
        (Content::Scalar { text, quoted: false }, _) if text == "~" && due.nullable => {
            Ok(Arrival::Null)
        }
        (Content::Map(entries), carrier) => match (entries.as_slice(), carrier) {
            ([entry], Carrier::Scalar(scalar)) if entry.key == scalar.name() => {
                by_value(&entry.value, *scalar)
            }
            ([entry], Carrier::Wide(scalar)) if entry.key == scalar.name() => {
                let bytes = reader.element(&entry.value, *scalar)?;
                Ok(Arrival::Memory(octets(*scalar, &bytes, true)))
            }
            ([entry], Carrier::Wide(_)) if entry.key == "memory" => {
                reader.octets(&entry.value).map(Arrival::Memory)
            }
            ([entry], Carrier::Memory(element)) => {
                memory(node, entry, *element, false, reader, &expected)
            }
            ([entry], Carrier::Pointee(of)) => {
                memory(node, entry, Some(*of), true, reader, &expected)
            }
            _ => unexpected(node, reader.what, &expected),
        },
        _ => unexpected(node, reader.what, &expected),
    }
}

/// The register of a scalar: what it must hold once widened by the type's sign (L-21).
fn by_value(node: &Node, scalar: Scalar) -> Result<Arrival, Fault> {
    let what = format!("`{}` in `arrives`", scalar.name());
    match scalar.class() {
        Class::Float(format) => float(node, format, &what).map(|bits| Arrival::Float(scalar, bits)),
        Class::Bool => match node.plain() {
            Some("true") => Ok(Arrival::Integer(scalar, 1)),
            Some("false") => Ok(Arrival::Integer(scalar, 0)),
            _ => unexpected(node, &what, "true or false"),
        },
        Class::Integer { .. } => {
            let integer = node.plain().and_then(numbers::integer);
            // What widening by the sign leaves outside the type's range can never be right.
            let fitting = integer.filter(|value| holds(scalar, value));
            match fitting.and_then(|value| i128::try_from(value).ok()) {
                Some(value) => Ok(Arrival::Integer(scalar, value)),
                None => unexpected(node, &what, &range(scalar).to_string()),
            }
        }
    }
}

fn float(node: &Node, format: Format, what: &str) -> Result<u64, Fault> {
    let width = format.bits();
    let text = node.plain().unwrap_or("");
    let bits = numbers::bits(text, width).or_else(|| match numbers::number(text)? {
        Number::Integer(_) => None,
        number => numbers::float_bits(&number, format),
    });
    match bits.and_then(|bits| u64::try_from(bits).ok()) {
        Some(bits) => Ok(bits),
        None => {
            let expected = format!("a decimal, or its {width} bits as 0x…");
            unexpected(node, what, &expected)
        }
    }
}

/// Memory as bytes, as an array's elements, or as one wide scalar.
fn memory(
    node: &Node,
    entry: &Entry,
    element: Option<Scalar>,
    one: bool,
    reader: ValueReader<'_>,
    expected: &str,
) -> Result<Arrival, Fault> {
    if entry.key == "memory" {
        return reader.octets(&entry.value).map(Arrival::Memory);
    }
    if let (Some(of), Some(element)) = (array_name(&entry.key), element)
        && of == element
    {
        let items = list(&entry.value, "the array that arrives")?;
        return match reader.array(items, element)? {
            HostValue::Array(_, bytes) => Ok(Arrival::Memory(octets(element, &bytes, one))),
            _ => unexpected(&entry.value, reader.what, expected),
        };
    }
    unexpected(node, reader.what, expected)
}

/// Elements as they arrive: an 80-bit float ends in padding, which of one alone is not kept.
fn octets(of: Scalar, bytes: &[u8], one: bool) -> Octets {
    let significant = of.significant_bytes();
    let known = |(at, byte): (usize, &u8)| (at % of.size() < significant).then_some(*byte);
    let mut octets: Octets = bytes.iter().enumerate().map(known).collect();
    if one {
        octets.truncate(significant);
    }
    octets
}

fn expected(due: &Due) -> String {
    let what = match &due.carrier {
        Carrier::Scalar(scalar) => format!("`{{{}: …}}`", scalar.name()),
        Carrier::Wide(scalar) => format!("`{{{}: …}}` or `{{memory: \"…\"}}`", scalar.name()),
        Carrier::Address => "`address`".to_owned(),
        Carrier::Memory(Some(of)) | Carrier::Pointee(of) => {
            format!("`{{{}s: […]}}` or `{{memory: \"…\"}}`", of.name())
        }
        Carrier::Memory(None) => "`{memory: \"…\"}`".to_owned(),
    };
    if due.nullable { format!("{what} or ~") } else { what }
}

/// The element of an argument that shows the callee's edits (C-9).
fn mutable_element(argument: &Argument) -> Option<Scalar> {
    let ArgumentKind::Plain(of) = &argument.kind else { return None };
    match if let Type::Optional(of) = of { of } else { of } {
        of @ (Type::Slice { constant: false, .. }
        | Type::Pointer { constant: false, .. }
        | Type::Counted { constant: false, .. }) => array_element(of),
        _ => None,
    }
}
