//! `conform gate`: whether a call costs more than it may. The rules are the report's (`report::gate`); here is what is
//! counted and timed, and again.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use corpus::case::Corpus;
use harness::binder::Binder;
use harness::gate::base::{self, Base};
use harness::gate::budgets::{Budget, Budgets, Key};
use harness::run::{self, Request};
use judge::plan::Selection;
use judge::progress::Progress;
use measure::{BenchRow, Burden, Effort, PLACEMENTS, SHAPES, Work};
use report::Format;
use report::gate::{self as rules, Against, Gate, GateRow, GateVerdict, Times, Tripwire};

use super::counted::{Counts, again, counts_of, found, furthest, with_counts};
use super::measured::MeasureWorker;
use super::output::{complain, say};
use super::progress::Shown;
use super::release::sources;
use super::{Common, exit, meant_shapes};

#[derive(Debug, Args)]
pub(super) struct Gated {
    /// The file of budgets [default: budgets.yaml here, where there is one]
    #[arg(long, value_name = "FILE")]
    budgets: Option<PathBuf>,
    /// Write that file anew from what is counted now, and keep what it said before. Refuses while a trial fails
    #[arg(long, requires = "reason", conflicts_with = "against")]
    bless: bool,
    /// Why costs may be what they are now
    #[arg(long, value_name = "TEXT", requires = "bless", value_parser = NonEmptyStringValueParser::new())]
    reason: Option<String>,
    /// Time another build beside this one: a revision, or a `conform` executable; of another binder a command
    #[arg(long, value_name = "REV|BINARY")]
    against: Option<String>,
    /// Put the measuring to planted costs, as `--against` does, too
    #[arg(long)]
    tripwires: bool,
    /// Only shapes whose name contains this. May be given more than once
    #[arg(long, value_name = "TEXT")]
    shape: Vec<String>,
    /// Plant an extra cost beside each call, to see the gate find it: allocation, thread-local, lock, look-up or
    /// instructions
    #[arg(long, value_name = "NAME", conflicts_with = "bless")]
    burden: Option<Burden>,
}

/// The file of budgets, where none is named.
const BUDGETS: &str = "budgets.yaml";
/// Where what the gate came to goes.
const OUT: &str = "reports/gate";
const FILE: &str = "gate.json";
/// The shape that extra costs are planted beside: the shortest call.
const TRIPPED: &str = "scalar-i64";
/// Rounds more for what processes do not agree on: a tripwire that is not sure is none.
const EFFORT: Effort = Effort { more: 3, ..Effort::BRIEF };
/// What a process is given more of in its environment, so that its stack lies elsewhere.
const LAYOUT: (&str, usize) = ("BOUNDARY_LAYOUT", 1736);

pub(super) fn run(common: &Common, asked: &Gated) -> anyhow::Result<u8> {
    let run = Run::of(common, asked)?;
    if asked.bless {
        return run.bless(asked.reason.as_deref().unwrap_or_default());
    }
    let (code, gate) = run.gate()?;
    let out = common.out.clone().unwrap_or_else(|| PathBuf::from(OUT));
    let (page, json) = (out.join(FILE), serde_json::to_string_pretty(&gate)?);
    report::write_whole(&page, &format!("{json}\n"))?;
    match common.format() {
        Format::Json => say(&json),
        _ => {
            say(gate.text().trim_end());
            say(&format!("report    {}", page.display()));
        }
    }
    Ok(code)
}

struct Run<'a> {
    common: &'a Common,
    asked: &'a Gated,
    corpus: std::sync::Arc<Corpus>,
    binder: Binder,
    shapes: Vec<&'static str>,
}

/// A file of budgets.
struct Held {
    file: PathBuf,
    budgets: Budgets,
    /// Why nothing that is counted here is comparable with it, if so.
    differs: Option<String>,
}

/// What budgets there are, or why there are none.
type Found = Result<Held, String>;

