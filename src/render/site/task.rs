//! The page of a task: the claim and its author, what was measured, its revisions, its evidence, and how to check all of it.

use maud::{Markup, html};
use serde_json::Value;

use super::data;
use super::method::spans;
use super::options::{PageContent, SiteOptions};
use super::parts::{crumbs, date, link, no_audit, pager, person, published, time};
use super::urls::Urls;
use crate::facts::estimate::Estimate;
use crate::facts::factor::Ratio;
use crate::facts::ids::ObjectId;
use crate::facts::quantity::{Hours, Minutes, counted, plural};
use crate::facts::record::Opinion;
use crate::facts::shell;
use crate::facts::span::Moment;
use crate::facts::task::Task;
use crate::overview::{CommitView, Overview, SessionView, Support, TaskSession, TaskView};
use crate::render::chart::figure;
use crate::render::chart::order::{Order, OrderEvent};
use crate::render::chart::phases::Phases;
use crate::render::document::Cell;
use crate::render::href::Href;
use crate::render::page::{Grid, Head, Mark, Td, key, mark, named, number, tile, tiles};
use crate::render::sections::{factor_range, worth_line};

/// Digits of a commit.
const SHORT: usize = 10;
/// As many characters of a session's id as are shown.
const SHORT_SESSION: usize = 13;
/// The most rows of a table, and the most revisions.
const MAX_ROWS: usize = 100;
/// The most commits and estimates in the chart.
const MAX_EVENTS: usize = 100;
/// The most findings.
const MAX_FINDINGS: usize = 100;

/// What the sections of a page are drawn from.
struct Here<'a> {
    overview: &'a Overview,
    at: usize,
    view: &'a TaskView,
    urls: &'a Urls,
    options: &'a SiteOptions,
}

/// The page of the one at a position.
pub fn page(overview: &Overview, at: usize, urls: &Urls, options: &SiteOptions) -> PageContent {
    let Some(view) = overview.tasks.get(at) else {
        return PageContent::default();
    };
    let here = Here {
        overview,
        at,
        view,
        urls,
        options,
    };
    let lede = here.lede();
    let body = html! {
        (here.crumbs())
        h1 { (named(&view.task.title)) }
        p.lede { (lede) }
        (worth_line(&Overview::worth_of(std::iter::once(view))))
        (key())
        (here.figures())
        h2 #both { "Claimed and measured" }
        (here.compared())
        (here.phases())
        (here.opinions())
        (here.revisions())
        (here.findings())
        (here.evidence())
        (here.check())
        (here.neighbors())
    };
    PageContent {
        title: view.task.title.clone(),
        description: lede,
        body,
    }
}

fn minutes(value: Option<Minutes>) -> Cell {
    Cell::known(value, Cell::Minutes)
}

fn factor(value: Option<f64>) -> Cell {
    Cell::known(value, Cell::Factor)
}

