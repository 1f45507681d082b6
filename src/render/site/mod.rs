//! A site of the record: pages as pure functions of an overview.
//!
//! [`plan`] lists the files, [`draw`] draws one: nothing is read, and the same overview gives the same bytes. Pages refer to each
//! other by relative links that [`urls`] builds from ids, dates and slugs, so that a site opens from a directory as from a server.

mod data;
mod day;
mod feed;
mod groups;
mod log;
mod method;
mod moments;
mod month;
mod options;
mod parts;
mod record;
mod repo;
mod task;
mod tiles;
pub mod urls;

use std::sync::Arc;

use chrono::NaiveDate;

pub use options::{File, SiteOptions};

use self::urls::{Names, Urls};
use super::page::{ICON, SCRIPT, STYLE};
use crate::overview::Overview;

/// A file of a site. Positions are those in the overview.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PageKey {
    /// The record: everything at a glance.
    Index,
    /// A month, by its first day.
    Month(NaiveDate),
    /// A day with tasks.
    Day(usize),
    /// A repository.
    Repo(usize),
    /// A task.
    Task(usize),
    /// What the words mean.
    Method,
    /// The feed.
    Feed,
    /// The report by day, as JSON.
    Report,
    /// The tasks, as JSON Lines.
    Tasks,
    /// The days, as CSV.
    Days,
    /// The style sheet.
    Style,
    /// The script.
    Script,
    /// The icon.
    Icon,
}

/// A file to be drawn, with what is known of all others.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Which.
    pub key: PageKey,
    names: Arc<Names>,
}

impl Planned {
    /// Its path in the site. It is empty only for a position that the overview does not have.
    pub fn path(&self, overview: &Overview) -> String {
        let path = match self.key {
            PageKey::Index => "index.html",
            PageKey::Method => "method.html",
            PageKey::Feed => "feed.xml",
            PageKey::Report => "data/report.json",
            PageKey::Tasks => "data/tasks.jsonl",
            PageKey::Days => "data/days.csv",
            PageKey::Style => "assets/leverage.css",
            PageKey::Script => "assets/leverage.js",
            PageKey::Icon => "assets/icon.svg",
            PageKey::Month(first) => return urls::month_path(first),
            PageKey::Day(at) => {
                let day = overview.days.get(at);
                return day.map(|day| urls::day_path(day.day)).unwrap_or_default();
            }
            PageKey::Repo(at) => return self.names.repo(at).unwrap_or_default(),
            PageKey::Task(at) => return self.names.task(at).unwrap_or_default(),
        };
        path.to_owned()
    }
}

/// All files of the site of an overview.
pub fn plan(overview: &Overview) -> Vec<Planned> {
    let names = Arc::new(Names::new(overview));
    let has_tasks = |at: &usize| !overview.days[*at].group.tasks.is_empty();
    let mut keys = vec![
        PageKey::Index,
        PageKey::Method,
        PageKey::Feed,
        PageKey::Report,
        PageKey::Tasks,
        PageKey::Days,
        PageKey::Style,
        PageKey::Script,
        PageKey::Icon,
    ];
    keys.extend(names.months().into_iter().map(PageKey::Month));
    keys.extend((0..overview.days.len()).filter(has_tasks).map(PageKey::Day));
    keys.extend((0..overview.repos.len()).map(PageKey::Repo));
    keys.extend((0..overview.tasks.len()).map(PageKey::Task));
    let planned = |key| Planned {
        key,
        names: Arc::clone(&names),
    };
    keys.into_iter().map(planned).collect()
}

/// One file of the site.
pub fn draw(overview: &Overview, planned: &Planned, options: &SiteOptions) -> File {
    let path = planned.path(overview);
    let urls = Urls::from(Arc::clone(&planned.names), &path);
    let content = match planned.key {
        PageKey::Index => record::page(overview, &urls, options),
        PageKey::Month(first) => month::page(overview, first, &urls, options),
        PageKey::Day(at) => day::page(overview, at, &urls, options),
        PageKey::Repo(at) => repo::page(overview, at, &urls, options),
        PageKey::Task(at) => task::page(overview, at, &urls, options),
        PageKey::Method => method::page(overview, &urls, options),
        key => {
            return File {
                path,
                bytes: not_a_page(key, overview, options),
            };
        }
    };
    let bytes = parts::framed(&content, &path, overview, &urls, options);
    File { path, bytes }
}

/// The feed, the data and the assets.
fn not_a_page(key: PageKey, overview: &Overview, options: &SiteOptions) -> Vec<u8> {
    let text = match key {
        PageKey::Feed => feed::feed(overview, options),
        PageKey::Report => data::report(overview, options),
        PageKey::Tasks => data::tasks(overview, options),
        PageKey::Days => data::days(overview),
        PageKey::Style => STYLE.to_owned(),
        PageKey::Script => SCRIPT.to_owned(),
        PageKey::Icon => ICON.to_owned(),
        _ => String::new(),
    };
    text.into_bytes()
}

#[cfg(test)]
mod tests;
