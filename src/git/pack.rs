//! One pack and its index: which objects it contains, and where.
//!
//! Files are read with positional reads, not mapped. A mapped pack would count as memory of this process, as much of it as was
//! touched, and a file that another process truncates while it is mapped ends this process with a signal. What is needed of an
//! index is read once, in parts, and remembered for all threads.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::OnceLock;

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
/// How many objects are in a part of an index on average, or more.
const PART: usize = 2048;

/// An open pack, with as much of its index in memory as was needed.
pub(super) struct Pack {
    data: File,
    index: Names,
    /// Where in the index the offsets begin that do not fit into 31 bits.
    large: u64,
}

impl Pack {
    /// Opens the pack of an index file; `None` if it cannot be read here.
    pub(super) fn open(index_path: &Path, width: usize) -> Option<Self> {
        let data_path = index_path.with_extension("pack");
        let data = files::check(&data_path, u64::MAX).ok()??;
        // A sparse index can have any size; a pack is as large as it claims.
        let most = data.len() / LEAST_OBJECT * (width as u64 + 16) + 2048;
        let index = files::check(index_path, most.min(LARGEST_INDEX)).ok()??;
        let file = File::open(index_path).ok()?;
        let mut head = [0; NAMES];
        read_exactly(&file, &mut head, 0)?;
        let fanout = Fanout::parse(&head[FANOUT..])?;
        let (objects, name) = (fanout.objects() as u64, width as u64);
        // An index with names of the other length has another size. Each object but the first can have a large offset.
        let least = NAMES as u64 + objects * (name + 8) + name * 2;
        let largest = least + objects.saturating_sub(1) * 8;
        let is_known = head.starts_with(b"\xfftOc\0\0\0\x02") && (least..=largest).contains(&index.len());
        is_known.then_some(())?;
        let offsets = NAMES as u64 + objects * (name + 4);
        let columns = Columns {
            width,
            names: NAMES as u64,
            values: offsets,
            value: 4,
        };
        Some(Self {
            data: File::open(data_path).ok()?,
            large: offsets + objects * 4,
            index: Names::new(file, fanout, columns),
        })
    }

    /// The position of an object in the pack.
    pub(super) fn find(&self, id: &ObjectId) -> Option<u64> {
        let offset = self.index.find(id, |value| read_u32(value, 0))?;
        if offset & 0x8000_0000 == 0 {
            return Some(u64::from(offset));
        }
        let large = self.large + u64::from(offset & 0x7fff_ffff) * 8;
        let mut bytes = [0; 8];
        read_exactly(&self.index.file, &mut bytes, large)?;
        let offset = u64::from_be_bytes(bytes);
        // No pack is that large.
        (offset >> OFFSET_BITS == 0).then_some(offset)
    }

    /// The length of object names in it, in bytes.
    pub(super) fn width(&self) -> usize {
        self.index.columns.width
    }

    /// The names of all objects in it; `None` if the pack and its index differ in their number.
    pub(super) fn names(&self) -> Option<Vec<ObjectId>> {
        let objects = self.index.fanout.objects();
        let mut head = [0; 12];
        self.read_at(&mut head, 0).ok()?;
        (read_u32(&head, 8)? as usize == objects).then_some(())?;
        let mut names = vec![0; objects * self.width()];
        read_exactly(&self.index.file, &mut names, NAMES as u64)?;
        names
            .chunks_exact(self.width())
            .map(ObjectId::from_bytes)
            .collect()
    }

    /// Reads what follows `offset`, as much as fits; returns the number of bytes.
    pub(super) fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        read_at(&self.data, buffer, offset)
    }
}

/// How many names begin with each byte or a smaller one.
pub(super) struct Fanout(Vec<u32>);

impl Fanout {
    /// From 256 numbers that never decrease; `None` if they do.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let numbers: Option<Vec<u32>> = (0..256).map(|at| read_u32(bytes, at * 4)).collect();
        numbers.filter(|numbers| numbers.is_sorted()).map(Self)
    }

    /// The number of all names.
    pub(super) fn objects(&self) -> usize {
        self.0[255] as usize
    }

    /// The positions of the names that begin with one of these bytes.
    fn range(&self, bytes: std::ops::RangeInclusive<usize>) -> std::ops::Range<usize> {
        let before = |byte: usize| byte.checked_sub(1).map_or(0, |byte| self.0[byte] as usize);
        before(*bytes.start())..self.0[*bytes.end()] as usize
    }
}

/// Where the sorted names of a file are, and a value for each.
pub(super) struct Columns {
    /// The length of a name in bytes.
    pub(super) width: usize,
    /// Where the names begin in the file …
    pub(super) names: u64,
    /// … and the values.
    pub(super) values: u64,
    /// The length of a value in bytes.
    pub(super) value: usize,
}

/// Sorted names in a file, each with a value. They are read in parts, each when it is first needed.
pub(super) struct Names {
    pub(super) file: File,
    pub(super) fanout: Fanout,
    columns: Columns,
    parts: Vec<OnceLock<Part>>,
}

/// The names that begin with some bytes, and their values; none of a part that cannot be read.
#[derive(Default)]
struct Part {
    /// The position of the first one.
    start: usize,
    names: Vec<u8>,
    values: Vec<u8>,
}

impl Names {
    /// The columns must be in the file; if it is cut later, what is missing counts as absent.
    pub(super) fn new(file: File, fanout: Fanout, columns: Columns) -> Self {
        let parts = (fanout.objects() / PART + 1).next_power_of_two().min(256);
        Self {
            file,
            fanout,
            columns,
            parts: std::iter::repeat_with(OnceLock::new).take(parts).collect(),
        }
    }

