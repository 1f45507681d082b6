//! How much a repository holds, told without opening it: about as long as there is to read, reading takes.

use std::collections::BTreeSet;
use std::fs::Metadata;
use std::path::{Path, PathBuf};

use super::files;
use super::folder::{self, Entry};
use super::stamp::{common_dir, git_dir};

/// Stores of objects that are looked at, of its own and those that it borrows from.
const MOST_STORES: usize = 16;
/// Packs that are counted in one store, and loose objects.
const MOST_ENTRIES: usize = 1 << 20;
/// Lists of other stores are no longer than this.
const LONGEST_LIST: u64 = 64 << 10;
/// The folder of loose objects by which git, too, tells whether there are many.
const SAMPLE: &str = "17";
/// So many in it are many.
const MANY: usize = 27;
/// What a loose object counts as, in bytes: most take up one block.
const LOOSE: u64 = 4 << 10;

/// The bytes on disk of all packs and of the loose objects that the repository at `path` reads from, its own and borrowed ones.
/// Holes in files do not count.
pub fn size(path: &Path) -> u64 {
    let own = git_dir(path).unwrap_or_else(|| path.join(".git"));
    let common = common_dir(&own).unwrap_or(own);
    let mut stores = vec![common.join("objects")];
    let mut seen = BTreeSet::new();
    let mut bytes = 0_u64;
    while let Some(store) = stores.pop() {
        if seen.len() == MOST_STORES || !seen.insert(store.clone()) {
            continue;
        }
        let packs = entries(&store.join("pack")).filter_map(|entry| entry.metadata().ok());
        bytes = packs.fold(bytes, |sum, found| sum.saturating_add(on_disk(&found)));
        bytes = bytes.saturating_add(loose(&store).saturating_mul(LOOSE));
        stores.extend(borrowed(&store));
    }
    bytes
}

/// How many loose objects there are, where they are many.
fn loose(store: &Path) -> u64 {
    if entries(&store.join(SAMPLE)).take(MANY + 1).count() <= MANY {
        return 0;
    }
    let folders = (0..=u8::MAX).map(|first| store.join(format!("{first:02x}")));
    folders
        .flat_map(|folder| entries(&folder))
        .take(MOST_ENTRIES)
        .count() as u64
}

/// The stores of other repositories that this one reads from.
fn borrowed(store: &Path) -> Vec<PathBuf> {
    let list = files::read_text(&store.join("info/alternates"), LONGEST_LIST);
    let list = list.ok().flatten().unwrap_or_default();
    let lines = list.lines().map(str::trim_end);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| store.join(line))
        .take(MOST_STORES)
        .collect()
}

fn entries(folder: &Path) -> impl Iterator<Item = Entry> + use<> {
    folder::present(folder).take(MOST_ENTRIES)
}

#[cfg(unix)]
fn on_disk(found: &Metadata) -> u64 {
    let blocks = std::os::unix::fs::MetadataExt::blocks(found);
    found.len().min(blocks.saturating_mul(512))
}

#[cfg(not(unix))]
fn on_disk(found: &Metadata) -> u64 {
    found.len()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Writes so many bytes, and none of them a hole.
    fn fill(file: &Path, bytes: usize) {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, vec![b'x'; bytes]).unwrap();
        fs::File::open(file).unwrap().sync_all().unwrap();
    }

    #[test]
    fn packs_count_wherever_they_are_read_from() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fill(&at("kiln/.git/objects/pack/a.pack"), 100_000);
        assert_eq!(size(&at("kiln")), 100_000);
        fill(&at("bare.git/objects/pack/a.pack"), 50_000);
        assert_eq!(size(&at("bare.git")), 50_000);
        fs::create_dir_all(at("tree")).unwrap();
        fs::create_dir_all(at("kiln/.git/worktrees/tree")).unwrap();
        fs::write(at("kiln/.git/worktrees/tree/commondir"), "../..\n").unwrap();
        let link = format!("gitdir: {}\n", at("kiln/.git/worktrees/tree").display());
        fs::write(at("tree/.git"), link).unwrap();
        assert_eq!(size(&at("tree")), 100_000, "a linked work tree");
        fs::create_dir_all(at("loom/.git/objects/info")).unwrap();
        let list = format!("# shared\n{}\n", at("kiln/.git/objects").display());
        fs::write(at("loom/.git/objects/info/alternates"), list).unwrap();
        assert_eq!(size(&at("loom")), 100_000, "borrowed");
        fs::create_dir_all(at("kiln/.git/objects/info")).unwrap();
        let back = "../../../loom/.git/objects\n../../.git/objects\n";
        fs::write(at("kiln/.git/objects/info/alternates"), back).unwrap();
        assert!(size(&at("loom")) >= 100_000, "in a circle");
        assert_eq!(size(&at("nowhere")), 0);
    }

    #[test]
    fn holes_do_not_count_and_many_loose_objects_do() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join(".git/objects");
        for first in ["17", "2a"] {
            for number in 0..=MANY {
                fill(&store.join(first).join(number.to_string()), 1);
            }
        }
        let loose = 2 * (MANY as u64 + 1) * LOOSE;
        assert_eq!(size(folder.path()), loose);
        #[cfg(unix)]
        {
            fill(&store.join("pack/a.pack"), 1);
            let hole = fs::File::create(store.join("pack/b.pack")).unwrap();
            hole.set_len(1 << 40).unwrap();
            assert!(size(folder.path()) < loose + 100_000);
        }
    }
}
