//! `trailers --print`: prints trailers that claim a task. It needs no repository and records nothing.

use crate::cli::commands::record::within::{Logs, Within};
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::logs::{ForeignArgs, LogArgs};
use crate::cli::outcome::Outcome;
use crate::cli::recording::{OpenLedger, TaskFields, no_estimate};
use crate::cli::untold;
use crate::facts::checks::check_text;
use crate::facts::claim_lines::block;
use crate::facts::ids::TaskId;
use crate::facts::task::{FirstClaim, Task, TaskSource};

/// Prints the block, and names the fields that are not in it.
pub fn run(fields: &TaskFields, context: &mut Context) -> Result<Outcome, CommandError> {
    let work = context.settings().work_time()?;
    let hours = fields.hours(work)?.ok_or_else(no_estimate)?;
    let now = context.environment.now;
    let mut task = Task::new(
        // A task in a message gets its id from the commit.
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
    name_caller(&mut task, fields, context)?;
    let text = block(&task)?;
    if let Some(title) = &fields.title {
        check_text("the title", title)?;
    }
    context.terminal.data(text.as_bytes())?;
    untold::tell(fields, &task, context)?;
    Ok(Outcome::Done)
}

/// Adds the estimator and the session, if an agent calls in a repository.
fn name_caller(task: &mut Task, fields: &TaskFields, context: &mut Context) -> Result<(), CommandError> {
    let Ok(open) = OpenLedger::open_as_it_is(context) else {
        return Ok(());
    };
    let logs = Logs {
        logs: &LogArgs::default(),
        foreign: ForeignArgs::default(),
        are_left_out: false,
    };
    let within = Within::find(&[], &logs, &open, context)?;
    if fields.estimated_by.is_none() {
        task.estimate.estimator = within.estimator();
    }
    within.tell_doubt(fields, context)?;
    within.name(task, &[], fields, &open, context)
}
