use TrialOutcome::{Expected, Failed, Gated, Passed, Skipped};

use super::*;
use crate::row::TrialOutcome;

fn read(text: &str) -> Result<Known, Vec<String>> {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let file = folder.path().join("known.yaml");
    std::fs::write(&file, text).expect("a scratch file");
    let at =
        |error: &KnownError| format!("{}:{}: {}", error.at.line, error.at.column, error.problem);
    Known::read(&file).map_err(|errors| errors.iter().map(at).collect())
}

const ENTRY: &str = "- {trial: a::b::c, outcome: fail, fault: binder, reason: because}";

fn with(entry: &str) -> Result<Known, Vec<String>> {
    read(&format!("subject: s\nfailures:\n{entry}\n"))
}

#[test]
fn a_star_stands_for_any_characters_and_for_none() {
    for (pattern, text) in [
        ("*", ""),
        ("*", "a::b::c"),
        ("a::*", "a::b::c"),
        ("*::c", "a::b::c"),
        ("a*c", "abac"),
        ("*b*", "abc"),
        ("a*b*c", "a-b-b-c"),
        ("*ab*ab", "ab-ab"),
        ("a**", "a"),
    ] {
        assert!(matches(pattern, text), "{pattern} {text}");
    }
    for (pattern, text) in
        [("a::*", "b::a::*"), ("*::c", "a::c::d"), ("a*c", "ab"), ("*ab*ab", "ab"), ("a*a", "a")]
    {
        assert!(!matches(pattern, text), "{pattern} {text}");
    }
}

#[test]
fn mistakes_are_told_with_their_place_and_what_to_do() {
    assert!(with(ENTRY).is_ok());
    for (from, to, said) in [
        ("trial: a::b::c, ", "", "3:3: a known failure lacks `trial`"),
        ("a::b::c", "a::b", "3:11: `a::b` names no trial"),
        ("a::b::c", "a::*::c", "3:11: `a::*::c` has a `*`; say `pattern`"),
        ("trial: a::b::c", "pattern: '*'", "3:3: a known failure lacks `matches`"),
        ("trial: a::b::c", "pattern: a, matches: 1", "3:13: the pattern `a` has no `*`"),
        ("trial: a::b::c", "pattern: '*', matches: 0", "3:27: found `0` as the number"),
        ("trial: a::b::c", "pattern: '*', matches: -1", "3:27: found `-1` as the number"),
        ("trial: a::b::c", "trial: a::b::c, matches: 1", "3:20: a known failure has `trial` and"),
        ("trial: a::b::c", "trial: a::b::c, pattern: '*'", "3:20: a known failure has `trial` and"),
        ("outcome: fail, ", "", "3:3: a known failure lacks `outcome`"),
        ("fail,", "error,", "3:29: `error` is no outcome class; expected fail, refuse"),
        ("fail,", "intermittent,", "3:3: a known failure lacks `runs`"),
        ("fail,", "intermittent, runs: 1,", "3:49: found `1` as the number of runs"),
        ("fail,", "fail, runs: 9,", "3:41: `runs` is for `outcome: intermittent` alone"),
        ("fault: binder, ", "", "3:3: a known failure lacks `fault`"),
        ("binder", "suite", "3:42: `suite` is no word for who is at fault"),
        ("binder", "unknown", "3:42: nobody is at fault yet: write"),
        (", reason: because", "", "3:3: a known failure lacks `reason`"),
        ("because", "''", "3:58: the reason is not filled in: write"),
        ("because", "[a]", "3:58: found a list of 1 as a reason"),
        ("because", "because, since: now", "3:67: a known failure has no field `since`"),
        (
            "because",
            "because, upstream: 'javascript:x'",
            "3:77: `javascript:x` is no address of a report",
        ),
        ("because", "because, upstream: 'https://a b'", "3:77: `https://a b` is no address"),
        ("because", "because, reason: again", "3:67: the key `reason` stands here again"),
    ] {
        let text = ENTRY.replacen(from, to, 1);
        let errors = with(&text).expect_err(&text);
        assert!(errors.len() == 1 && errors[0].starts_with(said), "{said}\n{errors:?}");
    }
    for (text, said) in [
        ("", "1:1: the file holds nothing; expected a map with subject or failures"),
        ("failures: []", "1:1: a list of known failures lacks `subject`"),
        ("subject: s", "1:1: a list of known failures lacks `failures`"),
        (
            "subject: s\nfailures: []\nnotes: x",
            "3:1: a list of known failures has no field `notes`",
        ),
        ("subject: s\nfailures: {}", "2:11: found a map of nothing as `failures`"),
    ] {
        let errors = read(text).expect_err(text);
        assert!(errors.len() == 1 && errors[0].starts_with(said), "{said}\n{errors:?}");
    }
    let errors = with(&format!("{ENTRY}\n- 7\n{}", ENTRY.replace("fail", "leak")))
        .expect_err("two mistakes");
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors[1].starts_with("5:1: `a::b::c` is excused here again, first at"), "{errors:?}");
}

