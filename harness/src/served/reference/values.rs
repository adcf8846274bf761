//! Host values of the suite as the binder's, and back.

use contract::{HostValue, Token};
use num_bigint::BigInt;
use reference_binder::handle::Handle;
use reference_binder::heap::{Array, Heap, Object, Raised};
use reference_binder::keyword::Keyword;
use reference_binder::refusal::CallRefusal;
use reference_binder::value::View;
use reference_binder::{Caller, Value};
use subject::{CallReply, Called, Outcome, SubjectFault};

use super::played::{self, Played};

/// A host value of the suite as the binder's.
pub(super) fn to_binder(
    value: &HostValue,
    heap: &mut Heap,
    handle: &dyn Fn(Token) -> Option<Handle>,
) -> Result<Value, SubjectFault> {
    let missing = |what: &str| SubjectFault::Adapter(format!("it has no value for {what}"));
    Ok(match value {
        HostValue::Nil => Value::NIL,
        HostValue::Boolean(value) => Value::boolean(*value),
        HostValue::Long(value) => Value::long(*value),
        HostValue::Big(value) => match u64::try_from(value) {
            Ok(word) if word > i64::MAX as u64 => Value::unsigned(word),
            _ => heap.keep(Object::Big(value.clone())),
        },
        HostValue::Double(bits) => Value::double_bits(*bits),
        HostValue::Keyword(name) => Value::keyword(Keyword::new(name)),
        HostValue::Text(text) => heap.keep(Object::Text(text.clone())),
        HostValue::Utf16(units) => heap.keep(match String::from_utf16(units) {
            Ok(text) => Object::Text(text),
            Err(_) => Object::Unencodable(units.clone()),
        }),
        HostValue::Bytes(bytes) => heap.keep(Object::Bytes(bytes.clone())),
        HostValue::Array(element, bytes) => {
            let array = Array::from_bytes(*element, bytes)
                .ok_or_else(|| missing("an array that is no whole number of elements"))?;
            heap.keep(Object::Array(array))
        }
        HostValue::View(element, all, first, count) => {
            let view = Array::view(*element, all, *first, *count)
                .ok_or_else(|| missing("a view of elements that are not there"))?;
            heap.keep(Object::Array(view))
        }
        HostValue::Vector(values) => {
            let values = values
                .iter()
                .map(|value| to_binder(value, heap, handle))
                .collect::<Result<_, _>>()?;
            heap.keep(Object::Vector(values))
        }
        HostValue::Map(entries) => map(None, entries, heap, handle)?,
        HostValue::Record(name, entries) => map(Some(Keyword::new(name)), entries, heap, handle)?,
        HostValue::Handle(token) => {
            Value::handle(handle(*token).ok_or_else(|| missing("a handle it never issued"))?)
        }
        HostValue::Extended(scalar, bits) => heap.keep(Object::Extended(*scalar, *bits)),
        HostValue::Same(_) => return Err(missing("the same array but as an argument of a call")),
        HostValue::Error(_) => return Err(missing("an error as an argument")),
        HostValue::Kept(_) => return Err(missing("a function object within a value")),
        HostValue::Stream(_) => return Err(missing("a stream")),
        HostValue::Function(answers) => {
            heap.keep(Object::Function(Played::function(answers.clone())))
        }
    })
}

/// The array that an earlier argument is.
pub(super) fn same(other: usize, earlier: &[Value]) -> Result<Value, SubjectFault> {
    let missing = || SubjectFault::Adapter(format!("no earlier argument is of index {other}"));
    earlier.get(other).copied().ok_or_else(missing)
}

fn map(
    record: Option<Keyword>,
    entries: &[(String, HostValue)],
    heap: &mut Heap,
    handle: &dyn Fn(Token) -> Option<Handle>,
) -> Result<Value, SubjectFault> {
    let entries = entries
        .iter()
        .map(|(key, value)| Ok((Keyword::new(key), to_binder(value, heap, handle)?)))
        .collect::<Result<_, SubjectFault>>()?;
    Ok(heap.keep(Object::Map { record, entries }))
}

/// A value of the binder as the suite's.
pub(super) fn to_host(
    value: Value,
    heap: &Heap,
    token: &mut dyn FnMut(Handle) -> Token,
) -> HostValue {
    let object = match value.view() {
        View::Nil => return HostValue::Nil,
        View::Boolean(value) => return HostValue::Boolean(value),
        View::Long(value) => return HostValue::Long(value),
        View::Unsigned(value) => return HostValue::Big(BigInt::from(value)),
        View::Double(value) => return HostValue::Double(value.to_bits()),
        View::Keyword(keyword) => return HostValue::Keyword(keyword.name().into()),
        View::Handle(handle) => return HostValue::Handle(token(handle)),
        View::Object(object) => object,
    };
    let pairs = |entries: &[(Keyword, Value)], token: &mut dyn FnMut(Handle) -> Token| {
        let pair =
            |(key, value): &(Keyword, Value)| (key.name().to_owned(), to_host(*value, heap, token));
        entries.iter().map(pair).collect()
    };
    match heap.get(object) {
        // A value that names nothing is a fault of the binder's; no expectation equals it.
        None => HostValue::Text("(a released object)".into()),
        Some(Object::Big(value)) => HostValue::Big(value.clone()),
        Some(Object::Extended(scalar, bits)) => HostValue::Extended(*scalar, *bits),
        Some(Object::Error(name)) => HostValue::Error(name.clone()),
        Some(Object::Text(text)) => HostValue::Text(text.clone()),
        Some(Object::Unencodable(units)) => HostValue::Utf16(units.clone()),
        Some(Object::Bytes(bytes)) => HostValue::Bytes(bytes.clone()),
        Some(Object::Array(array)) => HostValue::Array(array.element(), array.to_bytes()),
        Some(Object::Vector(values)) => {
            HostValue::Vector(values.iter().map(|value| to_host(*value, heap, token)).collect())
        }
        Some(Object::Map { record: None, entries }) => HostValue::Map(pairs(entries, token)),
        Some(Object::Map { record: Some(name), entries }) => {
            HostValue::Record(name.name().to_owned(), pairs(entries, token))
        }
        // A stream is only what a call returns, and whoever called names it.
        Some(Object::Stream(_)) => HostValue::Stream(Token(0)),
        Some(Object::Kept(kept)) => HostValue::Kept(Token(kept.bits())),
        // No function of the library's comes back, and what is no value equals no expectation.
        Some(Object::Function(_)) => HostValue::Text("(a function)".into()),
    }
}

