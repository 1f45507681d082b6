//! Builds an overview: runs the reports, and gives each row the tasks, sessions and commits that belong to it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};

use super::lines::TaskLines;
use super::support::Supports;
use super::views::{Sessions, Views};
use super::{Audited, Compared, Day, Group, Overview, Query, Repo, SupportParts, TaskView};
use crate::aggregate::calibration::Calibration;
use crate::aggregate::group::Dimension;
use crate::aggregate::measures::Measures;
use crate::aggregate::report::{self, Material, Report, Row};
use crate::aggregate::repository::Repository;
use crate::correlate::seen::SeenSession;
use crate::facts::diagnostics::Status;
use crate::facts::ids::TaskId;

impl Overview {
    /// Joins what was read. `sessions` name repositories by their position in `repos`, as `audits` do; a repository that was not
    /// audited has `None`.
    pub fn new(
        repos: &[Repository],
        sessions: &[SeenSession],
        audits: Vec<Option<Audited>>,
        query: &Query,
    ) -> Self {
        Self::of_agent(repos, sessions, audits, query, None)
    }

    /// The same, but only work that was done with this agent, as a report selects it.
    pub fn of_agent(
        repos: &[Repository],
        sessions: &[SeenSession],
        audits: Vec<Option<Audited>>,
        query: &Query,
        agent: Option<&str>,
    ) -> Self {
        let asked = asked(query, agent);
        let material = Material::new(repos, sessions);
        let reports = Reports::of(&material, &asked);
        let shown = shown(repos, &reports.by_repo);
        let positions: HashMap<&str, usize> = (shown.iter().enumerate())
            .map(|(number, at)| (repos[*at].name.as_str(), number))
            .collect();
        let supports = Supports::new(&material, repos, sessions, &audits);
        let views = Views {
            material: &material,
            query: &asked,
            supports: &supports,
            positions: &positions,
            sessions,
            calibration: &Calibration::of(repos),
            lines: &TaskLines::of(&material, repos),
        };
        let tasks: Vec<_> = material.tasks(&asked).collect();
        let seen = views.sessions(&tasks);
        let (commits, places) = views.commits(&tasks, &seen);
        let tasks = views.tasks(tasks, &seen, &places, reports.of_tasks());
        let groups = Groups::of(tasks);
        let mut overview = Self {
            zone: query.zone,
            period: query.period,
            work: query.work,
            as_of: as_of(repos),
            all: groups.group(reports.by_day.totals.clone(), groups.everything()),
            left_out: reports.by_day.left_out,
            estimates_by_agents: reports.by_day.estimates_by_agents,
            days: groups.days(&reports.by_day, &seen, &views.by_day(&commits, &places)),
            repos: groups.repos(repos, &shown, &reports),
            notes: notes(repos, &reports.by_day),
            tasks: groups.tasks,
            sessions: seen.views,
            commits,
            excluded: query.excluded,
        };
        overview.add_audits(&shown, audits);
        overview
    }

    /// Gives the repositories their audits, and the tasks their findings.
    fn add_audits(&mut self, shown: &[usize], mut audits: Vec<Option<Audited>>) {
        for (repo, at) in self.repos.iter_mut().zip(shown) {
            let audited = audits.get_mut(*at).and_then(Option::take);
            repo.audit = audited.map(|audited| audited.audit);
        }
        let by_id = |repo: &Repo| {
            let mut found: HashMap<String, Vec<usize>> = HashMap::new();
            let findings = repo.audit.iter().flat_map(|audit| &audit.findings);
            for (at, finding) in findings.enumerate() {
                found.entry(finding.id.clone()).or_default().push(at);
            }
            found
        };
        let mut by_id: Vec<_> = self.repos.iter().map(by_id).collect();
        for view in &mut self.tasks {
            let found = by_id.get_mut(view.repo);
            view.findings = found
                .and_then(|found| found.remove(&view.task.id.to_string()))
                .unwrap_or_default();
            let audit = self.repos.get(view.repo).and_then(|repo| repo.audit.as_ref());
            let findings = audit.map_or(&[][..], |audit| &audit.findings);
            let of_task = view.findings.iter().filter_map(|at| findings.get(*at));
            // The ledger's history says more of when a line was written than the line itself.
            if let Some(audit) = audit {
                view.is_given_before = audit.given_before.contains(&view.task.id);
            }
            view.level = of_task.map(|finding| finding.level).max();
        }
    }
}

