//! A fingerprint of a repository on disk, taken without opening anything in it: the names, sizes and times of the files that
//! determine what a reader finds.
//!
//! For objects, these are each pack and the files beside it, everything in `objects/info`, and the 256 directories of loose
//! objects, in the repository's own store and in those it borrows from. If a loose object is added, removed or replaced, its
//! directory changes. One that is overwritten in place, which git never does, is noticed only among the first few hundred:
//! examining each would take as long as what is saved.
//!
//! It does not protect against an attacker who can reset change times (`ctime`); that takes more than write access to the
//! repository.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

use super::alternates;
use super::files;
use super::folder::{self, Entry, Kind};

/// How many entries of refs and stores are examined; a repository with more has no stamp.
const MOST_ENTRIES: usize = 50_000;
/// How many loose objects are examined themselves.
const MOST_LOOSE: usize = 256;
/// The maximum size of a file that points to another directory.
const LONGEST_LINK: u64 = 8 << 10;

/// Files in a working tree's own git directory …
const OWN: &[&str] = &["HEAD", "config.worktree", "commondir", "gitdir"];
/// … and those that git also writes when it looks at the working tree, or moves in it.
const OF_WORK: &[&str] = &["index", "logs/HEAD"];
/// Files in the directory of a linked working tree that say where it is.
const LINKED: &[&str] = &["HEAD", "commondir", "gitdir"];
/// Files in the directory that all working trees share.
const SHARED: &[&str] = &[
    "HEAD",
    "config",
    "packed-refs",
    "shallow",
    "info/attributes",
    "info/exclude",
    "info/grafts",
    "filter-repo/commit-map",
    "filter-repo/ref-map",
];
/// Directories of either in which everything is examined.
const REFERENCES: &[&str] = &["refs", "reftable", "logs/refs/notes", "logs/refs/leverage"];
/// … and of an object store: the files beside the packs that say which packs exist and where their objects are.
const STORE: &[&str] = &["info", "pack"];
/// Files at the top of a working tree.
const TOP: &[&str] = &[".gitattributes", ".gitignore", ".gitmodules", ".mailmap"];

/// The stamp of a repository: if two are equal, nobody changed the repository in between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// The directory that all its working trees share, with links resolved.
    pub common_dir: PathBuf,
    /// Everything that was examined.
    pub sum: [u8; 32],
    /// Until when a file that was examined may change without having another time: in nanoseconds since the epoch.
    unsettled_until: i64,
}

/// Changes of a file within this time after another one may have the same time: a clock of the kernel has steps of ten
/// milliseconds.
const STEP: i64 = SECOND / 20;
/// The same for file systems that count seconds, or two.
const LONG_STEP: i64 = 3 * SECOND;
/// In nanoseconds.
const SECOND: i64 = 1_000_000_000;

impl Stamp {
    /// The stamp of the repository at `path`. `None` if it is not as git creates it: if one of its files is a link, a pipe or a
    /// device, or if there is too much to examine.
    pub fn of(path: &Path) -> Option<Self> {
        let place = Place::of(path)?;
        let mut seen = Seen::default();
        seen.file(&path.join(".git"))?;
        for name in OF_WORK {
            seen.file(&place.git_dir.join(name))?;
        }
        Self::with(seen, path, place)
    }

    /// The same without the index, and with the linked working trees: everything that determines which commits there are, and
    /// which directories are its working trees. `None` also if its owner is somebody else: whether it may be opened then depends
    /// on settings elsewhere.
    pub fn of_history(path: &Path) -> Option<Self> {
        let place = Place::of(path)?;
        let folders = [path, &place.git_dir, &place.common_dir];
        if !folders.into_iter().all(is_own) {
            return None;
        }
        let mut seen = Seen::default();
        seen.is_repository(path)?;
        let trees = place.common_dir.join("worktrees");
        if seen.folder_if_any(&trees)? {
            for tree in seen.entries(&trees)? {
                for name in LINKED {
                    seen.file(&tree.path().join(name))?;
                }
            }
        }
        Self::with(seen, path, place)
    }

