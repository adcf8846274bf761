//! Known failures (docs/known-failures.md): what a subject is known to fail, in which way and why. They
//! excuse what happens exactly as they say, and nothing else; one that does not say what happened makes
//! the run red.
//!
//! `read` is the file's form, `apply` holds it against the trials of a run, `write` makes a list of what
//! failed. Deliberately absent: anything that could excuse an error of the suite, the adapter or the
//! machine.

mod apply;
mod read;
mod write;

use std::path::{Path, PathBuf};

use contract::bounds::message;
use corpus::case::{Location, Problem};
use strum::{EnumString, IntoStaticStr, VariantNames};

use crate::arm;
use crate::plan::Trial;
use crate::row::{CaseRow, Class};

pub use read::{ENTRY_FIELDS, FIELDS};
pub use write::Written;

/// The file that `--write-expected` writes where none is named.
pub const DEFAULT_FILE: &str = "expected-failures.yaml";

/// The known failures of one subject.
#[derive(Clone, Debug)]
pub struct Known {
    /// The file.
    pub file: PathBuf,
    /// The subject, as it names itself.
    pub subject: String,
    /// In the order of the file.
    pub entries: Vec<Entry>,
}

/// One known failure, or several of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The line it begins in.
    pub line: usize,
    /// Which trials.
    pub names: Names,
    /// What they come to.
    pub outcome: Awaited,
    /// Who is at fault; `None` where nobody said it yet.
    pub fault: Option<Fault>,
    /// Why they fail; empty where nobody said it yet.
    pub reason: String,
    /// The address of the report to whoever has to mend it.
    pub upstream: Option<String>,
    /// The system, or the system and architecture, that it holds on; anywhere without.
    pub host: Option<String>,
    /// The version of the subject that it holds for; any without.
    pub version: Option<String>,
}

/// Which trials an entry names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Names {
    /// One, `arm::suite::case`.
    Trial(String),
    /// Those that a pattern matches.
    Pattern {
        /// The pattern: `*` stands for any characters, also none.
        text: String,
        /// How many trials of the corpus it matches.
        matches: usize,
    },
}

/// What the trials of an entry come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Awaited {
    /// They fail in this way.
    Fails(Class),
    /// They pass, or fail in whatever way. One run says nothing of whether that is still so; this many do, if
    /// they all come to the same (`report::trend`).
    Either {
        /// How many runs.
        runs: usize,
    },
}

/// The word of [`Awaited::Either`] in lists.
pub const INTERMITTENT: &str = "intermittent";

impl Awaited {
    /// The word in lists of known failures.
    pub fn word(self) -> &'static str {
        match self {
            Awaited::Fails(class) => class.word(),
            Awaited::Either { .. } => INTERMITTENT,
        }
    }

    /// Whether a trial that failed in this way did as it says.
    pub fn excuses(self, class: Class) -> bool {
        match self {
            Awaited::Fails(own) => own == class,
            Awaited::Either { .. } => true,
        }
    }
}

/// Whose fault a known failure is; the words in lists and reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "kebab-case")]
pub enum Fault {
    /// The binder's.
    Binder,
    /// The adapter's: the binder would have done it.
    Adapter,
}

/// Where a run is made, and of what: what `host` and `version` of an entry are compared with.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The operating system, as the report has it.
    pub os: &'a str,
    /// The architecture, as the report has it.
    pub arch: &'a str,
    /// The subject's version.
    pub version: &'a str,
}

/// A list of known failures that cannot be used: an error of the list, never of the subject.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {}", message(&problem.to_string()))]
pub struct KnownError {
    /// Where it stands.
    pub at: Location,
    /// What is wrong.
    pub problem: KnownProblem,
}

