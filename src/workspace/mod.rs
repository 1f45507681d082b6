//! Reading for commands: which repositories there are, what their histories and ledgers contain, which sessions worked in them
//! and what these made.
//!
//! Options in, facts out: options are plain data, wherever they come from. Problems are returned as warnings, and completeness as
//! a [`Status`](crate::facts::diagnostics::Status). Nothing here prints; progress is available in a [`workers::Progress`].

pub mod audit;
pub mod audits;
pub mod capture;
pub mod elsewhere;
pub mod from_objects;
pub mod inventory;
pub mod isolated;
pub mod isolation;
mod kept_links;
mod kept_traces;
pub mod linking;
pub mod one;
pub mod options;
pub mod overview;
pub mod packed;
pub mod places;
pub mod read;
mod readings;
pub mod repositories;
pub mod sessions;
pub mod several;
pub mod status;
pub mod survival;
pub mod workers;
