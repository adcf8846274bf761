//! Signals sent to a process that watches for them: this program, started with what it is to do.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use std::{io, thread};

use interrupt::tool;
use libtest_mimic::{Arguments, Trial};
use rustix::process::{Pid, Signal, kill_process};

fn main() -> io::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["watch"] => {
            interrupt::watch()?;
            println!("watching");
            while interrupt::seen().is_none() {
                thread::sleep(Duration::from_millis(5));
            }
            println!("seen");
            thread::sleep(Duration::from_secs(60));
            Ok(())
        }
        ["run", script] => {
            interrupt::watch()?;
            println!("watching");
            let ended = tool::run(Command::new("sh").args(["-c", script]), Duration::from_secs(60));
            println!("{:?}", ended.map_err(|error| io::Error::from(error).kind()));
            Ok(())
        }
        _ => {
            let tests: [(&str, fn()); 4] = [
                ("a_second_signal_ends_at_once", a_second_signal_ends_at_once),
                ("one_told_twice_is_one", one_told_twice_is_one),
                ("an_ignored_signal_stays_ignored", an_ignored_signal_stays_ignored),
                ("what_was_waited_for_is_ended", what_was_waited_for_is_ended),
            ];
            let trial = |(name, test): (&'static str, fn())| {
                Trial::test(name, move || {
                    test();
                    Ok(())
                })
            };
            let trials = tests.into_iter().map(trial).collect();
            libtest_mimic::run(&Arguments::from_args(), trials).exit()
        }
    }
}

/// A process that watches, and has said so.
struct Watching {
    child: Child,
    said: BufReader<std::process::ChildStdout>,
}

impl Watching {
    /// Started by a shell, after these words of it.
    fn after(shell: &str, words: &[&str]) -> Watching {
        let this = std::env::current_exe().expect("this program has a path");
        let mut command = Command::new("env");
        // Whatever this process was started to ignore.
        command.args(["--default-signal", "sh", "-c", &format!("{shell} exec \"$@\""), "sh"]);
        let mut child =
            command.arg(this).args(words).stdout(Stdio::piped()).spawn().expect("it starts");
        let said = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut watching = Watching { child, said };
        assert_eq!(watching.line(), "watching");
        watching
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).expect("it can be read");
        line.trim_end().to_owned()
    }

    fn send(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it is there");
    }

    fn ended(mut self) -> (ExitStatus, String) {
        let mut said = String::new();
        self.said.read_to_string(&mut said).expect("it can be read");
        (self.child.wait().expect("it ends"), said)
    }
}

fn a_second_signal_ends_at_once() {
    for (first, second) in [(Signal::INT, Signal::INT), (Signal::HUP, Signal::TERM)] {
        let mut watching = Watching::after("", &["watch"]);
        watching.send(first);
        assert_eq!(watching.line(), "seen");
        thread::sleep(Duration::from_millis(300));
        watching.send(second);
        assert_eq!(watching.ended().0.signal(), Some(second.as_raw()));
    }
}

fn one_told_twice_is_one() {
    let mut watching = Watching::after("", &["watch"]);
    watching.send(Signal::TERM);
    watching.send(Signal::TERM);
    assert_eq!(watching.line(), "seen");
    thread::sleep(Duration::from_millis(300));
    assert!(watching.child.try_wait().expect("it is a child").is_none(), "it runs still");
    watching.send(Signal::KILL);
    assert_eq!(watching.ended().0.signal(), Some(Signal::KILL.as_raw()));
}

fn an_ignored_signal_stays_ignored() {
    let mut watching = Watching::after("trap '' HUP INT;", &["watch"]);
    watching.send(Signal::HUP);
    watching.send(Signal::INT);
    thread::sleep(Duration::from_millis(300));
    assert!(watching.child.try_wait().expect("it is a child").is_none(), "it runs still");
    watching.send(Signal::TERM);
    assert_eq!(watching.line(), "seen");
    watching.send(Signal::KILL);
    watching.ended();
}

/// With what it has started: the pipes close only when nobody has them any more.
fn what_was_waited_for_is_ended() {
    let clock = Instant::now();
    let watching = Watching::after("", &["run", "sleep 60 & sleep 60"]);
    thread::sleep(Duration::from_millis(300));
    watching.send(Signal::TERM);
    let (status, said) = watching.ended();
    assert_eq!((status.code(), &*said), (Some(0), "Err(Interrupted)\n"));
    assert!(clock.elapsed() < Duration::from_secs(30), "{:?}", clock.elapsed());
}