/// The query of a report with the same selection.
fn asked(query: &Query, agent: Option<&str>) -> report::Query {
    report::Query {
        by: Vec::new(),
        zone: query.zone,
        period: query.period,
        // Only a report that adds days without work needs it.
        today: None,
        author: query.author.clone(),
        agent: agent.map(str::to_owned),
        sort: None,
        limit: None,
        work: query.work,
        models: crate::aggregate::models::Requested::default(),
        calibrated: false,
    }
}

/// The reports that an overview shows.
struct Reports {
    by_day: Report,
    by_repo: Report,
    by_repo_and_day: Report,
    by_task: Report,
}

impl Reports {
    fn of(material: &Material<'_>, query: &report::Query) -> Self {
        let report = |by: &[Dimension]| {
            let by = by.to_vec();
            material.report(&report::Query { by, ..query.clone() })
        };
        let ((by_day, by_repo), (by_repo_and_day, by_task)) = rayon::join(
            || (report(&[Dimension::Day]), report(&[Dimension::Repo])),
            || {
                (
                    report(&[Dimension::Repo, Dimension::Day]),
                    report(&[Dimension::Task]),
                )
            },
        );
        Self {
            by_day,
            by_repo,
            by_repo_and_day,
            by_task,
        }
    }

    /// The sums of each task.
    fn of_tasks(&self) -> HashMap<TaskId, Measures> {
        let rows = self.by_task.rows.iter();
        let of_row = |row: &Row| {
            let id = row.key.value(Dimension::Task)?.parse().ok()?;
            Some((id, row.measures.clone()))
        };
        rows.filter_map(of_row).collect()
    }
}

/// Whether anything is summed up in a row.
fn has_any(row: &Row) -> bool {
    let measures = &row.measures;
    measures.tasks > 0 || measures.commits > 0 || measures.sessions.is_some_and(|count| count > 0)
}

fn day_of(row: &Row) -> Option<NaiveDate> {
    row.key.value(Dimension::Day)?.parse().ok()
}

/// The positions of the repositories in which anything counts, by name.
fn shown(repos: &[Repository], by_repo: &Report) -> Vec<usize> {
    let rows = by_repo.rows.iter().filter(|row| has_any(row));
    let named: BTreeSet<&str> = rows.filter_map(|row| row.key.value(Dimension::Repo)).collect();
    let mut shown: Vec<usize> = (0..repos.len())
        .filter(|at| named.contains(repos[*at].name.as_str()))
        .collect();
    shown.sort_by_key(|at| &repos[*at].name);
    shown
}

/// The newest time of a commit or a record, whatever was selected.
fn as_of(repos: &[Repository]) -> Option<DateTime<Utc>> {
    let commits = repos.iter().flat_map(|repo| &repo.commits);
    let committed = commits.filter_map(|commit| DateTime::from_timestamp(commit.commit_time.seconds, 0));
    let placed = repos.iter().flat_map(|repo| &repo.tasks);
    let revised = placed.map(|placed| placed.task.at);
    let captured = repos.iter().flat_map(|repo| &repo.captured);
    let measured = captured.map(|session| session.record.at);
    committed.chain(revised).chain(measured).max()
}

/// Sentences about what was read in part, and about copies.
fn notes(repos: &[Repository], report: &Report) -> Vec<String> {
    let partial = repos.iter().filter(|repo| repo.status != Status::Complete);
    let reasons = partial.map(|repo| {
        let reason = repo.reason.as_deref().unwrap_or("some of it was not read");
        format!("{}: {reason}", repo.name)
    });
    let mut notes: Vec<String> = reasons.collect();
    notes.sort();
    let mut copies = report.copies.clone();
    copies.sort();
    notes.extend(copies);
    notes
}

