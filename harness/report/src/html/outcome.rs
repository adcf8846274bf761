//! What came of a thing, for the eye: a sign, a word and a colour, of which none stands alone.

use judge::row::TrialOutcome;
use maud::{Markup, html};

use crate::model::Report;
use crate::{ClauseOutcome, Verdict};

/// How an outcome looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    /// The style's name for it.
    pub(crate) class: &'static str,
    /// Its sign.
    pub(crate) sign: &'static str,
    /// Its word.
    pub(crate) word: &'static str,
}

const fn look(class: &'static str, sign: &'static str, word: &'static str) -> Look {
    Look { class, sign, word }
}

impl From<TrialOutcome> for Look {
    fn from(outcome: TrialOutcome) -> Look {
        match outcome {
            TrialOutcome::Passed => look("good", "✓", "passed"),
            TrialOutcome::Failed => look("bad", "✗", "failed"),
            TrialOutcome::Expected => look("known", "◆", "failed as known"),
            TrialOutcome::Gated => look("gated", "○", "gated"),
            TrialOutcome::Skipped => look("gated", "–", "skipped"),
            TrialOutcome::Error => look("warn", "!", "error"),
        }
    }
}

impl From<ClauseOutcome> for Look {
    fn from(outcome: ClauseOutcome) -> Look {
        match outcome {
            ClauseOutcome::Passed => look("good", "✓", "passed"),
            ClauseOutcome::Failed => look("bad", "✗", "failed"),
            ClauseOutcome::Expected => look("known", "◆", "failed as known"),
            ClauseOutcome::Gated => look("gated", "○", "gated"),
            ClauseOutcome::Error => look("warn", "!", "spoiled"),
            ClauseOutcome::Undecided => look("warn", "?", "undecided"),
            ClauseOutcome::NotRun => look("none", "·", "not run"),
        }
    }
}

/// How a report's verdict looks. What fails as known is red nowhere, and is not what conforms.
pub(crate) fn look_of_verdict(report: &Report) -> Look {
    match report.verdict() {
        Verdict::AsExpected if report.counts.expected > 0 => look("known", "◆", "fails as known"),
        Verdict::AsExpected => look("good", "✓", "conforms"),
        Verdict::NotConformant => look("bad", "✗", "does not conform"),
        Verdict::Stale => look("warn", "!", "not as expected"),
        Verdict::NothingRan => look("bad", "·", "nothing is proved"),
        Verdict::Spoiled | Verdict::CutShort => look("warn", "!", "not judged in full"),
        Verdict::Unaccounted | Verdict::MutantSurvived => look("warn", "!", "not judged"),
    }
}

/// Sign and word, coloured.
pub(crate) fn badge(look: Look) -> Markup {
    html! {
        span class={ "badge " (look.class) } { span aria-hidden="true" { (look.sign) } " " (look.word) }
    }
}
