//! The cache of what reading a repository found: while the repository stays unchanged, nothing in it is opened.
//!
//! A reading is stored without the commits, together with the [`Stamp`] of the repository and the state of the cache file that
//! contains the commits. It is used if both are unchanged, and everything outside of the repository that the result depends on: the
//! program, the options, the user's configuration with the files that it names, and the variables that git reads. Incomplete
//! repositories are cached as well, unless what is missing may be there the next time.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::isolation::Isolation;
use super::one::{Found, Order};
use super::packed::Packed;
use crate::aggregate::repository::Repository;
use crate::facts::commit::Person;
use crate::facts::diagnostics::Status;
use crate::facts::hash::fnv1a;
use crate::git::outside;
use crate::git::stamp::Stamp;
use crate::sources::cache::commits_in;
use crate::sources::history::KeptFacts;
use crate::sources::seal::versions;
use crate::sources::store::{Kind, Slot, clone_name};

/// Increase it whenever a reading is stored differently, or other things are read.
const VERSION: u32 = 3;

/// The readings of one way to read repositories.
#[derive(Debug)]
pub struct Readings<'a> {
    cache: &'a Path,
    /// What they depend on besides the repositories.
    way: u64,
    /// Whether those of earlier runs are used, or only replaced.
    use_earlier: bool,
}

/// The place of the reading of one repository, in the state in which it is.
#[derive(Debug)]
pub struct ReadingPlace {
    slot: Slot,
    /// Whether a change from now on will change the stamp.
    is_settled: bool,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    stamp: [u8; 32],
    without_commits: Packed,
    /// The authors through the mailmap, if it changes any.
    people: Vec<Option<Vec<Person>>>,
}

impl<'a> Readings<'a> {
    /// The readings for an order; `None` if they cannot be cached.
    pub fn new(order: &Order<'a>) -> Option<Self> {
        let (read, history) = (order.read, &order.read.history);
        if !order.with_history || order.inventory.is_some() {
            return None;
        }
        let isolation = read.isolation.as_ref()?;
        let way = format!(
            "{:?} {:?} {:?} {:?} {:?} {:?} {}",
            history.refs,
            history.renames,
            read.work,
            isolation.variables,
            isolation.overrides,
            user(),
            outside_of(isolation)?,
        );
        Some(Self {
            cache: history.cache.as_deref()?,
            way: fnv1a(way.bytes()),
            use_earlier: history.kept_facts == KeptFacts::Use,
        })
    }

    /// The place for the repository at `path` that has this stamp. To be asked right after the stamp was taken.
    pub fn place(&self, path: &Path, stamp: &Stamp) -> ReadingPlace {
        let path = path.as_os_str().as_encoded_bytes();
        let way = fnv1a(self.way.to_le_bytes().into_iter().chain(path.iter().copied()));
        let name = format!("{}-{way:016x}", clone_name(&stamp.common_dir));
        let version = format!("{VERSION}-{}", versions());
        ReadingPlace {
            slot: Slot::new(self.cache, Kind::Readings, version, name),
            is_settled: stamp.is_settled(),
        }
    }

    /// What reading the repository with this stamp would find, if that is known.
    pub fn known(&self, place: &ReadingPlace, stamp: &Stamp) -> Option<Found> {
        let stored: Stored = place.slot.load().ok().filter(|_| self.use_earlier)?;
        if stored.stamp != stamp.sum {
            return None;
        }
        let commits = commits_in(self.cache, stored.without_commits.kept_in()?)?;
        let commits = commits.with_people(stored.people)?;
        let mut repository = stored.without_commits.repository(commits)?;
        // A directory beside it may have come, gone or moved.
        if !repository.lineage.is_current() {
            return None;
        }
        repository.new_commits = 0;
        Some(Found {
            repository: Some(repository),
            facts: None,
        })
    }

    /// Caches what reading the repository at `path` found, if it still has this stamp and the next reading would find the same.
    pub fn keep(&self, place: &ReadingPlace, path: &Path, stamp: &Stamp, repository: &Repository) {
        let is_lasting =
            place.is_settled && repository.kept_in.is_some() && repository.status != Status::Failed;
        if !is_lasting || !outside::is_self_contained(path) || Stamp::of(path).as_ref() != Some(stamp) {
            return;
        }
        let Ok(without_commits) = Packed::of(repository) else {
            return;
        };
        // Without it, the next run reads the repository again.
        let _ = place.slot.save(&Stored {
            stamp: stamp.sum,
            without_commits,
            people: repository.commits.mapped_people(),
        });
    }
}

/// A number for what reading depends on outside of repositories.
fn outside_of(isolation: &Isolation) -> Option<u64> {
    let variable = |name: &str| {
        let found = isolation.variables.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| PathBuf::from(value))
    };
    let home = variable("HOME");
    let config = variable("XDG_CONFIG_HOME").or_else(|| Some(home.as_ref()?.join(".config")));
    let others: Vec<PathBuf> = config.map(|folder| folder.join("git")).into_iter().collect();
    outside::fingerprint(home.as_deref(), &others)
}