impl Here<'_> {
    fn repo(&self) -> &str {
        self.overview
            .repos
            .get(self.view.repo)
            .map_or("", |repo| repo.name.as_str())
    }

    fn crumbs(&self) -> Markup {
        crumbs(&[
            (self.urls.index(None), "Record".to_owned()),
            (self.urls.day_section(self.view.day, None), date(self.view.day)),
            (self.urls.repo(self.view.repo, None), self.repo().to_owned()),
        ])
    }

    /// Who states the hours: the person, or an agent on behalf of the person.
    fn author(&self, estimate: &Estimate) -> String {
        let name = person(&estimate.by, self.options);
        match &estimate.estimator {
            Some(estimator) => format!("{} on behalf of {name}", estimator.agent),
            None => name,
        }
    }

    /// Where the agent time of the sessions was read.
    fn source(&self) -> &'static str {
        match self.view.support {
            Support::Notes => "in notes, which anyone can type",
            _ => "in session logs",
        }
    }

    fn lede(&self) -> String {
        let estimate = &self.view.task.estimate;
        let mut text = format!(
            "{} claims that this would have taken {} by hand.",
            self.author(estimate),
            Cell::Hours(estimate.hours).for_people()
        );
        let people = |minutes: Minutes| Cell::Minutes(minutes).for_people().into_owned();
        match (self.view.claimed_minutes(), self.view.logged) {
            (Some(claimed), Some(logged)) => {
                text += &format!(
                    " Agents took {} by that claim, and {} {}.",
                    people(claimed),
                    people(logged),
                    self.source()
                );
            }
            (Some(claimed), None) => {
                text += &format!(
                    " Agents took {} by that claim, which no log or note confirms.",
                    people(claimed)
                );
            }
            (None, Some(logged)) => text += &format!(" Agents took {} {}.", people(logged), self.source()),
            (None, None) => text += " How long agents took is unknown.",
        }
        text
    }

    fn figures(&self) -> Markup {
        let (view, measures) = (self.view, &self.view.measures);
        let hours = Cell::Hours(view.task.estimate.hours);
        let to = Href::fragment;
        let is_measured = view.agent.measured.is_some();
        let sessions = self.sessions().len() as u64;
        let revision = match view.task.rev {
            0 => "not revised".to_owned(),
            rev => format!("revision {rev}"),
        };
        let revision = format!("by {}, {revision}", self.author(&view.task.estimate));
        let kind = if is_measured {
            Mark::DerivedMeasured
        } else {
            Mark::Derived
        };
        tiles(&[
            tile(
                Mark::Claimed,
                "Estimate",
                &hours,
                &html! { (revision) },
                to("revisions").as_ref(),
            ),
            tile(
                kind,
                "Factor",
                &factor(measures.leverage_factor),
                &html! { (hours.for_people()) " × 60 over " (minutes(view.agent.value).for_people())
                (match (is_measured, view.support) {
                    (false, _) => " claimed",
                    (true, Support::Notes) => " in notes",
                    (true, _) => " in session logs",
                })
                @if let Some(least) = view.agent_low { ", at least " (minutes(Some(least)).for_people()) }
                (factor_range(std::iter::once(view))) },
                to("both").as_ref(),
            ),
            tile(
                Mark::DerivedMeasured,
                "Factor over measured time",
                &factor(view.logged_factor),
                &html! { "over " (minutes(view.logged).for_people()) " in " (counted(sessions, "session", "sessions")) },
                to("sessions").as_ref(),
            ),
            tile(
                Mark::Derived,
                "Supervisory factor",
                &factor(measures.supervisory_leverage_factor),
                &html! { "over " (minutes(view.supervisory.value).for_people()) "; from sessions "
                (minutes(view.logged_supervision).for_people()) },
                to("both").as_ref(),
            ),
        ])
    }

    /// Each number as claimed and as measured, and how far these are from each other.
    fn compared(&self) -> Markup {
        let view = self.view;
        let supervision = view
            .supervisory
            .value
            .filter(|_| view.supervisory.measured.is_none());
        let tokens = view.tokens.value.filter(|_| view.tokens.measured.is_none());
        let claimed = self.view.claimed_minutes();
        let of = |value: Option<Minutes>| value.map(Minutes::get);
        let count = |tokens: Option<crate::facts::quantity::Tokens>| tokens.map(|tokens| tokens.0 as f64);
        let rows = vec![
            row(
                "Agent time",
                [minutes(claimed), minutes(view.logged)],
                apart(of(claimed), of(view.logged)),
                None,
                match view.support {
                    Support::Notes => {
                        "Turns of its sessions, without pauses, in notes, which anyone can type"
                    }
                    _ => "Turns in the logs of its sessions, without pauses",
                },
            ),
            row(
                "Supervision",
                [minutes(supervision), minutes(view.logged_supervision)],
                apart(of(supervision), of(view.logged_supervision)),
                view.logged_supervision.map(|_| Mark::Estimated),
                "Gaps before a person’s prompts, each up to a limit",
            ),
            row(
                "Tokens",
                [
                    Cell::known(tokens, Cell::Tokens),
                    Cell::known(view.logged_tokens, Cell::Tokens),
                ],
                apart(count(tokens), count(view.logged_tokens)),
                None,
                "Of all kinds, as the agents count them",
            ),
            row(
                "Human hours",
                [Cell::Hours(view.task.estimate.hours), Cell::Unknown],
                None,
                None,
                "Hours that were not worked cannot be measured",
            ),
        ];
        Grid {
            label: "Claimed and measured".to_owned(),
            columns: vec![
                Head::text("Figure"),
                Head::number("Claimed", Mark::Claimed),
                Head::number("Measured", Mark::Measured),
                Head::number("Difference", Mark::Derived),
                Head::text("How it is known"),
            ],
            rows,
            ..Grid::default()
        }
        .render()
    }

    fn phases(&self) -> Markup {
        let estimate = &self.view.task.estimate;
        let phases = &estimate.phases;
        if phases.is_empty() {
            return html! {};
        }
        let chart = Phases {
            phases: (phases.iter())
                .map(|phase| (published(&phase.name, self.options), phase.hours.get()))
                .collect(),
        };
        let sum: Hours = phases.iter().map(|phase| phase.hours).sum();
        let rows = phases.iter().take(MAX_ROWS);
        let grid = Grid {
            label: "Phases".to_owned(),
            columns: vec![Head::text("Phase"), Head::number("Human", Mark::Claimed)],
            rows: rows
                .map(|phase| {
                    vec![
                        Td::head(published(&phase.name, self.options)),
                        Td::of(Cell::Hours(phase.hours)),
                    ]
                })
                .collect(),
            foot: Some(vec![Td::head("Sum"), Td::of(Cell::Hours(sum))]),
            more_rows: phases.len().saturating_sub(MAX_ROWS),
            ..Grid::default()
        };
        let count = phases.len() as u64;
        html! {
            h2 #phases { "The estimate by phase" }
            p.sub {
                (counted(count, "phase", "phases")) " " (plural(&count, "sums", "sum")) " to " (Cell::Hours(sum).for_people())
                @if estimate.phases_sum_to_it() { ". " }
                @else { ", but the estimate is " (Cell::Hours(estimate.hours).for_people()) ". " }
                "Each is a claim of its own."
            }
            (figure(&chart, "phases", &html! { (mark(Mark::Claimed)) "Hours as claimed. Bars begin at 0." }, None))
            details { summary { "The figures" } (grid.render()) }
        }
    }

    /// What others would have estimated, and the factor under each.
    fn opinions(&self) -> Markup {
        let opinions = &self.view.opinions;
        if opinions.is_empty() {
            return html! {};
        }
        let claim = &self.view.task.estimate;
        let more = opinions.len().saturating_sub(MAX_ROWS);
        let mut rows = vec![self.estimate_row(claim, "the claim")];
        let shown = opinions.iter().take(MAX_ROWS);
        rows.extend(shown.map(|opinion| self.estimate_row(&opinion.estimate, seen(opinion))));
        let mut columns = vec![Head::text("Estimator")];
        columns.extend(["Low", "Hours", "High"].map(|word| Head::number(word, Mark::Claimed)));
        columns.push(Head::number("Factor", Mark::Derived));
        columns.extend(["Given", "Basis"].map(Head::text));
        let grid = Grid {
            label: "Opinions".to_owned(),
            columns,
            rows,
            more_rows: more,
            ..Grid::default()
        };
        html! {
            h2 #opinions { "Opinions" }
            p.sub { (self.spread()) }
            (grid.render())
        }
    }

    /// From the lowest to the highest estimate, and the factors under these.
    fn spread(&self) -> String {
        let others = self.view.opinions.iter().map(|opinion| opinion.estimate.hours);
        let all = || others.clone().chain([self.view.task.estimate.hours]);
        let lowest = all().map(Hours::get).fold(f64::INFINITY, f64::min);
        let highest = all().map(Hours::get).fold(0.0, f64::max);
        let ends = [lowest, highest].map(|hours| Hours::new(hours).unwrap_or_default());
        let [low, high] = ends.map(|hours| Cell::Hours(hours).for_people().into_owned());
        let factors = ends.map(|hours| Ratio::new(hours, self.view.agent.value).factor());
        let count = self.view.opinions.len() as u64;
        let mut text = format!(
            "The claim and {} are from {low} to {high}",
            counted(count, "opinion", "opinions")
        );
        if let [Some(low), Some(high)] = factors.map(|factor| factor.map(Cell::Factor)) {
            text += &format!(": a factor from {} to {}", low.for_people(), high.for_people());
        }
        text + ". The claim counts here."
    }

    fn estimate_row(&self, estimate: &Estimate, given: &str) -> Vec<Td> {
        let end = |end: Option<Hours>| Td::of(Cell::known(end, Cell::Hours));
        let basis = estimate.basis.as_ref();
        vec![
            Td::head(self.author(estimate)),
            end(estimate.low),
            Td::of(Cell::Hours(estimate.hours)),
            end(estimate.high),
            Td::of(factor(Ratio::new(estimate.hours, self.view.agent.value).factor())),
            Td::of(Cell::text(given)),
            Td::of(basis.map_or(Cell::Empty, |basis| Cell::text(published(basis, self.options)))),
        ]
    }

    /// The revisions, the newest first, each with what changed since the one before.
    fn revisions(&self) -> Markup {
        let view = self.view;
        let mut all: Vec<&Task> = view.earlier.iter().chain([&view.task]).collect();
        all.sort_by_key(|task| task.rev);
        let more = all.len().saturating_sub(MAX_ROWS) as u64;
        let steps = (0..all.len()).rev().take(MAX_ROWS);
        html! {
            h2 #revisions { "Revisions" }
            ol.steps {
                @for step in steps {
                    @if let Some(task) = all.get(step) {
                        li { (self.revision(task, step.checked_sub(1).and_then(|before| all.get(before).copied()))) }
                    }
                }
            }
            @if more > 0 { p.sub { "And " (counted(more, "earlier revision", "earlier revisions")) "." } }
        }
    }

    fn revision(&self, task: &Task, before: Option<&Task>) -> Markup {
        let writer = task.writer().map(|writer| writer.agent);
        html! {
            p {
                strong { "Revision " (task.rev) } " · " span.nw { (time(self.overview, task.at)) } " · " (person(&task.by, self.options))
                @if let Some(agent) = writer { ", written by " (agent) }
            }
            p {
                @match before {
                    Some(before) => (changes(task, before)),
                    None => { (first(task)) " Recorded as " code { (data::published(task, self.options).source) } "." },
                }
            }
            @if let Some(basis) = task.estimate.basis.as_ref().filter(|basis| before.is_none_or(|before| before.estimate.basis.as_ref() != Some(*basis))) {
                p.faint { "Basis: " (published(basis, self.options)) }
            }
            @if let Some(reason) = &task.reason { p.faint { "“" (published(reason, self.options)) "”" } }
        }
    }

    fn findings(&self) -> Markup {
        let repo = self.overview.repos.get(self.view.repo);
        let audit = repo.and_then(|repo| repo.audit.as_ref());
        let found = &self.view.findings;
        let more = found.len().saturating_sub(MAX_FINDINGS) as u64;
        html! {
            h2 #findings { "What does not add up" }
            @match audit {
                None => { (no_audit()) },
                Some(_) if found.is_empty() => { p { "The audit finds nothing about this task." } },
                Some(audit) => {
                    @for finding in found.iter().take(MAX_FINDINGS).filter_map(|at| audit.findings.get(*at)) {
                        div.finding.(finding.level.word()) {
                            p {
                                span.tag { (finding.level.word()) } " "
                                (link(self.urls.rule(finding.rule).as_ref(), &html! { code { (finding.rule) } }))
                            }
                            p { (spans(&published(&finding.message, self.options))) }
                            p.faint.small { (spans(finding.advice)) }
                        }
                    }
                    @if more > 0 { p.sub { "And " (counted(more, "more finding", "more findings")) "." } }
                },
            }
        }
    }

    fn commits(&self) -> Vec<&CommitView> {
        let views = self.view.commits.iter();
        views.filter_map(|at| self.overview.commits.get(*at)).collect()
    }

    /// The sessions, each once, with what links them.
    fn sessions(&self) -> Vec<(&TaskSession, &SessionView)> {
        let mut seen = std::collections::HashSet::new();
        let links = self.view.sessions.iter().filter(|link| seen.insert(link.session));
        links
            .filter_map(|link| Some((link, self.overview.sessions.get(link.session)?)))
            .collect()
    }

    fn evidence(&self) -> Markup {
        let (order, left_out) = self.order();
        let by_day = self.sessions().into_iter();
        let by_day = by_day.filter(|(_, session)| session.is_by_day).count() as u64;
        let caption = html! {
            (mark(Mark::Measured)) "Sessions and commits by their own times, " (mark(Mark::Claimed)) "estimates by the times of their \
            records. Long gaps are cut out."
            @if left_out > 0 {
                " " (counted(left_out, "commit or estimate", "commits and estimates")) " before the last one "
                (plural(&left_out, "is", "are")) " left out."
            }
            @if by_day > 0 {
                " Only the day is known of " (counted(by_day, "session", "sessions")) ", which "
                (plural(&by_day, "is", "are")) " left out."
            }
        };
        html! {
            h2 #evidence { "Evidence" }
            p.sub { "The claim rests on: " (self.view.support.words()) "." }
            (figure(&order, "order", &caption, None))
            h3 #commits { "Commits" }
            (self.commit_table())
            h3 #sessions { "Sessions" }
            (self.session_table())
        }
    }

    /// The chart, and how many events it leaves out: it has the earliest, and the last.
    fn order(&self) -> (Order, u64) {
        let session = |(_, session): (&TaskSession, &SessionView)| {
            let label = format!(
                "session {}, {}",
                short(&session.id, 8),
                minutes(session.agent_minutes).for_people()
            );
            (session.span.start.seconds(), session.span.end.seconds(), label)
        };
        let commit = |commit: &CommitView| OrderEvent {
            at: commit.at,
            word: format!("commit {}", commit.id.short()),
            is_claim: false,
        };
        let revision = |task: &Task| OrderEvent {
            at: task.at.timestamp(),
            word: match task.rev {
                0 => "first estimate".to_owned(),
                rev => format!("revision {rev}"),
            },
            is_claim: true,
        };
        let revisions = self.view.earlier.iter().chain([&self.view.task]).map(revision);
        let mut events: Vec<OrderEvent> = self.commits().into_iter().map(commit).chain(revisions).collect();
        events.sort_by_key(|event| event.at);
        let left_out = events.len().saturating_sub(MAX_EVENTS);
        if left_out > 0 {
            // The last one stays.
            events.drain(MAX_EVENTS - 1..MAX_EVENTS - 1 + left_out);
        }
        let timed = self.sessions().into_iter();
        let timed = timed.filter(|(_, session)| !session.is_by_day);
        let order = Order {
            sessions: timed.map(session).collect(),
            events,
            zone: self.overview.zone,
        };
        (order, left_out as u64)
    }

    /// A time in seconds since 1970, in the zone of the overview.
    fn clock(&self, seconds: i64) -> Cell {
        Cell::text(
            self.overview
                .zone
                .at(seconds)
                .format("%Y-%m-%d %H:%M %:z")
                .to_string(),
        )
    }

    /// Only the day of a time, which is all that is known of some.
    fn day(&self, seconds: i64) -> Cell {
        Cell::text(self.overview.zone.day(seconds).to_string())
    }

    fn commit_table(&self) -> Markup {
        let missing = &self.view.missing_commits;
        let commits = self.commits();
        let all = commits.len() + missing.len();
        if all == 0 {
            // Those of other branches are read as evidence, but are in no sum.
            let is_elsewhere = self.view.support == Support::Commits || !self.view.task.commits.is_empty();
            return html! {
                p {
                    @if is_elsewhere { "Its commits are on a branch that is not counted here." }
                    @else { "The task names no commit." }
                }
            };
        }
        let known = commits.into_iter().map(|commit| {
            let signs: Vec<String> = commit.evidence.iter().map(ToString::to_string).collect();
            vec![
                Td::head(digits(commit.id)).class("id"),
                Td::of(Cell::text(person(&commit.author, self.options))),
                Td::of(self.clock(commit.at)).class("nw"),
                Td::of(Cell::known(commit.lines_added, Cell::Count)),
                Td::of(Cell::known(commit.lines_removed, Cell::Count)),
                Td::of(Cell::known(commit.lines_standing, Cell::Count)),
                codes(&signs),
            ]
        });
        let gone = missing.iter().map(|id| {
            vec![
                Td::head(digits(*id)).class("id"),
                Td::of(Cell::text("not in this repository")).class("faint"),
            ]
        });
        let mut columns = vec![Head::text("Commit"), Head::text("Author"), Head::text("Time")];
        columns.extend(["+Lines", "−Lines", "At HEAD"].map(|word| Head::number(word, Mark::Measured)));
        columns.push(Head::text("Signs of an agent"));
        Grid {
            label: "Commits".to_owned(),
            columns,
            rows: known.chain(gone).take(MAX_ROWS).collect(),
            more_rows: all.saturating_sub(MAX_ROWS),
            ..Grid::default()
        }
        .render()
    }

    fn session_table(&self) -> Markup {
        let links = &self.view.sessions;
        if links.is_empty() {
            return html! { p { "No session of this task is known." } };
        }
        let known = |link: &TaskSession| {
            let session = self.overview.sessions.get(link.session)?;
            let signs: Vec<String> = link.evidence.iter().map(ToString::to_string).collect();
            let agent = [session.agent.as_str()].into_iter();
            let models: Vec<&str> = agent.chain(session.models.iter().map(String::as_str)).collect();
            let confidence = link.confidence.map(|confidence| confidence.to_string());
            let named = "named by the task".to_owned();
            let at = |moment: Moment| match session.is_by_day {
                true => self.day(moment.seconds()),
                false => self.clock(moment.seconds()),
            };
            Some(vec![
                Td::head(short(&session.id, SHORT_SESSION)).class("id"),
                Td::of(Cell::text(models.join(", "))),
                Td::of(at(session.span.start)).class("nw"),
                Td::of(at(session.span.end)).class("nw"),
                Td::of(minutes(session.agent_minutes)),
                Td::of(minutes(session.wall_minutes)),
                Td::of(Cell::known(link.share, Cell::Percent)),
                Td::of(Cell::text(confidence.unwrap_or(named))),
                codes(&signs),
            ])
        };
        let mut columns: Vec<Head> = ["Session", "Agent, model", "From", "To"].map(Head::text).into();
        columns.extend(["Agent time", "Wall time", "Share"].map(|word| Head::number(word, Mark::Measured)));
        columns.extend(["Link", "Evidence"].map(Head::text));
        Grid {
            label: "Sessions".to_owned(),
            columns,
            rows: links.iter().take(MAX_ROWS).filter_map(known).collect(),
            more_rows: links.len().saturating_sub(MAX_ROWS),
            ..Grid::default()
        }
        .render()
    }

    /// Commands that print the same, and the record.
    fn check(&self) -> Markup {
        let task = &self.view.task;
        let repo = shell::word(self.repo());
        let here = self.commits().into_iter().map(|commit| commit.id);
        let mut commands = vec![format!("git -C {repo} leverage show {}", task.id)];
        if let Some(commit) = here.chain(self.view.missing_commits.iter().copied()).next() {
            let commit = digits(commit);
            commands.push(format!("git -C {repo} log --show-notes=leverage -1 {commit}"));
            commands.push(format!("git -C {repo} show --numstat {commit}"));
        }
        html! {
            h2 #check { "Check it yourself" }
            p { "All of this is in the repository. These commands print it:" }
            pre tabindex="0" { (commands.join("\n")) }
            details {
                summary { "The record" @if !self.options.mail { ", without addresses" } }
                pre tabindex="0" { (self.record()) }
            }
        }
    }

    fn record(&self) -> String {
        let Ok(mut value) = serde_json::to_value(data::published(&self.view.task, self.options)) else {
            return String::new();
        };
        without_addresses(&mut value, None, self.options);
        serde_json::to_string_pretty(&value).unwrap_or_default()
    }

    /// The tasks of the day next to this one.
    fn neighbors(&self) -> Markup {
        let tasks = &self.overview.tasks;
        let of_day = |at: Option<usize>| {
            let at = at?;
            let view = tasks.get(at)?;
            (view.day == self.view.day).then_some((at, view))
        };
        let before = of_day(self.at.checked_sub(1));
        let after = of_day(self.at.checked_add(1));
        let to = |(at, view): (usize, &TaskView)| (self.urls.task_section(at, None), view.task.title.clone());
        let day = date(self.view.day);
        let [first, last] = ["first", "last"].map(|end| format!("{end} task of {day}"));
        pager("Tasks", [before.map(to), after.map(to)], [&first, &last])
    }
}

