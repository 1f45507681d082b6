//! Sections that the pages of a site and single files share: the claim in a sentence, its evidence, every task, the calendar.

use chrono::NaiveDate;
use maud::{Markup, html};

use super::chart::calendar::{Calendar, Period};
use super::chart::{Drawing, figure};
use super::document::{Cell, percent};
use super::html::list;
use super::page::{Grid, Head, Mark, Td, mark};
use super::plots::{self, Links};
use super::{sensitivity, worth};
use crate::aggregate::worth::Worth;
use crate::facts::quantity::{capital, counted, plural};
use crate::overview::claim::Claim;
use crate::overview::doubts::factor_ends;
use crate::overview::{Group, Overview, Support, TaskView};

fn tasks(count: u64) -> String {
    counted(count, "task", "tasks")
}

/// The claim of a group of an overview, with what it rests on; `None` without tasks.
pub fn sentence(overview: &Overview, group: &Group) -> Option<String> {
    let claim = claim_of(overview, group);
    if claim.tasks == 0 {
        return None;
    }
    Some(format!("{} {}", stated(&claim, ""), resting(group)))
}

/// What follows a factor that has a range: `; from 34.5x to 91.2x by ranges of hours and minutes`. Nothing without one.
pub fn factor_range<'t>(tasks: impl Iterator<Item = &'t TaskView>) -> Markup {
    let ends = factor_ends(tasks).map(|ends| [ends.low, ends.high].map(Cell::Factor));
    html! {
        @if let Some([low, high]) = ends { "; from " (low.for_people()) " to " (high.for_people()) " by ranges of hours and minutes" }
    }
}

/// What the claims of a group are worth, in one line. Nothing without claims.
pub fn worth(overview: &Overview, group: &Group) -> Markup {
    worth_line(&overview.worth(group))
}

/// The same of claims that were summed up elsewhere.
pub fn worth_line(worth: &Worth) -> Markup {
    html! { @if let Some(sentence) = worth::sentence(worth) { p.sub #worth { (sentence) "." } } }
}

/// How much of the factor survives each doubt. Nothing without tasks.
pub fn doubts(overview: &Overview) -> Markup {
    if overview.tasks.is_empty() {
        return html! {};
    }
    let table = sensitivity::table(&overview.sensitivity());
    let grid = Grid {
        // The rows are in the order in which they are to be read.
        sort: false,
        ..Grid::of_table(&table, sensitivity::HEADING)
    };
    html! {
        h2 #doubts { (sensitivity::HEADING) }
        p.sub {
            "Each row is a factor of sums under one doubt, and what is left of the factor of the total. Where a doubt cannot be computed, \
            the reason is below the table."
        }
        (grid.render())
        (list(&table.notes))
    }
}

/// The claim of a group.
pub fn claim_of(overview: &Overview, group: &Group) -> Claim {
    Claim::of_views(overview.tasks_of(group))
}

/// What is claimed, in sentences in which each factor has its own hours. `place` follows the number of tasks.
pub fn stated(claim: &Claim, place: &str) -> String {
    let hours = |hours| Cell::Hours(hours).for_people().into_owned();
    let terms = &claim.timed.ratio;
    let minutes = Cell::Minutes(terms.minutes()).for_people().into_owned();
    let all = format!(
        "{}{place} {} {} of human work",
        tasks(claim.tasks),
        plural(&claim.tasks, "claims", "claim"),
        hours(claim.hours)
    );
    let mut text = match terms.factor().map(Cell::Factor) {
        None => format!("{all}. No agent time is known, so there is no factor."),
        Some(factor) if claim.is_timed() => format!(
            "{all} over {minutes} of agent time: a factor of {}, if the estimates are right.",
            factor.for_people()
        ),
        Some(factor) => format!(
            "{all}. Agent time is known for {} of these, in {}: over {minutes}, a factor of {}, if the estimates are right.",
            hours(terms.hours()),
            tasks(claim.timed.tasks),
            factor.for_people()
        ),
    };
    let supervised = &claim.supervised;
    if let Some(factor) = supervised.ratio.factor().map(Cell::Factor) {
        let minutes = Cell::Minutes(supervised.ratio.minutes());
        let part = match supervised.tasks == claim.tasks {
            true => String::new(),
            false => format!(
                " of {} with {}",
                tasks(supervised.tasks),
                hours(supervised.ratio.hours())
            ),
        };
        text += &format!(
            " Over the {} of supervision{part}, it is {}.",
            minutes.for_people(),
            factor.for_people()
        );
    }
    text
}

/// Which parts of the claimed hours rest on what.
fn resting(group: &Group) -> String {
    let all: f64 = group.support.0.iter().map(|part| part.human_hours.get()).sum();
    if all <= 0.0 {
        return String::new();
    }
    let share = |support: Support| group.support.get(support).human_hours.get() / all;
    let parts = [
        (Support::Logs, "on agent time in session logs"),
        (Support::Notes, "on agent time in notes, which anyone can type"),
        (Support::Commits, "only on commits"),
        (Support::Unchecked, "on commits that a shallow clone left out"),
        (Support::Nothing, "on nothing"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(support, _)| share(*support) > 0.0)
        .map(|(support, word)| format!("{} {word}", percent(share(support), 0)))
        .collect();
    format!("Of these hours, {}.", listed(&parts, "rest"))
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
            "The length of a bar is the claimed hours. Solid: agent time in session logs. Closely hatched: agent time in notes, which anyone can "
            "type. Widely hatched: only commits. Dashed: nothing. Time can be measured, hours cannot: a claim with measured time may still be too high."
        }, None))
        details { summary { "Figures" } (support_table(all)) }
    }
}

fn support_table(group: &Group) -> Markup {
    let support = &group.support;
    let all: f64 = support.0.iter().map(|part| part.human_hours.get()).sum();
    let row = |kind: Support| {
        let part = support.get(kind);
        let share = (all > 0.0).then(|| part.human_hours.get() / all);
        vec![
            Td::head(capital(kind.words())),
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
    let unknown = (overview.tasks_at(of))
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
