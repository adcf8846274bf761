//! `--record`, and `conform replay`: a judgement written down, and made again from that.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{bail, ensure};
use clap::Args;
use harness::binder::{Binder, BinderError};
use harness::recording::{Header, Judged};
use harness::run::{self, Replayed, Request};
use subject::recording::{RecordingError, Tape, VERSION, Wrong};

use super::choice::judge_words_of;
use super::{Common, command_line, smoke};

#[derive(Debug, Args)]
pub(super) struct Replay {
    /// What `--record` wrote
    file: PathBuf,
    /// Report only trials whose name (`arm::suite::case`) contains this; a whole name means that trial
    /// alone. May be given more than once
    #[arg(long, value_name = "TEXT")]
    filter: Vec<String>,
}

/// The binder asked for and, with `--record`, the recording that has begun.
pub(super) fn begin(
    common: &Common,
    judged: Judged,
    drawn: u64,
) -> anyhow::Result<(Binder, Option<Tape>)> {
    let binder = common.binder.binder()?;
    let Some(file) = &common.record else { return Ok((binder, None)) };
    let Some(launch) = binder.launch() else { bail!(BinderError::InProcess) };
    let words = launch.words.clone();
    let header = Header {
        recording: VERSION,
        suite: env!("CARGO_PKG_VERSION").to_owned(),
        corpus: common.corpus()?.hash.clone(),
        judged,
        target: common.binder.target(),
        command: command_line(),
        binder: words,
        started: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
        host: run::host(),
        drawn,
        strict: common.strict,
        restarts: common.binder.restarts,
        limits: common.binder.limits,
    };
    let tape = Tape::create(file, &header)?;
    Ok((binder.recorded(tape.clone())?, Some(tape)))
}

pub(super) fn replay(common: &Common, replay: &Replay) -> anyhow::Result<u8> {
    let opened: Result<(Header, Tape), RecordingError> = Tape::open(&replay.file);
    match opened {
        // That one leaves no report.
        Ok((header, tape)) if matches!(header.judged, Judged::Smoke) => {
            ensure!(
                replay.filter.is_empty(),
                "this is a recording of `conform smoke`, which has no trials to filter"
            );
            let binder = replayed(common, &replay.file, &header, &tape)?;
            let code = smoke::put(common, &binder, header.target);
            tape.finish()?;
            code
        }
        opened => common.reported(|folder| {
            let (header, tape) = opened?;
            let request = judge_again(common, &replay.file, header, &tape, replay.filter.clone())?;
            super::put(folder, common, &request, Some(&tape))
        }),
    }
}

/// The binder that a recording stands for, where suite and corpus are those that recorded it. From then on this process
/// judges the recording's target.
fn replayed(common: &Common, file: &Path, header: &Header, tape: &Tape) -> anyhow::Result<Binder> {
    let target = header.target;
    ensure!(
        common.binder.agrees_with(target),
        "{} is of a run for {}, and says so itself: leave `--target`",
        file.display(),
        target.name()
    );
    judge_words_of(target);
    let corpus = common.corpus()?.hash.clone();
    for (what, recorded, here) in [
        ("the suite", &header.suite, env!("CARGO_PKG_VERSION")),
        ("the corpus", &header.corpus, &corpus),
    ] {
        if recorded != here {
            let (file, recorded) = (file.to_owned(), recorded.clone());
            let wrong = Wrong::Other { what, recorded, here: here.to_owned() };
            bail!(RecordingError::At { file, line: 1, wrong });
        }
    }
    Ok(Binder::replayed(header.binder.clone(), header.limits.into(), tape.clone()))
}

fn judge_again(
    common: &Common,
    file: &Path,
    header: Header,
    tape: &Tape,
    filters: Vec<String>,
) -> anyhow::Result<Request> {
    let binder = replayed(common, file, &header, tape)?;
    let Judged::Check { selection } = header.judged else {
        bail!("{} is no recording of a run that judges", file.display())
    };
    Ok(Request {
        target: header.target,
        restarts: header.restarts,
        jobs: 1,
        selection,
        drawn: header.drawn,
        strict: header.strict || common.strict,
        replayed: Some(Replayed {
            run: format!("{}, of {}", header.command, header.started),
            host: header.host,
            filters,
        }),
        ..common.request(binder)?
    })
}
