//! OpenCode.

use super::integration::Integration;
use crate::facts::agents;

/// OpenCode.
pub static OPENCODE: Integration = Integration {
    identity: &agents::OPENCODE,
};
