//! Charts of an overview: what its tasks, days and audits are on the scales of the charts.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use super::chart::calendar::{Calendar, CalendarDay};
use super::chart::rests::{Rests, RestsRow};
use super::chart::standing::{Standing, StandingRow};
use super::chart::strips::{Strip, StripTask, Strips};
use super::document::Cell;
use super::escape;
use super::href::Href;
use crate::audit::Audit;
use crate::audit::origin::Grouping;
use crate::facts::factor::Ratio;
use crate::facts::quantity::{Hours, Minutes, counted};
use crate::overview::{Group, Overview, TaskView};

/// Up to this many rows are days.
const MAX_ROWS: usize = 31;

/// Bars beyond this are one.
const MAX_BARS: usize = 24;

/// Where marks lead.
pub trait Links {
    /// To a task, by its position.
    fn task(&self, at: usize) -> Option<Href>;
    /// To a day with tasks.
    fn day(&self, day: NaiveDate) -> Option<Href>;
}

/// What the claimed hours rest on: everything first, then each group with claims in their order. Groups beyond a limit are one.
pub fn rests<'a>(all: &Group, groups: impl IntoIterator<Item = (&'a str, &'a Group)>) -> Rests {
    let row = |name: &str, group: &Group, is_total| RestsRow {
        name: name.to_owned(),
        is_total,
        parts: group.support.0.map(|part| (part.tasks, part.human_hours.get())),
    };
    let groups = groups.into_iter().filter(|(_, group)| !group.tasks.is_empty());
    let mut rows: Vec<RestsRow> = groups.map(|(name, group)| row(name, group, false)).collect();
    let others = rows.split_off(rows.len().min(MAX_BARS));
    rows.extend(sum(&others));
    if rows.len() > 1 {
        rows.insert(0, row("all", all, true));
    }
    Rests { rows }
}

/// One bar for several.
fn sum(rows: &[RestsRow]) -> Option<RestsRow> {
    let mut parts = [(0, 0.0); 5];
    for row in rows {
        for (sum, part) in parts.iter_mut().zip(row.parts) {
            sum.0 += part.0;
            sum.1 += part.1;
        }
    }
    (!rows.is_empty()).then(|| RestsRow {
        name: counted(rows.len() as u64, "other", "others"),
        is_total: false,
        parts,
    })
}

/// Every task at its factor: a row per day, or per week or month if days are too many.
pub fn every_task(overview: &Overview, tasks: &[usize], links: &dyn Links) -> Strips {
    let periods = [Unit::Day, Unit::Week, Unit::Month, Unit::Year];
    let rows = periods
        .into_iter()
        .map(|unit| (unit, grouped(overview, tasks, unit)));
    let fits = |(_, rows): &(Unit, BTreeMap<NaiveDate, Vec<usize>>)| rows.len() <= MAX_ROWS;
    let Some((unit, rows)) = rows.into_iter().find(fits) else {
        return Strips::default();
    };
    let strip = |(first, tasks): (NaiveDate, Vec<usize>)| {
        let terms: Ratio = overview.tasks_at(&tasks).map(TaskView::terms).sum();
        Strip {
            name: unit.name(first),
            factor: terms.factor(),
            href: links.day(first).filter(|_| unit == Unit::Day),
            tasks: (overview.numbered(&tasks))
                .filter_map(|(at, view)| dot(view, links.task(at)))
                .collect(),
        }
    };
    Strips {
        rows: rows
            .into_iter()
            .map(strip)
            .filter(|row| !row.tasks.is_empty())
            .collect(),
    }
}

fn dot(view: &TaskView, href: Option<Href>) -> Option<StripTask> {
    let factor = view.measures.leverage_factor?;
    Some(StripTask {
        factor,
        hours: view.task.estimate.hours.get(),
        tip: tip(view),
        href,
    })
}

