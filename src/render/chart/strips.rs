//! Every task at its factor, in a row per day, week or month, with the factor of the row.

use super::svg::Marks;
use super::{Drawing, Drawn};
use crate::render::href::Href;

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
        self.rows.iter().map(|row| row.tasks.len()).sum::<usize>() > 400
    }
}

impl Drawing for Strips {
    fn is_empty(&self) -> bool {
        self.rows.iter().all(|row| row.tasks.is_empty())
    }

    fn draw(&self, _width: f64, _name: &str) -> Drawn {
        let marks = Marks::default();
        Drawn {
            marks: marks.markup(),
            height: 0.0,
        }
    }
}
