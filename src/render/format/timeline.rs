//! A small chart below a table on a terminal: bars of claimed hours, and a point per period for the factor.
//!
//! Both parts share one axis of time, so that periods without tasks are gaps. Bars begin at 0. Factors have no 0 and are points on
//! a logarithmic scale, never bars.

use std::fmt::Write as _;

use crate::facts::quantity::{Hours, thousands};
use crate::render::document::{Point, Timeline};

/// Rows of the bars.
const BAR_ROWS: usize = 4;
/// The parts of a character that a bar can fill.
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// The widest that a period is drawn.
const MAX_CELL: usize = 6;
/// The width if the terminal has none.
const USUAL_WIDTH: usize = 80;
/// The most that a chart uses of a wide terminal: a line that the eye can follow.
const MAX_WIDTH: usize = 120;
/// A chart narrower than this shows nothing.
const MIN_PERIODS: usize = 4;

/// The chart without color, in lines of at most `width` columns; empty if nothing can be drawn.
pub fn draw(timeline: &Timeline, width: Option<usize>) -> String {
    let hours = timeline.points.iter().filter_map(|point| point.hours);
    let most = hours.map(Hours::get).fold(0.0, f64::max);
    let scale = Scale::of(timeline.points.iter().filter_map(|point| point.factor));
    let labels = Labels::new(most, scale);
    let width = width.unwrap_or(USUAL_WIDTH).min(MAX_WIDTH);
    let room = width.saturating_sub(labels.width + 3);
    let Some(axis) = Axis::new(timeline, room).filter(|_| most > 0.0) else {
        return String::new();
    };
    let mut text = format!("○ Human hours by {}, claimed{}\n", timeline.unit, axis.cut());
    for row in (0..BAR_ROWS).rev() {
        let label = match row {
            0 => "0h",
            _ if row + 1 == BAR_ROWS => &labels.most,
            _ => "",
        };
        let line = axis.line(|point| {
            let share = point.hours.map_or(0.0, |hours| hours.get() / most);
            bar(share, row)
        });
        labels.push(&mut text, label, &line);
    }
    if let Some(scale) = scale {
        let _ = writeln!(text, "◇ Factor by {}, derived, on a log scale", timeline.unit);
        for row in (0..scale.rows()).rev() {
            let line = axis.points(|point| {
                point
                    .factor
                    .is_some_and(|factor| factor > 0.0 && scale.row(factor) == row)
            });
            labels.push(&mut text, &scale.label(row), &line);
        }
    }
    text += &axis.foot(labels.width);
    text
}

/// The part of a bar in one row: at least a line for anything above 0.
fn bar(share: f64, row: usize) -> char {
    let eighths = share.clamp(0.0, 1.0) * (BAR_ROWS * 8) as f64;
    let eighths = if share > 0.0 { eighths.max(1.0) } else { 0.0 };
    let in_row = (eighths.round() as usize).saturating_sub(row * 8).min(8);
    EIGHTHS[in_row]
}

/// The labels on the left.
struct Labels {
    most: String,
    width: usize,
}

impl Labels {
    fn new(most: f64, scale: Option<Scale>) -> Self {
        let most = thousands(format!("{}h", (most * 10.0).round() / 10.0));
        let rows = scale.map_or(0, Scale::rows);
        let of_factors = (0..rows).filter_map(|row| Some(scale?.label(row).chars().count()));
        let width = of_factors.chain([most.chars().count()]).max().unwrap_or(0);
        Self { most, width }
    }