/// What an estimator could see of the claim.
fn seen(opinion: &Opinion) -> &'static str {
    match (opinion.claim_here, opinion.asked) {
        (false, _) => "blind: the claim was not in the clone",
        (true, true) => "asked blind: the claim was in the clone, but was not shown",
        (true, false) => "when the claim was in the clone",
    }
}

/// A row of what is claimed and what was measured. The difference is a share of the claim; `how` says how the second is known.
fn row(
    name: &str,
    [claimed, logged]: [Cell; 2],
    apart: Option<f64>,
    mark: Option<Mark>,
    how: &str,
) -> Vec<Td> {
    vec![
        Td::head(name),
        Td::of(claimed),
        Td {
            mark,
            ..Td::of(logged)
        },
        Td::of(Cell::known(apart, Cell::Percent)),
        Td::of(Cell::text(how)).class("small faint"),
    ]
}

/// How far what was measured is from what is claimed, as a share of the claim.
fn apart(claimed: Option<f64>, logged: Option<f64>) -> Option<f64> {
    let (claimed, logged) = (claimed?, logged?);
    let share = (claimed > 0.0).then(|| (logged - claimed) / claimed)?;
    // Less than any digit that is shown, which would be -0.0%.
    Some(if share.abs() < 0.0005 { 0.0 } else { share })
}

