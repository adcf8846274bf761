//! The report's fields, the one source of every rendering. Names are a promise: people script
//! against them. `reports/report.schema.json` is made from these types.
//!
//! Deliberately not here: what a report comes to (`verdict`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::verdict::{ClauseOutcome, TrialOutcome};

/// The version of the fields below.
pub const SCHEMA_VERSION: u32 = 1;

/// `report.json`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// Version of these fields; a field's meaning never changes within one version.
    #[schemars(extend("const" = SCHEMA_VERSION))]
    pub schema_version: u32,
    /// The suite that judged.
    pub suite: SuiteInfo,
    /// The machine it ran on.
    pub host: Host,
    /// The binder that was judged.
    pub subject: SubjectInfo,
    /// Counts of trials.
    pub counts: Counts,
    /// One row a trial: a case under an arm.
    pub cases: Vec<CaseRow>,
    /// One row a known failure that does not say what happened; empty where each does.
    #[serde(default)]
    pub stale: Vec<StaleRow>,
    /// One row a clause of the contract.
    pub clauses: Vec<ClauseRow>,
    /// One row a shape and path; empty where nothing was measured.
    pub bench: Vec<BenchRow>,
    /// One row a faulty binder; empty where none was run.
    pub mutants: Vec<MutantRow>,
}

/// The suite's identity.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SuiteInfo {
    /// The suite's version.
    pub version: String,
    /// Hash of the corpus.
    pub hash: String,
    /// Whether every planned trial of the whole corpus was run: no filter, no arm or shard chosen, no
    /// run cut short.
    pub complete: bool,
    /// Why the run ended before every planned trial had its turn; null where each had.
    #[serde(default)]
    pub cut_short: Option<String>,
    /// The command line that made the report.
    pub command: String,
    /// The command line and time of the run that was replayed from a recording; null for one that put
    /// the trials to the binder itself. `host` is then that run's machine.
    #[serde(default)]
    pub replayed: Option<String>,
    /// When the run began, UTC, RFC 3339.
    pub started: String,
    /// How long it took, in seconds.
    pub seconds: f64,
}

/// The machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Host {
    /// Operating system.
    pub os: String,
    /// Architecture.
    pub arch: String,
    /// Processor model, where the system says.
    pub cpu: Option<String>,
    /// Logical processors available.
    pub cores: usize,
    /// The compiler the suite was built with.
    pub rustc: String,
    /// The Zig that built the fixtures.
    pub zig: String,
}

/// The binder.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SubjectInfo {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The language it is used from.
    pub language: String,
    /// `contract` or `wire`.
    #[schemars(extend("enum" = ["contract", "wire"]))]
    pub level: String,
    /// Declared capabilities, kebab-case.
    pub capabilities: Vec<String>,
    /// Declared dialects, kebab-case.
    pub dialects: Vec<String>,
    /// Capabilities that it does not declare and that were seen to work, kebab-case.
    #[serde(default)]
    pub works_undeclared: Vec<String>,
    /// Dialects that it does not declare and that it behaves as, in trials that failed for it.
    #[serde(default)]
    pub behaves_as: Vec<HintRow>,
}

/// A dialect that a subject behaves as and does not declare.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HintRow {
    /// The dialect, kebab-case.
    pub dialect: String,
    /// Failed trials that pass when they are put again under it.
    pub trials: usize,
    /// One of them, `arm::suite::case`.
    pub example: String,
}

/// How many trials came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Trials planned.
    pub planned: usize,
    /// Trials executed.
    pub ran: usize,
    /// Trials whose observation equals the expectation.
    pub passed: usize,
    /// Trials whose observation differs, unexcused.
    pub failed: usize,
    /// Trials that failed as the known failures say.
    pub expected: usize,
    /// Trials not owed, because the subject does not declare the capability.
    pub gated: usize,
    /// Trials not executed, each with a reason.
    pub skipped: usize,
    /// Trials the suite, the adapter or the machine spoiled.
    pub errors: usize,
}

