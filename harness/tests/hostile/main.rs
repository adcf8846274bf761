//! Subjects that do what no subject may do, each seen for what it is, killed, and survived.
//!
//! The subjects are this binary too: started with `misbehave MODE`, it speaks the protocol until it does
//! not; with [`GUARDIAN`], it guards one.

mod capabilities;
mod declares;
mod dialects;
mod ended;
mod known;
mod lacks;
mod loss;
mod misbehave;
mod process;
mod recording;
mod run;
mod shards;
mod silence;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use subject::protocol::GUARDIAN;

type Named = (&'static str, fn());

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["misbehave", mode, ref rest @ ..] => misbehave::run(mode, rest),
        [GUARDIAN] => {
            subject::protocol::guard(std::io::stdin());
            ExitCode::SUCCESS
        }
        _ => {
            let trials = [
                process::TESTS,
                run::TESTS,
                known::TESTS,
                recording::TESTS,
                capabilities::TESTS,
                dialects::TESTS,
                lacks::TESTS,
                silence::TESTS,
                loss::TESTS,
                ended::TESTS,
                shards::TESTS,
            ]
            .concat();
            let not_here = ended::no_own_file_system();
            if let Some(why) = not_here {
                eprintln!("{} is ignored: {why}", ended::FULL);
            }
            let trial = |(name, test): Named| {
                let trial = Trial::test(name, move || {
                    test();
                    Ok(())
                });
                trial.with_ignored_flag(name == ended::FULL && not_here.is_some())
            };
            let trials = trials.into_iter().map(trial).collect();
            libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
        }
    }
}

/// The words of a command that misbehaves so.
fn misbehaving(mode: &str, rest: &[&str]) -> Vec<String> {
    let this = std::env::current_exe().expect("this program has a path");
    let this = this.to_str().expect("its path is text").to_owned();
    let words = ["misbehave", mode].into_iter().chain(rest.iter().copied());
    std::iter::once(this).chain(words.map(str::to_owned)).collect()
}

/// Whether a process runs; one that is dead and that nobody asked for yet does not.
fn is_running(pid: u32) -> bool {
    let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = state.rsplit_once(") ").map(|(_, rest)| rest.chars().next().unwrap_or('Z'));
    !matches!(state, None | Some('Z' | 'X'))
}

/// Waits until processes are gone, for two seconds at the most.
#[track_caller]
fn are_gone(pids: &[u32]) {
    let clock = std::time::Instant::now();
    while pids.iter().any(|pid| is_running(*pid)) {
        assert!(clock.elapsed().as_secs() < 10, "{pids:?} are not gone");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}
