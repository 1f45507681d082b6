//! Sessions as documents: the list, and the timeline of one.

use super::document::{Basis, Cell, Column, Document, Table};
use crate::aggregate::sessions::{SessionReport, SessionRow, TokenTotals};
use crate::facts::quantity::{Minutes, Tokens};
use crate::facts::session::{Action, Session, Turn};
use crate::facts::span::Moment;

/// The list of sessions with its sums; the first table has all its columns in CSV too.
pub fn list(report: &SessionReport) -> Document {
    let mut document = Document::from(sessions_table(report));
    if !report.sensitivity.is_empty() {
        document.tables.push(sensitivity_table(report));
    }
    let rules = report.rules;
    document.notes.push(format!(
        "Supervision is estimated: typing time, and reading before each prompt for at most {:.0} minutes; after a pause \
         of more than {:.0} minutes the person was away",
        rules.cap_minutes, rules.idle_minutes
    ));
    document
}

fn sessions_table(report: &SessionReport) -> Table {
    let totals = &report.totals;
    Table {
        columns: vec![
            Column::text("agent", "agent"),
            Column::text("session", "session"),
            Column::text("repo", "repository").spare(3),
            Column::text("started_at", "start (UTC)"),
            Column::number("agent_minutes", "agent", Basis::Measured),
            Column::number("supervisory_minutes", "superv.", Basis::Estimated),
            Column::number("wall_minutes", "wall", Basis::Measured).spare(2),
            Column::number("unknown_minutes", "unknown", Basis::Measured).spare(4),
            Column::number("tokens", "tokens", Basis::Measured),
            Column::number("commits", "commits", Basis::Measured).spare(1),
        ],
        rows: report.rows.iter().map(session_cells).collect(),
        totals: Some(vec![
            Cell::Count(totals.sessions),
            Cell::text("sessions"),
            Cell::Empty,
            Cell::Empty,
            rounded(totals.agent_minutes),
            rounded(totals.supervisory_minutes),
            rounded(totals.wall_minutes),
            Cell::Empty,
            Cell::Tokens(sum(totals.tokens)),
            Cell::Count(totals.commits),
        ]),
        notes: totals
            .parallelism
            .map(|parallelism| format!("{parallelism:.2} lanes worked side by side on average"))
            .into_iter()
            .collect(),
        ..Table::default()
    }
}

fn session_cells(row: &SessionRow) -> Vec<Cell> {
    let tokens = row.tokens_input.zip(row.tokens_output).map(|(input, output)| {
        Tokens(input + output + row.tokens_cache_write.unwrap_or(0) + row.tokens_cache_read.unwrap_or(0))
    });
    vec![
        Cell::text(&row.agent),
        Cell::text(&row.session),
        Cell::known(row.repo.as_ref(), Cell::text),
        Cell::text(
            row.started_at
                .get(..16)
                .unwrap_or(&row.started_at)
                .replace('T', " "),
        ),
        rounded(row.agent_minutes),
        rounded(row.supervisory_minutes),
        rounded(row.wall_minutes),
        rounded(row.unknown_minutes),
        Cell::known(tokens, Cell::Tokens),
        Cell::Count(row.commits),
    ]
}

fn sensitivity_table(report: &SessionReport) -> Table {
    let minutes = |value| rounded(Minutes::new(value));
    Table {
        title: Some("How far the idle threshold matters".into()),
        columns: vec![
            Column::ordinal("idle_minutes", "idle after"),
            Column::number("agent_minutes", "agent", Basis::Measured),
            Column::number("supervisory_minutes", "superv.", Basis::Estimated),
            Column::number("wall_minutes", "wall", Basis::Measured),
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
pub fn timeline(session: &Session) -> Document {
    let mut rows: Vec<(Moment, Vec<Cell>)> = Vec::new();
    for lane in &session.lanes {
        let name = lane.subagent.as_deref().unwrap_or("main");
        rows.extend(
            lane.turns
                .iter()
                .map(|turn| (turn.span.start, turn_cells(name, turn))),
        );
    }
    rows.extend(
        session
            .actions
            .iter()
            .map(|action| (action.at, action_cells(action))),
    );
    rows.extend(session.edits.iter().map(|edit| {
        let lines = format!("+{} -{} {}", edit.added.len(), edit.removed.len(), edit.path);
        (
            edit.at,
            vec![
                Cell::text(edit.at.to_string()),
                Cell::text("edit"),
                Cell::Empty,
                Cell::text(lines),
            ],
        )
    }));
    rows.extend(session.commits.iter().map(|made| {
        let what = format!("{} {}", made.hash, made.branch.as_deref().unwrap_or(""));
        (
            made.at,
            vec![
                Cell::text(made.at.to_string()),
                Cell::text("commit"),
                Cell::Empty,
                Cell::text(what.trim()),
            ],
        )
    }));
    rows.sort_by_key(|(at, _)| *at);
    let sources = session.sources;
    Document {
        title: Some(session.id.to_string()),
        tables: vec![Table {
            columns: vec![
                Column::text("at", "time"),
                Column::text("what", "what"),
                Column::number("worked_minutes", "worked", Basis::Measured),
                Column::text("detail", "detail"),
            ],
            rows: rows.into_iter().map(|(_, cells)| cells).collect(),
            ..Table::default()
        }],
        notes: vec![format!(
            "Agent time {}, human actions {}, tokens {}, edits {}, commits {}",
            sources.agent_time, sources.human_time, sources.tokens, sources.edits, sources.commits
        )],
    }
}

fn turn_cells(lane: &str, turn: &Turn) -> Vec<Cell> {
    let worked = turn.working.iter().map(|span| span.minutes()).sum();
    let by = if turn.human { "" } else { ", no person" };
    vec![
        Cell::text(turn.span.start.to_string()),
        Cell::text("turn"),
        rounded(Minutes::new(worked)),
        Cell::text(format!("{lane}, to {}{by}", turn.span.end)),
    ]
}

fn action_cells(action: &Action) -> Vec<Cell> {
    let kind = format!("{:?}", action.kind).to_lowercase();
    vec![
        Cell::text(action.at.to_string()),
        Cell::text(kind),
        Cell::Empty,
        Cell::text(format!("{} characters", action.typed)),
    ]
}
