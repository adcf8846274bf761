//! Programs of cases: compiled by the system's C compiler, run against the checked fixtures, and seen by
//! them to make the calls the reference binder makes.

use std::path::{Path, PathBuf};
use std::process::Command;

use harness::case::Corpus;
use harness::evidence::{Event, EventKind, Evidence, Item, VARIABLE};
use harness::plan::{self, Selection};
use harness::progress::Unwatched;
use harness::repro::{self, NotInC};
use harness::run;
use harness::session::Session;
use harness::subject::reference::ReferenceBinder;
use zig_lib::library::{self, Profile};
use zig_lib::twin;

/// One of every kind of argument and return that programs are written for.
const CASES: &[&str] = &[
    "scalars::i8-min",
    "unsigned-returns::u64-max",
    "scalars::narrow-minima-beside-zero",
    "enums::tick-never",
    "floats::f16-tenth",
    "floats::f32-tenth",
    "floats::f64-tenth",
    "handles::a-box-that-is-set",
    "slices::sum-i16",
    "slices::reverse-i64",
    "owned-returns::u16s",
    "owned-returns::works-after-a-corrupt-length",
    "slices::empty-between-scalars",
    "owned-returns::copy-of-u8s",
    "borrowed-returns::i8s",
];

fn compile(program: &str, folder: &Path) -> PathBuf {
    let (source, binary) = (folder.join("repro.c"), folder.join("repro"));
    std::fs::write(&source, program).expect("a scratch file");
    let compiled = Command::new(twin::compiler())
        .args(["-std=gnu11", "-Wall", "-Werror", "-o"])
        .args([&binary, &source])
        .arg("-ldl")
        .output()
        .expect("the C compiler starts");
    let said = String::from_utf8_lossy(&compiled.stderr);
    assert!(compiled.status.success(), "{said}\n{program}");
    binary
}

/// Events without what differs from process to process.
fn seen(events: Vec<Event>) -> Vec<(u32, EventKind, Vec<Item>)> {
    let item = |item| if matches!(item, Item::Address(_)) { Item::Address(1) } else { item };
    let event = |event: Event| (event.function, event.kind, event.items.into_iter().map(item));
    let events = events.into_iter().map(event);
    events.map(|(function, kind, items)| (function, kind, items.collect())).collect()
}

/// One test: a page is named to a library through the environment, which is the process's.
#[test]
fn a_program_makes_the_calls_the_binder_makes() {
    let corpus = corpus();
    let artifact = library::build(Profile::Checked).expect("the fixtures build");
    let session = Session::open(corpus.clone(), &artifact, Box::new(ReferenceBinder::default()));
    let mut session = session.expect("the session opens");
    let folder = tempfile::tempdir().expect("a scratch folder");
    for (number, name) in CASES.iter().enumerate() {
        let first = session.evidence.next();
        let selection =
            Selection { filters: vec![format!("round-trip::{name}")], ..Selection::default() };
        let trials = plan::select(&corpus, &selection).unwrap_or_else(|error| panic!("{error}"));
        let rows = run::judge(&trials, &mut session, &mut Unwatched);
        assert!(rows.iter().all(|row| row.outcome == "passed"), "{name}");
        let expected = seen(session.evidence.since(first).expect("events"));

        let case = corpus.case(name).expect("a case");
        let program = repro::c_program(case, &corpus.declarations).expect("a program");
        let binary = compile(&program, folder.path());
        let page = folder.path().join(format!("page-{number}"));
        let evidence = Evidence::create(&page).expect("a page");
        let run = Command::new(binary).arg(&artifact.path).env(VARIABLE, &page).output();
        let output = run.expect("the program starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {said}");
        evidence.attached().expect("the program loaded the fixtures");
        assert_eq!(seen(evidence.since(0).expect("events")), expected, "{name}\n{program}");
        assert_eq!(evidence.ledger().live_blocks, 0, "{name}: what was returned was freed");
        let calls = String::from_utf8_lossy(&output.stdout).matches("expected").count();
        let made = expected.iter().filter(|(_, kind, _)| *kind == EventKind::Call).count();
        assert_eq!(calls, made, "{name}: every call is shown");
    }
}

/// Nothing is left out silently: a case has a program, or a reason that names what is not written.
#[test]
fn every_case_has_a_program_or_a_reason() {
    let corpus = corpus();
    let mut written = 0;
    for case in corpus.suites.iter().flat_map(|suite| &suite.cases) {
        match repro::c_program(case, &corpus.declarations) {
            Ok(program) => {
                assert!(program.contains("dlopen(arguments[1]"), "{}", case.name());
                written += 1;
            }
            Err(NotInC::NoCall { .. }) => {}
            Err(reason) => {
                let reason = reason.to_string();
                assert!(reason.contains(&case.name()), "{reason}");
            }
        }
    }
    assert!(written >= 400, "{written} programs");
}

fn corpus() -> std::sync::Arc<Corpus> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("spec-cases");
    run::load(&folder).unwrap_or_else(|error| panic!("{error}"))
}
