//! The wire level against itself: the suite's own library at that level passes whatever is judged there,
//! a library with a fault does not, and what `conform new-binder` writes is judged as it stands.
//!
//! The faulty libraries are this binary too, started with `faulty FAULT`.

mod faulty;
mod skeletons;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};
use std::time::Instant;

use TrialOutcome::{Failed, Gated, Passed, Skipped};
use judge::level;
use libtest_mimic::{Arguments, Completion, Trial};
use report::{CaseRow, Class, TrialOutcome};

const CONFORM: &str = env!("CARGO_BIN_EXE_conform");

type Named = (&'static str, fn());

const TESTS: &[Named] = &[
    ("what_is_judged_passes_and_the_rest_says_why", what_is_judged_passes_and_the_rest_says_why),
    ("every_fault_is_found", every_fault_is_found),
    (
        "what_is_not_supported_of_a_value_is_one_clause",
        what_is_not_supported_of_a_value_is_one_clause,
    ),
    (
        "a_function_object_of_what_is_lacking_is_gated",
        a_function_object_of_what_is_lacking_is_gated,
    ),
    ("what_is_only_relied_on_is_a_risk", what_is_only_relied_on_is_a_risk),
    ("a_library_without_faults_passes_as_those_with_them_do_not", without_faults),
    ("threads_that_share_blocks_are_seen", threads_that_share_blocks_are_seen),
    (
        "every_shape_is_timed_and_a_lie_gives_no_figure",
        every_shape_is_timed_and_a_lie_gives_no_figure,
    ),
    ("smoke_takes_a_library_at_wire_level", smoke_takes_a_library_at_wire_level),
    ("smoke_sees_memory_that_the_host_takes_back", smoke_sees_memory_that_the_host_takes_back),
    ("new_binder_writes_over_nothing", skeletons::nothing_that_is_there_is_written_over),
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["faulty", fault] => faulty::serve(fault),
        _ => {
            let trial = |(name, test): &Named| {
                let test = *test;
                Trial::ignorable_test(*name, move || {
                    if let Err(missing) = system_libffi::available() {
                        return Ok(Completion::ignored_with(missing.to_string()));
                    }
                    test();
                    Ok(Completion::Completed)
                })
            };
            let trials = TESTS.iter().map(trial).chain(skeletons::trials()).collect();
            libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
        }
    }
}

/// What an honest library does wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// It has no type for a half.
    Half,
    /// Anything else.
    Other,
}

/// What is wrong, where the trial did not pass and was asked.
fn fault(row: &CaseRow) -> Option<Fault> {
    match row.outcome {
        Gated if row.observed.as_deref()?.contains("has no type for f16") => Some(Fault::Half),
        Passed | Gated | Skipped => None,
        _ => Some(Fault::Other),
    }
}

/// The rows of a check of a binder, with what seed 7 draws unless the arm `generated` has what it draws.
fn check(
    binder: &[&str],
    options: &[&str],
    surroundings: impl FnOnce(&mut Command) -> &mut Command,
) -> Vec<CaseRow> {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let mut command = Command::new(CONFORM);
    let seed: &[&str] = if options.contains(&"generated") { &[] } else { &["--seed", "7"] };
    let output = surroundings(&mut command)
        .arg("check")
        .args(options)
        .args(seed)
        .args(["--binder", &shell_words::join(binder), "--out"])
        .arg(folder.path())
        .output()
        .expect("conform starts");
    let report = report::json::read(&folder.path().join("report.json"));
    let report = report.unwrap_or_else(|_| panic!("{}", text(&output)));
    assert_eq!(report.subject.level, contract::Level::Wire);
    report.cases
}

fn text(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&both).into_owned()
}

