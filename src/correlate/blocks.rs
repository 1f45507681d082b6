//! The dates of a session without times of day: they are those of who wrote it, in whatever zone it is read.
//!
//! A block around noon in one zone is in the night of another one, on two days or on the wrong one. So each block is stored with its
//! date, and whoever reads it moves it to the middle of the same date in their own zone.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::by_day::{MORE_THAN_A_DAY, day_of};
use super::seen::SeenSession;
use crate::facts::span::{Millis, Moment, Seconds, Span};
use crate::facts::zone::Zone;

/// More than a block is moved, however far the zones are apart.
const LARGEST_SHIFT: Millis = Seconds::DAY.times(4).millis();

/// By date, the time in which everything is that a session did on it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Blocks(Vec<(NaiveDate, Span)>);

/// Where blocks are in the zone of a reader, in order.
#[derive(Debug)]
pub struct Placed(Vec<Block>);

#[derive(Debug)]
struct Block {
    /// As written.
    was: Span,
    /// Where it begins now.
    start: Moment,
    /// How long the date is here.
    longest: Millis,
}

impl Blocks {
    /// Those of a session that is [by day](super::by_day::by_day) in a zone.
    pub fn of(session: &SeenSession, zone: Zone) -> Self {
        let moments = session.usage.iter().filter_map(|used| used.at);
        let moments = moments.chain([session.span.start, session.span.end]);
        let instants = moments.map(|at| (zone.day(at.seconds()), Span::new(at, at)));
        let pieces = session.spans().flat_map(|span| zone.split(span));
        let mut blocks: BTreeMap<NaiveDate, Span> = BTreeMap::new();
        for (day, piece) in pieces.chain(instants) {
            let block = blocks.entry(day).or_insert(piece);
            *block = Span::new(block.start.min(piece.start), block.end.max(piece.end));
        }
        Self(blocks.into_iter().collect())
    }

    /// Where they are in the zone of a reader; `None` if this program did not write them.
    pub fn placed(&self, zone: Zone) -> Option<Placed> {
        let are_in_order = self
            .0
            .windows(2)
            .all(|pair| pair[0].0 < pair[1].0 && pair[0].1.end <= pair[1].1.start);
        let is_sound = |(date, was): &(NaiveDate, Span)| {
            let length = was.end - was.start;
            let is_day = (1..=9999).contains(&date.year()) && was.is_sound();
            is_day && length <= MORE_THAN_A_DAY
        };
        if !are_in_order || !self.0.iter().all(is_sound) {
            return None;
        }
        let blocks = self.0.iter().map(|(date, was)| Block::on(*date, *was, zone));
        let placed = Placed(blocks.collect());
        (placed.shift() <= LARGEST_SHIFT).then_some(placed)
    }
}

impl Block {
    fn on(date: NaiveDate, was: Span, zone: Zone) -> Self {
        let noon = date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis();
        let noon = Moment(noon).plus(Millis::DAY.0 / 2);
        // A zone that moved over the date line does not have one date: its day is then the one before or after it.
        let day = day_of(zone.instant(noon), zone);
        let length = was.millis();
        let start = match length <= day.millis() {
            true => day.start.plus(day.millis() / 2).plus(-length / 2),
            false => day.start,
        };
        Self {
            was,
            start,
            longest: Millis(day.millis().max(1)),
        }
    }

    /// Whatever does not fit a shorter day is laid over its beginning, as by another lane. It then has the same length on the same
    /// date, and only wall time is less.
    fn span(&self, within: Span) -> Vec<Span> {
        let longest = self.longest.0;
        let (mut from, to) = (
            within.start.since(self.was.start),
            within.end.since(self.was.start),
        );
        let mut pieces = Vec::new();
        while from < to {
            let round = from / longest * longest;
            let end = to.min(round + longest);
            pieces.push(Span::new(
                self.start.plus(from - round),
                self.start.plus(end - round),
            ));
            from = end;
        }
        pieces
    }

    /// An instant does not leave the date either.
    fn moment(&self, at: Moment) -> Moment {
        let last = self.longest.0 - 1;
        self.start.plus(at.since(self.was.start).min(last))
    }
}

impl Placed {
    /// Where a span is, by date; `None` if part of it is on no date.
    pub fn spans(&self, span: Span) -> Option<Vec<Span>> {
        let first = self.0.partition_point(|block| block.was.end <= span.start);
        let here = self
            .0
            .iter()
            .skip(first)
            .take_while(|block| block.was.start < span.end);
        let mut pieces = Vec::new();
        let mut end = span.start;
        for (block, within) in here.filter_map(|block| Some((block, block.was.overlap(span)?))) {
            if within.start != end {
                return None;
            }
            pieces.extend(block.span(within));
            end = within.end;
        }
        (end >= span.end).then_some(pieces)
    }

    /// Where an instant is; `None` if it is on no date.
    pub fn moment(&self, at: Moment) -> Option<Moment> {
        let next = self.0.partition_point(|block| block.was.start <= at);
        let block = self.0[..next].last().filter(|block| at <= block.was.end)?;
        Some(block.moment(at))
    }

    /// By how much the times differ at most from those that were written.
    pub fn shift(&self) -> Millis {
        let shifts = self.0.iter().map(|block| {
            let moved = block.start.since(block.was.start).saturating_abs();
            let is_folded = block.was.millis() > block.longest.0;
            Millis(moved.saturating_add(if is_folded { block.longest.0 } else { 0 }))
        });
        shifts.max().unwrap_or_default()
    }
}
