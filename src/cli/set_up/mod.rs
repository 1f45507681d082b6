//! How `setup` changes files, and what `status` and `doctor` ask about them: the settings of agents, read and written as a whole.
//!
//! What the files should contain is defined in `integrations/`; here they are found, compared, shown and replaced.

pub mod apply;
pub mod files;
pub mod managers;
pub mod memory;
pub mod plan;
pub mod repository;
pub mod show;
pub mod states;
