//! What a library at wire level owes (contract, *Levels*): a case says what the whole contract asks, and
//! of that a part is the suite's own work there, because the suite lowers for the library.
//!
//! Deliberately all or nothing: a case that refuses anything is left out whole, because what comes after
//! a refusal is there to show that the refusal did no harm.

use contract::clause;
use corpus::case::{Body, Case, KeptStep, Law, Step};
use subject::Level;

use crate::row::CaseRow;

/// Why a case is not judged at wire level where it reads a signature.
pub const READS: &str = "at wire level the suite reads the signatures, not the library";
/// Why it is not where it refuses a call.
pub const REFUSES: &str = "at wire level the suite lowers the arguments: to refuse them is not the \
                           library's";

/// Whether a subject of a level owes what an arm asks of a case, where the arm may say why not at wire
/// level.
///
/// # Errors
/// Why it does not.
pub fn owed(
    level: Level,
    not_at_wire: Option<&'static str>,
    case: &Case,
) -> Result<(), &'static str> {
    if level == Level::Contract {
        return Ok(());
    }
    if let Some(reason) = not_at_wire {
        return Err(reason);
    }
    match &case.body {
        Body::Signature(_) => Err(READS),
        Body::Calls(steps) => {
            let refuses = steps.iter().any(Step::is_refused);
            if refuses { Err(REFUSES) } else { Ok(()) }
        }
        Body::Kept(steps) => {
            let refuses = steps.iter().any(KeptStep::is_refused);
            if refuses { Err(REFUSES) } else { Ok(()) }
        }
        Body::Property(property) if property.law == Law::RefusesOutOfRange => Err(REFUSES),
        Body::Binding(_) | Body::Property(_) => Ok(()),
    }
}

/// Has rows name only clauses that a subject owes: at wire level those that are marked so (**w**), because what else a case
/// cites was the suite's own doing; and, of a trial that ran, none of a capability (**c**) that it does not declare. A trial
/// of many cases runs without those that need it, and says nothing of their clauses.
pub fn name_owed(rows: &mut [CaseRow], level: Level, declared: &[String]) {
    let at_level =
        |id: &str| level == Level::Contract || clause::find(id).is_some_and(|clause| clause.wire);
    let is_declared = |id: &str| {
        let capability = clause::find(id).and_then(|clause| clause.capability.as_deref());
        capability.is_none_or(|name| declared.iter().any(|one| one == name))
    };
    for row in rows {
        let ran = row.outcome.ran();
        let owed = |id: &String| at_level(id) && (!ran || is_declared(id));
        row.clauses.retain(owed);
        // Where nothing else is broken it stays: without a word every clause would be.
        if row.broken.iter().any(owed) {
            row.broken.retain(owed);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::row::TrialOutcome;

    use super::*;

    /// What is left of the clauses of a trial, cited and broken.
    fn named(outcome: TrialOutcome, level: Level, declared: &[&str]) -> Vec<String> {
        let clauses: Vec<String> = ["C-14", "K-1", "L-1", "T-5"].map(str::to_owned).into();
        let mut rows =
            [CaseRow { outcome, broken: clauses.clone(), clauses, ..CaseRow::default() }];
        let declared: Vec<String> = declared.iter().map(|name| (*name).to_owned()).collect();
        name_owed(&mut rows, level, &declared);
        let [row] = rows;
        assert_eq!(row.clauses, row.broken);
        row.clauses
    }

    #[test]
    fn what_is_not_declared_is_neither_proven_nor_broken() {
        use TrialOutcome::{Failed, Gated, Passed};
        let all = ["C-14", "K-1", "L-1", "T-5"];
        assert_eq!(named(Passed, Level::Contract, &["callbacks", "closed-handles"]), all);
        assert_eq!(named(Passed, Level::Contract, &["callbacks"]), ["K-1", "L-1", "T-5"]);
        assert_eq!(named(Failed, Level::Wire, &["callbacks"]), ["K-1", "L-1"]);
        assert_eq!(named(Failed, Level::Wire, &[]), ["L-1"]);
        let mut alone =
            [CaseRow { outcome: Failed, broken: vec!["T-5".into()], ..CaseRow::default() }];
        name_owed(&mut alone, Level::Wire, &[]);
        assert_eq!(alone[0].broken, ["T-5"]);
        assert_eq!(named(Gated, Level::Wire, &[]), ["K-1", "L-1"], "why it is gated");
    }
}
