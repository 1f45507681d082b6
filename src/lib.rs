//! The ledger of AI-assisted engineering, kept in git and proved from git.
//!
//! Data flows one way. `sources` read the outside world into `facts`; `correlate` links sessions to commits; `aggregate`
//! and `audit` turn facts into reports and findings; `workspace` reads for them what a command asks for, by plain options;
//! `render` turns what came of it into bytes. `exchange` translates foreign records, `ledger` is the only writer to a
//! repository, `git` the only reader of one, and `cli` the only code that knows a process: arguments, environment, clock,
//! terminal. A module imports only from those above it in this list.

#![cfg_attr(test, allow(clippy::disallowed_methods, clippy::disallowed_types))]

pub mod facts;
pub mod git;
pub mod sources;

pub mod correlate;

pub mod aggregate;
pub mod audit;
pub mod render;
pub mod workspace;

pub mod exchange;
pub mod ledger;

pub mod cli;

#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod hostile;
