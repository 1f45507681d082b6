//! The `git` program, in a profile in which a repository cannot run anything.
//!
//! Used where libgit2 cannot do the work (`rev-parse --since`, storage that it cannot read) and as the oracle in tests. What each
//! setting prevents is listed in `docs/decisions/hostile-repositories.md`.

use std::io;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Variables, besides `GIT_DIR`, that would point git to another repository than the one that was opened.
pub(super) const ELSEWHERE: &[&str] = &[
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_GRAFT_FILE",
    "GIT_SHALLOW_FILE",
];
/// Further variables that would do this, loosen git's checks or change its output.
const INHERITED: &[&str] = &[
    "GIT_DIR",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_EXTERNAL_DIFF",
    "GIT_DIFF_OPTS",
    "GIT_REPLACE_REF_BASE",
    "GIT_TRACE",
    "GIT_TRACE2",
    "GIT_PAGER",
];

const ENVIRONMENT: &[(&str, &str)] = &[
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_ALLOW_PROTOCOL", "none"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("LC_ALL", "C"),
];

const OPTIONS: &[&str] = &[
    "--literal-pathspecs",
    "--no-pager",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "hook.reference-transaction.enabled=false",
    "-c",
    "hook.post-index-change.enabled=false",
    "-c",
    "core.alternateRefsCommand=",
    "-c",
    "log.showSignature=false",
    "-c",
    "safe.bareRepository=explicit",
    "-c",
    "protocol.allow=never",
];

/// `git -C dir …`, unable to run hooks, filters, helpers or transports. Standard input is closed.
pub fn hardened(dir: &Path) -> Command {
    let mut command = Command::new("git");
    ELSEWHERE.iter().chain(INHERITED).for_each(|name| {
        command.env_remove(name);
    });
    command
        .envs(ENVIRONMENT.iter().copied())
        .arg("-C")
        .arg(dir)
        .args(OPTIONS)
        .stdin(Stdio::null());
    command
}

/// Runs a hardened command; an exit code other than 0 is an error with git's last message.
pub fn output(command: &mut Command) -> io::Result<Vec<u8>> {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output()?;
    if status.success() {
        return Ok(stdout);
    }
    let said = String::from_utf8_lossy(&stderr);
    let said = said.trim().lines().last().unwrap_or("no reason given").to_owned();
    Err(io::Error::other(format!("git failed: {said}")))
}
