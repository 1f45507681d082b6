//! Cache files: one format, one way to read and to write them.
//!
//! A file begins with its kind and version, then the checksum of the rest. It appears whole or not at all, so two
//! concurrent runs cannot damage it: the later one wins. Only its owner can read it, because it contains directories
//! and times of work. Nothing here is the only copy of anything: a file that is damaged or of another version counts as
//! absent, and all of them may be deleted at any time.

mod admitted;
pub mod contents;
mod mapped;
pub mod recording;

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::ops::Deref;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::facts::hash::{checksum, wide_checksum};
use crate::facts::shared_bytes::SharedBytes;

const CHECKSUM: usize = 8;

/// The end of the name of a file with sums of lines.
const SUMS: &str = ".sums";
/// The end of the name of a file with counts of lines in notes.
const LINES: &str = ".lines";

/// The prefix of cache files that are being written, before six letters or digits.
const UNFINISHED: &str = ".git-leverage-";

/// The content of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Facts of commits.
    History,
    /// Which files and lines commits changed.
    Changes,
    /// What sessions made in repositories.
    Links,
    /// What they left in one repository.
    Traces,
    /// Which commit added each line of HEAD.
    Survival,
    /// The evidence in notes of other tools.
    Notes,
    /// The contents of agents' logs.
    Sessions,
    /// Facts of trees and histories, for the inventory.
    Inventory,
    /// The states in which repositories were read completely.
    Seals,
    /// What reading a repository found, except its commits.
    Readings,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::History,
        Self::Changes,
        Self::Links,
        Self::Traces,
        Self::Survival,
        Self::Notes,
        Self::Sessions,
        Self::Inventory,
        Self::Seals,
        Self::Readings,
    ];

    /// Its name, in options and in the files themselves.
    pub fn name(self) -> &'static str {
        match self {
            Self::History => "history",
            Self::Changes => "changes",
            Self::Links => "links",
            Self::Traces => "traces",
            Self::Survival => "survival",
            Self::Notes => "notes",
            Self::Sessions => "sessions",
            Self::Inventory => "inventory",
            Self::Seals => "seals",
            Self::Readings => "readings",
        }
    }

    /// Whether its files are in a separate directory; the others are in the cache's, with the kind in their names.
    fn has_folder(self) -> bool {
        matches!(
            self,
            Self::Links | Self::Sessions | Self::Inventory | Self::Seals | Self::Readings
        )
    }

    /// Whether a file of this kind can have this name: only such files are removed with the cache.
    fn names(self, name: &str) -> bool {
        match self {
            Self::Changes | Self::Links | Self::Traces => is_hex(name, &[16]),
            Self::Notes => is_hex(name.strip_suffix(LINES).unwrap_or(name), &[16]),
            Self::Survival => is_hex(name.strip_suffix(SUMS).unwrap_or(name), &[16]),
            Self::History => {
                let mut parts = name.split('.');
                parts.next().is_some_and(|clone| is_hex(clone, &[16]))
                    && matches!(parts.next(), Some("renames" | "plain"))
                    && parts.next().is_none_or(|replaced| is_hex(replaced, &[16]))
                    && parts.next().is_none()
            }
            Self::Seals | Self::Readings => name
                .split_once('-')
                .is_some_and(|(clone, way)| is_hex(clone, &[16]) && is_hex(way, &[16])),
            Self::Sessions => name.rsplit_once('-').is_some_and(|(agent, folder)| {
                let is_agent = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
                is_hex(folder, &[16]) && !agent.is_empty() && agent.bytes().all(is_agent)
            }),
            Self::Inventory => {
                let Some((name, "tree" | "history")) = name.rsplit_once('.') else {
                    return false;
                };
                let mut parts = name.split('-');
                parts.next().is_some_and(|object| is_hex(object, &[40, 64]))
                    && parts.next().is_some_and(|clone| is_hex(clone, &[16]))
                    && parts.next().is_none_or(|replaced| is_hex(replaced, &[16]))
                    && parts.next().is_none()
            }
        }
    }

    /// One name of each form that its files have.
    #[cfg(test)]
    fn examples(self) -> Vec<String> {
        let (clone, object) = ("0123456789abcdef", "0123456789abcdef0123456789abcdef01234567");
        match self {
            Self::Changes | Self::Links | Self::Traces => vec![clone.to_owned()],
            Self::Notes => vec![clone.to_owned(), format!("{clone}{LINES}")],
            Self::Survival => vec![clone.to_owned(), format!("{clone}{SUMS}")],
            Self::History => vec![
                format!("{clone}.renames"),
                format!("{clone}.plain"),
                format!("{clone}.renames.{clone}"),
            ],
            Self::Seals | Self::Readings => vec![format!("{clone}-{clone}")],
            Self::Sessions => vec![
                format!("claude-code-{clone}"),
                format!("claude-code-assembled-{clone}"),
            ],
            Self::Inventory => vec![
                format!("{object}-{clone}.tree"),
                format!("{object}-{clone}-{clone}.history"),
            ],
        }
    }
}

