//! A line a trial that is red or a known failure that is out of date, and the verdict last: for logs, and
//! for `grep`.

use judge::row::TrialOutcome;

use crate::markdown::text::one_line;
use crate::model::Report;

/// The lines.
pub(crate) fn render(report: &Report) -> String {
    let report = &report.for_people();
    let mut lines = Vec::new();
    for outcome in [TrialOutcome::Failed, TrialOutcome::Error] {
        for case in report.with_outcome(outcome) {
            let observed = case.observed.as_deref().unwrap_or("nothing was recorded");
            let what = match &case.expected {
                Some(expected) => format!("expected {expected}, observed {observed}"),
                None => observed.to_owned(),
            };
            let word = outcome.word();
            lines.push(format!("{word} {}::{} ({}): {what}", case.arm, case.id, case.blamed()));
        }
    }
    for row in &report.stale {
        lines.push(format!("stale {} {}: {}", row.at, row.entry, row.observed));
    }
    let subject = &report.subject;
    lines.push(format!("{} {}: {}", subject.name, subject.version, report.verdict_sentence()));
    lines.iter().map(|line| one_line(line) + "\n").collect()
}
