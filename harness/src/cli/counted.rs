//! What calls cost by exact counts, as rows of a report that have no times.

use std::cmp::Ordering;
use std::io;
use std::process::Command;

use harness::valgrind::{self, VALGRIND};
use measure::count::{self, Counted};
use measure::{BenchRow, Work};

/// How often counts are taken again.
const MORE: usize = 3;

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

/// Counts some shapes in processes more, and keeps of each row's counts the one that stands so to all others, the least
/// or the most: an address that the system draws decides whether two handles share a place of their table, and so may more.
pub(super) fn again(
    mut rows: Vec<BenchRow>,
    shapes: &[&str],
    counted: &dyn Fn(&[&str]) -> Result<Vec<BenchRow>, String>,
    kept: Ordering,
) -> Result<Vec<BenchRow>, String> {
    let above = |row: &BenchRow| Some(row.instructions? - row.floor_instructions?);
    for _ in 0..if shapes.is_empty() { 0 } else { MORE } {
        let more = counted(shapes)?;
        for row in &mut rows {
            let is_kept = |again: &&BenchRow| above(again).partial_cmp(&above(row)) == Some(kept);
            if let Some(again) = found(&more, row).filter(is_kept) {
                *row = again.clone();
            }
        }
    }
    Ok(rows)
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
