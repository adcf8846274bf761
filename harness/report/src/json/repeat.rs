//! The commands that repeat trials, written once an arm. All but the trial's name in them is the same of every
//! trial of an arm, and a report has tens of thousands; red ones keep theirs, for who looks at one row alone.

use judge::known::name_of;

use crate::model::Report;

/// Where a trial's name stands in the command of its arm.
const TRIAL: &str = "{trial}";

/// The most bytes of a command that is written once: read back it stands in every row.
const MOST_BYTES: usize = 4 << 10;

/// Takes from the rows what `suite.repeat` says of their arm.
pub(super) fn fold(report: &mut Report) {
    let repeat = &mut report.suite.repeat;
    repeat.clear();
    for row in report.cases.iter_mut().filter(|row| !row.outcome.is_red()) {
        let name = name_of(row);
        if !repeat.contains_key(&row.arm) {
            let command = row.repro.replacen(&name, TRIAL, 1);
            if command.len() > MOST_BYTES || !command.contains(TRIAL) {
                continue;
            }
            repeat.insert(row.arm.clone(), command);
        }
        if repeat[&row.arm].replace(TRIAL, &name) == row.repro {
            row.repro.clear();
        }
    }
}

/// Gives each row that has no command that of its arm, where there is one.
///
/// # Errors
/// Says of which arm the command is longer than any that is written.
pub(super) fn unfold(report: &mut Report) -> Result<(), String> {
    let repeat = std::mem::take(&mut report.suite.repeat);
    if let Some((arm, _)) = repeat.iter().find(|(_, command)| command.len() > MOST_BYTES) {
        return Err(format!("suite.repeat has more than {MOST_BYTES} bytes for the arm `{arm}`"));
    }
    for row in report.cases.iter_mut().filter(|row| row.repro.is_empty()) {
        if let Some(command) = repeat.get(&row.arm) {
            row.repro = command.replace(TRIAL, &name_of(row));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn commands(report: &Report) -> Vec<String> {
        report.cases.iter().map(|row| row.repro.clone()).collect()
    }

    #[test]
    fn what_was_folded_unfolds_to_itself() {
        let mut report = sample::mixed();
        let before = commands(&report);
        fold(&mut report);
        let kept = report.cases.iter().filter(|row| !row.repro.is_empty());
        assert!(kept.clone().all(|row| row.outcome.is_red()) && kept.count() == 4);
        unfold(&mut report).unwrap();
        assert_eq!(commands(&report), before);
        assert!(report.suite.repeat.is_empty());
    }

    #[test]
    fn a_command_that_is_not_its_arm_s_stays() {
        let mut report = sample::green();
        let other = "conform check --seed 7 --filter another".to_owned();
        report.cases[1].repro.clone_from(&other);
        fold(&mut report);
        assert_eq!(commands(&report), ["".to_owned(), other]);

        // One that has the mark in it already would come back as another.
        let mut report = sample::green();
        report.cases.iter_mut().for_each(|row| row.repro.push_str(" --binder '{trial}'"));
        let before = commands(&report);
        fold(&mut report);
        assert_eq!(commands(&report), before);

        let mut report = sample::green();
        report.cases.iter_mut().for_each(|row| row.repro.push_str(&"x".repeat(MOST_BYTES)));
        fold(&mut report);
        assert!(report.suite.repeat.is_empty());
    }

    #[test]
    fn a_row_without_any_command_has_none() {
        let mut report = sample::green();
        report.cases.iter_mut().for_each(|row| row.repro.clear());
        fold(&mut report);
        unfold(&mut report).unwrap();
        assert_eq!(commands(&report), ["", ""]);
    }

    #[test]
    fn a_command_that_would_flood_the_memory_is_refused() {
        let mut report = sample::green();
        fold(&mut report);
        report.suite.repeat.values_mut().for_each(|text| *text = "x".repeat(MOST_BYTES + 1));
        assert!(unfold(&mut report).unwrap_err().contains("for the arm `round-trip`"));
    }
}
