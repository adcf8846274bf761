//! Corpora with one mistake each: where it is found, and what the message says.

use std::path::PathBuf;

use super::tests::{HEADER, call, clauses, read};
use super::{CaseFile, Corpus, Problem};
use crate::seed::Draw;

/// The errors of a text, one a line.
fn errors(text: &str) -> String {
    let errors = read(text).expect_err("the corpus has a mistake");
    errors.iter().map(|error| format!("{error}\n")).collect()
}

/// Refuses one case with one message.
#[track_caller]
fn refuses(case: &str, message: &str) {
    assert_eq!(errors(&format!("{HEADER}{case}")), format!("s.yaml:{message}\n"), "{case}");
}

#[test]
fn files_that_are_no_suites() {
    let cases = [
        (
            "",
            "1:1: the file holds nothing; expected a map with suite, clauses, types, functions, cases or tables",
        ),
        (
            "a: [",
            "2:1: not YAML: while parsing a node, did not find expected node content; correct the file here or just before",
        ),
        (
            "suite: s\nsuite: s\n",
            "2:1: the key `suite` stands here again, first at s.yaml:1:1; remove one",
        ),
        ("[1]", "1:1: found a list of 1 as a case file; expected a map"),
        (
            "suite: s\ncase: []\n",
            "2:1: a case file has no field `case`; expected suite, clauses, types, functions, cases or tables (closest: `cases`)",
        ),
        (
            "suite: t\ncases: []\n",
            "1:8: the suite is named `t` in a file named `s.yaml`; make them the same",
        ),
        (
            "suite: S\n",
            "1:8: `S` is no name for a suite; use lower-case letters, digits and single hyphens",
        ),
        ("suite: s\n", "1:1: a case file lacks `cases`; add it"),
        ("suite: s\ncases: []\n", "2:8: found a list of 0 as `cases`; expected at least one case"),
        (
            "cases: &x []\n",
            "1:8: found a YAML anchor, which may not be used here; write the value out",
        ),
        (
            "suite: s\n---\ncases: []\n",
            "2:1: a second document begins; a file holds one, so give the rest a file of its own",
        ),
    ];
    for (text, message) in cases {
        assert_eq!(errors(text), format!("s.yaml:{message}\n"), "{text}");
    }
    let bytes = vec![b'a', 0xff];
    let file = CaseFile { path: PathBuf::from("s.yaml"), bytes };
    let errors = Corpus::read(&[file], &clauses()).unwrap_err();
    assert_eq!(errors[0].problem, Problem::NotUtf8 { offset: 1 });
}

#[test]
fn declarations_and_functions_that_are_wrong() {
    let suite = |rest: &str| {
        format!(
            "suite: s\n{rest}cases:\n  - {{id: a, clauses: [C-1], signature: \"[:ret :void]\", accepts: true}}\n"
        )
    };
    let cases = [
        (
            "functions:\n  f: \"[x :i65 :ret :void]\"\n",
            "3:6: the contract refuses this signature of `f` with unknown-scalar:",
        ),
        (
            "types:\n  - \"(defenumz A [a x])\"\n",
            "3:5: the contract refuses this declaration with non-integer-member:",
        ),
        (
            "types: \"(defenumz A [a 1])\"\n",
            "2:8: found the text \"(defenumz A [a 1])\" as `types`; expected a list",
        ),
        (
            "functions:\n  f: [:ret, :void]\n",
            "3:6: found a list of 2 as a signature; expected EDN in quotes",
        ),
        (
            "functions:\n  f-g: \"[:ret :void]\"\n",
            "3:3: found `f-g` as a function; expected the name of a C symbol",
        ),
        (
            "functions:\n  f: {signature: \"[x :i8 :ret :void]\", consumes: x}\n",
            "3:50: `f` consumes `x`, a :i8; only a handle can be consumed (C-14)",
        ),
        (
            "functions:\n  f: {signature: \"[x :i8 :ret :void]\", consumes: y}\n",
            "3:50: `f` has no argument `y`; expected x",
        ),
        (
            "functions:\n  f: {signature: \"[:ret :void]\", consume: x}\n",
            "3:34: a function has no field `consume`; expected signature, consumes, symbol or shared (closest: `consumes`)",
        ),
        (
            "functions:\n  f: \"[:ret :void]\"\n",
            "3:3: no case calls `f`; add one, or remove the declaration",
        ),
    ];
    for (text, message) in cases {
        let found = errors(&suite(text));
        assert!(found.starts_with(&format!("s.yaml:{message}")), "{found}");
    }
}

