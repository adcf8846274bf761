//! Made signatures as an ordinary corpus: one case each, called once a round.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use contract::HostValue;
use contract::abi::{Abi, Passed};
use contract::{Beyond, Class, Format, Lowering, Role, Signature, Type, Width};
use num_bigint::BigInt;

use super::tag::{self, NOWHERE, ROUNDS, Tagged};
use super::zig::{maker, symbol};
use super::{DECLARATIONS, DECLARED, HANDLES, Made, callbacks, held, is_enum};
use crate::case::{
    Body, Case, Corpus, Expect, Expected, Function, Given, Leeway, Location, Step, Suite,
};

/// Where the carriers of an argument travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In registers.
    Registers,
    /// On the stack, from the first.
    Stack,
    /// A slice whose address is in a register and whose length is not.
    Both,
}

impl Place {
    /// As people say it.
    pub const fn text(self) -> &'static str {
        match self {
            Place::Registers => "in registers",
            Place::Stack => "on the stack",
            Place::Both => "half in a register, half on the stack",
        }
    }
}

/// The signatures as a suite of this name, a case for each, whose id is its number. It stands in no file.
pub fn corpus(suite: &str, signatures: &[Made]) -> Corpus {
    let mut functions = BTreeMap::new();
    for target in HANDLES {
        let text = format!("[bits :u64 :ret [:handle {target}]]");
        functions.insert(maker(target), function(&maker(target), text));
    }
    let mut cases = Vec::with_capacity(signatures.len());
    for (number, made) in signatures.iter().enumerate() {
        let symbol = symbol(number);
        let function = function(&symbol, made.text());
        functions.insert(symbol, function.clone());
        cases.push(Arc::new(Case {
            suite: suite.to_owned(),
            id: number.to_string(),
            clauses: clauses(made, &function.signature),
            note: None,
            body: Body::Calls(steps(made, &function, &functions)),
            at: nowhere(),
        }));
    }
    Corpus {
        suites: vec![Suite { name: suite.to_owned(), file: PathBuf::new(), cases }],
        functions,
        declarations: DECLARATIONS.clone(),
        declarations_text: DECLARED.to_owned(),
        held: held(),
        hash: suite.to_owned(),
        left_out: 0,
    }
}

/// Whether a case was made, and stands in no file.
pub fn is_made(case: &Case) -> bool {
    case.at == nowhere()
}

/// The suite of a seed's signatures.
pub fn suite_of(seed: u64) -> String {
    format!("seed-{seed}")
}

/// Whether a suite has this name for the seed it was made from.
pub fn is_suite_of_a_seed(suite: &str) -> bool {
    suite.strip_prefix("seed-").is_some_and(|seed| seed.parse::<u64>().is_ok())
}

/// The seed a case was made from; `None` for a written one.
pub fn seed_of(case: &Case) -> Option<u64> {
    if is_made(case) { case.suite.strip_prefix("seed-")?.parse().ok() } else { None }
}

fn nowhere() -> Location {
    Location { file: PathBuf::new(), line: 0, column: 0 }
}

fn function(symbol: &str, text: String) -> Arc<Function> {
    let signature = Signature::read(&text, &DECLARATIONS).expect("made signatures are valid");
    Arc::new(Function {
        name: symbol.to_owned(),
        symbol: symbol.to_owned(),
        text,
        signature,
        consumes: None,
        shared: false,
        at: nowhere(),
    })
}

