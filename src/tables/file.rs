//! A table as a file: written beside its place and renamed, read a batch of rows after the other.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::{Compression, ZstdLevel};
use parquet::column::writer::ColumnWriter;
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::properties::{WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};

use super::column::{Column, Values};
use super::decode;
use super::error::TableError;
use super::page::Unpacked;
use super::schema::Schema;
use super::screen;

/// The maximum size of a file, in bytes.
const LARGEST: u64 = 16 << 30;
/// The bytes at both ends of a file.
const MAGIC: &[u8; 4] = b"PAR1";
/// At the end of a file: the size of the footer, and [`MAGIC`].
const TAIL: u64 = 8;

/// What a file says about itself, by name.
pub type Properties<'a> = &'a [(&'a str, &'a str)];

/// Writes batches of rows to a file, which appears whole or not at all. Returns its size in bytes.
pub fn write(
    path: &Path,
    schema: &Schema,
    properties: Properties<'_>,
    batches: impl IntoIterator<Item = Vec<Column>>,
) -> Result<u64, TableError> {
    write_up_to(path, schema, properties, batches.into_iter().map(Ok), u64::MAX)
}

/// The same, but the file takes no more batches once it has so many bytes: what is left of them is for another file. If one cannot be
/// had, no file appears.
pub fn write_up_to(
    path: &Path,
    schema: &Schema,
    properties: Properties<'_>,
    batches: impl Iterator<Item = Result<Vec<Column>, TableError>>,
    most: u64,
) -> Result<u64, TableError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let io = |error| TableError::io(path, error);
    fs::create_dir_all(folder).map_err(io)?;
    let mut fresh = tempfile::Builder::new()
        .prefix(".git-leverage-")
        .permissions(readable())
        .tempfile_in(folder)
        .map_err(io)?;
    let wrong = |error: ParquetError| not_written(path, error);
    let mut writer =
        SerializedFileWriter::new(fresh.as_file_mut(), schema.root(), how(properties)).map_err(wrong)?;
    for batch in batches {
        let mut group = writer.next_row_group().map_err(wrong)?;
        for column in &batch? {
            let place = group.next_column().map_err(wrong)?;
            let mut place = place.ok_or_else(|| TableError::content(path, "too many columns"))?;
            write_column(&mut place, column).map_err(wrong)?;
            place.close().map_err(wrong)?;
        }
        group.close().map_err(wrong)?;
        if writer.bytes_written() as u64 >= most {
            break;
        }
    }
    writer.close().map_err(wrong)?;
    let size = fresh.as_file().metadata().map_err(io)?.len();
    fresh.persist(path).map_err(|error| io(error.error))?;
    Ok(size)
}

/// As other programs write files: the user's mask decides who may read them.
#[cfg(unix)]
fn readable() -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    fs::Permissions::from_mode(0o666)
}

#[cfg(not(unix))]
fn readable() -> fs::Permissions {
    unreachable!("only Unix has modes")
}