/// What a first revision claims.
fn first(task: &Task) -> Markup {
    let claimed = |cell: &Cell| html! { (mark(Mark::Claimed)) (number(cell)) };
    let basis = |is_claim: bool| if is_claim { Mark::Claimed } else { Mark::Measured };
    html! {
        "Estimate " (claimed(&Cell::Hours(task.estimate.hours)))
        @if let Some(minutes) = task.agent_minutes {
            ", agent time " (mark(basis(task.agent_minutes_basis.is_none()))) (number(&Cell::Minutes(minutes)))
        }
        @if let Some(minutes) = task.supervisory_minutes {
            ", supervision "
            (mark(if task.supervisory_minutes_basis.is_none() { Mark::Claimed } else { Mark::Estimated }))
            (number(&Cell::Minutes(minutes)))
        }
        @if let Some(tokens) = task.tokens { ", " (mark(basis(task.tokens_basis.is_none()))) (number(&Cell::Tokens(tokens))) " tokens" }
        "."
    }
}

/// What a revision changed, and what became of the factor.
fn changes(task: &Task, before: &Task) -> Markup {
    let numbers: Vec<Markup> = [
        (
            "Estimate",
            Cell::Hours(before.estimate.hours),
            Cell::Hours(task.estimate.hours),
        ),
        (
            "Agent time",
            minutes(before.agent_minutes),
            minutes(task.agent_minutes),
        ),
        (
            "Supervision",
            minutes(before.supervisory_minutes),
            minutes(task.supervisory_minutes),
        ),
        (
            "Tokens",
            Cell::known(before.tokens, Cell::Tokens),
            Cell::known(task.tokens, Cell::Tokens),
        ),
    ]
    .into_iter()
    .filter(|(_, from, to)| from != to)
    .map(|(name, from, to)| html! { (name) " " (number(&from)) " → " strong { (number(&to)) } ". " })
    .collect();
    let others = other_changes(task, before);
    let (was, is) = (before.leverage_factor(), task.leverage_factor());
    html! {
        @if numbers.is_empty() && others.is_empty() { "No number changed. " }
        @for change in &numbers { (change) }
        @if !others.is_empty() { "Changed: " (others.join(", ")) ". " }
        @if was != is {
            "The factor of the record went from " (number(&factor(was))) " to " (mark(Mark::Derived)) (number(&factor(is))) "."
        }
    }
}