/// Whether a value is, as the suite's, one that is known: without making the suite's of it.
fn is(
    known: &HostValue,
    value: Value,
    caller: &Caller,
    token: &mut dyn FnMut(Handle) -> Token,
) -> bool {
    let object = match value.view() {
        View::Object(object) => caller.heap.get(object),
        View::Keyword(keyword) => {
            return matches!(known, HostValue::Keyword(name) if name == keyword.name());
        }
        _ => return *known == to_host(value, &caller.heap, token),
    };
    let pairs = |known: &[(String, HostValue)],
                 entries: &[(Keyword, Value)],
                 token: &mut dyn FnMut(Handle) -> Token| {
        known.len() == entries.len()
            && known.iter().zip(entries).all(|((name, known), (key, value))| {
                name == key.name() && is(known, *value, caller, token)
            })
    };
    match (known, object) {
        (HostValue::Text(known), Some(Object::Text(text))) => known == text,
        (HostValue::Error(known), Some(Object::Error(name))) => known == name,
        (HostValue::Bytes(known), Some(Object::Bytes(bytes))) => known == bytes,
        (HostValue::Vector(known), Some(Object::Vector(values))) => {
            known.len() == values.len()
                && known.iter().zip(values).all(|(known, value)| is(known, *value, caller, token))
        }
        (HostValue::Map(known), Some(Object::Map { record: None, entries })) => {
            pairs(known, entries, token)
        }
        (HostValue::Record(known, fields), Some(Object::Map { record: Some(name), entries })) => {
            known == name.name() && pairs(fields, entries, token)
        }
        _ => *known == to_host(value, &caller.heap, token),
    }
}

/// Whether a value is a stream.
pub(super) fn is_stream(value: Value, caller: &Caller) -> bool {
    match value.view() {
        View::Object(object) => matches!(caller.heap.get(object), Some(Object::Stream(_))),
        _ => false,
    }
}

/// Whether [`reply`] would make a reply that is known.
pub(super) fn is_reply(
    known: &CallReply,
    result: Result<Value, CallRefusal>,
    (arguments, raised): (&[Value], Option<&Raised>),
    caller: &Caller,
    token: &mut dyn FnMut(Handle) -> Token,
) -> bool {
    let outcome = match (&known.outcome, result) {
        (Outcome::Value(known), Ok(value)) => is(known, value, caller, token),
        (Outcome::Failed(known), Err(refusal)) => {
            refusal.code().after_the_call() && known == refusal.code().as_str()
        }
        (Outcome::Refused(Some(known)), Err(refusal)) => {
            !refusal.code().after_the_call() && known == refusal.code().as_str()
        }
        _ => false,
    };
    let named = known.argument == argument(result)
        && known.raised.as_ref() == raised.map(|Raised(text)| text)
        && known.calls == calls(result, arguments, caller);
    let mut known = known.arrays.iter();
    outcome
        && named
        && arrays(arguments, caller).all(|array| known.next() == Some(&array))
        && known.next().is_none()
}

/// The index of the argument that a call was refused for.
fn argument(result: Result<Value, CallRefusal>) -> Option<usize> {
    result.err().and_then(CallRefusal::argument)
}

pub(super) fn reply(
    result: Result<Value, CallRefusal>,
    (arguments, raised): (&[Value], Option<Raised>),
    caller: &Caller,
    token: &mut dyn FnMut(Handle) -> Token,
) -> CallReply {
    let argument = argument(result);
    let outcome = match result {
        Ok(value) => Outcome::Value(to_host(value, &caller.heap, token)),
        Err(refusal) if refusal.code().after_the_call() => {
            Outcome::Failed(refusal.code().as_str().into())
        }
        Err(refusal) => Outcome::Refused(Some(refusal.code().as_str().into())),
    };
    CallReply {
        outcome,
        arrays: arrays(arguments, caller).collect(),
        argument,
        calls: calls(result, arguments, caller),
        raised: raised.map(|Raised(text)| text),
    }
}

/// What the functions among arguments were called with, where the call was made.
fn calls(result: Result<Value, CallRefusal>, arguments: &[Value], caller: &Caller) -> Vec<Called> {
    if result.is_err_and(|refusal| !refusal.code().after_the_call()) {
        return Vec::new();
    }
    let functions = arguments.iter().enumerate();
    functions
        .filter_map(|(index, value)| Some((index, played::of(*value, caller)?.calls())))
        .collect()
}

/// The arrays among arguments, by their places.
fn arrays<'a>(
    arguments: &'a [Value],
    caller: &'a Caller,
) -> impl Iterator<Item = (usize, HostValue)> + 'a {
    let array = |value: &Value| match value.view() {
        View::Object(object) => match caller.heap.get(object) {
            Some(Object::Array(array)) => {
                Some(HostValue::Array(array.element(), array.whole_bytes()))
            }
            _ => None,
        },
        _ => None,
    };
    arguments.iter().enumerate().filter_map(move |(index, value)| Some((index, array(value)?)))
}
