//! The vocabulary: plain data and its arithmetic.
//!
//! Everything here is serializable, compares by value and does no I/O. Sources fill these types, `correlate/`,
//! `aggregate/` and `audit/` read them, `render/` shows the results.

#![cfg_attr(test, allow(clippy::disallowed_methods, clippy::disallowed_types))]

pub mod agents;
pub mod attestation;
pub mod automations;
pub mod change;
pub mod checks;
pub mod claim;
pub mod claim_lines;
pub mod claimed;
pub mod commit;
pub mod commits;
pub mod copies;
pub mod diagnostics;
pub mod estimate;
pub mod event;
pub mod evidence;
pub mod factor;
pub mod figures;
pub mod files;
pub mod hash;
pub mod ids;
pub mod inventory;
pub mod ledger;
pub mod limits;
pub mod lineage;
pub mod link;
pub mod model;
pub mod number;
pub mod opinions;
pub mod progress;
pub mod quantity;
pub mod question;
pub mod range;
pub mod record;
pub mod retention;
pub mod reverts;
pub mod session;
pub mod shared_bytes;
pub mod shell;
pub mod short_ids;
pub mod sign;
pub mod signs;
pub mod similar;
pub mod span;
pub mod squash;
pub mod statistics;
pub mod supervision;
pub mod task;
pub mod trailers;
pub mod version;
pub mod web_address;
pub mod worked;
pub mod zone;