/// The arms that say nothing at wire level, each gated as a whole.
const GATED_ARMS: [&str; 12] = [
    "malformed",
    "positions",
    "paths",
    "lifetime",
    "first-use",
    "first-bind",
    "surrogates",
    "one-array",
    "views",
    "unload",
    "readers",
    "dropped",
];
/// Why neither a function nor a struct by value is given in a loop; and why nothing raises: what a function does that
/// raises is the host's, and no library's; nor is what the suite lowers itself (Z).
const OF_FORMS: [&str; 6] = [
    "at wire level calls that are given a struct by value or variable arguments are made one by one, not in loops",
    "at wire level a function that answers now this and now that, raises, calls again or gives what it was given is not called in loops",
    "the subject does not declare `raising-callbacks`",
    "the subject does not declare `cstrings`",
    "the subject does not declare `lengths`",
    "the subject does not declare `in-out`",
];
/// The suites that have them.
const SUITES_OF_FORMS: [&str; 13] = [
    "callback-types::",
    "callbacks::",
    "kept-callbacks::",
    "by-value::",
    "unions::",
    "packed::",
    "complex::",
    "long-double::",
    "int128::",
    "variadics::",
    "cstrings::",
    "lengths::",
    "in-out::",
];
/// Why a comparison is not made: the C twin has not every function.
const NO_TWIN: &str = "the C twin has not all functions of the case";
/// Why nothing fails: as on the reference binder.
const NOTHING_FAILS: &str = "the fixtures it calls allocate nothing that could fail";

fn what_is_judged_passes_and_the_rest_says_why() {
    let rows = check(&[CONFORM, "serve", "--level", "wire"], &[], |command| command);
    let mut passed = 0;
    for CaseRow { arm, id, outcome, observed, clauses, .. } in &rows {
        let name = format!("{arm}::{id}");
        match (outcome, observed.as_deref().unwrap_or_default()) {
            (Passed, _) => passed += 1,
            (Gated, level::READS | level::REFUSES) => {}
            (Gated, observed)
                if (arm == "generated"
                    || SUITES_OF_FORMS.iter().any(|suite| id.starts_with(suite)))
                    && OF_FORMS.iter().any(|why| observed.contains(why)) => {}
            (Skipped, "no call was made while another was held") => assert_eq!(arm, "long-calls"),
            (Skipped, "no case of these functions returns") => assert_eq!(arm, "heat"),
            (Gated, NO_TWIN) => assert_eq!(arm, "compare", "{name}"),
            (Gated, observed) if GATED_ARMS.contains(&&**arm) => {
                assert!(observed.starts_with("at wire level"), "{name}: {observed}");
            }
            (Skipped, NOTHING_FAILS) => assert_eq!(arm, "fail-nth", "{name}"),
            (outcome, observed) => panic!("{name} is {outcome:?}: {observed}"),
        }
        let wire = |id: &String| contract::clause::find(id).is_some_and(|clause| clause.wire);
        assert!(clauses.iter().all(wire), "{name} names what is not owed: {clauses:?}");
    }
    assert!(passed > 8000, "{passed} trials passed");
    let silent = |arm: &str| rows.iter().all(|row| row.arm != arm || row.outcome == Gated);
    for arm in GATED_ARMS {
        assert!(silent(arm), "{arm} judged something");
    }
    let judged: BTreeSet<&str> =
        rows.iter().filter(|row| row.outcome == Passed).map(|row| &*row.arm).collect();
    let due = [
        "binding",
        "compare",
        "errno",
        "fail-nth",
        "generated",
        "guard",
        "heat",
        "kept",
        "leak",
        "library",
        "long-calls",
        "memory",
        "programs",
        "property",
        "released",
        "round-trip",
        "set-errno",
        "threads",
        "volume",
    ];
    assert_eq!(judged, BTreeSet::from(due));
}

