//! Expected against observed, set one above the other so that the eye finds the difference.

use judge::row::CaseRow;

use crate::columns::{LABEL, pieces};

/// How much of a text is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    /// Columns of a line, label included; longer lines go on in the next.
    pub(super) columns: usize,
    /// Lines of each text; the rest is counted.
    pub(super) lines: usize,
}

/// A text of a trial, with what it is.
#[derive(Debug)]
pub(super) struct Part {
    /// `call`, `expected`, `observed`, `reason` or `arrived`.
    pub(super) label: &'static str,
    pub(super) text: String,
}

/// What is shown of a trial: what was expected and what was observed, or the reason for a trial that has nothing to
/// compare; before them the calls, after them what arrived, where that is known. Decimals before a hexadecimal form are
/// set flush right.
pub(super) fn parts(case: &CaseRow) -> Vec<Part> {
    let observed = case.observed.as_deref().unwrap_or("nothing was recorded");
    let part = |label, text: &str| Part { label, text: text.to_owned() };
    let mut parts: Vec<Part> = case.calls.iter().map(|calls| part("call", calls)).collect();
    match case.expected.as_deref() {
        Some(expected) => {
            let (expected, observed) = aligned(expected, observed);
            parts.extend([part("expected", &expected), part("observed", &observed)]);
        }
        None => parts.push(part("reason", observed)),
    }
    parts.extend(case.arrived.iter().map(|arrived| part("arrived", arrived)));
    parts
}

/// The lines of a trial's block: `expected  …` over `observed  …`, and so each of its [`parts`].
pub(super) fn block(case: &CaseRow, extent: Extent) -> Vec<String> {
    parts(case).iter().flat_map(|part| labelled(part.label, &part.text, extent)).collect()
}

/// Both texts with `255 / 0xff` and `-1 / 0xffffffff` aligned at the stroke, line by line.
fn aligned(expected: &str, observed: &str) -> (String, String) {
    let left: Vec<&str> = expected.lines().collect();
    let right: Vec<&str> = observed.lines().collect();
    if left.len() != right.len() {
        return (expected.to_owned(), observed.to_owned());
    }
    let pairs = left.into_iter().zip(right).map(|(left, right)| aligned_line(left, right));
    let (left, right): (Vec<String>, Vec<String>) = pairs.unzip();
    (left.join("\n"), right.join("\n"))
}

fn aligned_line(left: &str, right: &str) -> (String, String) {
    match (decimal_columns(left), decimal_columns(right)) {
        (Some(a), Some(b)) => {
            let columns = a.max(b);
            (" ".repeat(columns - a) + left, " ".repeat(columns - b) + right)
        }
        _ => (left.to_owned(), right.to_owned()),
    }
}

/// Columns before ` / 0x`, where that is the form of the line.
fn decimal_columns(line: &str) -> Option<usize> {
    let (decimal, _) = line.split_once(" / 0x")?;
    Some(decimal.chars().count())
}

fn labelled(label: &str, text: &str, extent: Extent) -> Vec<String> {
    let room = extent.columns.saturating_sub(LABEL).max(1);
    let mut rows: Vec<String> = Vec::new();
    for line in text.lines() {
        rows.extend(pieces(line, room));
    }
    if rows.is_empty() {
        rows.push("(empty)".to_owned());
    }
    if rows.len() > extent.lines {
        let hidden = rows.len() - extent.lines;
        rows.truncate(extent.lines);
        rows.push(format!("(lines left out: {hidden}; report.json has them)"));
    }
    let label = |index: usize| if index == 0 { label } else { "" };
    rows.iter().enumerate().map(|(index, row)| format!("{:<LABEL$}{row}", label(index))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    const WIDE: Extent = Extent { columns: 80, lines: 4 };

    fn shown(expected: Option<&str>, observed: &str, extent: Extent) -> Vec<String> {
        let mut case =
            sample::case("round-trip", "s::c", &["R-2"], judge::row::TrialOutcome::Failed);
        case.expected = expected.map(str::to_owned);
        case.observed = Some(observed.to_owned());
        block(&case, extent)
    }

    #[test]
    fn decimals_are_flush_right_at_the_stroke() {
        assert_eq!(
            shown(Some("255 / 0xff"), "-1 / 0xffffffff", WIDE),
            ["expected  255 / 0xff", "observed   -1 / 0xffffffff"]
        );
    }

    #[test]
    fn texts_of_several_lines_keep_their_column() {
        assert_eq!(
            shown(Some("[1 / 0x1\n 20 / 0x14]"), "[1 / 0x1\n 2 / 0x2]", WIDE),
            [
                "expected  [1 / 0x1",
                "           20 / 0x14]",
                "observed  [1 / 0x1",
                "            2 / 0x2]"
            ]
        );
    }

    #[test]
    fn long_texts_go_on_below_and_end_with_a_count() {
        let extent = Extent { columns: 14, lines: 2 };
        assert_eq!(
            shown(Some("abcdefghijkl"), "x", extent),
            [
                "expected  abcd",
                "          efgh",
                "          (lines left out: 1; report.json has them)",
                "observed  x"
            ]
        );
    }

    #[test]
    fn a_trial_with_nothing_to_compare_shows_its_reason() {
        assert_eq!(shown(None, "no such symbol", WIDE), ["reason    no such symbol"]);
        assert_eq!(shown(Some(""), "", WIDE), ["expected  (empty)", "observed  (empty)"]);
    }
}
