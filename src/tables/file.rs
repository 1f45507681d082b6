//! A table as a file: written beside its place and renamed, read a batch of rows after the other.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::{Compression, ZstdLevel};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, ParquetMetaData};
use parquet::file::properties::{WriterProperties, WriterPropertiesPtr};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};

use super::column::{Column, Values};
use super::error::TableError;
use super::schema::Schema;

/// The maximum size of a file, in bytes.
const LARGEST: u64 = 16 << 30;
/// A column of a file may have this many values more than the file has bytes: each row has something that no other row has, so
/// that honest files have fewer.
const VALUES_BEYOND_BYTES: i64 = 4096;

/// What a file says about itself, by name.
pub type Properties<'a> = &'a [(&'a str, &'a str)];

/// Writes batches of rows to a file, which appears whole or not at all. Returns its size in bytes.
pub fn write(
    path: &Path,
    schema: &Schema,
    properties: Properties<'_>,
    batches: impl IntoIterator<Item = Vec<Column>>,
) -> Result<u64, TableError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let io = |error| TableError::io(path, error);
    fs::create_dir_all(folder).map_err(io)?;
    let mut fresh = tempfile::Builder::new()
        .prefix(".git-leverage-")
        .permissions(readable())
        .tempfile_in(folder)
        .map_err(io)?;
    let wrong = |error: ParquetError| TableError::content(path, error.to_string());
    let mut writer =
        SerializedFileWriter::new(fresh.as_file_mut(), schema.root(), how(properties)).map_err(wrong)?;
    for batch in batches {
        let mut group = writer.next_row_group().map_err(wrong)?;
        for column in &batch {
            let place = group.next_column().map_err(wrong)?;
            let mut place = place.ok_or_else(|| TableError::content(path, "too many columns"))?;
            write_column(&mut place, column).map_err(wrong)?;
            place.close().map_err(wrong)?;
        }
        group.close().map_err(wrong)?;
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
        _ => Err(ParquetError::General("a column of another type".to_owned())),
    }?;
    Ok(())
}

/// The file of a table whose columns are the expected ones.
pub struct TableFile {
    path: PathBuf,
    schema: Schema,
    reader: SerializedFileReader<File>,
}

impl std::fmt::Debug for TableFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TableFile")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl TableFile {
    /// Opens a file, and checks that it has these columns and does not claim more rows than it can contain.
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
        let reader = SerializedFileReader::new(file).map_err(|error| not_parquet(path, &error))?;
        let metadata = reader.metadata();
        if let Some(name) = schema.difference(metadata.file_metadata().schema_descr()) {
            return Err(TableError::content(
                path,
                format!("column `{name}` is not as expected"),
            ));
        }
        check_counts(metadata, about.len()).map_err(|reason| TableError::content(path, reason))?;
        Ok(Self {
            path: path.to_owned(),
            schema: schema.clone(),
            reader,
        })
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many rows it has.
    pub fn rows(&self) -> usize {
        let groups = self.reader.metadata().row_groups().iter();
        groups
            .map(|group| usize::try_from(group.num_rows()).unwrap_or_default())
            .sum()
    }

    /// What the file says about itself under a name.
    pub fn property(&self, name: &str) -> Option<&str> {
        let told = self.reader.metadata().file_metadata().key_value_metadata()?;
        told.iter().find(|told| told.key == name)?.value.as_deref()
    }

    /// How many batches of rows it has.
    pub fn batches(&self) -> usize {
        self.reader.num_row_groups()
    }

    /// Columns of a batch, by position in the schema.
    pub fn batch(&self, number: usize, columns: &[usize]) -> Result<Vec<Column>, TableError> {
        let group = self
            .reader
            .get_row_group(number)
            .map_err(|error| not_parquet(&self.path, &error))?;
        let rows = usize::try_from(group.metadata().num_rows()).unwrap_or_default();
        let read = |at: &usize| {
            let reader = group
                .get_column_reader(*at)
                .map_err(|error| not_parquet(&self.path, &error))?;
            let column = read_column(reader, rows, self.schema.levels(*at));
            column.map_err(|error| not_parquet(&self.path, &error))
        };
        columns.iter().map(read).collect()
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

fn not_parquet(path: &Path, error: &ParquetError) -> TableError {
    match error {
        ParquetError::External(error) => TableError::content(path, format!("cannot be read: {error}")),
        error => {
            let reason: String = error.to_string().chars().take(200).collect();
            TableError::content(path, format!("cut or damaged: {reason}"))
        }
    }
}

/// Refuses numbers that lie about the size of the content: memory is reserved by them.
fn check_counts(metadata: &ParquetMetaData, size: u64) -> Result<(), String> {
    let most = i64::try_from(size)
        .unwrap_or(i64::MAX)
        .saturating_add(VALUES_BEYOND_BYTES);
    let mut rows = 0_i64;
    for group in metadata.row_groups() {
        let is_sound = group.num_rows() >= 0
            && group.columns().iter().all(|column| {
                let bytes = column.compressed_size();
                let fits = u64::try_from(bytes).is_ok_and(|bytes| bytes <= size);
                fits && (0..=most).contains(&column.num_values())
            });
        rows = rows.saturating_add(group.num_rows());
        if !is_sound || rows > most {
            return Err("its numbers of rows and bytes cannot be true".to_owned());
        }
    }
    Ok(())
}

fn read_column(reader: ColumnReader, rows: usize, levels: (i16, i16)) -> Result<Column, ParquetError> {
    let mut places = Places::default();
    let values = match reader {
        ColumnReader::BoolColumnReader(reader) => Values::Bools(places.read(reader, rows, levels)?),
        ColumnReader::Int32ColumnReader(reader) => Values::Ints(places.read(reader, rows, levels)?),
        ColumnReader::Int64ColumnReader(reader) => Values::Longs(places.read(reader, rows, levels)?),
        ColumnReader::DoubleColumnReader(reader) => Values::Doubles(places.read(reader, rows, levels)?),
        ColumnReader::ByteArrayColumnReader(reader) => Values::Bytes(places.read(reader, rows, levels)?),
        _ => return Err(ParquetError::General("a column of another type".to_owned())),
    };
    Ok(Column {
        values,
        defined: places.defined,
        repeated: places.repeated,
    })
}

#[derive(Default)]
struct Places {
    defined: Vec<i16>,
    repeated: Vec<i16>,
}

impl Places {
    fn read<T: DataType>(
        &mut self,
        mut reader: ColumnReaderImpl<T>,
        rows: usize,
        levels: (i16, i16),
    ) -> Result<Vec<T::T>, ParquetError> {
        let mut values = Vec::new();
        let mut read = 0;
        while read < rows {
            let defined = (levels.0 > 0).then_some(&mut self.defined);
            let repeated = (levels.1 > 0).then_some(&mut self.repeated);
            let (records, ..) = reader.read_records(rows - read, defined, repeated, &mut values)?;
            if records == 0 {
                return Err(ParquetError::EOF(format!("{read} of {rows} rows")));
            }
            read += records;
        }
        Ok(values)
    }
}
