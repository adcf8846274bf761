//! Trials that passed at a risk, by the clause whose rule nobody owes there and compilers rely on.

use std::collections::BTreeMap;

use judge::row::{CaseRow, RiskRow};

use crate::model::Report;

/// What is at risk for a clause.
#[derive(Debug)]
pub(crate) struct Risk<'r> {
    /// The clause.
    pub(crate) clause: &'r str,
    /// The first trial that shows it.
    pub(crate) first: &'r CaseRow,
    /// What that shows.
    pub(crate) risk: &'r RiskRow,
    /// How many trials show it.
    pub(crate) count: usize,
}

impl Report {
    /// The trials that passed at a risk.
    pub fn at_risk(&self) -> impl Iterator<Item = &CaseRow> {
        self.cases.iter().filter(|case| !case.risks.is_empty())
    }

    /// What is at risk, a row a clause.
    pub(crate) fn risks(&self) -> Vec<Risk<'_>> {
        let mut by_clause: BTreeMap<&str, Risk<'_>> = BTreeMap::new();
        for first in self.at_risk() {
            let risk = &first.risks[0];
            let clause = &*risk.clause;
            let none = Risk { clause, first, risk, count: 0 };
            by_clause.entry(clause).or_insert(none).count += 1;
        }
        by_clause.into_values().collect()
    }
}
