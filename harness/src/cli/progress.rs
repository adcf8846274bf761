//! How far a run is: a bar on a terminal, plain lines in a pipe, on standard error either way.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use harness::progress::Progress;
use harness::report::CaseRow;
use indicatif::{ProgressBar, ProgressStyle};

/// Progress as it is shown.
pub(super) enum Shown {
    Bar(ProgressBar),
    Lines,
}

impl Shown {
    pub(super) fn new() -> Shown {
        if std::io::stderr().is_terminal() {
            Shown::Bar(ProgressBar::hidden())
        } else {
            Shown::Lines
        }
    }
}

fn line(text: &str) {
    // Progress is a courtesy; a reader that went away changes nothing.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

impl Progress for Shown {
    fn stage(&mut self, name: &str, steps: Option<usize>) {
        match self {
            Shown::Bar(bar) => {
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
            Shown::Lines => match steps {
                Some(steps) => line(&format!("{name}: {steps}")),
                None => line(name),
            },
        }
    }

    fn note(&mut self, text: &str) {
        match self {
            Shown::Bar(bar) => bar.println(text),
            Shown::Lines => line(text),
        }
    }

    fn step(&mut self, name: &str) {
        if let Shown::Bar(bar) = self {
            bar.set_message(name.to_owned());
            bar.inc(1);
        }
    }

    fn ended(&mut self, row: &CaseRow) {
        if matches!(row.outcome.as_str(), "passed" | "gated") {
            return;
        }
        let text = format!("{:<8} {}::{}", row.outcome, row.arm, row.id);
        match self {
            Shown::Bar(bar) => bar.println(text),
            Shown::Lines => line(&text),
        }
    }

    fn finish(&mut self) {
        if let Shown::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
