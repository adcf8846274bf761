//! Dialects that are spoken and not declared: failures that would pass under one are told of.

use std::io::{self, BufRead};
use std::process::ExitCode;

use harness::served::reference::ReferenceBinder;
use serde_json::{Value as Json, json};
use subject::protocol::answer;

use super::capabilities::check_of;
use super::misbehave::say;
use super::{Named, misbehaving};

pub(crate) const TESTS: &[Named] =
    &[("dialects::a_dialect_that_failures_pass_under_is_told", a_dialect_is_told)];

/// A binder that speaks dialects and declares none of them.
fn a_dialect_is_told() {
    let cases = r#"suite: sample
clauses: [C-1]
functions:
  echo_u8: "[x :u8 :ret :u8]"
cases:
  - {id: a, fn: echo_u8, args: [1], returns: 1}
  - {id: b, fn: echo_u8, args: [256], refuses: out-of-range}
  - {id: c, fn: echo_u8, args: [-1], refuses: out-of-range}
  - {id: d, fn: echo_u8, args: ["x"], refuses: type-mismatch}
"#;
    let options = ["--arm", "round-trip", "--arm", "refusal"];
    for (how, hints, failed) in [
        (
            "wraps",
            r#"[{"dialect":"wraps","trials":2,"tried":2,"example":"refusal::sample::b"}]"#,
            2,
        ),
        (
            "raw-refusals",
            r#"[{"dialect":"raw-refusals","trials":3,"tried":3,"example":"refusal::sample::b"}]"#,
            3,
        ),
        ("none", "[]", 0),
    ] {
        let report = check_of(cases, &misbehaving("mumble", &[how]), &options);
        assert_eq!(report.counted("failed"), failed, "{how}: {}", report.shown);
        let hints: Json = serde_json::from_str(hints).expect("JSON");
        assert_eq!(report.json["subject"]["behaves_as"], hints, "{how}: {}", report.shown);
        if failed > 0 {
            assert!(
                report.shown.contains(&format!("behaves as dialect {how}, not")),
                "{}",
                report.shown
            );
        }
    }
}

/// The reference binder with a dialect that it does not declare.
pub(crate) fn mumble(dialect: &str) -> ExitCode {
    let dialects: Vec<_> = dialect.parse().into_iter().collect();
    let mut subject = ReferenceBinder::with_dialects(&dialects);
    for line in io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        let (reply, is_last) = answer(&mut subject, &line);
        let mut reply: Json = serde_json::from_str(&reply).expect("a reply");
        if reply["is"] == "ready" {
            reply["dialects"] = json!([]);
        }
        say(&reply.to_string());
        if is_last {
            break;
        }
    }
    ExitCode::SUCCESS
}