/// What is wrong with a list of known failures.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KnownProblem {
    /// The file cannot be read.
    #[error(
        "cannot be read: {0}; name the list with --expected FILE, or write one with --write-expected"
    )]
    Unreadable(String),
    /// It is not the YAML that a list is.
    #[error(transparent)]
    Form(Box<Problem>),
    /// Nobody said who is at fault.
    #[error("nobody is at fault yet: write `fault: binder` or `fault: adapter`")]
    NoFault,
    /// Nobody said why it fails.
    #[error("the reason is not filled in: write why it fails, for who reads this in a year")]
    NoReason,
    /// What should lead to a report does not lead anywhere.
    #[error("`{0}` is no address of a report: write it whole, as https://…")]
    NotALink(String),
    /// As the two above, of more than one entry.
    #[error(
        "{count} entries are not filled in, the first here: write `fault: binder` or `fault: adapter`, and \
         the reason for who reads this in a year, to each with `fault: unknown` or an empty reason"
    )]
    Unfilled {
        /// Such entries.
        count: usize,
    },
    /// A word from a closed list is none of it.
    #[error("`{found}` is no {what}; expected {expected}")]
    Word {
        /// What it should be.
        what: &'static str,
        /// What stands there.
        found: String,
        /// What may stand there.
        expected: String,
    },
    /// A name without its three parts.
    #[error("`{0}` names no trial: write `arm::suite::case`, as `conform list` has them")]
    NoTrial(String),
    /// A pattern in the place of a name.
    #[error("`{0}` has a `*`; say `pattern`, and with `matches` how many trials it matches")]
    StarInName(String),
    /// A name in the place of a pattern.
    #[error("the pattern `{0}` has no `*`; say `trial`")]
    NoStar(String),
    /// A pattern that is to match nothing.
    #[error("found `{0}` as the number of trials matched; write a whole number from 1")]
    Matches(String),
    /// A number of runs that says nothing.
    #[error("found `{0}` as the number of runs; write a whole number from 2")]
    Runs(String),
    /// Runs of what is no matter of several.
    #[error("`runs` is for `outcome: intermittent` alone")]
    RunsOfAClass,
    /// Two entries that can excuse the same trial.
    #[error(
        "`{trial}` is excused here again, first at {first}: keep one, or tell them apart by `host` \
         or `version`"
    )]
    Overlap {
        /// The trial.
        trial: String,
        /// The entry that has it already.
        first: Location,
    },
    /// The list is another subject's.
    #[error("the list is of `{listed}`, and `{judged}` was judged; name this subject's own list")]
    OtherSubject {
        /// The subject of the list.
        listed: String,
        /// The subject that was judged.
        judged: String,
    },
}

impl From<Problem> for KnownProblem {
    fn from(problem: Problem) -> KnownProblem {
        KnownProblem::Form(Box::new(problem))
    }
}

impl Known {
    /// Reads a list whose every reason is filled in.
    ///
    /// # Errors
    /// Everything that is wrong with the file, each with line and column.
    pub fn read(file: &Path) -> Result<Known, Vec<KnownError>> {
        read::file(file, true)
    }

    /// Reads a list to write it anew: reasons may be missing.
    ///
    /// # Errors
    /// As [`Known::read`], but for reasons.
    pub fn read_unfilled(file: &Path) -> Result<Known, Vec<KnownError>> {
        read::file(file, false)
    }

    /// The list of a subject that nothing is known of.
    pub fn none(file: &Path, subject: &str) -> Known {
        Known { file: file.to_owned(), subject: subject.to_owned(), entries: Vec::new() }
    }

    fn at(&self, entry: &Entry) -> String {
        format!("{}:{}", self.file.display(), entry.line)
    }
}

impl Entry {
    /// Whether it names a trial.
    pub fn names(&self, trial: &str) -> bool {
        match &self.names {
            Names::Trial(name) => name == trial,
            Names::Pattern { text, .. } => matches(text, trial) && means(text, trial),
        }
    }

    /// The name or the pattern.
    pub fn text(&self) -> &str {
        match &self.names {
            Names::Trial(text) | Names::Pattern { text, .. } => text,
        }
    }

    /// Whether it speaks of runs made here.
    fn applies(&self, place: Place<'_>) -> bool {
        let here =
            |host: &String| host == place.os || *host == format!("{}-{}", place.os, place.arch);
        self.host.as_ref().is_none_or(here)
            && self.version.as_ref().is_none_or(|version| version == place.version)
    }

    /// Whether there is a run that both speak of.
    fn meets(&self, other: &Entry) -> bool {
        let meet =
            |a: &Option<String>, b: &Option<String>, same: fn(&str, &str) -> bool| match (a, b) {
                (Some(a), Some(b)) => same(a, b),
                _ => true,
            };
        let host = |a: &str, b: &str| {
            let part = |long: &str, short: &str| {
                long.strip_prefix(short).is_some_and(|rest| rest.starts_with('-'))
            };
            a == b || part(a, b) || part(b, a)
        };
        meet(&self.host, &other.host, host) && meet(&self.version, &other.version, |a, b| a == b)
    }
}

/// The name of a row's trial.
pub fn name_of(row: &CaseRow) -> String {
    format!("{}::{}", row.arm, row.id)
}

/// The names of the trials that a list is held against: all there are, whatever was selected.
pub fn names(trials: &[Trial]) -> Vec<String> {
    trials.iter().map(Trial::name).collect()
}

/// Whether a pattern means the trial's arm: one that runs on request alone is meant by its name alone, as
/// with `--filter`.
fn means(pattern: &str, trial: &str) -> bool {
    let arm = trial.split("::").next().unwrap_or_default();
    let on_request = arm::named(arm).is_some_and(|arm| arm.about().on_request);
    !on_request || pattern.starts_with(arm)
}

/// Whether a text is what a pattern says. `*` stands for any characters, also none; all others for
/// themselves.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        // The first place where a part fits leaves the most for those after it.
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests;
