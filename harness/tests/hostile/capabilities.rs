//! Capabilities: what is declared and not there fails its trials, and what is there and not declared is
//! tried, told, and costs no verdict.

use serde_json::Value as Json;
use subject::Capability;

use super::run::{Conform, Report, ended};
use super::{Named, misbehaving};

pub(crate) const TESTS: &[Named] = &[
    ("capabilities::declared_and_unsupported_is_a_failure", declared_and_unsupported),
    ("capabilities::declared_and_pretended_is_a_failure", declared_and_pretended),
    ("capabilities::undeclared_is_gated_and_told_to_work", undeclared_and_working),
    ("capabilities::undeclared_and_not_there_is_gated_and_not_told", undeclared_and_not_there),
    ("capabilities::a_pretence_does_not_work", a_pretence_does_not_work),
    ("capabilities::what_dies_of_it_costs_no_verdict", what_dies_of_it_costs_no_verdict),
    ("capabilities::a_collection_beside_calls", a_collection_beside_calls),
    ("capabilities::a_part_of_the_trials_is_no_time_to_try", a_part_of_the_trials),
    ("capabilities::the_list_is_closed", the_list_is_closed),
];

/// Cases of every path, and one that makes a handle and frees it.
const CASES: &str = r#"suite: sample
clauses: [R-2]
types:
  - '(deftypez Countdown [left :i64] {:clj-zig/iter {:next "next" :deinit "free"}})'
  - '(deftypez WordDouble [a :i64 b :f64])'
  - '(deftypez Number [d :f64 i :i64] {:layout :union})'
  - '(deftypez PackedPair [a :u8 b :i64] {:layout :packed})'
  - '(deftypez ComplexDouble [re :f64 im :f64] {:layout :complex})'
functions:
  countdown: "[n :i64 :ret [:stream :i64 of Countdown]]"
  echo_u8: "[x :u8 :ret :u8]"
  reverse_i64s: "[xs [:slice :i64] :ret :void]"
  stamp_after_i64s: "[src [:slice :const :i64] dst [:slice :i64] :ret :i64]"
  box: "[v :i64 :ret [:handle Box]]"
  free_box: {signature: "[b [:handle Box] :ret :void]", consumes: b}
  apply_i64: "[f [:fn [:i64] :i64] x :i64 :ret :i64]"
  compare_at: "[f [:fn [[:ptr :const :i64] [:ptr :const :i64]] :i32] i :u8 j :u8 :ret :i32]"
  elsewhere_i64: "[f [:fn [:i64] :i64] x :i64 :ret :i64]"
  keep_i64: "[f [:fn :kept [:i64] :i64] :ret :void]"
  kept_i64: "[x :i64 :ret :i64]"
  unkeep: "[:ret :void]"
  make_worddouble: "[a :i64 b :f64 :ret [:by-value WordDouble]]"
  pass_number: "[s [:by-value Number] :ret [:by-value Number]]"
  pass_packedpair: "[s [:by-value PackedPair] :ret [:by-value PackedPair]]"
  pass_complexdouble: "[s [:by-value ComplexDouble] :ret [:by-value ComplexDouble]]"
  pass_f80: "[s [:by-value :f80] :ret [:by-value :f80]]"
  pass_i128: "[s [:by-value :i128] :ret [:by-value :i128]]"
  variadic_f64: "[n :i64 ... x :f64 :ret :f64]"
  cstring_named: "[n :u8 :ret [:cstring]]"
  counted_first: "[n :u32 :ret [:counted n :const :f64]]"
  in_out_add: "[x [:in-out :i64] by :i64 :ret :i64]"