#[test]
fn names_are_unique_in_the_corpus() {
    let file = |name: &str, functions: &str| {
        CaseFile {
        path: PathBuf::from(format!("{name}.yaml")),
        bytes: format!("suite: {name}\nclauses: [C-1]\nfunctions:\n  {functions}\ncases:\n  - {{id: a, fn: f}}\n").into_bytes(),
    }
    };
    let files = [file("a", "f: \"[:ret :void]\""), file("b", "f: \"[:ret :void]\"")];
    let errors = Corpus::read(&files, &clauses()).unwrap_err();
    let expected =
        "b.yaml:4:3: the function `f` is here again, first at a.yaml:4:3; rename or remove one";
    assert_eq!(errors.iter().map(ToString::to_string).collect::<Vec<_>>(), [expected]);
}

#[test]
fn cases_that_are_wrong() {
    refuses(
        "  - {id: a}\n",
        "13:5: found a map of id as a case; expected `fn`, `steps`, `kept`, `signature` or `property`",
    );
    refuses("  - {fn: box}\n", "13:5: a case lacks `id`; add it");
    refuses(
        "  - {id: A b}\n",
        "13:10: `A b` is no name for a case; use lower-case letters, digits and single hyphens",
    );
    refuses(
        &call("fn: box; arg: [1]"),
        "15:5: a case has no field `arg`; expected id, clauses, note, fn, args, returns, refuses, fails, arrives, changes, calls, one-array, take, under, steps, kept, binds, lacks, signature, types, at, accepts, normal or property (closest: `args`)",
    );
    refuses(
        &call("fn: boxx; args: [1]"),
        "14:9: no suite declares the function `boxx` (closest: `box`); add its signature to `functions`",
    );
    refuses(
        &call("clauses: [C-22]; fn: box"),
        "14:15: no clause `C-22` in the contract (closest: `C-2`); cite one that is there",
    );
    refuses(
        &call("fn: box; args: [1]; returns: handle; refuses: arity"),
        "17:5: a case has `returns` and `refuses`, which exclude each other; remove one",
    );
    refuses(
        &call("fn: box; steps: []"),
        "15:5: a case has `fn` and `steps`, which exclude each other; remove one",
    );
    refuses(
        &call("steps: []; args: [1]"),
        "15:5: a case has `steps` and `args`, which exclude each other; remove one",
    );
    refuses(
        &call("fn: box; let: b"),
        "15:5: a case has no field `let`; expected id, clauses, note, fn, args, returns, refuses, fails, arrives, changes, calls, one-array, take, under, steps, kept, binds, lacks, signature, types, at, accepts, normal or property (closest: `kept`)",
    );
    let twice = "  - {id: a, fn: fill, args: [[], []]}\n";
    refuses(
        &format!("{twice}{twice}"),
        "14:10: the case id `a` is here again, first at s.yaml:13:10; rename or remove one",
    );
    let bare = "suite: s\nfunctions:\n  f: \"[:ret :void]\"\ncases:\n  - {id: a, fn: f}\n";
    assert_eq!(
        errors(bare),
        "s.yaml:5:5: `a` cites no clause; name what it proves in its `clauses` or its suite's\n"
    );
}

#[test]
fn arguments_that_are_wrong() {
    refuses(
        &call("fn: echo_u8; args: [256]; returns: 0"),
        "15:12: found `256` as argument `x` of `echo_u8`, declared :u8; expected an integer from 0 to 255",
    );
    refuses(
        &call("fn: echo_u8; args: [1, 2]; returns: 1"),
        "15:11: `echo_u8` takes 1 argument and is given 2; correct `args`, or say `refuses: arity`",
    );
    refuses(
        &call("fn: echo_u8; returns: 1"),
        "13:5: `echo_u8` takes 1 argument and is given 0; correct `args`, or say `refuses: arity`",
    );
    refuses(
        &call("fn: echo_u8; args: [1]; refuses: arity"),
        "15:11: `echo_u8` takes as many arguments as are given, 1, and cannot refuse them with arity; correct one",
    );
    refuses(
        &call("fn: echo_u8; args: [1]; refuses: type-missmatch"),
        "16:14: `type-missmatch` is no code of a refused call (closest: `type-mismatch`); expected arity, nil-argument, type-mismatch, out-of-range, unknown-enum-member, handle-type-mismatch, handle-closed, nil-collection-argument, pointer-arity, array-length, missing-field, string-argument, stream-consumed",
    );
    refuses(
        &call("fn: color; args: [:blue]; returns: :red"),
        "15:12: found `:blue` as argument `c` of `color`, declared Color; expected a member of Color",
    );
    refuses(
        &call("fn: fill; args: [[1], {i32s: [1]}]"),
        "15:17: found a map of i32s as argument `ys` of `fill`, declared [:slice :const :i64]; expected a typed array of :i64",
    );
    refuses(
        &call("fn: fill; args: [[1.0], []]"),
        "15:13: found `1.0` as argument `xs` of `fill`; expected an integer, in decimal or as 0x…, of at most 5,000 digits",
    );
    refuses(
        &call("fn: free_box; args: [~]"),
        "15:12: found `~` as argument `b` of `free_box`, declared [:handle Box]; expected `$name` of a Box that an earlier step kept",
    );
    refuses(
        &call("fn: free_box; args: [$b]"),
        "15:12: nothing is kept as `$b` before this step; expected a `let` in an earlier step",
    );
}

