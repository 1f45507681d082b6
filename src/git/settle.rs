//! Makes writes durable: new objects are on disk before a ref names them, and no garbage collection removes them.
//!
//! `git gc` and `git prune` delete objects that no ref reached when they checked, and new objects are not reachable until the ref
//! is updated. `prune` deletes only loose objects, and leaves no sign that it is running. `gc` does not touch a pack with a
//! `.keep` file beside it, as git itself creates one for what it receives: it reads the refs after the list of packs, so a `gc`
//! that no longer saw the `.keep` file sees the ref. So new objects are written as such a pack. It absorbs the pack of the last
//! write as long as that is small, and replaces it, so that packs do not accumulate.
//!
//! If there are many packs anyway, new objects are written loose, as git does; after the ref update, it is checked whether a `gc`
//! started in the meantime, and then whether the objects still exist, in this order: a `gc` that deletes them later is still
//! running.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use git2::{Indexer, ObjectFormat, ObjectType, Odb, Oid, Repository};

use super::folder::{self, Kind};
use super::{files, pack};

/// The directory in which a pack is created. It exists as long as the pack has a `.keep` file.
const WORKSHOP: &str = "leverage-pack";
/// The content of `.keep` files, so that one from a dead process is recognized.
const KEPT: &str = "git-leverage: until the reference stands\n";
/// The number of packs at which git would repack. Above it, new objects are loose: each pack costs every reader.
const MOST_PACKS: usize = 50;
/// With more new objects than this, a pack is always used: loose ones would cost a file system block each.
const LOOSE_LIMIT: usize = 200;
/// The pack of a write is absorbed by the next one up to this many objects: some forty records.
const MOST_GATHERED: usize = 200;
/// The file that names the pack of the last write.
const LAST_PACK: &str = "leverage.last-pack";
/// How often a pack is tried if objects vanish while it is created.
const ATTEMPTS: usize = 5;
/// An indexer maps its input, and flushes only the last page of it: on a full disk, larger pieces abort the process instead of
/// the write.
const PIECE: usize = 4096;

/// How writes through one handle are made durable, and what about them is not.
#[derive(Default)]
pub(super) struct Settling {
    /// Whether a write is flushed to disk before it is acknowledged.
    pub(super) fsync: Cell<bool>,
    landed: RefCell<Vec<Landed>>,
    /// Packs that absorbed others but that no ref came to need. They stay until the write is over.
    passed_over: RefCell<Vec<Pack>>,
    doubts: RefCell<Vec<String>>,
}

impl Drop for Settling {
    fn drop(&mut self) {
        self.pass_over();
    }
}

impl Settling {
    /// Adds a notice about a write that succeeded, but not perfectly.
    pub(super) fn doubt(&self, doubt: String) {
        self.doubts.borrow_mut().push(doubt);
    }

    /// All notices since the last call.
    pub(super) fn take_doubts(&self) -> Vec<String> {
        self.doubts.take()
    }

    /// Writes objects to disk, for a ref that is updated next.
    pub(super) fn land(&self, place: Place, staged: &Repository, new: &[Oid]) -> Result<(), String> {
        let fsync = self.fsync.get();
        let earlier = self.earlier(&place, new.len(), staged.object_format());
        let is_pack = new.len() > LOOSE_LIMIT || earlier.is_some() || place.packs() < MOST_PACKS;
        let landed = match (is_pack, earlier) {
            (true, Some(earlier)) => gathered(&place, staged, new, earlier, fsync).map(Landed::Pack),
            (true, None) => pack(&place, staged, new, (true, fsync)).map(Landed::Pack),
            (false, _) => Loose::write(place, staged, new, fsync).map(Landed::Loose),
        };
        self.landed.borrow_mut().push(landed.map_err(|error| error.0)?);
        Ok(())
    }

