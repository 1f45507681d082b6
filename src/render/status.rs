//! The evening as a document: one screen, each part with the command that settles it.

use chrono::{DateTime, Datelike, Utc};

use super::document::{Basis, Cell, Column, Document, Table};
use super::task::estimates_by_agents;
use crate::aggregate::status::{
    AgentActivity, CommitWithoutTask, Counts, LogFate, SessionWithoutCommit, Status, TodaysTask,
    UncapturedRow, UnsharedRow,
};
use crate::facts::diagnostics::Status as Read;
use crate::facts::event::EventKind;
use crate::facts::quantity::{Minutes, counted};
use crate::facts::shell;
use crate::facts::short_ids::ShortNames;

/// As many rows of a part keep to the screen; the formats for programs have all of them.
const MOST: usize = 8;
/// As many tasks, as they are what the evening is about.
const MOST_TASKS: usize = 16;
/// What an agent without our hooks needs.
const SETUP: &str = "set up hooks: `git leverage setup`";
/// As many repositories are named that are not shared.
const MOST_UNSHARED: usize = 4;

/// The page for people.
pub fn document(status: &Status) -> Document {
    let tables = [
        tasks(status),
        commits(status),
        sessions(status),
        captures(status),
        agents(status),
    ];
    Document {
        title: Some(title(status)),
        tables: tables.into_iter().flatten().collect(),
        notes: notes(status),
        ..Document::default()
    }
}

fn title(status: &Status) -> String {
    let repos = match status.repos.as_slice() {
        [only] => only.name.clone(),
        repos => format!("{} repositories", repos.len()),
    };
    let zone = status.zone.name().unwrap_or("local time");
    format!("Status of {}, {repos}, days in {zone}", status.today)
}

fn has_several(status: &Status) -> bool {
    status.repos.len() > 1
}

/// The column of the repository, where there is more than one.
fn repo_column(status: &Status) -> Option<Column> {
    has_several(status).then(|| Column::text("repo", "Repository"))
}

fn repo_cell(status: &Status, repo: &str) -> Option<Cell> {
    has_several(status).then(|| Cell::text(repo))
}

/// `AGENT:ID` with as much of the id as tells it from the other sessions of the page.
fn short_session(status: &Status, name: &str) -> String {
    let without = status
        .sessions_without_commit
        .iter()
        .map(|row| row.session.as_str());
    let uncaptured = status.not_captured.iter().map(|row| row.session.as_str());
    let begin = |name: &str| name.split_once(':').map_or(0, |(agent, _)| agent.len() + 1);
    let ids: ShortNames<'_> = without
        .chain(uncaptured)
        .filter_map(|name| name.get(begin(name)..))
        .collect();
    let (agent, own) = name.split_at(begin(name));
    format!("{agent}{}", ids.of(own))
}

/// A part of the page; `None` where it has no rows.
fn part<T>(
    title: String,
    columns: Vec<Option<Column>>,
    rows: &[T],
    cells: impl Fn(&T) -> Vec<Option<Cell>>,
    notes: Vec<String>,
) -> Option<Table> {
    let row = |row: &T| cells(row).into_iter().flatten().collect();
    let more = rows.len().saturating_sub(MOST) as u64;
    let more = (more > 0).then(|| format!("{more} more, see `--format json`"));
    (!rows.is_empty()).then(|| Table {
        title: Some(title),
        columns: columns.into_iter().flatten().collect(),
        rows: rows.iter().take(MOST).map(row).collect(),
        notes: more.into_iter().chain(notes).collect(),
        ..Table::default()
    })
}