    /// What `value` makes of the bytes stored for a name.
    pub(super) fn find<T>(&self, id: &ObjectId, value: impl FnOnce(&[u8]) -> Option<T>) -> Option<T> {
        let id = id.as_bytes();
        let width = self.columns.width;
        if id.len() != width {
            return None;
        }
        let first = usize::from(id[0]);
        let part = first * self.parts.len() / 256;
        let part = self.parts[part].get_or_init(|| self.read(part).unwrap_or_default());
        let range = self.fanout.range(first..=first);
        let (mut low, mut high) = (range.start.checked_sub(part.start)?, range.end - part.start);
        while low < high {
            let middle = low.midpoint(high);
            let name = part.names.get(middle * width..(middle + 1) * width)?;
            match name.cmp(id) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => {
                    let size = self.columns.value;
                    return value(part.values.get(middle * size..(middle + 1) * size)?);
                }
            }
        }
        None
    }

    fn read(&self, part: usize) -> Option<Part> {
        let bytes = 256 / self.parts.len();
        let range = self.fanout.range(part * bytes..=(part + 1) * bytes - 1);
        let column = |start: u64, size: usize| {
            let mut column = vec![0; range.len() * size];
            read_exactly(&self.file, &mut column, start + (range.start * size) as u64)?;
            Some(column)
        };
        Some(Part {
            start: range.start,
            names: column(self.columns.names, self.columns.width)?,
            values: column(self.columns.values, self.columns.value)?,
        })
    }
}

/// Fills a buffer with what follows `offset`; `None` if the file ends before.
pub(super) fn read_exactly(file: &File, mut buffer: &mut [u8], mut offset: u64) -> Option<()> {
    while !buffer.is_empty() {
        match read_at(file, buffer, offset) {
            Ok(0) => return None,
            Ok(len) => {
                buffer = &mut buffer[len..];
                offset += len as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
    Some(())
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

pub(super) fn read_u32(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at + 4)?;
    four.try_into().ok().map(u32::from_be_bytes)
}

#[cfg(any(test, feature = "testing"))]
pub(super) mod hostile {
    use super::{ObjectId, Pack};

    /// The index of a pack, after the name to look up; each name in it is looked up, too.
    pub fn index(data: &[u8]) {
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
            let names = index[super::NAMES..].chunks_exact(width);
            let names = names.take(pack.index.fanout.objects());
            for id in names.chain([&id[..width]]).filter_map(ObjectId::from_bytes) {
                pack.find(&id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sorted names that begin with all bytes.
    fn names(count: u32) -> Vec<[u8; 20]> {
        let name = |number: u32| {
            let mixed = number.wrapping_mul(0x9E37_79B9).to_be_bytes();
            std::array::from_fn(|at| mixed[at % 4])
        };
        let mut names: Vec<[u8; 20]> = (1..=count).map(name).collect();
        names.sort_unstable();
        names
    }

    /// An index of these names, with the position of each as its offset.
    fn index(names: &[[u8; 20]]) -> Vec<u8> {
        let mut index = b"\xfftOc\0\0\0\x02".to_vec();
        for byte in 0..=255 {
            let upto = names.partition_point(|name| name[0] <= byte);
            index.extend((upto as u32).to_be_bytes());
        }
        index.extend(names.concat());
        index.extend(vec![0; names.len() * 4]);
        index.extend((0..names.len() as u32).flat_map(u32::to_be_bytes));
        index.extend([0; 40]);
        index
    }

    #[test]
    fn each_part_of_an_index_has_its_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pack-1.idx");
        let data = File::create(path.with_extension("pack")).unwrap();
        data.set_len(1 << 20).unwrap();
        // In one part, in several of some bytes each, and in one for each byte.
        for (count, parts) in [(0, 1), (1, 1), (5_000, 4), (40_000, 32), (600_000, 256)] {
            let names = names(count);
            std::fs::write(&path, index(&names)).unwrap();
            data.set_len(u64::from(count) * 12 + 100).unwrap();
            let pack = Pack::open(&path, 20).unwrap();
            assert_eq!(pack.index.parts.len(), parts, "{count}");
            let step = names.len() / 3_000 + 1;
            for (at, name) in names.iter().enumerate().step_by(step) {
                assert_eq!(pack.find(&(*name).into()), Some(at as u64));
                let mut other = *name;
                other[19] ^= 1;
                assert_eq!(pack.find(&other.into()), None);
            }
            assert_eq!(pack.find(&[0; 32].into()), None, "a name of the other length");
        }
    }

    #[test]
    fn an_index_that_is_cut_while_it_is_open_has_fewer_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pack-1.idx");
        std::fs::write(path.with_extension("pack"), vec![0; 100_000]).unwrap();
        let names = names(5_000);
        let whole = index(&names);
        std::fs::write(&path, &whole).unwrap();
        let pack = Pack::open(&path, 20).unwrap();
        assert_eq!(pack.find(&names[0].into()), Some(0));
        let file = File::options().write(true).open(&path).unwrap();
        file.set_len(whole.len() as u64 / 2).unwrap();
        assert_eq!(pack.find(&names[4_999].into()), None);
        assert_eq!(pack.find(&names[0].into()), Some(0), "it was read before");
    }

    #[test]
    fn an_index_whose_counts_decrease_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pack-1.idx");
        std::fs::write(path.with_extension("pack"), vec![0; 1_000]).unwrap();
        let mut damaged = index(&names(3));
        std::fs::write(&path, &damaged).unwrap();
        assert!(Pack::open(&path, 20).is_some());
        damaged[FANOUT + 3] = 9;
        std::fs::write(&path, &damaged).unwrap();
        assert!(Pack::open(&path, 20).is_none());
    }
}
