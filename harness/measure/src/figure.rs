//! What measuring came to, as the report keeps it: names and words are a promise
//! (`reports/report.schema.json`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::Display;

use super::series;

/// One shape on one path, measured.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct BenchRow {
    /// The shape.
    pub shape: String,
    /// The invoker path.
    pub path: String,
    /// Nanoseconds per direct typed call, the median of the batches.
    pub floor_ns: Option<f64>,
    /// Nanoseconds per call through the subject, likewise.
    pub call_ns: Option<f64>,
    /// Nanoseconds that binding the function took, before any call of it, the median of the processes; by the suite's own
    /// clock, so that of a binder in a process of its own the message is in it.
    #[serde(default)]
    pub bind_ns: Option<f64>,
    /// Nanoseconds of the first row that was timed, the median of the processes. `call_ns` is of calls once they
    /// no longer get faster.
    #[serde(default)]
    pub cold_ns: Option<f64>,
    /// Nanoseconds per call in the first batch, likewise.
    #[serde(default)]
    pub first_ns: Option<f64>,
    /// `call_ns` over `floor_ns`, the median of the batches' own ratios.
    pub ratio: Option<f64>,
    /// The lowest ratio of any process that counts: of those that do not agree, the middle half does.
    pub ratio_low: Option<f64>,
    /// The highest, likewise.
    pub ratio_high: Option<f64>,
    /// Instructions per call.
    pub instructions: Option<f64>,
    /// Instructions per direct call.
    pub floor_instructions: Option<f64>,
    /// The binder's heap allocations per call.
    pub allocations: Option<f64>,
    /// Bytes of those allocations, as they were asked for, per call.
    #[serde(default)]
    pub allocated_bytes: Option<f64>,
    /// Bytes by which the memory of the binder's own processes grows per call, as the system counts it; 0 where it does
    /// not go on growing.
    #[serde(default)]
    pub resident_bytes: Option<f64>,
    /// The fixture's heap allocations per call.
    pub native_allocations: Option<f64>,
    /// Batches that counted.
    pub samples: usize,
    /// Their share of all that were taken, 0 to 1: those of processes that agree count, where most do.
    pub valid_share: f64,
    /// `measured`, `inconclusive`, `not-measured` or `not-credible`.
    pub verdict: BenchVerdict,
    /// Why a figure is null or the verdict is not `measured`.
    pub reason: Option<String>,
}

/// How sure a figure is.
#[derive(
    Clone, Copy, Debug, Default, Display, PartialEq, Eq, Serialize, Deserialize, JsonSchema,
)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum BenchVerdict {
    /// It holds.
    Measured,
    /// It was measured, and is not to be relied on.
    Inconclusive,
    /// There is none.
    #[default]
    NotMeasured,
    /// What the subject says is not what the suite sees; there is no figure of it.
    NotCredible,
}

/// A shape of a series: one that differs from the others in a number alone.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct ScalingRow {
    /// The series: `arity-int`, `arity-float` and `arity-mixed` by the number of arguments, `length` by the number of
    /// elements, `threads` by the number of callers at once.
    pub series: String,
    /// That number.
    pub at: u64,
    /// What was measured, as in a row of `bench`.
    #[serde(flatten)]
    pub row: BenchRow,
}

impl ScalingRow {
    /// The row of a shape that is a point of a series.
    pub fn of(row: BenchRow) -> Option<ScalingRow> {
        let point = series::point(&row.shape)?;
        Some(ScalingRow { series: point.series.to_owned(), at: point.at, row })
    }
}
