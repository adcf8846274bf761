//! Which trials a run makes: every case under every arm that applies to it, less what was not asked
//! for.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use contract::{ArgumentKind, FunctionType, Lowering, Path, Scalar, Signature, Type};
use corpus::case::{Body, Case, Corpus, Function};
use serde::{Deserialize, Serialize};
use zig_lib::library::Profile;

use crate::arm::{self, ARMS, About, Arm, Gather};

/// A case, or several of the same functions, under an arm.
#[derive(Clone)]
pub struct Trial {
    /// The arm.
    pub arm: &'static dyn Arm,
    /// The cases; the first names the trial.
    pub cases: Vec<Arc<Case>>,
}

/// What was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// Parts of trial names; a trial with any of them is meant. A whole name means that trial alone.
    pub filters: Vec<String>,
    /// Names of arms.
    pub arms: Vec<String>,
    /// Types whose cases are left out, wherever in a signature they stand.
    #[serde(default)]
    pub without: Vec<Scalar>,
    /// The k-th of n shards, k from 1.
    pub shard: Option<Shard>,
    /// What arguments of properties are drawn and signatures made from, where it was named.
    pub seed: Option<u64>,
}

/// One of several equal parts of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Shard {
    /// Which part, from 1.
    pub index: usize,
    /// How many parts.
    pub count: usize,
}

/// A part as a file has it.
#[derive(Deserialize)]
struct Unchecked {
    index: usize,
    count: usize,
}

impl TryFrom<Unchecked> for Shard {
    type Error = SelectionError;

    fn try_from(Unchecked { index, count }: Unchecked) -> Result<Shard, SelectionError> {
        if (1..=count).contains(&index) {
            Ok(Shard { index, count })
        } else {
            Err(SelectionError::Shard { text: format!("{index}/{count}") })
        }
    }
}

/// A selection that selects nothing.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SelectionError {
    /// No arm of that name.
    #[error("there is no arm `{name}`; the arms are {}", known.join(", "))]
    UnknownArm {
        /// The name.
        name: String,
        /// The names there are.
        known: Vec<&'static str>,
    },
    /// A filter matches no trial.
    #[error(
        "the filter `{filter}` matches none of the {trials} trials; `conform list` names them all"
    )]
    Empty {
        /// The filter.
        filter: String,
        /// How many trials there were to match.
        trials: usize,
    },
    /// A shard is written `k/n` with 1 ≤ k ≤ n.
    #[error("`{text}` is no shard: write k/n, with k from 1 to n")]
    Shard {
        /// The text.
        text: String,
    },
    /// Nothing is left.
    #[error("nothing is left to run: no trial is of these arms, filters and shard together")]
    Nothing,
}

impl Trial {
    /// `arm::suite::case`.
    pub fn name(&self) -> String {
        format!("{}::{}", self.arm.about().name, self.cases[0].name())
    }

    /// The clauses the trial proves: those of its cases and of its arm, each once.
    pub fn clauses(&self) -> Vec<String> {
        let of_cases = self.cases.iter().flat_map(|case| case.clauses.iter().map(String::as_str));
        let of_arm = self.arm.about().clauses.iter().copied();
        let at_stake = self.cases.iter().filter_map(|case| self.arm.at_stake(case));
        let all: BTreeSet<&str> = of_cases.chain(of_arm).chain(at_stake).collect();
        all.into_iter().map(str::to_owned).collect()
    }
}

impl Selection {
    /// Whether made signatures may be among what is meant.
    pub fn takes_made(&self) -> bool {
        let is_made = |name: &String| arm::named(name).is_some_and(|arm| arm.about().made);
        self.seed.is_some() || self.arms.is_empty() || self.arms.iter().any(is_made)
    }

    /// Whether everything is meant.
    pub fn is_all(&self) -> bool {
        self.filters.is_empty()
            && self.arms.is_empty()
            && self.without.is_empty()
            && self.shard.is_none()
    }
}

