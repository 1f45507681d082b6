//! What `setup` remembers of each file it wrote: the previous state. Of other people's text, it stores only a hash.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::files;
use crate::cli::environment::Environment;
use crate::cli::error::CommandError;
use crate::facts::hash::hex;
use crate::facts::shell;
use crate::integrations::settings::hooks::Kept;
use crate::integrations::settings::splice::{Splice, undone};

/// The memory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// The files, by path with all links resolved.
    pub files: BTreeMap<PathBuf, FileMemory>,
    /// The values added to the configuration of repositories, by their common directories.
    pub repositories: BTreeMap<PathBuf, Vec<(String, String)>>,
    /// The directories that were created for this memory.
    folders: Vec<PathBuf>,
}

/// What is remembered of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileMemory {
    /// The hash of the previous content; `None` if the file did not exist. This must be explicit, because it decides whether the
    /// file is removed.
    #[serde(deserialize_with = "Option::deserialize")]
    pub before: Option<String>,
    /// The hash of what was written.
    pub after: String,
    /// How one became the other.
    #[serde(default)]
    pub splices: Vec<Splice>,
    /// Which parts existed that `setup` could also have created.
    #[serde(default)]
    pub kept: Kept,
    /// The directories that were created for the file.
    #[serde(default)]
    pub folders: Vec<PathBuf>,
    /// Whether it is in a person's settings, wherever a variable moved them.
    #[serde(default)]
    pub of_user: bool,
}

impl FileMemory {
    /// Whether this text is the one that was written.
    pub fn is_untouched(&self, text: &str) -> bool {
        self.after == hash(text)
    }

    /// What existed before, if this text is the one that was written: `Some(None)` if nothing did.
    pub fn before(&self, text: &str) -> Option<Option<String>> {
        if !self.is_untouched(text) {
            return None;
        }
        let Some(before) = &self.before else {
            return Some(None);
        };
        undone(text, &self.splices)
            .filter(|text| hash(text) == *before)
            .map(Some)
    }
}

/// The hash of a text.
pub fn hash(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

impl Memory {
    /// Reads the memory. An unreadable one is an error: it must not be overwritten, as it describes the previous state of files.
    pub fn load(environment: &Environment) -> Result<Self, CommandError> {
        let Some(file) = file(environment) else {
            return Ok(Self::default());
        };
        let read = files::read(&file).and_then(|found| match found.text {
            Some(text) => serde_json::from_str(&text).map_err(|error| error.to_string()),
            None => Ok(Self::default()),
        });
        read.map_err(|reason| {
            let place = shell::word(&file.display().to_string());
            CommandError::failed(format!("cannot read {place}: {reason}"))
                .hint("It contains the state of files before `setup`; a later release may have written it")
                .hint(format!("Run `mv {place} {place}.old` to continue without it"))
        })
    }

    /// Remembers directories that were created for the memory.
    fn adopt(&mut self, folders: &[PathBuf]) {
        let new = folders.iter().filter(|folder| !self.folders.contains(folder));
        let new: Vec<PathBuf> = new.cloned().collect();
        self.folders.extend(new);
    }

    /// Whether both remember the same of files and repositories.
    pub fn is_as(&self, other: &Self) -> bool {
        (&self.files, &self.repositories) == (&other.files, &other.repositories)
    }

    fn is_empty(&self) -> bool {
        self.files.is_empty() && self.repositories.is_empty()
    }

    /// Writes the memory, readable only by the user; removes it if nothing is remembered.
    pub fn store(&mut self, environment: &Environment) -> io::Result<()> {
        let file = file(environment).ok_or_else(|| io::Error::other("no home directory"))?;
        let folder = file.parent().unwrap_or(Path::new("."));
        if self.is_empty() {
            return match fs::remove_file(&file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => {
                    files::remove_empty(self.folders.clone());
                    Ok(())
                }
            };
        }
        let made = make_private(&file)?;
        self.adopt(&made);
        let text = serde_json::to_string(self).map_err(io::Error::other)?;
        let mut written = tempfile::Builder::new().prefix(".setup-").tempfile_in(folder)?;
        io::Write::write_all(&mut written, text.as_bytes())?;
        written.persist(&file).map_err(|error| error.error)?;
        Ok(())
    }
}

/// How long one `setup` waits for another.
const PATIENCE: Duration = Duration::from_secs(10);

/// The lock held while files and memory change, so that two processes do not overwrite each other's memory.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
    made: Vec<PathBuf>,
}

impl Lock {
    /// Waits for the lock. `None` if there is no place for it: then nothing is remembered either.
    pub fn take(environment: &Environment) -> Result<Option<Self>, CommandError> {
        let Some(path) = environment.state_dir().map(|folder| folder.join("setup.lock")) else {
            return Ok(None);
        };
        let start = Instant::now();
        let mut made = Vec::new();
        while start.elapsed() < PATIENCE {
            match make_private(&path) {
                Ok(folders) => made.extend(folders),
                Err(_) => return Ok(None),
            }
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(false);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::custom_flags(
                &mut options,
                libc::O_NOFOLLOW | libc::O_NONBLOCK,
            );
            let file = match options.open(&path) {
                Ok(file) => file,
                // The previous holder may just have removed the directory.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(_) => return Ok(None),
            };
            match file.try_lock() {
                Ok(()) if is_at(&file, &path) => return Ok(Some(Self { file, path, made })),
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(20)),
                Err(TryLockError::Error(_)) => return Ok(None),
            }
        }
        Err(CommandError::failed("another `git leverage setup` is running")
            .hint("Run it again when the other one has finished"))
    }

    /// The memory, now that no other process changes it.
    pub fn load(&self, environment: &Environment) -> Result<Memory, CommandError> {
        let mut memory = Memory::load(environment)?;
        let known = memory.folders.len();
        memory.adopt(&self.made);
        if memory.folders.len() > known && !memory.is_empty() {
            // A process that has nothing left to remember removes them.
            let _ = memory.store(environment);
        }
        Ok(memory)
    }

    /// Releases the lock; if nothing is remembered, its file is removed.
    pub fn release(self, memory: &Memory) {
        if memory.is_empty() {
            // Removed while the lock is held, so that no other process takes it and then loses it.
            let _ = fs::remove_file(&self.path);
            files::remove_empty(memory.folders.clone());
        }
        drop(self.file);
    }
}

/// Whether a file is still the one with this name: the previous holder may have removed it.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let same =
        |one: &fs::Metadata, other: &fs::Metadata| (one.dev(), one.ino()) == (other.dev(), other.ino());
    let named = fs::symlink_metadata(path).ok();
    named
        .zip(file.metadata().ok())
        .is_some_and(|(named, own)| same(&named, &own))
}

#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}

/// Creates the directories above a file; its own directory is private to the user if it is new.
fn make_private(file: &Path) -> io::Result<Vec<PathBuf>> {
    let made = files::make_folders(file)?;
    #[cfg(unix)]
    if let Some(last) = made.last() {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(last, fs::Permissions::from_mode(0o700))?;
    }
    Ok(made)
}

fn file(environment: &Environment) -> Option<PathBuf> {
    Some(environment.state_dir()?.join("setup.json"))
}
