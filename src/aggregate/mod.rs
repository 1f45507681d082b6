//! Facts → reports.
//!
//! Sums first, ratios last: every factor is computed from sums, never as a mean of ratios, and includes only the tasks
//! that have both of its terms. What is unknown stays unknown through every sum. Nothing here reads or prints.

pub mod calibration;
pub mod copies;
pub mod effort;
pub mod estimates;
pub mod excluded;
pub mod export;
mod families;
pub mod group;
mod groups;
pub mod inventory;
pub mod measures;
pub mod models;
pub mod names;
pub mod pace;
mod people;
pub mod readiness;
pub mod report;
pub mod repository;
pub mod sensitivity;
pub mod sessions;
mod settled;
pub mod status;
pub mod timeline;
pub mod worth;
pub mod written;

#[cfg(test)]
pub(crate) mod sample;
