//! OpenCode.

use super::integration::Integration;
use super::payload::PayloadForm;
use crate::facts::agents;

/// OpenCode.
pub static OPENCODE: Integration = Integration {
    identity: &agents::OPENCODE,
    payload: PayloadForm::NONE,
};
