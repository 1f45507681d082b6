//! Factors, hours, minutes and commits on one calendar. A day without a record is a gap, not a 0.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate};
use maud::{Markup, html};

use super::labels::{Area, Labels, Side};
use super::scale::{Linear, Log, tick};
use super::svg::{
    BOLD, Marks, Rects, amount, diamond, factor, hours, is_slim, line, link, minutes, positive, target,
    tasks, text, text_width,
};
use super::{Drawing, Drawn};
use crate::facts::quantity::{counted, thousands};
use crate::render::href::Href;

/// The room for the title of a panel.
const TITLE: f64 = 22.0;
/// Between two panels.
const GAP: f64 = 20.0;
/// With more marks than these, a narrow drawing has no tips.
const MOST_TIPS: usize = 45;
/// The room to the right of the days.
const RIGHT: f64 = 10.0;

/// The chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    /// Its first day.
    pub first: NaiveDate,
    /// Its last day.
    pub last: NaiveDate,
    /// The days with anything, in any order. Days outside of the calendar are ignored.
    pub days: Vec<CalendarDay>,
}

/// One day.
#[derive(Debug, Clone, PartialEq)]
pub struct CalendarDay {
    /// The day.
    pub day: NaiveDate,
    /// Its page.
    pub href: Option<Href>,
    /// Hours and agent minutes of the tasks that are in its factor as claimed.
    pub factor_terms: Option<(f64, f64)>,
    /// Hours and agent minutes of the tasks that are in its factor with measured minutes.
    pub measured_terms: Option<(f64, f64)>,
    /// How many tasks it has.
    pub tasks: u64,
    /// How many of them have measured minutes.
    pub measured_tasks: u64,
    /// Claimed hours.
    pub human_hours: Option<f64>,
    /// Claimed agent minutes.
    pub agent_minutes: Option<f64>,
    /// Agent minutes of its sessions.
    pub logged_minutes: Option<f64>,
    /// How many sessions were active.
    pub sessions: Option<u64>,
    /// How many commits were made.
    pub commits: u64,
    /// How many of them have a sign of an agent.
    pub agent_commits: u64,
}

/// What one mark of the calendar sums up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// A day, on calendars of up to 120 days.
    Day,
    /// A week from Monday, on calendars of up to about three years.
    Week,
    /// A month, on calendars of up to about thirty years.
    Month,
    /// A year.
    Year,
}

/// What one mark sums up.
#[derive(Default)]
struct Bucket<'c> {
    name: String,
    href: Option<&'c Href>,
    claimed: Option<(f64, f64)>,
    measured: Option<(f64, f64)>,
    tasks: u64,
    measured_tasks: u64,
    hours: Option<f64>,
    minutes: Option<f64>,
    logged: Option<f64>,
    sessions: Option<u64>,
    is_only: bool,
    commits: u64,
    agent_commits: u64,
}

/// The sum of what is known.
fn plus(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    let known: Vec<f64> = a.into_iter().chain(b.and_then(amount)).collect();
    (!known.is_empty()).then(|| known.iter().sum())
}

/// The sums of hours and of minutes.
fn plus_terms(a: Option<(f64, f64)>, b: Option<(f64, f64)>) -> Option<(f64, f64)> {
    let known = b.filter(|(hours, minutes)| amount(*hours).is_some() && amount(*minutes).is_some());
    match (a, known) {
        (Some(a), Some(b)) => Some((a.0 + b.0, a.1 + b.1)),
        (a, b) => a.or(b),
    }
}

/// Hours × 60 over minutes.
fn ratio(terms: Option<(f64, f64)>) -> Option<f64> {
    let (hours, minutes) = terms?;
    positive(positive(hours)? * 60.0 / positive(minutes)?)
}

impl<'c> Bucket<'c> {
    fn add(&mut self, day: &'c CalendarDay) {
        self.claimed = plus_terms(self.claimed, day.factor_terms);
        self.measured = plus_terms(self.measured, day.measured_terms);
        self.tasks += day.tasks;
        self.measured_tasks += day.measured_tasks;
        self.hours = plus(self.hours, day.human_hours);
        self.minutes = plus(self.minutes, day.agent_minutes);
        self.logged = plus(self.logged, day.logged_minutes);
        // A session can be active on several days: of more than one, the number is unknown.
        self.sessions = if self.is_only { day.sessions } else { None };
        self.is_only = false;
        self.commits += day.commits;
        self.agent_commits += day.agent_commits.min(day.commits);
    }

