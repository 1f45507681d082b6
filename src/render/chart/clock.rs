//! Sessions and commits by the clock, in a lane per repository.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::bars::{cut, label, label_room};
use super::scale::{Time, clock};
use super::svg::{Marks, Rects, line, link, path, px, text, text_width, tip};
use super::{Drawing, Drawn};
use crate::facts::quantity::counted;
use crate::facts::zone::Zone;
use crate::render::href::Href;

/// The height that all rows of sessions may take before they become lower.
const ROWS: f64 = 600.0;
/// With more sessions and commits than these, those of a lane are drawn as one, without tips.
const MOST_TIPS: usize = 300;
/// The length of a commit's tick.
const TICK: f64 = 9.0;
/// Between two lanes.
const GAP: f64 = 14.0;
/// The room to the right of the axis.
const RIGHT: f64 = 12.0;
const HOUR: i64 = 60 * 60;

/// The chart. Times are seconds since 1970.
#[derive(Debug, Clone, PartialEq)]
pub struct Clock {
    /// The lanes, from the top.
    pub lanes: Vec<Lane>,
    /// The zone of the hours below.
    pub zone: Zone,
    /// The part that is shown, such as the two midnights of a day; `None` shows everything. Sessions are cut at its ends.
    pub within: Option<(i64, i64)>,
}

/// One repository.
#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    /// Its name. Untrusted text.
    pub name: String,
    /// Its sessions, in any order.
    pub sessions: Vec<LaneSession>,
    /// Its commits, in any order.
    pub commits: Vec<LaneCommit>,
}

/// One session.
#[derive(Debug, Clone, PartialEq)]
pub struct LaneSession {
    /// Its tip. Untrusted text.
    pub tip: String,
    /// Its page, or the place of its row.
    pub href: Option<Href>,
    /// Its first event.
    pub from: i64,
    /// Its last event.
    pub to: i64,
    /// When it worked: from, to, and the share of that time, 0 to 1, in which the agent was at work.
    pub worked: Vec<(i64, i64, f64)>,
}

/// One commit.
#[derive(Debug, Clone, PartialEq)]
pub struct LaneCommit {
    /// When it was written.
    pub at: i64,
    /// Whether it has a sign of an agent.
    pub by_agent: bool,
    /// Its tip. Untrusted text.
    pub tip: String,
    /// Its page.
    pub href: Option<Href>,
}

impl Clock {
    /// The shown part: whole hours around everything, if nothing else is asked for.
    fn range(&self) -> Option<(i64, i64)> {
        if let Some((from, to)) = self.within {
            return (to > from).then_some((from, to));
        }
        let sessions = self.lanes.iter().flat_map(|lane| &lane.sessions);
        let commits = self.lanes.iter().flat_map(|lane| &lane.commits);
        let instants = sessions
            .flat_map(|session| [session.from, session.to])
            .chain(commits.map(|commit| commit.at));
        let (from, to) = instants.fold((i64::MAX, i64::MIN), |(from, to), at| (from.min(at), to.max(at)));
        let from = from.saturating_sub(from.rem_euclid(HOUR));
        (from <= to).then(|| (from, to.saturating_add(HOUR - to.rem_euclid(HOUR))))
    }

    /// The lanes with anything in a range.
    fn shown(&self, (from, to): (i64, i64)) -> Vec<Packed<'_>> {
        let packed = self.lanes.iter().map(|lane| {
            let mut sessions: Vec<&LaneSession> = lane
                .sessions
                .iter()
                .filter(|session| session.from < to && session.to >= from && session.to >= session.from)
                .collect();
            sessions.sort_by(|a, b| (a.from, a.to, &a.tip).cmp(&(b.from, b.to, &b.tip)));
            let mut rows: Vec<Vec<&LaneSession>> = Vec::new();
            for session in sessions {
                let is_free =
                    |row: &&mut Vec<&LaneSession>| row.last().is_none_or(|last| last.to <= session.from);
                match rows.iter_mut().find(is_free) {
                    Some(row) => row.push(session),
                    None => rows.push(vec![session]),
                }
            }
            let commits = lane
                .commits
                .iter()
                .filter(|commit| (from..=to).contains(&commit.at))
                .collect();
            Packed {
                name: &lane.name,
                rows,
                commits,
            }
        });
        packed
            .filter(|lane| !lane.rows.is_empty() || !lane.commits.is_empty())
            .collect()
    }
}

