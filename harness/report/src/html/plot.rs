//! Lines over a number: figures at points, each line with its name where it ends. What it shows is said in words, too.

use maud::{Markup, html};

use super::chart::{Axis, Mark, decade, fixed, short};

/// A figure at a number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) mark: Mark,
}

/// Figures of one kind.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) points: Vec<At>,
    /// What it is held against: drawn with it, and without a name.
    pub(crate) floor: Vec<At>,
}

/// What lines are drawn over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plot<'a> {
    /// The name that its title's place on the page begins with.
    pub(crate) id: &'a str,
    pub(crate) title: &'a str,
    /// What stands at the axes.
    pub(crate) across: &'a str,
    pub(crate) up: &'a str,
    /// Whether both axes are logarithmic. What is across may be 0 all the same.
    pub(crate) logarithmic: bool,
}

const WIDTH: f64 = 780.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 190.0;
const TOP: f64 = 30.0;
const ACROSS: f64 = WIDTH - LEFT - RIGHT;
const UP: f64 = 280.0;
const BOTTOM: f64 = 44.0;
/// Between two names.
const GAP: f64 = 15.0;
/// Between two numbers at the axis across.
const APART: f64 = 22.0;
/// Colours and marks, which the page's style has.
const KINDS: usize = 8;

enum Scale {
    From(f64, f64),
    /// Of the number and one, so that 0 has a place.
    Counts(f64),
    Log(Axis),
}

impl Scale {
    fn share(&self, value: f64) -> f64 {
        let share = match self {
            Scale::From(low, high) => (value - low) / (high - low),
            Scale::Counts(high) => value.ln_1p() / high.ln_1p(),
            Scale::Log(axis) => axis.share(value),
        };
        share.clamp(0.0, 1.0)
    }
}

/// A round number above, and steps to it.
fn round(high: f64) -> (f64, Vec<f64>) {
    let power = decade(high);
    let step = [0.2, 0.5, 1.0, 2.0].into_iter().find(|step| high / (step * power) <= 6.0);
    let step = step.unwrap_or(2.0) * power;
    let steps = (high / step).ceil().max(1.0);
    (steps * step, (0..=steps as usize).map(|at| at as f64 * step).collect())
}

