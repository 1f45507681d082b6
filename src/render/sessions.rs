//! Sessions as documents: the list, and the timeline of one.

use chrono::{DateTime, FixedOffset};

use super::document::{Basis, Cell, Column, Document, Table};
use crate::aggregate::sessions::{SessionReport, SessionRow, SessionTotals, TokenTotals};
use crate::aggregate::timeline::{Event, Timeline, What};
use crate::facts::quantity::{Minutes, Tokens, counted};
use crate::facts::session::{Provenance, Sources};
use crate::facts::short_ids::ShortNames;
use crate::facts::sign;
use crate::facts::worked::ASSUMED_MINUTES;
use crate::facts::zone::Zone;

/// The list of sessions with its sums.
pub fn list(report: &SessionReport) -> Document {
    let mut document = Document::from(by_basis(&sessions_table(report)));
    if !report.sensitivity.is_empty() {
        document.tables.push(by_basis(&sensitivity_table(report)));
    }
    document.notes.extend(unplaced(report));
    let rules = report.rules;
    document.notes.push(format!(
        "Supervision is an estimate: typing (at least 15 s per prompt), up to {:.0} min of reading before a prompt, and 1 min for \
         the last answer; pauses over {:.0} min count as away",
        rules.cap_minutes.get(),
        rules.idle_minutes.get()
    ));
    document
}

/// The same table; the columns of each basis are side by side, in the order in which the bases first appear, so that the line
/// above the headings names each once.
fn by_basis(table: &Table) -> Table {
    let mut bases: Vec<Option<Basis>> = Vec::new();
    for column in &table.columns {
        if !bases.contains(&column.basis) {
            bases.push(column.basis);
        }
    }
    let of = |basis: &Option<Basis>| {
        let columns = table.columns.iter().enumerate();
        let some: Vec<usize> = columns
            .filter(|(_, column)| column.basis == *basis)
            .map(|(at, _)| at)
            .collect();
        some
    };
    let order: Vec<usize> = bases.iter().flat_map(of).collect();
    table.reordered(&order)
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
            "The repository of {unplaced} of {} was not found: name it as a ROOT, or map the paths in its logs with \
             `--path-map FROM=TO`",
            counted(report.rows.len() as u64, "session", "sessions")
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
    (some.len() > 1).then(|| format!("{metric}: {} sessions", some.join(", ")))
}

/// How much of the agent time is unknown.
fn unknown_time(totals: &SessionTotals) -> Option<String> {
    let (low, most) = totals.agent_minutes_low.zip(totals.agent_minutes)?;
    let unknown = Minutes::new(most.get() - low.get())?;
    Some(format!(
        "Agent time includes {} in which logs do not show whether an agent worked (beyond {ASSUMED_MINUTES}m of a response or \
         command, or a possible wait for a person); without it, it is {}",
        rounded(Some(unknown)).for_people(),
        rounded(Some(low)).for_people()
    ))
}

