//! The options that commands have in common, and which of them a command means.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::Args;
use corpus::case::Corpus;
use corpus::seed;
use harness::binder::Binder;
use harness::run::{self, Request};
use judge::plan::Selection;
use report::{Folder, Format};
use zig_lib::library::Target;
use zig_lib::release;

use super::choice::{Choice, Machine};
use super::{Action, UNWRITTEN, command_line, output};

#[derive(Debug, Args)]
pub(super) struct Common {
    /// The folder of case files [default: spec-cases here, or else what came with this program]
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) cases: Option<PathBuf>,
    /// Where the report is written [default: reports/latest], for repro the program, for release the archive
    #[arg(long, global = true, value_name = "PATH")]
    pub(super) out: Option<PathBuf>,
    /// What signatures are made from and, unless it is left out, arguments of properties and structs
    /// are drawn from
    #[arg(long, global = true, value_name = "N")]
    pub(super) seed: Option<u64>,
    /// The list of the binder's known failures (docs/known-failures.md)
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) expected: Option<PathBuf>,
    /// Record the conversation with the binder, for `conform replay`
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) record: Option<PathBuf>,
    /// Write that list, or expected-failures.yaml, anew from what failed; reasons are kept
    #[arg(long, global = true)]
    pub(super) write_expected: bool,
    /// Hold the binder to what compilers rely on though no ABI says it, and, where something is measured, exit
    /// with 4 where a figure is not conclusive
    #[arg(long, global = true)]
    pub(super) strict: bool,
    /// What is printed [default: text]: text, terse, json, junit, markdown, html, summary, csv, csv-cost, github
    /// or bencher; of some commands not all of them
    #[arg(long, global = true, value_name = "FORMAT", value_parser = format)]
    pub(super) format: Option<Format>,
    #[command(flatten)]
    pub(super) binder: Choice,
}

/// The formats of what comes of several reports.
const COMPARED: &[Format] = &[Format::Text, Format::Json, Format::Markdown];

fn format(word: &str) -> Result<Format, String> {
    word.parse().map_err(|_| format!("the formats are {}", Format::words().join(", ")))
}

impl Common {
    /// Where the report goes.
    pub(super) fn out(&self) -> PathBuf {
        self.out.clone().unwrap_or_else(|| PathBuf::from("reports/latest"))
    }

    /// Makes a run that reports to the folder asked for: what is there is of this run from the first
    /// moment on, and says why where the run fails.
    pub(super) fn reported(
        &self,
        run: impl FnOnce(&Folder) -> anyhow::Result<u8>,
    ) -> anyhow::Result<u8> {
        let begun = run::begun(command_line());
        let folder = Folder::begin(&self.out(), begun).context(UNWRITTEN)?;
        let done = run(&folder);
        if let Err(error) = &done {
            folder.fail(&output::told(error)).context(UNWRITTEN)?;
        }
        done
    }

    pub(super) fn corpus(&self) -> Result<Arc<Corpus>, anyhow::Error> {
        Ok(run::load(&self.case_folder()?)?)
    }

    /// The folder of case files given, the one here, the one this program was unpacked with, or the one it was
    /// built from.
    pub(super) fn case_folder(&self) -> anyhow::Result<PathBuf> {
        if let Some(folder) = &self.cases {
            return Ok(folder.clone());
        }
        let here = PathBuf::from("spec-cases");
        if here.is_dir() {
            return Ok(here);
        }
        if let Some(release) = release::here()? {
            return Ok(release.folder("spec-cases")?);
        }
        Some(corpus::case::shipped_folder()).filter(|folder| folder.is_dir()).context(
            "there is no folder spec-cases here; name the case files' folder with --cases DIR",
        )
    }

    /// What is printed.
    pub(super) fn format(&self) -> Format {
        self.format.unwrap_or(Format::Text)
    }

    /// A run that judges a binder by everything there is, and measures nothing.
    pub(super) fn request(&self, binder: Binder) -> anyhow::Result<Request> {
        Ok(Request {
            cases: self.case_folder()?,
            binder,
            under: None,
            target: self.binder.target(),
            restarts: self.binder.restarts,
            jobs: self.binder.jobs(),
            selection: Selection::default(),
            effort: None,
            scaling: false,
            expected: self.expected.clone(),
            write_expected: self.write_expected,
            strict: self.strict,
            drawn: seed::fresh(),
            replayed: None,
            command: command_line(),
        })
    }

