//! Who was judged and where, as the report has it.

use report::{Host, SubjectInfo};
use subject::Ready;

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

/// The subject, as it says of itself.
pub(super) fn subject(ready: &Ready) -> SubjectInfo {
    SubjectInfo {
        name: ready.name.clone(),
        version: ready.version.clone(),
        language: ready.language.clone(),
        level: ready.level,
        capabilities: ready.capabilities.iter().map(|c| c.name().to_owned()).collect(),
        dialects: ready.dialects.iter().map(|d| d.name().to_owned()).collect(),
        works_undeclared: Vec::new(),
        behaves_as: Vec::new(),
    }
}
