//! Instructions, allocations and their bytes of what was measured, counted exactly where valgrind is.

use corpus::case::Corpus;
use judge::progress::Progress;
use measure::bench::Heap;
use measure::count::{self, Counted, OnPath};
use measure::{BenchRow, Work, series, trace};
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
        let counted = counted(rows, corpus, request, measuring);
        progress.finish();
        match counted {
            Err(error) if request.binder.is_reference() => return Err(error),
            counted => counted.map_err(|error| error.to_string()),
        }
    };
    for row in rows.iter_mut().filter(|row| row.call_ns.is_some()) {
        let is_it = |of: &OnPath| of.shape == row.shape && of.path == row.path;
        match &counted {
            Ok(All { counted, traced }) => {
                if let Some(counted) = counted.iter().find(|counted| is_it(&counted.of)) {
                    row.instructions = Some(counted.instructions);
                    row.floor_instructions = Some(counted.floor_instructions);
                    row.allocations = row.allocations.or(Some(counted.allocations));
                }
                if let Some((_, heap)) = traced.iter().find(|(of, _)| is_it(of)) {
                    row.allocated_bytes = Some(heap.bytes);
                }
            }
            Err(why) => {
                row.reason.get_or_insert_with(|| format!("instructions are not counted: {why}"));
            }
        }
    }
    Ok(())
}

fn of_threads(row: &BenchRow) -> bool {
    series::point(&row.shape).is_some_and(|point| point.series == series::THREADS)
}

/// All that valgrind tells.
struct All {
    counted: Vec<Counted>,
    traced: Vec<(OnPath, Heap)>,
}

fn counted(
    rows: &[BenchRow],
    corpus: &Corpus,
    request: &Request,
    measuring: Measuring<'_>,
) -> Result<All, RunError> {
    // What several threads execute, and in what order, is another matter.
    let timed = rows.iter().filter(|row| row.call_ns.is_some() && !of_threads(row));
    let shapes: Vec<&str> = timed.map(|row| &*row.shape).collect();
    let error = |source| RunError::Measure(measure::MeasureError::Start(source));
    let folder = TempDir::new().map_err(error)?;
    let work = Work::of(corpus, &shapes, None);
    let counted = count::count(VALGRIND, &work, measuring, folder.path())?;
    // What the reference binder allocates is counted where it is measured, by the suite's allocator.
    let traced = match request.binder.is_reference() {
        true => Vec::new(),
        false => trace::trace(VALGRIND, &work, measuring)?,
    };
    Ok(All { counted, traced })
}
