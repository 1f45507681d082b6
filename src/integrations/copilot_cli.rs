//! GitHub Copilot CLI.

use super::integration::Integration;
use crate::facts::agents;

/// GitHub Copilot CLI.
pub static COPILOT_CLI: Integration = Integration {
    identity: &agents::COPILOT_CLI,
};
