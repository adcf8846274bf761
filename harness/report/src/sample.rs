//! Reports the renderings are tested on: one with each outcome, and one that is all green.

use std::collections::BTreeMap;

use contract::Level;
use judge::row::TrialOutcome::{self, Error, Expected, Failed, Gated, Passed, Skipped};
use judge::row::{CaseRow, Class, HintRow, KnownRow, RiskRow, StaleRow};
use measure::{BenchRow, BenchVerdict, ScalingRow};

use crate::model::{
    Asked, ClauseRow, Counts, Host, MutantArmRow, MutantOutcome, MutantRow, ProgramRow, Report,
    SCHEMA_VERSION, ShardRow, SubjectInfo, SuiteInfo, UnbrokenRow,
};

/// A trial without texts.
pub(super) fn case(arm: &str, id: &str, clauses: &[&str], outcome: TrialOutcome) -> CaseRow {
    CaseRow {
        id: id.to_owned(),
        arm: arm.to_owned(),
        clauses: clauses.iter().map(|clause| (*clause).to_owned()).collect(),
        outcome,
        class: matches!(outcome, Failed | Expected).then_some(Class::Fail),
        known: (outcome == Expected).then(|| KnownRow {
            at: "expected-failures.yaml:4".to_owned(),
            fault: "binder".to_owned(),
            reason: "it decodes every string as UTF-8 | see its issue 7".to_owned(),
            upstream: Some("https://example.org/issues/7".to_owned()),
            runs: None,
        }),
        repro: format!("conform replay '{arm}::{id}' --binder 'python3 binder.py'"),
        ms: 0.25,
        ..CaseRow::default()
    }
}

fn served(mut case: CaseRow, path: &str) -> CaseRow {
    case.path = Some(path.to_owned());
    case
}

fn differing(mut case: CaseRow, expected: &str, observed: &str) -> CaseRow {
    case.expected = Some(expected.to_owned());
    case.calls = Some("echo_u8(255)".to_owned());
    case.observed = Some(observed.to_owned());
    case.arrived = Some("u8 255 / 0xff".to_owned());
    case
}

fn risk() -> RiskRow {
    let (clause, what) = ("L-21".to_owned(), "carrier 0 at echo_i8(-128)".to_owned());
    RiskRow { clause, what, expected: "i8 -128".to_owned(), observed: "128".to_owned() }
}

fn because(mut case: CaseRow, reason: &str) -> CaseRow {
    case.observed = Some(reason.to_owned());
    case
}

fn mixed_cases() -> Vec<CaseRow> {
    vec![
        served(case("round-trip", "scalars::i64-smallest", &["C-1", "R-1"], Passed), "scalar"),
        served(case("round-trip", "scalars::f64-negative-zero", &["C-3"], Passed), "scalar"),
        differing(
            served(case("round-trip", "unsigned::u8-all-ones", &["R-2", "L-21"], Failed), "scalar"),
            "255 / 0xff",
            "-1 / 0xffffffffffffffff",
        ),
        differing(
            served(case("leak", "owned::empty-slice", &["R-8", "N-3"], Failed), "general"),
            "live blocks 0\ncalls of make_bytes__free 1: (0x10, 0)",
            "live blocks 1\ncalls of make_bytes__free 0",
        ),
        differing(
            served(case("round-trip", "strings::lone-byte", &["R-10"], Expected), "general"),
            "\"a\u{fffd}b\"",
            "an exception: 'utf-8' codec can't decode byte 0xff | position 1",
        ),
        because(
            case("paths", "scalars::i64-smallest", &["P-5"], Gated),
            "the subject does not declare force-path",
        ),
        because(
            case("paths", "scalars::f64-negative-zero", &["P-5"], Gated),
            "the subject does not declare force-path",
        ),
        because(
            case("threads", "scalars::i64-smallest", &["N-1"], Skipped),
            "the host has one core, and two are needed",
        ),
        because(
            case("guard", "slices::read-to-the-end", &["L-7"], Error),
            "the guard build of the fixtures could not be opened",
        ),
    ]
}

fn clause_rows(cases: &[CaseRow]) -> Vec<ClauseRow> {
    ClauseRow::rows(contract::clause::all().iter().map(|clause| clause.id.as_str()), cases)
}

