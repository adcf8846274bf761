//! What functions of the host's were given, and what the callee got back of them (contract K): by the subject's
//! word, and by the evidence page.

use contract::{Answer, ArgumentKind, Declarations, FunctionType, HostValue, Scalar, Type};
use corpus::case::{Arrival, Case, Expect, Given, Step};
use corpus::model;
use subject::evidence::{Event, EventKind, Item};
use subject::{CallReply, Capability, Level};

use super::About;
use crate::alike::same;
use crate::arrived;
use crate::blame::nearest;
use crate::describe;
use crate::dialect;
use crate::row::Reason;
use crate::session::Session;
use crate::verdict::Judgement;

/// Native events of one run beyond those of the call itself that nobody counts on: the callee may go on calling a
/// function that raised, and is given zero.
const BEYOND: u64 = 64;

/// A function among the arguments of a step.
struct Function<'s> {
    argument: usize,
    of: &'s FunctionType,
    answers: &'s [Answer],
    /// What each of its calls must be given.
    calls: &'s [Vec<HostValue>],
}

impl<'s> Function<'s> {
    /// What its call of a number answers.
    fn answer(&self, number: usize) -> &'s Answer {
        &self.answers[number.min(self.answers.len() - 1)]
    }
}

fn functions(step: &Step) -> impl Iterator<Item = Function<'_>> {
    let parameters = step.function.signature.arguments.iter().zip(&step.arguments).enumerate();
    parameters.filter_map(|(argument, (parameter, given))| match (&parameter.kind, given) {
        (ArgumentKind::Plain(Type::Function(of)), Given::Value(HostValue::Function(answers))) => {
            let calls = step.calls.iter().find(|(index, _)| *index == argument);
            let calls = calls.map_or(&[][..], |(_, calls)| calls);
            Some(Function { argument, of, answers, calls })
        }
        _ => None,
    })
}

/// Why cases are not judged at wire level in a loop.
const ONE_BY_ONE: &str = "at wire level calls that are given a struct by value or variable arguments are made one by one, not in loops";
const NOT_PLAIN: &str = "at wire level a function that answers now this and now that, raises, calls again or gives what it was given is not called in loops";

/// Whether a call is given a function that takes or returns one of these.
pub(super) fn is_of(step: &Step, scalars: &[Scalar]) -> bool {
    let signature = &step.function.signature;
    signature.has(|of| matches!(of, Type::Function(of) if has(of, scalars)))
}

/// Whether a function takes or returns one of these.
pub(super) fn has(of: &FunctionType, scalars: &[Scalar]) -> bool {
    of.arguments.iter().chain([&*of.returns]).any(|one| match one {
        Type::Scalar(one) => scalars.contains(one),
        Type::Pointer { of, .. } | Type::Slice { of, .. } => {
            matches!(&**of, Type::Scalar(one) if scalars.contains(one))
        }
        _ => false,
    })
}

/// Whether a subject owes what an arm asks of a case, as far as functions, structs by value and variable arguments go: in
/// loops at wire level an object that the library keeps, and that answers always the same, stands for a function.
///
/// # Errors
/// Why it does not.
pub(super) fn owed(
    session: &Session,
    about: &About,
    case: &Case,
) -> Result<(), (Reason, &'static str)> {
    let in_loops = about.loops || about.capability == Some(Capability::Threads);
    if session.ready.level != Level::Wire || !in_loops {
        return Ok(());
    }
    if case.steps().iter().any(|step| step.function.signature.one_by_one()) {
        return Err((Reason::NotOwed, ONE_BY_ONE));
    }
    let mut functions = case.steps().iter().flat_map(functions).peekable();
    if functions.peek().is_some() && !session.can(Capability::KeptCallbacks) {
        return Err((Reason::NotDeclared, "the subject does not declare `kept-callbacks`"));
    }
    if functions.any(|function| !Answer::is_one(function.answers)) {
        return Err((Reason::NotOwed, NOT_PLAIN));
    }
    Ok(())
}

/// Whether events are of functions of the host's.
pub(super) fn is_of_one(event: &Event) -> bool {
    matches!(event.kind, EventKind::Callback | EventKind::Back)
}

/// The calls of a step's own function that its functions make.
pub(super) fn nested(step: &Step) -> u64 {
    let again = |one: &Function<'_>| {
        let answers = (0..one.calls.len()).map(|number| one.answer(number));
        answers.filter(|answer| matches!(answer, Answer::Again(_))).count() as u64
    };
    functions(step).map(|one| again(&one)).sum()
}

/// Native events that a step's functions make, at least and at most: calls of them and from them.
pub(super) fn events(step: &Step) -> (u64, u64) {
    let calls: usize = functions(step).map(|one| one.calls.len()).sum();
    let least = 2 * calls as u64 + nested(step);
    (least, if fails(step) { least + BEYOND } else { least })
}

/// Whether one of its functions is to fail: to raise, or to give what its type does not take.
fn fails(step: &Step) -> bool {
    matches!(&step.expect, Expect::Fails(code) if code.starts_with("callback-"))
}

