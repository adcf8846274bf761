//! A subject's process from outside: lines to it and from it within limits, the end of its standard
//! error, and how it ended. It has a process group of its own, and nothing of that group survives it.
//!
//! Deliberately one thread: everything is read and written where the system says it can be, so that no
//! reader is left waiting on a pipe that somebody else holds open.

use std::ffi::OsString;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::answers::{self, Answers};
use super::guardian::Guardian;
use super::messages::Request;
use crate::evidence;
use crate::recording::{Loss, Tape};
use crate::resident::{Group, Watch};

/// How a subject's process is started and how long it may take.
#[derive(Clone, Debug, Default)]
pub struct Launch {
    /// The program and its arguments.
    pub words: Vec<String>,
    /// Variables of its environment, beside those it inherits.
    pub env: Vec<(String, OsString)>,
    /// The program that guards the process, called with the argument
    /// [`GUARDIAN`](super::GUARDIAN); without one, a harness
    /// that is killed leaves behind what does not end with its input.
    pub guardian: Option<PathBuf>,
    /// How long it may take.
    pub limits: Limits,
    /// The recording that the conversation is written to, or taken from: then no process is started.
    pub tape: Option<Tape>,
}

/// How long a subject may take, and how much memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From its start until it is ready.
    pub start: Duration,
    /// To read, to bind or to call, and whatever else takes no loop.
    pub call: Duration,
    /// For a loop of calls.
    pub bench: Duration,
    /// To be gone when it was told to stop.
    pub stop: Duration,
    /// Bytes that the processes of its group may have for themselves, where the system says how many they are.
    pub memory_bytes: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            start: Duration::from_secs(30),
            call: Duration::from_secs(10),
            bench: Duration::from_secs(60),
            stop: Duration::from_secs(2),
            memory_bytes: 4 << 30,
        }
    }
}

impl Limits {
    /// How long this request may take.
    pub(super) fn of(&self, request: &Request) -> Duration {
        match request {
            Request::Hello { .. } => self.start,
            Request::Repeat { .. }
            | Request::Race { .. }
            | Request::BindRace { .. }
            | Request::Bench { .. }
            | Request::Loop { .. }
            | Request::Clock { .. }
            | Request::UnloadDuring { .. }
            | Request::Collect {} => self.bench,
            Request::Stop {} => self.stop,
            _ => self.call,
        }
    }
}

/// The most a line may have: many times the longest answer there is.
pub(super) const LINE_BYTES: usize = 16 << 20;
/// Kept of standard error.
const STDERR_BYTES: usize = 64 << 10;
/// Between two looks at whether the process is still there.
const LOOK: Duration = Duration::from_millis(20);
/// For a process to be gone after it closed its output: files are closed early in its end, which takes its time on a machine
/// with much else to do.
const GONE: Duration = Duration::from_secs(5);
/// Waited beyond a limit, to tell what is late from what hangs.
const GRACE: Duration = Duration::from_millis(500);

/// A running process.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    /// Where it may answer in place of standard output.
    answers: Option<Answers>,
    /// Bytes of its answers that were not taken yet.
    heard: Vec<u8>,
    said: Tail,
    guardian: Option<Guardian>,
    /// The processes of its group, as they were when its memory was first asked for.
    all: Option<Group>,
    watch: Watch,
}

/// How a process ended, or not.
enum Ending {
    Signal(i32),
    Exit(i32),
    Running,
}

