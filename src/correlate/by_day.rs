//! Sessions without times of day. What was on a day remains on it, as one block around the middle of the day.
//!
//! Times to the second show when a person works. Most figures do not need them: how much was worked on a day, for which commit, and how
//! much of it at the same time. So all spans of a session are moved by the same rule: those of a day keep their order and what they
//! have in common, and what lies between them is left out. Every sum and every share by day is then as before. What is lost is when
//! on the day it was, how long the pauses were, and what other sessions did at the same time.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::seen::{SeenSession, Used};
use crate::facts::link::Link;
use crate::facts::span::{self, Millis, Moment, Seconds, Span};
use crate::facts::supervision::Charge;
use crate::facts::zone::Zone;

/// More than the longest day.
pub(super) const MORE_THAN_A_DAY: Millis = Seconds::HOUR.times(27).millis();

/// The session as it is known if only the days are known on which it did something. Days begin and end as in the zone.
pub fn by_day(session: SeenSession, zone: Zone) -> SeenSession {
    let moved = Moved::new(&session, zone);
    let links = session.links.into_iter();
    let elsewhere = session.elsewhere.into_iter();
    let usage = session.usage.into_iter();
    SeenSession {
        span: Span::new(moved.moment(session.span.start), moved.moment(session.span.end)),
        worked: moved.spans(&session.worked),
        unknown: moved.charges(&session.unknown),
        attention: moved.charges(&session.attention),
        usage: usage
            .map(|used| Used {
                at: used.at.map(|at| moved.moment(at)),
                ..used
            })
            .collect(),
        links: links.map(|(repo, link)| (repo, moved.link(link))).collect(),
        elsewhere: elsewhere.map(|link| moved.link(link)).collect(),
        vague: Millis::DAY,
        ..session
    }
}

/// A part of what a session did, within a day, and the new time of its start.
struct Piece {
    day: NaiveDate,
    was: Span,
    start: Moment,
}

/// Where everything that a session did is moved: disjoint pieces, by day and start.
struct Moved {
    zone: Zone,
    pieces: Vec<Piece>,
}

impl Moved {
    fn new(session: &SeenSession, zone: Zone) -> Self {
        let whole = span::union(session.spans());
        let mut days: BTreeMap<NaiveDate, Vec<Span>> = BTreeMap::new();
        for (day, piece) in whole.into_iter().flat_map(|span| zone.split(span)) {
            days.entry(day).or_default().push(piece);
        }
        let days = days.into_iter();
        let pieces = days.flat_map(|(day, spans)| block(day, spans, zone));
        Self {
            pieces: pieces.collect(),
            zone,
        }
    }

    /// What was before an instant on its day remains before it.
    fn moment(&self, at: Moment) -> Moment {
        let day = self.zone.day(at.seconds());
        let is_before = |piece: &Piece| (piece.day, piece.was.start) <= (day, at);
        let next = self.pieces.partition_point(is_before);
        let of_day = |piece: &&Piece| piece.day == day;
        let last = self.pieces[..next].last().filter(of_day);
        match (last, self.pieces.get(next).filter(of_day)) {
            (Some(last), _) => last.start.plus(at.since(last.was.start).min(last.was.millis())),
            (None, Some(next)) => next.start,
            (None, None) => middle(at, self.zone),
        }
    }

    /// What is on one day is within one of the pieces, since these have all of it.
    fn span(&self, span: Span) -> impl Iterator<Item = Span> {
        let by_day = self.zone.split(span).into_iter();
        by_day.map(|(_, piece)| {
            let start = self.moment(piece.start);
            Span::new(start, start.plus(piece.millis()))
        })
    }

    fn spans(&self, spans: &[Span]) -> Vec<Span> {
        spans.iter().flat_map(|span| self.span(*span)).collect()
    }

    fn charges(&self, charges: &[Charge]) -> Vec<Charge> {
        let moved = charges.iter().flat_map(|charge| {
            let share = charge.share;
            self.span(charge.span).map(move |span| Charge { span, share })
        });
        moved.collect()
    }

    fn link(&self, link: Link) -> Link {
        Link {
            worked: self.spans(&link.worked),
            ..link
        }
    }
}

