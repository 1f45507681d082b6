//! The index of a site: what is claimed altogether, what that rests on, and where everything is.

use maud::{Markup, html};

use super::groups::{self, Row};
use super::options::{PageContent, SiteOptions};
use super::parts::{date, link, month, published};
use super::tiles;
use super::urls::Urls;
use crate::facts::quantity::{counted, plural, thousands};
use crate::overview::{Day, Overview};
use crate::render::document::Cell;
use crate::render::page::key;
use crate::render::plots::Links;
use crate::render::sections::{self, sentence};

/// Beyond this many days with tasks, months are listed, too.
const MANY_DAYS: usize = 62;
/// The most days in the table.
const MAX_DAYS: usize = 120;
/// The most repositories in the chart of what the claims rest on, and in the table.
const MAX_REPOS: usize = 200;

/// The page.
pub fn page(overview: &Overview, urls: &Urls, options: &SiteOptions) -> PageContent {
    let all = &overview.all;
    let body = html! {
        p.over { (extent(overview)) }
        @if all.tasks.is_empty() {
            h1 { (options.title) }
            p.lede { "No task has been recorded yet, so nothing is claimed." }
        } @else {
            h1 { (heading(overview)) }
            @if let Some(sentence) = sentence(overview, all) { p.lede { (sentence) } }
            (sections::worth(overview, all))
        }
        (key())
        (tiles::of_record(overview, urls))
        (sections::evidence(all, overview.repos.iter().map(|repo| (repo.name.as_str(), &repo.group))))
        (sections::doubts(overview))
        (sections::every_task(overview, &all.tasks, urls))
        (sections::calendar(overview, overview.days.iter().map(|day| (day.day, &day.group)), urls))
        (days(overview, urls))
        (repos(overview, urls))
        (left_out(overview, options))
        (data(urls))
    };
    PageContent {
        title: options.title.clone(),
        description: description(overview),
        body,
    }
}

/// Tasks, hours and factor in one line.
fn description(overview: &Overview) -> String {
    let measures = &overview.all.measures;
    let factor = measures
        .leverage_factor
        .map(|factor| format!(", {}", Cell::Factor(factor).for_people()));
    format!(
        "{}, {} claimed{}",
        counted(measures.tasks, "task", "tasks"),
        Cell::known(measures.human_hours, Cell::Hours).for_people(),
        factor.unwrap_or_default()
    )
}

/// From when to when, and of how many repositories.
fn extent(overview: &Overview) -> String {
    let repos = counted(overview.repos.len() as u64, "repository", "repositories");
    let days = counted(
        with_tasks(overview).count() as u64,
        "day with tasks",
        "days with tasks",
    );
    match (overview.days.first(), overview.days.last()) {
        (Some(first), Some(last)) if first.day != last.day => {
            format!("{} to {} · {repos} · {days}", date(first.day), date(last.day))
        }
        (Some(day), _) => format!("{} · {repos} · {days}", date(day.day)),
        _ => repos,
    }
}

/// The hours, beside the agent time only if all of them belong to it.
fn heading(overview: &Overview) -> String {
    let claim = sections::claim_of(overview, &overview.all);
    let hours = Cell::Hours(claim.hours);
    match claim.is_timed() {
        true => format!(
            "{} of human work, claimed for {} of agent time",
            hours.for_people(),
            Cell::Minutes(claim.timed.ratio.minutes()).for_people()
        ),
        false => format!(
            "{} of human work, claimed in {}",
            hours.for_people(),
            counted(claim.tasks, "task", "tasks")
        ),
    }
}

fn with_tasks(overview: &Overview) -> impl DoubleEndedIterator<Item = &Day> {
    overview.days.iter().filter(|day| !day.group.tasks.is_empty())
}

