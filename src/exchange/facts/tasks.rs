//! The table of tasks: a row for each, in its current revision.

use super::field::{id_lists, lines, long, millis, same};
use super::layout::{TASKS, Told};
use crate::aggregate::repository::PlacedTask;
use crate::tables::{Column, Schema, TableError};
use std::path::Path;
use std::sync::LazyLock;

const SCHEMA: &str = "message tasks {
    required binary repo (STRING);
    required binary task (STRING);
    required int32 rev;
    required int64 written_at;
    required int32 date (DATE);
    required group commits (LIST) { repeated group list { required binary element; } }
    required binary title (STRING);
    required binary by (STRING);
    required int64 estimate_ms;
    optional int64 agent_ms;
    optional int64 supervisory_ms;
    optional int64 tokens;
    optional binary agent (STRING);
    optional binary model (STRING);
    optional binary category (STRING);
    required binary line (STRING);
}";

pub fn schema() -> &'static Schema {
    static PARSED: LazyLock<Schema> = LazyLock::new(|| Schema::of(SCHEMA));
    &PARSED
}

/// The rows of a repository.
pub fn columns(repo: &str, tasks: &[PlacedTask]) -> Result<Vec<Column>, String> {
    let all = || tasks.iter().map(|placed| &placed.task);
    let json: Result<Vec<String>, _> = tasks.iter().map(serde_json::to_string).collect();
    let days = all().map(|task| {
        let days = task
            .date
            .signed_duration_since(chrono::NaiveDate::default())
            .num_days();
        i32::try_from(days).unwrap_or_default()
    });
    Ok(vec![
        same(repo, tasks.len()),
        Column::of(all().map(|task| task.id.to_string())),
        Column::of(all().map(|task| i32::try_from(task.rev).unwrap_or(i32::MAX))),
        Column::of(all().map(|task| task.at.timestamp_millis())),
        Column::of(days),
        id_lists(tasks.iter().map(|placed| &*placed.commits)),
        Column::of(all().map(|task| task.title.clone())),
        Column::of(all().map(|task| task.by.clone())),
        Column::of(all().map(|task| (task.estimate.hours.get() * 3_600_000.0).round() as i64)),
        Column::optional(all().map(|task| task.agent_minutes.map(millis))),
        Column::optional(all().map(|task| task.supervisory_minutes.map(millis))),
        Column::optional(all().map(|task| task.tokens.map(|tokens| long(tokens.0)))),
        Column::optional(all().map(|task| task.agent.clone())),
        Column::optional(all().map(|task| task.model.clone())),
        Column::optional(all().map(|task| task.category.clone())),
        Column::of(json.map_err(|error| error.to_string())?),
    ])
}

/// The tasks of a repository.
pub fn read(folder: &Path, repo: &str, refs: &str) -> Result<Vec<PlacedTask>, TableError> {
    let file = Told::new(TASKS, repo, refs).open(folder, schema())?;
    lines(&file, schema())
}
