//! A trend for people: at a terminal, and as a page.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{Point, ShapeTrend, Steady, Trend, Unsteady};
use crate::columns::{push_wrapped, shortened};
use crate::markdown::text::{cell, code, quantity};
use crate::moved::{Band, count};

/// Columns that a chart of bands has.
const CHART: usize = 40;
/// Trials that are named; the rest is counted.
const SHOWN: usize = 20;

impl Trend {
    /// For a terminal of 80 columns, and for a pipe: the runs, the shapes with steps run by run, the others in a
    /// line each.
    pub fn text(&self) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ =
            writeln!(out, "  run  began                 version     ran  failed  known  report");
        for (number, run) in self.runs.iter().enumerate() {
            let line = format!(
                "{:>5}  {:<20}  {:<8}  {:>5}  {:>6}  {:>5}  {}",
                number + 1,
                shortened(&run.started, 20),
                shortened(&run.version, 8),
                run.ran,
                run.failed,
                run.expected,
                run.name
            );
            let _ = writeln!(out, "{}", shortened(&line, 80));
        }
        out.push('\n');
        self.shapes
            .iter()
            .filter(|shape| shape.steps() > 0)
            .for_each(|shape| shape.chart(&mut out));
        let level = || self.shapes.iter().filter(|shape| shape.steps() == 0);
        if level().next().is_some() {
            let _ = writeln!(out, "{:<30}  points  lowest–highest  last", "no step");
            for shape in level() {
                let name = shortened(&format!("{}, {} path", shape.shape, shape.path), 28);
                let (points, range, last) = (shape.points.len(), shape.range(), shape.last());
                let _ = writeln!(out, "  {name:<28}  {points:>6}  {range:>14}  {last}");
            }
            out.push('\n');
        }
        for Steady { trial, at, outcome, runs } in self.steady.iter().take(SHOWN) {
            let word = outcome.word();
            let text =
                format!("{at} {trial}: intermittent, and {word} in each of the last {runs} runs");
            push_wrapped(&mut out, "stale", &text);
        }
        for Unsteady { trial, version, outcomes } in self.unsteady.iter().take(SHOWN) {
            let text = format!("{trial} of {version}: {}", told(outcomes));
            push_wrapped(&mut out, "unsteady", &text);
        }
        push_wrapped(&mut out, "verdict", &self.sentence());
        out
    }

    /// As a page.
    pub fn markdown(&self) -> String {
        let mut page = String::new();
        let _ = writeln!(page, "### {}\n\n{}\n", cell(&self.subject), self.sentence());
        let _ = writeln!(page, "| | began | version | ran | failed | known | report |");
        let _ = writeln!(page, "|--:|---|---|--:|--:|--:|---|");
        for (number, run) in self.runs.iter().enumerate() {
            let (started, version, name) =
                (cell(&run.started), cell(&run.version), code(&run.name));
            let _ = writeln!(
                page,
                "| {} | {started} | {version} | {} | {} | {} | {name} |",
                number + 1,
                run.ran,
                run.failed,
                run.expected
            );
        }
        page.push('\n');
        if !self.shapes.is_empty() {
            let _ = writeln!(page, "| shape | path | points | lowest–highest | last | steps |");
            let _ = writeln!(page, "|---|---|--:|--:|--:|---|");
            for shape in &self.shapes {
                let steps: Vec<String> = shape.points.iter().flat_map(Point::told).collect();
                let (name, path) = (code(&shape.shape), cell(&shape.path));
                let (points, range, last) = (shape.points.len(), shape.range(), shape.last());
                let (last, steps) = (cell(&last), cell(&steps.join("; ")));
                let _ =
                    writeln!(page, "| {name} | {path} | {points} | {range} | {last} | {steps} |");
            }
            page.push('\n');
        }
        for Steady { trial, at, outcome, runs } in self.steady.iter().take(SHOWN) {
            let (trial, at, word) = (code(trial), cell(at), outcome.word());
            let _ =
                writeln!(page, "- **stale** {at}: {trial} {word} in each of the last {runs} runs");
        }
        for Unsteady { trial, version, outcomes } in self.unsteady.iter().take(SHOWN) {
            let (trial, version, told) = (code(trial), cell(version), told(outcomes));
            let _ = writeln!(page, "- unsteady: {trial} of {version}: {told}");
        }
        page.truncate(page.trim_end().len());
        page.push('\n');
        page
    }

    fn sentence(&self) -> String {
        let stepped = self.shapes.iter().filter(|shape| shape.steps() > 0).count();
        let parts = [
            (self.runs.len(), "run", "runs"),
            (self.shapes.len(), "shape measured", "shapes measured"),
            (stepped, "of them with a step", "of them with steps"),
            (self.unsteady.len(), "trial that comes and goes", "trials that come and go"),
            (
                self.steady.len(),
                "intermittent entry out of date",
                "intermittent entries out of date",
            ),
        ];
        let parts = parts.into_iter().filter(|(count, ..)| *count > 0);
        let parts = parts.map(|(count, one, many)| match count {
            1 => format!("1 {one}"),
            count => format!("{count} {many}"),
        });
        format!("{}.", parts.collect::<Vec<_>>().join(", "))
    }
}

