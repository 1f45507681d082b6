//! Names the given fields that trailers cannot express, so that nobody assumes they were recorded.

use super::context::Context;
use super::error::CommandError;
use super::recording::TaskFields;
use crate::facts::claim_lines::without_trailer;
use crate::facts::task::Task;

/// Names what the trailers of a task leave out.
pub fn tell(fields: &TaskFields, task: &Task, context: &mut Context) -> Result<(), CommandError> {
    let given = [
        ("title (the commit's subject is used)", fields.title.is_some()),
        ("date", fields.date.is_some()),
        (
            "further commits",
            !fields.commit.is_empty() && task.commits.is_empty(),
        ),
    ];
    let given = given.into_iter().filter(|(_, is_given)| *is_given);
    let untold: Vec<&str> = given.map(|(name, _)| name).chain(without_trailer(task)).collect();
    if !untold.is_empty() {
        let said = format!(
            "Left out, because there are no trailers for them: {}",
            untold.join(", ")
        );
        context.terminal.status(&said)?;
    }
    Ok(())
}
