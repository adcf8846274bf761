//! The corpus: suites of cases, the functions they call, and what each case expects, as plain data.
//!
//! Read from YAML by the modules below; nothing here calls anything. docs/case-format.md is the
//! format's page.

mod arrivals;
pub mod callbacks;
pub mod error;
pub mod fields;
pub mod fits;
mod kept;
mod load;
#[cfg(test)]
mod mistakes;
mod narrow;
mod numbers;
mod pattern;
mod property;
mod signatures;
mod steps;
mod suites;
mod tables;
#[cfg(test)]
mod tests;
pub mod values;
mod words;
pub mod yaml;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use contract::Dialect;
use contract::{
    ArgumentKind, Beyond, CallCode, Declarations, HostValue, RefusalCode, Scalar, Signature, Token,
    Type,
};
use strum::{IntoStaticStr, VariantArray};

pub use error::{CorpusError, Problem};
pub use kept::{KeptStep, Made};
pub use load::CaseFile;

/// Everything the case files say.
#[derive(Clone, Debug)]
pub struct Corpus {
    /// Suites in the order of their files' names.
    pub suites: Vec<Suite>,
    /// Functions by name.
    pub functions: BTreeMap<String, Arc<Function>>,
    /// Named types of all suites.
    pub declarations: Declarations,
    /// The text the declarations were read from, for subjects, but for those held apart.
    pub declarations_text: String,
    /// Those that only binders with certain capabilities read, each behind what it uses.
    pub held: Vec<Held>,
    /// Hash of the case files, in hex: two runs with one hash ran the same corpus.
    pub hash: String,
    /// Cases that are not of the target: what they say does not fit its words.
    pub left_out: usize,
}

/// Declarations of types that not every binder reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// What a binder that reads them declares: all of these.
    pub needs: BTreeSet<Beyond>,
    /// The declarations, as EDN.
    pub text: String,
}

/// The folder of the corpus that belongs to this source.
pub fn shipped_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec-cases")
}

/// One YAML file.
#[derive(Clone, Debug)]
pub struct Suite {
    /// Its name, unique in the corpus.
    pub name: String,
    /// Its file, relative to the corpus folder.
    pub file: PathBuf,
    /// Cases in the order written.
    pub cases: Vec<Arc<Case>>,
}

/// A native function as the corpus declares it.
#[derive(Clone, Debug)]
pub struct Function {
    /// The name that cases call it by.
    pub name: String,
    /// The native symbol: the name, where the corpus does not say otherwise.
    pub symbol: String,
    /// The signature as written.
    pub text: String,
    /// The signature as read.
    pub signature: Signature,
    /// Index of the argument it consumes (C-14).
    pub consumes: Option<usize>,
    /// Whether what it returns is every call's, so that others between or beside the calls of a case
    /// change what the case comes to.
    pub shared: bool,
    /// Where it is declared.
    pub at: Location,
}

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// The suite's name.
    pub suite: String,
    /// Unique within the suite.
    pub id: String,
    /// Clauses it proves, never empty.
    pub clauses: Vec<String>,
    /// Why the case is there, where its id does not say it.
    pub note: Option<String>,
    /// What is done and expected.
    pub body: Body,
    /// Where it stands.
    pub at: Location,
}

/// What a case does.
#[derive(Clone, Debug)]
pub enum Body {
    /// Calls, in order; most cases have one.
    Calls(Vec<Step>),
    /// Function objects of the host's that the library keeps, and calls around them, in order (K-7).
    Kept(Vec<KeptStep>),
    /// A signature (with declarations of its own) that is read, without calling anything.
    Signature(SignatureCase),
    /// A function that cannot be bound, because the library lacks a symbol of it (B-1).
    Binding(BindingCase),
    /// A function and a law its returns keep, for arguments drawn by type.
    Property(Property),
}

/// A function whose return a law determines.
#[derive(Clone, Debug)]
pub struct Property {
    /// The function.
    pub function: Arc<Function>,
    /// The law.
    pub law: Law,
}

/// What a function does with any argument of its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum Law {
    /// It returns its argument, as the host sees it.
    Echoes,
    /// It reverses its slice in place, so that twice is not at all.
    ReversesBack,
    /// It returns the sum of its slice, wrapping in 64 bits.
    Sums,
    /// It returns its slice's length.
    Counts,
    /// An integer outside its argument's type is refused with `out-of-range`.
    RefusesOutOfRange,
}

