//! `conform memcheck`: the reference binder judged under valgrind, whose memcheck sees every access of
//! it to memory that is not its own and every block it loses.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};
use contract::Scalar;
use judge::arm::{ARMS, Puts};
use zig_lib::library::Profile;

use super::output::say;
use super::{Common, Selected, case_folder, exit};

/// Memcheck's own exit code, one that no command of ours has.
const FOUND: i32 = 99;

/// What memcheck writes, beside the report.
const LOG: &str = "memcheck.txt";

/// What memcheck is not to report, in its own format: where the suite compares two replies, optimised code
/// tests padding together with what it holds.
const SUPPRESSED: &str = "\
{
   the suite compares replies
   Memcheck:Cond
   fun:*harness*subject*Tally*count*
}
";

pub(super) fn run(common: &Common, selected: &Selected) -> anyhow::Result<u8> {
    if !common.binder.binder()?.is_reference() {
        bail!(
            "memcheck is for the reference binder: another one has a process and tools of its own"
        );
    }
    let out = common.out();
    std::fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
    let (log, suppressed) = (out.join(LOG), out.join("memcheck.supp"));
    std::fs::write(&suppressed, SUPPRESSED)
        .with_context(|| format!("cannot write {}", suppressed.display()))?;
    let status = Command::new("valgrind")
        .args(["--quiet", "--leak-check=full", "--num-callers=30"])
        .args(["--show-leak-kinds=definite", "--errors-for-leak-kinds=definite"])
        .arg(format!("--error-exitcode={FOUND}"))
        .arg(format!("--log-file={}", log.display()))
        .arg(format!("--suppressions={}", suppressed.display()))
        .arg(std::env::current_exe()?)
        .args(check(common, selected, &out)?)
        .status();
    let status = match status {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!("there is no valgrind here; install it (Debian: apt install valgrind)")
        }
        status => status.context("valgrind cannot be started")?,
    };
    let found = std::fs::read_to_string(&log)
        .with_context(|| format!("valgrind left no {}", log.display()))?;
    match status.code() {
        Some(FOUND) => {
            say("memcheck  found:");
            problems(&found).for_each(|problem| say(&format!("  {problem}")));
            say(&format!("  all of it, with where it was: {}", log.display()));
            Ok(exit::CONFORMANCE)
        }
        Some(code) => {
            if code == i32::from(exit::FINE) {
                say("memcheck  No invalid access, no use of what was never written, nothing lost.");
            }
            u8::try_from(code).context("an exit code")
        }
        None => bail!("valgrind was ended by a signal; {} may say why", log.display()),
    }
}

/// The command line of the check that valgrind watches.
fn check(common: &Common, selected: &Selected, out: &Path) -> anyhow::Result<Vec<OsString>> {
    let mut words: Vec<OsString> = vec!["check".into(), "--in-process".into(), "--cases".into()];
    words.extend([case_folder(common)?.into(), "--out".into(), out.into()]);
    words.extend(common.binder.words().into_iter().map(OsString::from));
    let mut arms: Vec<&str> = selected.arm.iter().map(String::as_str).collect();
    if arms.is_empty() {
        // Other builds are judged in other processes, which memcheck does not see.
        let here = ARMS.iter().map(|arm| arm.about()).filter(|about| {
            about.build == Profile::Checked && !about.on_request && about.puts != Puts::Often
        });
        arms.extend(here.map(|about| about.name));
    }
    // Valgrind computes the 80 bits of the x87 in 64, so what comes back is not what was given.
    let without = selected.without.iter().copied().chain([Scalar::F80]);
    let options = (common.seed.map(|seed| format!("--seed={seed}")).into_iter())
        .chain(arms.iter().map(|arm| format!("--arm={arm}")))
        .chain(selected.filter.iter().map(|filter| format!("--filter={filter}")))
        .chain(without.map(|scalar| format!("--without={}", scalar.name())))
        .chain(selected.shard.map(|shard| format!("--shard={}/{}", shard.index, shard.count)));
    words.extend(options.map(OsString::from));
    Ok(words)
}

/// The headlines of memcheck's log: the lines that no place in the code follows on.
fn problems(log: &str) -> impl Iterator<Item = &str> {
    let text = |line: &'_ str| -> Option<usize> { line.rfind("== ").map(|at| at + 3) };
    log.lines()
        .filter_map(move |line| text(line).map(|at| &line[at..]))
        .filter(|line| line.starts_with(|first: char| first.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headlines_are_told_from_places() {
        let log = "==7== Invalid read of size 8\n==7==    at 0x1: f (a.rs:1)\n==7==    by 0x2: g\n\
                   ==7==  Address 0x3 is 0 bytes after a block\n==7== \n\
                   ==7== 32 bytes in 1 blocks are definitely lost in loss record 1 of 2\n";
        let found: Vec<_> = problems(log).collect();
        let lost = "32 bytes in 1 blocks are definitely lost in loss record 1 of 2";
        assert_eq!(found, ["Invalid read of size 8", lost]);
    }
}
