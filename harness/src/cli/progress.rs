//! How far a run is: a bar on a terminal, plain lines in a pipe, on standard error either way.

use std::ffi::OsString;
use std::fmt;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use judge::progress::Progress;
use judge::row::{CaseRow, TrialOutcome};

/// Progress as it is shown.
pub(super) struct Shown {
    /// None where lines are not drawn again.
    bar: Option<ProgressBar>,
    /// The stage as lines tell of it.
    lines: Lines,
    /// Red trials of this stage.
    red: usize,
}

/// Red trials that are named above the bar; the summary has the rest.
const NAMED: usize = 10;
/// A log hears of a stage so often.
const SAID_EVERY: Duration = Duration::from_secs(60);
/// Before so much of a stage is over, and where less is left, nothing is said of what is left.
const WORTH_SAYING: Duration = Duration::from_secs(3);

/// How far a stage is, for lines that are written now and then.
struct Lines {
    stage: String,
    steps: Option<usize>,
    /// Steps that began.
    begun: usize,
    start: Instant,
    /// When a line was written last.
    said: Instant,
}

impl Lines {
    fn of(stage: &str, steps: Option<usize>) -> Lines {
        let now = Instant::now();
        Lines { stage: stage.to_owned(), steps, begun: 0, start: now, said: now }
    }

    /// A step begins now: the line to write, where one is due.
    fn step(&mut self, name: &str, now: Instant) -> Option<String> {
        self.begun += 1;
        let (over, steps) = (self.begun - 1, self.steps?);
        if over == 0 || now - self.said < SAID_EVERY {
            return None;
        }
        self.said = now;
        // What is measured again was not planned.
        if over >= steps {
            return Some(format!(
                "{}: {}, beyond the {steps} planned: {name}",
                self.stage, self.begun
            ));
        }
        let elapsed = now - self.start;
        let rest = elapsed.mul_f64((steps - over) as f64 / over as f64);
        let left = left(elapsed, rest).map_or(String::new(), |left| format!(", {left} left"));
        Some(format!("{}: {} of {steps}{left}: {name}", self.stage, self.begun))
    }
}

impl Shown {
    pub(super) fn new() -> Shown {
        let terminal = std::io::stderr().is_terminal();
        let bar = is_redrawn(terminal, |name| std::env::var_os(name)).then(ProgressBar::hidden);
        Shown { bar, lines: Lines::of("", None), red: 0 }
    }

    fn put(&self, text: &str) {
        let text = &report::shown(text);
        match &self.bar {
            Some(bar) if !bar.is_hidden() => bar.println(text),
            // Before the first stage there is no bar to stand above.
            Some(_) | None => line(text),
        }
    }
}

/// Whether standard error is a terminal that can draw a line again, and whose user wants that.
fn is_redrawn(terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let is_plain = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
    let is_dumb = variable("TERM").is_none_or(|term| term == "dumb");
    terminal && !is_plain && !is_dumb
}

/// What is left of the stage, as far as its steps so far tell.
fn put_left(state: &ProgressState, out: &mut dyn fmt::Write) {
    if let Some(left) = left(state.elapsed(), state.eta()) {
        // A bar that cannot be drawn is nobody's loss.
        let _ = write!(out, ", {left} left");
    }
}

/// The time left in words, where it is worth saying.
fn left(elapsed: Duration, left: Duration) -> Option<String> {
    let seconds = left.as_secs();
    (elapsed >= WORTH_SAYING && left >= WORTH_SAYING).then(|| match seconds {
        ..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    })
}

fn line(text: &str) {
    // Progress is a courtesy; a reader that went away changes nothing.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

impl Progress for Shown {
    fn stage(&mut self, name: &str, steps: Option<usize>) {
        self.red = 0;
        self.lines = Lines::of(name, steps);
        let Some(bar) = &mut self.bar else {
            return line(&steps.map_or(name.to_owned(), |steps| format!("{name}: {steps}")));
        };
        *bar = match steps {
            Some(steps) => ProgressBar::new(steps as u64),
            None => ProgressBar::new_spinner(),
        };
        let template = match steps {
            Some(_) => "{prefix} {bar:16} {pos}/{len}{left} {wide_msg}",
            None => "{prefix} {spinner} {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.with_key("left", put_left));
        }
        bar.set_prefix(name.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
    }

    fn note(&mut self, text: &str) {
        self.put(text);
    }

    fn step(&mut self, name: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(report::shown(name));
            bar.inc(1);
        } else if let Some(said) = self.lines.step(name, Instant::now()) {
            self.put(&said);
        }
    }

    fn ended(&mut self, row: &CaseRow) {
        match row.outcome {
            // Why something was not judged is told at the end, each reason once.
            TrialOutcome::Passed | TrialOutcome::Gated | TrialOutcome::Skipped => {}
            // A log has each; above a bar a flood of them would drive what was there off the screen.
            _ if self.bar.is_some() && self.red > NAMED => {}
            _ if self.bar.is_some() && self.red == NAMED => {
                self.red += 1;
                self.put("… what else is red is in the summary");
            }
            outcome => {
                self.red += 1;
                self.put(&format!("{:<8} {}::{}", outcome.word(), row.arm, row.id));
            }
        }
    }

    fn finish(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_said_of_long_work_alone() {
        let of = |elapsed, rest| left(Duration::from_secs(elapsed), Duration::from_secs(rest));
        assert_eq!((of(1, 500), of(500, 2)), (None, None));
        assert_eq!(of(3, 59).as_deref(), Some("59 s"));
        assert_eq!(of(3, 61).as_deref(), Some("1 min 1 s"));
        assert_eq!(of(3, 3600 + 25 * 60).as_deref(), Some("1 h 25 min"));
    }

    #[test]
    fn a_log_hears_of_a_long_stage_each_minute() {
        let mut lines = Lines::of("measuring", Some(8));
        let start = lines.start;
        let mut at = |second| lines.step("round 1: one", start + Duration::from_secs(second));
        assert_eq!((at(0), at(59)), (None, None));
        assert_eq!(at(60).as_deref(), Some("measuring: 3 of 8, 3 min 0 s left: round 1: one"));
        assert_eq!(at(119), None);
        assert!(at(120).is_some_and(|line| line.starts_with("measuring: 5 of 8, 2 min 0 s left")));
        let mut one = Lines::of("measuring", Some(1));
        let start = one.start;
        assert_eq!(one.step("round 1: one", start), None);
        let again = one.step("round 2: one", start + SAID_EVERY);
        assert_eq!(again.as_deref(), Some("measuring: 2, beyond the 1 planned: round 2: one"));
        assert_eq!(Lines::of("building", None).step("one", start + SAID_EVERY), None);
    }

    #[test]
    fn lines_are_drawn_again_only_for_who_wants_it() {
        let redrawn = |terminal, set: &[(&str, &str)]| {
            let value = |name: &str| set.iter().find(|(known, _)| *known == name);
            is_redrawn(terminal, |name| value(name).map(|(_, value)| value.into()))
        };
        let xterm = ("TERM", "xterm");
        assert!(redrawn(true, &[xterm]) && redrawn(true, &[xterm, ("NO_COLOR", "")]));
        assert!(!redrawn(false, &[xterm]), "a pipe");
        assert!(!redrawn(true, &[xterm, ("NO_COLOR", "1")]));
        assert!(!redrawn(true, &[("TERM", "dumb")]) && !redrawn(true, &[]));
    }
}