/// One call of a case.
#[derive(Clone, Debug)]
pub struct Step {
    /// The function called.
    pub function: Arc<Function>,
    /// The arguments.
    pub arguments: Vec<Given>,
    /// The name the result is kept under for later steps.
    pub keep: Option<String>,
    /// What must come of it.
    pub expect: Expect,
    /// What must arrive, one item a carrier; `None` leaves it to the model.
    pub arrives: Option<Vec<Arrival>>,
    /// What the arrays given must hold after the call, by argument index. Arrays not named here are
    /// unchanged (C-9).
    pub changes: Vec<(usize, HostValue)>,
    /// What the functions given are called with, by argument index, each call's arguments in the order of the calls
    /// (K-2). Functions not named here are not called.
    pub calls: Vec<Called>,
    /// Arguments that are equal arrays and may be one array: the call comes to the same (C-9). None, or two
    /// and more, ascending.
    pub one_array: Vec<usize>,
    /// Items to fetch from the stream it returns, which is then stopped early; `None` fetches all.
    pub take: Option<usize>,
    /// What comes of it under dialects, where that cannot be derived.
    pub under: Vec<Under>,
    /// What the subject's dialects allow; nothing in a case as it was read.
    pub leeway: Leeway,
    /// Where it stands.
    pub at: Location,
}

/// The index of an argument that is a function, and the arguments of each of its calls in order.
pub type Called = (usize, Vec<Vec<HostValue>>);

impl Step {
    /// Its arguments as values. For what an earlier step kept stands a handle of nobody's.
    pub fn values(&self) -> Vec<HostValue> {
        let value = |given: &Given| match given {
            Given::Value(value) => value.clone(),
            Given::Kept(_) => HostValue::Handle(Token(0)),
        };
        self.arguments.iter().map(value).collect()
    }

    /// Whether its call is to be refused.
    pub fn is_refused(&self) -> bool {
        matches!(self.expect, Expect::Refuses(_))
    }

    /// The codes that a refusal of it may have: for a key that a destructured map lacks, nil's is as good
    /// (S-2), and for nil where a string is due, that of what is no text (C-11).
    pub fn codes(&self) -> Vec<&str> {
        let Expect::Refuses(code) = &self.expect else { return Vec::new() };
        let missing = code == CallCode::MissingField.as_str() && self.lacks_a_key();
        let nil = missing.then_some(CallCode::NilArgument.as_str());
        let parameters = self.function.signature.arguments.iter().zip(&self.arguments);
        let no_text = code == CallCode::NilArgument.as_str()
            && parameters.into_iter().any(|(parameter, given)| {
                matches!(parameter.kind, ArgumentKind::Plain(Type::String))
                    && *given == Given::Value(HostValue::Nil)
            });
        let text = no_text.then_some(CallCode::StringArgument.as_str());
        std::iter::once(&**code).chain(nil).chain(text).collect()
    }

    /// Whether a destructured argument is a map without a key of its bindings, or with nil in its place.
    fn lacks_a_key(&self) -> bool {
        let parameters = &self.function.signature.arguments;
        parameters.iter().zip(&self.arguments).any(|(parameter, given)| {
            match (&parameter.kind, given) {
                (
                    ArgumentKind::Destructured(keys),
                    Given::Value(map @ (HostValue::Map(_) | HostValue::Record(..))),
                ) => keys
                    .iter()
                    .any(|(key, _)| map.field(key).is_none_or(|value| *value == HostValue::Nil)),
                _ => false,
            }
        })
    }
}

/// What a call comes to where the subject declares a dialect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Under {
    /// The dialect.
    pub dialect: Dialect,
    /// Instead of the step's own.
    pub expect: Expect,
    /// Instead of the step's own.
    pub arrives: Option<Vec<Arrival>>,
    /// Instead of the step's own.
    pub changes: Vec<(usize, HostValue)>,
}

/// What a subject may do that one expectation cannot say: by the contract, or by its dialects (contract D).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leeway {
    /// The arguments as the dialects read them, from which the model says what arrives (D-1 to D-3).
    pub read_as: Option<Vec<HostValue>>,
    /// Either truth value may arrive and come back: hosts disagree on the argument's (D-3).
    pub either_truth: bool,
    /// A refusal may come without a code (D-5).
    pub raw_refusals: bool,
    /// An error is the keyword of its name (D-7).
    pub error_as_keyword: bool,
    /// Any NaN stands for any other (D-6).
    pub any_nan: bool,
    /// Any NaN stands for another of its sign in what comes back (C-3, R-3).
    pub any_payload: bool,
}

/// An argument as the case gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// A value.
    Value(HostValue),
    /// What an earlier step kept.
    Kept(String),
}

/// What must come of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// It returns.
    Returns(Expected),
    /// It is refused with this call code (contract C).
    Refuses(String),
    /// The native call is made and its result cannot be had: `corrupt-native-length`.
    Fails(String),
}

/// A returned value, as far as a case can know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Exactly this value.
    Exactly(HostValue),
    /// A handle, whichever.
    AHandle,
    /// The handle an earlier step kept: the same resource.
    Same(String),
}

