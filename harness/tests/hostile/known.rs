//! Known failures over whole runs: each class is told by what happened, an entry excuses what it says and
//! nothing else, and a list that says something else is red.

use std::process::Command;

use super::Named;
use super::run::{Conform, Report, ended, text};

pub(crate) const TESTS: &[Named] = &[
    ("known::each_class_is_excused_by_its_own_word_alone", each_class_by_its_own_word),
    ("known::a_leak_is_a_leak", a_leak_is_a_leak),
    ("known::what_passes_is_stale", what_passes_is_stale),
    ("known::a_pattern_that_matches_nothing_is_stale", a_pattern_that_matches_nothing),
    ("known::a_pattern_that_matches_too_much_excuses_nothing", a_pattern_too_wide),
    ("known::errors_are_never_excused", errors_are_never_excused),
    ("known::what_was_not_selected_is_neither_stale_nor_used", what_was_not_selected),
    ("known::other_hosts_and_versions_say_nothing", other_hosts_and_versions),
    ("known::a_list_that_cannot_be_used_is_2_and_judges_nothing", a_list_that_cannot_be_used),
    ("known::the_list_of_another_subject_is_refused", the_list_of_another_subject),
    ("known::a_list_is_written_filled_in_and_kept", a_list_is_written_filled_in_and_kept),
    ("known::every_rendering_tells_a_known_failure_from_others", every_rendering),
];

/// `subject: reference-binder` and these entries.
fn list(entries: &str) -> String {
    format!("subject: reference-binder\nfailures:\n{entries}")
}

fn entry(trial: &str, outcome: &str) -> String {
    format!(
        "  - trial: {trial}\n    outcome: {outcome}\n    fault: adapter\n    reason: it is made to\n"
    )
}

fn pattern(pattern: &str, matches: usize) -> String {
    format!(
        "  - pattern: '{pattern}'\n    matches: {matches}\n    outcome: fail\n    fault: binder\n    \
         reason: it lies\n"
    )
}

impl Conform {
    fn write(&self, list: &str) -> String {
        let path = self.folder.path().join("known.yaml");
        std::fs::write(&path, list).expect("a scratch file");
        path.to_str().expect("text").to_owned()
    }

    /// The round trips of the sample, with this list.
    #[track_caller]
    fn expecting(&self, list: &str, what: &str, symbol: &str, more: &[&str]) -> Report {
        let file = self.write(list);
        let options = [&["--arm", "round-trip", "--expected", &file], more].concat();
        self.judge(what, symbol, &options)
    }
}

impl Report {
    /// `observed` of each stale row, after its place and what it names.
    fn stale(&self) -> Vec<String> {
        let rows = self.json["stale"].as_array().expect("a list");
        let text =
            |row: &serde_json::Value, field: &str| row[field].as_str().expect("text").to_owned();
        rows.iter()
            .map(|row| {
                let at = text(row, "at");
                let line = at.rsplit(':').next().unwrap_or_default();
                format!("{line} {}: {}", text(row, "entry"), text(row, "observed"))
            })
            .collect()
    }
}

fn each_class_by_its_own_word() {
    let conform = Conform::new();
    for (what, class) in
        [("abort", "crash"), ("hang", "timeout"), ("misread", "fail"), ("refuse", "refuse")]
    {
        let limit = ["--call-limit-ms", "400"];
        let known = list(&entry("round-trip::sample::b", class));
        let report = conform.expecting(&known, what, "echo_u16", &limit);
        let outcomes = ["passed", "expected", "passed", "passed"];
        assert_eq!(report.outcomes(), outcomes, "{what}: {}", report.shown);
        assert_eq!((report.code, report.stale()), (0, vec![]), "{what}: {}", report.shown);
        let row = &report.json["cases"][1];
        assert_eq!(row["class"], class);
        assert_eq!(
            (&row["known"]["fault"], &row["known"]["reason"]),
            (&"adapter".into(), &"it is made to".into())
        );
        assert_eq!(report.json["counts"]["expected"], 1);

        let other = if class == "crash" { "timeout" } else { "crash" };
        let known = list(&entry("round-trip::sample::b", other));
        let report = conform.expecting(&known, what, "echo_u16", &limit);
        assert_eq!(report.outcomes()[1], "failed", "{what}: {}", report.shown);
        let stale = format!("3 round-trip::sample::b: it came to `{class}`");
        assert_eq!((report.code, report.stale()), (1, vec![stale]), "{}", report.shown);
    }
}

/// A case that makes a handle and frees it, for the arm that runs it over and over.
const BOX: &str = r#"suite: sample
clauses: [C-14]
functions:
  box: "[v :i64 :ret [:handle Box]]"
  free_box: {signature: "[b [:handle Box] :ret :void]", consumes: b}
cases:
  - id: a
    steps:
      - {let: b, fn: box, args: [7]}
      - {fn: free_box, args: [$b]}
"#;

