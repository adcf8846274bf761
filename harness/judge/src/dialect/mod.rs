//! What a case comes to under a subject's dialects (contract D): they change what is expected, never
//! whether it is checked.
//!
//! What follows from the dialect's rule and the types is derived here; what does not, the case says under
//! `under`; and a case of which neither tells is gated with a reason, because to pass it would claim what
//! nobody knows. Where a wrapped or truncated argument must come back, the law of the `echo_…` functions
//! is used: they return their one argument.

mod habits;
mod nan;
mod read;

use std::sync::Arc;

use contract::{ArgumentKind, Beyond, Declarations, Scalar, Type, clause};
use contract::{HostValue, Token};
use corpus::case::{
    Arrival, Body, Case, Expect, Expected, Function, Given, Leeway, Step, Under, fits, values,
};
use subject::{Capability, Dialect};

use crate::row::Reason;
use crate::session::Session;
use read::{Read, Reader};

pub use nan::{arrived, same_but_nans, with_narrow_payloads};

/// What a case of a form that a binder need not have needs, by the clauses that it cites (K, G, W, Z).
pub const FORMS: [Capability; 15] = [
    Capability::Callbacks,
    Capability::CallbackTypes,
    Capability::RaisingCallbacks,
    Capability::ForeignThreads,
    Capability::KeptCallbacks,
    Capability::ByValue,
    Capability::Unions,
    Capability::Packed,
    Capability::Complex,
    Capability::LongDouble,
    Capability::Int128,
    Capability::Variadics,
    Capability::Cstrings,
    Capability::Lengths,
    Capability::InOut,
];

/// A case as the session's subject must answer it.
///
/// # Errors
/// Why it is not to, or why nobody can say what it must come to.
pub fn under(case: &Arc<Case>, session: &Session) -> Result<Arc<Case>, (Reason, String)> {
    let (declarations, declared) = (&session.corpus.declarations, &session.ready.capabilities);
    // Whoever does not know closed handles would free twice.
    if case.steps().iter().any(refuses_a_closed_handle)
        && !declared.contains(&Capability::ClosedHandles)
    {
        let text = "the subject does not declare `closed-handles`";
        return Err((Reason::NotDeclared, text.to_owned()));
    }
    // A form that a binder need not have is refused by who has it not; what raises, or is called elsewhere, is a function,
    // too.
    let marked = case.clauses.iter().filter_map(|id| clause::find(id)?.capability.as_deref());
    let marked = |one: &Capability| marked.clone().any(|name| name == one.name());
    let needed = |one: &Capability| {
        let of_functions =
            [Capability::CallbackTypes, Capability::RaisingCallbacks, Capability::ForeignThreads];
        let of_values = Beyond::ALL.map(Capability::from);
        marked(one)
            || *one == Capability::Callbacks && of_functions.iter().any(marked)
            || *one == Capability::ByValue && of_values.iter().any(marked)
    };
    if let Some(lacking) = FORMS.iter().find(|one| needed(one) && !declared.contains(one)) {
        let text = format!("the subject does not declare `{}`", lacking.name());
        return Err((Reason::NotDeclared, text));
    }
    let mut untold =
        case.steps().iter().filter_map(|step| habits::untold(step, declared, declarations));
    if let Some(text) = untold.next() {
        return Err((Reason::NotKnown, text));
    }
    case_under(case, &session.ready.dialects, declarations).map_err(|text| (Reason::NotKnown, text))
}

fn refuses_a_closed_handle(step: &Step) -> bool {
    matches!(&step.expect, Expect::Refuses(code) if code.as_str() == "handle-closed")
}

/// A case under these dialects.
///
/// # Errors
/// As [`under`].
pub fn case_under(
    case: &Arc<Case>,
    dialects: &[Dialect],
    declarations: &Declarations,
) -> Result<Arc<Case>, String> {
    let Body::Calls(steps) = &case.body else { return Ok(case.clone()) };
    if dialects.is_empty() {
        return Ok(case.clone());
    }
    let step = |step: &Step| step_under(step, dialects, declarations);
    let steps = steps.iter().map(step).collect::<Result<_, _>>();
    let steps = steps.map_err(|reason| format!("{}: {reason}", case.name()))?;
    Ok(Arc::new(Case { body: Body::Calls(steps), ..(**case).clone() }))
}

