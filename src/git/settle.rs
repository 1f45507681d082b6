//! What makes a write last: new objects lie on the disk before a reference names them, and no clean-up takes them away.
//!
//! `git gc` and `git prune` delete what no reference reached when they looked, and what is written is not reached until the
//! reference stands. `prune` deletes loose objects alone, and tells nobody that it runs. `gc` leaves a pack alone beside which a
//! `.keep` file lies, as git itself does it with what it receives: it reads the references after the list of packs, so one that
//! saw no `.keep` any more sees the reference. So new objects come as such a pack. It takes in the pack of the last write as long
//! as that is small, and replaces it, so that packs do not become many.
//!
//! Where there are many all the same, new objects are loose, as git writes them; once the reference stands, it is looked whether
//! a `gc` began meanwhile, and then whether they are still there, in this order: one that deletes them later is still running.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use git2::{Indexer, ObjectFormat, ObjectType, Odb, Oid, Repository};

use super::folder::{self, Kind};
use super::{files, pack};

/// The folder in which a pack is made. It stays as long as the pack is kept.
const WORKSHOP: &str = "leverage-pack";
/// What our `.keep` files say, so that one that a dead process left is known.
const KEPT: &str = "git-leverage: until the reference stands\n";
/// As many packs git lets stand before it makes one of them. With more, new objects are loose: each pack costs every reader.
const MOST_PACKS: usize = 50;
/// More new objects than this go into a pack in any case: loose ones would cost a file system block each.
const LOOSE_LIMIT: usize = 200;
/// The pack of a write goes on into that of the next up to this many objects: some forty records.
const MOST_GATHERED: usize = 200;
/// The file that names the pack of the last write.
const LAST_PACK: &str = "leverage.last-pack";
/// How often a pack is tried of objects that vanish while it is made.
const ATTEMPTS: usize = 5;
/// An indexer maps what it is given, and makes sure of no more than the last page of it: on a full disk, longer pieces end
/// the process instead of the write.
const PIECE: usize = 4096;

/// How writes through one handle are settled, and what of them is not.
#[derive(Default)]
pub(super) struct Settling {
    /// Whether a write is on the disk before it is acknowledged.
    pub(super) fsync: Cell<bool>,
    landed: RefCell<Vec<Landed>>,
    /// Packs that took others in and that no reference came to name. They are kept until the write is over.
    passed_over: RefCell<Vec<Pack>>,
    doubts: RefCell<Vec<String>>,
}

impl Drop for Settling {
    fn drop(&mut self) {
        self.pass_over();
    }
}

impl Settling {
    /// What stands, but not as it should.
    pub(super) fn doubt(&self, doubt: String) {
        self.doubts.borrow_mut().push(doubt);
    }

    /// All doubts since the last call.
    pub(super) fn take_doubts(&self) -> Vec<String> {
        self.doubts.take()
    }

    /// Puts objects on the disk, to be named by a reference that moves next.
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

    /// The pack that one of so many new objects takes in: that of what this write put on the disk already, or that of the last
    /// write.
    fn earlier(&self, place: &Place, new: usize, names: ObjectFormat) -> Option<Earlier> {
        // One is enough that was made for nothing.
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

    /// The reference stands: from now on it holds the objects.
    pub(super) fn stand(&self) {
        self.pass_over();
        for landed in self.landed.take() {
            match landed {
                Landed::Pack(pack) => pack.stand(),
                Landed::Loose(loose) => {
                    if let Err(error) = loose.stand(self.fsync.get()) {
                        self.doubt(format!("its objects may not last: {}", error.0));
                    }
                }
            }
        }
    }

    /// Whether the reference stands is not known: what is kept stays so until the next write.
    pub(super) fn leave(&self) {
        self.landed.take();
    }

    /// The reference does not move to these objects: they are made anew.
    ///
    /// A pack that took others in stays: a `git repack` that saw it as kept may delete those as superfluous.
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

    /// No write goes on that may use an object of a pack which was passed over: they are packs like any other.
    fn pass_over(&self) {
        self.passed_over.take().iter().for_each(Pack::release);
    }
}

/// Where the objects of a repository are.
pub(super) struct Place {
    /// The `.git` folder of a work tree.
    pub(super) git_dir: PathBuf,
    /// The folder that all work trees share.
    pub(super) common_dir: PathBuf,
}

impl Place {
    fn objects(&self) -> PathBuf {
        self.common_dir.join("objects")
    }

    /// Whether a `git gc` runs, or left its mark when it died.
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
        // Somebody may want to keep it.
        let keep = self.objects().join("pack").join(format!("{name}.keep"));
        (is_name && keep.symlink_metadata().is_err()).then(|| name.to_owned())
    }
}

/// A pack of ours that another one takes in.
struct Earlier {
    /// Its place without an ending.
    stem: PathBuf,
    /// What it holds.
    objects: Vec<Oid>,
}

