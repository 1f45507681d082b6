//! Writes a site to a directory: only what changed, each file atomically, and nothing that is not ours.
//!
//! Before the first file is written, the marker lists all that are going to be; after the last, only those that are there. A run
//! that is interrupted therefore leaves a directory that the next run recognizes and completes.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::marker::{self, Marker, Sum, is_safe};
use crate::cli::error::CommandError;
use crate::cli::output::reason;
use crate::facts::progress::Progress;
use crate::facts::quantity::{counted, thousands};
use crate::git::files;
use crate::git::folder::{self, Kind};

/// The prefix of files that are being written, before six letters or digits.
const UNFINISHED: &str = ".leverage-site-";
/// The lock, where directories cannot be locked.
#[cfg(not(unix))]
const LOCK: &str = ".leverage-site.lock";
/// The maximum size of a file that is read back, in bytes.
const LARGEST: u64 = 256 << 20;

/// The directory of a site. Nobody else writes to it while this exists.
pub(super) struct Folder {
    path: PathBuf,
    marker: Marker,
    has_marker: bool,
    _lock: File,
}

/// What was written.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Written {
    /// All files of the site.
    pub(super) files: BTreeSet<String>,
    /// Whether there was no site before.
    is_first: bool,
    /// How many are new or have another content.
    pub(super) changed: usize,
    /// How many are gone.
    pub(super) removed: usize,
}

impl Written {
    /// What was done to the site in `folder`, on one line.
    pub(super) fn in_words(&self, folder: &str) -> String {
        let pages = self.files.iter().filter(|path| path.ends_with(".html")).count();
        let pages = counted(pages as u64, "page", "pages");
        match (self.is_first, self.changed, self.removed) {
            (true, ..) => format!("Wrote {pages} to `{folder}`"),
            (_, 0, 0) => format!("`{folder}` is up to date: {pages}"),
            (_, changed, removed) => {
                let changed = counted(changed as u64, "file", "files");
                format!(
                    "Wrote {pages} to `{folder}`: {changed} changed, {} removed",
                    thousands(removed)
                )
            }
        }
    }
}

