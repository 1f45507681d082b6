//! Attributes of the files in a history: from the `.gitattributes` in the working tree, which git also uses for old commits.
//!
//! The inventory, which describes one tree, reads the attributes of that tree instead (`sources::inventory::origin`).
//! [`FileClass::of`](crate::facts::files::FileClass::of) decides for both what they mean for a file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use git2::{AttrCheckFlags, AttrValue};

use super::Repo;
use super::config::ConfigFiles;
use super::files::{self, FileError};
use super::screen::LARGEST_PATTERNS;
use crate::facts::files::Linguist;

/// No file system has longer paths.
const LONGEST_PATH: usize = 4096;

/// The attributes of a path.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Attributes {
    /// `-diff` or `binary`: not compared; `diff`: compared even if it contains NULs.
    pub(super) binary: Option<bool>,
    /// The attributes that determine its kind.
    pub(super) linguist: Linguist,
}

/// The attributes of each path. Fails if a file that may have some is not a regular file, or larger than git reads.
pub(super) fn read(repo: &Repo, paths: &[Vec<u8>]) -> Result<Vec<Attributes>, FileError> {
    if !has_relevant_attributes(repo, paths)? {
        return Ok(vec![Attributes::default(); paths.len()]);
    }
    Ok(paths.iter().map(|path| of_path(repo, path)).collect())
}

/// Asking libgit2 is slow: it reads each directory above each path again. Most repositories have no attributes.
fn has_relevant_attributes(repo: &Repo, paths: &[Vec<u8>]) -> Result<bool, FileError> {
    let mut files: Vec<PathBuf> = vec![repo.common_dir().join("info/attributes")];
    if let Some(work_dir) = repo.work_dir() {
        let folders = folders(paths.iter().map(Vec::as_slice)).into_iter();
        files.extend(folders.map(|folder| work_dir.join(folder).join(".gitattributes")));
    }
    let mut is_relevant = repo
        .config(&ConfigFiles::default())
        .get("core.attributesFile")
        .is_some();
    // All are checked: libgit2 opens each, whichever of them is relevant.
    for file in &files {
        is_relevant |= has_relevant(file)?;
    }
    Ok(is_relevant)
}

/// The directories above paths of a working tree, including its top.
pub(super) fn folders<'p>(paths: impl Iterator<Item = &'p [u8]>) -> BTreeSet<PathBuf> {
    let mut folders = BTreeSet::from([PathBuf::new()]);
    for path in paths {
        let path = String::from_utf8_lossy(path);
        let above = Path::new(path.as_ref()).ancestors().skip(1);
        for folder in above.skip_while(|folder| folder.as_os_str().len() > LONGEST_PATH) {
            if !folders.insert(folder.to_owned()) {
                break;
            }
        }
    }
    folders
}

fn has_relevant(file: &Path) -> Result<bool, FileError> {
    let text = match files::read(file, LARGEST_PATTERNS) {
        Ok(text) => text.unwrap_or_default(),
        // Git also skips what it may not read.
        Err(FileError::Unreadable { .. }) => Vec::new(),
        Err(error) => return Err(error),
    };
    // Git follows no link there.
    let words: [&[u8]; 3] = [b"diff", b"binary", b"linguist-"];
    Ok(words
        .iter()
        .any(|word| memchr::memmem::find(&text, word).is_some())
        && !file.is_symlink())
}

fn of_path(repo: &Repo, path: &[u8]) -> Attributes {
    let path = String::from_utf8_lossy(path);
    let path = Path::new(path.as_ref());
    let get = |name: &str, of_value: fn(&[u8]) -> Option<bool>| {
        let value = repo
            .raw()
            .get_attr_bytes(path, name, AttrCheckFlags::FILE_THEN_INDEX);
        match AttrValue::always_bytes(value.unwrap_or_default()) {
            AttrValue::True => Some(true),
            AttrValue::False => Some(false),
            AttrValue::Bytes(value) => of_value(value),
            _ => None,
        }
    };
    let linguist = |name: &str| get(name, |value| Some(Linguist::value(value)));
    Attributes {
        // `diff=rust` names a driver, and does not change what is compared.
        binary: get("diff", |_| None).map(|compared| !compared),
        linguist: Linguist {
            generated: linguist("linguist-generated"),
            vendored: linguist("linguist-vendored"),
            documentation: linguist("linguist-documentation"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_folders_above_a_path_may_have_a_say() {
        let found = folders([&b"a/b/c.txt"[..], b"a/d/e", b"f"].into_iter());
        let paths = ["", "a", "a/b", "a/d"].map(PathBuf::from);
        assert_eq!(found, BTreeSet::from(paths));
    }

    #[test]
    fn folders_that_no_disk_can_hold_are_left_out() {
        let path = format!("{}file", format!("{}/", "n".repeat(99)).repeat(2000));
        let found = folders([path.as_bytes()].into_iter());
        assert_eq!(found.len(), 41);
        assert!(
            found
                .iter()
                .all(|folder| folder.as_os_str().len() <= LONGEST_PATH)
        );
    }
}