impl Earlier {
    /// The pack of a name; `None` where it is gone, or something else relies on it.
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

/// New objects on the disk.
enum Landed {
    Pack(Pack),
    Loose(Loose),
}

/// A pack that was made here.
struct Pack {
    /// Where it was made.
    workshop: PathBuf,
    /// Its place without an ending.
    stem: PathBuf,
    /// Whether the `.keep` beside it is ours.
    is_kept: bool,
    /// Whether there was no such pack before.
    is_new: bool,
    /// Whether nothing is in it but new objects of this write.
    is_alone: bool,
    /// The one that it takes the place of.
    earlier: Option<Earlier>,
    /// The file that is to name it, where it may go on into another one.
    named_in: Option<PathBuf>,
}

/// Loose objects, with what they hold.
struct Loose {
    place: Place,
    held: Vec<(Oid, ObjectType, Vec<u8>)>,
}

/// Why objects are not on the disk.
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

/// One pack of objects and of those of an earlier one, whose place it takes once the reference stands.
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
        // The other one is gone or damaged.
        Err(_) => pack(place, staged, new, (true, fsync)),
    }
}

/// One pack of objects, kept, and whether nothing but new ones are in it. It is made beside the others and moved among them when
/// it is whole.
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

/// A folder of its own for a pack, removed when it is dropped.
struct Workshop(PathBuf);

impl Workshop {
    fn new(objects: &Path) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(WORKSHOP);
        let made = match builder.rand_bytes(0).tempdir_in(objects) {
            // There is another pack, of the same write.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                builder.rand_bytes(6).tempdir_in(objects)
            }
            made => made,
        };
        Ok(Self(made?.keep()))
    }

    /// Leaves it where it is.
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

/// Writes objects into a pack with its index; its name without an ending.
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

/// Makes the `.keep` file of a pack; false where somebody else keeps it already. It is made in the workshop and appears whole, so
/// that one which a dead process left says whose it is.
fn keep(path: &Path, workshop: &Path) -> io::Result<bool> {
    let mut file = tempfile::NamedTempFile::new_in(workshop)?;
    file.write_all(KEPT.as_bytes())?;
    let made = match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => Err(failed.error),
        // Not every file system moves or links a file so that it takes nobody's place.
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

    /// Writes the objects that are `wanted`, as a handle finds it that has seen nothing yet; whether there were some.
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
                // It lies in a pack.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            }
            folders.insert(folder);
        }
        folders.iter().try_for_each(|folder| sync_folder(folder))
    }

    /// The same objects in a pack: a `gc` runs that may not have seen the reference.
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
        // What is there is not taken into memory, and may be deleted before it is read.
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
    /// Moves it from where it was made among the others, its index last.
    fn move_in(&self, made: &Path, fsync: bool) -> io::Result<()> {
        for kind in ["pack", "idx"] {
            fs::rename(made.with_extension(kind), self.stem.with_extension(kind))?;
        }
        match self.stem.parent().filter(|_| fsync) {
            Some(folder) => sync_folder(folder),
            None => Ok(()),
        }
    }

    /// Puts the name in place of what a file said, or of a link.
    fn name_in(&self, path: &Path, name: &str) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.workshop)?;
        writeln!(file, "{name}")?;
        file.persist(path)?;
        Ok(())
    }

    /// Its name without an ending.
    fn name(&self) -> Option<String> {
        Some(self.stem.file_name()?.to_string_lossy().into_owned())
    }

    /// The reference stands: it is one of the packs of the repository from now on, and the only one of its objects.
    fn stand(&self) {
        if let (Some(path), Some(name)) = (&self.named_in, self.name()) {
            // Where no pack is named, the next one takes in none.
            let _ = self.name_in(path, &name);
        }
        self.release();
        if let Some(earlier) = &self.earlier {
            earlier.remove();
        }
    }

    /// Removes our `.keep` file. One that cannot be removed now is by the next write, as long as the folder is there.
    fn release(&self) {
        let path = self.stem.with_extension("keep");
        if !self.is_kept || fs::remove_file(path).is_ok() {
            let _ = folder::remove_with_files(&self.workshop);
        }
    }

    /// Removes it, unless somebody may need it. What is left of it is an unreachable pack, which `git gc` takes away.
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

/// Removes what a process of ours left that died while it made a pack. Nobody of ours writes beside us.
///
/// The folder in which it was made goes last: as long as it is there, the next write looks again.
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
    // The one of the plain name is what is looked for above.
    left.sort_by_key(|path| path.ends_with(WORKSHOP));
    for path in left {
        let _ = folder::remove_with_files(&path);
    }
}

/// Waits until the names of all objects of a repository are on the disk, loose ones and packs.
pub(super) fn sync_objects(objects: &Path) -> io::Result<()> {
    let inside = folder::present(objects).filter(|entry| matches!(entry.kind(), Ok(Kind::Folder)));
    inside
        .map(|entry| entry.path().to_owned())
        .chain([objects.to_owned()])
        .try_for_each(|folder| sync_folder(&folder))
}

/// Waits until the names in a folder are on the disk. Where a folder cannot be opened or synced as a file, the system
/// has no way to ask for it.
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
