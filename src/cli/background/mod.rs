//! Work that nobody waits for: the hook that agents and git call, the capture that it starts in another process, and the sweep
//! by which every command that reads sessions captures what hooks reported.

pub mod apart;
pub mod detached;
pub mod hook;
mod reminder;
pub mod sweep;
mod watched;
