//! Charts of one day: what weighs in its factor, hours against minutes, and when it happened.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use maud::{Markup, html};

use super::options::SiteOptions;
use super::parts::person;
use super::urls::Urls;
use crate::facts::evidence::OriginState;
use crate::facts::quantity::{Minutes, counted, plural};
use crate::facts::span::Moment;
use crate::facts::zone::Zone;
use crate::overview::{CommitView, Day, Overview, SessionView, TaskView};
use crate::render::chart::clock::{Clock, Lane, LaneCommit, LaneSession};
use crate::render::chart::figure;
use crate::render::chart::scatter::{Scatter, ScatterTask};
use crate::render::chart::weights::{Weight, Weights};
use crate::render::document::Cell;
use crate::render::page::{Mark, mark};
use crate::render::plots;
use crate::render::plots::Links;

/// The most tasks that are drawn one by one.
const MAX_TASKS: usize = 100;
/// The most sessions and the most commits that are drawn.
const MAX_EVENTS: usize = 200;
const DAY: i64 = 24 * 60 * 60;

/// A task with what its factor is made of.
struct Terms<'a> {
    at: usize,
    view: &'a TaskView,
    hours: f64,
    minutes: f64,
}

/// The tasks that are in the factor, the most minutes first.
fn terms<'a>(overview: &'a Overview, day: &Day) -> Vec<Terms<'a>> {
    let terms = |(at, view): (usize, &'a TaskView)| {
        let terms = view.terms();
        (!terms.is_empty()).then(|| Terms {
            at,
            view,
            hours: terms.hours().get(),
            minutes: terms.minutes().get(),
        })
    };
    let mut terms: Vec<Terms<'_>> = overview.numbered(&day.group.tasks).filter_map(terms).collect();
    terms.sort_by(|a, b| b.minutes.total_cmp(&a.minutes).then(a.at.cmp(&b.at)));
    terms
}

/// Tasks as shares of minutes and of hours. Nothing with fewer than two.
pub fn weights(overview: &Overview, day: &Day, urls: &Urls) -> Markup {
    let terms = terms(overview, day);
    let (shown, others) = terms.split_at(terms.len().min(MAX_TASKS));
    let mut tasks: Vec<Weight> = shown
        .iter()
        .map(|terms| Weight {
            title: terms.view.task.title.clone(),
            href: urls.task(terms.at),
            hours: terms.hours,
            minutes: terms.minutes,
        })
        .collect();
    if !others.is_empty() {
        tasks.push(Weight {
            title: counted(others.len() as u64, "smaller task", "smaller tasks"),
            href: None,
            hours: others.iter().map(|terms| terms.hours).sum(),
            minutes: others.iter().map(|terms| terms.minutes).sum(),
        });
    }
    if tasks.is_empty() {
        return html! {};
    }
    html! {
        h2 #weights { "What weighs in the factor" }
        (figure(&Weights { tasks }, "weights", &html! {
            "The same tasks in the same order in both bars, the most agent time first. A piece that is wider below has a factor above \
            that of the day, one that is narrower below a lower one."
        }, None))
    }
}

/// Tasks by hours and minutes. Nothing without any.
pub fn scatter(overview: &Overview, day: &Day, urls: &Urls) -> Markup {
    let terms = terms(overview, day);
    let shown = terms.iter().filter(|terms| terms.hours > 0.0).take(MAX_TASKS);
    let tasks: Vec<ScatterTask> = shown
        .map(|terms| ScatterTask {
            title: terms.view.task.title.clone(),
            href: urls.task(terms.at),
            hours: terms.hours,
            minutes: terms.minutes,
            logged_minutes: terms.view.logged.map(Minutes::get),
            tip: plots::tip(terms.view),
        })
        .collect();
    if tasks.is_empty() {
        return html! {};
    }
    let is_cut = terms.len() > MAX_TASKS;
    html! {
        h2 #scatter { "Hours against minutes" }
        p.sub {
            "A slanted line is one factor."
            @if is_cut { " These are the " (MAX_TASKS) " tasks with the most agent time." }
        }
        (figure(&Scatter { tasks }, "scatter", &html! {
            (mark(Mark::Claimed)) "Hours and minutes of the task; the line to the small " (mark(Mark::Measured)) "dot leads to the \
            minutes in the logs. Both scales are logarithmic."
        }, None))
    }
}

