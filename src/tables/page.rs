//! The pages of one column: their headers and their bytes, within bounds.

use parquet::basic::Compression;
use parquet::file::metadata::ColumnChunkMetaData;

use super::screen::{UNTRUE, positive};
use super::thrift::{Walk, Wrong};

/// The maximum length of a list in the header of a page, and of what else it could have.
const LONGEST_LIST: u64 = 500;
const ENCODED: Wrong = "encoded by a method that is not one of this program's";

/// The ids of fields that the Thrift definition of Parquet gives.
mod id {
    pub const KIND: i64 = 1;
    pub const SIZE: i64 = 2;
    pub const COMPRESSED_SIZE: i64 = 3;
    pub const DATA: i64 = 5;
    pub const DICTIONARY: i64 = 7;
    pub const COUNT: i64 = 1;
    pub const ENCODING: i64 = 2;
    pub const DEFINED: i64 = 3;
    pub const REPEATED: i64 = 4;
}

/// The numbers of encodings and kinds of pages there.
mod number {
    pub const PLAIN: u64 = 0;
    pub const PLAIN_DICTIONARY: u64 = 2;
    pub const RLE: u64 = 3;
    pub const RLE_DICTIONARY: u64 = 8;
    pub const DATA_PAGE: u64 = 0;
    pub const DICTIONARY_PAGE: u64 = 2;
}

/// What is in a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Different values, as they are.
    Dictionary,
    /// Values, as they are.
    Plain,
    /// Values by their positions in the dictionary.
    Coded,
}

/// A page, as it was before it was compressed.
pub(super) struct Page<'a> {
    pub(super) kind: Kind,
    /// How many values it has, counting those that are absent.
    pub(super) values: usize,
    pub(super) bytes: &'a [u8],
}

/// What the header of a page says.
#[derive(Debug, Default)]
struct Header {
    kind: u64,
    encoding: u64,
    size: u64,
    compressed_size: u64,
    values: u64,
}

/// Calls `take` with each page of a column, given all bytes of the column.
pub(super) fn each(
    column: &ColumnChunkMetaData,
    bytes: &[u8],
    unpacked: &mut Unpacked,
    mut take: impl FnMut(&Page<'_>) -> Result<(), Wrong>,
) -> Result<(), Wrong> {
    let is_packed = match column.compression() {
        Compression::ZSTD(_) => true,
        Compression::UNCOMPRESSED => false,
        _ => return Err("compressed by another method than zstd"),
    };
    let (mut rest, mut values, mut is_first) = (bytes, 0, true);
    let told = positive(column.num_values())?;
    let mut left = positive(column.uncompressed_size())?;
    while !rest.is_empty() {
        let mut walk = Walk::new(rest, LONGEST_LIST);
        let header = Header::read(&mut walk)?;
        let after = &rest[walk.walked()..];
        let size = usize::try_from(header.compressed_size).map_err(|_| UNTRUE)?;
        let (packed, after) = after
            .split_at_checked(size)
            .ok_or("a page is longer than its column")?;
        rest = after;
        let used = header.size.saturating_add(walk.walked() as u64);
        left = left.checked_sub(used).ok_or(UNTRUE)?;
        let page = Page {
            kind: header.kind(is_first)?,
            values: usize::try_from(header.values).map_err(|_| UNTRUE)?,
            bytes: match is_packed {
                true => unpacked.unpack(packed, header.size)?,
                false if packed.len() as u64 == header.size => packed,
                false => return Err(UNTRUE),
            },
        };
        if page.kind != Kind::Dictionary {
            values += header.values;
        }
        // A few bytes can stand for billions of equal values.
        if values > told {
            return Err(UNTRUE);
        }
        take(&page)?;
        is_first = false;
    }
    (values == told).then_some(()).ok_or(UNTRUE)
}

impl Header {
    fn read(walk: &mut Walk<'_>) -> Result<Self, Wrong> {
        let mut header = Self::default();
        let mut before = None;
        while let Some(field) = walk.field(before)? {
            match field.id {
                id::KIND => header.kind = walk.size(field)?,
                id::SIZE => header.size = walk.size(field)?,
                id::COMPRESSED_SIZE => header.compressed_size = walk.size(field)?,
                id::DATA | id::DICTIONARY => {
                    walk.enter(field)?;
                    header.read_values(walk, field.id == id::DATA)?;
                }
                _ => walk.skip(field)?,
            }
            before = Some(field);
        }
        Ok(header)
    }

    fn read_values(&mut self, walk: &mut Walk<'_>, is_data: bool) -> Result<(), Wrong> {
        let mut before = None;
        while let Some(field) = walk.field(before)? {
            match field.id {
                id::COUNT => self.values = walk.size(field)?,
                id::ENCODING => self.encoding = walk.size(field)?,
                id::DEFINED | id::REPEATED if is_data => {
                    if walk.size(field)? != number::RLE {
                        return Err(ENCODED);
                    }
                }
                _ => walk.skip(field)?,
            }
            before = Some(field);
        }
        Ok(())
    }

    fn kind(&self, is_first: bool) -> Result<Kind, Wrong> {
        match (self.kind, self.encoding) {
            (number::DICTIONARY_PAGE, number::PLAIN | number::PLAIN_DICTIONARY) if is_first => {
                Ok(Kind::Dictionary)
            }
            (number::DATA_PAGE, number::PLAIN) => Ok(Kind::Plain),
            (number::DATA_PAGE, number::RLE_DICTIONARY | number::PLAIN_DICTIONARY) => Ok(Kind::Coded),
            (number::DATA_PAGE, _) => Err(ENCODED),
            _ => Err("a page of another kind"),
        }
    }
}

/// The bytes of one page after the other, of any number of columns: what decompresses them is made once.
#[derive(Default)]
pub(super) struct Unpacked {
    zstd: Option<zstd::bulk::Decompressor<'static>>,
    bytes: Vec<u8>,
}

impl Unpacked {
    /// The bytes of a page, of which there are as many as it says.
    fn unpack(&mut self, packed: &[u8], size: u64) -> Result<&[u8], Wrong> {
        let zstd = match &mut self.zstd {
            Some(zstd) => zstd,
            none => {
                none.insert(zstd::bulk::Decompressor::new().map_err(|_| "cannot allocate memory for zstd")?)
            }
        };
        let size = usize::try_from(size).map_err(|_| UNTRUE)?;
        self.bytes.clear();
        self.bytes.try_reserve_exact(size).map_err(|_| UNTRUE)?;
        // It writes no more than there is space for.
        match zstd.decompress_to_buffer(packed, &mut self.bytes) {
            Ok(written) if written == size => Ok(&self.bytes),
            _ => Err("a page cannot be decompressed"),
        }
    }
}
