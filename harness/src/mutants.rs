//! The suite's own proof: binders that each break one rule are put to the arms that must catch them.
//!
//! First the faulty binder without a fault must pass every trial that is used, so that what fails afterwards
//! fails for the fault.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use ::mutants::faults::{self, BENCH, BENCH_IN_PROCESS, Fault, MEMCHECK, MEMCHECKED};
use contract::clause;
use corpus::case::Corpus;
use judge::arm::ARMS;
use judge::plan::{Selection, Shard};
use judge::progress::Progress;
use judge::row::{CaseRow, Class, TrialOutcome};
use measure::{BenchRow, BenchVerdict, Effort, Work};
use report::{ClauseRow, Counts, MutantArmRow, MutantOutcome, MutantRow, Report, UnbrokenRow};

use crate::binder::Binder;
use crate::proof;
use crate::run::{self, Request, RunError};
use crate::valgrind;

/// Which faults, and how they are put.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Parts of names or families; a fault with any of them is meant.
    pub filters: Vec<String>,
    /// The k-th of n parts.
    pub shard: Option<Shard>,
    /// Whether each is put to every arm, and not only to those that must catch it, until one does.
    pub every_arm: bool,
}

/// No fault is meant.
#[derive(Debug, thiserror::Error)]
pub enum MutantsError {
    /// A filter names none.
    #[error("the filter `{0}` matches no fault; the families are {families}", families = families())]
    NoFault(String),
    /// Filters and shard leave none.
    #[error("no fault is of these filters and this shard together")]
    Nothing,
    /// Without a fault, figures are not to be had or not to be believed.
    #[error("`{shape}`, measured without a fault, is {verdict}: {reason}")]
    Doubtful {
        /// The shape.
        shape: String,
        /// What came of it.
        verdict: BenchVerdict,
        /// Why.
        reason: String,
    },
    /// A run could not be made.
    #[error(transparent)]
    Run(#[from] RunError),
}

fn families() -> String {
    let names: Vec<&str> = faults::FAMILIES.iter().map(|(name, _)| *name).collect();
    names.join(", ")
}

/// How each fault of figures is measured: one round, one shape of each path that costs little time.
const EFFORT: Effort = Effort { rounds: 1, more: 0, shape_ms: 1 };
const SHAPES: [&str; 2] = ["scalar-i64", "string-len"];

/// Valgrind as it ends a process at the first access to memory that is not its own.
const MEMCHECKER: [&str; 6] = [
    valgrind::VALGRIND,
    "--quiet",
    "--vgdb=no",
    "--leak-check=no",
    "--exit-on-first-error=yes",
    "--error-exitcode=99",
];

/// The command of a measuring process, from the pseudo-arm, the fault's name or nothing, and the work.
pub type Measuring<'a> = &'a dyn Fn(&str, &str, &Work) -> std::io::Result<Command>;

/// A fault, and its family.
type Meant = (&'static str, &'static Fault);

/// The faults that are meant.
///
/// # Errors
/// [`MutantsError`] where there are none.
pub fn meant(asked: &Asked) -> Result<Vec<Meant>, MutantsError> {
    let all =
        faults::FAMILIES.iter().flat_map(|(family, faults)| faults.iter().map(|f| (*family, f)));
    let all: Vec<Meant> = all.collect();
    let is =
        |(family, fault): &Meant, filter: &str| fault.name.contains(filter) || *family == filter;
    if let Some(filter) = asked.filters.iter().find(|filter| !all.iter().any(|one| is(one, filter)))
    {
        return Err(MutantsError::NoFault(filter.clone()));
    }
    let Shard { index, count } = asked.shard.unwrap_or(Shard { index: 1, count: 1 });
    let of_filters: Vec<Meant> = all
        .into_iter()
        .filter(|one| {
            asked.filters.is_empty() || asked.filters.iter().any(|filter| is(one, filter))
        })
        .collect();
    let meant: Vec<Meant> = of_filters.into_iter().skip(index - 1).step_by(count).collect();
    if meant.is_empty() { Err(MutantsError::Nothing) } else { Ok(meant) }
}

/// Puts faults to the arms that must catch them; the report of all. `request` is for a run of the reference
/// binder, and `binder` makes one of the words of a command line.
///
/// # Errors
/// [`MutantsError`].
pub fn run(
    request: &Request,
    asked: &Asked,
    program: &Path,
    binder: &dyn Fn(Vec<String>) -> Binder,
    measuring: Measuring<'_>,
    progress: &mut dyn Progress,
) -> Result<Report, MutantsError> {
    let mut meant = meant(asked)?;
    let corpus = run::load(&request.cases)?;
    let faulty = |fault: Option<&Fault>, at_wire: bool| {
        let level = if at_wire { "wire" } else { "contract" };
        let mut words = vec![program.display().to_string(), level.to_owned()];
        words.extend(fault.map(|fault| fault.name.to_owned()));
        binder(words)
    };
    let of = |binder: Binder, arms: Vec<String>| {
        let mut selection = Selection { arms, ..request.selection.clone() };
        let mut binder = binder;
        if selection.arms == [MEMCHECK] {
            binder = binder.under(MEMCHECKER.map(str::to_owned).into(), valgrind::SLOWER);
            selection.arms.clear();
            selection.filters = vec![MEMCHECKED.to_owned()];
        }
        // A fault that is only a risk is to be seen, too.
        Request { binder, selection, strict: true, ..request.clone() }
    };
    if !valgrind::is_there() {
        let needs = |(_, fault): &Meant| fault.arms == [MEMCHECK];
        for (_, fault) in meant.extract_if(.., |one| needs(one)) {
            progress.note(&format!("{} is left out: there is no valgrind", fault.name));
        }
    }
    let mut report = None;
    for at_wire in [false, true] {
        let of_level = || meant.iter().filter(|(_, fault)| fault.is_at_wire() == at_wire);
        let mut arms = arms_of(of_level(), asked);
        if arms.is_empty() && of_level().next().is_some() {
            // What is only measured is first judged, as ever.
            arms = vec!["round-trip".to_owned()];
        }
        if arms.is_empty() {
            continue;
        }
        let (memcheck, arms): (Vec<_>, Vec<_>) = arms.into_iter().partition(|arm| arm == MEMCHECK);
        for arms in [arms, memcheck].into_iter().filter(|arms| !arms.is_empty()) {
            let tool = if arms == [MEMCHECK] { ", under valgrind" } else { "" };
            let level = if at_wire { ", at wire level" } else { "" };
            progress.note(&format!("without a fault{level}{tool}"));
            let sound = put(&corpus, &of(faulty(None, at_wire), arms), progress)?;
            report = Some(match report {
                None => sound,
                Some(report) => joined(report, sound),
            });
        }
    }
    for arm in measured_of(meant.iter().map(|(_, fault)| *fault)) {
        progress.note(&format!("without a fault, {arm}"));
        let rows = measured(arm, "", &corpus, measuring)?;
        if let Some(row) = rows.iter().find(|row| is_doubtful(row)) {
            return Err(MutantsError::Doubtful {
                shape: row.shape.clone(),
                verdict: row.verdict,
                reason: row.reason.clone().unwrap_or_default(),
            });
        }
    }
    let mut report = report.ok_or(MutantsError::Nothing)?;
    progress.stage("faulty binders", Some(meant.len()));
    for (family, fault) in meant {
        if interrupt::seen().is_some() || report.suite.cut_short.is_some() {
            break;
        }
        progress.step(fault.name);
        let mut row = row(family, fault);
        for arm in arms_of([&(family, fault)], asked) {
            if row.outcome == MutantOutcome::Caught && !asked.every_arm {
                break;
            }
            let mut until = Until { fault, all: asked.every_arm, caught: false };
            let request = of(faulty(Some(fault), fault.is_at_wire()), vec![arm.clone()]);
            let run = put(&corpus, &request, &mut until);
            match run {
                Ok(run) => take(&mut row, fault, arm, &run.cases),
                Err(error) if interrupt::seen().is_some() => return Err(error.into()),
                // One that does not even start is a fault of the wrong kind: no trial says anything of it.
                Err(error) => progress.note(&format!("{}: {error}", fault.name)),
            }
        }
        for arm in measured_of([fault]) {
            match measured(arm, fault.name, &corpus, measuring) {
                Ok(rows) => take_figures(&mut row, arm, &rows),
                Err(error) if interrupt::seen().is_some() => return Err(error.into()),
                Err(error) => progress.note(&format!("{}: {error}", fault.name)),
            }
        }
        if row.outcome != MutantOutcome::Caught {
            progress.note(&format!("{}: {:?}", fault.name, row.outcome).to_lowercase());
        }
        report.mutants.push(row);
    }
    progress.finish();
    report.suite.cut_short =
        report.suite.cut_short.or_else(|| interrupt::seen().map(|by| by.to_string()));
    report.suite.complete = false;
    report.unbroken = unbroken(&report.clauses);
    Ok(report)
}

fn put(
    corpus: &Arc<Corpus>,
    request: &Request,
    progress: &mut dyn Progress,
) -> Result<Report, RunError> {
    let nobody = |_: &Work| Err(std::io::Error::other("nothing is measured"));
    Ok(run::run_on(corpus, request, &nobody, progress)?.report)
}

/// Watches for the trial that catches a fault, after which no other is needed.
struct Until<'a> {
    fault: &'a Fault,
    /// Whether all are made nonetheless.
    all: bool,
    caught: bool,
}

