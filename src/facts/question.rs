//! What is shown of a task to somebody who is asked for an opinion: the work, and nothing that was claimed of it.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::figures::Figures;
use super::ids::{ObjectId, RecordId, TaskId};
use super::ledger::LedgerTask;

/// One file that commits changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedPath {
    /// Its path after the change. Untrusted text.
    pub path: String,
    /// The lines added and removed; `None` if they are unknown.
    pub lines: Option<(u64, u64)>,
}

/// A commit of the task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedCommit {
    /// Its id.
    pub id: ObjectId,
    /// Its subject, without figures; `None` if the commit is not in this clone. Untrusted text.
    pub subject: Option<String>,
}

/// The work of a task, without any figure of its claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The word that an answer repeats.
    pub key: String,
    /// What was done, without figures; `None` if only a message names the task. Untrusted text.
    pub title: Option<String>,
    /// The day of the work.
    pub date: Option<NaiveDate>,
    /// The names of its phases, without figures. Untrusted text.
    pub phases: Vec<String>,
    /// Its commits.
    pub commits: Vec<AskedCommit>,
    /// The files that they changed, most lines first.
    pub files: Vec<ChangedPath>,
}

/// What git has of the commits of a task.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Work {
    /// Each with its subject, if it is in this clone.
    pub commits: Vec<(ObjectId, Option<String>)>,
    /// The files of all of them, a file of several commits several times.
    pub files: Vec<ChangedPath>,
}

/// The letter that keys begin with: no id does.
const FIRST: char = 'q';
/// The digits behind it.
const DIGITS: usize = 12;

/// The word by which an answer shows that it follows the question about this revision of the task. It cannot be taken for an id,
/// and does not show it.
pub fn key(task: TaskId, rev: Option<u32>) -> String {
    let rev = rev.map(|rev| rev.to_string()).unwrap_or_default();
    let derived = RecordId::derived(&["question", &task.to_string(), &rev]).to_string();
    let digits: String = derived.chars().rev().take(DIGITS).collect();
    format!("{FIRST}{digits}")
}

/// Whether a text has the form of a key.
pub fn is_key(text: &str) -> bool {
    let digits = text.strip_prefix(FIRST);
    digits
        .is_some_and(|digits| digits.len() == DIGITS && digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

impl Question {
    /// The question about a task that is recorded here.
    pub fn about(found: &LedgerTask, date: NaiveDate, work: Work, figures: &Figures) -> Self {
        let task = &found.task;
        let phases = task.estimate.phases.iter();
        Self {
            title: Some(figures.hide(&task.title)),
            date: Some(date),
            phases: phases.map(|phase| figures.hide(&phase.name)).collect(),
            ..Self::unknown(task.id, Some(task.rev), work, figures)
        }
    }

    /// The question about a task of which only its name and its commits are known.
    pub fn unknown(task: TaskId, rev: Option<u32>, work: Work, figures: &Figures) -> Self {
        let commits = work.commits.into_iter().map(|(id, subject)| AskedCommit {
            id,
            subject: subject.map(|subject| figures.hide(&subject)),
        });
        Self {
            key: key(task, rev),
            title: None,
            date: None,
            phases: Vec::new(),
            commits: commits.collect(),
            files: joined(work.files, figures),
        }
    }
}

/// Each file once, most lines first. The lines of one are unknown if those of one of its changes are.
fn joined(files: Vec<ChangedPath>, figures: &Figures) -> Vec<ChangedPath> {
    let mut by_path: BTreeMap<String, Option<(u64, u64)>> = BTreeMap::new();
    for file in files {
        let known = by_path.entry(file.path).or_insert(Some((0, 0)));
        *known = known
            .zip(file.lines)
            .map(|(sum, lines)| (sum.0.saturating_add(lines.0), sum.1.saturating_add(lines.1)));
    }
    let mut files: Vec<ChangedPath> = by_path
        .into_iter()
        .map(|(path, lines)| ChangedPath { path, lines })
        .collect();
    let size = |file: &ChangedPath| {
        file.lines
            .map_or(0, |(added, removed)| added.saturating_add(removed))
    };
    files.sort_by_key(|file| std::cmp::Reverse(size(file)));
    for file in &mut files {
        file.path = figures.hide(&file.path);
    }
    files
}

#[cfg(test)]
mod tests {
    use super::super::task::sample;
    use super::*;

    #[test]
    fn a_key_belongs_to_one_revision_of_one_task() {
        let id = sample().id;
        let keys = [key(id, None), key(id, Some(0)), key(id, Some(1))];
        assert!(keys.iter().all(|key| is_key(key)), "{keys:?}");
        assert_ne!(keys[0], keys[1]);
        assert_ne!(keys[1], keys[2]);
        assert_eq!(key(id, Some(1)), keys[2]);
        assert!(!is_key(&id.short()) && !is_key("q") && !is_key("q12345678901g"));
    }

    #[test]
    fn a_file_of_several_commits_is_listed_once() {
        let file = |path: &str, lines| ChangedPath {
            path: path.into(),
            lines,
        };
        let files = vec![
            file("b", Some((1, 1))),
            file("a", Some((1, 0))),
            file("c", None),
            file("b", Some((5, 0))),
            file("c", Some((9, 9))),
        ];
        let joined = joined(files, &Figures::default());
        assert_eq!(
            joined,
            [file("b", Some((6, 1))), file("a", Some((1, 0))), file("c", None)]
        );
    }
}
