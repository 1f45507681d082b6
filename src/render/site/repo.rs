//! The page of a repository: its factors, its days, its tasks, who made its lines, and what its audit finds.

use std::collections::HashMap;

use maud::{Markup, html};

use super::method::spans;
use super::options::{PageContent, SiteOptions};
use super::parts::{commits, crumbs, link, no_audit, pair, pair_head, published, scale};
use super::urls::Urls;
use crate::audit::origin::{Grouping, Row};
use crate::audit::{Audit, Finding, Level};
use crate::facts::diagnostics::Status;
use crate::facts::factor::Ratio;
use crate::facts::quantity::{Hours, Minutes, counted, plural, thousands};
use crate::overview::{Overview, Repo, Support, TaskView};
use crate::render::audit::{Kind, kinds, short_id};
use crate::render::chart::cells::Scale;
use crate::render::chart::{Drawing, figure};
use crate::render::document::{Cell, percent};
use crate::render::href::Href;
use crate::render::page::{Grid, Head, Mark, Td, key, mark, named, tile, tiles};
use crate::render::plots;
use crate::render::sections;

/// The most tasks in the table.
const MAX_TASKS: usize = 200;
/// The most findings of one rule.
const MAX_FINDINGS: usize = 20;
/// Digits of a commit.
const SHORT: usize = 8;
/// Said below the signs of agents, as in an audit.
const ANYONE: &str = "Anyone who can commit or push can type a note, an author, a trailer or text; a commit with several is in \
                      several rows.";

/// The page of the one at a position.
pub fn page(overview: &Overview, at: usize, urls: &Urls, options: &SiteOptions) -> PageContent {
    let Some(repo) = overview.repos.get(at) else {
        return PageContent::default();
    };
    let above = [
        (urls.index(None), "Record".to_owned()),
        (urls.index(Some("repos")), "Repositories".to_owned()),
    ];
    let days = repo.days.iter().map(|(day, group)| (*day, group));
    let lede = lede(overview, repo);
    let body = html! {
        (crumbs(&above))
        h1 { (named(&repo.name)) }
        p.lede { (lede) }
        (sections::worth(overview, &repo.group))
        (key())
        (figures(overview, repo))
        (sections::evidence(&repo.group, [(repo.name.as_str(), &repo.group)]))
        (sections::calendar(overview, days, urls))
        (tasks(overview, repo, urls))
        (origin(repo))
        (findings(overview, at, repo, urls, options))
        (unread(repo, options))
    };
    PageContent {
        title: repo.name.clone(),
        description: lede,
        body,
    }
}

/// What is claimed, which part of it rests on measured time, and how many commits show an agent.
fn lede(overview: &Overview, repo: &Repo) -> String {
    let (group, measures) = (&repo.group, &repo.group.measures);
    let commits = format!(
        "{} of {} {} an agent.",
        thousands(measures.agent_commits),
        counted(measures.commits, "commit", "commits"),
        plural(&measures.agent_commits, "shows", "show")
    );
    let Some(hours) = measures.human_hours else {
        return format!("Nothing is claimed here: no task has been recorded. {commits}");
    };
    let mut text = format!(
        "{} {} claimed in {}",
        Cell::Hours(hours).for_people(),
        are(hours),
        counted(measures.tasks, "task", "tasks")
    );
    let (terms, with_minutes) = terms(overview, repo);
    match terms.factor() {
        Some(factor) if with_minutes == measures.tasks => {
            text += &format!(
                ", with {} of agent time: a factor of {}.",
                Cell::Minutes(terms.minutes()).for_people(),
                Cell::Factor(factor).for_people()
            );
        }
        Some(factor) => {
            text += &format!(
                ". Of these, {} in {} {} {} of agent time: a factor of {}.",
                Cell::Hours(terms.hours()).for_people(),
                counted(with_minutes, "task", "tasks"),
                if terms.hours().get() == 1.0 { "has" } else { "have" },
                Cell::Minutes(terms.minutes()).for_people(),
                Cell::Factor(factor).for_people()
            );
        }
        None => text += ", and no agent time is known, so there is no factor.",
    }
    if let Some(factor) = group.measured.factor.filter(|_| hours.get() > 0.0) {
        text += &format!(
            " For {} of the hours, the agent time is {}: over it, the factor is {}.",
            percent(group.measured.human_hours.get() / hours.get(), 0),
            if group.support.get(Support::Notes).human_hours.get() > 0.0 {
                "in session logs, or in notes, which anyone can type"
            } else {
                "in session logs"
            },
            Cell::Factor(factor).for_people()
        );
    }
    format!("{text} {commits}")
}

