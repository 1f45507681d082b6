//! Moves a ref as git does, with its lock file, in such a way that a lock left by a dead process of this program is recognized.
//!
//! The lock file is a hard link to a file in the repository's directory beside `leverage.flock`. Whoever holds that lock is the
//! only writer of this program: another such file belongs to a process that died, and a lock file that is the same file is its
//! lock. Git's lock files are never the same file.

use std::fs::{self, Metadata, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use git2::{ObjectFormat, Oid, Repository, Signature};
use tempfile::NamedTempFile;

use super::folder::{self, Kind};
use super::settle::sync_folder;

/// The file that becomes a ref.
const PENDING: &str = "leverage.pending";

/// A ref to move.
pub(super) struct Moving<'a> {
    /// The repository.
    pub(super) repository: &'a Repository,
    /// The directory that all its working trees share.
    pub(super) common_dir: &'a Path,
    /// The full name of the ref.
    pub(super) name: &'a str,
    /// The new value.
    pub(super) new: Oid,
    /// The message for the reflog.
    pub(super) message: &'a str,
    /// Whether it must be on disk before this returns.
    pub(super) fsync: bool,
}

/// The result.
pub(super) enum Moved {
    /// It was moved; what is not durable about it.
    Done(Option<io::Error>),
    /// Another process holds its lock.
    Held,
    /// It did not have the expected value.
    Elsewhere,
}

impl Moving<'_> {
    /// Moves the ref if it is `as_expected` under the lock; the argument is the old value for the reflog.
    pub(super) fn run(&self, old: Option<Oid>, as_expected: impl FnOnce() -> bool) -> io::Result<Moved> {
        let place = self.common_dir.join(self.name);
        let folder = place.parent().unwrap_or(self.common_dir);
        if let Some(other) = in_the_way(self.repository, self.name) {
            return Err(io::Error::other(format!("the ref `{other}` is in the way")));
        }
        fs::create_dir_all(folder)?;
        let pending = self.pending()?;
        let Some(lock) = Lock::take(&pending, self.name, &place)? else {
            return Ok(Moved::Held);
        };
        if !as_expected() {
            return Ok(Moved::Elsewhere);
        }
        if place.is_dir() {
            // Removes empty directories left by refs with longer names. A file in one stays.
            remove_folders(&place)?;
        }
        let none = match self.new.object_format() {
            ObjectFormat::Sha1 => Oid::ZERO_SHA1,
            ObjectFormat::Sha256 => Oid::ZERO_SHA256,
        };
        self.log(old.unwrap_or(none))?;
        lock.become_reference(&place)?;
        drop(pending);
        Ok(Moved::Done(match self.fsync {
            true => self.sync(folder).err(),
            false => None,
        }))
    }

    /// The new value, in a separate file.
    fn pending(&self) -> io::Result<NamedTempFile> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(PENDING);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // The umask applies, as to every file of git.
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let named = builder.rand_bytes(0).tempfile_in(self.common_dir);
        let mut pending = match named {
            // Another writer of this program is active, which only happens on a file system without locks.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                builder.rand_bytes(6).tempfile_in(self.common_dir)?
            }
            named => named?,
        };
        pending.write_all(format!("{}\n", self.new).as_bytes())?;
        if self.fsync {
            pending.as_file().sync_all()?;
        }
        Ok(pending)
    }

    /// The directory of the ref, and those above it: they may be new, too.
    fn sync(&self, folder: &Path) -> io::Result<()> {
        let above = folder
            .ancestors()
            .take_while(|above| above.starts_with(self.common_dir));
        above.into_iter().try_for_each(sync_folder)
    }

    /// Appends to the reflog, if git would.
    fn log(&self, old: Oid) -> io::Result<()> {
        let path = self.common_dir.join("logs").join(self.name);
        let present = path.metadata();
        if !wants_log(self.repository, self.name, present.is_ok()) {
            return Ok(());
        }
        if present.as_ref().is_ok_and(Metadata::is_dir) {
            remove_folders(&path)?;
        } else if present.as_ref().is_ok_and(|data| !data.is_file()) {
            // A pipe or a device cannot contain a reflog.
            return Ok(());
        }
        fs::create_dir_all(path.parent().unwrap_or(self.common_dir))?;
        let mut file = OpenOptions::new().append(true).create(true).open(&path)?;
        let before = file.metadata()?.len();
        let line = self
            .log_line(old)
            .map_err(|error| io::Error::other(error.message().to_owned()))?;
        if let Err(error) = file.write_all(&line) {
            let _ = file.set_len(before);
            return Err(error);
        }
        Ok(())
    }

    fn log_line(&self, old: Oid) -> Result<Vec<u8>, git2::Error> {
        let unknown = |_| Signature::now("unknown", "unknown");
        let who = self.repository.signature().or_else(unknown)?;
        let offset = who.when().offset_minutes();
        let mut line = format!("{old} {} ", self.new).into_bytes();
        line.extend_from_slice(who.name_bytes());
        line.extend_from_slice(b" <");
        line.extend_from_slice(who.email_bytes());
        let sign = if offset < 0 { '-' } else { '+' };
        let (hours, minutes) = (offset.abs() / 60, offset.abs() % 60);
        let rest = format!(
            "> {} {sign}{hours:02}{minutes:02}\t{}\n",
            who.when().seconds(),
            self.message
        );
        line.extend_from_slice(rest.as_bytes());
        Ok(line)
    }
}