fn a_leak_is_a_leak() {
    let conform = Conform::with(BOX);
    for (outcome, code) in [("leak", 0), ("fail", 1)] {
        let file = conform.write(&list(&entry("leak::sample::a", outcome)));
        let report = conform.judge("leak", "none", &["--arm", "leak", "--expected", &file]);
        assert_eq!(report.code, code, "{}", report.shown);
        assert_eq!(report.json["cases"][0]["class"], "leak");
    }
}

fn what_passes_is_stale() {
    let report = Conform::new().expecting(
        &list(&(entry("round-trip::sample::a", "fail") + &entry("round-trip::sample::b", "fail"))),
        "misread",
        "echo_u16",
        &[],
    );
    report.came_to(1, &["passed", "expected", "passed", "passed"]);
    assert_eq!(report.stale(), ["3 round-trip::sample::a: it passed"]);
    for part in ["STALE", "known.yaml:3", "remove the entry", "1 known failure is out of date"] {
        assert!(report.shown.contains(part), "`{part}` is missing from\n{}", report.shown);
    }
}

fn a_pattern_that_matches_nothing() {
    let known =
        list(&(pattern("round-trip::smaple::*", 4) + &entry("round-trip::sample::z", "fail")));
    let report = Conform::new().expecting(&known, "misread", "none", &[]);
    assert_eq!(report.code, 1, "{}", report.shown);
    assert_eq!(
        report.stale(),
        [
            "3 round-trip::smaple::*: it matches nothing",
            "8 round-trip::sample::z: there is no such trial"
        ]
    );
}

fn a_pattern_too_wide() {
    let conform = Conform::new();
    let known = |matches| list(&pattern("round-trip::sample::*", matches));
    let report = conform.expecting(&known(4), "misread", "any", &[]);
    assert_eq!((report.code, report.outcomes()), (0, vec!["expected"; 4]), "{}", report.shown);
    for (matches, observed) in [(3, "it matches 4"), (5, "it matches 4")] {
        let report = conform.expecting(&known(matches), "misread", "any", &[]);
        assert_eq!((report.code, report.outcomes()), (1, vec!["failed"; 4]), "{}", report.shown);
        assert_eq!(report.stale(), [format!("3 round-trip::sample::*: {observed}")]);
    }
    // Of the right number, but not all of them fail.
    let report = conform.expecting(&known(4), "misread", "echo_u8", &[]);
    assert_eq!(report.outcomes(), ["expected", "passed", "passed", "expected"]);
    let stale = "3 round-trip::sample::*: it passed: 2 of 4, round-trip::sample::b, \
                 round-trip::sample::c";
    assert_eq!((report.code, report.stale()), (1, vec![stale.to_owned()]), "{}", report.shown);
}

fn errors_are_never_excused() {
    for outcome in ["fail", "refuse", "crash", "timeout", "leak"] {
        for what in ["garbage", "cannot"] {
            let known = list(&entry("round-trip::sample::b", outcome));
            let report = Conform::new().expecting(&known, what, "echo_u16", &[]);
            assert_eq!(report.outcomes()[1], "error", "{what}: {}", report.shown);
            assert_eq!((report.code, report.stale()), (2, vec![]), "{what}: {}", report.shown);
        }
    }
}

fn what_was_not_selected() {
    let known = list(
        &(entry("round-trip::sample::a", "fail")
            + &entry("round-trip::sample::b", "fail")
            + &entry("leak::sample::b", "fail")
            + &pattern("*::sample::c", 7)),
    );
    // Alone, in a shard and by its arm; `a` and `c` would pass, and so be stale.
    let conform = Conform::new();
    let mut list_of_c = Command::new(env!("CARGO_BIN_EXE_conform"));
    list_of_c.args(["list", "--filter", "::sample::c", "--cases"]);
    list_of_c.arg(conform.folder.path().join("cases"));
    let names = text(&list_of_c.output().expect("conform starts"));
    let known = known.replace("matches: 7", &format!("matches: {}", names.lines().count()));
    // `leak` has nothing to find in it.
    let known = known.replace("leak::sample::b", "volume::sample::b");
    for more in [["--filter", "round-trip::sample::b"], ["--shard", "2/4"]] {
        let report = conform.expecting(&known, "misread", "echo_u16", &more);
        assert_eq!(report.outcomes(), ["expected"], "{}", report.shown);
        assert_eq!((report.code, report.stale()), (0, vec![]), "{}", report.shown);
    }
    let report = conform.expecting(&known, "misread", "echo_u16", &[]);
    assert_eq!(report.stale().len(), 2, "{:?}", report.stale());
}

fn other_hosts_and_versions() {
    let conform = Conform::new();
    for (more, holds) in [
        (format!("    host: {}\n", std::env::consts::OS), true),
        (format!("    host: {}-{}\n", std::env::consts::OS, std::env::consts::ARCH), true),
        ("    host: plan9\n".to_owned(), false),
        (format!("    version: {}\n", env!("CARGO_PKG_VERSION")), true),
        ("    version: 99.0\n".to_owned(), false),
    ] {
        let known = list(&(entry("round-trip::sample::b", "fail") + &more));
        let report = conform.expecting(&known, "misread", "echo_u16", &[]);
        let (code, outcome) = if holds { (0, "expected") } else { (1, "failed") };
        assert_eq!((report.code, report.outcomes()[1]), (code, outcome), "{more}");
        assert_eq!(report.stale(), [""; 0], "{more}");
    }
}

