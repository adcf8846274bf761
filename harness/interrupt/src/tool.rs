//! Compilers, installers and other processes that are waited for: none hangs for ever, none outlives this
//! process, and none is waited for once a signal ends the run.

#![cfg_attr(
    target_os = "linux",
    expect(unsafe_code, reason = "asks for a signal between a tool's fork and its exec")
)]

use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use crate::{Interrupt, seen};

/// Kept of each of a tool's outputs: more than any that is read has.
const KEPT_BYTES: u64 = 64 << 20;
/// Between two looks at whether the tool has ended.
const LOOK: Duration = Duration::from_millis(2);
/// For its outputs to be closed once its group is gone: longer only where somebody left the group.
const GONE: Duration = Duration::from_secs(1);

/// Why there is no output of a tool.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// It cannot be started.
    #[error("it cannot be started: {0}")]
    Start(io::Error),
    /// It did not end in time, and was ended.
    #[error("it did not end within {} s and was stopped", .0.as_secs_f32())]
    Hung(Duration),
    /// A signal ends the run, and it was ended.
    #[error("it was stopped: {0}")]
    Interrupted(Interrupt),
    /// The system does not say whether it ended.
    #[error("it cannot be waited for: {0}")]
    Wait(io::Error),
}

impl From<ToolError> for io::Error {
    fn from(error: ToolError) -> io::Error {
        match error {
            ToolError::Start(error) | ToolError::Wait(error) => error,
            ToolError::Hung(_) => io::Error::new(io::ErrorKind::TimedOut, error),
            ToolError::Interrupted(_) => io::Error::new(io::ErrorKind::Interrupted, error),
        }
    }
}

/// Runs a tool to its end, without input, and gives the beginning of what it wrote. It has a process
/// group of its own, and nothing of that is left behind, also where this process is killed.
///
/// # Errors
///
/// [`ToolError`]. A tool that fails is no error: its status says so.
pub fn run(command: &mut Command, limit: Duration) -> Result<Output, ToolError> {
    let piped = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    piped.process_group(0);
    dies_with_this_thread(piped, Signal::KILL);
    let mut child = piped.spawn().map_err(ToolError::Start)?;
    let outputs = [read(child.stdout.take()), read(child.stderr.take())];
    let in_time = waited(&child, limit);
    // Before it is reaped, while its id cannot be another's. Fails only where the group is empty.
    let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
    let status = child.wait().map_err(ToolError::Wait)?;
    if !in_time? {
        return Err(ToolError::Hung(limit));
    }
    let [stdout, stderr] = outputs.map(|output| output.recv_timeout(GONE).unwrap_or_default());
    Ok(Output { status, stdout, stderr })
}

/// Runs a program of the suite's to its end, with this process's own error output. It is told to end where this process
/// does, also by a kill, and ends what it started.
///
/// # Errors
///
/// What the system says.
pub fn run_here(command: &mut Command) -> io::Result<ExitStatus> {
    dies_with_this_thread(command, Signal::TERM);
    command.status()
}

/// Waits until the tool has ended; whether it did in time.
fn waited(child: &Child, limit: Duration) -> Result<bool, ToolError> {
    let clock = Instant::now();
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    loop {
        match waitid(WaitId::Pid(Pid::from_child(child)), options) {
            Ok(Some(_)) => return Ok(true),
            Ok(None) if clock.elapsed() > limit => return Ok(false),
            Ok(None) if let Some(by) = seen() => return Err(ToolError::Interrupted(by)),
            Ok(None) | Err(rustix::io::Errno::INTR) => thread::sleep(LOOK),
            Err(error) => return Err(ToolError::Wait(error.into())),
        }
    }
}

/// Reads a pipe to its end, and gives its beginning.
fn read<P: Read + Send + 'static>(pipe: Option<P>) -> Receiver<Vec<u8>> {
    let (give, take) = mpsc::channel();
    thread::spawn(move || {
        let Some(mut pipe) = pipe else { return };
        let mut bytes = Vec::new();
        // What cannot be read is as good as not written; the status tells whether the tool failed.
        let _ = pipe.by_ref().take(KEPT_BYTES).read_to_end(&mut bytes);
        let _ = io::copy(&mut pipe, &mut io::sink());
        // Fails only where nobody waits any more.
        let _ = give.send(bytes);
    });
    take
}

/// Has the system send the tool a signal when the thread that starts it, and waits for it, is gone.
#[cfg(target_os = "linux")]
fn dies_with_this_thread(command: &mut Command, signal: Signal) {
    let ask =
        move || rustix::process::set_parent_process_death_signal(Some(signal)).map_err(Into::into);
    // SAFETY: `ask` makes one system call, which is safe between fork and exec, and allocates nothing.
    unsafe { command.pre_exec(ask) };
}

#[cfg(not(target_os = "linux"))]
fn dies_with_this_thread(_: &mut Command, _: Signal) {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn shell(text: &str, limit: Duration) -> Result<Output, ToolError> {
        run(Command::new("sh").args(["-c", text]), limit)
    }

    #[test]
    fn a_tool_s_status_and_outputs_are_given() {
        let output = shell("echo one; echo two >&2; exit 3", Duration::from_secs(10));
        let output = output.expect("it ends");
        assert_eq!(output.status.code(), Some(3));
        assert_eq!((&*output.stdout, &*output.stderr), (&b"one\n"[..], &b"two\n"[..]));
    }

    #[test]
    fn a_tool_that_hangs_is_ended_with_what_it_started() {
        let clock = Instant::now();
        let hung = shell("sleep 60 & sleep 60", Duration::from_millis(200));
        assert!(matches!(hung, Err(ToolError::Hung(_))), "{hung:?}");
        // Its child holds the pipe, so that waiting for the pipe would hang as well.
        let left = shell("sleep 60 & echo on", Duration::from_secs(10)).expect("it ends");
        assert_eq!(left.stdout, b"on\n");
        assert!(clock.elapsed() < Duration::from_secs(10));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_runs_here_ends_when_who_waits_for_it_is_gone() {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let [begun, told] = ["begun", "told"].map(|name| folder.path().join(name));
        let clock = Instant::now();
        let awaited = |file: &Path| {
            while !file.exists() {
                assert!(clock.elapsed() < Duration::from_secs(10), "no {}", file.display());
                thread::sleep(LOOK);
            }
        };
        let mut child = thread::scope(|scope| {
            let starting = scope.spawn(|| {
                let script =
                    "trap 'touch \"$2\"; exit' TERM; touch \"$1\"; while :; do sleep 0.1; done";
                let mut command = Command::new("sh");
                command.args(["-c", script, "sh"]).args([&begun, &told]);
                dies_with_this_thread(&mut command, Signal::TERM);
                let child = command.spawn().expect("it starts");
                awaited(&begun);
                child
            });
            starting.join().expect("it began")
        });
        awaited(&told);
        assert!(child.wait().expect("it ends").success());
    }

    #[test]
    fn a_flood_is_read_and_not_kept() {
        let text = "head -c 70000000 /dev/zero; echo done >&2";
        let output = shell(text, Duration::from_secs(20)).expect("it ends");
        assert_eq!((output.stdout.len() as u64, &*output.stderr), (KEPT_BYTES, &b"done\n"[..]));
    }

    #[test]
    fn what_cannot_be_started_says_why() {
        let error = run(&mut Command::new("/nonexistent/zig"), Duration::from_secs(1));
        assert!(matches!(error, Err(ToolError::Start(_))), "{error:?}");
    }
}