/// Nothing is written to `path` by [`Folder::open`] or [`Folder::write`] unless this succeeds: it does not exist, is empty or has
/// a marker.
pub(super) fn check(path: &Path) -> Result<(), CommandError> {
    match (path.symlink_metadata(), path.metadata()) {
        (Err(_), _) => Ok(()),
        (_, Ok(data)) if data.is_dir() => look(path).map(|_| ()),
        (_, Err(error)) if error.kind() == io::ErrorKind::NotFound => Err(CommandError::failed(format!(
            "`{}` is a link to nothing",
            path.display()
        ))
        .hint("Name a directory that does not exist yet")),
        (_, Err(error)) => Err(cannot("open", path, &error)),
        (_, Ok(_)) => Err(
            CommandError::failed(format!("`{}` is not a directory", path.display()))
                .hint("Name a directory that does not exist yet"),
        ),
    }
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Put {
    /// A page that replaces one of an earlier run.
    Page,
    /// A page where no file is.
    NewPage,
    /// The marker.
    Marker,
}

impl Folder {
    /// Takes a directory that does not exist, is empty or has a marker.
    pub(super) fn open(path: &Path) -> Result<Self, CommandError> {
        check(path)?;
        fs::create_dir_all(path).map_err(|error| cannot("create", path, &error))?;
        let path = path
            .canonicalize()
            .map_err(|error| cannot("open", path, &error))?;
        let lock = lock(&path)?;
        // Somebody may have written to it in the meantime.
        let marker = look(&path)?;
        remove_unfinished(&path);
        Ok(Self {
            has_marker: marker.is_some(),
            marker: marker.unwrap_or_default(),
            path,
            _lock: lock,
        })
    }

    /// Writes the files that `paths` names, drawn one by one in the current thread pool, and removes those of an earlier run that
    /// it does not name. If anything is in the way, nothing is written.
    pub(super) fn write(
        self,
        paths: &[String],
        draw: impl Fn(usize) -> Vec<u8> + Sync,
        progress: &Progress,
    ) -> Result<Written, CommandError> {
        self.check(paths)?;
        let all = self.marker.and_pending(paths);
        if all != self.marker || !self.has_marker {
            self.mark(&all)?;
        }
        progress.begin("Writing pages", "files", paths.len());
        let drawn: Result<Vec<(Sum, bool)>, CommandError> = paths
            .par_iter()
            .enumerate()
            .map(|(at, path)| {
                let bytes = draw(at);
                let is_new = self.replace(path, &bytes)?;
                progress.advance(1);
                Ok((Sum::of(&bytes), is_new))
            })
            .collect();
        let drawn = drawn?;
        let sums = drawn.iter().map(|(sum, _)| *sum);
        let marker: Marker = paths.iter().cloned().zip(sums).collect();
        let removed = self.remove(&all, &marker)?;
        if marker != all {
            self.mark(&marker)?;
        }
        Ok(Written {
            files: paths.iter().cloned().collect(),
            is_first: !self.has_marker,
            changed: drawn.iter().filter(|(_, is_new)| *is_new).count(),
            removed,
        })
    }

    /// Nothing that is not ours has the path of a file or of a directory.
    fn check(&self, paths: &[String]) -> Result<(), CommandError> {
        let mut known = BTreeSet::new();
        for path in paths {
            if !is_safe(path) {
                return Err(CommandError::failed(format!(
                    "`{path}` cannot be the path of a page"
                )));
            }
            for (end, _) in path.match_indices('/') {
                let folder = &path[..end];
                if known.insert(folder) && self.kind(folder)?.is_some_and(|kind| kind != Kind::Folder) {
                    return Err(self.in_the_way(folder));
                }
            }
            match self.kind(path)? {
                None => {}
                // A link is replaced, not followed.
                Some(Kind::File | Kind::Link) if self.marker.lists(path) => {}
                Some(_) => return Err(self.in_the_way(path)),
            }
        }
        Ok(())
    }

    fn in_the_way(&self, path: &str) -> CommandError {
        CommandError::failed(format!(
            "`{}` is not a file of the site",
            self.path.join(path).display()
        ))
        .hint("Move it away, or name another directory")
    }

    /// What is at a path; `None` if nothing is.
    fn kind(&self, path: &str) -> Result<Option<Kind>, CommandError> {
        let path = self.path.join(path);
        match path.symlink_metadata() {
            Ok(data) if data.is_file() => Ok(Some(Kind::File)),
            Ok(data) if data.is_dir() => Ok(Some(Kind::Folder)),
            Ok(data) if data.is_symlink() => Ok(Some(Kind::Link)),
            Ok(_) => Ok(Some(Kind::Special)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(cannot("read", &path, &error)),
        }
    }

    /// Gives a file its content; returns whether it had another.
    fn replace(&self, path: &str, bytes: &[u8]) -> Result<bool, CommandError> {
        let whole = self.path.join(path);
        let has_length = |data: fs::Metadata| data.is_file() && data.len() == bytes.len() as u64;
        if whole.symlink_metadata().is_ok_and(has_length)
            && own_file(&self.path, path).is_ok_and(|present| present.as_deref() == Some(bytes))
        {
            return Ok(false);
        }
        self.make_folders(path)?;
        let how = match self.marker.lists(path) {
            true => Put::Page,
            false => Put::NewPage,
        };
        self.put(&whole, bytes, how).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => self.in_the_way(path),
            _ => cannot("write", &whole, &error),
        })?;
        Ok(true)
    }

    /// Creates the directories of a file. A link to a directory is not one of ours.
    fn make_folders(&self, path: &str) -> Result<(), CommandError> {
        for (end, _) in path.match_indices('/') {
            let folder = &path[..end];
            let whole = self.path.join(folder);
            match fs::create_dir(&whole) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    if self.kind(folder)? != Some(Kind::Folder) {
                        return Err(self.in_the_way(folder));
                    }
                }
                Err(error) => return Err(cannot("create", &whole, &error)),
            }
        }
        Ok(())
    }

    /// Writes a file atomically. What a crash of the machine does to pages, the next run notices; the marker must survive it.
    fn put(&self, path: &Path, bytes: &[u8], how: Put) -> io::Result<()> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(UNFINISHED);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let mut file = builder.tempfile_in(&self.path)?;
        file.write_all(bytes)?;
        if how == Put::Marker {
            file.as_file().sync_all()?;
        }
        let put = match how {
            // Somebody may have put a file there in the meantime.
            Put::NewPage => file.persist_noclobber(path),
            Put::Page | Put::Marker => file.persist(path),
        };
        put.map_err(|error| error.error)?;
        Ok(())
    }

    fn mark(&self, marker: &Marker) -> Result<(), CommandError> {
        let path = self.path.join(marker::NAME);
        self.put(&path, marker.encode().as_bytes(), Put::Marker)
            .map_err(|error| cannot("write", &path, &error))
    }

    /// Removes the files that are no longer in the site, and the directories that are empty then.
    fn remove(&self, before: &Marker, now: &Marker) -> Result<usize, CommandError> {
        let mut removed = 0;
        for path in before.without(now) {
            let is_below_ours = path
                .match_indices('/')
                .all(|(end, _)| matches!(self.kind(&path[..end]), Ok(Some(Kind::Folder))));
            let is_ours = is_below_ours && matches!(self.kind(path)?, Some(Kind::File | Kind::Link));
            if is_ours {
                let whole = self.path.join(path);
                fs::remove_file(&whole).map_err(|error| cannot("remove", &whole, &error))?;
                removed += 1;
            }
        }
        let kept = now.folders();
        for folder in before.folders().difference(&kept) {
            if self.kind(folder.0)? == Some(Kind::Folder) {
                // It stays if somebody else has files in it.
                let _ = fs::remove_dir(self.path.join(folder.0));
            }
        }
        Ok(removed)
    }
}

