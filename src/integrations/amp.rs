//! Amp.

use super::integration::Integration;
use super::payload::PayloadForm;
use crate::facts::agents;

/// Amp.
pub static AMP: Integration = Integration {
    identity: &agents::AMP,
    payload: PayloadForm::NONE,
};
