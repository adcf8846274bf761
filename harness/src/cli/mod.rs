//! The command line: words in, exit code out. What is done stands in the library.

mod choice;
mod common;
mod compare;
mod counted;
mod diff;
mod explain;
mod gate;
mod given;
mod layouts;
mod list;
mod measured;
mod memcheck;
mod merge;
mod mutants;
mod new_binder;
mod output;
mod progress;
mod publish;
mod recording;
mod release;
mod rendered;
mod repro;
mod selected;
mod serve;
mod smoke;
mod trend;

use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use corpus::seed;
use harness::recording::Judged;
use harness::run::{self, Request, Run, RunError};
use judge::plan::{Selection, Shard};
use judge::progress::Progress;
use judge::session::SessionError;
use measure::{BenchVerdict, Effort, SHAPES, Shape, Work};
use report::terminal::Colour;
use report::{Folder, Report};
use subject::SubjectFault;
use subject::protocol::{GUARDIAN, guard};
use subject::recording::Tape;

use choice::judge_words_of;
use common::Common;
use measured::MeasureWorker;
use output::say;
use progress::Shown;
use selected::Selected;

/// Exit codes of `conform`, which people script against.
mod exit {
    /// All as expected.
    pub(super) const FINE: u8 = 0;
    /// Something does not conform.
    pub(super) const CONFORMANCE: u8 = 1;
    /// Usage or the suite's own error.
    pub(super) const SUITE: u8 = 2;
    /// With `--strict`, a measurement is inconclusive or not credible.
    pub(super) const DOUBTFUL: u8 = 4;
    /// The subject could not be started.
    pub(super) const NOT_STARTED: u8 = 5;
}

/// What a report that cannot be written is told with.
const UNWRITTEN: &str = "the report could not be written";

/// Judges a binder against the boundary contract and measures what its calls cost above the floor.
///
/// Without a command: judges the reference binder over the whole corpus, measures every shape briefly,
/// and writes a report.
#[derive(Debug, Parser)]
#[command(name = "conform", version, max_term_width = 90)]
#[command(after_help = "Exit codes: 0 all as expected; 1 conformance; 2 usage or suite error; \
    3 cost regression; 4 (with --strict) a figure that is inconclusive, not credible or not there; \
    5 the subject could not be started.")]
struct Cli {
    #[command(subcommand)]
    command: Option<Action>,
    /// Only the k-th of n equal parts of trials and shapes
    #[arg(long, value_name = "K/N")]
    shard: Option<Shard>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Judges, without measuring
    Check(Selected),
    /// Judges what the shapes call, then measures every shape at length
    Bench(Bench),
    /// Tries a binder step by step, and tells a broken adapter from a failing binder
    Smoke,
    /// Judges the reference binder under valgrind's memcheck
    Memcheck(Selected),
    /// Puts binders that each break one rule to the suite, which must catch every one of them
    Mutants(mutants::Mutants),
    /// Sets reports side by side; without any, judges every adapter that can run here first
    Compare(compare::Compare),
    /// Makes a static site over the reports of many binders, or brings one up to date
    Publish(publish::Publish),
    /// Renders a report as `--format` says, from its JSON and nothing else
    Report(rendered::Rendered),
    /// Joins the reports of all shards to the report of the whole run
    Merge(merge::Merge),
    /// What differs between two reports of one binder; exits with 1 where something newly fails
    Diff(diff::Diff),
    /// Reports of one binder over time: outcomes, costs with their noise, and steps
    Trend(trend::Trend),
    /// Holds costs against budgets, and against another build; exits with 3 where one is dearer
    Gate(gate::Gated),
    /// Judges again from what `--record` wrote, without the binder
    Replay(recording::Replay),
    /// Writes an adapter of an FFI library, to begin with: python, lua, node, rust or c
    NewBinder(new_binder::NewBinder),
    /// Lists the trials, or what proves each clause
    List(list::List),
    /// Explains a signature, a clause or a case
    Explain(explain::Explain),
    /// Writes a program that makes a case's native calls without any binder
    Repro(repro::Repro),
    /// Compares the layouts of generated structs with those that Zig gives them
    Layouts(layouts::Layouts),
    /// Packs this program with its corpus and fixtures, for machines without a toolchain
    Release,
    /// Measures in this process and prints raw batches; `bench` starts it
    #[command(hide = true)]
    MeasureWorker(MeasureWorker),
    /// Serves the reference binder by docs/protocol.md, or the suite's own library at wire level
    #[command(hide = true)]
    Serve(serve::Serve),
    /// Ends a binder's processes when the process that started it dies
    #[command(hide = true, name = GUARDIAN)]
    Guardian,
}

