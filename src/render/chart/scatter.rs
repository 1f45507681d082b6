//! Hours against minutes, both by powers, so that a slanted line is one factor.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::labels::{Area, Labels, Side};
use super::scale::{Log, tick};
use super::svg::{Marks, circle, is_slim, line, link, positive, shortened, tasks, text, text_width, tip};
use super::{Drawing, Drawn};
use crate::render::href::Href;

/// More tasks than these are drawn without links, one circle per place.
const MOST_LINKS: usize = 300;
/// The most tasks with the same figures that are drawn beside each other.
const MOST_ABREAST: usize = 5;
/// Between tasks with the same figures.
const ABREAST: f64 = 5.0;
/// The radius of a task.
const RADIUS: f64 = 5.0;
/// Between the scale's ends and the edges of the plot.
const PAD: f64 = 9.0;
/// The room above the plot.
const ABOVE: f64 = 38.0;
/// The room below the plot.
const BELOW: f64 = 42.0;
/// The most that a title takes.
const TITLE: f64 = 250.0;

/// The chart: tasks that have both hours and minutes, in any order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scatter {
    /// The tasks.
    pub tasks: Vec<ScatterTask>,
}

/// One task.
#[derive(Debug, Clone, PartialEq)]
pub struct ScatterTask {
    /// Its title. Untrusted text.
    pub title: String,
    /// Its page.
    pub href: Option<Href>,
    /// Claimed hours.
    pub hours: f64,
    /// Claimed agent minutes.
    pub minutes: f64,
    /// The agent minutes of its sessions.
    pub logged_minutes: Option<f64>,
    /// Its tip. Untrusted text.
    pub tip: String,
}

/// The plot.
struct Frame {
    area: Area,
    minutes: Log,
    hours: Log,
}

impl Frame {
    /// `None` if no task has a place.
    fn new(tasks: &[&ScatterTask], width: f64) -> Option<Self> {
        let all_minutes = tasks
            .iter()
            .flat_map(|task| [Some(task.minutes), task.logged_minutes])
            .flatten();
        let minutes = Log::of(all_minutes, 0.0, 1.0)?;
        let hours = Log::of(tasks.iter().map(|task| task.hours), 0.0, 1.0)?;
        let longest = [hours.ends().0, hours.ends().1].map(|value| text_width(&hour(value)));
        let (least, most) = (
            hours.ends().0 * 60.0 / minutes.ends().1,
            hours.ends().1 * 60.0 / minutes.ends().0,
        );
        let right = powers(least, most)
            .map(|value| text_width(&times(value)))
            .fold(0.0, f64::max);
        let height = if is_slim(width) { 350.0 } else { 440.0 };
        let area = Area {
            left: longest.into_iter().fold(20.0, f64::max) + 9.0,
            top: ABOVE,
            right: width - right - 7.0,
            bottom: height - BELOW,
        };
        Some(Self {
            minutes: minutes.between(area.left + PAD, area.right - PAD),
            hours: hours.between(area.bottom - PAD, area.top + PAD),
            area,
        })
    }

    fn at(&self, task: &ScatterTask) -> (f64, f64) {
        (self.minutes.at(task.minutes), self.hours.at(task.hours))
    }

    /// The ends of the line of a factor within the plot; `None` if it does not cross it.
    fn slope(&self, factor: f64) -> Option<((f64, f64), (f64, f64))> {
        let area = &self.area;
        // Both scales are linear in logarithms.
        let (origin, per_minute) = (self.minutes.at(1.0), self.minutes.at(10.0) - self.minutes.at(1.0));
        let per_hour = self.hours.at(10.0) - self.hours.at(1.0);
        let y = |x: f64| self.hours.at(factor / 60.0) + per_hour * (x - origin) / per_minute;
        let x = |to: f64| origin + (to - self.hours.at(factor / 60.0)) / per_hour * per_minute;
        let from = if y(area.left) <= area.bottom {
            (area.left, y(area.left))
        } else {
            (x(area.bottom), area.bottom)
        };
        let to = if y(area.right) >= area.top {
            (area.right, y(area.right))
        } else {
            (x(area.top), area.top)
        };
        (to.0 - from.0 > 24.0).then_some((from, to))
    }
}

/// Powers of ten from one factor to another.
fn powers(least: f64, most: f64) -> impl Iterator<Item = f64> {
    let exponents = (least.log10().floor() as i32)..=(most.log10().ceil() as i32);
    exponents.map(|power| {
        if power < 0 {
            1.0 / 10_f64.powi(-power)
        } else {
            10_f64.powi(power)
        }
    })
}

fn times(value: f64) -> String {
    format!("{}x", tick(value))
}

fn hour(value: f64) -> String {
    format!("{}h", tick(value))
}

/// The lines of the scales and their names.
fn axes(marks: &mut Marks, frame: &Frame, (width, height): (f64, f64)) {
    let area = &frame.area;
    for (x, middle, name) in frame.minutes.names("m", width) {
        marks.add(line(x, area.top, x, area.bottom, "grid"));
        marks.add(text(middle, area.bottom + 17.0, &name, "c"));
    }
    for value in frame.hours.ticks((f64::NEG_INFINITY, f64::INFINITY), |_| 24.0) {
        let y = frame.hours.at(value);
        marks.add(line(area.left, y, area.right, y, "grid"));
        marks.add(text(area.left - 7.0, y + 4.0, &hour(value), "e"));
    }
    marks.add(text(
        (area.left + area.right) / 2.0,
        height - 6.0,
        "agent minutes, claimed",
        "c",
    ));
    marks.add(text(0.0, 12.0, "human hours, claimed", ""));
}

