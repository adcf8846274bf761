//! Annotations of GitHub's workflows: lines that its runner shows beside a run and a pull request.

use std::fmt::Write;

use judge::row::TrialOutcome;
use measure::BenchVerdict;

use crate::Verdict;
use crate::difference::{Extent, block};
use crate::model::Report;

/// GitHub shows so many annotations of a kind of a step, and drops the rest without a word.
const SHOWN: usize = 10;

/// The lines: an error each for what is red, a warning each for a figure that is not to be believed, and the
/// verdict as a notice, or as one more error.
pub(crate) fn render(report: &Report) -> String {
    let report = &report.for_people();
    let subject = &report.subject;
    let title = format!("{} {}", subject.name, subject.version);
    let mut errors: Vec<(String, String)> = Vec::new();
    for outcome in [TrialOutcome::Failed, TrialOutcome::Error] {
        for case in report.with_outcome(outcome) {
            let name = format!("{}::{}", case.arm, case.id);
            let title = format!("{} {name} ({})", outcome.word(), case.blamed());
            let mut lines = block(case, Extent { columns: 500, lines: 20 });
            lines.push(format!("repeat    {}", case.repro));
            errors.push((format!("title={}", property(&title)), lines.join("\n")));
        }
    }
    for row in &report.stale {
        let title = property(&format!("known failure out of date: {}", row.entry));
        let place = row.at.rsplit_once(':').map_or(String::new(), |(file, line)| {
            format!("file={},line={},", property(file), property(line))
        });
        let text = format!("expected {}, observed {}: {}", row.expected, row.observed, row.action);
        errors.push((format!("{place}title={title}"), text));
    }
    let mut out = String::new();
    let rest = errors.len().saturating_sub(SHOWN - 1);
    for (properties, text) in errors.iter().take(SHOWN - 1) {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "::error {properties}::{}", data(text));
    }
    let more = match rest {
        0 => String::new(),
        rest => format!(" ({rest} more are not annotated; the report has them.)"),
    };
    let kind = if report.verdict() == Verdict::AsExpected { "notice" } else { "error" };
    let verdict = data(&format!("{}{more}", report.verdict_sentence()));
    let _ = writeln!(out, "::{kind} title={}::{verdict}", property(&title));
    let untrue = report.bench.iter().filter(|row| row.verdict == BenchVerdict::NotCredible);
    for row in untrue.take(SHOWN) {
        let title = property(&format!("not credible: {} {}", row.shape, row.path));
        let reason = data(row.reason.as_deref().unwrap_or("no reason was recorded"));
        let _ = writeln!(out, "::warning title={title}::{reason}");
    }
    out
}

/// Text behind the second pair of colons.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property's value.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn no_more_than_are_shown_and_the_rest_is_counted() {
        let mut report = sample::mixed();
        let failure = report.with_outcome(TrialOutcome::Failed)[0].clone();
        report.cases = vec![failure; 30];
        report.stale.clear();
        let text = render(&report);
        assert_eq!(text.matches("::error ").count(), SHOWN, "{text}");
        assert!(text.contains("(21 more are not annotated"), "{text}");
    }

    #[test]
    fn foreign_text_makes_no_annotation_of_its_own() {
        let mut report = sample::mixed();
        for case in &mut report.cases {
            case.observed = Some("50 %\n::error::owned".to_owned());
            case.id = "a,b::c".to_owned();
        }
        let text = render(&report);
        assert!(text.contains("50 %25%0A"), "{text}");
        assert!(text.contains("round-trip%3A%3Aa%2Cb%3A%3Ac"), "{text}");
        let own = ["::error ", "::warning ", "::notice "];
        assert!(text.lines().all(|line| own.iter().any(|own| line.starts_with(own))), "{text}");
    }
}
