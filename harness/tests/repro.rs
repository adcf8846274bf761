//! Programs of cases: compiled by the system's C compiler, run against the checked fixtures, and seen by
//! them to make the calls the reference binder makes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use contract::HostValue;
use contract::{ArgumentKind, Declarations, Layout, NamedKind, Scalar, Type};
use corpus::case::{Arrival, Body, Case, Corpus, Expect, Expected, Given, Step};
use corpus::model;
use harness::repro::{self, NotInC};
use harness::run;
use harness::served::reference::ReferenceBinder;
use judge::judging;
use judge::plan::{self, Selection};
use judge::row::TrialOutcome;
use judge::session::Session;
use subject::evidence::{Event, EventKind, Evidence, Item, VARIABLE};
use zig_lib::library::{self, Profile};
use zig_lib::twin;

/// A case whose program is given a wrong byte, to see that it shows.
const PLANTED: &str = "slices::sum-i16";

/// What a type form is, without the names and sizes that make no difference to how a program is written.
fn form(of: &Type, declarations: &Declarations) -> String {
    let inner = |of: &Type| form(of, declarations);
    match of {
        Type::Scalar(scalar) if scalar.is_wide() => "wide".to_owned(),
        Type::Scalar(scalar) if scalar.is_float() => "float".to_owned(),
        Type::Scalar(_) => "integer".to_owned(),
        Type::Named(name) => match declarations.get(name).map(|named| &named.kind) {
            Some(NamedKind::Enum { .. }) => "enum".to_owned(),
            _ => {
                let fields = declarations.fields(name).unwrap_or_default();
                let fields: BTreeSet<_> = fields.iter().map(|field| inner(&field.of)).collect();
                format!("struct of {fields:?}")
            }
        },
        Type::Pointer { reach, constant, of } => format!("{reach:?} {constant} {}", inner(of)),
        Type::Slice { constant, of } => format!("slice {constant} {}", inner(of)),
        Type::Array { of, .. } => format!("array {}", inner(of)),
        Type::Optional(of) => format!("optional {}", inner(of)),
        Type::ErrorUnion { of, .. } => format!("error union {}", inner(of)),
        Type::Owned(of) => format!("owned {}", inner(of)),
        Type::Borrowed(of) => format!("borrowed {}", inner(of)),
        Type::ByValue(of) => format!("by value {of}"),
        Type::Stream { of, .. } => format!("stream {}", inner(of)),
        Type::Handle(_) => "handle".to_owned(),
        of => of.to_string(),
    }
}

/// The form of an argument or return: a scalar by its name, because each crosses as a type of its own.
fn outer(of: &Type, declarations: &Declarations) -> String {
    match of {
        Type::Scalar(scalar) => scalar.name().to_owned(),
        of => form(of, declarations),
    }
}

/// The forms of a call: arguments with whether nil is given, returns with how they end.
fn forms(step: &Step, declarations: &Declarations) -> Vec<String> {
    let signature = &step.function.signature;
    let arguments = signature.arguments.iter().zip(&step.arguments).map(|(argument, given)| {
        let nil = if *given == Given::Value(HostValue::Nil) { " nil" } else { "" };
        match &argument.kind {
            ArgumentKind::Plain(of) => format!("takes {}{nil}", outer(of, declarations)),
            ArgumentKind::Rest(of) => {
                format!("takes the rest {}", form(&Type::Scalar(*of), declarations))
            }
            ArgumentKind::Destructured(fields) => format!("takes {} keys", fields.len().min(2)),
        }
    });
    let end = match &step.expect {
        Expect::Fails(_) => "failure",
        Expect::Returns(Expected::Exactly(HostValue::Nil)) => "nil",
        Expect::Returns(Expected::Exactly(HostValue::Error(_))) => "error",
        _ if step.take.is_some() => "some",
        _ => "value",
    };
    let returns = format!("returns {} {end}", outer(&signature.returns, declarations));
    arguments.chain([returns]).collect()
}

