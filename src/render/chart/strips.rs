//! Every task at its factor, in a row per day, week or month, with the factor of the row.

use std::collections::BTreeMap;

use maud::html;

use super::bars::{label, label_room};
use super::scale::Log;
use super::svg::{
    BOLD, Marks, Rects, circle, diamond, factor, hours, is_slim, line, link, positive, shortened, tasks,
    text, text_width, tip,
};
use super::{Drawing, Drawn};
use crate::render::href::Href;

/// More tasks than these are counted in bins.
const MOST_CIRCLES: usize = 400;
/// The most that circles may be piled up on a phone, in pixels.
const HIGHEST_PILE: f64 = 240.0;
/// Bins per power of ten.
const BINS: f64 = 20.0;
/// The radius of the smallest circle.
const LEAST_RADIUS: f64 = 2.4;
/// Between two circles.
const GAP: f64 = 0.6;
/// Half of the height of the fullest bin.
const HALF_BIN: f64 = 34.0;
/// With more rows than these, the axis is also named at the top.
const FEW_ROWS: usize = 8;

/// The chart. The caller groups: a row per day, or per week or month if there are more than 31.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Strips {
    /// The rows, from the top.
    pub rows: Vec<Strip>,
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Strip {
    /// Its label.
    pub name: String,
    /// Its factor over all its tasks.
    pub factor: Option<f64>,
    /// Its page.
    pub href: Option<Href>,
    /// The tasks whose factor is known.
    pub tasks: Vec<StripTask>,
}

/// One task.
#[derive(Debug, Clone, PartialEq)]
pub struct StripTask {
    /// Its factor.
    pub factor: f64,
    /// The hours that it claims.
    pub hours: f64,
    /// Its tip. Untrusted text.
    pub tip: String,
    /// Its page.
    pub href: Option<Href>,
}

impl Strips {
    /// Whether tasks are counted in bins instead of drawn one by one: if there are more than 400, or too many at one place. The
    /// caption must say which.
    pub fn is_binned(&self) -> bool {
        if self.rows.iter().map(|row| row.tasks.len()).sum::<usize>() > MOST_CIRCLES {
            return true;
        }
        let Some(frame) = Frame::new(self, 330.0) else {
            return false;
        };
        self.rows.iter().any(|row| frame.pile(row) > HIGHEST_PILE)
    }

    /// Every task that has a place.
    fn placed(&self) -> impl Iterator<Item = &StripTask> {
        let all = self.rows.iter().flat_map(|row| &row.tasks);
        all.filter(|task| positive(task.factor).is_some())
    }
}

/// Where things are in a drawing.
struct Frame {
    width: f64,
    is_slim: bool,
    /// The room for labels to the left.
    left: f64,
    scale: Log,
    /// The radius of an hour.
    unit: f64,
}

impl Frame {
    /// `None` if nothing has a factor.
    fn new(strips: &Strips, width: f64) -> Option<Self> {
        let is_slim = is_slim(width);
        let most = strips
            .placed()
            .filter_map(|task| positive(task.hours))
            .fold(0.0, f64::max);
        let (usual, largest) = if is_slim { (0.62, 13.0) } else { (0.95, 19.0) };
        // An hour has its default size, unless the largest circle would be too large.
        let unit = if most > 0.0 {
            f64::min(usual, largest / most.sqrt())
        } else {
            usual
        };
        let left = if is_slim {
            0.0
        } else {
            label_room(strips.rows.iter().map(|row| row.name.as_str()), width)
        };
        let edge = (unit * most.sqrt()).max(14.0) + 2.0;
        let factors = strips.placed().map(|task| task.factor);
        let all = factors.chain(strips.rows.iter().filter_map(|row| row.factor));
        Some(Self {
            width,
            is_slim,
            left,
            scale: Log::of(all, left + edge, width - edge)?,
            unit,
        })
    }

    fn radius(&self, task: &StripTask) -> f64 {
        let hours = positive(task.hours).unwrap_or(0.0);
        (hours.sqrt() * self.unit).max(LEAST_RADIUS)
    }

