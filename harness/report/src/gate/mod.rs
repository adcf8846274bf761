//! What `conform gate` came to: rows by the rules, what the measuring itself was put to, and what is printed of it.

mod rules;

use serde::Serialize;

pub use rules::{
    Against, BY_LAYOUT, GateRow, GateVerdict, Times, budgeted, counts, not_comparable, times,
};

use crate::columns::push_wrapped;
use crate::foreign::shown;
use crate::model::Host;

/// A run of the gate. Its JSON's fields are a promise, as those of the report.
#[derive(Clone, Debug, Serialize)]
pub struct Gate {
    /// The binder.
    pub subject: String,
    /// The machine.
    pub host: Host,
    /// The file of budgets, or why counts were held against none.
    pub budgets: String,
    /// The other build, where there is one.
    pub base: Option<Base>,
    /// A row a shape, path and what it was held against.
    pub rows: Vec<GateRow>,
    /// What the measuring was put to.
    pub tripwires: Vec<Tripwire>,
    /// What is to be put right before the gate says anything, such as a shape without a budget.
    pub out_of_date: Vec<String>,
}

/// Another build.
#[derive(Clone, Debug, Serialize)]
pub struct Base {
    /// What it was asked for as.
    pub name: String,
    /// Whether it is the same executable to the byte: then nothing is timed.
    pub is_same: bool,
}

/// An extra cost planted beside a shape's calls, or none.
#[derive(Clone, Debug, Serialize)]
pub struct Tripwire {
    /// The cost; `none` is the binder beside itself.
    pub burden: String,
    /// What was looked at: `counts` or `time`.
    pub by: &'static str,
    /// What it came to.
    pub verdict: GateVerdict,
    /// Whether it came to what it must.
    pub tripped: bool,
}

/// Exit codes, as people script against them.
const FINE: u8 = 0;
const OUT_OF_DATE: u8 = 2;
const REGRESSION: u8 = 3;
const DOUBTFUL: u8 = 4;

impl Gate {
    fn count(&self, verdict: GateVerdict) -> usize {
        self.rows.iter().filter(|row| row.verdict == verdict).count()
    }

    fn is_blunt(&self) -> bool {
        self.tripwires.iter().any(|wire| !wire.tripped)
    }

    /// Whether so little could be held against anything that the run says nothing: half of what there was.
    fn is_doubtful(&self) -> bool {
        let said_nothing =
            self.count(GateVerdict::Inconclusive) + self.count(GateVerdict::NotComparable);
        2 * said_nothing > self.rows.len() || self.is_blunt()
    }

    /// The exit code: 3 where a cost is dearer; 2 where budgets are out of date; with `strict` 4 where the run says nothing.
    pub fn exit_code(&self, strict: bool) -> u8 {
        if self.count(GateVerdict::Dearer) > 0 {
            REGRESSION
        } else if !self.out_of_date.is_empty() {
            OUT_OF_DATE
        } else if strict && self.is_doubtful() {
            DOUBTFUL
        } else {
            FINE
        }
    }

    /// What is printed.
    pub fn text(&self) -> String {
        let mut out = String::new();
        push_wrapped(&mut out, "subject", &shown(&self.subject));
        push_wrapped(&mut out, "budgets", &shown(&self.budgets));
        if let Some(base) = &self.base {
            let same = if base.is_same { ", the same executable: nothing is timed" } else { "" };
            push_wrapped(&mut out, "against", &format!("{}{same}", shown(&base.name)));
        }
        for row in self.rows.iter().filter(|row| row.verdict != GateVerdict::Fine) {
            let mut text = format!("{} {}", row.shape, row.path);
            if let (Some(by), Some(was), Some(is)) = (row.by, &row.was, &row.is) {
                text += &format!(", {by}: {was} before, {is} now");
            }
            if let Some(reason) = &row.reason {
                text += &format!(" ({})", shown(reason));
            }
            let label = match row.verdict {
                GateVerdict::Inconclusive => "unsure".to_owned(),
                GateVerdict::NotComparable => "unheld".to_owned(),
                verdict => verdict.to_string(),
            };
            push_wrapped(&mut out, &label, &text);
        }
        for problem in &self.out_of_date {
            push_wrapped(&mut out, "outdated", problem);
        }
        self.tripwires_text(&mut out);
        push_wrapped(&mut out, "verdict", &self.verdict_text());
        out
    }

    fn tripwires_text(&self, out: &mut String) {
        if self.tripwires.is_empty() {
            return;
        }
        let tripped = self.tripwires.iter().filter(|wire| wire.tripped).count();
        push_wrapped(
            out,
            "tripwires",
            &format!("{tripped} of {} as they must", self.tripwires.len()),
        );
        for wire in self.tripwires.iter().filter(|wire| !wire.tripped) {
            let text = format!("{} by {}: {}", wire.burden, wire.by, wire.verdict);
            push_wrapped(out, "blunt", &text);
        }
    }

    fn verdict_text(&self) -> String {
        let of = |against| self.rows.iter().filter(move |row| row.against == against);
        let mut held = Vec::new();
        for (against, what) in [
            (Against::Budget, "counts against budgets"),
            (Against::BaseCounts, "counts against that build"),
            (Against::BaseTime, "times against that build"),
        ] {
            let (all, sure) = (
                of(against).count(),
                of(against)
                    .filter(|row| {
                        !matches!(
                            row.verdict,
                            GateVerdict::Inconclusive | GateVerdict::NotComparable
                        )
                    })
                    .count(),
            );
            if all > 0 {
                held.push(format!("{sure} of {all} {what}"));
            }
        }
        let held = if held.is_empty() { "nothing".to_owned() } else { held.join(", ") };
        match self.count(GateVerdict::Dearer) {
            0 if !self.out_of_date.is_empty() => {
                format!(
                    "Out of date: held {held}. `conform gate --bless --reason TEXT` makes it anew."
                )
            }
            0 if self.is_blunt() => {
                format!("Says nothing of time: a tripwire did not trip. Held {held}.")
            }
            0 => format!("Nothing is dearer: held {held}."),
            1 => format!("One cost is dearer: held {held}."),
            dearer => format!("{dearer} costs are dearer: held {held}."),
        }
    }
}