/// The terms of the factor, and how many tasks have both.
fn terms(overview: &Overview, repo: &Repo) -> (Ratio, u64) {
    let terms: Vec<Ratio> = (overview.tasks_of(&repo.group))
        .map(TaskView::terms)
        .filter(|ratio| !ratio.is_empty())
        .collect();
    (terms.iter().copied().sum(), terms.len() as u64)
}

/// The verb of an amount of hours.
fn are(hours: Hours) -> &'static str {
    if hours.get() == 1.0 { "is" } else { "are" }
}

fn figures(overview: &Overview, repo: &Repo) -> Markup {
    let (measures, measured) = (&repo.group.measures, &repo.group.measured);
    let to = Href::fragment;
    let people = |minutes: Option<Minutes>| Cell::known(minutes, Cell::Minutes).for_people().into_owned();
    let (terms, with_minutes) = terms(overview, repo);
    let mut shown = Vec::new();
    if !repo.group.tasks.is_empty() {
        shown.extend([
            tile(
                Mark::Derived,
                "Factor",
                &Cell::known(measures.leverage_factor, Cell::Factor),
                &html! {
                    @if with_minutes == 0 { "no agent time is known" }
                    @else {
                        (Cell::Hours(terms.hours()).for_people()) " × 60 over " (people(Some(terms.minutes()))) ", "
                        (thousands(with_minutes)) " of " (counted(measures.tasks, "task", "tasks"))
                        (sections::factor_range(overview.tasks_of(&repo.group)))
                    }
                },
                to("tasks").as_ref(),
            ),
            tile(
                Mark::DerivedMeasured,
                "Factor over measured time",
                &Cell::known(measured.factor, Cell::Factor),
                &html! { (thousands(measured.tasks)) " of " (counted(measures.tasks, "task", "tasks")) " have it" },
                to("tasks").as_ref(),
            ),
            tile(
                Mark::DerivedMeasured,
                "All-in factor",
                &Cell::known(measures.all_in_leverage_factor, Cell::Factor),
                &html! { "over " (people(measures.session_agent_minutes)) ": all sessions, with or without a task" },
                to("calendar").as_ref(),
            ),
        ]);
    }
    shown.push(at_head(repo.audit.as_ref(), to("origin").as_ref()));
    tiles(&shown)
}

/// The part of all added lines that is still at HEAD.
fn at_head(audit: Option<&Audit>, to: Option<&Href>) -> Markup {
    let rows = || audit.iter().flat_map(|audit| of(&audit.origin, Grouping::State));
    let added: u64 = rows().fold(0, |sum, row| sum.saturating_add(row.lines_added));
    let standing: Option<u64> = rows()
        .filter(|row| row.lines_added > 0)
        .map(|row| row.lines_standing)
        .try_fold(0_u64, |sum, lines| Some(sum.saturating_add(lines?)));
    let share = standing
        .filter(|_| added > 0)
        .map(|lines| lines.min(added) as f64 / added as f64);
    let how = match audit {
        Some(_) => html! { "of " (counted(added, "line", "lines")) " added" },
        None => html! { "no audit was made" },
    };
    let cell = Cell::known(share, Cell::Percent);
    tile(Mark::Measured, "Lines still at HEAD", &cell, &how, to)
}

fn of(rows: &[Row], by: Grouping) -> impl Iterator<Item = &Row> {
    rows.iter().filter(move |row| row.by == by)
}

fn tasks(overview: &Overview, repo: &Repo, urls: &Urls) -> Markup {
    let scale = scale(overview, [&repo.group]);
    let all = repo.group.tasks.len();
    let mut newest: Vec<(usize, &TaskView)> = overview.numbered(&repo.group.tasks).collect();
    // Within a day, the highest factor stays first.
    newest.sort_by_key(|(at, view)| (std::cmp::Reverse(view.day), *at));
    let rows = newest.iter().take(MAX_TASKS);
    let grid = Grid {
        label: "Tasks".to_owned(),
        columns: columns(scale.as_ref()),
        rows: rows
            .map(|(at, view)| row(overview, *at, view, urls, scale.as_ref()))
            .collect(),
        foot: Some(foot(repo, scale.as_ref())),
        sort: all > 1,
        filter: (all > 5).then_some("Filter tasks"),
        ..Grid::default()
    };
    let more = all.saturating_sub(MAX_TASKS) as u64;
    html! {
        h2 #tasks { "Tasks" }
        @if all == 0 {
            p { "No task has been recorded." }
        } @else {
            p.sub { "The newest day first. A hollow diamond is the factor as claimed, a solid one the factor over measured time." }
            (grid.render())
            @if more > 0 {
                p.sub {
                    (counted(more, "more task is", "more tasks are")) " on the pages of their days and in "
                    (link(urls.file("data/tasks.jsonl").as_ref(), &html! { "tasks.jsonl" })) "; the totals include them."
                }
            }
        }
    }
}

