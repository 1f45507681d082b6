//! Labels beside marks: where they have room, and only there.

use maud::Markup;

use super::svg::{BOLD, text, text_width};

/// A part of the drawing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// Its left edge.
    pub left: f64,
    /// Its upper edge.
    pub top: f64,
    /// Its right edge.
    pub right: f64,
    /// Its lower edge.
    pub bottom: f64,
}

impl Area {
    /// Around a point.
    pub fn around(x: f64, y: f64, radius: f64) -> Self {
        Self {
            left: x - radius,
            top: y - radius,
            right: x + radius,
            bottom: y + radius,
        }
    }

    fn meets(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    fn is_in(&self, other: &Self) -> bool {
        self.left >= other.left
            && self.right <= other.right
            && self.top >= other.top
            && self.bottom <= other.bottom
    }
}

/// On which side of a point a text begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// It begins at the point.
    Right,
    /// It ends at the point.
    Left,
    /// It is centered on the point.
    Center,
}

/// The labels of a drawing.
pub struct Labels {
    frame: Area,
    taken: Vec<Area>,
    placed: Vec<Area>,
}

impl Labels {
    /// Labels within a frame.
    pub fn within(frame: Area) -> Self {
        Self {
            frame,
            taken: Vec::new(),
            placed: Vec::new(),
        }
    }

    /// Keeps labels from a mark.
    pub fn avoid(&mut self, area: Area) {
        self.taken.push(area);
    }

    /// Where labels are.
    pub fn placed(&self) -> impl Iterator<Item = Area> {
        self.placed.iter().copied()
    }

    /// Whether nothing is there.
    fn is_free(&self, area: &Area) -> bool {
        !self.taken.iter().any(|taken| taken.meets(area))
    }

    /// The label at the first of the points at which it has room; `None` if it has none anywhere.
    pub fn place(&mut self, label: &str, class: &str, points: &[(f64, f64, Side)]) -> Option<Markup> {
        let width = text_width(label) * if class == "str" { BOLD } else { 1.0 };
        points.iter().find_map(|(x, y, side)| {
            let (left, anchor) = match side {
                Side::Right => (*x, ""),
                Side::Left => (x - width, " e"),
                Side::Center => (x - width / 2.0, " c"),
            };
            let area = Area {
                left,
                top: y - 10.0,
                right: left + width,
                bottom: y + 3.0,
            };
            if !area.is_in(&self.frame) || !self.is_free(&area) {
                return None;
            }
            self.taken.push(area);
            self.placed.push(area);
            Some(text(*x, *y, label, &format!("{class}{anchor}")))
        })
    }
}
