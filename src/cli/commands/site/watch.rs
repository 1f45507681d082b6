//! Notices that a site is out of date: that a ledger, a history, facts, an agent's log or a text of the author changed.
//!
//! Only names, sizes and times of files are compared, every second or so. If that takes long, it is done less often.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::facts::ids::ObjectId;
use crate::git::ref_names::NOTES;
use crate::git::stamp::Stamp;
use crate::git::{Repo, folder, notes, refs};
use crate::sources::agents::collect::{self, Request};
use crate::sources::discover::work_trees;

/// The least time between two looks.
const PERIOD: Duration = Duration::from_secs(1);
/// How much longer the time between two looks is than a look.
const REST: u32 = 20;

/// What a site is built from.
#[derive(Debug)]
pub(super) struct Watch(Watched);

/// What is watched.
#[derive(Debug, Default)]
pub(super) struct Watched {
    /// Repositories.
    pub(super) repositories: Vec<PathBuf>,
    /// Directories of facts.
    pub(super) facts: Vec<PathBuf>,
    /// The logs, if sessions count.
    pub(super) logs: Option<Request>,
    /// The directory of `--notes`.
    pub(super) notes: Option<PathBuf>,
}

impl Watch {
    /// Watches all of it.
    pub(super) fn new(mut watched: Watched) -> Self {
        if let Some(logs) = &mut watched.logs {
            logs.machine.work_trees.extend(work_trees(&watched.repositories));
        }
        Self(watched)
    }

    /// The state of all of it. Equal states mean that nothing changed in between.
    pub(super) fn state(&self) -> u64 {
        let mut state = DefaultHasher::new();
        let watched = &self.0;
        for repository in &watched.repositories {
            match Stamp::of(repository) {
                Some(stamp) => stamp.sum.hash(&mut state),
                None => tips(repository).hash(&mut state),
            }
        }
        watched.logs.as_ref().map(collect::state).hash(&mut state);
        for facts in &watched.facts {
            // Those that are written last.
            for table in ["repos", "sessions", "audits"] {
                hash_files(&facts.join(table), &mut state);
            }
        }
        if let Some(notes) = &watched.notes {
            hash_files(notes, &mut state);
        }
        state.finish()
    }

    /// Waits until the state is another one than `before`.
    pub(super) fn wait(&self, before: u64) {
        loop {
            let start = Instant::now();
            if self.state() != before {
                return;
            }
            thread::sleep(PERIOD.max(start.elapsed() * REST));
        }
    }
}

/// The names, sizes and times of the files of a directory.
fn hash_files(directory: &Path, state: &mut DefaultHasher) {
    let mut files: Vec<_> = folder::present(directory).collect();
    files.sort_by(|one, other| one.path().cmp(other.path()));
    for file in files {
        let data = file.metadata().ok();
        let data = data.map(|data| (data.len(), data.modified().ok()));
        (file.path(), data).hash(state);
    }
}

/// Where HEAD, the branches and the ledger of a repository without a stamp are.
fn tips(repository: &Path) -> Vec<(String, Option<ObjectId>)> {
    let Ok(repo) = Repo::open(repository) else {
        return Vec::new();
    };
    let patterns = ["refs/heads/*", NOTES, "refs/leverage/*"];
    let names = patterns.map(|pattern| refs::names(&repo, pattern).unwrap_or_default());
    let tip = |name: String| {
        let tip = notes::tip(&repo, &name);
        (name, tip)
    };
    let head = ("HEAD".to_owned(), repo.head().ok().flatten());
    std::iter::once(head)
        .chain(names.into_iter().flatten().map(tip))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::agents::Machine;

    #[test]
    fn a_change_of_anything_that_counts_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let logs = at("home/.claude/projects/kiln");
        for name in ["repository", "home/.claude/projects/kiln", "notes"] {
            std::fs::create_dir_all(at(name)).unwrap();
        }
        let repository = git2::Repository::init(at("repository")).unwrap();
        std::fs::write(logs.join("one.jsonl"), "{}\n").unwrap();
        let request = Request {
            machine: Machine {
                home: Some(at("home")),
                ..Machine::default()
            },
            ..Request::default()
        };
        let watch = Watch::new(Watched {
            repositories: vec![at("repository")],
            facts: vec![at("facts")],
            logs: Some(request),
            notes: Some(at("notes")),
        });
        let mut before = watch.state();
        assert_eq!(before, watch.state());
        let mut changed = |what: &str| {
            let now = watch.state();
            assert_ne!(before, now, "{what}");
            assert_eq!(now, watch.state(), "{what}");
            before = now;
        };
        let blob = repository.blob(b"text").unwrap();
        changed("an object");
        repository
            .reference("refs/notes/leverage", blob, true, "")
            .unwrap();
        changed("a ref");
        std::fs::write(at("repository/.git/packed-refs"), "# pack-refs with: peeled\n").unwrap();
        changed("packed refs");
        std::fs::write(logs.join("one.jsonl"), "{}\n{}\n").unwrap();
        changed("a log that grows");
        std::fs::write(logs.join("two.jsonl"), "").unwrap();
        changed("a new log");
        std::fs::write(at("notes/2026-04-04.txt"), "A day.").unwrap();
        changed("a new text");
        std::fs::write(at("notes/2026-04-04.txt"), "A long day.").unwrap();
        changed("another text");
        std::fs::create_dir_all(at("facts/repos")).unwrap();
        std::fs::write(at("facts/repos/one.parquet"), "PAR1").unwrap();
        changed("facts");
    }

    #[cfg(unix)]
    #[test]
    fn a_repository_without_a_stamp_is_watched_by_its_refs() {
        let folder = tempfile::tempdir().unwrap();
        let repository = git2::Repository::init(folder.path()).unwrap();
        let config = folder.path().join(".git/config");
        std::fs::rename(&config, folder.path().join("config")).unwrap();
        std::os::unix::fs::symlink(folder.path().join("config"), &config).unwrap();
        assert_eq!(Stamp::of(folder.path()), None);
        let watch = Watch::new(Watched {
            repositories: vec![folder.path().to_owned()],
            ..Watched::default()
        });
        let before = watch.state();
        assert_eq!(before, watch.state());
        let tree = repository.treebuilder(None).unwrap().write().unwrap();
        let tree = repository.find_tree(tree).unwrap();
        let who = git2::Signature::now("A", "a@example.org").unwrap();
        repository
            .commit(Some(NOTES), &who, &who, "ledger", &tree, &[])
            .unwrap();
        assert_ne!(before, watch.state());
    }
}