fn steps(
    made: &Made,
    function: &Arc<Function>,
    functions: &BTreeMap<String, Arc<Function>>,
) -> Vec<Step> {
    let mut steps = Vec::new();
    for round in 0..ROUNDS {
        let kept = |number: usize| format!("r{round}a{number}");
        for (number, of) in made.arguments.iter().enumerate() {
            let Type::Handle(target) = of else { continue };
            let bits = BigInt::from(tag::handle_bits(number, round));
            let bits = i64::try_from(&bits).map_or(HostValue::Big(bits), HostValue::Long);
            steps.push(Step {
                function: functions[&maker(target)].clone(),
                arguments: vec![Given::Value(bits)],
                keep: Some(kept(number)),
                expect: Expect::Returns(Expected::AHandle),
                arrives: None,
                changes: Vec::new(),
                calls: Vec::new(),
                one_array: Vec::new(),
                take: None,
                under: Vec::new(),
                leeway: Leeway::default(),
                at: nowhere(),
            });
        }
        let tagged: BTreeMap<usize, _> =
            made.given().map(|(number, of)| (number, tag::value(of, number, round))).collect();
        let arguments = made.given().map(|(number, of)| match of {
            Type::Handle(_) => Given::Kept(kept(number)),
            _ => Given::Value(tagged[&number].given.clone()),
        });
        let arguments = arguments.collect();
        let expected = match (&made.returns, made.echoes) {
            (Type::Void, _) => Expected::Exactly(HostValue::Nil),
            (Type::Handle(_), Some(number)) => Expected::Same(kept(number)),
            (Type::Handle(_), None) => Expected::AHandle,
            (_, Some(number)) => Expected::Exactly(echoed(&made.returns, &tagged[&number])),
            (of, None) => Expected::Exactly(tag::value(of, NOWHERE, 0).returned),
        };
        let comes_out = made.given().filter(|(_, of)| matches!(of, Type::InOut(_)));
        let comes_out: Vec<_> =
            comes_out.map(|(number, _)| tagged[&number].returned.clone()).collect();
        let expected = match expected {
            Expected::Exactly(value) if !comes_out.is_empty() => {
                Expected::Exactly(HostValue::Vector([vec![value], comes_out].concat()))
            }
            expected => expected,
        };
        let tagged: Vec<_> = tagged.into_values().collect();
        let changed = tagged.iter().enumerate();
        steps.push(Step {
            function: function.clone(),
            arguments,
            keep: None,
            expect: Expect::Returns(expected),
            arrives: Some(tagged.iter().map(|tagged| tagged.arrives.clone()).collect()),
            calls: callbacks::calls(made),
            changes: changed
                .filter_map(|(number, tagged)| Some((number, tagged.changed.clone()?)))
                .collect(),
            one_array: Vec::new(),
            take: None,
            under: Vec::new(),
            leeway: Leeway::default(),
            at: nowhere(),
        });
    }
    steps
}

/// What returning an argument gives: of an array that the callee wrote to, what it is by then, and of a function what that
/// returned last.
fn echoed(returns: &Type, tagged: &Tagged) -> HostValue {
    if let HostValue::Function(answers) = &tagged.given {
        return callbacks::last(answers);
    }
    match (returns, &tagged.changed) {
        (Type::Counted { of, .. }, Some(HostValue::Array(_, bytes))) => tag::vector(of, bytes),
        _ => tagged.returned.clone(),
    }
}

/// The clauses that calls of the signature put to the test.
fn clauses(made: &Made, signature: &Signature) -> Vec<String> {
    let mut clauses: Vec<&str> = Vec::new();
    for (_, of) in made.given() {
        clauses.extend(match of {
            Type::Scalar(scalar) => match scalar.class() {
                Class::Float(Format::F16) => &["L-2", "C-3"][..],
                Class::Float(Format::F32 | Format::F64) => &["L-1", "C-3"],
                Class::Float(Format::F80 | Format::F128) => &["L-3", "C-3"],
                Class::Bool => &["L-1", "L-21", "C-4"],
                Class::Integer { width: Width::Bits64, .. } => &["L-1", "C-1"],
                Class::Integer { width: Width::Bits128, .. } => &["L-3", "C-1"],
                Class::Integer { .. } => &["L-1", "L-21", "C-1"],
            },
            Type::Named(name) if is_enum(name) => &["L-5", "L-21", "C-6"],
            Type::Named(_) => &["L-9", "C-10"],
            Type::ByValue(_) => &["G-1", "G-2", "C-10"],
            Type::CString { .. } | Type::Optional(_) => &["Z-1"],
            Type::Counted { .. } => &["Z-3", "C-8", "C-9"],
            Type::InOut(_) => &["Z-5", "Z-6"],
            Type::Handle(_) => &["L-15", "C-7"],
            Type::Pointer { .. } => &["L-6", "C-8", "C-9"],
            Type::Slice { .. } => &["L-7", "C-8", "C-9"],
            Type::Function(of) if of.is_wide() => &["K-1", "K-2", "K-9"],
            Type::Function(_) => &["K-1", "K-2"],
            _ => &[],
        });
    }
    clauses.extend(match &made.returns {
        Type::Void => &["L-4", "R-4"][..],
        Type::Scalar(scalar) => match scalar.class() {
            Class::Bool => &["L-1", "R-4"],
            Class::Float(Format::F16) => &["L-2", "R-3"],
            Class::Float(Format::F32 | Format::F64) => &["L-1", "R-3"],
            Class::Float(Format::F80 | Format::F128) => &["L-3", "R-3"],
            Class::Integer { width: Width::Bits128, .. } => &["L-3", "R-2"],
            Class::Integer { signed: true, .. } => &["L-1", "R-1"],
            Class::Integer { signed: false, .. } => &["L-1", "R-2"],
        },
        Type::Named(name) if is_enum(name) => &["L-5", "R-5"],
        Type::Named(_) => &["L-9", "R-9"],
        Type::ByValue(_) => &["G-1", "G-3", "R-9"],
        Type::CString { .. } | Type::Optional(_) => &["Z-2", "R-10"],
        Type::Counted { .. } => &["Z-4", "R-10"],
        _ => &["L-15"],
    });
    clauses.extend(signature.beyond(&DECLARATIONS).into_iter().map(Beyond::clause));
    if places(signature).is_none_or(|all| all.iter().any(|one| *one != Place::Registers))
        || spills_out(signature)
    {
        clauses.push("L-22");
    }
    clauses.sort_unstable();
    clauses.dedup();
    clauses.into_iter().map(str::to_owned).collect()
}

