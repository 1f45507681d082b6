//! Reading for a command: which repositories there are, what their histories and ledgers say, which sessions worked in them
//! and what these made.
//!
//! Options in, facts out: the options are plain data, whoever typed or configured them. Trouble comes back as warnings, and how
//! much was read as a [`Status`](crate::facts::diagnostics::Status). Nothing here knows a terminal; how far the reading is can
//! be looked at in a [`workers::Progress`].

pub mod audit;
pub mod capture;
pub mod inventory;
pub mod isolated;
pub mod isolation;
pub mod linking;
pub mod one;
pub mod options;
pub mod places;
pub mod read;
pub mod repositories;
pub mod sessions;
pub mod status;
pub mod survival;
pub mod workers;