    /// What is known of it, a line for each panel.
    fn tip(&self) -> String {
        let mut lines = vec![self.name.clone()];
        if let Some(value) = ratio(self.claimed) {
            lines.push(format!("{} as claimed, {}", factor(value), tasks(self.tasks)));
        }
        if let Some(value) = ratio(self.measured) {
            lines.push(format!(
                "{} with measured minutes, {}",
                factor(value),
                tasks(self.measured_tasks)
            ));
        }
        if let Some(value) = self.hours {
            lines.push(format!("{} claimed", hours(value)));
        }
        let times = [
            self.minutes.map(|value| (value, "claimed")),
            self.logged.map(|value| (value, "from logs")),
        ];
        let times: Vec<String> = times
            .into_iter()
            .flatten()
            .map(|(value, basis)| format!("{} {basis}", minutes(value)))
            .collect();
        if !times.is_empty() {
            lines.push(format!("agent time: {}", times.join(", ")));
        }
        if let Some(count) = self.sessions {
            lines.push(counted(count, "session", "sessions"));
        }
        if self.commits > 0 {
            let all = counted(self.commits, "commit", "commits");
            lines.push(format!(
                "{all}, {} with a sign of an agent",
                thousands(self.agent_commits)
            ));
        }
        lines.join("\n")
    }

    fn has_marks(&self) -> bool {
        let amounts = [self.hours, self.minutes, self.logged];
        self.commits > 0
            || amounts.into_iter().flatten().any(|value| value > 0.0)
            || ratio(self.claimed).or(ratio(self.measured)).is_some()
    }
}

impl Period {
    /// The position of a day: days, weeks, months or years since the beginning of the calendar of the world.
    fn number(self, day: NaiveDate) -> i64 {
        let days = i64::from(day.num_days_from_ce());
        match self {
            Self::Day => days,
            // The first day of the year 1 was a Monday.
            Self::Week => (days - 1).div_euclid(7),
            Self::Month => i64::from(day.year()) * 12 + i64::from(day.month0()),
            Self::Year => i64::from(day.year()),
        }
    }

    /// What a period is called in tips.
    fn name(self, day: NaiveDate) -> String {
        match self {
            Self::Day => day.to_string(),
            Self::Week => {
                let monday = day - Days::new(u64::from(day.weekday().num_days_from_monday()));
                format!("Week of {monday}")
            }
            Self::Month => day.format("%B %Y").to_string(),
            Self::Year => day.format("%Y").to_string(),
        }
    }

    /// How often the axis can be named, in days, Mondays, months or years.
    fn paces(self) -> &'static [i64] {
        match self {
            Self::Day => &[1, 7, 14, 28, 56, 112],
            Self::Week => &[1, 2, 3, 6, 12, 24],
            Self::Month => &[12, 24, 60, 120],
            Self::Year => &[1, 2, 5, 10, 20, 50, 100, 500],
        }
    }
}

impl Calendar {
    /// What one mark sums up; the caption must say so.
    pub fn period(&self) -> Period {
        match (self.last - self.first).num_days() {
            ..120 => Period::Day,
            120..1_100 => Period::Week,
            1_100..11_000 => Period::Month,
            _ => Period::Year,
        }
    }

