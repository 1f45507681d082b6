//! Opens repositories that libgit2 refuses: refs in a reftable, and the partial clones of older versions of git.
//!
//! Git itself tells where the repository is and lists its refs, in the profile of [`process`](super::process). They are written
//! to a separate temporary directory, next to links to the objects and to the few other files that are read, and libgit2 opens
//! that. Reading writes nothing to the repository. Refs are also moved by git, from the value that was read or not at all, and
//! then listed again.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tempfile::TempDir;

use super::config::{Config, ConfigFiles};
use super::process::{hardened, output};
use super::temporary;
use crate::facts::ids::ObjectId;

/// Format extensions that do not change how objects are read here, or are supported.
const KNOWN: [&str; 8] = [
    "noop",
    "noop-v1",
    "objectformat",
    "partialclone",
    "preciousobjects",
    "refstorage",
    "relativeworktrees",
    "worktreeconfig",
];

/// The maximum size of a file that is written: the refs of a repository.
#[cfg(unix)]
const LARGEST: u64 = super::screen::LARGEST_PACKED_REFS;

/// A directory that stands in for a repository.
pub(super) struct Shadow {
    folder: TempDir,
    /// Where the repository really is.
    pub(super) place: Place,
    /// Whether the refs are in a reftable and not in files.
    pub(super) is_reftable: bool,
}

/// The shadows in use, by the real `.git` directory: a scan opens a repository many times.
static IN_USE: Mutex<BTreeMap<PathBuf, Weak<Shadow>>> = Mutex::new(BTreeMap::new());

impl Shadow {
    /// The shadow of the repository at `path`, or with `upwards` of one above it. Fails if the repository has extensions that are
    /// unknown here, and with [`io::ErrorKind::Unsupported`] if git cannot open it either.
    pub(super) fn of(path: &Path, upwards: bool) -> io::Result<Arc<Self>> {
        /// One at a time: the limit on what the process may write is shared.
        static MAKING: Mutex<()> = Mutex::new(());
        let place = Place::of(path, upwards)
            .map_err(|error| io::Error::new(io::ErrorKind::Unsupported, error.to_string()))?;
        let _alone = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = Self::in_use(&place.git_dir) {
            return Ok(known);
        }
        let made = Arc::new(Self::make(place)?);
        let mut in_use = IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
        in_use.retain(|_, shadow| shadow.strong_count() > 0);
        in_use.insert(made.place.git_dir.clone(), Arc::downgrade(&made));
        Ok(made)
    }

    /// The shadow of a `.git` directory, if it is in use.
    pub(super) fn in_use(git_dir: &Path) -> Option<Arc<Self>> {
        let in_use = IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
        in_use.get(git_dir)?.upgrade()
    }

    /// What libgit2 opens.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn make(place: Place) -> io::Result<Self> {
        let config = Config::read(
            &ConfigFiles {
                skip_system: true,
                global: Some(PathBuf::new()),
                ..ConfigFiles::default()
            },
            Some((&place.common_dir, &place.git_dir)),
        );
        if let Some((_, reason)) = config.broken().first() {
            return Err(io::Error::other(reason.clone()));
        }
        let mut extensions = config.below("extensions");
        if let Some((unknown, _)) = extensions.find(|(name, _)| !KNOWN.contains(name)) {
            return Err(io::Error::other(format!(
                "unsupported extension name extensions.{unknown}"
            )));
        }
        let format = config.get("extensions.refstorage");
        let is_reftable = format.is_some_and(|format| format.value != "files");
        let _may_write = MayWrite::begin()?;
        let folder = temporary::fresh()?;
        fs::create_dir(folder.path().join("refs"))?;
        fs::write(folder.path().join("config"), settings(&config, &place))?;
        fs::write(folder.path().join("HEAD"), head(&place)?)?;
        write_references(&place, folder.path())?;
        for name in ["objects", "info", "shallow", "worktrees"] {
            link(&place.common_dir.join(name), &folder.path().join(name))?;
        }
        link(&place.git_dir.join("index"), &folder.path().join("index"))?;
        match is_reftable {
            true => write_log(&place, folder.path(), "refs/stash")?,
            false => link(&place.common_dir.join("logs"), &folder.path().join("logs"))?,
        }
        Ok(Self {
            folder,
            place,
            is_reftable,
        })
    }

    /// Lists the refs again.
    pub(super) fn refresh(&self) -> io::Result<()> {
        write_references(&self.place, self.folder.path())
    }

    /// Moves a ref from `old` (`None`: it does not exist) to `new`; returns whether it had the old value. With `fsync`, it is
    /// then on disk.
    pub(super) fn move_reference(
        &self,
        name: &str,
        (old, new): (Option<ObjectId>, ObjectId),
        message: &str,
        (log, fsync): (bool, bool),
    ) -> io::Result<bool> {
        let new = new.to_string();
        let none = || "0".repeat(new.len());
        let old = old.map_or_else(none, |old| old.to_string());
        let mut git = self.place.git();
        if fsync {
            git.args(["-c", "core.fsync=committed,reference"]);
        }
        git.args(["update-ref", "-m", message]);
        if log {
            git.arg("--create-reflog");
        }
        let moved = output(git.args([name, &new, &old]));
        let listed = self.refresh();
        match moved {
            // It was moved, whatever this process sees of it.
            Ok(_) => Ok(true),
            // Another process is moving one, or has moved it.
            Err(error) if error.to_string().contains("lock") => listed.map(|()| false),
            Err(error) => Err(error),
        }
    }
}

