//! The parts of a turn: stretches of time, with how much of each is assumed to be work and how much is unknown.
//!
//! If a log records how long the agent worked in the whole turn, [`Parts::settle`] adjusts the stretches to match.

use crate::facts::span::{Moment, Span, union};

/// What a stretch of time was spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PartKind {
    /// A command that may have waited for a person: any part of it may be work.
    Command,
    /// A read, search or edit that may have waited for a person: it takes no time itself.
    Instant,
    /// Tools that did not wait for anybody.
    Run,
    /// The model.
    Model,
}

#[derive(Debug, Clone, Copy)]
struct Part {
    span: Span,
    kind: PartKind,
    /// Milliseconds of work: at the beginning, or at the end if a person may have been waited for before.
    worked: i64,
    /// Milliseconds that are unknown.
    unknown: i64,
}

/// The stretches of one turn, disjoint and in order of time.
#[derive(Debug, Clone, Default)]
pub struct Parts(Vec<Part>);

impl Parts {
    /// Adds a stretch of which at most `bound` milliseconds are assumed to be work; the rest is unknown.
    pub fn push(&mut self, span: Span, bound: i64, kind: PartKind) {
        let length = span.end.since(span.start).max(0);
        let worked = length.min(bound);
        self.0.push(Part {
            span,
            kind,
            worked,
            unknown: length - worked,
        });
    }

    /// Adds a stretch in which a person was asked before something ran that takes at most `run` milliseconds.
    pub fn push_asked(&mut self, span: Span, run: i64) {
        self.push(span, run, PartKind::Instant);
        if let Some(part) = self.0.last_mut() {
            part.unknown = 0;
        }
    }

    /// Milliseconds of work.
    pub fn worked(&self) -> i64 {
        self.0.iter().map(|part| part.worked).sum()
    }

    /// Milliseconds that are unknown.
    pub fn unknown(&self) -> i64 {
        self.0.iter().map(|part| part.unknown).sum()
    }

    /// When the agent worked. Sorted, disjoint.
    pub fn working(&self) -> Vec<Span> {
        let spans: Vec<Span> = (self.0.iter())
            .map(|part| {
                let Span { start, end } = part.span;
                if part.kind <= PartKind::Instant {
                    Span::new(end.plus(-part.worked), end)
                } else {
                    Span::new(start, start.plus(part.worked))
                }
            })
            .collect();
        union(spans)
    }

    /// The log records that the agent worked this many milliseconds in all of this, or `at_most` this many: what was
    /// assumed beyond it is the wait of a person. Missing work is filled first from the commands that may have waited,
    /// then from the rest that is unknown: if nobody was asked, it is a long command or response.
    pub fn settle(&mut self, told: i64, at_most: bool) {
        let worked = self.worked();
        if told < worked {
            self.shorten(worked - told);
            for part in &mut self.0 {
                part.unknown = 0;
            }
            return;
        }
        let mut rest = told - worked;
        if !at_most {
            for kind in [
                PartKind::Command,
                PartKind::Instant,
                PartKind::Run,
                PartKind::Model,
            ] {
                rest = self.lengthen(rest, kind);
            }
        }
        self.know(rest);
    }

    /// Removes work, first where a person may have been waited for, the longest first. While the model answers nobody
    /// is waited for, whatever the log records for the turn.
    fn shorten(&mut self, mut excess: i64) {
        let calls = self.0.iter_mut().filter(|part| part.kind != PartKind::Model);
        let mut order: Vec<&mut Part> = calls.collect();
        order.sort_by_key(|part| (part.kind, -part.worked));
        for part in order {
            let taken = part.worked.min(excess);
            part.worked -= taken;
            excess -= taken;
        }
    }

    /// Turns unknown time of one kind into work, shared equally; returns the remainder.
    fn lengthen(&mut self, mut rest: i64, kind: PartKind) -> i64 {
        let mut open: Vec<&mut Part> = self.0.iter_mut().filter(|part| part.kind == kind).collect();
        open.sort_by_key(|part| part.unknown);
        let mut sharing = i64::try_from(open.len()).unwrap_or(i64::MAX);
        for part in open {
            let given = part.unknown.min(rest / sharing.max(1));
            part.worked += given;
            part.unknown -= given;
            rest -= given;
            sharing -= 1;
        }
        rest
    }

    /// Leaves at most this many milliseconds unknown, the longest shortened first: the others were waits.
    fn know(&mut self, most: i64) {
        let mut excess = self.unknown() - most;
        let mut order: Vec<&mut Part> = self.0.iter_mut().collect();
        order.sort_by_key(|part| -part.unknown);
        for part in order {
            let taken = part.unknown.min(excess.max(0));
            part.unknown -= taken;
            excess -= taken;
        }
    }
}

/// A stretch between two moments, empty if they are not in order.
pub fn between(start: Moment, end: Moment) -> Span {
    Span::new(start.min(end), end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A model for 10 s, a command for 60 s and an edit for 30 s that may have waited, a command that did not for 20 s.
    fn parts() -> Parts {
        let mut parts = Parts::default();
        let mut at = 0;
        for (seconds, bound, kind) in [
            (10, 600, PartKind::Model),
            (60, 15, PartKind::Command),
            (30, 1, PartKind::Instant),
            (20, 600, PartKind::Run),
        ] {
            let span = Span::new(Moment(at * 1_000), Moment((at + seconds) * 1_000));
            parts.push(span, bound * 1_000, kind);
            at += seconds;
        }
        parts
    }

    fn settled(told: i64, at_most: bool) -> (i64, i64) {
        let mut parts = parts();
        parts.settle(told * 1_000, at_most);
        (parts.worked() / 1_000, parts.unknown() / 1_000)
    }

    #[test]
    fn without_a_word_what_is_beyond_the_bounds_is_unknown() {
        assert_eq!((parts().worked(), parts().unknown()), (46_000, 74_000));
    }

    #[test]
    fn a_duration_of_the_turn_decides_between_work_and_waiting() {
        // The command ran longer than assumed; nothing is left open.
        assert_eq!(settled(80, false), (80, 0));
        // All of it was work.
        assert_eq!(settled(120, false), (120, 0));
        // Less than assumed: the command was shorter, then the tools that did not wait for anybody.
        assert_eq!(settled(40, false), (40, 0));
        assert_eq!(settled(12, false), (12, 0));
        // The model never waits for a person.
        assert_eq!(settled(2, false), (10, 0));
        // A bound does not turn unknown time into work.
        assert_eq!(settled(80, true), (46, 34));
        assert_eq!(settled(40, true), (40, 0));
    }

    #[test]
    fn a_duration_of_the_turn_is_taken_where_nobody_could_be_asked() {
        for kind in [PartKind::Run, PartKind::Model] {
            let mut parts = Parts::default();
            let minute = 60_000;
            parts.push(Span::new(Moment(0), Moment(minute)), 10 * minute, PartKind::Model);
            parts.push(Span::new(Moment(minute), Moment(41 * minute)), 10 * minute, kind);
            parts.settle(41 * minute, false);
            assert_eq!((parts.worked() / minute, parts.unknown()), (41, 0));
        }
    }

    #[test]
    fn a_wait_comes_before_the_run() {
        let mut parts = parts();
        parts.settle(31_000, false);
        let seconds: Vec<_> = (parts.working().iter())
            .map(|span| (span.start.0 / 1_000, span.end.0 / 1_000))
            .collect();
        assert_eq!(seconds, [(0, 10), (99, 120)]);
    }
}