/// Whether it gives a function that C has not: one that raises, or returns what its type does not hold, or a handle.
fn has_no_c_function(case: &Case) -> bool {
    let gives_a_handle = |of: &Type| match of {
        Type::Function(of) => matches!(*of.returns, Type::Handle(_)),
        _ => false,
    };
    case.clauses.iter().any(|clause| clause == "K-4")
        || case.steps().iter().any(|step| step.function.signature.has(gives_a_handle))
}

/// Whether the binder makes what its calls come with (Z).
fn is_the_binders(case: &Case) -> bool {
    case.steps().iter().any(|step| step.function.signature.tells())
}

/// Whether the arm round-trip has the case, and there is a program of it.
fn is_round_trip(case: &Case) -> bool {
    let steps = case.steps();
    let has_program = !has_no_c_function(case) && !is_the_binders(case);
    !steps.is_empty() && has_program && steps.iter().all(|step| !step.is_refused())
}

/// The first case of every form of argument and return.
fn sample(corpus: &Corpus) -> Vec<Arc<Case>> {
    let mut seen = BTreeSet::new();
    let cases = corpus.suites.iter().flat_map(|suite| &suite.cases);
    let sampled = cases.filter(|case| is_round_trip(case)).filter(|case| {
        let forms = case.steps().iter().flat_map(|step| forms(step, &corpus.declarations));
        forms.filter(|form| seen.insert(form.clone())).count() > 0
    });
    sampled.cloned().collect()
}

/// Many programs as one, which is told by a first argument which of them to be: a link for each would
/// take longer than all else.
fn compile(programs: &[String], folder: &Path) -> PathBuf {
    let mut sources = Vec::new();
    let mut dispatch = String::from("#include <stdlib.h>\n");
    for (number, program) in programs.iter().enumerate() {
        let source = folder.join(format!("repro-{number}.c"));
        let program = program.replace("\nint main(", &format!("\nint main_{number}("));
        std::fs::write(&source, program).expect("a scratch file");
        dispatch.push_str(&format!("int main_{number}(int, char **);\n"));
        sources.push(source);
    }
    let table: Vec<_> = (0..programs.len()).map(|number| format!("main_{number}")).collect();
    dispatch.push_str(&format!(
        "static int (*const programs[])(int, char **) = {{{}}};\n\
         int main(int count, char **arguments) {{\n    \
         return programs[atoi(arguments[1])](count - 1, arguments + 1);\n}}\n",
        table.join(", ")
    ));
    let main = folder.join("main.c");
    std::fs::write(&main, dispatch).expect("a scratch file");
    sources.push(main);
    let binary = folder.join("repro");
    let compiled = Command::new(twin::compiler())
        .args(["-std=gnu11", "-Wall", "-Werror", "-pipe", "-o"])
        .arg(&binary)
        .args(&sources)
        .arg("-ldl")
        .output()
        .expect("the C compiler starts");
    let said = String::from_utf8_lossy(&compiled.stderr);
    assert!(compiled.status.success(), "{said}");
    binary
}

/// What must arrive at each call of a case, by which the bytes that nobody can know are told.
fn due(case: &Case, declarations: &Declarations) -> Vec<Vec<Option<Arrival>>> {
    let due = |step: &Step| match &step.arrives {
        Some(arrivals) => arrivals.iter().cloned().map(Some).collect(),
        None => model::arrivals(&step.function.signature, &step.values(), declarations),
    };
    case.steps().iter().map(due).collect()
}

