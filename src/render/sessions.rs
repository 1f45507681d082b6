//! Sessions as documents: the list, and the timeline of one.

use super::document::{Basis, Cell, Column, Document, Table};
use crate::aggregate::sessions::{SessionReport, SessionRow, TokenTotals};
use crate::aggregate::timeline::{Event, Timeline, What};
use crate::facts::quantity::{Minutes, Tokens, plural};
use crate::facts::session::{Provenance, Sources};
use crate::facts::sign;

/// The list of sessions with its sums.
pub fn list(report: &SessionReport) -> Document {
    let mut document = Document::from(sessions_table(report));
    if !report.sensitivity.is_empty() {
        document.tables.push(sensitivity_table(report));
    }
    document.notes.extend(unplaced(report));
    let rules = report.rules;
    document.notes.push(format!(
        "Supervision is estimated: typing, a quarter of a minute at least; reading before each prompt for at most {:.0} \
         minutes; and a minute for a look at the last answer of a session. After a pause of more than {:.0} minutes \
         the person was away.",
        rules.cap_minutes.get(),
        rules.idle_minutes.get()
    ));
    document
}

/// Sessions of which no repository was found.
fn unplaced(report: &SessionReport) -> Option<String> {
    let unplaced = report
        .rows
        .iter()
        .filter(|row| row.commits_linked.is_none())
        .count();
    (unplaced > 0 && report.totals.commits_linked.is_some()).then(|| {
        format!(
            "{unplaced} of {} sessions worked in no repository that was found: name it as a ROOT, or say where the log's \
             folders are with --path-map FROM=TO",
            report.rows.len()
        )
    })
}

/// How a metric of some sessions together came to be: as the least sure of them, of those that have it.
fn basis(report: &SessionReport, of: impl Fn(&Sources) -> Provenance) -> Basis {
    let sources = report.rows.iter().map(|row| of(&row.sources));
    as_basis(sources.filter(|source| *source != Provenance::Absent).max())
}

fn as_basis(source: Option<Provenance>) -> Basis {
    match source {
        Some(Provenance::Derived | Provenance::Captured) => Basis::Derived,
        Some(Provenance::Estimated) => Basis::Estimated,
        Some(Provenance::Measured | Provenance::Absent) | None => Basis::Measured,
    }
}

/// Where sessions differ in how a metric came to be, how many are surer than the column says.
fn surer(report: &SessionReport, metric: &str, of: impl Fn(&Sources) -> Provenance) -> Option<String> {
    let count = |source| {
        report
            .rows
            .iter()
            .filter(|row| of(&row.sources) == source)
            .count()
    };
    let kinds = [Provenance::Measured, Provenance::Derived, Provenance::Estimated];
    let counts = kinds.map(|source| (source, count(source)));
    let some: Vec<String> = counts
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(source, count)| format!("{source} in {count}"))
        .collect();
    (some.len() > 1).then(|| format!("{metric} {} sessions", some.join(", ")))
}

fn sessions_table(report: &SessionReport) -> Table {
    let totals = &report.totals;
    let time = basis(report, |sources| sources.agent_time);
    let notes = [
        totals
            .parallelism
            .map(|parallelism| format!("{parallelism:.2} lanes worked side by side on average")),
        surer(report, "Agent time is", |sources| sources.agent_time),
        surer(report, "Tokens are", |sources| sources.tokens),
    ];
    Table {
        columns: vec![
            Column::text("agent", "agent"),
            Column::text("session", "session"),
            Column::text("repo", "repository").drop_order(3),
            // Never cut, as no number is.
            Column::ordinal("started_at", "start (UTC)"),
            Column::number("agent_minutes", "agent", time),
            Column::number("supervisory_minutes", "superv.", Basis::Estimated),
            Column::number("wall_minutes", "wall", time).drop_order(2),
            Column::number("unknown_minutes", "unknown", time).drop_order(4),
            Column::number("tokens", "tokens", basis(report, |sources| sources.tokens)),
            Column::number("commits", "made", basis(report, |sources| sources.commits)).drop_order(3),
            Column::number("commits_linked", "commits", Basis::Derived).drop_order(1),
        ],
        rows: report.rows.iter().map(session_cells).collect(),
        totals: Some(vec![
            Cell::Count(totals.sessions),
            Cell::text(plural(&totals.sessions, "session", "sessions")),
            Cell::Empty,
            Cell::Empty,
            rounded(totals.agent_minutes),
            rounded(totals.supervisory_minutes),
            rounded(totals.wall_minutes),
            Cell::Empty,
            Cell::Tokens(sum(totals.tokens)),
            Cell::Count(totals.commits),
            Cell::known(totals.commits_linked, Cell::Count),
        ]),
        notes: notes.into_iter().flatten().collect(),
        ..Table::default()
    }
}

fn session_cells(row: &SessionRow) -> Vec<Cell> {
    let start = row.started_at.get(..16).unwrap_or(&row.started_at);
    vec![
        Cell::text(&row.agent),
        Cell::text(&row.session),
        Cell::known(row.repo.as_ref(), Cell::text),
        Cell::text(start.replace('T', " ")),
        rounded(row.agent_minutes),
        rounded(row.supervisory_minutes),
        rounded(row.wall_minutes),
        rounded(row.unknown_minutes),
        Cell::known(all_tokens(row), Cell::Tokens),
        Cell::known(row.commits, Cell::Count),
        Cell::known(row.commits_linked, Cell::Count),
    ]
}