fn tasks(status: &Status) -> Option<Table> {
    let measures = |of: &crate::aggregate::measures::Measures| {
        [
            Cell::known(of.human_hours, Cell::Hours),
            Cell::known(of.agent_minutes, Cell::Minutes),
            Cell::known(of.supervisory_minutes, Cell::Minutes),
            Cell::known(of.leverage_factor, Cell::Factor),
            Cell::known(of.supervisory_leverage_factor, Cell::Factor),
        ]
        .map(Some)
    };
    let has_estimators = status.estimates_by_agents > 0;
    let cells = |row: &TodaysTask| -> Vec<Option<Cell>> {
        let names = [
            repo_cell(status, &row.repo),
            Some(Cell::known(row.title.clone(), Cell::Text)),
            has_estimators.then(|| Cell::known(row.estimator.clone(), Cell::Text)),
        ];
        names.into_iter().chain(measures(&row.measures)).collect()
    };
    let columns = vec![
        repo_column(status),
        Some(Column::text("task", "Task")),
        has_estimators.then(|| Column::text("estimator", "Estimator")),
        Some(Column::number("human_hours", "Human", Basis::Claimed)),
        Some(Column::number("agent_minutes", "Agent time", Basis::Claimed)),
        Some(Column::number("supervisory_minutes", "Sup.", Basis::Claimed).drop_order(1)),
        Some(Column::number("leverage_factor", "Factor", Basis::Derived)),
        Some(Column::number("supervisory_leverage_factor", "Sup. factor", Basis::Derived).drop_order(2)),
    ];
    let from_logs = status.totals.agent_minutes_measured.map(|minutes| {
        let minutes = Cell::Minutes(minutes).for_people().into_owned();
        format!("{minutes} of agent time come from session logs, not from claims")
    });
    let names = [
        has_several(status).then_some(Cell::Empty),
        Some(Cell::text(counted(status.totals.tasks, "task", "tasks"))),
        has_estimators.then_some(Cell::Empty),
    ];
    let by_agents = estimates_by_agents(status.estimates_by_agents, status.totals.tasks);
    let totals = names.into_iter().chain(measures(&status.totals)).flatten();
    let row = |row: &TodaysTask| -> Vec<Cell> { cells(row).into_iter().flatten().collect() };
    (!status.tasks.is_empty()).then(|| Table {
        title: Some("Tasks today".to_owned()),
        columns: columns.into_iter().flatten().collect(),
        rows: status.tasks.iter().take(MOST_TASKS).map(row).collect(),
        totals: (status.tasks.len() > 1).then(|| totals.collect()),
        more_rows: status.tasks.len().saturating_sub(MOST_TASKS),
        notes: by_agents.into_iter().chain(from_logs).collect(),
    })
}

fn commits(status: &Status) -> Option<Table> {
    let cells = |row: &CommitWithoutTask| {
        vec![
            Some(Cell::text(row.commit.short())),
            repo_cell(status, &row.repo),
            Some(time(status, row.authored_at)),
            Some(Cell::text(row.agents.join(", "))),
            Some(Cell::text(&row.title)),
        ]
    };
    let columns = vec![
        Some(Column::ordinal("commit", "Commit")),
        repo_column(status),
        Some(Column::ordinal("authored_at", "Made")),
        Some(Column::text("agents", "Agent")),
        Some(Column::text("title", "Title")),
    ];
    let notes = vec!["Record one: `git leverage record COMMIT --estimate 4h`".to_owned()];
    let title = format!("Commits by agents without a task, since {}", status.since);
    part(title, columns, &status.commits_without_task, cells, notes)
}

fn sessions(status: &Status) -> Option<Table> {
    let cells = |row: &SessionWithoutCommit| {
        vec![
            Some(Cell::text(short_session(status, &row.session))),
            repo_cell(status, &row.repo),
            Some(time(status, row.ended_at)),
            Some(minutes(row.agent_minutes)),
        ]
    };
    let columns = vec![
        Some(Column::text("session", "Session").whole().key()),
        repo_column(status),
        Some(Column::ordinal("ended_at", "Ended")),
        Some(Column::number("agent_minutes", "Agent time", Basis::Measured)),
    ];
    let command = "git leverage record --no-commit --session ID --title T --estimate 4h";
    let notes = vec![format!("Record one: `{command}`")];
    let title = format!("Sessions without a commit, since {}", status.since);
    part(title, columns, &status.sessions_without_commit, cells, notes)
}