    /// The place and the radius of each task that has one.
    fn points<'t>(&self, row: &'t Strip) -> Vec<(f64, f64, &'t StripTask)> {
        let known = row.tasks.iter().filter(|task| positive(task.factor).is_some());
        known
            .map(|task| (self.scale.at(task.factor), self.radius(task), task))
            .collect()
    }

    /// An upper limit for how high the circles of a row pile up.
    fn pile(&self, row: &Strip) -> f64 {
        let points = self.points(row);
        let meeting = |x: f64, r: f64| {
            let near = points
                .iter()
                .filter(|(other, radius, _)| (other - x).abs() < r + radius);
            near.map(|(_, radius, _)| 2.0 * radius + GAP).sum::<f64>()
        };
        points.iter().map(|(x, r, _)| meeting(*x, *r)).fold(0.0, f64::max)
    }
}

/// How far from the middle of its row each circle is, given its place along the row and its radius: none on another, each as near
/// to the middle as it fits, the largest first. Nothing in it is left to chance.
pub(super) fn swarm(points: &[(f64, f64)]) -> Vec<f64> {
    let mut order: Vec<(usize, f64, f64)> = points
        .iter()
        .enumerate()
        .map(|(at, (x, r))| (at, *x, *r))
        .collect();
    order.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.1.total_cmp(&b.1)).then(a.0.cmp(&b.0)));
    let mut laid: Vec<(f64, f64, f64)> = Vec::new();
    let mut offsets = vec![0.0; points.len()];
    for (at, x, r) in order {
        // The squared distance along the row, and that at which two circles touch.
        let near: Vec<(f64, f64, f64)> = laid
            .iter()
            .map(|(other, y, radius)| ((x - other).powi(2), *y, (r + radius + GAP).powi(2)))
            .filter(|(along, _, touching)| along < touching)
            .collect();
        let beside = |(along, y, touching): &(f64, f64, f64)| {
            let across = (touching - along).sqrt();
            [y + across, y - across]
        };
        let mut candidates: Vec<f64> = std::iter::once(0.0).chain(near.iter().flat_map(beside)).collect();
        candidates.sort_by(|a, b| a.abs().total_cmp(&b.abs()).then(a.total_cmp(b)));
        let is_free = |y: &f64| {
            let apart =
                |(along, other, touching): &(f64, f64, f64)| along + (y - other).powi(2) >= touching - 1e-6;
            near.iter().all(apart)
        };
        // The outermost of them is always free.
        let y = candidates.into_iter().find(is_free).unwrap_or(0.0);
        laid.push((x, y, r));
        if let Some(offset) = offsets.get_mut(at) {
            *offset = y;
        }
    }
    offsets
}

/// The marks of a row around its middle, and how far they reach from there.
#[derive(Default)]
struct Row<'s> {
    /// Along the row, from its middle, the radius.
    circles: Vec<(f64, f64, f64, &'s StripTask)>,
    /// From, to, and half of the height.
    bins: Vec<(f64, f64, f64)>,
    half: f64,
}

impl<'s> Row<'s> {
    fn of_circles(row: &'s Strip, frame: &Frame) -> Self {
        let points = frame.points(row);
        let offsets = swarm(&points.iter().map(|(x, r, _)| (*x, *r)).collect::<Vec<_>>());
        let circles = points
            .into_iter()
            .zip(offsets)
            .map(|((x, radius, task), y)| (x, y, radius, task));
        let circles: Vec<(f64, f64, f64, &StripTask)> = circles.collect();
        let half = circles
            .iter()
            .map(|(_, y, radius, _)| y.abs() + radius)
            .fold(6.0, f64::max);
        Self {
            circles,
            half,
            ..Self::default()
        }
    }

    /// `unit`: half of the height of a task.
    fn of_bins(row: &Strip, frame: &Frame, unit: f64) -> Self {
        let (least, most) = frame.scale.ends();
        let place = |bin: i32| frame.scale.at(edge(bin).clamp(least, most));
        let bins = bins(row).into_iter();
        let bins = bins.map(|(bin, count)| (place(bin), place(bin + 1), (count as f64 * unit).max(1.0)));
        let bins: Vec<(f64, f64, f64)> = bins.collect();
        let half = bins.iter().map(|(_, _, half)| *half).fold(6.0, f64::max);
        Self {
            bins,
            half,
            ..Self::default()
        }
    }
}

/// The tasks of a row by the twentieth of a power of ten.
fn bins(row: &Strip) -> BTreeMap<i32, u64> {
    let mut bins = BTreeMap::new();
    for task in row.tasks.iter().filter(|task| positive(task.factor).is_some()) {
        *bins
            .entry((task.factor.log10() * BINS).floor() as i32)
            .or_default() += 1;
    }
    bins
}