    /// The pack that a pack with this many new objects absorbs: the one this write already created, or that of the last write.
    fn earlier(&self, place: &Place, new: usize, names: ObjectFormat) -> Option<Earlier> {
        // One unneeded pack is enough.
        if !self.passed_over.borrow().is_empty() {
            return None;
        }
        let landed = self.landed.borrow();
        let name = match landed.last() {
            Some(Landed::Pack(pack)) => pack.name()?,
            Some(Landed::Loose(_)) => return None,
            None => place.last_pack()?,
        };
        let earlier = Earlier::new(place, &name, names)?;
        (earlier.objects.len() + new <= MOST_GATHERED).then_some(earlier)
    }

    /// The ref was updated: from now on, it makes the objects reachable.
    pub(super) fn stand(&self) {
        self.pass_over();
        for landed in self.landed.take() {
            match landed {
                Landed::Pack(pack) => pack.stand(),
                Landed::Loose(loose) => {
                    if let Err(error) = loose.stand(self.fsync.get()) {
                        self.doubt(format!("its objects may be lost: {}", error.0));
                    }
                }
            }
        }
    }

    /// It is unknown whether the ref was updated: `.keep` files stay until the next write.
    pub(super) fn leave(&self) {
        self.landed.take();
    }

    /// The ref will not move to these objects; they will be created again.
    ///
    /// A pack that absorbed others stays: a `git repack` that saw its `.keep` file may delete those as redundant.
    pub(super) fn abandon(&self) {
        for landed in self.landed.take() {
            if let Landed::Pack(pack) = landed {
                match pack.is_alone {
                    true => pack.remove(),
                    false => self.passed_over.borrow_mut().push(pack),
                }
            }
        }
    }

    /// No later write may use an object of an abandoned pack: these become packs like any other.
    fn pass_over(&self) {
        self.passed_over.take().iter().for_each(Pack::release);
    }
}

/// Where the objects of a repository are.
pub(super) struct Place {
    /// The `.git` directory of a working tree.
    pub(super) git_dir: PathBuf,
    /// The directory that all working trees share.
    pub(super) common_dir: PathBuf,
}

impl Place {
    fn objects(&self) -> PathBuf {
        self.common_dir.join("objects")
    }

    /// Whether a `git gc` is running, or left its lock when it died.
    fn is_swept(&self) -> bool {
        self.common_dir.join("gc.pid").symlink_metadata().is_ok()
    }

    fn packs(&self) -> usize {
        let entries = folder::present(&self.objects().join("pack"));
        let is_pack = |entry: &folder::Entry| entry.path().extension().is_some_and(|kind| kind == "pack");
        entries.filter(is_pack).count()
    }

    /// The name of the pack of the last write.
    fn last_pack(&self) -> Option<String> {
        let named = files::read_text(&self.common_dir.join(LAST_PACK), 128).ok()??;
        let name = named.strip_suffix('\n')?;
        let digits = name.strip_prefix("pack-")?;
        let is_name = matches!(digits.len(), 40 | 64) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        // Someone may want to keep it.
        let keep = self.objects().join("pack").join(format!("{name}.keep"));
        (is_name && keep.symlink_metadata().is_err()).then(|| name.to_owned())
    }
}

/// A pack of this program that another one absorbs.
struct Earlier {
    /// Its path without an extension.
    stem: PathBuf,
    /// The objects in it.
    objects: Vec<Oid>,
}

impl Earlier {
    /// The pack with a name; `None` if it is gone, or something else relies on it.
    fn new(place: &Place, name: &str, names: ObjectFormat) -> Option<Self> {
        let folder = place.objects().join("pack");
        let is_listed = ["multi-pack-index", "multi-pack-index.d"]
            .iter()
            .any(|index| folder.join(index).symlink_metadata().is_ok());
        // A `gc` may be reading it.
        if is_listed || place.is_swept() {
            return None;
        }
        let stem = folder.join(name);
        let beside = ["rev", "bitmap", "mtimes", "promisor"];
        if beside
            .iter()
            .any(|kind| stem.with_extension(kind).symlink_metadata().is_ok())
        {
            return None;
        }
        let width = match names {
            ObjectFormat::Sha1 => 20,
            ObjectFormat::Sha256 => 32,
        };
        let objects = pack::Pack::open(&stem.with_extension("idx"), width)?.names()?;
        let objects = objects.iter().map(|id| Oid::from_bytes(id.as_bytes()).ok());
        Some(Self {
            objects: objects.collect::<Option<_>>()?,
            stem,
        })
    }