#[derive(Debug, Args)]
struct Bench {
    /// Measure as briefly as `conform` without a command does
    #[arg(long)]
    quick: bool,
    /// Measure how costs grow, too: with arguments, elements and callers
    #[arg(long)]
    scaling: bool,
    /// Only the k-th of n equal parts of the round trips and of the shapes
    #[arg(long, value_name = "K/N")]
    shard: Option<Shard>,
}

/// Runs the command line.
pub(crate) fn main() -> ExitCode {
    let came = Cli::try_parse().map(act);
    if let Some(by) = interrupt::seen() {
        // Whatever else went wrong went wrong because of that.
        output::complain(&by.to_string());
        by.end();
    }
    let code = match came {
        Ok(came) => came.unwrap_or_else(|error| {
            output::complain(&output::told(&error));
            code_of(&error)
        }),
        // Usage errors, and what `--help` and `--version` ask for.
        Err(answer) => {
            let text = answer.to_string();
            // What quotes no long argument is shown in its colours.
            if !answer.use_stderr() || report::shown(&text) == text {
                output::note(answer.print());
            } else {
                output::complain(text.trim_start_matches("error: ").trim_end());
            }
            if answer.use_stderr() { exit::SUITE } else { exit::FINE }
        }
    };
    ExitCode::from(if output::is_lost() { exit::SUITE } else { code })
}

fn code_of(error: &anyhow::Error) -> u8 {
    match error.downcast_ref::<RunError>() {
        Some(RunError::Session(SessionError::Subject(SubjectFault::NotStarted(_)))) => {
            exit::NOT_STARTED
        }
        _ => exit::SUITE,
    }
}

fn act(cli: Cli) -> anyhow::Result<u8> {
    let common = cli.common;
    judge_words_of(common.binder.target());
    anyhow::ensure!(
        cli.shard.is_none() || cli.command.is_none(),
        "`--shard` of a command stands behind it: `conform check --shard 1/4`"
    );
    if let Err(error) = common.is_meant_by(cli.command.as_ref()) {
        let reports = reports(cli.command.as_ref());
        return if reports { common.reported(|_| Err(error)) } else { Err(error) };
    }
    if has_something_to_end(cli.command.as_ref()) {
        interrupt::watch().context("signals cannot be watched for")?;
    }
    match cli.command {
        None => {
            let (seed, shard) = (common.seed, cli.shard);
            let selection = Selection { seed, shard, ..Selection::default() };
            judge(&common, selection, Some(Effort::BRIEF), false)
        }
        Some(Action::Check(selected)) => judge(&common, selected.of(common.seed), None, false),
        Some(Action::Bench(Bench { quick, scaling, shard })) => {
            let effort = if quick { Effort::BRIEF } else { Effort::FULL };
            let arms = vec!["round-trip".into()];
            let selection = Selection { arms, shard, ..Selection::default() };
            judge(&common, selection, Some(effort), scaling)
        }
        Some(Action::List(list)) => list::run(&list, &common),
        Some(Action::Explain(explain)) => {
            explain::run(&explain, common.binder.described(), &*common.corpus()?)
        }
        Some(Action::Layouts(asked)) => layouts::run(&asked, common.seed),
        Some(Action::Repro(repro)) => repro::run(&repro, &*common.corpus()?, common.out.as_deref()),
        Some(Action::Release) => release::run(&common),
        Some(Action::MeasureWorker(asked)) => measured::run(&common, &asked),
        Some(Action::Smoke) => smoke::run(&common),
        Some(Action::Memcheck(selected)) => memcheck::run(&common, &selected),
        Some(Action::Mutants(asked)) => mutants::run(&common, &asked),
        Some(Action::Compare(asked)) => compare::run(&common, &asked),
        Some(Action::Publish(asked)) => publish::run(&common, &asked),
        Some(Action::Report(asked)) => rendered::run(&common, &asked),
        Some(Action::Merge(asked)) => merge::run(&common, &asked),
        Some(Action::Diff(asked)) => diff::run(&common, &asked),
        Some(Action::Trend(asked)) => trend::run(&common, &asked),
        Some(Action::Gate(asked)) => gate::run(&common, &asked),
        Some(Action::Replay(replay)) => recording::replay(&common, &replay),
        Some(Action::NewBinder(asked)) => new_binder::run(&asked),
        Some(Action::Serve(asked)) => serve::run(&common, &asked),
        Some(Action::Guardian) => {
            guard(std::io::stdin());
            Ok(exit::FINE)
        }
    }
}

