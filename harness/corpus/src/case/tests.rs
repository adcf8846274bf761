//! Whole corpora: what is read from them. `mistakes` says what is not.

use std::collections::BTreeSet;
use std::path::PathBuf;

use contract::{RefusalCode, Scalar};
use num_bigint::BigInt;

use super::*;

/// Lines 1 to 12 of every suite here; its cases begin on line 13.
pub(super) const HEADER: &str = "\
suite: s
clauses: [C-1]
types:
  - \"(defenumz Color {:backing :u8} [red 0 green 1])\"
functions:
  echo_u8: \"[x :u8 :ret :u8]\"
  echo_f32: \"[x :f32 :ret :f32]\"
  color: \"[c Color :ret Color]\"
  box: \"[v :i64 :ret [:handle Box]]\"
  free_box: {signature: \"[b [:handle Box] :ret :void]\", consumes: b}
  fill: \"[xs [:slice :i64] ys [:slice :const :i64] :ret :void]\"
cases:
";

pub(super) fn clauses() -> BTreeSet<String> {
    ["C-1", "C-2", "R-2", "S-4"].map(str::to_owned).into()
}

pub(super) fn read(text: &str) -> Result<Corpus, Vec<CorpusError>> {
    let file = CaseFile { path: PathBuf::from("s.yaml"), bytes: text.as_bytes().to_vec() };
    Corpus::read(&[file], &clauses())
}

pub(super) fn call(step: &str) -> String {
    format!("  - id: a\n    {}\n", step.replace("; ", "\n    "))
}

/// One case of one step, of a suite whose functions are all used.
fn step(text: &str) -> Step {
    let all = "  - {id: all, steps: [
      {fn: echo_u8, args: [1], returns: 1}, {fn: echo_f32, args: [1], returns: 1.0},
      {fn: color, args: [:red], returns: :red}, {fn: box, args: [1], returns: handle},
      {fn: free_box, args: [~], refuses: handle-type-mismatch}, {fn: fill, args: [[], []]}]}
";
    let corpus = read(&format!("{HEADER}{all}{}", call(text))).unwrap();
    match &corpus.suites[0].cases[1].body {
        Body::Calls(steps) => steps[0].clone(),
        _ => panic!("a call"),
    }
}

#[test]
fn a_call_is_read() {
    let step = step("fn: echo_u8; args: [0xff]; returns: 255; arrives: [{u8: 255}]");
    assert_eq!(step.function.symbol, "echo_u8");
    assert_eq!(step.arguments, [Given::Value(HostValue::Long(255))]);
    assert_eq!(step.expect, Expect::Returns(Expected::Exactly(HostValue::Long(255))));
    assert_eq!(step.arrives, Some(vec![Arrival::Integer(Scalar::U8, 255)]));
    assert_eq!(step.at.to_string(), "s.yaml:17:5");
}

#[test]
fn arrivals_are_read_by_carrier() {
    let float =
        step("fn: echo_f32; args: [0.1]; returns: 0.10000000149011612; arrives: [{f32: 0.1}]");
    assert_eq!(float.arrives, Some(vec![Arrival::Float(Scalar::F32, 0x3dcc_cccd)]));
    let bits = step("fn: echo_f32; args: [0.0]; returns: 0.0; arrives: [{f32: 0x3dcccccd}]");
    assert_eq!(bits.arrives, Some(vec![Arrival::Float(Scalar::F32, 0x3dcc_cccd)]));
    let color = step("fn: color; args: [:green]; returns: 255; arrives: [{u8: 1}]");
    assert_eq!(color.arrives, Some(vec![Arrival::Integer(Scalar::U8, 1)]));
    let memory = step("fn: fill; args: [[1], [2]]; arrives: [{i64s: [1]}, {memory: \"02 ..\"}]");
    let mut one = vec![Some(0); 8];
    one[0] = Some(1);
    let known = vec![Some(2), None];
    assert_eq!(memory.arrives, Some(vec![Arrival::Memory(one), Arrival::Memory(known)]));
}