/// Sessions and commits by the hours of the day. Says so if there are none.
pub fn clock(overview: &Overview, day: &Day, urls: &Urls, options: &SiteOptions) -> Markup {
    let sessions: Vec<&SessionView> = day
        .sessions
        .iter()
        .filter_map(|at| overview.sessions.get(*at))
        .collect();
    let commits: Vec<(usize, &CommitView)> = day
        .commits
        .iter()
        .filter_map(|at| Some((*at, overview.commits.get(*at)?)))
        .collect();
    let vague = sessions.iter().filter(|session| session.is_by_day).count();
    if sessions.len() == vague && commits.is_empty() {
        return html! {
            h2 #clock { "When it happened" }
            @if vague == 0 { p { "No session and no commit of this day is known." } }
            @else { p { "Only the day of its sessions is known." } }
        };
    }
    let is_cut = sessions.len() - vague > MAX_EVENTS || commits.len() > MAX_EVENTS;
    let clock = Clock {
        lanes: lanes((overview, day), &sessions, &commits, urls, options),
        zone: overview.zone,
        within: Some((midnight(overview, day, 0), midnight(overview, day, 1))),
    };
    html! {
        h2 #clock { "When it happened" }
        p.sub {
            (counted(sessions.len() as u64, "session was", "sessions were")) " active; "
            (counted(commits.len() as u64, "commit", "commits")) " "
            (plural(&(commits.len() as u64), "was", "were")) " made."
            @if is_cut { " The first " (MAX_EVENTS) " of each are drawn." }
            @if vague > 0 { " Of " (counted(vague as u64, "session", "sessions")) " only the day is known." }
        }
        (figure(&clock, "clock", &html! {
            (mark(Mark::Measured)) "A line is a session from its first to its last event, a bar a time in which its agent worked. \
            Ticks below are commits. Hours are those of the site’s time zone."
        }, None))
    }
}

/// The first second of the day, or of one some days later.
fn midnight(overview: &Overview, day: &Day, later: i64) -> i64 {
    let wall = day.day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp() + later * DAY;
    overview.zone.instant(Moment(wall.saturating_mul(1000))).seconds()
}

/// A lane per repository, by name; sessions that worked in none of them are in the last.
fn lanes(
    (overview, day): (&Overview, &Day),
    sessions: &[&SessionView],
    commits: &[(usize, &CommitView)],
    urls: &Urls,
    options: &SiteOptions,
) -> Vec<Lane> {
    let mut lanes: BTreeMap<usize, Lane> = BTreeMap::new();
    let name = |at: usize| {
        overview
            .repos
            .get(at)
            .map_or("elsewhere".to_owned(), |repo| repo.name.clone())
    };
    let empty = |at| Lane {
        name: name(at),
        sessions: Vec::new(),
        commits: Vec::new(),
    };
    let timed = sessions.iter().filter(|session| !session.is_by_day);
    for session in timed.take(MAX_EVENTS) {
        let at = session.repo.unwrap_or(usize::MAX);
        lanes
            .entry(at)
            .or_insert_with(|| empty(at))
            .sessions
            .extend(lane_session(session, day.day, overview.zone));
    }
    let tasks = tasks_of_commits(overview, day);
    for (at, commit) in commits.iter().take(MAX_EVENTS) {
        let href = tasks.get(at).and_then(|task| urls.task(*task));
        let lane = lanes.entry(commit.repo).or_insert_with(|| empty(commit.repo));
        lane.commits.push(LaneCommit {
            at: commit.at,
            by_agent: commit.state == OriginState::Agent,
            tip: commit_tip(commit, options),
            href,
        });
    }
    lanes.into_values().collect()
}

/// The part of a session that is on a day; `None` if nothing is.
fn lane_session(session: &SessionView, day: NaiveDate, zone: Zone) -> Option<LaneSession> {
    let span = session.span_on(day, zone)?;
    let worked = session.worked_on(day, zone).into_iter();
    let minutes = Cell::known(session.agent_minutes, Cell::Minutes);
    let id: String = session.id.chars().take(8).collect();
    Some(LaneSession {
        tip: format!("{} {id}\n{} of agent time", session.agent, minutes.for_people()),
        href: None,
        from: span.start.seconds(),
        to: span.end.seconds(),
        worked: worked
            .map(|span| (span.start.seconds(), span.end.seconds(), 1.0))
            .collect(),
    })
}

fn commit_tip(commit: &CommitView, options: &SiteOptions) -> String {
    let id: String = commit.id.to_string().chars().take(8).collect();
    let lines = Cell::known(commit.lines_added, Cell::Count);
    let author = person(&commit.author, options);
    format!("{id}, {author}\n{} lines added", lines.for_people())
}

/// The first task of the day that has a commit, by the commit's position.
fn tasks_of_commits(overview: &Overview, day: &Day) -> HashMap<usize, usize> {
    let mut tasks = HashMap::new();
    for (at, view) in overview.numbered(&day.group.tasks) {
        for commit in &view.commits {
            tasks.entry(*commit).or_insert(at);
        }
    }
    tasks
}
