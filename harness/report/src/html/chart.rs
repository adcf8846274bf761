//! Charts, as SVG that takes its colours from the page: figures on a logarithmic axis, beside what they are held
//! against; and figures over time.

use std::ops::RangeInclusive;

use maud::{Markup, html};

/// How sure a figure is, which its mark shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// It holds: filled.
    Sure,
    /// It does not: hollow.
    Doubtful,
}

/// A figure, in a line of its own.
#[derive(Clone, Debug)]
pub(crate) struct Dot {
    /// What it is of.
    pub(crate) label: String,
    /// Where that leads.
    pub(crate) to: Option<String>,
    /// What it is held against, where each line has its own.
    pub(crate) floor: Option<f64>,
    /// The figure, above 0.
    pub(crate) value: f64,
    /// Its range.
    pub(crate) range: Option<(f64, f64)>,
    pub(crate) mark: Mark,
    /// The figure in words, at the end of the line.
    pub(crate) text: String,
}

/// Lines under a heading.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) heading: String,
    pub(crate) dots: Vec<Dot>,
}

/// What a chart shows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chart<'a> {
    /// The name that its title's place on the page begins with.
    pub(crate) id: &'a str,
    pub(crate) title: &'a str,
    /// What stands at the axis.
    pub(crate) axis: &'a str,
    /// What every line is held against, and its name.
    pub(crate) line: Option<(f64, &'a str)>,
}

const WIDTH: f64 = 780.0;
const LEFT: f64 = 190.0;
const RIGHT: f64 = 170.0;
const PLOT: f64 = WIDTH - LEFT - RIGHT;
const ROW: f64 = 24.0;
/// What a chart has above its plot: the name of its line, where it has one.
const TOP: f64 = 6.0;
const NAMED: f64 = 24.0;
const BOTTOM: f64 = 36.0;
/// Half the height of the tick that stands for a floor.
const TICK: f64 = 7.0;
const RADIUS: f64 = 4.5;

/// What a figure of cost can be: a report that has another is not of this world, and its figure lies at the edge.
const DRAWN: RangeInclusive<f64> = 1e-6..=1e12;

/// A logarithmic axis over the plot.
pub(crate) struct Axis {
    low: f64,
    high: f64,
}

