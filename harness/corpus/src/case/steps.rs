//! A case's calls: the function, its arguments, what must come of it, and what earlier calls kept.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use contract::Dialect;
use contract::HostValue;
use contract::{Argument, ArgumentKind, Declarations, Type};

use super::arrivals;
use super::callbacks;
use super::error::{Fault, Problem, closest, location};
use super::fields::{Fields, kebab_case, list, map, unexpected, word};
use super::fits;
use super::narrow;
use super::numbers;
use super::pattern;
use super::values::ValueReader;
use super::words::{CALL_CODES, FAILURE_CODES, STEP_FIELDS, UNDER_FIELDS};
use super::yaml::{Entry, Mark, Node};
use super::{Expect, Expected, Function, Given, Leeway, Step, Under};

/// Reads the calls of one case, in order.
pub(super) struct StepReader<'a> {
    file: &'a Path,
    functions: &'a BTreeMap<String, Arc<Function>>,
    declarations: &'a Declarations,
    kept: BTreeMap<String, Kept>,
}

/// A handle kept by `let`.
struct Kept {
    of: Type,
    mark: Mark,
    used: bool,
}

/// What a call says must come of it, before its values are read.
#[derive(Clone, Copy)]
enum Outcome<'n> {
    Returns(Option<&'n Node>),
    Refuses(&'n str),
    Fails(&'n str),
}

/// The function of `fn`.
pub(super) fn declared(
    node: &Node,
    functions: &BTreeMap<String, Arc<Function>>,
) -> Result<Arc<Function>, Fault> {
    let symbol = word(node, "`fn`")?;
    let problem = || Problem::UndeclaredFunction {
        found: symbol.to_owned(),
        closest: closest(symbol, functions.keys().map(String::as_str)).map(str::to_owned),
    };
    functions.get(symbol).cloned().ok_or_else(|| Fault::new(node.mark, problem()))
}

impl<'a> StepReader<'a> {
    pub(super) fn new(
        file: &'a Path,
        functions: &'a BTreeMap<String, Arc<Function>>,
        declarations: &'a Declarations,
    ) -> StepReader<'a> {
        StepReader { file, functions, declarations, kept: BTreeMap::new() }
    }

    /// Reads `steps`.
    pub(super) fn steps(&mut self, node: &Node) -> Result<Vec<Step>, Fault> {
        let items = list(node, "`steps`")?;
        if items.is_empty() {
            return unexpected(node, "`steps`", "at least one call");
        }
        let mut steps = Vec::with_capacity(items.len());
        for item in items {
            let fields = Fields::of(item, "a step", &STEP_FIELDS)?;
            steps.push(self.step(item, fields)?);
        }
        match self.kept.iter().find(|(_, kept)| !kept.used) {
            Some((name, kept)) => {
                Err(Fault::new(kept.mark, Problem::NeverUsed { name: name.clone() }))
            }
            None => Ok(steps),
        }
    }

    /// Reads one call.
    pub(super) fn step(&mut self, node: &Node, fields: Fields<'_>) -> Result<Step, Fault> {
        let function = declared(fields.require("fn")?, self.functions)?;
        let outcome = outcome(fields)?;
        let arguments = self.arguments(node, fields, &function, outcome)?;
        nothing_crosses(outcome, fields)?;
        let arrives = fields.get("arrives");
        let arrives = arrives
            .map(|node| arrivals::arrivals(node, &function, &arguments, self.declarations))
            .transpose()?;
        let changes = match fields.get("changes") {
            Some(node) => arrivals::changes(node, &function, &arguments, self.declarations)?,
            None => Vec::new(),
        };
        let calls = callbacks::calls(fields.get("calls"), &function, self.declarations)?;
        let one_array = match fields.get("one-array") {
            Some(node) => arrivals::one_array(node, &function, &arguments, &changes)?,
            None => Vec::new(),
        };
        let expect = self.expect(node, outcome, fields, &function)?;
        callbacks::check(node, &function, &arguments, &expect, self.declarations)?;
        let take = fields.get("take");
        let take = take.map(|node| taken(node, &function, &expect)).transpose()?;
        let keep = match fields.get("let") {
            Some(node) => Some(self.keep(node, &function, &expect)?),
            None => None,
        };
        let under = match fields.entry("under") {
            Some(entry) => self.under(entry, &function, &arguments, keep.is_some())?,
            None => Vec::new(),
        };
        let any_payload =
            narrow::leaves_payloads_open(&function, &arguments, &expect, self.declarations);
        let leeway = Leeway { any_payload, ..Leeway::default() };
        let at = location(self.file, node.mark);
        Ok(Step {
            function,
            arguments,
            keep,
            expect,
            arrives,
            changes,
            calls,
            one_array,
            take,
            under,
            leeway,
            at,
        })
    }

    /// Reads `under`.
    fn under(
        &mut self,
        entry: &Entry,
        function: &Function,
        arguments: &[Given],
        kept: bool,
    ) -> Result<Vec<Under>, Fault> {
        if kept {
            let (first, second) = ("let", "under");
            let problem = Problem::Excluding { place: "a step", first, second };
            return Err(Fault::new(entry.mark, problem));
        }
        let mut under = Vec::new();
        for Entry { key, mark, value } in map(&entry.value, "`under`")? {
            let Ok(dialect) = key.parse() else {
                let names: Vec<&str> = Dialect::ALL.iter().map(|dialect| dialect.name()).collect();
                let problem = Problem::UnknownField {
                    place: "`under`",
                    found: key.clone(),
                    closest: closest(key, names.iter().copied()),
                    known: names,
                };
                return Err(Fault::new(*mark, problem));
            };
            let fields = Fields::of(value, "an outcome under a dialect", &UNDER_FIELDS)?;
            let outcome = outcome(fields)?;
            nothing_crosses(outcome, fields)?;
            let arrives = fields.get("arrives");
            let arrives = arrives
                .map(|node| arrivals::arrivals(node, function, arguments, self.declarations))
                .transpose()?;
            let changes = match fields.get("changes") {
                Some(node) => arrivals::changes(node, function, arguments, self.declarations)?,
                None => Vec::new(),
            };
            let expect = self.expect(value, outcome, fields, function)?;
            under.push(Under { dialect, expect, arrives, changes });
        }
        Ok(under)
    }

    fn arguments(
        &mut self,
        node: &Node,
        fields: Fields<'_>,
        function: &Function,
        outcome: Outcome<'_>,
    ) -> Result<Vec<Given>, Fault> {
        let items = match fields.get("args") {
            Some(node) => list(node, "`args`")?,
            None => &[],
        };
        let mark = fields.get("args").unwrap_or(node).mark;
        let items = pattern::spread_out(items, self.declarations)?;
        check_count(mark, function, items.len(), outcome)?;
        let judged = !matches!(outcome, Outcome::Refuses(_));
        let mut given = Vec::with_capacity(items.len());
        for (index, (item, value)) in items.into_iter().enumerate() {
            let parameter = parameter(function, index);
            given.push(self.argument(item, value, function, parameter, judged)?);
        }
        Ok(given)
    }

    /// Reads an argument, or takes one that was read; `judged` where the call is not refused, so that it must
    /// suit.
    fn argument(
        &mut self,
        node: &Node,
        read: Option<HostValue>,
        function: &Function,
        parameter: Option<&Argument>,
        judged: bool,
    ) -> Result<Given, Fault> {
        // There may be thousands of a pattern's, and none is looked at but for its fit.
        let fits = |value: &HostValue| {
            parameter.is_some_and(|parameter| {
                !judged || fits::argument(value, &parameter.kind, self.declarations).is_ok()
            })
        };
        let read = match read {
            Some(value) if fits(&value) => return Ok(Given::Value(value)),
            read => read,
        };
        let what = match parameter {
            Some(parameter) => format!("argument `{}` of `{}`", parameter.binding, function.symbol),
            None => format!("an argument of `{}`", function.symbol),
        };
        if let Some(name) = kept_name(node) {
            let of = self.named(node, name)?;
            let fits = parameter.is_none_or(|parameter| match &parameter.kind {
                ArgumentKind::Plain(declared) => *declared == of,
                _ => false,
            });
            if judged && !fits {
                return unfit(node, what, parameter, &format!("a value of that type, not of {of}"));
            }
            return Ok(Given::Kept(name.to_owned()));
        }
        let reader = ValueReader { declarations: self.declarations, what: &what };
        let declared = parameter.and_then(|parameter| match &parameter.kind {
            ArgumentKind::Plain(of) => Some(of),
            _ => None,
        });
        let value = read.map_or_else(|| reader.value(node, declared), Ok)?;
        if let Some(parameter) = parameter.filter(|_| judged)
            && let Err(expected) = fits::argument(&value, &parameter.kind, self.declarations)
        {
            return unfit(node, what, Some(parameter), &expected);
        }
        Ok(Given::Value(value))
    }

    fn expect(
        &mut self,
        node: &Node,
        outcome: Outcome<'_>,
        fields: Fields<'_>,
        function: &Function,
    ) -> Result<Expect, Fault> {
        let returns = &function.signature.returns;
        let expected = match outcome {
            Outcome::Refuses(code) => return Ok(Expect::Refuses(code.to_owned())),
            Outcome::Fails(code) => return Ok(Expect::Fails(code.to_owned())),
            Outcome::Returns(Some(value)) => self.expected(value, function)?,
            Outcome::Returns(None) if *returns == Type::Void => Expected::Exactly(HostValue::Nil),
            Outcome::Returns(None) if is_keepable(returns) && fields.get("let").is_some() => {
                Expected::AHandle
            }
            Outcome::Returns(None) => {
                let problem = Problem::NoExpectation {
                    symbol: function.symbol.clone(),
                    declared: function.signature.return_form.clone(),
                };
                return Err(Fault::new(node.mark, problem));
            }
        };
        Ok(Expect::Returns(expected))
    }

    fn expected(&mut self, node: &Node, function: &Function) -> Result<Expected, Fault> {
        let returns = &function.signature.returns;
        let what = format!("the result of `{}`", function.symbol);
        let declared = function.signature.return_form.clone();
        let unfit = |expected: &str| {
            let found = node.describe();
            let (what, expected) = (what.clone(), expected.to_owned());
            Err(Fault::new(node.mark, Problem::Unfit { what, found, declared, expected }))
        };
        if node.plain() == Some("handle") {
            return if is_keepable(returns) {
                Ok(Expected::AHandle)
            } else {
                unfit("a value; only a handle is `handle`")
            };
        }
        if let Some(name) = kept_name(node) {
            let of = self.named(node, name)?;
            return if of == *returns {
                Ok(Expected::Same(name.to_owned()))
            } else {
                unfit(&format!("a value of that type, not of {of}"))
            };
        }
        let reader = ValueReader { declarations: self.declarations, what: &what };
        let value = reader.value(node, None)?;
        match fits::result(&value, returns, self.declarations) {
            Ok(()) => Ok(Expected::Exactly(value)),
            Err(expected) => unfit(&expected),
        }
    }

    fn keep(&mut self, node: &Node, function: &Function, expect: &Expect) -> Result<String, Fault> {
        let name = kebab_case(node, "what a step keeps")?;
        let found = match expect {
            Expect::Returns(Expected::AHandle | Expected::Same(_)) => None,
            Expect::Returns(Expected::Exactly(_)) => Some("no handle"),
            Expect::Refuses(_) => Some("a refusal"),
            Expect::Fails(_) => Some("a failure"),
        };
        if let Some(found) = found {
            let (symbol, found) = (function.symbol.clone(), found.to_owned());
            return Err(Fault::new(node.mark, Problem::NotKeepable { symbol, found }));
        }
        let of = function.signature.returns.clone();
        self.made(name, of, node.mark)?;
        Ok(name.to_owned())
    }

    /// The named types.
    pub(super) fn declarations(&self) -> &'a Declarations {
        self.declarations
    }

    /// Has later steps know a function object by its name.
    pub(super) fn made(&mut self, name: &str, of: Type, mark: Mark) -> Result<(), Fault> {
        if let Some(earlier) = self.kept.get(name) {
            let first = location(self.file, earlier.mark);
            let problem = Problem::Duplicate { what: "kept name", name: name.to_owned(), first };
            return Err(Fault::new(mark, problem));
        }
        self.kept.insert(name.to_owned(), Kept { of, mark, used: false });
        Ok(())
    }

    /// The type of what an earlier step kept under a name.
    fn named(&mut self, node: &Node, name: &str) -> Result<Type, Fault> {
        if let Some(kept) = self.kept.get_mut(name) {
            kept.used = true;
            return Ok(kept.of.clone());
        }
        let known = self.kept.keys().cloned().collect();
        Err(Fault::new(node.mark, Problem::NeverKept { name: name.to_owned(), known }))
    }
}