cases:
  - {id: a, fn: echo_u8, args: [1], returns: 1}
  - {id: b, fn: reverse_i64s, args: [[1, 2]], changes: {xs: [2, 1]}}
  - {id: r, fn: echo_u8, args: [256], refuses: out-of-range}
  - {id: n, fn: countdown, args: [2], returns: [2, 1]}
  - {id: s, signature: "[x :i65 :ret :void]", refuses: unknown-scalar, at: ":i65"}
  - {id: f, clauses: [K-1], fn: apply_i64, args: [{fn: [7]}, 5], calls: {f: [[5]]}, returns: 7}
  - id: g
    clauses: [K-1, K-4]
    fn: apply_i64
    args: [{fn: [{raise: "no"}]}, 5]
    calls: {f: [[5]]}
    fails: callback-raised
  - {id: e, clauses: [K-6], fn: elsewhere_i64, args: [{fn: [7]}, 6], calls: {f: [[6]]}, returns: 7}
  - {id: t, clauses: [K-9], fn: compare_at, args: [{fn: [7]}, 2, 3], calls: {f: [[-1, 1]]}, returns: 7}
  - id: k
    clauses: [K-7]
    kept:
      # The library is there before anything of it is asked for.
      - {fn: kept_i64, args: [8], returns: 0}
      - {make: f, of: "[:fn :kept [:i64] :i64]", answers: [7]}
      - {fn: keep_i64, args: [$f]}
      - {fn: kept_i64, args: [8], returns: 7, heard: [{f: [8]}]}
      - {fn: unkeep, args: []}
      - {release: f}
  - {id: v, clauses: [G-3], fn: make_worddouble, args: [-1, 0.5], returns: {a: -1, b: 0.5}}
  - {id: u, clauses: [G-4], fn: pass_number, args: [{d: 1.0}], returns: {d: 1.0, i: 4607182418800017408}}
  - {id: p, clauses: [G-5], fn: pass_packedpair, args: [{a: 1, b: 2}], returns: {a: 1, b: 2}}
  - {id: gc, clauses: [G-6], fn: pass_complexdouble, args: [{re: 0.5, im: 1.5}], returns: {re: 0.5, im: 1.5}}
  - {id: gl, clauses: [G-7], fn: pass_f80, args: [1.0], returns: {f80: 0x3fff8000000000000000}}
  - {id: gi, clauses: [G-8], fn: pass_i128, args: [-5], returns: -5}
  - {id: w, clauses: [W-2], fn: variadic_f64, args: [1, 0.5], returns: 0.5}
  - {id: z, clauses: [Z-2], fn: cstring_named, args: [0], returns: "plain"}
  - {id: l, clauses: [Z-4], fn: counted_first, args: [1], returns: [1.5]}
  - {id: i, clauses: [Z-6], fn: in_out_add, args: [40, 2], returns: [40, 42]}
  - id: one
    fn: stamp_after_i64s
    args: [[1, 2], [1, 2]]
    one-array: [src, dst]
    returns: 5
    changes: {dst: [5, 6]}
  - id: c
    steps:
      - {let: b, fn: box, args: [7]}
      - {fn: free_box, args: [$b]}
"#;

/// The arm in which each capability is asked for.
const ARMS: [(&str, &str); 33] = [
    ("closed-handles", "lifetime"),
    ("counters", "paths"),
    ("paths", "paths"),
    ("force-path", "paths"),
    ("threads", "threads"),
    ("collect", "lifetime"),
    ("engines", "compare"),
    ("libraries", "compare"),
    ("unload", "unload"),
    ("one-array", "one-array"),
    ("views", "views"),
    ("bind-race", "first-bind"),
    ("refusal-places", "refusal"),
    ("argument-places", "refusal"),
    ("raising-readers", "readers"),
    ("dropped-streams", "dropped"),
    ("callbacks", "round-trip"),
    ("callback-types", "round-trip"),
    ("raising-callbacks", "round-trip"),
    ("foreign-threads", "round-trip"),
    ("kept-callbacks", "kept"),
    ("by-value", "round-trip"),
    ("unions", "round-trip"),
    ("packed", "round-trip"),
    ("complex", "round-trip"),
    ("long-double", "round-trip"),
    ("int128", "round-trip"),
    ("variadics", "round-trip"),
    ("cstrings", "round-trip"),
    ("lengths", "round-trip"),
    ("in-out", "round-trip"),
    ("errno", "errno"),
    ("set-errno", "set-errno"),
];

#[track_caller]
pub(crate) fn check_of(cases: &str, binder: &[String], options: &[&str]) -> Report {
    let conform = Conform::with(cases);
    let output = conform.judging(&[&["check"], options].concat(), binder).output();
    conform.report(&output.expect("conform starts"))
}

#[track_caller]
fn check(how: &str, capability: &str, options: &[&str]) -> Report {
    check_of(CASES, &misbehaving("declare", &[how, capability]), options)
}

impl Report {
    /// That nothing works which is not declared, and that this costs no verdict.
    #[track_caller]
    fn is_silent(&self) {
        assert_eq!(self.works(), [""; 0], "{}", self.shown);
        assert_eq!(self.counted("failed") + self.counted("errors"), 0, "{}", self.shown);
    }

    /// That what is declared and not there failed, and is no error of the adapter.
    #[track_caller]
    fn is_caught(&self, capability: &str) {
        assert_eq!((self.code, self.counted("errors")), (1, 0), "{capability}: {}", self.shown);
        assert!(self.counted("failed") > 0, "{capability}: {}", self.shown);
    }

    fn works(&self) -> Vec<&str> {
        let found = self.json["subject"]["works_undeclared"].as_array().expect("a list");
        found.iter().map(|word| word.as_str().expect("a word")).collect()
    }

