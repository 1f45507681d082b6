//! What `setup` remembers of each file that it wrote: how it was before. Nothing of what others wrote is in it, but for a hash.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::files;
use crate::cli::environment::Environment;
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
    /// The hash of what was there before; `None` where nothing was.
    pub before: Option<String>,
    /// The hash of what was written.
    pub after: String,
    /// How the one became the other.
    pub splices: Vec<Splice>,
    /// What was there of the things that we may have made.
    pub kept: Kept,
    /// The folders that were made for it.
    pub folders: Vec<PathBuf>,
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
    /// What was remembered, or nothing where that cannot be read: everything can be removed without it.
    pub fn load(environment: &Environment) -> Self {
        let text = file(environment).and_then(|file| files::read(&file).ok()?.text);
        text.and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default()
    }

    /// Writes it for the user alone; removes it where nothing is remembered.
    pub fn store(&mut self, environment: &Environment) -> io::Result<()> {
        let file = file(environment).ok_or_else(|| io::Error::other("there is no home folder"))?;
        let folder = file.parent().unwrap_or(Path::new("."));
        if self.files.is_empty() && self.repositories.is_empty() {
            match fs::remove_file(&file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => files::remove_empty(std::mem::take(&mut self.folders)),
            };
            return Ok(());
        }
        self.folders.extend(make_private(&file)?);
        let text = serde_json::to_string(self).map_err(io::Error::other)?;
        let mut written = tempfile::Builder::new().prefix(".setup-").tempfile_in(folder)?;
        io::Write::write_all(&mut written, text.as_bytes())?;
        written.persist(&file).map_err(|error| error.error)?;
        Ok(())
    }
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