/// What must come of a call: at most one of the three fields.
fn outcome<'n>(fields: Fields<'n>) -> Result<Outcome<'n>, Fault> {
    match fields.one_of(&["returns", "refuses", "fails"])? {
        Some(("refuses", node)) => code(node, "refused call", &CALL_CODES).map(Outcome::Refuses),
        Some(("fails", node)) => code(node, "failed call", &FAILURE_CODES).map(Outcome::Fails),
        other => Ok(Outcome::Returns(other.map(|(_, node)| node))),
    }
}

/// Refuses what would cross of a call that is refused.
fn nothing_crosses(outcome: Outcome<'_>, fields: Fields<'_>) -> Result<(), Fault> {
    if let Outcome::Refuses(_) = outcome {
        for field in ["arrives", "changes", "calls", "one-array", "take"] {
            if let Some(entry) = fields.entry(field) {
                return Err(Fault::new(entry.mark, Problem::NothingCrosses { field }));
            }
        }
    }
    Ok(())
}

/// Reads `take`, which is as many items as `returns` lists.
fn taken(node: &Node, function: &Function, expect: &Expect) -> Result<usize, Fault> {
    let items = match (&function.signature.returns, expect) {
        (Type::Stream { .. }, Expect::Returns(Expected::Exactly(HostValue::Vector(items)))) => {
            items.len()
        }
        _ => {
            let declared = function.signature.return_form.clone();
            let problem = Problem::NoStream { symbol: function.symbol.clone(), declared };
            return Err(Fault::new(node.mark, problem));
        }
    };
    match node.plain().and_then(numbers::integer) {
        Some(count) if count == items.into() => Ok(items),
        _ => unexpected(node, "`take`", &format!("{items}, the items that `returns` lists")),
    }
}