/// Puts the spans of a day together around its middle. They cannot be longer than the day, so none leaves it.
fn block(day: NaiveDate, spans: Vec<Span>, zone: Zone) -> Vec<Piece> {
    let first = spans.first().map_or(Moment::default(), |span| span.start);
    let mut start = middle(first, zone).plus(-span::total(&spans) / 2);
    let mut pieces = Vec::with_capacity(spans.len());
    for was in spans {
        pieces.push(Piece { day, was, start });
        start = start.plus(was.millis());
    }
    pieces
}

/// The middle of the day of an instant: noon, unless the clock changes on it.
fn middle(at: Moment, zone: Zone) -> Moment {
    let day = day_of(at, zone);
    day.start.plus(day.millis() / 2)
}

/// The whole day of an instant.
pub(super) fn day_of(at: Moment, zone: Zone) -> Span {
    let day = zone.day(at.seconds());
    let around = Span::new(at - MORE_THAN_A_DAY, at + MORE_THAN_A_DAY);
    let pieces = zone.split(around).into_iter();
    let of_day = pieces.filter(|(other, _)| *other == day).map(|(_, piece)| piece);
    let whole = of_day.reduce(|all, piece| Span::new(all.start, piece.end));
    whole.unwrap_or(Span::new(at, at))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::correlate::seen::{Origin, Part};
    use crate::facts::evidence::Confidence;
    use crate::facts::ids::{ObjectId, SessionId};
    use crate::facts::session::{Provenance, Sources, TokenCounts};
    use crate::facts::sign::Rung;

    /// 2026-03-28T00:00:00Z, the day before clocks change in Berlin; in Havana they did, on a Sunday three weeks earlier.
    const BEGIN: i64 = 1_774_656_000;
    const MINUTE: i64 = 60_000;

    fn span(from: i64, minutes: i64) -> Span {
        let start = Moment(BEGIN * 1000 + from * MINUTE);
        Span::new(start, start.plus(minutes * MINUTE))
    }

    fn session(
        worked: Vec<Span>,
        linked: Vec<Span>,
        charges: [Vec<Charge>; 2],
        used: Vec<Moment>,
    ) -> SeenSession {
        let [unknown, attention] = charges;
        let total = span::total(&worked).max(1) as f64;
        let link = Link {
            commit: ObjectId::from_bytes(&[7; 20]).unwrap(),
            session: SessionId::new("codex", "s"),
            rung: Rung::Lines,
            confidence: Confidence::High,
            evidence: Vec::new(),
            share: span::total(&linked) as f64 / total,
            worked: linked,
        };
        let all = || worked.iter().chain(attention.iter().map(|charge| &charge.span));
        let first = all().map(|span| span.start).chain(used.iter().copied()).min();
        let last = all().map(|span| span.end).chain(used.iter().copied()).max();
        let known = Provenance::Measured;
        SeenSession {
            id: link.session.clone(),
            origin: Origin::Log,
            home: 0,
            models: vec!["m".to_owned()],
            span: Span::new(first.unwrap_or_default(), last.unwrap_or_default()),
            worked,
            unknown,
            lanes: 1.0,
            attention,
            usage: used
                .into_iter()
                .map(|at| Used {
                    at: Some(at),
                    model: Some(0),
                    tokens: TokenCounts {
                        output: 5,
                        ..TokenCounts::default()
                    },
                })
                .collect(),
            sources: Sources {
                agent_time: known,
                human_time: known,
                tokens: known,
                ..Sources::default()
            },
            links: vec![(0, link)],
            elsewhere: Vec::new(),
            rest: 1.0,
            vague: Millis::default(),
        }
    }

    prop_compose! {
        fn any_spans()(spans in proptest::collection::vec((-60_i64..5000, 0_i64..2000), 0..8)) -> Vec<Span> {
            spans.into_iter().map(|(from, minutes)| span(from, minutes)).collect()
        }
    }

    prop_compose! {
        fn any_session()(
            worked in any_spans(),
            linked in any_spans(),
            unknown in any_spans(),
            attention in any_spans(),
            used in proptest::collection::vec(-100_i64..7500, 0..5),
        ) -> SeenSession {
            // A link has a part of the time.
            let cut = |span: &Span| worked.iter().filter_map(|own| own.overlap(*span)).collect::<Vec<Span>>();
            let linked = span::union(linked.iter().flat_map(cut));
            let worked = worked.iter().filter(|span| !span.is_empty()).copied().collect();
            let charges = |spans: Vec<Span>| {
                let charge = |span| Charge { span, share: 0.25 };
                spans.into_iter().map(charge).collect::<Vec<Charge>>()
            };
            let used = used.into_iter().map(|minute| span(minute, 0).start).collect();
            session(worked, linked, [charges(unknown), charges(attention)], used)
        }
    }

    /// Everything that the parts of a session say of days, in milliseconds and tokens.
    fn sums(session: &SeenSession, zone: Zone) -> Vec<(NaiveDate, Option<usize>, [i64; 4], TokenCounts)> {
        let millis = |minutes: crate::facts::quantity::Minutes| (minutes.get() * 60_000.0).round() as i64;
        let sum = |part: &Part| {
            let wall = span::union(part.time.spans.iter().copied());
            let sums = [
                millis(part.time.minutes.unwrap_or_default()),
                millis(part.time.unknown),
                millis(part.supervisory_minutes),
                span::total(&wall),
            ];
            (
                part.day,
                part.link,
                sums,
                session.tokens_of(part, None).unwrap_or_default(),
            )
        };
        session.parts(zone).iter().map(sum).collect()
    }

    fn everything(session: &SeenSession) -> Vec<Span> {
        span::union(session.spans())
    }

    #[test]
    fn a_day_is_one_block_around_noon() {
        let zone: Zone = "Europe/Berlin".parse().unwrap();
        // 8:10 to 8:20 and 22:00 to 22:30 there, in winter.
        let worked = vec![span(430, 10), span(1260, 30)];
        let early = session(worked.clone(), vec![worked[1]], [vec![], vec![]], vec![]);
        let day = by_day(early, zone);
        assert_eq!(day.worked, [span(640, 10), span(650, 30)]);
        assert_eq!(day.links[0].1.worked, [span(650, 30)]);
        assert_eq!((day.span, day.is_by_day()), (span(640, 40), true));
    }

    #[test]
    fn a_day_that_is_full_or_short_is_not_left() {
        let zone: Zone = "Europe/Berlin".parse().unwrap();
        // Clocks go from 2:00 to 3:00 on the 29th.
        let full = by_day(
            session(vec![span(-60, 5000)], vec![], [vec![], vec![]], vec![]),
            zone,
        );
        assert_eq!(span::union(full.worked.clone()), everything(&full));
        let days: Vec<i64> = full.worked.iter().map(|span| span.millis() / MINUTE).collect();
        assert_eq!(days, [1440, 1380, 1440, 740]);
        // A session without any time is on its day, and so is what it used.
        let instant = span(10, 0).start;
        let empty = by_day(session(vec![], vec![], [vec![], vec![]], vec![instant]), zone);
        assert_eq!(empty.span, Span::new(span(660, 0).start, span(660, 0).start));
        assert_eq!(empty.usage[0].at, Some(empty.span.start));
    }

    proptest! {
        #[test]
        fn sums_by_day_are_as_before_and_nothing_else_is(session in any_session(), at in 0_usize..4) {
            let zone = ["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/Havana"][at];
            let zone: Zone = zone.parse().unwrap();
            let moved = by_day(session.clone(), zone);
            prop_assert_eq!(sums(&moved, zone), sums(&session, zone));
            prop_assert_eq!(moved.agent_minutes(), session.agent_minutes());
            prop_assert_eq!(moved.wall_minutes(), session.wall_minutes());
            let (left, before) = (moved.uncommitted(), session.uncommitted());
            prop_assert_eq!(left.minutes, before.minutes);
            prop_assert_eq!(span::total(&left.spans), span::total(&before.spans));
            for (was, is) in [(session.span.start, moved.span.start), (session.span.end, moved.span.end)] {
                prop_assert_eq!(zone.day(was.seconds()), zone.day(is.seconds()));
            }
            // One block for each day, in its middle: nothing else is known of it.
            let mut days: BTreeMap<NaiveDate, Vec<Span>> = BTreeMap::new();
            for (day, piece) in everything(&moved).into_iter().flat_map(|span| zone.split(span)) {
                days.entry(day).or_default().push(piece);
            }
            for blocks in days.values() {
                prop_assert_eq!(blocks.len(), 1);
                let block = blocks[0];
                let around = block.start.plus(block.millis() / 2);
                prop_assert_eq!(around, middle(block.start, zone));
            }
            prop_assert_eq!(by_day(moved.clone(), zone), moved);
        }
    }
}