fn how(properties: Properties<'_>) -> WriterPropertiesPtr {
    let told = properties.iter();
    let told = told.map(|(name, value)| KeyValue::new((*name).to_owned(), (*value).to_owned()));
    let how = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by(concat!("git-leverage ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_offset_index_disabled(true)
        .set_key_value_metadata(Some(told.collect()));
    Arc::new(how.build())
}

/// Why a file was not written. What the system says of that is in an error of the library.
fn not_written(path: &Path, error: ParquetError) -> TableError {
    match error {
        ParquetError::External(error) => match error.downcast::<io::Error>() {
            Ok(error) => TableError::io(path, *error),
            Err(error) => TableError::content(path, error.to_string()),
        },
        error => TableError::content(path, error.to_string()),
    }
}

fn write_column(place: &mut SerializedColumnWriter<'_>, column: &Column) -> Result<(), ParquetError> {
    let defined = Some(&*column.defined).filter(|levels| !levels.is_empty());
    let repeated = Some(&*column.repeated).filter(|levels| !levels.is_empty());
    match (&column.values, place.untyped()) {
        (Values::Bools(all), ColumnWriter::BoolColumnWriter(place)) => {
            place.write_batch(all, defined, repeated)
        }
        (Values::Ints(all), ColumnWriter::Int32ColumnWriter(place)) => {
            place.write_batch(all, defined, repeated)
        }
        (Values::Longs(all), ColumnWriter::Int64ColumnWriter(place)) => {
            place.write_batch(all, defined, repeated)
        }
        (Values::Doubles(all), ColumnWriter::DoubleColumnWriter(place)) => {
            place.write_batch(all, defined, repeated)
        }
        (Values::Bytes(all), ColumnWriter::ByteArrayColumnWriter(place)) => {
            place.write_batch(all, defined, repeated)
        }
        // What was read is decoded before it is written; a column of another type would be a fault of the program.
        _ => Err(ParquetError::General("a column of another type".to_owned())),
    }?;
    Ok(())
}

/// The file of a table whose columns are the expected ones.
#[derive(Debug)]
pub struct TableFile {
    path: PathBuf,
    schema: Schema,
    file: File,
    metadata: ParquetMetaData,
}

impl TableFile {
    /// Opens a file, and checks that it has these columns and does not claim more than it can contain.
    pub fn open(path: &Path, schema: &Schema) -> Result<Self, TableError> {
        let io = |error| TableError::io(path, error);
        let file = File::open(path).map_err(io)?;
        let about = file.metadata().map_err(io)?;
        if !about.is_file() {
            return Err(io(io::Error::other("not a file")));
        }
        if about.len() > LARGEST {
            return Err(TableError::content(path, "too large for a table"));
        }
        let metadata = read_footer(path, &file, about.len())?;
        if let Some(name) = schema.difference(metadata.file_metadata().schema_descr()) {
            let reason = format!("column `{name}` is not as expected");
            return Err(TableError::content(path, reason));
        }
        screen::counts(&metadata, about.len(), schema.len()).map_err(|reason| damaged(path, reason))?;
        Ok(Self {
            path: path.to_owned(),
            schema: schema.clone(),
            file,
            metadata,
        })
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many rows it has.
    pub fn rows(&self) -> usize {
        let groups = self.metadata.row_groups().iter();
        groups
            .map(|group| usize::try_from(group.num_rows()).unwrap_or_default())
            .sum()
    }

    /// What the file says about itself under a name.
    pub fn property(&self, name: &str) -> Option<&str> {
        let told = self.metadata.file_metadata().key_value_metadata()?;
        told.iter().find(|told| told.key == name)?.value.as_deref()
    }

    /// How many batches of rows it has.
    pub fn batches(&self) -> usize {
        self.metadata.num_row_groups()
    }

    /// Columns of a batch, by position in the schema.
    pub fn batch(&self, number: usize, columns: &[usize]) -> Result<Vec<Column>, TableError> {
        let mut unpacked = Unpacked::default();
        let read = |at: &usize| self.column(number, *at, &mut unpacked);
        columns.iter().map(read).collect()
    }

    fn column(&self, batch: usize, at: usize, unpacked: &mut Unpacked) -> Result<Column, TableError> {
        let group = self.metadata.row_group(batch);
        let rows = usize::try_from(group.num_rows()).unwrap_or_default();
        let about = group.column(at);
        let damaged = |reason| damaged(&self.path, reason);
        let (start, end) = screen::place(about).map_err(damaged)?;
        let bytes = read_bytes(&self.file, start, end);
        let bytes = bytes.map_err(|error| TableError::io(&self.path, error))?;
        decode::column((about, &bytes), rows, self.schema.levels(at), unpacked).map_err(damaged)
    }

    /// All columns of a batch.
    pub fn whole_batch(&self, number: usize) -> Result<Vec<Column>, TableError> {
        let all: Vec<usize> = (0..self.schema.len()).collect();
        self.batch(number, &all)
    }

    /// The error for content that no program of this version writes.
    pub fn wrong(&self, reason: impl Into<String>) -> TableError {
        TableError::content(&self.path, reason)
    }
}

/// The error for content that no writer produces.
fn damaged(path: &Path, reason: &str) -> TableError {
    TableError::content(path, format!("cut or damaged: {reason}"))
}

/// Bytes of a file, of which the caller knows that there are so many.
fn read_bytes(file: &File, start: u64, end: u64) -> io::Result<Vec<u8>> {
    let length = usize::try_from(end.saturating_sub(start)).map_err(io::Error::other)?;
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, start)?;
    Ok(bytes)
}

/// The footer, from which all else is found.
fn read_footer(path: &Path, file: &File, size: u64) -> Result<ParquetMetaData, TableError> {
    let io = |error| TableError::io(path, error);
    let damaged = |reason: &str| damaged(path, reason);
    let cut = || damaged("it has no footer");
    let tail_at = size.checked_sub(TAIL).ok_or_else(cut)?;
    let tail = read_bytes(file, tail_at, size).map_err(io)?;
    let (length, magic) = tail.split_first_chunk::<4>().ok_or_else(cut)?;
    if magic != MAGIC {
        return Err(cut());
    }
    let length = u64::from(u32::from_le_bytes(*length));
    let start = tail_at.checked_sub(length).ok_or_else(cut)?;
    if length > screen::LARGEST_FOOTER {
        return Err(damaged("its footer is too large"));
    }
    let bytes = read_bytes(file, start, tail_at).map_err(io)?;
    screen::footer(&bytes).map_err(damaged)?;
    ParquetMetaDataReader::decode_metadata(&bytes).map_err(|error| {
        let reason: String = error.to_string().chars().take(200).collect();
        damaged(&reason)
    })
}
