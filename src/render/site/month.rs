//! The page of a month: its days with tasks.

use chrono::NaiveDate;
use maud::{Markup, html};

use super::groups::{self, Row};
use super::options::{PageContent, SiteOptions};
use super::parts::{crumbs, month, pager};
use super::urls::{Urls, month_of};
use crate::overview::{Day, Overview};
use crate::render::page::key;
use crate::render::plots::Links;
use crate::render::sections;

/// The page of the month that begins on a day.
pub fn page(overview: &Overview, first: NaiveDate, urls: &Urls, options: &SiteOptions) -> PageContent {
    let is_in = |day: &&Day| month_of(day.day) == first;
    let days: Vec<&Day> = overview.days.iter().filter(is_in).collect();
    let tasks: Vec<usize> = days
        .iter()
        .flat_map(|day| day.group.tasks.iter().copied())
        .collect();
    let rows: Vec<Row<'_>> = (days.iter().rev().filter(|day| !day.group.tasks.is_empty()))
        .map(|day| Row {
            name: day.day.to_string(),
            href: urls.day(day.day),
            group: &day.group,
        })
        .collect();
    let title = format!("{}: {}", options.title, month(first));
    let body = html! {
        (crumbs(&[(urls.index(None), "Record".to_owned())]))
        h1 { (title) }
        @if rows.is_empty() {
            p.lede { "No task of this month has been recorded." }
        } @else {
            (sections::worth_line(&Overview::worth_of(overview.tasks_at(&tasks))))
            (key())
            h2 #days { "Days" }
            (groups::table(overview, "Days", "Day", &rows, None))
            (sections::every_task(overview, &tasks, urls))
            (sections::calendar(overview, days.iter().map(|day| (day.day, &day.group)), urls))
        }
        (neighbors(first, urls))
    };
    PageContent {
        description: format!("The days of {} with tasks", month(first)),
        title,
        body,
    }
}

/// The months with tasks before and after.
fn neighbors(first: NaiveDate, urls: &Urls) -> Markup {
    let months = urls.names().months();
    let before = months.iter().rev().find(|month| **month < first);
    let after = months.iter().find(|month| **month > first);
    let to = |first: &NaiveDate| (urls.month(*first), month(*first));
    pager(
        "Months",
        [before.map(to), after.map(to)],
        ["no earlier month", "no later month"],
    )
}