fn columns(scale: Option<&Scale>) -> Vec<Head> {
    let mut columns = vec![Head::text("Day").class("nw"), Head::text("Task").class("title")];
    columns.extend(["Human", "Agent", "Sup."].map(|word| Head::number(word, Mark::Claimed)));
    columns.push(Head::number("Factor", Mark::Derived));
    columns.extend(pair_head(scale));
    columns.extend(["Measured", "+Lines"].map(|word| Head::number(word, Mark::Measured)));
    columns.extend([Head::text("Commit"), Head::text("Evidence")]);
    columns
}

fn row(overview: &Overview, at: usize, view: &TaskView, urls: &Urls, scale: Option<&Scale>) -> Vec<Td> {
    let is_measured = view.agent.measured.is_some();
    let mut cells = vec![
        Td::of(Cell::Date(view.day)).link(urls.day_section(view.day, None)),
        Td::head(view.task.title.clone()).link(urls.task_section(at, None)),
        Td::of(Cell::Hours(view.task.estimate.hours)),
        Td {
            mark: is_measured.then_some(Mark::Measured),
            ..Td::of(Cell::known(view.agent.value, Cell::Minutes))
        },
        Td {
            mark: view.supervisory.measured.is_some().then_some(Mark::Estimated),
            ..Td::of(Cell::known(view.supervisory.value, Cell::Minutes))
        },
        Td {
            mark: is_measured.then_some(Mark::DerivedMeasured),
            ..Td::of(Cell::known(view.measures.leverage_factor, Cell::Factor))
        },
    ];
    cells.extend(scale.map(|scale| pair(scale, view.measures.leverage_factor, view.logged_factor)));
    cells.push(Td::of(Cell::known(view.logged, Cell::Minutes)));
    cells.push(Td::of(Cell::known(view.measures.lines_added, Cell::Count)));
    cells.push(
        Td::of(Cell::known(commits(overview, view, SHORT), Cell::text))
            .link(urls.task_section(at, Some("evidence")))
            .class("id"),
    );
    cells.push(Td::of(Cell::text(view.support.words())).class("nw"));
    cells
}

fn foot(repo: &Repo, scale: Option<&Scale>) -> Vec<Td> {
    let (measures, measured) = (&repo.group.measures, &repo.group.measured);
    let mut cells = vec![
        Td::of(Cell::Empty),
        Td::head("Total"),
        Td::of(Cell::known(measures.human_hours, Cell::Hours)),
        Td::of(Cell::known(measures.agent_minutes, Cell::Minutes)),
        Td::of(Cell::known(measures.supervisory_minutes, Cell::Minutes)),
        Td::of(Cell::known(measures.leverage_factor, Cell::Factor)),
    ];
    cells.extend(scale.map(|scale| pair(scale, measures.leverage_factor, measured.factor)));
    let minutes = (measured.tasks > 0).then_some(measured.minutes);
    cells.push(Td::of(Cell::known(minutes, Cell::Minutes)));
    cells
}

/// Who made the lines, how that is known, and what is left of them.
fn origin(repo: &Repo) -> Markup {
    let caption = html! {
        "Dashed: lines added. " (mark(Mark::Measured)) "Solid: those still at HEAD. That a commit shows no sign of an agent does not \
        prove that a person made it."
    };
    html! {
        h2 #origin { "Who made it, and what is still there" }
        @match &repo.audit {
            None => { (no_audit()) },
            Some(audit) => {
                @let chart = plots::standing(audit);
                @if chart.is_empty() { p { "No lines were added, or none could be counted." } }
                @else { p.sub { "Known by trailers, notes, authors, and session logs that name a commit." } }
                (figure(&chart, "standing", &caption, None))
                div.cols {
                    (signs(["By agent", "Commits by agent; a commit of two agents is in two rows", "Agent"], Mark::Derived,
                        of(&audit.origin, Grouping::Agent), None))
                    (signs(["By evidence", "Commits by evidence; a commit can have several signs", "Sign"], Mark::Derived,
                        audit.evidence.iter(), Some(ANYONE)))
                }
            },
        }
    }
}

