//! A report as a single file: what is claimed, what that rests on, every task by day, and the calendar.

use maud::{Markup, html};

use crate::facts::quantity::{counted, plural};
use crate::overview::{Group, Overview, Support};
use crate::render::chart::calendar::{Calendar, Period};
use crate::render::chart::figure;
use crate::render::document::{Basis, Cell, Column, Document, Table, percent};
use crate::render::href::Href;
use crate::render::html;
use crate::render::page::{Grid, Mark, key, mark, tile, tiles};
use crate::render::plots::{self, NoLinks};

/// The page of a report. Without an overview, it has its tables only.
pub fn report(document: &Document, overview: Option<&Overview>) -> String {
    let lead = overview.map(lead).unwrap_or_default();
    html::with_lead(document, &lead)
}

fn lead(overview: &Overview) -> Markup {
    let all = &overview.all;
    if all.tasks.is_empty() {
        return html! { (key()) (calendar(overview)) };
    }
    html! {
        p.lede { (sentence(all)) }
        (key())
        (tiles(&figures(overview)))
        (rests(overview))
        (every_task(overview))
        (calendar(overview))
        h2 #rows { "Figures" }
    }
}

/// What is claimed, with what it rests on.
pub fn sentence(all: &Group) -> String {
    let measures = &all.measures;
    let hours = Cell::known(measures.human_hours, Cell::Hours);
    let mut text = format!(
        "{} {} {}",
        counted(measures.tasks, "task", "tasks"),
        plural(&measures.tasks, "claims", "claim"),
        hours.for_people()
    );
    if let (Some(minutes), Some(factor)) = (measures.agent_minutes, measures.leverage_factor) {
        text += &format!(
            " of human work over {} of agent time: a factor of {}, if the estimates hold",
            Cell::Minutes(minutes).for_people(),
            Cell::Factor(factor).for_people()
        );
    }
    format!("{text}. {}", evidence(all))
}

/// Which parts of the hours rest on what.
fn evidence(all: &Group) -> String {
    let total: f64 = all.support.0.iter().map(|part| part.human_hours.get()).sum();
    let share = |support: Support| {
        let at = Support::ALL.iter().position(|one| *one == support).unwrap_or(0);
        percent(
            all.support.0[at].human_hours.get() / total.max(f64::MIN_POSITIVE),
            0,
        )
    };
    format!(
        "Of these hours, {} rest on agent time read in session logs, {} on agent time in notes, {} on commits, and {} on nothing else.",
        share(Support::Logs),
        share(Support::Notes),
        share(Support::Commits),
        share(Support::Nothing)
    )
}

fn figures(overview: &Overview) -> Vec<Markup> {
    let (all, left_out) = (&overview.all, &overview.left_out);
    let (measures, measured) = (&all.measures, &all.measured);
    let hours = Cell::known(measures.human_hours, Cell::Hours);
    let to = |id| Href::fragment(id);
    let over = |minutes: Option<_>| Cell::known(minutes, Cell::Minutes).for_people().into_owned();
    let claimed = Cell::known(measured.claimed_factor, Cell::Factor);
    vec![
        tile(
            Mark::Claimed,
            "Human hours",
            &hours,
            &html! { "of " (counted(measures.tasks, "task", "tasks")) },
            to("rests").as_ref(),
        ),
        tile(
            Mark::Derived,
            "Factor",
            &Cell::known(measures.leverage_factor, Cell::Factor),
            &html! { (hours.for_people()) " × 60 over " (over(measures.agent_minutes)) },
            to("tasks").as_ref(),
        ),
        tile(
            Mark::DerivedMeasured,
            "Factor over measured time",
            &Cell::known(measured.factor, Cell::Factor),
            &html! { "of the " (counted(measured.tasks, "task", "tasks")) " that have it; as claimed " (claimed.for_people()) },
            to("tasks").as_ref(),
        ),
        tile(
            Mark::Derived,
            "Supervisory factor",
            &Cell::known(measures.supervisory_leverage_factor, Cell::Factor),
            &html! { "over " (over(measures.supervisory_minutes)) "; " (left_out.tasks_without_supervisory_minutes) " without" },
            to("rows").as_ref(),
        ),
        tile(
            Mark::Measured,
            "Agents at work",
            &Cell::known(measures.session_agent_minutes, Cell::Minutes),
            &html! { "in " (counted(measures.sessions.unwrap_or(0), "session", "sessions")) "; wall time " (over(measures.wall_minutes)) },
            to("calendar").as_ref(),
        ),
        tile(
            Mark::Measured,
            "Commits",
            &Cell::Count(measures.commits),
            &html! { (measures.agent_commits) " with an agent; " (left_out.commits_without_task) " in no task" },
            to("calendar").as_ref(),
        ),
    ]
}