/// Where git finds a repository.
pub(super) struct Place {
    /// The `.git` directory of the working tree that was opened.
    pub(super) git_dir: PathBuf,
    /// The directory that all working trees share.
    pub(super) common_dir: PathBuf,
    /// The top of the working tree.
    pub(super) work_dir: Option<PathBuf>,
}

impl Place {
    fn of(path: &Path, upwards: bool) -> io::Result<Self> {
        let path = std::path::absolute(path)?;
        let ask = |what: &[&str]| -> io::Result<Vec<String>> {
            let mut git = asked(&path);
            if let (false, Some(parent)) = (upwards, path.parent()) {
                git.env("GIT_CEILING_DIRECTORIES", parent);
            }
            git.args(["rev-parse", "--path-format=absolute"]).args(what);
            Ok(lines(&output(&mut git)?))
        };
        let found = ask(&[
            "--git-dir",
            "--git-common-dir",
            "--is-inside-work-tree",
            "--is-bare-repository",
        ])?;
        let [git_dir, common_dir, is_inside, is_bare] = found.as_slice() else {
            return Err(io::Error::other("its path contains a line break"));
        };
        // Inside `.git`, git sees no working tree; libgit2 does.
        let git_dir = PathBuf::from(git_dir).canonicalize()?;
        let has_one = is_bare == "false" && git_dir.ends_with(".git");
        let beside = || git_dir.parent().filter(|_| has_one);
        let work_dir = match is_inside.as_str() {
            "true" => ask(&["--show-toplevel"])?.first().map(PathBuf::from),
            _ => beside().map(Path::to_owned),
        };
        Ok(Self {
            work_dir,
            common_dir: PathBuf::from(common_dir).canonicalize()?,
            git_dir,
        })
    }

    fn git(&self) -> Command {
        asked(&self.git_dir)
    }
}

/// Git in a repository that was named, bare or not.
fn asked(path: &Path) -> Command {
    let mut git = hardened(path);
    git.args(["-c", "safe.bareRepository=all"]);
    git
}

fn lines(text: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(text);
    text.lines().map(str::to_owned).collect()
}

/// The repository's own configuration, except for its storage format and paths.
fn settings(config: &Config, place: &Place) -> String {
    let format = config.get("extensions.objectformat");
    let mut text = match format {
        Some(format) => format!(
            "[core]\n\trepositoryFormatVersion = 1\n[extensions]\n\tobjectFormat = {}\n",
            quoted(&format.value)
        ),
        None => "[core]\n\trepositoryFormatVersion = 0\n".to_owned(),
    };
    let is_left_out = |name: &str| {
        ["extensions.", "include.", "includeif."]
            .iter()
            .any(|section| name.starts_with(section))
            || ["core.repositoryformatversion", "core.bare", "core.worktree"].contains(&name)
    };
    for (name, value) in config.own().filter(|(name, _)| !is_left_out(name)) {
        add(&mut text, name, value);
    }
    add(
        &mut text,
        "core.bare",
        if place.work_dir.is_none() { "true" } else { "false" },
    );
    if let Some(folder) = &place.work_dir {
        add(&mut text, "core.worktree", &folder.to_string_lossy());
    }
    text
}

/// Adds `section.key` or `section.subsection.key` as git writes it.
fn add(text: &mut String, name: &str, value: &str) {
    let (Some((section, _)), Some((above, key))) = (name.split_once('.'), name.rsplit_once('.')) else {
        return;
    };
    let subsection = above
        .get(section.len() + 1..)
        .map(|name| format!(" {}", quoted(name)));
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "[{section}{}]\n\t{key} = {}",
        subsection.unwrap_or_default(),
        quoted(value)
    );
}

fn quoted(value: &str) -> String {
    let escaped = value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    format!("\"{escaped}\"")
}