fn told(outcomes: &BTreeMap<&'static str, usize>) -> String {
    let parts = outcomes.iter().map(|(outcome, count)| format!("{outcome} in {count}"));
    parts.collect::<Vec<_>>().join(", ")
}

impl ShapeTrend {
    fn steps(&self) -> usize {
        self.points.iter().filter(|point| point.step.is_some()).count()
    }

    /// The lowest and the highest ratio of any run.
    fn ends(&self) -> Option<(f64, f64)> {
        let bands = || self.points.iter().filter_map(|point| point.band);
        let low = bands().map(|band| band.low).min_by(f64::total_cmp)?;
        Some((low, bands().map(|band| band.high).max_by(f64::total_cmp)?))
    }

    fn range(&self) -> String {
        let shown = |(low, high)| format!("{}–{}", quantity(low), quantity(high));
        self.ends().map_or("–".to_owned(), shown)
    }

    fn last(&self) -> String {
        self.points.last().map_or("–".to_owned(), Point::shown)
    }

    /// A line a run, each with its band between the lowest and the highest of all.
    fn chart(&self, out: &mut String) {
        let _ = writeln!(out, "{}, {} path, ratio {}", self.shape, self.path, self.range());
        for point in &self.points {
            let drawn = point.band.and_then(|band| Some(drawn(band, self.ends()?)));
            let (run, shown) = (point.run + 1, point.shown());
            let line = format!("{run:>5}  {shown:<20}  {}", drawn.unwrap_or_default());
            let _ = writeln!(out, "{}", line.trim_end());
            for line in point.told() {
                let _ = writeln!(out, "       {line}");
            }
        }
        out.push('\n');
    }
}

impl Point {
    /// Its figure.
    fn shown(&self) -> String {
        match (self.band, self.instructions) {
            (Some(band), _) => band.to_string(),
            (None, Some(instructions)) => format!("{} instructions", count(instructions)),
            (None, None) => "–".to_owned(),
        }
    }

    /// What happened here.
    fn told(&self) -> Vec<String> {
        let other = self.other_clock.then(|| "another processor measured from here on".to_owned());
        let step = self.step.as_ref().map(|step| {
            let word = if step.dearer { "▲ dearer" } else { "▼ cheaper" };
            format!("{word} in run {}: {} {} → {}", self.run + 1, step.by, step.was, step.is)
        });
        other.into_iter().chain(step).collect()
    }
}

/// A band as a line: its ends, and the median in it.
fn drawn(band: Band, (low, high): (f64, f64)) -> String {
    let width = (high - low).max(f64::MIN_POSITIVE);
    let last = (CHART - 1) as f64;
    let at = |ratio: f64| ((ratio - low) / width * last).round().clamp(0.0, last) as usize;
    let (from, median, to) = (at(band.low), at(band.ratio), at(band.high));
    let glyph = |column: usize| match column {
        column if column == median => '●',
        column if column < from || column > to => ' ',
        _ => '─',
    };
    (0..=to.max(median)).map(glyph).collect()
}
