//! Gemini CLI.

use super::integration::Integration;
use crate::facts::agents;

/// Gemini CLI.
pub static GEMINI_CLI: Integration = Integration {
    identity: &agents::GEMINI_CLI,
};