#[test]
fn an_extended_float_alone_arrives_without_its_padding() {
    let text = "suite: s
clauses: [C-1]
functions:
  f: \"[x :f80 p [:ptr :f80] xs [:slice :f80] o [:optional [:ptr :f80]] :ret :void]\"
cases:
  - {id: a, fn: f, args: [1, [1.0], [1.0], ~],
     arrives: [{f80: 1.0}, {f80s: [1.0]}, {f80s: [1.0]}, ~]}
";
    let corpus = read(text).unwrap();
    let Body::Calls(steps) = &corpus.suites[0].cases[0].body else { panic!("a call") };
    let one: Vec<_> = [0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x3f].map(Some).into();
    let mut element = one.clone();
    element.resize(16, None);
    let memory = Arrival::Memory;
    let expected = vec![memory(one.clone()), memory(one), memory(element), Arrival::Null];
    assert_eq!(steps[0].arrives, Some(expected));
}

#[test]
fn tables_are_cases_for_every_row() {
    let text = "suite: s
clauses: [C-1]
functions:
  echo: \"[x :u8 :ret :u8]\"
  bump: {symbol: add, signature: \"[xs [:slice :u8] n :u8 :ret :void]\"}
tables:
  - columns: [value, list]
    rows:
      least: [0, []]
      greatest: [255, [1]]
    cases:
      - {id: echo, fn: echo, args: [<value>], returns: <value>}
      - {id: bump, clauses: [C-2], fn: bump, args: [<list>, <value>], changes: {xs: <list>}}
";
    let corpus = read(text).unwrap();
    let cases = &corpus.suites[0].cases;
    let ids: Vec<&str> = cases.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids, ["echo-least", "echo-greatest", "bump-least", "bump-greatest"]);
    assert_eq!(cases[3].clauses, ["C-1", "C-2"]);
    let Body::Calls(steps) = &cases[3].body else { panic!("a call") };
    assert_eq!(steps[0].function.name, "bump");
    assert_eq!(steps[0].function.symbol, "add");
    let list = HostValue::Array(Scalar::U8, vec![1]);
    let given = vec![Given::Value(list.clone()), Given::Value(HostValue::Long(255))];
    assert_eq!(steps[0].arguments, given);
    assert_eq!(steps[0].changes, [(0, list)]);
    assert_eq!(cases[3].at.to_string(), "s.yaml:13:9");
}