impl Shard {
    /// What of a whole is this part of it; all where there are no parts.
    pub fn part<T>(shard: Option<Shard>, whole: Vec<T>) -> impl Iterator<Item = T> {
        let Shard { index, count } = shard.unwrap_or(Shard { index: 1, count: 1 });
        whole.into_iter().skip(index - 1).step_by(count)
    }
}

impl std::str::FromStr for Shard {
    type Err = SelectionError;

    fn from_str(text: &str) -> Result<Shard, SelectionError> {
        let wrong = || SelectionError::Shard { text: text.to_owned() };
        let (index, count) = text.split_once('/').ok_or_else(wrong)?;
        let index = index.parse().map_err(|_| wrong())?;
        let count = count.parse().map_err(|_| wrong())?;
        Shard::try_from(Unchecked { index, count })
    }
}

/// Every trial of a corpus, arm by arm, in the order of the case files.
pub fn all(corpus: &Corpus) -> Vec<Trial> {
    let cases: Vec<_> = corpus.suites.iter().flat_map(|suite| &suite.cases).collect();
    let mut trials = Vec::new();
    for &arm in ARMS {
        let mut gathered: BTreeMap<BTreeSet<String>, usize> = BTreeMap::new();
        for &case in cases.iter().filter(|case| arm.applies(case)) {
            let trial = Trial { arm, cases: vec![case.clone()] };
            let key = match arm.about().gathers {
                Gather::Nothing => {
                    trials.push(trial);
                    continue;
                }
                Gather::BySuite => BTreeSet::from([case.suite.clone()]),
                Gather::ByFunction => {
                    functions(case).map(|function| function.name.clone()).collect()
                }
                Gather::ByObligation => {
                    functions(case).map(|function| obligation(function, corpus)).collect()
                }
                Gather::ByShape => {
                    functions(case).map(|function| shape(function, corpus)).collect()
                }
                Gather::ByReturn => {
                    let kind = |function: &Function| {
                        let is_given_one =
                            function.signature.has(|of| matches!(of, Type::Function(_)));
                        let by = if is_given_one { "by way of " } else { "" };
                        format!("{by}{}", kind(&function.signature.returns, corpus))
                    };
                    functions(case).map(kind).collect()
                }
                Gather::ByPath => {
                    let path = |function: &Function| {
                        Lowering::of(&function.signature, &corpus.declarations).path
                    };
                    functions(case).map(|function| format!("{:?}", path(function))).collect()
                }
            };
            match gathered.entry(key) {
                Entry::Occupied(at) => {
                    let trial: &mut Trial = &mut trials[*at.get()];
                    trial.cases.push(case.clone());
                }
                Entry::Vacant(place) => {
                    place.insert(trials.len());
                    trials.push(trial);
                }
            }
        }
    }
    trials
}

/// The trials of made signatures: by their own arm, and by others where those and a seed were named,
/// because every arm would bury a report in rows.
pub fn made(corpus: &Corpus, selection: &Selection) -> Vec<Trial> {
    let named = |arm: &str| selection.seed.is_some() && selection.arms.iter().any(|a| a == arm);
    let mut trials = all(corpus);
    // Other builds are made of the fixtures alone.
    trials.retain(|trial| {
        let About { name, build, made, .. } = trial.arm.about();
        build == Profile::Checked && (made || named(name))
    });
    trials
}

/// Trials less the cases that call a function with one of some types.
pub fn without(trials: Vec<Trial>, types: &[Scalar], corpus: &Corpus) -> Vec<Trial> {
    if types.is_empty() {
        return trials;
    }
    let left_out = |case: &Case| {
        let has = |function: &Function| {
            types.iter().any(|scalar| has_scalar(&function.signature, *scalar, corpus))
        };
        match &case.body {
            Body::Property(property) => has(&property.function),
            _ => functions(case).any(has),
        }
    };
    let less = |mut trial: Trial| {
        trial.cases.retain(|case| !left_out(case));
        (!trial.cases.is_empty()).then_some(trial)
    };
    trials.into_iter().filter_map(less).collect()
}