/// The least factor of a bin.
fn edge(bin: i32) -> f64 {
    10_f64.powf(f64::from(bin) / BINS)
}

/// The marks of a row around `middle`: every task with its link, or all bins as one.
fn row_marks(marks: &mut Marks, strip: &Strip, row: &Row<'_>, middle: f64) {
    for (x, y, radius, task) in &row.circles {
        let circle = circle(*x, middle + y, *radius, "dot", None);
        marks.add(link(task.href.as_ref(), Some(&tip(&task.tip)), &circle));
    }
    let mut bars = Rects::default();
    for (left, right, half) in &row.bins {
        bars.add(*left, middle - half, (right - left - 0.6).max(0.4), 2.0 * half);
    }
    if let Some(bars) = bars.markup("dot") {
        let sum: f64 = strip.tasks.iter().filter_map(|task| positive(task.hours)).sum();
        let tip = format!(
            "{}: {}, {} claimed",
            strip.name,
            tasks(strip.tasks.len() as u64),
            hours(sum)
        );
        marks.add(link(strip.href.as_ref(), Some(&tip), &bars));
    }
}

/// The factor of a row: a diamond above it, with a line through it.
fn row_factor(marks: &mut Marks, strip: &Strip, frame: &Frame, middle: f64, half: f64) {
    let Some(value) = strip.factor.and_then(positive) else {
        return;
    };
    let (x, y) = (frame.scale.at(value), middle - half - 8.0);
    marks.add(line(x, y + 5.5, x, middle + half + 2.0, "link"));
    let count = tasks(strip.tasks.len() as u64);
    let tip = format!("{}: {} over {count}", strip.name, factor(value));
    let label = factor(value);
    let is_right = x + 9.0 + text_width(&label) * BOLD < frame.width;
    let beside = if is_right {
        text(x + 9.0, y + 4.0, &label, "str")
    } else {
        text(x - 9.0, y + 4.0, &label, "str e")
    };
    let both = html! { (diamond(x, y, 5.5, "h-derived", None)) (beside) };
    marks.add(link(strip.href.as_ref(), Some(&tip), &both));
}

/// The lines of the axis and what they are called.
fn axis(marks: &mut Marks, frame: &Frame, height: f64, is_named_above: bool) {
    let top = if is_named_above { 18.0 } else { 2.0 };
    for (x, middle, name) in frame.scale.names("x", frame.width) {
        marks.add(line(x, top, x, height, "grid"));
        marks.add(text(middle, height + 16.0, &name, "c"));
        if is_named_above {
            marks.add(text(middle, 11.0, &name, "c"));
        }
    }
}

impl Drawing for Strips {
    fn is_empty(&self) -> bool {
        self.placed().next().is_none()
    }

    fn draw(&self, width: f64, _name: &str) -> Drawn {
        let mut marks = Marks::default();
        let Some(frame) = Frame::new(self, width) else {
            return Drawn {
                marks: marks.markup(),
                height: 0.0,
            };
        };
        let is_binned = self.is_binned();
        let counts = self.rows.iter().flat_map(|row| bins(row).into_values());
        let unit = HALF_BIN / counts.max().unwrap_or(1) as f64;
        let rows: Vec<Row<'_>> = self
            .rows
            .iter()
            .map(|row| {
                if is_binned {
                    Row::of_bins(row, &frame, unit)
                } else {
                    Row::of_circles(row, &frame)
                }
            })
            .collect();
        let is_named_above = rows.len() > FEW_ROWS;
        let (above, below) = if frame.is_slim { (34.0, 6.0) } else { (14.0, 8.0) };
        let start = if is_named_above { 22.0 } else { 4.0 };
        let height = start + rows.iter().map(|row| above + 2.0 * row.half + below).sum::<f64>();
        axis(&mut marks, &frame, height, is_named_above);
        let mut y = start;
        for (strip, row) in self.rows.iter().zip(&rows) {
            let middle = y + above + row.half;
            if frame.is_slim {
                marks.add(text(0.0, y + 13.0, &shortened(&strip.name, width / BOLD), "str"));
            } else {
                marks.add(label(frame.left, middle + 4.0, &strip.name, true));
            }
            row_marks(&mut marks, strip, row, middle);
            row_factor(&mut marks, strip, &frame, middle, row.half);
            y = middle + row.half + below;
        }
        Drawn {
            marks: marks.markup(),
            height: height + 20.0,
        }
    }
}
