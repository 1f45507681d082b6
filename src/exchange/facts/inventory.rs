//! The table of inventories: one row in each file, what an inventory reads of a repository besides its commits.
//!
//! It is written in each run that is asked for it, since the state of a clone changes while its refs do not. A repository without
//! this table was read without it.

use std::path::Path;
use std::sync::LazyLock;

use super::field::{MOST_LINES, Taken, check_one_row, long, same};
use super::layout::{INVENTORY, Told, file_of};
use super::places::without_place;
use crate::aggregate::repository::Repository;
use crate::facts::diagnostics::Status;
use crate::facts::inventory::{LinesByKind, RepoFacts, TestFacts, TreeFacts};
use crate::facts::lineage::Lineage;
use crate::tables::{Column, Schema, TableError};

const SCHEMA: &str = "message inventory {
    required binary repo (STRING);
    required int64 read_at;
    optional binary head;
    optional int64 files;
    optional int64 code;
    optional int64 comments;
    optional int64 blanks;
    optional int64 own_code;
    optional int64 test_cases;
    optional int64 test_lines;
    optional int64 commits;
    optional int64 authors;
    optional int64 first_at;
    optional int64 last_at;
    required int64 since;
    required binary line (STRING);
}";

pub(super) fn schema() -> &'static Schema {
    static PARSED: LazyLock<Schema> = LazyLock::new(|| Schema::of(SCHEMA));
    &PARSED
}

/// What was read of a repository for an inventory.
#[derive(Debug, Clone, PartialEq)]
pub struct Inventoried {
    /// All of it.
    pub facts: RepoFacts,
    /// From where on its commits are listed one by one, in seconds since the epoch.
    pub since: i64,
}

impl Inventoried {
    /// Writes it for the repository with this key; `read_at` is the current time.
    pub(super) fn write(
        &self,
        folder: &Path,
        (repo, refs, key): (&str, &str, &str),
        read_at: i64,
    ) -> Result<u64, TableError> {
        let line = serde_json::to_string(&without_places(&self.facts, key));
        let wrong = |error: serde_json::Error| {
            TableError::content(&file_of(folder, INVENTORY, repo), error.to_string())
        };
        let columns = self.columns(repo, read_at, line.map_err(wrong)?);
        Told::new(INVENTORY, repo, refs).write(folder, schema(), &[], [columns])
    }

    /// Whether there is one that was written for these refs.
    pub(super) fn is_of(folder: &Path, repo: &str, refs: &str) -> bool {
        Told::new(INVENTORY, repo, refs).open(folder, schema()).is_ok()
    }

    fn columns(&self, repo: &str, read_at: i64, line: String) -> Vec<Column> {
        let (tree, history) = (self.facts.tree.as_ref(), self.facts.history.as_ref());
        let lines = tree.and_then(TreeFacts::lines);
        let tests = tree.and_then(TreeFacts::known_tests);
        let one = |count: Option<u64>| Column::optional([count.map(long)]);
        let of_kind = |kind: fn(LinesByKind) -> u64| one(lines.map(kind));
        let first = history
            .filter(|history| !history.cut_short)
            .and_then(|history| history.first);
        vec![
            same(repo, 1),
            Column::of([read_at]),
            Column::optional([self.facts.head.map(|head| head.as_bytes().to_vec())]),
            one(tree.map(|tree| tree.size.files)),
            of_kind(|lines| lines.code),
            of_kind(|lines| lines.comments),
            of_kind(|lines| lines.blanks),
            one(tree.filter(|_| lines.is_some()).map(|tree| tree.size.own_code())),
            one(tests.and_then(TestFacts::known_cases)),
            one(tests.map(|tests| tests.test_lines)),
            one(history.map(|history| history.commits)),
            one(history.map(|history| history.authors.len() as u64)),
            Column::optional([first]),
            Column::optional([history.and_then(|history| history.last)]),
            Column::of([self.since]),
            Column::of([line]),
        ]
    }

    /// What was read of a repository; `None` if nothing was. What cannot be used is the reason of one that failed.
    pub(super) fn read(folder: &Path, refs: &str, id: &str, repository: &Repository) -> Option<Self> {
        let failed = |reason| Some(Self::failed(repository, reason));
        if repository.status == Status::Failed {
            return failed(repository.reason.clone().unwrap_or_default());
        }
        match Self::taken(folder, refs, id) {
            Ok(read) => Some(read.named(repository)),
            Err(error) if error.is_missing() => None,
            Err(error) => failed(error.to_string()),
        }
    }

