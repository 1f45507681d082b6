//! The page of a day: its task log, what weighs in its factor, and when it happened.

use maud::{Markup, html};

use super::log::log;
use super::moments::{clock, scatter, weights};
use super::options::{PageContent, SiteOptions};
use super::parts::{crumbs, date, link, month, pager};
use super::tiles;
use super::urls::Urls;
use crate::facts::quantity::{Hours, counted};
use crate::overview::reading::{Part, sentences};
use crate::overview::{Day, Overview};
use crate::render::document::Cell;
use crate::render::page::{Grid, Head, Mark, Td, key, prose};
use crate::render::plots::Links;
use crate::render::sections::{claim_of, stated, worth};

/// The page of the day at a position of the overview.
pub fn page(overview: &Overview, at: usize, urls: &Urls, options: &SiteOptions) -> PageContent {
    let Some(day) = overview.days.get(at) else {
        return PageContent::default();
    };
    let title = format!("{}: {}", options.title, date(day.day));
    let above = [
        (urls.index(None), "Record".to_owned()),
        (urls.month(day.day), month(day.day)),
    ];
    let body = html! {
        (crumbs(&above))
        h1 { (title) }
        p.lede { (sentence(overview, day)) }
        (worth(overview, &day.group))
        (key())
        @if day.group.tasks.is_empty() {
            p { "No task of this day has been recorded, so nothing is claimed for it." }
        } @else {
            (tiles::of_day(overview, day.day, &day.group, urls))
            h2 #log { "Task log" }
            p.sub {
                "The highest factor first. A hollow diamond is the factor as claimed, a solid one the factor over measured time: they \
                are at one place if both agree."
            }
            (log(overview, day, urls))
            (weights(overview, day, urls))
            (scatter(overview, day, urls))
        }
        (clock(overview, day, urls, options))
        (aggregate(overview, day, urls))
        (words(day, options))
        (neighbors(day, urls))
    };
    PageContent {
        title,
        description: sentence(overview, day),
        body,
    }
}

/// What is claimed for the day.
pub fn sentence(overview: &Overview, day: &Day) -> String {
    let views = overview.tasks_of(&day.group);
    let mut repos: Vec<usize> = views.map(|view| view.repo).collect();
    repos.sort_unstable();
    repos.dedup();
    let place = format!(
        " in {}",
        counted(repos.len() as u64, "repository", "repositories")
    );
    stated(&claim_of(overview, &day.group), &place)
}

fn aggregate(overview: &Overview, day: &Day, urls: &Urls) -> Markup {
    let rows = figures(overview, day).into_iter().map(|(mark, word, cell)| {
        vec![
            Td {
                mark: Some(mark),
                ..Td::head(word)
            },
            Td::of(cell),
        ]
    });
    let grid = Grid {
        label: "Aggregate".to_owned(),
        columns: vec![Head::text("Figure"), Head::ordinal("Value")],
        rows: rows.collect(),
        ..Grid::default()
    };
    let sentences = sentences(overview, &day.group.tasks);
    html! {
        h2 #aggregate { "Aggregate" }
        div.cols {
            div { (grid.render()) }
            @if !sentences.is_empty() {
                div {
                    h3 #reading { "Reading it" }
                    @for sentence in &sentences { p { @for part in sentence { (part_of(overview, part, urls)) } } }
                }
            }
        }
    }
}

fn part_of(overview: &Overview, part: &Part, urls: &Urls) -> Markup {
    match part {
        Part::Text(text) => html! { (text) },
        Part::Task(at) => {
            let title = overview.tasks.get(*at).map(|view| view.task.title.as_str());
            link(urls.task(*at).as_ref(), &html! { (title.unwrap_or_default()) })
        }
    }
}

