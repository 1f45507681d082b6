//! What is known of one agent besides its logs.

use super::marks::Marks;
use super::payload::PayloadForm;
use super::setup::SetupForm;
use crate::facts::agents::AgentIdentity;

/// One agent whose settings, events and variables we know.
pub struct Integration {
    /// Its names.
    pub identity: &'static AgentIdentity,
    /// What it tells its hooks.
    pub payload: PayloadForm,
    /// What shows that a command is its own.
    pub marks: Marks,
    /// How it is set up.
    pub setup: SetupForm,
}
