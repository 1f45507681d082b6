//! In which order the work, its commits and its estimates came. Long gaps are cut out, with a visible break.

use super::labels::{Area, Labels, Side};
use super::scale::{Time, clock};
use super::svg::{Marks, circle, is_slim, line, path, px, rect, shortened, text, text_width, tip};
use super::{Drawing, Drawn};
use crate::facts::zone::Zone;

/// The most breaks of the axis.
const MOST_BREAKS: usize = 3;
/// A shorter gap is never cut out, in seconds.
const LEAST_GAP: i64 = 60 * 60;
/// The width of a break.
const BREAK: f64 = 22.0;
/// The room at both ends of the axis.
const EDGE: f64 = 10.0;
/// The height of a session.
const BAR: f64 = 12.0;
/// The height of a row of sessions.
const ROW: f64 = 20.0;
/// The height of a level of labels.
const LEVEL: f64 = 17.0;
/// The most levels of labels; further labels are in tips only.
const LEVELS: u8 = 12;
/// The most rows of sessions.
const MOST_ROWS: usize = 6;

/// The chart. Times are seconds since 1970.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// From, to, and a label, such as `session 019d5787, 20.2m`. Untrusted text.
    pub sessions: Vec<(i64, i64, String)>,
    /// The events, in any order.
    pub events: Vec<OrderEvent>,
    /// The zone of the hours below.
    pub zone: Zone,
}

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderEvent {
    /// When.
    pub at: i64,
    /// Its label, such as `commit` or `revision 1`. Untrusted text.
    pub word: String,
    /// Whether it is a claim, not something measured.
    pub is_claim: bool,
}

impl Order {
    /// The times in which something is, disjoint and ascending.
    fn busy(&self) -> Vec<(i64, i64)> {
        let sessions = self
            .sessions
            .iter()
            .map(|(from, to, _)| (*from, (*to).max(*from)));
        let mut all: Vec<(i64, i64)> = sessions
            .chain(self.events.iter().map(|event| (event.at, event.at)))
            .collect();
        all.sort_unstable();
        let mut busy: Vec<(i64, i64)> = Vec::new();
        for (from, to) in all {
            match busy.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => busy.push((from, to)),
            }
        }
        busy
    }

    /// The parts of the axis: a gap that is longer than most of the rest is cut out.
    fn parts(&self) -> Vec<(i64, i64)> {
        let busy = self.busy();
        let (Some(first), Some(last)) = (busy.first(), busy.last()) else {
            return Vec::new();
        };
        let pairs = busy.windows(2).filter_map(|pair| match pair {
            [before, after] => Some((before.1, after.0)),
            _ => None,
        });
        let length = |(from, to): &(i64, i64)| to.saturating_sub(*from);
        let mut gaps: Vec<(i64, i64)> = pairs.collect();
        gaps.sort_by_key(|gap| std::cmp::Reverse(length(gap)));
        let mut rest = last.1.saturating_sub(first.0);
        let mut cuts = Vec::new();
        for gap in gaps.into_iter().take(MOST_BREAKS) {
            let others = rest.saturating_sub(length(&gap));
            if length(&gap) < LEAST_GAP || length(&gap) < others / 2 {
                break;
            }
            rest = others;
            cuts.push(gap);
        }
        cuts.sort_unstable();
        let starts = std::iter::once(first.0).chain(cuts.iter().map(|gap| gap.1));
        let ends = cuts.iter().map(|gap| gap.0).chain(std::iter::once(last.1));
        starts.zip(ends).collect()
    }

    /// The axis for a width: each part gets a least width and what its length is worth.
    fn axis(&self, width: f64) -> Axis {
        let parts: Vec<(i64, i64)> = self.parts().into_iter().map(padded).collect();
        let seconds = |(from, to): &(i64, i64)| to.saturating_sub(*from) as f64;
        let all: f64 = parts.iter().map(seconds).sum();
        let breaks = parts.len().saturating_sub(1) as f64 * BREAK;
        let least = if is_slim(width) { 60.0 } else { 90.0 };
        let room = width - 2.0 * EDGE - breaks - least * parts.len() as f64;
        let mut x = EDGE;
        let scales = parts.iter().map(|part| {
            let wide = least + room * seconds(part) / all;
            let time = Time::new(part.0, part.1, x, x + wide);
            x += wide + BREAK;
            time
        });
        Axis {
            parts: scales.collect(),
        }
    }
}

/// Some room around a part.
fn padded((from, to): (i64, i64)) -> (i64, i64) {
    let pad = (to.saturating_sub(from) / 16).max(150);
    (from.saturating_sub(pad), to.saturating_add(pad))
}

