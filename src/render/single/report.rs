//! A report as a page: the claim with its evidence, every task, the calendar, and the table.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use maud::{Markup, html};

use super::file;
use crate::facts::factor::Ratio;
use crate::facts::quantity::counted;
use crate::overview::{Overview, Support};
use crate::render::chart::calendar::{Calendar, Period};
use crate::render::chart::{Drawing, figure};
use crate::render::document::{Cell, Document, Table, percent};
use crate::render::href::Href;
use crate::render::html::list;
use crate::render::page::{Grid, Head, Mark, Td, key, mark, tile, tiles};
use crate::render::plots::{self, Links};

/// The page of a report: `document` is the table as grouped, `overview` has the same selection.
pub fn report(document: &Document, overview: &Overview) -> String {
    let title = document.title.as_deref().unwrap_or("Leverage report");
    let links = ToRows {
        overview,
        days: days_with_rows(document.tables.first()),
    };
    let lede = lede(overview);
    let body = html! {
        h1 { (title) }
        @if let Some(lede) = &lede { p.lede { (lede) } }
        (key())
        @if !overview.all.tasks.is_empty() { (figures(overview)) }
        (evidence(overview))
        (every_task(overview, &links))
        (by_day(overview, &links))
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

/// The claim in a sentence, with what it rests on; `None` without tasks.
fn lede(overview: &Overview) -> Option<String> {
    let measures = &overview.all.measures;
    let all = measures.human_hours?;
    let hours = Cell::Hours(all);
    let mut text = format!("{} are claimed in {}", hours.for_people(), tasks(measures.tasks));
    match (measures.leverage_factor, measures.agent_minutes) {
        (Some(factor), Some(minutes)) => {
            text += &format!(
                ", with {} of agent time: a factor of {}, if the estimates are right.",
                Cell::Minutes(minutes).for_people(),
                Cell::Factor(factor).for_people()
            );
        }
        _ => text += ", and no agent time is known, so there is no factor.",
    }
    let share = |support: Support| overview.all.support.get(support).human_hours.get() / all.get();
    if all.get() > 0.0 {
        let parts = [
            (Support::Logs, "on minutes in session logs"),
            (Support::Notes, "on minutes in notes"),
            (Support::Commits, "only on commits"),
            (Support::Unchecked, "on commits that a shallow clone left out"),
            (Support::Nothing, "on nothing else"),
        ];
        let parts: Vec<String> = parts
            .into_iter()
            .filter(|(support, _)| share(*support) > 0.0)
            .map(|(support, word)| format!("{} {word}", percent(share(support), 0)))
            .collect();
        text += &format!(" Of these hours, {}.", listed(&parts, "rest"));
    }
    Some(text)
}

/// `a rest on x, b on y and c on z`: the verb is after the first number.
fn listed(parts: &[String], verb: &str) -> String {
    let mut parts = parts.to_vec();
    if let Some(first) = parts.first_mut() {
        *first = first.replacen(' ', &format!(" {verb} "), 1);
    }
    match parts.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
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

fn evidence(overview: &Overview) -> Markup {
    let groups = overview
        .repos
        .iter()
        .map(|repo| (repo.name.as_str(), &repo.group));
    let chart = plots::rests(&overview.all, groups);
    if chart.is_empty() {
        return html! {};
    }
    html! {
        h2 id="rests" { "Evidence for the claims" }
        p.sub { "The hours are estimates. Behind them are minutes in session logs or notes, commits, or nothing." }
        (figure(&chart, "rests", html! {
            "The length of a bar is the claimed hours. Solid: the minutes of the task’s sessions were read in logs. Hatched: minutes from "
            "notes, or only commits. Dashed: nothing. Minutes can be measured, hours cannot: a claim with measured minutes may still be too high."
        }, None))
        details { summary { "Figures" } (support_table(overview)) }
    }
}

fn support_table(overview: &Overview) -> Markup {
    let support = &overview.all.support;
    let all: f64 = support.0.iter().map(|part| part.human_hours.get()).sum();
    let word = |support| match support {
        Support::Logs => "Minutes in session logs",
        Support::Notes => "Minutes in notes",
        Support::Commits => "Commits",
        Support::Unchecked => "Unknown (shallow clone)",
        Support::Nothing => "Nothing",
    };
    let row = |kind: Support| {
        let part = support.get(kind);
        let share = (all > 0.0).then(|| part.human_hours.get() / all);
        vec![
            Td::head(word(kind)),
            Td::of(Cell::Count(part.tasks)),
            Td::of(Cell::Hours(part.human_hours)),
            Td::of(Cell::known(share, Cell::Percent)),
        ]
    };
    Grid {
        label: "Evidence for the claims".to_owned(),
        columns: vec![
            Head::text("Evidence"),
            Head::number("Tasks", Mark::Claimed),
            Head::number("Human", Mark::Claimed),
            Head::number("Share", Mark::Derived),
        ],
        rows: Support::ALL.into_iter().map(row).collect(),
        ..Grid::default()
    }
    .render()
}

fn every_task(overview: &Overview, links: &dyn Links) -> Markup {
    let chart = plots::every_task(overview, &overview.all.tasks, links);
    if chart.is_empty() {
        return html! {};
    }
    let unknown = overview.left_out.tasks_without_agent_minutes;
    html! {
        h2 id="tasks" { "Every task" }
        @if unknown > 0 {
            p.sub { (tasks(unknown)) " without agent time " (if unknown == 1 { "has" } else { "have" }) " no factor and no mark here." }
        }
        (figure(&chart, "strips", html! {
            @if chart.is_binned() {
                (mark(Mark::Claimed)) "A bar counts the tasks at a factor. "
            } @else {
                (mark(Mark::Claimed)) "A circle is a task at its factor; its area is the claimed hours, down to a smallest circle. "
            }
            (mark(Mark::Derived)) "The diamond is the factor of all of them: the sum of hours over the sum of minutes, not a mean of factors. "
            "The scale is logarithmic."
        }, None))
    }
}

fn by_day(overview: &Overview, links: &dyn Links) -> Markup {
    let days = overview.days.iter().map(|day| (day.day, &day.group));
    let Some(chart) = plots::calendar(overview, days, links).filter(|chart| !chart.is_empty()) else {
        return html! {};
    };
    let period = period(&chart);
    html! {
        h2 id="calendar" { "Calendar" }
        p.sub { "Work without a task has commits and minutes, but no hours and no factor. A gap is a " (period) " without a record." }
        (figure(&chart, "calendar", html! {
            (mark(Mark::Derived)) "as claimed; " (mark(Mark::DerivedMeasured)) "the tasks with measured minutes. A mark is a " (period)
            ". Bars start at 0; factors are points on a logarithmic scale."
        }, None))
    }
}

fn period(chart: &Calendar) -> &'static str {
    match chart.period() {
        Period::Day => "day",
        Period::Week => "week",
        Period::Month => "month",
        Period::Year => "year",
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
