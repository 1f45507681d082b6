//! Edits of other programs' settings: text in, text out, everything that is not ours byte for byte as it was.
//!
//! [`jsonc`] reads JSON with comments into a tree that knows where each value stands, [`edit`] puts a value in or takes one out
//! in the file's own layout, and [`hooks`] knows how the hooks of agents are nested. Each edit is checked by reading the text
//! again: what is not ours has to mean the same.

pub mod command;
pub mod edit;
pub mod hooks;
pub mod jsonc;
pub mod layout;
pub mod splice;