/// Lines, each with what it is held against.
pub(crate) fn plot(of: Plot<'_>, lines: &[Line]) -> Markup {
    let drawn = |at: &&At| at.x.is_finite() && at.y.is_finite() && at.y < 1e15;
    let all = || lines.iter().flat_map(|line| line.points.iter().chain(&line.floor)).filter(drawn);
    let most = |of: fn(&At) -> f64| all().map(of).fold(0.0, f64::max);
    let (least_x, most_x) = (all().map(|at| at.x).fold(f64::INFINITY, f64::min), most(|at| at.x));
    if most_x <= least_x || most(|at| at.y) <= 0.0 {
        return html! {};
    }
    let across = match of.logarithmic {
        true => Scale::Counts(most_x),
        false => Scale::From(least_x, most_x),
    };
    let (up, ticks) = match of.logarithmic {
        true => {
            let Some(axis) = Axis::over(all().map(|at| at.y)) else { return html! {} };
            let ticks = axis.ticks();
            (Scale::Log(axis), ticks)
        }
        false => {
            let (high, ticks) = round(most(|at| at.y));
            (Scale::From(0.0, high), ticks)
        }
    };
    // Names want room of their own.
    let height = UP.max(GAP * lines.len() as f64);
    let x = |at: f64| LEFT + ACROSS * across.share(at);
    let y = |at: f64| TOP + height * (1.0 - up.share(at));
    let names = names(lines, &y, TOP + height);
    let (title, text) = (format!("{}-title", of.id), format!("{}-text", of.id));
    let path = |points: &[At]| {
        let points = points.iter().filter(drawn);
        let place = |at: &At| format!("{},{}", fixed(x(at.x)), fixed(y(at.y)));
        points.map(place).collect::<Vec<_>>().join(" ")
    };
    html! {
        svg.chart.plot role="img" viewBox={ "0 0 " (WIDTH) " " (TOP + height + BOTTOM) } aria-labelledby={ (title) " " (text) } {
            title id=(title) { (of.title) }
            desc id=(text) { (in_words(lines)) }
            text.tick x="0" y="14" { (of.up) }
            @for tick in &ticks {
                @let at = fixed(y(*tick));
                line.grid x1=(LEFT) x2=(LEFT + ACROSS) y1=(at) y2=(at) {}
                text.tick x=(LEFT - 8.0) y=(fixed(y(*tick) + 4.0)) text-anchor="end" { (short(*tick)) }
            }
            @for at in apart(all().map(|at| at.x), &x) {
                @let (at_x, bottom) = (fixed(x(at)), TOP + height);
                line.grid x1=(at_x) x2=(at_x) y1=(bottom) y2=(bottom + 5.0) {}
                text.tick x=(at_x) y=(bottom + 18.0) text-anchor="middle" { (short(at)) }
            }
            text.tick x=(LEFT + ACROSS / 2.0) y=(TOP + height + 36.0) text-anchor="middle" { (of.across) }
            @for (number, line) in lines.iter().enumerate() {
                g class={ "line-" (number % KINDS) } {
                    @if !line.floor.is_empty() { polyline.beneath points=(path(&line.floor)) {} }
                    polyline points=(path(&line.points)) {}
                    @for at in line.points.iter().filter(drawn) {
                        path class=[(at.mark == Mark::Doubtful).then_some("doubtful")]
                            d=(mark(number, x(at.x), y(at.y))) {
                            title { (line.name) ", " (short(at.x)) ": " (short(at.y)) }
                        }
                    }
                    @if let Some((last, at)) = line.points.iter().rfind(drawn).zip(names[number]) {
                        line.leader x1=(fixed(x(last.x) + 6.0)) x2=(LEFT + ACROSS + 14.0) y1=(fixed(y(last.y))) y2=(fixed(at)) {}
                        text.name x=(LEFT + ACROSS + 18.0) y=(fixed(at + 4.0)) { (line.name) }
                    }
                }
            }
        }
    }
}

/// Where the names of lines stand: beside their last points, each below the one before.
fn names(lines: &[Line], y: &impl Fn(f64) -> f64, bottom: f64) -> Vec<Option<f64>> {
    let mut at: Vec<Option<f64>> =
        lines.iter().map(|line| line.points.last().map(|last| y(last.y))).collect();
    let mut order: Vec<usize> = (0..lines.len()).filter(|line| at[*line].is_some()).collect();
    order.sort_by(|a, b| at[*a].unwrap_or(0.0).total_cmp(&at[*b].unwrap_or(0.0)));
    let mut free = TOP;
    for line in &order {
        let own = at[*line].unwrap_or(0.0).max(free);
        (at[*line], free) = (Some(own), own + GAP);
    }
    let mut free = bottom;
    for line in order.iter().rev() {
        let own = at[*line].unwrap_or(0.0).min(free);
        (at[*line], free) = (Some(own), own - GAP);
    }
    at
}

/// The numbers across that have room for their digits, the last before those that it leaves none.
fn apart(numbers: impl Iterator<Item = f64>, x: &impl Fn(f64) -> f64) -> Vec<f64> {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers.dedup();
    let mut kept: Vec<f64> = Vec::new();
    for number in numbers.into_iter().rev() {
        if kept.last().is_none_or(|last| x(*last) - x(number) >= APART) {
            kept.push(number);
        }
    }
    kept
}

