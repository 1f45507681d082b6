//! The object directories of a repository: its own, and those of the repositories it borrows from.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::files;

/// How many directories are searched. Git follows alternates of alternates five times.
const MOST: usize = 32;
/// The maximum size of a list of alternates.
const LARGEST_LIST: u64 = 1 << 20;

/// The directory of a repository's own objects, and the alternates, each after the one that names it. A directory named in
/// several spellings occurs once.
pub(super) fn object_folders(common_dir: &Path) -> Vec<PathBuf> {
    let mut folders = vec![common_dir.join("objects")];
    let mut seen: BTreeSet<PathBuf> = folders.iter().map(|folder| without_links(folder)).collect();
    let mut next = 0;
    while let Some(folder) = folders.get(next) {
        let named = named_in(folder).into_iter();
        let new: Vec<PathBuf> = named
            .filter(|folder| seen.insert(without_links(folder)))
            .collect();
        folders.extend(new.into_iter().take(MOST - folders.len().min(MOST)));
        next += 1;
    }
    folders
}

/// What identifies a directory; for a missing one, its spelling.
fn without_links(folder: &Path) -> PathBuf {
    folder.canonicalize().unwrap_or_else(|_| folder.to_owned())
}

fn named_in(folder: &Path) -> Vec<PathBuf> {
    // An unreadable list adds nothing: missing objects are reported where they are needed.
    let list = files::read_text(&folder.join("info/alternates"), LARGEST_LIST);
    let list = list.ok().flatten().unwrap_or_default();
    list.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .take(MOST)
        .map(|line| folder.join(line))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_that_lend_to_each_other_come_once() {
        let place = tempfile::tempdir().unwrap();
        let objects = |name: &str| place.path().join(name).join("objects");
        for (name, lends) in [("a", "b"), ("b", "a"), ("c", "c")] {
            std::fs::create_dir_all(objects(name).join("info")).unwrap();
            let list = format!(
                "# lent\n\n{}\n{}\n",
                objects(lends).display(),
                objects("c").display()
            );
            std::fs::write(objects(name).join("info/alternates"), list).unwrap();
        }
        let found = object_folders(&place.path().join("a"));
        assert_eq!(found, [objects("a"), objects("b"), objects("c")]);
        let spellings = "../../b/objects\n../../a/objects/\n../../b/./objects\n../../c/../b/objects\n";
        std::fs::write(objects("a").join("info/alternates"), spellings).unwrap();
        let found = object_folders(&place.path().join("a"));
        assert_eq!(
            found,
            [objects("a"), objects("a").join("../../b/objects"), objects("c")]
        );
    }

    #[test]
    fn a_long_list_ends() {
        let place = tempfile::tempdir().unwrap();
        let info = place.path().join("objects/info");
        std::fs::create_dir_all(&info).unwrap();
        let list: String = (0..1000).map(|number| format!("../{number}\n")).collect();
        std::fs::write(info.join("alternates"), list).unwrap();
        assert_eq!(object_folders(place.path()).len(), MOST);
    }
}
