//! The feed: an entry per day with tasks, in Atom (RFC 4287).
//!
//! Ids come from the first record and the day, and times from revisions: neither changes with an address or when the site is
//! built again, so a reader of feeds shows a day again only if a task of it was revised.

use chrono::{DateTime, SecondsFormat, Utc};
use maud::{Markup, html};

use super::day;
use super::options::SiteOptions;
use super::parts::{date, person};
use super::urls::day_path;
use crate::facts::ids::TaskId;
use crate::overview::{Day, Overview, TaskView};
use crate::render::page::visible_page;

/// The most entries.
const MAX_ENTRIES: usize = 50;

/// The feed.
pub fn feed(overview: &Overview, options: &SiteOptions) -> String {
    let first = overview
        .tasks
        .iter()
        .min_by_key(|view| (published(view), view.task.id));
    let first_id = first.map(|view| view.task.id.to_string()).unwrap_or_default();
    let id = TaskId::derived(&["feed", &first_id]).to_string();
    let updated = overview
        .tasks
        .iter()
        .map(|view| view.task.at)
        .max()
        .unwrap_or_default();
    let author = first.map_or_else(
        || options.title.clone(),
        |view| person(&view.task.by, &SiteOptions::default()),
    );
    let days = overview
        .days
        .iter()
        .rev()
        .filter(|day| !day.group.tasks.is_empty());
    let feed = html! {
        feed xmlns="http://www.w3.org/2005/Atom" {
            id { "urn:uuid:" (id) }
            title { (options.title) }
            updated { (instant(updated)) }
            author { name { (author) } }
            @if options.base_url.is_some() {
                (link("self", &address("feed.xml", options)))
            }
            (link("alternate", &address("index.html", options)))
            @for day in days.take(MAX_ENTRIES) { "\n" (entry(overview, day, &id, options)) }
        }
    };
    let text = visible_page(&feed);
    format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{}", allowed(&text))
}

fn entry(overview: &Overview, day: &Day, feed: &str, options: &SiteOptions) -> Markup {
    let views = || overview.tasks_of(&day.group);
    let id = TaskId::derived(&["day", feed, &day.day.to_string()]).to_string();
    let updated = views().map(|view| view.task.at).max().unwrap_or_default();
    let published = views().map(published).min().unwrap_or_default();
    html! {
        entry {
            id { "urn:uuid:" (id) }
            title { (options.title) ": " (date(day.day)) }
            updated { (instant(updated)) }
            published { (instant(published)) }
            (link("alternate", &address(&day_path(day.day), options)))
            summary { (day::sentence(overview, day)) }
        }
    }
}

/// An element of XML: in HTML it would not be closed.
fn link(rel: &str, href: &str) -> Markup {
    html! { link rel=(rel) href=(href) {} }
}

/// A path of the site, absolute if it is known where the site will be.
fn address(path: &str, options: &SiteOptions) -> String {
    match &options.base_url {
        Some(base) => format!("{}/{path}", base.trim_end_matches('/')),
        None => path.to_owned(),
    }
}

/// When the first revision of a task was written.
fn published(view: &TaskView) -> DateTime<Utc> {
    view.earlier.first().unwrap_or(&view.task).at
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The text without what XML 1.0 forbids; control characters are written out already.
fn allowed(text: &str) -> String {
    text.chars()
        .filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}'))
        .collect()
}
