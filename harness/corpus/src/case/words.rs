//! The words that a call of a case may have: its fields, and the codes it may end in.

/// The codes a call is refused with (contract C).
pub(super) const CALL_CODES: [&str; 13] = [
    "arity",
    "nil-argument",
    "type-mismatch",
    "out-of-range",
    "unknown-enum-member",
    "handle-type-mismatch",
    "handle-closed",
    "nil-collection-argument",
    "pointer-arity",
    "array-length",
    "missing-field",
    "string-argument",
    "stream-consumed",
];

/// The codes of a call that was made and whose result cannot be had (R-11, K-4).
pub(super) const FAILURE_CODES: [&str; 3] =
    ["corrupt-native-length", "callback-raised", "callback-result"];

/// Fields of a call, wherever it stands.
pub(super) const CALL_FIELDS: [&str; 11] = [
    "fn",
    "args",
    "returns",
    "refuses",
    "fails",
    "arrives",
    "changes",
    "calls",
    "one-array",
    "take",
    "under",
];

pub(super) const STEP_FIELDS: [&str; 12] = [
    "let",
    "fn",
    "args",
    "returns",
    "refuses",
    "fails",
    "arrives",
    "changes",
    "calls",
    "one-array",
    "take",
    "under",
];

/// Fields of what a call comes to under a dialect.
pub(super) const UNDER_FIELDS: [&str; 5] = ["returns", "refuses", "fails", "arrives", "changes"];