/// The target of HEAD, as its file would contain it.
fn head(place: &Place) -> io::Result<Vec<u8>> {
    let branch = output(place.git().args(["symbolic-ref", "-q", "HEAD"]));
    match branch {
        Ok(branch) => Ok([b"ref: ", branch.as_slice()].concat()),
        Err(_) => output(place.git().args(["rev-parse", "-q", "--verify", "HEAD"])),
    }
}

/// Writes all refs as git packs them, and symbolic ones as files.
fn write_references(place: &Place, folder: &Path) -> io::Result<()> {
    let format = "--format=%(objectname) %(refname) %(symref)";
    let listed = output(place.git().args(["for-each-ref", format]))?;
    let file = tempfile::NamedTempFile::new_in(folder)?;
    let mut packed = io::BufWriter::new(file.as_file());
    for line in listed.split(|byte| *byte == b'\n') {
        let mut words = line.splitn(3, |byte| *byte == b' ');
        let (Some(id), Some(name)) = (words.next(), words.next()) else {
            continue;
        };
        let target = words.next().filter(|target| !target.is_empty());
        let text = std::str::from_utf8(name).ok();
        let file = text.filter(|name| name.starts_with("refs/") && git2::Reference::is_valid_name(name));
        if let (Some(target), Some(file)) = (target, file) {
            let file = folder.join(file);
            fs::create_dir_all(file.parent().unwrap_or(folder))?;
            fs::write(file, [b"ref: ", target, b"\n"].concat())?;
        } else {
            packed.write_all(&[id, b" ", name, b"\n"].concat())?;
        }
    }
    packed.flush()?;
    drop(packed);
    file.persist(folder.join("packed-refs"))?;
    Ok(())
}

/// Writes the moves of a ref with old and new values, but not who made them.
fn write_log(place: &Place, folder: &Path, name: &str) -> io::Result<()> {
    let logged = output(place.git().args(["log", "-g", "--format=%H", name, "--"]));
    // Without the ref, there is no reflog.
    let mut moves = lines(&logged.unwrap_or_default());
    moves.reverse();
    let Some(first) = moves.first() else {
        return Ok(());
    };
    let mut old = "0".repeat(first.len());
    let mut text = String::new();
    for new in moves {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{old} {new} nobody <> 0 +0000\t");
        old = new;
    }
    let file = folder.join("logs").join(name);
    fs::create_dir_all(file.parent().unwrap_or(folder))?;
    fs::write(file, text)
}

/// While it exists, this process may write files: a process that reads strangers' repositories normally may not.
#[cfg(unix)]
struct MayWrite {
    before: rustix::process::Rlimit,
}

#[cfg(unix)]
impl MayWrite {
    /// Fails if nothing can be written; the attempt would kill the process.
    fn begin() -> io::Result<Self> {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let before = getrlimit(Resource::Fsize);
        if before.maximum.is_some_and(|most| most < LARGEST) {
            return Err(io::Error::other("this process cannot write files"));
        }
        let current = before.maximum;
        setrlimit(Resource::Fsize, Rlimit { current, ..before })?;
        Ok(Self { before })
    }
}

#[cfg(unix)]
impl Drop for MayWrite {
    fn drop(&mut self) {
        // A limit that could be raised can be lowered.
        let _ = rustix::process::setrlimit(rustix::process::Resource::Fsize, self.before);
    }
}

/// Other systems have no such limit.
#[cfg(not(unix))]
struct MayWrite;

#[cfg(not(unix))]
impl MayWrite {
    #[allow(clippy::unnecessary_wraps)]
    fn begin() -> io::Result<Self> {
        Ok(Self)
    }
}

#[cfg(unix)]
fn link(real: &Path, place: &Path) -> io::Result<()> {
    match real.exists() {
        true => std::os::unix::fs::symlink(real, place),
        false => Ok(()),
    }
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::Error::other("this system does not support links"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_written_so_that_they_are_read_as_they_were() {
        let values = [
            ("core.bigfilethreshold", "10m"),
            ("remote.a \"b\\c.d.url", "https://example.org/x#y;z"),
            ("branch.main.merge", " padded \t\"quoted\"\nand more "),
            ("leverage.zone", ""),
        ];
        let mut text = String::new();
        values
            .iter()
            .for_each(|(name, value)| add(&mut text, name, value));
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("config"), text).unwrap();
        let files = ConfigFiles {
            skip_system: true,
            global: Some(folder.path().join("config")),
            ..ConfigFiles::default()
        };
        let config = Config::read(&files, None);
        for (name, value) in values {
            let found = config.get(name).map(|found| found.value.as_str());
            assert_eq!(found, Some(value), "{name}");
        }
    }
}
