//! How far a run is, for whoever watches it.

use crate::row::CaseRow;

/// Who is told how far a run is.
pub trait Progress {
    /// A stage begins, with so many steps where that is known.
    fn stage(&mut self, name: &str, steps: Option<usize>);
    /// Something worth a line.
    fn note(&mut self, line: &str);
    /// A step of the stage begins.
    fn step(&mut self, name: &str);
    /// A trial ended.
    fn ended(&mut self, row: &CaseRow);
    /// The stage ended.
    fn finish(&mut self);
}

/// Nobody watches.
#[derive(Clone, Copy, Debug)]
pub struct Unwatched;

impl Progress for Unwatched {
    fn stage(&mut self, _: &str, _: Option<usize>) {}
    fn note(&mut self, _: &str) {}
    fn step(&mut self, _: &str) {}
    fn ended(&mut self, _: &CaseRow) {}
    fn finish(&mut self) {}
}