/// Whether a scalar type stands anywhere in a signature.
fn has_scalar(signature: &Signature, scalar: Scalar, corpus: &Corpus) -> bool {
    let mut arguments = signature.arguments.iter().map(|argument| &argument.kind);
    type_has(&signature.returns, scalar, corpus)
        || arguments.any(|kind| match kind {
            ArgumentKind::Plain(of) => type_has(of, scalar, corpus),
            ArgumentKind::Rest(of) => *of == scalar,
            ArgumentKind::Destructured(bindings) => bindings.iter().any(|(_, of)| *of == scalar),
        })
}

fn type_has(of: &Type, scalar: Scalar, corpus: &Corpus) -> bool {
    match of {
        Type::Scalar(own) => *own == scalar,
        Type::Pointer { of, .. }
        | Type::Slice { of, .. }
        | Type::Array { of, .. }
        | Type::Optional(of)
        | Type::ErrorUnion { of, .. }
        | Type::Owned(of)
        | Type::Borrowed(of)
        | Type::ByValue(of)
        | Type::Counted { of, .. }
        | Type::InOut(of)
        | Type::Stream { of, .. } => type_has(of, scalar, corpus),
        Type::Named(name) => corpus
            .declarations
            .fields(name)
            .is_some_and(|fields| fields.iter().any(|field| type_has(&field.of, scalar, corpus))),
        Type::Function(FunctionType { arguments, returns })
        | Type::Kept(FunctionType { arguments, returns }) => {
            arguments.iter().chain([&**returns]).any(|of| type_has(of, scalar, corpus))
        }
        Type::Results(parts) => parts.iter().any(|of| type_has(of, scalar, corpus)),
        Type::Void
        | Type::NoReturn
        | Type::String
        | Type::CString { .. }
        | Type::Bytes
        | Type::Handle(_) => false,
    }
}

/// The trials of a selection of a corpus.
///
/// # Errors
/// As [`choose`].
pub fn select(corpus: &Corpus, selection: &Selection) -> Result<Vec<Trial>, SelectionError> {
    choose(all(corpus), selection)
}

/// The trials of a selection.
///
/// # Errors
/// [`SelectionError`]: a name that names nothing is never silently nothing to do.
pub fn choose(trials: Vec<Trial>, selection: &Selection) -> Result<Vec<Trial>, SelectionError> {
    if let Some(name) = selection.arms.iter().find(|name| arm::named(name).is_none()) {
        let known = ARMS.iter().map(|arm| arm.about().name).collect();
        return Err(SelectionError::UnknownArm { name: name.clone(), known });
    }
    let names: Vec<String> = trials.iter().map(Trial::name).collect();
    let meant = meant(&selection.filters, &names)?;
    let chosen: Vec<Trial> = trials
        .into_iter()
        .zip(meant)
        .filter(|(trial, meant)| {
            let About { name: arm, on_request, .. } = trial.arm.about();
            match selection.arms.is_empty() {
                true if on_request => {
                    selection.filters.iter().any(|filter| filter.starts_with(arm)) && *meant
                }
                true => *meant,
                false => selection.arms.iter().any(|wanted| wanted == arm) && *meant,
            }
        })
        .map(|(trial, _)| trial)
        .collect();
    let chosen: Vec<Trial> = Shard::part(selection.shard, chosen).collect();
    if chosen.is_empty() { Err(SelectionError::Nothing) } else { Ok(chosen) }
}

