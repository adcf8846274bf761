//! The memory that the system says a process has for itself: what is neither a file's nor shared, in use or
//! swapped out. Where the system does not say it, which is everywhere but on Linux, nobody knows.

use std::fs;
use std::path::{Path, PathBuf};

/// The processes of a group, once they were looked for: a program may be started by a script, which is the
/// one whose id is known.
#[derive(Debug)]
pub struct Group {
    id: u32,
    processes: Vec<PathBuf>,
}

/// Bytes that this process has for itself.
pub fn own() -> Option<u64> {
    of(Path::new("/proc/self"))
}

impl Group {
    /// The processes that are in a group now.
    pub fn find(id: u32) -> Group {
        let all = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
        let of_group =
            all.map(|entry| entry.path()).filter(|process| group_of(process) == Some(id));
        Group { id, processes: of_group.collect() }
    }

    /// Bytes that those of them which are still there have for themselves.
    pub fn resident(&self) -> Option<u64> {
        let there = self.processes.iter().filter(|process| group_of(process) == Some(self.id));
        there.filter_map(|process| of(process)).reduce(|a, b| a + b)
    }
}

/// The group of a process: the third word after its name, which may have spaces and parentheses in it.
fn group_of(process: &Path) -> Option<u32> {
    let name = process.file_name()?.to_str()?;
    if !name.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let stat = fs::read_to_string(process.join("stat")).ok()?;
    let (_, after) = stat.rsplit_once(')')?;
    after.split_whitespace().nth(2)?.parse().ok()
}

/// By `smaps_rollup`, because the counts of `statm` are brought up to date a batch of pages late.
fn of(process: &Path) -> Option<u64> {
    let rollup = fs::read_to_string(process.join("smaps_rollup")).ok()?;
    let kilobytes = |name: &str| {
        let line = rollup.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    Some((kilobytes("Anonymous:")? + kilobytes("Swap:").unwrap_or(0)) * 1024)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn memory_that_is_written_to_counts() {
        let before = own().expect("Linux says it");
        let more = vec![1_u8; 8 << 20];
        let after = own().expect("Linux says it");
        // Other tests may give back memory meanwhile.
        assert!(after > before + (4 << 20), "{before} {after} {}", more.len());
    }

    #[test]
    fn a_group_has_what_its_processes_have() {
        let group = rustix::process::getpgrp();
        let all = Group::find(group.as_raw_nonzero().get().unsigned_abs()).resident();
        assert!(all >= own(), "{all:?}");
        assert_eq!(Group::find(u32::MAX).resident(), None);
    }
}
