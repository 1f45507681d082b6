//! Charts of a site with their captions: what the claims rest on, every task, the calendar.

use chrono::NaiveDate;
use maud::{Markup, html};

use super::urls::Urls;
use crate::overview::{Group, Overview};
use crate::render::chart::figure;
use crate::render::page::{Mark, mark};
use crate::render::plots;
use crate::render::single::report::{RESTS_CAPTION, calendar_caption, rests_table};

/// What the claims of a group rest on, with a table of the same. Nothing without claims.
pub fn rests<'a>(all: &Group, groups: impl IntoIterator<Item = (&'a str, &'a Group)>) -> Markup {
    if all.tasks.is_empty() {
        return html! {};
    }
    let chart = plots::rests(all, groups);
    html! {
        h2 #rests { "What the claims rest on" }
        p.sub { "The hours are what somebody states. Evidence is the agent time of their sessions, or commits, or nothing." }
        (figure(&chart, "rests", html! { (RESTS_CAPTION) }, None))
        details { summary { "The figures" } (rests_table(all).render()) }
    }
}

/// Every task at its factor. Nothing without a factor.
pub fn every_task(overview: &Overview, tasks: &[usize], urls: &Urls) -> Markup {
    let chart = plots::every_task(overview, tasks, urls);
    if chart.rows.is_empty() {
        return html! {};
    }
    let marks = if chart.is_binned() {
        "A bar is the number of tasks with about this factor."
    } else {
        "A circle is a task at its factor, and leads to it; its area is the claimed hours, down to a smallest dot."
    };
    let caption = html! {
        (mark(Mark::Claimed)) (marks) " " (mark(Mark::Derived)) "The diamond is the factor of the row: the sum of its hours over the \
        sum of its minutes, never a mean of factors. The scale is logarithmic."
    };
    html! {
        h2 #spread { "Every task" }
        p.sub { "Nothing is left out: low factors are next to high ones." }
        (figure(&chart, "spread", caption, None))
    }
}

/// The calendar of some days. Nothing without a day.
pub fn calendar<'a>(
    overview: &Overview,
    days: impl IntoIterator<Item = (NaiveDate, &'a Group)>,
    urls: &Urls,
) -> Markup {
    let Some(chart) = plots::calendar(overview, days, urls) else {
        return html! {};
    };
    html! {
        h2 #calendar { "Day by day" }
        p.sub { "Work that nobody claimed has commits and minutes, and no factor." }
        (figure(&chart, "calendar", calendar_caption(&chart), None))
    }
}