    /// The sums by position, the first at 0.
    fn buckets(&self) -> BTreeMap<i64, Bucket<'_>> {
        let period = self.period();
        let start = period.number(self.first);
        let mut buckets: BTreeMap<i64, Bucket<'_>> = BTreeMap::new();
        for day in self
            .days
            .iter()
            .filter(|day| (self.first..=self.last).contains(&day.day))
        {
            let bucket = buckets.entry(period.number(day.day) - start).or_default();
            if bucket.name.is_empty() {
                bucket.name = period.name(day.day);
                bucket.is_only = true;
            }
            if period == Period::Day {
                bucket.href = day.href.as_ref();
            }
            bucket.add(day);
        }
        buckets.retain(|_, bucket| bucket.has_marks());
        buckets
    }

    /// The labels of the axis with their positions, those of every `pace`.
    fn names(&self, pace: i64) -> Vec<(i64, String)> {
        let period = self.period();
        let start = period.number(self.first);
        // Days are counted from a Monday, so that every seventh is one.
        let is_named = |day: &NaiveDate| match period {
            Period::Day => (i64::from(day.num_days_from_ce()) - 1).rem_euclid(pace) == 0,
            Period::Week | Period::Month => {
                day.day() == 1 && Period::Month.number(*day).rem_euclid(pace) == 0
            }
            Period::Year => day.ordinal() == 1 && i64::from(day.year()).rem_euclid(pace) == 0,
        };
        let name = |day: NaiveDate| {
            let form = match period {
                Period::Day => "%b %-d",
                Period::Week if day.month() == 1 => "%b %Y",
                Period::Week => "%b",
                Period::Month | Period::Year => "%Y",
            };
            day.format(form).to_string()
        };
        let days = self.first.iter_days().take_while(|day| *day <= self.last);
        days.filter(is_named)
            .map(|day| (period.number(day) - start, name(day)))
            .collect()
    }
}

/// Where the days are.
struct Frame {
    width: f64,
    left: f64,
    step: f64,
    has_tips: bool,
}

impl Frame {
    fn at(&self, position: i64) -> f64 {
        self.left + (position as f64 + 0.5) * self.step
    }

    fn bar(&self) -> f64 {
        (self.step * 0.66).clamp(0.8, 16.0)
    }

    /// A thinner outline where bars are narrow.
    fn claimed(&self) -> &'static str {
        if self.bar() < 5.0 {
            "f-claimed thin"
        } else {
            "f-claimed"
        }
    }
}

/// What a panel shows.
#[derive(Clone, Copy, PartialEq)]
enum Content {
    Factors(Log),
    Hours,
    Minutes,
    Commits,
}

/// One of the drawings under each other.
struct Panel {
    title: &'static str,
    unit: &'static str,
    height: f64,
    content: Content,
    bars: Linear,
    /// Values with their names.
    ticks: Vec<(f64, String)>,
}

impl Panel {
    /// The height at which a value is, from the top of the panel.
    fn at(&self, value: f64) -> f64 {
        match &self.content {
            Content::Factors(log) => log.at(value),
            _ => self.bars.at(value),
        }
    }

    /// A panel of bars; `None` without any.
    fn bars(
        title: &'static str,
        unit: &'static str,
        height: f64,
        content: Content,
        top: f64,
    ) -> Option<Self> {
        let top = positive(top)?;
        let bars = Linear::new(top * 1.05, height, 0.0);
        let named = Linear::new(top, height, 0.0).ticks();
        let ticks = named.into_iter().map(|value| (value, tick(value))).collect();
        Some(Self {
            title,
            unit,
            height,
            content,
            bars,
            ticks,
        })
    }

    /// The panel of factors; `None` without any.
    fn factors(buckets: &BTreeMap<i64, Bucket<'_>>) -> Option<Self> {
        let height = 118.0;
        let both = buckets
            .values()
            .flat_map(|bucket| [ratio(bucket.claimed), ratio(bucket.measured)]);
        let log = Log::of(both.flatten(), height - 6.0, 6.0)?;
        let ticks = log
            .ticks((f64::NEG_INFINITY, f64::INFINITY), |_| 22.0)
            .into_iter()
            .map(|value| (value, format!("{}x", tick(value))));
        Some(Self {
            title: "Factor",
            unit: "log scale",
            height,
            content: Content::Factors(log),
            bars: Linear::new(0.0, height, 0.0),
            ticks: ticks.collect(),
        })
    }
}