/// Each fault, where it must show, and a clause or words of what is shown.
const FAULTS: &[(&str, &str, &str)] = &[
    ("i8-not-extended", "round-trip::spills::ten-negative-i8", "L-21"),
    ("f32-as-double", "round-trip::floats::", "C-3"),
    ("u64-signed", "round-trip::unsigned-returns::u64-top-bit", "-9223372036854775808"),
    ("narrow-returns-as-words", "round-trip::unsigned-returns::", "255 / 0xff"),
    ("blocks-not-copied-back", "round-trip::slices::", "C-9"),
    ("pointers-not-patched", "round-trip::buffers::", ""),
    ("frees-twice", "round-trip::owned-returns::", "R-8"),
    ("never-frees", "round-trip::owned-returns::", "R-8"),
    ("frees-with-another-length", "round-trip::owned-returns::", "N-3"),
    ("pointers-cut", "round-trip::handles::", ""),
    ("peeks-short", "round-trip::borrowed-returns::", ""),
    ("links-anything", "binding::binding::", "B-1"),
    ("loop-skips-calls", "volume::agreement::", "N-2"),
    ("loop-miscounts", "volume::agreement::", "N-2"),
    ("loop-never-frees", "leak::owned-returns::", "N-3"),
    ("loop-wrong-now-and-then", "volume::agreement::", ""),
];

fn every_fault_is_found() {
    for (fault, filter, shown) in FAULTS {
        let rows = faulty(fault, filter);
        let failed: Vec<&CaseRow> = rows.iter().filter(|row| row.outcome == Failed).collect();
        let says = |text: &Option<String>| text.as_ref().is_some_and(|text| text.contains(shown));
        let shows = |row: &&CaseRow| says(&row.expected) || says(&row.observed);
        let found = failed.iter().find(|row| shows(row));
        let all: Vec<String> =
            failed.iter().map(|row| format!("{}: {:?}", row.id, row.expected)).collect();
        let Some(found) = found else {
            panic!("{fault}: none of {} rows of {filter} shows it: {all:#?}", rows.len());
        };
        eprintln!("{fault}: {} red, as {}::{}", failed.len(), found.arm, found.id);
    }
}

/// A value that the library has not fails for what it is, once and in a loop, and not for all that the cases cite.
fn what_is_not_supported_of_a_value_is_one_clause() {
    for (fault, filter, clause) in [
        ("takes-no-nan", "round-trip::", "C-3"),
        ("takes-no-nan", "volume::", "C-3"),
        ("takes-no-negative", "property::", "C-3"),
        ("gives-no-nan", "round-trip::", "R-3"),
        ("gives-no-negative", "property::", "R-3"),
    ] {
        let rows = faulty(fault, filter);
        let refused = rows.iter().filter(|row| {
            row.observed.as_deref().is_some_and(|told| told.contains("does not support"))
        });
        let refused: Vec<&CaseRow> = refused.collect();
        assert!(!refused.is_empty(), "{fault}: {} rows of {filter}", rows.len());
        for row in &refused {
            let name = format!("{}::{}", row.arm, row.id);
            assert_eq!((row.outcome, row.class), (Failed, Some(Class::Refuse)), "{name}");
            // Of several arguments nobody knows which it is: the first whose clause the case cites.
            assert_eq!(row.broken.len(), 1, "{name}: {:?}", row.broken);
            assert!(row.calls.is_some(), "{name}");
        }
        assert!(refused.iter().any(|row| row.broken == [clause]), "{fault}: none breaks {clause}");
    }
}

/// An object of a type that the library lacks is not made; of who did not say so it is the one clause that fails.
fn a_function_object_of_what_is_lacking_is_gated() {
    let of = |fault: &str| -> Vec<(TrialOutcome, Vec<String>)> {
        let told = |row: &CaseRow| {
            row.observed.as_deref().is_some_and(|told| told.contains("there is no bool here"))
        };
        let rows = faulty(fault, "kept::kept-callbacks::");
        assert!(rows.iter().any(|row| row.outcome == Passed), "{fault}");
        rows.into_iter().filter(told).map(|row| (row.outcome, row.broken)).collect()
    };
    let (silent, said) = (of("makes-no-bool"), of("makes-no-bool-and-says-so"));
    assert_eq!(silent, vec![(Failed, vec!["K-7".to_owned()]); 2]);
    assert_eq!(said, vec![(Gated, Vec::new()); 2]);
}