/// Who asks: git does not open what belongs to somebody else.
#[cfg(unix)]
fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
fn user() -> u32 {
    0
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::thread::sleep;
    use std::time::Duration;

    use super::*;
    use crate::facts::limits::ChosenLimits;
    use crate::facts::quantity::WorkTime;
    use crate::sources::history::HistoryOptions;
    use crate::workspace::options::ReadOptions;

    /// A repository with two commits, of which one has a task. Returns the last one.
    fn repository(path: &Path) -> String {
        let repo = git2::Repository::init(path).unwrap();
        let time = git2::Time::new(1_775_000_000, 0);
        let ada = git2::Signature::new("Ada", "ada@example.org", &time).unwrap();
        let mut parent = None;
        for (content, message) in [("one\n", "Start"), ("two\n", "More\n\nLeverage-Estimate: 4h\n")] {
            fs::write(path.join("a.txt"), content).unwrap();
            let mut index = repo.index().unwrap();
            index.add_path(Path::new("a.txt")).unwrap();
            index.write().unwrap();
            let tree = repo.find_tree(index.write_tree().unwrap()).unwrap();
            let parents: Vec<git2::Commit<'_>> = parent
                .map(|id| repo.find_commit(id).unwrap())
                .into_iter()
                .collect();
            let parents: Vec<&git2::Commit<'_>> = parents.iter().collect();
            parent = Some(
                repo.commit(Some("HEAD"), &ada, &ada, message, &tree, &parents)
                    .unwrap(),
            );
        }
        parent.unwrap().to_string()
    }

    fn options(folder: &Path) -> ReadOptions {
        let history = HistoryOptions {
            cache: Some(folder.join("cache")),
            ..HistoryOptions::default()
        };
        ReadOptions {
            isolation: Some(Isolation {
                program: PathBuf::new(),
                variables: vec![("HOME".to_owned(), folder.display().to_string())],
                overrides: Vec::new(),
                limits: ChosenLimits::default(),
                directory: folder.to_owned(),
            }),
            ..ReadOptions::new(history, WorkTime::default())
        }
    }

    /// What a command finds, and whether that was known.
    fn read(path: &Path, options: &ReadOptions) -> (bool, Repository) {
        // Files that have just been written are not settled.
        sleep(Duration::from_millis(60));
        let order = Order {
            read: options,
            with_history: true,
            inventory: None,
        };
        let readings = Readings::new(&order).expect("a configuration that can be told");
        let stamp = Stamp::of(path).unwrap();
        let place = readings.place(path, &stamp);
        if let Some(known) = readings.known(&place, &stamp) {
            return (true, known.repository.unwrap());
        }
        let found = order.read_here(path).repository.unwrap();
        readings.keep(&place, path, &stamp, &found);
        (false, found)
    }

    #[test]
    fn a_reading_is_true_until_something_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kiln");
        let head = repository(&path);
        let options = options(folder.path());
        let (is_known, first) = read(&path, &options);
        assert!(!is_known && first.tasks.len() == 1 && first.commits.len() == 2);
        let (is_known, again) = read(&path, &options);
        assert!(is_known);
        let new_commits = first.new_commits;
        assert_eq!(Repository { new_commits, ..again }, first);
        let git_dir = path.join(".git");
        let object = git_dir.join("objects").join(&head[..2]).join(&head[2..]);
        let same = |file: &Path| fs::read(file).unwrap();
        for (file, content) in [
            (path.join(".mailmap"), b"Grace <ada@example.org>\n".to_vec()),
            (path.join(".gitattributes"), b"*.txt -diff\n".to_vec()),
            (git_dir.join("logs/HEAD"), Vec::new()),
            (git_dir.join("filter-repo/commit-map"), Vec::new()),
            (git_dir.join("refs/notes/leverage"), head.clone().into_bytes()),
            (git_dir.join("refs/heads/topic"), head.clone().into_bytes()),
            (
                git_dir.join("config"),
                [&*same(&git_dir.join("config")), b"# x\n"].concat(),
            ),
            (object.clone(), same(&object)),
        ] {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            let _ = fs::remove_file(&file);
            fs::write(&file, content).unwrap();
            assert!(!read(&path, &options).0, "{}", file.display());
            assert!(read(&path, &options).0, "{} again", file.display());
        }
        let grace = read(&path, &options).1;
        assert!(grace.commits.iter().all(|commit| commit.author.name == "Grace"));
    }

    #[test]
    fn it_is_one_of_these_options_and_of_a_cache_that_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kiln");
        repository(&path);
        let usual = options(folder.path());
        read(&path, &usual);
        assert!(read(&path, &usual).0);
        let mut others = [usual.clone(), usual.clone(), usual.clone()];
        others[0].work.hours_per_day = 6.0;
        others[1].history.refs.all = true;
        if let Some(isolation) = &mut others[2].isolation {
            isolation.overrides = vec![("core.bigFileThreshold".to_owned(), "1".to_owned())];
        }
        for (at, other) in others.iter().enumerate() {
            assert!(!read(&path, other).0, "{at}");
        }
        read(&path, &usual);
        assert!(read(&path, &usual).0);
        for entry in fs::read_dir(folder.path().join("cache")).unwrap() {
            let entry = entry.unwrap().path();
            if entry.is_file() {
                fs::remove_file(entry).unwrap();
            }
        }
        assert!(!read(&path, &usual).0, "without its commits");
        // What leads outside of the repository is read each time.
        let config = path.join(".git/config");
        let text = fs::read_to_string(&config).unwrap();
        fs::write(&config, format!("{text}[mailmap]\n\tfile = /nowhere\n")).unwrap();
        read(&path, &usual);
        assert!(!read(&path, &usual).0);
    }
}
