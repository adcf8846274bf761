//! What a library at wire level owes (contract, *Levels*): a case says what the whole contract asks, and
//! of that a part is the suite's own work there, because the suite lowers for the library.
//!
//! Deliberately all or nothing: a case that refuses anything is left out whole, because what comes after
//! a refusal is there to show that the refusal did no harm.

use contract::clause;
use corpus::case::{Body, Case, Law, Step};
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
        Body::Property(property) if property.law == Law::RefusesOutOfRange => Err(REFUSES),
        Body::Binding(_) | Body::Property(_) => Ok(()),
    }
}

/// Has rows of a wire-level run name only clauses that are owed there (**w**): what else a case cites was
/// the suite's own doing.
pub fn name_owed(rows: &mut [CaseRow]) {
    let owed = |id: &str| clause::find(id).is_some_and(|clause| clause.wire);
    rows.iter_mut().for_each(|row| row.clauses.retain(|id| owed(id)));
}
