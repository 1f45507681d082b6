//! The audit as a document, and as SARIF for forges.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::document::{Basis, Cell, Column, Document, Table};
use crate::audit::confidence::{Confidence, Part};
use crate::audit::lines::FileLine;
use crate::audit::origin::{Grouping, Row, state_word};
use crate::audit::rules::RULES;
use crate::audit::{Audit, Level, Signer};
use crate::facts::evidence::OriginState;
use crate::git::signing::Signature;
use crate::sources::attested_lines::AttestedCommit;

/// The page for people: what the claims rest on, what does not add up, what made the code.
pub fn document(audit: &Audit) -> Document {
    let mut tables = Vec::new();
    if audit.confidence.claimed.tasks > 0 {
        tables.push(confidence(&audit.confidence));
    }
    if !audit.findings.is_empty() {
        tables.push(findings(audit));
    }
    for (by, title) in [
        (Grouping::State, "Made by"),
        (Grouping::HowKnown, "How it is known"),
        (Grouping::Agent, "By agent"),
        (Grouping::Model, "By model"),
        (Grouping::Task, "By task"),
    ] {
        tables.extend(origin(&audit.origin, by, title));
    }
    tables.extend(over_time(&audit.origin));
    Document {
        title: Some(format!(
            "Audit of {}: {}",
            audit.repo,
            headline(&audit.confidence)
        )),
        tables,
        notes: notes(audit),
    }
}

/// One sentence on how much of the claims can be shown.
pub fn headline(confidence: &Confidence) -> String {
    let claimed = &confidence.claimed;
    if claimed.tasks == 0 {
        return "no task claims any hours".into();
    }
    let share = |part: &Part| 100.0 * part.human_hours / claimed.human_hours.max(f64::MIN_POSITIVE);
    let factor =
        |factor: Option<f64>| factor.map_or_else(|| "–".to_owned(), |factor| format!("{factor:.1}x"));
    format!(
        "{:.0} human hours are claimed at {}; {:.0}% rest on measured minutes ({} alone), {:.0}% on linked commits ({} with \
         them), {:.0}% on nothing",
        claimed.human_hours,
        factor(claimed.leverage_factor),
        share(&confidence.measured),
        factor(confidence.measured.leverage_factor),
        share(&confidence.linked),
        factor(confidence.without_unsupported),
        share(&confidence.unsupported),
    )
}

/// What was found, as rows.
pub fn findings(audit: &Audit) -> Table {
    Table {
        title: Some("What does not add up".into()),
        columns: vec![
            Column::text("level", "Level"),
            Column::text("rule", "Rule"),
            Column::text("finding", "Finding"),
            Column::text("id", "Id").spare(2),
            Column::text("advice", "What to do").spare(1),
        ],
        rows: audit
            .findings
            .iter()
            .map(|found| {
                vec![
                    Cell::text(level(found.level)),
                    Cell::text(found.rule),
                    Cell::text(&found.message),
                    Cell::text(&found.id),
                    Cell::text(found.advice),
                ]
            })
            .collect(),
        ..Table::default()
    }
}

fn confidence(confidence: &Confidence) -> Table {
    let row = |name: &str, part: &Part| {
        vec![
            Cell::text(name),
            Cell::Count(part.tasks),
            Cell::Number(part.human_hours),
            Cell::known(part.leverage_factor, Cell::Factor),
        ]
    };
    Table {
        title: Some("What the claims rest on".into()),
        columns: vec![
            Column::text("rests_on", "Rests on"),
            Column::number("tasks", "Tasks", Basis::Measured),
            Column::number("human_hours", "Human hours", Basis::Claimed),
            Column::number("leverage_factor", "Leverage", Basis::Derived),
        ],
        rows: vec![
            row("measured minutes", &confidence.measured),
            row("linked commits", &confidence.linked),
            row("nothing", &confidence.unsupported),
            vec![
                Cell::text("all, over every session seen"),
                Cell::Count(confidence.claimed.tasks),
                Cell::Number(confidence.claimed.human_hours),
                Cell::known(confidence.all_in_leverage_factor, Cell::Factor),
            ],
        ],
        totals: Some(row("all", &confidence.claimed)),
        ..Table::default()
    }
}

