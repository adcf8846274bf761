//! What a call costs above the floor: shapes, batches between floors, and figures that say how sure
//! they are.
//!
//! `shapes` and `series` say what is called, `bench` calls it, `sampler` takes batches, `statistics` makes figures of them, `proof`
//! tells what of a subject's word is seen, `worker` does all that in a process of its own, `rows` brings several
//! processes together; `count`, `trace` and `resident` say what calls take beside time. Results are plain data
//! between these.

pub mod bench;
mod burden;
pub mod count;
mod figure;
mod placed;
mod proof;
mod resident;
mod rows;
mod sampler;
pub mod series;
mod shapes;
mod statistics;
pub mod trace;
mod work;
pub mod worker;

use serde::{Deserialize, Serialize};

pub use burden::Burden;
pub use figure::{BenchRow, BenchVerdict, ScalingRow};
pub use proof::Proof;
pub use rows::{MeasureError, Measurement, measure, not_timed};
pub use sampler::{Batch, Samples, Timed, Warm};
pub use shapes::{Call, SHAPES, Shape};
pub use work::{PLACEMENTS, Work};

/// How long measuring takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effort {
    /// Rounds, of a process at each placement.
    pub rounds: usize,
    /// Rounds more, at the most, for the shapes whose processes do not agree.
    pub more: usize,
    /// Milliseconds of batches for each shape and path in each process.
    pub shape_ms: u64,
}

impl Effort {
    /// What the main job takes: some seconds for every shape together.
    pub const BRIEF: Effort = Effort { rounds: 2, more: 2, shape_ms: 40 };
    /// What `conform bench` takes.
    pub const FULL: Effort = Effort { rounds: 3, more: 5, shape_ms: 200 };
}