/// What is known of a struct's bytes once a callee wrote it: neither addresses nor padding.
fn known(of: &Type, declarations: &Declarations) -> Vec<bool> {
    let size = Layout::of(of, declarations).map_or(0, |layout| layout.size);
    match of {
        Type::Array { length, of } => known(of, declarations).repeat(*length as usize),
        Type::Named(name) if declarations.enumeration(name).is_none() => {
            let mut bytes = vec![false; size];
            let fields = declarations.fields(name).unwrap_or_default();
            let layout = declarations.struct_layout(name).expect("a struct has a layout");
            for (field, offset) in fields.iter().zip(&layout.offsets) {
                let field = known(&field.of, declarations);
                bytes[*offset..offset + field.len()].copy_from_slice(&field);
            }
            bytes
        }
        Type::Scalar(Scalar::F80) => (0..size).map(|at| at < 10).collect(),
        Type::Scalar(_) | Type::Named(_) => vec![true; size],
        _ => (0..size).map(|at| at >= Layout::word().size).collect(),
    }
}

/// What is known of the struct that a step gives back, if it does.
fn given_back(step: &Step, declarations: &Declarations) -> Option<Vec<bool>> {
    match &step.function.signature.returns {
        Type::Owned(of) | Type::ErrorUnion { of, .. } => Some(known(of, declarations)),
        _ => None,
    }
}

/// Events without what differs from process to process: addresses, and bytes that nobody can know.
fn seen(events: Vec<Event>, case: &Case, corpus: &Corpus) -> Vec<(u32, EventKind, Vec<Item>)> {
    let declarations = &corpus.declarations;
    let due = due(case, declarations);
    let (mut calls, mut depth) = (0, 0);
    let mut seen = Vec::new();
    for event in events {
        // Calls within a callback are of no step.
        calls += usize::from(event.kind == EventKind::Call && depth == 0);
        depth += i32::from(event.kind == EventKind::Callback);
        depth -= i32::from(event.kind == EventKind::Back);
        let step = calls - 1;
        let items = event.items.into_iter().enumerate().map(|(place, item)| {
            let known = match (event.kind, due[step].get(place)) {
                _ if depth > 0 => None,
                (EventKind::Call, Some(Some(Arrival::Memory(octets)))) => {
                    Some(octets.iter().map(Option::is_some).collect())
                }
                (EventKind::Free, _) => given_back(&case.steps()[step], declarations),
                _ => None,
            };
            match (item, known) {
                (Item::Address(_), _) => Item::Address(1),
                (Item::Memory(mut bytes, full), Some(known)) => {
                    let unknown = bytes.iter_mut().zip(&known).filter(|(_, known)| !**known);
                    unknown.for_each(|(byte, _)| *byte = 0);
                    Item::Memory(bytes, full)
                }
                (item, _) => item,
            }
        });
        let items = items.collect();
        seen.push((event.function, event.kind, items));
    }
    seen
}

/// The program with the first byte of its first block changed.
fn one_byte_wrong(program: &str) -> String {
    let block = program.find("block0[").expect("a program with a block");
    let byte = block + program[block..].find("0x").expect("a block has a byte") + 2;
    let digit = if program[byte..].starts_with('0') { "1" } else { "0" };
    format!("{}{digit}{}", &program[..byte], &program[byte + 1..])
}

