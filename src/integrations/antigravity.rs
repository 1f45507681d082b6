//! Antigravity CLI.

use super::integration::Integration;
use crate::facts::agents;

/// Antigravity CLI.
pub static ANTIGRAVITY: Integration = Integration {
    identity: &agents::ANTIGRAVITY,
};