/// An axis in parts.
struct Axis {
    parts: Vec<Time>,
}

impl Axis {
    fn at(&self, instant: i64) -> f64 {
        let part = self
            .parts
            .iter()
            .find(|part| instant <= part.end)
            .or(self.parts.last());
        part.map_or(0.0, |part| part.at(instant))
    }

    /// The line with its breaks, the hours and the days.
    fn draw(&self, marks: &mut Marks, y: f64, zone: Zone) {
        let mut day = None;
        for (at, part) in self.parts.iter().enumerate() {
            let (left, right) = (part.at(part.start), part.at(part.end));
            marks.add(line(left, y, right, y, "axis"));
            if at > 0 {
                let start = left - BREAK;
                let d = format!(
                    "M{} {}l4 -10M{} {}l4 -10",
                    px(start + 6.0),
                    px(y + 5.0),
                    px(start + 12.0),
                    px(y + 5.0)
                );
                marks.add(path(&d, "axis"));
            }
            for tick in part.ticks(zone, text_width("00:00") + 22.0) {
                let x = part.at(tick);
                marks.add(line(x, y, x, y + 5.0, "axis"));
                let half = text_width("00:00") / 2.0;
                if x - half >= left - EDGE && x + half <= right + EDGE {
                    marks.add(text(x, y + 19.0, &clock(zone, tick), "c"));
                }
            }
            let first = zone.day(part.start);
            if day != Some(first) {
                marks.add(text(left, y + 35.0, &first.to_string(), ""));
            }
            day = Some(zone.day(part.end));
        }
    }
}

/// The rows of sessions: a position in the list for each, none above another.
fn rows(sessions: &[(i64, i64, String)]) -> Vec<(usize, usize)> {
    let mut order: Vec<usize> = (0..sessions.len()).collect();
    order.sort_by_key(|at| sessions.get(*at).map(|session| (session.0, session.1)));
    let mut ends: Vec<i64> = Vec::new();
    let mut rows = Vec::new();
    for at in order {
        let Some((from, to, _)) = sessions.get(at) else {
            continue;
        };
        // Beyond the limit, they share the last row.
        let free = ends.iter().position(|end| end <= from).unwrap_or(ends.len());
        let row = free.min(MOST_ROWS - 1);
        match ends.get_mut(row) {
            Some(end) => *end = (*end).max(*to),
            None => ends.push(*to),
        }
        rows.push((at, row));
    }
    rows
}

/// An event on the axis: `x`, and the height at which its label is, if it has one.
struct Flag<'o> {
    event: &'o OrderEvent,
    x: f64,
    label: Option<(f64, maud::Markup)>,
}

impl Order {
    /// The events with their labels above `top`: the last lowest, each earlier one as low as it fits beside the later ones.
    fn flags(&self, axis: &Axis, top: f64, labels: &mut Labels, width: f64) -> Vec<Flag<'_>> {
        let mut events: Vec<&OrderEvent> = self.events.iter().collect();
        events.sort_by(|a, b| (b.at, &b.word).cmp(&(a.at, &a.word)));
        let place = |event| {
            let x = axis.at(OrderEvent::at(event));
            let word = shortened(&event.word, (width * 0.5).min(300.0));
            // If there is no room for the details, the label ends before them.
            let short = word.split(',').next().unwrap_or_default().to_owned();
            let label = [&word, &short].into_iter().find_map(|word| {
                let sides = self.sides(axis, x, word);
                sides.into_iter().find_map(|(x, side)| {
                    (0..LEVELS).find_map(|level| {
                        let y = top - 6.0 - f64::from(level) * LEVEL;
                        labels.place(word, "lab", &[(x, y, side)]).map(|label| (y, label))
                    })
                })
            });
            if let Some((y, _)) = &label {
                labels.avoid(Area {
                    left: x - 2.0,
                    top: y - 10.0,
                    right: x + 2.0,
                    bottom: top + 40.0,
                });
            }
            Flag { event, x, label }
        };
        events.into_iter().map(place).collect()
    }
}

impl Order {
    /// Where the label of an event at `x` can be. To the left, it must not be where the line of an earlier event goes up.
    fn sides(&self, axis: &Axis, x: f64, word: &str) -> Vec<(f64, Side)> {
        let left = x - 7.0 - text_width(word);
        let is_clear = !self
            .events
            .iter()
            .any(|other| (left..x).contains(&axis.at(other.at)));
        let right = Some((x + 5.0, Side::Right));
        right
            .into_iter()
            .chain(is_clear.then_some((x - 5.0, Side::Left)))
            .collect()
    }
}