fn step_under(
    step: &Step,
    dialects: &[Dialect],
    declarations: &Declarations,
) -> Result<Step, String> {
    let speaks = |dialect| dialects.contains(&dialect);
    let readings = readings(step, dialects, declarations);
    let mut step = match stated(step, dialects)? {
        Some(Under { expect, arrives, changes, .. }) => {
            let read_as = readings.ok().flatten().map(|readings| readings.values);
            Step {
                expect: expect.clone(),
                arrives: arrives.clone(),
                changes: changes.clone(),
                leeway: Leeway { read_as, ..Leeway::default() },
                ..step.clone()
            }
        }
        None => match readings? {
            Some(readings) => called(step, readings)?,
            None => step.clone(),
        },
    };
    step.leeway.raw_refusals = speaks(Dialect::RawRefusals);
    step.leeway.any_nan = speaks(Dialect::CanonicalNan);
    step.leeway.error_as_keyword = speaks(Dialect::ErrorAsKeyword);
    if step.leeway.any_nan && shows_a_nan(&step) {
        let symbol = &step.function.symbol;
        return Err(format!("what `{symbol}` then makes of a NaN's bits is not said"));
    }
    if let Expect::Returns(Expected::Exactly(value)) = &mut step.expect {
        let returns = &step.function.signature.returns;
        if speaks(Dialect::Big128) {
            big(value, returns, declarations);
        }
        // Beside what comes back, too (D-7, Z-6).
        if let (Type::Results(_), HostValue::Vector(parts)) = (returns, value)
            && let Some(HostValue::Error(name)) =
                parts.first().filter(|_| speaks(Dialect::ErrorAsKeyword))
        {
            parts[0] = HostValue::Keyword(name.clone());
        }
    }
    Ok(step)
}

/// What the case itself says for these dialects.
fn stated<'s>(step: &'s Step, dialects: &[Dialect]) -> Result<Option<&'s Under>, String> {
    let mut said = step.under.iter().filter(|under| dialects.contains(&under.dialect));
    let Some(first) = said.next() else { return Ok(None) };
    let same = |other: &Under| {
        (&other.expect, &other.arrives, &other.changes)
            == (&first.expect, &first.arrives, &first.changes)
    };
    match said.find(|other| !same(other)) {
        None => Ok(Some(first)),
        Some(other) => Err(format!(
            "it says what it comes to under `{}` and under `{}`, not under both",
            first.dialect.name(),
            other.dialect.name()
        )),
    }
}

/// The arguments of a call that the plain contract refuses, as dialects read them.
struct Readings {
    values: Vec<HostValue>,
    /// Whether hosts disagree on the truth of one.
    either_truth: bool,
}

/// What D-1 to D-3 make of a refused call's arguments; `None` where it stays refused.
fn readings(
    step: &Step,
    dialects: &[Dialect],
    declarations: &Declarations,
) -> Result<Option<Readings>, String> {
    let Expect::Refuses(code) = &step.expect else { return Ok(None) };
    if !matches!(code.as_str(), "out-of-range" | "type-mismatch") {
        return Ok(None);
    }
    let reader = Reader { dialects, declarations };
    let mut values = Vec::new();
    let mut read_otherwise = false;
    let mut either_truth = false;
    // Arguments are converted from left to right: the first that is not taken says the code.
    let mut overcome = false;
    for (index, given) in step.arguments.iter().enumerate() {
        let Some(kind) = parameter(&step.function, index) else { return Ok(None) };
        let Given::Value(value) = given else {
            values.push(HostValue::Handle(Token(0)));
            continue;
        };
        let taken = |value: &HostValue| fits::argument(value, kind, declarations).is_ok();
        let (effective, either) = match reader.argument(value, kind) {
            Read::AsGiven => (value.clone(), false),
            Read::As(read) => (read, false),
            Read::EitherTruth => (HostValue::Boolean(true), true),
        };
        match (taken(value), taken(&effective)) {
            (false, false) if overcome => {
                return Err(format!("which code argument {index} is refused with is not said"));
            }
            (false, false) => return Ok(None),
            (false, true) => overcome = true,
            (true, _) => {}
        }
        read_otherwise |= effective != *value;
        either_truth |= either;
        values.push(effective);
    }
    Ok(read_otherwise.then_some(Readings { values, either_truth }))
}

