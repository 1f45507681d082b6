//! Amp.

use super::integration::Integration;
use crate::facts::agents;

/// Amp.
pub static AMP: Integration = Integration {
    identity: &agents::AMP,
};
