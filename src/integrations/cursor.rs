//! Cursor.

use super::integration::Integration;
use crate::facts::agents;

/// Cursor.
pub static CURSOR: Integration = Integration {
    identity: &agents::CURSOR,
};
