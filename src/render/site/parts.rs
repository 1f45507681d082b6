//! What pages of a site share: the frame, breadcrumbs, dates, people, and cells that repeat.

use chrono::{DateTime, NaiveDate, Utc};
use maud::{Markup, html};

use super::options::{PageContent, SiteOptions};
use super::urls::Urls;
use crate::facts::quantity::counted;
use crate::overview::{Group, Overview, TaskView};
use crate::render::chart::cells::{self, Scale};
use crate::render::href::Href;
use crate::render::page::{Head, Page, Place, Site, Td};

/// The page in the frame of the site, as bytes. `here` is its path.
pub fn framed(
    content: &PageContent,
    here: &str,
    overview: &Overview,
    urls: &Urls,
    options: &SiteOptions,
) -> Vec<u8> {
    let title = match here {
        "index.html" => content.title.clone(),
        _ if content.title.starts_with(&options.title) => content.title.clone(),
        _ => format!("{} – {}", content.title, options.title),
    };
    let Some(site) = site(here, overview, urls, options) else {
        return Vec::new();
    };
    let page = Page {
        title: &title,
        description: &content.description,
        body: html! { (content.body) },
        place: Place::Site(site),
    };
    page.render().into_bytes()
}

/// `None` never: all of its links are paths of the site.
fn site<'a>(here: &str, overview: &Overview, urls: &Urls, options: &'a SiteOptions) -> Option<Site<'a>> {
    let to = |word, path: &str| Some((word, urls.file(path)?, path == here));
    Some(Site {
        name: &options.title,
        home: urls.index(None)?,
        nav: vec![
            to("Record", "index.html")?,
            to("Days", "index.html#days")?,
            to("Repositories", "index.html#repos")?,
            to("Method", "method.html")?,
        ],
        style: urls.file("assets/leverage.css")?,
        script: urls.file("assets/leverage.js")?,
        icon: urls.file("assets/icon.svg")?,
        feed: urls.file("feed.xml")?,
        made: made(here == "index.html", overview, urls),
    })
}

/// What the site was made from. The index also says as of when, never when it was built: on every page, each new record would
/// change all of them.
fn made(is_index: bool, overview: &Overview, urls: &Urls) -> Markup {
    let as_of = overview.as_of.filter(|_| is_index).map(|at| time(overview, at));
    let excluded = overview.excluded as u64;
    html! {
        p {
            "Made by " code { "git leverage site" } " from " (counted(overview.repos.len() as u64, "repository", "repositories"))
            @if let Some(as_of) = as_of { ", as of " (as_of) }
            @if let Some(zone) = overview.zone.name() { "; days in the time zone " (zone) }
            "."
            @if excluded > 0 { " " (counted(excluded, "repository is", "repositories are")) " left out." }
            " " (link(urls.method(None).as_ref(), &html! { "What the words mean" }))
            " · " (link(urls.file("feed.xml").as_ref(), &html! { "Feed" }))
        }
    }
}

/// A link, or only its words.
pub fn link(href: Option<&Href>, words: &Markup) -> Markup {
    html! { @if let Some(href) = href { a href=(href) { (words) } } @else { (words) } }
}

/// Where a page is: links to the pages above it.
pub fn crumbs(above: &[(Option<Href>, String)]) -> Markup {
    html! {
        nav aria-label="Where this is" {
            ol.crumbs { @for (href, words) in above { li { (link(href.as_ref(), &html! { (words) })) } } }
        }
    }
}

/// `April 4, 2026`.
pub fn date(day: NaiveDate) -> String {
    day.format("%B %-d, %Y").to_string()
}

/// `April 2026`.
pub fn month(day: NaiveDate) -> String {
    day.format("%B %Y").to_string()
}

/// An instant in the zone of the overview: `2026-04-04 14:30 +02:00`.
pub fn time(overview: &Overview, at: DateTime<Utc>) -> String {
    overview
        .zone
        .at(at.timestamp())
        .format("%Y-%m-%d %H:%M %:z")
        .to_string()
}