/// Reads a code of a closed list.
pub(super) fn code<'n>(
    node: &'n Node,
    what: &'static str,
    known: &[&str],
) -> Result<&'n str, Fault> {
    let found = word(node, "a code")?;
    if known.contains(&found) {
        return Ok(found);
    }
    let problem = Problem::UnknownCode {
        what,
        found: found.to_owned(),
        expected: known.join(", "),
        closest: closest(found, known.iter().copied()).map(str::to_owned),
    };
    Err(Fault::new(node.mark, problem))
}

/// Refuses another number of arguments than the function takes, unless that is what is tried.
fn check_count(
    mark: Mark,
    function: &Function,
    found: usize,
    outcome: Outcome<'_>,
) -> Result<(), Fault> {
    let arguments = &function.signature.arguments;
    let variadic = matches!(arguments.last().map(|last| &last.kind), Some(ArgumentKind::Rest(_)));
    let fixed = arguments.len() - usize::from(variadic);
    let right = if variadic { found >= fixed } else { found == fixed };
    let symbol = function.symbol.clone();
    match (outcome, right) {
        (Outcome::Refuses("arity"), true) => {
            Err(Fault::new(mark, Problem::NoArityError { symbol, found }))
        }
        (Outcome::Refuses("arity"), false) | (_, true) => Ok(()),
        (_, false) => {
            let least = if variadic { "at least " } else { "" };
            let plural = if fixed == 1 { "" } else { "s" };
            let expected = format!("{least}{fixed} argument{plural}");
            Err(Fault::new(mark, Problem::ArgumentCount { symbol, expected, found }))
        }
    }
}

/// The parameter an argument goes to; every argument beyond the fixed ones goes to a rest parameter.
fn parameter(function: &Function, index: usize) -> Option<&Argument> {
    let arguments = &function.signature.arguments;
    let rest = arguments.last().filter(|last| matches!(last.kind, ArgumentKind::Rest(_)));
    arguments.get(index).or(rest)
}

fn kept_name(node: &Node) -> Option<&str> {
    node.plain().and_then(|text| text.strip_prefix('$')).filter(|name| !name.is_empty())
}

/// Whether `let` keeps a result of this type.
fn is_keepable(returns: &Type) -> bool {
    matches!(returns, Type::Handle(_))
}

fn unfit<T>(
    node: &Node,
    what: String,
    parameter: Option<&Argument>,
    expected: &str,
) -> Result<T, Fault> {
    let declared = parameter.map(|parameter| parameter.form.clone()).unwrap_or_default();
    let (found, expected) = (node.describe(), expected.to_owned());
    Err(Fault::new(node.mark, Problem::Unfit { what, found, declared, expected }))
}