/// The names of what else changed.
fn other_changes(task: &Task, before: &Task) -> Vec<&'static str> {
    [
        ("title", task.title != before.title),
        ("date", task.date != before.date),
        ("phases", task.estimate.phases != before.estimate.phases),
        ("basis", task.estimate.basis != before.estimate.basis),
        ("estimator", task.estimate.estimator != before.estimate.estimator),
        ("agent", task.agent != before.agent),
        ("model", task.model != before.model),
        ("category", task.category != before.category),
        ("tags", task.tags != before.tags),
        ("sessions", task.sessions != before.sessions),
        ("commits", task.commits != before.commits),
        ("repositories", task.repos != before.repos),
    ]
    .into_iter()
    .filter_map(|(name, is_changed)| is_changed.then_some(name))
    .collect()
}

/// Removes the addresses of people from a record, unless they are published.
fn without_addresses(value: &mut Value, key: Option<&str>, options: &SiteOptions) {
    match value {
        Value::String(text) if key == Some("by") => *text = person(text, options),
        // A title is published as it is written.
        Value::String(text) if key != Some("title") => *text = published(text, options),
        Value::Array(values) => {
            for value in values {
                without_addresses(value, key, options);
            }
        }
        Value::Object(fields) => {
            for (key, value) in fields {
                without_addresses(value, Some(key), options);
            }
        }
        _ => {}
    }
}