/// One carrier as it must arrive on the native side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// An integer, bool or enum of this type: the register widened by the type's sign (L-21).
    Integer(Scalar, i128),
    /// A float of this type, as its bits (L-1, L-2).
    Float(Scalar, u64),
    /// A non-null address.
    Address,
    /// This address.
    At(u64),
    /// Null.
    Null,
    /// The bytes an address reaches.
    Memory(Octets),
}

/// Bytes of memory; `None` for one that nobody can know, of an address or of padding.
pub type Octets = Vec<Option<u8>>;

/// A signature that must be refused, or accepted.
#[derive(Clone, Debug)]
pub struct SignatureCase {
    /// The signature as EDN text.
    pub text: String,
    /// Declarations read before it, as EDN text.
    pub declarations: String,
    /// What must come of reading it.
    pub expect: SignatureExpect,
    /// For an accepted signature: the normal form (T-9) of each argument's type, then of the return's,
    /// as EDN; empty where the case does not say.
    pub normal: Vec<String>,
}

/// A function that must not be bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindingCase {
    /// The native symbol that is asked for.
    pub symbol: String,
    /// A valid signature as EDN text.
    pub text: String,
    /// The symbol the library lacks, which the refusal must name.
    pub lacks: String,
}

/// What must come of reading a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignatureExpect {
    /// Refused with this code (S-4).
    Refused {
        /// The code.
        code: RefusalCode,
        /// The offending form as written.
        form: String,
        /// Byte offset of the form in its text.
        offset: usize,
    },
    /// Read, with this normalised form (T-9, S-1).
    Accepted {
        /// The normalised signature, as EDN.
        normalised: Option<String>,
    },
}

/// A place in a case file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Location {
    /// The file, relative to the corpus folder.
    pub file: PathBuf,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Location {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

impl Corpus {
    /// The case of a name, `suite::id`.
    pub fn case(&self, name: &str) -> Option<&Arc<Case>> {
        let (suite, id) = name.split_once("::")?;
        let suite = self.suites.iter().find(|known| known.name == suite)?;
        suite.cases.iter().find(|case| case.id == id)
    }
}

/// A case of more values is large.
const MANY: usize = 200;

/// How many values there are in a value, of many at least so many; in texts and arrays, of which whole pieces are
/// copied, what takes as long.
fn size(value: &HostValue) -> usize {
    match value {
        HostValue::Vector(values) if values.len() > MANY => values.len(),
        HostValue::Text(text) => 1 + text.len() / 64,
        HostValue::Bytes(bytes) | HostValue::Array(_, bytes) => 1 + bytes.len() / 64,
        HostValue::Vector(values) => values.iter().map(size).sum(),
        HostValue::Map(entries) | HostValue::Record(_, entries) => {
            entries.iter().map(|(_, value)| size(value)).sum()
        }
        _ => 1,
    }
}

impl Case {
    /// `suite::id`, unique in the corpus.
    pub fn name(&self) -> String {
        format!("{}::{}", self.suite, self.id)
    }

    /// The steps of a case that calls; none for one that reads, binds or states a law.
    pub fn steps(&self) -> &[Step] {
        match &self.body {
            Body::Calls(steps) => steps,
            Body::Kept(_) | Body::Signature(_) | Body::Binding(_) | Body::Property(_) => &[],
        }
    }

    /// The steps of a case of function objects; none of any other.
    pub fn kept(&self) -> &[KeptStep] {
        match &self.body {
            Body::Kept(steps) => steps,
            _ => &[],
        }
    }

    /// All calls that it makes of functions by name, of function objects' cases, too.
    pub fn every_call(&self) -> impl Iterator<Item = &Step> {
        self.steps().iter().chain(self.kept().iter().filter_map(KeptStep::call))
    }

    /// Whether its values are so many that calling it thousands of times would be about nothing else.
    pub fn is_large(&self) -> bool {
        let step = |step: &Step| {
            let given = step.arguments.iter().map(|given| match given {
                Given::Value(value) => size(value),
                Given::Kept(_) => 1,
            });
            let returned = match &step.expect {
                Expect::Returns(Expected::Exactly(value)) => size(value),
                _ => 1,
            };
            given.sum::<usize>() + returned
        };
        self.steps().iter().map(step).sum::<usize>() > MANY
    }

    /// Whether other calls may come between and beside its own, and change nothing.
    pub fn is_apart(&self) -> bool {
        !self.steps().iter().any(|step| step.function.shared)
    }

    /// Whether any of its calls is of this native symbol.
    pub fn calls(&self, symbol: &str) -> bool {
        match &self.body {
            Body::Calls(_) | Body::Kept(_) => {
                self.every_call().any(|step| step.function.symbol == symbol)
            }
            Body::Property(property) => property.function.symbol == symbol,
            Body::Signature(_) | Body::Binding(_) => false,
        }
    }
}
