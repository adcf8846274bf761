//! How far a run is: a bar on a terminal, plain lines in a pipe, on standard error either way.

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use judge::progress::Progress;
use judge::row::{CaseRow, TrialOutcome};

/// Progress as it is shown.
pub(super) struct Shown {
    /// None where lines are not drawn again.
    bar: Option<ProgressBar>,
}

impl Shown {
    pub(super) fn new() -> Shown {
        let terminal = std::io::stderr().is_terminal();
        let bar = is_redrawn(terminal, |name| std::env::var_os(name)).then(ProgressBar::hidden);
        Shown { bar }
    }

    fn put(&self, text: &str) {
        let text = &report::shown(text);
        match &self.bar {
            Some(bar) => bar.println(text),
            None => line(text),
        }
    }
}

/// Whether standard error is a terminal that can draw a line again, and whose user wants that.
fn is_redrawn(terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let is_plain = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
    let is_dumb = variable("TERM").is_none_or(|term| term == "dumb");
    terminal && !is_plain && !is_dumb
}

fn line(text: &str) {
    // Progress is a courtesy; a reader that went away changes nothing.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

impl Progress for Shown {
    fn stage(&mut self, name: &str, steps: Option<usize>) {
        let Some(bar) = &mut self.bar else {
            return line(&steps.map_or(name.to_owned(), |steps| format!("{name}: {steps}")));
        };
        *bar = match steps {
            Some(steps) => ProgressBar::new(steps as u64),
            None => ProgressBar::new_spinner(),
        };
        let template = match steps {
            Some(_) => "{prefix} {bar:20} {pos}/{len} {wide_msg}",
            None => "{prefix} {spinner}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
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
        }
    }

    fn ended(&mut self, row: &CaseRow) {
        match row.outcome {
            // Why something was not judged is told at the end, each reason once.
            TrialOutcome::Passed | TrialOutcome::Gated | TrialOutcome::Skipped => {}
            outcome => self.put(&format!("{:<8} {}::{}", outcome.word(), row.arm, row.id)),
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
