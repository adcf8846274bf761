//! A line a trial that is red or a known failure that is out of date, and the verdict last: for logs, and
//! for `grep`.

use std::fmt::Write;

use judge::row::TrialOutcome;

use crate::markdown::text::one_line;
use crate::model::Report;

/// The lines.
pub(crate) fn render(report: &Report) -> String {
    let report = &report.for_people();
    let mut out = String::new();
    for outcome in [TrialOutcome::Failed, TrialOutcome::Error] {
        for case in report.with_outcome(outcome) {
            let observed = one_line(case.observed.as_deref().unwrap_or("nothing was recorded"));
            let what = match &case.expected {
                Some(expected) => format!("expected {}, observed {observed}", one_line(expected)),
                None => observed,
            };
            // Writing to a String cannot fail.
            let word = outcome.word();
            let _ = writeln!(out, "{word} {}::{} ({}): {what}", case.arm, case.id, case.blamed());
        }
    }
    for row in &report.stale {
        let (entry, observed) = (one_line(&row.entry), one_line(&row.observed));
        let _ = writeln!(out, "stale {} {entry}: {observed}", row.at);
    }
    let subject = &report.subject;
    let _ = writeln!(
        out,
        "{} {}: {}",
        subject.name,
        subject.version,
        one_line(&report.verdict_sentence())
    );
    out
}
