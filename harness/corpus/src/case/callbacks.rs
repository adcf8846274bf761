//! Functions as arguments: what they answer, and `calls`, what they are called with (contract K).

use contract::{Answer, Argument, ArgumentKind, Declarations, FunctionType, HostValue, Type};

use super::error::{Fault, Problem};
use super::fields::{list, map, text, unexpected};
use super::fits;
use super::numbers;
use super::values::ValueReader;
use super::yaml::{Content, Entry, Mark, Node};
use super::{Called, Expect, Function, Given};

/// Reads a function: its answers, in order.
pub(super) fn function(node: &Node, reader: ValueReader<'_>) -> Result<HostValue, Fault> {
    let items = list(node, "a function")?;
    if items.is_empty() {
        return unexpected(node, "a function", "one answer at least, as `{fn: [1]}`");
    }
    let answers = items.iter().map(|item| answer(item, reader));
    answers.collect::<Result<_, _>>().map(HostValue::Function)
}

fn answer(node: &Node, reader: ValueReader<'_>) -> Result<Answer, Fault> {
    match only_entry(node) {
        Some(Entry { key, value, .. }) if key == "raise" => {
            text(value, "what is raised").map(|text| Answer::Raises(text.to_owned()))
        }
        Some(Entry { key, value, .. }) if key == "again" => {
            let arguments = list(value, "the arguments of `again`")?;
            let arguments = arguments.iter().map(|argument| match only_entry(argument) {
                Some(Entry { key, value, .. }) if key == "same" => same(value),
                _ => reader.value(argument, None),
            });
            arguments.collect::<Result<_, _>>().map(Answer::Again)
        }
        Some(Entry { key, value, .. }) if key == "same" => same(value).map(Answer::Returns),
        _ => reader.value(node, None).map(Answer::Returns),
    }
}

fn same(node: &Node) -> Result<HostValue, Fault> {
    let index =
        node.plain().and_then(numbers::integer).and_then(|index| usize::try_from(index).ok());
    match index {
        Some(index) => Ok(HostValue::Same(index)),
        None => unexpected(node, "`same`", "the index of the argument that the function is"),
    }
}

fn only_entry(node: &Node) -> Option<&Entry> {
    match &node.content {
        Content::Map(entries) if entries.len() == 1 => entries.first(),
        _ => None,
    }
}

/// Reads `calls`: for each function named, the arguments of each of its calls. Without the field no function is
/// called.
pub(super) fn calls(
    node: Option<&Node>,
    function: &Function,
    declarations: &Declarations,
) -> Result<Vec<Called>, Fault> {
    let Some(node) = node else { return Ok(Vec::new()) };
    let reader = ValueReader { declarations, what: "an argument in `calls`" };
    let parameters = &function.signature.arguments;
    let mut calls = Vec::new();
    for Entry { key, mark, value } in map(node, "`calls`")? {
        let found = parameters.iter().enumerate().find(|(_, argument)| argument.binding == *key);
        let of = found.and_then(|(index, argument)| match &argument.kind {
            ArgumentKind::Plain(Type::Function(of)) => Some((index, of)),
            _ => None,
        });
        let Some((index, of)) = of else {
            let is_function =
                |kind: &ArgumentKind| matches!(kind, ArgumentKind::Plain(Type::Function(_)));
            let functions = parameters.iter().filter(|argument| is_function(&argument.kind));
            let problem = Problem::UnknownBinding {
                symbol: function.symbol.clone(),
                found: key.clone(),
                known: functions.map(|argument| argument.binding.clone()).collect(),
            };
            return Err(Fault::new(*mark, problem));
        };
        let of_function = list(value, "the calls of a function")?.iter();
        let of_function =
            of_function.map(|call| one(call, of, parameters, reader)).collect::<Result<_, _>>()?;
        calls.push((index, of_function));
    }
    Ok(calls)
}

/// The arguments of one call, each such as a function of its type would have returned. A handle is `{same: n}`, the one that
/// was given as that argument (K-9).
fn one(
    node: &Node,
    of: &FunctionType,
    parameters: &[Argument],
    reader: ValueReader<'_>,
) -> Result<Vec<HostValue>, Fault> {
    let items = list(node, "a call in `calls`")?;
    if items.len() != of.arguments.len() {
        let expected = format!("{} arguments", of.arguments.len());
        return unexpected(node, "a call in `calls`", &expected);
    }
    let argument = |(item, of): (&Node, &Type)| {
        let value = match only_entry(item) {
            Some(Entry { key, value, .. }) if key == "same" => same(value)?,
            _ => reader.value(item, None)?,
        };
        let fit = match value {
            HostValue::Same(_) => word(&value, of, parameters, reader.declarations),
            _ => fits::result(&value, of, reader.declarations),
        };
        match fit {
            Ok(()) => Ok(value),
            Err(expected) => unexpected(item, reader.what, &expected),
        }
    };
    items.iter().zip(&of.arguments).map(argument).collect()
}