/// The call that a refusal becomes.
fn called(step: &Step, readings: Readings) -> Result<Step, String> {
    let Readings { values, either_truth } = readings;
    let signature = &step.function.signature;
    let expect = match (&signature.returns, &*values) {
        (Type::Void, _) => HostValue::Nil,
        (_, [value]) if echoes(&step.function) => returned(value),
        _ => {
            let symbol = &step.function.symbol;
            return Err(format!("what `{symbol}` then returns is not said"));
        }
    };
    let lent = |value: &HostValue| matches!(value, HostValue::Array(..));
    if values.iter().any(lent) {
        return Err("what its arrays then hold is not said".into());
    }
    let mut arrives = None;
    if either_truth {
        // Which of the two arrives is the host's to say; the leeway allows the other.
        if values.len() != 1 {
            return Err("hosts disagree on the truth of an argument".into());
        }
        arrives = Some(vec![Arrival::Integer(Scalar::Bool, 1)]);
    }
    Ok(Step {
        expect: Expect::Returns(Expected::Exactly(expect)),
        arrives,
        leeway: Leeway { read_as: Some(values), either_truth, ..Leeway::default() },
        ..step.clone()
    })
}

/// D-6: whether the bits of a NaN go in and come back as an integer, which a host may answer as it likes.
fn shows_a_nan(step: &Step) -> bool {
    let integer = matches!(&step.function.signature.returns, Type::Scalar(of) if of.is_integer());
    let nan = |given: &Given| matches!(given, Given::Value(value) if nan::is_nan_value(value));
    integer && !step.is_refused() && step.arguments.iter().any(nan)
}

/// Whether a function returns its one argument.
pub fn echoes(function: &Function) -> bool {
    let signature = &function.signature;
    match &*signature.arguments {
        [argument] => {
            let same =
                matches!(&argument.kind, ArgumentKind::Plain(of) if *of == signature.returns);
            same && function.symbol.starts_with("echo_")
        }
        _ => false,
    }
}

/// An argument as it comes back: integers by.
fn returned(value: &HostValue) -> HostValue {
    match value {
        HostValue::Double(bits) => {
            // What was truncated is an integer to an integer parameter.
            let whole = read::integer_of(f64::from_bits(*bits));
            whole.map_or(value.clone(), values::integer_value)
        }
        HostValue::Long(_) | HostValue::Big(_) => {
            value.as_integer().map_or(value.clone(), values::integer_value)
        }
        value => value.clone(),
    }
}

/// The parameter that an argument goes to.
fn parameter(function: &Function, index: usize) -> Option<&ArgumentKind> {
    let arguments = &function.signature.arguments;
    let rest = arguments.last().filter(|last| matches!(last.kind, ArgumentKind::Rest(_)));
    arguments.get(index).or(rest).map(|argument| &argument.kind)
}

/// D-4: every 128-bit integer of a result is big.
fn big(value: &mut HostValue, of: &Type, declarations: &Declarations) {
    match (of, value) {
        (Type::Scalar(scalar), value) if scalar.is_integer() && scalar.is_wide() => {
            if let HostValue::Long(long) = value {
                *value = HostValue::Big((*long).into());
            }
        }
        (
            Type::Optional(of)
            | Type::Owned(of)
            | Type::Borrowed(of)
            | Type::ByValue(of)
            | Type::Pointer { of, .. }
            | Type::ErrorUnion { of, .. },
            value,
        ) => big(value, of, declarations),
        (
            Type::Slice { of, .. } | Type::Array { of, .. } | Type::Counted { of, .. },
            HostValue::Vector(values),
        ) => values.iter_mut().for_each(|value| big(value, of, declarations)),
        (Type::Results(parts), HostValue::Vector(values)) => {
            for (of, value) in parts.iter().zip(values) {
                big(value, of, declarations);
            }
        }
        (Type::Named(name), HostValue::Map(entries) | HostValue::Record(_, entries)) => {
            for field in declarations.fields(name).unwrap_or_default() {
                let entry = entries.iter_mut().find(|(key, _)| *key == field.name);
                if let Some((_, value)) = entry {
                    big(value, &field.of, declarations);
                }
            }
        }
        _ => {}
    }
}
