//! A report as a page: the claim with its evidence, every task, the calendar, and the table.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use maud::{Markup, html};

use super::file;
use crate::facts::factor::Ratio;
use crate::facts::quantity::counted;
use crate::overview::{Overview, TaskView};
use crate::render::document::{Cell, Document, Table};
use crate::render::href::Href;
use crate::render::html::list;
use crate::render::page::{Grid, Mark, key, tile, tiles};
use crate::render::plots::Links;
use crate::render::sections::{calendar, doubts, every_task, evidence, factor_range, sentence, worth};

/// The page of a report: `document` is the table as grouped, `overview` has the same selection.
pub fn report(document: &Document, overview: &Overview) -> String {
    let title = document.title.as_deref().unwrap_or("Leverage report");
    let links = ToRows {
        overview,
        days: days_with_rows(document.tables.first()),
    };
    let lede = sentence(overview, &overview.all);
    let groups = overview
        .repos
        .iter()
        .map(|repo| (repo.name.as_str(), &repo.group));
    let days = overview.days.iter().map(|day| (day.day, &day.group));
    let body = html! {
        h1 { (title) }
        @if let Some(lede) = &lede { p.lede { (lede) } }
        (worth(overview, &overview.all))
        (key())
        @if !overview.all.tasks.is_empty() { (figures(overview)) }
        (evidence(&overview.all, groups))
        (doubts(overview))
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

fn shown(cell: &Cell) -> String {
    cell.for_people().into_owned()
}

fn figures(overview: &Overview) -> Markup {
    let measures = &overview.all.measures;
    let figure = |mark, word, cell: Cell, how: Markup| tile(mark, word, &cell, &how, None);
    let factor = |value| Cell::known(value, Cell::Factor);
    tiles(&[
        figure(
            Mark::Claimed,
            "Human",
            Cell::known(measures.human_hours, Cell::Hours),
            html! {
                "of " (tasks(measures.tasks))
                @if let Some(weeks) = measures.human_weeks { "; " (shown(&Cell::Number(weeks))) " weeks" }
            },
        ),
        figure(
            Mark::Derived,
            "Factor",
            factor(measures.leverage_factor),
            terms(overview),
        ),
        figure(
            Mark::DerivedMeasured,
            "Factor over measured minutes",
            factor(overview.all.measured.factor),
            compared(overview),
        ),
        figure(
            Mark::Derived,
            "Sup. factor",
            factor(measures.supervisory_leverage_factor),
            supervised(overview),
        ),
        figure(
            Mark::Measured,
            "Agent time in sessions",
            Cell::known(measures.session_agent_minutes, Cell::Minutes),
            worked(overview),
        ),
        figure(
            Mark::Measured,
            "Commits",
            Cell::Count(measures.commits),
            html! { (shown(&Cell::Count(measures.agent_commits))) " with agents" },
        ),
    ])
}

/// The terms of the factor: hours without minutes are not in it.
fn terms(overview: &Overview) -> Markup {
    let terms: Ratio = overview.tasks.iter().map(TaskView::terms).sum();
    if terms.is_empty() {
        return html! { "no task has agent time" };
    }
    html! {
        (shown(&Cell::Hours(terms.hours()))) " × 60 over " (shown(&Cell::Minutes(terms.minutes())))
        @if let Some(minutes) = overview.all.measures.agent_minutes_measured {
            ", " (shown(&Cell::Minutes(minutes))) " of it from logs"
        }
        (factor_range(overview.tasks.iter()))
    }
}

fn compared(overview: &Overview) -> Markup {
    let compared = &overview.all.measured;
    html! {
        (tasks(compared.tasks)) " with measured minutes"
        @if let Some(factor) = compared.claimed_factor { "; their claims give " (shown(&Cell::Factor(factor))) }
    }
}

fn supervised(overview: &Overview) -> Markup {
    let without = overview.left_out.tasks_without_supervisory_minutes;
    let Some(minutes) = overview.all.measures.supervisory_minutes else {
        return html! { "no task has supervision" };
    };
    html! {
        "over " (shown(&Cell::Minutes(minutes)))
        @if without > 0 { "; unknown for " (tasks(without)) }
    }
}

fn worked(overview: &Overview) -> Markup {
    let measures = &overview.all.measures;
    html! {
        @if let Some(count) = measures.sessions { "in " (counted(count, "session", "sessions")) } @else { "no session was found" }
        @if let Some(minutes) = measures.wall_minutes { "; wall time " (shown(&Cell::Minutes(minutes))) }
    }
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