/// One trial.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CaseRow {
    /// `suite::case`.
    pub id: String,
    /// The arm.
    pub arm: String,
    /// Clauses it proves.
    pub clauses: Vec<String>,
    /// `passed`, `failed`, `expected`, `gated`, `skipped` or `error`.
    #[schemars(with = "TrialOutcome")]
    pub outcome: String,
    /// The invoker path that served it, where known.
    pub path: Option<String>,
    /// How it failed, for a trial that did.
    #[serde(default)]
    #[schemars(extend("enum" = ["fail", "refuse", "crash", "timeout", "leak", null]))]
    pub class: Option<String>,
    /// The known failure that excuses it, for a trial that is `expected`.
    #[serde(default)]
    pub known: Option<KnownRow>,
    /// The calls made, in order, up to the first that differs, for a trial that did not pass.
    #[serde(default)]
    pub calls: Option<String>,
    /// What was expected, for a trial that did not pass.
    pub expected: Option<String>,
    /// What was observed, for a trial that did not pass; the reason, for one that did not run.
    pub observed: Option<String>,
    /// The carriers that arrived on the native side, for a trial that did not pass.
    #[serde(default)]
    pub arrived: Option<String>,
    /// The command that repeats exactly this trial.
    pub repro: String,
    /// Milliseconds it took.
    pub ms: f64,
}

/// A known failure as it excuses a trial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KnownRow {
    /// Its place, `file:line`.
    pub at: String,
    /// Who is at fault.
    #[schemars(extend("enum" = ["binder", "adapter"]))]
    pub fault: String,
    /// Why it fails.
    pub reason: String,
}

/// A known failure that does not say what happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StaleRow {
    /// Its place, `file:line`.
    pub at: String,
    /// The trial or the pattern it names.
    pub entry: String,
    /// What it expects.
    pub expected: String,
    /// What happened.
    pub observed: String,
    /// What to do about it.
    pub action: String,
}

/// One clause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClauseRow {
    /// The clause.
    pub id: String,
    /// Trials that cite it.
    pub cases: usize,
    /// `passed`, `failed`, `expected`, `gated`, `error` or `not-run`.
    #[schemars(with = "ClauseOutcome")]
    pub outcome: String,
}

/// One shape on one path, measured.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BenchRow {
    /// The shape.
    pub shape: String,
    /// The invoker path.
    pub path: String,
    /// Nanoseconds per direct typed call, the median of the quiet batches.
    pub floor_ns: Option<f64>,
    /// Nanoseconds per call through the subject, likewise.
    pub call_ns: Option<f64>,
    /// `call_ns` over `floor_ns`, the median of the batches' own ratios.
    pub ratio: Option<f64>,
    /// The lowest ratio of any process.
    pub ratio_low: Option<f64>,
    /// The highest ratio of any process.
    pub ratio_high: Option<f64>,
    /// Instructions per call.
    pub instructions: Option<f64>,
    /// Instructions per direct call.
    pub floor_instructions: Option<f64>,
    /// The binder's heap allocations per call.
    pub allocations: Option<f64>,
    /// The fixture's heap allocations per call.
    pub native_allocations: Option<f64>,
    /// Batches that counted.
    pub samples: usize,
    /// The share of batches between two quiet floors, 0 to 1.
    pub valid_share: f64,
    /// `measured`, `inconclusive` or `not-measured`.
    #[schemars(extend("enum" = ["measured", "inconclusive", "not-measured"]))]
    pub verdict: String,
    /// Why a figure is null or the verdict is not `measured`.
    pub reason: Option<String>,
}

/// One faulty binder of the suite's own proof.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct MutantRow {
    /// Its name.
    pub name: String,
    /// The clause it breaks.
    pub clause: String,
    /// The trial that caught it.
    pub caught_by: Option<String>,
    /// `caught` or `survived`.
    #[schemars(extend("enum" = ["caught", "survived"]))]
    pub outcome: String,
}
