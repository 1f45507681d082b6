//! What `setup` remembers of each file that it wrote: how it was before. Nothing of what others wrote is in it, but for a hash.

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
use crate::facts::shell;
use crate::integrations::settings::hooks::Kept;
use crate::integrations::settings::splice::{Splice, undone};

/// What is remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// The files, by the path behind all links.
    pub files: BTreeMap<PathBuf, FileMemory>,
    /// The values that were added to the configuration of repositories, by their common folders.
    pub repositories: BTreeMap<PathBuf, Vec<(String, String)>>,
    /// The folders that were made for this memory.
    folders: Vec<PathBuf>,
}

/// What is remembered of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileMemory {
    /// The hash of what was there before; `None` where nothing was. It has to be said: a file is removed by it.
    #[serde(deserialize_with = "Option::deserialize")]
    pub before: Option<String>,
    /// The hash of what was written.
    pub after: String,
    /// How the one became the other.
    #[serde(default)]
    pub splices: Vec<Splice>,
    /// What was there of the things that we may have made.
    #[serde(default)]
    pub kept: Kept,
    /// The folders that were made for it.
    #[serde(default)]
    pub folders: Vec<PathBuf>,
    /// Whether it is in the settings of a person, wherever a variable moved these.
    #[serde(default)]
    pub of_user: bool,
}

impl FileMemory {
    /// Whether the text is the one that was written.
    pub fn is_untouched(&self, text: &str) -> bool {
        self.after == hash(text)
    }

    /// What was there before, if the text is the one that was written: `Some(None)` where nothing was.
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
    let bytes = Sha256::digest(text.as_bytes());
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Memory {
    /// What was remembered. One that cannot be read is an error: it is not to be written over, as it says how files were.
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
                .hint("It says what files were like before `setup`. A later release may have written it")
                .hint(format!("To go on without it: mv {place} {place}.old"))
        })
    }

    /// Takes note of folders that were made for the memory.
    fn adopt(&mut self, folders: &[PathBuf]) {
        let new = folders.iter().filter(|folder| !self.folders.contains(folder));
        let new: Vec<PathBuf> = new.cloned().collect();
        self.folders.extend(new);
    }

    /// Whether the same is remembered of files and repositories.
    pub fn is_as(&self, other: &Self) -> bool {
        (&self.files, &self.repositories) == (&other.files, &other.repositories)
    }

    fn is_empty(&self) -> bool {
        self.files.is_empty() && self.repositories.is_empty()
    }

    /// Writes it for the user alone; removes it where nothing is remembered.
    pub fn store(&mut self, environment: &Environment) -> io::Result<()> {
        let file = file(environment).ok_or_else(|| io::Error::other("there is no home folder"))?;
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

/// Held while files are changed and that is remembered, so that two at once do not forget what the other one did.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
    made: Vec<PathBuf>,
}

impl Lock {
    /// Waits for it. `None` where there is no place for it: then nothing is remembered either.
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
                // Who had it before may just have removed the folder.
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
            .hint("Run it again when that one has ended"))
    }

    /// What is remembered, now that nobody else changes it.
    pub fn load(&self, environment: &Environment) -> Result<Memory, CommandError> {
        let mut memory = Memory::load(environment)?;
        let known = memory.folders.len();
        memory.adopt(&self.made);
        if memory.folders.len() > known && !memory.is_empty() {
            // Whoever remembers nothing any more removes them.
            let _ = memory.store(environment);
        }
        Ok(memory)
    }

    /// Lets the next one go on; where nothing is remembered, no file is left of it.
    pub fn release(self, memory: &Memory) {
        if memory.is_empty() {
            // While it is held, so that nobody takes it and has it removed under their hands.
            let _ = fs::remove_file(&self.path);
            files::remove_empty(memory.folders.clone());
        }
        drop(self.file);
    }
}

/// Whether a file is still the one of this name: who held it before may have removed it.
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

/// Makes the folders above a file; that of the file is for the user alone where it is new.
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
