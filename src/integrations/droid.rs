//! Factory Droid.

use super::integration::Integration;
use crate::facts::agents;

/// Factory Droid.
pub static DROID: Integration = Integration {
    identity: &agents::DROID,
};
