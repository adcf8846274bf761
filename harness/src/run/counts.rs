//! Instructions and allocations of what was measured, counted exactly where callgrind is.

use corpus::case::Corpus;
use judge::progress::Progress;
use measure::count::{self, Counted};
use measure::{BenchRow, Work};
use tempfile::TempDir;

use super::{Measuring, Request, RunError};
use crate::valgrind::{self, VALGRIND};

/// Counts what a call takes of the shapes that rows have figures of. Where that cannot be, the rows say why.
///
/// # Errors
/// [`RunError::Measure`] where the binder is the suite's own; with another one the rows say what went wrong.
pub(super) fn fill(
    rows: &mut [BenchRow],
    corpus: &Corpus,
    request: &Request,
    measuring: Measuring<'_>,
    progress: &mut dyn Progress,
) -> Result<(), RunError> {
    let counted = if request.binder.clone().here().is_err() {
        Err("the binder has a process of its own".to_owned())
    } else if !valgrind::is_there() {
        Err("there is no valgrind here".to_owned())
    } else {
        progress.stage("counting instructions", None);
        let counted = counted(rows, corpus, measuring);
        progress.finish();
        match counted {
            Err(error) if request.binder.is_reference() => return Err(error),
            counted => counted.map_err(|error| error.to_string()),
        }
    };
    for row in rows.iter_mut().filter(|row| row.call_ns.is_some()) {
        let of = |counted: &&Counted| counted.of.shape == row.shape && counted.of.path == row.path;
        match counted.as_ref().map(|counted| counted.iter().find(of)) {
            Ok(Some(counted)) => {
                row.instructions = Some(counted.instructions);
                row.floor_instructions = Some(counted.floor_instructions);
                // Those of the suite's own allocator are counted where it measures.
                row.allocations = row.allocations.or(Some(counted.allocations));
            }
            Ok(None) => {}
            Err(why) => {
                row.reason.get_or_insert_with(|| format!("instructions are not counted: {why}"));
            }
        }
    }
    Ok(())
}

fn counted(
    rows: &[BenchRow],
    corpus: &Corpus,
    measuring: Measuring<'_>,
) -> Result<Vec<Counted>, RunError> {
    let timed = rows.iter().filter(|row| row.call_ns.is_some());
    let shapes: Vec<&str> = timed.map(|row| &*row.shape).collect();
    let error = |source| RunError::Measure(measure::MeasureError::Start(source));
    let folder = TempDir::new().map_err(error)?;
    Ok(count::count(VALGRIND, &Work::of(corpus, &shapes, None), measuring, folder.path())?)
}