fn days(overview: &Overview, urls: &Urls) -> Markup {
    let all = with_tasks(overview).count();
    let others = overview.days.len() - all;
    let row = |day: &'_ Day| (day.day.to_string(), urls.day(day.day));
    let rows: Vec<Row<'_>> = with_tasks(overview)
        .rev()
        .take(MAX_DAYS)
        .map(|day| {
            let (name, href) = row(day);
            Row {
                name,
                href,
                group: &day.group,
            }
        })
        .collect();
    html! {
        h2 #days { "Days" }
        @if all == 0 {
            p { "No day has a task." }
        } @else {
            p.sub {
                (counted(all as u64, "day has tasks", "days have tasks")) ". "
                @if all > rows.len() { "These are the newest " (rows.len()) "; the others are on the pages of their months. " }
                @if others > 0 { (counted(others as u64, "more day has", "more days have")) " only commits or sessions; the totals \
                    include them." }
            }
            @if all > MANY_DAYS { (months(urls)) }
            (groups::table(overview, "Days", "Day", &rows, Some(&overview.all)))
        }
    }
}

/// Links to all months with tasks, the newest first.
fn months(urls: &Urls) -> Markup {
    let months = urls.names().months();
    html! {
        p #months {
            "By month: "
            @for (number, first) in months.iter().rev().enumerate() {
                @if number > 0 { ", " }
                (link(urls.month(*first).as_ref(), &html! { (month(*first)) }))
            }
        }
    }
}

fn repos(overview: &Overview, urls: &Urls) -> Markup {
    let rows: Vec<Row<'_>> = (overview.repos.iter().enumerate().take(MAX_REPOS))
        .map(|(at, repo)| Row {
            name: repo.name.clone(),
            href: urls.repo(at, None),
            group: &repo.group,
        })
        .collect();
    let more = overview.repos.len() - rows.len();
    html! {
        h2 #repos { "Repositories" }
        @if rows.is_empty() {
            p { "No repository has a task or a commit." }
        } @else {
            p.sub {
                "Commits that two clones have count once, in the first."
                @if more > 0 { " " (counted(more as u64, "more repository is", "more repositories are")) " in the data." }
            }
            (groups::table(overview, "Repositories", "Repository", &rows, Some(&overview.all)))
        }
    }
}

/// What the numbers leave out.
fn left_out(overview: &Overview, options: &SiteOptions) -> Markup {
    let (measures, left_out) = (&overview.all.measures, &overview.left_out);
    let tasks = counted(measures.tasks, "task", "tasks");
    let of_tasks = |count: u64, what: &str| {
        (count > 0).then(|| {
            format!(
                "{} of {tasks} {} {what}.",
                thousands(count),
                plural(&count, "has", "have")
            )
        })
    };
    let mut sentences: Vec<String> = [
        of_tasks(
            left_out.tasks_without_agent_minutes,
            "no agent time: no factor includes them",
        ),
        of_tasks(
            left_out.tasks_without_supervisory_minutes,
            "no supervision: no supervisory factor includes them",
        ),
        of_tasks(
            left_out.tasks_without_sessions.unwrap_or(0),
            "no session that is known to have taken any time",
        ),
        of_commits(left_out.commits_without_task, measures.commits),
    ]
    .into_iter()
    .flatten()
    .collect();
    let by_agents = overview.estimates_by_agents;
    if by_agents > 0 {
        sentences.push(format!(
            "An agent made the {} of {} of {tasks}.",
            plural(&by_agents, "estimate", "estimates"),
            thousands(by_agents)
        ));
    }
    sentences.push("Sessions are those whose logs or notes are still available. Agents delete their logs after some weeks.".to_owned());
    let excluded = overview.excluded as u64;
    if excluded > 0 {
        sentences.push(format!(
            "{} left out on request.",
            counted(excluded, "repository is", "repositories are")
        ));
    }
    sentences.extend(overview.notes.iter().map(|note| published(note, options)));
    html! {
        h2 #left-out { "What the numbers leave out" }
        ul { @for sentence in sentences { li { (sentence) } } }
    }
}

fn of_commits(count: u64, all: u64) -> Option<String> {
    (count > 0).then(|| {
        format!(
            "{} of {} {} to no task.",
            thousands(count),
            counted(all, "commit", "commits"),
            plural(&count, "belongs", "belong")
        )
    })
}

/// The same as data.
fn data(urls: &Urls) -> Markup {
    let files = ["data/report.json", "data/tasks.jsonl", "data/days.csv"];
    html! {
        p #data {
            "The same as data: "
            @for (number, path) in files.into_iter().enumerate() {
                @if number > 0 { " · " }
                (link(urls.file(path).as_ref(), &html! { (path.trim_start_matches("data/")) }))
            }
        }
    }
}