#[test]
fn what_tells_entries_of_one_trial_apart() {
    let twice = |one: &str, other: &str| {
        with(&format!(
            "{}\n{}",
            ENTRY.replace("because", &format!("because, {one}")),
            ENTRY.replace("because", &format!("because, {other}"))
        ))
    };
    assert!(twice("host: linux", "host: macos").is_ok());
    assert!(twice("host: linux-x86_64", "host: linux-aarch64").is_ok());
    assert!(twice("version: 1.0", "version: 1.1").is_ok());
    assert!(twice("host: linux", "host: linux-x86_64").is_err());
    assert!(twice("host: linux, version: 1.0", "version: 1.0").is_err());
    assert!(twice("host: linux", "version: 1.0").is_err());
}

fn row(name: &str, outcome: TrialOutcome, class: Option<Class>) -> CaseRow {
    let (arm, id) = name.split_once("::").expect("an arm");
    CaseRow {
        id: id.to_owned(),
        arm: arm.to_owned(),
        outcome,
        class,
        observed: Some("no `paths`".to_owned()),
        ..CaseRow::default()
    }
}

const HERE: Place<'_> = Place { os: "linux", arch: "x86_64", version: "1.0" };

#[test]
fn only_a_failure_of_the_same_class_is_excused() {
    let known = with(ENTRY).expect("a list");
    let trials = ["a::b::c".to_owned(), "a::b::d".to_owned()];
    for outcome in [Passed, Failed, Expected, Gated, Skipped, TrialOutcome::Error] {
        for &class in Class::ALL {
            let failed = outcome == TrialOutcome::Failed;
            let class = failed.then_some(class);
            let mut rows = [row("a::b::c", outcome, class), row("a::b::d", Failed, class)];
            let stale = known.apply(&trials, &mut rows, HERE);
            assert_eq!(rows[1].outcome, Failed, "no entry names it");
            let excused = rows[0].outcome == Expected && rows[0].known.is_some();
            let (is_excused, is_stale) = match outcome {
                TrialOutcome::Failed => (class == Some(Class::Fail), class != Some(Class::Fail)),
                TrialOutcome::Passed | TrialOutcome::Gated => (false, true),
                // A row comes here as `expected` from no arm.
                TrialOutcome::Expected => continue,
                TrialOutcome::Skipped | TrialOutcome::Error => (false, false),
            };
            assert_eq!(
                (excused, !stale.is_empty()),
                (is_excused, is_stale),
                "{outcome:?} {class:?}"
            );
        }
    }
}

#[test]
fn the_trial_of_another_seed_is_not_selected() {
    for (trial, stale) in [("generated::seed-7::3", 0), ("generated::sead-7::3", 1)] {
        let known = with(&ENTRY.replace("a::b::c", trial)).expect("a list");
        let trials = ["generated::seed-1::3".to_owned()];
        let mut rows = [row("generated::seed-1::3", Failed, Some(Class::Fail))];
        assert_eq!(known.apply(&trials, &mut rows, HERE).len(), stale);
        assert_eq!(rows[0].outcome, Failed);
        let kept = known.rewritten(&trials, &rows, HERE).kept;
        assert_eq!(kept, 1 - stale);
    }
}

