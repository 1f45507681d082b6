//! Sections that the pages of a site and single files share: the claim in a sentence, its evidence, every task, the calendar.

use chrono::NaiveDate;
use maud::{Markup, html};

use super::chart::calendar::{Calendar, Period};
use super::chart::{Drawing, figure};
use super::document::{Cell, percent};
use super::page::{Grid, Head, Mark, Td, mark};
use super::plots::{self, Links};
use crate::facts::quantity::counted;
use crate::overview::{Group, Overview, Support};

fn tasks(count: u64) -> String {
    counted(count, "task", "tasks")
}

/// The claim in a sentence, with what it rests on; `None` without tasks.
pub fn sentence(group: &Group) -> Option<String> {
    let measures = &group.measures;
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
    let share = |support: Support| group.support.get(support).human_hours.get() / all.get();
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

/// What the claims of a group rest on, with a table of the same. Nothing without claims.
pub fn evidence<'a>(all: &Group, groups: impl IntoIterator<Item = (&'a str, &'a Group)>) -> Markup {
    let chart = plots::rests(all, groups);
    if chart.is_empty() {
        return html! {};
    }
    html! {
        h2 id="rests" { "Evidence for the claims" }
        p.sub { "The hours are estimates. Behind them are minutes in session logs or notes, commits, or nothing." }
        (figure(&chart, "rests", &html! {
            "The length of a bar is the claimed hours. Solid: the minutes of the task’s sessions were read in logs. Hatched: minutes from "
            "notes, or only commits. Dashed: nothing. Minutes can be measured, hours cannot: a claim with measured minutes may still be too high."
        }, None))
        details { summary { "Figures" } (support_table(all)) }
    }
}

fn support_table(group: &Group) -> Markup {
    let support = &group.support;
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

/// Every one of some tasks at its factor. Nothing without a factor.
pub fn every_task(overview: &Overview, of: &[usize], links: &dyn Links) -> Markup {
    let chart = plots::every_task(overview, of, links);
    if chart.is_empty() {
        return html! {};
    }
    let views = of.iter().filter_map(|at| overview.tasks.get(*at));
    let unknown = views
        .filter(|view| view.measures.leverage_factor.is_none())
        .count() as u64;
    html! {
        h2 id="tasks" { "Every task" }
        @if unknown > 0 {
            p.sub { (tasks(unknown)) " without agent time " (if unknown == 1 { "has" } else { "have" }) " no factor and no mark here." }
        }
        (figure(&chart, "strips", &html! {
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

/// The calendar of some days. Nothing without a day.
pub fn calendar<'a>(
    overview: &Overview,
    days: impl IntoIterator<Item = (NaiveDate, &'a Group)>,
    links: &dyn Links,
) -> Markup {
    let Some(chart) = plots::calendar(overview, days, links).filter(|chart| !chart.is_empty()) else {
        return html! {};
    };
    let period = period(&chart);
    html! {
        h2 id="calendar" { "Calendar" }
        p.sub { "Work without a task has commits and minutes, but no hours and no factor. A gap is a " (period) " without a record." }
        (figure(&chart, "calendar", &html! {
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