/// A person, written `Name <address>`: the name alone unless addresses are published. Untrusted text.
pub fn person(text: &str, options: &SiteOptions) -> String {
    if options.mail {
        return text.to_owned();
    }
    let name = text.split('<').next().unwrap_or_default().trim();
    match name {
        "" => "somebody".to_owned(),
        // A name that is an address is one.
        name => name.split('@').next().unwrap_or(name).trim().to_owned(),
    }
}

/// A sentence as it is published: without addresses of people unless these are, and without paths outside of a repository.
pub fn published(text: &str, options: &SiteOptions) -> String {
    let text = without_paths(text);
    if options.mail {
        return text;
    }
    let is_edge = |c: char| c.is_whitespace() || "<>()[]{},;:\"'`".contains(c);
    let mut shown = String::with_capacity(text.len());
    for word in text.split_inclusive(is_edge) {
        let (name, edge) = match word.chars().next_back().filter(|c| is_edge(*c)) {
            Some(c) => word.split_at(word.len() - c.len_utf8()),
            None => (word, ""),
        };
        shown += if name.contains('@') { "…" } else { name };
        shown += edge;
    }
    // `Name <…>` is the name.
    shown.replace(" <…>", "").replace("<…>", "…")
}

/// The first commit of a task with this many digits, and how many more there are; `None` without one.
pub fn commits(overview: &Overview, view: &TaskView, digits: usize) -> Option<String> {
    let here = view.commits.iter().filter_map(|at| overview.commits.get(*at));
    let mut ids = here
        .map(|commit| commit.id)
        .chain(view.missing_commits.iter().copied());
    let mut text = ids.next()?.to_string();
    text.truncate(digits);
    match ids.count() {
        0 => Some(text),
        more => Some(format!("{text} +{more}")),
    }
}

/// What is in the place of an audit that was not made.
pub fn no_audit() -> Markup {
    html! { p { "This site was made without audits." } }
}

/// The pages before and after one: their addresses and words, or what is said without one. Untrusted text.
pub fn pager(
    label: &str,
    [before, after]: [Option<(Option<Href>, String)>; 2],
    [first, last]: [&str; 2],
) -> Markup {
    html! {
        nav.pager aria-label=(label) {
            @match before {
                Some((href, words)) => (link(href.as_ref(), &html! { "← " (words) })),
                None => { span.faint { (first) } },
            }
            @match after {
                Some((href, words)) => (link(href.as_ref(), &html! { (words) " →" })),
                None => { span.faint { (last) } },
            }
        }
    }
}

/// A scale for all factors of a column: those of tasks, as claimed and with measured minutes, and of their groups.
pub fn scale<'a>(overview: &Overview, groups: impl IntoIterator<Item = &'a Group>) -> Option<Scale> {
    let of_task = |view: &TaskView| [view.measures.leverage_factor, view.logged_factor];
    let of_group = |group: &'a Group| {
        let own = [group.measures.leverage_factor, group.measured.factor];
        (overview.tasks_of(group))
            .flat_map(of_task)
            .chain(own)
            .collect::<Vec<_>>()
    };
    Scale::of(groups.into_iter().flat_map(of_group).flatten())
}

/// The head of a column of [`pair`] cells; nothing without a scale.
pub fn pair_head(scale: Option<&Scale>) -> Option<Head> {
    scale.map(|scale| Head::chart("Factor as claimed, and over measured time", cells::axis(scale)))
}

/// A factor as claimed and over measured time, on the scale of the column.
pub fn pair(scale: &Scale, factor: Option<f64>, measured: Option<f64>) -> Td {
    Td::chart(cells::pair(scale, factor, measured))
}

/// A sentence in which every path outside of a repository is `…`: pages say nothing of the machine they were made on.
pub fn without_paths(text: &str) -> String {
    let is_path = |word: &str| {
        let word = word.trim_start_matches(['`', '(', '"', '\'']);
        let mut chars = word.chars();
        let drive = (
            chars.next().is_some_and(|c| c.is_ascii_alphabetic()),
            chars.next(),
            chars.next(),
        );
        word.len() > 1 && word.starts_with('/')
            || word.starts_with("~/")
            || word.contains("://")
            || matches!(drive, (true, Some(':'), Some('\\' | '/')))
    };
    let words = text.split(' ').map(|word| if is_path(word) { "…" } else { word });
    words.collect::<Vec<_>>().join(" ")
}
