//! `record` if the git directory cannot be written, as in a sandbox: prints what to add to a commit instead.

use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::recording::TaskFields;
use crate::cli::untold;
use crate::facts::claim_lines::block;
use crate::facts::task::Task;

/// Prints the trailers of a task that could not be recorded, and returns an error that explains what to do with them. Other
/// errors are returned unchanged.
pub fn print_trailers(
    error: CommandError,
    fields: &TaskFields,
    task: &Task,
    context: &mut Context,
) -> Result<CommandError, CommandError> {
    if !error.is_not_writable() {
        return Ok(error);
    }
    context.terminal.data(block(task)?.as_bytes())?;
    untold::tell(fields, task, context)?;
    let error = error.instead(
        "Nothing was recorded. Add the lines on standard output, unchanged, to the end of this task's next commit message",
    );
    Ok(
        error
            .hint("Or run the same command where the git directory is writable, such as outside the sandbox"),
    )
}