fn faulty(fault: &str, filter: &str) -> Vec<CaseRow> {
    let this = std::env::current_exe().expect("this program has a path");
    let this = this.to_str().expect("its path is text");
    check(&[this, "faulty", fault], &["--filter", filter, "--strict"], |command| command)
}

/// No ABI of x86-64 has a caller extend, and clang's callees rely on it.
fn what_is_only_relied_on_is_a_risk() {
    if !cfg!(all(target_arch = "x86_64", unix)) {
        return;
    }
    let this = std::env::current_exe().expect("this program has a path");
    let this = this.to_str().expect("its path is text");
    let filter = ["--filter", "round-trip::spills::ten-negative-i8"];
    let rows = check(&[this, "faulty", "i8-not-extended"], &filter, |command| command);
    let [row] = &rows[..] else { panic!("one trial: {}", rows.len()) };
    let risks: Vec<&str> = row.risks.iter().map(|risk| &*risk.what).collect();
    assert_eq!(row.outcome, Passed, "{row:?}");
    // Six are in registers, and nobody reads what stands above the four on the stack.
    assert_eq!(risks.len(), 6, "{risks:?}");
    assert!(row.risks.iter().all(|risk| risk.clause == "L-21"), "{row:?}");
}

/// The adapter of ctypes whose threads write to one memory.
fn threads_that_share_blocks_are_seen() {
    if !has_python() {
        return;
    }
    let folder = tempfile::tempdir().expect("a scratch folder");
    let each = "[[self.ready(script) for script in scripts] for _ in range(threads)]";
    let one = "[[self.ready(script) for script in scripts]] * threads";
    let file = ctypes_with(folder.path(), each, one);
    let binder = ["python3", file.to_str().expect("its path is text")];
    // Whether they meet there is chance, and a busy machine's one thread may be done before the other begins.
    let is_seen = (0..5).any(|_| {
        let rows = check(&binder, &["--filter", "threads::slices"], |command| command);
        let red = rows.iter().filter(|row| row.outcome == Failed);
        // What an array holds afterwards is C-9's, whoever wrote to it.
        red.flat_map(|row| &row.broken).any(|id| id == "N-1" || id == "C-9")
    });
    assert!(is_seen, "nothing of it in five runs");
}

/// Whether a figure is quiet enough is the machine's affair, and no matter of this test.
fn every_shape_is_timed_and_a_lie_gives_no_figure() {
    let this = std::env::current_exe().expect("this program has a path");
    let this = this.to_str().expect("its path is text");
    for (fault, says) in [
        ("none", ""),
        ("clock-lies", "by the suite's clock"),
        ("clock-skips-calls", "native calls where the floor makes"),
    ] {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let binder = shell_words::join([this, "faulty", fault]);
        let output = Command::new(CONFORM)
            .args(["bench", "--quick", "--binder", &binder, "--out"])
            .arg(folder.path())
            .output()
            .expect("conform starts");
        let report = report::json::read(&folder.path().join("report.json"));
        let report = report.unwrap_or_else(|_| panic!("{}", text(&output)));
        let lies = |row: &&report::BenchRow| {
            row.verdict == report::BenchVerdict::NotCredible
                && row.reason.as_ref().is_some_and(|reason| reason.contains(says))
        };
        let (rows, found) = (report.bench.len(), report.bench.iter().filter(lies).count());
        assert!(rows >= 21, "{fault}: {rows} rows");
        if fault == "none" {
            let timed = report.bench.iter().all(|row| row.first_ns.is_some());
            assert!(timed && found == 0, "{:#?}", report.bench);
            let grows = report.bench.iter().all(|row| row.resident_bytes == Some(0.0));
            assert!(grows || !cfg!(target_os = "linux"), "{:#?}", report.bench);
        } else {
            assert!(found > rows / 2, "{fault}: {found} of {rows}: {:#?}", report.bench);
        }
        eprintln!("{fault}: {found} of {rows} figures are not believed");
    }
}

