//! What `.gitattributes` say of the files of a history: the ones in the work tree, as git reads them for old commits too.
//!
//! The inventory, which tells of one tree, reads those of that tree instead (`sources::inventory::origin`). What they mean for
//! a file is decided for both in [`FileClass::of`](crate::facts::files::FileClass::of).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use git2::{AttrCheckFlags, AttrValue};

use super::Repo;
use super::config::ConfigFiles;
use crate::facts::files::Linguist;

/// What attributes say of a path.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Attributes {
    /// `-diff` or `binary`: not compared; `diff`: compared even with NULs in it.
    pub(super) binary: Option<bool>,
    /// What they say of its kind.
    pub(super) linguist: Linguist,
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
        // `diff=rust` names a driver, and says nothing of what is compared.
        binary: get("diff", |_| None).map(|compared| !compared),
        linguist: Linguist {
            generated: linguist("linguist-generated"),
            vendored: linguist("linguist-vendored"),
            documentation: linguist("linguist-documentation"),
        },
    }
}
