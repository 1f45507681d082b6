//! A lane that waits for a subagent works while the subagent does: this one also waited for whatever that one waited for.

use std::collections::{BTreeMap, HashMap};

use super::log::{Event, Key, Tool, What};
use crate::facts::session::Turn;
use crate::facts::span::{Moment, Span, total, union, without};

/// When a lane had nothing to do but wait for its subagents. `events` are those of the lane, sorted by time.
pub fn waits<'event>(events: impl IntoIterator<Item = &'event Event>) -> Vec<Span> {
    let mut open: HashMap<Key, bool> = HashMap::new();
    let mut subagents = 0_usize;
    let mut since: Option<Moment> = None;
    let mut waits = Vec::new();
    for event in events {
        let at = event.stamp.at;
        match &event.what {
            What::Call { id, tool, .. } => {
                let is_subagent = *tool == Tool::Subagent;
                let before = open.insert(*id, is_subagent);
                subagents = subagents + usize::from(is_subagent) - usize::from(before == Some(true));
            }
            What::Result { id, .. } => subagents -= usize::from(open.remove(id) == Some(true)),
            // Open calls may have been given up.
            What::Prompt { .. } | What::Dequeued | What::Automated | What::Interrupted => {
                open.clear();
                subagents = 0;
            }
            _ => continue,
        }
        let waiting = subagents > 0 && subagents == open.len();
        since = match (since, waiting) {
            (None, true) => Some(at),
            (Some(start), false) => {
                waits.push(Span::new(start, at));
                None
            }
            (since, _) => since,
        };
    }
    waits
}

/// When any of some lanes worked.
#[derive(Debug, Default)]
pub struct Worked {
    /// Starts to ends; disjoint.
    spans: BTreeMap<Moment, Moment>,
}

impl Worked {
    /// Adds a stretch of work.
    pub fn add(&mut self, span: Span) {
        let Span { mut start, mut end } = span;
        if span.is_empty() {
            return;
        }
        while let Some((from, to)) = self.before(end).filter(|(_, to)| *to >= start) {
            self.spans.remove(&from);
            (start, end) = (start.min(from), end.max(to));
        }
        self.spans.insert(start, end);
    }

    /// The last stretch that begins by some time.
    fn before(&self, at: Moment) -> Option<(Moment, Moment)> {
        let (start, end) = self.spans.range(..=at).next_back()?;
        Some((*start, *end))
    }

    /// The work within a span; sorted, disjoint.
    fn within(&self, span: Span) -> Vec<Span> {
        let from = self.before(span.start).map_or(span.start, |(start, _)| start);
        let spans = self.spans.range(from..span.end.max(from));
        let spans = spans.filter_map(|(start, end)| Span::new(*start, *end).overlap(span));
        spans.collect()
    }
}

/// Counts in a lane's turns, of a wait in which other lanes worked, what these worked: it is known to be work, however long
/// it was. The rest of the wait is unknown: sleep, or a person who was asked. `waits` are in order of time.
pub fn follow(turns: &mut [Turn], waits: &[Span], others: &Worked) {
    let (mut idle, mut busy): (Vec<Span>, Vec<Span>) = (Vec::new(), Vec::new());
    for wait in waits {
        let worked = others.within(*wait);
        if !worked.is_empty() {
            idle.extend(without(*wait, &worked));
            busy.extend(worked);
        }
    }
    if busy.is_empty() {
        return;
    }
    for turn in turns.iter_mut() {
        learn(turn, &busy);
        let before = total(&turn.working);
        let spans = turn.working.iter();
        turn.working = spans
            .flat_map(|span| without(*span, near(&idle, *span)))
            .collect();
        let idled = before - total(&turn.working);
        turn.unknown += idled;
        turn.told &= idled == 0;
    }
}

/// Turns unknown time into work where it is known that other lanes worked, if as much is unknown.
fn learn(turn: &mut Turn, busy: &[Span]) {
    if turn.unknown == 0 {
        return;
    }
    let own = near(busy, turn.span).iter();
    let own = own.filter_map(|span| span.overlap(turn.span));
    let working = union(turn.working.iter().copied().chain(own));
    let learned = total(&working) - total(&turn.working);
    if learned <= turn.unknown {
        turn.working = working;
        turn.unknown -= learned;
    }
}

/// Those of some spans, sorted and disjoint, that may overlap another one.
fn near(spans: &[Span], other: Span) -> &[Span] {
    let from = spans.partition_point(|span| span.end <= other.start);
    let rest = spans.get(from..).unwrap_or_default();
    let to = rest.partition_point(|span| span.start < other.end);
    rest.get(..to).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::session::TurnEnd;

    fn span(start: i64, end: i64) -> Span {
        Span::new(Moment(start), Moment(end))
    }

    #[test]
    fn a_wait_counts_as_far_as_somebody_worked_in_it() {
        for (others, worked, unknown) in [
            // A person was asked from 30 to 50.
            (
                vec![span(20, 30), span(50, 60)],
                vec![span(0, 30), span(50, 60), span(80, 90)],
                40,
            ),
            // The subagent's log no longer exists.
            (vec![], vec![span(0, 90)], 0),
            (vec![span(95, 99)], vec![span(0, 90)], 0),
        ] {
            let mut turns = [Turn {
                span: span(0, 90),
                working: vec![span(0, 90)],
                unknown: 0,
                human: true,
                end: TurnEnd::LastEvent,
                told: false,
            }];
            let mut beside = Worked::default();
            others.iter().for_each(|span| beside.add(*span));
            follow(&mut turns, &[span(20, 80)], &beside);
            assert_eq!((&turns[0].working, turns[0].unknown), (&worked, unknown));
        }
    }

    #[test]
    fn a_long_wait_is_work_while_the_other_lane_works() {
        // Ten of the sixty were assumed; the subagent worked for forty.
        for (unknown, worked, rest) in [
            (50, vec![span(0, 60), span(80, 90)], 20),
            // Most of the wait is known not to have been work.
            (15, vec![span(0, 30), span(80, 90)], 15),
            (0, vec![span(0, 30), span(80, 90)], 0),
        ] {
            let mut turns = [Turn {
                span: span(0, 90),
                working: vec![span(0, 30), span(80, 90)],
                unknown,
                human: true,
                end: TurnEnd::LastEvent,
                told: false,
            }];
            let mut beside = Worked::default();
            beside.add(span(20, 60));
            follow(&mut turns, &[span(20, 80)], &beside);
            assert_eq!((&turns[0].working, turns[0].unknown), (&worked, rest));
        }
    }

    #[test]
    fn work_of_many_lanes_is_one() {
        let mut worked = Worked::default();
        for (start, end) in [(10, 20), (30, 40), (5, 8), (19, 31), (50, 50), (60, 70)] {
            worked.add(span(start, end));
        }
        assert_eq!(
            worked.within(span(0, 100)),
            [span(5, 8), span(10, 40), span(60, 70)]
        );
        assert_eq!(worked.within(span(15, 65)), [span(15, 40), span(60, 65)]);
        assert_eq!(worked.within(span(41, 50)), []);
    }
}
