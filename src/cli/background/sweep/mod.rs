//! Captures sessions that hooks reported: every command that reads sessions does this, so no person has to.
//!
//! A failure here does not affect the command that swept. Whatever could not be captured stays in the spool and is tried again
//! next time.

mod capture;
mod one;
mod place;
mod records;
mod stay;
mod swept;
mod target;

pub use capture::{is_pending, spools, sweep};
pub use place::Where;
pub use records::{append, commits, count, write};
pub use stay::after_hook;
pub use swept::Swept;