/// Runs a program of a binary: what the fixtures saw, what it said, and how many blocks are left.
fn ran(binary: &Path, number: usize, library: &Path) -> (Vec<Event>, String, i64) {
    let evidence = Evidence::for_another().expect("a page");
    let mut command = Command::new(binary);
    command.arg(number.to_string()).arg(library).env(VARIABLE, evidence.path());
    let output = command.output().expect("the program starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "program {number}: {said}");
    evidence.attached().expect("the program loaded the fixtures");
    let events = evidence.since(0).expect("events");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    (events, said, evidence.ledger().live_blocks)
}

/// One test: a page is named to a library through the environment, which is the process's.
#[test]
fn a_program_makes_the_calls_the_binder_makes() {
    let corpus = corpus();
    let artifact = library::build(Profile::Checked).expect("the fixtures build");
    let session = Session::open(corpus.clone(), &artifact, Box::new(ReferenceBinder::default()));
    let mut session = session.expect("the session opens");
    let folder = tempfile::tempdir().expect("a scratch folder");
    let mut cases = sample(&corpus);
    cases.push(corpus.case(PLANTED).expect("a case").clone());
    let last = cases.len() - 1;
    let program = |case: &Arc<Case>| repro::c_program(case, &corpus.declarations);
    let mut programs: Vec<_> = cases.iter().map(|case| program(case).expect("a program")).collect();
    programs[last] = one_byte_wrong(&programs[last]);
    let binary = compile(&programs, folder.path());
    for (number, (case, program)) in cases.iter().zip(&programs).enumerate() {
        let name = case.name();
        let first = session.evidence.next();
        let selection =
            Selection { filters: vec![format!("round-trip::{name}")], ..Selection::default() };
        let trials = plan::select(&corpus, &selection).unwrap_or_else(|error| panic!("{error}"));
        let passes = |trial| judging::judge(trial, &mut session).outcome == TrialOutcome::Passed;
        assert!(trials.iter().all(passes), "{name}");
        let expected = seen(session.evidence.since(first).expect("events"), case, &corpus);

        let (events, said, left) = ran(&binary, number, &artifact.path);
        let observed = seen(events, case, &corpus);
        if number == last {
            assert_ne!(observed, expected, "a wrong byte is seen\n{program}");
            continue;
        }
        assert_eq!(observed, expected, "{name}\n{program}");
        assert_eq!(left, 0, "{name}: what was returned was freed");
        let again = said.matches(" is called, time ").count();
        let calls = said.matches(", expected ").count();
        let made = |wanted| expected.iter().filter(|(_, kind, _)| *kind == wanted).count();
        assert_eq!(again, made(EventKind::Callback), "{name}: every callback is shown");
        let made = case.steps().len();
        assert_eq!(calls, made, "{name}: every call is shown");
    }
    assert!(last >= 150, "{last} cases");
}

/// Every case that calls something, and gives no function that C has not, has a program, which makes each call that a binder does not refuse.
#[test]
fn every_case_that_calls_has_a_program() {
    let corpus = corpus();
    let mut round_trips = 0;
    for case in corpus.suites.iter().flat_map(|suite| &suite.cases) {
        let program = match repro::c_program(case, &corpus.declarations) {
            Ok(program) => program,
            Err(NotInC::NoCall { .. }) => {
                assert!(!matches!(case.body, Body::Calls(_)), "{}", case.name());
                continue;
            }
            Err(NotInC::NoCFunction { .. }) => {
                assert!(has_no_c_function(case), "{}", case.name());
                continue;
            }
            Err(NotInC::TheBinders { .. }) => {
                assert!(is_the_binders(case), "{}", case.name());
                continue;
            }
            Err(error) => panic!("{}: {error}", case.name()),
        };
        round_trips += usize::from(is_round_trip(case));
        let refusals = case.steps().iter().filter(|step| step.is_refused()).count();
        let made = program.matches(") *call = symbol(library, ").count();
        assert_eq!(made, case.steps().len() - refusals, "{}", case.name());
        assert_eq!(program.matches("/* A binder refuses ").count(), refusals, "{}", case.name());
    }
    assert!(round_trips >= 3000, "{round_trips} cases of the arm round-trip");
}

/// What has no size is no program of 0 bytes, and what is not taken no refusal.
#[test]
fn a_case_of_other_declarations_has_no_program() {
    let corpus = corpus();
    let program = |case: &str| {
        let case = corpus.case(case).expect("a case");
        repro::c_program(case, &Declarations::new())
    };
    let returned = program("structs::returned-minus-ones-and-nans");
    assert!(matches!(returned, Err(NotInC::Unlowered(_))), "{returned:?}");
    let given = program("structs::nan-payload-in-a-field");
    assert!(matches!(given, Err(NotInC::NotTaken { .. })), "{given:?}");
}

fn corpus() -> Arc<Corpus> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("spec-cases");
    run::load(&folder).unwrap_or_else(|error| panic!("{error}"))
}