/// Which names filters mean: those that contain one of them, and of a filter that is a whole name that
/// name alone. Without filters, all.
///
/// # Errors
/// [`SelectionError::Empty`] for a filter that means none.
pub fn meant(filters: &[String], names: &[String]) -> Result<Vec<bool>, SelectionError> {
    for filter in filters {
        if !names.iter().any(|name| name.contains(filter)) {
            let (filter, trials) = (filter.clone(), names.len());
            return Err(SelectionError::Empty { filter, trials });
        }
    }
    let whole: Vec<bool> = filters.iter().map(|filter| names.contains(filter)).collect();
    let means = |name: &String| {
        let mut filters = filters.iter().zip(&whole);
        filters.any(|(filter, whole)| if *whole { name == filter } else { name.contains(filter) })
    };
    Ok(names.iter().map(|name| filters.is_empty() || means(name)).collect())
}

/// The functions a case calls.
fn functions(case: &Case) -> impl Iterator<Item = &Function> {
    case.every_call().map(|step| &*step.function)
}

/// What is alike in the calls of functions: on the hot paths, where a kernel is chosen by the signature,
/// each function is a shape of its own; on the general path it is the kinds of types it takes and returns.
fn shape(function: &Function, corpus: &Corpus) -> String {
    let Function { signature, name, .. } = function;
    if Lowering::of(signature, &corpus.declarations).path != Path::General {
        return name.clone();
    }
    let arguments = signature.arguments.iter().map(|argument| match &argument.kind {
        ArgumentKind::Plain(of) => kind(of, corpus),
        ArgumentKind::Rest(_) => "rest".to_owned(),
        ArgumentKind::Destructured(_) => "destructured".to_owned(),
    });
    let arguments: Vec<String> = arguments.collect();
    format!("{} -> {}", arguments.join(" "), kind(&signature.returns, corpus))
}

/// What a function needs of its library: its path, and what there is beside its own symbol.
fn obligation(function: &Function, corpus: &Corpus) -> String {
    let lowering = Lowering::of(&function.signature, &corpus.declarations);
    let beside = match function.signature.returns {
        Type::Stream { .. } => " next",
        _ if lowering.release.is_some() => " free",
        _ => "",
    };
    format!("{}{beside}", lowering.path.name())
}

fn kind(of: &Type, corpus: &Corpus) -> String {
    let around = |name: &str, of: &Type| format!("{name} of {}", kind(of, corpus));
    match of {
        Type::Scalar(scalar) if scalar.is_wide() => "wide scalar".to_owned(),
        Type::Scalar(_) => "scalar".to_owned(),
        Type::Named(name) if corpus.declarations.enumeration(name).is_some() => "enum".to_owned(),
        Type::Named(name) if corpus.declarations.has_buffers(name) => "buffers".to_owned(),
        Type::Named(_) => "struct".to_owned(),
        Type::Pointer { of, .. } => around("pointer", of),
        Type::Slice { of, .. } => around("slice", of),
        Type::Array { of, .. } => around("array", of),
        Type::Optional(of) => around("optional", of),
        Type::ErrorUnion { of, .. } => around("error", of),
        Type::Owned(of) => around("owned", of),
        Type::Borrowed(of) => around("borrowed", of),
        Type::ByValue(of) => around("value", of),
        Type::Counted { of, .. } => around("counted", of),
        Type::InOut(of) => around("in-out", of),
        Type::Results(parts) => around("results", &parts[0]),
        Type::Handle(_) => "handle".to_owned(),
        Type::Stream { .. } => "stream".to_owned(),
        Type::Function(_) | Type::Kept(_) => "function".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_one_of_n() {
        assert_eq!("2/3".parse(), Ok(Shard { index: 2, count: 3 }));
        for text in ["0/3", "4/3", "1", "a/b", "1/0", "-1/2", ""] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
        let read = serde_json::from_str::<Shard>;
        assert_eq!(read(r#"{"index":2,"count":3}"#).ok(), Some(Shard { index: 2, count: 3 }));
        for text in [r#"{"index":1,"count":0}"#, r#"{"index":0,"count":1}"#] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
