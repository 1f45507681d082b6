//! The only code that touches libgit2 or the `git` program.
//!
//! Everything above it works with `facts`. Reading uses libgit2, which runs no hook, filter or pager; where git itself is needed,
//! it is called in the profile of [`process`], in which a repository can run nothing.

#![cfg_attr(test, allow(clippy::disallowed_methods))]
#![allow(clippy::disallowed_types)]

use git_leverage_facts as facts;

pub mod added_lines;
pub mod added_ranges;
mod alternates;
pub mod amend;
mod attributes;
pub mod change_id;
pub mod changes;
mod commits;
pub mod config;
mod config_text;
pub mod contributions;
pub mod create;
pub mod dates;
mod descent;
pub mod diffstat;
pub mod files;
pub mod filter_map;
pub mod folder;
pub mod graph;
pub mod health;
#[cfg(any(test, feature = "testing"))]
pub mod hostile;
mod index;
pub mod ledger_steps;
pub mod lines;
mod lookup;
mod loose;
mod loose_refs;
pub mod mailmap;
pub mod messages;
mod name_in;
pub mod notes;
pub mod object_files;
pub mod open;
#[cfg(test)]
mod oracle;
pub mod outside;
pub mod own_config;
mod pack;
mod packs;
pub mod process;
pub mod ref_names;
pub mod references_digest;
pub mod refs;
pub mod remote;
pub mod remote_url;
mod renames;
pub mod replaced;
mod replacements;
mod screen;
mod session_names;
mod settle;
mod shadow;
pub mod shared;
pub mod signing;
pub mod size;
mod stage;
pub mod stamp;
pub mod state;
mod store;
pub mod survival;
mod swap;
pub mod temporary;
pub mod touched;
pub mod tree;
pub mod trees;
mod untouched;
pub mod walk;
mod worktrees;
pub mod writer;

pub use open::{OpenError, Repo};

/// Why something in an open repository could not be read.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// An error from libgit2.
    #[error("{}", .0.message())]
    Library(#[from] git2::Error),
    /// The object is missing, damaged or too large.
    #[error("{0}")]
    Object(#[from] packs::ObjectError),
    /// An object id of a length that git does not have.
    #[error("an object id of an unknown kind")]
    ForeignId,
}

impl GitError {
    /// Whether the object exists and is intact, but exceeds the given limit.
    pub fn is_too_large(&self) -> bool {
        matches!(self, Self::Object(packs::ObjectError::TooLarge(_)))
    }
}