fn is_hex(text: &str, lengths: &[usize]) -> bool {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    lengths.contains(&text.len()) && text.bytes().all(is_digit)
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// Why a file is unusable.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It is not there.
    #[error("it does not exist")]
    Absent,
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(io::Error),
    /// Another version, or something else, wrote it.
    #[error("it was written by another version")]
    OtherVersion,
    /// It was cut short or changed.
    #[error("it is damaged")]
    Damaged,
}

/// The location of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    path: PathBuf,
    /// The directory of the whole cache.
    cache: PathBuf,
    head: String,
}

impl Slot {
    /// The file of a kind with this name, in the cache at `cache`. Another `version` of its content counts as absent.
    pub fn new(cache: &Path, kind: Kind, version: impl fmt::Display, name: impl fmt::Display) -> Self {
        let path = match kind.has_folder() {
            true => cache.join(kind.name()).join(name.to_string()),
            false => cache.join(format!("{kind}-{name}")),
        };
        Self {
            path,
            cache: cache.to_owned(),
            head: format!("git-leverage/2 {kind} {version}\n"),
        }
    }

    /// The file for the clone with this common directory.
    pub fn of_clone(cache: &Path, kind: Kind, version: impl fmt::Display, common_dir: &Path) -> Self {
        Self::new(cache, kind, version, clone_name(common_dir))
    }

    /// The file with the sums of the lines of this clone.
    pub(super) fn of_sums(cache: &Path, version: impl fmt::Display, common_dir: &Path) -> Self {
        let name = format!("{}{SUMS}", clone_name(common_dir));
        Self::new(cache, Kind::Survival, format!("sums {version}"), name)
    }

    /// The file with the lines that notes attest in this clone.
    pub(super) fn of_attested(cache: &Path, version: impl fmt::Display, common_dir: &Path) -> Self {
        let name = format!("{}{LINES}", clone_name(common_dir));
        Self::new(cache, Kind::Notes, format!("lines {version}"), name)
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its name, relative to the cache.
    pub(super) fn name(&self) -> Option<&str> {
        self.path.strip_prefix(&self.cache).ok()?.to_str()
    }

    /// Its content after the header.
    pub fn read(&self) -> Result<Body, StoreError> {
        let mut bytes = Vec::new();
        self.open()?
            .read_to_end(&mut bytes)
            .map_err(StoreError::Unreadable)?;
        let (start, _) = self.checked(&bytes)?;
        Ok(Body { bytes, start })
    }

    /// The same in place: a large file is not copied.
    pub(super) fn share(&self) -> Result<SharedFile, StoreError> {
        let mut file = self.open()?;
        let bytes = mapped::read(&mut file).map_err(StoreError::Unreadable)?;
        let (start, sum) = self.checked(&bytes)?;
        Ok(SharedFile { bytes, start, sum })
    }

    fn open(&self) -> Result<File, StoreError> {
        let unreadable = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => StoreError::Absent,
            _ => StoreError::Unreadable(error),
        };
        // Opening a pipe would wait for a writer.
        if !fs::metadata(&self.path).map_err(unreadable)?.is_file() {
            return Err(StoreError::Unreadable(io::Error::other("not a file")));
        }
        File::open(&self.path).map_err(unreadable)
    }

