//! The user's own git, in one repository, with what it needs to reach a remote and not more.

use std::io;
use std::process::{Command, Output, Stdio};

use crate::git::open::Repo;
use crate::git::process::ELSEWHERE;

/// What a transfer of a ledger does not need.
const OPTIONS: &[&str] = &[
    "--no-pager",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.alternateRefsCommand=",
    "-c",
    "gc.auto=0",
    "-c",
    "maintenance.auto=false",
    // Git 2.55 and later; those of 2.54 are named one by one.
    "-c",
    "hook.reference-transaction.enabled=false",
    "-c",
    "hook.pre-push.enabled=false",
    "-c",
    "hook.pre-auto-gc.enabled=false",
];

/// The user's git, in the repository that was opened and no other.
pub(super) fn user_git(repo: &Repo) -> Command {
    let mut command = Command::new("git");
    for name in ELSEWHERE {
        command.env_remove(name);
    }
    // What it says of a lock or a reference that is gone is read.
    command
        .env("LC_ALL", "C")
        .env("GIT_DIR", repo.git_dir())
        .current_dir(repo.place())
        .args(OPTIONS)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// What a git printed that ended well or badly. The error says why it could not be started.
pub(super) fn ended(git: &mut Command) -> Result<Output, String> {
    git.output()
        .map_err(|error: io::Error| format!("git cannot be started: {error}"))
}