#[test]
fn a_pattern_that_says_too_much_is_written_out_trial_by_trial() {
    let entry = "- {pattern: 'a::*', matches: 9, outcome: fail, fault: adapter, reason: why}\n\
                 - {trial: x::y::z, outcome: leak, fault: binder, reason: 'é: \"q\"', \
                 upstream: 'https://example.org/7', host: plan9}";
    let known = with(entry).expect("a list");
    let trials = ["a::b::c", "a::b::d", "a::b::e", "a::b::f"].map(str::to_owned);
    let failed = |name: &str| row(name, Failed, Some(Class::Fail));
    let rows = [failed("a::b::c"), failed("a::b::d"), failed("a::b::e"), failed("a::b::f")];
    let written = known.rewritten(&trials, &rows, HERE);
    assert_eq!((written.kept, written.new, written.removed), (2, 0, 0));
    assert!(written.text.contains("matches: 4"), "{}", written.text);
    // One passes, one comes to something else, one did not run.
    let rows = [
        failed("a::b::c"),
        row("a::b::d", Passed, None),
        row("a::b::e", Failed, Some(Class::Crash)),
    ];
    let written = known.rewritten(&trials, &rows, HERE);
    assert_eq!((written.kept, written.new, written.removed), (3, 1, 0));
    assert!(read(&written.text).is_err(), "the new one has no reason");
    let again =
        read(&written.text.replace("unknown", "binder").replace("reason: \"\"", "reason: new"))
            .expect("a list");
    let said: Vec<_> =
        again.entries.iter().map(|e| (e.text(), e.outcome.word(), e.reason.as_str())).collect();
    let upstream = again.entries.iter().find_map(|entry| entry.upstream.as_deref());
    assert_eq!(upstream, Some("https://example.org/7"));
    let expected = [
        ("a::b::c", "fail", "why"),
        ("a::b::f", "fail", "why"),
        ("x::y::z", "leak", "é: \"q\""),
        ("a::b::e", "crash", "new"),
    ];
    assert_eq!(said, expected);
    let none = Known::none(Path::new("x"), "s").rewritten(&trials, &[], HERE).text;
    assert_eq!(read(&none).expect("an empty list").entries, []);
}

#[test]
fn what_fails_alike_is_written_as_a_pattern() {
    let trials = [
        "a::s::x",
        "a::s::y",
        "b::s::x",
        "b::s::y",
        "a::t::x",
        "a::t::y",
        "b::t::x",
        "b::t::y",
        "a::u::x",
        "b::u::x",
        "a::u::y",
        "race::s::x",
    ]
    .map(str::to_owned);
    let rows: Vec<CaseRow> = trials[..11]
        .iter()
        .map(|name| match name.as_str() {
            "b::t::y" | "a::u::y" => row(name, Passed, None),
            "b::t::x" => row(name, Failed, Some(Class::Crash)),
            name => row(name, Failed, Some(Class::Fail)),
        })
        .collect();
    let none = Known::none(Path::new("x"), "s");
    let written = none.rewritten(&trials, &rows, HERE);
    let filled =
        written.text.replace("unknown", "binder").replace("reason: \"\"", "reason: because");
    let known = read(&filled).expect("a list");
    let said: Vec<_> = known.entries.iter().map(|e| (e.text(), e.outcome.word())).collect();
    let expected =
        [("*::s::*", "fail"), ("a::t::*", "fail"), ("*::u::x", "fail"), ("b::t::x", "crash")];
    assert_eq!((said, written.new), (expected.to_vec(), 4));
    assert_eq!(known.apply(&trials, &mut rows.clone(), HERE), []);
    // A trial that did not run may pass, so that no pattern speaks of it.
    let written = none.rewritten(&trials, &rows[..1], HERE);
    assert!(written.text.contains("trial: a::s::x"), "{}", written.text);
}

#[test]
fn what_is_new_says_what_was_seen_and_stands_with_its_like() {
    let named = ["a::s::x", "a::u::y", "a::t::z", "a::t::passes"].map(str::to_owned);
    let failed = |name: &str, clause: &str, observed: &str| CaseRow {
        broken: vec![clause.to_owned()],
        expected: Some("255".to_owned()),
        observed: Some(observed.to_owned()),
        ..row(name, Failed, Some(Class::Fail))
    };
    let long = format!("-1\n{}", "x".repeat(100));
    let rows = [
        failed("a::s::x", "R-2", "-1"),
        failed("a::u::y", "C-1", &long),
        failed("a::t::z", "C-1", "254"),
    ];
    let written = Known::none(Path::new("x"), "s").rewritten(&named, &rows, HERE);
    let (mut lines, mut at) = (written.text.lines(), Vec::new());
    while let Some(comment) = lines.find(|line| line.starts_with("  # ")) {
        at.push((comment, lines.next().expect("an entry is below it")));
    }
    let cut = format!("  # C-1: expected 255; observed -1 {}…", "x".repeat(77));
    let expected = [
        (cut.as_str(), "  - trial: a::u::y"),
        ("  # C-1: expected 255; observed 254", "  - trial: a::t::z"),
        ("  # R-2: expected 255; observed -1", "  - trial: a::s::x"),
    ];
    assert_eq!(at, expected);
}

