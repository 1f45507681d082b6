//! What `setup` does to files, and what `status` and `doctor` ask about them: the settings of agents, read and written whole.
//!
//! What the files are to say is known to `integrations/`; here they are found, compared, shown and replaced.

pub mod apply;
pub mod files;
pub mod managers;
pub mod memory;
pub mod plan;
pub mod repository;
pub mod show;
pub mod states;
