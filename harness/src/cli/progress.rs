//! How far a run is: a bar on a terminal, plain lines in a pipe, on standard error either way.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use judge::progress::Progress;
use judge::row::{CaseRow, TrialOutcome};

/// Progress as it is shown.
pub(super) struct Shown {
    /// None where standard error is not a terminal.
    bar: Option<ProgressBar>,
}

impl Shown {
    pub(super) fn new() -> Shown {
        let bar = std::io::stderr().is_terminal().then(ProgressBar::hidden);
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
