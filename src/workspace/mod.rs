//! Reading for a command: which repositories there are, what their histories and ledgers say, which sessions worked in them
//! and what these made.
//!
//! Options in, facts out: the options are plain data, whoever typed or configured them. Trouble comes back as warnings. Nothing
//! here knows a terminal.

pub mod linking;
pub mod places;
