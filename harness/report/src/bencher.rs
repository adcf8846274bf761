//! The format of metrics that Bencher tracks: benchmark, measure, value with a lower and an upper one.

use measure::{BenchRow, BenchVerdict};
use serde_json::{Map, Value, json};

use crate::ReportError;
use crate::model::Report;

/// The JSON text: a benchmark a shape and path, named after the binder.
///
/// What a clock said is there only where it holds, because a chart has no place for a doubt; what was counted
/// is there wherever it was.
///
/// # Errors
/// Where there is no figure: an empty file would look like a run that measured.
pub(crate) fn render(report: &Report) -> Result<String, ReportError> {
    let report = &report.for_people();
    let mut benchmarks = Map::new();
    let credible = |row: &&BenchRow| row.verdict != BenchVerdict::NotCredible;
    for row in report.bench.iter().filter(credible) {
        let mut measures = Map::new();
        if row.verdict == BenchVerdict::Measured {
            if let (Some(value), Some(lower), Some(upper)) =
                (row.ratio, row.ratio_low, row.ratio_high)
            {
                let band = json!({"value": value, "lower_value": lower, "upper_value": upper});
                measures.insert("ratio".to_owned(), band);
            }
            if let Some(value) = row.call_ns {
                measures.insert("latency".to_owned(), json!({"value": value}));
            }
        }
        for (name, count) in [
            ("instructions", row.instructions),
            ("allocations", row.allocations),
            ("allocated_bytes", row.allocated_bytes),
            ("resident_bytes", row.resident_bytes),
        ] {
            if let Some(value) = count {
                measures.insert(name.to_owned(), json!({"value": value}));
            }
        }
        if !measures.is_empty() {
            let name = format!("{}/{}/{}", report.subject.name, row.shape, row.path);
            benchmarks.insert(name, Value::Object(measures));
        }
    }
    if benchmarks.is_empty() {
        return Err(ReportError::NoFigure);
    }
    Ok(json!(benchmarks).to_string() + "\n")
}