fn bench_row(shape: &str, path: &str, floor_ns: f64, ratios: [f64; 3]) -> BenchRow {
    let [ratio_low, ratio, ratio_high] = ratios;
    BenchRow {
        shape: shape.to_owned(),
        path: path.to_owned(),
        floor_ns: Some(floor_ns),
        call_ns: Some(floor_ns * ratio),
        bind_ns: Some(1_630.0),
        cold_ns: Some(floor_ns * ratio * 100.0),
        first_ns: Some(floor_ns * ratio * 2.0),
        ratio: Some(ratio),
        ratio_low: Some(ratio_low),
        ratio_high: Some(ratio_high),
        instructions: Some(28.0),
        floor_instructions: Some(12.0),
        allocations: Some(0.0),
        allocated_bytes: Some(0.0),
        resident_bytes: None,
        native_allocations: Some(0.0),
        samples: 412,
        valid_share: 0.83,
        verdict: BenchVerdict::Measured,
        reason: None,
    }
}

fn bench() -> Vec<BenchRow> {
    let scalar = bench_row("scalar-i64", "scalar", 1.65, [1.79, 1.82, 1.9]);
    let mut noisy = bench_row("enum-by-keyword", "enum-and-handle", 1.71, [2.1, 2.34, 3.4]);
    noisy.verdict = BenchVerdict::Inconclusive;
    noisy.reason = Some("the halves of one process's time differ by 2.6 %".to_owned());
    noisy.instructions = None;
    noisy.floor_instructions = None;
    (noisy.allocations, noisy.allocated_bytes) = (None, None);
    noisy.resident_bytes = Some(24.5);
    let reason = "slices::sum failed, and a shape that fails its cases is not timed";
    let absent = BenchRow {
        shape: "slice-of-64-bit-floats-summed-by-the-callee".to_owned(),
        path: "general".to_owned(),
        reason: Some(reason.to_owned()),
        ..BenchRow::default()
    };
    let mut untrue = bench_row("string-len", "general", 1.67, [0.5, 0.5, 0.5]);
    untrue.verdict = BenchVerdict::NotCredible;
    let reason = "the library counted 16 native calls where the floor makes 1600";
    untrue.reason = Some(reason.to_owned());
    (untrue.call_ns, untrue.ratio) = (None, None);
    (untrue.cold_ns, untrue.first_ns) = (None, None);
    (untrue.ratio_low, untrue.ratio_high) = (None, None);
    vec![scalar, noisy, absent, untrue]
}

/// Two series, of which one has a point without a figure.
fn scaling() -> Vec<ScalingRow> {
    let point = |series: &str, at: u64, floor_ns: f64, ratio: f64| {
        let shape = format!("{series}-{at}");
        let row = bench_row(&shape, "scalar", floor_ns, [ratio, ratio * 1.02, ratio * 1.1]);
        let instructions = Some(28.0 + 4.0 * at as f64);
        ScalingRow { series: series.to_owned(), at, row: BenchRow { instructions, ..row } }
    };
    let mut rows = vec![
        point("arity-int", 0, 1.6, 2.0),
        point("arity-int", 4, 1.9, 2.5),
        point("arity-int", 32, 12.4, 9.0),
        point("threads", 1, 1.7, 1.8),
        point("threads", 2, 1.8, 1.8),
        point("threads", 4, 3.4, 1.9),
    ];
    rows[5].row = BenchRow {
        shape: "threads-4".to_owned(),
        path: "–".to_owned(),
        reason: Some("its timed loop has one caller".to_owned()),
        ..BenchRow::default()
    };
    rows
}

