//! Signatures on commits of the ledger, created and verified by the user's git, which knows the keys and the programs.

use std::collections::HashMap;
use std::io::Write;
use std::process::{Command, Stdio};

use git2::Oid;
use serde::{Deserialize, Serialize};

use super::Repo;
use super::config::{Config, ConfigFiles};
use super::process::{hardened, output};
use super::writer::{WriteError, Writer};
use crate::facts::ids::ObjectId;

/// The result of verifying a commit's signature.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state", content = "signer")]
pub enum Signature {
    /// Not signed.
    #[default]
    Absent,
    /// Valid; this is the signer. Untrusted text.
    Good(String),
    /// It cannot be verified here: the key is unknown, or the program is missing.
    Unchecked,
    /// It does not belong to this commit, or its key is revoked or expired.
    Bad,
}

/// The time of a writer in git's format: `1775822400 +0200`.
pub(super) fn date(writer: &Writer) -> String {
    let offset = i32::from(writer.time.offset);
    let (sign, minutes) = if offset < 0 { ('-', -offset) } else { ('+', offset) };
    format!(
        "{} {sign}{:02}{:02}",
        writer.time.seconds,
        minutes / 60,
        minutes % 60
    )
}

/// The variables that pass a person and a time to git.
pub(super) fn identity(command: &mut Command, writer: &Writer) {
    let date = date(writer);
    for role in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{role}_NAME"), &writer.person.name)
            .env(format!("GIT_{role}_EMAIL"), &writer.person.email)
            .env(format!("GIT_{role}_DATE"), &date);
    }
}

/// The settings for a git that signs or verifies: it runs no program except those in the user's own config.
pub fn programs(config: &Config) -> Vec<String> {
    let own = |name: &str| config.trusted(name).map(|found| found.value.as_str());
    let gpg = own("gpg.openpgp.program").or(own("gpg.program")).unwrap_or("gpg");
    let mut settings = vec![
        format!("gpg.program={gpg}"),
        format!("gpg.openpgp.program={gpg}"),
        format!("gpg.x509.program={}", own("gpg.x509.program").unwrap_or("gpgsm")),
        format!(
            "gpg.ssh.program={}",
            own("gpg.ssh.program").unwrap_or("ssh-keygen")
        ),
    ];
    let key = "gpg.ssh.defaultKeyCommand";
    if let Some(command) = own(key) {
        settings.push(format!("{key}={command}"));
    } else if config.get(key).is_some() {
        settings.push(format!("{key}=false"));
    }
    for name in ["gpg.format", "user.signingKey"] {
        // Git itself reads settings that are in files.
        let given = config.get(name).filter(|found| found.origin == "command line");
        settings.extend(given.map(|found| format!("{name}={}", found.value)));
    }
    settings
}

/// Creates a signed commit. Its tree and its parents must be on disk.
pub(super) fn commit(
    repo: &Repo,
    tree: Oid,
    parents: &[Oid],
    message: &str,
    writer: &Writer,
) -> Result<Oid, WriteError> {
    let failed = |reason: String| WriteError::Unsigned { reason };
    let mut command = hardened(repo.git_dir());
    for setting in &writer.signing_config {
        command.args(["-c", setting]);
    }
    command
        .env("GIT_DIR", repo.git_dir())
        .args(["commit-tree", "--gpg-sign", "-F", "-"]);
    identity(&mut command, writer);
    for parent in parents {
        command.args(["-p", &parent.to_string()]);
    }
    command
        .arg(tree.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
    if let Some(mut input) = child.stdin.take() {
        // If git exits early, it reports the reason itself.
        let _ = input.write_all(message.as_bytes());
    }
    let ended = child
        .wait_with_output()
        .map_err(|error| failed(error.to_string()))?;
    let said = String::from_utf8_lossy(&ended.stderr);
    if !ended.status.success() {
        return Err(failed(said.trim().lines().collect::<Vec<_>>().join("; ")));
    }
    let id = String::from_utf8_lossy(&ended.stdout);
    let id = id.trim();
    repo.whole_id(id)
        .ok_or_else(|| failed(format!("git named the commit `{id}`")))
}

/// The signatures of commits. Commits without one cost nothing.
///
/// Programs that the repository's own config names are not run: it may come from anybody.
pub(super) fn check(
    repo: &Repo,
    commits: &[ObjectId],
    files: &ConfigFiles,
) -> std::io::Result<HashMap<ObjectId, Signature>> {
    let signed: Vec<String> = commits
        .iter()
        .filter(|commit| is_signed(repo, **commit))
        .map(ToString::to_string)
        .collect();
    if signed.is_empty() {
        return Ok(HashMap::new());
    }
    let config = Config::read(files, None);
    let mut command = hardened(repo.git_dir());
    for setting in programs(&config) {
        command.args(["-c", &setting]);
    }
    command
        .env("GIT_DIR", repo.git_dir())
        .args(["log", "--no-walk=unsorted", "--format=%H %G? %GS"])
        .args(&signed);
    let text = output(&mut command)?;
    let text = String::from_utf8_lossy(&text);
    Ok(text.lines().filter_map(judged).collect())
}

fn is_signed(repo: &Repo, commit: ObjectId) -> bool {
    let commit = Oid::from_bytes(commit.as_bytes()).and_then(|id| repo.commit_at(id));
    commit.is_ok_and(|commit| commit.header_field_bytes("gpgsig").is_ok())
}

/// A line of `%H %G? %GS`.
fn judged(line: &str) -> Option<(ObjectId, Signature)> {
    let mut words = line.splitn(3, ' ');
    let commit = words.next()?.parse().ok()?;
    let signature = match words.next()? {
        "G" | "U" => Signature::Good(words.next().unwrap_or_default().to_owned()),
        "E" => Signature::Unchecked,
        "N" => Signature::Absent,
        _ => Signature::Bad,
    };
    Some((commit, signature))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_says_of_a_signature() {
        let id = "0123456789abcdef0123456789abcdef01234567";
        let judge = |rest: &str| judged(&format!("{id} {rest}")).unwrap().1;
        assert_eq!(
            judge("G ada@example.org"),
            Signature::Good("ada@example.org".into())
        );
        assert_eq!(
            judge("U Ada <ada@example.org>"),
            Signature::Good("Ada <ada@example.org>".into())
        );
        assert_eq!(judge("E "), Signature::Unchecked);
        assert_eq!(judge("B ada@example.org"), Signature::Bad);
        assert_eq!(judge("N"), Signature::Absent);
        assert_eq!(judged("warning: nothing"), None);
    }
}