impl Progress for Until<'_> {
    fn ended(&mut self, row: &CaseRow) {
        self.caught |= catches(row, self.fault);
    }

    fn is_enough(&self) -> bool {
        self.caught && !self.all
    }
}

/// Whether a trial failed as it must by a fault: in its class, and for a clause that it breaks.
fn catches(case: &CaseRow, fault: &Fault) -> bool {
    case.outcome == TrialOutcome::Failed
        && case.class == class_of(fault)
        && case.broken.iter().any(|id| fault.clauses.contains(&&**id))
}

fn class_of(fault: &Fault) -> Option<Class> {
    Class::ALL.iter().copied().find(|class| class.word() == fault.class.word())
}

/// The arms some faults are put to, in the order in which they run.
fn arms_of<'a>(faults: impl IntoIterator<Item = &'a Meant>, asked: &Asked) -> Vec<String> {
    let faults: Vec<&Meant> = faults.into_iter().collect();
    let named = |arm: &str| faults.iter().any(|(_, fault)| fault.arms.contains(&arm));
    let every = asked.every_arm && !faults.is_empty();
    let arms = ARMS.iter().map(|arm| arm.about());
    arms.filter(|about| named(about.name) || (every && !about.on_request))
        .map(|about| about.name)
        .chain(named(MEMCHECK).then_some(MEMCHECK))
        .map(str::to_owned)
        .collect()
}