impl<'a> Run<'a> {
    fn of(common: &'a Common, asked: &'a Gated) -> anyhow::Result<Run<'a>> {
        let shapes = meant_shapes(&asked.shape)?.into_iter().map(|shape| shape.name).collect();
        let (corpus, binder) = (common.corpus()?, common.binder.binder()?);
        Ok(Run { common, asked, corpus, binder, shapes })
    }

    fn subject(&self) -> String {
        let name = self.common.binder.name();
        if self.binder.is_reference() { "reference-binder".to_owned() } else { name.to_owned() }
    }

    /// Writes the budgets anew.
    fn bless(&self, reason: &str) -> anyhow::Result<u8> {
        ensure!(self.asked.shape.is_empty(), "every shape is blessed, as it is: leave `--shape`");
        self.is_sound()?;
        let counted = |shapes: &[&str]| self.counted(shapes, None);
        let counts = counted(&self.shapes).and_then(|rows| again(rows, &self.shapes, &counted));
        let counts = counts.map_err(anyhow::Error::msg)?;
        let [most, least] = [Ordering::Greater, Ordering::Less].map(|kept| furthest(&counts, kept));
        let file = self.asked.budgets.clone().unwrap_or_else(|| PathBuf::from(BUDGETS));
        let mut budgets = match file.exists() {
            true => self.read(&file)?,
            false => Budgets::none(&self.subject()),
        };
        let gone: Vec<String> = budgets.without_a_row(&most).map(named).collect();
        budgets.budgets.retain(|budget| !gone.contains(&named(budget)));
        let is_moved = |was: &Budget, is: &BenchRow| {
            rules::budgeted(&was.most(), &was.least(), is).verdict != GateVerdict::Fine
        };
        let changed = budgets.bless(&most, &least, reason, is_moved);
        for one in &changed {
            let drift = one.first.map_or("new".to_owned(), |first| {
                format!("{:+.1} % since its first", (one.now / first - 1.0) * 100.0)
            });
            say(&format!(
                "blessed   {}: {:.1} instructions above the floor, {drift}",
                one.of, one.now
            ));
        }
        gone.iter().for_each(|of| say(&format!("removed   {of}: no call is of it any more")));
        if changed.is_empty() && gone.is_empty() {
            say("verdict   Nothing moved: the budgets stay as they are.");
            return Ok(exit::FINE);
        }
        budgets.write(&file)?;
        say(&format!("written   {}", file.display()));
        Ok(exit::FINE)
    }

    /// Nothing is blessed while a round trip fails: what answers wrongly may cost anything.
    fn is_sound(&self) -> anyhow::Result<()> {
        let selection = Selection { arms: vec!["round-trip".into()], ..Selection::default() };
        let request = Request { selection, ..self.common.request(self.binder.clone())? };
        let unmeasured = |_: &Work| Err(std::io::Error::other("nothing is measured"));
        let report = run::run(&request, &unmeasured, &mut Shown::new())?.report;
        if report.exit_code() != exit::FINE {
            bail!(
                "{} of {} round trips fail: mend them, then bless",
                report.counts.failed + report.counts.errors,
                report.counts.ran
            );
        }
        Ok(())
    }

    fn gate(&self) -> anyhow::Result<(u8, Gate)> {
        let budgets = self.budgets()?;
        let base = self.base()?;
        let mut progress = Shown::new();
        let head = self.rows(&budgets, &mut progress);
        let (mut rows, mut out_of_date) = (Vec::new(), Vec::new());
        if let (Ok(head), Ok(budgets)) = (&head, &budgets) {
            (rows, out_of_date) = self.held(head, budgets);
        }
        let tripwires = match self.asked.tripwires || base.is_some() {
            true => self.tripwires(&mut progress)?,
            false => Vec::new(),
        };
        let mut against = None;
        if let Some(base) = base {
            let mut head_words = words_of(&self.binder);
            if self.asked.burden.is_some() {
                head_words.push("--burdened".to_owned());
            }
            let is_same = base::is_same(&base.words, &head_words);
            if !is_same {
                let counted = head.as_ref().ok();
                rows.extend(self.against(&base, counted, budgets.as_ref().ok(), &mut progress)?);
            }
            against = Some(rules::Base { name: base.name, is_same });
        }
        if rows.is_empty() && against.is_none() {
            let why = match (&head, &budgets) {
                (Err(why), _) => why.clone(),
                (Ok(_), Err(why)) => why.clone(),
                (Ok(_), Ok(_)) => "no shape that is meant has a budget".to_owned(),
            };
            bail!("there is nothing to hold costs against: {why}");
        }
        let budgets = match (budgets, head) {
            (Ok(_), Err(why)) => format!("not held: {why}"),
            (Ok(held), Ok(_)) => held.file.display().to_string(),
            (Err(why), _) => format!("none: {why}"),
        };
        let (subject, host) = (self.subject(), run::host());
        let gate = Gate { subject, host, budgets, base: against, rows, tripwires, out_of_date };
        Ok((gate.exit_code(self.common.strict), gate))
    }

    fn read(&self, file: &Path) -> anyhow::Result<Budgets> {
        let budgets = Budgets::read(file).map_err(anyhow::Error::msg)?;
        ensure!(
            budgets.subject == self.subject(),
            "{}: these are the budgets of {}, and {} is judged: name its own with --budgets",
            file.display(),
            budgets.subject,
            self.subject()
        );
        Ok(budgets)
    }

    fn budgets(&self) -> anyhow::Result<Found> {
        let here = PathBuf::from(BUDGETS);
        let (file, is_named) = match &self.asked.budgets {
            Some(file) => (file.clone(), true),
            None => (here, false),
        };
        if !is_named && !file.exists() {
            return Ok(Err(format!("there is no {BUDGETS} here")));
        }
        let budgets = match self.read(&file) {
            // The budgets that lie here need not be this binder's.
            Err(why) if !is_named && !self.binder.is_reference() => {
                return Ok(Err(why.to_string()));
            }
            read => read?,
        };
        let differs = budgets.key.differs(&Key::here());
        Ok(Ok(Held { file, budgets, differs }))
    }

    fn base(&self) -> anyhow::Result<Option<Base>> {
        let Some(against) = &self.asked.against else { return Ok(None) };
        ensure!(
            self.binder.launch().is_some(),
            "`--against` times both builds as programs, a process of each in turn: leave `--in-process`"
        );
        let server = std::env::current_exe()?;
        let sources =
            || sources("costs are held against a revision").map_err(|error| error.to_string());
        let base = base::find(against, &self.binder, &server, &sources);
        base.map(Some).map_err(anyhow::Error::msg)
    }

    /// Rows of this build with its counts, or why there are none. What looks dearer is counted again, and the least held.
    fn rows(&self, budgets: &Found, progress: &mut Shown) -> Counts {
        progress.stage("counting instructions", None);
        let counted = |shapes: &[&str]| self.counted(shapes, self.asked.burden);
        let rows = counted(&self.shapes).and_then(|rows| {
            let Ok(budgets) = budgets else { return Ok(vec![rows]) };
            let held = self.held(&rows, budgets).0;
            again(rows, &dearer(&held), &counted)
        });
        progress.finish();
        Ok(furthest(&rows?, Ordering::Less))
    }

    fn counted(&self, shapes: &[&str], burden: Option<Burden>) -> Counts {
        if self.binder.clone().here().is_err() {
            return Err(
                "the binder has a process of its own, whose instructions are not counted".into()
            );
        }
        let worker = |work: &Work| MeasureWorker::command(self.common.binder.words(), work);
        counts_of(&Work::of(&self.corpus, shapes, None).bearing(burden), &worker)
    }

    /// Counts against budgets, and what is out of date about those.
    fn held(&self, head: &[BenchRow], held: &Held) -> (Vec<GateRow>, Vec<String>) {
        let Held { file, budgets, differs } = held;
        let (mut rows, mut out_of_date) = (Vec::new(), Vec::new());
        for row in head {
            match (budgets.of(row), differs) {
                (None, _) => {
                    let (shape, path) = (&row.shape, &row.path);
                    out_of_date.push(format!("{}: no budget of {shape} {path}", file.display()));
                }
                (Some(budget), None) => {
                    rows.push(rules::budgeted(&budget.most(), &budget.least(), row));
                }
                (Some(_), Some(differs)) => {
                    rows.push(rules::not_comparable(row, Against::Budget, differs));
                }
            }
        }
        // Where shapes were named, the others have no row, and a budget of what is no shape is out of date still.
        let is_shape = |budget: &Budget| SHAPES.iter().any(|shape| shape.name == budget.shape);
        let was_asked = |budget: &&Budget| self.asked.shape.is_empty() || !is_shape(budget);
        let gone = budgets.without_a_row(head).filter(was_asked).map(named);
        let told = |of| format!("{}: a budget of {of}, which no call is of", file.display());
        out_of_date.extend(gone.map(told));
        (rows, out_of_date)
    }

    /// Both builds beside each other.
    fn against(
        &self,
        base: &Base,
        head: Option<&Vec<BenchRow>>,
        budgets: Option<&Held>,
        progress: &mut Shown,
    ) -> anyhow::Result<Vec<GateRow>> {
        // Budgets that were counted with something else say nothing of these counts.
        let budgets = budgets.filter(|held| held.differs.is_none());
        let budget = |row: &BenchRow| budgets.and_then(|held| held.budgets.of(row));
        let mut head_counts = head.cloned().unwrap_or_default();
        let mut base_counts = Vec::new();
        if let Some(conform) = &base.conform {
            progress.stage("counting instructions of the other build", None);
            let unbudgeted = |row: &&BenchRow| budget(row).is_none();
            match self.both_counted(conform, head_counts.clone(), &unbudgeted) {
                Ok(counted) => (base_counts, head_counts) = counted,
                Err(why) => complain(&format!("{} is not counted: {why}", base.name)),
            }
            progress.finish();
        }
        let work = Work::of(&self.corpus, &self.shapes, Some(EFFORT.shape_ms));
        let burdened = work.clone().bearing(self.asked.burden);
        let sides = [(base.words.clone(), work), (words_of(&self.binder), burdened)];
        let [was, is] = self.timed(&sides, false, progress)?;
        let (was, is) = (with_counts(was, &base_counts), with_counts(is, &head_counts));
        let pairs = || was.iter().filter_map(|base| Some((base, found(&is, base)?)));
        let doubted: Vec<&str> = pairs()
            .filter(|(base, head)| Times { base, head }.looks_dearer())
            .map(|(base, _)| &*base.shape)
            .collect();
        let (mut was_again, mut is_again) = (Vec::new(), Vec::new());
        if !doubted.is_empty() {
            let [base, head] = &sides;
            let again = |(words, work): &(Vec<String>, Work)| (words.clone(), work.only(&doubted));
            let [head, base] = self.timed(&[again(head), again(base)], true, progress)?;
            (was_again, is_again) =
                (with_counts(base, &base_counts), with_counts(head, &head_counts));
        }
        let mut rows = Vec::new();
        for (base, head) in pairs() {
            let within = budget(head).map(|budget| {
                rules::counts(&budget.most(), head, Against::Budget).verdict != GateVerdict::Dearer
            });
            // What has a budget is held to that.
            if within.is_none() && head.instructions.is_some() {
                rows.push(rules::counts(base, head, Against::BaseCounts));
            }
            let again = found(&was_again, base).zip(found(&is_again, head));
            let again = again.map(|(base, head)| Times { base, head });
            rows.push(rules::times(Times { base, head }, again, within == Some(true)));
        }
        Ok(rows)
    }

    /// What the other build counts and what this one does. Of what has no budget and looks dearer than there, both are
    /// counted again, and the least of this build is held against the most of the other.
    fn both_counted(
        &self,
        conform: &Path,
        head: Vec<BenchRow>,
        unbudgeted: &dyn Fn(&&BenchRow) -> bool,
    ) -> Result<(Vec<BenchRow>, Vec<BenchRow>), String> {
        let worker = |work: &Work| {
            let mut worker = Command::new(conform);
            worker.args(MeasureWorker::words(work)?);
            Ok(worker)
        };
        let of_base = |shapes: &[&str]| counts_of(&Work::of(&self.corpus, shapes, None), &worker);
        let of_head = |shapes: &[&str]| self.counted(shapes, self.asked.burden);
        let base = of_base(&self.shapes)?;
        let pairs =
            head.iter().filter(unbudgeted).filter_map(|row| Some((found(&base, row)?, row)));
        let held: Vec<GateRow> =
            pairs.map(|(base, head)| rules::counts(base, head, Against::BaseCounts)).collect();
        let shapes = dearer(&held);
        let base = furthest(&again(base, &shapes, &of_base)?, Ordering::Greater);
        let head = furthest(&again(head.clone(), &shapes, &of_head)?, Ordering::Less);
        Ok((base, head))
    }

    /// Times some binders, a process of each in turn; `elsewhere` in another layout.
    fn timed<const N: usize>(
        &self,
        sides: &[(Vec<String>, Work); N],
        elsewhere: bool,
        progress: &mut Shown,
    ) -> anyhow::Result<[Vec<BenchRow>; N]> {
        let works: Vec<Work> = sides.iter().map(|(_, work)| work.clone()).collect();
        let worker = |one: usize, work: &Work| {
            let binder = shell_words::join(&sides[one].0);
            let mut command = MeasureWorker::command(self.common.binder.words_for(&binder), work)?;
            if elsewhere {
                command.env(LAYOUT.0, "x".repeat(LAYOUT.1));
            }
            Ok(command)
        };
        let stage = if elsewhere { "measuring again" } else { "measuring" };
        progress.stage(stage, Some(EFFORT.rounds * N * PLACEMENTS as usize));
        let measured = measure::measure(EFFORT, &works, &worker, &mut |round, _| {
            progress.step(&format!("round {}", round + 1));
        });
        progress.finish();
        let rows = measured.into_iter().map(|measured| measured.map(|measured| measured.rows));
        let rows: Vec<Vec<BenchRow>> = rows.collect::<Result<_, _>>()?;
        Ok(rows.try_into().expect("one of each"))
    }

    /// Puts the measuring to extra costs beside the reference binder's shortest call, and to none.
    fn tripwires(&self, progress: &mut Shown) -> anyhow::Result<Vec<Tripwire>> {
        let program = std::env::current_exe()?;
        let words = vec![program.display().to_string(), "serve".to_owned()];
        let work = |burden, ms| Work::of(&self.corpus, &[TRIPPED], ms).bearing(burden);
        let worker = |work: &Work| {
            let mut worker = Command::new(&program);
            worker.args(MeasureWorker::words(work)?);
            Ok(worker)
        };
        let counts = |burden| counts_of(&work(burden, None), &worker);
        let mut wires = Vec::new();
        progress.stage("planting costs", None);
        let plain = counts(None).unwrap_or_default();
        if let Some(plain) = plain.first() {
            for burden in [None].into_iter().chain(Burden::ALL.iter().copied().map(Some)) {
                let counted = counts(burden).map_err(anyhow::Error::msg)?;
                let counted = counted.first().context("what was counted once is counted again")?;
                let verdict = rules::counts(plain, counted, Against::BaseCounts).verdict;
                wires.push(wire(burden, "counts", verdict));
            }
        }
        progress.finish();
        let ms = Some(EFFORT.shape_ms);
        // A clock need not see the others in so short a call.
        let seen = [Burden::Allocation, Burden::Lock, Burden::LookUp].map(Some);
        let burdens = [None, None, seen[0], seen[1], seen[2]];
        let sides = burdens.map(|burden| (words.clone(), work(burden, ms)));
        let [plain, rest @ ..] = self.timed(&sides, false, progress)?;
        let plain = plain.first().context("the shape was measured")?;
        for (burden, rows) in burdens[1..].iter().zip(&rest) {
            let Some(head) = rows.first() else { continue };
            let times = Times { base: plain, head };
            wires.push(wire(*burden, "time", rules::times(times, Some(times), false).verdict));
        }
        Ok(wires)
    }
}

/// The shapes that are dearer.
fn dearer(rows: &[GateRow]) -> Vec<&str> {
    let dearer = rows.iter().filter(|row| row.verdict == GateVerdict::Dearer);
    dearer.map(|row| &*row.shape).collect()
}

fn wire(burden: Option<Burden>, by: &'static str, verdict: GateVerdict) -> Tripwire {
    let tripped = match burden {
        Some(_) => verdict == GateVerdict::Dearer,
        None => !matches!(verdict, GateVerdict::Dearer | GateVerdict::Inconclusive),
    };
    let burden = burden.map_or("none".to_owned(), |burden| burden.to_string());
    Tripwire { burden, by, verdict, tripped }
}

fn named(budget: &Budget) -> String {
    format!("{} {}", budget.shape, budget.path)
}

fn words_of(binder: &Binder) -> Vec<String> {
    binder.launch().map(|launch| launch.words.clone()).unwrap_or_default()
}
