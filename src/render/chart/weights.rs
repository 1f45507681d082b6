//! What each task weighs in a factor: its share of the minutes and, below, of the hours.

use maud::html;

use super::scale::Linear;
use super::svg::{
    Marks, amount, hours, is_slim, line, link, minutes, positive, rect, shortened, text, text_width, tip,
};
use super::{Drawing, Drawn};
use crate::render::document::percent;
use crate::render::href::Href;

/// More tasks than these are drawn as one piece, those that weigh least.
const MOST_PIECES: usize = 60;
/// The height of a bar.
const BAR: f64 = 44.0;
/// A piece that is narrower has no text.
const NARROW: f64 = 66.0;

/// The chart: tasks that have both hours and minutes, in any order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Weights {
    /// The tasks.
    pub tasks: Vec<Weight>,
}

/// One task.
#[derive(Debug, Clone, PartialEq)]
pub struct Weight {
    /// Its title. Untrusted text.
    pub title: String,
    /// Its page.
    pub href: Option<Href>,
    /// Claimed hours.
    pub hours: f64,
    /// Agent minutes.
    pub minutes: f64,
}

/// A piece of both bars.
struct Piece<'w> {
    title: String,
    href: Option<&'w Href>,
    hours: f64,
    minutes: f64,
}

impl Weights {
    fn known(&self) -> impl Iterator<Item = &Weight> {
        let is_known = |task: &&Weight| amount(task.hours).is_some() && positive(task.minutes).is_some();
        self.tasks.iter().filter(is_known)
    }

    /// Hours and minutes of all.
    fn sums(&self) -> (f64, f64) {
        self.known()
            .fold((0.0, 0.0), |sum, task| (sum.0 + task.hours, sum.1 + task.minutes))
    }

    /// The tasks, those with the most minutes first; beyond a limit, those that weigh least in either are one piece at the end.
    fn pieces(&self) -> Vec<Piece<'_>> {
        let (hours, minutes) = self.sums();
        let weight = |task: &Weight| (task.hours / hours).max(task.minutes / minutes);
        let mut tasks: Vec<&Weight> = self.known().collect();
        tasks.sort_by(|a, b| weight(b).total_cmp(&weight(a)).then(a.title.cmp(&b.title)));
        let small = tasks.split_off(tasks.len().min(MOST_PIECES));
        tasks.sort_by(|a, b| {
            let by_minutes = b.minutes.total_cmp(&a.minutes);
            by_minutes
                .then(b.hours.total_cmp(&a.hours))
                .then(a.title.cmp(&b.title))
        });
        let piece = |task: &&'_ Weight| (task.title.clone(), task.hours, task.minutes);
        let single = tasks.iter().map(|task| {
            let (title, hours, minutes) = piece(task);
            Piece {
                title,
                href: task.href.as_ref(),
                hours,
                minutes,
            }
        });
        let mut pieces: Vec<Piece<'_>> = single.collect();
        if !small.is_empty() {
            pieces.push(Piece {
                title: format!("{} smaller tasks", small.len()),
                href: None,
                hours: small.iter().map(|task| task.hours).sum(),
                minutes: small.iter().map(|task| task.minutes).sum(),
            });
        }
        pieces
    }
}

/// One of the two bars.
struct Bar {
    word: &'static str,
    y: f64,
    sum: f64,
    of: fn(&Piece<'_>) -> f64,
    show: fn(f64) -> String,
}

impl Bar {
    /// Draws it and returns where its pieces end.
    fn draw(&self, marks: &mut Marks, pieces: &[Piece<'_>], scale: &Linear) -> Vec<f64> {
        let mut sum = 0.0;
        let mut ends = Vec::new();
        for piece in pieces {
            let value = (self.of)(piece);
            let share = value / self.sum;
            let (left, right) = (scale.at(sum), scale.at((sum + share).min(1.0)));
            sum += share;
            ends.push(right);
            if value <= 0.0 {
                continue;
            }
            let room = right - left;
            let figures = format!("{}, {}", (self.show)(value), percent(share, 0));
            let tip = tip(&format!("{}\n{figures} of the {}", piece.title, self.word));
            let class = if room < 6.0 { "f-claimed thin" } else { "f-claimed" };
            let wide = (room - 1.4).max(0.4);
            let left = left.min(right - 0.4);
            marks.add(link(
                piece.href,
                Some(&tip),
                &rect(left + 0.7, self.y + 0.7, wide, BAR - 1.4, class, None),
            ));
            if room > NARROW {
                marks.add(html! {
                    g pointer-events="none" {
                        (text(left + 8.0, self.y + 19.0, &shortened(&piece.title, room - 14.0), "lab"))
                        @if text_width(&figures) < room - 12.0 { (text(left + 8.0, self.y + 35.0, &figures, "")) }
                    }
                });
            }
        }
        ends
    }
}

impl Drawing for Weights {
    fn is_empty(&self) -> bool {
        let (hours, minutes) = self.sums();
        hours <= 0.0 || minutes <= 0.0
    }

    fn draw(&self, width: f64, _name: &str) -> Drawn {
        let mut marks = Marks::default();
        let is_slim = is_slim(width);
        let (all_hours, all_minutes) = self.sums();
        // On a phone, the words are above the upper bar and below the lower one, so that the lines between both are free.
        let (left, top) = if is_slim { (0.0, 18.0) } else { (96.0, 1.0) };
        let between = 34.0;
        let scale = Linear::new(1.0, left, width - 1.0);
        let pieces = self.pieces();
        let upper = Bar {
            word: "agent time",
            y: top,
            sum: all_minutes,
            of: |piece| piece.minutes,
            show: minutes,
        };
        let lower = Bar {
            word: "human hours",
            y: top + BAR + between,
            sum: all_hours,
            of: |piece| piece.hours,
            show: hours,
        };
        for (bar, y) in [(&upper, 11.0), (&lower, lower.y + BAR + 15.0)] {
            if is_slim {
                marks.add(text(0.0, y, bar.word, "str"));
                marks.add(text(width, y, &(bar.show)(bar.sum), "e"));
            } else {
                marks.add(text(0.0, bar.y + 20.0, bar.word, "str"));
                marks.add(text(0.0, bar.y + 36.0, &(bar.show)(bar.sum), ""));
            }
        }
        let ends = [&upper, &lower].map(|bar| bar.draw(&mut marks, &pieces, &scale));
        let [above, below] = &ends;
        for (from, to) in above.iter().zip(below).take(pieces.len().saturating_sub(1)) {
            marks.add(line(*from, upper.y + BAR + 1.0, *to, lower.y - 1.0, "grid"));
        }
        let height = lower.y + BAR + if is_slim { 20.0 } else { 1.0 };
        Drawn {
            marks: marks.markup(),
            height,
        }
    }
}