#[test]
fn results_that_are_wrong() {
    refuses(
        &call("fn: echo_u8; args: [1]"),
        "13:5: `echo_u8` returns :u8 and the step does not say what must come; add `returns`, `refuses` or `fails`",
    );
    refuses(
        &call("fn: echo_u8; args: [1]; returns: -1"),
        "16:14: found `-1` as the result of `echo_u8`, declared :u8; expected an integer from 0 to 255",
    );
    refuses(
        &call("fn: echo_f32; args: [0.1]; returns: 0.1"),
        "16:14: found `0.1` as the result of `echo_f32`, declared :f32; expected a double that a :f32 widens to exactly",
    );
    refuses(
        &call("fn: color; args: [:red]; returns: 0"),
        "16:14: found `0` as the result of `color`, declared Color; expected its member, :red",
    );
    refuses(
        &call("fn: echo_u8; args: [1]; returns: handle"),
        "16:14: found `handle` as the result of `echo_u8`, declared :u8; expected a value; only a handle is `handle`",
    );
    refuses(
        &call("fn: fill; args: [[], []]; fails: corrupt"),
        "16:12: `corrupt` is no code of a failed call; expected corrupt-native-length, callback-raised, callback-result",
    );
}

#[test]
fn crossings_that_are_wrong() {
    refuses(
        &call("fn: echo_u8; args: [1]; returns: 1; arrives: []"),
        "17:14: `arrives` lists 0 of the 1 argument carriers of `echo_u8`; list each, or leave `arrives` out",
    );
    refuses(
        &call("fn: echo_u8; args: [1]; returns: 1; arrives: [{i8: 1}]"),
        "17:15: found a map of i8 as an item of `arrives`; expected `{u8: …}`",
    );
    refuses(
        &call("fn: echo_u8; args: [1]; returns: 1; arrives: [{u8: -1}]"),
        "17:20: found `-1` as `u8` in `arrives`; expected an integer from 0 to 255",
    );
    refuses(
        &call("fn: echo_f32; args: [1]; returns: 1.0; arrives: [{f32: 1}]"),
        "17:21: found `1` as `f32` in `arrives`; expected a decimal, or its 32 bits as 0x…",
    );
    refuses(
        &call("fn: echo_u8; args: [~]; refuses: nil-argument; arrives: []"),
        "17:5: `arrives` of a call that is refused: nothing crosses (C-13); remove it",
    );
    refuses(
        &call("fn: fill; args: [[1], [1]]; changes: {ys: [2]}"),
        "16:15: `fill` cannot change `ys`, a [:slice :const :i64]; only a mutable slice or pointer shows the callee's edits (C-9)",
    );
    refuses(
        &call("fn: fill; args: [[1], [1]]; changes: {zs: [2]}"),
        "16:15: `fill` has no argument `zs`; expected xs or ys",
    );
    refuses(
        &call("fn: fill; args: [[1], [1]]; changes: {xs: []}"),
        "16:14: found 0 elements as `xs` in `changes`; expected 1 elements, as in `args`",
    );
    let not_one = |text: &str| {
        refuses(
            &call(&format!("fn: fill; {text}")),
            "16:16: found a list of 2 as `one-array`; expected at least two, given equal arrays, that hold equal ones after the call",
        );
    };
    not_one("args: [[1], [2]]; one-array: [xs, ys]");
    refuses(
        &call("fn: fill; args: [[1], [1]]; one-array: [ys, xs]"),
        "16:21: found `xs` as an argument of `one-array`; expected arguments of `fill` in their order",
    );
}