fn signs<'a>(
    [label, caption, head]: [&str; 3],
    mark: Mark,
    rows: impl Iterator<Item = &'a Row>,
    below: Option<&str>,
) -> Markup {
    let rows: Vec<Vec<Td>> = rows
        .map(|row| {
            vec![
                Td::head(row.value.clone()),
                Td::of(Cell::Count(row.commits)),
                Td::of(Cell::Count(row.lines_added)),
                Td::of(Cell::known(row.lines_standing, Cell::Count)),
            ]
        })
        .collect();
    let is_empty = rows.is_empty();
    let mut columns = vec![Head::text(head)];
    columns.extend(["Commits", "+Lines", "At HEAD"].map(|word| Head::number(word, mark)));
    let grid = Grid {
        label: label.to_owned(),
        caption: Some(caption.to_owned()),
        columns,
        sort: rows.len() > 1,
        rows,
        ..Grid::default()
    };
    html! { @if !is_empty { div { (grid.render()) @if let Some(below) = below { p.sub { (below) } } } } }
}

fn findings(overview: &Overview, at: usize, repo: &Repo, urls: &Urls, options: &SiteOptions) -> Markup {
    let own = overview
        .tasks
        .iter()
        .enumerate()
        .filter(|(_, view)| view.repo == at);
    let tasks: HashMap<String, usize> = own
        .map(|(place, view)| (view.task.id.to_string(), place))
        .collect();
    let to_task = |finding: &Finding| {
        let place = tasks.get(&finding.id)?;
        urls.task_section(*place, Some("findings"))
    };
    html! {
        h2 #findings { "What does not add up" }
        @match &repo.audit {
            None => { (no_audit()) },
            Some(audit) => {
                p.sub {
                    (counted(audit.findings.len() as u64, "finding", "findings")) " of the audit, the most severe first. "
                    (counted(audit.checked.len() as u64, "rule", "rules")) " had something to check, "
                    (counted(audit.skipped.len() as u64, "rule", "rules")) " had nothing to check."
                }
                @for kind in kinds(&audit.findings) { (of_kind(&kind, urls, options, &to_task)) }
            },
        }
    }
}

fn of_kind(
    kind: &Kind<'_>,
    urls: &Urls,
    options: &SiteOptions,
    to_task: &dyn Fn(&Finding) -> Option<Href>,
) -> Markup {
    let shown = &kind.findings[..kind.findings.len().min(MAX_FINDINGS)];
    let more = (kind.findings.len() - shown.len()) as u64;
    let rule = html! { code { (kind.rule.id) } };
    html! {
        div.finding.(kind.level.word()) {
            p {
                span.tag { (kind.level.word()) } " " (link(urls.rule(kind.rule.id).as_ref(), &rule)) " "
                span.faint.small { (counted(kind.findings.len() as u64, "time", "times")) }
            }
            p.faint.small { (spans(kind.rule.advice)) }
            details open[kind.level == Level::Error] {
                summary { "Show " (counted(kind.findings.len() as u64, "finding", "findings")) }
                ul {
                    @for finding in shown {
                        @let id = short_id(finding);
                        li {
                            @if !id.is_empty() { (link(to_task(finding).as_ref(), &html! { code { (id) } })) " " }
                            (spans(&published(&finding.message, options)))
                        }
                    }
                }
                @if more > 0 { p.sub { "And " (counted(more, "more finding", "more findings")) "; " code { "git leverage audit" } " prints all." } }
            }
        }
    }
}

/// What was not read.
fn unread(repo: &Repo, options: &SiteOptions) -> Markup {
    let warnings = repo.audit.as_ref().map_or(0, |audit| audit.warnings.len()) as u64;
    let state = match repo.status {
        Status::Complete => None,
        Status::Partial => Some("This repository was read in part."),
        Status::Failed => Some("This repository could not be read."),
    };
    html! {
        @if state.is_some() || repo.reason.is_some() || warnings > 0 {
            h2 #unread { "What was not read" }
            p {
                (state.unwrap_or_default()) " "
                @if let Some(reason) = &repo.reason { (published(reason, options)) " " }
                @if warnings > 0 { "The audit has " (counted(warnings, "warning", "warnings")) "; " code { "git leverage audit" } " prints them." }
            }
        }
    }
}
