//! The table of tasks: a row for each, in its current revision.

use super::field::{Taken, id_lists, millis, same};
use super::layout::{TASKS, Told};
use crate::aggregate::repository::PlacedTask;
use crate::facts::ids::ObjectId;
use crate::tables::{Column, Schema, TableError, TableFile};

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

pub fn schema() -> Schema {
    Schema::of(SCHEMA)
}

/// The rows of a repository.
pub fn columns(repo: &str, tasks: &[PlacedTask]) -> Result<Vec<Column>, String> {
    let all = || tasks.iter().map(|placed| &placed.task);
    let lines: Result<Vec<String>, _> = tasks.iter().map(serde_json::to_string).collect();
    let days = all().map(|task| {
        let days = task
            .date
            .signed_duration_since(chrono::NaiveDate::default())
            .num_days();
        i32::try_from(days).unwrap_or_default()
    });
    let minutes =
        |minutes: Option<crate::facts::quantity::Minutes>| minutes.map(|minutes| millis(minutes.get()));
    Ok(vec![
        same(repo, tasks.len()),
        Column::of(all().map(|task| task.id.to_string())),
        Column::of(all().map(|task| i32::try_from(task.rev).unwrap_or(i32::MAX))),
        Column::of(all().map(|task| task.at.timestamp_millis())),
        Column::of(days),
        id_lists(tasks.iter().map(|placed| &*placed.commits)),
        Column::of(all().map(|task| task.title.clone())),
        Column::of(all().map(|task| task.by.clone())),
        Column::of(all().map(|task| millis(task.estimate.hours.get() * 60.0))),
        Column::optional(all().map(|task| minutes(task.agent_minutes))),
        Column::optional(all().map(|task| minutes(task.supervisory_minutes))),
        Column::optional(all().map(|task| {
            let tokens = task.tokens.map(|tokens| tokens.0);
            tokens.map(|tokens| i64::try_from(tokens).unwrap_or(i64::MAX))
        })),
        Column::optional(all().map(|task| task.agent.clone())),
        Column::optional(all().map(|task| task.model.clone())),
        Column::optional(all().map(|task| task.category.clone())),
        Column::of(lines.map_err(|error| error.to_string())?),
    ])
}

/// The tasks of a repository.
pub fn read(folder: &std::path::Path, repo: &str, refs: &str) -> Result<Vec<PlacedTask>, TableError> {
    let schema = schema();
    let file = Told::new(TASKS, repo, refs).open(folder, &schema)?;
    let mut tasks = Vec::new();
    for batch in 0..file.batches() {
        tasks.extend(of_batch(&file, &schema, batch)?);
    }
    Ok(tasks)
}

/// The columns that other programs read follow from the line of each, which is all that is read.
fn of_batch(file: &TableFile, schema: &Schema, batch: usize) -> Result<Vec<PlacedTask>, TableError> {
    let line = schema.len() - 1;
    let placed: Vec<PlacedTask> = Taken::new(file, file.batch(batch, &[line])?).json()?;
    let widths = |placed: &PlacedTask| {
        placed
            .commits
            .iter()
            .map(ObjectId::width)
            .all(|width| width == 20 || width == 32)
    };
    match placed.iter().all(widths) {
        true => Ok(placed),
        false => Err(file.wrong("an id has an impossible length")),
    }
}
