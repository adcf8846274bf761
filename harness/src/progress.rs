//! How far a run is, for whoever watches it.

use crate::report::CaseRow;

/// Who is told how far a run is.
pub trait Progress {
    /// A stage begins, with so many steps where that is known.
    fn stage(&mut self, name: &str, steps: Option<usize>);
    /// A step of the stage begins.
    fn step(&mut self, name: &str);
    /// A trial ended.
    fn ended(&mut self, row: &CaseRow);
    /// The stage ended.
    fn finish(&mut self);
}
