//! The guardian: a process that does nothing but wait for the harness to end, and then ends what the
//! harness had started. It is what is left when the harness is killed with a signal nobody can handle.
//!
//! Its standard input is the leash: the harness writes the number of a process group there, then holds
//! on. A closed leash with nothing more written means that the harness died.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::evidence;

/// The argument that makes a program the guardian of a binder's process.
pub const GUARDIAN: &str = "guardian-of-a-binder";

/// What the harness writes when it has ended the group itself.
const FAREWELL: &[u8] = b"done\n";

/// A guardian at work.
#[derive(Debug)]
pub(super) struct Guardian {
    child: Child,
    leash: Option<ChildStdin>,
}

impl Guardian {
    /// Starts one, by a program that calls [`guard`] when its only argument is [`GUARDIAN`]. It has a
    /// group of its own, so that what interrupts the harness does not interrupt it.
    pub(super) fn start(program: &Path, page: &Path) -> io::Result<Guardian> {
        let mut child = Command::new(program)
            .arg(GUARDIAN)
            .env(evidence::VARIABLE, page)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let leash = child.stdin.take();
        Ok(Guardian { child, leash })
    }

    /// Says which group it is to end.
    pub(super) fn watch(&mut self, group: Pid) -> io::Result<()> {
        match &mut self.leash {
            Some(leash) => writeln!(leash, "{}", group.as_raw_nonzero()),
            None => Ok(()),
        }
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        if let Some(mut leash) = self.leash.take() {
            // Fails only where it is gone by now.
            let _ = leash.write_all(FAREWELL);
        }
        let _ = self.child.wait();
    }
}

/// The guardian's work: returns when the harness says that all is done, or when it has ended the group
/// because the harness died.
pub fn guard(input: impl Read) {
    let mut leash = BufReader::new(input);
    let mut group = None;
    let mut line = String::new();
    while matches!(leash.read_line(&mut line), Ok(read) if read > 0) {
        if line.as_bytes() == FAREWELL {
            return;
        }
        group = line.trim().parse().ok().and_then(Pid::from_raw);
        line.clear();
    }
    if let Some(group) = group {
        // Fails only where the group is empty by now.
        let _ = kill_process_group(group, Signal::KILL);
    }
    if let Some(page) = std::env::var_os(evidence::VARIABLE) {
        // Fails where the page is memory, which is gone with the harness.
        let _ = std::fs::remove_file(page);
    }
}
