//! How costs grow: the points of a report by series, and what one step more costs.

use measure::{BenchRow, BenchVerdict, ScalingRow, series};

/// The points of one series, in order.
pub(crate) struct Series<'r> {
    pub(crate) name: &'r str,
    pub(crate) points: Vec<&'r ScalingRow>,
}

/// What is told of a row.
pub(crate) type Figure = fn(&BenchRow) -> Option<f64>;

/// Nanoseconds of a call above those of the floor.
pub(crate) const NS: Figure = |row| Some(row.call_ns? - row.floor_ns?);
/// Instructions, likewise.
pub(crate) const INSTRUCTIONS: Figure = |row| Some(row.instructions? - row.floor_instructions?);

/// The series of a report, in the order in which they come.
pub(crate) fn all(rows: &[ScalingRow]) -> Vec<Series<'_>> {
    let mut all: Vec<Series<'_>> = Vec::new();
    for row in rows {
        match all.iter_mut().find(|series| series.name == row.series) {
            Some(series) => series.points.push(row),
            None => all.push(Series { name: &row.series, points: vec![row] }),
        }
    }
    for series in &mut all {
        series.points.sort_by_key(|point| point.at);
    }
    all
}

impl Series<'_> {
    /// What the series counts, in the singular.
    pub(crate) fn unit(&self) -> &'static str {
        match self.name {
            "length" => "element",
            series::THREADS => "caller",
            _ => "argument",
        }
    }

    /// By how much a figure grows with each step, as a line through all points that have one says (least squares).
    pub(crate) fn each(&self, figure: Figure) -> Option<f64> {
        let points = || self.points.iter().filter_map(|p| Some((p.at as f64, figure(&p.row)?)));
        let count = points().count() as f64;
        let mean = |of: fn((f64, f64)) -> f64| points().map(of).sum::<f64>() / count;
        let (at, value) = (mean(|(at, _)| at), mean(|(_, value)| value));
        let spread: f64 = points().map(|(x, _)| (x - at) * (x - at)).sum();
        let together: f64 = points().map(|(x, y)| (x - at) * (y - value)).sum();
        (spread > 0.0).then(|| together / spread)
    }

    /// How much one step more costs, in words; none where that was not seen.
    pub(crate) fn growth(&self) -> Option<String> {
        let ns = self.each(NS).map(|ns| format!("{} ns", step(ns)));
        let instructions = self.each(INSTRUCTIONS);
        let instructions = instructions.map(|count| format!("{} instructions", step(count)));
        let figures: Vec<String> = ns.into_iter().chain(instructions).collect();
        let growth = figures.join(" and ");
        (!figures.is_empty()).then(|| format!("{growth} for each {} more", self.unit()))
    }

    /// The points of which no figure holds.
    pub(crate) fn doubtful(&self) -> usize {
        self.points.iter().filter(|point| point.row.verdict != BenchVerdict::Measured).count()
    }
}

/// What a step costs: thousandths of a nanosecond are something a million times.
pub(crate) fn step(value: f64) -> String {
    let shown = if value.abs() < 1.0 { format!("{value:.3}") } else { format!("{value:.1}") };
    let shown = shown.trim_end_matches('0').trim_end_matches('.');
    if matches!(shown, "-0" | "") { "0".to_owned() } else { shown.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_step_costs_what_all_points_say() {
        let report = sample::mixed();
        let series = all(&report.scaling);
        assert_eq!(series.iter().map(|one| one.name).collect::<Vec<_>>(), ["arity-int", "threads"]);
        // The floor's instructions are the same at each, and the call's four more for each argument.
        assert_eq!(series[0].each(INSTRUCTIONS), Some(4.0));
        let growth = series[0].growth().unwrap();
        assert!(growth.ends_with("and 4 instructions for each argument more"), "{growth}");
        assert_eq!((series[0].doubtful(), series[1].doubtful()), (0, 1));
        let one = Series { name: "length", points: vec![&report.scaling[0]] };
        assert_eq!(one.growth(), None, "a line needs two points");
        assert_eq!([0.0001, 0.25, 12.04].map(step), ["0", "0.25", "12"]);
    }
}
