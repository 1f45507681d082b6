//! Tables as the library reads them, which is what other programs see: all columns, whatever this program makes of them.

use std::fs::{self, File};
use std::path::Path;

use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::column::writer::{ColumnWriter, ColumnWriterImpl};
use parquet::data_type::DataType;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;

/// The rows of a file, with what the file says about itself.
pub fn rows_of(file: &Path) -> Vec<String> {
    let reader = SerializedFileReader::new(File::open(file).unwrap()).unwrap();
    let about = format!("{:?}", reader.metadata().file_metadata());
    let rows = reader.get_row_iter(None).unwrap();
    rows.map(|row| format!("{} {about}", row.unwrap())).collect()
}

/// The rows of a file, and nothing else that it says.
pub fn only_rows_of(file: &Path) -> Vec<String> {
    let reader = SerializedFileReader::new(File::open(file).unwrap()).unwrap();
    let rows = reader.get_row_iter(None).unwrap();
    rows.map(|row| row.unwrap().to_string()).collect()
}

/// The rows of all files in a directory and those below it.
pub fn all_rows(folder: &Path) -> Vec<String> {
    let mut rows = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        rows.extend(match path.is_dir() {
            true => all_rows(&path),
            false => rows_of(&path),
        });
    }
    rows
}

/// Changes the last column of a table of texts and whole numbers, which is JSON.
pub fn change_json(file: &Path, change: impl Fn(&str) -> String) {
    let reader = SerializedFileReader::new(File::open(file).unwrap()).unwrap();
    let about = reader.metadata().file_metadata();
    let told = about.key_value_metadata().cloned();
    let properties = WriterProperties::builder().set_key_value_metadata(told).build();
    let changed = file.with_extension("changed");
    let created = File::create(&changed).unwrap();
    let schema = about.schema_descr().root_schema_ptr();
    let mut writer = SerializedFileWriter::new(created, schema, properties.into()).unwrap();
    for group in 0..reader.num_row_groups() {
        let from = reader.get_row_group(group).unwrap();
        let mut to = writer.next_row_group().unwrap();
        let columns = from.num_columns();
        for at in 0..columns {
            let mut column = to.next_column().unwrap().unwrap();
            match (from.get_column_reader(at).unwrap(), column.untyped()) {
                (ColumnReader::ByteArrayColumnReader(from), ColumnWriter::ByteArrayColumnWriter(to)) => {
                    let is_last = at + 1 == columns;
                    copy(from, to, |text| match is_last {
                        true => change(text.as_utf8().unwrap()).as_str().into(),
                        false => text,
                    });
                }
                (ColumnReader::Int64ColumnReader(from), ColumnWriter::Int64ColumnWriter(to)) => {
                    copy(from, to, |number| number);
                }
                (ColumnReader::Int32ColumnReader(from), ColumnWriter::Int32ColumnWriter(to)) => {
                    copy(from, to, |number| number);
                }
                _ => panic!("a column of another type"),
            }
            column.close().unwrap();
        }
        to.close().unwrap();
    }
    writer.close().unwrap();
    fs::rename(changed, file).unwrap();
}

fn copy<T: DataType>(
    mut from: ColumnReaderImpl<T>,
    to: &mut ColumnWriterImpl<'_, T>,
    change: impl Fn(T::T) -> T::T,
) {
    let (mut values, mut present, mut repeated) = (Vec::new(), Vec::new(), Vec::new());
    from.read_records(usize::MAX, Some(&mut present), Some(&mut repeated), &mut values)
        .unwrap();
    let values: Vec<T::T> = values.into_iter().map(change).collect();
    let levels = |of: &Vec<i16>| (!of.is_empty()).then(|| of.clone());
    let (present, repeated) = (levels(&present), levels(&repeated));
    to.write_batch(&values, present.as_deref(), repeated.as_deref())
        .unwrap();
}
