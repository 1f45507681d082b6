//! What `.gitattributes` say of the files of a history: the ones in the work tree, as git reads them for old commits too.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use git2::{AttrCheckFlags, AttrValue};

use super::Repo;
use super::config::ConfigFiles;
use crate::facts::files::FileClass;

/// What attributes say of a path.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Attributes {
    /// `-diff` or `binary`: not compared; `diff`: compared even with NULs in it.
    pub(super) binary: Option<bool>,
    /// `linguist-generated`, `linguist-vendored`, `linguist-documentation`.
    pub(super) linguist: Option<FileClass>,
}

/// The attributes of each path.
pub(super) fn read(repo: &Repo, paths: &[Vec<u8>]) -> Vec<Attributes> {
    if !has_relevant_attributes(repo, paths) {
        return vec![Attributes::default(); paths.len()];
    }
    paths.iter().map(|path| of_path(repo, path)).collect()
}

/// Asking libgit2 is slow: it looks at each folder above each path again. Most repositories have nothing to say.
fn has_relevant_attributes(repo: &Repo, paths: &[Vec<u8>]) -> bool {
    let mut files: Vec<PathBuf> = vec![repo.common_dir().join("info/attributes")];
    if let Some(work_dir) = repo.work_dir() {
        files.extend(
            folders(paths)
                .into_iter()
                .map(|folder| work_dir.join(folder).join(".gitattributes")),
        );
    }
    let is_global = repo
        .config(&ConfigFiles::default())
        .get("core.attributesFile")
        .is_some();
    is_global || files.iter().any(|file| is_relevant(file))
}

fn folders(paths: &[Vec<u8>]) -> BTreeSet<PathBuf> {
    let mut folders = BTreeSet::from([PathBuf::new()]);
    for path in paths {
        let path = String::from_utf8_lossy(path);
        folders.extend(Path::new(path.as_ref()).parent().map(Path::to_owned));
    }
    folders
}

fn is_relevant(file: &Path) -> bool {
    // A pipe in its place would hang the scan.
    let is_file = file.symlink_metadata().is_ok_and(|data| data.is_file());
    let text = if is_file {
        std::fs::read_to_string(file).unwrap_or_default()
    } else {
        String::new()
    };
    ["diff", "binary", "linguist-"]
        .iter()
        .any(|word| text.contains(word))
}

fn of_path(repo: &Repo, path: &[u8]) -> Attributes {
    let path = String::from_utf8_lossy(path);
    let path = Path::new(path.as_ref());
    let get = |name: &str| {
        let value = repo
            .raw()
            .get_attr_bytes(path, name, AttrCheckFlags::FILE_THEN_INDEX);
        match AttrValue::always_bytes(value.unwrap_or_default()) {
            AttrValue::True => Some(true),
            AttrValue::False => Some(false),
            _ => None,
        }
    };
    let classes = [
        ("linguist-generated", FileClass::Generated),
        ("linguist-vendored", FileClass::Vendored),
        ("linguist-documentation", FileClass::Docs),
    ];
    Attributes {
        binary: get("diff").map(|compared| !compared),
        linguist: classes
            .into_iter()
            .find(|(name, _)| get(name) == Some(true))
            .map(|(_, class)| class),
    }
}