/// A mark of another form for each of four lines.
fn mark(number: usize, x: f64, y: f64) -> String {
    const R: f64 = 4.0;
    let polygon = |corners: &[(f64, f64)]| {
        let place = |(dx, dy): &(f64, f64)| format!("{} {}", fixed(x + dx), fixed(y + dy));
        format!("M{}Z", corners.iter().map(place).collect::<Vec<_>>().join("L"))
    };
    match number % 4 {
        0 => format!("M{} {}a{R} {R} 0 1 0 .01 0Z", fixed(x), fixed(y - R)),
        1 => polygon(&[(-R, -R), (R, -R), (R, R), (-R, R)]),
        2 => polygon(&[(0.0, -R - 1.5), (R + 1.5, 0.0), (0.0, R + 1.5), (-R - 1.5, 0.0)]),
        _ => polygon(&[(0.0, -R - 1.0), (R + 1.0, R), (-R - 1.0, R)]),
    }
}

fn in_words(lines: &[Line]) -> String {
    let at = |at: &At| {
        let doubt = if at.mark == Mark::Doubtful { ", not conclusive" } else { "" };
        format!("{} at {}{doubt}", short(at.y), short(at.x))
    };
    let points = |points: &[At]| points.iter().map(at).collect::<Vec<_>>().join("; ");
    let line = |line: &Line| match line.floor.is_empty() {
        true => format!("{}: {}", line.name, points(&line.points)),
        false => {
            format!("{}: {}. Its floor: {}", line.name, points(&line.points), points(&line.floor))
        }
    };
    lines.iter().map(line).collect::<Vec<_>>().join(". ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, points: &[(f64, f64)]) -> Line {
        let at = |&(x, y)| At { x, y, mark: Mark::Sure };
        let points: Vec<At> = points.iter().map(at).collect();
        Line { name: name.to_owned(), floor: points.clone(), points }
    }

    const PLOT: Plot<'_> =
        Plot { id: "p", title: "cost", across: "arguments", up: "ns", logarithmic: false };

    #[test]
    fn names_never_lie_on_each_other_and_never_beyond_the_plot() {
        let near: Vec<Line> = (0..25).map(|_| line("one", &[(0.0, 1.0), (4.0, 2.0)])).collect();
        let at = names(&near, &|_| TOP + UP, TOP + GAP * 25.0);
        let mut at: Vec<f64> = at.into_iter().flatten().collect();
        at.sort_by(f64::total_cmp);
        assert!(at.windows(2).all(|two| two[1] - two[0] > GAP - 0.01), "{at:?}");
        assert!(at[0] >= TOP && at[24] <= TOP + GAP * 25.0, "{at:?}");
    }

    #[test]
    fn an_axis_is_round_and_has_a_handful_of_steps() {
        for (high, end, steps) in
            [(9.3, 10.0, 6), (12.0, 12.0, 7), (61.0, 80.0, 5), (0.04, 0.04, 5)]
        {
            let (found, ticks) = round(high);
            assert!(
                (found - end).abs() < 1e-9 && ticks.len() == steps,
                "{high}: {found} {ticks:?}"
            );
        }
    }

    #[test]
    fn a_plot_says_in_words_what_it_shows_and_figures_of_no_world_are_not_drawn() {
        let svg = plot(PLOT, &[line("int", &[(0.0, 2.0), (32.0, 20.0)])]).into_string();
        assert!(svg.contains("int: 2 at 0; 20 at 32. Its floor: 2 at 0"), "{svg}");
        assert_eq!(svg.matches("<polyline").count(), 2);
        for none in
            [&[][..], &[(1.0, 2.0)], &[(0.0, 0.0), (1.0, 0.0)], &[(0.0, f64::MAX), (1.0, f64::MAX)]]
        {
            assert!(plot(PLOT, &[line("x", none)]).into_string().is_empty());
        }
        let hot = Plot { logarithmic: true, ..PLOT };
        let svg = plot(hot, &[line("length", &[(0.0, 2.0), (1e6, 1e6)])]).into_string();
        assert!(svg.contains(">1M</text>") && !svg.contains("NaN"), "{svg}");
    }
}