fn captures(status: &Status) -> Option<Table> {
    let cells = |row: &UncapturedRow| {
        let days = match (row.log, row.days_left) {
            (LogFate::Kept, _) => Cell::text("kept"),
            (_, Some(0)) => Cell::text("now"),
            (_, days) => Cell::known(days, Cell::Count),
        };
        vec![
            Some(Cell::text(short_session(status, &row.session))),
            repo_cell(status, &row.repo),
            Some(Cell::Count(row.commits)),
            Some(Cell::known(day(status, row.deleted_at), Cell::Text)),
            Some(days),
        ]
    };
    let columns = vec![
        Some(Column::text("session", "Session").whole().key()),
        repo_column(status),
        Some(Column::number("commits", "Commits", Basis::Measured)),
        Some(Column::ordinal("deleted_at", "Log deleted").basis(Basis::Derived)),
        Some(Column::ordinal("days_left", "Days left").basis(Basis::Derived)),
    ];
    let title = "Not captured yet".to_owned();
    part(
        title,
        columns,
        &status.not_captured,
        cells,
        vec![capture_command(status)],
    )
}

/// From the oldest commit on, which holds in all of the repositories.
fn capture_command(status: &Status) -> String {
    let since = status
        .not_captured
        .iter()
        .filter_map(|row| row.oldest_commit)
        .min();
    let since = since.map(|day| format!(" --since {day}")).unwrap_or_default();
    let place = if has_several(status) {
        " in each of them"
    } else {
        ""
    };
    format!("Capture them{place}: `git leverage capture{since}`")
}

fn agents(status: &Status) -> Option<Table> {
    let cells = |row: &AgentActivity| {
        vec![
            Some(Cell::text(&row.agent)),
            Some(Cell::known(row.last_event, |kind| Cell::text(word(kind)))),
            Some(time(status, row.last_event_at)),
            Some(time(status, row.last_log_at)),
        ]
    };
    let columns = vec![
        Some(Column::text("agent", "Agent")),
        Some(Column::text("last_event", "Last event")),
        Some(Column::ordinal("last_event_at", "At")),
        Some(Column::ordinal("last_log_at", "Last log")),
    ];
    let is_silent = |has_hooks| {
        let mut silent = status.agents.iter().filter(|agent| agent.last_event.is_none());
        silent.any(|agent| agent.has_hooks == Some(has_hooks))
    };
    let notes = [
        is_silent(false).then(|| "Set up hooks: `git leverage setup`".to_owned()),
        is_silent(true).then(|| {
            "Find out why an agent that is set up does not report: `git leverage doctor`".to_owned()
        }),
    ];
    let notes = notes.into_iter().flatten();
    let title = "Agents on this machine".to_owned();
    part(title, columns, &status.agents, cells, notes.collect())
}

/// An event in words.
pub fn word(kind: EventKind) -> &'static str {
    match kind {
        EventKind::SessionStart => "session start",
        EventKind::TurnEnd => "turn end",
        EventKind::SessionEnd => "session end",
        EventKind::Commit => "commit",
        EventKind::Reminded => "reminded",
        EventKind::Other => "other",
    }
}

fn minutes(value: Option<Minutes>) -> Cell {
    Cell::known(value, Cell::Minutes)
}

/// An instant as clocks here show it: the hour today, with its day before, the day alone in another year.
fn time(status: &Status, at: Option<DateTime<Utc>>) -> Cell {
    Cell::known(at, |at| {
        let local = status.zone.at(at.timestamp());
        let format = match () {
            () if local.date_naive() == status.today => "%H:%M",
            () if local.year() == status.today.year() => "%m-%d %H:%M",
            () => "%Y-%m-%d",
        };
        Cell::text(local.format(format).to_string())
    })
}

fn day(status: &Status, at: Option<DateTime<Utc>>) -> Option<String> {
    at.map(|at| status.zone.day(at.timestamp()).to_string())
}

/// What there is to say without a table: what is not shared, what was not read, and quietly what is in order.
fn notes(status: &Status) -> Vec<String> {
    let quiet = [
        (status.tasks.is_empty(), "No tasks today".to_owned()),
        (
            status.commits_without_task.is_empty(),
            format!("No agent commits without a task since {}", status.since),
        ),
        (
            status.sessions_without_commit.is_empty(),
            format!("No sessions without a commit since {}", status.since),
        ),
        (
            status.not_captured.is_empty(),
            "All sessions with commits are captured".to_owned(),
        ),
        (
            status.has_remote && status.not_shared.is_empty(),
            "All records are shared, as far as this clone knows".to_owned(),
        ),
        (
            status.agents.is_empty(),
            match status.is_set_up {
                true => "No agent has worked on this machine recently".to_owned(),
                false => format!("No agent has worked on this machine recently; {SETUP}"),
            },
        ),
    ];
    // What was not read may not be in order.
    let is_read = status.repos.iter().all(|repo| repo.status != Read::Failed);
    let quiet = quiet
        .into_iter()
        .filter_map(|(holds, note)| (holds && is_read).then_some(note));
    unread(status).chain(not_shared(status)).chain(quiet).collect()
}