fn panels(buckets: &BTreeMap<i64, Bucket<'_>>) -> Vec<Panel> {
    let most = |of: &dyn Fn(&Bucket<'_>) -> f64| buckets.values().map(of).fold(0.0, f64::max);
    let hours = most(&|bucket| bucket.hours.unwrap_or(0.0));
    let minutes = most(&|bucket| bucket.minutes.unwrap_or(0.0).max(bucket.logged.unwrap_or(0.0)));
    let commits = most(&|bucket| bucket.commits as f64);
    let by_logs = "claimed, hollow · measured, solid";
    let by_agent = "with a sign of an agent, dark · without, gray";
    let all = [
        Panel::factors(buckets),
        Panel::bars("Human hours", "claimed", 64.0, Content::Hours, hours),
        Panel::bars("Agent minutes", by_logs, 64.0, Content::Minutes, minutes),
        Panel::bars("Commits", by_agent, 56.0, Content::Commits, commits),
    ];
    all.into_iter().flatten().collect()
}

/// The bars of a panel whose upper edge is at `top`.
fn bars(marks: &mut Marks, panel: &Panel, top: f64, buckets: &BTreeMap<i64, Bucket<'_>>, frame: &Frame) {
    let wide = frame.bar();
    let place = |value: f64| top + panel.at(value);
    let (mut claimed, mut measured, mut other) = (Rects::default(), Rects::default(), Rects::default());
    let add = |rects: &mut Rects, left: f64, width: f64, from: f64, to: f64| {
        rects.add(left, place(to), width, place(from) - place(to));
    };
    for (position, bucket) in buckets {
        let left = frame.at(*position) - wide / 2.0;
        match panel.content {
            Content::Factors(_) => {}
            Content::Hours => add(&mut claimed, left, wide, 0.0, bucket.hours.unwrap_or(0.0)),
            Content::Minutes => {
                let (said, logged) = (bucket.minutes.unwrap_or(0.0), bucket.logged.unwrap_or(0.0));
                // Side by side only where both are.
                let part = if said > 0.0 && logged > 0.0 {
                    wide / 2.0
                } else {
                    wide
                };
                add(&mut claimed, left, part, 0.0, said);
                add(&mut measured, left + wide - part, part, 0.0, logged);
            }
            Content::Commits => {
                add(&mut measured, left, wide, 0.0, bucket.agent_commits as f64);
                add(
                    &mut other,
                    left,
                    wide,
                    bucket.agent_commits as f64,
                    bucket.commits as f64,
                );
            }
        }
    }
    marks.add_some(claimed.markup(frame.claimed()));
    marks.add_some(measured.markup("f-measured"));
    marks.add_some(other.markup("f-other"));
}

/// The factors of one mark in a panel whose upper edge is at `top`; labels stay clear of them.
fn points(
    panel: &Panel,
    top: f64,
    (x, size): (f64, f64),
    bucket: &Bucket<'_>,
    labels: &mut Labels,
) -> Markup {
    let place = |value: f64| top + panel.at(value);
    let claimed = ratio(bucket.claimed).map(place);
    let measured = ratio(bucket.measured).map(place);
    for (y, size) in claimed
        .map(|y| (y, size))
        .into_iter()
        .chain(measured.map(|y| (y, size / 2.0)))
    {
        labels.avoid(Area::around(x, y, size));
    }
    html! {
        @if let (Some(from), Some(to)) = (claimed, measured) { (line(x, from, x, to, "link")) }
        @if let Some(y) = claimed { (diamond(x, y, size, "h-derived", None)) }
        @if let Some(y) = measured { (diamond(x, y, size / 2.0, "f-derived", None)) }
    }
}

/// Over the bars, a column per mark that has its tip and its link, with its factors; then their figures, the newest first.
fn columns(
    marks: &mut Marks,
    panels: &[(Panel, f64)],
    bottom: f64,
    buckets: &BTreeMap<i64, Bucket<'_>>,
    frame: &Frame,
) {
    let factors = panels
        .iter()
        .find(|(panel, _)| matches!(panel.content, Content::Factors(_)));
    let (top, height) = factors.map_or((0.0, 0.0), |(panel, top)| (*top, panel.height));
    let mut labels = Labels::within(Area {
        left: frame.left,
        top: top - 8.0,
        right: frame.width,
        bottom: top + height + 8.0,
    });
    let size = frame.step.clamp(3.4, 6.0);
    for (position, bucket) in buckets {
        let x = frame.at(*position);
        let shown = factors.map(|(panel, top)| points(panel, *top, (x, size), bucket, &mut labels));
        let both = html! {
            (target(x - frame.step / 2.0, TITLE, frame.step, bottom - TITLE))
            @if let Some(shown) = &shown { (shown) }
        };
        let tip = frame.has_tips.then(|| bucket.tip());
        marks.add(if tip.is_some() || bucket.href.is_some() {
            link(bucket.href, tip.as_deref(), &both)
        } else {
            shown.unwrap_or_default()
        });
    }
    let Some((panel, top)) = factors else {
        return;
    };
    for (position, bucket) in buckets.iter().rev() {
        if let Some(value) = ratio(bucket.claimed) {
            let (x, y) = (frame.at(*position), top + panel.at(value) + 4.0);
            marks.add_some(labels.place(
                &factor(value),
                "str",
                &[(x + 10.0, y, Side::Right), (x - 10.0, y, Side::Left)],
            ));
        }
    }
}

impl Calendar {
    /// The labels of the axis that have room, with their places.
    fn axis(&self, frame: &Frame) -> Vec<(f64, f64, String)> {
        let placed = |pace: &i64| {
            let names = self.names(*pace).into_iter().map(|(position, name)| {
                let half = text_width(&name) / 2.0;
                let x = frame.at(position);
                (x, x.max(half).min(frame.width - half), name)
            });
            names.collect::<Vec<_>>()
        };
        let fit = |names: &Vec<(f64, f64, String)>| {
            names.windows(2).all(|pair| match pair {
                [(_, a, first), (_, b, second)] => {
                    b - a >= (text_width(first) + text_width(second)) / 2.0 + 8.0
                }
                _ => true,
            })
        };
        self.period()
            .paces()
            .iter()
            .map(placed)
            .find(fit)
            .unwrap_or_default()
    }
}

impl Drawing for Calendar {
    fn is_empty(&self) -> bool {
        self.buckets().is_empty()
    }

    fn draw(&self, width: f64, _name: &str) -> Drawn {
        let buckets = self.buckets();
        let panels = panels(&buckets);
        if panels.is_empty() {
            return Drawn {
                marks: html! {},
                height: 0.0,
            };
        }
        let names = panels.iter().flat_map(|panel| &panel.ticks);
        let left = names.map(|(_, name)| text_width(name)).fold(20.0, f64::max) + 10.0;
        let period = self.period();
        let slots = (period.number(self.last) - period.number(self.first) + 1).max(1);
        let frame = Frame {
            width,
            left,
            step: (width - left - RIGHT) / slots as f64,
            // A phone has no pointer that could find a narrow column.
            has_tips: !is_slim(width) || buckets.len() <= MOST_TIPS,
        };
        let mut marks = Marks::default();
        let mut y = 4.0;
        let mut placed = Vec::new();
        for panel in panels {
            marks.add(text(0.0, y + 11.0, panel.title, "str"));
            let x = 9.0 + text_width(panel.title) * BOLD;
            if !is_slim(width) && x + text_width(panel.unit) < width {
                marks.add(text(x, y + 11.0, panel.unit, ""));
            }
            let top = y + TITLE;
            for (value, name) in &panel.ticks {
                let at = top + panel.at(*value);
                marks.add(line(
                    left,
                    at,
                    width - RIGHT,
                    at,
                    if *value == 0.0 { "axis" } else { "grid" },
                ));
                marks.add(text(left - 7.0, at + 4.0, name, "e"));
            }
            bars(&mut marks, &panel, top, &buckets, &frame);
            y = top + panel.height + GAP;
            placed.push((panel, top));
        }
        columns(&mut marks, &placed, y - GAP, &buckets, &frame);
        y -= GAP - 8.0;
        for (tick, x, name) in self.axis(&frame) {
            marks.add(line(tick, y - 5.0, tick, y - 1.0, "axis"));
            marks.add(text(x, y + 12.0, &name, "c"));
        }
        Drawn {
            marks: marks.markup(),
            height: y + 17.0,
        }
    }
}
