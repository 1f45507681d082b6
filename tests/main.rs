//! All command tests in one binary: a test file that is not listed here does not run.

#![allow(missing_docs, unreachable_pub, clippy::unwrap_used)]
// Tests start git and our own binary, and stand outside of the layers.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

mod agents;
mod answers;
mod apart;
mod audit;
mod audit_answers;
mod audit_fair;
mod audit_lies;
mod audit_page;
mod bombs;
mod by_hand;
mod cache;
mod calling;
mod claiming;
#[cfg(unix)]
mod completion;
mod damaged;
mod discovery;
#[cfg(unix)]
mod doctor;
#[cfg(unix)]
mod durability;
mod estimators;
mod facts;
mod facts_audit;
mod facts_compact;
mod facts_days;
mod facts_hostile;
mod facts_inventory;
mod facts_kept;
mod facts_site;
mod filters;
mod growth;
mod help;
mod history;
mod hooks;
mod import;
mod imports;
mod inventory;
mod inventory_gaps;
mod isolation;
mod kept_links;
mod layering;
mod ledger;
mod linking;
mod listing;
mod logging;
#[cfg(unix)]
mod markers;
mod masses;
mod models;
mod naming;
mod opinions;
#[cfg(unix)]
mod pager;
mod pages;
mod places;
mod privacy;
mod published;
mod random_rewrites;
mod record_once;
mod repair;
mod replaced;
mod reporting;
mod rewording;
mod rewrites;
mod sensitivity;
mod setup;
mod sha256;
mod single;
#[cfg(unix)]
mod site;
mod site_figures;
#[cfg(unix)]
mod special_files;
mod squashed;
mod status;
mod style;
mod survival;
mod sync;
mod trailers;
#[cfg(unix)]
mod unknown_time;
mod unwritable;
// Each test uses a part of it.
#[cfg(unix)]
mod walks;
mod width;
mod within;
#[allow(dead_code)]
mod world;
#[cfg(unix)]
mod zoo;