fn not_shared(status: &Status) -> Vec<String> {
    let told = status.not_shared.iter().take(MOST_UNSHARED);
    let told = told.map(|row| unshared(status, row));
    let more = status.not_shared.len().saturating_sub(MOST_UNSHARED) as u64;
    let more = (more > 0).then(|| {
        let repositories = counted(more, "more repository", "more repositories");
        format!("{repositories} that remotes do not have")
    });
    told.chain(more).collect()
}

fn unshared(status: &Status, row: &UnsharedRow) -> String {
    let (place, program) = match has_several(status) {
        true => {
            let path = shell::word(row.path.trim_end_matches('/'));
            (format!("{}: ", row.repo), format!("git -C {path} leverage"))
        }
        false => (String::new(), "git leverage".to_owned()),
    };
    let met = match row.was_met {
        true => "",
        false => " (never synced)",
    };
    format!(
        "{place}{}{met} does not have {}; run `{program} sync {}`",
        row.remote,
        what(row.news),
        shell::word(&row.remote)
    )
}

fn what(news: Counts) -> String {
    let parts = [
        (news.tasks, "task", "tasks"),
        (news.revisions, "revision", "revisions"),
        (news.opinions, "opinion", "opinions"),
        (news.by_hand, "task by hand", "tasks by hand"),
        (news.retractions, "retraction", "retractions"),
        (news.sessions, "session", "sessions"),
        (news.others, "other line", "other lines"),
    ];
    let told = parts.into_iter().filter(|(count, ..)| *count > 0);
    let told: Vec<String> = told.map(|(count, one, many)| counted(count, one, many)).collect();
    told.join(", ")
}

fn unread(status: &Status) -> impl Iterator<Item = String> {
    let unread = status.repos.iter().filter(|repo| repo.status != Read::Complete);
    unread.map(|repo| match &repo.reason {
        Some(reason) => format!("{}: {} ({reason})", repo.name, repo.status),
        None => format!("{}: {}", repo.name, repo.status),
    })
}

/// All that is left to do, as rows of one table.
pub fn rows(status: &Status) -> Table {
    let cells = |part: &str, repo: &str, id: &str, at: Option<DateTime<Utc>>, more: String| {
        vec![
            Cell::text(part),
            Cell::text(repo),
            Cell::text(id),
            Cell::known(at, |at| Cell::text(at.to_rfc3339())),
            Cell::text(more),
        ]
    };
    let tasks = status.tasks.iter();
    let tasks = tasks.map(|row| {
        let title = row.title.clone().unwrap_or_default();
        cells("task", &row.repo, &row.task, None, title)
    });
    let commits = status.commits_without_task.iter().map(|row| {
        let id = row.commit.to_string();
        cells(
            "commit-without-task",
            &row.repo,
            &id,
            row.authored_at,
            row.title.clone(),
        )
    });
    let sessions = status.sessions_without_commit.iter().map(|row| {
        cells(
            "session-without-commit",
            &row.repo,
            &row.session,
            row.ended_at,
            String::new(),
        )
    });
    let captures = status.not_captured.iter().map(|row| {
        let deleted = day(status, row.deleted_at).unwrap_or_default();
        cells("not-captured", &row.repo, &row.session, row.ended_at, deleted)
    });
    let shared = status
        .not_shared
        .iter()
        .map(|row| cells("not-shared", &row.repo, &row.remote, None, what(row.news)));
    Table {
        columns: vec![
            Column::text("part", "Part"),
            Column::text("repo", "Repository"),
            Column::text("id", "Id"),
            Column::text("at", "At"),
            Column::text("more", "More"),
        ],
        rows: tasks
            .chain(commits)
            .chain(sessions)
            .chain(captures)
            .chain(shared)
            .collect(),
        ..Table::default()
    }
}
