//! Tables in Parquet files: a few types of columns, written whole and read within bounds.
//!
//! Nothing here knows what a table is about. A table has a [`Schema`], which is text in the notation of Parquet, and its columns are
//! the leaves of that schema, in order. A file that was cut, that has other columns or claims more values than it can contain is
//! an error that names it.

mod column;
mod decode;
mod dictionary;
mod error;
mod file;
mod joined;
mod page;
mod runs;
mod schema;
mod screen;
mod thrift;

pub use column::{Column, FromValues, IntoValues, Lists, Values};
pub use dictionary::{Dictionary, paired};
pub use error::TableError;
pub use file::{Properties, TableFile, write, write_up_to};
pub use joined::joined;
pub use schema::Schema;

#[cfg(test)]
mod tests;
