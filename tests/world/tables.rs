//! Tables as the library reads them, which is what other programs see: all columns, whatever this program makes of them.

use std::fs::{self, File};
use std::path::Path;

use parquet::file::reader::{FileReader, SerializedFileReader};

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