/// The pseudo-arms some faults are put to.
fn measured_of<'a>(faults: impl IntoIterator<Item = &'a Fault>) -> Vec<&'static str> {
    let faults: Vec<&Fault> = faults.into_iter().collect();
    let named = |arm: &&str| faults.iter().any(|fault| fault.arms.contains(arm));
    [BENCH, BENCH_IN_PROCESS].into_iter().filter(named).collect()
}

fn measured(
    arm: &str,
    fault: &str,
    corpus: &Corpus,
    measuring: Measuring<'_>,
) -> Result<Vec<BenchRow>, RunError> {
    let work = Work::of(corpus, &SHAPES, Some(EFFORT.shape_ms));
    let command = |_, work: &Work| measuring(arm, fault, work);
    let measured = measure::measure(EFFORT, &[work], &command, &mut |_, _| {});
    Ok(measured.into_iter().next().expect("one subject is measured")?.rows)
}

/// Whether a figure is taken back, or the calls did not return what the floor's did. A machine's noise is
/// neither.
fn is_doubtful(row: &BenchRow) -> bool {
    matches!(row.verdict, BenchVerdict::NotCredible | BenchVerdict::NotMeasured)
}

/// Takes what measuring came to into a faulty binder's row.
fn take_figures(row: &mut MutantRow, arm: &str, rows: &[BenchRow]) {
    let doubtful: Vec<&BenchRow> = rows.iter().filter(|row| is_doubtful(row)).collect();
    // One way of measuring that believes it is one too many.
    let believed = row.arms.iter().any(|before| before.caught == 0);
    row.outcome = match doubtful.first() {
        Some(shape) => {
            row.caught_by.get_or_insert_with(|| format!("{arm}::{}", shape.shape));
            if believed { MutantOutcome::Misjudged } else { MutantOutcome::Caught }
        }
        None if row.outcome == MutantOutcome::Caught => MutantOutcome::Misjudged,
        None => row.outcome,
    };
    row.arms.push(MutantArmRow {
        arm: arm.to_owned(),
        ran: rows.len(),
        failed: doubtful.len(),
        caught: doubtful.len(),
    });
}