    /// Removes it, its index first, as git does.
    fn remove(&self) {
        for kind in ["idx", "pack"] {
            let _ = fs::remove_file(self.stem.with_extension(kind));
        }
    }
}

/// New objects on disk.
enum Landed {
    Pack(Pack),
    Loose(Loose),
}

/// A pack that was created here.
struct Pack {
    /// Where it was created.
    workshop: PathBuf,
    /// Its path without an extension.
    stem: PathBuf,
    /// Whether the `.keep` file beside it is ours.
    is_kept: bool,
    /// Whether there was no such pack before.
    is_new: bool,
    /// Whether it only contains new objects of this write.
    is_alone: bool,
    /// The pack that it replaces.
    earlier: Option<Earlier>,
    /// The file that will name it, if a later one may absorb it.
    named_in: Option<PathBuf>,
}

/// Loose objects, with their content.
struct Loose {
    place: Place,
    held: Vec<(Oid, ObjectType, Vec<u8>)>,
}

/// Why objects are not on disk.
struct Trouble(String);

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<git2::Error> for Trouble {
    fn from(error: git2::Error) -> Self {
        Self(error.message().to_owned())
    }
}

/// One pack of these objects and those of an earlier pack, which it replaces once the ref is updated.
fn gathered(
    place: &Place,
    staged: &Repository,
    new: &[Oid],
    earlier: Earlier,
    fsync: bool,
) -> Result<Pack, Trouble> {
    let mut all = [new, &earlier.objects].concat();
    all.sort_unstable();
    all.dedup();
    match pack(place, staged, &all, (false, fsync)) {
        Ok(mut made) => {
            made.earlier = Some(earlier).filter(|earlier| earlier.stem != made.stem);
            Ok(made)
        }
        // The other one is missing or damaged.
        Err(_) => pack(place, staged, new, (true, fsync)),
    }
}

/// One pack of objects with a `.keep` file, and whether it only contains new ones. It is created separately and moved to the
/// other packs when complete.
fn pack(
    place: &Place,
    staged: &Repository,
    new: &[Oid],
    (is_alone, fsync): (bool, bool),
) -> Result<Pack, Trouble> {
    let objects = place.objects();
    let workshop = Workshop::new(&objects)?;
    let name = indexed(&workshop.0, staged, new)?;
    let made = workshop.0.join(&name);
    if fsync {
        for kind in ["pack", "idx"] {
            File::open(made.with_extension(kind))?.sync_all()?;
        }
    }
    let folder = objects.join("pack");
    fs::create_dir_all(&folder)?;
    let stem = folder.join(&name);
    let is_new = !stem.with_extension("pack").exists();
    let pack = Pack {
        is_kept: keep(&stem.with_extension("keep"), &workshop.0)?,
        workshop: workshop.keep(),
        stem,
        is_new,
        is_alone,
        earlier: None,
        named_in: (new.len() < MOST_GATHERED).then(|| place.common_dir.join(LAST_PACK)),
    };
    match pack.move_in(&made, fsync) {
        Ok(()) => Ok(pack),
        Err(error) => {
            pack.remove();
            Err(error.into())
        }
    }
}

/// A separate directory for a pack, removed when dropped.
struct Workshop(PathBuf);

impl Workshop {
    fn new(objects: &Path) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(WORKSHOP);
        let made = match builder.rand_bytes(0).tempdir_in(objects) {
            // The same write has another pack.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                builder.rand_bytes(6).tempdir_in(objects)
            }
            made => made,
        };
        Ok(Self(made?.keep()))
    }

    /// Leaves it in place.
    fn keep(mut self) -> PathBuf {
        std::mem::take(&mut self.0)
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        if !self.0.as_os_str().is_empty() {
            let _ = folder::remove_with_files(&self.0);
        }
    }
}

