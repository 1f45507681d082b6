//! Edits of other programs' settings: text in, text out, with everything else unchanged byte for byte.
//!
//! [`jsonc`] parses JSON with comments into a tree with the position of each value, [`edit`] adds or removes a value in the
//! file's own layout, and [`hooks`] knows how agents nest their hooks. Each edit is verified by parsing the text again:
//! everything else must mean the same.

pub mod command;
pub mod edit;
pub mod hooks;
pub mod jsonc;
pub mod layout;
pub mod splice;
