//! The hours of an estimate by phase.

use super::bars::{cut, end_room, label, label_room, more};
use super::scale::Linear;
use super::svg::{Marks, amount, hours, is_slim, rect, shortened, text, tip};
use super::{Drawing, Drawn};

/// The chart.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Phases {
    /// Names, which are untrusted text, and claimed hours, from the top.
    pub phases: Vec<(String, f64)>,
}

impl Drawing for Phases {
    fn is_empty(&self) -> bool {
        self.phases.is_empty()
    }

    fn draw(&self, width: f64, _name: &str) -> Drawn {
        let known = |(name, value): &'_ (String, f64)| (name.clone(), amount(*value).unwrap_or(0.0));
        let mut rows: Vec<(String, f64)> = self.phases.iter().map(known).collect();
        let rest = rows.split_off(cut(rows.len()).0);
        let is_slim = is_slim(width);
        // On a phone, names are above their bars.
        let left = if is_slim {
            0.0
        } else {
            label_room(rows.iter().map(|(name, _)| name.as_str()), width)
        };
        let ends: Vec<String> = rows.iter().map(|(_, value)| hours(*value)).collect();
        let top = rows.iter().map(|(_, value)| *value).fold(0.0, f64::max);
        let scale = Linear::new(top, left, width - end_room(ends.iter().map(String::as_str)));
        let high = if is_slim { 15.0 } else { 21.0 };
        let mut marks = Marks::default();
        let mut y = 1.0;
        for ((name, value), end) in rows.iter().zip(&ends) {
            if is_slim {
                marks.add(text(0.0, y + 11.0, &shortened(name, width), "lab"));
                y += 16.0;
            } else {
                marks.add(label(left, y + 15.0, name, false));
            }
            if *value > 0.0 {
                let tip = tip(&format!("{name}\n{end}"));
                let wide = (scale.at(*value) - left - 1.4).max(0.8);
                marks.add(rect(
                    left + 0.7,
                    y + 0.7,
                    wide,
                    high - 1.4,
                    "f-claimed",
                    Some(&tip),
                ));
            }
            marks.add(text(scale.at(*value) + 8.0, y + high / 2.0 + 4.0, end, "lab"));
            y += high + 8.0;
        }
        let sum = hours(rest.iter().map(|(_, value)| value).sum());
        if let Some(words) = more((left.max(10.0), y + 12.0), width, rest.len(), &sum) {
            marks.add(words);
            y += 24.0;
        }
        Drawn {
            marks: marks.markup(),
            height: y - 6.0,
        }
    }
}
