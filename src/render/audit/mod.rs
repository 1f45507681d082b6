//! The audit as a page for terminals, as a document for the other formats, and as SARIF for forges.

mod kinds;
mod lead;
mod lines;
mod models;
mod opinions;
mod origin;
mod page;
mod sarif;
mod sentences;

use super::document::{Basis, Cell, Column, Document, Table};
use crate::audit::Audit;
use crate::audit::confidence::Part;
use crate::audit::origin::Grouping;
use crate::facts::quantity::capital;
use crate::overview::Support;
pub(super) use kinds::{Kind, kinds, short_id};
use lead::{facts, title};
use models::models;
use origin::{evidence, origin, over_time};
use sentences::{all_in, by_agents, notes, retracted, skipped};

pub use lines::{file_document, file_page};
pub use page::page;
pub use sarif::sarif;

/// Everything, for pages that are not folded.
pub fn document(audit: &Audit) -> Document {
    let summary = Table {
        columns: vec![Column::text("about", "About"), Column::prose("fact", "Fact")],
        rows: facts(audit)
            .into_iter()
            .map(|fact| {
                let label = match fact.label {
                    "" => "Claimed",
                    label => label,
                };
                vec![Cell::text(label), Cell::text(fact.text)]
            })
            .collect(),
        ..Table::default()
    };
    let found = kinds(&audit.findings);
    Document {
        title: Some(title(audit)),
        tables: std::iter::once(summary)
            .chain(found.iter().map(of_kind))
            .chain(tables(audit))
            .collect(),
        notes: notes(audit).into_iter().chain(skipped(audit, true)).collect(),
        ..Document::default()
    }
}

/// What the claims rest on and who made the commits, the tables that matter most first.
pub(super) fn tables(audit: &Audit) -> Vec<Table> {
    let mut tables = Vec::new();
    if audit.confidence.claimed.tasks + audit.confidence.retracted.tasks > 0 {
        tables.push(confidence(audit));
    }
    tables.extend(audit.models.as_ref().map(models));
    tables.extend(opinions::opinions(audit));
    tables.extend(origin(
        &audit.origin,
        Grouping::State,
        "Who made the commits",
        "Made by",
    ));
    tables.extend(evidence(&audit.evidence));
    for (by, title, heading) in [
        (Grouping::Agent, "Commits by agent", "Agent"),
        (Grouping::Model, "Commits by model", "Model"),
        (Grouping::Task, "Commits by task", "Task"),
    ] {
        tables.extend(origin(&audit.origin, by, title, heading));
    }
    tables.extend(over_time(&audit.origin));
    tables
}

/// Whether a table lists what may be long, the largest first.
fn is_long_list(table: &Table) -> bool {
    matches!(
        table.title.as_deref(),
        Some("Commits by model" | "Commits by task")
    )
}

/// The findings of a kind as a table, with what to do about them.
fn of_kind(kind: &Kind<'_>) -> Table {
    let rows = kind
        .findings
        .iter()
        .map(|found| vec![Cell::text(&found.id), Cell::text(&found.message)]);
    Table {
        title: Some(format!("{}: {}", capital(kind.level.word()), kind.rule.id)),
        columns: vec![Column::text("id", "Id"), Column::prose("finding", "Finding")],
        rows: rows.collect(),
        notes: vec![kind.rule.advice.to_owned()],
        ..Table::default()
    }
}

/// What was found, as rows of one table.
pub fn findings(audit: &Audit) -> Table {
    Table {
        title: Some("Findings".into()),
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
                    Cell::text(found.level.word()),
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
    let of = |support: Support, part| row(&capital(support.words()), part);
    let mut rows = vec![
        of(Support::Logs, &confidence.measured),
        of(Support::Notes, &confidence.noted),
        of(Support::Commits, &confidence.linked),
        of(Support::Nothing, &confidence.unsupported),
    ];
    if confidence.unchecked.tasks > 0 {
        rows.push(of(Support::Unchecked, &confidence.unchecked));
    }
    Table {
        title: Some("Evidence for the claims".into()),
        columns: vec![
            Column::text("rests_on", "Evidence"),
            Column::number("tasks", "Tasks", Basis::Claimed),
            Column::number("human_hours", "Hours", Basis::Claimed),
            Column::number("leverage_factor", "Claimed factor", Basis::Derived),
            Column::number("measured_leverage_factor", "Measured factor", Basis::Derived),
        ],
        rows,
        totals: Some(row("Total", &confidence.claimed)),
        notes: std::iter::once(all_in(audit))
            .chain(by_agents(audit))
            .chain(retracted(audit))
            .collect(),
        ..Table::default()
    }
}