/// A lane whose sessions are in rows, none above another.
struct Packed<'c> {
    name: &'c str,
    rows: Vec<Vec<&'c LaneSession>>,
    commits: Vec<&'c LaneCommit>,
}

impl Packed<'_> {
    /// How many sessions and commits it has.
    fn count(&self) -> usize {
        self.rows.iter().map(Vec::len).sum::<usize>() + self.commits.len()
    }

    fn height(&self, pitch: f64) -> f64 {
        let ticks = if self.commits.is_empty() { 0.0 } else { TICK + 3.0 };
        (self.rows.len() as f64 * pitch + ticks).max(TICK + 3.0)
    }
}

/// Sessions: a line from the first to the last event of each, and a bar whenever it worked, as high as it was at work.
#[derive(Default)]
struct Sessions {
    spans: String,
    worked: Rects,
}

impl Sessions {
    fn add(&mut self, session: &LaneSession, time: &Time, (y, pitch): (f64, f64)) {
        let middle = y + pitch / 2.0;
        let (from, to) = (time.at(session.from), time.at(session.to));
        self.spans += &format!("M{} {}h{}", px(from), px(middle), px(to - from));
        let last = time.at(time.end);
        for (left, right, share) in merged(&session.worked, time) {
            let tall = ((pitch - 4.0) * share.clamp(0.0, 1.0)).max(2.0);
            let wide = (right - left).max(1.5);
            self.worked
                .add(left.min(last - wide), middle - tall / 2.0, wide, tall);
        }
    }

    fn markup(&self) -> Markup {
        html! { (path(&self.spans, "span")) @if let Some(worked) = self.worked.markup("f-measured") { (worked) } }
    }
}

/// The sessions of a lane, each with its tip unless there are very many.
fn sessions(marks: &mut Marks, lane: &Packed<'_>, time: &Time, (y, pitch): (f64, f64), has_tips: bool) {
    let mut all = Sessions::default();
    for (at, row) in lane.rows.iter().enumerate() {
        let top = y + at as f64 * pitch;
        for session in row {
            if has_tips {
                let mut one = Sessions::default();
                one.add(session, time, (top, pitch));
                marks.add(link(
                    session.href.as_ref(),
                    Some(&tip(&session.tip)),
                    &one.markup(),
                ));
            } else {
                all.add(session, time, (top, pitch));
            }
        }
    }
    if !has_tips && !lane.rows.is_empty() {
        marks.add(all.markup());
    }
}

/// Where a session worked, from left to right; what would be closer than a line is one.
fn merged(worked: &[(i64, i64, f64)], time: &Time) -> Vec<(f64, f64, f64)> {
    let is_shown = |(from, to, _): &&(i64, i64, f64)| *from < time.end && *to >= time.start && to >= from;
    let mut spans: Vec<&(i64, i64, f64)> = worked.iter().filter(is_shown).collect();
    spans.sort_by_key(|span| (span.0, span.1));
    let mut merged: Vec<(f64, f64, f64)> = Vec::new();
    for (from, to, share) in spans {
        let (left, right) = (time.at(*from), time.at(*to));
        let share = if share.is_finite() { *share } else { 0.0 };
        match merged.last_mut() {
            Some(last) if left - last.1 < 0.6 => {
                let work = last.2 * (last.1 - last.0) + share * (right - left);
                let end = right.max(last.1);
                let length = end - last.0;
                *last = (
                    last.0,
                    end,
                    if length > 0.0 {
                        work / length
                    } else {
                        last.2.max(share)
                    },
                );
            }
            _ => merged.push((left, right, share)),
        }
    }
    merged
}

