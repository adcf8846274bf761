//! Who was judged and where, as the report has it.

use std::collections::BTreeMap;
use std::time::SystemTime;

use judge::plan::{Selection, Shard};
use measure::Effort;
use report::{Asked, Counts, Host, Report, SCHEMA_VERSION, ShardRow, SubjectInfo, SuiteInfo};
use subject::{Level, Ready};

use super::Request;
use super::expected::Expected;

/// What is not known of a run that has only begun.
const UNKNOWN: &str = "unknown";

/// The machine this runs on.
pub fn host() -> Host {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    Host {
        os: std::env::consts::OS.to_owned(),
        arch: std::env::consts::ARCH.to_owned(),
        cpu,
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        rustc: env!("CONFORM_RUSTC").to_owned(),
        zig: zig_lib::ZIG_VERSION.to_owned(),
    }
}

/// The report of a run that has only begun: no trial, and nothing known of the subject.
pub fn begun(command: String) -> Report {
    Report {
        schema_version: SCHEMA_VERSION,
        suite: SuiteInfo {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            hash: UNKNOWN.to_owned(),
            complete: false,
            cut_short: None,
            command,
            asked: None,
            replayed: None,
            repeat: BTreeMap::new(),
            started: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
            seconds: 0.0,
        },
        host: host(),
        subject: SubjectInfo {
            name: UNKNOWN.to_owned(),
            version: UNKNOWN.to_owned(),
            language: UNKNOWN.to_owned(),
            level: Level::Contract,
            capabilities: Vec::new(),
            dialects: Vec::new(),
            lacks: Vec::new(),
            works_undeclared: Vec::new(),
            behaves_as: Vec::new(),
        },
        counts: Counts::default(),
        cases: Vec::new(),
        stale: Vec::new(),
        clauses: Vec::new(),
        bench: Vec::new(),
        scaling: Vec::new(),
        mutants: Vec::new(),
        programs: Vec::new(),
        unbroken: Vec::new(),
    }
}

/// What a run is asked for, of so many trials without its shard.
pub(super) fn asked(request: &Request, trials: usize, expected: &Expected) -> Asked {
    let Selection { filters, arms, without, shard, seed } = &request.selection;
    Asked {
        filters: filters.clone(),
        arms: arms.clone(),
        without: without.iter().map(|scalar| scalar.name().to_owned()).collect(),
        shard: shard.map(|Shard { index, count }| ShardRow { index, count }),
        trials,
        seed: *seed,
        strict: request.strict,
        target: request.target.name().to_owned(),
        under: request.under.clone(),
        expected: expected.fingerprint(),
        effort: request.effort.map(|effort| {
            let Effort { rounds, more, shape_ms } = effort;
            let series = if request.scaling { ", and of each point of a series" } else { "" };
            format!("{rounds} rounds and {more} more, {shape_ms} ms of each shape{series}")
        }),
    }
}

/// The subject, as it says of itself.
pub(super) fn subject(ready: &Ready) -> SubjectInfo {
    SubjectInfo {
        name: ready.name.clone(),
        version: ready.version.clone(),
        language: ready.language.clone(),
        level: ready.level,
        capabilities: ready.capabilities.iter().map(|c| c.name().to_owned()).collect(),
        dialects: ready.dialects.iter().map(|d| d.name().to_owned()).collect(),
        lacks: ready.lacks.iter().map(|scalar| scalar.name().to_owned()).collect(),
        works_undeclared: Vec::new(),
        behaves_as: Vec::new(),
    }
}