fn all_tokens(row: &SessionRow) -> Option<Tokens> {
    let cached = row.tokens_cache_write.unwrap_or(0) + row.tokens_cache_read.unwrap_or(0);
    let (input, output) = row.tokens_input.zip(row.tokens_output)?;
    Some(Tokens(input + output + cached))
}

/// For CSV: all that is known of each session, unrounded.
pub fn rows(report: &SessionReport) -> Table {
    let text = ["agent", "session", "repo", "started_at", "ended_at"];
    let numbers = [
        "agent_minutes",
        "supervisory_minutes",
        "wall_minutes",
        "unknown_minutes",
        "tokens",
        "tokens_input",
        "tokens_cache_write",
        "tokens_cache_read",
        "tokens_output",
        "commits",
        "commits_linked",
    ];
    let sources = [
        "agent_minutes_source",
        "supervisory_minutes_source",
        "tokens_source",
    ];
    let columns = text.iter().chain(&numbers).chain(&sources);
    let line = |row: &SessionRow| {
        let minutes = |minutes| Cell::known(minutes, Cell::Minutes);
        let count = |count| Cell::known(count, Cell::Count);
        let source = |source: Provenance| Cell::text(source.to_string());
        vec![
            Cell::text(&row.agent),
            Cell::text(&row.session),
            Cell::known(row.repo.as_ref(), Cell::text),
            Cell::text(&row.started_at),
            Cell::text(&row.ended_at),
            minutes(row.agent_minutes),
            minutes(row.supervisory_minutes),
            minutes(row.wall_minutes),
            minutes(row.unknown_minutes),
            Cell::known(all_tokens(row), Cell::Tokens),
            count(row.tokens_input),
            count(row.tokens_cache_write),
            count(row.tokens_cache_read),
            count(row.tokens_output),
            count(row.commits),
            count(row.commits_linked),
            source(row.sources.agent_time),
            source(row.supervisory_minutes_source),
            source(row.sources.tokens),
        ]
    };
    Table {
        columns: columns.map(|name| Column::text(*name, *name)).collect(),
        rows: report.rows.iter().map(line).collect(),
        ..Table::default()
    }
}

fn sensitivity_table(report: &SessionReport) -> Table {
    let time = basis(report, |sources| sources.agent_time);
    let minutes = |value: Minutes| rounded(value.checked());
    Table {
        title: Some("How far the idle threshold matters".into()),
        columns: vec![
            Column::ordinal("idle_minutes", "idle after"),
            Column::number("agent_minutes", "agent", time),
            Column::number("supervisory_minutes", "superv.", Basis::Estimated),
            Column::number("wall_minutes", "wall", time),
        ],
        rows: report
            .sensitivity
            .iter()
            .map(|at| {
                vec![
                    minutes(at.idle_minutes),
                    minutes(at.agent_minutes),
                    minutes(at.supervisory_minutes),
                    minutes(at.wall_minutes),
                ]
            })
            .collect(),
        ..Table::default()
    }
}

/// Tenths of a minute: more would claim more than logs can tell.
fn rounded(minutes: Option<Minutes>) -> Cell {
    let tenths = minutes.and_then(|minutes| Minutes::new((minutes.get() * 10.0).round() / 10.0));
    Cell::known(tenths, Cell::Minutes)
}

fn sum(tokens: TokenTotals) -> Tokens {
    Tokens(tokens.tokens_input + tokens.tokens_cache_write + tokens.tokens_cache_read + tokens.tokens_output)
}

/// The timeline of one session: turns, actions, edits and commits by their times, counts and paths.
pub fn timeline(timeline: &Timeline) -> Document {
    let sources = timeline.sources;
    Document {
        title: Some(format!("{}:{}", timeline.agent, timeline.session)),
        tables: vec![Table {
            columns: vec![
                Column::text("at", "time"),
                Column::text("what", "what"),
                Column::number("worked_minutes", "worked", as_basis(Some(sources.agent_time))),
                Column::text("detail", "detail"),
            ],
            rows: timeline.events.iter().map(event_cells).collect(),
            ..Table::default()
        }],
        notes: vec![format!(
            "Agent time {}, times of human actions {}, tokens {}, edits {}, commits {}",
            sources.agent_time, sources.human_time, sources.tokens, sources.edits, sources.commits
        )],
    }
}

fn event_cells(event: &Event) -> Vec<Cell> {
    let (what, worked, detail) = match &event.what {
        What::Turn {
            lane,
            until,
            agent_minutes,
            human,
            commits,
        } => {
            let by = if *human { "" } else { ", no person" };
            let made = match commits.as_slice() {
                [] => String::new(),
                commits => format!(", for {}", commits.join(" ")),
            };
            let detail = format!("{lane}, to {until}{by}{made}");
            ("turn", rounded(*agent_minutes), detail)
        }
        What::Person { action, typed } => (action.as_str(), Cell::Empty, format!("{typed} characters")),
        What::Edit {
            path,
            lines_added,
            lines_removed,
        } => (
            "edit",
            Cell::Empty,
            format!("+{lines_added} -{lines_removed} {path}"),
        ),
        What::Made { commit, branch } => {
            let detail = format!("{commit} {}", branch.as_deref().unwrap_or_default());
            ("made", Cell::Empty, detail.trim().to_owned())
        }
        What::Linked { repo, link } => {
            let worked: Minutes = link.worked.iter().map(|span| span.minutes()).sum();
            let detail = format!(
                "{repo} {}, {}: {}",
                link.commit.short(),
                link.confidence,
                sign::in_words(&link.evidence)
            );
            ("commit", rounded(worked.checked()), detail)
        }
    };
    vec![
        Cell::text(&event.at),
        Cell::text(what),
        worked,
        Cell::text(detail),
    ]
}