impl Process {
    /// Starts the process, with the evidence page named to the library it will load.
    pub(super) fn start(launch: &Launch, page: &Path) -> io::Result<Process> {
        let (program, arguments) = launch
            .words
            .split_first()
            .ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "the command is empty"))?;
        let mut guardian =
            launch.guardian.as_ref().map(|program| Guardian::start(program, page)).transpose()?;
        let answers = Answers::make()?;
        let mut child = Command::new(program)
            .args(arguments)
            .env(evidence::VARIABLE, page)
            .envs(answers.iter().map(|answers| (answers::VARIABLE, answers.path())))
            .envs(launch.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()?;
        let piped = || io::Error::other("a pipe is missing");
        let stdin = child.stdin.take().ok_or_else(piped)?;
        let stdout = child.stdout.take().ok_or_else(piped)?;
        let stderr = child.stderr.take().ok_or_else(piped)?;
        let group = child.id();
        let mut process = Process {
            child,
            stdin: Some(stdin),
            stdout: Some(stdout),
            stderr: Some(stderr),
            answers,
            heard: Vec::new(),
            said: Tail::default(),
            guardian: None,
            all: None,
            watch: Watch::of(group, launch.limits.memory_bytes),
        };
        // From here on dropping `process` ends it, whatever fails.
        if let Some(guardian) = &mut guardian {
            guardian.watch(process.group())?;
        }
        process.guardian = guardian;
        for pipe in [
            process.stdin.as_ref().map(AsFd::as_fd),
            process.stdout.as_ref().map(AsFd::as_fd),
            process.stderr.as_ref().map(AsFd::as_fd),
        ] {
            pipe.map_or(Ok(()), |pipe| rustix::io::ioctl_fionbio(pipe, true))?;
        }
        Ok(process)
    }

    fn group(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Bytes of memory that the processes of its group have for themselves.
    pub(super) fn resident(&mut self) -> Option<u64> {
        let id = self.child.id();
        self.all.get_or_insert_with(|| Group::find(id)).resident()
    }

    /// Writes a line and waits for one.
    pub(super) fn exchange(&mut self, line: &[u8], limit: Duration) -> Result<Vec<u8>, Loss> {
        let clock = Instant::now();
        let mut rest = self.write(line)?;
        let mut searched = 0;
        loop {
            if let Some(at) = self.heard[searched..].iter().position(|&byte| byte == b'\n') {
                let took = clock.elapsed();
                if took > limit {
                    return Err(Loss::Late { took });
                }
                let later = self.heard.split_off(searched + at + 1);
                return Ok(std::mem::replace(&mut self.heard, later));
            }
            searched = self.heard.len();
            if searched > LINE_BYTES {
                return Err(Loss::LongLine);
            }
            if let Some(by) = interrupt::seen() {
                return Err(Loss::Interrupted { signal: by.signal() });
            }
            if let Some(bytes) = self.watch.beyond() {
                return Err(Loss::Memory { bytes, limit_bytes: self.watch.limit_bytes });
            }
            let Some(left) = (limit + GRACE).checked_sub(clock.elapsed()) else {
                return Err(Loss::Hung);
            };
            let ready = self.wait(left.min(LOOK), !rest.is_empty())?;
            if ready.input {
                rest = self.write(rest)?;
            }
            if ready.output && self.read_output()? == Heard::End {
                return Err(self.ended());
            }
            // What standard output had said before the first answer elsewhere was no answer.
            searched = searched.min(self.heard.len());
            if !ready.any() && !matches!(self.ending(), Ending::Running) {
                // What it wrote before it ended is an answer still.
                self.drain();
                if !self.heard[searched..].contains(&b'\n') {
                    return Err(self.ended());
                }
            }
        }
    }

    /// Writes what the pipe takes; what is left.
    fn write<'b>(&mut self, mut bytes: &'b [u8]) -> Result<&'b [u8], Loss> {
        while !bytes.is_empty() {
            let Some(stdin) = &mut self.stdin else { return Err(Loss::ClosedInput) };
            match stdin.write(bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                    return Err(match self.ended() {
                        Loss::ClosedOutput => Loss::ClosedInput,
                        other => other,
                    });
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(bytes)
    }

    /// Waits until a pipe can be used, or the time is over. Standard error is read on the way.
    fn wait(&mut self, limit: Duration, input: bool) -> io::Result<Usable> {
        let timeout = Timespec {
            tv_sec: limit.as_secs().try_into().unwrap_or(i64::MAX),
            tv_nsec: limit.subsec_nanos().into(),
        };
        let mut pipes = Vec::new();
        let stdout = self.stdout.as_ref().map(AsFd::as_fd);
        let answers = self.answers.as_ref().map(|answers| answers.pipe.as_fd());
        pipes.extend(
            [stdout, answers]
                .into_iter()
                .flatten()
                .map(|pipe| PollFd::from_borrowed_fd(pipe, PollFlags::IN)),
        );
        let outputs = pipes.len();
        let stderr_at = self.stderr.as_ref().map(|stderr| {
            pipes.push(PollFd::new(stderr, PollFlags::IN));
            pipes.len() - 1
        });
        let stdin_at = self.stdin.as_ref().filter(|_| input).map(|stdin| {
            pipes.push(PollFd::new(stdin, PollFlags::OUT));
            pipes.len() - 1
        });
        match poll(&mut pipes, Some(&timeout)) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Ok(Usable::default()),
            Err(error) => return Err(error.into()),
        }
        let usable = |at: usize| !pipes[at].revents().is_empty();
        let found = Usable {
            output: (0..outputs).any(usable),
            input: stdin_at.is_some_and(usable),
            error: stderr_at.is_some_and(usable),
        };
        if found.error {
            self.read_error();
        }
        Ok(found)
    }

    /// Reads what is there of the answers, a piece at a time so that a flood is noticed. Once one came elsewhere,
    /// standard output is like standard error.
    fn read_output(&mut self) -> io::Result<Heard> {
        let mut piece = [0; 64 << 10];
        if let Some(answers) = &mut self.answers
            && let Some(read) = later(answers.pipe.read(&mut piece))?.filter(|&read| read > 0)
        {
            if !std::mem::replace(&mut answers.used, true) {
                self.said.push(&std::mem::take(&mut self.heard));
            }
            self.heard.extend_from_slice(&piece[..read]);
            return Ok(Heard::Something);
        }
        let elsewhere = self.answers.as_ref().is_some_and(|answers| answers.used);
        let Some(stdout) = &mut self.stdout else { return Ok(Heard::Nothing) };
        match later(stdout.read(&mut piece))? {
            None => Ok(Heard::Nothing),
            Some(0) if elsewhere => {
                self.stdout = None;
                Ok(Heard::Nothing)
            }
            Some(0) => Ok(Heard::End),
            Some(read) if elsewhere => {
                self.said.push(&piece[..read]);
                Ok(Heard::Nothing)
            }
            Some(read) => {
                self.heard.extend_from_slice(&piece[..read]);
                Ok(Heard::Something)
            }
        }
    }

    fn read_error(&mut self) {
        let Some(stderr) = &mut self.stderr else { return };
        let mut piece = [0; 16 << 10];
        match stderr.read(&mut piece) {
            Ok(0) => self.stderr = None,
            Ok(read) => self.said.push(&piece[..read]),
            Err(error) if is_later(&error) => {}
            Err(_) => self.stderr = None,
        }
    }

    /// Reads what is there on both pipes, a bounded part of it.
    fn drain(&mut self) {
        for _ in 0..LINE_BYTES / (64 << 10) {
            if !matches!(self.read_output(), Ok(Heard::Something)) {
                break;
            }
        }
        self.drain_error();
    }

    fn drain_error(&mut self) {
        for _ in 0..64 {
            let Ok(Usable { error: true, .. }) = self.wait(Duration::ZERO, false) else { break };
        }
    }

    /// How it ended, after it closed a pipe or is seen to be gone.
    fn ended(&mut self) -> Loss {
        let clock = Instant::now();
        // Whether it is gone before its output is closed: then another process has the pipe, too.
        let mut held_open = !matches!(self.ending(), Ending::Running);
        let ending = loop {
            match self.ending() {
                Ending::Running if clock.elapsed() < GONE => thread::sleep(LOOK / 20),
                ending => break ending,
            }
        };
        self.drain();
        let is_over = matches!(self.read_output(), Ok(Heard::End)) || self.stdout.is_none();
        held_open &= !is_over;
        match ending {
            Ending::Signal(signal) => Loss::Signal { signal, held_open },
            Ending::Exit(code) => Loss::Exit { code, held_open },
            Ending::Running => Loss::ClosedOutput,
        }
    }

    /// Whether and how it ended, leaving its id taken, so that nobody else can be meant by it.
    fn ending(&self) -> Ending {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        match waitid(WaitId::Pid(self.group()), options) {
            Ok(Some(status)) => match (status.terminating_signal(), status.exit_status()) {
                (Some(signal), _) => Ending::Signal(signal),
                (None, Some(code)) => Ending::Exit(code),
                (None, None) => Ending::Running,
            },
            Ok(None) | Err(_) => Ending::Running,
        }
    }

    /// What it wrote beyond the last line taken.
    pub(super) fn heard(&self) -> &[u8] {
        &self.heard
    }

    /// The end of its standard error.
    pub(super) fn stderr(&mut self) -> String {
        self.drain_error();
        self.said.text()
    }

    /// Closes its input and waits until it is gone by itself, with exit code 0.
    pub(super) fn leave(&mut self, limit: Duration) -> Result<(), Loss> {
        self.stdin = None;
        let clock = Instant::now();
        loop {
            match self.ending() {
                Ending::Exit(0) => return Ok(()),
                Ending::Exit(code) => return Err(Loss::Exit { code, held_open: false }),
                Ending::Signal(signal) => return Err(Loss::Signal { signal, held_open: false }),
                Ending::Running if clock.elapsed() >= limit => return Err(Loss::Hung),
                Ending::Running => {}
            }
            // Only standard error and the time matter now: a flood of output is let go.
            if matches!(self.wait(LOOK, false), Ok(ready) if ready.output) {
                let ended = !matches!(self.read_output(), Ok(Heard::Something));
                self.heard.clear();
                if ended {
                    thread::sleep(LOOK / 20);
                }
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stdin = None;
        // The group first, while the id of its leader is still taken. Fails only where it is empty.
        let _ = kill_process_group(self.group(), Signal::KILL);
        let _ = self.child.wait();
        self.guardian = None;
    }
}

/// Which pipes can be used.
#[derive(Clone, Copy, Debug, Default)]
struct Usable {
    output: bool,
    input: bool,
    error: bool,
}

impl Usable {
    fn any(self) -> bool {
        self.output || self.input || self.error
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    Something,
    Nothing,
    End,
}

/// What was read, or `None` where there is nothing yet.
fn later(read: io::Result<usize>) -> io::Result<Option<usize>> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error) if is_later(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_later(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// The end of a stream of bytes.
#[derive(Debug, Default)]
struct Tail {
    bytes: Vec<u8>,
    cut: bool,
}

impl Tail {
    fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() > 2 * STDERR_BYTES {
            self.bytes.drain(..self.bytes.len() - STDERR_BYTES);
            self.cut = true;
        }
    }

    fn text(&self) -> String {
        let from = self.bytes.len().saturating_sub(STDERR_BYTES);
        let text = String::from_utf8_lossy(&self.bytes[from..]).into_owned();
        if self.cut || from > 0 { format!("…{text}") } else { text }
    }
}
