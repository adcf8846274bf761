//! The report's fields, the one source of every rendering. Names are a promise: people script
//! against them. `reports/report.schema.json` is made from these types.
//!
//! Deliberately not here: what a report comes to (`verdict`).

use std::collections::BTreeMap;

use contract::Level;
use judge::row::{CaseRow, Class, HintRow, StaleRow};
use measure::{BenchRow, ScalingRow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::VariantArray;

/// The version of the fields below; docs/report-format.md says what a version promises.
pub const SCHEMA_VERSION: u32 = 2;

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
    /// The native calls of cases that failed, as programs that make them without the binder: of the first of them that
    /// can be said in C.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub programs: Vec<ProgramRow>,
    /// One row a shape and path; empty where nothing was measured.
    pub bench: Vec<BenchRow>,
    /// One row a point of a series: how costs grow with arguments, elements and callers. Empty where that was not asked
    /// for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scaling: Vec<ScalingRow>,
    /// One row a faulty binder; empty where none was run.
    pub mutants: Vec<MutantRow>,
    /// One row a clause that none of the faulty binders breaks; empty where none was run.
    #[serde(default)]
    pub unbroken: Vec<UnbrokenRow>,
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
    /// What the run was asked for; null for one that judged no corpus, and in reports of earlier suites.
    #[serde(default)]
    pub asked: Option<Asked>,
    /// The command line and time of the run that was replayed from a recording; null for one that put
    /// the trials to the binder itself. `host` is then that run's machine.
    #[serde(default)]
    pub replayed: Option<String>,
    /// In `report.json`: by arm, the command that repeats each trial of it that has no `repro` of its own, with
    /// `{trial}` where that trial's `arm::id` stands. Empty elsewhere.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub repeat: BTreeMap<String, String>,
    /// When the run began, UTC, RFC 3339.
    pub started: String,
    /// How long it took, in seconds.
    pub seconds: f64,
}

/// What a run was asked for. Parts of one run were asked for the same, each for another shard of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Asked {
    /// Parts of names of trials.
    pub filters: Vec<String>,
    /// Names of arms.
    pub arms: Vec<String>,
    /// Types whose cases are left out.
    pub without: Vec<String>,
    /// The part that was run, where the run was split.
    pub shard: Option<ShardRow>,
    /// Trials of all shards together.
    pub trials: usize,
    /// The seed that was named.
    pub seed: Option<u64>,
    /// Whether what compilers rely on though no ABI owes it fails.
    pub strict: bool,
    /// What the fixtures are built for.
    pub target: String,
    /// What the binder ran under, such as valgrind.
    pub under: Option<String>,
    /// Tells the list of known failures from another; null without one.
    pub expected: Option<String>,
    /// How long was measured; null where nothing was to be.
    pub effort: Option<String>,
}

/// One of several equal parts of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ShardRow {
    /// Which part, from 1.
    pub index: usize,
    /// How many parts.
    pub count: usize,
}

impl std::fmt::Display for ShardRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
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
    pub level: Level,
    /// Declared capabilities, kebab-case.
    pub capabilities: Vec<String>,
    /// Declared dialects, kebab-case.
    pub dialects: Vec<String>,
    /// Scalars that it says it lacks, without a colon: no signature made from a seed has them.
    #[serde(default)]
    pub lacks: Vec<String>,
    /// Capabilities that it does not declare and that were seen to work, kebab-case.
    #[serde(default)]
    pub works_undeclared: Vec<String>,
    /// Dialects that it does not declare and that it behaves as, in trials that failed for it.
    #[serde(default)]
    pub behaves_as: Vec<HintRow>,
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

/// One clause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClauseRow {
    /// The clause.
    pub id: String,
    /// Trials that cite it, whether they ran or not.
    pub cases: usize,
    /// Those of them that ran.
    #[serde(default)]
    pub ran: usize,
    /// Those of them that passed.
    #[serde(default)]
    pub passed: usize,
    /// `passed`, `failed`, `expected`, `gated`, `error`, `undecided` or `not-run`.
    pub outcome: ClauseOutcome,
}

/// A case's native calls without any binder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProgramRow {
    /// The case, as `cases[].id` has it.
    pub case: String,
    /// The program, in C.
    pub c: String,
}

impl ProgramRow {
    /// So many a report holds.
    pub const MOST: usize = 100;

    /// Each of these once, in the order of cases, as many as a report holds.
    pub fn first(rows: impl IntoIterator<Item = ProgramRow>) -> Vec<ProgramRow> {
        let by_case: BTreeMap<String, String> =
            rows.into_iter().map(|ProgramRow { case, c }| (case, c)).collect();
        by_case.into_iter().take(ProgramRow::MOST).map(|(case, c)| ProgramRow { case, c }).collect()
    }
}

/// What a clause came to; the words of `clauses[].outcome`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, VariantArray)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum ClauseOutcome {
    /// A trial passed and none says otherwise.
    Passed,
    /// A trial failed.
    Failed,
    /// The only failures are known ones.
    Expected,
    /// Every trial is gated, or gated and skipped.
    Gated,
    /// A trial was spoiled, and none failed.
    Error,
    /// Every trial that ran failed for another clause.
    Undecided,
    /// No trial ran.
    NotRun,
}

/// One faulty binder of the suite's own proof.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct MutantRow {
    /// Its name.
    pub name: String,
    /// The first clause it breaks.
    pub clause: String,
    /// The trial that caught it, `arm::suite::case`.
    pub caught_by: Option<String>,
    /// `caught`, `survived` or `misjudged`.
    pub outcome: MutantOutcome,
    /// Its family.
    #[serde(default)]
    pub family: String,
    /// What is wrong with it, for people.
    #[serde(default)]
    pub breaks: String,
    /// The clauses it breaks, one of which whoever catches it must blame.
    #[serde(default)]
    pub clauses: Vec<String>,
    /// How a trial that catches it fails.
    #[serde(default)]
    pub class: Option<Class>,
    /// What each arm that it was put to made of it.
    #[serde(default)]
    pub arms: Vec<MutantArmRow>,
}

/// What an arm made of a faulty binder.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct MutantArmRow {
    /// The arm.
    pub arm: String,
    /// Trials that ran.
    pub ran: usize,
    /// Those that failed.
    pub failed: usize,
    /// Those that failed in the fault's class and blamed one of its clauses.
    pub caught: usize,
}

/// A clause that no faulty binder breaks.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct UnbrokenRow {
    /// The clause.
    pub clause: String,
    /// How it is proved all the same: tests of the suite, or how many trials cite it.
    pub proof: String,
}

/// What became of a faulty binder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum MutantOutcome {
    /// A trial failed for it.
    Caught,
    /// None did.
    Survived,
    /// Trials failed, and none in the fault's class that blamed a clause it breaks.
    Misjudged,
}