#[test]
fn a_list_that_nobody_filled_in_is_one_error() {
    let unfilled = |name: &str| {
        format!("- {{trial: a::b::{name}, outcome: fail, fault: unknown, reason: ''}}\n")
    };
    let text: String = ["c", "d", "e"].into_iter().map(unfilled).collect();
    let errors = with(&text).expect_err("nobody filled it in");
    assert!(
        errors.len() == 1 && errors[0].starts_with("3:42: 3 entries are not filled in"),
        "{errors:?}"
    );
    let errors = with(&format!("{text}- 7")).expect_err("and one is no entry");
    assert_eq!(errors.len(), 2, "{errors:?}");
}

/// What docs/known-failures.schema.json tells an editor is what is read here.
#[test]
fn the_schema_knows_the_same_words() {
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../../../docs/known-failures.schema.json"))
            .expect("JSON");
    let keys = |pointer: &str| -> Vec<String> {
        let object = schema.pointer(pointer).and_then(|value| value.as_object());
        let mut keys: Vec<String> = object.expect(pointer).keys().cloned().collect();
        keys.sort();
        keys
    };
    let sorted = |words: &[&str]| -> Vec<String> {
        let mut words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        words.sort();
        words
    };
    assert_eq!(keys("/properties"), sorted(&FIELDS));
    assert_eq!(keys("/$defs/failure/properties"), sorted(&ENTRY_FIELDS));
    let classes = &schema["$defs"]["failure"]["properties"]["outcome"]["enum"];
    let words = Class::ALL.iter().map(|class| class.word()).chain([INTERMITTENT]);
    assert_eq!(*classes, serde_json::json!(words.collect::<Vec<_>>()));
    let faults = &schema["$defs"]["failure"]["properties"]["fault"]["enum"];
    assert_eq!(*faults, serde_json::json!(Fault::VARIANTS));
}

#[test]
fn an_arm_on_request_is_meant_by_its_name_alone() {
    let named = |pattern: &str, trial: &str| {
        let entry = ENTRY.replace("trial: a::b::c", &format!("pattern: '{pattern}', matches: 1"));
        with(&entry).expect("a list").entries[0].names(trial)
    };
    assert!(named("*::b::c", "volume::b::c"));
    assert!(!named("*::b::c", "race::b::c"));
    assert!(named("race::*", "race::b::c"));
}

#[test]
fn what_is_intermittent_may_pass_or_fail_and_nothing_else() {
    let known = with(&ENTRY.replace("fail,", "intermittent, runs: 20,")).expect("a list");
    let trials = ["a::b::c".to_owned()];
    let put = |outcome, class| {
        let mut rows = [row("a::b::c", outcome, class)];
        let stale = known.apply(&trials, &mut rows, HERE).len();
        let written = known.rewritten(&trials, &rows, HERE);
        assert_eq!(written.new, 0);
        if written.kept == 1 {
            let again = read(&written.text).expect("a list");
            assert_eq!(again.entries[0].outcome, Awaited::Either { runs: 20 });
        }
        let [row] = rows;
        (row.outcome, row.known.and_then(|known| known.runs), stale, written.kept)
    };
    assert_eq!(put(Passed, None), (Passed, Some(20), 0, 1));
    for &class in Class::ALL {
        assert_eq!(put(Failed, Some(class)), (Expected, Some(20), 0, 1), "{class:?}");
    }
    assert_eq!(put(Gated, None), (Gated, None, 1, 0));
    assert_eq!(put(Skipped, None), (Skipped, None, 0, 1));
    let spoiled = TrialOutcome::Error;
    assert_eq!(put(spoiled, None), (spoiled, None, 0, 1), "nothing excuses an error");
}
