//! Scales: from a value to a place in the drawing, and the values that an axis names.

use super::svg::text_width;
use crate::facts::quantity::thousands;
use crate::facts::zone::Zone;

/// The leading digits of the values that an axis names.
const STEPS: [f64; 3] = [1.0, 2.0, 5.0];
/// Powers of ten that a factor or a quantity can have; what is beyond has no tick.
const POWERS: std::ops::RangeInclusive<i32> = -9..=12;

/// A scale that begins at 0: for bars.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Linear {
    top: f64,
    from: f64,
    to: f64,
}

impl Linear {
    /// 0 is at `from` and `top` at `to`. Nothing is beyond `from` if `top` is 0.
    pub fn new(top: f64, from: f64, to: f64) -> Self {
        Self { top, from, to }
    }

    /// The place of a value.
    pub fn at(&self, value: f64) -> f64 {
        if self.top > 0.0 {
            self.from + value / self.top * (self.to - self.from)
        } else {
            self.from
        }
    }

    /// 0 and at most three more values, evenly apart, whole if the scale goes beyond 1.
    pub fn ticks(&self) -> Vec<f64> {
        let fits = |step: &f64| self.top / step <= 3.2;
        let Some(step) = steps().find(fits).filter(|_| self.top > 0.0) else {
            return vec![0.0];
        };
        let step = if self.top >= 1.0 { step.max(1.0) } else { step };
        (0..=3)
            .map(|n| f64::from(n) * step)
            .filter(|value| *value <= self.top)
            .collect()
    }
}

/// 1, 2 and 5 at every power of ten, ascending.
fn steps() -> impl Iterator<Item = f64> {
    POWERS.flat_map(|power| STEPS.map(|step| scaled(step, power)))
}

/// A step at a power of ten, as exact as a number can be.
fn scaled(step: f64, power: i32) -> f64 {
    if power < 0 {
        step / 10_f64.powi(-power)
    } else {
        step * 10_f64.powi(power)
    }
}

/// A scale by powers of ten: for factors and for what spans several orders of magnitude. It has no 0, so no bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Log {
    least: f64,
    most: f64,
    from: f64,
    to: f64,
}

impl Log {
    /// A scale for these values, all of them above 0, between two places; `None` without any. Its ends are 1, 2 or 5 at a power
    /// of ten, and it spans at least a factor of 4.
    pub fn of(values: impl IntoIterator<Item = f64>, from: f64, to: f64) -> Option<Self> {
        let (least, most) = ends(values)?;
        let below = |value: f64| steps().take_while(|step| *step <= value).last().unwrap_or(value);
        let above = |value: f64| steps().find(|step| *step >= value).unwrap_or(value);
        let (mut least, mut most) = (below(least), above(most));
        while most / least < 4.0 {
            (least, most) = (below(least * 0.99), above(most * 1.01));
        }
        Some(Self {
            least,
            most,
            from,
            to,
        })
    }

    /// The same values between other places.
    #[must_use]
    pub fn between(self, from: f64, to: f64) -> Self {
        Self { from, to, ..self }
    }

    /// The value at the beginning and the one at the end.
    pub fn ends(&self) -> (f64, f64) {
        (self.least, self.most)
    }

    /// The place of a value above 0.
    pub fn at(&self, value: f64) -> f64 {
        let share = (value / self.least).log10() / (self.most / self.least).log10();
        self.from + share * (self.to - self.from)
    }

    /// Whether a value is on the scale. Only a value above 0 can be.
    pub fn has(&self, value: f64) -> bool {
        (self.least..=self.most).contains(&value)
    }

    /// The values that the axis names: as many of 1, 2 and 5 at every power of ten as have room, else every power of ten, every
    /// second one and so on. `room` is what the name of a value takes along the axis, and `limits` are the places beyond which
    /// no name goes.
    pub fn ticks(&self, limits: (f64, f64), room: impl Fn(f64) -> f64) -> Vec<f64> {
        let all: Vec<f64> = steps().filter(|step| self.has(*step)).collect();
        let middle = |value: f64| middle(self.at(value), room(value), limits);
        let apart = |a: f64, b: f64| (middle(b) - middle(a)).abs() >= (room(a) + room(b)) / 2.0;
        let fit = |values: &[f64]| {
            values
                .windows(2)
                .all(|pair| matches!(pair, [a, b] if apart(*a, *b)))
        };
        let tens = |every: i32| {
            let powers = POWERS.filter(|power| power % every == 0);
            powers
                .map(|power| scaled(1.0, power))
                .filter(|value| self.has(*value))
                .collect::<Vec<f64>>()
        };
        let sets = std::iter::once(all.clone()).chain((1..=POWERS.count() as i32).map(tens));
        let fitting = sets
            .into_iter()
            .find(|values| fit(values))
            .filter(|values| values.len() > 1);
        fitting.unwrap_or_else(|| {
            let powers = thinned(&tens(1), apart);
            if powers.len() > 1 {
                powers
            } else {
                thinned(&all, apart)
            }
        })
    }