/// The report of two runs of one binder, at one level and the other.
fn joined(mut report: Report, other: Report) -> Report {
    report.cases.extend(other.cases);
    report.counts = Counts::of(report.cases.iter().map(|case| case.outcome));
    report.clauses = ClauseRow::rows(clause::all().iter().map(|clause| &*clause.id), &report.cases);
    report.suite.cut_short = report.suite.cut_short.or(other.suite.cut_short);
    report.suite.seconds += other.suite.seconds;
    report
}

fn row(family: &str, fault: &Fault) -> MutantRow {
    MutantRow {
        name: fault.name.to_owned(),
        clause: fault.clauses.first().copied().unwrap_or("no clause").to_owned(),
        caught_by: None,
        outcome: MutantOutcome::Survived,
        family: family.to_owned(),
        breaks: fault.breaks.to_owned(),
        clauses: fault.clauses.iter().map(|&clause| clause.to_owned()).collect(),
        class: class_of(fault),
        arms: Vec::new(),
    }
}

/// Takes what the trials of an arm came to into a faulty binder's row.
fn take(row: &mut MutantRow, fault: &Fault, arm: String, cases: &[CaseRow]) {
    let failed = cases.iter().filter(|case| case.outcome == TrialOutcome::Failed).count();
    let mut caught = cases.iter().filter(|case| catches(case, fault)).peekable();
    if let (Some(case), MutantOutcome::Survived | MutantOutcome::Misjudged) =
        (caught.peek(), row.outcome)
    {
        row.caught_by = Some(format!("{}::{}", case.arm, case.id));
        row.outcome = MutantOutcome::Caught;
    } else if row.outcome == MutantOutcome::Survived && failed > 0 {
        row.outcome = MutantOutcome::Misjudged;
    }
    let ran = cases.iter().filter(|case| case.outcome.ran()).count();
    row.arms.push(MutantArmRow { arm, ran, failed, caught: caught.count() });
}

/// The clauses that no fault there is breaks, and what proves them.
fn unbroken(clauses: &[ClauseRow]) -> Vec<UnbrokenRow> {
    let broken = |id: &str| faults::all().iter().any(|fault| fault.clauses.contains(&id));
    let proof = |row: &ClauseRow| {
        let tests: Vec<String> = proof::of(&row.id).map(|proof| proof.name()).collect();
        let trials = format!("{} trials of this run cite it", row.cases);
        if tests.is_empty() { trials } else { tests.join("; ") }
    };
    clauses
        .iter()
        .filter(|row| !broken(&row.id))
        .map(|row| UnbrokenRow { clause: row.id.clone(), proof: proof(row) })
        .collect()
}