    /// Where the content of a whole file of this kind and version begins, and its sum.
    fn checked(&self, bytes: &[u8]) -> Result<(usize, u64), StoreError> {
        let rest = bytes
            .strip_prefix(self.head.as_bytes())
            .ok_or(StoreError::OtherVersion)?;
        let (sum, body) = rest.split_first_chunk::<CHECKSUM>().ok_or(StoreError::Damaged)?;
        let sum = u64::from_le_bytes(*sum);
        if sum != wide_checksum(body) {
            return Err(StoreError::Damaged);
        }
        if let Some(name) = self.name() {
            recording::saw(name);
        }
        Ok((bytes.len() - body.len(), sum))
    }

    /// The single value in it.
    pub fn load<T: DeserializeOwned>(&self) -> Result<T, StoreError> {
        let body = self.read()?;
        match postcard::take_from_bytes(&body) {
            Ok((value, [])) => Ok(value),
            _ => Err(StoreError::Damaged),
        }
    }

    /// An empty body.
    pub fn empty(&self) -> Body {
        let mut bytes = self.head.clone().into_bytes();
        bytes.extend([0; CHECKSUM]);
        let start = bytes.len();
        Body { bytes, start }
    }

    /// Replaces the file by one with only this value.
    pub fn save<T: Serialize + ?Sized>(&self, value: &T) -> io::Result<()> {
        self.write(self.empty().with(value)?).map(drop)
    }

    /// Replaces the file, whole or not at all. Returns what distinguishes it from others of its name.
    pub fn write(&self, mut body: Body) -> io::Result<u64> {
        let sum = wide_checksum(&body);
        let at = body.start - CHECKSUM;
        body.bytes[at..body.start].copy_from_slice(&sum.to_le_bytes());
        let name = self
            .name()
            .ok_or_else(|| io::Error::other("its name is not valid UTF-8"))?;
        if let Some(bytes) = recording::took(name, body.bytes) {
            self.put(&bytes)?;
        }
        Ok(sum)
    }

    /// Replaces the file by one with these bytes.
    fn put(&self, bytes: &[u8]) -> io::Result<()> {
        make_private(&self.cache)?;
        let folder = self.path.parent().unwrap_or(&self.cache);
        if folder != self.cache {
            make_private(folder)?;
        }
        // Only the owner can read such files.
        let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.persist(&self.path).map_err(|error| error.error)?;
        Ok(())
    }
}

/// The name of a clone in the cache.
pub fn clone_name(common_dir: &Path) -> String {
    format!("{:016x}", checksum(common_dir.as_os_str().as_encoded_bytes()))
}

/// The content of a file, stored inside the buffer of the whole file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    bytes: Vec<u8>,
    /// Where it begins, after the checksum.
    start: usize,
}

/// A file that is read in place.
#[derive(Debug)]
pub(super) struct SharedFile {
    /// All of it.
    pub(super) bytes: SharedBytes,
    /// Where its content begins.
    pub(super) start: usize,
    /// What distinguishes it from others of its name.
    pub(super) sum: u64,
}

impl Body {
    /// A copy of the content of a file that begins at `start`, to be extended.
    pub(super) fn copied(bytes: &[u8], start: usize) -> Self {
        Self {
            bytes: bytes.to_vec(),
            start,
        }
    }

    /// The same with more bytes at its end.
    pub(super) fn with_bytes(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    /// The same with one more value at its end.
    pub fn with<T: Serialize + ?Sized>(self, value: &T) -> io::Result<Self> {
        let bytes = postcard::to_extend(value, self.bytes).map_err(io::Error::other)?;
        Ok(Self { bytes, ..self })
    }
}

impl Deref for Body {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[self.start..]
    }
}

