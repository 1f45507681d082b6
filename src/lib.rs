//! The ledger of AI-assisted engineering, kept in git and proved from git.
//!
//! Data flows one way. `sources` read the outside world into `facts`; `correlate` links sessions to commits; `aggregate`
//! and `audit` turn facts into reports and findings, `doctor` into what is broken on their way, and `overview` joins all of it for pages; `workspace` reads for them what a command asks for, by plain options;
//! `render` turns what came of it into bytes. `exchange` translates foreign records, `ledger` is the only writer of a
//! ledger, `git` the only reader of a repository, and `cli` the only code that knows a process: arguments, environment, clock,
//! terminal. A module imports only from those above it in this list.
//!
//! `tables`, `facts`, `git` and `sources` are crates of their own. The interface is the program: its arguments, files and formats. The crate
//! exports its entry, [`main`], and promises nothing more; `pub` in a module below means for the whole crate, so that the compiler
//! tells what nobody uses.

#![cfg_attr(test, allow(clippy::disallowed_methods, clippy::disallowed_types))]

use git_leverage_facts as facts;
use git_leverage_git as git;
use git_leverage_sources as sources;
use git_leverage_tables as tables;

mod correlate;

mod aggregate;
mod audit;
mod doctor;
mod overview;
mod workspace;

mod render;

mod exchange;
mod ledger;

mod spool;

mod integrations;

mod cli;

pub use cli::main;

#[doc(hidden)]
pub mod testing;

#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod hostile;