/// Refuses functions whose answers do not suit what is expected of the call: what the type does not take fails it,
/// and so does an error.
pub(super) fn check(
    node: &Node,
    function: &Function,
    arguments: &[Given],
    expect: &Expect,
    declarations: &Declarations,
) -> Result<(), Fault> {
    let fails = |code: &str| matches!(expect, Expect::Fails(due) if due == code);
    for (index, (argument, given)) in function.signature.arguments.iter().zip(arguments).enumerate()
    {
        let (ArgumentKind::Plain(Type::Function(of)), Given::Value(HostValue::Function(answers))) =
            (&argument.kind, given)
        else {
            continue;
        };
        for answer in answers {
            let wrong = match answer {
                Answer::Returns(_) if *of.returns == Type::Void => None,
                Answer::Returns(value) => {
                    let parameters = &function.signature.arguments;
                    let unfit = word(value, &of.returns, parameters, declarations).err();
                    unfit.filter(|_| !fails("callback-result"))
                }
                Answer::Raises(_) => (!fails("callback-raised"))
                    .then(|| "no error, or `fails: callback-raised`".to_owned()),
                Answer::Again(again) => unlike(again, function, index, declarations),
            };
            if let Some(expected) = wrong {
                let binding = &argument.binding;
                return unfitting(node.mark, format!("an answer of `{binding}`"), &expected);
            }
        }
    }
    Ok(())
}

/// Whether a value is one that a function of the host's may give or be given in a word: a handle is one of those that the
/// call is given.
///
/// # Errors
/// What would have been.
pub fn word(
    value: &HostValue,
    of: &Type,
    parameters: &[Argument],
    declarations: &Declarations,
) -> Result<(), String> {
    let Type::Handle(target) = of else {
        return fits::argument(value, &ArgumentKind::Plain(of.clone()), declarations);
    };
    let found = match value {
        HostValue::Same(argument) => parameters.get(*argument).and_then(Argument::plain),
        _ => None,
    };
    if found == Some(of) {
        return Ok(());
    }
    Err(format!("`{{same: n}}`, the index of an argument that is a {target}"))
}

/// What arguments of `again` are not: those of the function, with functions given as the one that answers.
fn unlike(
    again: &[HostValue],
    function: &Function,
    own: usize,
    declarations: &Declarations,
) -> Option<String> {
    let parameters = &function.signature.arguments;
    if parameters.len() != again.len() {
        return Some(format!("{} arguments of `again`", parameters.len()));
    }
    parameters.iter().zip(again).find_map(|(parameter, value)| match (&parameter.kind, value) {
        (ArgumentKind::Plain(Type::Function(_)), HostValue::Same(index)) if *index == own => None,
        (ArgumentKind::Plain(Type::Function(_)), _) => {
            Some(format!("`{{same: {own}}}`, the function itself, for a function in `again`"))
        }
        (kind, value) => fits::argument(value, kind, declarations).err(),
    })
}

fn unfitting<T>(mark: Mark, what: String, expected: &str) -> Result<T, Fault> {
    let (found, expected) = ("another".to_owned(), expected.to_owned());
    Err(Fault::new(mark, Problem::Unexpected { what, found, expected }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Body;
    use crate::case::tests::read;

    /// What comes of a suite of one case, whose function folds.
    fn case(step: &str) -> Result<crate::case::Corpus, String> {
        let text = format!(
            "suite: s\nclauses: [C-1]\nfunctions:\n  f: \"[g [:fn [:i64 :u8] :i8] n :u8 :ret :i8]\"\ncases:\n  - \
             {{id: a, fn: f, {step}}}\n"
        );
        read(&text).map_err(|errors| errors[0].to_string())
    }

    #[test]
    fn a_function_is_what_it_answers_and_what_it_is_called_with() {
        let again =
            "args: [{fn: [1, {again: [{same: 0}, 2]}]}, 9], calls: {g: [[-1, 255]]}, returns: 1";
        let corpus = case(again).expect("it is read");
        let Body::Calls(steps) = &corpus.suites[0].cases[0].body else { panic!("a call") };
        let answers = vec![
            Answer::Returns(HostValue::Long(1)),
            Answer::Again(vec![HostValue::Same(0), HostValue::Long(2)]),
        ];
        assert_eq!(steps[0].arguments[0], Given::Value(HostValue::Function(answers)));
        assert_eq!(steps[0].calls, [(0, vec![vec![HostValue::Long(-1), HostValue::Long(255)]])]);
        let raises = "args: [{fn: [{raise: \"no\"}]}, 9], fails: callback-raised";
        assert!(case(raises).is_ok(), "no function need be called");
    }

    #[test]
    fn what_no_function_could_be_is_a_mistake() {
        for (step, told) in [
            ("args: [{fn: []}, 9], returns: 1", "one answer at least"),
            ("args: [{fn: [128]}, 9], returns: 1", "an integer from -128 to 127"),
            ("args: [{fn: [{raise: \"no\"}]}, 9], returns: 1", "`fails: callback-raised`"),
            ("args: [{fn: [{again: [{same: 0}]}]}, 9], returns: 1", "2 arguments of `again`"),
            ("args: [{fn: [{again: [{same: 1}, 2]}]}, 9], returns: 1", "`{same: 0}`"),
            ("args: [{fn: [{again: [{same: 0}, 256]}]}, 9], returns: 1", "0 to 255"),
            ("args: [1, 9], returns: 1", "a function"),
            ("args: [{fn: [1]}, 9], calls: {n: [[1, 1]]}, returns: 1", "`n`"),
            ("args: [{fn: [1]}, 9], calls: {g: [[1]]}, returns: 1", "2 arguments"),
            ("args: [{fn: [1]}, 9], calls: {g: [[1, 256]]}, returns: 1", "0 to 255"),
            ("args: [~, 9], calls: {g: [[1, 1]]}, refuses: nil-argument", "`calls`"),
        ] {
            let error = case(step).err().unwrap_or_else(|| panic!("{step} is read"));
            assert!(error.contains(told), "{step}: {error}");
        }
    }
}
