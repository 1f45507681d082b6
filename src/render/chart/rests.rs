//! What the claimed hours rest on: a bar per repository, in parts by evidence.

use maud::{Markup, html};

use super::bars::{cut, end_room, label, label_room, more};
use super::scale::Linear;
use super::svg::{Marks, amount, hatch, hatched, hours, rect, shortened, tasks, text};
use super::{Drawing, Drawn};

/// What the parts are called in tips.
const WORDS: [&str; 5] = [
    "minutes from logs",
    "minutes from notes",
    "commits only",
    "unchecked commits",
    "nothing",
];
/// The width of a name in a tip.
const TIP_ROOM: f64 = 300.0;

/// The chart.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rests {
    /// The bars, from the top.
    pub rows: Vec<RestsRow>,
}

/// One bar.
#[derive(Debug, Clone, PartialEq)]
pub struct RestsRow {
    /// Its label. Untrusted text.
    pub name: String,
    /// Whether it is the sum of the others.
    pub is_total: bool,
    /// Tasks and claimed hours by evidence, the strongest first: logs, notes, commits, unchecked, nothing.
    pub parts: [(u64, f64); 5],
}

impl RestsRow {
    fn tasks(&self) -> u64 {
        self.parts
            .iter()
            .fold(0, |sum, (tasks, _)| sum.saturating_add(*tasks))
    }

    fn hours(&self) -> f64 {
        self.parts.iter().filter_map(|(_, hours)| amount(*hours)).sum()
    }

    /// How high its bar is, and how far the next one begins below it.
    fn size(&self, is_only: bool) -> (f64, f64) {
        match (self.is_total, is_only) {
            (true, _) => (26.0, 40.0),
            (false, true) => (26.0, 35.0),
            (false, false) => (17.0, 26.0),
        }
    }
}

impl Rests {
    /// The rows that are drawn, totals first, and the others.
    fn shown(&self) -> (Vec<&RestsRow>, Vec<&RestsRow>) {
        let (mut drawn, mut single): (Vec<&RestsRow>, Vec<&RestsRow>) =
            self.rows.iter().partition(|row| row.is_total);
        let rest = single.split_off(cut(single.len()).0);
        drawn.extend(single);
        (drawn, rest)
    }
}

/// The ids of the patterns of a drawing.
struct Patterns {
    commits: String,
    notes: String,
}

impl Patterns {
    fn new(name: &str) -> Self {
        Self {
            commits: format!("{name}-commits"),
            notes: format!("{name}-notes"),
        }
    }

    fn markup(&self) -> Markup {
        html! {
            defs { (hatch(&self.commits, 6.0, true)) (hatch(&self.notes, 3.5, false)) }
        }
    }
}

/// The parts of one bar, from its axis on.
fn bar(marks: &mut Marks, row: &RestsRow, scale: &Linear, (y, height): (f64, f64), patterns: &Patterns) {
    let mut sum = 0.0;
    for (at, (count, value)) in row.parts.iter().enumerate() {
        let Some(value) = amount(*value).filter(|value| *value > 0.0) else {
            continue;
        };
        let (left, right) = (scale.at(sum), scale.at(sum + value));
        sum += value;
        let name = shortened(&row.name, TIP_ROOM);
        let word = WORDS.get(at).copied().unwrap_or_default();
        let tip = format!("{name}: {} of {}\n{word}", hours(value), tasks(*count));
        let width = (right - left - 1.4).max(0.8);
        let (x, y, height, tip) = (left + 0.7, y + 0.7, height - 1.4, Some(tip.as_str()));
        marks.add(match at {
            0 => rect(x, y, width, height, "f-measured", tip),
            1 => hatched(x, y, width, height, &patterns.notes, tip),
            2 => hatched(x, y, width, height, &patterns.commits, tip),
            3 => rect(x, y, width, height, "f-other", tip),
            _ => rect(x, y, width, height, "f-none", tip),
        });
    }
}

impl Drawing for Rests {
    fn is_empty(&self) -> bool {
        self.rows.iter().all(|row| row.tasks() == 0)
    }

    fn draw(&self, width: f64, name: &str) -> Drawn {
        let (rows, rest) = self.shown();
        let is_only = rows.len() == 1;
        let left = label_room(rows.iter().map(|row| row.name.as_str()), width);
        let ends: Vec<String> = rows.iter().map(|row| hours(row.hours())).collect();
        let top = rows.iter().map(|row| row.hours()).fold(0.0, f64::max);
        let scale = Linear::new(top, left, width - end_room(ends.iter().map(String::as_str)));
        let patterns = Patterns::new(name);
        let mut marks = Marks::default();
        marks.add(patterns.markup());
        let (mut y, mut height) = (2.0, 0.0);
        for (row, end) in rows.iter().zip(&ends) {
            let (high, pitch) = row.size(is_only);
            let is_strong = row.is_total || is_only;
            let base = y + high / 2.0 + 4.0;
            marks.add(label(left, base, &row.name, is_strong));
            bar(&mut marks, row, &scale, (y, high), &patterns);
            let class = if is_strong { "str" } else { "lab" };
            marks.add(text(scale.at(row.hours()) + 8.0, base, end, class));
            height = y + high + 2.0;
            y += pitch;
        }
        let sum = hours(rest.iter().map(|row| row.hours()).sum());
        if let Some(words) = more((left, y + 12.0), width, rest.len(), &sum) {
            marks.add(words);
            height = y + 18.0;
        }
        Drawn {
            marks: marks.markup(),
            height,
        }
    }
}
