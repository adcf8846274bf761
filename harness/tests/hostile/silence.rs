//! Subjects and cases of which nothing could be learnt: no such trial is green.

use super::Named;
use super::run::Conform;

pub(crate) const TESTS: &[Named] = &[
    ("silence::who_reads_no_malformed_text_has_refused_none", who_reads_no_malformed_text),
    ("silence::a_refusal_without_a_call_after_it_proves_half", a_refusal_without_a_call_after_it),
    ("silence::repeated_steps_that_nobody_answered_for_fail", repeated_steps_that_nobody_answered),
    ("silence::a_counter_that_runs_backwards_fails", a_counter_that_runs_backwards_fails),
];

/// The valid text it accepts, so that only the other texts could tell.
fn who_reads_no_malformed_text() {
    let case = Conform::with(
        "suite: sample\nclauses: [S-4]\ncases:\n  - {id: a, signature: \"[x :u8 :ret :u8]\", accepts: true}\n",
    );
    let report = case.judge("unsupported-faults", "none", &["--arm", "malformed"]);
    assert_eq!(report.outcomes(), ["gated"], "{}", report.shown);
    assert!(report.observed(0).contains("is not served: not here"), "{}", report.observed(0));
    assert_eq!(report.code, 1, "nothing ran");
}

fn a_refusal_without_a_call_after_it() {
    let alone = "suite: sample\nclauses: [C-2]\nfunctions:\n  echo_u8: \"[x :u8 :ret :u8]\"\ncases:\n  \
                 - {id: a, fn: echo_u8, args: [256], refuses: out-of-range}\n";
    let report = Conform::with(alone).judge("nothing", "none", &["--arm", "refusal"]);
    assert_eq!(report.outcomes(), ["error"], "{}", report.shown);
    assert!(report.observed(0).contains("whether the call after it works"), "{}", report.shown);
    assert_eq!(report.code, 2);
    let together = format!("{alone}  - {{id: b, fn: echo_u8, args: [1], returns: 1}}\n");
    let report = Conform::with(&together).judge("nothing", "none", &["--arm", "refusal"]);
    assert_eq!(report.outcomes(), ["passed"], "{}", report.shown);
    // The call after it is made, and judged.
    let report = Conform::with(&together).judge("misread", "any@1", &["--arm", "refusal"]);
    assert_eq!(report.outcomes(), ["failed"], "{}", report.shown);
}

fn repeated_steps_that_nobody_answered() {
    let report = Conform::new().judge("steps-untold", "none", &["--arm", "volume"]);
    report.came_to(1, &["failed"; 3]);
}

fn a_counter_that_runs_backwards_fails() {
    let report = Conform::new().judge("counts-scopes-down", "none", &["--arm", "paths"]);
    report.came_to(1, &["failed"; 4]);
}