/// Judges what the subject says that its functions were given, and what was raised.
pub(super) fn judge_said(step: &Step, reply: &CallReply, judgement: &mut Judgement) {
    if step.is_refused() {
        return;
    }
    let call = describe::call(&step.function.symbol, &step.arguments);
    for Function { argument, calls, .. } in functions(step) {
        let said = reply.calls.iter().find(|(index, _)| *index == argument);
        let said = said.map_or(&[][..], |(_, said)| said);
        let value = |due: &HostValue, said: &HostValue| {
            dialect::same_but_nans(due, said, &step.leeway, same)
        };
        let one = |due: &Vec<HostValue>, said: &Vec<HostValue>| {
            due.len() == said.len() && due.iter().zip(said).all(|(due, said)| value(due, said))
        };
        let holds = calls.len() == said.len() && calls.iter().zip(said).all(|(a, b)| one(a, b));
        let what = format_args!("calls of the function given as argument {argument} of {call}");
        judgement.check(of_calls(judgement), what, holds, || (shown(calls), shown(said)));
    }
    if let Some(due) = raised(step) {
        let said = reply.raised.as_deref().unwrap_or("nothing");
        judgement.equal("K-4", format_args!("what was raised by {call}"), &due, &said);
    }
}

/// The clause of what functions are given and give: of those called on another thread K-6 says what K-2 says of others, and
/// of what is no carrier scalar K-9.
fn of_calls(judgement: &Judgement) -> Option<&'static str> {
    nearest(&["K-9", "K-6", "K-2"], &judgement.cited)
}

/// What the error says that a function raises, where the call is to end in that.
fn raised(step: &Step) -> Option<&str> {
    let raises = matches!(&step.expect, Expect::Fails(code) if code == "callback-raised");
    let mut answers = functions(step).filter(|_| raises).flat_map(|one| one.answers);
    answers.find_map(|answer| match answer {
        Answer::Raises(text) => Some(text.as_str()),
        Answer::Returns(_) | Answer::Again(_) => None,
    })
}

pub(super) fn shown(calls: &[Vec<HostValue>]) -> String {
    let one = |call: &Vec<HostValue>| {
        let values: Vec<String> = call.iter().map(describe::short).collect();
        format!("({})", values.join(", "))
    };
    if calls.is_empty() { "none".to_owned() } else { calls.iter().map(one).collect() }
}

/// Judges by the evidence what the callee called functions with, and what it got back.
pub(super) fn judge_seen(
    step: &Step,
    events: &[Event],
    declarations: &Declarations,
    judgement: &mut Judgement,
) {
    let functions: Vec<Function<'_>> = functions(step).collect();
    if functions.is_empty() || step.is_refused() {
        return;
    }
    let call = describe::call(&step.function.symbol, &step.arguments);
    let made = vec![0; functions.len()];
    let mut seen = Seen { step, declarations, call, made, functions, failed: None };
    // What is under way: which function, and which of its calls.
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut again = Vec::new();
    for event in events {
        match event.kind {
            EventKind::Callback => {
                let Some(made) = seen.given(event, judgement) else { return };
                if let (false, Answer::Again(arguments)) =
                    (seen.is_over(made), seen.functions[made.0].answer(made.1))
                {
                    again.push(arguments);
                }
                open.push(made);
            }
            EventKind::Back => {
                let Some(made) = open.pop() else { return seen.out_of_order(judgement) };
                if place(event) != Some(seen.parameter(made.0)) {
                    return seen.out_of_order(judgement);
                }
                seen.came_back(made, event, judgement);
            }
            EventKind::Call if !open.is_empty() => {
                let arguments = again.pop();
                seen.called_again(event, arguments, judgement);
            }
            EventKind::Call | EventKind::Free | EventKind::Next => {}
        }
    }
    for (number, one) in seen.functions.iter().enumerate() {
        let what = format_args!("callbacks of argument {} by {}", one.argument, seen.call);
        let (due, made) = (one.calls.len(), seen.made[number]);
        let holds = made == due || fails(step) && made > due;
        judgement.check(of_calls(judgement), what, holds, || (due.to_string(), made.to_string()));
    }
}

/// What of a call has been seen.
struct Seen<'s> {
    step: &'s Step,
    declarations: &'s Declarations,
    call: String,
    functions: Vec<Function<'s>>,
    /// By function, how often it was called.
    made: Vec<usize>,
    /// The function that has failed, which is given zero for from then on.
    failed: Option<usize>,
}

/// Which parameter of the fixture an event is of.
fn place(event: &Event) -> Option<u64> {
    match event.items.first() {
        Some(Item::Integer(place)) => Some(*place),
        _ => None,
    }
}

