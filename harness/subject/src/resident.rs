//! The memory that the system says a process has for itself: what is neither a file's nor shared, in use or
//! swapped out. Where the system does not say it, which is everywhere but on Linux, nobody knows.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The processes of a group, once they were looked for: a program may be started by a script, which is the
/// one whose id is known.
#[derive(Debug)]
pub struct Group {
    id: u32,
    processes: Vec<PathBuf>,
}

/// Between two looks at what a group has.
const LOOK: Duration = Duration::from_millis(100);
/// Between two looks at which processes a group is of.
const SEARCH: Duration = Duration::from_secs(1);

/// A group that may have so much and no more.
#[derive(Debug)]
pub struct Watch {
    group: Group,
    /// The most bytes that its processes may have for themselves.
    pub limit_bytes: u64,
    looked: Instant,
    searched: Instant,
}

impl Watch {
    /// Of a group that begins now.
    pub fn of(id: u32, limit_bytes: u64) -> Watch {
        let group = Group { id, processes: vec![PathBuf::from(format!("/proc/{id}"))] };
        let now = Instant::now();
        Watch { group, limit_bytes, looked: now, searched: now }
    }

    /// Bytes that the group has, where they are more than it may. Looks ten times a second at the most, and once a
    /// second for processes that it has not seen yet, so that it may be asked at every turn.
    pub fn beyond(&mut self) -> Option<u64> {
        if self.looked.elapsed() < LOOK {
            return None;
        }
        if self.searched.elapsed() >= SEARCH {
            self.group = Group::find(self.group.id);
            self.searched = Instant::now();
        }
        self.looked = Instant::now();
        // By `statm`, which is late by some pages and is had at once: a limit is of gigabytes, and `smaps_rollup`
        // walks through all of them.
        self.group.total(of_statm).filter(|&bytes| bytes > self.limit_bytes)
    }
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
        self.total(of)
    }

    fn total(&self, of: impl Fn(&Path) -> Option<u64>) -> Option<u64> {
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

/// What is in use and shared with nobody: the second word less the third, in pages.
fn of_statm(process: &Path) -> Option<u64> {
    let statm = fs::read_to_string(process.join("statm")).ok()?;
    let mut pages = statm.split_whitespace().skip(1).map(|word| word.parse::<u64>().ok());
    let (all, shared) = (pages.next()??, pages.next()??);
    Some(all.saturating_sub(shared) * rustix::param::page_size() as u64)
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
        let more = vec![1_u8; 64 << 20];
        let after = own().expect("Linux says it");
        // Other tests give back memory meanwhile, but not as much.
        assert!(after > before + (32 << 20), "{before} {after} {}", more.len());
    }

    #[test]
    fn a_group_that_has_more_than_it_may_is_seen() {
        let id = rustix::process::getpgrp().as_raw_nonzero().get().unsigned_abs();
        let beyond = |limit_bytes| {
            let mut watch = Watch::of(id, limit_bytes);
            assert_eq!(watch.beyond(), None, "it was looked at just now");
            watch.searched = Instant::now().checked_sub(SEARCH).expect("a second ago");
            watch.looked = watch.searched;
            watch.beyond()
        };
        let more = vec![1_u8; 8 << 20];
        assert!(beyond(4 << 20) > Some(4 << 20), "{}", more.len());
        assert_eq!(beyond(u64::MAX), None);
    }

    #[test]
    fn a_group_has_what_its_processes_have() {
        let group = rustix::process::getpgrp();
        let all = Group::find(group.as_raw_nonzero().get().unsigned_abs()).resident();
        assert!(all >= own(), "{all:?}");
        assert_eq!(Group::find(u32::MAX).resident(), None);
    }
}
