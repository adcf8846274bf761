//! The signals that end a run early: noted here, and asked for wherever something is waited for, so that
//! what was judged by then is still reported. And processes that are not waited for after one.
//!
//! Deliberately absent: handlers of our own. What a run must do at its end is done where it always is.

pub mod tool;

use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};
use std::{fmt, io, thread};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level;

/// The first signal that came; 0 before it.
static FIRST: AtomicI32 = AtomicI32::new(0);

/// A second signal sooner than this is the first one told twice: `timeout` sends its signal to the process
/// and to its group, a terminal that closes hangs up and has the shell do so, too.
const AGAIN: Duration = Duration::from_millis(100);

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_have_names() {
        assert_eq!([name(2), name(11), name(99)], ["SIGINT", "SIGSEGV", "signal 99"]);
    }
}