    fn with(mut seen: Seen, path: &Path, place: Place) -> Option<Self> {
        let Place { git_dir, common_dir } = place;
        for (folder, names) in [(path, TOP), (&*git_dir, OWN), (&*common_dir, SHARED)] {
            for name in names {
                seen.file(&folder.join(name))?;
            }
        }
        for name in REFERENCES {
            seen.all_in(&common_dir.join(name))?;
            if git_dir != common_dir {
                seen.all_in(&git_dir.join(name))?;
            }
        }
        for (at, store) in alternates::object_folders(&common_dir).iter().enumerate() {
            // A missing store has nothing to borrow.
            if at == 0 || seen.folder_if_any(store)? {
                seen.store(store)?;
            }
        }
        Some(Self {
            common_dir,
            sum: seen.sum.finalize().into(),
            unsettled_until: seen.unsettled_until,
        })
    }

    /// Whether any later change has a later time: if not, a change may leave the stamp as it is. To be asked right after it was
    /// taken.
    pub fn is_settled(&self) -> bool {
        let until = u64::try_from(self.unsettled_until).unwrap_or(u64::MAX);
        let until = SystemTime::UNIX_EPOCH.checked_add(Duration::from_nanos(until));
        until.is_some_and(|until| until.elapsed().is_ok())
    }
}

/// The directories of a repository.
struct Place {
    git_dir: PathBuf,
    /// With links resolved.
    common_dir: PathBuf,
}

impl Place {
    fn of(path: &Path) -> Option<Self> {
        let git_dir = git_dir(path)?;
        let common_dir = common_dir(&git_dir)?.canonicalize().ok()?;
        Some(Self { git_dir, common_dir })
    }
}

/// Whether a directory belongs to the user of this process.
#[cfg(unix)]
fn is_own(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let user = rustix::process::geteuid().as_raw();
    folder.metadata().is_ok_and(|found| found.uid() == user)
}

#[cfg(not(unix))]
fn is_own(_: &Path) -> bool {
    false
}

/// What git's search for a repository meets on its way up from a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WayUp {
    /// The directory in which it finds one; `None` if there is none.
    pub end: Option<PathBuf>,
    /// Everything that was met: if it is equal, the search ends at the same place.
    pub sum: [u8; 32],
}

impl WayUp {
    /// Searches upward from a directory. `None` if the directory does not exist, or if a directory on the way has only some of the
    /// files of a repository, so that git might or might not stop there.
    pub fn from(folder: &Path) -> Option<Self> {
        let real = folder.canonicalize().ok()?;
        let mut seen = Seen::default();
        let mut end = None;
        for above in real.ancestors() {
            // The search ends where another file system begins.
            seen.identity(above, &above.symlink_metadata().ok()?);
            if seen.is_repository(above)? {
                end = Some(above.to_owned());
                break;
            }
        }
        Some(Self {
            end,
            sum: seen.sum.finalize().into(),
        })
    }
}

/// The git directory of a working tree, or a bare repository itself.
pub(super) fn git_dir(path: &Path) -> Option<PathBuf> {
    let inside = path.join(".git");
    match inside.symlink_metadata() {
        Ok(found) if found.is_dir() => Some(inside),
        Ok(found) if found.is_file() => {
            let text = short_text(&inside)?;
            Some(path.join(text.strip_prefix("gitdir:")?.trim()))
        }
        Ok(_) => None,
        Err(_) => Some(path.to_owned()),
    }
}

/// The directory of the refs and objects of the repository at `path`, if that is a main working tree or a bare repository as git
/// creates them: without links, and not one of several working trees.
pub fn own_common_dir(path: &Path) -> Option<PathBuf> {
    let inside = path.join(".git");
    let git_dir = match inside.symlink_metadata() {
        Ok(found) if found.is_dir() => inside,
        Ok(_) => return None,
        Err(_) => path.to_owned(),
    };
    let is_own = git_dir.join("HEAD").is_file() && git_dir.join("commondir").symlink_metadata().is_err();
    is_own.then(|| git_dir.canonicalize().ok())?
}

/// The directory that this git directory shares with those of other working trees.
pub(super) fn common_dir(git_dir: &Path) -> Option<PathBuf> {
    let link = git_dir.join("commondir");
    match link.symlink_metadata() {
        Ok(found) if found.is_file() => Some(git_dir.join(short_text(&link)?.trim())),
        Ok(_) => None,
        Err(_) => Some(git_dir.to_owned()),
    }
}

