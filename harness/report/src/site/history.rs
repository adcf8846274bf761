//! What is kept of a report once another one of the same binder takes its place.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Counts, Report};

/// A report of earlier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Past {
    /// The binder's version.
    pub version: String,
    /// When the run began, UTC, RFC 3339.
    pub started: String,
    /// The suite's version.
    pub suite: String,
    /// Hash of the corpus.
    pub corpus: String,
    /// The processor it was measured on, where the system says.
    pub cpu: Option<String>,
    /// How many trials came to what.
    pub counts: Counts,
    /// What it came to, in a sentence.
    pub verdict: String,
    /// The exit code of a run that comes to that.
    pub exit_code: u8,
    /// Ratio to the floor, by shape, of the path that the signature asks for.
    pub ratios: BTreeMap<String, f64>,
    /// Instructions a call above the floor, likewise.
    pub instructions: BTreeMap<String, f64>,
}

impl Past {
    /// What is kept of a report.
    pub fn of(report: &Report) -> Past {
        let mut ratios = BTreeMap::new();
        let mut instructions = BTreeMap::new();
        for row in &report.bench {
            if let Some(ratio) = row.ratio {
                ratios.entry(row.shape.clone()).or_insert(ratio);
            }
            if let (Some(call), Some(floor)) = (row.instructions, row.floor_instructions) {
                instructions.entry(row.shape.clone()).or_insert(call - floor);
            }
        }
        Past {
            version: report.subject.version.clone(),
            started: report.suite.started.clone(),
            suite: report.suite.version.clone(),
            corpus: report.suite.hash.clone(),
            cpu: report.host.cpu.clone(),
            counts: report.counts,
            verdict: report.verdict_sentence(),
            exit_code: report.exit_code(),
            ratios,
            instructions,
        }
    }
}

impl super::Entry {
    /// Adds a report to the history, in the order of time, once.
    pub fn remember(&mut self, past: Past) {
        if self.past.iter().any(|known| known.started == past.started) {
            return;
        }
        let at = self.past.partition_point(|known| known.started < past.started);
        self.past.insert(at, past);
    }
}
