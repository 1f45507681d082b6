//! A report as a page: the claim with its evidence, every task, the calendar, and the table.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use maud::{Markup, html};

use super::file;
use crate::facts::factor::Ratio;
use crate::facts::quantity::counted;
use crate::overview::Overview;
use crate::render::document::{Cell, Document, Table};
use crate::render::href::Href;
use crate::render::html::list;
use crate::render::page::{Grid, Mark, key, tile, tiles};
use crate::render::plots::{self, Links};
use crate::render::sections::{calendar, every_task, evidence, sentence};

/// The page of a report: `document` is the table as grouped, `overview` has the same selection.
pub fn report(document: &Document, overview: &Overview) -> String {
    let title = document.title.as_deref().unwrap_or("Leverage report");
    let links = ToRows {
        overview,
        days: days_with_rows(document.tables.first()),
    };
    let lede = sentence(&overview.all);
    let groups = overview
        .repos
        .iter()
        .map(|repo| (repo.name.as_str(), &repo.group));
    let days = overview.days.iter().map(|day| (day.day, &day.group));
    let body = html! {
        h1 { (title) }
        @if let Some(lede) = &lede { p.lede { (lede) } }
        (key())
        @if !overview.all.tasks.is_empty() { (figures(overview)) }
        (evidence(&overview.all, groups))
        (every_task(overview, &overview.all.tasks, &links))
        (calendar(overview, days, &links))
        @for (at, table) in document.tables.iter().enumerate() {
            h2 id=[(at == 0).then_some("rows")] { (table.title.as_deref().unwrap_or(if at == 0 { "Table" } else { "Totals" })) }
            (with_ids(Grid::of_table(table, title)).render())
            (list(&table.notes))
        }
        (list(&document.notes))
    };
    file(title, lede.as_deref().unwrap_or(title), body)
}

/// Links to the rows of days; a task leads to its day.
struct ToRows<'a> {
    overview: &'a Overview,
    days: BTreeSet<NaiveDate>,
}

impl Links for ToRows<'_> {
    fn task(&self, at: usize) -> Option<Href> {
        self.day(self.overview.tasks.get(at)?.day)
    }

    fn day(&self, day: NaiveDate) -> Option<Href> {
        self.days.contains(&day).then(|| Href::fragment(&id_of(day)))?
    }
}

fn tasks(count: u64) -> String {
    counted(count, "task", "tasks")
}

fn figures(overview: &Overview) -> Markup {
    let (measures, left_out) = (&overview.all.measures, &overview.left_out);
    let compared = &overview.all.measured;
    let terms: Ratio = overview.tasks.iter().map(plots::terms).sum();
    let shown = |cell: Cell| cell.for_people().into_owned();
    let weeks = html! {
        "of " (tasks(measures.tasks))
        @if let Some(weeks) = measures.human_weeks { "; " (shown(Cell::Number(weeks))) " weeks" }
    };
    let over = match terms.is_empty() {
        true => html! { "no task has agent time" },
        false => html! {
            (shown(Cell::Hours(terms.hours()))) " × 60 over " (shown(Cell::Minutes(terms.minutes())))
            @if let Some(minutes) = measures.agent_minutes_measured { ", " (shown(Cell::Minutes(minutes))) " of it from logs" }
        },
    };
    let measured = html! {
        (tasks(compared.tasks)) " with measured minutes"
        @if let Some(factor) = compared.claimed_factor { "; their claims give " (shown(Cell::Factor(factor))) }
    };
    let without = left_out.tasks_without_supervisory_minutes;
    let supervised = html! {
        @match measures.supervisory_minutes {
            Some(minutes) => { "over " (shown(Cell::Minutes(minutes))) },
            None => "no task has supervision",
        }
        @if without > 0 && measures.supervisory_minutes.is_some() { "; unknown for " (tasks(without)) }
    };
    let worked = html! {
        @if let Some(count) = measures.sessions { "in " (counted(count, "session", "sessions")) } @else { "no session was found" }
        @if let Some(minutes) = measures.wall_minutes { "; wall time " (shown(Cell::Minutes(minutes))) }
    };
    let made = html! { (Cell::Count(measures.agent_commits).for_people()) " with agents" };
    tiles(&[
        tile(
            Mark::Claimed,
            "Human",
            &Cell::known(measures.human_hours, Cell::Hours),
            &weeks,
            None,
        ),
        tile(
            Mark::Derived,
            "Factor",
            &Cell::known(measures.leverage_factor, Cell::Factor),
            &over,
            None,
        ),
        tile(
            Mark::DerivedMeasured,
            "Factor over measured minutes",
            &Cell::known(compared.factor, Cell::Factor),
            &measured,
            None,
        ),
        tile(
            Mark::Derived,
            "Sup. factor",
            &Cell::known(measures.supervisory_leverage_factor, Cell::Factor),
            &supervised,
            None,
        ),
        tile(
            Mark::Measured,
            "Agent time in sessions",
            &Cell::known(measures.session_agent_minutes, Cell::Minutes),
            &worked,
            None,
        ),
        tile(
            Mark::Measured,
            "Commits",
            &Cell::Count(measures.commits),
            &made,
            None,
        ),
    ])
}

fn id_of(day: NaiveDate) -> String {
    format!("day-{day}")
}

/// The day that names a row.
fn day_of(cell: &Cell) -> Option<NaiveDate> {
    match cell {
        Cell::Date(day) => Some(*day),
        Cell::Text(text) => text.parse().ok(),
        _ => None,
    }
}

/// The days whose rows something can lead to: none if a day has several.
fn days_with_rows(table: Option<&Table>) -> BTreeSet<NaiveDate> {
    let rows = table.iter().flat_map(|table| &table.rows);
    let days: Vec<NaiveDate> = rows.filter_map(|row| day_of(row.first()?)).collect();
    let unique: BTreeSet<NaiveDate> = days.iter().copied().collect();
    match unique.len() == days.len() {
        true => unique,
        false => BTreeSet::new(),
    }
}

/// The rows of days with their ids.
fn with_ids(mut grid: Grid) -> Grid {
    let days: Vec<Option<NaiveDate>> = grid.rows.iter().map(|row| day_of(&row.first()?.cell)).collect();
    let unique: BTreeSet<&NaiveDate> = days.iter().flatten().collect();
    if unique.len() == days.iter().flatten().count() {
        for (row, day) in grid.rows.iter_mut().zip(&days) {
            if let (Some(first), Some(day)) = (row.first_mut(), day) {
                first.id = Some(id_of(*day));
            }
        }
    }
    grid
}
