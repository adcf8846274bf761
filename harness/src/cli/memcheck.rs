//! `conform memcheck`: the reference binder's process under valgrind, whose memcheck sees every access of
//! it to memory that is not its own and every block it loses.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use contract::Scalar;
use harness::run::Request;
use harness::valgrind;
use judge::arm::{ARMS, About, Puts};
use judge::plan::Selection;
use report::Folder;
use subject::Capability;

use super::output::say;
use super::selected::Selected;
use super::{Common, exit, put};

/// What memcheck writes of each process, beside the report.
const LOG: &str = "memcheck-";

/// What memcheck is not to report, in its own format. Where the server compares two replies, optimised code
/// tests padding together with what it holds; and a struct that arrives in registers has padding that no
/// register brings, which the fixture tries with the rest of it (wary.zig). What lies between is compared.
const SUPPRESSED: &str = "\
{
   the server compares replies
   Memcheck:Cond
   fun:*subject*Tally*count*
}
{
   padding of a struct by value
   Memcheck:Param
   write(buf)
   ...
   fun:*__by_address
}
";

pub(super) fn run(common: &Common, selected: &Selected) -> anyhow::Result<u8> {
    common.reported(|folder| run_to(folder, common, selected))
}

fn run_to(folder: &Folder, common: &Common, selected: &Selected) -> anyhow::Result<u8> {
    let binder = common.binder.binder()?;
    ensure!(
        binder.is_reference() && binder.launch().is_some(),
        "memcheck is for the reference binder in a process of its own: another binder has tools of its own"
    );
    ensure!(
        valgrind::is_there(),
        "there is no valgrind here; install it (Debian: apt install valgrind)"
    );
    let out = common.out();
    std::fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
    for old in logs(&out)? {
        std::fs::remove_file(&old).with_context(|| format!("cannot remove {}", old.display()))?;
    }
    let suppressed = out.join("memcheck.supp");
    std::fs::write(&suppressed, SUPPRESSED)
        .with_context(|| format!("cannot write {}", suppressed.display()))?;
    let tool = vec![
        valgrind::VALGRIND.to_owned(),
        "--quiet".to_owned(),
        // Its pipes for a debugger stay in the temporary folder when it is killed.
        "--vgdb=no".to_owned(),
        "--leak-check=full".to_owned(),
        "--num-callers=30".to_owned(),
        "--show-leak-kinds=definite".to_owned(),
        format!("--log-file={}%p.txt", out.join(LOG).display()),
        format!("--suppressions={}", suppressed.display()),
    ];
    let selection = selection(common, selected);
    let under = Some(valgrind::VALGRIND.to_owned());
    let binder = binder.under(tool, valgrind::SLOWER);
    let request = Request { selection, under, ..common.request(binder)? };
    let code = put(folder, common, &request, None)?;
    if interrupt::seen().is_some() {
        return Ok(code);
    }
    let mut found = false;
    let logs = logs(&out)?;
    ensure!(!logs.is_empty(), "valgrind left no {LOG}*.txt in {}", out.display());
    for log in logs {
        let text = std::fs::read_to_string(&log)
            .with_context(|| format!("cannot read {}", log.display()))?;
        for problem in problems(&text) {
            found = true;
            say(&report::shown(&format!("memcheck  {problem}, in {}", log.display())));
        }
    }
    if !found && code == exit::FINE {
        say("memcheck  No invalid access, no use of what was never written, nothing lost.");
    }
    Ok(if found { code.max(exit::CONFORMANCE) } else { code })
}

/// The logs there are.
fn logs(out: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries =
        std::fs::read_dir(out).with_context(|| format!("cannot read {}", out.display()))?;
    let mut logs = Vec::new();
    for entry in entries {
        let entry = entry.with_context(|| format!("cannot read {}", out.display()))?;
        let name = entry.file_name();
        if name.to_string_lossy().starts_with(LOG) {
            logs.push(entry.path());
        }
    }
    logs.sort();
    Ok(logs)
}

/// The trials that are made: those asked for, or else of all arms that memcheck sees more by.
fn selection(common: &Common, selected: &Selected) -> Selection {
    let mut selection = selected.of(common.seed);
    if selection.arms.is_empty() {
        let arms = ARMS.iter().map(|arm| arm.about());
        // What a library handed out is lost with it where it is unloaded.
        let loses = |about: &About| about.capability == Some(Capability::Unload);
        let seen =
            arms.filter(|about| !about.on_request && about.puts != Puts::Often && !loses(about));
        selection.arms.extend(seen.map(|about| about.name.to_owned()));
    }
    // Valgrind computes the 80 bits of the x87 in 64, so what comes back is not what was given.
    selection.without.push(Scalar::F80);
    selection
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
