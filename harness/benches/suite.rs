//! `cargo bench -p harness --bench suite`: the suite's own speed.

use std::path::PathBuf;
use std::sync::Arc;

use corpus::case::{Case, Corpus, shipped_folder};
use criterion::{Criterion, criterion_group, criterion_main};
use harness::served::reference::ReferenceBinder;
use judge::arm;
use judge::session::Session;
use judge::verdict::Verdict;
use subject::Subject;
use subject::program::Program;
use subject::protocol::Launch;
use zig_lib::library::{Artifact, Profile, build};

const CONFORM: &str = env!("CARGO_BIN_EXE_conform");

fn corpus() -> Arc<Corpus> {
    harness::run::load(&shipped_folder()).expect("the corpus is valid")
}

fn loading(criterion: &mut Criterion) {
    criterion.bench_function("corpus-loaded", |bencher| bencher.iter(corpus));
}

/// One case, put as `round-trip` puts it, to a subject that has started and bound it.
fn judging(criterion: &mut Criterion) {
    let corpus = corpus();
    let library = build(Profile::Checked).expect("the fixtures build");
    let words = vec![CONFORM.to_owned(), "serve".to_owned()];
    let program = Program::new(Launch { words, ..Launch::default() });
    let subjects: [(&str, Box<dyn Subject>); 2] = [
        ("judged-in-process", Box::new(ReferenceBinder::default())),
        ("judged-over-the-protocol", Box::new(program)),
    ];
    for (name, subject) in subjects {
        judged(criterion, name, &corpus, &library, subject);
    }
}

fn judged(
    criterion: &mut Criterion,
    name: &str,
    corpus: &Arc<Corpus>,
    library: &Artifact,
    subject: Box<dyn Subject>,
) {
    let mut session = Session::open(corpus.clone(), library, subject).expect("it starts");
    let round_trip = arm::named("round-trip").expect("it is an arm");
    let cases: Vec<Arc<Case>> =
        vec![corpus.case("unsigned-returns::u64-top-bit").expect("it is a case").clone()];
    criterion.bench_function(name, |bencher| {
        bencher.iter(|| {
            let verdict = arm::judge(round_trip, &cases, &mut session);
            assert!(matches!(verdict, Verdict::Passed { .. }), "{verdict:?}");
        });
    });
}

/// The report of a whole run, if one lies there: read, and rendered.
fn reporting(criterion: &mut Criterion) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../reports/latest/report.json");
    let Ok(report) = report::json::read(&file) else {
        eprintln!("no report to render: `cargo run --release` writes one");
        return;
    };
    criterion.bench_function("report-json", |bencher| {
        bencher.iter(|| report::json::render(&report).expect("it renders"));
    });
    criterion.bench_function("report-junit", |bencher| {
        bencher.iter(|| report::junit::render(&report).expect("it renders"));
    });
    criterion.bench_function("report-markdown", |bencher| {
        bencher.iter(|| report::markdown::render(&report));
    });
    criterion.bench_function("report-read", |bencher| {
        bencher.iter(|| report::json::read(&file).expect("it is read"));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = loading, judging, reporting
}
criterion_main!(benches);