/// What a mark says about a task: its title, its claim, and what was measured. Untrusted text.
pub fn tip(view: &TaskView) -> String {
    let hours = Cell::Hours(view.task.estimate.hours);
    let minutes = Cell::known(view.agent.value, Cell::Minutes);
    let factor = Cell::known(view.measures.leverage_factor, Cell::Factor);
    let claim = format!(
        "{}\n{} claimed over {}: {}",
        // A line that ends in a title would start one of ours.
        escape::visible(&view.task.title),
        hours.for_people(),
        minutes.for_people(),
        factor.for_people()
    );
    match (view.logged, view.logged_factor) {
        (Some(minutes), Some(factor)) => format!(
            "{claim}\nmeasured: {}, {}",
            Cell::Minutes(minutes).for_people(),
            Cell::Factor(factor).for_people()
        ),
        _ => claim,
    }
}

/// The days from the first to the last with anything.
pub fn calendar<'a>(
    overview: &Overview,
    days: impl IntoIterator<Item = (NaiveDate, &'a Group)>,
    links: &dyn Links,
) -> Option<Calendar> {
    let days: Vec<CalendarDay> = days
        .into_iter()
        .map(|(day, group)| of_day(overview, day, group, links.day(day)))
        .collect();
    let first = days.iter().map(|day| day.day).min()?;
    let last = days.iter().map(|day| day.day).max()?;
    Some(Calendar { first, last, days })
}

fn of_day(overview: &Overview, day: NaiveDate, group: &Group, page: Option<Href>) -> CalendarDay {
    let measures = &group.measures;
    let as_claimed: Ratio = overview.tasks_of(group).map(TaskView::terms).sum();
    let measured: Ratio = overview.tasks_of(group).map(TaskView::logged_terms).sum();
    let claimed = overview
        .tasks_of(group)
        .filter_map(TaskView::claimed_minutes)
        .map(Minutes::get);
    let of = |ratio: Ratio| (!ratio.is_empty()).then(|| (ratio.hours().get(), ratio.minutes().get()));
    CalendarDay {
        day,
        href: page.filter(|_| !group.tasks.is_empty()),
        factor_terms: of(as_claimed),
        measured_terms: of(measured),
        tasks: measures.tasks,
        measured_tasks: group.measured.tasks,
        human_hours: measures.human_hours.map(Hours::get),
        agent_minutes: claimed.reduce(|sum, minutes| sum + minutes),
        logged_minutes: measures.session_agent_minutes.map(Minutes::get),
        sessions: measures.sessions,
        commits: measures.commits,
        agent_commits: measures.agent_commits,
    }
}

/// Lines that commits added, and those still at HEAD, by who made them. Empty without lines.
pub fn standing(audit: &Audit) -> Standing {
    let rows = audit.origin.iter().filter(|row| row.by == Grouping::State);
    let rows = rows.filter(|row| row.lines_added > 0);
    Standing {
        rows: rows
            .map(|row| StandingRow {
                name: row.value.clone(),
                added: row.lines_added,
                standing: row.lines_standing,
                by_agent: row.value == "agent",
            })
            .collect(),
    }
}

/// What a row of tasks sums up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Day,
    Week,
    Month,
    Year,
}

impl Unit {
    /// The first day of the period of a day.
    fn first(self, day: NaiveDate) -> NaiveDate {
        let first = match self {
            Self::Day => Some(day),
            Self::Week => Some(day.week(chrono::Weekday::Mon).first_day()),
            Self::Month => day.with_day(1),
            Self::Year => day.with_day(1).and_then(|day| day.with_month(1)),
        };
        first.unwrap_or(day)
    }

    fn name(self, first: NaiveDate) -> String {
        match self {
            Self::Day => first.to_string(),
            Self::Week => format!("{:04}-W{:02}", first.iso_week().year(), first.iso_week().week()),
            Self::Month => first.format("%Y-%m").to_string(),
            Self::Year => first.format("%Y").to_string(),
        }
    }
}

fn grouped(overview: &Overview, tasks: &[usize], unit: Unit) -> BTreeMap<NaiveDate, Vec<usize>> {
    let mut rows: BTreeMap<NaiveDate, Vec<usize>> = BTreeMap::new();
    for (at, view) in overview.numbered(tasks) {
        rows.entry(unit.first(view.day)).or_default().push(at);
    }
    rows
}
