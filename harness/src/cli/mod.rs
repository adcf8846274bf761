//! The command line: words in, exit code out. What is done stands in the library.

mod choice;
mod compare;
mod explain;
mod layouts;
mod list;
mod memcheck;
mod mutants;
mod new_binder;
mod output;
mod progress;
mod recording;
mod release;
mod repro;
mod selected;
mod serve;
mod smoke;

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, Parser, Subcommand, ValueEnum};
use corpus::case::Corpus;
use corpus::seed;
use harness::binder::Binder;
use harness::recording::Judged;
use harness::run::{self, Request, Run, RunError};
use judge::plan::Selection;
use judge::progress::Progress;
use judge::session::SessionError;
use measure::{self, BenchVerdict, Effort};
use report::Folder;
use subject::SubjectFault;
use subject::protocol::{GUARDIAN, guard};
use subject::recording::Tape;
use zig_lib::library::Target;

use choice::Choice;
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
    3 cost regression; 4 (with --strict) a measurement that is inconclusive or not credible; \
    5 the subject could not be started.")]
struct Cli {
    #[command(subcommand)]
    command: Option<Action>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Common {
    /// The folder of case files [default: spec-cases here, or else what came with this program]
    #[arg(long, global = true, value_name = "DIR")]
    cases: Option<PathBuf>,
    /// Where the report is written [default: reports/latest], for repro the program, for release the archive
    #[arg(long, global = true, value_name = "PATH")]
    out: Option<PathBuf>,
    /// What signatures are made from and, unless it is left out, arguments of properties and structs
    /// are drawn from
    #[arg(long, global = true, value_name = "N")]
    seed: Option<u64>,
    /// The list of the binder's known failures (docs/known-failures.md)
    #[arg(long, global = true, value_name = "FILE")]
    expected: Option<PathBuf>,
    /// Record the conversation with the binder, for `conform replay`
    #[arg(long, global = true, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Write that list, or expected-failures.yaml, anew from what failed; reasons are kept
    #[arg(long, global = true)]
    write_expected: bool,
    /// Hold the binder to what compilers rely on though no ABI says it, and, where something is measured, exit
    /// with 4 where a figure is not conclusive
    #[arg(long, global = true)]
    strict: bool,
    #[command(flatten)]
    binder: Choice,
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
}

#[derive(Debug, Args)]
struct MeasureWorker {
    #[arg(long)]
    shape: Vec<String>,
    #[arg(long)]
    shape_ms: u64,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
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
    common.binder.judge_its_words();
    if let Err(error) = common.is_meant_by(cli.command.as_ref()) {
        let reports = reports(cli.command.as_ref());
        return if reports { common.reported(|_| Err(error)) } else { Err(error) };
    }
    if has_something_to_end(cli.command.as_ref()) {
        interrupt::watch().context("signals cannot be watched for")?;
    }
    match cli.command {
        None => {
            let selection = Selection { seed: common.seed, ..Selection::default() };
            judge(&common, selection, Some(Effort::BRIEF))
        }
        Some(Action::Check(selected)) => judge(&common, selected.of(common.seed), None),
        Some(Action::Bench(Bench { quick })) => {
            let effort = if quick { Effort::BRIEF } else { Effort::FULL };
            let selection = Selection { arms: vec!["round-trip".into()], ..Selection::default() };
            judge(&common, selection, Some(effort))
        }
        Some(Action::List(list)) => list::run(&list, common.seed, &*common.corpus()?),
        Some(Action::Explain(explain)) => explain::run(&explain, &*common.corpus()?),
        Some(Action::Layouts(asked)) => layouts::run(&asked, common.seed),
        Some(Action::Repro(repro)) => repro::run(&repro, &*common.corpus()?, common.out.as_deref()),
        Some(Action::Release) => release::run(&common),
        Some(Action::MeasureWorker(MeasureWorker { shape, shape_ms })) => {
            measure::worker::ends_with_its_starter()?;
            let corpus = common.corpus()?;
            let binder = common.binder.binder()?.timed();
            let measured = measure::worker::run(&corpus, &|| binder.subject(), &shape, shape_ms)
                .map_err(anyhow::Error::msg)?;
            say(&serde_json::to_string(&measured)?);
            Ok(exit::FINE)
        }
        Some(Action::Smoke) => smoke::run(&common),
        Some(Action::Memcheck(selected)) => memcheck::run(&common, &selected),
        Some(Action::Mutants(asked)) => mutants::run(&common, &asked),
        Some(Action::Compare(asked)) => compare::run(&common, &asked),
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
        || matches!(command, Some(Action::Smoke | Action::Layouts(_) | Action::Release))
}

fn judge(common: &Common, selection: Selection, effort: Option<Effort>) -> anyhow::Result<u8> {
    common.reported(|folder| judge_to(folder, common, selection, effort))
}

fn judge_to(
    folder: &Folder,
    common: &Common,
    selection: Selection,
    effort: Option<Effort>,
) -> anyhow::Result<u8> {
    let drawn = seed::fresh();
    let judged = Judged::Check { selection: selection.clone() };
    let (binder, tape) = recording::begin(common, judged, drawn)?;
    let request = Request { selection, effort, drawn, ..common.request(binder)? };
    put(folder, common, &request, tape.as_ref())
}

/// Makes a run, writes its report and shows it.
fn put(
    folder: &Folder,
    common: &Common,
    request: &Request,
    tape: Option<&Tape>,
) -> anyhow::Result<u8> {
    let measuring = |shapes: &[String], shape_ms: u64| {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("measure-worker").arg("--cases").arg(&request.cases);
        command.args(common.binder.words()).args(measure_words(shapes, shape_ms));
        Ok(command)
    };
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
        return shown(&run?, folder, common.strict);
    }
    let code = shown(&run?, folder, common.strict)?;
    if let Err(error) = recorded {
        output::complain(&output::told(&error.into()));
        return Ok(exit::SUITE);
    }
    Ok(code)
}

/// The words that have a measuring process measure these.
fn measure_words(shapes: &[String], shape_ms: u64) -> impl Iterator<Item = String> {
    let shapes = shapes.iter().map(|shape| format!("--shape={shape}"));
    shapes.chain([format!("--shape-ms={shape_ms}")])
}

fn shown(run: &Run, folder: &Folder, strict: bool) -> anyhow::Result<u8> {
    folder.put(&run.report).context(UNWRITTEN)?;
    if let Some(measurement) = &run.measurement {
        folder.put_raw(&serde_json::to_string(&measurement.raw)?).context(UNWRITTEN)?;
    }
    let page = folder.page();
    let colour = report::terminal::Colour::of_stdout();
    say(report::terminal::render(&run.report, Some(&page), colour).trim_end());
    let doubtful = run.report.bench.iter().any(|row| row.verdict != BenchVerdict::Measured);
    Ok(match run.report.exit_code() {
        exit::FINE if strict && doubtful => exit::DOUBTFUL,
        code => code,
    })
}

/// The folder given, the one here, the one this program was unpacked with, or the one it was built from.
fn case_folder(common: &Common) -> anyhow::Result<PathBuf> {
    if let Some(folder) = &common.cases {
        return Ok(folder.clone());
    }
    let here = PathBuf::from("spec-cases");
    if here.is_dir() {
        return Ok(here);
    }
    if let Some(release) = zig_lib::release::here()? {
        return Ok(release.folder("spec-cases")?);
    }
    Some(corpus::case::shipped_folder())
        .filter(|folder| folder.is_dir())
        .context("there is no folder spec-cases here; name the case files' folder with --cases DIR")
}

fn command_line() -> String {
    // A path need not be text; the command line is only shown.
    let arguments = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
    shell_words::join(std::iter::once("conform".to_owned()).chain(arguments))
}

impl Common {
    /// Where the report goes.
    fn out(&self) -> PathBuf {
        self.out.clone().unwrap_or_else(|| PathBuf::from("reports/latest"))
    }

