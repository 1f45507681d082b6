//! OpenCode.

use super::integration::Integration;
use super::marks::Marks;
use super::payload::PayloadForm;
use crate::facts::agents;

/// OpenCode.
pub static OPENCODE: Integration = Integration {
    identity: &agents::OPENCODE,
    payload: PayloadForm::NONE,
    marks: Marks {
        variables: &[("OPENCODE", Some("1"))],
        programs: &["opencode"],
        packages: &["opencode-ai"],
        ..Marks::NONE
    },
};
