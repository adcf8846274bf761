//! One worker seen from outside: its lines, its limits, and how it ended.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::Job;
use crate::evidence::Evidence;

/// Lines kept of what a worker says beside its messages.
const SAID_LINES: usize = 8;
/// Lines read ahead of what is asked for: a worker that floods its output has to wait.
const LINES: usize = 256;
/// Bytes of a line; what is longer counts as several.
const LINE_BYTES: u64 = 1 << 24;
/// Time for a process to be gone after it was killed or closed its output.
const GONE: Duration = Duration::from_secs(2);

/// A worker that runs. Dropped, it is killed.
pub(super) struct Process {
    child: Child,
    lines: Receiver<String>,
    /// Of the trial in flight, on standard output.
    overheard: Said,
    /// Whenever it was, on standard error: pipes keep no time between them.
    complained: Said,
    stderr: Option<JoinHandle<()>>,
    page: PathBuf,
}

/// What comes next from a worker.
pub(super) enum Next {
    Line(String),
    /// It closed its output.
    Closed,
    /// It said nothing within the limit.
    Late,
}

/// A worker that ended before it was done.
#[derive(Clone, Debug)]
pub struct Death {
    /// How it ended.
    pub how: How,
    /// The last lines it said that are no messages: on standard output during the trial, and on
    /// standard error.
    pub said: Vec<String>,
}

/// How a worker ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// A signal killed it.
    Signal(i32),
    /// It left, with this code.
    Exit(i32),
    /// It did not answer within this time, and was killed.
    Hung(Duration),
    /// The system did not say.
    Unknown,
}

impl fmt::Display for How {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            How::Signal(number) => match signal_name(*number) {
                Some(name) => write!(out, "died of {name}"),
                None => write!(out, "died of signal {number}"),
            },
            How::Exit(code) => write!(out, "exited with {code}"),
            How::Hung(limit) => write!(out, "did not answer for {limit:?} and was killed"),
            How::Unknown => write!(out, "ended, and the system does not say how"),
        }
    }
}

/// Signals that end a process by its own fault, and those that others send.
fn signal_name(number: i32) -> Option<&'static str> {
    let bus = if cfg!(target_os = "macos") { 10 } else { 7 };
    Some(match number {
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        15 => "SIGTERM",
        number if number == bus => "SIGBUS",
        _ => return None,
    })
}

impl How {
    fn of(status: ExitStatus) -> How {
        use std::os::unix::process::ExitStatusExt;
        match (status.signal(), status.code()) {
            (Some(signal), _) => How::Signal(signal),
            (None, Some(code)) => How::Exit(code),
            (None, None) => How::Unknown,
        }
    }
}

/// The last lines a worker said.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<VecDeque<String>>>);

impl Said {
    fn keep(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == SAID_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    fn take(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect()
    }
}

impl Process {
    /// Starts a worker on a job.
    pub(super) fn start(mut command: Command, job: &Job) -> io::Result<Process> {
        let text = serde_json::to_vec(job)?;
        // A backtrace would push out the words that say what happened.
        command.env("RUST_BACKTRACE", "0");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let complained = Said::default();
        let (sender, lines) = mpsc::sync_channel(LINES);
        // A thread each, because a worker may hang with any of its pipes full or empty. They end when
        // the pipe is closed.
        if let Some(mut stdin) = child.stdin.take() {
            thread::spawn(move || {
                // A worker that died before it read its job shows by what it does not answer.
                let _ = stdin.write_all(&text);
            });
        }
        if let Some(stdout) = child.stdout.take() {
            thread::spawn(move || each_line(stdout, |line| sender.send(line).is_ok()));
        }
        let stderr = child.stderr.take().map(|stderr| {
            let complained = complained.clone();
            thread::spawn(move || {
                each_line(stderr, |line| {
                    complained.keep(line);
                    true
                });
            })
        });
        let (overheard, page) = (Said::default(), job.page.clone());
        Ok(Process { child, lines, overheard, complained, stderr, page })
    }

    /// The next line, or that there is none.
    pub(super) fn next(&mut self, limit: Duration) -> Next {
        match self.lines.recv_timeout(limit) {
            Ok(line) => Next::Line(line),
            Err(RecvTimeoutError::Disconnected) => Next::Closed,
            Err(RecvTimeoutError::Timeout) => Next::Late,
        }
    }

    /// Keeps a line that is no message: the subject may print.
    pub(super) fn overheard(&self, line: String) {
        self.overheard.keep(line);
    }

    /// Forgets what was overheard: a trial ended, and it was about that.
    pub(super) fn turn_page(&self) {
        self.overheard.take();
    }

    /// The evidence page it leaves, while this value is there.
    pub(super) fn evidence(&self) -> Option<Evidence> {
        Evidence::left_by_another(&self.page).ok()
    }

    /// Waits until it is gone; kills it where it does not go. `late` is the limit it did not keep, where
    /// it did not answer.
    pub(super) fn end(&mut self, late: Option<Duration>) -> Death {
        // A process may be dead and its output still held open by one that it started.
        let patience = if late.is_some() { Duration::ZERO } else { GONE };
        let how = match self.gone_within(patience) {
            Some(status) => How::of(status),
            None => {
                // Fails only where it is gone by now.
                let _ = self.child.kill();
                let status = self.gone_within(GONE);
                match late {
                    Some(limit) => How::Hung(limit),
                    None => status.map_or(How::Unknown, How::of),
                }
            }
        };
        // What it said last is read to its end, unless somebody else still holds the pipe.
        let clock = Instant::now();
        while self.stderr.as_ref().is_some_and(|reader| !reader.is_finished())
            && clock.elapsed() < GONE
        {
            thread::sleep(Duration::from_millis(1));
        }
        let mut said = self.overheard.take();
        said.extend(self.complained.take());
        Death { how, said }
    }

    fn gone_within(&mut self, limit: Duration) -> Option<ExitStatus> {
        let clock = Instant::now();
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) if clock.elapsed() < limit => thread::sleep(Duration::from_millis(1)),
                Ok(None) | Err(_) => return None,
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only where it is gone by now; the page is scratch.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.page);
    }
}

/// Hands on every line, whatever bytes it holds, until one is not wanted.
fn each_line(pipe: impl Read, mut wanted: impl FnMut(String) -> bool) {
    let mut reader = BufReader::new(pipe);
    let mut bytes = Vec::new();
    while matches!((&mut reader).take(LINE_BYTES).read_until(b'\n', &mut bytes), Ok(read) if read > 0)
    {
        let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
        if !wanted(line) {
            break;
        }
        bytes.clear();
    }
}