    /// Refuses options that would do nothing beside this command.
    pub(super) fn is_meant_by(&self, command: Option<&Action>) -> anyhow::Result<()> {
        let judges =
            matches!(command, None | Some(Action::Check(_) | Action::Bench(_) | Action::Replay(_)));
        let expects = self.expected.is_some() || self.write_expected;
        anyhow::ensure!(
            judges || !expects,
            "`--expected` and `--write-expected` are for `conform`, `check`, `bench` and `replay`"
        );
        anyhow::ensure!(
            judges || !self.strict || matches!(command, Some(Action::Compare(_) | Action::Gate(_))),
            "`--strict` is for `conform`, `check`, `bench`, `replay`, `compare` and `gate`"
        );
        let talks = matches!(command, None | Some(Action::Check(_) | Action::Smoke));
        anyhow::ensure!(
            talks || self.record.is_none(),
            "`--record` is for `conform`, `conform check` and `conform smoke`"
        );
        let reads = matches!(
            command,
            Some(Action::Report(_) | Action::Merge(_) | Action::Diff(_) | Action::Trend(_))
        );
        let writes = match command {
            Some(
                Action::List(_) | Action::Explain(_) | Action::Layouts(_) | Action::NewBinder(_),
            ) => false,
            Some(Action::Merge(_)) => true,
            Some(_) | None => !reads,
        };
        anyhow::ensure!(
            writes || self.out.is_none(),
            "`--out` is for commands that write a report, and for `repro` and `release`"
        );
        let draws = !reads
            && !matches!(
                command,
                Some(
                    Action::Explain(_)
                        | Action::Repro(_)
                        | Action::NewBinder(_)
                        | Action::Replay(_)
                        | Action::Compare(_)
                        | Action::Gate(_)
                        | Action::Release
                )
            );
        anyhow::ensure!(
            draws || self.seed.is_none(),
            "`--seed` is for commands that draw arguments, signatures or structs from it"
        );
        let starts = writes
            && !reads
            && !matches!(
                command,
                Some(Action::Repro(_) | Action::Mutants(_) | Action::Compare(_) | Action::Release)
            );
        anyhow::ensure!(
            starts || !self.binder.is_named(),
            "`--binder`, `--dialect` and `--in-process` are for commands that start a binder"
        );
        anyhow::ensure!(
            !(matches!(command, Some(Action::Compare(_))) && self.binder.is_limited()),
            "`--jobs`, `--restarts` and limits are for commands that judge one binder: here they stand in the `options` of \
             each adapter.yaml"
        );
        anyhow::ensure!(
            !(matches!(command, Some(Action::Replay(_))) && self.binder.is_named()),
            "`conform replay` judges what the recording's binder said: leave `--binder` and `--dialect`"
        );
        let of_a_target = match self.binder.machine() {
            // Which of them is for the recording to say.
            _ if matches!(command, Some(Action::Replay(_))) => true,
            Machine::Built(Target::Host) => true,
            Machine::Built(_) => matches!(
                command,
                None | Some(
                    Action::Check(_) | Action::Smoke | Action::Serve(_) | Action::Explain(_)
                )
            ),
            Machine::Described(..) => matches!(command, Some(Action::Explain(_))),
        };
        anyhow::ensure!(
            of_a_target,
            "`--target` is for `conform`, `check` and `smoke`, host, wasm64, wasm32 or aarch64-linux, and for `explain`; \
             what is not built for this machine is not measured"
        );
        let formats = match command {
            None
            | Some(
                Action::Check(_)
                | Action::Bench(_)
                | Action::Mutants(_)
                | Action::Replay(_)
                | Action::Report(_)
                | Action::Merge(_),
            ) => Format::ALL,
            Some(Action::List(_) | Action::Gate(_)) => &[Format::Text, Format::Json],
            Some(Action::Diff(_) | Action::Trend(_)) => COMPARED,
            Some(Action::Compare(_)) => &[Format::Text, Format::Markdown],
            Some(_) => &[],
        };
        let words = || formats.iter().map(|one| one.word()).collect::<Vec<_>>().join(", ");
        match self.format {
            Some(_) if formats.is_empty() => bail!("`--format` is for other commands"),
            Some(format) if !formats.contains(&format) => {
                bail!("the formats of this command are {}", words())
            }
            Some(_) | None => Ok(()),
        }
    }
}