    fn push(&self, text: &mut String, label: &str, line: &str) {
        let width = self.width;
        let line = format!("{label:>width$} │ {line}");
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

/// The periods from the first to the last, as many of the latest as fit.
struct Axis<'a> {
    /// For each period, the point there.
    periods: Vec<Option<&'a Point>>,
    /// How many earlier periods do not fit.
    left_out: usize,
    /// The columns of each period.
    cell: usize,
    unit: &'static str,
}

impl<'a> Axis<'a> {
    fn new(timeline: &'a Timeline, room: usize) -> Option<Self> {
        let first = timeline.points.iter().map(|point| point.at).min()?;
        let last = timeline.points.iter().map(|point| point.at).max()?;
        let all = usize::try_from(last.checked_sub(first)?).ok()?.checked_add(1)?;
        if room < MIN_PERIODS {
            return None;
        }
        let shown = all.min(room);
        let first = last - i64::try_from(shown).ok()? + 1;
        let mut periods = vec![None; shown];
        for point in &timeline.points {
            let at = usize::try_from(point.at - first).ok();
            if let Some(period) = at.and_then(|at| periods.get_mut(at)) {
                *period = Some(point);
            }
        }
        Some(Self {
            periods,
            left_out: all - shown,
            cell: (room / shown).clamp(1, MAX_CELL),
            unit: timeline.unit,
        })
    }

    /// Which part of the time is shown, if not all of it.
    fn cut(&self) -> String {
        match self.left_out {
            0 => String::new(),
            _ => format!(", the latest {} {}s", thousands(self.periods.len()), self.unit),
        }
    }

    /// A line in which each period is filled with one character, with a blank to the next if there is room.
    fn line(&self, of: impl Fn(&Point) -> char) -> String {
        let filled = self.cell - usize::from(self.cell > 1);
        let mut line = String::new();
        for period in &self.periods {
            let character = period.map_or(' ', &of);
            line.extend(std::iter::repeat_n(character, filled));
            line.extend(std::iter::repeat_n(' ', self.cell - filled));
        }
        line
    }

    /// A line with one mark in the middle of each period for which there is one.
    fn points(&self, of: impl Fn(&Point) -> bool) -> String {
        let filled = self.cell - usize::from(self.cell > 1);
        let before = filled.saturating_sub(1) / 2;
        let mut line = String::new();
        for period in &self.periods {
            let mark = if period.is_some_and(&of) { '◇' } else { ' ' };
            line.extend(std::iter::repeat_n(' ', before));
            line.push(mark);
            line.extend(std::iter::repeat_n(' ', self.cell - before - 1));
        }
        line
    }

    /// The axis, with the first and the last period below it.
    fn foot(&self, labels: usize) -> String {
        let width = self.periods.len() * self.cell;
        let names = |period: &Option<&Point>| period.map(|point| point.label.clone());
        let first = self.periods.first().and_then(names);
        let last = self.periods.last().and_then(names).unwrap_or_default();
        // The first of those that fit may be a gap, which no point names.
        let first = first
            .filter(|first| first.len() + last.len() < width)
            .unwrap_or_default();
        let room = width.saturating_sub(first.len());
        let below = match self.periods.len() {
            1 => last,
            _ => format!("{first}{last:>room$}"),
        };
        let gutter = " ".repeat(labels);
        format!("{gutter} └─{}\n{gutter}   {below}\n", "─".repeat(width))
    }
}

/// A logarithmic scale from one power of ten to another.
#[derive(Clone, Copy)]
struct Scale {
    /// The exponents.
    from: i32,
    to: i32,
}

impl Scale {
    /// The powers around the values; `None` without any.
    fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let exponents: Vec<f64> = values.filter(|value| *value > 0.0).map(f64::log10).collect();
        let least = exponents.iter().copied().reduce(f64::min)?.floor() as i32;
        let most = exponents.iter().copied().reduce(f64::max)?.floor() as i32;
        Some(Self {
            from: least,
            to: most.saturating_add(1),
        })
    }

    /// Rows for each factor of ten.
    fn per_decade(self) -> i32 {
        match self.to - self.from {
            ..=1 => 3,
            2..=3 => 2,
            _ => 1,
        }
    }

    fn rows(self) -> usize {
        usize::try_from((self.to - self.from) * self.per_decade()).unwrap_or(0)
    }

