//! The audit as a document, and as SARIF for forges.

mod origin;
mod sarif;
mod sentences;

use super::document::{Basis, Cell, Column, Document, Table};
use crate::audit::confidence::Part;
use crate::audit::lines::FileLine;
use crate::audit::origin::{Grouping, state_word};
use crate::audit::{Audit, Finding};
use origin::{origin, over_time};
use sentences::{all_in, by_agents, headline, level, notes, retracted, subject};

pub use sarif::sarif;

/// The page for people: what the claims rest on, what does not add up, what made the code.
pub fn document(audit: &Audit) -> Document {
    let mut tables = Vec::new();
    if audit.confidence.claimed.tasks + audit.confidence.retracted.tasks > 0 {
        tables.push(confidence(audit));
    }
    tables.extend(findings_by_rule(&audit.findings));
    for (by, title, heading) in [
        (Grouping::State, "What made the commits", "Made by"),
        (Grouping::HowKnown, "How that is known", "Sign"),
        (Grouping::Agent, "Commits by agent", "Agent"),
        (Grouping::Model, "Commits by model", "Model"),
        (Grouping::Task, "Commits by task", "Task"),
    ] {
        tables.extend(origin(&audit.origin, by, title, heading));
    }
    tables.extend(over_time(&audit.origin));
    Document {
        title: Some(format!("{}: {}", subject(audit), headline(audit))),
        tables,
        notes: notes(audit),
    }
}

/// What was found, a table for each rule and level, with what to do about it.
fn findings_by_rule(findings: &[Finding]) -> impl Iterator<Item = Table> {
    let is_same = |one: &Finding, other: &Finding| (one.level, one.rule) == (other.level, other.rule);
    findings.chunk_by(is_same).filter_map(|found| {
        let first = found.first()?;
        let rows = found
            .iter()
            .map(|found| vec![Cell::text(&found.message), Cell::text(&found.id)]);
        Some(Table {
            title: Some(format!("{}: {}", capital(level(first.level)), first.rule)),
            columns: vec![Column::prose("finding", "Finding"), Column::text("id", "Id")],
            rows: rows.collect(),
            notes: vec![first.advice.to_owned()],
            ..Table::default()
        })
    })
}

fn capital(word: &str) -> String {
    let mut rest = word.chars();
    rest.next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

/// What was found, as rows of one table.
pub fn findings(audit: &Audit) -> Table {
    Table {
        title: Some("What does not add up".into()),
        columns: vec![
            Column::text("level", "Level"),
            Column::text("rule", "Rule"),
            Column::text("finding", "Finding"),
            Column::text("id", "Id").drop_order(2),
            Column::text("advice", "What to do").drop_order(1),
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

fn confidence(audit: &Audit) -> Table {
    let confidence = &audit.confidence;
    let row = |name: &str, part: &Part| {
        vec![
            Cell::text(name),
            Cell::Count(part.tasks),
            Cell::known(part.human_hours.checked(), Cell::Hours),
            Cell::known(part.leverage_factor, Cell::Factor),
            Cell::known(part.measured_leverage_factor, Cell::Factor),
        ]
    };
    let mut rows = vec![
        row("measured minutes", &confidence.measured),
        row("minutes in notes", &confidence.noted),
        row("linked commits", &confidence.linked),
        row("nothing", &confidence.unsupported),
    ];
    if confidence.unchecked.tasks > 0 {
        rows.push(row("unknown: the clone is shallow", &confidence.unchecked));
    }
    Table {
        title: Some("What the claims rest on".into()),
        columns: vec![
            Column::text("rests_on", "Rests on"),
            Column::number("tasks", "Tasks", Basis::Measured),
            Column::number("human_hours", "Human hours", Basis::Claimed),
            Column::number("leverage_factor", "By claimed minutes", Basis::Derived),
            Column::number("measured_leverage_factor", "By measured minutes", Basis::Derived),
        ],
        rows,
        totals: Some(row("all", &confidence.claimed)),
        notes: std::iter::once(all_in(audit))
            .chain(by_agents(audit))
            .chain(retracted(audit))
            .collect(),
        ..Table::default()
    }
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
            Column::ordinal("first_line", "First"),
            Column::ordinal("last_line", "Last"),
            Column::text("commit", "Commit"),
            Column::text("state", "Made by"),
            Column::text("agents", "Agents"),
            Column::text("tasks", "Task"),
            Column::text("sessions", "Sessions").drop_order(1),
        ],
        rows: lines.iter().map(cells).collect(),
        ..Table::default()
    })
}
