//! Cases of function objects of the host's, which the library keeps (K-7, K-8): made, given to calls, called by later ones and
//! released, in order.
//!
//! Each is released by its case, so that a case can be repeated for ever and leaves nothing.

use std::collections::BTreeMap;

use contract::{ArgumentKind, FunctionType, HostValue, Signature, Type};

use super::error::Fault;
use super::fields::{Fields, edn, kebab_case, list, map, unexpected, word};
use super::fits;
use super::numbers;
use super::steps::{StepReader, code};
use super::values::ValueReader;
use super::words::CALL_CODES;
use super::yaml::{Content, Entry, Node};
use super::{Expect, Step};

/// Fields of a step that calls.
const CALL_FIELDS: [&str; 6] = ["fn", "args", "returns", "refuses", "arrives", "heard"];

/// How often steps are written out by `each`, at the most.
const MOST: u64 = 4096;

/// A step of a case of function objects.
#[derive(Clone, Debug)]
pub enum KeptStep {
    /// A function object is made.
    Make(Made),
    /// A call is made, and function objects are called meanwhile.
    Call {
        /// The call.
        step: Box<Step>,
        /// Which objects are called, by name, and with what, in the order of the calls.
        heard: Vec<(String, Vec<HostValue>)>,
    },
    /// An object is released.
    Release {
        /// Its name.
        name: String,
        /// The code it is refused with, as one that was released before.
        refuses: Option<String>,
    },
    /// The host's collector is run, where it can be.
    Collect,
}

/// A function object to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// What later steps call it.
    pub name: String,
    /// What it takes and gives.
    pub of: FunctionType,
    /// What its calls return, in turn; those beyond the last, what the last does.
    pub answers: Vec<HostValue>,
}

impl KeptStep {
    /// Whether it is to be refused.
    pub fn is_refused(&self) -> bool {
        match self {
            KeptStep::Call { step, .. } => matches!(step.expect, Expect::Refuses(_)),
            KeptStep::Release { refuses, .. } => refuses.is_some(),
            KeptStep::Make(_) | KeptStep::Collect => false,
        }
    }

    /// The call that it makes, if it makes one.
    pub fn call(&self) -> Option<&Step> {
        match self {
            KeptStep::Call { step, .. } => Some(step),
            _ => None,
        }
    }
}

/// Reads `kept`.
pub(super) fn steps(node: &Node, reader: StepReader<'_>) -> Result<Vec<KeptStep>, Fault> {
    let mut kept = KeptReader { reader, alive: BTreeMap::new(), steps: Vec::new() };
    kept.all(node)?;
    match kept.alive.into_iter().find(|(_, (_, alive))| *alive) {
        Some((name, _)) => unexpected(node, "`kept`", &format!("a step that releases `{name}`")),
        None => Ok(kept.steps),
    }
}

struct KeptReader<'a> {
    reader: StepReader<'a>,
    /// The objects that are made, by name: their types, and whether they are not released yet.
    alive: BTreeMap<String, (FunctionType, bool)>,
    steps: Vec<KeptStep>,
}

