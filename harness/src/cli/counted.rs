//! What calls cost by exact counts, as rows of a report that have no times.

use std::io;
use std::process::Command;

use harness::valgrind::{self, VALGRIND};
use measure::count::{self, Counted};
use measure::{BenchRow, Work};

/// What processes under callgrind count of some work, as rows that have no times. `worker` makes the command of one.
pub(super) fn counts_of(
    work: &Work,
    worker: &dyn Fn(&Work) -> io::Result<Command>,
) -> Result<Vec<BenchRow>, String> {
    if !valgrind::is_there() {
        return Err("there is no valgrind here, which counts".to_owned());
    }
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let counted = count::count(VALGRIND, work, worker, folder.path());
    Ok(counted.map_err(|error| error.to_string())?.into_iter().map(row).collect())
}

fn row(counted: Counted) -> BenchRow {
    BenchRow {
        shape: counted.of.shape,
        path: counted.of.path,
        instructions: Some(counted.instructions),
        floor_instructions: Some(counted.floor_instructions),
        allocations: Some(counted.allocations),
        ..BenchRow::default()
    }
}

pub(super) fn found<'r>(rows: &'r [BenchRow], of: &BenchRow) -> Option<&'r BenchRow> {
    rows.iter().find(|row| row.shape == of.shape && row.path == of.path)
}

/// Rows that have times, with the counts of rows that have those.
pub(super) fn with_counts(mut rows: Vec<BenchRow>, counts: &[BenchRow]) -> Vec<BenchRow> {
    for row in &mut rows {
        let counted = found(counts, row);
        row.instructions = counted.and_then(|counted| counted.instructions);
        row.floor_instructions = counted.and_then(|counted| counted.floor_instructions);
        row.allocations = counted.and_then(|counted| counted.allocations);
    }
    rows
}