fn has_python() -> bool {
    let python = Command::new("python3").arg("--version").output();
    let has = python.is_ok_and(|output| output.status.success());
    if !has {
        eprintln!("not tried: there is no python3");
    }
    has
}

/// The adapter of ctypes in a folder, but for a line of what adapters in Python have in common.
fn ctypes_with(folder: &Path, line: &str, to: &str) -> PathBuf {
    let adapter = include_str!("../../../adapters/ctypes/adapter.py");
    let wire = include_str!("../../../adapters/ctypes/wire.py");
    let changed = wire.replace(line, to);
    assert_ne!(wire, changed, "{line}");
    let file = folder.join("adapter.py");
    for (file, text) in [(&file, adapter), (&folder.join("wire.py"), &changed)] {
        std::fs::write(file, text).expect("it can be written");
    }
    file
}

/// Or else each of the above would be red for what the disguise does.
fn without_faults() {
    for suite in ["round-trip::slices::", "round-trip::owned-returns::", "binding::binding::"] {
        let rows = faulty("none", suite);
        let red = rows.iter().find(|row| row.outcome != Passed);
        assert!(red.is_none(), "{:?}", red.map(|row| (&row.id, &row.observed)));
    }
}

fn smoke_takes_a_library_at_wire_level() {
    let serve = shell_words::join([CONFORM, "serve", "--level", "wire"]);
    let smoke = |binder: &str| {
        let clock = Instant::now();
        let output = Command::new(CONFORM).args(["smoke", "--binder", binder]).output();
        (output.expect("conform starts"), clock.elapsed())
    };
    // The first time the fixtures may have to be built.
    smoke(&serve);
    let (output, took) = smoke(&serve);
    let shown = text(&output);
    assert!(output.status.success() && shown.contains("The adapter works."), "{shown}");
    assert!(!shown.contains("refuses") && shown.contains("copies an array back"), "{shown}");
    assert!(took.as_secs() < 5, "{took:?}");
    let this = std::env::current_exe().expect("this program has a path");
    for (fault, code, line) in [
        ("frees-twice", 1, "FAILED   copies and frees an owned return"),
        ("addresses-signed", 2, "BROKEN   carries an address above 2^63"),
        ("nans-without-sign", 1, "FAILED   keeps the sign of a narrow NaN"),
        ("blocks-dropped", 1, "FAILED   keeps what it lends a call"),
        ("pointers-not-patched", 1, "FAILED   keeps what it lends a call"),
    ] {
        let binder = shell_words::join([this.to_str().expect("its path is text"), "faulty", fault]);
        let (output, _) = smoke(&binder);
        let shown = text(&output);
        assert_eq!(output.status.code(), Some(code), "{fault}: {shown}");
        assert!(shown.contains(line), "{fault}: {shown}");
    }
}

/// The adapter of ctypes with a line more forgets the memory of a call as soon as it is made: Python then
/// gives it to somebody else.
fn smoke_sees_memory_that_the_host_takes_back() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    if !has_python() {
        return;
    }
    let line = "        return {\"is\": \"returned\",";
    for (to, code, said) in [
        (format!("\n{line}"), 0, "ok       keeps what it lends a call"),
        (format!("        self.kept.clear()\n{line}"), 1, "FAILED   keeps what it lends a call"),
    ] {
        let file = ctypes_with(folder.path(), line, &to);
        let binder = shell_words::join(["python3", file.to_str().expect("its path is text")]);
        let output = Command::new(CONFORM).args(["smoke", "--binder", &binder]).output();
        let output = output.expect("conform starts");
        let shown = text(&output);
        assert!(output.status.code() == Some(code) && shown.contains(said), "{shown}");
    }
}