/// The tasks, and where they belong.
struct Groups {
    tasks: Vec<TaskView>,
    of_day: HashMap<NaiveDate, Vec<usize>>,
    of_repo: HashMap<usize, Vec<usize>>,
    of_both: HashMap<(usize, NaiveDate), Vec<usize>>,
}

impl Groups {
    fn of(tasks: Vec<TaskView>) -> Self {
        let mut groups = Self {
            tasks: Vec::new(),
            of_day: HashMap::new(),
            of_repo: HashMap::new(),
            of_both: HashMap::new(),
        };
        for (at, view) in tasks.iter().enumerate() {
            groups.of_day.entry(view.day).or_default().push(at);
            groups.of_repo.entry(view.repo).or_default().push(at);
            groups.of_both.entry((view.repo, view.day)).or_default().push(at);
        }
        groups.tasks = tasks;
        groups
    }

    fn everything(&self) -> Vec<usize> {
        (0..self.tasks.len()).collect()
    }

    /// The sums of some tasks, given those of their report.
    fn group(&self, measures: Measures, tasks: Vec<usize>) -> Group {
        let views = || tasks.iter().filter_map(|at| self.tasks.get(*at));
        Group {
            measures,
            support: SupportParts::of(views()),
            measured: Compared::of(views()),
            tasks,
        }
    }

    fn days(&self, report: &Report, seen: &Sessions, commits: &BTreeMap<NaiveDate, Vec<usize>>) -> Vec<Day> {
        let rows = report.rows.iter().filter(|row| has_any(row));
        let days = rows.filter_map(|row| {
            let day = day_of(row)?;
            let tasks = self.of_day.get(&day).cloned().unwrap_or_default();
            Some(Day {
                day,
                group: self.group(row.measures.clone(), tasks),
                sessions: seen.of_day.get(&day).cloned().unwrap_or_default(),
                commits: commits.get(&day).cloned().unwrap_or_default(),
            })
        });
        let mut days: Vec<Day> = days.collect();
        days.sort_by_key(|day| day.day);
        days
    }

    fn repos(&self, repos: &[Repository], shown: &[usize], reports: &Reports) -> Vec<Repo> {
        let mut days = rows_of_repos(&reports.by_repo_and_day);
        let mut sums = rows_of_repos(&reports.by_repo);
        let repo = |(number, at): (usize, &usize)| {
            let repo = repos.get(*at)?;
            let sums = sums.remove(repo.name.as_str())?.pop()?;
            let tasks = self.of_repo.get(&number).cloned().unwrap_or_default();
            let days = days.remove(repo.name.as_str()).unwrap_or_default();
            let mut days: Vec<(NaiveDate, Group)> = days
                .into_iter()
                .filter_map(|row| self.day_in(number, row))
                .collect();
            days.sort_by_key(|(day, _)| *day);
            Some(Repo {
                name: repo.name.clone(),
                status: repo.status,
                reason: repo.reason.clone(),
                group: self.group(sums.measures.clone(), tasks),
                days,
                audit: None,
            })
        };
        shown.iter().enumerate().filter_map(repo).collect()
    }

    /// The sums of one day in one repository.
    fn day_in(&self, repo: usize, row: &Row) -> Option<(NaiveDate, Group)> {
        let day = day_of(row)?;
        let tasks = self.of_both.get(&(repo, day)).cloned().unwrap_or_default();
        Some((day, self.group(row.measures.clone(), tasks)))
    }
}

/// The rows of each repository that sum up anything.
fn rows_of_repos(report: &Report) -> HashMap<&str, Vec<&Row>> {
    let mut rows: HashMap<&str, Vec<&Row>> = HashMap::new();
    for row in report.rows.iter().filter(|row| has_any(row)) {
        if let Some(name) = row.key.value(Dimension::Repo) {
            rows.entry(name).or_default().push(row);
        }
    }
    rows
}
