//! The signals that end a run early: noted here, and asked for wherever something is waited for, so that
//! what was judged by then is still reported. And processes that are not waited for after one.
//!
//! Deliberately absent: handlers of our own. What a run must do at its end is done where it always is.

use std::fmt;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level;

/// The first signal that came; 0 before it.
static FIRST: AtomicI32 = AtomicI32::new(0);

/// A second signal sooner than this is the first one told twice: `timeout` sends its signal to the process
/// and to its group, a terminal that closes hangs up and has the shell do so, too.
const AGAIN: Duration = Duration::from_millis(100);

/// Between two looks at whether a signal came.
const LOOK: Duration = Duration::from_millis(20);

/// A signal that ends the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrupt(i32);

/// From now on INT, TERM and HUP do not end this process: [`seen`] tells of them, and whoever asks ends what
/// he does. A second one ends it at once. Signals that the process was started to ignore stay ignored, as
/// those of `nohup` and of a shell's background jobs must.
///
/// # Errors
/// What the system says.
pub fn watch() -> io::Result<()> {
    let ignored = ignored();
    let watched = [SIGHUP, SIGINT, SIGTERM].into_iter();
    let mut signals = Signals::new(watched.filter(|signal| ignored & (1 << (signal - 1)) == 0))?;
    let watching = move || {
        let mut first = None;
        for signal in signals.forever() {
            match first {
                None => {
                    first = Some(Instant::now());
                    FIRST.store(signal, Ordering::Release);
                }
                Some(first) if first.elapsed() < AGAIN => {}
                Some(_) => Interrupt(signal).end(),
            }
        }
    };
    thread::Builder::new().name("signals".into()).spawn(watching).map(drop)
}

/// The signals this process was started to ignore, bit n - 1 for signal n; none where the system does not
/// tell.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}

/// The signal that came, once one did.
pub fn seen() -> Option<Interrupt> {
    let signal = FIRST.load(Ordering::Acquire);
    (signal != 0).then_some(Interrupt(signal))
}

/// The name of a signal: `SIGSEGV`, or `signal 99` where it has none here.
pub fn name(signal: i32) -> String {
    low_level::signal_name(signal).map_or_else(|| format!("signal {signal}"), str::to_owned)
}

impl Interrupt {
    /// The signal of a number, as a recording has it.
    pub fn of(signal: i32) -> Interrupt {
        Interrupt(signal)
    }

    /// Its number.
    pub fn signal(self) -> i32 {
        self.0
    }

    /// Ends this process by the signal, so that who started it sees which it was.
    pub fn end(self) -> ! {
        // Does not return for a signal that ends a process by default, as all that are watched do.
        let _ = low_level::emulate_default_handler(self.0);
        std::process::exit(128 + self.0)
    }
}

impl fmt::Display for Interrupt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ended the run early", name(self.0))
    }
}

/// Runs a command to its end, and gives what it wrote and how it ended. Its input is empty, and it has a
/// process group of its own.
///
/// # Errors
/// What the system says; [`io::ErrorKind::Interrupted`] where a signal was [`seen`], and the group killed.
pub fn output(command: &mut Command) -> io::Result<Output> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut child = command.spawn()?;
    let group = Pid::from_child(&child);
    let (out, err) = (child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        // Nothing is said through it: it closes when both have read to the end.
        let (open, closed) = mpsc::channel::<()>();
        let held = open.clone();
        let out = scope.spawn(move || read(out, held));
        let err = scope.spawn(move || read(err, open));
        let mut interrupted = None;
        let status = loop {
            if interrupted.is_none()
                && let Some(by) = seen()
            {
                interrupted = Some(by);
                // Its leader was not collected, so the group is still its own.
                let _ = kill_process_group(group, Signal::KILL);
            }
            match closed.recv_timeout(LOOK) {
                Err(RecvTimeoutError::Timeout) | Ok(()) => continue,
                Err(RecvTimeoutError::Disconnected) => {}
            }
            match child.try_wait()? {
                Some(status) => break status,
                None => thread::sleep(LOOK / 20),
            }
        };
        let joined = |reader: thread::ScopedJoinHandle<'_, io::Result<Vec<u8>>>| {
            reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        let (stdout, stderr) = (joined(out)?, joined(err)?);
        match interrupted {
            Some(by) => Err(io::Error::new(io::ErrorKind::Interrupted, by.to_string())),
            None => Ok(Output { status, stdout, stderr }),
        }
    })
}

fn read(pipe: Option<impl Read>, _held: mpsc::Sender<()>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        pipe.read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_run_to_its_end() {
        let mut command = Command::new("sh");
        let ran = output(command.args(["-c", "head -c 200000 /dev/zero; echo no >&2; exit 3"]));
        let ran = ran.expect("there is a shell");
        assert_eq!((ran.stdout.len(), &*ran.stderr), (200_000, &b"no\n"[..]));
        assert_eq!(ran.status.code(), Some(3));
    }

    #[test]
    fn signals_have_names() {
        assert_eq!([name(2), name(11), name(99)], ["SIGINT", "SIGSEGV", "signal 99"]);
    }
}