    /// The row of a value: the highest whose lower edge is not above it.
    fn row(self, value: f64) -> usize {
        let above = (value.log10() - f64::from(self.from)) * f64::from(self.per_decade());
        // A power of ten is in the row that begins with it, whatever the logarithm loses.
        (above + 1e-9).floor().max(0.0) as usize
    }

    /// The power of ten at the lower edge of a row.
    fn label(self, row: usize) -> String {
        let row = i32::try_from(row).unwrap_or(0);
        if row % self.per_decade() != 0 {
            return String::new();
        }
        let exponent = self.from + row / self.per_decade();
        let decimals = usize::try_from(-exponent).unwrap_or(0);
        thousands(format!("{:.decimals$}x", 10_f64.powi(exponent)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeline(points: &[(i64, f64, Option<f64>)]) -> Timeline {
        let point = |(at, hours, factor): &(i64, f64, Option<f64>)| Point {
            at: *at,
            label: format!("2026-03-{at:02}"),
            hours: Hours::new(*hours),
            factor: *factor,
        };
        Timeline {
            unit: "day",
            points: points.iter().map(point).collect(),
        }
    }

    #[test]
    fn bars_begin_at_nothing_and_factors_are_points() {
        let drawn = timeline(&[
            (1, 10.0, Some(9.0)),
            (2, 40.0, Some(10.0)),
            (5, 1.0, None),
            (6, 20.0, Some(99.0)),
        ]);
        insta::assert_snapshot!(draw(&drawn, Some(60)), @r"
        ○ Human hours by day, claimed
        40h │       █████
            │       █████
            │       █████                   █████
         0h │ █████ █████             ▁▁▁▁▁ █████
        ◇ Factor by day, derived, on a log scale
            │                                 ◇
        10x │         ◇
            │   ◇
         1x │
            └─────────────────────────────────────
              2026-03-01                2026-03-06
        ");
    }

    #[test]
    fn it_fits_any_width_and_keeps_the_latest() {
        let days: Vec<(i64, f64, Option<f64>)> = (1..=500)
            .map(|day| (day, day as f64, Some(day as f64 / 100.0)))
            .collect();
        for width in [0, 5, 20, 60, 80, 200] {
            let drawn = draw(&timeline(&days), Some(width));
            let chart = drawn.lines().filter(|line| line.contains(['│', '└']));
            assert!(chart.clone().all(|line| line.chars().count() <= width), "{drawn}");
            assert_eq!(drawn.is_empty(), width < 15, "{width}: {drawn}");
        }
        assert!(draw(&timeline(&days), Some(60)).contains("claimed, the latest 52 days"));
    }

    #[test]
    fn what_is_not_known_is_not_drawn() {
        assert_eq!(draw(&timeline(&[]), None), "");
        assert_eq!(draw(&timeline(&[(1, 0.0, None)]), None), "");
        let nothing = draw(&timeline(&[(1, 4.0, Some(0.0)), (2, 8.0, Some(20.0))]), None);
        assert_eq!(
            nothing.matches('◇').count(),
            2,
            "one in the caption, one in the chart: {nothing}"
        );
        let without = draw(&timeline(&[(1, 4.0, None), (2, 8.0, None)]), None);
        assert!(!without.contains('◇'), "{without}");
    }

    #[test]
    fn a_value_is_in_the_row_whose_edge_it_has_reached() {
        for value in [0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0, 1e6] {
            let scale = Scale::of([value, value * 5.0].into_iter()).unwrap();
            assert_eq!(scale.row(value), 0, "{value}");
            assert!(scale.row(value * 5.0) < scale.rows(), "{value}");
            assert!(!scale.label(0).is_empty());
        }
        let wide = Scale::of([0.01, 1e6].into_iter()).unwrap();
        assert_eq!((wide.row(0.01), wide.row(1e6), wide.rows()), (0, 8, 9));
        assert_eq!(
            [wide.label(0), wide.label(3), wide.label(8)],
            ["0.01x", "10x", "1,000,000x"]
        );
    }
}
