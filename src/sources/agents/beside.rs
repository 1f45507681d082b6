//! A lane that waits for a subagent works where the subagent does: what that one waited for, this one waited for too.

use super::log::{Event, Key, Tool, What};
use crate::facts::session::Turn;
use crate::facts::span::{Moment, Span, total, union, without};

/// When a lane had nothing to do but to wait for its subagents. `events` are those of the lane, sorted by time.
pub fn waits<'event>(events: impl IntoIterator<Item = &'event Event>) -> Vec<Span> {
    let mut open: Vec<(Key, bool)> = Vec::new();
    let mut since: Option<Moment> = None;
    let mut waits = Vec::new();
    for event in events {
        let at = event.stamp.at;
        match &event.what {
            What::Call { id, tool, .. } => open.push((*id, *tool == Tool::Subagent)),
            What::Result { id, .. } => open.retain(|(open, _)| open != id),
            // What was open may have been given up.
            What::Prompt { .. } | What::Dequeued | What::Automated | What::Interrupted => open.clear(),
            _ => continue,
        }
        let waiting = !open.is_empty() && open.iter().all(|(_, is_subagent)| *is_subagent);
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

/// Takes out of a lane's turns what they count of a wait in which no other lane worked, if any did. It is unknown what it was:
/// sleep, or a person who was asked.
pub fn follow(turns: &mut [Turn], waits: &[Span], others: &[Span]) {
    for wait in waits {
        let worked = cut(others, *wait);
        if worked.is_empty() {
            continue;
        }
        for turn in turns.iter_mut() {
            let before = total(&turn.working);
            let waited = cut(&turn.working, *wait);
            let mut left: Vec<Span> = turn
                .working
                .iter()
                .flat_map(|span| without(*span, &[*wait]))
                .collect();
            left.extend(worked.iter().flat_map(|span| cut(&waited, *span)));
            turn.working = union(left);
            turn.unknown += before - total(&turn.working);
        }
    }
}

/// The parts of some spans that lie within another one.
fn cut(spans: &[Span], within: Span) -> Vec<Span> {
    spans.iter().filter_map(|span| span.overlap(within)).collect()
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
            // The subagent's log is gone.
            (vec![], vec![span(0, 90)], 0),
            (vec![span(95, 99)], vec![span(0, 90)], 0),
        ] {
            let mut turns = [Turn {
                span: span(0, 90),
                working: vec![span(0, 90)],
                unknown: 0,
                human: true,
                end: TurnEnd::LastEvent,
            }];
            follow(&mut turns, &[span(20, 80)], &others);
            assert_eq!((&turns[0].working, turns[0].unknown), (&worked, unknown));
        }
    }
}
