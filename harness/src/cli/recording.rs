//! `--record`, and `conform replay`: a judgement written down, and made again from that.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use anyhow::bail;
use clap::Args;
use harness::binder::{Binder, BinderError};
use harness::recording::{Header, Judged, Times};
use harness::run::{self, Replayed, Request};
use subject::protocol::Limits;
use subject::recording::{RecordingError, Tape, VERSION, Wrong};

use super::{Common, case_folder, command_line, smoke};

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
    let (words, limits) = (launch.words.clone(), launch.limits);
    let ms = |limit: Duration| limit.as_millis().try_into().unwrap_or(u64::MAX);
    let header = Header {
        recording: VERSION,
        suite: env!("CARGO_PKG_VERSION").to_owned(),
        corpus: run::load(&case_folder(common)?)?.hash.clone(),
        judged,
        command: command_line(),
        binder: words,
        started: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
        host: run::host(),
        drawn,
        restarts: common.binder.restarts,
        limits: Times {
            start_ms: ms(limits.start),
            call_ms: ms(limits.call),
            bench_ms: ms(limits.bench),
            stop_ms: ms(limits.stop),
        },
    };
    let tape = Tape::create(file, &header)?;
    Ok((binder.recorded(tape.clone())?, Some(tape)))
}

pub(super) fn replay(common: &Common, replay: &Replay) -> anyhow::Result<u8> {
    let (header, tape): (Header, Tape) = Tape::open(&replay.file)?;
    let corpus = run::load(&case_folder(common)?)?.hash.clone();
    for (what, recorded, here) in [
        ("the suite", &header.suite, env!("CARGO_PKG_VERSION")),
        ("the corpus", &header.corpus, &corpus),
    ] {
        if recorded != here {
            let (file, recorded) = (replay.file.clone(), recorded.clone());
            let wrong = Wrong::Other { what, recorded, here: here.to_owned() };
            bail!(RecordingError::At { file, line: 1, wrong });
        }
    }
    let ms = Duration::from_millis;
    let Times { start_ms, call_ms, bench_ms, stop_ms } = header.limits;
    let limits =
        Limits { start: ms(start_ms), call: ms(call_ms), bench: ms(bench_ms), stop: ms(stop_ms) };
    let binder = Binder::replayed(header.binder, limits, tape.clone());
    match header.judged {
        Judged::Smoke if !replay.filter.is_empty() => {
            bail!("this is a recording of `conform smoke`, which has no trials to filter")
        }
        Judged::Smoke => {
            let code = smoke::put(common, &binder);
            tape.finish()?;
            code
        }
        Judged::Check { selection } => {
            let request = Request {
                cases: case_folder(common)?,
                binder,
                restarts: header.restarts,
                jobs: 1,
                selection,
                effort: None,
                expected: common.expected.clone(),
                write_expected: common.write_expected,
                drawn: header.drawn,
                replayed: Some(Replayed {
                    run: format!("{}, of {}", header.command, header.started),
                    host: header.host,
                    filters: replay.filter.clone(),
                }),
                command: command_line(),
            };
            super::put(common, &request, Some(&tape), false)
        }
    }
}