    /// The same along a drawing of a width: each value with its place, the middle of its name, and the name with its unit.
    pub fn names(&self, unit: &str, width: f64) -> Vec<(f64, f64, String)> {
        let name = |value: f64| format!("{}{unit}", tick(value));
        let room = |value: f64| text_width(&name(value)) + 6.0;
        let limits = (-3.0, width + 3.0);
        let named = self.ticks(limits, room).into_iter().map(|value| {
            let at = self.at(value);
            (at, middle(at, room(value), limits), name(value))
        });
        named.collect()
    }
}

/// The middle of what is around a place, moved if it would go beyond the limits.
fn middle(at: f64, room: f64, (least, most): (f64, f64)) -> f64 {
    at.max(least + room / 2.0).min(most - room / 2.0)
}

/// Those values that have room beside the one before.
fn thinned(values: &[f64], apart: impl Fn(f64, f64) -> bool) -> Vec<f64> {
    let mut left: Vec<f64> = Vec::new();
    for value in values {
        if left.last().is_none_or(|last| apart(*last, *value)) {
            left.push(*value);
        }
    }
    left
}

fn ends(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    let known = values
        .into_iter()
        .filter(|value| value.is_finite() && *value > 0.0);
    known.fold(None, |ends, value| {
        let (least, most) = ends.unwrap_or((value, value));
        Some((least.min(value), most.max(value)))
    })
}

/// The name of a value on an axis: `1,000`, `0.5`.
pub fn tick(value: f64) -> String {
    thousands(value)
}

/// Seconds between the ticks of a clock.
const PACES: [i64; 14] = [
    60,
    2 * 60,
    5 * 60,
    10 * 60,
    15 * 60,
    30 * 60,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    4 * HOUR,
    6 * HOUR,
    12 * HOUR,
    24 * HOUR,
    48 * HOUR,
];
const HOUR: i64 = 60 * 60;
/// No clock has more ticks.
const MOST_TICKS: i64 = 400;

/// A scale of instants, in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Time {
    /// Its first instant.
    pub start: i64,
    /// Its last instant.
    pub end: i64,
    from: f64,
    to: f64,
}

impl Time {
    /// From one instant to a later one, between two places.
    pub fn new(start: i64, end: i64, from: f64, to: f64) -> Self {
        let end = end.max(start.saturating_add(1));
        Self { start, end, from, to }
    }

    /// The place of an instant. What is outside is at the end.
    pub fn at(&self, instant: i64) -> f64 {
        let instant = instant.clamp(self.start, self.end);
        let share = instant.saturating_sub(self.start) as f64 / self.seconds();
        self.from + share * (self.to - self.from)
    }

    fn seconds(&self) -> f64 {
        self.end.saturating_sub(self.start) as f64
    }

    /// Whole minutes, hours or days by the clocks of a zone, as many as have `room` pixels each.
    pub fn ticks(&self, zone: Zone, room: f64) -> Vec<i64> {
        let pixels = |pace: &i64| *pace as f64 / self.seconds() * (self.to - self.from).abs();
        let Some(pace) = PACES.into_iter().find(|pace| pixels(pace) >= room) else {
            return Vec::new();
        };
        // Clocks differ from UTC by whole quarters of an hour, and where they move, they move by as much.
        let stride = pace.min(HOUR / 4);
        let count = (self.end.saturating_sub(self.start) / stride).min(MOST_TICKS * pace / stride);
        let first = self.start - self.start.rem_euclid(stride);
        let candidates = (0..=count + 1).map(|n| first.saturating_add(n * stride));
        candidates
            .filter(|at| (self.start..=self.end).contains(at))
            .filter(|at| local_seconds(zone, *at).rem_euclid(pace) == 0)
            .collect()
    }
}

/// Seconds since 1970 as the clocks of a zone would count them.
fn local_seconds(zone: Zone, at: i64) -> i64 {
    at.saturating_add(i64::from(zone.at(at).offset().local_minus_utc()))
}

