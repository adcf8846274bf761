//! What a trial came to, as the report keeps it: rows whose names and words are a promise
//! (`reports/report.schema.json`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

/// What a trial came to; the words of `cases[].outcome`.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
    IntoStaticStr,
)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum TrialOutcome {
    /// The observation equals the expectation.
    Passed,
    /// It differs, and no known failure excuses it.
    Failed,
    /// It differs as a known failure says.
    Expected,
    /// Not owed: the subject does not declare the capability.
    Gated,
    /// Not executed, for a reason.
    Skipped,
    /// Spoiled by the suite, the adapter or the machine.
    // A row that nobody filled in is the suite's error.
    #[default]
    Error,
}

/// How a trial failed: the classes of known failures (docs/known-failures.md).
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum Class {
    /// What was observed is not what was expected, in a way that is none of the others.
    Fail,
    /// It refused, or did not bind, what it should have served.
    Refuse,
    /// A signal or an exit code ended its process.
    Crash,
    /// It did not answer in time.
    Timeout,
    /// The fixtures hold more than they held before.
    Leak,
}

/// Why a trial was not judged; the words of `cases[].reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum Reason {
    /// The subject does not declare what it takes.
    NotDeclared,
    /// At the subject's level it is the suite's own work.
    NotOwed,
    /// The subject does not serve a signature of it, and says so.
    NotServed,
    /// Nobody can say what it comes to under the subject's dialects.
    NotKnown,
    /// The cases turned out to hold nothing for the arm.
    NothingToFind,
    /// It is of a build that the subject is not judged on here.
    NotOnThisBuild,
    /// The run ended before its turn.
    CutShort,
}

/// One trial.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct CaseRow {
    /// `suite::case`.
    pub id: String,
    /// The arm.
    pub arm: String,
    /// Clauses it proves.
    pub clauses: Vec<String>,
    /// `passed`, `failed`, `expected`, `gated`, `skipped` or `error`.
    pub outcome: TrialOutcome,
    /// The invoker path that served it, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// How it failed, for a trial that did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// The clauses that what differed breaks, for a trial that failed; all it cites, where nothing says
    /// which.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub broken: Vec<String>,
    /// The known failure that excuses it, for a trial that is `expected`; or the intermittent one that names it,
    /// for one that passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<KnownRow>,
    /// The calls made, in order, up to the first that differs, for a trial that did not pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<String>,
    /// What was expected, for a trial that did not pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// Why it was not judged, for a trial that was gated or skipped; `observed` says it in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// What was observed, for a trial that did not pass; the reason, for one that did not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<String>,
    /// The carriers that arrived on the native side, for a trial that did not pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrived: Option<String>,
    /// What differs from what no ABI says and compilers rely on, for a trial that passed; with `--strict`
    /// it fails for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub risks: Vec<RiskRow>,
    /// The shapes that it says something of, for a trial that failed or was spoiled: those are not timed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shapes: Vec<String>,
    /// The command that repeats exactly this trial. In `report.json` a trial that is not red leaves it to
    /// `suite.repeat`, the commands of whole arms.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub repro: String,
    /// Milliseconds it took, to the microsecond.
    pub ms: f64,
}

/// What a trial passed at the risk of: a caller that relies on more than the ABI says may break.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RiskRow {
    /// The clause whose rule is *de facto* there.
    pub clause: String,
    /// What was looked at.
    pub what: String,
    /// What is relied on.
    pub expected: String,
    /// What it was.
    pub observed: String,
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
    /// The address of the report to whoever has to mend it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<String>,
    /// For a trial that may pass or fail: after how many runs in a row that came to the same its entry is out of
    /// date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runs: Option<usize>,
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
    /// What `observed` is made of, for a pattern some of whose trials came to something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub some: Option<SomeRow>,
}

/// Trials of a pattern that all came to the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SomeRow {
    /// What they came to.
    pub what: String,
    /// How many the pattern matches.
    pub of: usize,
    /// Their names, in order.
    pub trials: Vec<String>,
}

impl SomeRow {
    /// Trials that are named; the rest is counted.
    const NAMED: usize = 3;

    /// What is said of them.
    pub fn observed(&self) -> String {
        let SomeRow { what, of, trials } = self;
        let first: Vec<&str> = trials.iter().take(Self::NAMED).map(String::as_str).collect();
        let more = trials.len() - first.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{what}: {} of {of}, {}{more}", trials.len(), first.join(", "))
    }
}

/// A dialect that a subject behaves as and does not declare.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HintRow {
    /// The dialect, kebab-case.
    pub dialect: String,
    /// Failed trials that pass when they are put again under it.
    pub trials: usize,
    /// Failed trials that were put again.
    pub tried: usize,
    /// One of them, `arm::suite::case`.
    pub example: String,
}

/// Between what a subject does not serve and what it says of that, in a row's `observed`.
pub(crate) const NOT_SERVED: &str = " is not served: ";

impl CaseRow {
    /// The clauses it failed for, and what it cites beside them.
    pub fn blamed(&self) -> String {
        let others: Vec<&str> =
            self.clauses.iter().map(String::as_str).filter(|clause| !self.breaks(clause)).collect();
        match (&*self.broken, &*others) {
            ([], _) => self.clauses.join(" "),
            (broken, []) => broken.join(" "),
            (broken, others) => format!("{} (cites {} too)", broken.join(" "), others.join(" ")),
        }
    }

    /// The clauses that a trial which failed failed for; of any other those it cites.
    pub fn failed_for(&self) -> &[String] {
        if self.broken.is_empty() { &self.clauses } else { &self.broken }
    }

    /// Whether it failed for this clause, where it failed.
    pub fn breaks(&self, clause: &str) -> bool {
        self.broken.is_empty() || self.broken.iter().any(|id| id == clause)
    }

    /// Why it was not judged, for a trial that was gated or skipped, without what is of this trial
    /// alone: what many trials have in common can be told once.
    pub fn why_not_judged(&self) -> &str {
        let text = self.observed.as_deref().unwrap_or("no reason was recorded");
        match text.find(NOT_SERVED) {
            Some(at) => &text[at + " is ".len()..],
            None => text,
        }
    }
}

impl TrialOutcome {
    /// The word a report has for it.
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// Whether people are to look at it: it failed, known or not, or was spoiled.
    pub const fn is_red(self) -> bool {
        matches!(self, TrialOutcome::Failed | TrialOutcome::Expected | TrialOutcome::Error)
    }

    /// Whether anything was judged.
    pub const fn ran(self) -> bool {
        !matches!(self, TrialOutcome::Gated | TrialOutcome::Skipped)
    }
}

impl Class {
    /// Every class.
    pub const ALL: &[Class] = Class::VARIANTS;

    /// The word in reports and in lists of known failures.
    pub fn word(self) -> &'static str {
        self.into()
    }
}
