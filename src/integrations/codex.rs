//! Codex.

use super::integration::Integration;
use crate::facts::agents;

/// Codex.
pub static CODEX: Integration = Integration {
    identity: &agents::CODEX,
};