#[test]
fn steps_that_are_wrong() {
    refuses(
        &call("steps: [{let: b, fn: box, args: [1]}]"),
        "14:19: `b` is kept and no later step names it; remove `let`, or use `$b`",
    );
    refuses(
        &call("steps: [{let: b, fn: box, args: [1]}, {fn: free_box, args: [$c]}]"),
        "14:65: nothing is kept as `$c` before this step; expected `$b`",
    );
    refuses(
        &call("steps: [{let: b, fn: echo_u8, args: [1], returns: 1}]"),
        "14:19: `echo_u8` gives no handle here, and `let` keeps only a handle that is returned; remove `let`",
    );
    refuses(
        &call("steps: [{let: b, fn: box, args: [1]}, {let: b, fn: box, args: [1]}]"),
        "14:49: the kept name `b` is here again, first at s.yaml:14:19; rename or remove one",
    );
    refuses(
        &call("steps: [{let: b, fn: box, args: [1]}, {fn: echo_u8, args: [$b], returns: 1}]"),
        "14:64: found `$b` as argument `x` of `echo_u8`, declared :u8; expected a value of that type, not of [:handle Box]",
    );
    refuses(&call("steps: []"), "14:12: found a list of 0 as `steps`; expected at least one call");
    refuses(
        &call("steps: [{id: b, fn: box}]"),
        "14:14: a step has no field `id`; expected let, fn, args, returns, refuses, fails, arrives, changes, calls, one-array, take or under",
    );
}

#[test]
fn signature_cases_that_are_wrong() {
    refuses(&call("signature: \"[:ret :i65]\""), "13:5: a case lacks `refuses`; add it");
    refuses(
        &call("signature: \"[:ret :i65]\"; refuses: unknown-scalar"),
        "13:5: a case lacks `at`; add it",
    );
    refuses(
        &call("signature: \"[:ret :i65]\"; refuses: unknown-skalar; at: x"),
        "15:14: `unknown-skalar` is no code of a refused signature (closest: `unknown-scalar`); expected one of the table under S-4",
    );
}

#[test]
fn forms_that_are_not_where_the_case_says() {
    let case = |at: &str| {
        call(&format!(
            "signature: \"[x :i65 y :i65 :ret :void]\"; refuses: unknown-scalar; at: {at}"
        ))
    };
    refuses(
        &case("\":i66\""),
        "16:9: the form `:i66` is not in \"[x :i65 y :i65 :ret :void]\"; copy it from there as it is written",
    );
    refuses(
        &case("\":i65\""),
        "16:9: the form `:i65` stands 2 times in \"[x :i65 y :i65 :ret :void]\"; say which by `at: {form: \"…\", offset: n}`",
    );
    refuses(
        &case("{form: \":i65\", offset: 4}"),
        "16:9: byte 4 of \"[x :i65 y :i65 :ret :void]\" does not begin `:i65`; count bytes from 0",
    );
}

#[test]
fn tables_that_are_wrong() {
    let table = |columns: &str, rows: &str, case: &str| {
        let rest = "  - {id: r, steps: [{fn: echo_f32, args: [1], returns: 1.0},
      {fn: color, args: [:red], returns: :red}, {fn: box, args: [1], returns: handle},
      {fn: free_box, args: [~], refuses: handle-type-mismatch}, {fn: fill, args: [[], []]}]}
