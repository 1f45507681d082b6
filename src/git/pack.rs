//! One pack and its index: which objects it contains, and where.

use std::fs::File;
use std::io;
use std::path::Path;

use super::files;
use crate::facts::ids::ObjectId;

/// The maximum size of a pack index: that of sixty million objects.
const LARGEST_INDEX: u64 = 2 << 30;
/// The minimum size of an object in a pack.
const LEAST_OBJECT: u64 = 9;
/// The maximum number of bits of an offset in a pack.
pub(super) const OFFSET_BITS: u32 = 48;
const FANOUT: usize = 8;
const NAMES: usize = FANOUT + 256 * 4;

/// An open pack, with its index in memory.
pub(super) struct Pack {
    data: File,
    index: Vec<u8>,
    objects: usize,
    /// The length of an object name in bytes.
    width: usize,
}

impl Pack {
    /// Opens the pack of an index file; `None` if it cannot be read here.
    pub(super) fn open(index_path: &Path, width: usize) -> Option<Self> {
        let data_path = index_path.with_extension("pack");
        let data = files::check(&data_path, u64::MAX).ok()??;
        // A sparse index can have any size; a pack is as large as it claims.
        let most = data.len() / LEAST_OBJECT * (width as u64 + 16) + 2048;
        let index = files::read(index_path, most.min(LARGEST_INDEX)).ok()??;
        let objects = read_u32(&index, NAMES - 4)? as usize;
        // An index with names of the other length has another size. Each object but the first can have a large offset.
        let least = NAMES + objects * (width + 8) + width * 2;
        let largest = least + objects.saturating_sub(1) * 8;
        let is_known = index.starts_with(b"\xfftOc\0\0\0\x02") && (least..=largest).contains(&index.len());
        is_known.then_some(())?;
        let data = File::open(data_path).ok()?;
        Some(Self {
            data,
            index,
            objects,
            width,
        })
    }

    /// The position of an object in the pack.
    pub(super) fn find(&self, id: &ObjectId) -> Option<u64> {
        let id = id.as_bytes();
        let bucket = usize::from(id[0]);
        let mut first = match bucket {
            0 => 0,
            _ => read_u32(&self.index, FANOUT + (bucket - 1) * 4)? as usize,
        };
        let mut last = (read_u32(&self.index, FANOUT + bucket * 4)? as usize).min(self.objects);
        while first < last {
            let middle = first.midpoint(last);
            let start = NAMES + middle * self.width;
            match self.index.get(start..start + self.width)?.cmp(id) {
                std::cmp::Ordering::Less => first = middle + 1,
                std::cmp::Ordering::Greater => last = middle,
                std::cmp::Ordering::Equal => return self.offset(middle),
            }
        }
        None
    }

    fn offset(&self, at: usize) -> Option<u64> {
        let offsets = NAMES + self.objects * (self.width + 4);
        let offset = read_u32(&self.index, offsets + at * 4)?;
        if offset & 0x8000_0000 == 0 {
            return Some(u64::from(offset));
        }
        let large = offsets + self.objects * 4 + (offset & 0x7fff_ffff) as usize * 8;
        let high = read_u32(&self.index, large)?;
        let offset = u64::from(high) << 32 | u64::from(read_u32(&self.index, large + 4)?);
        // No pack is that large.
        (offset >> OFFSET_BITS == 0).then_some(offset)
    }
    /// The length of object names in it, in bytes.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// The names of all objects in it; `None` if the pack and its index differ in their number.
    pub(super) fn names(&self) -> Option<Vec<ObjectId>> {
        let mut head = [0; 12];
        self.read_at(&mut head, 0).ok()?;
        (read_u32(&head, 8)? as usize == self.objects).then_some(())?;
        let names = self.index.get(NAMES..NAMES + self.objects * self.width)?;
        names.chunks_exact(self.width).map(ObjectId::from_bytes).collect()
    }

    /// Reads what follows `offset`, as much as fits; returns the number of bytes.
    #[cfg(unix)]
    pub(super) fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&self.data, buffer, offset)
    }

    /// Reads what follows `offset`, as much as fits; returns the number of bytes.
    #[cfg(windows)]
    pub(super) fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(&self.data, buffer, offset)
    }
}

fn read_u32(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at + 4)?;
    four.try_into().ok().map(u32::from_be_bytes)
}

#[cfg(any(test, feature = "fuzzing"))]
pub(super) mod hostile {
    use super::{ObjectId, Pack};

    /// The index of a pack, after the name to look up; each name in it is looked up, too.
    pub(crate) fn index(data: &[u8]) {
        let (Some((id, index)), Ok(folder)) = (data.split_first_chunk::<32>(), tempfile::tempdir()) else {
            return;
        };
        let path = folder.path().join("pack.idx");
        // No pack is smaller than its index implies.
        if std::fs::write(&path, index)
            .and_then(|()| std::fs::write(path.with_extension("pack"), vec![0; index.len()]))
            .is_err()
        {
            return;
        }
        // The same bytes, as names of either length.
        for width in [20, 32] {
            let Some(pack) = Pack::open(&path, width) else {
                continue;
            };
            let names = pack.index[super::NAMES..].chunks_exact(width).take(pack.objects);
            for id in names.chain([&id[..width]]).filter_map(ObjectId::from_bytes) {
                pack.find(&id);
            }
        }
    }
}
