//! What is known about one agent, apart from its logs.

use super::marks::Marks;
use super::payload::PayloadForm;
use super::setup::SetupForm;
use crate::facts::agents::AgentIdentity;

/// An agent whose settings, events and variables are known.
pub struct Integration {
    /// Its names.
    pub identity: &'static AgentIdentity,
    /// What it sends to its hooks.
    pub payload: PayloadForm,
    /// How commands that it runs are recognized.
    pub marks: Marks,
    /// How to set it up.
    pub setup: SetupForm,
}
