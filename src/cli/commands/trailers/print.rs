//! `trailers --print`: the trailers that claim a task. Needs no repository, and writes nothing.

use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::outcome::Outcome;
use crate::cli::recording::{TaskFields, no_estimate};
use crate::facts::claim_lines::{block, without_trailer};
use crate::facts::ids::TaskId;
use crate::facts::task::{FirstClaim, Task, TaskSource, check_text};

/// Prints the block, and says what of the fields is not in it.
pub fn run(fields: &TaskFields, context: &mut Context) -> Result<Outcome, CommandError> {
    let work = context.settings().work_time()?;
    let hours = fields.hours(work)?.ok_or_else(no_estimate)?;
    let now = context.environment.now;
    let mut task = Task::new(
        // What names a task in a message is derived from the commit.
        TaskId::new(0, &[0; 10]),
        FirstClaim {
            at: now,
            by: "",
            title: String::new(),
            date: now.date_naive(),
            hours,
            source: TaskSource::Trailer,
        },
    );
    fields.claim(&mut task, work)?;
    let text = block(&task)?;
    let mut missing = without_trailer(&task);
    if let Some(title) = &fields.title {
        check_text("the title", title)?;
        missing.insert(0, "title, which is the subject of the commit");
    }
    missing.extend(fields.date.as_ref().map(|_| "date"));
    missing.extend(fields.commit.first().map(|_| "further commits"));
    context.terminal.data(text.as_bytes())?;
    if !missing.is_empty() {
        let said = format!("no trailer holds: {}", missing.join(", "));
        context.terminal.status(&said)?;
    }
    Ok(Outcome::Done)
}