impl Seen<'_> {
    /// The parameter that a function is to the fixture: a destructured argument before it is several.
    fn parameter(&self, function: usize) -> u64 {
        let before = &self.step.function.signature.arguments[..self.functions[function].argument];
        let parameters = before.iter().map(|argument| match &argument.kind {
            ArgumentKind::Destructured(fields) => fields.len() as u64,
            ArgumentKind::Plain(_) | ArgumentKind::Rest(_) => 1,
        });
        parameters.sum()
    }

    /// Whether a call is one that the host's function need not have been asked for.
    fn is_over(&self, (function, number): (usize, usize)) -> bool {
        self.failed == Some(function) || number >= self.functions[function].calls.len()
    }

    /// Judges what a function is given; which function it is, and which of its calls.
    fn given(&mut self, event: &Event, judgement: &mut Judgement) -> Option<(usize, usize)> {
        let parameter = place(event);
        let found = (0..self.functions.len()).find(|one| Some(self.parameter(*one)) == parameter);
        let Some(function) = found else {
            self.out_of_order(judgement);
            return None;
        };
        let number = self.made[function];
        self.made[function] += 1;
        let one = &self.functions[function];
        if let Some(due) = one.calls.get(number) {
            for (at, (of, due)) in one.of.arguments.iter().zip(due).enumerate() {
                let Some(due) = model::given(of, due, self.declarations) else { continue };
                let what = format_args!(
                    "argument {at} of callback {number} of argument {} by {}",
                    one.argument, self.call
                );
                check(of_calls(judgement), what, &due, event.items.get(at + 1), judgement);
            }
        }
        Some((function, number))
    }

    /// Judges what the callee got.
    fn came_back(&mut self, made: (usize, usize), event: &Event, judgement: &mut Judgement) {
        let over = self.is_over(made);
        let (function, number) = made;
        let one = &self.functions[function];
        let of = &*one.of.returns;
        let zero = || zero(of, self.declarations);
        let (due, fails) = match one.answer(number) {
            _ if over => (zero(), false),
            Answer::Returns(_) if *of == Type::Void => (None, false),
            // A dialect may take what the type does not.
            Answer::Returns(value) if self.takes(of, value) => {
                (model::given(of, value, self.declarations), false)
            }
            Answer::Returns(_) | Answer::Raises(_) => (zero(), true),
            // What the call within came to is seen in what this one comes to.
            Answer::Again(_) => (None, false),
        };
        if fails {
            self.failed = Some(function);
        }
        if let Some(due) = due {
            let clause = if over || fails { Some("K-4") } else { of_calls(judgement) };
            let what = format_args!(
                "result of callback {number} of argument {} by {}",
                self.functions[function].argument, self.call
            );
            check(clause, what, &due, event.items.get(1), judgement);
        }
    }

    /// Judges what arrives at a call that a function makes.
    fn called_again(
        &self,
        event: &Event,
        arguments: Option<&Vec<HostValue>>,
        judgement: &mut Judgement,
    ) {
        let given = self.step.values();
        let arguments = arguments.into_iter().flatten().map(|argument| match argument {
            HostValue::Same(other) => given[*other].clone(),
            other => other.clone(),
        });
        let arguments: Vec<HostValue> = arguments.collect();
        let due = model::arrivals(&self.step.function.signature, &arguments, self.declarations);
        for (at, due) in due.iter().enumerate() {
            let Some(due) = due else { continue };
            let what = format_args!("carrier {at} of the call within {}", self.call);
            check("K-3", what, due, event.items.get(at), judgement);
        }
    }

    /// Whether a value of the host's is one that a type takes without a dialect.
    fn takes(&self, of: &Type, value: &HostValue) -> bool {
        let parameters = &self.step.function.signature.arguments;
        corpus::case::callbacks::word(value, of, parameters, self.declarations).is_ok()
    }

    fn out_of_order(&self, judgement: &mut Judgement) {
        let what = format_args!("order of callbacks by {}", self.call);
        let described = || ("each comes back before the one around it".into(), "another".into());
        judgement.check("K-3", what, false, described);
    }
}

/// What the callee is given where a function fails; `None` of one that gives nothing.
fn zero(of: &Type, declarations: &Declarations) -> Option<Arrival> {
    Some(match of {
        Type::Scalar(of) if of.is_float() => Arrival::Float(*of, 0),
        Type::Scalar(of) => Arrival::Integer(*of, 0),
        Type::Named(name) => Arrival::Integer(declarations.enumeration(name)?.0, 0),
        Type::Handle(_) => Arrival::Null,
        _ => return None,
    })
}

/// Checks a carrier by its own bits: what stands above them nobody owes here.
pub(super) fn check(
    clause: impl Into<Option<&'static str>>,
    what: impl std::fmt::Display,
    due: &Arrival,
    item: Option<&Item>,
    judgement: &mut Judgement,
) {
    let holds = item.is_some_and(|item| {
        arrived::arrived(due, item) || arrived::own_bits_right(due, item).is_some()
    });
    let describe = || {
        let observed =
            item.map_or_else(|| "nothing".into(), |item| describe::item(item, Some(due)));
        (describe::arrival(due), observed)
    };
    judgement.check(clause, what, holds, describe);
}