fn origin(rows: &[Row], by: Grouping, title: &str) -> Option<Table> {
    let rows: Vec<Vec<Cell>> = rows.iter().filter(|row| row.by == by).map(cells).collect();
    (!rows.is_empty()).then(|| Table {
        title: Some(title.to_owned()),
        columns: vec![
            Column::text("value", title.to_owned()),
            Column::number("commits", "Commits", Basis::Measured),
            Column::number("lines_added", "Lines added", Basis::Measured),
            Column::number("lines_standing", "Standing", Basis::Measured),
            Column::number("share_standing", "Share", Basis::Derived),
        ],
        rows,
        ..Table::default()
    })
}

/// Months that have a row of their own; what is before them is put together by year.
const MONTHS_SHOWN: usize = 18;

/// All commits of a month or a year, and those with agents.
#[derive(Default)]
struct Span {
    commits: u64,
    agent_commits: u64,
    added: u64,
    agent_added: u64,
    standing: Option<u64>,
}

fn over_time(rows: &[Row]) -> Option<Table> {
    let by_month: Vec<(&str, &str, &Row)> = rows
        .iter()
        .filter(|row| row.by == Grouping::Month)
        .filter_map(|row| {
            row.value
                .split_once(' ')
                .map(|(month, state)| (month, state, row))
        })
        .collect();
    let mut months: Vec<&str> = by_month.iter().map(|(month, ..)| *month).collect();
    months.dedup();
    let recent = months.len().saturating_sub(MONTHS_SHOWN);
    // Years are whole: the first month with a row of its own is a January, where there is one.
    let january = months
        .iter()
        .skip(recent)
        .position(|month| month.ends_with("-01"));
    let first_shown = months.get(recent + january.filter(|_| recent > 0).unwrap_or(0))?;
    let mut spans: BTreeMap<&str, Span> = BTreeMap::new();
    for (month, state, row) in by_month {
        let year = month.split('-').next().unwrap_or(month);
        let span = spans
            .entry(if month < *first_shown { year } else { month })
            .or_default();
        span.commits += row.commits;
        span.added += row.lines_added;
        if state == state_word(OriginState::Agent) {
            span.agent_commits += row.commits;
            span.agent_added += row.lines_added;
        }
        if let Some(standing) = row.lines_standing {
            *span.standing.get_or_insert(0) += standing;
        }
    }
    Some(Table {
        title: Some("Over time".into()),
        columns: vec![
            Column::text("period", "Period"),
            Column::number("commits", "Commits", Basis::Measured),
            Column::number("agent_commits", "By agents", Basis::Measured),
            Column::number("lines_added", "Lines added", Basis::Measured),
            Column::number("agent_lines_added", "By agents", Basis::Measured),
            Column::number("lines_standing", "Standing", Basis::Measured),
            Column::number("share_standing", "Share", Basis::Derived),
        ],
        rows: spans
            .into_iter()
            .map(|(period, span)| span_cells(period, &span))
            .collect(),
        ..Table::default()
    })
}

fn span_cells(period: &str, span: &Span) -> Vec<Cell> {
    vec![
        Cell::text(period),
        Cell::Count(span.commits),
        Cell::Count(span.agent_commits),
        Cell::Count(span.added),
        Cell::Count(span.agent_added),
        Cell::known(span.standing, Cell::Count),
        Cell::known(share(span.standing, span.added), Cell::Percent),
    ]
}

/// What stands of what was added.
fn share(standing: Option<u64>, added: u64) -> Option<f64> {
    standing
        .filter(|_| added > 0)
        .map(|standing| standing as f64 / added as f64)
}

fn cells(row: &Row) -> Vec<Cell> {
    vec![
        Cell::text(&row.value),
        Cell::Count(row.commits),
        Cell::Count(row.lines_added),
        Cell::known(row.lines_standing, Cell::Count),
        Cell::known(share(row.lines_standing, row.lines_added), Cell::Percent),
    ]
}

fn notes(audit: &Audit) -> Vec<String> {
    let mut notes = Vec::new();
    if audit.findings.is_empty() {
        notes.push("Nothing was found that does not add up".to_owned());
    }
    notes.extend(audit.signatures.iter().map(signed));
    let uncounted: u64 = audit
        .origin
        .iter()
        .filter(|row| row.by == Grouping::State)
        .map(|row| row.commits_uncounted)
        .sum();
    if uncounted > 0 {
        notes.push(format!(
            "{uncounted} commits added lines that could not be counted, and are in no sum"
        ));
    }
    notes.extend(attested(&audit.attested));
    notes.extend(standing(&audit.origin));
    let days = |days: Option<f64>| {
        days.map_or_else(
            || "too early to tell".to_owned(),
            |days| format!("{days:.0} days"),
        )
    };
    notes.push(format!(
        "Half-life of lines (estimated): agents' {}, all others {}",
        days(audit.half_life.agent_days),
        days(audit.half_life.other_days)
    ));
    notes.push("Unknown is not human: nothing says who made those commits".to_owned());
    notes.extend(
        audit
            .allowed
            .iter()
            .map(|one| format!("Allowed {}:{}: {}", one.finding.rule, one.finding.id, one.reason)),
    );
    let mut skipped: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in &audit.skipped {
        skipped.entry(one.reason).or_default().push(one.rule);
    }
    notes.extend(
        skipped
            .iter()
            .map(|(reason, rules)| format!("Not checked, as {reason}: {}", rules.join(", "))),
    );
    notes
}

