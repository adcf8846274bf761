//! How far a run is, for whoever watches it.

use crate::row::CaseRow;

/// Who is told how far a run is, and by default does not listen.
pub trait Progress {
    /// A stage begins, with so many steps where that is known.
    fn stage(&mut self, _name: &str, _steps: Option<usize>) {}
    /// Something worth a line.
    fn note(&mut self, _line: &str) {}
    /// A step of the stage begins.
    fn step(&mut self, _name: &str) {}
    /// A trial ended.
    fn ended(&mut self, _row: &CaseRow) {}
    /// Whether what has ended is all that was wanted to be known: then the run goes no further.
    fn is_enough(&self) -> bool {
        false
    }
    /// The stage ended.
    fn finish(&mut self) {}
}

/// Nobody watches.
#[derive(Clone, Copy, Debug)]
pub struct Unwatched;

impl Progress for Unwatched {}