impl Axis {
    /// The axis between the round numbers around these figures.
    pub(crate) fn over(values: impl Iterator<Item = f64>) -> Option<Axis> {
        let (low, high) = values
            .filter(|value| DRAWN.contains(value))
            .fold((f64::INFINITY, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
        if high == 0.0 {
            return None;
        }
        let (low, high) = (round_below(low), round_above(high));
        Some(Axis { low, high: if high > low { high } else { low * 10.0 } })
    }

    fn x(&self, value: f64) -> f64 {
        LEFT + PLOT * self.share(value).clamp(0.0, 1.0)
    }

    /// How far along the axis a figure lies: 0 at its beginning, 1 at its end.
    pub(crate) fn share(&self, value: f64) -> f64 {
        (value / self.low).ln() / (self.high / self.low).ln()
    }

    /// The numbers at its ticks: 1, 2 and 5 of each power of ten, or the powers alone where those are many.
    pub(crate) fn ticks(&self) -> Vec<f64> {
        let of_decade: &[f64] =
            if self.high / self.low > 1_000.0 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        let mut ticks = Vec::new();
        let mut decade = decade(self.low);
        while decade <= self.high * 1.001 {
            ticks.extend(of_decade.iter().map(|one| one * decade));
            decade *= 10.0;
        }
        ticks.retain(|tick| *tick >= self.low * 0.999 && *tick <= self.high * 1.001);
        ticks
    }
}

/// The power of ten at or below a number above 0.
pub(crate) fn decade(value: f64) -> f64 {
    let mut decade = 1.0;
    while decade > value {
        decade /= 10.0;
    }
    while decade * 10.0 <= value {
        decade *= 10.0;
    }
    decade
}

const ROUND: [f64; 4] = [1.0, 2.0, 5.0, 10.0];

fn round_below(value: f64) -> f64 {
    let power = decade(value);
    let round = ROUND.iter().rev().find(|one| *one * power <= value * 1.000_1);
    round.unwrap_or(&1.0) * power
}

fn round_above(value: f64) -> f64 {
    let power = decade(value);
    let round = ROUND.iter().find(|one| *one * power >= value * 0.999_9);
    round.unwrap_or(&10.0) * power
}

/// A number at an axis.
pub(crate) fn short(value: f64) -> String {
    let text = if value >= 1e6 {
        format!("{}M", value / 1e6)
    } else if value >= 1e3 {
        format!("{}k", value / 1e3)
    } else {
        format!("{value:.3}")
    };
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// Figures in lines, each with its range and what it is held against.
pub(crate) fn dots(chart: Chart<'_>, groups: &[Group]) -> Markup {
    let all = || groups.iter().flat_map(|group| &group.dots);
    let bounds = |dot: &Dot| {
        let (low, high) = dot.range.unwrap_or((dot.value, dot.value));
        [Some(dot.value), Some(low), Some(high), dot.floor]
    };
    let values = all().flat_map(bounds).flatten().chain(chart.line.map(|(at, _)| at));
    let Some(axis) = Axis::over(values) else { return html! {} };
    let lines = groups
        .iter()
        .map(|group| group.dots.len() + usize::from(has_heading(group)))
        .sum::<usize>();
    let top = if chart.line.is_some() { TOP + NAMED } else { TOP };
    let bottom = top + ROW * lines as f64;
    let height = bottom + BOTTOM;
    let mut at = top;
    let mut next = || {
        at += ROW;
        at - ROW / 2.0
    };
    // What is in an image is not to be reached by a keyboard, and links are.
    let has_links = groups.iter().flat_map(|group| &group.dots).any(|dot| dot.to.is_some());
    let role = if has_links { "group" } else { "img" };
    let (title, text) = (format!("{}-title", chart.id), format!("{}-text", chart.id));
    html! {
        svg.chart role=(role) viewBox={ "0 0 " (WIDTH) " " (height) } aria-labelledby={ (title) " " (text) } {
            title id=(title) { (chart.title) }
            desc id=(text) { (in_words(groups)) }
            @for tick in axis.ticks() {
                @let x = fixed(axis.x(tick));
                line.grid x1=(x) x2=(x) y1=(top) y2=(bottom) {}
                text.tick x=(x) y=(bottom + 16.0) text-anchor="middle" { (short(tick)) }
            }
            @if let Some((value, name)) = chart.line {
                @let x = fixed(axis.x(value));
                line.floor x1=(x) x2=(x) y1=(top - 6.0) y2=(bottom) {}
                text.tick x=(x) y=(top - 12.0) text-anchor="middle" { (name) }
            }
            text.tick x=(LEFT + PLOT / 2.0) y=(bottom + 31.0) text-anchor="middle" { (chart.axis) }
            @for group in groups {
                @if has_heading(group) {
                    text.heading x="0" y=(next() + 5.0) { (group.heading) }
                }
                @for dot in &group.dots { (line(dot, &axis, next())) }
            }
        }
    }
}

fn has_heading(group: &Group) -> bool {
    !group.heading.is_empty()
}

fn line(dot: &Dot, axis: &Axis, y: f64) -> Markup {
    let x = fixed(axis.x(dot.value));
    let class = match dot.mark {
        Mark::Sure => "dot",
        Mark::Doubtful => "dot doubtful",
    };
    let label = html! { text.label x=(LEFT - 12.0) y=(y + 4.0) text-anchor="end" { (clipped(&dot.label)) } };
    html! {
        @match &dot.to { Some(to) => { a href=(to) { (label) } }, None => (label) }
        line.row x1=(LEFT) x2=(LEFT + PLOT) y1=(y) y2=(y) {}
        @if let Some(floor) = dot.floor {
            @let x0 = fixed(axis.x(floor));
            line.above x1=(x0) x2=(x) y1=(y) y2=(y) {}
            line.floor x1=(x0) x2=(x0) y1=(y - TICK) y2=(y + TICK) {}
        }
        @if let Some((low, high)) = dot.range {
            line.range x1=(fixed(axis.x(low))) x2=(fixed(axis.x(high))) y1=(y) y2=(y) {}
        }
        circle class=(class) cx=(x) cy=(y) r=(RADIUS) {}
        text.value x=(WIDTH - RIGHT + 12.0) y=(y + 4.0) { (dot.text) }
    }
}

/// The longest label that fits beside the plot.
fn clipped(label: &str) -> String {
    const FITS: usize = 28;
    if label.chars().count() <= FITS {
        return label.to_owned();
    }
    label.chars().take(FITS - 1).chain(['…']).collect()
}

fn in_words(groups: &[Group]) -> String {
    let line = |dot: &Dot| format!("{}: {}", dot.label, dot.text);
    let group = |group: &Group| {
        let dots = group.dots.iter().map(line).collect::<Vec<_>>().join("; ");
        if has_heading(group) { format!("{}: {dots}", group.heading) } else { dots }
    };
    groups.iter().map(group).collect::<Vec<_>>().join(". ")
}

/// A place with what of it can be seen: a page of many charts is not made of digits.
pub(crate) fn fixed(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot(value: f64) -> Dot {
        let (label, text) = ("echo".to_owned(), "2.0".to_owned());
        Dot { label, to: None, floor: Some(1.0), value, range: None, mark: Mark::Sure, text }
    }

    const CHART: Chart<'_> = Chart { id: "c", title: "cost", axis: "ns", line: None };

    #[test]
    fn an_axis_begins_and_ends_with_round_numbers() {
        for (values, ends, ticks) in [
            (vec![1.65, 3.0], (1.0, 5.0), vec![1.0, 2.0, 5.0]),
            (
                vec![0.9, 104.0],
                (0.5, 200.0),
                vec![0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0],
            ),
            (vec![10.0], (10.0, 100.0), vec![10.0, 20.0, 50.0, 100.0]),
            (vec![1.0, 90_000.0], (1.0, 100_000.0), vec![1.0, 10.0, 100.0, 1e3, 1e4, 1e5]),
        ] {
            let axis = Axis::over(values.into_iter()).unwrap();
            assert_eq!((axis.low, axis.high), ends);
            let near = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-6 * b;
            assert!(
                axis.ticks().len() == ticks.len() && axis.ticks().iter().zip(&ticks).all(near),
                "{:?}",
                axis.ticks()
            );
            assert!(
                (axis.x(ends.0) - LEFT).abs() < 1e-9 && (axis.x(ends.1) - LEFT - PLOT).abs() < 1e-9
            );
        }
        assert!(Axis::over([f64::NAN, 0.0, 5e-324, f64::MAX].into_iter()).is_none());
    }

    #[test]
    fn a_chart_says_in_words_what_it_shows() {
        let group = Group { heading: "scalar path".to_owned(), dots: vec![dot(2.0), dot(20.0)] };
        let svg = dots(CHART, &[group]).into_string();
        assert!(svg.contains("scalar path: echo: 2.0; echo: 2.0"), "{svg}");
        assert_eq!(svg.matches("<circle").count(), 2);
        assert!(dots(CHART, &[]).into_string().is_empty());
    }

    #[test]
    fn what_is_twice_as_much_lies_as_far_off_everywhere() {
        let axis = Axis { low: 1.0, high: 1000.0 };
        let near = (axis.x(4.0) - axis.x(2.0)) - (axis.x(400.0) - axis.x(200.0));
        assert!(near.abs() < 1e-9);
    }

    #[test]
    fn numbers_at_an_axis_are_short() {
        let shown = [0.5, 1.0, 20.0, 2e3, 5e6].map(short);
        assert_eq!(shown, ["0.5", "1", "20", "2k", "5M"]);
    }
}
