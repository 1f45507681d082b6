//! Sessions as documents: the list, and the timeline of one.

use super::document::{Basis, Cell, Column, Document, Table};
use crate::aggregate::sessions::{SessionReport, SessionRow, TokenTotals};
use crate::aggregate::timeline::{Event, Timeline, What};
use crate::facts::quantity::{Minutes, Tokens};

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
            Column::number("commits", "made", Basis::Measured).spare(3),
            Column::number("commits_linked", "commits", Basis::Derived).spare(1),
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
            Cell::known(totals.commits_linked, Cell::Count),
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
        Cell::known(row.commits_linked, Cell::Count),
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
pub fn timeline(timeline: &Timeline) -> Document {
    let sources = timeline.sources;
    Document {
        title: Some(format!("{}:{}", timeline.agent, timeline.session)),
        tables: vec![Table {
            columns: vec![
                Column::text("at", "time"),
                Column::text("what", "what"),
                Column::number("worked_minutes", "worked", Basis::Measured),
                Column::text("detail", "detail"),
            ],
            rows: timeline.events.iter().map(event_cells).collect(),
            ..Table::default()
        }],
        notes: vec![format!(
            "Agent time {}, human actions {}, tokens {}, edits {}, commits {}",
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
            let worked = link.worked.iter().map(|span| span.minutes()).sum();
            let detail = format!(
                "{repo} {}, {}: {}",
                link.commit.short(),
                link.confidence,
                link.evidence.join(" ")
            );
            ("commit", rounded(Minutes::new(worked)), detail)
        }
    };
    vec![
        Cell::text(&event.at),
        Cell::text(what),
        worked,
        Cell::text(detail),
    ]
}