/// An instant as `14:30`.
pub fn clock(zone: Zone, at: i64) -> String {
    zone.at(at).format("%H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERYWHERE: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

    #[test]
    fn names_at_the_ends_stay_within_the_drawing() {
        let scale = Log::of([0.01, 1e6], 16.0, 300.0).unwrap();
        let names = scale.names("x", 316.0);
        assert!(names.len() > 2);
        let mut end = 0.0;
        for (_, middle, name) in names {
            let half = text_width(&name) / 2.0;
            assert!(middle - half >= end && middle + half <= 316.0, "{name}");
            end = middle + half;
        }
    }

    #[test]
    fn a_linear_scale_begins_at_zero() {
        let scale = Linear::new(240.0, 10.0, 130.0);
        assert_eq!(
            [0.0, 60.0, 240.0].map(|value| scale.at(value)),
            [10.0, 40.0, 130.0]
        );
        assert_eq!(scale.ticks(), [0.0, 100.0, 200.0]);
        assert_eq!(Linear::new(0.25, 0.0, 1.0).ticks(), [0.0, 0.1, 0.2]);
        assert_eq!(Linear::new(2.0, 0.0, 1.0).ticks(), [0.0, 1.0, 2.0]);
        assert_eq!(Linear::new(0.0, 3.0, 9.0).at(5.0), 3.0);
        assert_eq!(Linear::new(0.0, 3.0, 9.0).ticks(), [0.0]);
    }

    #[test]
    fn powers_of_ten_are_evenly_apart() {
        let scale = Log::of([1.0, 1_000.0], 0.0, 300.0).unwrap();
        for (value, place) in [(1.0, 0.0), (10.0, 100.0), (100.0, 200.0), (1_000.0, 300.0)] {
            assert!((scale.at(value) - place).abs() < 1e-9, "{value}");
        }
    }

    #[test]
    fn the_ends_of_a_scale_by_powers_are_round_and_around_the_values() {
        let ends = |values: &[f64]| Log::of(values.iter().copied(), 0.0, 1.0).map(|scale| scale.ends());
        assert_eq!(ends(&[2.7, 654.5]), Some((2.0, 1_000.0)));
        assert_eq!(ends(&[0.01, 1e6]), Some((0.01, 1e6)));
        assert_eq!(ends(&[20.0, 20.0]), Some((10.0, 50.0)));
        assert_eq!(ends(&[0.3]), Some((0.1, 1.0)));
        assert_eq!(ends(&[]), None);
        assert_eq!(ends(&[f64::NAN, 0.0, -1.0, f64::INFINITY]), None);
    }

    #[test]
    fn an_axis_names_what_has_room() {
        let ticks = |to: f64, room: f64| {
            Log::of([1.0, 1_000.0], 0.0, to)
                .unwrap()
                .ticks(EVERYWHERE, |_| room)
        };
        assert_eq!(
            ticks(300.0, 25.0),
            [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0]
        );
        assert_eq!(ticks(300.0, 50.0), [1.0, 10.0, 100.0, 1_000.0]);
        let narrow = Log::of([20.0, 80.0], 0.0, 60.0).unwrap();
        assert_eq!(narrow.ticks(EVERYWHERE, |_| 30.0), [20.0, 50.0]);
        assert_eq!(tick(1_000_000.0), "1,000,000");
        assert_eq!(tick(0.01), "0.01");
    }

    #[test]
    fn ticks_of_a_clock_are_local() {
        let kolkata: Zone = "Asia/Kolkata".parse().unwrap();
        // From 00:00 UTC, which is 05:30 there.
        let time = Time::new(1_775_260_800, 1_775_260_800 + 6 * HOUR, 0.0, 600.0);
        let shown: Vec<String> = time
            .ticks(kolkata, 100.0)
            .into_iter()
            .map(|at| clock(kolkata, at))
            .collect();
        assert_eq!(shown, ["06:00", "07:00", "08:00", "09:00", "10:00", "11:00"]);
    }

    #[test]
    fn ticks_stay_on_the_hour_when_clocks_move() {
        let berlin: Zone = "Europe/Berlin".parse().unwrap();
        // March 29, 2026: 02:00 becomes 03:00.
        let midnight = 1_774_738_800;
        let time = Time::new(midnight, midnight + 23 * HOUR, 0.0, 600.0);
        let shown: Vec<String> = time
            .ticks(berlin, 90.0)
            .into_iter()
            .map(|at| clock(berlin, at))
            .collect();
        assert_eq!(
            shown,
            ["00:00", "04:00", "08:00", "12:00", "16:00", "20:00", "00:00"]
        );
    }

    #[test]
    fn instants_outside_are_at_the_ends() {
        let time = Time::new(100, 200, 0.0, 10.0);
        assert_eq!([i64::MIN, 150, i64::MAX].map(|at| time.at(at)), [0.0, 5.0, 10.0]);
        assert!(
            Time::new(i64::MIN, i64::MAX, 0.0, 10.0)
                .ticks(Zone::default(), 5.0)
                .len()
                < 500
        );
    }
}
