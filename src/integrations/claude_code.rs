//! Claude Code.

use super::integration::Integration;
use crate::facts::agents;

/// Claude Code.
pub static CLAUDE_CODE: Integration = Integration {
    identity: &agents::CLAUDE_CODE,
};