impl KeptReader<'_> {
    fn all(&mut self, node: &Node) -> Result<(), Fault> {
        let items = list(node, "`kept`")?;
        if items.is_empty() {
            return unexpected(node, "`kept`", "at least one step");
        }
        items.iter().try_for_each(|item| self.one(item))
    }

    fn one(&mut self, node: &Node) -> Result<(), Fault> {
        let has = |field: &str| matches!(map(node, "a step"), Ok(entries) if entries.iter().any(|entry| entry.key == field));
        let step = if has("make") {
            self.make(Fields::of(node, "a step", &["make", "of", "answers"])?)?
        } else if has("release") {
            self.release(Fields::of(node, "a step", &["release", "refuses"])?)?
        } else if has("collect") {
            let value = Fields::of(node, "a step", &["collect"])?.require("collect")?;
            if value.plain() != Some("true") {
                return unexpected(value, "`collect`", "`true`");
            }
            KeptStep::Collect
        } else if has("each") {
            return self.each(Fields::of(node, "a step", &["each", "steps"])?);
        } else {
            self.call(node)?
        };
        self.steps.push(step);
        Ok(())
    }

    fn make(&mut self, fields: Fields<'_>) -> Result<KeptStep, Fault> {
        let name_node = fields.require("make")?;
        let name = kebab_case(name_node, "a function object")?.to_owned();
        let node = fields.require("of")?;
        let text = edn(node, "`of`")?;
        let declarations = self.reader.declarations();
        let read = Signature::read(&format!("[f {text} :ret :void]"), declarations);
        let of = read.ok().and_then(|signature| match signature.arguments.last()?.plain()? {
            Type::Kept(of) => Some(of.clone()),
            _ => None,
        });
        let Some(of) = of else {
            return unexpected(
                node,
                "`of`",
                "the type of a function that is kept, as `[:fn :kept [:i64] :i64]`",
            );
        };
        let answers_node = fields.require("answers")?;
        let reader = ValueReader { declarations, what: "an answer" };
        let answer = |item: &Node| {
            let value = reader.value(item, None)?;
            let kind = ArgumentKind::Plain((*of.returns).clone());
            match fits::argument(&value, &kind, declarations) {
                _ if *of.returns == Type::Void => Ok(value),
                Ok(()) => Ok(value),
                Err(expected) => unexpected(item, reader.what, &expected),
            }
        };
        let answers = list(answers_node, "`answers`")?.iter().map(answer);
        let answers: Vec<HostValue> = answers.collect::<Result<_, _>>()?;
        if answers.is_empty() {
            return unexpected(answers_node, "`answers`", "one at least");
        }
        self.reader.made(&name, Type::Kept(of.clone()), name_node.mark)?;
        self.alive.insert(name.clone(), (of.clone(), true));
        Ok(KeptStep::Make(Made { name, of, answers }))
    }

    fn call(&mut self, node: &Node) -> Result<KeptStep, Fault> {
        let fields = Fields::of(node, "a step", &CALL_FIELDS)?;
        let step = Box::new(self.reader.step(node, fields)?);
        let mut heard = Vec::new();
        if let Some(node) = fields.get("heard") {
            for item in list(node, "`heard`")? {
                let [Entry { key, value, .. }] = map(item, "a call in `heard`")? else {
                    return unexpected(item, "a call in `heard`", "`{name: [arguments]}`");
                };
                let Some((of, true)) = self.alive.get(key) else {
                    return unexpected(
                        item,
                        "a call in `heard`",
                        "a function object that is made and not released",
                    );
                };
                let reader = ValueReader {
                    declarations: self.reader.declarations(),
                    what: "an argument in `heard`",
                };
                let arguments = list(value, "the arguments in `heard`")?;
                if arguments.len() != of.arguments.len() {
                    let expected = format!("{} arguments", of.arguments.len());
                    return unexpected(value, "a call in `heard`", &expected);
                }
                let argument = |(item, of): (&Node, &Type)| {
                    let value = reader.value(item, None)?;
                    match fits::result(&value, of, reader.declarations) {
                        Ok(()) => Ok(value),
                        Err(expected) => unexpected(item, reader.what, &expected),
                    }
                };
                let values = arguments.iter().zip(&of.arguments).map(argument);
                heard.push((key.clone(), values.collect::<Result<_, _>>()?));
            }
        }
        Ok(KeptStep::Call { step, heard })
    }

    fn release(&mut self, fields: Fields<'_>) -> Result<KeptStep, Fault> {
        let node = fields.require("release")?;
        let name = word(node, "`release`")?.to_owned();
        let refuses = fields.get("refuses").map(|node| code(node, "refused release", &CALL_CODES));
        let refuses = refuses.transpose()?.map(str::to_owned);
        match self.alive.get_mut(&name) {
            Some((_, alive)) if *alive == refuses.is_none() => *alive = false,
            Some((_, true)) => {
                return unexpected(node, "`release`", "no refusal of one that is not released");
            }
            Some(_) => return unexpected(node, "`release`", "`refuses`, of one that is released"),
            None => {
                return unexpected(
                    node,
                    "`release`",
                    "a function object that an earlier step made",
                );
            }
        }
        Ok(KeptStep::Release { name, refuses })
    }

    /// Steps that are written out so many times, each with its number in place of `<n>`.
    fn each(&mut self, fields: Fields<'_>) -> Result<(), Fault> {
        let node = fields.require("each")?;
        let times = node.plain().and_then(numbers::integer);
        let times =
            times.and_then(|times| u64::try_from(times).ok()).filter(|times| *times <= MOST);
        let Some(times) = times else {
            return unexpected(node, "`each`", &format!("a number up to {MOST}"));
        };
        let steps = fields.require("steps")?;
        (0..times).try_for_each(|number| self.all(&numbered(steps, &number.to_string())))
    }
}

