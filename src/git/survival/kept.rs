//! An earlier result that a later one starts from: history is read completely, trees and blobs are compared only for new commits.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::history::{CommitIndex, History, Touched};
use super::runs::{FileRuns, Run};
use crate::facts::ids::ObjectId;

/// The part of a result that is cached between runs.
#[derive(Serialize, Deserialize)]
pub struct Kept {
    /// The ends of a shallow clone. If they move, every result may change.
    shallow: BTreeSet<ObjectId>,
    pub(super) history: History,
    pub(super) touched: Touched,
    pub(super) files: KeptFiles,
}

/// The files at the head of an earlier result, in git's order.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct KeptFiles {
    files: Vec<KeptFile>,
    /// How many commits came before those that the files refer to.
    #[serde(skip)]
    new_commits: usize,
}

/// A file's position in [`KeptFiles`].
pub(super) type KeptIndex = usize;

#[derive(Serialize, Deserialize)]
struct KeptFile {
    path: Vec<u8>,
    /// How many consecutive lines each commit added; `None` for a binary file.
    runs: Option<Vec<(usize, CommitIndex)>>,
}

impl Kept {
    /// Stores the files about which everything is known.
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

    /// Its parts, if it is valid for a shallow clone that ends at `shallow`.
    pub(super) fn into_parts(self, shallow: &BTreeSet<ObjectId>) -> Option<(History, Touched, KeptFiles)> {
        (self.shallow == *shallow && self.is_sound()).then_some((self.history, self.touched, self.files))
    }

    /// Whether all positions in it exist. A cache file can contain anything.
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
    /// The same in a history with this many more commits at its start.
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

    /// The origins of `lines` lines of a file from `start` on.
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