fn rests(overview: &Overview) -> Markup {
    let groups = overview
        .repos
        .iter()
        .map(|repo| (repo.name.as_str(), &repo.group));
    let chart = plots::rests(&overview.all, groups);
    html! {
        h2 #rests { "What the claims rest on" }
        p.sub { "The hours are what somebody says. Evidence is the agent time of their sessions, or commits, or nothing." }
        (figure(&chart, "rests", html! { (RESTS_CAPTION) }, None))
        details { summary { "The figures" } (rests_table(&overview.all).render()) }
    }
}

/// How to read the chart of what claims rest on.
pub const RESTS_CAPTION: &str = "Length is claimed hours. Solid: agent time was read in session logs. Hatched: agent time in notes, or \
                                 only commits. Dashed: nothing. Hours that rest on measured time may still be too high: the time is \
                                 measured, the hours never are.";

/// The words for each kind of evidence, in the order of [`Support::ALL`].
pub const EVIDENCE: [&str; 5] = [
    "Agent time in session logs",
    "Agent time in notes",
    "Commits",
    "Unknown (shallow clone)",
    "Nothing",
];

/// The claimed hours by evidence.
pub fn rests_table(group: &Group) -> Grid {
    let total: f64 = group.support.0.iter().map(|part| part.human_hours.get()).sum();
    let rows = EVIDENCE
        .iter()
        .zip(group.support.0)
        .filter(|(_, part)| part.tasks > 0);
    let rows = rows.map(|(word, part)| {
        vec![
            Cell::text(*word),
            Cell::Count(part.tasks),
            Cell::Hours(part.human_hours),
            Cell::known(
                (total > 0.0).then(|| part.human_hours.get() / total),
                Cell::Percent,
            ),
        ]
    });
    let table = Table {
        columns: vec![
            Column::text("evidence", "Evidence"),
            Column::number("tasks", "Tasks", Basis::Claimed),
            Column::number("human_hours", "Hours", Basis::Claimed),
            Column::number("share", "Share", Basis::Derived),
        ],
        rows: rows.collect(),
        ..Table::default()
    };
    Grid::of_table(&table, "What the claims rest on")
}

fn every_task(overview: &Overview) -> Markup {
    let chart = plots::every_task(overview, &overview.all.tasks, &NoLinks);
    let marks = match chart.is_binned() {
        true => "A bar is the number of tasks with about this factor.",
        false => "A circle is a task at its factor; its area is the claimed hours, down to a smallest dot.",
    };
    let caption = html! {
        (mark(Mark::Claimed)) (marks) " " (mark(Mark::Derived)) "The diamond is the factor of the row: the sum of its hours over the \
        sum of its minutes, never a mean of factors. The scale is logarithmic."
    };
    html! {
        h2 #tasks { "Every task" }
        p.sub { "Nothing is left out: low factors are next to high ones." }
        (figure(&chart, "tasks", caption, None))
    }
}

fn calendar(overview: &Overview) -> Markup {
    let days = overview.days.iter().map(|day| (day.day, &day.group));
    let Some(chart) = plots::calendar(overview, days, &NoLinks) else {
        return html! {};
    };
    html! {
        h2 #calendar { "Calendar" }
        p.sub { "Work that nobody claimed has commits and minutes, and no factor." }
        (figure(&chart, "calendar", calendar_caption(&chart), None))
    }
}

/// How to read the calendar.
pub fn calendar_caption(chart: &Calendar) -> Markup {
    let period = match chart.period() {
        Period::Day => "day",
        Period::Week => "week",
        Period::Month => "month",
        Period::Year => "year",
    };
    html! {
        (mark(Mark::Derived)) "factor as claimed, " (mark(Mark::DerivedMeasured)) "of the tasks with measured time. A mark is a "
        (period) ". Bars begin at 0; factors have no 0 and are points. All panels share one calendar."
    }
}
