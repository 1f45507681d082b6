//! Values in a repository's own configuration, written by git itself, and which git that is.

use std::process::{Command, Stdio};

use super::open::Repo;
use super::process::{hardened, output};

/// The version of the user's git, as far as it tells releases apart; `None` where there is none or it says something else.
pub fn version() -> Option<(u32, u32)> {
    let said = Command::new("git")
        .arg("--version")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    parsed(&String::from_utf8_lossy(&said.stdout))
}

/// Reads `git version 2.54.0.windows.1`.
fn parsed(said: &str) -> Option<(u32, u32)> {
    let mut numbers = said.trim().strip_prefix("git version ")?.split(['.', '-']);
    let major = numbers.next()?.parse().ok()?;
    Some((major, numbers.next()?.parse().ok()?))
}

/// Adds a value to a name that may have several.
pub fn add(repo: &Repo, name: &str, value: &str) -> std::io::Result<()> {
    config(repo, &["--add", name, value])
}

/// Removes a value, as often as it stands there; those that a name has beside it stay.
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
    fn versions_are_read() {
        assert_eq!(parsed("git version 2.54.0\n"), Some((2, 54)));
        assert_eq!(parsed("git version 2.55.1.windows.2"), Some((2, 55)));
        assert_eq!(parsed("git version 2.56-rc0"), Some((2, 56)));
        assert_eq!(parsed("hub version 2"), None);
        assert!(version().is_some());
    }
}