/// Writes objects to a pack with its index; returns its name without an extension.
fn indexed(folder: &Path, staged: &Repository, new: &[Oid]) -> Result<String, Trouble> {
    let mut builder = staged.packbuilder()?;
    new.iter().try_for_each(|id| builder.insert_object(*id, None))?;
    let mut indexer = Indexer::new_ext(None, folder, 0o444, false, staged.object_format())?;
    let mut trouble = None;
    let written = builder.foreach(|bytes| {
        let written = bytes.chunks(PIECE).try_for_each(|piece| indexer.write_all(piece));
        trouble = written.err();
        trouble.is_none()
    });
    match trouble {
        Some(trouble) => return Err(trouble.into()),
        None => written?,
    }
    Ok(format!("pack-{}", indexer.commit()?))
}

/// Creates the `.keep` file of a pack; false if another one exists. It is created elsewhere and appears complete, so that the
/// file of a dead process is recognized.
fn keep(path: &Path, workshop: &Path) -> io::Result<bool> {
    let mut file = tempfile::NamedTempFile::new_in(workshop)?;
    file.write_all(KEPT.as_bytes())?;
    let made = match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => Err(failed.error),
        // Not every file system can move or link a file without overwriting.
        Err(_) => File::create_new(path).and_then(|mut file| file.write_all(KEPT.as_bytes())),
    };
    match made {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

impl Loose {
    fn write(place: Place, staged: &Repository, new: &[Oid], fsync: bool) -> Result<Self, Trouble> {
        let from = staged.odb()?;
        let mut held = Vec::with_capacity(new.len());
        for id in new {
            let object = from.read(*id)?;
            held.push((*id, object.kind(), object.data().to_vec()));
        }
        let loose = Self { place, held };
        loose.put(|_, _| true)?;
        if fsync {
            loose.sync()?;
        }
        Ok(loose)
    }

    /// Writes the `wanted` objects, as read through a fresh handle; returns whether there were any.
    fn put(&self, wanted: impl Fn(&Odb<'_>, Oid) -> bool) -> Result<bool, Trouble> {
        let fresh = Repository::open(&self.place.git_dir)?;
        let odb = fresh.odb()?;
        let mut is_any = false;
        for (id, kind, content) in &self.held {
            if wanted(&odb, *id) {
                odb.write(*kind, content)?;
                is_any = true;
            }
        }
        Ok(is_any)
    }

    fn sync(&self) -> io::Result<()> {
        let objects = self.place.objects();
        let mut folders = BTreeSet::from([objects.clone()]);
        for (id, ..) in &self.held {
            let name = id.to_string();
            let folder = objects.join(&name[..2]);
            match File::open(folder.join(&name[2..])) {
                Ok(file) => file.sync_all()?,
                // It is in a pack.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            }
            folders.insert(folder);
        }
        folders.iter().try_for_each(|folder| sync_folder(folder))
    }

    /// The same objects in a pack: a `gc` is running that may not have seen the ref.
    fn insure(&self, fsync: bool) -> Result<(), Trouble> {
        let attempt = || {
            let fresh = Repository::open(&self.place.git_dir)?;
            let odb = fresh.odb()?;
            odb.add_new_mempack_backend(1000)?;
            for (_, kind, content) in &self.held {
                odb.write(*kind, content)?;
            }
            let ids: Vec<Oid> = self.held.iter().map(|(id, ..)| *id).collect();
            pack(&self.place, &fresh, &ids, (true, fsync))
        };
        // Existing objects are not in memory, and may be deleted before they are read.
        let made = (1..ATTEMPTS).find_map(|_| attempt().ok());
        made.map_or_else(attempt, Ok)?.release();
        Ok(())
    }

    fn stand(&self, fsync: bool) -> Result<(), Trouble> {
        if self.place.is_swept() && self.place.packs() < MOST_PACKS {
            return self.insure(fsync);
        }
        let is_gone = |odb: &Odb<'_>, id| !odb.exists(id);
        if self.put(is_gone)? && fsync {
            self.sync()?;
        }
        Ok(())
    }
}

impl Pack {
    /// Moves it to the other packs, its index last.
    fn move_in(&self, made: &Path, fsync: bool) -> io::Result<()> {
        for kind in ["pack", "idx"] {
            fs::rename(made.with_extension(kind), self.stem.with_extension(kind))?;
        }
        match self.stem.parent().filter(|_| fsync) {
            Some(folder) => sync_folder(folder),
            None => Ok(()),
        }
    }

    /// Replaces the content of the file, or a link, with the name.
    fn name_in(&self, path: &Path, name: &str) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.workshop)?;
        writeln!(file, "{name}")?;
        file.persist(path)?;
        Ok(())
    }

    /// Its name without an extension.
    fn name(&self) -> Option<String> {
        Some(self.stem.file_name()?.to_string_lossy().into_owned())
    }

    /// The ref was updated: from now on, it is a normal pack, and the only one with its objects.
    fn stand(&self) {
        if let (Some(path), Some(name)) = (&self.named_in, self.name()) {
            // If no pack is named, the next one absorbs none.
            let _ = self.name_in(path, &name);
        }
        self.release();
        if let Some(earlier) = &self.earlier {
            earlier.remove();
        }
    }

    /// Removes our `.keep` file. If that fails now, the next write does it, as long as the directory exists.
    fn release(&self) {
        let path = self.stem.with_extension("keep");
        if !self.is_kept || fs::remove_file(path).is_ok() {
            let _ = folder::remove_with_files(&self.workshop);
        }
    }

    /// Removes it, unless it may be needed. What is left of it is an unreachable pack, which `git gc` removes.
    fn remove(&self) {
        for kind in ["idx", "pack"]
            .into_iter()
            .filter(|_| self.is_kept && self.is_new && self.is_alone)
        {
            let _ = fs::remove_file(self.stem.with_extension(kind));
        }
        self.release();
    }
}

/// Removes what a process of this program left when it died while creating a pack. No other writer is active.
///
/// Its directory is removed last: as long as it exists, the next write checks again.
pub(super) fn clear(objects: &Path) {
    if objects.join(WORKSHOP).symlink_metadata().is_err() {
        return;
    }
    for entry in folder::present(&objects.join("pack")) {
        let path = entry.path();
        let is_keep = path.extension().is_some_and(|kind| kind == "keep");
        let is_short = || {
            entry
                .metadata()
                .is_ok_and(|data| data.is_file() && data.len() == KEPT.len() as u64)
        };
        if is_keep && is_short() && fs::read(path).is_ok_and(|text| text == KEPT.as_bytes()) {
            let _ = fs::remove_file(path);
        }
    }
    let left = folder::present(objects).filter(|entry| {
        let is_ours = entry.name().to_string_lossy().starts_with(WORKSHOP);
        is_ours && matches!(entry.kind(), Ok(Kind::Folder))
    });
    let mut left: Vec<PathBuf> = left.map(|entry| entry.path().to_owned()).collect();
    // The one with the plain name is the one searched for above.
    left.sort_by_key(|path| path.ends_with(WORKSHOP));
    for path in left {
        let _ = folder::remove_with_files(&path);
    }
}

/// Flushes the names of all objects of a repository to disk, loose ones and packs.
pub(super) fn sync_objects(objects: &Path) -> io::Result<()> {
    let inside = folder::present(objects).filter(|entry| matches!(entry.kind(), Ok(Kind::Folder)));
    inside
        .map(|entry| entry.path().to_owned())
        .chain([objects.to_owned()])
        .try_for_each(|folder| sync_folder(&folder))
}

/// Flushes the names in a directory to disk. If a directory cannot be opened or synced as a file, the system has no way to do so.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied
            ) =>
        {
            Ok(())
        }
        synced => synced,
    }
}
