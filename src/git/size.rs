//! The amount of data in a repository, determined without opening it: reading takes about as long as there is to read.
//!
//! Limits depend on it, so no repository may inflate it: only what occupies space on disk counts, once, and the stores of other
//! repositories count up to a fixed amount.

use std::collections::BTreeSet;
use std::fs::Metadata;
use std::path::Path;

use super::alternates;
use super::folder::{self, Entry};
use super::stamp::{common_dir, git_dir};

/// How many packs and loose objects of one store are counted.
const MOST_ENTRIES: usize = 1 << 20;
/// The directory of loose objects from which git, too, estimates their number.
const SAMPLE: &str = "17";
/// This many in it count as many.
const MANY: usize = 27;
/// The size that a loose object counts as, in bytes: most occupy one block.
const LOOSE: u64 = 4 << 10;
/// The maximum size that borrowed objects count as, in bytes: anybody can borrow from the largest store there is. Limits allow a
/// hundred times what reading takes, so a borrowed store of 5 GiB still has several times what it needs.
const MOST_BORROWED: u64 = 256 << 20;

/// The size on disk of all packs and loose objects that the repository at `path` reads: its own and up to 256 MiB of borrowed
/// ones in total. Each store and each file counts once, and holes in files do not count.
pub fn size(path: &Path) -> u64 {
    let own = git_dir(path).unwrap_or_else(|| path.join(".git"));
    let common = common_dir(&own).unwrap_or(own);
    let mut counted = BTreeSet::new();
    let (mut own, mut borrowed) = (0_u64, 0_u64);
    for (at, store) in alternates::object_folders(&common).iter().enumerate() {
        // A link can point to anybody's files.
        let is_own = at == 0
            && ![store.clone(), store.join("pack")]
                .iter()
                .any(|folder| folder.is_symlink());
        let sum = if is_own { &mut own } else { &mut borrowed };
        *sum = sum.saturating_add(held(store, &mut counted));
    }
    own.saturating_add(borrowed.min(MOST_BORROWED))
}

/// The size of one store, without files that were already counted.
fn held(store: &Path, counted: &mut BTreeSet<(u64, u64)>) -> u64 {
    let packs = entries(&store.join("pack")).filter_map(|entry| entry.metadata().ok());
    let new = packs.filter(|found| identity(found).is_none_or(|file| counted.insert(file)));
    let packed = new.fold(0_u64, |sum, found| sum.saturating_add(on_disk(&found)));
    packed.saturating_add(loose(store).saturating_mul(LOOSE))
}

/// The number of loose objects, if there are many.
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

fn entries(folder: &Path) -> impl Iterator<Item = Entry> + use<> {
    folder::present(folder).take(MOST_ENTRIES)
}

#[cfg(unix)]
fn on_disk(found: &Metadata) -> u64 {
    let blocks = std::os::unix::fs::MetadataExt::blocks(found);
    found.len().min(blocks.saturating_mul(512))
}

/// What identifies a file that may have several names.
#[cfg(unix)]
fn identity(found: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    (found.nlink() > 1).then(|| (found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Option<(u64, u64)> {
    None
}

#[cfg(not(unix))]
fn on_disk(found: &Metadata) -> u64 {
    found.len()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Writes this many bytes without holes.
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
        assert_eq!(size(&at("loom")), 100_000, "in a circle");
        assert_eq!(size(&at("kiln")), 100_000, "its own store in other spellings");
        assert_eq!(size(&at("nowhere")), 0);
    }

    #[test]
    fn a_store_counts_once_in_whatever_spelling() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fill(&at("kiln/.git/objects/pack/a.pack"), 100_000);
        fs::create_dir_all(at("loom/.git/objects/info")).unwrap();
        let lend = |list: &str| fs::write(at("loom/.git/objects/info/alternates"), list).unwrap();
        let kiln = at("kiln/.git/objects");
        lend(&format!(
            "{0}\n{0}/\n{0}/./pack/..\n../../../kiln/.git/objects\n",
            kiln.display()
        ));
        assert_eq!(size(&at("loom")), 100_000);
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&kiln, at("link")).unwrap();
            lend(&format!("{}\n{}\n", at("link").display(), kiln.display()));
            assert_eq!(size(&at("loom")), 100_000, "through a link");
            fs::hard_link(kiln.join("pack/a.pack"), kiln.join("pack/b.pack")).unwrap();
            assert_eq!(size(&at("loom")), 100_000, "one file with two names");
        }
    }

    #[cfg(unix)]
    #[test]
    fn stores_of_others_count_up_to_a_limit() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for (name, mib) in [("kiln", 200), ("press", 100)] {
            fill(&at(name).join(".git/objects/pack/a.pack"), 1);
            let pack = fs::File::options()
                .write(true)
                .open(at(name).join(".git/objects/pack/a.pack"));
            rustix::fs::fallocate(pack.unwrap(), rustix::fs::FallocateFlags::empty(), 0, mib << 20).unwrap();
            assert_eq!(size(&at(name)), mib << 20, "its own");
        }
        fill(&at("loom/.git/objects/pack/a.pack"), 1000);
        fs::create_dir_all(at("loom/.git/objects/info")).unwrap();
        let lend = |list: &str| fs::write(at("loom/.git/objects/info/alternates"), list).unwrap();
        lend("../../../kiln/.git/objects\n");
        assert_eq!(size(&at("loom")), (200 << 20) + 1000);
        lend("../../../kiln/.git/objects\n../../../press/.git/objects\n");
        assert_eq!(size(&at("loom")), MOST_BORROWED + 1000);
        fs::create_dir_all(at("cart/.git")).unwrap();
        std::os::unix::fs::symlink(at("loom/.git/objects"), at("cart/.git/objects")).unwrap();
        assert_eq!(size(&at("cart")), MOST_BORROWED, "all of it is behind a link");
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
