//! The claims beside what models give for the lines of the same tasks.

use crate::audit::models::{AgainstModels, ModelRow};
use crate::facts::quantity::{counted, plural};
use crate::render::document::{Basis, Cell, Column, Table};
use crate::render::pace;

/// One table: the claimed hours, then a row per model.
pub(super) fn models(against: &AgainstModels) -> Table {
    let claimed = vec![
        Cell::text("Claimed"),
        Cell::known(against.claimed_hours.checked(), Cell::Hours),
        Cell::Empty,
        Cell::Empty,
        Cell::Empty,
    ];
    let rows = against.models.iter().map(row);
    Table {
        title: Some("Claims against models".into()),
        columns: vec![
            Column::text("model", "Hours by"),
            Column::number("human_hours", "Hours", Basis::Estimated),
            Column::number("human_hours_low", "Low", Basis::Estimated),
            Column::number("human_hours_high", "High", Basis::Estimated),
            Column::number("tasks_above", "Tasks above", Basis::Derived),
        ],
        rows: std::iter::once(claimed).chain(rows).collect(),
        notes: notes(against),
        ..Table::default()
    }
}

fn row(row: &ModelRow) -> Vec<Cell> {
    let name = match row.model {
        "sloc" => "200 lines per day (estimated)",
        "cocomo" => "COCOMO II (estimated)",
        _ => "Pace of people here (estimated)",
    };
    vec![
        Cell::text(name),
        Cell::known(row.human_hours, Cell::Hours),
        Cell::known(row.human_hours_low, Cell::Hours),
        Cell::known(row.human_hours_high, Cell::Hours),
        Cell::known(row.tasks_above, Cell::Count),
    ]
}

fn notes(against: &AgainstModels) -> Vec<String> {
    let size = format!(
        "{} with {} of source and tests; models know only lines",
        counted(against.tasks, "task", "tasks"),
        counted(against.lines_added, "added line", "added lines")
    );
    let left_out = (against.tasks_left_out > 0).then(|| {
        let count = against.tasks_left_out;
        format!(
            "{} {} no known lines of source or tests and {} left out",
            counted(count, "task", "tasks"),
            plural(&count, "has", "have"),
            plural(&count, "is", "are")
        )
    });
    let pace = match (&against.pace, &against.pace_reason) {
        (Some(pace), _) => Some(format!("Pace of people here: {}", pace::text(pace))),
        (None, reason) => reason
            .as_ref()
            .map(|reason| format!("Pace of people here: unknown; {reason}")),
    };
    std::iter::once(size).chain(left_out).chain(pace).collect()
}