impl OrderEvent {
    fn at(&self) -> i64 {
        self.at
    }
}

impl Flag<'_> {
    fn draw(&self, marks: &mut Marks, y: f64, top: f64, zone: Zone) {
        let stem = if self.event.is_claim { "tick" } else { "s-measured" };
        let end = self.label.as_ref().map_or(top, |(label, _)| label - 9.0);
        marks.add(line(self.x, y, self.x, end, stem));
        let tip = tip(&format!(
            "{}\n{} {}",
            self.event.word,
            zone.day(self.event.at),
            clock(zone, self.event.at)
        ));
        let (radius, class) = if self.event.is_claim {
            (5.0, "f-claimed")
        } else {
            (4.0, "f-measured")
        };
        marks.add(circle(self.x, y, radius, class, Some(&tip)));
        marks.add_some(self.label.as_ref().map(|(_, label)| label.clone()));
    }
}

impl Drawing for Order {
    fn is_empty(&self) -> bool {
        self.sessions.is_empty() && self.events.is_empty()
    }

    fn draw(&self, width: f64, _name: &str) -> Drawn {
        let mut marks = Marks::default();
        let axis = self.axis(width);
        let session_rows = rows(&self.sessions)
            .iter()
            .map(|(_, row)| row + 1)
            .max()
            .unwrap_or(0) as f64;
        // Heights are counted from the top of the fullest drawing, and what is free above is cut off below.
        let top = f64::from(LEVELS) * LEVEL;
        let y = top + session_rows * ROW + 8.0;
        let taken = self.draw_sessions(&mut marks, &axis, (top, y), width);
        let mut highest = taken.iter().map(|area| area.top).fold(top, f64::min);
        let mut labels = Labels::within(Area {
            left: 0.0,
            top: 0.0,
            right: width,
            bottom: y,
        });
        taken.into_iter().for_each(|area| labels.avoid(area));
        let flags = self.flags(&axis, top, &mut labels, width);
        for flag in &flags {
            highest = highest.min(flag.label.as_ref().map_or(top, |(label, _)| label - 12.0));
            flag.draw(&mut marks, y, top, self.zone);
        }
        axis.draw(&mut marks, y, self.zone);
        Drawn {
            marks: shifted(&marks, highest - 2.0),
            height: y + 40.0 - (highest - 2.0),
        }
    }
}

/// The marks, moved up.
fn shifted(marks: &Marks, by: f64) -> maud::Markup {
    maud::html! { g transform={ "translate(0 " (px(-by)) ")" } { (marks.markup()) } }
}

/// A bar from its beginning to its end.
fn draw_session(marks: &mut Marks, session: &(i64, i64, String), axis: &Axis, y: f64) -> Area {
    let (from, to, word) = session;
    let (left, right) = (axis.at(*from), axis.at((*to).max(*from)));
    marks.add(rect(
        left,
        y,
        (right - left).max(1.5),
        BAR,
        "f-measured",
        Some(&tip(word)),
    ));
    Area {
        left,
        top: y,
        right,
        bottom: y + BAR,
    }
}

impl Order {
    /// The bars of the sessions, with their labels beside or above them if these have room there: events come first. Returns
    /// what they take.
    fn draw_sessions(&self, marks: &mut Marks, axis: &Axis, (top, y): (f64, f64), width: f64) -> Vec<Area> {
        let mut labels = Labels::within(Area {
            left: 0.0,
            top: 0.0,
            right: width,
            bottom: y,
        });
        for event in &self.events {
            let x = axis.at(event.at);
            labels.avoid(Area {
                left: x - 2.0,
                top: 0.0,
                right: x + 2.0,
                bottom: y,
            });
        }
        let mut bars = Vec::new();
        for (at, row) in rows(&self.sessions) {
            if let Some(session) = self.sessions.get(at) {
                let bar = draw_session(marks, session, axis, y - 4.0 - (row as f64 + 1.0) * ROW);
                labels.avoid(bar);
                bars.push((bar, session));
            }
        }
        let mut taken = Vec::new();
        for (bar, (_, _, word)) in bars {
            let word = shortened(word, width * 0.7);
            let middle = bar.top + 10.0;
            let sides = [
                (bar.right + 7.0, middle, Side::Right),
                (bar.left - 7.0, middle, Side::Left),
                (bar.left, top - 6.0, Side::Right),
                (bar.left, top - 6.0 - LEVEL, Side::Right),
            ];
            marks.add_some(labels.place(&word, "lab", &sides));
            taken.push(bar);
        }
        taken.extend(labels.placed());
        taken
    }
}
