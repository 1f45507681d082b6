//! The location of the spool that replaces the machine's: in a repository, found without opening it.

use std::path::{Path, PathBuf};

use crate::git::files;

/// The maximum size of a file that names a directory.
const LONGEST: u64 = 16 << 10;

/// The directory that all working trees of the repository around a directory share. Nothing is opened that could block: no
/// configuration, no ref, no object.
pub fn common_dir(folder: &Path) -> Option<PathBuf> {
    let git_dir = folder.ancestors().find_map(|above| {
        let place = above.join(".git");
        let data = place.metadata().ok()?;
        match data.is_dir() {
            true => Some(place),
            false => Some(above.join(named(&place, "gitdir: ")?)),
        }
    })?;
    let common = named(&git_dir.join("commondir"), "").map(|common| git_dir.join(common));
    let common = common.unwrap_or(git_dir);
    common.join("objects").is_dir().then_some(common)
}

/// The path that a file contains after a prefix.
fn named(file: &Path, prefix: &str) -> Option<PathBuf> {
    let text = files::read_text(file, LONGEST).ok()??;
    let name = text.strip_prefix(prefix)?.trim_end_matches(['\n', '\r']);
    (!name.is_empty()).then(|| PathBuf::from(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_work_tree_leads_to_the_folder_that_all_share() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        for folder in [
            "kiln/.git/objects",
            "kiln/.git/worktrees/t",
            "kiln/src/deep",
            "t/src",
            "other",
        ] {
            std::fs::create_dir_all(at(folder)).unwrap();
        }
        let gitdir = at("kiln/.git/worktrees/t");
        std::fs::write(at("t/.git"), format!("gitdir: {}\n", gitdir.display())).unwrap();
        std::fs::write(gitdir.join("commondir"), "../..\n").unwrap();
        assert_eq!(common_dir(&at("kiln/src/deep")), Some(at("kiln/.git")));
        let found = common_dir(&at("t/src")).unwrap();
        assert_eq!(
            found.canonicalize().unwrap(),
            at("kiln/.git").canonicalize().unwrap()
        );
        std::fs::create_dir(at("other/.git")).unwrap();
        assert_eq!(common_dir(&at("other")), None);
        std::fs::remove_dir(at("other/.git")).unwrap();
        std::fs::write(at("other/.git"), "gitdir: ").unwrap();
        assert_eq!(common_dir(&at("other")), None);
    }
}
