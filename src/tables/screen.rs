//! What a file says about itself is checked before the library reads by it.
//!
//! The library reserves what a file claims to contain, so a few bytes could ask for gigabytes, and it descends as deep as they lead. Here
//! the footer is walked over first, and what it then says is compared with the size of the file.

use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};

use super::thrift::{Walk, Wrong};

/// The maximum length of a list in a footer: its batches of rows are one.
const LONGEST_LIST: u64 = 65_536;
/// The maximum number of columns and their groups.
const MOST_COLUMNS: u64 = 500;
/// The maximum size of the footer, in bytes: about 4 kB for each batch of rows.
pub(super) const LARGEST_FOOTER: u64 = 64 << 20;
/// A column of a file may have this many values more than the file has bytes: each row has something that no other row has, so
/// that honest files have fewer.
const VALUES_BEYOND_BYTES: u64 = 4096;
/// What is decompressed from a file may be this many times larger than it, and so much larger in any case.
const EXPANSION: u64 = 64;
const SMALL: u64 = 64 << 20;

/// The field of a footer with the columns, by the Thrift definition of Parquet.
const SCHEMA_FIELD: i64 = 2;

/// Checks the footer of a file.
pub(super) fn footer(bytes: &[u8]) -> Result<(), Wrong> {
    let mut walk = Walk::new(bytes, LONGEST_LIST);
    let mut before = None;
    while let Some(field) = walk.field(before)? {
        match field.id {
            SCHEMA_FIELD => Walk::new(&bytes[walk.walked()..], MOST_COLUMNS)
                .skip(field)
                .and_then(|()| walk.skip(field))?,
            _ => walk.skip(field)?,
        }
        before = Some(field);
    }
    Ok(())
}

/// Checks numbers of rows, values and bytes against the size of the file.
pub(super) fn counts(metadata: &ParquetMetaData, size: u64, columns: usize) -> Result<(), Wrong> {
    let most_values = size.saturating_add(VALUES_BEYOND_BYTES);
    let most_bytes = size.saturating_mul(EXPANSION).saturating_add(SMALL);
    let (mut rows, mut bytes) = (0_u64, 0_u64);
    for group in metadata.row_groups() {
        if group.num_columns() != columns {
            return Err("a batch of rows lacks columns");
        }
        rows = rows.saturating_add(positive(group.num_rows())?);
        for column in group.columns() {
            let expanded = positive(column.uncompressed_size())?;
            bytes = bytes.saturating_add(expanded);
            let (_, end) = place(column)?;
            if end > size || positive(column.num_values())? > most_values {
                return Err(UNTRUE);
            }
        }
    }
    match rows > most_values || bytes > most_bytes {
        true => Err(UNTRUE),
        false => Ok(()),
    }
}

pub(super) const UNTRUE: Wrong = "its numbers of rows and bytes cannot be true";

pub(super) fn positive(number: i64) -> Result<u64, Wrong> {
    u64::try_from(number).map_err(|_| UNTRUE)
}

/// Where the pages of a column begin and end in the file.
pub(super) fn place(column: &ColumnChunkMetaData) -> Result<(u64, u64), Wrong> {
    let length = positive(column.compressed_size())?;
    if length == 0 {
        // A column without pages has no position in the file.
        return Ok((0, 0));
    }
    // An offset of 0 stands for none: the file begins with something else.
    let pages = [Some(column.data_page_offset()), column.dictionary_page_offset()];
    let pages = pages.into_iter().flatten().filter(|offset| *offset != 0);
    let start = positive(pages.min().ok_or(UNTRUE)?)?;
    Ok((start, start.checked_add(length).ok_or(UNTRUE)?))
}
