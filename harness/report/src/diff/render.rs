//! A difference for people: at a terminal, and in a pull request.

use std::fmt::Write;

use strum::VariantArray;

use super::{Change, CostChange, Diff, TrialChange};
use crate::columns::push_wrapped;
use crate::markdown::text::{cell, code, one_line};

/// Trials of a kind that are named; the rest is counted.
const SHOWN: usize = 20;

impl Change {
    /// What stands over the trials of a kind.
    fn title(self) -> &'static str {
        match self {
            Change::NewlyFailed => "newly failed",
            Change::NewlySpoiled => "newly spoiled",
            Change::NewlyKnown => "newly known to fail",
            Change::Fixed => "fixed",
            Change::NewlyGated => "newly gated",
            Change::NoLongerGated => "no longer gated",
            Change::NoLongerJudged => "no longer judged",
        }
    }
}

impl CostChange {
    fn line(&self) -> String {
        let moved = &self.moved;
        format!("{} {} → {}", moved.by, moved.was, moved.is)
    }
}

impl TrialChange {
    fn was(&self) -> String {
        match self.was {
            Some(outcome) => format!("was {}", outcome.word()),
            None => "was not there".to_owned(),
        }
    }
}

impl Diff {
    /// For a terminal of 80 columns, and for a pipe.
    pub fn text(&self) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail.
        for change in Change::VARIANTS {
            let rows: Vec<&TrialChange> = self.changed(*change).collect();
            if rows.is_empty() {
                continue;
            }
            let _ = writeln!(out, "{} ({})", change.title().to_uppercase(), rows.len());
            for row in rows.iter().take(SHOWN) {
                let _ = writeln!(out, "  {}", one_line(&row.trial));
                push_wrapped(&mut out, "", &format!("{}; {}", row.was(), row.clauses.join(" ")));
                if *change == Change::NewlyFailed {
                    let _ = writeln!(out, "          repeat  {}", row.repro);
                }
            }
            if let Some(rest) = rows.len().checked_sub(SHOWN).filter(|rest| *rest > 0) {
                let _ = writeln!(out, "  … and {rest} more");
            }
            out.push('\n');
        }
        for (title, dearer) in [("DEARER", true), ("CHEAPER", false)] {
            let rows = || self.costs.iter().filter(|cost| cost.moved.dearer == dearer);
            if rows().next().is_none() {
                continue;
            }
            let _ = writeln!(out, "{title} ({})", rows().count());
            for cost in rows() {
                let _ = writeln!(out, "  {} on the {} path", cost.shape, cost.path);
                let _ = writeln!(out, "          {}", cost.line());
            }
            out.push('\n');
        }
        for (label, side) in [("from", &self.from), ("to", &self.to)] {
            let text = format!(
                "{} {} of {}: {} ran, {} failed ({})",
                self.subject, side.version, side.started, side.ran, side.failed, side.name
            );
            push_wrapped(&mut out, label, &text);
        }
        for note in &self.notes {
            push_wrapped(&mut out, "note", note);
        }
        push_wrapped(&mut out, "verdict", &self.sentence());
        out
    }

    /// For a pull request.
    pub fn markdown(&self) -> String {
        let mut page = String::new();
        let mark = if self.exit_code() == 0 { "✅" } else { "❌" };
        let _ = writeln!(page, "### {mark} {}\n\n{}\n", cell(&self.subject), self.sentence());
        let _ = writeln!(page, "| | version | began | ran | failed |\n|---|---|---|--:|--:|");
        for (label, side) in [("from", &self.from), ("to", &self.to)] {
            let (name, version, started) =
                (code(&side.name), cell(&side.version), cell(&side.started));
            let _ = writeln!(
                page,
                "| {label} {name} | {version} | {started} | {} | {} |",
                side.ran, side.failed
            );
        }
        page.push('\n');
        for change in Change::VARIANTS {
            let rows: Vec<&TrialChange> = self.changed(*change).collect();
            if rows.is_empty() {
                continue;
            }
            let _ = writeln!(page, "**{} ({})**\n", change.title(), rows.len());
            for row in rows.iter().take(SHOWN) {
                let (trial, clauses) = (code(&row.trial), cell(&row.clauses.join(" ")));
                let _ = writeln!(page, "- {trial}, {}: {clauses}", row.was());
            }
            if let Some(rest) = rows.len().checked_sub(SHOWN).filter(|rest| *rest > 0) {
                let _ = writeln!(page, "- … and {rest} more");
            }
            page.push('\n');
        }
        if !self.costs.is_empty() {
            let _ = writeln!(
                page,
                "| cost | shape | path | by | was | is |\n|---|---|---|---|--:|--:|"
            );
            for CostChange { shape, path, moved } in &self.costs {
                let word = if moved.dearer { "**dearer**" } else { "cheaper" };
                let (was, is) = (cell(&moved.was), cell(&moved.is));
                let (shape, path) = (code(shape), cell(path));
                let _ =
                    writeln!(page, "| {word} | {shape} | {path} | {} | {was} | {is} |", moved.by);
            }
            page.push('\n');
        }
        for note in &self.notes {
            let _ = writeln!(page, "- {}", cell(note));
        }
        page.truncate(page.trim_end().len());
        page.push('\n');
        page
    }

    /// What it comes to, for people.
    fn sentence(&self) -> String {
        let trials =
            Change::VARIANTS.iter().map(|change| (change.title(), self.changed(*change).count()));
        let dearer = self.costs.iter().filter(|cost| cost.moved.dearer).count();
        let costs = [("dearer", dearer), ("cheaper", self.costs.len() - dearer)];
        let all = trials.chain(costs).chain([("added", self.added)]);
        let parts: Vec<String> = all
            .filter(|(_, count)| *count > 0)
            .map(|(title, count)| format!("{count} {title}"))
            .collect();
        match &parts[..] {
            [] => "Nothing differs.".to_owned(),
            parts => format!("{}.", parts.join(", ")),
        }
    }
}
