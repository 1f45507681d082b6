//! The section on opinions: the factor under each choice of estimates, and the tasks whose estimates are far apart.

use crate::audit::Audit;
use crate::audit::opinions::{Opinions, TaskSpread, Under};
use crate::facts::quantity::{counted, plural};
use crate::render::document::{Basis, Cell, Column, Table};

/// As many tasks are listed.
const MOST_TASKS: usize = 20;

/// Two tables; none without opinions.
pub(super) fn opinions(audit: &Audit) -> Vec<Table> {
    let found = &audit.opinions;
    if found.opinions == 0 {
        return Vec::new();
    }
    vec![factors(found), by_task(found)]
}

fn factors(found: &Opinions) -> Table {
    let row = |name: &str, under: &Under| {
        vec![
            Cell::text(name),
            Cell::known(under.human_hours.checked(), Cell::Hours),
            Cell::known(under.leverage_factor, Cell::Factor),
        ]
    };
    Table {
        title: Some("Opinions".into()),
        columns: vec![
            Column::text("estimates", "Estimates"),
            Column::number("human_hours", "Hours", Basis::Claimed),
            Column::number("leverage_factor", "Factor", Basis::Derived),
        ],
        rows: vec![
            row("Claimed", &found.claimed),
            row("Median", &found.median),
            row("Lowest", &found.lowest),
            row("Highest", &found.highest),
        ],
        notes: vec![given(found)],
        ..Table::default()
    }
}

/// Who gave how many opinions, and what they could see.
fn given(found: &Opinions) -> String {
    let with = found.by_task.len();
    let people = found.opinions - found.by_agents;
    let seen = found.opinions - found.blind - found.asked;
    format!(
        "{with} of {} {} opinions: {people} by people, {} by agents; {} blind, {} asked blind where the claim was, {seen} where \
         the claim was",
        counted(found.tasks, "task", "tasks"),
        plural(&(with as u64), "has", "have"),
        found.by_agents,
        found.blind,
        found.asked,
    )
}

fn by_task(found: &Opinions) -> Table {
    let number = |id, heading| Column::number(id, heading, Basis::Claimed);
    let row = |task: &TaskSpread| {
        vec![
            Cell::text(&task.title),
            Cell::Count(task.opinions),
            Cell::Hours(task.spread.claimed),
            Cell::Hours(task.spread.median),
            Cell::Hours(task.spread.lowest),
            Cell::Hours(task.spread.highest),
            Cell::known(task.spread.ratio, Cell::Factor),
        ]
    };
    let more = found.by_task.len().saturating_sub(MOST_TASKS);
    Table {
        title: Some("Opinions by task".into()),
        columns: vec![
            Column::text("title", "Task"),
            number("opinions", "Opinions"),
            number("claimed", "Claimed"),
            number("median", "Median"),
            number("lowest", "Lowest"),
            number("highest", "Highest"),
            Column::number("ratio", "Highest / lowest", Basis::Derived),
        ],
        rows: found.by_task.iter().take(MOST_TASKS).map(row).collect(),
        notes: (more > 0)
            .then(|| format!("{} closer together not shown", counted(more, "task", "tasks")))
            .into_iter()
            .collect(),
        ..Table::default()
    }
}
