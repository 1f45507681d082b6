//! Lines of code by language.

use super::bars::{cut, end_room, label, label_room, more};
use super::scale::Linear;
use super::svg::{Marks, rect, text, tip};
use super::{Drawing, Drawn};
use crate::facts::quantity::{counted, thousands};

/// The chart.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Languages {
    /// Names and lines of code, from the top.
    pub rows: Vec<(String, u64)>,
}

impl Drawing for Languages {
    fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn draw(&self, width: f64, _name: &str) -> Drawn {
        let (rows, rest) = self.rows.split_at(cut(self.rows.len()).0);
        let left = label_room(rows.iter().map(|(name, _)| name.as_str()), width);
        let ends: Vec<String> = rows.iter().map(|(_, lines)| thousands(lines)).collect();
        let top = rows.iter().map(|(_, lines)| *lines).max().unwrap_or(0) as f64;
        let scale = Linear::new(top, left, width - end_room(ends.iter().map(String::as_str)));
        let mut marks = Marks::default();
        let mut y = 1.0;
        for ((name, lines), end) in rows.iter().zip(&ends) {
            let right = scale.at(*lines as f64);
            marks.add(label(left, y + 12.0, name, false));
            if *lines > 0 {
                let tip = tip(&format!("{name}\n{end} lines of code"));
                let wide = (right - left).max(0.8);
                marks.add(rect(left, y, wide, 16.0, "f-measured", Some(&tip)));
            }
            marks.add(text(right + 8.0, y + 12.0, end, "lab"));
            y += 23.0;
        }
        let sum = rest
            .iter()
            .fold(0_u64, |sum, (_, lines)| sum.saturating_add(*lines));
        if let Some(words) = more(
            (left, y + 12.0),
            width,
            rest.len(),
            &counted(sum, "line", "lines"),
        ) {
            marks.add(words);
            y += 24.0;
        }
        Drawn {
            marks: marks.markup(),
            height: y - 6.0,
        }
    }
}
