//! What calls cost by exact counts, as rows of a report that have no times.

use std::cmp::Ordering;
use std::io;
use std::process::Command;

use harness::valgrind::{self, VALGRIND};
use measure::count::{self, Counted};
use measure::{BenchRow, Work};

/// Rows that were counted, or why there are none.
pub(super) type Counts = Result<Vec<BenchRow>, String>;

/// How often counts are taken again.
const MORE: usize = 3;

/// What processes under callgrind count of some work, as rows that have no times. `worker` makes the command of one.
pub(super) fn counts_of(work: &Work, worker: &dyn Fn(&Work) -> io::Result<Command>) -> Counts {
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

/// Rows of counts, and those of some shapes of processes more: an address that the system draws decides whether two
/// handles share a place of their table, and so may more.
pub(super) fn again(
    rows: Vec<BenchRow>,
    shapes: &[&str],
    counted: &dyn Fn(&[&str]) -> Counts,
) -> Result<Vec<Vec<BenchRow>>, String> {
    let mut counts = vec![rows];
    for _ in 0..if shapes.is_empty() { 0 } else { MORE } {
        counts.push(counted(shapes)?);
    }
    Ok(counts)
}

/// The rows of the first of some counts, each as it was counted where it stands so to all others: the most or the least.
pub(super) fn furthest(counts: &[Vec<BenchRow>], kept: Ordering) -> Vec<BenchRow> {
    let above = |row: &BenchRow| Some(row.instructions? - row.floor_instructions?);
    let further = |one, other| match above(other).partial_cmp(&above(one)) {
        Some(order) if order == kept => other,
        _ => one,
    };
    let of = |row| counts.iter().filter_map(|rows| found(rows, row)).fold(row, further).clone();
    counts.first().into_iter().flatten().map(of).collect()
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
