//! An earlier answer, from which a later one starts: history is read, trees and blobs are compared for new commits alone.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::history::{CommitIndex, History, Touched};
use super::runs::{FileRuns, Run};
use crate::facts::ids::ObjectId;

/// What is kept of an answer between runs.
#[derive(Serialize, Deserialize)]
pub struct Kept {
    /// The ends of a shallow clone. Where they move, so may every answer.
    shallow: BTreeSet<ObjectId>,
    pub(super) history: History,
    pub(super) touched: Touched,
    pub(super) files: KeptFiles,
}

/// The files at the head of an earlier answer, in git's order.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct KeptFiles {
    files: Vec<KeptFile>,
    /// How many commits came before those that the files name.
    #[serde(skip)]
    new_commits: usize,
}

/// A file's place in [`KeptFiles`].
pub(super) type KeptIndex = usize;

#[derive(Serialize, Deserialize)]
struct KeptFile {
    path: Vec<u8>,
    /// How many lines in a row each commit brought; `None` for a binary file.
    runs: Option<Vec<(usize, CommitIndex)>>,
}

impl Kept {
    /// Keeps the files of which everything is known.
    pub(super) fn of<'a>(
        shallow: BTreeSet<ObjectId>,
        history: History,
        touched: Touched,
        files: impl Iterator<Item = (&'a [u8], &'a FileRuns)>,
    ) -> Self {
        let files = files.filter_map(|(path, runs)| {
            Some(KeptFile {
                path: path.to_vec(),
                runs: match runs {
                    FileRuns::Unread(_) => return None,
                    FileRuns::Binary => None,
                    FileRuns::Text(runs) => {
                        let known = runs.iter().map(|run| Some((run.lines, run.commit?)));
                        Some(known.collect::<Option<_>>()?)
                    }
                },
            })
        });
        Self {
            shallow,
            history,
            touched,
            files: KeptFiles {
                files: files.collect(),
                new_commits: 0,
            },
        }
    }

    /// Its parts, if it is of use where a shallow clone ends at `shallow`.
    pub(super) fn into_parts(self, shallow: &BTreeSet<ObjectId>) -> Option<(History, Touched, KeptFiles)> {
        (self.shallow == *shallow && self.is_sound()).then_some((self.history, self.touched, self.files))
    }

    /// Whether every place that it names is there. What is read from a file may say anything.
    fn is_sound(&self) -> bool {
        let count = self.history.commits.len();
        if self.touched.len() != count {
            return false;
        }
        let parents = self.history.commits.iter().enumerate();
        let runs = self.files.files.iter().filter_map(|file| file.runs.as_ref());
        parents.into_iter().all(|(place, commit)| {
            let is_later = |parent: &CommitIndex| (place + 1..count).contains(parent);
            commit.parents.iter().all(is_later)
        }) && runs.flatten().all(|(_, commit)| *commit < count)
    }
}

impl KeptFiles {
    /// The same in a history that has so many commits more at its beginning.
    pub(super) fn behind(mut self, new_commits: usize) -> Self {
        self.new_commits = new_commits;
        self
    }

    pub(super) fn find(&self, path: &[u8]) -> Option<KeptIndex> {
        self.files
            .binary_search_by(|file| file.path.as_slice().cmp(path))
            .ok()
    }

    pub(super) fn has_lines(&self, file: KeptIndex) -> bool {
        self.files[file].runs.is_some()
    }

    /// The lines of a file.
    pub(super) fn runs(&self, file: KeptIndex) -> FileRuns {
        match &self.files[file].runs {
            Some(_) => FileRuns::Text(self.runs_between(file, 0, usize::MAX)),
            None => FileRuns::Binary,
        }
    }

    /// Who brought `lines` lines of a file from `start` on.
    pub(super) fn runs_between(&self, file: KeptIndex, start: usize, lines: usize) -> Vec<Run> {
        let end = start.saturating_add(lines);
        let mut at = 0;
        let mut found = Vec::new();
        for (len, commit) in self.files[file].runs.iter().flatten() {
            let (from, to) = (at.max(start), (at + len).min(end));
            if from < to {
                found.push(Run {
                    at: from,
                    lines: to - from,
                    commit: Some(commit + self.new_commits),
                });
            }
            at += len;
        }
        found
    }
}