    /// Makes a run that reports to the folder asked for: what is there is of this run from the first
    /// moment on, and says why where the run fails.
    fn reported(&self, run: impl FnOnce(&Folder) -> anyhow::Result<u8>) -> anyhow::Result<u8> {
        let begun = run::begun(command_line());
        let folder = Folder::begin(&self.out(), begun).context(UNWRITTEN)?;
        let done = run(&folder);
        if let Err(error) = &done {
            folder.fail(&output::told(error)).context(UNWRITTEN)?;
        }
        done
    }

    fn corpus(&self) -> Result<Arc<Corpus>, anyhow::Error> {
        Ok(run::load(&case_folder(self)?)?)
    }

    /// A run that judges a binder by everything there is, and measures nothing.
    fn request(&self, binder: Binder) -> anyhow::Result<Request> {
        Ok(Request {
            cases: case_folder(self)?,
            binder,
            target: self.binder.target,
            restarts: self.binder.restarts,
            jobs: self.binder.jobs(),
            selection: Selection::default(),
            effort: None,
            expected: self.expected.clone(),
            write_expected: self.write_expected,
            strict: self.strict,
            drawn: seed::fresh(),
            replayed: None,
            command: command_line(),
        })
    }

    /// Refuses options that would do nothing beside this command.
    fn is_meant_by(&self, command: Option<&Action>) -> anyhow::Result<()> {
        let judges =
            matches!(command, None | Some(Action::Check(_) | Action::Bench(_) | Action::Replay(_)));
        let expects = self.expected.is_some() || self.write_expected;
        anyhow::ensure!(
            judges || !expects,
            "`--expected` and `--write-expected` are for `conform`, `check`, `bench` and `replay`"
        );
        anyhow::ensure!(
            judges || !self.strict || matches!(command, Some(Action::Compare(_))),
            "`--strict` is for `conform`, `check`, `bench`, `replay` and `compare`"
        );
        let talks = matches!(command, None | Some(Action::Check(_) | Action::Smoke));
        anyhow::ensure!(
            talks || self.record.is_none(),
            "`--record` is for `conform`, `conform check` and `conform smoke`"
        );
        let writes = match command {
            Some(
                Action::List(_) | Action::Explain(_) | Action::Layouts(_) | Action::NewBinder(_),
            ) => false,
            Some(_) | None => true,
        };
        anyhow::ensure!(
            writes || self.out.is_none(),
            "`--out` is for commands that write a report, and for `repro` and `release`"
        );
        let draws = !matches!(
            command,
            Some(
                Action::Explain(_)
                    | Action::Repro(_)
                    | Action::NewBinder(_)
                    | Action::Replay(_)
                    | Action::Compare(_)
                    | Action::Release
            )
        );
        anyhow::ensure!(
            draws || self.seed.is_none(),
            "`--seed` is for commands that draw arguments, signatures or structs from it"
        );
        let starts = writes
            && !matches!(
                command,
                Some(Action::Repro(_) | Action::Mutants(_) | Action::Compare(_) | Action::Release)
            );
        anyhow::ensure!(
            starts || !self.binder.is_named(),
            "`--binder`, `--dialect`, `--in-process` and `--target` are for commands that start a binder"
        );
        anyhow::ensure!(
            !(matches!(command, Some(Action::Replay(_))) && self.binder.is_named()),
            "`conform replay` judges what the recording's binder said: leave `--binder` and `--dialect`"
        );
        let of_a_target =
            matches!(command, None | Some(Action::Check(_) | Action::Smoke | Action::Serve(_)));
        anyhow::ensure!(
            of_a_target || self.binder.target == Target::Host,
            "`--target` is for `conform`, `check` and `smoke`"
        );
        Ok(())
    }
}