/// The content of a file of a site, read only if neither it nor a directory of it is a link; `None` otherwise.
pub(super) fn own_file(folder: &Path, path: &str) -> Result<Option<Vec<u8>>, files::FileError> {
    let is_plain = |path: &str, is_kind: fn(&fs::Metadata) -> bool| {
        let found = folder.join(path).symlink_metadata();
        found.is_ok_and(|data| is_kind(&data))
    };
    let is_within = path
        .match_indices('/')
        .all(|(end, _)| is_plain(&path[..end], fs::Metadata::is_dir));
    match is_safe(path) && is_within && is_plain(path, fs::Metadata::is_file) {
        true => files::read(&folder.join(path), LARGEST),
        false => Ok(None),
    }
}

/// The marker of a directory that may be written to; `None` if it is empty.
fn look(path: &Path) -> Result<Option<Marker>, CommandError> {
    let marker = Marker::read(path).map_err(|error| {
        let marker = path.join(marker::NAME);
        CommandError::failed(format!("cannot use `{}`: {error}", marker.display()))
            .hint("Name a directory that does not exist yet")
    })?;
    if marker.is_some() {
        return Ok(marker);
    }
    let entries = folder::list(path).map_err(|error| cannot("open", path, &error))?;
    for entry in entries {
        let entry = entry.map_err(|error| cannot("open", path, &error))?;
        let name = entry.name().to_string_lossy();
        // A branch that is published has its working tree here.
        let is_expected = name == ".git" || is_unfinished(&name) || is_lock(&name);
        if !is_expected {
            return Err(CommandError::failed(format!(
                "`{}` is not empty and not a site of git-leverage",
                path.display()
            ))
            .hint("Name a directory that does not exist yet"));
        }
    }
    Ok(None)
}