    pub(crate) fn counted(&self, what: &str) -> u64 {
        self.json["counts"][what].as_u64().expect("a number")
    }
}

fn declared_and_unsupported() {
    for (capability, arm) in ARMS {
        // Nobody asks for a path or a place: who says none is tried next.
        if matches!(capability, "paths" | "refusal-places" | "argument-places") {
            continue;
        }
        let report = check("denies", capability, &["--arm", arm]);
        report.is_caught(capability);
        let rows = report.json["cases"].as_array().expect("rows");
        let row = rows.iter().find(|row| row["outcome"] == "failed").expect("one failed");
        assert_eq!(row["class"], "refuse", "{capability}: {row}");
        let observed = row["observed"].as_str().expect("text");
        assert!(observed.contains("not in this version"), "{capability}: {observed}");
    }
}

fn declared_and_pretended() {
    for (capability, arm) in ARMS {
        // A collection that is not made, and another engine that is the same, cannot be told.
        if matches!(capability, "collect" | "engines") {
            continue;
        }
        let report = check("pretends", capability, &["--arm", arm]);
        report.is_caught(capability);
    }
}

fn undeclared_and_working() {
    for (capability, arm) in ARMS {
        let report = check("hides", capability, &["--arm", arm]);
        let tried = !matches!(capability, "collect" | "engines");
        let expected = if tried { vec![capability] } else { vec![] };
        assert_eq!(report.works(), expected, "{capability}: {}", report.shown);
        assert_eq!(report.counted("failed") + report.counted("errors"), 0, "{capability}");
        let shown = format!("{capability}: works, not declared");
        assert_eq!(report.shown.contains(&shown), tried, "{}", report.shown);
        if matches!(capability, "closed-handles" | "paths" | "threads") {
            assert!(report.counted("gated") > 0, "{capability}: {}", report.shown);
        }
    }
}

fn undeclared_and_not_there() {
    for (capability, arm) in ARMS {
        check("lacks", capability, &["--arm", arm]).is_silent();
    }
}

fn a_pretence_does_not_work() {
    for (capability, arm) in ARMS {
        check("shams", capability, &["--arm", arm]).is_silent();
    }
}

fn what_dies_of_it_costs_no_verdict() {
    for capability in ["counters", "force-path", "threads", "libraries", "closed-handles"] {
        let options = ["--arm", "round-trip", "--arm", "compare", "--restarts", "0"];
        let report = check("dies", capability, &options);
        assert_eq!(report.works(), [""; 0], "{capability}: {}", report.shown);
        assert_eq!(report.code, 0, "{capability}: {}", report.shown);
        assert_eq!(report.json["suite"]["cut_short"], Json::Null, "{}", report.shown);
    }
}

/// It is asked for of who declares collections, and of nobody else.
fn a_collection_beside_calls() {
    let options = ["--arm", "long-calls"];
    check("denies", "collect", &options).is_caught("collect");
    let report = check("dies", "collect", &options);
    assert_eq!((report.code, report.counted("failed")), (0, 0), "{}", report.shown);
}

fn a_part_of_the_trials() {
    // Of the parts of a run the first one tries.
    for part in [["--filter", "round-trip::sample::a"], ["--shard", "2/2"]] {
        let report = check("hides", "counters", &[&["--arm", "round-trip"], &part[..]].concat());
        assert_eq!(report.works(), [""; 0], "{}", report.shown);
    }
}

/// The words of the interface, the protocol's page and the tests are the same.
fn the_list_is_closed() {
    let words: Vec<&str> = Capability::ALL.iter().map(|capability| capability.name()).collect();
    // The others are of wire level, or say what the host is and ask for nothing.
    let asked_for = ARMS.map(|(capability, _)| capability);
    let habits = Capability::HABITS.map(|habit| habit.name());
    let host = ["loops", "no-collector", "signless-arrays", "bytes-are-u8s"];
    assert_eq!(words, [&asked_for[..], &host, &habits].concat());
    let page = include_str!("../../../docs/protocol.md");
    let (_, list) = page.split_once("**Capabilities**").expect("the page lists them");
    let (list, _) = list.split_once("**Dialects**").expect("then dialects");
    for word in &words {
        assert!(list.contains(&format!("`{word}`")), "{word} is not on the page");
    }
    let schema = include_str!("../../../docs/protocol.schema.json");
    for word in words {
        assert!(schema.contains(&format!("\"{word}\"")), "{word} is not in the schema");
    }
    let conform = Conform::with(CASES);
    let binder = misbehaving("claims-what-nobody-knows", &[]);
    let output = conform.command(&["check"], &binder).output().expect("conform starts");
    ended(&output, 5, "telepathy");
    ended(&output, 5, "closed-handles");
}