    pub(super) fn taken(folder: &Path, refs: &str, id: &str) -> Result<Self, TableError> {
        let file = Told::new(INVENTORY, id, refs).open(folder, schema())?;
        check_one_row(&file)?;
        let last = schema().len() - 1;
        let mut taken = Taken::new(&file, file.batch(0, &[last - 1, last])?);
        let since = taken.all::<i64>()?.into_iter().next();
        let facts: Option<RepoFacts> = taken.json()?.into_iter().next();
        if facts
            .as_ref()
            .is_some_and(|facts| facts.largest_count() > MOST_LINES)
        {
            return Err(file.wrong("a number in its row is impossible"));
        }
        let both = since.zip(facts).map(|(since, facts)| Self { facts, since });
        both.ok_or_else(|| file.wrong("more or less than one row"))
    }

    /// Of a repository that could not be read, or whose facts cannot be used.
    pub fn failed(repository: &Repository, reason: String) -> Self {
        let (name, path) = (repository.name.clone(), repository.path.clone());
        Self {
            facts: RepoFacts::failed(name, path, reason),
            since: i64::MIN,
        }
        .named(repository)
    }

    fn named(mut self, repository: &Repository) -> Self {
        self.facts.name.clone_from(&repository.name);
        self.facts.path.clone_from(&repository.path);
        self.facts.lineage = repository.lineage.clone();
        self
    }
}

/// The facts as they may leave the machine: with the key of the repository in the place of its path, and with the name of a remote
/// that is a directory of the machine.
fn without_places(facts: &RepoFacts, key: &str) -> RepoFacts {
    let common = facts.lineage.place.display().to_string();
    let clean = |text: &mut String| {
        for place in [&common, &facts.path] {
            *text = without_place(text, place, key);
        }
    };
    let mut own = RepoFacts {
        path: key.to_owned(),
        lineage: Lineage::default(),
        ..facts.clone()
    };
    own.reasons.iter_mut().for_each(clean);
    let gaps = own.history.iter_mut().flat_map(|history| &mut history.gaps);
    gaps.for_each(clean);
    for remote in own.state.iter_mut().flat_map(|state| &mut state.remotes) {
        if let Some(name) = remote.directory().map(str::to_owned) {
            remote.url = name;
        }
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::inventory::{HistoryFacts, Remote, StateFacts};

    #[test]
    fn numbers_that_cannot_be_added_up_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::default();
        let read = |commits| {
            let facts = RepoFacts {
                history: Some(HistoryFacts {
                    commits,
                    ..HistoryFacts::default()
                }),
                ..RepoFacts::failed(String::new(), String::new(), String::new())
            };
            let written = Inventoried { facts, since: 7 };
            let place = ("0123456789abcdef", "refs", "team/kiln");
            written.write(folder.path(), place, 0).unwrap();
            let read = Inventoried::read(folder.path(), "refs", "0123456789abcdef", &repository).unwrap();
            (read.since, read.facts.history.map(|history| history.commits))
        };
        assert_eq!(read(MOST_LINES), (7, Some(MOST_LINES)));
        assert_eq!(read(MOST_LINES + 1), (i64::MIN, None));
        assert_eq!(read(u64::MAX), (i64::MIN, None));
    }

    #[test]
    fn no_place_of_the_machine_is_written() {
        let remote = |url: &str| Remote {
            name: "origin".to_owned(),
            url: url.to_owned(),
        };
        let facts = RepoFacts {
            lineage: Lineage {
                place: "/data/kiln/.git".into(),
                ..Lineage::default()
            },
            history: Some(HistoryFacts {
                gaps: vec!["cannot read `/src/a`".to_owned()],
                ..HistoryFacts::default()
            }),
            state: Some(StateFacts {
                remotes: [
                    "/home/ada/kiln.git/",
                    "file:///srv/kiln.git",
                    "../kiln",
                    "git@example.org:kiln",
                ]
                .map(remote)
                .to_vec(),
                ..StateFacts::default()
            }),
            ..RepoFacts::failed(
                "kiln".to_owned(),
                "/src".to_owned(),
                "/src: cannot open /data/kiln/.git/config, web/src/a cannot be read".to_owned(),
            )
        };
        let own = without_places(&facts, "team/kiln");
        assert_eq!(own.path, "team/kiln");
        assert_eq!(own.lineage, Lineage::default());
        assert_eq!(
            own.reasons,
            ["team/kiln: cannot open team/kiln/config, web/src/a cannot be read"]
        );
        assert_eq!(own.history.unwrap().gaps, ["cannot read `team/kiln/a`"]);
        let urls: Vec<String> = own
            .state
            .unwrap()
            .remotes
            .into_iter()
            .map(|remote| remote.url)
            .collect();
        assert_eq!(urls, ["kiln.git", "kiln.git", "kiln", "git@example.org:kiln"]);
    }
}