fn is_unfinished(name: &str) -> bool {
    name.strip_prefix(UNFINISHED)
        .is_some_and(|rest| rest.len() == 6 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Removes what an interrupted run was writing.
fn remove_unfinished(path: &Path) {
    let unfinished = folder::present(path).filter(|entry| {
        is_unfinished(&entry.name().to_string_lossy()) && matches!(entry.kind(), Ok(Kind::File))
    });
    for entry in unfinished {
        // It is in nobody's way.
        let _ = fs::remove_file(entry.path());
    }
}

#[cfg(unix)]
fn is_lock(_: &str) -> bool {
    false
}

#[cfg(not(unix))]
fn is_lock(name: &str) -> bool {
    name == LOCK
}

/// The directory itself carries the lock, so that there is no file to publish.
#[cfg(unix)]
fn lockable(path: &Path) -> io::Result<File> {
    File::open(path)
}

#[cfg(not(unix))]
fn lockable(path: &Path) -> io::Result<File> {
    fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path.join(LOCK))
}

/// The lock of a directory, which the system releases when the process ends.
fn lock(path: &Path) -> Result<File, CommandError> {
    let file = lockable(path).map_err(|error| cannot("open", path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(CommandError::failed(format!(
            "another `git leverage site` is writing to `{}`",
            path.display()
        ))),
        // Some network file systems have no locks: files are still replaced atomically.
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(file),
        Err(TryLockError::Error(error)) => Err(cannot("lock", path, &error)),
    }
}

fn cannot(what: &str, path: &Path, error: &io::Error) -> CommandError {
    CommandError::failed(format!("cannot {what} `{}`: {}", path.display(), reason(error)))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    type Pages<'a> = &'a [(&'a str, &'a str)];

    /// Writes pages to `path`.
    fn write(path: &Path, pages: Pages<'_>) -> Result<Written, CommandError> {
        let paths: Vec<String> = pages.iter().map(|(path, _)| (*path).to_owned()).collect();
        Folder::open(path)?.write(&paths, |at| pages[at].1.as_bytes().to_vec(), &Progress::default())
    }

    fn why(written: Result<Written, CommandError>) -> String {
        written.unwrap_err().message().to_owned()
    }

    /// All files below a directory with their contents, the marker left out.
    fn files(path: &Path) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut open = vec![path.to_owned()];
        while let Some(folder) = open.pop() {
            for entry in folder::present(&folder) {
                match entry.kind().unwrap() {
                    Kind::Folder => open.push(entry.path().to_owned()),
                    _ => found.push(entry.path().to_owned()),
                }
            }
        }
        found.sort();
        let named = found.into_iter().map(|file| {
            let name = file.strip_prefix(path).unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(&file).unwrap())
        });
        named.filter(|(name, _)| name != marker::NAME).collect()
    }

    fn owned(pages: Pages<'_>) -> Vec<(String, String)> {
        let pages = pages.iter();
        pages
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
            .collect()
    }

    fn changed_at(path: &Path) -> SystemTime {
        path.metadata().unwrap().modified().unwrap()
    }

    const FIRST: Pages<'_> = &[
        ("days/2026-04-03.html", "one"),
        ("days/2026-04-04.html", "two"),
        ("index.html", "record"),
        ("tasks/a.html", "task"),
    ];

    #[test]
    fn only_what_changed_is_written() {
        let root = tempfile::tempdir().unwrap();
        let site = root.path().join("new/site");
        let first = write(&site, FIRST).unwrap();
        assert_eq!((first.changed, first.removed), (4, 0));
        assert_eq!(first.in_words("site"), "Wrote 4 pages to `site`");
        assert_eq!(files(&site), owned(FIRST));
        let times =
            ["index.html", "days/2026-04-03.html", marker::NAME].map(|name| changed_at(&site.join(name)));
        let again = write(&site, FIRST).unwrap();
        assert_eq!(again.in_words("site"), "`site` is up to date: 4 pages");
        let after =
            ["index.html", "days/2026-04-03.html", marker::NAME].map(|name| changed_at(&site.join(name)));
        assert_eq!(times, after);
        // One that somebody changed is ours all the same, whether or not its length is another.
        fs::write(site.join("index.html"), "RECORD").unwrap();
        fs::write(site.join("tasks/a.html"), "").unwrap();
        assert_eq!(write(&site, FIRST).unwrap().changed, 2);
        assert_eq!(files(&site), owned(FIRST));
        let second: Pages<'_> = &[
            ("days/2026-04-03.html", "One"),
            ("index.html", "record"),
            ("method.html", "m"),
        ];
        let written = write(&site, second).unwrap();
        assert_eq!(
            written.in_words("site"),
            "Wrote 3 pages to `site`: 2 files changed, 2 removed"
        );
        assert_eq!(files(&site), owned(second));
        assert!(!site.join("tasks").exists());
    }

    #[test]
    fn the_marker_lists_what_is_there() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), FIRST).unwrap();
        let marker = Marker::read(root.path()).unwrap().unwrap();
        let expected: Marker = FIRST
            .iter()
            .map(|(path, text)| ((*path).to_owned(), Sum::of(text.as_bytes())))
            .collect();
        assert_eq!(marker, expected);
    }

    #[test]
    fn what_is_not_ours_stays() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        fs::create_dir(at("other")).unwrap();
        fs::write(at("other/file"), "text").unwrap();
        assert!(why(write(&at("other"), FIRST)).contains("is not empty and not a site"));
        assert_eq!(files(&at("other")), owned(&[("file", "text")]));
        // The working tree of a branch that is published.
        fs::create_dir(at("branch")).unwrap();
        fs::write(at("branch/.git"), "gitdir: x").unwrap();
        write(&at("branch"), FIRST).unwrap();
        fs::write(at("branch/CNAME"), "example.org").unwrap();
        fs::write(at("branch/tasks/mine"), "mine").unwrap();
        fs::write(at("branch/method.html"), "mine").unwrap();
        let before = files(&at("branch"));
        let more: Pages<'_> = &[("index.html", "new"), ("method.html", "ours")];
        assert!(why(write(&at("branch"), more)).contains("method.html` is not a file of the site"));
        let blocked: Pages<'_> = &[("index.html", "new"), ("CNAME/a.html", "")];
        assert!(why(write(&at("branch"), blocked)).contains("CNAME` is not a file of the site"));
        assert_eq!(files(&at("branch")), before);
        write(&at("branch"), &[("index.html", "new")]).unwrap();
        let names: Vec<String> = files(&at("branch")).into_iter().map(|(name, _)| name).collect();
        assert_eq!(
            names,
            [".git", "CNAME", "index.html", "method.html", "tasks/mine"]
        );
        fs::write(at("file"), "text").unwrap();
        assert!(write(&at("file"), FIRST).is_err());
        assert_eq!(fs::read_to_string(at("file")).unwrap(), "text");
    }

    #[test]
    fn no_path_leads_out() {
        let root = tempfile::tempdir().unwrap();
        for path in [
            "../a.html",
            "/tmp/a.html",
            ".leverage-site",
            "a/../../b",
            ".git/config",
        ] {
            let written = write(&root.path().join("site"), &[("index.html", ""), (path, "")]);
            assert!(why(written).contains("cannot be the path of a page"), "{path}");
        }
        assert!(files(root.path()).is_empty());
        fs::create_dir(root.path().join("lie")).unwrap();
        fs::write(root.path().join("victim"), "text").unwrap();
        let line = format!("git-leverage.site/1\n{}  ../victim\n", "0".repeat(64));
        fs::write(root.path().join("lie").join(marker::NAME), line).unwrap();
        assert!(why(write(&root.path().join("lie"), FIRST)).contains("line 2 is not a file of a site"));
        assert!(root.path().join("victim").exists());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        fs::create_dir(at("outside")).unwrap();
        fs::write(at("outside/2026-04-03.html"), "theirs").unwrap();
        fs::write(at("outside/index.html"), "theirs").unwrap();
        let link = |to: &str, from: &str| std::os::unix::fs::symlink(at(to), at(from)).unwrap();
        write(&at("site"), FIRST).unwrap();
        // A file that became a link is replaced.
        fs::remove_file(at("site/index.html")).unwrap();
        link("outside/index.html", "site/index.html");
        assert_eq!(write(&at("site"), FIRST).unwrap().changed, 1);
        assert!(at("site/index.html").symlink_metadata().unwrap().is_file());
        // A directory that became one is in the way, and nothing below it is removed.
        fs::rename(at("site/days"), at("days")).unwrap();
        link("outside", "site/days");
        assert!(why(write(&at("site"), FIRST)).contains("days` is not a file of the site"));
        write(&at("site"), &[("index.html", "record")]).unwrap();
        assert_eq!(
            fs::read_to_string(at("outside/2026-04-03.html")).unwrap(),
            "theirs"
        );
        assert_eq!(fs::read_to_string(at("outside/index.html")).unwrap(), "theirs");
        // The marker itself is read only where it is.
        fs::create_dir(at("other")).unwrap();
        fs::copy(at("site").join(marker::NAME), at("outside/marker")).unwrap();
        link("outside/marker", &format!("other/{}", marker::NAME));
        assert!(why(write(&at("other"), FIRST)).contains("it is not a regular file"));
        // A link to the whole directory is the user's own.
        link("site", "latest");
        write(&at("latest"), FIRST).unwrap_err();
        fs::remove_file(at("site/days")).unwrap();
        assert_eq!(write(&at("latest"), FIRST).unwrap().files.len(), 4);
    }

    #[test]
    fn a_run_that_was_interrupted_is_completed_by_the_next() {
        let root = tempfile::tempdir().unwrap();
        let site = root.path().join("site");
        // Before its marker.
        fs::create_dir(&site).unwrap();
        fs::write(site.join(".leverage-site-a1B2c3"), "ha").unwrap();
        write(&site, FIRST).unwrap();
        assert_eq!(files(&site), owned(FIRST));
        // While pages were drawn: some are there, some are not, and of one the marker has an old sum.
        let second: Pages<'_> = &[
            ("days/2026-04-03.html", "One"),
            ("index.html", "Record"),
            ("repos/a.html", "a"),
        ];
        let paths: Vec<String> = second.iter().map(|(path, _)| (*path).to_owned()).collect();
        let draw = |at: usize| match second[at].0 {
            "index.html" => panic!("interrupted"),
            _ => second[at].1.as_bytes().to_vec(),
        };
        let folder = Folder::open(&site).unwrap();
        let written = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _ = folder.write(&paths, draw, &Progress::default());
        }));
        assert!(written.is_err());
        fs::write(site.join(".leverage-site-a1B2c3"), "ha").unwrap();
        fs::write(site.join(".leverage-site-else"), "stays").unwrap();
        write(&site, second).unwrap();
        let mut expected = owned(second);
        expected.insert(0, (".leverage-site-else".to_owned(), "stays".to_owned()));
        assert_eq!(files(&site), expected);
        assert_eq!(write(&site, second).unwrap().changed, 0);
    }

    #[test]
    fn one_run_writes_at_a_time() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::open(root.path()).unwrap();
        assert!(why(write(root.path(), FIRST)).contains("another `git leverage site` is writing"));
        drop(folder);
        write(root.path(), FIRST).unwrap();
    }
}