/// Whether a command leaves a report.
fn reports(command: Option<&Action>) -> bool {
    matches!(
        command,
        None | Some(
            Action::Check(_)
                | Action::Bench(_)
                | Action::Memcheck(_)
                | Action::Mutants(_)
                | Action::Replay(_)
        )
    )
}

/// Whether a signal is to end a command in order; it ends the others, who start nobody, at once. So it does
/// one that is a part of another, and is ended by that.
fn has_something_to_end(command: Option<&Action>) -> bool {
    reports(command)
        || matches!(
            command,
            Some(Action::Smoke | Action::Layouts(_) | Action::Gate(_) | Action::Release)
        )
}

fn judge(
    common: &Common,
    selection: Selection,
    effort: Option<Effort>,
    scaling: bool,
) -> anyhow::Result<u8> {
    common.reported(|folder| judge_to(folder, common, selection, (effort, scaling)))
}

fn judge_to(
    folder: &Folder,
    common: &Common,
    selection: Selection,
    (effort, scaling): (Option<Effort>, bool),
) -> anyhow::Result<u8> {
    let drawn = seed::fresh();
    let judged = Judged::Check { selection: selection.clone() };
    let (binder, tape) = recording::begin(common, judged, drawn)?;
    let request = Request { selection, effort, scaling, drawn, ..common.request(binder)? };
    put(folder, common, &request, tape.as_ref())
}

/// Makes a run, writes its report and shows it.
fn put(
    folder: &Folder,
    common: &Common,
    request: &Request,
    tape: Option<&Tape>,
) -> anyhow::Result<u8> {
    let measuring = |work: &Work| MeasureWorker::command(common.binder.words(), work);
    let mut progress = Shown::new();
    if request.binder.is_reference()
        && let Err(missing) = system_libffi::available()
    {
        progress.note(&format!("`engines` is not declared: {missing}"));
    }
    let run = run::run(request, &measuring, &mut progress);
    // What a recording that does not fit came to is no verdict; what was recorded is one, even where the
    // recording could not be written.
    let recorded = tape.map_or(Ok(()), Tape::finish);
    if tape.is_some_and(Tape::is_replay) {
        recorded?;
        return shown(&run?, folder, common);
    }
    let code = shown(&run?, folder, common)?;
    if let Err(error) = recorded {
        output::complain(&output::told(&error.into()));
        return Ok(exit::SUITE);
    }
    Ok(code)
}

fn shown(run: &Run, folder: &Folder, common: &Common) -> anyhow::Result<u8> {
    folder.put(&run.report).context(UNWRITTEN)?;
    if let Some(measurement) = &run.measurement {
        folder.put_raw(&serde_json::to_string(&measurement.raw)?).context(UNWRITTEN)?;
    }
    let page = folder.page();
    say(common.format().render(&run.report, Some(&page), Colour::of_stdout())?.trim_end());
    if let Some(error) = &run.unwritten {
        output::complain(&error.to_string());
        return Ok(exit::SUITE);
    }
    Ok(code_of_report(common, &run.report))
}

/// The exit code of a report: with `--strict`, where all is as expected, 4 for a figure that says nothing.
fn code_of_report(common: &Common, report: &Report) -> u8 {
    let series = report.scaling.iter().map(|point| &point.row);
    let doubtful =
        report.bench.iter().chain(series).any(|row| row.verdict != BenchVerdict::Measured);
    match report.exit_code() {
        exit::FINE if common.strict && doubtful => exit::DOUBTFUL,
        code => code,
    }
}

/// The shapes whose names contain one of these texts; all without.
fn meant_shapes(parts: &[String]) -> anyhow::Result<Vec<&'static Shape>> {
    let is_meant =
        |name: &str| parts.is_empty() || parts.iter().any(|part| name.contains(part.as_str()));
    let shapes: Vec<&Shape> = SHAPES.iter().filter(|shape| is_meant(shape.name)).collect();
    let known = || SHAPES.iter().map(|shape| shape.name).collect::<Vec<_>>().join(", ");
    anyhow::ensure!(!shapes.is_empty(), "no shape is named so; they are {}", known());
    Ok(shapes)
}

fn command_line() -> String {
    // A path need not be text; the command line is only shown.
    let arguments = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
    shell_words::join(std::iter::once("conform".to_owned()).chain(arguments))
}