/// The lines of a file, as rows.
pub fn file_lines(lines: &[FileLine]) -> Document {
    let cells = |line: &FileLine| {
        vec![
            Cell::Count(line.first_line),
            Cell::Count(line.last_line),
            Cell::known(line.commit, |commit| Cell::text(commit.short())),
            Cell::known(line.state, |state| Cell::text(state_word(state))),
            Cell::text(line.agents.join(", ")),
            Cell::text(line.tasks.join(", ")),
            Cell::text(line.sessions.join(", ")),
        ]
    };
    Document::from(Table {
        columns: vec![
            Column::number("first_line", "First", Basis::Measured),
            Column::number("last_line", "Last", Basis::Measured),
            Column::text("commit", "Commit"),
            Column::text("state", "Made by"),
            Column::text("agents", "Agents"),
            Column::text("tasks", "Task"),
            Column::text("sessions", "Sessions").spare(1),
        ],
        rows: lines.iter().map(cells).collect(),
        ..Table::default()
    })
}

/// What notes attest, in one sentence.
fn attested(commits: &[AttestedCommit]) -> Option<String> {
    let sum = |lines: fn(&AttestedCommit) -> u64| commits.iter().map(lines).sum::<u64>();
    (!commits.is_empty()).then(|| {
        format!(
            "Notes of git-ai on {} commits attest {} of the lines they added to agents and {} to people alone",
            commits.len(),
            sum(|one| one.agent_lines),
            sum(|one| one.human_lines)
        )
    })
}

/// What made the lines at HEAD, in one sentence.
fn standing(rows: &[Row]) -> Option<String> {
    let of = |state: OriginState| {
        let mut found = rows.iter().filter(|row| row.by == Grouping::State);
        match found.find(|row| row.value == state_word(state)) {
            Some(row) => row.lines_standing,
            None => Some(0),
        }
    };
    let (agent, human, unknown) = (
        of(OriginState::Agent)?,
        of(OriginState::Human)?,
        of(OriginState::Unknown)?,
    );
    let all = agent + human + unknown;
    let percent = |lines: u64| 100.0 * lines as f64 / (all.max(1)) as f64;
    Some(format!(
        "Of the lines at HEAD, {:.1}% are from commits with agents, {:.1}% from people alone, and of {:.1}% nobody says",
        percent(agent),
        percent(human),
        percent(unknown)
    ))
}

fn signed(signer: &Signer) -> String {
    let how = match &signer.signature {
        Signature::Absent => "not signed".to_owned(),
        Signature::Good(who) => format!("signed by {who}, verified"),
        Signature::Unchecked => "signed by a key that is unknown here".to_owned(),
        Signature::Bad => "signed, but the signature does not hold".to_owned(),
    };
    format!("Commits of the ledger: {} {how}", signer.commits)
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Note => "note",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

/// SARIF 2.1.0, the form in which forges take findings.
pub fn sarif(audit: &Audit, version: &str) -> Value {
    let rules: Vec<Value> = RULES
        .iter()
        .map(|rule| {
            json!({
                "id": rule.id,
                "shortDescription": { "text": rule.about },
                "help": { "text": rule.advice },
            })
        })
        .collect();
    let results: Vec<Value> = audit
        .findings
        .iter()
        .map(|found| {
            json!({
                "ruleId": found.rule,
                "level": level(found.level),
                "message": { "text": format!("{}. {}", found.message, found.advice) },
                "partialFingerprints": { "ruleAndId/v1": format!("{}:{}", found.rule, found.id) },
                "locations": [{
                    "physicalLocation": { "artifactLocation": { "uri": ".leverage-audit" } },
                    "logicalLocations": [{ "name": found.id }],
                }],
                "properties": found.figures,
            })
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "git-leverage", "version": version, "rules": rules } },
            "results": results,
        }],
    })
}
