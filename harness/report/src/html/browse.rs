//! All trials: told by arm and suite for who reads without the script, and to be searched with it.

use std::collections::{BTreeMap, HashMap};

use contract::clause::families;
use judge::row::{CaseRow, TrialOutcome};
use maud::{Markup, html};
use serde_json::{Value, json};

use super::frame::{data, wide};
use super::outcome::Look;
use crate::model::{Counts, Report};

/// Outcomes in the order of their numbers in the data.
const OUTCOMES: [TrialOutcome; 6] = [
    TrialOutcome::Failed,
    TrialOutcome::Error,
    TrialOutcome::Expected,
    TrialOutcome::Passed,
    TrialOutcome::Gated,
    TrialOutcome::Skipped,
];

pub(super) fn section(report: &Report) -> Markup {
    if report.cases.is_empty() {
        return html! {};
    }
    let mut arms: BTreeMap<&str, Vec<&CaseRow>> = BTreeMap::new();
    for case in &report.cases {
        arms.entry(&case.arm).or_default().push(case);
    }
    html! {
        section #trials aria-labelledby="trials-are" {
            h2 #trials-are { "All trials" span.count { (report.cases.len()) } }
            (search(&arms))
            (by_arm(&arms))
            (data("trials-data", &compact(&report.cases)))
        }
    }
}

/// What the script works with; without it, it stays hidden.
fn search(arms: &BTreeMap<&str, Vec<&CaseRow>>) -> Markup {
    html! {
        form #search hidden role="search" aria-label="Trials" {
            label { "Name" input name="text" type="search" placeholder="unsigned u64" autocomplete="off"; }
            label {
                "Outcome"
                select name="outcome" {
                    option value="" { "all" }
                    @for outcome in OUTCOMES { option value=(outcome.word()) { (Look::from(outcome).word) } }
                }
            }
            label {
                "Arm"
                select name="arm" {
                    option value="" { "all" }
                    @for arm in arms.keys() { option { (arm) } }
                }
            }
            label {
                "Clause"
                input name="clause" list="families" placeholder="R or R-2" autocomplete="off" size="8";
                datalist #families {
                    @for family in families() { option value=(family.letter) { (family.title) } }
                }
            }
            button type="reset" { "Clear" }
            output #found aria-live="polite" {}
        }
        div #results hidden {
            (wide("Trials found", &html! {
                table {
                    thead {
                        tr {
                            th scope="col" { "outcome" } th scope="col" { "trial" } th scope="col" { "arm" }
                            th scope="col" { "clauses" } th scope="col" { "path" }
                        }
                    }
                    tbody {}
                }
            }))
            button #more type="button" hidden { "Show more" }
        }
    }
}

fn by_arm(arms: &BTreeMap<&str, Vec<&CaseRow>>) -> Markup {
    let table = html! {
        table {
            thead {
                tr {
                    th scope="col" { "arm" }
                    @for head in ["trials", "passed", "failed", "known", "gated", "skipped", "errors"] {
                        th.number scope="col" { (head) }
                    }
                }
            }
            tbody {
                @for (arm, cases) in arms {
                    @let counts = Counts::of(cases.iter().map(|case| case.outcome));
                    tr {
                        th scope="row" { (arm) }
                        @for count in [
                            counts.planned, counts.passed, counts.failed, counts.expected, counts.gated,
                            counts.skipped, counts.errors,
                        ] { td.number { (count) } }
                    }
                }
            }
        }
    };
    html! { details #by-arm open { summary { "By arm" } (wide("Trials by arm", &table)) } }
}

/// The trials with each text once: numbers stand for arms, outcomes, names, clauses and paths.
fn compact(cases: &[CaseRow]) -> Value {
    let (mut arms, mut ids, mut clauses, mut paths) =
        (Numbered::default(), Numbered::default(), Numbered::default(), Numbered::default());
    let rows: Vec<[usize; 5]> = cases
        .iter()
        .map(|case| {
            let outcome = OUTCOMES.iter().position(|one| *one == case.outcome);
            [
                outcome.expect("every outcome has a number"),
                arms.of(&case.arm),
                ids.of(&case.id),
                clauses.of(&case.failed_for().join(" ")),
                paths.of(case.path.as_deref().unwrap_or_default()),
            ]
        })
        .collect();
    let outcomes = OUTCOMES.map(|outcome| {
        let Look { class, sign, word } = Look::from(outcome);
        json!([outcome.word(), class, sign, word])
    });
    json!({
        "outcomes": outcomes, "arms": arms.texts, "ids": ids.texts, "clauses": clauses.texts,
        "paths": paths.texts, "rows": rows,
    })
}

/// Texts by the number of their first coming.
#[derive(Default)]
struct Numbered {
    texts: Vec<String>,
    numbers: HashMap<String, usize>,
}

impl Numbered {
    fn of(&mut self, text: &str) -> usize {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = self.texts.len();
        self.texts.push(text.to_owned());
        self.numbers.insert(text.to_owned(), number);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn the_data_has_every_trial_as_it_is() {
        let report = sample::mixed();
        let data = compact(&report.cases);
        let text = |of: &str, number: &Value| {
            data[of][number.as_u64().unwrap() as usize].as_str().unwrap().to_owned()
        };
        let rows = data["rows"].as_array().unwrap();
        assert_eq!(rows.len(), report.cases.len());
        for (row, case) in rows.iter().zip(&report.cases) {
            assert_eq!(
                (text("arms", &row[1]), text("ids", &row[2])),
                (case.arm.clone(), case.id.clone())
            );
            let outcome = &data["outcomes"][row[0].as_u64().unwrap() as usize][0];
            assert_eq!(outcome, case.outcome.word());
        }
    }
}