/// Whether each wire parameter is on the stack (System V AMD64 ABI, 3.2.3), with the argument it is of;
/// an out-parameter is of none.
fn stacked(lowering: &Lowering) -> Vec<(Option<usize>, bool)> {
    let passed = Abi::SystemV.passed(lowering).into_iter();
    let placed = lowering.parameters.iter().zip(passed);
    placed
        .map(|(parameter, passed)| {
            let argument = match parameter.role {
                Role::Value { argument } | Role::Length { argument } => Some(argument),
                _ => None,
            };
            (argument, passed == Passed::OnStack)
        })
        .collect()
}

fn spills_out(signature: &Signature) -> bool {
    let lowering = Lowering::of(signature, &DECLARATIONS);
    stacked(&lowering).iter().any(|(argument, stack)| argument.is_none() && *stack)
}

/// Where each carrier of a signature travels: its registers or the stack (System V AMD64 ABI, 3.2.3). `None` beside a struct
/// or a wide scalar by value, where [`Abi::places`] knows none.
pub fn places(signature: &Signature) -> Option<Vec<Place>> {
    let lowering = Lowering::of(signature, &DECLARATIONS);
    if Abi::SystemV.places(&lowering).contains(&None) {
        return None;
    }
    let stacked = stacked(&lowering);
    let of = |argument| {
        let own = stacked.iter().filter(|(of, _)| *of == Some(argument));
        let own: Vec<bool> = own.map(|(_, stack)| *stack).collect();
        match (own.contains(&true), own.contains(&false)) {
            (true, true) => Place::Both,
            (true, false) => Place::Stack,
            _ => Place::Registers,
        }
    };
    Some((0..signature.arguments.len()).map(of).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generated::signatures;
    use contract::{Carrier, Path};

    #[test]
    fn every_clause_of_lowering_by_seed_is_exercised_and_every_path_taken() {
        let corpus = corpus("seed-1", &signatures(1));
        let cases = &corpus.suites[0].cases;
        assert_eq!(cases.len(), crate::generated::COUNT);
        for clause in [
            "L-1", "L-2", "L-3", "L-4", "L-5", "L-6", "L-7", "L-9", "L-15", "L-21", "L-22", "C-1",
            "C-3", "C-6", "C-7", "C-8", "C-9", "C-10", "K-1", "K-2", "K-9", "R-1", "R-2", "R-3",
            "R-4", "R-5", "R-9",
        ] {
            let cited = cases.iter().filter(|case| case.clauses.iter().any(|id| id == clause));
            assert!(cited.count() >= 10, "{clause}");
        }
        for path in [Path::Scalar, Path::EnumAndHandle, Path::General] {
            let taken = corpus.functions.values().filter(|function| {
                Lowering::of(&function.signature, &corpus.declarations).path == path
            });
            assert!(taken.count() >= 40, "{path:?}");
        }
    }

    #[test]
    fn signatures_spill_in_many_patterns() {
        let corpus = corpus("seed-1", &signatures(1));
        let pattern = |function: &Arc<Function>| -> Vec<(bool, bool)> {
            let lowering = Lowering::of(&function.signature, &corpus.declarations);
            let float = |carrier: &Carrier| matches!(carrier, Carrier::Scalar(s) if s.is_float());
            let floats = lowering.parameters.iter().map(|parameter| float(&parameter.carrier));
            floats.zip(stacked(&lowering).into_iter().map(|(_, stack)| stack)).collect()
        };
        let patterns: std::collections::BTreeSet<_> = corpus
            .functions
            .values()
            .map(pattern)
            .filter(|pattern| pattern.iter().any(|(_, stack)| *stack))
            .collect();
        assert!(patterns.len() > 200, "{}", patterns.len());
    }
}
