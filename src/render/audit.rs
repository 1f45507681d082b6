//! The audit as a document, and as SARIF for forges.

use serde_json::{Value, json};

use super::document::{Basis, Cell, Column, Document, Table};
use crate::audit::confidence::{Confidence, Part};
use crate::audit::lines::FileLine;
use crate::audit::origin::{Grouping, Row, state_word};
use crate::audit::rules::RULES;
use crate::audit::{Audit, Level, Signer};
use crate::git::signing::Signature;

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
        (Grouping::Month, "By month"),
    ] {
        tables.extend(origin(&audit.origin, by, title));
    }
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

fn cells(row: &Row) -> Vec<Cell> {
    let share = row
        .lines_standing
        .filter(|_| row.lines_added > 0)
        .map(|standing| standing as f64 / row.lines_added as f64);
    vec![
        Cell::text(&row.value),
        Cell::Count(row.commits),
        Cell::Count(row.lines_added),
        Cell::known(row.lines_standing, Cell::Count),
        Cell::known(share, Cell::Percent),
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
            "The lines that {uncounted} commits added could not be counted, and are in no sum"
        ));
    }
    let days = |days: Option<f64>| days.map_or_else(|| "–".to_owned(), |days| format!("{days:.0} days"));
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
    notes.extend(
        audit
            .skipped
            .iter()
            .map(|one| format!("Not checked: {} ({})", one.rule, one.reason)),
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
