//! What is done to all rows at once: the commands that repeat them, and which are reported.

use judge::known;
use judge::plan::{self, SelectionError};
use report::CaseRow;
use zig_lib::library::Target;

use super::{Replayed, Request};

/// Has the commands that repeat a trial name the binder, where it is not the suite's own as it is.
pub(super) fn name_binder(request: &Request, rows: &mut [CaseRow]) {
    let strict = if request.strict { " --strict" } else { "" };
    let target = match request.target {
        Target::Host => String::new(),
        target => format!(" --target {}", target.name()),
    };
    let options = format!("{strict}{target}{}", request.binder.option());
    rows.iter_mut().for_each(|row| row.repro.push_str(&options));
}

/// Leaves the rows that are to be reported of a recording; whether that is a part of them.
///
/// # Errors
/// A filter that names nothing.
pub(super) fn narrow(
    rows: &mut Vec<CaseRow>,
    replayed: Option<&Replayed>,
) -> Result<bool, SelectionError> {
    let Some(Replayed { filters, .. }) = replayed.filter(|replayed| !replayed.filters.is_empty())
    else {
        return Ok(false);
    };
    let names: Vec<String> = rows.iter().map(known::name_of).collect();
    let mut meant = plan::meant(filters, &names)?.into_iter();
    rows.retain(|_| meant.next().unwrap_or(false));
    Ok(true)
}
