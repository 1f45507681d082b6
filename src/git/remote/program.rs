//! The user's own git in one repository, with only what it needs to reach a remote.

use std::io;
use std::process::{Command, Output, Stdio};

use crate::open::Repo;
use crate::process::ELSEWHERE;

/// Features that a transfer of a ledger does not need.
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
    // Git 2.55 and later; hooks of 2.54 are named one by one.
    "-c",
    "hook.reference-transaction.enabled=false",
    "-c",
    "hook.pre-push.enabled=false",
    "-c",
    "hook.pre-auto-gc.enabled=false",
];

/// The user's git, in the opened repository only.
pub(super) fn user_git(repo: &Repo) -> Command {
    let mut command = Command::new("git");
    for name in ELSEWHERE {
        command.env_remove(name);
    }
    // Its messages about locks and missing refs are parsed.
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

/// The output of a git that ran, successfully or not. The error says why it could not be started.
pub(super) fn ended(git: &mut Command) -> Result<Output, String> {
    git.output()
        .map_err(|error: io::Error| format!("cannot start git: {error}"))
}