/// The text of a file that points to a directory.
fn short_text(path: &Path) -> Option<String> {
    files::read_text(path, LONGEST_LINK).ok()?
}

/// What was examined so far; a step that finds something git does not create returns `None`.
#[derive(Default)]
struct Seen {
    sum: Sha256,
    entries: usize,
    /// How many loose objects were examined.
    loose: usize,
    unsettled_until: i64,
}

impl Seen {
    fn file(&mut self, path: &Path) -> Option<()> {
        match path.symlink_metadata() {
            Ok(found) if found.is_file() || found.is_dir() => self.add(path, Some(&found)),
            Ok(_) => return None,
            // A directory above it may be a file.
            Err(error) if is_absence(&error) => self.add(path, None),
            Err(_) => return None,
        }
        Some(())
    }

    fn folder(&mut self, path: &Path) -> Option<()> {
        let found = path.symlink_metadata().ok()?;
        found.is_dir().then(|| self.add(path, Some(&found)))
    }

    /// A file that need not exist; returns whether it does.
    fn folder_if_any(&mut self, path: &Path) -> Option<bool> {
        match path.symlink_metadata() {
            Err(error) if is_absence(&error) => {
                self.add(path, None);
                Some(false)
            }
            found => {
                let found = found.ok()?;
                found.is_dir().then(|| self.add(path, Some(&found)))?;
                Some(true)
            }
        }
    }

    /// An object store.
    fn store(&mut self, folder: &Path) -> Option<()> {
        self.folder(folder)?;
        for name in STORE {
            self.all_in(&folder.join(name))?;
        }
        for entry in self.entries(folder)? {
            if entry.name().len() == 2 {
                self.folder(entry.path())?;
                self.loose_in(entry.path())?;
            }
        }
        Some(())
    }

    /// The loose objects in a directory, as long as there are few.
    fn loose_in(&mut self, folder: &Path) -> Option<()> {
        if self.loose < MOST_LOOSE {
            for object in self.entries(folder)? {
                self.loose += 1;
                self.file(object.path())?;
            }
        }
        Some(())
    }

    /// Whether a directory is a repository or a working tree; `None` if it looks like one in part.
    fn is_repository(&mut self, folder: &Path) -> Option<bool> {
        let git = folder.join(".git");
        match git.symlink_metadata() {
            // What is in it changes with each commit.
            Ok(found) if found.is_dir() => self.identity(&git, &found),
            Ok(found) if found.is_file() => self.add(&git, Some(&found)),
            Ok(_) => return None,
            Err(error) if is_absence(&error) => {
                let has = |name: &str| folder.join(name).symlink_metadata().is_ok();
                let is_bare = has("HEAD");
                return (!is_bare || has("objects") && has("refs")).then_some(is_bare);
            }
            Err(_) => return None,
        }
        Some(true)
    }

    /// Which directory is at a path, whatever is in it.
    fn identity(&mut self, path: &Path, found: &Metadata) {
        let path = path.as_os_str().as_encoded_bytes();
        self.sum.update((path.len() as u64).to_le_bytes());
        self.sum.update(path);
        for number in identity(found) {
            self.sum.update(number.to_le_bytes());
        }
    }

    /// A directory, if it exists, and everything below it.
    fn all_in(&mut self, folder: &Path) -> Option<()> {
        if !self.folder_if_any(folder)? {
            return Some(());
        }
        for entry in self.entries(folder)? {
            match entry.kind().ok()? {
                Kind::Folder => self.all_in(entry.path())?,
                Kind::File => self.file(entry.path())?,
                Kind::Link | Kind::Special => return None,
            }
        }
        Some(())
    }

    /// The entries of a directory, by name.
    fn entries(&mut self, folder: &Path) -> Option<Vec<Entry>> {
        let entries: io::Result<Vec<_>> = folder::list(folder).ok()?.into_iter().collect();
        let mut entries = entries.ok()?;
        self.entries += entries.len();
        if self.entries > MOST_ENTRIES {
            return None;
        }
        entries.sort_by(|a, b| a.name().cmp(b.name()));
        Some(entries)
    }

