//! The facts of repositories in Parquet files: what was read of each, before it is compared with any other.
//!
//! A directory has a directory for each table, and in it a file for each repository, which replaces the one before as a whole. The
//! row of the repository in `repos` is written last: a table counts only if it was written for the same references as that row.
//! `docs/formats/facts.md` is the specification. Nothing here looks at a repository: [`write`](write()) takes what was read, and
//! [`read`](read()) returns the same, and [`read_one`] one repository with what an audit needs.

mod audited;
mod audits;
mod commits;
mod compact;
mod field;
#[cfg(any(test, feature = "fuzzing"))]
pub mod hostile;
mod inventory;
mod kept;
mod layout;
mod ledger_steps;
mod line;
mod one;
mod places;
mod read;
mod records;
mod repos;
mod sessions;
mod sound;
mod tasks;
mod trouble;
mod write;

pub use compact::{CompactTable, compact};
pub use inventory::Inventoried;
pub use kept::with_earlier;
pub use layout::{digest, id_of, is_compact};
pub use line::Line;
pub use one::{OneError, OneRead, read_one};
pub use places::without_place;
pub use read::{FactsRead, read};
pub use repos::Row;
pub use sessions::{LoggedSession, read_again as read_sessions_again, write as write_sessions};
pub use trouble::Trouble;
pub use write::{Entry, Writer};
