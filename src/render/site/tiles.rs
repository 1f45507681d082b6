//! The large figures at the top of pages: each with its sum, and a link to its evidence.

use chrono::NaiveDate;
use maud::{Markup, html};

use super::urls::Urls;
use crate::facts::factor::Ratio;
use crate::facts::quantity::{Minutes, counted, thousands};
use crate::overview::{Group, Overview, TaskView};
use crate::render::document::Cell;
use crate::render::href::Href;
use crate::render::page::{Mark, tile, tiles};
use crate::render::sections::factor_range;

/// Where the figures of a group lead.
struct To {
    claims: Option<Href>,
    factor: Option<Href>,
    work: Option<Href>,
}

/// The six of the index. Without tasks, those that git and logs have.
pub fn of_record(overview: &Overview, urls: &Urls) -> Markup {
    let all = &overview.all;
    let to = To {
        claims: urls.index(Some("rests")),
        factor: urls.index(Some("tasks")),
        work: urls.index(Some("calendar")),
    };
    let without = all
        .measures
        .tasks
        .min(overview.left_out.tasks_without_supervisory_minutes);
    let mut shown = Vec::new();
    if !all.tasks.is_empty() {
        shown.extend([hours(all, &to), factor(overview, all, &to), measured(all, &to)]);
        shown.push(supervision(all, without, urls.index(Some("days")).as_ref()));
    }
    shown.extend([
        at_work(all, to.work.as_ref()),
        commits(overview, to.work.as_ref()),
    ]);
    tiles(&shown)
}

/// The four of a day.
pub fn of_day(overview: &Overview, day: NaiveDate, group: &Group, urls: &Urls) -> Markup {
    let to = To {
        claims: urls.day_section(day, Some("log")),
        factor: urls.day_section(
            day,
            Some(if has_weights(overview, group) {
                "weights"
            } else {
                "log"
            }),
        ),
        work: None,
    };
    let views = overview.tasks_of(group);
    let without = views.filter(|view| view.supervisory.value.is_none()).count() as u64;
    tiles(&[
        hours(group, &to),
        factor(overview, group, &to),
        measured(group, &to),
        supervision(group, without, to.claims.as_ref()),
    ])
}

/// Whether any task of a group has both hours and minutes.
pub fn has_weights(overview: &Overview, group: &Group) -> bool {
    (overview.tasks_of(group)).any(|view| view.measures.leverage_factor.is_some())
}

fn people(minutes: Option<Minutes>) -> String {
    Cell::known(minutes, Cell::Minutes).for_people().into_owned()
}

fn hours(group: &Group, to: &To) -> Markup {
    let measures = &group.measures;
    let weeks = measures
        .human_weeks
        .map(|weeks| format!("; {} weeks of work", thousands(format!("{weeks:.1}"))));
    let how = html! { "of " (counted(measures.tasks, "task", "tasks")) (weeks.unwrap_or_default()) };
    let cell = Cell::known(measures.human_hours, Cell::Hours);
    tile(Mark::Claimed, "Human hours", &cell, &how, to.claims.as_ref())
}

fn factor(overview: &Overview, group: &Group, to: &To) -> Markup {
    let measures = &group.measures;
    let all_measured =
        measures.agent_minutes.is_some() && measures.agent_minutes == measures.agent_minutes_measured;
    let mark = if all_measured {
        Mark::DerivedMeasured
    } else {
        Mark::Derived
    };
    // Tasks without agent time are in the hours of the group, but not in its factor.
    let terms: Ratio = overview.tasks_of(group).map(TaskView::terms).sum();
    let how = html! {
        @if terms.is_empty() { "no task has agent time" } @else {
            (Cell::Hours(terms.hours()).for_people()) " × 60 over " (people(Some(terms.minutes())))
            @match measures.agent_minutes_measured {
                Some(minutes) if !all_measured => { ", of which " (people(Some(minutes))) " were measured" },
                _ => {},
            }
            (factor_range(overview.tasks_of(group)))
        }
    };
    let cell = Cell::known(measures.leverage_factor, Cell::Factor);
    tile(mark, "Factor", &cell, &how, to.factor.as_ref())
}

fn measured(group: &Group, to: &To) -> Markup {
    let measured = &group.measured;
    let claimed = Cell::known(measured.claimed_factor, Cell::Factor);
    let how = if measured.tasks == 0 {
        html! { "no task has measured agent time" }
    } else {
        html! {
            (counted(measured.tasks, "task", "tasks")) " over " (people(Some(measured.minutes))) "; as far as they claim time, " (claimed.for_people())
        }
    };
    let cell = Cell::known(measured.factor, Cell::Factor);
    tile(
        Mark::DerivedMeasured,
        "Factor over measured time",
        &cell,
        &how,
        to.factor.as_ref(),
    )
}

fn supervision(group: &Group, without: u64, to: Option<&Href>) -> Markup {
    let measures = &group.measures;
    let how = html! {
        @if measures.supervisory_minutes.is_none() { "no task has supervision" } @else {
            "over " (people(measures.supervisory_minutes))
            @if without > 0 { "; unknown for " (counted(without, "task", "tasks")) }
        }
    };
    let cell = Cell::known(measures.supervisory_leverage_factor, Cell::Factor);
    tile(Mark::Derived, "Supervisory factor", &cell, &how, to)
}

fn at_work(group: &Group, to: Option<&Href>) -> Markup {
    let measures = &group.measures;
    let how = match measures.sessions {
        Some(sessions) => {
            html! { "in " (counted(sessions, "session", "sessions")) "; wall time " (people(measures.wall_minutes)) }
        }
        None => html! { "no session log was read" },
    };
    let cell = Cell::known(measures.session_agent_minutes, Cell::Minutes);
    tile(Mark::Measured, "Agents at work", &cell, &how, to)
}

fn commits(overview: &Overview, to: Option<&Href>) -> Markup {
    let measures = &overview.all.measures;
    let how = html! {
        (thousands(measures.agent_commits)) " with an agent; " (thousands(overview.left_out.commits_without_task)) " in no task"
    };
    tile(
        Mark::Measured,
        "Commits",
        &Cell::Count(measures.commits),
        &how,
        to,
    )
}
