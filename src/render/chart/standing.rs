//! Lines added, and those of them that are still at HEAD.

use super::bars::{cut, end_room, label, label_room, more};
use super::scale::Linear;
use super::svg::{Marks, is_slim, rect, text};
use super::{Drawing, Drawn};
use crate::facts::quantity::{counted, thousands};
use crate::render::document::percent;

/// The chart.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Standing {
    /// The bars, from the top.
    pub rows: Vec<StandingRow>,
}

/// One bar.
#[derive(Debug, Clone, PartialEq)]
pub struct StandingRow {
    /// Its label. Untrusted text.
    pub name: String,
    /// Lines added.
    pub added: u64,
    /// Lines of them at HEAD.
    pub standing: Option<u64>,
    /// Whether these are lines with a sign of an agent.
    pub by_agent: bool,
}

impl StandingRow {
    /// The lines at HEAD, never more than were added.
    fn left(&self) -> Option<u64> {
        self.standing.map(|lines| lines.min(self.added))
    }

    /// What follows its bar.
    fn end(&self, is_short: bool) -> String {
        match self.left() {
            _ if self.added == 0 => "0".to_owned(),
            None => format!("– of {}", thousands(self.added)),
            Some(left) => {
                let share = percent(left as f64 / self.added as f64, 0);
                if is_short {
                    share
                } else {
                    format!("{} of {}, {share}", thousands(left), thousands(self.added))
                }
            }
        }
    }
}

impl Drawing for Standing {
    fn is_empty(&self) -> bool {
        self.rows.iter().all(|row| row.added == 0)
    }

    fn draw(&self, width: f64, _name: &str) -> Drawn {
        let (rows, rest) = self.rows.split_at(cut(self.rows.len()).0);
        let left = label_room(rows.iter().map(|row| row.name.as_str()), width);
        let ends: Vec<String> = rows.iter().map(|row| row.end(is_slim(width))).collect();
        let top = rows.iter().map(|row| row.added).max().unwrap_or(0) as f64;
        let scale = Linear::new(top, left, width - end_room(ends.iter().map(String::as_str)));
        let mut marks = Marks::default();
        let mut y = 1.0;
        for (row, end) in rows.iter().zip(&ends) {
            let right = scale.at(row.added as f64);
            marks.add(label(left, y + 15.0, &row.name, false));
            if row.added > 0 {
                let tip = format!("{} lines added", thousands(row.added));
                let wide = (right - left - 1.4).max(0.8);
                marks.add(rect(left + 0.7, y + 0.7, wide, 20.6, "f-none", Some(&tip)));
            }
            if let Some(lines) = row.left().filter(|lines| *lines > 0) {
                let tip = format!(
                    "{} of {} lines are at HEAD",
                    thousands(lines),
                    thousands(row.added)
                );
                let class = if row.by_agent { "f-measured" } else { "f-other" };
                marks.add(rect(
                    left,
                    y + 4.0,
                    scale.at(lines as f64) - left,
                    14.0,
                    class,
                    Some(&tip),
                ));
            }
            marks.add(text(right + 8.0, y + 15.0, end, "lab"));
            y += 30.0;
        }
        let sum = rest.iter().fold(0_u64, |sum, row| sum.saturating_add(row.added));
        if let Some(words) = more(
            (left, y + 12.0),
            width,
            rest.len(),
            &counted(sum, "line added", "lines added"),
        ) {
            marks.add(words);
            y += 25.0;
        }
        Drawn {
            marks: marks.markup(),
            height: y - 7.0,
        }
    }
}