/// Creates a directory that only its owner can enter, and missing parents. One that others could enter, as earlier
/// versions created it, is closed to them.
fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
        builder.mode(0o700).create(folder)?;
        let metadata = fs::symlink_metadata(folder)?;
        if metadata.is_dir() && metadata.permissions().mode() & 0o077 != 0 {
            // A directory of somebody else stays unchanged; the files in it are private anyway.
            let _ = fs::set_permissions(folder, fs::Permissions::from_mode(0o700));
        }
    }
    #[cfg(not(unix))]
    builder.create(folder)?;
    Ok(())
}

/// For tests of the contents of a slot: checks that `reads`, which returns whether it was usable, notices any changed
/// byte of the file, any missing end, and anything after the end.
#[cfg(test)]
pub(super) fn assert_damage_is_noticed(path: &Path, reads: impl Fn() -> bool) {
    let whole = fs::read(path).unwrap();
    assert!(reads(), "the file itself");
    for at in 0..whole.len() {
        for bit in [1, 0x80] {
            let mut bytes = whole.clone();
            bytes[at] ^= bit;
            fs::write(path, &bytes).unwrap();
            assert!(!reads(), "byte {at}");
        }
        fs::write(path, &whole[..at]).unwrap();
        assert!(!reads(), "cut at {at}");
    }
    fs::write(path, [&*whole, b"\0"].concat()).unwrap();
    assert!(!reads(), "a byte too many");
    fs::write(path, &whole).unwrap();
    assert!(reads(), "the file again");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn slot(folder: &Path, version: u32) -> Slot {
        Slot::new(folder, Kind::History, version, "0123")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn what_is_kept_comes_back_and_any_damage_is_noticed(
            values in prop::collection::vec(any::<Vec<u16>>(), 0..4),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let slot = slot(folder.path(), 1);
            slot.save(&values).unwrap();
            let is_kept = || slot.load::<Vec<Vec<u16>>>().is_ok_and(|kept| kept == values);
            assert_damage_is_noticed(slot.path(), is_kept);
        }
    }

    #[test]
    fn other_versions_kinds_and_shapes_are_none() {
        let folder = tempfile::tempdir().unwrap();
        slot(folder.path(), 1).save(&[1_u8, 2]).unwrap();
        let other = slot(folder.path(), 11).load::<[u8; 2]>();
        assert!(matches!(other, Err(StoreError::OtherVersion)), "{other:?}");
        let longer = slot(folder.path(), 1).load::<u8>();
        assert!(matches!(longer, Err(StoreError::Damaged)), "{longer:?}");
        let changes = Slot::new(folder.path(), Kind::Changes, 1, "0123");
        fs::rename(slot(folder.path(), 1).path(), changes.path()).unwrap();
        assert!(matches!(changes.read(), Err(StoreError::OtherVersion)));
        assert!(matches!(slot(folder.path(), 1).read(), Err(StoreError::Absent)));
        fs::create_dir(slot(folder.path(), 1).path()).unwrap();
        let folder = slot(folder.path(), 1).read();
        assert!(matches!(folder, Err(StoreError::Unreadable(_))));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_what_is_kept() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let cache = folder.path().join("a/cache");
        let slot = Slot::new(&cache, Kind::Sessions, 1, "codex-0123");
        slot.save("x").unwrap();
        let inside = cache.join("sessions");
        assert_eq!(
            (mode(&cache), mode(&inside), mode(slot.path())),
            (0o700, 0o700, 0o600)
        );
        fs::set_permissions(&inside, fs::Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(slot.path(), fs::Permissions::from_mode(0o644)).unwrap();
        slot.save("y").unwrap();
        assert_eq!((mode(&inside), mode(slot.path())), (0o700, 0o600));
        assert_eq!(fs::read_dir(&inside).unwrap().count(), 1, "nothing beside it");
    }
}
