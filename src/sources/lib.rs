//! The outside world → facts, read only.
//!
//! A source never writes to a repository or a log, never stops at the first trouble, and knows nothing of reports.

#![cfg_attr(test, allow(clippy::disallowed_methods, clippy::disallowed_types))]

use git_leverage_facts as facts;
use git_leverage_git as git;

pub mod agents;
mod ancestry;
mod attested;
pub mod attested_lines;
pub mod cache;
pub mod changed;
mod claims;
pub mod discover;
pub mod history;
pub mod inventory;
pub mod ledger;
pub mod reach;
pub mod repair;
pub mod retention;
pub mod rewrites;
pub mod seal;
pub mod sharing;
mod squashes;
pub mod store;
pub mod survival;