";
        format!("{rest}tables:\n  - columns: {columns}\n    rows: {rows}\n    cases: {case}\n")
    };
    let echo = "[{id: e, fn: echo_u8, args: [<x>], returns: <x>}]";
    refuses(
        &table("[x]", "{a: [1], b: [256]}", echo),
        "18:24: found `256` as argument `x` of `echo_u8`, declared :u8; expected an integer from 0 to 255",
    );
    refuses(
        &table("[x]", "{a: [1], b: [2]}", &echo.replace("returns", "return")),
        "19:47: a case has no field `return`; expected id, clauses, note, fn, args, returns, refuses, fails, arrives, changes, calls, one-array, take, under, steps, kept, binds, lacks, signature, types, at, accepts, normal or property (closest: `returns`)",
    );
    refuses(
        &table("[x, y]", "{a: [1, 2]}", echo),
        "17:18: no case of the table writes `<y>`; use it, or remove the column",
    );
    refuses(
        &table("[value]", "{a: [1]}", &echo.replace("<x>", "<vaule>")),
        "19:41: found `<vaule>`, and the table has no such column; expected `<value>` (closest: `<value>`)",
    );
    refuses(
        &table("[x]", "{a: [1, 2]}", echo),
        "18:15: found a list of 2 as a row; expected a value for each of the 1 columns",
    );
    refuses(
        &table("[x, x]", "{a: [1, 2]}", echo),
        "17:18: found `x` as a column; expected a name of its own",
    );
    refuses(
        &table("[x]", "{A: [1]}", echo),
        "18:12: `A` is no name for a row; use lower-case letters, digits and single hyphens",
    );
    refuses(
        &table("[x]", "{}", echo),
        "18:11: found a map of nothing as `rows`; expected at least one row",
    );
    refuses(
        &table("[x]", "{a: [1]}", "[]"),
        "19:12: found a list of 0 as a table's `cases`; expected at least one case",
    );
    refuses(
        &call("fn: echo_u8; args: [1]; returns: 1; take: 1"),
        "17:11: `echo_u8` gives :u8, and only a stream's items are taken; remove `take`",
    );
}

#[test]
fn what_tables_write_is_bounded() {
    let row = |n: usize| format!("      a{n}: [1]\n");
    let case = |n: usize| format!("      - {{id: c{n}, fn: f, args: [<x>]}}\n");
    let (rows, cases): (String, String) = (0..1000).map(|n| (row(n), case(n))).unzip();
    let text = format!(
        "suite: s\nclauses: [C-1]\ntables:\n  - columns: [x]\n    rows:\n{rows}    cases:\n{cases}"
    );
    let message = errors(&text);
    assert!(message.contains(": more than 500000 values"), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
    // One value of many, at many places; and one long text.
    for (value, holes) in [("1,".repeat(1000), 1000), ("a".repeat(32 << 10), 10_000)] {
        let text = format!(
            "suite: s\nclauses: [C-1]\ntables:\n  - {{columns: [x], rows: {{a: [[{value}]]}}, cases: [{{id: \
             c, fn: f, args: [{}]}}]}}\n",
            "<x>,".repeat(holes)
        );
        assert!(errors(&text).contains(": more than 500000 values"), "{}", value.len());
    }
}

#[test]
fn no_bytes_panic() {
    let good = format!(
        "{HEADER}{}{}",
        call(
            "fn: fill; args: [[1, -2], {i64s: [0x10]}]; changes: {xs: [{bits: 0x1}, 2.5e-1]}; arrives: [~, address]"
        ),
        "  - {id: b, steps: [{let: b, fn: box, args: [{big: 7}]}, {fn: free_box, args: [$b], refuses: arity}]}\n\
         tables:\n  - {columns: [x], rows: {a: [1]}, cases: [{id: c, fn: echo_u8, args: [<x>], returns: <x>}]}\n"
    );
    let mut draw = Draw::from(1);
    let mut random = |below| draw.below(below);
    let alphabet = b"[]{}:,-#&*!|>'\"%@`\n\t ?~$.0xab\xff\xc3\x00";
    for _ in 0..3000 {
        let mut bytes = good.clone().into_bytes();
        for _ in 0..=random(4) {
            let at = random(bytes.len().max(1));
            if bytes.is_empty() {
                break;
            }
            match random(4) {
                0 => bytes[at] = alphabet[random(alphabet.len())],
                1 => drop(bytes.remove(at)),
                2 => bytes.insert(at, alphabet[random(alphabet.len())]),
                _ => bytes.truncate(at.max(1)),
            }
        }
        let file = CaseFile { path: PathBuf::from("s.yaml"), bytes };
        let _ = Corpus::read(&[file], &clauses());
    }
}

#[test]
fn properties_that_are_wrong() {
    let property = |text: &str| format!("  - id: a\n    property: {text}\n");
    refuses(
        &property("{fn: box, law: echos}"),
        "14:30: found `echos` as `law`; expected one of `echoes`, `reverses-back`, `sums`, `counts`, `refuses-out-of-range`",
    );
    refuses(&property("{fn: box}"), "14:15: `property` lacks `law`; add it");
    refuses(
        &property("{fn: box, law: echoes}"),
        "14:30: found [v :i64 :ret [:handle Box]] as law `echoes` of `box`; expected one carrier scalar or enum, and the same type returned",
    );
    refuses(
        "  - id: a\n    property: {fn: box, law: echoes}\n    args: [1]\n",
        "15:5: a case has `property` and `args`, which exclude each other; remove one",
    );
}
