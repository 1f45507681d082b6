//! The only code that touches libgit2 or the `git` program.
//!
//! Everything above works with `facts`. Reading goes through libgit2, which runs no hook, filter or pager; where git
//! itself is needed it is called in the profile of [`process`], which forbids a repository to run anything.

pub mod config;
pub mod dates;
pub mod open;
pub mod process;

pub use open::{OpenError, Repo};
