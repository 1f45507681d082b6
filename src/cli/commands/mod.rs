//! The commands, one file each: its arguments and one short run function. [`super::Command`] lists them.

pub mod audit;
pub mod cache;
pub mod capture;
pub mod carry;
pub mod completions;
pub mod demo;
pub mod doctor;
pub mod export;
pub mod help;
pub mod hook;
pub mod import;
pub mod inventory;
pub mod log;
pub mod manual;
pub mod record;
pub mod repair;
pub mod report;
pub mod retract;
pub mod revise;
pub mod scan;
pub mod sessions;
pub mod setup;
pub mod show;
pub mod status;
pub mod sync;
pub mod trailers;