type Figure = (Mark, &'static str, Cell);

fn figures(overview: &Overview, day: &Day) -> Vec<Figure> {
    let mut figures = claims(day);
    figures.extend(over_measured_time(day));
    figures.extend(measured(overview, day));
    figures
}

fn claims(day: &Day) -> Vec<Figure> {
    let measures = &day.group.measures;
    vec![
        (Mark::Claimed, "Tasks", Cell::Count(measures.tasks)),
        (
            Mark::Claimed,
            "Human hours",
            Cell::known(measures.human_hours, Cell::Hours),
        ),
        (
            Mark::Derived,
            "Human weeks",
            Cell::known(measures.human_weeks, Cell::Number),
        ),
        (
            Mark::Claimed,
            "Agent time",
            Cell::known(measures.agent_minutes, Cell::Minutes),
        ),
        (
            Mark::Measured,
            "Part of it that nobody claimed",
            Cell::known(measures.agent_minutes_measured, Cell::Minutes),
        ),
        (
            Mark::Claimed,
            "Supervision",
            Cell::known(measures.supervisory_minutes, Cell::Minutes),
        ),
        (
            Mark::Claimed,
            "Tokens",
            Cell::known(measures.tokens, Cell::Tokens),
        ),
        (
            Mark::Derived,
            "Factor",
            Cell::known(measures.leverage_factor, Cell::Factor),
        ),
        (
            Mark::Derived,
            "Supervisory factor",
            Cell::known(measures.supervisory_leverage_factor, Cell::Factor),
        ),
    ]
}

fn over_measured_time(day: &Day) -> Vec<Figure> {
    let measured = &day.group.measured;
    vec![
        (
            Mark::Measured,
            "Tasks with measured agent time",
            Cell::Count(measured.tasks),
        ),
        (
            Mark::DerivedMeasured,
            "Factor over measured time",
            Cell::known(measured.factor, Cell::Factor),
        ),
        (
            Mark::Derived,
            "The same tasks, as claimed",
            Cell::known(measured.claimed_factor, Cell::Factor),
        ),
        (
            Mark::DerivedMeasured,
            "All-in factor",
            Cell::known(day.group.measures.all_in_leverage_factor, Cell::Factor),
        ),
    ]
}

fn measured(overview: &Overview, day: &Day) -> Vec<Figure> {
    let measures = &day.group.measures;
    let hours: Hours = (overview.tasks_of(&day.group))
        .filter(|view| view.agent.value.is_none())
        .map(|view| view.task.estimate.hours)
        .sum();
    vec![
        (
            Mark::Claimed,
            "Hours of tasks without agent time",
            Cell::Hours(hours),
        ),
        (
            Mark::Measured,
            "Sessions",
            Cell::known(measures.sessions, Cell::Count),
        ),
        (
            Mark::Measured,
            "Agent time of sessions",
            Cell::known(measures.session_agent_minutes, Cell::Minutes),
        ),
        (
            Mark::Measured,
            "Wall time",
            Cell::known(measures.wall_minutes, Cell::Minutes),
        ),
        (
            Mark::Measured,
            "Parallelism",
            Cell::known(measures.parallelism, Cell::Number),
        ),
        (
            Mark::Estimated,
            "Supervision in sessions",
            Cell::known(measures.session_supervisory_minutes, Cell::Minutes),
        ),
        (Mark::Measured, "Commits", Cell::Count(measures.commits)),
        (
            Mark::Measured,
            "Commits with an agent",
            Cell::Count(measures.agent_commits),
        ),
        (
            Mark::Measured,
            "Lines added",
            Cell::known(measures.lines_added, Cell::Count),
        ),
        (
            Mark::Measured,
            "Lines added in source",
            Cell::known(measures.source_lines_added, Cell::Count),
        ),
        (
            Mark::Measured,
            "Lines added in tests",
            Cell::known(measures.test_lines_added, Cell::Count),
        ),
    ]
}

/// The author's own words, named as theirs.
fn words(day: &Day, options: &SiteOptions) -> Markup {
    let Some(text) = options.notes.get(&day.day) else {
        return html! {};
    };
    html! {
        h2 #words { "In the author’s own words" }
        p.sub { "Written by the publisher of this page. Nothing here is measured or checked." }
        div.words { (prose(text)) }
    }
}

fn neighbors(day: &Day, urls: &Urls) -> Markup {
    let (before, after) = urls.neighbors(day.day);
    let to = |day| (urls.day(day), date(day));
    pager(
        "Days",
        [before.map(to), after.map(to)],
        ["no earlier day", "no later day"],
    )
}