/// The lines of factors, with their names at the edge of the plot.
fn slopes(marks: &mut Marks, frame: &Frame, width: f64) {
    let area = &frame.area;
    let mut labels = Labels::within(Area {
        left: 0.0,
        top: 14.0,
        right: width,
        bottom: area.bottom + 8.0,
    });
    for factor in powers(1e-6, 1e12) {
        let Some(((x1, y1), (x2, y2))) = frame.slope(factor) else {
            continue;
        };
        marks.add(line(x1, y1, x2, y2, "iso"));
        let place = if y2 > area.top {
            (x2 + 4.0, y2 + 4.0, Side::Right)
        } else {
            (x2, area.top - 5.0, Side::Center)
        };
        marks.add_some(labels.place(&times(factor), "isot", &[place]));
    }
}

/// A task, moved to the right by `offset`.
fn point(frame: &Frame, task: &ScatterTask, offset: f64) -> Markup {
    let (x, y) = frame.at(task);
    let x = x + offset;
    let marks = html! {
        @if let Some(logged) = task.logged_minutes.and_then(positive) {
            (line(frame.minutes.at(logged), y, x, y, "s-measured"))
            (circle(frame.minutes.at(logged), y, 2.6, "f-measured", None))
        }
        (circle(x, y, RADIUS, "dot", None))
    };
    link(task.href.as_ref(), Some(&tip(&task.tip)), &marks)
}

/// Every task, those with the same figures beside each other.
fn points(marks: &mut Marks, frame: &Frame, tasks: &[&ScatterTask], labels: &mut Labels) {
    let mut groups: BTreeMap<(u64, u64), Vec<&ScatterTask>> = BTreeMap::new();
    for task in tasks {
        groups
            .entry((task.minutes.to_bits(), task.hours.to_bits()))
            .or_default()
            .push(task);
    }
    for group in groups.values() {
        let drawn = if group.len() > MOST_ABREAST {
            MOST_ABREAST - 1
        } else {
            group.len()
        };
        for (at, task) in group.iter().take(drawn).enumerate() {
            let offset = at as f64 * ABREAST;
            let (x, y) = frame.at(task);
            labels.avoid(Area::around(x + offset, y, RADIUS));
            marks.add(point(frame, task, offset));
        }
        if let Some((x, y)) = group
            .first()
            .map(|task| frame.at(task))
            .filter(|_| drawn < group.len())
        {
            let more = format!("+{}", group.len() - drawn);
            let x = x + drawn as f64 * ABREAST + 3.0;
            marks.add_some(labels.place(&more, "lab", &[(x, y + 4.0, Side::Right)]));
        }
    }
}

/// One circle per place, however many tasks are there.
fn places(marks: &mut Marks, frame: &Frame, all: &[&ScatterTask]) {
    let mut places: BTreeMap<(i64, i64), u64> = BTreeMap::new();
    for task in all {
        let (x, y) = frame.at(task);
        *places
            .entry(((x / 4.0).round() as i64, (y / 4.0).round() as i64))
            .or_default() += 1;
    }
    for ((x, y), count) in places {
        marks.add(circle(
            x as f64 * 4.0,
            y as f64 * 4.0,
            2.6,
            "dot",
            Some(&tasks(count)),
        ));
    }
}

/// The titles of the tasks with the highest and the lowest factor and with the most minutes, if they have room.
fn titles(marks: &mut Marks, frame: &Frame, all: &[&ScatterTask], labels: &mut Labels) {
    let factor = |task: &ScatterTask| task.hours / task.minutes;
    let by = |of: &dyn Fn(&ScatterTask) -> f64| all.iter().max_by(|a, b| of(a).total_cmp(&of(b))).copied();
    let named = [by(&factor), by(&|task| -factor(task)), by(&|task| task.minutes)];
    let mut done: Vec<&ScatterTask> = Vec::new();
    for task in named.into_iter().flatten() {
        if done.iter().any(|other| std::ptr::eq(*other, task)) {
            continue;
        }
        done.push(task);
        let (x, y) = frame.at(task);
        let sides = [
            (x + 10.0, y + 4.0, Side::Right),
            (x - 4.0, y - 10.0, Side::Left),
            (x + 4.0, y - 10.0, Side::Right),
            (x - 4.0, y + 18.0, Side::Left),
            (x + 4.0, y + 18.0, Side::Right),
        ];
        marks.add_some(labels.place(&shortened(&task.title, TITLE), "lab", &sides));
    }
}

impl Scatter {
    fn known(&self) -> Vec<&ScatterTask> {
        let is_known = |task: &&ScatterTask| positive(task.hours).and(positive(task.minutes)).is_some();
        self.tasks.iter().filter(is_known).collect()
    }
}

impl Drawing for Scatter {
    fn is_empty(&self) -> bool {
        self.known().is_empty()
    }

    fn draw(&self, width: f64, _name: &str) -> Drawn {
        let mut marks = Marks::default();
        let tasks = self.known();
        let Some(frame) = Frame::new(&tasks, width) else {
            return Drawn {
                marks: marks.markup(),
                height: 0.0,
            };
        };
        let height = frame.area.bottom + BELOW;
        axes(&mut marks, &frame, (width, height));
        slopes(&mut marks, &frame, width);
        let mut labels = Labels::within(Area {
            left: frame.area.left,
            top: frame.area.top,
            right: width,
            bottom: frame.area.bottom,
        });
        if tasks.len() > MOST_LINKS {
            places(&mut marks, &frame, &tasks);
        } else {
            points(&mut marks, &frame, &tasks, &mut labels);
            if !is_slim(width) {
                titles(&mut marks, &frame, &tasks, &mut labels);
            }
        }
        Drawn {
            marks: marks.markup(),
            height,
        }
    }
}