fn digits(id: ObjectId) -> String {
    let mut text = id.to_string();
    text.truncate(SHORT);
    text
}

fn short(text: &str, count: usize) -> String {
    text.chars().take(count).collect()
}

/// Signs as they are written in notes.
fn codes(signs: &[String]) -> Td {
    if signs.is_empty() {
        return Td::of(Cell::Empty);
    }
    Td::chart(html! {
        @for (number, sign) in signs.iter().enumerate() { @if number > 0 { ", " } code { (sign) } }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::repository::{PlacedTask, Repository};
    use crate::aggregate::sample::{claim, commit, repository};
    use crate::facts::estimate::Phase;
    use crate::facts::quantity::WorkTime;
    use crate::facts::task::TaskSource;
    use crate::facts::zone::{Period, Zone};
    use crate::overview::Query;
    use crate::render::site::{PageKey, draw, plan};

    const HOSTILE: [&str; 4] = [
        "\"'><script>alert(1)</script>",
        "</pre></title><!--",
        "\u{202e}gnp.exe\0\u{1b}[31m",
        "\" onmouseover=\"alert(1)",
    ];

    /// The page of the only task of a repository.
    fn page_of(name: &str, placed: PlacedTask, options: &SiteOptions) -> String {
        let kiln = Repository {
            commits: vec![commit(1, "2026-04-02T10:00:00Z")].into(),
            tasks: vec![placed],
            ..repository(name)
        };
        let query = Query {
            zone: Zone::Named(chrono_tz::UTC),
            period: Period::default(),
            author: None,
            work: WorkTime::default(),
            excluded: 0,
        };
        let overview = Overview::new(&[kiln], &[], vec![None], &query);
        let pages = plan(&overview);
        let page = pages.iter().find(|page| page.key == PageKey::Task(0)).unwrap();
        String::from_utf8(draw(&overview, page, options).bytes).unwrap()
    }

    fn options(mail: bool) -> SiteOptions {
        SiteOptions {
            title: "Leverage Record".to_owned(),
            mail,
            ..SiteOptions::default()
        }
    }

    fn minutes(value: f64) -> Option<Minutes> {
        Minutes::new(value)
    }

    /// A task in three revisions: 4h, 8h, and 8h over 40 instead of 20 minutes.
    fn revised() -> PlacedTask {
        let mut placed = claim(1, "2026-04-02", 8.0).agent_minutes(40.0).on(1).placed();
        let mut first = placed.task.clone();
        first.estimate.hours = Hours::new(4.0).unwrap();
        first.agent_minutes = minutes(20.0);
        let second = Task {
            rev: 1,
            estimate: placed.task.estimate.clone(),
            reason: Some("Asked by Bob <bob@example.org>".to_owned()),
            ..first.clone()
        };
        placed.task.rev = 2;
        placed.task.reason = Some("Forgot the review".to_owned());
        placed.earlier = vec![first, second];
        placed
    }

    #[test]
    fn the_newest_revision_is_first_and_each_says_what_it_changed() {
        let page = page_of("kiln", revised(), &options(false));
        let list = page.split_once("<ol class=\"steps\">").unwrap().1;
        let list = list.split_once("</ol>").unwrap().0;
        let steps: Vec<&str> = list.split("<li>").skip(1).collect();
        let text = |step: &str| {
            let pieces = step
                .split('<')
                .map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text));
            pieces.collect::<String>()
        };
        let steps: Vec<String> = steps.into_iter().map(text).collect();
        assert_eq!(steps.len(), 3);
        assert!(steps[0].starts_with("Revision 2"), "{}", steps[0]);
        assert!(
            steps[0].contains("Agent time 20m → 40m. The factor of the record went from 24.0x to 12.0x.")
        );
        assert!(steps[0].contains("Forgot the review") && !steps[0].contains("Estimate"));
        assert!(steps[1].contains("Estimate 4h → 8h. The factor of the record went from 12.0x to 24.0x."));
        assert!(steps[1].contains("Asked by Bob”"), "{}", steps[1]);
        assert!(
            steps[2].contains("Estimate 4h, agent time 20m. Recorded as record."),
            "{}",
            steps[2]
        );
    }

    #[test]
    fn addresses_are_published_only_on_request() {
        let page = page_of("kiln", revised(), &options(false));
        assert!(page.contains("Ada Example claims that this would have taken 8h by hand."));
        assert!(
            !page.contains('@'),
            "{}",
            page.split('@').next().unwrap_or_default()
        );
        let page = page_of("kiln", revised(), &options(true));
        assert!(page.contains("ada@example.org") && page.contains("bob@example.org"));
        // A name that is an address.
        let mut placed = revised();
        placed.task.by = "<ada@example.org>".to_owned();
        placed.task.estimate.by = "ada@example.org".to_owned();
        placed.task.estimate.basis = Some("Mail by `cy@example.org`, (dee@example.org)".to_owned());
        assert!(!page_of("kiln", placed, &options(false)).contains('@'));
    }

    #[test]
    fn the_file_of_an_import_is_not_published() {
        let mut placed = revised();
        placed.task.source = TaskSource::Import("salaries.csv".to_owned());
        placed.earlier[0].source = placed.task.source.clone();
        let page = page_of("kiln", placed, &options(true));
        assert!(!page.contains("salaries") && page.contains("Recorded as <code>import</code>."));
    }

    #[test]
    fn a_chart_has_at_most_so_many_events_and_says_how_many_it_leaves_out() {
        let mut placed = revised();
        let first = placed.earlier[0].clone();
        placed.earlier = (0..150).map(|rev| Task { rev, ..first.clone() }).collect();
        placed.task.rev = 150;
        let page = page_of("kiln", placed, &options(false));
        assert!(page.contains(" 52 commits and estimates before the last one are left out."));
    }

    #[test]
    fn what_is_unknown_has_no_value() {
        let page = page_of("kiln", claim(1, "2026-04-02", 8.0).placed(), &options(false));
        assert!(page.contains("How long agents took is unknown."));
        let tiles = page.split_once("<dl class=\"stats\">").unwrap().1;
        let tiles = tiles.split_once("</dl>").unwrap().0;
        assert_eq!(tiles.matches("<span class=\"u\">–</span>").count(), 3);
        assert_eq!(tiles.matches("data-v").count(), 1);
        assert!(!page.contains("data-v=\"0\"") && !page.contains("NaN") && !page.contains("data-v=\"\""));
        assert!(page.contains("The task names no commit."));
    }

    #[test]
    fn hostile_text_is_text() {
        let build = |text: &str| {
            let mut placed = revised();
            let task = &mut placed.task;
            task.title = text.to_owned();
            task.estimate.by = text.to_owned();
            task.estimate.basis = Some(text.to_owned());
            task.estimate.phases = vec![Phase::new(text, task.estimate.hours)];
            task.reason = Some(text.to_owned());
            task.model = Some(text.to_owned());
            page_of("kiln", placed, &options(true))
        };
        let counted = |page: &str, of: char| page.matches(of).count();
        let clean = build("x");
        for text in HOSTILE {
            let page = build(text);
            assert_eq!(counted(&page, '>'), counted(&clean, '>'), "{text:?}");
            assert_eq!(page.matches("<script").count(), 1);
            assert!(!page.contains('\u{202e}') && !page.contains('\0') && !page.contains('\u{1b}'));
        }
    }

    #[test]
    fn commands_quote_the_repository() {
        let page = page_of("it's; rm -rf x", revised(), &options(false));
        let quoted = r"git -C 'it'\''s; rm -rf x' leverage show ";
        assert!(page.contains(quoted), "{page}");
        let page = page_of("kiln", revised(), &options(false));
        assert!(page.contains("git -C kiln show --numstat 0101010101</pre>"));
    }
}
