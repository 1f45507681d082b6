//! The spool: what the hooks of agents were told, until it is captured.
//!
//! There is one for the machine, in the folder of the user's state. A hook appends a line and takes no lock, so that it costs
//! next to nothing and a `kill -9` at any moment loses nothing. Whoever captures notes beside the lines how far it came. Lines
//! name sessions, folders and times: nothing that was said.

mod beside;
pub mod captured;
mod file;
pub mod pending;
mod place;

pub use beside::common_dir;
pub use pending::Pending;
pub use place::{Settled, Spool};