fn a_list_that_cannot_be_used() {
    let conform = Conform::new();
    let whole = entry("round-trip::sample::b", "fail");
    for (known, said) in [
        (
            list(&whole.replace("it is made to", "''")),
            "known.yaml:6:13: the reason is not filled in",
        ),
        (list(&whole.replace("adapter", "unknown")), "known.yaml:5:12: nobody is at fault yet"),
        (
            list(&whole.replace("outcome: fail", "outcome: error")),
            "known.yaml:4:14: `error` is no outcome class",
        ),
        (
            list(&whole.replace("fault:", "blame:")),
            "known.yaml:5:5: a known failure has no field `blame`",
        ),
        (
            list(&(whole.clone() + &whole)),
            "known.yaml:7:1: `round-trip::sample::b` is excused here again",
        ),
        (
            list(&(whole.clone() + &pattern("round-trip::*", 4))),
            "known.yaml:7:1: `round-trip::sample::b` is excused here again",
        ),
    ] {
        let file = conform.write(&known);
        let output = conform.output("misread", "echo_u16", &["--expected", &file]);
        ended(&output, 2, said);
        assert_eq!(conform.report(&output).outcomes(), [""; 0], "{said}: something was judged");
    }
    let output = conform.output("misread", "echo_u16", &["--expected", "no-such-list.yaml"]);
    ended(&output, 2, "no-such-list.yaml:1:1: cannot be read");
}

fn the_list_of_another_subject() {
    let conform = Conform::new();
    let known = list(&entry("round-trip::sample::b", "fail"));
    let file = conform.write(&known.replace("reference-binder", "another"));
    let output =
        conform.output("misread", "echo_u16", &["--arm", "round-trip", "--expected", &file]);
    let said = "known.yaml:1:1: the list is of `another`, and `reference-binder` was judged";
    ended(&output, 2, said);
}

fn a_list_is_written_filled_in_and_kept() {
    let conform = Conform::new();
    let file = conform.folder.path().join("known.yaml");
    let path = file.to_str().expect("text");
    let write = ["--arm", "round-trip", "--expected", path, "--write-expected"];
    let report = conform.judge("misread", "echo_u8", &write);
    assert_eq!((report.code, report.outcomes()[0]), (1, "failed"), "{}", report.shown);
    assert!(report.shown.contains("0 known failures kept, 0 removed, 2 new"), "{}", report.shown);

    // As it is written it is refused, once for all of its entries.
    let output = conform.output("misread", "echo_u8", &["--arm", "round-trip", "--expected", path]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(text(&output).contains(": 2 entries are not filled in"), "{}", text(&output));
    assert_eq!(text(&output).matches("known.yaml:").count(), 1, "{}", text(&output));

    // Somebody fills them in.
    let read = || std::fs::read_to_string(&file).expect("it was written");
    let filled =
        read().replace("unknown", "binder").replace("\"\"", "\"says \\\"-1\\\": issue 7\"");
    std::fs::write(&file, &filled).expect("a scratch file");
    let report = conform.judge("misread", "echo_u8", &["--arm", "round-trip", "--expected", path]);
    assert_eq!((report.code, report.stale()), (0, vec![]), "{}", report.shown);

    // Written again it is the same, without what was said for who fills it in; and of another binder it keeps what stays:
    // nothing here but what was not selected.
    assert_eq!(filled.matches("\n  # R-2: expected ").count(), 2, "{filled}");
    let lines = filled.split_inclusive('\n').filter(|line| !line.starts_with("  # "));
    let report = conform.judge("misread", "echo_u8", &write);
    assert_eq!((report.code, read()), (0, lines.collect()), "{}", report.shown);
    let more = [&write[..], &["--filter", "::sample::a", "--filter", "::sample::b"]].concat();
    let report = conform.judge("misread", "echo_u16", &more);
    assert!(report.shown.contains("1 known failures kept, 1 removed, 1 new"), "{}", report.shown);
    let text = read();
    assert!(!text.contains("sample::a") && text.contains("sample::d"), "{text}");
    assert_eq!(text.matches("issue 7").count(), 1, "{text}");
    assert_eq!(text.matches("fault: unknown").count(), 1, "{text}");
}

fn every_rendering() {
    let conform = Conform::new();
    let report =
        conform.expecting(&list(&pattern("round-trip::sample::*", 4)), "misread", "echo_u8", &[]);
    let read = |name: &str| {
        std::fs::read_to_string(conform.folder.path().join("report").join(name)).expect(name)
    };
    let (page, junit) = (read("report.md"), read("junit.xml"));
    assert!(page.contains("## Known failures (2)") && page.contains("it lies"), "{page}");
    assert!(page.contains("## Known failures out of date (1)"), "{page}");
    assert!(junit.contains("known failure of the binder: it lies"), "{junit}");
    assert!(junit.contains("<skipped message=\"known failure of the binder"), "{junit}");
    assert!(report.shown.contains("2 failed as known"), "{}", report.shown);
}
