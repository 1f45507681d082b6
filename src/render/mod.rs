//! Reports and findings → bytes.
//!
//! One model, [`document::Document`], is what every command fills; each [`format::Format`] is one function over it. JSON
//! comes from the report's own types through [`json`]. Text from repositories and logs is hostile and is made harmless here, in
//! [`escape`], and nowhere else. Nothing here prints, measures a terminal or decides about color.

pub mod audit;
pub mod by_hand;
pub mod chart;
pub mod columns;
pub mod doctor;
pub mod document;
pub mod escape;
pub mod format;
pub mod history;
pub mod href;
pub mod inventory;
pub mod opinion;
pub mod pace;
pub mod page;
pub mod plots;
pub mod question;
pub mod report;
pub mod sections;
pub mod sensitivity;
pub mod sessions;
pub mod single;
pub mod site;
pub mod status;
pub mod task;
pub mod worth;

pub use format::{html, json, markdown, terminal};

#[cfg(test)]
mod golden;
