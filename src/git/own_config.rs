//! Values in a repository's own configuration, written by git itself, and the version of that git.

use std::process::{Command, Stdio};

use super::open::Repo;
use super::process::{hardened, output};
use crate::facts::version::GitVersion;

/// The version of the user's git; `None` if there is none, or its output is unexpected.
pub fn version() -> Option<GitVersion> {
    let said = Command::new("git")
        .arg("--version")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    GitVersion::parse(&String::from_utf8_lossy(&said.stdout))
}

/// Adds a value to a name that can have several.
pub fn add(repo: &Repo, name: &str, value: &str) -> std::io::Result<()> {
    config(repo, &["--add", name, value])
}

/// Removes every occurrence of a value; other values of the name stay.
pub fn remove(repo: &Repo, name: &str, value: &str) -> std::io::Result<()> {
    config(repo, &["--fixed-value", "--unset-all", name, value])
}

/// Whether a name has a value in the repository's own file.
pub fn has(repo: &Repo, name: &str, value: &str) -> bool {
    config(repo, &["--fixed-value", "--get-all", name, value]).is_ok()
}

fn config(repo: &Repo, arguments: &[&str]) -> std::io::Result<()> {
    let mut git = hardened(repo.place());
    git.env("GIT_DIR", repo.git_dir())
        .args(["config", "--local"])
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    output(&mut git).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_git_is_read() {
        assert!(version() > Some(GitVersion(2, 0, 0)));
    }
}