/// One of each outcome, and of each verdict of a measurement.
pub(super) fn mixed() -> Report {
    let mut cases = mixed_cases();
    cases[0].risks.push(risk());
    Report {
        schema_version: SCHEMA_VERSION,
        suite: SuiteInfo {
            version: "0.1.0".to_owned(),
            hash: "9f2c41d07a55".to_owned(),
            complete: false,
            cut_short: None,
            asked: Some(Asked {
                filters: Vec::new(),
                arms: Vec::new(),
                without: Vec::new(),
                shard: Some(ShardRow { index: 1, count: 4 }),
                trials: 36,
                seed: None,
                strict: false,
                target: "host".to_owned(),
                under: None,
                expected: Some("0f".to_owned()),
                effort: None,
            }),
            replayed: None,
            repeat: BTreeMap::new(),
            command: "conform check --binder 'python3 binder.py' --shard 1/4".to_owned(),
            started: "2026-02-03T04:05:06Z".to_owned(),
            seconds: 12.5,
        },
        host: Host {
            os: "linux".to_owned(),
            arch: "x86_64".to_owned(),
            cpu: Some("Example Processor 9000".to_owned()),
            cores: 2,
            rustc: "rustc 1.95.0".to_owned(),
            zig: "0.16.0".to_owned(),
        },
        subject: SubjectInfo {
            name: "example-ffi".to_owned(),
            version: "3.2.1".to_owned(),
            language: "Python".to_owned(),
            level: Level::Contract,
            capabilities: vec!["closed-handles".to_owned(), "paths".to_owned()],
            dialects: vec!["wraps".to_owned(), "big128".to_owned()],
            lacks: vec!["f16".to_owned(), "f80".to_owned()],
            works_undeclared: vec!["threads".to_owned()],
            behaves_as: vec![HintRow {
                dialect: "canonical-nan".to_owned(),
                trials: 2,
                tried: 3,
                example: "round-trip::scalars::f64-quiet-nan".to_owned(),
            }],
        },
        counts: Counts {
            planned: 9,
            ran: 5,
            passed: 2,
            failed: 2,
            expected: 1,
            gated: 2,
            skipped: 1,
            errors: 1,
        },
        clauses: clause_rows(&cases),
        cases,
        stale: vec![StaleRow {
            at: "expected-failures.yaml:12".to_owned(),
            entry: "round-trip::scalars::i64-smallest".to_owned(),
            expected: "that it fails (`fail`)".to_owned(),
            observed: "it passed".to_owned(),
            action: "remove the entry".to_owned(),
            some: None,
        }],
        programs: vec![ProgramRow {
            case: "unsigned::u8-all-ones".to_owned(),
            c: "uint8_t echo_u8(uint8_t);\nint main(void) { return echo_u8(255) != 255; }\n"
                .to_owned(),
        }],
        bench: bench(),
        scaling: scaling(),
        mutants: vec![
            MutantRow {
                name: "truncates-u64".to_owned(),
                clause: "R-2".to_owned(),
                caught_by: Some("round-trip::unsigned::u64-above-the-signed-range".to_owned()),
                outcome: MutantOutcome::Caught,
                family: "values".to_owned(),
                breaks: "a u64 loses its top bit".to_owned(),
                clauses: vec!["R-2".to_owned(), "C-1".to_owned()],
                class: Some(Class::Fail),
                arms: vec![MutantArmRow {
                    arm: "round-trip".to_owned(),
                    ran: 40,
                    failed: 3,
                    caught: 2,
                }],
            },
            MutantRow {
                name: "frees-borrowed".to_owned(),
                clause: "R-8".to_owned(),
                caught_by: None,
                outcome: MutantOutcome::Survived,
                family: "lifetime".to_owned(),
                breaks: "what was borrowed is freed".to_owned(),
                clauses: vec!["R-8".to_owned()],
                class: Some(Class::Fail),
                arms: Vec::new(),
            },
        ],
        unbroken: vec![UnbrokenRow {
            clause: "A-3".to_owned(),
            proof: "scope.rs: a place does not outlive its scope".to_owned(),
        }],
    }
}

/// Everything planned ran and passed.
pub(super) fn green() -> Report {
    let mut report = mixed();
    report.suite.complete = true;
    report.suite.command = "conform".to_owned();
    report.cases.retain(|case| case.outcome == Passed);
    report.cases[0].risks.clear();
    report.programs.clear();
    report.counts = Counts { planned: 2, ran: 2, passed: 2, ..Counts::default() };
    report.clauses = clause_rows(&report.cases);
    report.bench.truncate(1);
    report.scaling.clear();
    report.stale.clear();
    report.mutants.truncate(1);
    report.subject = SubjectInfo {
        name: "reference-binder".to_owned(),
        version: "0.1.0".to_owned(),
        language: "Rust".to_owned(),
        dialects: Vec::new(),
        works_undeclared: Vec::new(),
        behaves_as: Vec::new(),
        ..report.subject
    };
    report
}

/// A filter that matched nothing: planned trials, and not one that ran.
pub(super) fn nothing_ran() -> Report {
    let mut report = mixed();
    report.cases.retain(|case| matches!(case.outcome, Gated | Skipped));
    report.counts = Counts::of(report.cases.iter().map(|case| case.outcome));
    report.clauses = clause_rows(&report.cases);
    report.stale.clear();
    report.programs.clear();
    report.bench.clear();
    report.scaling.clear();
    report.mutants.clear();
    report.unbroken.clear();
    report
}
