//! Qwen Code.

use super::integration::Integration;
use crate::facts::agents;

/// Qwen Code.
pub static QWEN: Integration = Integration {
    identity: &agents::QWEN,
};