    fn add(&mut self, path: &Path, found: Option<&Metadata>) {
        let path = path.as_os_str().as_encoded_bytes();
        self.sum.update((path.len() as u64).to_le_bytes());
        self.sum.update(path);
        let numbers = found.map_or([-1; 7], numbers);
        for number in numbers {
            self.sum.update(number.to_le_bytes());
        }
        let [.., seconds, nanoseconds] = numbers;
        let step = if nanoseconds == 0 { LONG_STEP } else { STEP };
        let changed = seconds.saturating_mul(SECOND).saturating_add(nanoseconds);
        self.unsettled_until = self.unsettled_until.max(changed.saturating_add(step));
    }
}

fn is_absence(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

#[cfg(unix)]
fn numbers(found: &Metadata) -> [i64; 7] {
    use std::os::unix::fs::MetadataExt;
    [
        i64::from(found.mode()),
        found.size() as i64,
        found.ino() as i64,
        found.mtime(),
        found.mtime_nsec(),
        found.ctime(),
        found.ctime_nsec(),
    ]
}

#[cfg(unix)]
fn identity(found: &Metadata) -> [u64; 3] {
    use std::os::unix::fs::MetadataExt;
    [found.dev(), found.ino(), u64::from(found.uid())]
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> [u64; 3] {
    [0; 3]
}

#[cfg(not(unix))]
fn numbers(found: &Metadata) -> [i64; 7] {
    let since = |time: io::Result<std::time::SystemTime>| {
        let since = time
            .ok()
            .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        since.map_or([-1; 2], |since| {
            [since.as_secs() as i64, i64::from(since.subsec_nanos())]
        })
    };
    let ([modified, nanoseconds], [created, _]) = (since(found.modified()), since(found.created()));
    let is_dir = i64::from(found.is_dir());
    [is_dir, found.len() as i64, created, 0, 0, modified, nanoseconds]
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn repository(folder: &Path) -> PathBuf {
        let path = folder.join("kiln");
        git2::Repository::init(&path).unwrap();
        path
    }

    #[test]
    fn it_changes_with_refs_and_configuration_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = repository(folder.path());
        let first = Stamp::of(&path).unwrap();
        assert!(first.common_dir.ends_with("kiln/.git"));
        fs::write(path.join("clay.txt"), "clay").unwrap();
        assert_eq!(Stamp::of(&path).unwrap(), first, "a file of the work tree");
        for name in [
            ".git/config",
            ".git/refs/heads/main",
            ".git/packed-refs",
            ".gitattributes",
        ] {
            let before = Stamp::of(&path).unwrap();
            let file = path.join(name);
            let text = fs::read_to_string(&file).unwrap_or_default() + "\n";
            fs::write(&file, text).unwrap();
            assert_ne!(Stamp::of(&path).unwrap(), before, "{name}");
        }
    }

    #[test]
    fn that_of_a_history_changes_with_its_working_trees_and_not_with_the_index() {
        let folder = tempfile::tempdir().unwrap();
        let path = repository(folder.path());
        let stamp = || Stamp::of_history(&path).unwrap();
        let first = stamp();
        for name in ["index", "index.lock", "COMMIT_EDITMSG", "logs/HEAD"] {
            let file = path.join(".git").join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "one").unwrap();
            assert_eq!(stamp(), first, "{name}");
        }
        for name in [
            ".git/HEAD",
            ".git/config",
            ".git/refs/heads/main",
            ".git/worktrees/one/gitdir",
            ".git/worktrees/two/HEAD",
            ".git/objects/pack/a.pack",
        ] {
            let before = stamp();
            let file = path.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            let text = fs::read_to_string(&file).unwrap_or_default() + "\n";
            fs::write(&file, text).unwrap();
            assert_ne!(stamp(), before, "{name}");
        }
        let before = stamp();
        fs::remove_dir_all(path.join(".git/worktrees/two")).unwrap();
        assert_ne!(stamp(), before, "a working tree that was removed");
    }

    #[test]
    fn the_way_up_ends_where_git_finds_a_repository() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        let deep = top.join("kiln/src/deep");
        fs::create_dir_all(&deep).unwrap();
        let way = || WayUp::from(&deep);
        let none = way().unwrap();
        assert_eq!(none.end, None);
        let path = repository(&top);
        let own = way().unwrap();
        assert_eq!(own.end.as_deref(), Some(&*path));
        fs::write(path.join(".git/COMMIT_EDITMSG"), "one").unwrap();
        assert_eq!(way(), Some(own.clone()), "a file in it");
        git2::Repository::init(path.join("src")).unwrap();
        let inner = way().unwrap();
        assert_eq!(inner.end, Some(path.join("src")));
        assert_ne!(inner.sum, own.sum);
        fs::remove_dir_all(path.join("src/.git")).unwrap();
        fs::write(path.join("src/.git"), "gitdir: ../.git/modules/src\n").unwrap();
        let linked = way().unwrap();
        assert_ne!(linked.sum, inner.sum);
        fs::write(path.join("src/.git"), "gitdir: ../.git/modules/other\n").unwrap();
        assert_ne!(way().unwrap().sum, linked.sum);
        fs::remove_file(path.join("src/.git")).unwrap();
        assert_eq!(way(), Some(own));
        fs::write(path.join("src/HEAD"), "in part").unwrap();
        assert_eq!(way(), None);
        fs::remove_file(path.join("src/HEAD")).unwrap();
        git2::Repository::init_bare(path.join("src")).unwrap();
        assert_eq!(way().unwrap().end, Some(path.join("src")));
        assert_eq!(WayUp::from(&top.join("nowhere")), None);
    }

    #[test]
    fn it_changes_with_objects_its_own_and_borrowed() {
        let folder = tempfile::tempdir().unwrap();
        let path = repository(folder.path());
        let at = |name: &str| path.join(".git").join(name);
        let lender = folder.path().join("lender/objects");
        for folder in [&at("objects/17"), &at("reftable"), &lender.join("pack")] {
            fs::create_dir_all(folder).unwrap();
        }
        fs::write(
            at("objects/info/alternates"),
            "../../../lender/objects\n../../nowhere\n",
        )
        .unwrap();
        let files = [
            at("objects/pack/a.pack"),
            at("objects/pack/a.idx"),
            at("objects/pack/multi-pack-index.d/chain"),
            at("objects/info/commit-graph"),
            at("objects/info/commit-graphs/commit-graph-chain"),
            at("reftable/tables.list"),
            lender.join("pack/a.pack"),
            lender.join("info/commit-graph"),
        ];
        for file in &files {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "one").unwrap();
        }
        for file in files {
            let before = Stamp::of(&path).unwrap();
            assert_eq!(Stamp::of(&path).unwrap(), before);
            fs::File::options()
                .append(true)
                .open(&file)
                .and_then(|mut file| io::Write::write_all(&mut file, b"s"))
                .unwrap();
            assert_ne!(Stamp::of(&path).unwrap(), before, "{} in place", file.display());
        }
        for store in [at("objects"), lender] {
            fs::create_dir_all(store.join("17")).unwrap();
            fs::write(store.join("17/loose"), "one").unwrap();
            let before = Stamp::of(&path).unwrap();
            fs::write(store.join("other"), "two").unwrap();
            fs::rename(store.join("other"), store.join("17/loose")).unwrap();
            assert_ne!(Stamp::of(&path).unwrap(), before, "a loose object");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("a.pack", at("objects/pack/b.pack")).unwrap();
            assert_eq!(Stamp::of(&path), None, "a pack that is a link");
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_git_does_not_make_is_not_stamped() {
        for name in [
            ".git/config",
            ".git/refs/heads/main",
            ".git/info",
            ".git/packed-refs",
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = repository(folder.path());
            let file = path.join(name);
            let aside = folder.path().join("aside");
            let _ = fs::rename(&file, &aside);
            std::os::unix::fs::symlink(&aside, &file).unwrap();
            let stamp = Stamp::of(&path);
            // Entries below a linked directory are examined as usual.
            assert_eq!(stamp.is_none(), name != ".git/info", "{name}");
        }
        assert_eq!(Stamp::of(Path::new("/nowhere")), None);
    }
}