/// The ticks of commits, those of one kind at one place as one.
fn commits(marks: &mut Marks, lane: &Packed<'_>, time: &Time, y: f64, has_tips: bool) {
    let mut places: BTreeMap<(bool, i64), Vec<&LaneCommit>> = BTreeMap::new();
    for commit in &lane.commits {
        let place = (commit.by_agent, time.at(commit.at).round() as i64);
        places.entry(place).or_default().push(commit);
    }
    let class = |by_agent: bool| if by_agent { "s-measured" } else { "axis" };
    let mut ticks = [(false, String::new()), (true, String::new())];
    for ((by_agent, _), commits) in places {
        let Some(first) = commits.first() else {
            continue;
        };
        let x = time.at(first.at);
        if !has_tips {
            ticks[usize::from(by_agent)].1 += &format!("M{} {}v{TICK}", px(x), px(y));
            continue;
        }
        let tick = line(x, y, x, y + TICK, class(by_agent));
        let (tip, href) = match commits.as_slice() {
            [only] => (tip(&only.tip), only.href.as_ref()),
            several => (counted(several.len() as u64, "commit", "commits"), None),
        };
        marks.add(link(href, Some(&tip), &tick));
    }
    for (by_agent, ticks) in ticks.into_iter().filter(|(_, ticks)| !ticks.is_empty()) {
        marks.add(path(&ticks, class(by_agent)));
    }
}

/// The lines of the hours and what they are called: a midnight by its day.
fn axis(marks: &mut Marks, time: &Time, zone: Zone, (width, height): (f64, f64)) {
    let mut end = 0.0;
    for at in time.ticks(zone, text_width("00:00") + 8.0) {
        let x = time.at(at);
        let name = match clock(zone, at).as_str() {
            "00:00" if at > time.start && at < time.end => zone.at(at).format("%b %-d").to_string(),
            name => name.to_owned(),
        };
        let half = text_width(&name) / 2.0;
        let middle = x.min(width - half);
        marks.add(line(x, 4.0, x, height, "grid"));
        // In the hour that clocks repeat, a label may have no room.
        if middle - half >= end {
            marks.add(text(middle, height + 15.0, &name, "c"));
            end = middle + half + 8.0;
        }
    }
}

impl Drawing for Clock {
    fn is_empty(&self) -> bool {
        self.range().is_none_or(|range| self.shown(range).is_empty())
    }

    fn draw(&self, width: f64, _name: &str) -> Drawn {
        let mut marks = Marks::default();
        let Some((from, to)) = self.range() else {
            return Drawn {
                marks: marks.markup(),
                height: 0.0,
            };
        };
        let mut lanes = self.shown((from, to));
        let (drawn, more) = cut(lanes.len());
        lanes.truncate(drawn);
        let rows: usize = lanes.iter().map(|lane| lane.rows.len()).sum();
        let has_tips = lanes.iter().map(Packed::count).sum::<usize>() <= MOST_TIPS;
        let pitch = (ROWS / rows.max(1) as f64).clamp(5.0, 15.0);
        let left = label_room(lanes.iter().map(|lane| lane.name), width);
        let time = Time::new(from, to, left, width - RIGHT);
        let foot = if more > 0 { 20.0 } else { 0.0 };
        let height = 6.0 + lanes.iter().map(|lane| lane.height(pitch) + GAP).sum::<f64>() + foot;
        axis(&mut marks, &time, self.zone, (width, height));
        let mut y = 8.0;
        for lane in &lanes {
            marks.add(label(left, y + lane.height(pitch) / 2.0 + 3.0, lane.name, true));
            sessions(&mut marks, lane, &time, (y, pitch), has_tips);
            commits(
                &mut marks,
                lane,
                &time,
                y + lane.rows.len() as f64 * pitch + 2.0,
                has_tips,
            );
            y += lane.height(pitch) + GAP;
        }
        if more > 0 {
            marks.add(text(
                0.0,
                y + 8.0,
                &format!(
                    "and {}",
                    counted(more as u64, "more repository", "more repositories")
                ),
                "",
            ));
        }
        Drawn {
            marks: marks.markup(),
            height: height + 20.0,
        }
    }
}