#[test]
fn types_stand_in_any_order() {
    let text = "suite: s
clauses: [C-1]
types:
  - \"(deftypez Outer [in Inner])\"
  - \"(deftypez Inner [x :f64])\"
cases:
  - {id: a, signature: \"[x Outer :ret :void]\", accepts: true}
";
    let corpus = read(text).unwrap();
    let lines: Vec<&str> = corpus.declarations_text.lines().collect();
    assert_eq!(lines, ["(deftypez Inner [x :f64])", "(deftypez Outer [in Inner])"]);
    let errors = read(&text.replace("Inner [x", "Other [x")).unwrap_err();
    assert!(errors[0].to_string().starts_with("s.yaml:4:5: the contract refuses"), "{}", errors[0]);
}

#[test]
fn streams_give_items() {
    let text = |take: &str| {
        format!(
            "suite: s
clauses: [C-1]
types: [\"(deftypez Ticks [at :i64] {{:clj-zig/iter {{:next \\\"n\\\" :deinit \\\"d\\\"}}}})\"]
functions:
  ticks: \"[n :i64 :ret [:stream :i64 of Ticks]]\"
cases:
  - {{id: a, fn: ticks, args: [3], returns: [3, 2]{take}}}
"
        )
    };
    let taken = |text: &str| {
        let corpus = read(text).unwrap();
        let Body::Calls(steps) = &corpus.suites[0].cases[0].body else { panic!("a call") };
        steps[0].take
    };
    assert_eq!(taken(&text("")), None);
    assert_eq!(taken(&text(", take: 2")), Some(2));
    let errors = read(&text(", take: 3")).unwrap_err();
    let expected = "s.yaml:7:58: found `3` as `take`; expected 2, the items that `returns` lists";
    assert_eq!(errors[0].to_string(), expected);
}

#[test]
fn changes_name_arguments() {
    let step = step("fn: fill; args: [[1], [2]]; changes: {xs: [-1]}");
    assert_eq!(step.changes, [(0, HostValue::Array(Scalar::I64, vec![0xff; 8]))]);
}

#[test]
fn refused_calls_take_what_does_not_suit() {
    let refused = step("fn: echo_u8; args: [\"x\"]; refuses: type-mismatch");
    assert_eq!(refused.expect, Expect::Refuses("type-mismatch".to_owned()));
    let arity = step("fn: echo_u8; args: [1, 2]; refuses: arity");
    assert_eq!(arity.arguments.len(), 2);
    let big = step("fn: echo_u8; args: [-9223372036854775809]; refuses: out-of-range");
    let least = BigInt::from(i64::MIN) - 1;
    assert_eq!(big.arguments, [Given::Value(HostValue::Big(least))]);
}

#[test]
fn handles_are_kept_and_named() {
    let steps = "steps: [{let: b, fn: box, args: [7]}, {fn: free_box, args: [$b]}]";
    let text = format!(
        "{}  - {{id: rest, steps: [{}]}}\n",
        call(steps),
        "
      {fn: echo_u8, args: [1], returns: 1}, {fn: echo_f32, args: [1], returns: 1.0},
      {fn: color, args: [:red], returns: :red}, {fn: fill, args: [[], []]}"
    );
    let corpus = read(&format!("{HEADER}{text}")).unwrap();
    let Body::Calls(steps) = &corpus.suites[0].cases[0].body else { panic!("calls") };
    assert_eq!(steps[0].expect, Expect::Returns(Expected::AHandle));
    assert_eq!(steps[0].keep.as_deref(), Some("b"));
    assert_eq!(steps[1].arguments, [Given::Kept("b".to_owned())]);
    assert_eq!(steps[1].expect, Expect::Returns(Expected::Exactly(HostValue::Nil)));
    assert_eq!(steps[1].function.consumes, Some(0));
    assert_eq!(corpus.declarations.len(), 1);
    assert_eq!(corpus.hash.len(), 32);
}

#[test]
fn signature_cases_find_their_form() {
    let text = "suite: s\nclauses: [S-4]\ncases:
  - {id: a, signature: \"[x :i65 :ret :void]\", refuses: unknown-scalar, at: \":i65\"}
  - {id: b, signature: \"[x :i65 y :i65 :ret :void]\", refuses: unknown-scalar, at: {form: \":i65\", offset: 3}}
  - {id: c, signature: \"[:ret A]\", types: [\"(defenumz A [a x])\"], refuses: non-integer-member, at: x}
  - {id: d, signature: \"[:ret :void]\", accepts: true}
  - {id: e, signature: \"[:ret A]\", types: [\"(defenumz A [a x])\"], refuses: non-integer-member, at: {form: x, offset: 15, in: types}}
";
    let corpus = read(text).unwrap();
    let expects: Vec<_> = corpus.suites[0]
        .cases
        .iter()
        .map(|case| match &case.body {
            Body::Signature(signature) => signature.expect.clone(),
            _ => panic!("a signature"),
        })
        .collect();
    let refused =
        |code, form: &str, offset| SignatureExpect::Refused { code, form: form.to_owned(), offset };
    assert_eq!(expects[0], refused(RefusalCode::UnknownScalar, ":i65", 3));
    assert_eq!(expects[1], refused(RefusalCode::UnknownScalar, ":i65", 3));
    assert_eq!(expects[2], refused(RefusalCode::NonIntegerMember, "x", 15));
    assert_eq!(expects[3], SignatureExpect::Accepted { normalised: None });
    assert_eq!(expects[4], expects[2]);
}

#[test]
fn the_hash_tells_corpora_apart() {
    let hash = |text: &str| {
        let text = format!(
            "suite: s\nclauses: [C-1]\n{text}cases:\n  - {{id: a, signature: \"[:ret :void]\", accepts: true}}\n"
        );
        read(&text).unwrap().hash
    };
    assert_eq!(hash(""), hash(""));
    assert_ne!(hash(""), hash("# a comment\n"));
}

#[test]
fn types_may_stand_in_any_order_and_are_read_once_each() {
    // Tried again and again, each with a copy of those before it, they would take minutes.
    let count = 4000;
    let types: String =
        (0..count).map(|n| format!("  - \"(deftypez A{n} [a A{}])\"\n", n + 1)).collect();
    let cases = "functions:\n  f: \"[x A0 :ret :void]\"\ncases:\n  - {id: a, fn: f, args: [~], refuses: \
                 type-mismatch}\n";
    let last = format!("  - \"(deftypez A{count} [a :u8])\"\n");
    let corpus = read(&format!("suite: s\nclauses: [C-1]\ntypes:\n{types}{last}{cases}"));
    let corpus = corpus.unwrap_or_else(|errors| panic!("{}", errors[0]));
    assert_eq!(corpus.declarations.len(), count + 1);
    assert!(corpus.declarations_text.starts_with(&format!("(deftypez A{count} [a :u8])\n")));
    let Err(errors) = read(&format!("suite: s\nclauses: [C-1]\ntypes:\n{types}{cases}")) else {
        panic!("A{count} is not declared");
    };
    assert_eq!(errors[0].at.line, 4);
    assert!(errors.len() > count, "{}", errors.len());
}

/// The corpus as it is shipped is read whole, and cites only clauses of the contract.
#[test]
fn the_shipped_corpus_is_read() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../spec-cases");
    let clauses = contract::clause::ids().into_iter().map(str::to_owned).collect();
    let corpus = Corpus::load(std::path::Path::new(folder), &clauses).unwrap_or_else(|errors| {
        panic!("{}", errors.iter().map(|e| format!("{e}\n")).collect::<String>())
    });
    let cases: usize = corpus.suites.iter().map(|suite| suite.cases.len()).sum();
    assert!(cases >= 160, "{cases}");
}

/// What docs/case.schema.json tells an editor is what is read here.
#[test]
fn the_schema_knows_the_same_words() {
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../../../docs/case.schema.json")).expect("JSON");
    let keys = |pointer: &str| -> BTreeSet<String> {
        let object = schema.pointer(pointer).and_then(|value| value.as_object());
        object.expect(pointer).keys().cloned().collect()
    };
    let words = |pointer: &str| -> BTreeSet<String> {
        let list = schema.pointer(pointer).and_then(|value| value.as_array()).expect(pointer);
        list.iter().filter_map(|word| word.as_str()).map(str::to_owned).collect()
    };
    let set =
        |names: &[&str]| -> BTreeSet<String> { names.iter().map(|n| (*n).to_owned()).collect() };
    assert_eq!(keys("/properties"), set(&load::SUITE_FIELDS));
    assert_eq!(keys("/$defs/case/properties"), set(&suites::CASE_FIELDS));
    assert_eq!(keys("/$defs/step/properties"), set(&words::STEP_FIELDS));
    assert_eq!(keys("/$defs/table/properties"), set(&tables::TABLE_FIELDS));
    assert_eq!(words("/$defs/call/$defs/refuses/enum"), set(&words::CALL_CODES));
    assert_eq!(words("/$defs/call/$defs/fails/enum"), set(&words::FAILURE_CODES));
    assert_eq!(words("/$defs/long-form-names/anyOf/0/enum"), set(&values::LONG_FORMS));
    let codes: Vec<&str> = RefusalCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(words("/$defs/signature-codes/enum"), set(&codes));
}