fn numbered(node: &Node, number: &str) -> Node {
    let fill = |text: &str| text.replace("<n>", number);
    let content = match &node.content {
        Content::Scalar { text, quoted } => Content::Scalar { text: fill(text), quoted: *quoted },
        Content::List(items) => {
            Content::List(items.iter().map(|item| numbered(item, number)).collect())
        }
        Content::Map(entries) => Content::Map(
            entries
                .iter()
                .map(|Entry { key, mark, value }| Entry {
                    key: fill(key),
                    mark: *mark,
                    value: numbered(value, number),
                })
                .collect(),
        ),
    };
    Node { mark: node.mark, content }
}

#[cfg(test)]
mod tests {
    use crate::case::Body;
    use crate::case::tests::read;

    use super::*;

    const MADE: &str = "{make: a, of: \"[:fn :kept [:i64] :i64]\", answers: [1]}";

    /// What comes of a suite of one case.
    fn case(steps: &str) -> Result<Vec<KeptStep>, String> {
        let text = format!(
            "suite: s\nclauses: [C-1]\nfunctions:\n  keep: \"[f [:fn :kept [:i64] :i64] :ret :void]\"\n  call: \"[x :i64 :ret :i64]\"\ncases:\n  - \
             {{id: all, kept: [{MADE}, {{fn: keep, args: [$a]}}, {{fn: call, args: [1], returns: 1}}, {{release: a}}]}}\n  - \
             {{id: b, kept: [{steps}]}}\n"
        );
        let corpus = read(&text).map_err(|errors| errors[0].to_string())?;
        match &corpus.suites[0].cases[1].body {
            Body::Kept(steps) => Ok(steps.clone()),
            _ => panic!("a case of function objects"),
        }
    }

    #[test]
    fn objects_are_made_called_and_released() {
        let text = "{each: 2, steps: [{make: f<n>, of: \"[:fn :kept [:i64] :i64]\", answers: [<n>, 7]}]}, {fn: keep, args: [$f1]}, \
                    {fn: call, args: [9], returns: 1, heard: [{f1: [9]}]}, {collect: true}, {release: f0}, {release: f1}, \
                    {release: f1, refuses: handle-closed}";
        let steps = case(text).expect("it is read");
        assert_eq!(steps.len(), 8);
        let KeptStep::Make(made) = &steps[1] else { panic!("it is made") };
        assert_eq!(
            (&*made.name, &*made.answers),
            ("f1", &[HostValue::Long(1), HostValue::Long(7)][..])
        );
        let KeptStep::Call { heard, .. } = &steps[3] else { panic!("a call") };
        assert_eq!(*heard, [("f1".to_owned(), vec![HostValue::Long(9)])]);
        assert!(steps[7].is_refused() && !steps[6].is_refused());
    }

    #[test]
    fn what_could_not_be_repeated_or_never_come_about_is_a_mistake() {
        for (steps, told) in [
            (MADE.to_owned(), "releases `a`"),
            (format!("{MADE}, {{release: b}}"), "an earlier step made"),
            (format!("{MADE}, {{release: a}}, {{release: a}}"), "`refuses`"),
            (format!("{MADE}, {{release: a, refuses: handle-closed}}"), "not released"),
            (
                format!(
                    "{MADE}, {{fn: call, args: [1], returns: 1, heard: [{{b: [1]}}]}}, {{release: a}}"
                ),
                "made and not released",
            ),
            (
                format!(
                    "{MADE}, {{fn: call, args: [1], returns: 1, heard: [{{a: [1.5]}}]}}, {{release: a}}"
                ),
                "integer",
            ),
            (
                "{make: a, of: \"[:fn [:i64] :i64]\", answers: [1]}".to_owned(),
                "a function that is kept",
            ),
            ("{make: a, of: \"[:fn :kept [] :i8]\", answers: [128]}".to_owned(), "127"),
            ("{each: 5000, steps: [{collect: true}]}".to_owned(), "a number up to 4096"),
        ] {
            let error = case(&steps).err().unwrap_or_else(|| panic!("{steps} is read"));
            assert!(error.contains(told), "{steps}: {error}");
        }
    }
}