/// A ref that excludes one with this name: one below it, or one that it would be below.
fn in_the_way(repository: &Repository, name: &str) -> Option<String> {
    if repository.find_reference(name).is_ok() {
        return None;
    }
    let above = name.match_indices('/').map(|(end, _)| &name[..end]);
    let mut above = above.filter(|name| name.starts_with("refs/"));
    if let Some(found) = above.find(|name| repository.find_reference(name).is_ok()) {
        return Some(found.to_owned());
    }
    let below = repository.references_glob(&format!("{name}/*")).ok()?;
    let mut below = below.filter_map(|found| found.ok()?.name().ok().map(str::to_owned));
    below.next()
}

/// Removes a directory with all directories below it, if none contains a file. A link counts as a file.
fn remove_folders(folder: &Path) -> io::Result<()> {
    for entry in folder::list(folder)? {
        let entry = entry?;
        match entry.kind()? {
            Kind::Folder => remove_folders(entry.path())?,
            _ => {
                let path = entry.path().display();
                return Err(io::Error::other(format!("`{path}` is in the way")));
            }
        }
    }
    fs::remove_dir(folder)
}

/// `core.logAllRefUpdates`, as git interprets it.
fn wants_log(repository: &Repository, name: &str, is_there: bool) -> bool {
    let config = repository.config().and_then(|mut config| config.snapshot());
    let entry = config
        .as_ref()
        .ok()
        .and_then(|config| config.get_entry("core.logallrefupdates").ok());
    let value = entry.and_then(|entry| entry.value().ok().map(str::to_ascii_lowercase));
    match value.as_deref() {
        Some("always") => true,
        Some("false" | "no" | "off" | "0") => false,
        Some(_) => is_there || name.starts_with("refs/notes/"),
        None => !repository.is_bare() && (is_there || name.starts_with("refs/notes/")),
    }
}

/// The lock file of a ref, removed when dropped.
struct Lock(Option<PathBuf>);

impl Lock {
    /// `None` if another process holds it.
    fn take(pending: &NamedTempFile, name: &str, place: &Path) -> io::Result<Option<Self>> {
        let path = lock_path(place, name);
        let taken = |path| Ok(Some(Self(Some(path))));
        match fs::hard_link(pending.path(), &path) {
            Ok(()) => return taken(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(None),
            // A file system without hard links: nobody will recognize the lock as ours.
            Err(_) => {}
        }
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                let lock = Self(Some(path));
                let content = fs::read(pending.path())?;
                file.write_all(&content)?;
                Ok(Some(lock))
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn become_reference(mut self, place: &Path) -> io::Result<()> {
        if let Some(path) = &self.0 {
            fs::rename(path, place)?;
        }
        self.0 = None;
        Ok(())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            let _ = fs::remove_file(path);
        }
    }
}

/// `refs/notes/leverage.lock` for `refs/notes/leverage`.
fn lock_path(place: &Path, name: &str) -> PathBuf {
    let last = name.rsplit('/').next().unwrap_or(name);
    place.with_file_name(format!("{last}.lock"))
}

/// The locks left by a process of this program that moved a ref, as far as they are recognized. Whether it still runs is decided
/// by the writers' lock.
pub(super) fn left_locks(common_dir: &Path, names: &[&str]) -> Vec<PathBuf> {
    let Ok(pending) = fs::symlink_metadata(common_dir.join(PENDING)) else {
        return Vec::new();
    };
    let locks = names.iter().map(|name| lock_path(&common_dir.join(name), name));
    locks
        .filter(|lock| fs::symlink_metadata(lock).is_ok_and(|lock| is_same(&lock, &pending)))
        .collect()
}

/// Cleans up after a process of this program that died while moving a ref. No other writer is active.
pub(super) fn take_over(common_dir: &Path, names: &[&str]) {
    let path = common_dir.join(PENDING);
    let Ok(pending) = fs::symlink_metadata(&path) else {
        return;
    };
    for name in names {
        let lock = lock_path(&common_dir.join(name), name);
        if fs::symlink_metadata(&lock).is_ok_and(|lock| is_same(&lock, &pending)) {
            let _ = fs::remove_file(lock);
        }
    }
    let _ = fs::remove_file(path);
}

#[cfg(unix)]
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    one.is_file() && (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn is_same(_: &Metadata, _: &Metadata) -> bool {
    false
}
