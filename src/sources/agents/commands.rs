//! Which shell commands make commits, where, and which hashes their output names.
//!
//! `git log` and `git show` print the hashes of commits that were there before, so only the output of commands that make
//! commits counts. The commands themselves go no further.

use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::log::{Log, Made, Name};
use crate::facts::session::{CommitKind, HashEvidence};

/// A command that may make commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Making {
    /// How.
    pub kind: CommitKind,
    /// Where git runs: `cd FOLDER &&` and `git -C FOLDER` followed; `None` where that is the session's working folder.
    pub folder: Option<Name>,
}

/// `git`, its global options, and a subcommand that makes commits. `-C` is captured for the folder.
static MAKING: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?x) (?: ^ | [\s;&|(] ) git
        (?P<options> (?: \s+ (?: -C \s* (?: "[^"]*" | '[^']*' | \S+ ) | -c \s+ \S+ | --?[a-z][\w=./-]* ) )* )
        \s+ (?P<verb> commit | merge | cherry-pick | revert | rebase | am | pull ) (?: \s | $ )"#,
    )
    .ok()
});

/// A folder changed into before, or given to git.
static FOLDER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?:^|[\s;&|(])(?:cd|-C)\s+(?:"([^"]+)"|'([^']+)'|([^\s;&|"']+))"#).ok());

/// `[main 1a2b3c4] subject`, `[main (root-commit) 1a2b3c4]`, `[detached HEAD 1a2b3c4]`; behind a label where an agent puts one
/// before what a command printed.
static SUMMARY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?m)^\s*(?:(?:Output|Stdout): )?\[(?P<branch>[^\[\]\r\n]{1,200}?)(?: \(root-commit\))? (?P<hash>[0-9a-f]{4,64})\](?: |$)",
    )
    .ok()
});

/// Whether a command may make commits.
pub fn making(log: &mut Log, command: &str) -> Option<Making> {
    let found = MAKING.as_ref()?.captures(command)?;
    let kind = match found.name("verb")?.as_str() {
        "commit" if command.contains("--amend") => CommitKind::Amend,
        "commit" => CommitKind::Commit,
        "cherry-pick" => CommitKind::CherryPick,
        "revert" => CommitKind::Revert,
        "rebase" => CommitKind::Rebase,
        "am" => CommitKind::Apply,
        _ => CommitKind::Merge,
    };
    let before = command.get(..found.name("options")?.end())?;
    Some(Making {
        kind,
        folder: last_folder(before).map(|folder| log.name(folder)),
    })
}

/// The folder that the last `cd` or `-C` names.
fn last_folder(command: &str) -> Option<&str> {
    let found = FOLDER.as_ref()?.captures_iter(command).last()?;
    let folder = (1..=3).find_map(|group| found.get(group))?.as_str();
    (!folder.contains(['$', '`'])).then_some(folder)
}

/// The commits that the output of such a command names in git's summary lines.
pub fn made(log: &mut Log, making: Making, output: &str) -> Vec<Made> {
    let Some(summary) = SUMMARY.as_ref() else {
        return Vec::new();
    };
    let found: Vec<(String, &str)> = summary
        .captures_iter(output)
        .filter_map(|found| {
            Some((
                found.name("hash")?.as_str().to_owned(),
                found.name("branch")?.as_str(),
            ))
        })
        .collect();
    found
        .into_iter()
        .map(|(hash, branch)| Made {
            hash,
            kind: making.kind,
            folder: making.folder,
            branch: (branch != "detached HEAD").then(|| log.name(branch)),
            evidence: HashEvidence::Output,
        })
        .collect()
}

/// A commit that a structured field of the log names; `None` where that is no hash.
pub fn named(
    log: &mut Log,
    making: Option<Making>,
    kind: &str,
    hash: &str,
    branch: Option<&str>,
) -> Option<Made> {
    let is_hash = (4..=64).contains(&hash.len()) && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then(|| Made {
        hash: hash.to_ascii_lowercase(),
        kind: match kind {
            "amended" | "amend" => CommitKind::Amend,
            "cherry-picked" | "cherry-pick" => CommitKind::CherryPick,
            _ => making.map_or(CommitKind::Commit, |making| making.kind),
        },
        folder: making.and_then(|making| making.folder),
        branch: branch.map(|branch| log.name(branch)),
        evidence: HashEvidence::Structured,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(command: &str) -> Option<(CommitKind, String)> {
        let mut log = Log::default();
        let making = making(&mut log, command)?;
        let folder = making.folder.map_or("", |folder| log.text(folder)).to_owned();
        Some((making.kind, folder))
    }

    #[test]
    fn only_some_commands_make_commits() {
        for (command, expected) in [
            ("git commit -am x", Some((CommitKind::Commit, ""))),
            (
                "git add -A && git commit --amend --no-edit",
                Some((CommitKind::Amend, "")),
            ),
            (
                "cd /w/kiln && git commit -m x",
                Some((CommitKind::Commit, "/w/kiln")),
            ),
            (
                "git -C '/w/my kiln' -c a.b=c cherry-pick abc",
                Some((CommitKind::CherryPick, "/w/my kiln")),
            ),
            ("cd $HOME/x && git commit -m x", Some((CommitKind::Commit, ""))),
            ("git --no-pager rebase main", Some((CommitKind::Rebase, ""))),
            ("git log --oneline -3", None),
            ("git show abc", None),
            ("git commit-graph write", None),
            ("legit commit", None),
            ("git log --grep commit", None),
        ] {
            let expected = expected.map(|(kind, folder)| (kind, folder.to_owned()));
            assert_eq!(seen(command), expected, "{command}");
        }
    }

    #[test]
    fn summary_lines_name_commits() {
        let mut log = Log::default();
        let making = making(&mut log, "git commit -m x").unwrap();
        let output = "ok\nOutput: [main 3fe81b2] Cap retry delay\n 1 file changed\n[topic/a (root-commit) 00ff00ff] b\n\
                      [detached HEAD abcdef0] c\n[ERROR deadbeef: no\n[not a hash] d\n";
        let made = made(&mut log, making, output);
        let found: Vec<_> = made
            .iter()
            .map(|made| (made.hash.as_str(), made.branch.map(|name| log.text(name))))
            .collect();
        assert_eq!(
            found,
            [
                ("3fe81b2", Some("main")),
                ("00ff00ff", Some("topic/a")),
                ("abcdef0", None)
            ]
        );
    }

    #[test]
    fn a_structured_field_must_hold_a_hash() {
        let mut log = Log::default();
        assert!(
            named(&mut log, None, "committed", "3FE81B2", Some("main"))
                .is_some_and(|made| made.hash == "3fe81b2")
        );
        assert_eq!(named(&mut log, None, "committed", "rm -rf", None), None);
    }
}