fn sessions_table(report: &SessionReport) -> Table {
    let totals = &report.totals;
    let time = basis(report, |sources| sources.agent_time);
    let notes = [
        totals
            .parallelism
            .map(|parallelism| format!("Average parallelism: {parallelism:.2}")),
        unknown_time(totals),
        surer(report, "Agent time", |sources| sources.agent_time),
        surer(report, "Tokens", |sources| sources.tokens),
    ];
    let starts: Vec<&str> = report.rows.iter().map(|row| row.started_at.as_str()).collect();
    let starts = Clock::new(report.zone, &starts);
    let ids: ShortNames<'_> = report.rows.iter().map(|row| row.session.as_str()).collect();
    Table {
        columns: vec![
            Column::text("agent", "Agent"),
            Column::text("session", "Session").whole().key(),
            Column::text("repo", "Repository").key(),
            // Never cut, as no number is.
            Column::ordinal("started_at", starts.heading("Start")),
            Column::number("agent_minutes", "Agent time", time),
            Column::number("supervisory_minutes", "Sup.", Basis::Estimated),
            Column::number("wall_minutes", "Wall", time).drop_order(4),
            Column::number("unknown_minutes", "Unknown", time).drop_order(6),
            Column::number("tokens", "Tokens", basis(report, |sources| sources.tokens)).drop_order(2),
            Column::number("commits", "Made", basis(report, |sources| sources.commits)).drop_order(5),
            Column::number("commits_linked", "Commits", Basis::Derived).drop_order(3),
        ],
        rows: report
            .rows
            .iter()
            .map(|row| session_cells(row, &ids, &starts))
            .collect(),
        totals: Some(vec![
            Cell::Empty,
            Cell::text(counted(totals.sessions, "session", "sessions")),
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

fn session_cells(row: &SessionRow, ids: &ShortNames<'_>, starts: &Clock) -> Vec<Cell> {
    vec![
        Cell::text(&row.agent),
        Cell::text(ids.of(&row.session)),
        Cell::known(row.repo.as_ref(), Cell::text),
        Cell::text(starts.show(&row.started_at, "%Y-%m-%d %H:%M")),
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
        "agent_minutes_low",
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
            minutes(row.agent_minutes_low),
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
        title: Some("Totals by idle threshold".into()),
        columns: vec![
            Column::ordinal("idle_minutes", "Idle after"),
            Column::number("agent_minutes", "Agent time", time),
            Column::number("supervisory_minutes", "Sup.", Basis::Estimated),
            Column::number("wall_minutes", "Wall", time),
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

/// How instants are shown on the clock of a zone: with its offset, once in the heading where it is the same for all.
struct Clock {
    zone: Zone,
    offset: Option<String>,
}

impl Clock {
    /// For instants in RFC 3339.
    fn new(zone: Zone, instants: &[&str]) -> Self {
        let known = instants.iter().filter_map(|text| local(zone, text));
        let mut offsets: Vec<String> = known.map(|at| at.format("%z").to_string()).collect();
        offsets.sort();
        offsets.dedup();
        let [only] = offsets.as_slice() else {
            return Self { zone, offset: None };
        };
        let offset = Some(only.clone());
        Self { zone, offset }
    }

    fn heading(&self, name: &str) -> String {
        match self.offset.as_deref() {
            Some("+0000") => format!("{name} (UTC)"),
            Some(offset) => format!("{name} ({offset})"),
            None => name.to_owned(),
        }
    }

    /// What is not in the calendar stays as it is.
    fn show(&self, text: &str, format: &str) -> String {
        let Some(at) = local(self.zone, text) else {
            return text.to_owned();
        };
        let offset = if self.offset.is_some() { "" } else { " %z" };
        at.format(&format!("{format}{offset}")).to_string()
    }
}

fn local(zone: Zone, text: &str) -> Option<DateTime<FixedOffset>> {
    let at = DateTime::parse_from_rfc3339(text).ok()?;
    Some(zone.at(at.timestamp()))
}

/// The timeline of one session: turns, actions, edits and commits by their times, counts and paths.
pub fn timeline(timeline: &Timeline, zone: Zone) -> Document {
    let sources = timeline.sources;
    let times: Vec<&str> = timeline.events.iter().map(|event| event.at.as_str()).collect();
    let clock = Clock::new(zone, &times);
    Document {
        title: Some(format!("{}:{}", timeline.agent, timeline.session)),
        tables: vec![Table {
            columns: vec![
                Column::text("at", clock.heading("Time")).whole(),
                Column::text("what", "Event").whole(),
                Column::number("worked_minutes", "Worked", as_basis(Some(sources.agent_time))),
                Column::prose("detail", "Detail"),
            ],
            rows: timeline
                .events
                .iter()
                .map(|event| event_cells(event, &clock))
                .collect(),
            ..Table::default()
        }],
        notes: vec![format!(
            "Agent time {}, times of human actions {}, tokens {}, edits {}, commits {}",
            sources.agent_time, sources.human_time, sources.tokens, sources.edits, sources.commits
        )],
        ..Document::default()
    }
}

fn event_cells(event: &Event, clock: &Clock) -> Vec<Cell> {
    let (what, worked, detail) = match &event.what {
        What::Turn {
            lane,
            until,
            agent_minutes,
            agent_minutes_low: _,
            human,
            commits,
        } => {
            let by = if *human { "" } else { ", without a person" };
            let made = match commits.as_slice() {
                [] => String::new(),
                commits => format!(", for {}", commits.join(" ")),
            };
            let until = clock.show(until, "%H:%M:%S");
            let detail = format!("{lane}, until {until}{by}{made}");
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
        Cell::text(clock.show(&event.at, "%Y-%m-%d %H:%M:%S")),
        Cell::text(what),
        worked,
        Cell::text(detail),
    ]
}
